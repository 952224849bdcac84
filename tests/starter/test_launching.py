"""A campaign is staged and started exactly once, whatever is launched when."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from temporalio.client import Client, WorkflowExecutionStatus

from operations.launching import Launched, launch_campaign
from operations.refusal import Refused
from postroad.campaign.audience import AudienceRow, unpack_rows
from postroad.campaign.file import CampaignSettings
from postroad.contracts import CampaignStart
from postroad.ledger.engine import Ledger
from postroad.ledger.staging import begin_staging, claim_id, stage_audience
from postroad.ledger.steps import load_attachments, load_settings, load_steps, load_template
from postroad.ledger.tables import AudienceChunk, Campaign, Rejection, Step
from postroad.yaml_file import FileError
from starter.setup import register_search_attributes
from tests.ledger_rows import NOW
from tests.starter.campaigns import Desk


@pytest.fixture
async def desk(tmp_path: Path, ledger: Ledger, temporal: Client) -> Desk:
    """An installation with a workspace, and nobody who works."""
    await register_search_attributes(temporal)
    desk = Desk(tmp_path, ledger, temporal.service_client.config.target_host)
    desk.apply()
    return desk


async def _launch(desk: Desk, **arguments: Any) -> Launched:
    return await launch_campaign(desk.settings, desk.campaign, **arguments)


async def _refusal(desk: Desk, **arguments: Any) -> str:
    with pytest.raises((Refused, FileError)) as caught:
        await _launch(desk, **arguments)
    return str(caught.value)


@dataclass
class Found:
    """What the ledger holds of campaign q4."""

    people: list[str]
    rejected: list[tuple[int, str, str]]
    steps: list[str]


def _found(ledger: Ledger, campaign: str = "q4") -> Found:
    with ledger.read() as connection:
        chunks = connection.scalars(
            select(AudienceChunk.rows)
            .where(AudienceChunk.campaign_id == campaign)
            .order_by(AudienceChunk.number)
        ).all()
        rejections = connection.execute(
            select(Rejection.row, Rejection.address, Rejection.reason)
            .where(Rejection.campaign_id == campaign)
            .order_by(Rejection.row)
        ).all()
        steps = connection.scalars(
            select(Step.id).where(Step.campaign_id == campaign).order_by(Step.position)
        ).all()
    return Found(
        [row.address for chunk in chunks if chunk for row in unpack_rows(chunk)],
        [(row.row, row.address, row.reason) for row in rejections],
        list(steps),
    )


def _count(ledger: Ledger) -> int:
    with ledger.read() as connection:
        return connection.execute(select(func.count()).select_from(Campaign)).scalar_one()


async def _start_of(temporal: Client, campaign: str = "q4") -> CampaignStart:
    history = await temporal.get_workflow_handle(f"campaign/{campaign}").fetch_history()
    payloads = history.events[0].workflow_execution_started_event_attributes.input.payloads
    (start,) = await temporal.data_converter.decode(payloads, [CampaignStart])
    assert isinstance(start, CampaignStart)
    return start


async def test_a_launch_stages_everything_and_starts_the_workflow(
    desk: Desk, ledger: Ledger, temporal: Client
) -> None:
    launched = await _launch(desk)
    assert launched == Launched("q4", "campaign/q4", people=2, rejected=2)
    found = _found(ledger)
    assert found.people == ["ada@example.com", "grace@example.com"]
    assert found.rejected == [
        (4, "not an address", "malformed"),
        (5, "blank@example.com", "blank_field"),
    ]
    start = await _start_of(temporal)
    assert (start.name, start.chunks, start.rejected) == ("Q4 launch", 1, 2)
    description = await temporal.get_workflow_handle("campaign/q4").describe()
    assert description.status is WorkflowExecutionStatus.RUNNING
    assert await description.static_summary() == "Q4 launch: 2 people"
    assert {str(pair.value) for pair in description.typed_search_attributes} >= {"q4", "running"}


async def test_the_steps_are_stored_as_the_file_describes_them(desk: Desk, ledger: Ledger) -> None:
    desk.write("sheet.txt", "prices")
    desk.edit("q4.yaml", "body: intro.md", "body: intro.md, attachments: [sheet.txt]")
    await _launch(desk)
    with ledger.read() as connection:
        intro, nudge = load_steps(connection, "q4")
        template = load_template(connection, "q4", 0, intro.version)
        assert list(load_settings(connection, "q4").senders) == ["ana@acme.test"]
        assert list(load_attachments(connection, template).values()) == [b"prices"]
    assert (intro.id, nudge.id, nudge.settings.thread) == ("intro", "nudge", "reply")
    assert nudge.settings.wait.days == 3
    assert template.subject == "Hello {{ person.first_name }}"
    assert "<strong>good</strong>" in (template.html or "")


async def test_launching_twice_is_refused(desk: Desk, temporal: Client) -> None:
    await _launch(desk)
    before = await _start_of(temporal)
    desk.write("people.csv", "email,first_name\nother@example.com,Other\n")
    assert "campaign q4 was already launched on" in await _refusal(desk)
    assert await _start_of(temporal) == before
    assert _found(desk.ledger).people == ["ada@example.com", "grace@example.com"]


async def test_another_id_launches_the_same_file_again(desk: Desk, temporal: Client) -> None:
    await _launch(desk)
    launched = await _launch(desk, campaign_id="q4-again")
    assert launched.workflow_id == "campaign/q4-again"
    assert (await _start_of(temporal, "q4-again")).campaign_id == "q4-again"


async def test_without_an_id_one_is_made_up(desk: Desk) -> None:
    desk.edit("q4.yaml", "id: q4\n", "")
    first, second = await _launch(desk), await _launch(desk)
    assert first.campaign.startswith("q4-launch-20")
    assert first.campaign != second.campaign


async def test_of_two_launches_at_once_exactly_one_wins(desk: Desk, temporal: Client) -> None:
    rows = "".join(f"p{n}@example.com,P{n}\n" for n in range(5_000))
    desk.write("people.csv", f"email,first_name\n{rows}")
    results = await asyncio.gather(*(_launch(desk) for _ in range(3)), return_exceptions=True)
    won = [result for result in results if isinstance(result, Launched)]
    lost = [result for result in results if isinstance(result, Refused)]
    assert (len(won), len(lost)) == (1, 2)
    assert (await _start_of(temporal)).chunks == 5
    assert len(_found(desk.ledger).people) == 5_000


async def test_a_launch_whose_starter_died_is_staged_anew(desk: Desk, temporal: Client) -> None:
    old = AudienceRow(2, "old@example.com", "old@example.com", "example.com", {}, None, None)
    with desk.ledger.write() as connection:
        claim_id(connection, "q4", NOW)
        token = begin_staging(connection, "q4", CampaignSettings(name="old"), NOW)
    assert list(stage_audience(desk.ledger, "q4", token, [old]))
    await _launch(desk)
    found = _found(desk.ledger)
    assert "old@example.com" not in found.people
    assert found.steps == ["intro", "nudge"]
    assert (await _start_of(temporal)).chunks == 1


async def test_an_id_that_only_temporal_knows_is_refused(desk: Desk, temporal: Client) -> None:
    await temporal.start_workflow("CampaignWorkflow", id="campaign/q4", task_queue="elsewhere")
    assert "choose another id" in await _refusal(desk)
    assert _count(desk.ledger) == 0


async def test_a_launch_that_fails_leaves_nothing_behind(desk: Desk) -> None:
    desk.write("people.csv", "email,first_name\n" + "nobody,N\n" * 3)
    refusal = await _refusal(desk)
    assert "the audience names nobody who can be written to (3 rows rejected" in refusal
    assert _count(desk.ledger) == 0
    assert _found(desk.ledger) == Found([], [], [])


async def test_a_launch_that_is_broken_off_starts_nothing(desk: Desk, temporal: Client) -> None:
    rows = "".join(f"p{n}@example.com,P{n}\n" for n in range(20_000))
    desk.write("people.csv", f"email,first_name\n{rows}")
    staging = asyncio.Event()
    loop = asyncio.get_running_loop()
    launch = asyncio.create_task(
        _launch(desk, progress=lambda _: loop.call_soon_threadsafe(staging.set))
    )
    await staging.wait()
    launch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await launch
    while _count(desk.ledger):
        await asyncio.sleep(0.01)
    assert [workflow async for workflow in temporal.list_workflows("")] == []


async def test_progress_is_told_chunk_by_chunk(desk: Desk) -> None:
    rows = "".join(f"p{n}@example.com,P{n}\n" for n in range(2_500))
    desk.write("people.csv", f"email,first_name\n{rows}")
    told: list[int] = []
    await _launch(desk, progress=lambda staged: told.append(staged.people))
    assert told == [1_000, 2_000, 2_500]


async def test_an_unreachable_temporal_leaves_nothing_behind(desk: Desk) -> None:
    desk.settings.temporal = desk.settings.temporal.model_copy(update={"address": "127.0.0.1:1"})
    assert "no Temporal server at 127.0.0.1:1" in await _refusal(desk)
    assert _count(desk.ledger) == 0


@pytest.mark.parametrize(
    ("file", "before", "after", "words"),
    [
        ("q4.yaml", "senders: [ana@", "senders: [eve@", "has no sender 'eve@acme.test'; did you"),
        ("q4.yaml", "id: intro,", "id: intro, channel: tema,", "no channel 'tema'; did you mean"),
        ("q4.yaml", "name: Q4", "channel: smtp2\nname: Q4", "no channel 'smtp2'"),
        ("intro.md", "person.first_name", "person.frist_name", "unknown field person.frist_name"),
        ("intro.md", "{{ sender", "{% sender", "step intro: text"),
        ("intro.md", "sender.name", "sender.nmae", "unknown field sender.nmae"),
        (
            "intro.md",
            "{{ sender.name }}",
            "{{ unsubscribe_url }}",
            "set public_url in the workspace",
        ),
        (
            "q4.yaml",
            "name: Q4",
            "tracking: true\nname: Q4",
            "tracking needs a web address of yours",
        ),
        ("q4.yaml", "body: intro.md", "body: missing.md", "there is no file 'missing.md'"),
        ("q4.yaml", "audience: people.csv", "audience: none.csv", "there is no file 'none.csv'"),
        ("people.csv", "email,", "mail,", "has no column 'email'"),
        ("intro.md", "{{ sender.name }}", "{{ person.first_name | int // 0 }}", "step intro:"),
    ],
)
async def test_what_cannot_be_sent_is_refused_before_anything_is_staged(
    desk: Desk, file: str, before: str, after: str, words: str
) -> None:
    desk.edit(file, before, after)
    assert words in await _refusal(desk)
    assert _count(desk.ledger) == 0


async def test_a_wrong_id_is_refused(desk: Desk) -> None:
    assert "the id 'Q 4' must be lower-case letters" in await _refusal(desk, campaign_id="Q 4")


async def test_a_ledger_without_workspace_is_refused(
    tmp_path: Path, ledger: Ledger, temporal: Client
) -> None:
    desk = Desk(tmp_path, ledger, temporal.service_client.config.target_host)
    assert "`postroad apply WORKSPACE.yaml`" in await _refusal(desk)


async def test_an_optional_field_may_be_empty(desk: Desk) -> None:
    desk.edit(
        "intro.md",
        "Hello {{ person.first_name }}",
        "Hello {{ person.first_name | default('you', true) }}",
    )
    desk.edit("q4.yaml", '"Hello {{ person.first_name }}"', "Hello")
    desk.edit("q4.yaml", "Still there, {{ person.first_name }}?", "Still there?")
    launched = await _launch(desk)
    assert (launched.people, launched.rejected) == (3, 1)


@pytest.mark.parametrize(
    "text",
    [
        "Hello {{ person.company }}",
        "Hello {{ person.company | upper }}",
        "{% if person.company is defined %}Hello {{ person.company }}{% endif %}",
        "{% if person.company %}Hello {{ person.company }}{% endif %}",
        "{{ person.company | default('') }}",
    ],
)
async def test_no_text_with_a_hole_is_passed_on_however_late_it_comes(
    desk: Desk, text: str
) -> None:
    desk.edit("q4.yaml", '"Still there, {{ person.first_name }}?"', f'"{text}"')
    rows = "".join(f"p{n}@example.com,P{n},Acme\n" for n in range(300))
    desk.write("people.csv", f"email,first_name,company\n{rows}late@example.com,Late,\n")
    launched = await _launch(desk)
    assert (launched.people, launched.rejected) == (300, 1)
    ((row, address, reason),) = _found(desk.ledger).rejected
    assert (row, address, reason) == (302, "late@example.com", "blank_field")


async def test_a_text_that_fails_for_a_late_row_is_refused_with_that_row(desk: Desk) -> None:
    desk.edit("q4.yaml", "Still there, {{ person.first_name }}?", "{{ 8 // person.n | int }}")
    rows = "".join(f"p{n}@example.com,P{n},1\n" for n in range(300))
    desk.write("people.csv", f"email,first_name,n\n{rows}late@example.com,Late,0\n")
    assert "(row 302)" in await _refusal(desk)
    assert _count(desk.ledger) == 0
