"""What the ledger holds, as numbers: messages by state, and what waits and why."""

import pytest
from sqlalchemy import insert, update

from postroad.contracts import CampaignState, ChannelState, MessageState
from postroad.instants import DAY, MINUTE
from postroad.ledger.engine import Ledger
from postroad.ledger.gauges import LedgerNumbers, ledger_numbers
from postroad.ledger.tables import Channel, QuotaScope
from tests.ledger_rows import NOW, add_campaign, add_channel, add_person, add_turn

PLANNED, SENT, UNCERTAIN = MessageState.PLANNED, MessageState.SENT, MessageState.UNCERTAIN
CHANNEL = "ana-smtp"


@pytest.fixture
def waiting(ledger: Ledger) -> Ledger:
    """A campaign of which one message is due, one is due later, and one waits for an operator."""
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        add_person(connection, "ada@x.test", SENT, PLANNED, channel=CHANNEL, due_at=NOW - MINUTE)
        add_person(connection, "bo@x.test", SENT, PLANNED, channel=CHANNEL, due_at=NOW + DAY)
        add_person(connection, "cy@x.test", UNCERTAIN)
    return ledger


def _numbers(ledger: Ledger) -> LedgerNumbers:
    with ledger.read() as connection:
        return ledger_numbers(connection, NOW)


def test_every_state_is_counted_and_those_of_nothing_are_zero(waiting: Ledger) -> None:
    numbers = _numbers(waiting)
    counts = {state: number for state, number in numbers.messages.items() if number}
    assert counts == {SENT: 2, PLANNED: 2, UNCERTAIN: 1}
    assert numbers.messages.keys() == set(MessageState)
    assert numbers.campaigns[CampaignState.RUNNING] == 1
    assert numbers.campaigns[CampaignState.PAUSED] == 0


def test_what_is_due_waits_for_a_limit_and_the_first_turn_is_its_next_slot(waiting: Ledger) -> None:
    with waiting.write() as connection:
        add_turn(connection, NOW + MINUTE, "25 of 25 in 45s")
    numbers = _numbers(waiting)
    assert numbers.waiting == {(CHANNEL, "limit"): 1}
    [channel] = numbers.channels
    assert (channel.state, channel.next_slot) == (ChannelState.ACTIVE, NOW + MINUTE)


def test_a_providers_slow_down_is_the_cause_as_long_as_it_lasts(waiting: Ledger) -> None:
    with waiting.write() as connection:
        add_turn(connection, NOW + MINUTE, "25 of 25 in 45s")
        held = {"key": f"channel:{CHANNEL}", "not_before": NOW + 5 * MINUTE}
        connection.execute(
            insert(QuotaScope).values(not_before_reason="slow down", virtual_time=0, **held)
        )
    numbers = _numbers(waiting)
    assert numbers.waiting == {(CHANNEL, "provider"): 1}
    assert numbers.channels[0].next_slot == NOW + 5 * MINUTE


def test_a_channel_that_stands_still_is_the_cause_and_has_no_slot(waiting: Ledger) -> None:
    with waiting.write() as connection:
        add_turn(connection, NOW + MINUTE, "25 of 25 in 45s")
        connection.execute(update(Channel).values(state=ChannelState.UNAUTHORISED))
    numbers = _numbers(waiting)
    assert numbers.waiting == {(CHANNEL, "unauthorised"): 1}
    assert numbers.channels[0].next_slot is None


def test_a_paused_campaign_is_the_cause_whatever_its_channel_does(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection, state=CampaignState.PAUSED)
        add_person(connection, "ada@x.test", PLANNED, channel=CHANNEL, due_at=NOW)
    assert _numbers(ledger).waiting == {(CHANNEL, "campaign_paused"): 1}


def test_a_message_for_which_no_channel_was_chosen_says_so(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_campaign(connection)
        add_person(connection, "ada@x.test", PLANNED, channel=None, due_at=NOW)
    assert _numbers(ledger).waiting == {("", "no_channel"): 1}
