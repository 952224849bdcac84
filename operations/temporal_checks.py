"""Doctor's checks of Temporal: reachable, prepared, and somebody works."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeTaskQueueRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from operations.connection_faults import create_namespace
from operations.finding import Finding, fail, ok, warn
from operations.running import is_running
from postroad.contracts import channel_task_queue
from postroad.ledger.health import OpenSequence
from postroad.wording import say_count
from workflows import search_attributes

_LONG_POLL = timedelta(seconds=75)
"""A worker polls again at least this often (Temporal's long polls last a minute)."""
_CLOCK_TOLERANCE = timedelta(seconds=5)
_START_WORKER = "start one: `postroad up`, or `postroad worker` beside your own Temporal"


async def check_namespace(client: Client) -> Finding:
    """Check that the namespace exists; where it does not, nothing else can be asked."""
    try:
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=client.namespace)
        )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            words = f"there is no namespace {client.namespace}"
            return fail("temporal", words, create_namespace(client.namespace))
        words = f"namespace {client.namespace}: {error.message}"
        return fail("temporal", words, "correct temporal.namespace, api_key or client_cert")
    return ok("temporal", f"namespace {client.namespace} answers")


async def check_search_attributes(client: Client) -> Finding:
    """Check that workflows can be found by campaign, sender, channel and state."""
    try:
        answer = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
    except RPCError as error:
        words = f"search attributes cannot be listed: {error.message}"
        return warn("search attributes", words, "look at them in your Temporal's own console")
    missing = search_attributes.types().keys() - answer.custom_attributes
    if not missing:
        return ok("search attributes", f"all {len(search_attributes.types())} are registered")
    return fail(
        "search attributes", f"missing: {', '.join(sorted(missing))}", "`postroad setup` adds them"
    )


async def check_workers(client: Client, task_queue: str) -> list[Finding]:
    """Check that workers ask for workflows and for activities, and compare the clocks."""
    findings = []
    newest: datetime | None = None
    for kind, name in (
        (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, "workflows"),
        (TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY, "activities"),
    ):
        pollers = await _pollers(client, task_queue, kind)
        if pollers:
            workers = say_count(len({poller.identity for poller in pollers}), "worker")
            findings.append(ok("workers", f"{workers} on {task_queue} for {name}"))
            polls = [poller.last_access_time.ToDatetime(UTC) for poller in pollers]
            newest = max(polls if newest is None else [newest, *polls])
        else:
            words = f"nobody works on {task_queue} for {name}"
            findings.append(fail("workers", words, _START_WORKER))
    if newest is not None:
        findings.append(compare_clocks(newest, datetime.now(UTC)))
    return findings


async def check_channel_workers(
    client: Client, task_queue: str, kinds: Iterable[str]
) -> list[Finding]:
    """Check that somebody works on each kind of channel that there is."""
    findings = []
    for kind in kinds:
        queue = channel_task_queue(task_queue, kind)
        if not await _pollers(client, queue, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY):
            words = f"nobody works on {queue}: mail through {kind} channels waits"
            findings.append(fail("workers", words, f"start a worker with {kind} in worker.queues"))
    return findings


async def check_sequences(client: Client, sequences: list[OpenSequence]) -> list[Finding]:
    """Check that whoever has old work in hand is running."""
    findings = []
    for sequence in sequences:
        running = await is_running(client, sequence.workflow_id)
        if not running:
            held = say_count(sequence.in_hand + sequence.due, "message")
            findings.append(
                fail(
                    "sequences",
                    f"{sequence.workflow_id} is not running, and {held} wait for it",
                    "look at its history in Temporal's web UI, and reset it there",
                )
            )
        elif sequence.in_hand:
            held = say_count(sequence.in_hand, "message")
            findings.append(
                warn(
                    "sequences",
                    f"{sequence.workflow_id} holds {held} whose slot is long past",
                    f"no worker took them up: {_START_WORKER}",
                )
            )
    return findings or [ok("sequences", "nothing stands still")]


async def _pollers(
    client: Client, task_queue: str, kind: TaskQueueType.ValueType
) -> list[PollerInfo]:
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=task_queue),
            task_queue_type=kind,
        )
    )
    return list(answer.pollers)


def compare_clocks(last_poll: datetime, here: datetime) -> Finding:
    """Compare the server's time of the last poll with ours; mail keeps to the server's."""
    behind, ahead = last_poll - here, here - last_poll - _LONG_POLL
    off = max(behind, ahead)
    if off <= _CLOCK_TOLERANCE:
        return ok("clock", "this machine and Temporal agree")
    side = "behind" if behind > ahead else "ahead of"
    words = f"this machine's clock is about {round(off.total_seconds())} s {side} Temporal's"
    return warn("clock", words, "set it by NTP; mail leaves by Temporal's clock meanwhile")
