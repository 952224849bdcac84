"""A campaign that runs while somebody looks: the feed, the progress, pausing and resuming."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from console.application import build
from console.installation import Installation
from operations.launching import launch_campaign
from postroad.ledger.engine import Ledger
from postroad.ledger.users import Role
from postroad.sandbox.config import ProviderConfig, SandboxConfig
from postroad.sandbox.server import serve
from postroad.secrets import SecretBox
from starter.setup import register_search_attributes
from starter.temporal_server import temporal_binary
from tests.console.browser import chromium, needs_chromium, served, signed_in
from tests.starter.campaigns import Desk
from worker import running_worker

pytestmark = [
    needs_chromium,
    pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True),
]

_HOSTILE = "<img src=x onerror=alert(1)>"
_CALLS = """
id: calls
name: Calls
audience: customers.csv
senders: [ana@acme.test]
steps:
  - {id: call, task: call, subject: "Call {{ person.first_name }}", text: "Ask for the order"}
  - {id: thanks, subject: "Thank you", text: "It was good to talk"}
"""
_CAMPAIGN = """
id: live
name: Live %s
audience: people.csv
senders: [ana@acme.test]
steps:
  - {id: intro, subject: "Hello", text: "Hello {{ person.first_name }}"}
"""
_WORKSPACE = """
organisation: {name: Acme}
senders:
  - {email: ana@acme.test, name: Ana Ruiz, timezone: Europe/Madrid, default_channel: ana-smtp}
channels:
  - {id: ana-smtp, kind: smtp, address: ana@acme.test, host: 127.0.0.1, port: %d, tls: none,
     limits: [{messages: 5, per: 1s}]}
"""
_PEOPLE = 30


@dataclass(frozen=True, slots=True)
class Office:
    """An installation that sends, and a manager's browser on its console."""

    desk: Desk
    page: Page
    address: str


@pytest.fixture
async def office(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Office]:
    """Everything that sends, to a sandbox."""
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(temporal_binary()), data_converter=pydantic_data_converter
    )
    async with (
        environment,
        await serve(SandboxConfig(providers=(ProviderConfig(name="one"),))) as sandbox,
    ):
        client = environment.client
        await register_search_attributes(client)
        target = client.service_client.config.target_host
        monkeypatch.setenv("POSTROAD_TEMPORAL_ADDRESS", target)
        desk = Desk(tmp_path, ledger, target)
        desk.write("workspace.yaml", _WORKSPACE % sandbox.port("one"))
        desk.apply()
        people = "".join(f"person{number}@example.com,Ada\n" for number in range(_PEOPLE))
        desk.write("people.csv", f"email,first_name\n{people}")
        desk.write("q4.yaml", _CAMPAIGN % _HOSTILE)
        desk.write("customers.csv", "email,first_name\ncarl@example.com,Carl\n")
        desk.write("calls.yaml", _CALLS)
        assert desk.settings.secret_key is not None
        secrets = SecretBox(desk.settings.secret_key.get_secret_value())
        application = build(Installation(desk.settings, ledger, secrets))
        async with (
            running_worker(client, ledger, secrets, desk.settings.temporal.task_queue),
            served(application) as address,
            chromium() as browser,
        ):
            page = await signed_in(browser, address, ledger, Role.MANAGER)
            yield Office(desk, page, address)
            await page.close()


async def test_a_running_campaign_is_watched_paused_and_resumed(office: Office) -> None:
    page = office.page
    await page.goto(f"{office.address}/feed?event=sent")
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await launch_campaign(office.desk.settings, office.desk.campaign)
    rows = page.locator("tbody tr")
    await expect(rows.first).to_be_visible()
    early = await rows.count()
    await expect(rows.nth(early + 3)).to_be_visible()  # more came without loading the page again

    await page.goto(f"{office.address}/campaigns/live")
    await expect(page.get_by_role("heading", level=1)).to_contain_text(f"Live {_HOSTILE}")
    await page.locator("form[action$='/pause'] input[name=reason]").fill("wrong price")
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_role("status").first).to_have_text("live is paused: wrong price")
    await expect(
        page.get_by_text("live is paused by manager@acme.test: wrong price")
    ).to_be_visible()

    await page.get_by_role("button", name="Resume").click()
    finished = page.locator("dl.figures div", has_text="Finished").locator("dd")
    await expect(finished).to_have_text(str(_PEOPLE))  # counted up without loading the page again
    said = page.locator("#progress")
    await expect(said).to_have_text("live is completed; 100 % of its people have ended")


async def test_a_call_is_settled_in_the_browser_and_the_next_mail_leaves(office: Office) -> None:
    page = office.page
    await launch_campaign(office.desk.settings, office.desk.directory / "calls.yaml")
    await page.goto(f"{office.address}/feed?event=task_opened")
    await expect(page.get_by_role("row", name="carl@example.com")).to_be_visible()
    await page.goto(f"{office.address}/tasks")
    call = page.get_by_role("listitem").filter(has_text="Call Carl")
    await expect(call).to_contain_text("Ask for the order")
    await call.get_by_label("Note").fill("wants 20")
    await call.get_by_role("button", name="Done").click()
    await expect(page.get_by_role("status").first).to_contain_text("carl@example.com")
    await expect(page.get_by_text("No task is open.")).to_be_visible()
    await page.goto(f"{office.address}/feed?event=sent")
    await expect(page.get_by_role("row", name="carl@example.com")).to_be_visible()
