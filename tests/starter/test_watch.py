"""`watch` shows changes until the campaign ends, and leaves nothing behind."""

import json
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from sqlalchemy import update

from operations.following import follow, follow_feed
from postroad.contracts import CampaignState, MessageState
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Campaign, Message
from starter.watch import feed_line, progress_line
from tests.ledger_rows import NOW, add_campaign, add_channel, add_event, add_person
from tests.starter.command import Postroad

SENT, PLANNED = MessageState.SENT, MessageState.PLANNED


@pytest.fixture
def messages(ledger: Ledger) -> list[int]:
    """A running campaign with one person; returns the ids of their two messages."""
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        return add_person(connection, "ada@x.test", PLANNED, PLANNED)


def _in_turn(*acts: Callable[[], None]) -> Callable[[float], None]:
    """Return a sleep that does the next act each time, in place of waiting."""
    turns: Iterator[Callable[[], None]] = iter(acts)

    def sleep(seconds: float) -> None:
        assert seconds >= 1
        next(turns)()

    return sleep


def _send(ledger: Ledger, message: int) -> None:
    with ledger.write() as connection:
        connection.execute(
            update(Message).where(Message.id == message).values(state=SENT, sent_at=NOW)
        )
        add_event(connection, message, "sent", detail="250 ok")


def _complete(ledger: Ledger) -> None:
    with ledger.write() as connection:
        connection.execute(update(Campaign).values(state=CampaignState.COMPLETED, ended_at=NOW))


def test_only_changes_are_shown_and_the_end_ends_it(ledger: Ledger, messages: list[int]) -> None:
    sleep = _in_turn(lambda: None, lambda: _send(ledger, messages[0]), lambda: _complete(ledger))
    lines = [progress_line(overview) for overview in follow(ledger, "q4", sleep)]
    assert lines == [
        "q4 running: 0 of 2 messages done",
        "q4 running: 1 of 2 messages done (1 sent)",
        "q4 completed: 1 of 2 messages done (1 sent)",
    ]


def test_the_feed_tells_every_event_from_now_on_once(ledger: Ledger, messages: list[int]) -> None:
    _send(ledger, messages[0])
    sleep = _in_turn(lambda: _send(ledger, messages[1]), lambda: _complete(ledger))
    lines = [feed_line(entry) for entry in follow_feed(ledger, "q4", sleep)]
    assert len(lines) == 1
    assert lines[0].endswith(" sent nudge ada@x.test ana-smtp: 250 ok")


def test_without_a_terminal_a_change_is_a_line(
    postroad: Postroad, ledger: Ledger, messages: list[int]
) -> None:
    _send(ledger, messages[0])
    _complete(ledger)
    ran = postroad("watch", "q4")
    assert ran.code == 0
    assert ran.stdout.endswith("q4 completed: 1 of 2 messages done (1 sent)\n")
    assert ran.stdout.count("\n") == 1


@pytest.mark.usefixtures("messages")
def test_json_is_an_object_a_line(postroad: Postroad, ledger: Ledger) -> None:
    _complete(ledger)
    [line] = postroad("watch", "q4", "--json").stdout.splitlines()
    assert json.loads(line)["state"] == "completed"


@pytest.mark.usefixtures("messages")
def test_ctrl_c_leaves_and_says_that_the_campaign_goes_on(
    postroad: Postroad, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("starter.watch.follow", partial(follow, sleep=interrupted))
    ran = postroad("watch", "q4")
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout.endswith("q4 goes on: `postroad watch q4` shows it again\n")
