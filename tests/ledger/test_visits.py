"""Visits are judged once, a moment after they were noted, and told once per message."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select, update

from postroad.contracts import MessageState
from postroad.instants import MINUTE, SECOND
from postroad.ledger.engine import Ledger
from postroad.ledger.personal_data import erase_person, export_person
from postroad.ledger.reports import campaign_report
from postroad.ledger.tables import Enrollment, Event, Message
from postroad.ledger.tables import Visit as Noted
from postroad.ledger.visits import JUDGED_AFTER, MOST_NOTED, judge_visits, note_visits
from postroad.signed_tokens import NamedMessage
from postroad.tracking.visit import Visit
from tests.ledger_rows import NOW, add_campaign, add_channel, add_person, add_sender

BO = "bo@x.test"
PRICES, TEAM = "https://acme.test/prices", "https://acme.test/team"
GMAIL = "Gmail's image proxy"


def _sent(ledger: Ledger, *, before: int = MINUTE) -> NamedMessage:
    """Let Bo have got the first of two mails."""
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        add_campaign(connection)
        (first, _) = add_person(connection, BO, MessageState.SENT, MessageState.PLANNED)
        sent_at = NOW - before
        connection.execute(
            update(Message).where(Message.id == first).values(sent_at=sent_at, charge_at=sent_at)
        )
        key = connection.scalar(select(Enrollment.person_key))
    assert key is not None
    return NamedMessage(key, 0)


def _judged(ledger: Ledger, *visits: Visit, at: int = NOW + MINUTE) -> bool:
    with ledger.write() as connection:
        note_visits(connection, visits)
    with ledger.write() as connection:
        return judge_visits(connection, at)


def _told(ledger: Ledger) -> list[tuple[str, int | None, str]]:
    with ledger.read() as connection:
        rows = connection.execute(
            select(Event.event, Event.position, Event.detail)
            .where(Event.campaign_id == "q4", Event.enrollment_id.is_not(None))
            .order_by(Event.id)
        )
        return [(row.event, row.position, row.detail) for row in rows]


def test_the_first_opening_and_the_first_click_of_a_message_are_told_once(ledger: Ledger) -> None:
    bo = _sent(ledger)
    opened, clicked = Visit(bo, NOW, ""), Visit(bo, NOW + 9 * SECOND, "", PRICES)
    _judged(ledger, opened, opened, clicked, clicked)
    _judged(ledger, opened, Visit(bo, NOW + MINUTE, "", TEAM), at=NOW + 2 * MINUTE)
    assert _told(ledger) == [
        ("opened", 0, "its image was shown, as far as can be told"),
        ("clicked", 0, PRICES),
    ]
    with ledger.read() as connection:
        report = campaign_report(connection, "q4")
        kept = connection.scalar(select(func.count()).select_from(Noted))
    assert kept == 6
    assert report is not None
    for count in (report.steps[0], report.channels[0], report.senders[0]):
        assert (count.opened, count.clicked) == (1, 1)
        assert (count.opened_by_machine, count.clicked_by_machine) == (0, 0)


def test_what_a_machine_did_is_told_apart_and_keeps_no_person_from_being_told(
    ledger: Ledger,
) -> None:
    bo = _sent(ledger)
    _judged(ledger, Visit(bo, NOW, GMAIL), Visit(bo, NOW, "Barracuda", PRICES))
    _judged(ledger, Visit(bo, NOW + 5 * SECOND, "", PRICES))
    assert _told(ledger) == [
        ("opened_by_machine", 0, GMAIL),
        ("clicked_by_machine", 0, f"{PRICES}, Barracuda"),
        ("clicked", 0, PRICES),
    ]


def test_several_links_at_once_are_a_machines_even_if_the_first_seemed_to_be_a_persons(
    ledger: Ledger,
) -> None:
    bo = _sent(ledger)
    first = Visit(bo, NOW, "", PRICES)
    assert _judged(ledger, first, at=NOW + JUDGED_AFTER - 1)  # too early to say
    assert _told(ledger) == []
    assert not _judged(ledger, Visit(bo, NOW + SECOND, "", TEAM))
    assert _told(ledger) == [("clicked_by_machine", 0, f"{PRICES}, several links at once")]


def test_who_comes_within_seconds_of_the_sending_is_a_machine(ledger: Ledger) -> None:
    bo = _sent(ledger, before=9 * SECOND)
    _judged(ledger, Visit(bo, NOW, ""))
    assert _told(ledger) == [("opened_by_machine", 0, "within 10 seconds of the sending")]


def test_judging_twice_tells_nothing_twice(ledger: Ledger) -> None:
    _judged(ledger, Visit(_sent(ledger), NOW, ""))
    assert not _judged(ledger)
    assert len(_told(ledger)) == 1


def test_several_consoles_that_judge_at_once_tell_it_once(ledger: Ledger) -> None:
    bo = _sent(ledger)
    with ledger.write() as connection:
        note_visits(connection, [Visit(bo, NOW, "")])

    def judge(_: int) -> bool:
        with ledger.write() as connection:
            return judge_visits(connection, NOW + MINUTE)

    with ThreadPoolExecutor(4) as consoles:
        list(consoles.map(judge, range(8)))
    assert [event for event, _, _ in _told(ledger)] == ["opened"]


def test_a_flood_is_kept_only_in_part_and_hides_nobody(ledger: Ledger) -> None:
    bo = _sent(ledger)
    _judged(ledger, *[Visit(bo, NOW, GMAIL)] * (MOST_NOTED + 5), Visit(bo, NOW, ""))
    with ledger.read() as connection:
        assert connection.scalar(select(func.count()).select_from(Noted)) == MOST_NOTED + 1
    assert [event for event, _, _ in _told(ledger)] == ["opened_by_machine", "opened"]


def test_visits_to_nobodys_message_are_passed_over(ledger: Ledger) -> None:
    bo = _sent(ledger)
    missing = [NamedMessage("f" * 16, 0), NamedMessage(bo.person_key, 9)]
    assert not _judged(ledger, *(Visit(message, NOW, "") for message in missing))
    assert _told(ledger) == []


def test_a_persons_visits_are_exported_and_erased_with_them(ledger: Ledger) -> None:
    bo = _sent(ledger)
    _judged(ledger, Visit(bo, NOW, "", f"{PRICES}?for={BO}"))
    with ledger.read() as connection:
        (visit,) = export_person(connection, BO).campaigns[0].messages[0].visits
    assert (visit.deed, visit.target, visit.machine) == ("clicked", f"{PRICES}?for={BO}", "")
    with ledger.write() as connection:
        erase_person(connection, BO, "adam", NOW)
        assert connection.scalar(select(func.count()).select_from(Noted)) == 0
    assert _told(ledger)[0] == ("clicked", 0, "erased")
    _judged(ledger, Visit(bo, NOW, "", PRICES))
    with ledger.read() as connection:
        assert connection.scalar(select(func.count()).select_from(Noted)) == 0
