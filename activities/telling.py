"""Telling listeners what happens: the live feed, posted event by event, in its order."""

import asyncio
import time

from temporalio import activity

from activities.clock import Clock, ServerClock
from activities.heartbeats import alongside, heartbeats
from postroad.contracts import DeliverEvents, EventsDelivered
from postroad.instants import DAY
from postroad.ledger.engine import Ledger
from postroad.ledger.webhooks import (
    Unheard,
    disable_webhook,
    load_webhook,
    note_failing,
    note_heard,
    unheard,
)
from postroad.posting import Answer, Posted, Poster
from postroad.secrets import SecretBox
from postroad.webhook_settings import WebhookSettings

_AT_ONCE = 500
_LOOK_SECONDS = 1.0
_LONGEST_SECONDS = 3_600.0
_GIVEN_UP = 5 * DAY
"""A listener that has taken nothing for so long is disabled; somebody has to look."""


class TellingActivities:
    """Activities that post events to webhooks."""

    def __init__(self, ledger: Ledger, secrets: SecretBox, clock: ServerClock) -> None:
        self._ledger = ledger
        self._secrets = secrets
        self._clock = clock

    @activity.defn(name="deliver_events")
    async def deliver_events(self, request: DeliverEvents) -> EventsDelivered:
        """Post events as they happen; a retry goes on after the last one that was taken."""
        telling = _Telling(self._ledger, self._clock.read(activity.info()), request.webhook)
        async with heartbeats(lambda: telling.progress), alongside(telling.watch_for_shutdown()):
            return await telling.run(self._secrets)


class _Telling:
    """One attempt at telling a listener what happens."""

    def __init__(self, ledger: Ledger, clock: Clock, webhook: str) -> None:
        self._ledger = ledger
        self._clock = clock
        self._webhook = webhook
        self._taken = 0
        self._stopping = False

    @property
    def progress(self) -> str:
        """How far it is, for its heartbeats."""
        return f"{self._taken} events taken"

    async def watch_for_shutdown(self) -> None:
        """End between two events when this worker is asked to stop."""
        await activity.wait_for_worker_shutdown()
        self._stopping = True

    async def run(self, secrets: SecretBox) -> EventsDelivered:
        """Post until the listener refuses, an hour has passed, or it listens no more."""
        began = time.monotonic()
        poster: Poster | None = None
        current: WebhookSettings | None = None
        try:
            while not self._stopping and time.monotonic() < began + _LONGEST_SECONDS:
                settings = await asyncio.to_thread(self._load, secrets)
                if settings is None:
                    return EventsDelivered(taken=self._taken, over=True)
                if poster is None or settings != current:
                    if poster is not None:
                        await poster.aclose()
                    poster, current = Poster(settings), settings
                refused = await self._tell(poster, settings)
                if refused is not None:
                    return await asyncio.to_thread(self._refused, refused)
        finally:
            if poster is not None:
                await poster.aclose()
        return EventsDelivered(taken=self._taken)

    async def _tell(self, poster: Poster, settings: WebhookSettings) -> Posted | None:
        """Post what is new; return the first refusal."""
        new = await asyncio.to_thread(self._unheard, settings)
        for entry in new.entries:
            posted = await poster.post(entry)
            if posted.answer is not Answer.TAKEN:
                await asyncio.to_thread(self._note, entry.id - 1)
                return posted
            self._taken += 1
            if self._stopping:
                await asyncio.to_thread(self._note, entry.id)
                return None
        if new.through > new.heard:
            await asyncio.to_thread(self._note, new.through)
        else:
            await asyncio.sleep(_LOOK_SECONDS)
        return None

    def _refused(self, posted: Posted) -> EventsDelivered:
        now = self._clock.now()
        over = posted.answer is Answer.GONE
        reason = f"it answered {posted.words}"
        with self._ledger.write() as connection:
            since = note_failing(connection, self._webhook, now)
            if now - since >= _GIVEN_UP:
                over, reason = True, f"it has taken nothing for 5 days: {posted.words}"
            if over:
                disable_webhook(connection, self._webhook, reason, now)
        return EventsDelivered(
            taken=self._taken, refused=posted.words, retry_after=posted.retry_after, over=over
        )

    def _load(self, secrets: SecretBox) -> WebhookSettings | None:
        with self._ledger.read() as connection:
            return load_webhook(connection, self._webhook, secrets)

    def _unheard(self, settings: WebhookSettings) -> Unheard:
        with self._ledger.read() as connection:
            return unheard(connection, settings, self._clock.now(), _AT_ONCE)

    def _note(self, through: int) -> None:
        with self._ledger.write() as connection:
            note_heard(connection, self._webhook, through)
