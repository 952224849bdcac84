"""Events that providers push to `/webhooks/sendgrid/CHANNEL` and `/webhooks/sparkpost/CHANNEL`.

What is answered with anything but 200 is pushed again: by SendGrid for 24 hours, by SparkPost
for 8, and it waits 10 seconds for the answer. What was recorded before changes nothing, so a batch
may come twice, half, or in any order.
"""

from collections.abc import Sequence

import structlog
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from console.installation import Installation, installation_of
from console.waking import revive_sequences, wake_sequences
from operations.clock import now
from postroad.channels.provider_event_settings import (
    EventSettings,
    SendGridEvents,
    SparkPostEvents,
)
from postroad.channels.smtp_settings import SmtpSettings
from postroad.ledger.outcomes import Effect, record_outcome
from postroad.ledger.provider_events import came_back
from postroad.ledger.workspace import load_channel
from postroad.provider_events import sendgrid, sparkpost
from postroad.provider_events.event import MalformedEvents, ProviderEvent

_MOST_BYTES = 8_000_000
"""Batches have some hundred events of one or two kilobytes, at times 1,000."""
_log = structlog.get_logger(__name__)


def routes() -> list[BaseRoute]:
    """Return the route of every provider and channel."""
    return [Route("/webhooks/{provider}/{channel}", _receive, methods=["POST"])]


async def _receive(request: Request) -> Response:
    """Take in a batch: 200 once everything in it is committed."""
    provider, channel = request.path_params["provider"], request.path_params["channel"]
    installation = installation_of(request)
    settings = await _event_settings(installation, channel)
    if settings is None or settings.kind != provider:
        return _say(404, f"no channel {channel!r} awaits events of {provider!r}")
    try:
        body = await _authentic_body(settings, request)
    except HTTPException as refusal:
        _log.warning("provider_refused", channel=channel, status=refusal.status_code)
        return _say(refusal.status_code, refusal.detail)
    try:
        events = _READ[provider](body)
    except MalformedEvents as error:
        return _say(400, str(error))
    effects = await _take_in(installation, channel, provider, events)
    response = _say(200, f"{len(events)} taken in")
    reason = f"{provider} told what became of mail by {channel}"
    response.background = BackgroundTask(let_follow, installation, effects, reason)
    return response


async def let_follow(installation: Installation, effects: Sequence[Effect], reason: str) -> None:
    """Let sequences notice at once what they have less to do, or more."""
    wake = {workflow_id for effect in effects for workflow_id in effect.wake}
    if wake:
        await wake_sequences(installation, wake, reason)
    more = [effect.revive for effect in effects if effect.revive is not None]
    each = {(sequence.campaign_id, sequence.sender): sequence for sequence in more}
    await revive_sequences(installation, each.values())


_READ = {"sendgrid": sendgrid.read_events, "sparkpost": sparkpost.read_events}


async def _event_settings(installation: Installation, channel: str) -> EventSettings | None:
    settings = await installation.read(load_channel, channel, installation.secrets)
    return settings.events if isinstance(settings, SmtpSettings) else None


async def _authentic_body(settings: EventSettings, request: Request) -> bytes:
    """Return the batch; a password is looked at before it is read, a signature after.

    Raises:
        HTTPException: it is not the provider's, or longer than any batch.
    """
    match settings:
        case SparkPostEvents():
            given = request.headers.get("authorization", "")
            password = settings.password.get_secret_value()
            if not sparkpost.is_authentic(given, settings.username, password):
                raise HTTPException(401, "this is not the password of the webhook")
            return await _body(request)
        case SendGridEvents():
            body = await _body(request)
            signature = request.headers.get(sendgrid.SIGNATURE_HEADER, "")
            timestamp = request.headers.get(sendgrid.TIMESTAMP_HEADER, "")
            if not sendgrid.is_authentic(settings.key, signature, timestamp, body, now()):
                raise HTTPException(401, "this was not signed, or long ago, or with another key")
            return body


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > _MOST_BYTES:
                raise HTTPException(413, f"a batch may have {_MOST_BYTES:,} bytes")
    except ClientDisconnect:
        raise HTTPException(400, "the batch was broken off") from None
    return bytes(body)


async def _take_in(
    installation: Installation, channel: str, provider: str, events: Sequence[ProviderEvent]
) -> list[Effect]:
    """Record events, each in a transaction of its own; return what the new ones did."""
    effects: list[Effect] = []
    for event in events:
        came = await installation.read(came_back, channel, provider, event, now())
        if came is None:
            continue
        effect = await installation.write(record_outcome, came, now())
        if effect is not None:
            effects.append(effect)
    return effects


def _say(status: int, words: str) -> PlainTextResponse:
    return PlainTextResponse(f"{words}\n", status)
