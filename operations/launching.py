"""Launching: staging a campaign in the ledger, then starting its workflow, exactly once.

Of two launches of one campaign, exactly one starts it. The campaign's row is locked while its
workflow is started, and while a later launch looks whether that has happened: see
postroad.ledger.staging for what keeps two launches from staging into one another.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from temporalio.client import Client
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from operations.clock import now, say_time
from operations.definition import (
    Definition,
    check_workspace,
    read_definition,
    with_default_window,
)
from operations.opening import opened_ledger
from operations.refusal import Refused
from operations.screening import Screening
from operations.temporal import connect
from postroad.contracts import CampaignStart, CampaignState, campaign_workflow_id
from postroad.instants import moment
from postroad.ledger.engine import Ledger
from postroad.ledger.staging import (
    Staged,
    StagingLost,
    Standing,
    abandon_staging,
    begin_staging,
    check_token,
    claim_id,
    find_campaign,
    stage_audience,
    stage_steps,
)
from postroad.settings import Settings
from postroad.wording import say_count
from workflows import search_attributes
from workflows.campaign import CampaignWorkflow

_PATIENCE = timedelta(seconds=20)

Progress = Callable[[Staged], None]


@dataclass(frozen=True, slots=True)
class Launched:
    """A campaign whose workflow was started."""

    campaign: str
    workflow_id: str
    people: int
    """Read from the audience; some may be rejected when they are enrolled."""
    rejected: int


def _no_progress(_staged: Staged) -> None:
    """Tell nobody."""


async def launch_campaign(
    settings: Settings,
    path: Path,
    *,
    campaign_id: str | None = None,
    progress: Progress = _no_progress,
) -> Launched:
    """Launch the campaign that a file describes.

    Args:
        settings: where the ledger and Temporal are.
        path: the campaign file.
        campaign_id: goes before the id in the file.
        progress: told how many people are staged, on another thread.

    Raises:
        FileError: the campaign file, its texts or its audience are not as they must be.
        Refused: the campaign was launched before, nobody can be written to, or Temporal is away.
    """
    with opened_ledger(settings) as ledger:
        definition = await asyncio.to_thread(read_definition, ledger, path, campaign_id)
        client = await connect(settings)
        return await launch(client, ledger, settings.temporal.task_queue, definition, progress)


async def launch(
    client: Client,
    ledger: Ledger,
    task_queue: str,
    definition: Definition,
    progress: Progress = _no_progress,
) -> Launched:
    """Stage a campaign and start its workflow; raises what `launch_campaign` raises."""
    running = _Launch(client, ledger, task_queue, definition, progress)
    try:
        return await asyncio.to_thread(running.run)
    except asyncio.CancelledError:
        running.give_up()
        raise


def refuse_launched(connection: Connection, campaign_id: str) -> None:
    """Make sure that a campaign was not launched yet.

    Raises:
        Refused: it was.
    """
    standing = find_campaign(connection, campaign_id)
    if standing is not None and standing.state is not CampaignState.STAGING:
        raise _launched_before(campaign_id, standing)


class _Launch:
    """One launch, on a thread of its own; the event loop goes on and talks to Temporal."""

    def __init__(
        self,
        client: Client,
        ledger: Ledger,
        task_queue: str,
        definition: Definition,
        progress: Progress,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._task_queue = task_queue
        self._definition = definition
        self._progress = progress
        self._id = definition.id
        self._loop = asyncio.get_running_loop()
        self._given_up = threading.Event()

    def give_up(self) -> None:
        """Let the thread end before the campaign is started."""
        self._given_up.set()

    def run(self) -> Launched:
        with self._ledger.read() as connection:
            senders = check_workspace(connection, self._definition)
            self._definition = with_default_window(connection, self._definition)
        screening = Screening(self._definition, senders)
        token = self._claim()
        try:
            staged = self._stage(token, screening)
            self._start(token, staged)
        except StagingLost:
            raise Refused(
                f"another launch of campaign {self._id} began meanwhile, and goes on instead"
            ) from None
        except RPCError:
            # It may have started all the same: the next launch looks, and says so or stages anew.
            raise
        except BaseException:
            with self._ledger.write() as connection:
                abandon_staging(connection, self._id, token)
            raise
        return Launched(self._id, campaign_workflow_id(self._id), staged.people, staged.rejected)

    def _claim(self) -> str:
        """Take the id; from an earlier launch too, if that one did not get to the start."""
        with self._ledger.write() as connection:
            standing = claim_id(connection, self._id, now())
            if standing is not None and (
                standing.state is not CampaignState.STAGING or self._is_started()
            ):
                raise _launched_before(self._id, standing)
            return begin_staging(connection, self._id, self._definition.settings, now())

    def _stage(self, token: str, screening: Screening) -> Staged:
        definition = self._definition
        with self._ledger.write() as connection:
            stage_steps(connection, self._id, token, definition.steps, definition.files)
        staged = Staged(0, 0, 0)
        for staged in stage_audience(self._ledger, self._id, token, screening.rows()):
            self._progress(staged)
            if self._given_up.is_set():
                raise Refused("the launch was broken off: nothing was sent")
        if not staged.people:
            raise Refused(
                f"{definition.source}: the audience names nobody who can be written to "
                f"({say_count(staged.rejected, 'row')} rejected: --dry-run shows why)"
            )
        return staged

    def _start(self, token: str, staged: Staged) -> None:
        settings = self._definition.settings
        start = CampaignStart(
            campaign_id=self._id,
            name=settings.name,
            chunks=staged.chunks,
            rejected=staged.rejected,
        )
        people = say_count(staged.people, "person", "people")
        with self._ledger.write() as connection:
            check_token(connection, self._id, token)
            try:
                self._ask(self._start_workflow(start, f"{settings.name}: {people}"))
            except WorkflowAlreadyStartedError:
                raise Refused(
                    f"Temporal has run a campaign {self._id} that this ledger does not know: "
                    "choose another id"
                ) from None

    async def _start_workflow(self, start: CampaignStart, summary: str) -> None:
        await self._client.start_workflow(
            CampaignWorkflow.run,
            start,
            id=campaign_workflow_id(self._id),
            task_queue=self._task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            static_summary=summary,
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(search_attributes.CAMPAIGN, self._id),
                    SearchAttributePair(search_attributes.STATE, str(CampaignState.RUNNING)),
                ]
            ),
            rpc_timeout=_PATIENCE,
        )

    def _is_started(self) -> bool:
        handle = self._client.get_workflow_handle(campaign_workflow_id(self._id))
        try:
            self._ask(handle.describe(rpc_timeout=_PATIENCE))
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return True

    def _ask(self, question: Coroutine[Any, Any, object]) -> None:
        """Let the event loop ask Temporal, and wait for the answer."""
        asyncio.run_coroutine_threadsafe(question, self._loop).result()


def _launched_before(campaign_id: str, standing: Standing) -> Refused:
    return Refused(
        f"campaign {campaign_id} was already launched on {say_time(moment(standing.staged_at))}: "
        f"choose another id with --id, or see `postroad status {campaign_id}`"
    )
