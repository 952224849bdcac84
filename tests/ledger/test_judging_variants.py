"""The variants of a step are compared once, on samples whose size was fixed beforehand."""

from sqlalchemy import Connection, insert, select, update

from postroad.contracts import MessageState, SelectChannel
from postroad.instants import DAY, HOUR
from postroad.ledger.engine import Ledger
from postroad.ledger.reports import campaign_report
from postroad.ledger.selection import select_channels
from postroad.ledger.steps import load_steps
from postroad.ledger.tables import Event, Message, Step, StepText, StepVariant
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_event, add_person, add_sender

_RULE = {"by": "replied", "sample": 20, "after": "2d"}


def _stage(connection: Connection, *, sent: int, replied: dict[str, int], at: int = NOW) -> None:
    """So many people got each variant, so many of them answered, and one more is due."""
    add_sender(connection)
    add_channel(connection)
    add_campaign(connection, steps=("intro",))
    connection.execute(update(Step).values(settings={"winner": _RULE}))
    for version, variant in enumerate(("a", "b"), start=1):
        row = {"campaign_id": "q4", "position": 0, "version": version}
        template = {"subject": variant, "text": variant}
        connection.execute(insert(StepText).values(**row, variant=variant, template=template))
        connection.execute(insert(StepVariant).values(**row, id=variant, weight=1))
        for n in range(sent):
            (message,) = add_person(connection, f"{variant}{n}@x.test", MessageState.SENT)
            values = {"version": version, "sent_at": at + n}
            connection.execute(update(Message).where(Message.id == message).values(values))
            if n < replied[variant]:
                add_event(connection, message, "replied")
    add_person(connection, "next@x.test", MessageState.PLANNED, channel=None)


def _select_again(connection: Connection, now: int) -> str | None:
    """Let what is due be looked at, and say what is known of the winner."""
    due = Message.state == MessageState.PLANNED
    connection.execute(update(Message).where(due).values(channel_id=None, due_at=NOW))
    select_channels(connection, SelectChannel(campaign_id="q4", sender=ANA), now)
    return connection.scalar(select(Step.winner))


def test_the_better_variant_is_sent_to_everybody_once_its_sample_had_time_to_answer(
    ledger: Ledger,
) -> None:
    with ledger.write() as connection:
        _stage(connection, sent=25, replied={"a": 1, "b": 12})
        assert _select_again(connection, NOW + DAY) is None
        assert _select_again(connection, NOW + 2 * DAY + HOUR) == "b"
        (step,) = load_steps(connection, "q4")
        assert {step.version_for(f"{n:016x}") for n in range(20)} == {2}
        told = select(Event.detail).where(Event.event == "variants_compared")
        assert connection.scalars(told).all() == ["b: replied a 1 of 20, b 12 of 20"]


def test_where_the_difference_may_be_chance_everybody_goes_on_getting_theirs(
    ledger: Ledger,
) -> None:
    with ledger.write() as connection:
        _stage(connection, sent=20, replied={"a": 2, "b": 5}, at=NOW - 5 * DAY)
        assert _select_again(connection, NOW) == ""
        add_replies = select(Message.id).where(Message.version == 2, Message.position == 0)
        for message in connection.scalars(add_replies).all():
            add_event(connection, message, "replied")
        assert _select_again(connection, NOW + DAY) == ""
        (step,) = load_steps(connection, "q4")
        assert {step.version_for(f"{n:016x}") for n in range(40)} == {1, 2}


def test_nothing_is_decided_before_the_samples_are_complete(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, sent=19, replied={"a": 0, "b": 19}, at=NOW - 5 * DAY)
        assert _select_again(connection, NOW) is None
        assert connection.scalar(select(Step.judge_at)) == NOW + HOUR


def test_a_report_counts_each_variant_and_says_how_sure_it_is(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, sent=20, replied={"a": 0, "b": 10}, at=NOW - 5 * DAY)
        _select_again(connection, NOW)
        report = campaign_report(connection, "q4")
    assert report is not None
    a, b = report.variants
    assert (a.variant, a.sent, a.replied, a.is_winner) == ("a", 20, 0, False)
    assert (b.variant, b.sent, b.replied, b.is_winner) == ("b", 20, 10, True)
    # Wilson's intervals for 0 and 10 of 20.
    assert a.replied_between == (0.0, 0.1611)
    assert b.replied_between == (0.2993, 0.7007)
