"""The images and links of tracked mails, asked for as the world asks for them."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from console.application import build
from console.installation import Installation
from console.visit_recording import VisitRecorder
from operations.clock import now
from postroad.contracts import MessageState
from postroad.instants import MINUTE
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Enrollment, Event
from postroad.ledger.tables import Visit as Noted
from postroad.ledger.visits import judge_visits
from postroad.settings import Settings
from postroad.signed_tokens import NamedMessage
from postroad.tracking.tokens import TrackingTokens
from tests.console.public_stage import SECRETS
from tests.ledger_rows import add_campaign, add_channel, add_person, add_sender

TARGET = "https://acme.test/prices?for=b%20o&q=ü#top"
LOCATION = "https://acme.test/prices?for=b%20o&q=%C3%BC#top"
CHROME = {"user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/128.0.0.0 Safari/537.36"}
GMAIL = {"user-agent": "Mozilla/5.0 Firefox/11.0 (via ggpht.com GoogleImageProxy)"}
TOKENS = TrackingTokens(SECRETS)


@pytest.fixture
def application(ledger: Ledger, tmp_path: Path) -> Starlette:
    """A console whose Bo has got a tracked mail."""
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        add_campaign(connection)
        add_person(connection, "bo@x.test", MessageState.SENT)
    return build(Installation(Settings(data_dir=tmp_path), ledger, SECRETS))


@pytest.fixture
async def client(application: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """Bo's mail program or browser."""
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://go.test") as opened:
        yield opened
    visits: VisitRecorder = application.state.visits
    await visits.aclose()


def _message(ledger: Ledger) -> NamedMessage:
    with ledger.read() as connection:
        key = connection.scalar(select(Enrollment.person_key))
    assert key is not None
    return NamedMessage(key, 0)


def _image(ledger: Ledger) -> str:
    return f"/o/{TOKENS.of_image(_message(ledger))}.gif"


def _link(ledger: Ledger) -> str:
    return f"/l/{TOKENS.of_link(_message(ledger), TARGET)}"


def _noted(ledger: Ledger) -> list[tuple[str, str, str]]:
    with ledger.read() as connection:
        rows = connection.execute(select(Noted).order_by(Noted.id))
        return [(row.deed, row.target, row.machine) for row in rows]


async def test_a_link_leads_to_its_target_and_the_click_is_noted_before_the_answer(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    answer = await client.get(_link(ledger), headers=CHROME)
    assert _noted(ledger) == [("clicked", TARGET, "")]
    assert (answer.status_code, answer.headers["location"]) == (302, LOCATION)
    assert "no-store" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers


async def test_an_image_is_answered_uncacheable_and_its_opening_is_noted(
    client: httpx.AsyncClient, application: Starlette, ledger: Ledger
) -> None:
    answer = await client.get(_image(ledger), headers=GMAIL)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert answer.content.startswith(b"GIF89a\1\0\1\0")
    assert "no-store" in answer.headers["cache-control"]
    visits: VisitRecorder = application.state.visits
    await visits.aclose()
    assert _noted(ledger) == [("opened", "", "Gmail's image proxy")]


async def test_asking_for_the_head_is_answered_and_counts_nothing(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    image = await client.head(_image(ledger), headers=CHROME)
    link = await client.head(_link(ledger), headers=CHROME)
    assert (image.status_code, link.status_code) == (200, 302)
    assert (image.content, link.headers["location"]) == (b"", LOCATION)
    await client.get(_link(ledger), headers=CHROME)
    assert len(_noted(ledger)) == 1


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "path",
    ["/l/x", "/l/https:%2F%2Fevil.test", "/l/%00", "/l/ü", f"/l/{'A' * 3_000}", "/o/x.gif",
     "/o/.gif", "/o/x", "/l/", "/l/../l/x"],
)  # fmt: skip
async def test_what_we_did_not_sign_leads_nowhere(
    client: httpx.AsyncClient, ledger: Ledger, path: str
) -> None:
    answer = await client.get(path, headers=CHROME)
    assert answer.status_code == 404
    assert "location" not in answer.headers
    assert _noted(ledger) == []


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
async def test_an_altered_link_leads_nowhere_and_a_query_changes_nothing(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    link = _link(ledger)
    altered = await client.get(link[:-1] + ("A" if link[-1] != "A" else "B"), headers=CHROME)
    assert altered.status_code == 404
    more = await client.get(f"{link}?target=https://evil.test&next=//evil.test", headers=CHROME)
    assert more.headers["location"] == LOCATION
    assert (await client.post(link)).status_code == 405


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
async def test_links_lead_on_while_the_ledger_is_away(
    client: httpx.AsyncClient, application: Starlette, ledger: Ledger, tmp_path: Path
) -> None:
    link, image = _link(ledger), _image(ledger)
    away = Ledger(f"sqlite:///{tmp_path}/no/such/directory/ledger.db")
    application.state.installation.ledger = away
    assert (await client.get(link, headers=CHROME)).headers["location"] == LOCATION
    assert (await client.get(image, headers=CHROME)).status_code == 200
    away.close()


async def test_what_one_console_left_unjudged_is_judged_by_the_next(
    client: httpx.AsyncClient, application: Starlette, ledger: Ledger
) -> None:
    await client.get(_link(ledger), headers=CHROME)
    visits: VisitRecorder = application.state.visits
    await visits.aclose()
    with ledger.write() as connection:
        assert not judge_visits(connection, now() + MINUTE)
        assert connection.scalar(select(Event.detail).where(Event.event == "clicked")) == TARGET
