"""Servers that crash and come back while a campaign runs."""

import asyncio

import pytest

from postroad.contracts import MessageState
from postroad.ledger.engine import Ledger
from tests.once.stage import PEOPLE, Stage
from tests.postgres import PostgresServer


def _all_sent_once(stage: Stage) -> None:
    assert stage.counts() == {MessageState.SENT: PEOPLE, MessageState.FAILED: 1}
    assert stage.sandbox.accepted.duplicates == 0
    assert len(stage.sandbox.accepted.mails) == PEOPLE


async def test_a_campaign_goes_on_when_the_temporal_server_crashes_and_comes_back(
    stage: Stage, port: int
) -> None:
    await stage.set(port)
    await stage.start_worker()
    await stage.launch()
    await stage.accepted(20)
    await stage.kill_temporal()
    await asyncio.sleep(1)
    await stage.start_temporal(port)
    await stage.completed()
    _all_sent_once(stage)


# SQLite has no server that could crash; workers that die with their file are tested beside this.
@pytest.mark.parametrize("ledger_url", ["postgresql"], indirect=True)
async def test_a_campaign_goes_on_when_the_database_crashes_and_comes_back(
    stage: Stage, port: int, ledger: Ledger, postgres: PostgresServer
) -> None:
    await stage.set(port)
    await stage.start_worker()
    await stage.launch()
    await stage.accepted(20)
    await asyncio.to_thread(postgres.stop)  # without a checkpoint, as a crash leaves it
    await asyncio.sleep(1)
    await asyncio.to_thread(postgres.start)
    ledger.engine.dispose()
    await stage.completed()
    _all_sent_once(stage)
