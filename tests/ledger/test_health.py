"""`doctor` finds work that stands still."""

from postroad.contracts import CampaignState, MessageState
from postroad.instants import HOUR, MINUTE
from postroad.ledger.engine import Ledger
from postroad.ledger.health import OpenSequence, sequences_with_old_work
from tests.ledger_rows import NOW, add_campaign, add_channel, add_person

PLANNED, RESERVED, SENDING = (
    MessageState.PLANNED,
    MessageState.RESERVED,
    MessageState.SENDING,
)
_OLD = NOW - 5 * MINUTE


def test_old_work_is_counted_by_sequence(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        add_person(connection, "a@x.test", RESERVED, PLANNED, charge_at=NOW - HOUR)
        add_person(connection, "b@x.test", SENDING, PLANNED, charge_at=NOW - HOUR)
        add_person(connection, "c@x.test", PLANNED, PLANNED, due_at=NOW - HOUR)
        add_person(connection, "fresh@x.test", RESERVED, PLANNED, charge_at=NOW)
        add_person(connection, "later@x.test", PLANNED, PLANNED, due_at=NOW + HOUR)
        found = sequences_with_old_work(connection, _OLD)
    assert found == [OpenSequence("sequence/q4/ana@acme.test", in_hand=2, due=1)]


def test_what_a_pause_holds_is_no_fault_but_what_is_in_hand_is(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection, state=CampaignState.PAUSED)
        add_person(connection, "a@x.test", PLANNED, PLANNED, due_at=NOW - HOUR)
        assert sequences_with_old_work(connection, _OLD) == []
        add_person(connection, "b@x.test", SENDING, PLANNED, charge_at=NOW - HOUR)
        found = sequences_with_old_work(connection, _OLD)
    assert found == [OpenSequence("sequence/q4/ana@acme.test", in_hand=1, due=0)]
