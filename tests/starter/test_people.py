"""`people` adds to a running campaign, and takes out of it."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from postroad.campaign.template import StepTemplate
from postroad.contracts import CampaignState, MessageState
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import AudienceChunk, StepText, StepVariant
from tests.ledger_rows import add_campaign, add_person, add_sender
from tests.starter.command import Postroad
from tests.starter.conftest import Noted


@pytest.fixture
def q4(ledger: Ledger) -> None:
    """A running campaign whose only step greets people by name."""
    template = StepTemplate(subject="Hi {{ person.first_name }}", text="Hello")
    with ledger.write() as connection:
        add_sender(connection)
        add_campaign(connection, steps=("intro",))
        add_campaign(connection, "done", steps=(), state=CampaignState.COMPLETED)
        connection.execute(
            insert(StepText).values(
                campaign_id="q4", position=0, version=1, template=template.model_dump(mode="json")
            )
        )


pytestmark = pytest.mark.usefixtures("q4")


def _csv(tmp_path: Path, *lines: str) -> str:
    file = tmp_path / "more.csv"
    file.write_text("\n".join(lines))
    return str(file)


def _staged(ledger: Ledger) -> list[int]:
    with ledger.read() as connection:
        return list(connection.scalars(select(AudienceChunk.number)))


async def test_the_campaign_is_told_what_was_staged(
    postroad: Postroad, noted: Noted, tmp_path: Path, ledger: Ledger
) -> None:
    file = _csv(tmp_path, "email,first_name", "ada@x.test,Ada", "nobody,N", "bo@x.test,")
    ran = await asyncio.to_thread(postroad, "people", "add", "q4", file, "--by", "bo")
    assert (ran.code, ran.stdout) == (0, "1 person enrolled, 2 rows rejected\n")
    assert await noted.asked_of_campaign() == ["chunks [0] by bo"]
    assert _staged(ledger) == [0]


async def test_a_person_is_removed_by_their_normalised_address(
    postroad: Postroad, noted: Noted
) -> None:
    ran = await asyncio.to_thread(postroad, "people", "remove", "q4", "ADA@x.test", "--by", "bo")
    assert ran.stdout == "ada@x.test gets nothing more in q4: 2 messages stopped\n"
    assert await noted.asked_of_campaign() == ["removed ada@x.test by bo"]


@pytest.mark.parametrize(
    ("campaign", "lines", "words"),
    [
        ("nowhere", ("email,first_name", "ada@x.test,Ada"), "there is no campaign 'nowhere'"),
        ("done", ("email,first_name", "ada@x.test,Ada"), "done is completed"),
        ("q4", ("email", "ada@x.test"), "unknown field person.first_name"),
        ("q4", ("email,first_name", "nobody,N"), "1 row rejected"),
    ],
)
def test_what_could_not_be_sent_is_refused_before_the_campaign_is_asked(
    postroad: Postroad,
    tmp_path: Path,
    ledger: Ledger,
    campaign: str,
    lines: tuple[str, ...],
    words: str,
) -> None:
    ran = postroad("people", "add", campaign, _csv(tmp_path, *lines))
    assert (ran.code, ran.stdout) == (1, "")
    assert words in ran.stderr
    assert _staged(ledger) == []


def test_people_who_lack_what_a_variant_needs_are_refused_as_well(
    postroad: Postroad, tmp_path: Path, ledger: Ledger
) -> None:
    texts = {"a": "Hi {{ person.first_name }}", "b": "Hi from {{ person.city }}"}
    with ledger.write() as connection:
        for version, (variant, subject) in enumerate(texts.items(), start=2):
            place = {"campaign_id": "q4", "position": 0, "version": version}
            template = {"subject": subject, "text": "Hello"}
            connection.execute(insert(StepText).values(**place, template=template, variant=variant))
            connection.execute(insert(StepVariant).values(**place, id=variant, weight=1))
    ran = postroad("people", "add", "q4", _csv(tmp_path, "email,first_name", "ada@x.test,Ada"))
    assert (ran.code, _staged(ledger)) == (1, [])
    assert "unknown field person.city" in ran.stderr


def test_a_missing_file_is_refused(postroad: Postroad, tmp_path: Path) -> None:
    ran = postroad("people", "add", "q4", str(tmp_path / "nothing.csv"))
    assert ran.code == 1
    assert "nothing.csv" in ran.stderr


async def test_a_pause_ends_by_the_senders_clock(
    postroad: Postroad, noted: Noted, ledger: Ledger
) -> None:
    with ledger.write() as connection:
        add_person(connection, "ada@x.test", MessageState.PLANNED, channel=None)
    said = ("--until", "2030-01-07", "--reason", "on leave", "--by", "bo")
    ran = await asyncio.to_thread(postroad, "people", "pause", "q4", "Ada@X.test", *said)
    assert (ran.code, ran.stdout) == (0, "ada@x.test is paused in q4: nudge is held back\n")
    asked = "paused ada@x.test by bo until 2030-01-06T23:00:00+00:00: on leave"
    assert await noted.asked_of_campaign() == [asked]


async def test_a_pause_that_cannot_be_is_refused_before_the_campaign_is_asked(
    postroad: Postroad, noted: Noted, ledger: Ledger
) -> None:
    with ledger.write() as connection:
        add_person(connection, "ada@x.test", MessageState.PLANNED, channel=None)
    for arguments, words in (
        (("pause", "q4", "ada@x.test", "--until", "soon"), "'soon' is no date"),
        (("pause", "q4", "who@x.test"), "who@x.test is not in q4"),
        (("resume", "q4", "ada@x.test"), "ada@x.test is not paused in q4"),
    ):
        ran = await asyncio.to_thread(postroad, "people", *arguments)
        assert ran.code == 1
        assert words in ran.stderr
    assert await noted.asked_of_campaign() == []
