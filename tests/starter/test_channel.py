"""`channel` shows the ways out, and takes them out of service and back."""

import asyncio

import pytest

from postroad.contracts import MessageState
from postroad.ledger.engine import Ledger
from tests.ledger_rows import add_campaign, add_channel, add_person, add_sender
from tests.starter.command import Postroad
from tests.starter.conftest import Noted


@pytest.fixture(autouse=True)
def channel(ledger: Ledger) -> None:
    """An active channel with a limit, and a campaign that has work for it."""
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection, settings={"limits": [{"messages": 600, "per": "1m"}]})
        add_campaign(connection)
        add_person(connection, "ada@x.test", MessageState.PLANNED, MessageState.PLANNED)


def test_the_list_shows_state_and_limits(postroad: Postroad) -> None:
    [row] = postroad("channel", "list", "--json").json
    assert (row["id"], row["state"], row["limits"]) == ("ana-smtp", "active", ["600 per 1m"])
    assert "600 per 1m" in postroad("channel", "list").stdout


def test_a_paused_channel_says_who_and_why(postroad: Postroad) -> None:
    ran = postroad("channel", "pause", "ana-smtp", "--by", "bo", "--reason", "warming up")
    assert (ran.code, ran.stdout) == (0, "ana-smtp is paused\n")
    [row] = postroad("channel", "list", "--json").json
    assert (row["state"], row["reason"]) == ("paused", "paused by bo: warming up")
    again = postroad("channel", "pause", "ana-smtp")
    assert again.code == 1
    assert "is paused already (paused by bo: warming up)" in again.stderr


async def test_resuming_wakes_who_has_work_for_it(postroad: Postroad, noted: Noted) -> None:
    await asyncio.to_thread(postroad, "channel", "pause", "ana-smtp")
    ran = await asyncio.to_thread(postroad, "channel", "resume", "ana-smtp", "--by", "bo")
    assert (ran.code, ran.stdout) == (0, "ana-smtp is active; 1 sequence woken\n")
    assert await noted.reasons_to_wake() == ["ana-smtp resumed by bo"]
    again = await asyncio.to_thread(postroad, "channel", "resume", "ana-smtp")
    assert (again.code, "is active already" in again.stderr) == (1, True)


@pytest.mark.parametrize("verb", ["verify", "pause"])
def test_an_unknown_channel_is_refused(postroad: Postroad, verb: str) -> None:
    ran = postroad("channel", verb, "nowhere")
    assert ran.code == 1
    assert "there is no channel 'nowhere'" in ran.stderr
