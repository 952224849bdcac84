"""Endpoints by what they ask for: a token, its role, its rate; changes may be repeated safely."""

import hashlib
import math
import re
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ClassVar

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from console.access import Permission, may
from console.api.calls import Call, begin_call
from console.api.problems import Problem, problem_of
from console.api.rates import Rates
from console.installation import installation_of
from operations.clock import now
from postroad.instants import MINUTE
from postroad.ledger.api_tokens import TokenHolder, find_token, note_used
from postroad.ledger.idempotency import (
    AnotherRequest,
    Answered,
    Begun,
    InProgress,
    begin,
    keep_answer,
    release,
)

KEY_HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotent-Replayed"

_KEY = re.compile(r'"([\x21\x23-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255})')
"""A key as the draft writes it, a string between quotes, or without them."""
_MIN_WAIT_SECONDS = 1

Handler = Callable[[Request], Awaitable[Response]]


class Endpoint(APIRoute):
    """An endpoint behind a token."""

    permission: ClassVar[Permission]

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request: the endpoint, once it is known who asks."""
        handler = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            holder = await _holder(request)
            if not may(holder.role, self.permission):
                raise Problem(403, f"a token with the role {holder.role} may not {self.permission}")
            call = begin_call(request, holder)
            key = request.headers.get(KEY_HEADER)
            if key is None or request.method == "GET":
                return await handler(request)
            return await _once(call, _checked(key), request, handler)

        return guarded


class Look(Endpoint):
    """Every token may call it; a rep's sees its sender's people only."""

    permission = Permission.LOOK


class Steer(Endpoint):
    """Campaigns and people of the whole team."""

    permission = Permission.STEER


class Administer(Endpoint):
    """Channels, suppressions, webhooks."""

    permission = Permission.ADMINISTER


async def _holder(request: Request) -> TokenHolder:
    """Return whose token a request carries, and count the request."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    installation, present = installation_of(request), now()
    holder = None
    if scheme.lower() == "bearer":
        holder = await installation.read(find_token, token.strip(), present)
    if holder is None:
        raise Problem(
            401,
            "send the header `Authorization: Bearer TOKEN` with a token that is still valid: "
            "`postroad token create` makes one",
            {"WWW-Authenticate": "Bearer"},
        )
    rates: Rates = request.app.state.rates
    if wait := rates.take(holder.id, holder.per_minute):
        seconds = max(_MIN_WAIT_SECONDS, math.ceil(wait))
        raise Problem(
            429,
            f"{holder.name} made more than {holder.per_minute} requests in a minute: "
            f"ask again in {seconds} s",
            {"Retry-After": str(seconds)},
        )
    if holder.last_used_at is None or holder.last_used_at <= present - MINUTE:
        await installation.write(note_used, holder.id, present)
    return holder


def _checked(key: str) -> str:
    found = _KEY.fullmatch(key)
    if found is None:
        raise Problem(400, f"{KEY_HEADER} must be 1 to 255 visible ASCII characters")
    return found[1] or found[2]


async def _once(call: Call, key: str, request: Request, handler: Handler) -> Response:
    """Carry a request out, or answer what was answered when it was."""
    installation, token = call.installation, call.holder.id
    fingerprint = await _fingerprint(request)
    match await installation.write(begin, token, key, fingerprint, now()):
        case AnotherRequest():
            raise Problem(422, f"this {KEY_HEADER} was used for another request: choose a new one")
        case InProgress():
            raise Problem(
                409,
                "the first request with this key is still being carried out: ask again in a moment",
                {"Retry-After": str(_MIN_WAIT_SECONDS)},
            )
        case Answered(status, kept):
            answer = installation.secrets.decrypt(kept)
            return Response(
                answer["body"],
                status,
                {REPLAYED_HEADER: "true"},
                media_type=answer["media_type"],
            )
        case Begun(nonce):
            call.nonce = nonce
    try:
        response = await _answered(handler, request)
    except Exception:
        await installation.write(release, token, key)
        raise
    if response.status_code >= 500:
        await installation.write(release, token, key)
        return response
    kept = installation.secrets.encrypt(
        {"body": bytes(response.body).decode(), "media_type": response.media_type or ""}
    )
    await installation.write(keep_answer, token, key, response.status_code, kept)
    return response


async def _answered(handler: Handler, request: Request) -> Response:
    """Return an endpoint's answer, refusals as well: these are repeated as they were."""
    try:
        return await handler(request)
    except Exception as error:
        if (problem := problem_of(error)) is None:
            raise
        return problem


async def _fingerprint(request: Request) -> str:
    digest = hashlib.sha256(await request.body())
    digest.update(f"\n{request.method} {request.url.path}?{request.url.query}".encode())
    return digest.hexdigest()
