"""A tracked campaign from the wire to the report: who opened, who clicked, and what follows."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update
from temporalio.testing import WorkflowEnvironment

from console.application import build
from console.installation import Installation
from operations.updates import ask_campaign
from postroad.contracts import AdvancePerson, PersonAdvanced
from postroad.instants import MINUTE
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Event, Message
from postroad.secrets import secret_box
from tests.workflows.post import Post, open_post
from tests.workflows.theatre import ANA

BO, CY = "bo@x.test", "cy@x.test"
PRICES, TEAM = "https://acme.test/prices?a=1&b=2", "https://acme.test/team"
HTML = (
    f'<p>See <a href=\\"{PRICES.replace("&", "&amp;")}\\">prices</a>, '
    f'<a href=\\"{TEAM}\\">team</a>, <a href=\\"mailto:a@acme.test\\">mail</a> or '
    '<a href=\\"{{ unsubscribe_url }}\\">leave</a></p>'
)
STEPS = (
    f'[{{id: intro, subject: Hi, text: "See {TEAM}", html: "{HTML}"}}, '
    '{id: nudge, wait: 3 days, thread: reply, quote: true, text: Again, html: "<b>Again</b>", '
    "if: {clicked: intro}}]"
)
BROWSER = {"user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/128.0.0.0 Safari/537.36"}
SCANNER = {"user-agent": "Barracuda Sentinel (EE)"}
GMAIL = {"user-agent": "Mozilla/5.0 Firefox/11.0 (via ggpht.com GoogleImageProxy)"}


def _html(post: Post, recipient: str) -> str:
    """Return the HTML part of the newest mail to somebody."""
    for item in post.mailbox.in_folder("sent"):
        mail = message_from_bytes(item.content, policy=default)
        if mail["To"].addresses[0].addr_spec == recipient:
            body = mail.get_body(("html",))
            text = mail.get_body(("plain",))
            assert isinstance(body, EmailMessage)
            assert isinstance(text, EmailMessage)
            assert "/l/" not in text.get_content()
            return str(body.get_content())
    raise AssertionError(f"no mail to {recipient}")


def _paths(html: str) -> tuple[list[str], list[str]]:
    """Return where the mail's tracked links and images are."""
    found = re.findall(r'"https://go\.acme\.test(/[lo]/[^"]+)"', html)
    return [path for path in found if path[1] == "l"], [path for path in found if path[1] == "o"]


def _told(ledger: Ledger) -> dict[str, int]:
    kinds = ("opened", "clicked", "opened_by_machine", "clicked_by_machine")
    with ledger.read() as connection:
        told = list(connection.scalars(select(Event.event).where(Event.event.in_(kinds))))
    return {kind: told.count(kind) for kind in kinds}


async def test_a_persons_click_is_told_apart_from_a_scanners_and_decides_what_follows(
    waiting_environment: WorkflowEnvironment, ledger: Ledger, tmp_path: Path
) -> None:
    async with open_post(waiting_environment, ledger, tmp_path, "gmail") as post, post.worker():
        rules = ', public_url: "https://mail.acme.test", tracking_url: "https://go.acme.test"'
        await post.launch(BO, CY, ANA, steps=STEPS, rules=rules, tracking="true")
        await post.until(lambda: post.report().messages.sent == 3)
        with ledger.write() as connection:  # people read it a while later
            connection.execute(
                update(Message)
                .where(Message.sent_at.is_not(None))
                .values(sent_at=Message.sent_at - MINUTE)
            )
        assert _paths(_html(post, ANA)) == ([], [])  # a mail to oneself
        settings = post.desk.settings
        application = build(Installation(settings, ledger, secret_box(settings)))
        transport = httpx.ASGITransport(application)
        async with (
            application.router.lifespan_context(application),
            httpx.AsyncClient(transport=transport, base_url="https://go.acme.test") as client,
        ):
            for person, reader in ((BO, BROWSER), (CY, SCANNER)):
                html = _html(post, person)
                links, images = _paths(html)
                assert "mailto:a@acme.test" in html
                assert html.count("https://mail.acme.test/u/") == 1
                assert (len(links), len(images)) == (2, 1)
                assert html.rstrip().endswith('style="display:block;border:0">')
                answer = await client.get(links[0], headers=reader)
                assert answer.headers["location"] == PRICES
                if person == CY:
                    await client.get(links[1], headers=reader)
                shown = await client.get(images[0], headers=BROWSER if person == BO else GMAIL)
                assert shown.headers["content-type"] == "image/gif"
            await post.until(lambda: sum(_told(ledger).values()) == 4)
        assert set(_told(ledger).values()) == {1}
        for person in (BO, CY):
            await ask_campaign(
                "q4", "advance_person", AdvancePerson(email=person), PersonAdvanced,
                client=post.client,
            )  # fmt: skip
        await post.until(lambda: post.messages(BO)[1] == "sent")
        await post.until(lambda: post.messages(CY)[1] == "skipped")
        follow_up = unescape(_html(post, BO))
        assert PRICES in follow_up  # quoted as it was written
        assert _paths(follow_up)[0] == []
        assert len(_paths(follow_up)[1]) == 1
        step = post.report().steps[0]
        assert (step.opened, step.clicked) == (1, 1)
        assert (step.opened_by_machine, step.clicked_by_machine) == (1, 1)


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
async def test_nothing_is_tracked_unless_the_campaign_says_so(
    waiting_environment: WorkflowEnvironment, ledger: Ledger, tmp_path: Path
) -> None:
    async with open_post(waiting_environment, ledger, tmp_path, "gmail") as post, post.worker():
        steps = f'[{{id: intro, subject: Hi, html: "{HTML}", text: Hi}}]'
        await post.launch(BO, steps=steps, rules=', public_url: "https://go.acme.test"')
        await post.until(lambda: post.report().messages.sent == 1)
    html = unescape(_html(post, BO))
    assert _paths(html) == ([], [])
    assert PRICES in html
    assert "<img" not in html
