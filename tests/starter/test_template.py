"""`postroad template`: a library in versions, and campaigns made of it."""

import json

import pytest
from sqlalchemy import select, update

from operations.definition import read_definition
from postroad.contracts import MessageState
from postroad.ledger.library import find_library_text
from postroad.ledger.pages.library import library_results
from postroad.ledger.staging import begin_staging, claim_id, stage_steps
from postroad.ledger.tables import Message, StepText
from tests.ledger_rows import NOW, add_event, add_person
from tests.starter.campaigns import Desk
from tests.starter.command import Postroad

INTRO = (
    "---\nsubject: Hello {{ person.first_name }}\n---\nGood **morning**.\n\n{{ snippet.legal }}\n"
)


@pytest.fixture
def library(desk: Desk, postroad: Postroad) -> Desk:
    """A desk with a template and a snippet, and a campaign of them."""
    (desk.directory / "templates" / "snippets").mkdir(parents=True)
    desk.write("templates/intro.md", INTRO)
    desk.write("templates/snippets/legal.txt", "Acme Ltd\n")
    desk.edit(
        "q4.yaml", 'subject: "Hello {{ person.first_name }}", body: intro.md', "template: intro"
    )
    assert postroad("template", "apply").code == 0
    return desk


def test_only_what_changed_becomes_a_new_version(library: Desk, postroad: Postroad) -> None:
    assert postroad("template", "apply").stdout == "2 texts unchanged\n"
    library.edit("templates/snippets/legal.txt", "Ltd", "Inc")
    ran = postroad("template", "apply", "--by", "eva")
    assert ran.stdout == "snippets/legal changed: version 2\n1 text unchanged\n"
    listed = postroad("template", "list", "--json").json
    assert [(one["kind"], one["name"], one["version"]) for one in listed] == [
        ("template", "intro", 1),
        ("snippet", "legal", 2),
    ]
    assert listed[1]["stored_by"] == "eva"
    shown = postroad("template", "show", "snippets/legal@1").stdout
    assert shown.endswith("Acme Ltd\n")
    assert "version 1" in shown.splitlines()[0]
    changed = postroad("template", "diff", "snippets/legal").stdout.splitlines()
    assert changed[:2] == ["--- legal@1", "+++ legal@2"]
    assert {"-Acme Ltd", "+Acme Inc"} < set(changed)


def test_nothing_is_stored_where_one_text_is_wrong(library: Desk, postroad: Postroad) -> None:
    library.edit("templates/snippets/legal.txt", "Ltd", "Inc")
    library.write("templates/second.md", "{{ snippet.lgal }}")
    ran = postroad("template", "apply")
    assert ran.code == 1
    assert "templates/second.md: the library has no snippet 'lgal'; did you mean 'legal'?" in (
        ran.stderr
    )
    with library.ledger.read() as connection:
        legal = find_library_text(connection, "snippet", "legal")
        assert legal is not None
        assert legal.version == 1
        assert find_library_text(connection, "template", "second") is None


def test_a_step_is_made_of_the_latest_versions_or_of_the_one_it_names(
    library: Desk, postroad: Postroad
) -> None:
    library.edit("templates/intro.md", "morning", "evening")
    assert postroad("template", "apply").code == 0
    (intro, _) = postroad("launch", "q4.yaml", "--dry-run", "--json").json["sample"]["mails"]
    assert intro["text"].startswith("Good **evening**.\n\nAcme Ltd\n")
    assert "<p>Acme Ltd</p>" in intro["html"]
    library.edit("q4.yaml", "template: intro", "template: intro@1, subject: Mine")
    (intro, nudge) = postroad("launch", "q4.yaml", "--dry-run", "--json").json["sample"]["mails"]
    assert "morning" in intro["text"]
    assert (intro["headers"]["Subject"], nudge["headers"]["Subject"]) == ("Mine", "Re: Mine")


def test_snippets_may_stand_in_any_text_of_a_campaign(library: Desk, postroad: Postroad) -> None:
    library.edit("q4.yaml", "Still there", "{{ snippet.legal }}: still there")
    (_, nudge) = postroad("launch", "q4.yaml", "--dry-run", "--json").json["sample"]["mails"]
    assert nudge["text"].startswith("Acme Ltd: still there, Ada")


