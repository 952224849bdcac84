"""`uncertain` lists what is in doubt, and carries out what the operator decides."""

import asyncio

import pytest

from postroad.contracts import MessageState
from postroad.ledger.engine import Ledger
from tests.ledger_rows import add_campaign, add_channel, add_person, add_sender
from tests.starter.command import Postroad
from tests.starter.conftest import Noted

UNCERTAIN, PLANNED = MessageState.UNCERTAIN, MessageState.PLANNED


@pytest.fixture
def doubtful(ledger: Ledger) -> list[int]:
    """Two uncertain messages; returns their ids."""
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        add_campaign(connection)
        return [
            add_person(connection, address, UNCERTAIN, PLANNED, reason="timeout after DATA")[0]
            for address in ("ada@x.test", "bo@x.test")
        ]


def test_the_list_names_the_ids_that_a_decision_takes(
    postroad: Postroad, doubtful: list[int]
) -> None:
    assert [row["id"] for row in postroad("uncertain", "list", "--json").json] == doubtful
    lines = postroad("uncertain", "list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["id", *map(str, doubtful)]


async def test_resending_wakes_the_sequence(
    postroad: Postroad, doubtful: list[int], noted: Noted
) -> None:
    ran = await asyncio.to_thread(postroad, "uncertain", "resend", str(doubtful[0]), "--by", "bo")
    assert (ran.code, ran.stdout) == (0, "1 message to be sent again\n")
    assert await noted.reasons_to_wake() == ["uncertain messages resent by bo"]
    left = await asyncio.to_thread(postroad, "uncertain", "list", "--json")
    assert [row["id"] for row in left.json] == doubtful[1:]


async def test_dismissing_all_leaves_nothing_in_doubt(
    postroad: Postroad, doubtful: list[int], noted: Noted
) -> None:
    ran = await asyncio.to_thread(postroad, "uncertain", "dismiss", "--all", "--as-sent")
    assert (ran.code, ran.stdout) == (0, f"{len(doubtful)} messages counted as sent\n")
    assert len(await noted.reasons_to_wake()) == 1
    assert (await asyncio.to_thread(postroad, "uncertain", "list", "--json")).json == []


@pytest.mark.usefixtures("noted")
async def test_what_is_not_uncertain_is_refused_and_the_rest_is_done(
    postroad: Postroad, doubtful: list[int]
) -> None:
    ran = await asyncio.to_thread(postroad, "uncertain", "resend", str(doubtful[0]), "9999")
    assert (ran.code, ran.stdout) == (1, "1 message to be sent again\n")
    assert "message 9999: it is not uncertain" in ran.stderr


def test_nothing_is_decided_while_temporal_is_away(
    postroad: Postroad, doubtful: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTROAD_TEMPORAL_ADDRESS", "127.0.0.1:1")
    assert postroad("uncertain", "resend", "--all").code == 1
    assert len(postroad("uncertain", "list", "--json").json) == len(doubtful)


@pytest.mark.parametrize("arguments", [(), ("1", "--all")])
def test_either_ids_or_all_must_be_given(postroad: Postroad, arguments: tuple[str, ...]) -> None:
    assert postroad("uncertain", "resend", *arguments).code == 2
