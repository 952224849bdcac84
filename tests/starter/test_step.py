"""`step` shows the steps of a running campaign, and changes them."""

import asyncio

import pytest
from sqlalchemy import select, update

from operations.definition import read_definition
from postroad.campaign.file import CampaignSettings
from postroad.contracts import CampaignState, MessageState
from postroad.ledger.engine import Ledger
from postroad.ledger.staging import begin_staging, claim_id, stage_steps
from postroad.ledger.tables import Campaign, Enrollment, StepText
from tests.ledger_rows import NOW, add_person
from tests.starter.campaigns import Desk
from tests.starter.command import Postroad
from tests.starter.conftest import Noted

PLANNED = MessageState.PLANNED


@pytest.fixture
def q4(desk: Desk, ledger: Ledger) -> Desk:
    """The campaign of the desk's file, running for one person."""
    definition = read_definition(ledger, desk.campaign)
    with ledger.write() as connection:
        claim_id(connection, "q4", NOW)
        token = begin_staging(connection, "q4", CampaignSettings(name="Q4"), NOW)
        stage_steps(connection, "q4", token, definition.steps, definition.files)
        connection.execute(update(Campaign).values(state=CampaignState.RUNNING))
        add_person(connection, "ada@example.com", PLANNED, PLANNED, channel=None)
        fields = {"first_name": "Ada", "company": "Analytical"}
        connection.execute(update(Enrollment).values(fields=fields))
    return desk


def _versions(ledger: Ledger) -> list[tuple[int, int]]:
    with ledger.read() as connection:
        rows = connection.execute(select(StepText.position, StepText.version))
        return sorted((row.position, row.version) for row in rows)


def test_the_steps_are_listed_as_they_stand(q4: Desk, postroad: Postroad) -> None:
    ran = postroad("step", "list", q4.campaign.stem)
    assert [line.split("\t")[:3] for line in ran.stdout.splitlines()] == [
        ["step", "what", "wait"],
        ["intro", "mail", "0s"],
        ["nudge", "mail", "3d"],
    ]
    assert [step["to_send"] for step in postroad("step", "list", "q4", "--json").json] == [1, 1]
    assert "there is no campaign 'q5'" in postroad("step", "list", "q5").stderr


async def test_a_changed_file_is_shown_staged_and_published(
    q4: Desk, postroad: Postroad, noted: Noted, ledger: Ledger
) -> None:
    q4.edit("q4.yaml", "Still there", "Are you there")
    q4.edit("q4.yaml", "3 days", "4 days")
    change = ("step", "change", "q4", "nudge", "--file", "q4.yaml", "--by", "bo")
    ran = await asyncio.to_thread(postroad, *change, "--dry-run")
    assert "-Still there, {{ person.first_name }}?" in ran.stdout.splitlines()
    assert "+Are you there, {{ person.first_name }}?" in ran.stdout.splitlines()
    assert ran.stdout.endswith("1 message would be sent like this\n")
    assert _versions(ledger) == [(0, 1), (1, 1)]
    ran = await asyncio.to_thread(postroad, *change)
    assert ran.stdout.endswith("nudge is changed: 3 messages not yet sent\n")
    assert _versions(ledger) == [(0, 1), (1, 1), (1, 2)]
    assert await noted.asked_of_campaign() == ["nudge is version 2 at other times by bo"]


async def test_a_wait_changes_without_a_new_text(
    q4: Desk, postroad: Postroad, noted: Noted, ledger: Ledger
) -> None:
    q4.edit("q4.yaml", "3 days", "4 days")
    ran = await asyncio.to_thread(
        postroad, "step", "change", "q4", "nudge", "--file", "q4.yaml", "--by", "bo"
    )
    assert ran.code == 0
    assert _versions(ledger) == [(0, 1), (1, 1)]
    assert await noted.asked_of_campaign() == ["nudge is version 1 at other times by bo"]


