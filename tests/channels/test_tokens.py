"""Access tokens: one request for everybody who waits, and what each refusal means."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from postroad.channels.base import (
    AuthorisationLost,
    ChannelError,
    Misconfigured,
    RateLimited,
    Transient,
)
from postroad.channels.tokens import (
    ClientCredentialsGrant,
    Grant,
    NoConsentGrant,
    OAuthTokens,
    RefreshTokenGrant,
    ServiceAccountGrant,
    seconds_of,
)
from postroad.sandbox.config import MailboxProviderConfig, SandboxConfig
from postroad.sandbox.faults import Fault
from postroad.sandbox.mailbox_provider import MailboxProvider
from postroad.sandbox.server import Sandbox, serve

ANA = "ana@acme.test"
CLIENT = {"client_id": "sandbox", "client_secret": "sandbox-secret"}


@asynccontextmanager
async def google(**given: Any) -> AsyncIterator[Sandbox]:
    config = MailboxProviderConfig(
        name="google",
        kind="gmail",
        mailboxes=(ANA,),
        refresh_tokens={"first": ANA},
        **given,
    )
    async with await serve(SandboxConfig(mailbox_providers=(config,))) as sandbox:
        yield sandbox


def provider_of(sandbox: Sandbox) -> MailboxProvider:
    return sandbox.mailbox_providers["google"]


async def forget(_: str) -> None:
    pass


def source(sandbox: Sandbox, grant: Grant | None = None, seconds: float = 2) -> OAuthTokens:
    grant = grant or RefreshTokenGrant(CLIENT, "first", forget)
    endpoint = f"http://127.0.0.1:{sandbox.port('google')}/token"
    return OAuthTokens(endpoint, grant, timedelta(seconds=seconds))


async def test_however_many_ask_one_request_is_made() -> None:
    async with google() as sandbox:
        tokens = source(sandbox)
        found = await asyncio.gather(*(tokens.token() for _ in range(20)))
        assert len(set(found)) == 1
        assert provider_of(sandbox).requests["POST token"] == 1


async def test_a_refusal_is_the_answer_for_everybody_who_waited_and_for_nobody_later() -> None:
    async with google() as sandbox:
        provider_of(sandbox).tokens.revoke(ANA)
        tokens = source(sandbox)
        found = await asyncio.gather(*(tokens.token() for _ in range(9)), return_exceptions=True)
        assert {type(answer) for answer in found} == {AuthorisationLost}
        assert provider_of(sandbox).requests["POST token"] == 1
        with pytest.raises(AuthorisationLost):
            await tokens.token()
        assert provider_of(sandbox).requests["POST token"] == 2


async def test_a_refused_token_is_replaced_once_however_many_were_refused() -> None:
    async with google() as sandbox:
        tokens = source(sandbox)
        old = await tokens.token()
        found = await asyncio.gather(*(tokens.token(refused=old) for _ in range(20)))
        assert {old}.isdisjoint(found)
        assert provider_of(sandbox).requests["POST token"] == 2


async def test_a_token_is_replaced_a_minute_before_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1_000.0
    monkeypatch.setattr("postroad.channels.tokens.time.monotonic", lambda: now)
    async with google(token_life=timedelta(minutes=10)) as sandbox:
        tokens = source(sandbox)
        first = await tokens.token()
        now += 539
        assert await tokens.token() == first
        now += 2
        assert await tokens.token() != first


async def test_a_replaced_refresh_token_is_told_and_used() -> None:
    told: list[str] = []

    async def rotated(new: str) -> None:
        told.append(new)

    async with google() as sandbox:
        provider_of(sandbox).tokens.rotates = True
        tokens = source(sandbox, RefreshTokenGrant(CLIENT, "first", rotated))
        first = await tokens.token()
        assert await tokens.token(refused=first) != first
    assert len(set(told)) == 2
    assert "first" not in told


async def test_an_application_signs_in_by_itself() -> None:
    async with google() as sandbox:
        grant = ClientCredentialsGrant("sandbox", "sandbox-secret", "https://graph.test/.default")
        assert await source(sandbox, grant).token()


async def test_a_service_account_signs_for_the_mailbox_it_acts_for() -> None:
    private = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    key = {"client_email": "p@project.test", "private_key": pem, "private_key_id": "k1"}
    grant = ServiceAccountGrant(key, "https://token.test", ANA, "read send")
    assertion = grant.form()["assertion"]
    claims = jwt.decode(
        assertion, private.public_key(), algorithms=["RS256"], audience="https://token.test"
    )
    assert jwt.get_unverified_header(assertion)["kid"] == "k1"
    assert (claims["iss"], claims["sub"]) == ("p@project.test", ANA)
    assert claims["scope"] == "read send"
    assert 0 < claims["exp"] - time.time() <= 3_600


async def test_a_service_account_may_act_for_nobody_elsewhere() -> None:
    private = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()
    key = {"client_email": "p@project.test", "private_key": pem}
    async with google() as sandbox:
        grant = ServiceAccountGrant(key, "https://token.test", "eve@elsewhere.test", "send")
        with pytest.raises(AuthorisationLost):
            await source(sandbox, grant).token()


async def test_a_key_that_cannot_sign_is_misconfigured_and_not_shown() -> None:
    grant = ServiceAccountGrant(
        {"client_email": "p@project.test", "private_key": "hidden"}, "https://t.test", ANA, "s"
    )
    async with google() as sandbox:
        with pytest.raises(Misconfigured) as refused:
            await source(sandbox, grant).token()
    assert "hidden" not in str(refused.value)


async def test_without_consent_nothing_is_asked() -> None:
    async with google() as sandbox:
        with pytest.raises(AuthorisationLost, match="channel connect"):
            await source(sandbox, NoConsentGrant()).token()
        assert provider_of(sandbox).requests["POST token"] == 0


@pytest.mark.parametrize(
    ("status", "body", "means"),
    [
        (400, {"error": "invalid_grant"}, AuthorisationLost),
        (400, {"error": "interaction_required"}, AuthorisationLost),
        (401, {"error": "invalid_client"}, Misconfigured),
        (401, {"error": "unauthorized_client"}, Misconfigured),
        (400, {"error": "temporarily_unavailable"}, Transient),
        (503, "<html>", Transient),
        (429, {}, RateLimited),
        (200, {"token_type": "Bearer"}, Transient),
        (200, "<html>", Transient),
        (200, [], Transient),
    ],
)
async def test_a_refusal_means_one_thing(
    status: int, body: object, means: type[ChannelError]
) -> None:
    async with google() as sandbox:
        headers = {"Retry-After": "30"}
        reply = body if isinstance(body, str) else json.dumps(body)
        sandbox.add_fault(
            Fault(phase="token", action="reply", status=status, reply=reply, headers=headers)
        )
        tokens = source(sandbox)
        with pytest.raises(means) as refused:
            await tokens.token()
        assert await tokens.token()
    if status in (429, 503):
        assert refused.value.retry_after == timedelta(seconds=30)
    assert "sandbox-secret" not in str(refused.value)


@pytest.mark.parametrize("action", ["drop", "truncate", "delay"])
async def test_no_answer_is_a_passing_fault(action: str) -> None:
    fault = {"phase": "token", "action": action, "delay": "2s" if action == "delay" else "0s"}
    async with google() as sandbox:
        sandbox.add_fault(Fault.model_validate(fault))
        with pytest.raises(Transient, match="cannot be reached"):
            await source(sandbox, seconds=0.3).token()


async def test_what_a_token_is_good_for_is_known_where_it_was_said() -> None:
    async with google() as sandbox:
        tokens = source(sandbox)
        assert tokens.scopes is None
        provider_of(sandbox).tokens.scope = "one two"
        old = await tokens.token()
        assert tokens.scopes == {"one", "two"}
        provider_of(sandbox).tokens.scope = ""
        await tokens.token(refused=old)
        assert tokens.scopes is None


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "120"}, timedelta(minutes=2)),
        ({"retry-after": " 7 "}, timedelta(seconds=7)),
        ({"retry-after": "9" * 5_000}, timedelta(days=7)),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "²"}, None),
        ({}, None),
        (
            {
                "retry-after": "Thu, 01 May 2031 12:05:00 GMT",
                "date": "Thu, 01 May 2031 12:00:00 GMT",
            },
            timedelta(minutes=5),
        ),
        ({"retry-after": "Thu, 01 May 1991 12:05:00 GMT"}, timedelta(0)),
    ],
)
def test_a_retry_after_header_is_read_in_both_of_its_forms(
    headers: Mapping[str, str], wait: timedelta | None
) -> None:
    assert seconds_of(headers) == wait
