"""Posting events to whoever listens, signed as standardwebhooks.com says."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum

import httpx
from standardwebhooks.webhooks import Webhook as Signer

from postroad.ledger.events import FeedEntry
from postroad.webhook_settings import WebhookSettings, signing_key

_TIMEOUT = httpx.Timeout(15.0, connect=10.0)
_LONGEST_WORDS = 200


class Answer(Enum):
    """What a listener said."""

    TAKEN = "taken"
    LATER = "later"
    """It cannot take it now."""
    GONE = "gone"
    """410: it wants nothing more."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of one request."""

    answer: Answer
    words: str = ""
    retry_after: timedelta | None = None
    """How long the listener asked us to wait."""


class Poster:
    """Posts to one listener over one kept connection."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._url = settings.url
        self._signer = Signer(signing_key(settings.secret.get_secret_value()))
        # Whoever is told of a person must be who was named: no redirect is followed.
        self._client = httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._client.aclose()

    async def post(self, entry: FeedEntry) -> Posted:
        """Post one event; the same event has the same id on every try."""
        return await self.post_body(f"event-{entry.id}", body_of(entry))

    async def post_body(self, identity: str, body: str) -> Posted:
        """Post a body under an id that tells the listener whether it has had it before."""
        at = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "user-agent": "Postroad",
            "webhook-id": identity,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._signer.sign(identity, at, body),
        }
        try:
            response = await self._client.post(self._url, content=body, headers=headers)
        except httpx.HTTPError as error:
            return Posted(Answer.LATER, f"{type(error).__name__}: {error}"[:_LONGEST_WORDS])
        if response.is_success:
            return Posted(Answer.TAKEN)
        words = f"HTTP {response.status_code}"
        if response.status_code == httpx.codes.GONE:
            return Posted(Answer.GONE, words)
        return Posted(Answer.LATER, words, _retry_after(response, at))


def body_of(entry: FeedEntry) -> str:
    """Return what a listener gets of an event."""
    told = json.loads(entry.model_dump_json(exclude={"event", "at"}))
    at = entry.at.isoformat().replace("+00:00", "Z")
    return json.dumps({"type": entry.event, "timestamp": at, "data": told}, ensure_ascii=False)


def _retry_after(response: httpx.Response, now: datetime) -> timedelta | None:
    """Read Retry-After, in seconds or as a date (RFC 9110, 10.2.3)."""
    told = response.headers.get("retry-after", "")
    if told.isdecimal():
        return timedelta(seconds=min(int(told), 86_400))
    try:
        return max(parsedate_to_datetime(told) - now, timedelta(0))
    except (TypeError, ValueError):
        return None
