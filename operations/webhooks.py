"""Seeing to it that every webhook hears what happens."""

import asyncio
from collections.abc import Iterable

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from postroad.contracts import WebhookStart, webhook_workflow_id
from postroad.ledger.engine import Ledger
from postroad.ledger.webhooks import active_webhooks
from workflows.webhook import WebhookWorkflow


async def start_webhooks(client: Client, ledger: Ledger, task_queue: str) -> list[str]:
    """Start a workflow for each active webhook that has none; return the webhooks."""

    def active() -> list[str]:
        with ledger.read() as connection:
            return active_webhooks(connection)

    webhooks = await asyncio.to_thread(active)
    await wake_webhooks(client, task_queue, webhooks, "made sure that it listens")
    return webhooks


async def wake_webhooks(
    client: Client, task_queue: str, webhooks: Iterable[str], reason: str
) -> None:
    """Let webhooks be tried now, whether their workflow runs or has ended."""
    for webhook in webhooks:
        await client.start_workflow(
            WebhookWorkflow.run,
            WebhookStart(webhook=webhook),
            id=webhook_workflow_id(webhook),
            task_queue=task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="wake",
            start_signal_args=[reason],
            static_summary=f"{webhook}: what happens",
        )
