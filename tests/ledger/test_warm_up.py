"""A channel that is being warmed up, from its settings to the booking and the list."""

from postroad.contracts import MessageState, ReserveQuota
from postroad.ledger.channels import list_channels
from postroad.ledger.engine import Ledger
from postroad.ledger.quota import reserve_wave
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender

WARM_UP = {"start": 3, "add": 2, "every": "1d", "up_to": 50, "since": "2026-11-17"}
"""NOW is the second day."""


def test_a_channel_sends_as_much_as_its_warm_up_allows_and_the_list_says_so(
    ledger: Ledger,
) -> None:
    request = ReserveQuota(campaign_id="q4", sender=ANA, channel="ana-smtp", wave=1, at_most=50)
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection, settings={"warm_up": WARM_UP})
        add_campaign(connection)
        for number in range(9):
            add_person(connection, f"p{number}@x.test", MessageState.PLANNED)
        assert reserve_wave(connection, request, NOW).messages == 5
        later = reserve_wave(connection, request.model_copy(update={"wave": 2}), NOW)
        assert "has sent 5 of 5 in 1d (warm-up: 7 from Thu 19 Nov 00:00:00 UTC on)" in later.reason
        assert f"{later.wait_until:%d %H:%M}" == "19 00:00"
        [listed] = list_channels(connection, NOW)
    assert listed.limits == ["warm-up, 2 more every 1d, up to 50 per 1d (5 now)"]
