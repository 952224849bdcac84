"""Whoever unsubscribes by a link is suppressed before the answer arrives."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert, select

from postroad.contracts import EnrollmentState, MessageState
from postroad.ledger.engine import Ledger
from postroad.ledger.personal_data import erase_person
from postroad.ledger.suppression_list import add_suppression, lift_suppression
from postroad.ledger.tables import Enrollment, Event, Organisation, Suppression
from postroad.signed_tokens import NamedMessage
from postroad.unsubscribe_links import UnsubscribeTokens
from tests.console.public_stage import SECRETS, public_client
from tests.ledger_rows import NOW, add_campaign, add_channel, add_person, add_sender

P = "bo@x.test"
PAGE = {"accept": "text/html,application/xhtml+xml"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
async def client(ledger: Ledger, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has a mail of Acme's, and no cookies."""
    with ledger.write() as connection:
        connection.execute(insert(Organisation).values(name="Acme <b>", settings={}))
        add_sender(connection)
        add_channel(connection)
        add_campaign(connection)
        add_campaign(connection, "q3")
        add_person(connection, P, MessageState.SENT, MessageState.PLANNED)
        add_person(connection, P, MessageState.PLANNED, campaign="q3")
    async with public_client(ledger, tmp_path) as opened:
        yield opened


def _link(ledger: Ledger) -> str:
    with ledger.read() as connection:
        key = connection.scalar(select(Enrollment.person_key).order_by(Enrollment.id).limit(1))
    assert key is not None
    return f"/u/{UnsubscribeTokens(SECRETS).make(NamedMessage(key, 0))}"


def _suppressed(ledger: Ledger) -> list[str]:
    with ledger.read() as connection:
        return list(connection.scalars(select(Suppression.address)))


def _told(ledger: Ledger) -> list[tuple[str | None, int | None, str]]:
    with ledger.read() as connection:
        rows = connection.execute(
            select(Event.campaign_id, Event.position, Event.detail)
            .where(Event.event == "unsubscribed")
            .order_by(Event.id)
        )
        return [(row.campaign_id, row.position, row.detail) for row in rows]


async def test_one_click_suppresses_everywhere_before_it_is_answered(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    answer = await client.post(_link(ledger), data=ONE_CLICK)
    assert _suppressed(ledger) == [P]
    assert (answer.status_code, answer.text) == (200, "unsubscribed\n")
    assert "set-cookie" not in answer.headers
    with ledger.read() as connection:
        states = set(connection.scalars(select(Enrollment.state)))
    assert states == {EnrollmentState.UNSUBSCRIBED}


async def test_one_click_may_come_as_multipart_twice_and_counts_once(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    form = {name: (None, value) for name, value in ONE_CLICK.items()}
    for _ in range(2):
        assert (await client.post(_link(ledger), files=form)).status_code == 200
    assert _told(ledger) == [
        ("q4", 0, "unsubscribed (one-click)"),
        ("q3", None, "unsubscribed (one-click)"),
    ]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_looking_at_the_page_changes_nothing(
    client: httpx.AsyncClient, ledger: Ledger, method: str
) -> None:
    answer = await client.request(method, _link(ledger), headers=PAGE)
    assert answer.status_code == 200
    assert _suppressed(ledger) == []


async def test_the_page_asks_once_and_shows_no_whole_address(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    asked = (await client.get(_link(ledger), headers=PAGE)).text
    assert "No more mail from Acme &lt;b&gt;?" in asked
    assert "b•••@x.test" in asked
    assert P not in asked
    assert asked.count("<button>") == 1
    done = (await client.post(_link(ledger), headers=PAGE)).text
    assert "You are unsubscribed" in done
    assert "<button>" not in done
    assert _suppressed(ledger) == [P]
    assert "You are unsubscribed" in (await client.get(_link(ledger), headers=PAGE)).text


async def test_the_page_speaks_its_readers_language(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    for accepted, button in (("de-AT,de;q=0.9,en;q=0.8", "Abmelden"), ("ja", "Unsubscribe")):
        answer = await client.get(_link(ledger), headers={**PAGE, "accept-language": accepted})
        assert f"<button>{button}</button>" in answer.text


async def test_the_page_runs_nothing_and_tells_nobody_where_it_is(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    answer = await client.get(_link(ledger), headers=PAGE)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sh")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert "<script" not in answer.text


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_link_that_was_made_up_says_nothing(
    client: httpx.AsyncClient, ledger: Ledger, method: str
) -> None:
    link = _link(ledger)
    for wrong in (f"{link[:-1]}{'a' if link[-1] != 'a' else 'b'}", "/u/x", f"{link}a", "/u/%00"):
        answer = await client.request(method, wrong, headers=PAGE)
        assert answer.status_code == 404
        assert "Acme" not in answer.text
    assert _suppressed(ledger) == []


async def test_an_erased_person_is_nobody_any_more(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    link = _link(ledger)
    with ledger.write() as connection:
        erase_person(connection, P, "ana", NOW)
    assert (await client.post(link, data=ONE_CLICK)).status_code == 404


async def test_an_old_link_works_again_after_the_suppression_was_lifted(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    await client.post(_link(ledger), data=ONE_CLICK)
    with ledger.write() as connection:
        lift_suppression(connection, P)
    await client.post(_link(ledger), data=ONE_CLICK)
    assert _suppressed(ledger) == [P]


@pytest.mark.parametrize("before", ["@x.test", P])
async def test_a_wish_is_kept_though_the_address_was_suppressed_for_another_reason(
    client: httpx.AsyncClient, ledger: Ledger, before: str
) -> None:
    with ledger.write() as connection:
        add_suppression(connection, before, "a competitor", "operator", NOW)
    assert "<button>" in (await client.get(_link(ledger), headers=PAGE)).text
    await client.post(_link(ledger), data=ONE_CLICK)
    with ledger.read() as connection:
        source = connection.scalar(select(Suppression.source).where(Suppression.address == P))
    assert source == "unsubscribed"
