"""`postroad template preview` and `test-send`: a text as one person would get it."""

import base64

import pytest

from operations.previewing import Wanted, preview
from operations.sample import render_sample
from operations.trial import define_trial
from postroad.campaign.audience import AudienceRow
from tests.ledger_rows import NOW
from tests.starter.campaigns import Desk
from tests.starter.command import Postroad
from tests.starter.conftest import Running

INTRO = "---\nsubject: Hello {{ person.first_name }}\n---\nGood morning {{ person.company }}.\n"
FOR = ("--for", "Ada@Example.com")


@pytest.fixture
def library(desk: Desk, postroad: Postroad) -> Desk:
    """A desk with a template."""
    (desk.directory / "templates").mkdir()
    desk.write("templates/intro.md", INTRO)
    assert postroad("template", "apply").code == 0
    return desk


@pytest.mark.usefixtures("library")
def test_a_template_is_shown_for_a_row_of_a_csv(postroad: Postroad) -> None:
    ran = postroad("template", "preview", "intro", *FOR, "--csv", "people.csv")
    assert (ran.code, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert "Subject: Hello Ada" in lines
    assert "Good morning Analytical." in lines
    assert any(line.startswith("From: Ana Ruiz <ana@acme.test>") for line in lines)
    as_bo = ("--csv", "people.csv", "--from", "bo@acme.test", "--json")
    (mail,) = postroad("template", "preview", "intro@1", *FOR, *as_bo).json
    assert mail["headers"]["From"] == "Bo Berg <bo@acme.test>"


def test_a_step_of_a_campaign_file_is_shown_for_anybody_in_its_audience(
    desk: Desk, postroad: Postroad
) -> None:
    desk.write("people.csv", "email,first_name\nada@example.com,Ada\ngrace@example.com,Grace\n")
    shown = ("template", "preview", "q4.yaml", "nudge", "--for", "grace@example.com", "--json")
    (mail,) = postroad(*shown).json
    assert mail["headers"]["Subject"] == "Re: Hello Grace"
    assert mail["text"] == "Still there, Grace?\n\n1 Main St, Springfield\n"


def test_the_html_is_written_with_its_images_in_it(desk: Desk, postroad: Postroad) -> None:
    desk.write("logo.png", "PNG")
    desk.edit("intro.md", "**good** morning", "![logo](logo.png)")
    shown = ("template", "preview", "q4.yaml", "intro", *FOR, "--html", "intro.html")
    assert postroad(*shown).code == 0
    inside = base64.b64encode(b"PNG").decode()
    assert f'src="data:image/png;base64,{inside}"' in (desk.directory / "intro.html").read_text()
    ran = postroad("template", "preview", "q4.yaml", "nudge", *FOR, "--html", "nudge.html")
    assert (ran.code, ran.stdout) == (1, "")
    assert "text alone" in ran.stderr


def test_each_variant_is_shown_or_one_of_them(desk: Desk, postroad: Postroad) -> None:
    desk.edit("q4.yaml", "body: intro.md", "variants: [{id: a, text: A}, {id: b, text: B}]")
    shown = ("template", "preview", "q4.yaml", "intro", *FOR, "--json")
    assert [mail["text"][0] for mail in postroad(*shown).json] == ["A", "B"]
    (mail,) = postroad(*shown, "--variant", "b").json
    assert (mail["variant"], mail["text"][0]) == ("b", "B")
    assert "has no variant 'c'" in postroad(*shown, "--variant", "c").stderr


CSV = ("--csv", "people.csv")
REFUSED = {
    ("intro", "--for", "no@example.com", *CSV): "has nobody with the address",
    ("intro", *FOR): "--csv names a file of people",
    ("intro", "--for", "nobody", *CSV): "is no email address",
    ("intro", "--for", "grace@example.com", *CSV): "company is empty",
    ("other", *FOR, *CSV): "the library has no template 'other'",
    ("snippets/legal", *FOR, *CSV): "snippets/legal is a snippet",
    ("intro", *FOR, "--csv", "few.csv"): "unknown field person.company",
    ("intro", *FOR, *CSV, "--from", "eve@x.test"): "has no sender",
    ("q4.yaml", "intr", *FOR): "q4 has no step 'intr'; did you mean 'intro'?",
    ("q5", "intro", *FOR): "there is no campaign 'q5'",
}


def test_what_cannot_be_shown_is_refused_in_one_sentence(library: Desk, postroad: Postroad) -> None:
    library.write("few.csv", "email,first_name\nada@example.com,Ada\n")
    (library.directory / "templates" / "snippets").mkdir()
    library.write("templates/snippets/legal.md", "Acme")
    assert postroad("template", "apply").code == 0
    for asked, words in REFUSED.items():
        ran = postroad("template", "preview", *asked)
        assert (ran.code, ran.stdout, ran.stderr.count("\n")) == (1, "", 1), asked
        assert words in ran.stderr


def test_a_test_mail_goes_to_nobody_else(desk: Desk, postroad: Postroad) -> None:
    me = "  - {email: me@gmail.com, name: Me, timezone: UTC}\n"
    desk.edit("workspace.yaml", "channels:", f"{me}channels:")
    assert postroad("apply", "workspace.yaml").code == 0
    for to in ("ada@example.com", "anybody@gmail.com"):
        ran = postroad("template", "test-send", "q4.yaml", "intro", *FOR, "--to", to)
        assert (ran.code, ran.stdout) == (1, "")
        assert f"{to} is neither" in ran.stderr


def test_a_test_mail_is_what_the_person_would_get_and_marked_as_a_test(desk: Desk) -> None:
    desk.write("people.csv", "email,first_name\nada@example.com,Ada {{ x }}\n")
    desk.write("offer.pdf", "%PDF")
    desk.edit("q4.yaml", "body: intro.md", "body: intro.md, attachments: [offer.pdf]")
    (previewed,) = preview(desk.ledger, Wanted("q4.yaml", "intro", "ada@example.com"), NOW)
    definition = define_trial(previewed, "Eva@Acme.test", [previewed.sender], None)
    (row,) = definition.rows()
    assert isinstance(row, AudienceRow)
    (mail,) = render_sample(definition, row, previewed.sender, None, NOW).mails
    assert mail.headers["Subject"] == "[Test] Hello Ada {{ x }}"
    assert mail.headers["To"] == "Eva@acme.test"
    assert mail.headers["X-Postroad-Message"].startswith("test-")
    assert "List-Unsubscribe" not in mail.headers
    assert (mail.text, mail.html) == (previewed.mail.text, previewed.mail.html)
    assert mail.attachments == ["offer.pdf"]


async def test_a_test_mail_of_a_running_campaign_leaves_and_is_counted_in_none(
    running: Running,
) -> None:
    running.desk.write("people.csv", "email,first_name\nada@example.com,Ada\n")
    assert (await running("launch", "q4.yaml", "--wait")).code == 0
    before = (await running("report", "q4", "--json")).json
    ran = await running("template", "test-send", "q4", "intro", *FOR, "--to", "eva@acme.test")
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout.startswith("sent by ana-smtp as <test-")
    mail = running.sandbox.accepted.mails[-1]
    assert (mail.recipients, mail.envelope_from) == (["eva@acme.test"], "ana@acme.test")
    assert (await running("report", "q4", "--json")).json == before
