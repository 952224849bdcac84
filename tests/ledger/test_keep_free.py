"""The share kept for single mails: the channel's, else the organisation's, else the usual one."""

from typing import Any

import pytest
from sqlalchemy import insert

from postroad.contracts import MessageState, ReserveQuota
from postroad.ledger.engine import Ledger
from postroad.ledger.quota import reserve_wave
from postroad.ledger.tables import Organisation
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender


@pytest.mark.parametrize(
    ("of_organisation", "own", "sent"),
    [({}, {}, 19), ({"keep_free": 0.25}, {}, 15), ({"keep_free": 0.25}, {"keep_free": 0.0}, 20)],
)
def test_campaigns_leave_the_share_free(
    ledger: Ledger, of_organisation: dict[str, Any], own: dict[str, Any], sent: int
) -> None:
    limits = [{"messages": 20, "per": "1d"}]
    request = ReserveQuota(campaign_id="q4", sender=ANA, channel="ana-smtp", wave=1, at_most=50)
    with ledger.write() as connection:
        connection.execute(insert(Organisation).values(id=1, name="A", settings=of_organisation))
        add_sender(connection)
        add_channel(connection, settings={"limits": limits} | own)
        add_campaign(connection)
        for number in range(25):
            add_person(connection, f"p{number}@x.test", MessageState.PLANNED)
        assert reserve_wave(connection, request, NOW).messages == sent
        reason = reserve_wave(connection, request.model_copy(update={"wave": 2}), NOW).reason
    assert ("kept for single mails" in reason) == (sent < 20)
