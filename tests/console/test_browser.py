"""The console in a real browser: every page, by eye, by keyboard, by screen reader, on a phone."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import update
from starlette.applications import Starlette

from postroad.campaign.markdown import markdown_to_html
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import StepText
from postroad.ledger.users import Role
from tests.console.browser import chromium, needs_chromium, served, signed_in
from tests.console.conftest import HOSTILE, PLANNED, SENT
from tests.console.test_pages import PAGES
from tests.console.test_tasks import tasks as tasks  # noqa: PLC0414 - a fixture
from tests.ledger_rows import add_person

pytestmark = [
    needs_chromium,
    pytest.mark.usefixtures("tasks"),
    pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True),
]

_WHOLE_PAGES = [path for path in PAGES if not path.endswith("/now")]
_FAULTS = Path(__file__).with_name("faults.js").read_text()
_PALE = Path(__file__).with_name("pale.js").read_text()
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture
async def page(application: Starlette, ledger: Ledger) -> AsyncIterator[Page]:
    """An admin's browser, on the console."""
    async with served(application) as address, chromium() as browser:
        page = await signed_in(browser, address, ledger, Role.ADMIN)
        await page.goto(address)
        yield page


def _at(page: Page, path: str) -> str:
    return "/".join(page.url.split("/")[:3]) + path


async def test_every_page_is_sound_in_light_in_dark_and_on_a_phone(page: Page) -> None:
    faults: dict[str, object] = {}
    for path in _WHOLE_PAGES:
        await page.goto(_at(page, path))
        faults[path] = await page.evaluate(_FAULTS)
        if await page.title() == "owned":
            faults[f"{path} title"] = "a script that somebody wrote has run"
        for scheme in _SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            faults[f"{path} {scheme}"] = await page.evaluate(_PALE)
        await page.set_viewport_size({"width": 360, "height": 740})
        wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        faults[f"{path} phone"] = ["scrolls sideways"] if wide else []
        await page.set_viewport_size({"width": 1280, "height": 800})
    assert {where: found for where, found in faults.items() if found} == {}


async def test_what_people_wrote_stays_text(page: Page) -> None:
    await page.goto(_at(page, "/people/ada@x.test"))
    await expect(page.get_by_text(HOSTILE).first).to_be_visible()
    assert await page.title() != "owned"


async def test_the_console_can_be_used_by_keyboard(page: Page) -> None:
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    outline = await skip.evaluate("e => getComputedStyle(e).outlineStyle")
    assert outline != "none"
    await page.keyboard.press("g")
    await page.keyboard.press("c")
    await page.wait_for_url("**/campaigns")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/campaigns/*")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    await page.keyboard.type("grace")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/people/grace@x.test")
    await expect(page.get_by_role("heading", level=1)).to_have_text("grace@x.test")


async def test_focus_stays_where_it_is_while_a_campaigns_page_renews_itself(
    page: Page, ledger: Ledger
) -> None:
    await page.goto(_at(page, "/campaigns/q4"))
    at_nudge = page.get_by_role("link", name="people at nudge")
    await expect(at_nudge).to_have_text("1 people at nudge")
    await at_nudge.focus()
    with ledger.write() as connection:
        add_person(connection, "new@x.test", SENT, PLANNED)
    await expect(at_nudge).to_have_text("2 people at nudge")
    await expect(at_nudge).to_be_focused()


async def test_a_text_is_previewed_in_a_frame_that_loads_and_runs_nothing(
    page: Page, ledger: Ledger
) -> None:
    html = f"<p>Dear <b>reader</b></p>{HOSTILE}<img src='http://tracker.test/x.png' alt='x'>"
    template = {"subject": "Hello", "text": html, "html": markdown_to_html(html)}
    with ledger.write() as connection:
        connection.execute(update(StepText).values(template=template))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(_at(page, "/campaigns/q4/steps/intro"))
    await page.get_by_role("button", name="Preview").click()
    mail = page.frame_locator("iframe[title='The mail']")
    await expect(mail.locator("b")).to_have_text("reader")
    assert not [url for url in asked if "tracker.test" in url]
    assert await page.title() != "owned"


async def test_a_theme_that_was_chosen_is_kept(page: Page) -> None:
    await page.emulate_media(color_scheme="light")
    await page.get_by_role("button", name="Theme").click()
    await page.goto(_at(page, "/channels"))
    assert await page.evaluate("document.documentElement.dataset.theme") == "dark"


async def test_a_channel_is_paused_by_its_form(page: Page) -> None:
    await page.goto(_at(page, "/channels"))
    await page.get_by_role("link", name="team").click()
    await page.get_by_label("Reason").fill("warming up")
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_role("status")).to_have_text("team is paused: warming up")
    await expect(page.get_by_role("button", name="Resume")).to_be_visible()


async def test_an_address_is_suppressed_and_lifted_after_a_question(page: Page) -> None:
    await page.goto(_at(page, "/suppressions"))
    await page.get_by_label("Address or @domain").first.fill("new@x.test")
    await page.get_by_role("button", name="Suppress").click()
    row = page.get_by_role("row", name="new@x.test")
    await expect(row).to_be_visible()
    page.once("dialog", lambda dialog: dialog.dismiss())
    await row.get_by_role("button").click()
    await expect(row).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    await row.get_by_role("button").click()
    await expect(row).to_have_count(0)
