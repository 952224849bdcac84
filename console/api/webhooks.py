"""Webhooks: who is told what happens."""

import base64
import secrets
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field, ValidationError

from console.api.calls import Call, Calling
from console.api.endpoints import Administer
from console.api.problems import Problem
from console.api.values import Answer, Body, Id, IdInPath, Line, Why
from operations.clock import now
from operations.refusal import Refused, Unknown
from operations.webhooks import wake_webhooks
from postroad.field_errors import say_errors, say_place
from postroad.ledger.webhooks import (
    WebhookOverview,
    add_webhook,
    disable_webhook,
    enable_webhook,
    list_webhooks,
    remove_webhook,
    replace_secret,
)
from postroad.webhook_settings import TOLD, WebhookSettings

_SECRET_BYTES = 32

administer = APIRouter(route_class=Administer, tags=["webhooks"])
ROUTERS = (administer,)


class Webhooks(Answer):
    """Every webhook, by id."""

    webhooks: list[WebhookOverview]


class NewWebhook(Body):
    """An address that events are to be posted to."""

    id: Id
    url: Line
    """https, except to loopback."""
    events: Annotated[tuple[Line, ...], Field(min_length=1)] = TOLD
    campaigns: tuple[Id, ...] = ()
    """Only events of these; none are all."""


class WebhookSecret(Answer):
    """What signs every request to a webhook (standardwebhooks.com); it is shown this once."""

    id: str
    secret: str


@administer.get("/webhooks")
async def list_all(call: Calling) -> Webhooks:
    """List webhooks: where they are, what they want to hear, and how far behind they are."""
    return Webhooks(webhooks=await call.installation.read(list_webhooks))


@administer.post("/webhooks", status_code=201)
async def add(call: Calling, body: NewWebhook) -> WebhookSecret:
    """Post to an address from now on; the answer has the secret that signs."""
    installation, settings = call.installation, _settings(body, _new_secret())
    client = await installation.temporal()  # first: who is added must be woken
    async with call.change("add webhook", body.id) as change:
        if not await installation.write(add_webhook, settings, installation.secrets, now()):
            raise Refused(f"there is a webhook {body.id} already: choose another id, or remove it")
        change.words = f"{body.id} hears at {settings.url}"
    queue = installation.settings.temporal.task_queue
    await wake_webhooks(client, queue, [body.id], f"added by {call.by}")
    return WebhookSecret(id=body.id, secret=settings.secret.get_secret_value())


@administer.delete("/webhooks/{webhook}", status_code=204)
async def remove(call: Calling, webhook: IdInPath) -> Response:
    """Post nothing more to an address, and forget what it has not heard."""
    async with call.change("remove webhook", webhook) as change:
        if not await call.installation.write(remove_webhook, webhook):
            raise _unknown(webhook)
        change.words = f"{webhook} hears nothing more"
    return Response(status_code=204)


@administer.post("/webhooks/{webhook}/secret")
async def rotate_secret(call: Calling, webhook: IdInPath) -> WebhookSecret:
    """Sign with a new secret from the next request on."""
    secret, installation = _new_secret(), call.installation
    async with call.change("rotate secret", webhook) as change:
        if not await installation.write(replace_secret, webhook, secret, installation.secrets):
            raise _unknown(webhook)
        change.words = f"{webhook} has a new secret"
    return WebhookSecret(id=webhook, secret=secret)


@administer.post("/webhooks/{webhook}/disable")
async def disable(call: Calling, webhook: IdInPath, body: Why) -> WebhookOverview:
    """Post nothing more for now; what it has not heard is kept for it."""
    words = f"disabled by {call.by}: {body.reason}".removesuffix(": ")
    await _overview(call, webhook)
    async with call.change("disable webhook", webhook) as change:
        if not await call.installation.write(disable_webhook, webhook, words, now()):
            raise Refused(f"{webhook} is disabled already")
        change.words = f"{webhook}: {words}"
    return await _overview(call, webhook)


@administer.post("/webhooks/{webhook}/enable")
async def enable(call: Calling, webhook: IdInPath) -> WebhookOverview:
    """Post again, from where it last heard."""
    installation = call.installation
    await _overview(call, webhook)
    client = await installation.temporal()  # first: who is enabled must be woken
    async with call.change("enable webhook", webhook) as change:
        if not await installation.write(enable_webhook, webhook, call.by, now()):
            raise Refused(f"{webhook} is active already")
        change.words = f"{webhook} is active"
    queue = installation.settings.temporal.task_queue
    await wake_webhooks(client, queue, [webhook], f"enabled by {call.by}")
    return await _overview(call, webhook)


async def _overview(call: Call, webhook: str) -> WebhookOverview:
    for one in await call.installation.read(list_webhooks):
        if one.id == webhook:
            return one
    raise _unknown(webhook)


def _settings(body: NewWebhook, secret: str) -> WebhookSettings:
    described = {**body.model_dump(), "secret": secret}
    try:
        return WebhookSettings.model_validate(described)
    except ValidationError as error:
        place, words = next(say_errors(WebhookSettings, described, error))
        raise Problem(422, f"{say_place(place)} {words}") from None


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def _unknown(webhook: str) -> Unknown:
    return Unknown(f"there is no webhook {webhook}")
