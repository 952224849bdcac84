"""A campaign's people: searched, filtered and counted, on both databases, for each role."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from sqlalchemy import insert, select, update

from console.installation import Installation
from postroad.contracts import EnrollmentState, MessageState
from postroad.instants import HOUR
from postroad.ledger.engine import Ledger
from postroad.ledger.pages.campaign_people import Wanted, find_people
from postroad.ledger.tables import Enrollment, Pause
from postroad.ledger.users import Role
from tests.console.conftest import BO, PLANNED, SENT, Visitor
from tests.ledger_rows import ANA, NOW, add_person

Visit = Callable[[Role], Visitor]


@pytest.fixture
def crowd(installation: Installation) -> Ledger:
    """A ledger whose campaign q4 has people with names, at both steps."""
    ledger = installation.ledger
    with ledger.write() as connection:
        for number in range(55):
            add_person(connection, f"many{number:02}@z.test", PLANNED, PLANNED, sender=BO)
        add_person(connection, "o'hara_100%@z.test", SENT, MessageState.RESERVED)
        add_person(connection, "elodie@z.test", SENT, PLANNED, due_at=NOW + HOUR)
        add_person(
            connection, "gone@z.test", SENT, MessageState.SUPPRESSED,
            state=EnrollmentState.UNSUBSCRIBED,
        )  # fmt: skip
        held = add_person(connection, "held@z.test", SENT, PLANNED, due_at=None)[1]
        person = select(Enrollment.id).where(Enrollment.address == "held@z.test").scalar_subquery()
        connection.execute(
            insert(Pause).values(
                enrollment_id=person, at=NOW, by="meg@acme.test", reason="", message=held
            )
        )
        for address, first, last in (
            ("elodie@z.test", "Élodie", "d'Arc"),
            ("o'hara_100%@z.test", 'Scarlett "Katie"', "O'Hara"),
        ):
            connection.execute(
                update(Enrollment)
                .where(Enrollment.address == address)
                .values(fields={"first_name": first, "last_name": last})
            )
    return ledger


def _found(ledger: Ledger, *, sender: str | None = None, **wanted: str) -> list[str]:
    with ledger.read() as connection:
        found = find_people(
            connection, "q4", Wanted(**wanted), sender=sender, after="", at_most=100
        )
    assert found.number == len(found.people)
    return [person.address for person in found.people]


def test_people_are_found_by_a_part_of_address_or_name_whatever_its_case(crowd: Ledger) -> None:
    for search, address in (
        ("LODIE@Z", "elodie@z.test"),
        ("élodie", "elodie@z.test"),
        ("ÉLODIE  D'ARC", "elodie@z.test"),
        ('"katie" o\'H', "o'hara_100%@z.test"),
        ("_100%", "o'hara_100%@z.test"),
    ):
        assert _found(crowd, search=search) == [address], search


def test_what_means_something_to_a_database_is_looked_for_as_it_stands(crowd: Ledger) -> None:
    for search in ("__", "%z", "/%", "\\", "' OR ''='", '"}', "first_name", "x" * 254):
        assert _found(crowd, search=search) == [], search


def test_people_are_found_by_the_step_that_they_are_at(crowd: Ledger) -> None:
    assert len([one for one in _found(crowd, step="intro") if one.startswith("many")]) == 55
    at_nudge = ["ada@x.test", "elodie@z.test", "held@z.test", "o'hara_100%@z.test"]
    assert _found(crowd, step="nudge", sender=ANA) == at_nudge
    assert _found(crowd, step="nowhere") == []


def test_people_are_found_by_state_and_paused_ones_apart(crowd: Ledger) -> None:
    assert _found(crowd, state="unsubscribed") == ["gone@z.test"]
    assert _found(crowd, state="paused") == ["held@z.test"]
    assert "held@z.test" in _found(crowd, state="active")
    assert _found(crowd, state="replied", step="intro") == []


def test_a_row_says_what_comes_next_and_when(crowd: Ledger) -> None:
    with crowd.read() as connection:
        found = find_people(
            connection, "q4", Wanted(search="@z.test"), sender=ANA, after="", at_most=9
        )
    rows = {person.address: person for person in found.people}
    elodie, held = rows["elodie@z.test"], rows["held@z.test"]
    assert (elodie.next_step, elodie.name, elodie.steps_sent) == ("nudge", "Élodie d'Arc", 1)
    assert elodie.next_due_at is not None
    assert (held.next_step, held.next_due_at, held.is_paused) == ("nudge", None, True)
    assert rows["o'hara_100%@z.test"].next_state is MessageState.RESERVED
    assert rows["gone@z.test"].next_step is None


@pytest.mark.usefixtures("crowd")
async def test_pages_keep_the_filter_and_the_number_of_all(visit: Visit) -> None:
    manager = visit(Role.MANAGER)
    asked = {"search": "many", "state": "active", "step": "intro", "sender": BO}
    first = (await manager.get(f"/campaigns/q4?{urlencode(asked)}")).text
    assert "many49@z.test" in first
    assert "many50@z.test" not in first
    following = {**asked, "after": "many49@z.test"}
    assert f"/campaigns/q4?{urlencode(following)}#people".replace("&", "&amp;") in first
    last = (await manager.get(f"/campaigns/q4?{urlencode(following)}")).text
    assert "many54@z.test" in last
    assert "many49@z.test" not in last
    for page in (first, last):
        assert "<span>55 of 62 people</span>" in page
        assert f"<option selected>{BO}</option>" in page


@pytest.mark.usefixtures("crowd")
async def test_a_rep_neither_sees_nor_counts_others_people(visit: Visit) -> None:
    rep = visit(Role.REP)
    for query in ("", f"?sender={BO}", "?search=test", f"?search=test&sender={BO}&state=active"):
        page = (await rep.get(f"/campaigns/q4{query}")).text
        assert "of 5 people</span>" in page, query
        assert "elodie@z.test" in page, query
        for other in ("many", "grace@", BO):
            assert other not in page.replace(f'value="{BO}"', ""), (query, other)
    nobody = (await rep.get("/campaigns/q4?search=many")).text
    assert "Nobody here." in nobody
    assert 'name="sender"' not in nobody


@pytest.mark.usefixtures("crowd")
async def test_a_search_that_is_too_long_is_refused_in_a_sentence(visit: Visit) -> None:
    answer = await visit(Role.ADMIN).get(f"/campaigns/q4?search={'%25' * 300}")
    assert answer.status_code == 200
    assert "Search for 254 characters at most: no address is longer." in answer.text
    assert "many" not in answer.text