async def test_a_subject_and_a_text_change_without_the_campaign_file(
    q4: Desk, postroad: Postroad, noted: Noted
) -> None:
    q4.write("new.md", "Dear {{ person.first_name }}")
    words = ("--subject", "Hello again", "--body", "new.md", "--by", "bo")
    ran = await asyncio.to_thread(postroad, "step", "change", "q4", "intro", *words)
    assert "+subject: Hello again" in ran.stdout.splitlines()
    assert "+Dear {{ person.first_name }}" in ran.stdout.splitlines()
    assert await noted.asked_of_campaign() == ["intro is version 2 by bo"]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            "Still there, {{ person.first_name",
            "Hi {{ person.firstname",
            "did you mean 'first_name'?",
        ),
        ("thread: reply", "subject: New", "nudge: thread cannot change while the campaign runs"),
        ("id: q4", "id: q5", "is of campaign q5, not of q4"),
        ("id: nudge", "id: push", "has no step 'nudge'"),
        ("name: Q4", "name: Q5", "nudge is like that already"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_staged(
    q4: Desk, postroad: Postroad, ledger: Ledger, before: str, after: str, words: str
) -> None:
    q4.edit("q4.yaml", before, after)
    ran = postroad("step", "change", "q4", "nudge", "--file", "q4.yaml")
    assert ran.code == 1
    assert words in ran.stderr
    assert _versions(ledger) == [(0, 1), (1, 1)]


def test_a_text_names_only_what_everybody_has(q4: Desk, postroad: Postroad, ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_person(connection, "bo@example.com", PLANNED, PLANNED, channel=None)
    q4.write("new.md", "Dear {{ person.first_name }}")
    ran = postroad("step", "change", "q4", "intro", "--body", "new.md")
    assert "unknown field person.first_name" in ran.stderr
    assert postroad("step", "change", "q4", "intro").code == 2


async def test_a_step_is_removed(q4: Desk, postroad: Postroad, noted: Noted) -> None:
    del q4
    ran = await asyncio.to_thread(postroad, "step", "remove", "q4", "nudge", "--by", "bo")
    assert ran.stdout == (
        "nudge is removed: 1 person who waited for it went on, others pass it over\n"
    )
    assert await noted.asked_of_campaign() == ["removed nudge by bo"]


_MORE = 'Still there, {{ person.first_name }}?"}\n  - {id: last, thread: reply, text: Bye}'


async def test_the_steps_that_a_file_has_beyond_the_campaigns_are_added(
    q4: Desk, postroad: Postroad, noted: Noted, ledger: Ledger
) -> None:
    q4.edit("q4.yaml", 'Still there, {{ person.first_name }}?"}', _MORE)
    add = ("step", "add", "q4", "--file", "q4.yaml", "--by", "bo")
    ran = await asyncio.to_thread(postroad, *add, "--reopen-finished")
    assert ran.stdout == "last added: 1 person to come\n"
    assert await noted.asked_of_campaign() == ["added last at 2 by bo for everybody"]
    assert _versions(ledger)[-1] == (2, 1)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("name: Q4", "name: Q5", "q4.yaml has no step that q4 does not have"),
        ("  - {id: nudge", "  - {id: new, subject: A, text: B}\n  - {id: nudge", "at the end"),
        ("id: nudge", "id: new", "the steps of q4 must stand before new"),
        (
            '{{ person.first_name }}?"}',
            'x"}\n  - {id: n, subject: A, text: "{{ person.x }}"}',
            "person.x",
        ),
    ],
)
def test_what_cannot_be_added_is_refused_before_anything_is_staged(
    q4: Desk, postroad: Postroad, ledger: Ledger, before: str, after: str, words: str
) -> None:
    text = q4.campaign.read_text("utf-8")
    head, _, tail = text.rpartition(before)
    q4.campaign.write_text(head + after + tail, "utf-8")
    ran = postroad("step", "add", "q4", "--file", "q4.yaml")
    assert ran.code == 1
    assert words in ran.stderr
    assert _versions(ledger) == [(0, 1), (1, 1)]


def test_a_campaign_that_is_over_gets_no_more_steps(
    q4: Desk, postroad: Postroad, ledger: Ledger
) -> None:
    del q4
    with ledger.write() as connection:
        connection.execute(update(Campaign).values(state=CampaignState.COMPLETED))
    ran = postroad("step", "add", "q4", "--file", "q4.yaml")
    assert "launch what comes next as a campaign of its own" in ran.stderr
