"""Temporal has lost everything; the ledger has not."""

from pathlib import Path

import pytest
from sqlalchemy import select, update
from temporalio.client import Client

from operations.reconciling import Disagreement, disagreements, revive
from postroad.contracts import CampaignState, MessageState
from postroad.ledger.engine import Ledger
from postroad.ledger.recovery import doubt_what_may_have_left
from postroad.ledger.tables import Message
from postroad.sandbox.config import ProviderConfig, SandboxConfig
from postroad.sandbox.server import Sandbox, serve
from postroad.secrets import secret_box
from tests.ledger_rows import NOW, add_campaign, add_channel, add_person, add_sender
from tests.starter.campaigns import Desk
from tests.workflows.theatre import Theatre, temporal_environment
from worker import running_worker

_TWO_STEPS = (
    "[{id: intro, subject: Hi, text: One}, {id: nudge, wait: 3s, thread: reply, text: Two}]"
)
_QUEUE = "lost"


async def test_what_temporal_lost_goes_on_from_the_ledger_and_nobody_is_written_to_twice(
    ledger: Ledger, tmp_path: Path
) -> None:
    desk = Desk(tmp_path, ledger)
    async with await serve(SandboxConfig(providers=(ProviderConfig(name="p"),))) as sandbox:
        async with temporal_environment(skip_time=False) as environment:
            await _send_the_first_step(environment.client, desk, sandbox)
        _leave_a_wave_behind(ledger)
        async with temporal_environment(skip_time=False) as environment:
            await _go_on(environment.client, desk, sandbox)
        assert sandbox.accepted.duplicates == 0


async def _send_the_first_step(client: Client, desk: Desk, sandbox: Sandbox) -> None:
    theatre = Theatre(client, desk.ledger, sandbox, desk, _QUEUE)
    async with running_worker(client, desk.ledger, secret_box(desk.settings), _QUEUE):
        await theatre.launch(6, _TWO_STEPS)
        await theatre.until(lambda: theatre.counts()["sent"] == 6)
        assert [found async for found in disagreements(client, desk.ledger)] == []


def _leave_a_wave_behind(ledger: Ledger) -> None:
    """Let two follow-ups be in hand, one of them perhaps on the wire, as a lost wave left them."""
    with ledger.write() as connection:
        states = (MessageState.RESERVED, MessageState.SENDING)
        follow_ups = connection.scalars(
            select(Message.id).where(Message.position == 1).order_by(Message.id).limit(2)
        ).all()
        for message, state in zip(follow_ups, states, strict=True):
            connection.execute(
                update(Message)
                .where(Message.id == message)
                .values(state=state, wave=9, channel_id="s", attempt=1, charge_at=Message.due_at)
            )


async def _go_on(client: Client, desk: Desk, sandbox: Sandbox) -> None:
    theatre = Theatre(client, desk.ledger, sandbox, desk, _QUEUE)
    async with running_worker(client, desk.ledger, secret_box(desk.settings), _QUEUE):
        [found] = [each async for each in disagreements(client, desk.ledger)]
        assert isinstance(found, Disagreement)
        assert found.lost is not None
        assert found.lost.sequences[0].waves == 9
        await revive(client, _QUEUE, found.lost, "ops")
        await theatre.until(lambda: theatre.counts() == {"sent": 11, "uncertain": 1})
        assert theatre.state() is CampaignState.RUNNING  # somebody has to decide about the last
        assert [each async for each in disagreements(client, desk.ledger)] == []


@pytest.mark.parametrize("state", [MessageState.PLANNED, MessageState.RESERVED])
def test_a_restored_ledger_holds_what_may_have_left_since(
    ledger: Ledger, state: MessageState
) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_sender(connection)
        add_campaign(connection)
        first, second = add_person(connection, "bo@x.test", state, MessageState.PLANNED)[:2]
        connection.execute(update(Message).where(Message.id == first).values(due_at=NOW))
        assert doubt_what_may_have_left(connection, NOW - 1, "restored") == 0
        assert doubt_what_may_have_left(connection, NOW, "restored") == 1
        rows = connection.execute(select(Message.id, Message.state))
        states = {message: now for message, now in rows}
    assert states == {first: MessageState.UNCERTAIN, second: MessageState.PLANNED}