REFUSED_STEPS = {
    "template: itnro": "the library has no template 'itnro'; did you mean 'intro'?",
    "template: intro@9": "the template intro has versions 1 to 1, not 9",
    "template: intro@x": "must be a name, or a name with a version such as intro@3",
    "template: bare": "the template bare has no subject; give the step one",
    "template: intro, body: intro.md": "stands beside a text of the step's own",
    "subject: Hi, text: '{{ snippet.no }}'": "the library has no snippet 'no'",
}


def test_a_step_that_cannot_be_made_of_the_library_is_refused(
    library: Desk, postroad: Postroad
) -> None:
    library.write("templates/bare.md", "Hello")
    assert postroad("template", "apply").code == 0
    campaign = library.campaign.read_text()
    for written, words in REFUSED_STEPS.items():
        library.write("q4.yaml", campaign.replace("template: intro", written))
        ran = postroad("launch", "q4.yaml", "--dry-run")
        assert (ran.code, words in ran.stderr) == (1, True), (written, ran.stderr)


def test_variants_may_be_templates(library: Desk, postroad: Postroad) -> None:
    library.write("templates/other.md", "---\nsubject: Other\n---\nOther")
    assert postroad("template", "apply").code == 0
    library.edit(
        "q4.yaml",
        "template: intro",
        "variants: [{id: a, template: intro}, {id: b, template: other}]",
    )
    definition = read_definition(library.ledger, library.campaign)
    variants = definition.steps[0].variants
    assert [variant.template.subject for variant in variants] == [
        "Hello {{ person.first_name }}",
        "Other",
    ]


def test_an_attached_file_of_the_library_leaves_with_the_step(
    library: Desk, postroad: Postroad
) -> None:
    library.write("templates/offer.pdf", "%PDF")
    library.write("extra.pdf", "%PDF 2")
    library.edit("templates/intro.md", "---\ns", "---\nattachments: [offer.pdf]\ns")
    assert postroad("template", "apply").code == 0
    library.edit("q4.yaml", "template: intro", "template: intro, attachments: [extra.pdf]")
    (intro, _) = postroad("launch", "q4.yaml", "--dry-run", "--json").json["sample"]["mails"]
    assert intro["attachments"] == ["offer.pdf", "extra.pdf"]


def test_a_report_adds_up_over_campaigns_by_version(library: Desk, postroad: Postroad) -> None:
    assert postroad("template", "report", "intro").stdout == (
        "no campaign was launched with intro yet\n"
    )
    for campaign in ("q4", "q5"):
        _stage(library, campaign)
    with library.ledger.write() as connection:
        for address, campaign in (("a@x.test", "q4"), ("b@x.test", "q4"), ("c@x.test", "q5")):
            (message, _) = add_person(
                connection, address, MessageState.SENT, MessageState.PLANNED, campaign=campaign
            )
            connection.execute(update(Message).where(Message.id == message).values(version=1))
        add_event(connection, message, "replied")
        add_event(connection, message, "replied")
    (told,) = json.loads(postroad("template", "report", "intro", "--json").stdout)
    assert (told["version"], told["campaigns"], told["sent"]) == (1, 2, 3)
    assert (told["replied"]["part"], told["bounced"]["part"]) == (1, 0)
    assert "1 (33.3%)" in postroad("template", "report", "intro").stdout
    with library.ledger.read() as connection:
        assert library_results(connection, "intro", "bo@acme.test")[0].sent == 0
        made_of = connection.scalars(select(StepText.template)).first()
        assert made_of is not None
        assert [(one["kind"], one["name"], one["version"]) for one in made_of["made_of"]] == [
            ("template", "intro", 1),
            ("snippet", "legal", 1),
        ]


def _stage(desk: Desk, campaign: str) -> None:
    definition = read_definition(desk.ledger, desk.campaign, campaign)
    with desk.ledger.write() as connection:
        claim_id(connection, campaign, NOW)
        token = begin_staging(connection, campaign, definition.settings, NOW)
        stage_steps(connection, campaign, token, definition.steps, definition.files)


@pytest.mark.usefixtures("library")
def test_a_text_that_does_not_exist_is_refused(postroad: Postroad) -> None:
    for verb in ("show", "diff", "report"):
        for text in ("introo", "snippets/introo", "a/b", "intro@0"):
            ran = postroad("template", verb, text)
            assert (ran.code, ran.stdout, ran.stderr.count("\n")) == (1, "", 1), (verb, text)
    assert "no version before" in postroad("template", "diff", "intro").stderr
