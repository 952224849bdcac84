"""Killed workers: nothing twice, nothing lost, and little in doubt."""

import asyncio
import random

import pytest

from postroad.contracts import MessageState
from tests.once.dying_worker import POINTS
from tests.once.stage import CONNECTIONS, PEOPLE, Stage

_KILLS = 2


def _check(stage: Stage, kills: int) -> None:
    """Nothing twice; everything sent, or listed with its reason; no more doubt than in flight."""
    states = stage.states()
    accepted = stage.sandbox.accepted
    assert accepted.duplicates == 0
    assert len(states) == PEOPLE + 1
    sent = {key for key, state in states.items() if state == MessageState.SENT}
    uncertain = {key for key, state in states.items() if state == MessageState.UNCERTAIN}
    failed = {key for key, state in states.items() if state == MessageState.FAILED}
    assert sent | uncertain | failed == set(states)
    assert len(failed) <= 1  # gone@x.test, refused at RCPT unless a kill came in between
    received = {mail.key for mail in accepted.mails}
    assert sent <= received <= sent | uncertain
    assert len(uncertain) <= CONNECTIONS * kills


async def test_workers_killed_at_random_moments_send_nothing_twice_and_lose_nothing(
    stage: Stage, port: int
) -> None:
    moments = random.Random()
    await stage.set(port)
    await stage.start_worker()
    await stage.launch()
    for kill in range(_KILLS):
        await stage.accepted(10 + kill * PEOPLE // 3)
        await asyncio.sleep(moments.uniform(0, 0.05))
        await stage.kill_worker()
        await stage.start_worker()
    await stage.settled()
    _check(stage, _KILLS)


@pytest.mark.parametrize("point", POINTS)
async def test_a_worker_killed_around_a_commit_or_a_send_leaves_no_doubt_it_cannot_name(
    stage: Stage, port: int, point: str
) -> None:
    await stage.set(port)
    dying = await stage.start_worker(point, "25")
    await stage.launch()
    await dying.wait()
    assert dying.returncode == -9
    await stage.start_worker()
    await stage.settled()
    _check(stage, 1)


async def test_with_resend_everything_is_sent_though_a_worker_was_killed(
    stage: Stage, port: int
) -> None:
    await stage.set(port, on_uncertain="resend")
    await stage.start_worker()
    await stage.launch()
    await stage.accepted(30)
    await stage.kill_worker()
    await stage.start_worker()
    await stage.completed()
    assert stage.counts() == {MessageState.SENT: PEOPLE, MessageState.FAILED: 1}
    received = {mail.key for mail in stage.sandbox.accepted.mails}
    sent = {key for key, state in stage.states().items() if state == MessageState.SENT}
    assert received == sent
    assert stage.sandbox.accepted.duplicates <= CONNECTIONS
