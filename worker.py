"""The worker process: registers workflows and activities, nothing else.

`python worker.py` runs it against the Temporal server and the ledger that the settings name.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.audience import AudienceActivities
from activities.campaign_state import CampaignStateActivities
from activities.channel_selection import ChannelSelectionActivities, Networks
from activities.clock import ServerClock
from activities.connection_leases import LeaseHolder
from activities.counting import Counting
from activities.log_context import LogContext
from activities.open_channels import OpenChannels
from activities.outcomes import OutcomeActivities
from activities.quota import QuotaActivities
from activities.reviving import RevivingActivities
from activities.sending import SendingActivities
from activities.steps import StepActivities
from activities.telling import TellingActivities
from operations.networks import mail_networks
from operations.refusal import Refused
from operations.rollout import worker_deployment
from operations.temporal import connect
from operations.temporal_metrics import TemporalMetrics
from operations.webhooks import start_webhooks
from operations.worker_page import WorkerPage
from postroad.contracts import channel_task_queue
from postroad.ledger.engine import Ledger
from postroad.ledger.journal import Journal
from postroad.logs import configure_logs
from postroad.secrets import SecretBox, SecretKeyError, secret_box
from postroad.setting_tables import SEQUENCES, WorkerSettings
from postroad.settings import Settings, SettingsError, load_settings
from starter.terminal import complain
from workflows.campaign import CampaignWorkflow
from workflows.mailbox_watch import MailboxWatchWorkflow
from workflows.sequence import SequenceWorkflow
from workflows.webhook import WebhookWorkflow

_ACTIVITIES_AT_ONCE = 200
_GRACE = timedelta(seconds=20)
_STICKY_TIMEOUT = timedelta(seconds=5)
"""A killed worker's workflows are looked at by another after this time."""

_POLLS = 2
"""Waves are few and long: a queue of channels needs no more requests for work than this."""

_EVERYTHING = WorkerSettings()

WORKFLOWS: list[type] = [
    CampaignWorkflow,
    SequenceWorkflow,
    MailboxWatchWorkflow,
    WebhookWorkflow,
]


@asynccontextmanager
async def running_worker(
    client: Client,
    ledger: Ledger,
    secrets: SecretBox,
    task_queue: str,
    networks: Networks | None = None,
    settings: WorkerSettings = _EVERYTHING,
) -> AsyncIterator[None]:
    """Run a worker until the block ends; messages on the wire are finished first.

    Args:
        client: the Temporal server.
        ledger: where people and messages are.
        secrets: opens the channels' credentials.
        task_queue: where workflows wait; kinds of channels have queues beside it.
        networks: looks up recipients' mail networks; without it none is known.
        settings: what it works on, and which build it is.
    """
    clock = ServerClock()
    journal = Journal(ledger)
    channels = OpenChannels(ledger, secrets, LeaseHolder(ledger, clock.now))
    deployment = worker_deployment(settings.build)
    outcomes = OutcomeActivities(ledger, channels, clock)
    sending = SendingActivities(ledger, journal, channels, clock, task_queue, secrets)
    on_channels = [*_activities_of(outcomes), *_activities_of(sending)]
    on_the_ledger = [
        *_activities_of(AudienceActivities(ledger, clock)),
        *_activities_of(CampaignStateActivities(ledger, clock)),
        *_activities_of(StepActivities(ledger, clock)),
        *_activities_of(ChannelSelectionActivities(ledger, clock, networks)),
        *_activities_of(QuotaActivities(ledger, clock)),
        *_activities_of(RevivingActivities(ledger, task_queue)),
        *_activities_of(TellingActivities(ledger, secrets, clock)),
    ]
    with ThreadPoolExecutor(_ACTIVITIES_AT_ONCE, thread_name_prefix="activity") as threads:
        async with AsyncExitStack() as running:
            running.push_async_callback(channels.aclose)
            running.push_async_callback(journal.aclose)
            for queue in settings.queues:
                worker = (
                    # Sequences that began before kinds had queues look for their channels here.
                    _sequence_worker(
                        client, task_queue, [*on_the_ledger, *on_channels], threads, deployment
                    )
                    if queue == SEQUENCES
                    else _channel_worker(
                        client, channel_task_queue(task_queue, queue), on_channels, deployment
                    )
                )
                await running.enter_async_context(worker)
            yield


def _sequence_worker(
    client: Client,
    task_queue: str,
    activities: list[Callable[..., Any]],
    threads: Executor,
    deployment: WorkerDeploymentConfig | None,
) -> Worker:
    return Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=activities,
        activity_executor=threads,
        max_concurrent_activities=_ACTIVITIES_AT_ONCE,
        graceful_shutdown_timeout=_GRACE,
        sticky_queue_schedule_to_start_timeout=_STICKY_TIMEOUT,
        deployment_config=deployment,
        interceptors=[LogContext(), Counting()],
    )


def _channel_worker(
    client: Client,
    task_queue: str,
    activities: list[Callable[..., Any]],
    deployment: WorkerDeploymentConfig | None,
) -> Worker:
    return Worker(
        client,
        task_queue=task_queue,
        activities=activities,
        max_concurrent_activities=_ACTIVITIES_AT_ONCE,
        max_concurrent_activity_task_polls=_POLLS,
        graceful_shutdown_timeout=_GRACE,
        deployment_config=deployment,
        interceptors=[LogContext(), Counting()],
    )


def _activities_of(instance: object) -> list[Callable[..., Any]]:
    """Return the methods of an activity class that are activities."""
    methods = (getattr(instance, name) for name in dir(instance) if not name.startswith("_"))
    return [m for m in methods if hasattr(m, "__temporal_activity_definition")]


async def run(settings: Settings) -> None:
    """Run a worker until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    ledger = Ledger(settings.ledger.url)
    bind = settings.metrics.bind
    counted = TemporalMetrics() if bind else None
    client = await connect(settings, counted.runtime if counted else None)
    secrets = secret_box(settings)
    try:
        async with AsyncExitStack() as running:
            if bind:
                page = WorkerPage(client, ledger, counted)
                await running.enter_async_context(page.shown(bind))
            worker = running_worker(
                client,
                ledger,
                secrets,
                settings.temporal.task_queue,
                mail_networks(),
                settings.worker,
            )
            await running.enter_async_context(worker)
            await start_webhooks(client, ledger, settings.temporal.task_queue)
            await stop.wait()
    finally:
        ledger.close()


def main() -> int:
    """Run a worker as the settings say; return the process's exit status."""
    configure_logs()
    try:
        settings = load_settings()
        configure_logs(settings.log.format)
        asyncio.run(run(settings))
    except (Refused, SettingsError, SecretKeyError) as error:
        complain(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
