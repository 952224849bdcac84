"""Asking a person for consent on another device: for machines without a browser (RFC 8628)."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from postroad.channels.base import ChannelError, Misconfigured, Transient, one_line
from postroad.channels.consent import ConsentRefused, ConsentRequest

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_SECONDS = 30.0
_SLOWER = 5.0
"""RFC 8628, 3.5: what `slow_down` adds to every wait from then on."""
_NO = ("access_denied", "authorization_declined")
_TOO_LATE = ("expired_token", "bad_verification_code", "code_expired")


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What the person has to do, and what we ask about meanwhile."""

    page: str
    """Where the person goes, on any device."""
    user_code: str
    """What they type there."""
    secret: str
    interval: float
    patience: float

    @classmethod
    def parsed(cls, answer: Mapping[str, Any]) -> Self:
        """Read an answer (RFC 8628, 3.2).

        Raises:
            ChannelError: it is none.
        """
        try:
            found = cls(
                page=one_line(str(answer["verification_uri"])),
                user_code=one_line(str(answer["user_code"])),
                secret=str(answer["device_code"]),
                interval=max(1.0, float(answer.get("interval", 5))),
                patience=float(answer["expires_in"]),
            )
        except (KeyError, TypeError, ValueError):
            raise Transient("the device code endpoint answered something else") from None
        if urlsplit(found.page).scheme not in ("http", "https"):
            raise Transient("the device code endpoint named no page to go to")
        return found


async def ask_consent_by_code(
    request: ConsentRequest, show: Callable[[DeviceCode], None], patience: timedelta
) -> str:
    """Have a person agree on another device; return the refresh token.

    Args:
        request: what is asked.
        show: given the page and the code.
        patience: how long to wait for the person, at most.

    Raises:
        ConsentRefused: they did not agree, or not in time.
        ChannelError: Microsoft refuses to ask, or does not answer.
    """
    client_id = request.client["client_id"]
    async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
        asked = {"client_id": client_id, "scope": request.scope}
        answer = await _post(client, _endpoint(request), asked)
        if "error" in answer:
            raise Misconfigured(f"no device code: {_words(answer)}")
        code = DeviceCode.parsed(answer)
        show(code)
        form = {**request.client, "grant_type": _GRANT, "device_code": code.secret}
        until = time.monotonic() + min(code.patience, patience.total_seconds())
        return await _poll(client, request.token_endpoint, form, code.interval, until)


async def _poll(
    client: httpx.AsyncClient, endpoint: str, form: Mapping[str, str], wait: float, until: float
) -> str:
    while time.monotonic() + wait < until:
        await asyncio.sleep(wait)
        try:
            answer = await _post(client, endpoint, form)
        except Transient:
            wait *= 2  # RFC 8628, 3.5: after a timeout, ask less often
            continue
        match str(answer.get("error", "")):
            case "":
                return _refresh_token(answer)
            case "authorization_pending":
                continue
            case "slow_down":
                wait += _SLOWER
            case error if error in _NO:
                raise ConsentRefused("there is no consent: the person declined")
            case error if error in _TOO_LATE:
                break
            case _:
                raise _refused(answer)
    raise ConsentRefused("nobody typed the code in time: ask again")


def _refresh_token(answer: Mapping[str, Any]) -> str:
    found = answer.get("refresh_token")
    if not isinstance(found, str) or not found:
        raise ConsentRefused("the provider gave no refresh token: agree again, to everything")
    return found


def _refused(answer: Mapping[str, Any]) -> ChannelError:
    hint = ""
    if answer.get("error") == "invalid_client":
        hint = ": in Entra, allow public client flows, or give the client_secret"
    return Misconfigured(f"no access token: {_words(answer)}{hint}")


async def _post(
    client: httpx.AsyncClient, endpoint: str, form: Mapping[str, str]
) -> Mapping[str, Any]:
    try:
        answer = await client.post(endpoint, data=form)
        found = answer.json()
    except (httpx.HTTPError, ValueError, RecursionError) as error:
        raise Transient(f"Microsoft cannot be asked: {type(error).__name__}") from None
    if not isinstance(found, dict) or answer.is_server_error:
        raise Transient(f"Microsoft answered {answer.status_code} and no more")
    return found


def _endpoint(request: ConsentRequest) -> str:
    """Return where codes are given out: beside the token endpoint."""
    return f"{request.token_endpoint.rpartition('/')[0]}/devicecode"


def _words(answer: Mapping[str, Any]) -> str:
    return f"{answer.get('error')} {answer.get('error_description', '')}".strip()
