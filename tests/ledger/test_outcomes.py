"""What an outcome does to the person, the address and the channel: once, and in one transaction."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from postroad.campaign.bounce_policy import SoftBounces
from postroad.contracts import ChannelState, EnrollmentState, MessageState, sequence_workflow_id
from postroad.inbox.matching import Basis, Clues, Match
from postroad.inbox.outcome import OutcomeKind
from postroad.inbox.verdict import Verdict
from postroad.instants import DAY, MINUTE, moment
from postroad.ledger.channels import channel_state
from postroad.ledger.claims import Claim, Stopped, Taken, why_not
from postroad.ledger.engine import Ledger
from postroad.ledger.matching import find_match
from postroad.ledger.outcomes import CameBack, Effect, record_outcome
from postroad.ledger.tables import Channel, Enrollment, Event, Message, Suppression
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender

SENT, PLANNED, RESERVED = MessageState.SENT, MessageState.PLANNED, MessageState.RESERVED
P = "p@x.test"


@pytest.fixture(autouse=True)
def _workspace(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        add_campaign(connection)


def _person(ledger: Ledger, address: str = P, *states: MessageState, **given: Any) -> list[int]:
    with ledger.write() as connection:
        return add_person(connection, address, *(states or (SENT, PLANNED)), **given)


def _came(
    ledger: Ledger,
    kind: OutcomeKind,
    message: int,
    *,
    mail: str = "mail-1",
    basis: Basis = Basis.KEY,
    names_person: bool = True,
    return_date: date | None = None,
) -> Effect | None:
    came = CameBack(
        channel="ana-smtp",
        provider_id=mail,
        received_at=NOW,
        kind=kind,
        verdict=Verdict("other", return_date=return_date),
        match=Match(message, basis, names_person),
    )
    with ledger.write() as connection:
        return record_outcome(connection, came, NOW)


def _states(ledger: Ledger) -> list[str]:
    with ledger.read() as connection:
        return list(connection.scalars(select(Enrollment.state).order_by(Enrollment.id)))


def _events(ledger: Ledger) -> list[str]:
    with ledger.read() as connection:
        return list(connection.scalars(select(Event.event).order_by(Event.id)))


def _suppressed(ledger: Ledger) -> list[str]:
    with ledger.read() as connection:
        return list(connection.scalars(select(Suppression.address)))


def test_a_bounce_that_is_read_twice_counts_once(ledger: Ledger) -> None:
    [message, _] = _person(ledger)
    assert _came(ledger, OutcomeKind.BOUNCED, message) == Effect(
        OutcomeKind.BOUNCED, {sequence_workflow_id("q4", ANA)}
    )
    assert _came(ledger, OutcomeKind.BOUNCED, message) is None
    assert (_states(ledger), _suppressed(ledger)) == (["bounced"], [P])
    assert _events(ledger) == ["bounced"]


def test_a_bounce_of_the_last_step_tells_how_a_finished_person_ended(ledger: Ledger) -> None:
    [message] = _person(ledger, P, SENT, state=EnrollmentState.FINISHED)
    _came(ledger, OutcomeKind.BOUNCED, message)
    assert _states(ledger) == ["bounced"]


def test_a_bounce_that_names_another_address_suppresses_nobody(ledger: Ledger) -> None:
    [message, _] = _person(ledger)
    _came(ledger, OutcomeKind.BOUNCED, message, names_person=False)
    assert (_states(ledger), _suppressed(ledger)) == (["bounced"], [])


def test_a_guessed_bounce_is_recorded_and_ends_nothing(ledger: Ledger) -> None:
    [message, _] = _person(ledger)
    _came(ledger, OutcomeKind.BOUNCED, message, basis=Basis.GUESS)
    assert (_states(ledger), _suppressed(ledger)) == (["active"], [])
    assert _events(ledger) == ["bounce_guessed"]


def test_a_person_is_given_up_after_so_many_soft_bounces(ledger: Ledger) -> None:
    messages = _person(ledger, P, *[SENT] * SoftBounces().give_up_after, PLANNED)[:-1]
    for message in messages[:-1]:
        _came(ledger, OutcomeKind.SOFT_BOUNCED, message, mail=f"soft-{message}")
        _came(ledger, OutcomeKind.SOFT_BOUNCED, message, mail=f"again-{message}")
    assert _states(ledger) == ["active"]
    _came(ledger, OutcomeKind.SOFT_BOUNCED, messages[-1], mail="last")
    assert (_states(ledger), _suppressed(ledger)) == (["bounced"], [])


def test_a_reply_ends_the_persons_sequences_where_replies_stop(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_campaign(connection, "other")
        add_campaign(connection, "deaf", settings={"stop_on": ["bounce"]})
    [message, _] = _person(ledger)
    _person(ledger, campaign="other")
    _person(ledger, campaign="deaf")
    effect = _came(ledger, OutcomeKind.REPLIED, message)
    assert effect is not None
    assert len(effect.wake) == 2
    assert _states(ledger) == ["replied", "replied", "active"]


def test_a_reserved_message_of_who_replied_does_not_leave(ledger: Ledger) -> None:
    [sent, reserved] = _person(ledger, P, SENT, RESERVED)
    _came(ledger, OutcomeKind.REPLIED, sent)
    claim = Claim(message=reserved, wave=1, attempt=1, version=1)
    with ledger.read() as connection:
        assert isinstance(why_not(connection, claim), Taken)
    with ledger.write() as connection:  # booked by a reservation that ran at the same time
        connection.execute(update(Message).where(Message.id == reserved).values(state=RESERVED))
    with ledger.read() as connection:
        assert isinstance(why_not(connection, claim), Stopped)


def test_an_absence_moves_the_next_message_to_the_day_after_it(ledger: Ledger) -> None:
    [message, planned] = _person(ledger)
    back = moment(NOW + 5 * DAY).date()
    _came(ledger, OutcomeKind.AUTO_REPLIED, message, return_date=back)
    assert _due(ledger, planned) == NOW - MINUTE + 6 * DAY


def test_an_absence_postpones_by_a_month_at_most(ledger: Ledger) -> None:
    [message, planned] = _person(ledger)
    _came(ledger, OutcomeKind.AUTO_REPLIED, message, return_date=date(2099, 1, 1))
    assert _due(ledger, planned) == NOW - MINUTE + 31 * DAY


def test_an_auto_reply_without_a_date_changes_nothing(ledger: Ledger) -> None:
    [message, planned] = _person(ledger)
    _came(ledger, OutcomeKind.AUTO_REPLIED, message)
    assert _due(ledger, planned) == NOW - MINUTE
    assert _states(ledger) == ["active"]


def test_a_channel_that_was_resumed_is_not_paused_for_older_refusals(ledger: Ledger) -> None:
    [first, second] = _person(ledger, P, SENT, SENT)
    _came(ledger, OutcomeKind.SENDER_REFUSED, first)
    assert _standing(ledger) is ChannelState.PAUSED
    with ledger.write() as connection:
        connection.execute(update(Channel).values(state="active", state_at=NOW))
    _came(ledger, OutcomeKind.SENDER_REFUSED, second, mail="older")
    assert _standing(ledger) is ChannelState.ACTIVE
    assert (_states(ledger), _suppressed(ledger)) == (["active"], [])


def test_a_message_is_found_by_its_key_its_id_its_thread_or_a_guess(ledger: Ledger) -> None:
    [message, _] = _person(ledger)
    with ledger.write() as connection:
        connection.execute(update(Message).where(Message.id == message).values(thread_id="t"))
        key = connection.execute(select(Enrollment.person_key)).scalar_one()
    named = frozenset({P})
    clues = {
        Basis.KEY: Clues("", key=f"q4/intro/{key}"),
        Basis.MESSAGE_ID: Clues("z@x.test", message_ids=("<0@acme.test>",)),
        Basis.THREAD: Clues("z@x.test", thread_id="t"),
        Basis.GUESS: Clues(P, addresses=named),
    }
    with ledger.read() as connection:
        for basis, clue in clues.items():
            match = find_match(connection, "ana-smtp", clue, NOW)
            assert match is not None
            assert (match.message, match.basis) == (message, basis)
            assert find_match(connection, "elsewhere", clue, NOW) is None


def test_what_was_never_sent_is_never_matched(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_person(connection, P, PLANNED)
        key = connection.execute(select(Enrollment.person_key)).scalar_one()
    forged = [
        Clues("", key=f"q4/intro/{key}", is_notice=True),
        Clues("", key="no key", is_notice=True),
        Clues("", addresses=frozenset({P}), is_notice=True),
    ]
    with ledger.read() as connection:
        assert [find_match(connection, "ana-smtp", one, NOW) for one in forged] == [None] * 3


def _due(ledger: Ledger, message: int) -> int | None:
    with ledger.read() as connection:
        return connection.scalar(select(Message.due_at).where(Message.id == message))


def _standing(ledger: Ledger) -> ChannelState:
    with ledger.read() as connection:
        found = channel_state(connection, "ana-smtp")
    assert found is not None
    return found[0]
