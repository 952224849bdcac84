"""`postroad send`: one mail, on the road that campaigns take, and what became of it."""

from pathlib import Path
from typing import Any

import pytest

from operations.sample import SampleMail, render_sample
from operations.single_mail import define_single_mail
from postroad.campaign.audience import AudienceRow
from postroad.ledger.suppression_list import add_suppression
from postroad.sandbox.faults import Fault
from postroad.workspace import Organisation, Sender
from tests.ledger_rows import NOW
from tests.starter.command import Postroad
from tests.starter.conftest import Running

FROM = ("send", "--from", "ana@acme.test")
HELLO = ("--subject", "Hello", "--text", "Hi there")


async def test_a_mail_is_sent_and_its_outcome_told(running: Running) -> None:
    ran = await running(*FROM, "--to", "Ada.L@Example.com", *HELLO)
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout.startswith("sent by ana-smtp as <send-")
    (mail,) = running.sandbox.accepted.mails
    assert mail.recipients == ["Ada.L@example.com"]
    assert mail.key.startswith("send-")


async def test_the_outcome_is_told_as_json(running: Running) -> None:
    told = (await running(*FROM, "--to", "ada@example.com", *HELLO, "--json")).json
    assert (told["state"], told["channel"]) == ("sent", "ana-smtp")
    assert told["message_id"].endswith("@acme.test>")
    assert told["sent_at"] is not None


async def test_a_refused_recipient_is_exit_status_1_with_the_reason(running: Running) -> None:
    ran = await running(*FROM, "--to", "gone@example.com", *HELLO)
    assert (ran.code, ran.stdout) == (1, "")
    assert ran.stderr.startswith("postroad: failed: ")
    assert "No such user here" in ran.stderr
    as_json = await running(*FROM, "--to", "gone2@example.com", *HELLO, "--json")
    assert (as_json.code, as_json.json["state"]) == (1, "failed")


async def test_an_uncertain_mail_names_the_way_out(running: Running) -> None:
    running.sandbox.add_fault(Fault(phase="accepted", action="drop"))
    ran = await running(*FROM, "--to", "ada@example.com", *HELLO)
    assert ran.code == 1
    assert ran.stderr.startswith("postroad: uncertain: ")
    assert "`postroad uncertain list send-" in ran.stderr


async def test_a_suppressed_person_gets_nothing(running: Running) -> None:
    with running.desk.ledger.write() as connection:
        add_suppression(connection, "ada@example.com", "asked by phone", "operator", NOW)
    ran = await running(*FROM, "--to", "ada@example.com", *HELLO)
    assert ran.code == 1
    assert "suppressed: asked by phone" in ran.stderr
    assert running.sandbox.accepted.messages == 0


async def test_one_may_leave_without_waiting(running: Running) -> None:
    told = (await running(*FROM, "--to", "ada@example.com", *HELLO, "--no-wait", "--json")).json
    assert told["workflow_id"] == f"campaign/{told['campaign']}"


async def test_another_channel_may_be_named(running: Running) -> None:
    ran = await running(*FROM, "--to", "ada@example.com", *HELLO, "--channel", "team")
    assert ran.stdout.startswith("sent by team")


def _rendered(**arguments: Any) -> SampleMail:
    """Compose a mail as it would be sent."""
    definition = define_single_mail(
        sender="ana@acme.test", recipient="ada@example.com", **{"subject": "Hello", **arguments}
    )
    (row,) = definition.rows()
    assert isinstance(row, AudienceRow)
    sender = Sender(email="ana@acme.test", name="Ana", timezone="UTC")
    acme = Organisation.model_validate({"name": "Acme", "public_url": "https://mail.acme.test"})
    (mail,) = render_sample(definition, row, sender, acme, NOW).mails
    return mail


def test_a_markdown_body_and_attachments_are_sent(tmp_path: Path) -> None:
    body, prices = tmp_path / "note.md", tmp_path / "prices.csv"
    body.write_text("# Prices\n\n**low**")
    prices.write_text("a,b\n")
    mail = _rendered(body=body, attachments=[prices])
    assert "<strong>low</strong>" in (mail.html or "")
    assert "**low**" in (mail.text or "")
    assert mail.attachments == ["prices.csv"]


@pytest.mark.parametrize(
    "text", ["{{ person.x }}", "{% raw %} {% endraw %}", "{# off #}", "{{", "50 {% off }}", "{{{{"]
)
def test_nothing_in_a_single_mail_is_a_template(tmp_path: Path, text: str) -> None:
    assert _rendered(text=text, subject=text).headers["Subject"] == text
    assert (_rendered(text=text).text or "").strip() == text
    body = tmp_path / "note.html"
    body.write_text(f"<p>{text}</p>")
    assert f"<p>{text}</p>" in (_rendered(body=body).html or "")


def test_no_header_can_be_injected() -> None:
    mail = _rendered(subject="Hi\r\nBcc: eve@example.com", text="x")
    assert mail.headers["Subject"] == "Hi Bcc: eve@example.com"
    assert "Bcc" not in mail.headers


def test_a_single_mail_carries_no_unsubscribe_header() -> None:
    assert "List-Unsubscribe" not in _rendered(text="x").headers


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--to", "nobody"), "'nobody' is no email address"),
        (("--channel", "tema"), "no channel 'tema'; did you mean"),
        (("--attach", "gone.pdf"), "there is no file 'gone.pdf'"),
        (("--subject", " "), "subject is missing"),
        (("--from", "eve@acme.test"), "no sender 'eve@acme.test'"),
    ],
)
async def test_wrong_input_is_one_sentence(
    running: Running, arguments: tuple[str, ...], words: str
) -> None:
    ran = await running(*FROM, "--to", "ada@example.com", *HELLO, *arguments)
    assert (ran.code, ran.stdout) == (1, "")
    assert words in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--subject", "Hello"),
        (*HELLO, "--body", "note.md"),
        ("--text", "without a subject"),
    ],
)
def test_wrong_usage_is_exit_status_2(postroad: Postroad, arguments: tuple[str, ...]) -> None:
    assert postroad(*FROM, "--to", "ada@example.com", *arguments).code == 2
