"""Consent by a code that the person types on another device."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from postroad.channels.base import Misconfigured, Transient
from postroad.channels.consent import ConsentRefused, consent_request
from postroad.channels.device_code import DeviceCode, ask_consent_by_code
from postroad.channels.exchange_online import ExchangeOnlineChannel
from tests.channels.exchange_online_stage import ANA, Stage, exchange_online, mail, settings

PATIENCE = timedelta(seconds=10)
PUBLIC = {"tenant": "acme.test", "client_id": "sandbox"}


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with exchange_online() as opened:
        yield opened


async def ask(
    stage: Stage, person: str | None, patience: timedelta = PATIENCE, **credentials: Any
) -> str:
    """Ask for Ana's consent; `person` is who types the code, None is nobody agreeing."""
    given = settings(stage.provider.port, delegated=True, credentials=PUBLIC | credentials)
    typing: list[asyncio.Task[None]] = []

    async def type_code(code: DeviceCode) -> None:
        async with httpx.AsyncClient() as browser:
            form = {"code": code.user_code, "mailbox": person or ""}
            (await browser.post(code.page, data=form)).raise_for_status()

    def show(code: DeviceCode) -> None:
        if person != "away":
            typing.append(asyncio.create_task(type_code(code)))

    try:
        return await ask_consent_by_code(consent_request(given, ANA), show, patience)
    finally:
        await asyncio.gather(*typing)


async def test_a_person_agrees_on_another_device_and_the_channel_sends(stage: Stage) -> None:
    refresh_token = await ask(stage, ANA)
    credentials = PUBLIC | {"refresh_token": refresh_token}
    given = settings(stage.provider.port, delegated=True, credentials=credentials)
    channel = ExchangeOnlineChannel(given, ANA)
    async with channel.connection() as connection:
        await connection.send(mail())
    await channel.aclose()
    assert stage.left() == 1


async def test_until_the_person_agrees_it_is_asked_again(stage: Stage) -> None:
    pending = json.dumps({"error": "authorization_pending"})
    stage.fault("token", status=400, reply=pending)
    assert await ask(stage, ANA)
    assert stage.provider.requests["POST token"] == 2


async def test_a_passing_fault_does_not_end_the_asking(stage: Stage) -> None:
    stage.fault("token", status=503, reply="<html>")
    assert await ask(stage, ANA)


async def test_a_person_who_declines_is_believed(stage: Stage) -> None:
    with pytest.raises(ConsentRefused, match="declined"):
        await ask(stage, None)


async def test_nobody_types_the_code(stage: Stage) -> None:
    with pytest.raises(ConsentRefused, match="in time"):
        await ask(stage, "away", timedelta(seconds=2))


async def test_an_expired_code_is_no_consent(stage: Stage) -> None:
    stage.fault("token", status=400, reply=json.dumps({"error": "expired_token"}))
    with pytest.raises(ConsentRefused, match="in time"):
        await ask(stage, ANA)


async def test_an_application_that_may_not_ask_so_is_named(stage: Stage) -> None:
    with pytest.raises(Misconfigured, match="no device code: unauthorized_client"):
        await ask(stage, ANA, client_id="another")
    stage.fault("token", status=401, reply=json.dumps({"error": "invalid_client"}))
    with pytest.raises(Misconfigured, match="allow public client flows"):
        await ask(stage, ANA)


@pytest.mark.parametrize(
    "answer",
    [{}, {"verification_uri": "javascript:alert(1)", "user_code": "A", "device_code": "B"}],
)
def test_an_answer_that_is_no_code_is_not_shown(answer: dict[str, Any]) -> None:
    with pytest.raises(Transient):
        DeviceCode.parsed({**answer, "expires_in": 900})


def test_control_characters_in_a_code_do_not_reach_the_terminal() -> None:
    code = DeviceCode.parsed(
        {
            "verification_uri": "https://login.test/\x1b[2J",
            "user_code": "A\x1b]0;B",
            "device_code": "C",
            "expires_in": 900,
        }
    )
    assert "\x1b" not in code.page + code.user_code
