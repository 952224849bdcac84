"""What happens is posted to whoever listens: signed, in order, and nothing is lost."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import insert, select
from temporalio.testing import WorkflowEnvironment

from operations.finding import Level
from operations.ledger_checks import check_webhooks
from operations.webhooks import start_webhooks, wake_webhooks
from postroad.contracts import webhook_workflow_id
from postroad.ledger.engine import Ledger
from postroad.ledger.events import FeedEntry, settled_through
from postroad.ledger.tables import Event, Webhook
from postroad.ledger.webhooks import (
    WebhookState,
    apply_webhooks,
    disable_webhook,
    enable_webhook,
    list_webhooks,
    note_failing,
)
from postroad.posting import body_of
from postroad.secrets import SecretBox
from postroad.webhook_settings import WebhookSettings
from tests.ledger_rows import NOW
from tests.workflows.listener import SECRET, Listener, listening
from worker import running_worker

_BOX = SecretBox("a key for these tests")
_QUEUE = "listening"


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    """A listener that checks every signature with the reference library."""
    async with listening() as found:
        yield found


def _apply(ledger: Ledger, listener: Listener, **given: Any) -> None:
    described = {"id": "crm", "url": listener.url, "secret": SECRET, **given}
    with ledger.write() as connection:
        list(apply_webhooks(connection, [WebhookSettings.model_validate(described)], _BOX, NOW))


def _happen(ledger: Ledger, *events: str, at: int = NOW) -> None:
    with ledger.write() as connection:
        for event in events:
            connection.execute(insert(Event).values(at=at, event=event, detail=f"it {event}"))


async def _until(condition: Any) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.05)


async def test_events_arrive_signed_in_order_and_once_though_listener_and_worker_fail(
    waiting_environment: WorkflowEnvironment, ledger: Ledger, listener: Listener
) -> None:
    client = waiting_environment.client
    _happen(ledger, "sent")  # before anybody listened
    _apply(ledger, listener, events=("sent", "replied"))
    listener.answers = [500, 503]
    _happen(ledger, "sent", "selected", "replied")
    async with running_worker(client, ledger, _BOX, _QUEUE):
        assert await start_webhooks(client, ledger, _QUEUE) == ["crm"]
        for refused in (1, 2):
            await _until(lambda times=refused: listener.refused == times)
            await wake_webhooks(client, _QUEUE, ["crm"], "do not wait")
        await _until(lambda: len(listener.heard) == 2)
    _happen(ledger, "replied", "sent")  # while no worker runs
    async with running_worker(client, ledger, _BOX, _QUEUE):
        await start_webhooks(client, ledger, _QUEUE)
        await _until(lambda: len(listener.heard) == 4)
        handle = client.get_workflow_handle(webhook_workflow_id("crm"))
        kept = b"".join(
            [event.SerializeToString() async for event in handle.fetch_history_events()]
        )
        assert b"it sent" not in kept
        assert SECRET.encode() not in kept
        await handle.terminate()
    assert [event["type"] for event in listener.heard] == ["sent", "replied", "replied", "sent"]
    assert listener.heard[0]["data"]["detail"] == "it sent"
    assert len(set(listener.ids)) == 4
    assert listener.refused == 2


async def test_a_listener_that_is_gone_is_disabled_and_goes_on_where_it_was_when_enabled(
    waiting_environment: WorkflowEnvironment, ledger: Ledger, listener: Listener
) -> None:
    client = waiting_environment.client
    _apply(ledger, listener)
    listener.answers = [410]
    _happen(ledger, "replied")
    async with running_worker(client, ledger, _BOX, _QUEUE):
        await start_webhooks(client, ledger, _QUEUE)
        await client.get_workflow_handle(webhook_workflow_id("crm")).result()
        with ledger.write() as connection:
            [overview] = list_webhooks(connection)
            assert (overview.state, overview.reason) == (
                WebhookState.DISABLED,
                "it answered HTTP 410",
            )
            assert enable_webhook(connection, "crm", "ops", NOW)
        await wake_webhooks(client, _QUEUE, ["crm"], "enabled")
        await _until(lambda: [event["type"] for event in listener.heard] == ["replied"])
        await client.get_workflow_handle(webhook_workflow_id("crm")).terminate()
    with ledger.read() as connection:
        told = set(connection.scalars(select(Event.event)))
    assert {"webhook_disabled", "webhook_enabled"} <= told


def test_an_event_that_may_still_appear_is_waited_for(ledger: Ledger) -> None:
    with ledger.write() as connection:
        for number in (1, 2, 4, 5):  # the transaction of 3 has not committed
            connection.execute(insert(Event).values(id=number, at=NOW, event="sent", detail=""))
    with ledger.read() as connection:
        assert settled_through(connection, 0, NOW + 1_000, 100) == 2
        assert settled_through(connection, 0, NOW + 61_000, 100) == 5  # it was undone
        assert settled_through(connection, 0, NOW + 61_000, 3) == 4
    with ledger.write() as connection:
        connection.execute(insert(Event).values(id=3, at=NOW, event="sent", detail=""))
    with ledger.read() as connection:
        assert settled_through(connection, 2, NOW + 1_000, 100) == 5


def test_a_webhook_keeps_its_place_when_it_is_applied_again(
    ledger: Ledger, listener: Listener
) -> None:
    listener.url = "https://crm.test/hook"
    _apply(ledger, listener)
    _happen(ledger, "sent")
    _apply(ledger, listener, events=("replied",))
    with ledger.read() as connection:
        [overview] = list_webhooks(connection)
        assert (overview.behind, overview.events) == (1, ["replied"])
        assert "a key" not in (connection.scalar(select(Webhook.secrets)) or "")


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"url": "http://crm.example.com/"}, "https://"),
        ({"secret": "c2hvcnQ="}, "24 bytes"),
        ({"secret": "no base64 at all, is it?"}, "must be base64"),
        ({"events": []}, "at least one event"),
    ],
)
def test_a_webhook_that_cannot_work_is_refused(given: dict[str, Any], fault: str) -> None:
    described = {"id": "crm", "url": "https://crm.test/", "secret": SECRET, **given}
    with pytest.raises(ValueError, match=fault):
        WebhookSettings.model_validate(described)


def test_bodies_hold_what_the_feed_tells() -> None:
    entry = FeedEntry.model_validate(
        {
            "id": 7, "at": "2026-11-18T11:06:40Z", "event": "replied", "campaign": "q4",
            "step": "intro", "email": "bö@x.test", "channel": "c", "detail": "", "sender": "a@b.c",
        }
    )  # fmt: skip
    assert json.loads(body_of(entry)) == {
        "type": "replied",
        "timestamp": "2026-11-18T11:06:40Z",
        "data": {
            "id": 7, "campaign": "q4", "step": "intro", "email": "bö@x.test", "channel": "c",
            "detail": "", "sender": "a@b.c", "message_id": None,
        },
    }  # fmt: skip


def test_doctor_names_a_webhook_that_does_not_listen(ledger: Ledger, listener: Listener) -> None:
    assert check_webhooks(ledger) == []
    _apply(ledger, listener)
    [finding] = check_webhooks(ledger)
    assert finding.level is Level.OK
    with ledger.write() as connection:
        note_failing(connection, "crm", NOW)
    [finding] = check_webhooks(ledger)
    assert "crm has taken nothing since 18 Nov 11:06 UTC" in finding.words
    with ledger.write() as connection:
        disable_webhook(connection, "crm", "it answered HTTP 410", NOW)
    [finding] = check_webhooks(ledger)
    assert (finding.level, finding.way_out) == (
        Level.FAIL,
        "once it listens, `postroad webhook enable crm`",
    )
