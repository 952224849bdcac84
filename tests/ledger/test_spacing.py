"""Pauses between a mailbox's messages, from the workspace to the booking."""

import pytest
from sqlalchemy import insert, update

from postroad.contracts import MessageState, Reservation, ReserveQuota
from postroad.instants import SECOND, instant
from postroad.ledger.channels import list_channels
from postroad.ledger.engine import Ledger
from postroad.ledger.quota import reserve_wave
from postroad.ledger.tables import Channel, Message, Organisation
from postroad.quota.spacing import Spacing
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender

SPACING = Spacing.model_validate({"between": ["40s", "120s"]})
PLANNED, SENT = MessageState.PLANNED, MessageState.SENT


@pytest.fixture(autouse=True)
def _workspace(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection, kind="gmail", settings={})
        add_campaign(connection)
        settings = {"spacing": SPACING.model_dump(mode="json")}
        connection.execute(insert(Organisation).values(id=1, name="Acme", settings=settings))
        for number in range(3):
            add_person(connection, f"p{number}@x.test", PLANNED, PLANNED)


def _reserve(ledger: Ledger, wave: int, now: int) -> Reservation:
    request = ReserveQuota(campaign_id="q4", sender=ANA, channel="ana-smtp", wave=wave, at_most=50)
    with ledger.write() as connection:
        return reserve_wave(connection, request, now)


def test_a_mailbox_pauses_after_what_left_before_whoever_asks_and_however_often(
    ledger: Ledger,
) -> None:
    assert _reserve(ledger, 1, NOW).messages == 1
    with ledger.write() as connection:
        sent = update(Message).where(Message.wave == 1).values(state=SENT, charge_at=NOW + 300)
        connection.execute(sent)
    free_at = NOW + 300 + SPACING.pause_after("channel:ana-smtp", NOW + 300)
    answers = [_reserve(ledger, 2, NOW + seconds * SECOND) for seconds in (5, 20, 39)]
    assert {instant(answer.wait_until) for answer in answers if answer.wait_until} == {free_at}
    assert "because ana-smtp keeps its messages 40s to 2m apart" in answers[0].reason
    assert _reserve(ledger, 2, free_at).messages == 1


def test_a_channel_may_go_without_and_shared_ones_do(ledger: Ledger) -> None:
    for kind, own in (("gmail", {"spacing": "none"}), ("smtp", {})):
        with ledger.write() as connection:
            connection.execute(update(Channel).values(kind=kind, settings=own))
        with ledger.read() as connection:
            assert list_channels(connection, NOW)[0].limits == []
    assert _reserve(ledger, 1, NOW).messages == 3


def test_the_pauses_are_listed_with_the_channels_limits(ledger: Ledger) -> None:
    with ledger.read() as connection:
        assert list_channels(connection, NOW)[0].limits == ["1 per 40s", "40s to 2m apart"]
