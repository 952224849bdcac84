"""The sandbox as a foreign client sees it: the standard library's smtplib."""

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator, Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import pytest

from postroad.sandbox.config import ProviderConfig, SandboxConfig
from postroad.sandbox.rolling_limit import RollingLimit
from postroad.sandbox.server import Sandbox, serve

Result = TypeVar("Result")
SECONDS = 10


async def running(**provider: Any) -> Sandbox:
    config = ProviderConfig.model_validate({"name": "p", **provider})
    return await serve(SandboxConfig(providers=(config,)))


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with await running() as started:
        yield started


def mail(to: str = "bob@buyer.test", key: str = "q4/intro/1") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ana@acme.test", to, "Hello"
    message["Message-ID"], message["X-Postroad-Message"] = f"<{key}@acme.test>", key
    message.set_content("Hello Bob.\n.\nA line that is a dot came before.\n")
    return message


async def by_client(port: int, work: Callable[[smtplib.SMTP], Result]) -> Result:
    def connected() -> Result:
        with smtplib.SMTP("127.0.0.1", port, timeout=SECONDS) as client:
            return work(client)

    return await asyncio.to_thread(connected)


async def test_a_message_is_accepted_and_recorded(sandbox: Sandbox) -> None:
    await by_client(sandbox.port("p"), lambda client: client.send_message(mail()))
    [accepted] = sandbox.accepted.mails
    assert (accepted.provider, accepted.key) == ("p", "q4/intro/1")
    assert accepted.message_id == "<q4/intro/1@acme.test>"
    assert accepted.recipients == ["bob@buyer.test"]


async def test_the_same_message_twice_is_a_duplicate(sandbox: Sandbox) -> None:
    def twice(client: smtplib.SMTP) -> None:
        client.send_message(mail())
        client.send_message(mail(to="bob2@buyer.test"))
        client.send_message(mail(key="q4/intro/2"))

    await by_client(sandbox.port("p"), twice)
    counts = sandbox.counts()
    assert (counts["accepted"], counts["messages"], counts["duplicates"]) == (3, 2, 1)


@pytest.mark.parametrize(
    ("to", "code", "words"),
    [
        ("gone.bob@buyer.test", 550, b"5.1.1 No such user here"),
        ("full.bob@buyer.test", 452, b"4.2.2 The mailbox is full"),
        ("greylist.bob@buyer.test", 451, b"4.7.1 Greylisted, please come back later"),
        ("refused.bob@buyer.test", 550, b"5.7.1 Refused by policy"),
    ],
)
async def test_recipients_are_refused_by_how_they_begin(
    sandbox: Sandbox, to: str, code: int, words: bytes
) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        await by_client(sandbox.port("p"), lambda client: client.send_message(mail(to)))
    assert refused.value.recipients == {to: (code, words)}
    assert sandbox.counts()["providers"]["p"]["refused"] == {str(code): 1}


async def test_greylisting_ends_with_the_second_try(sandbox: Sandbox) -> None:
    message = mail("greylist@buyer.test")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        await by_client(sandbox.port("p"), lambda client: client.send_message(message))
    await by_client(sandbox.port("p"), lambda client: client.send_message(message))
    assert len(sandbox.accepted.mails) == 1


async def test_a_limit_refuses_what_comes_after_it() -> None:
    def three(client: smtplib.SMTP) -> None:
        for number in range(3):
            client.send_message(mail(key=f"q4/intro/{number}"))

    async with await running(limits=[{"messages": 2, "per": "1h"}]) as sandbox:
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            await by_client(sandbox.port("p"), three)
    assert refused.value.smtp_code == 451
    assert b"try again in 3600 seconds" in refused.value.smtp_error
    assert len(sandbox.accepted.mails) == 2


async def test_a_limit_holds_against_messages_under_way_at_once() -> None:
    def one(client: smtplib.SMTP) -> bool:
        try:
            client.send_message(mail())
        except smtplib.SMTPResponseException:
            return False
        return True

    limits = [{"messages": 3, "per": "1h"}]
    async with await running(limits=limits, latency="100ms") as sandbox:
        port = sandbox.port("p")
        accepted = await asyncio.gather(*(by_client(port, one) for _ in range(8)))
    assert sum(accepted) == len(sandbox.accepted.mails) == 3


def test_a_rolling_limit_forgets_after_its_period() -> None:
    config = ProviderConfig.model_validate(
        {"name": "p", "limits": [{"messages": 2, "per": "10s", "reply": "451 in {seconds}"}]}
    )
    limit = RollingLimit(config.limits[0])
    for moment in (100.0, 104.0):
        assert limit.refusal(moment) is None
        limit.count(moment)
    assert limit.refusal(105.0) == "451 in 5"
    assert limit.refusal(109.9) == "451 in 1"
    assert limit.refusal(110.0) is None
    limit.count(110.0)
    assert limit.refusal(110.1) == "451 in 4"


@pytest.mark.parametrize(("password", "code"), [("pw", 235), ("wrong", 535)])
async def test_who_signs_in_must_know_the_password(password: str, code: int) -> None:
    def sign_in(client: smtplib.SMTP) -> int:
        try:
            return client.login("ana", password)[0]
        except smtplib.SMTPAuthenticationError as error:
            return error.smtp_code

    async with await running(users={"ana": "pw"}) as sandbox:
        assert await by_client(sandbox.port("p"), sign_in) == code


async def test_who_has_not_signed_in_sends_nothing() -> None:
    async with await running(users={"ana": "pw"}) as sandbox:
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            await by_client(sandbox.port("p"), lambda client: client.send_message(mail()))
    assert refused.value.smtp_code == 530


async def test_starttls_is_required_where_it_is_offered(tmp_path: Path) -> None:
    def secured(client: smtplib.SMTP) -> None:
        with pytest.raises(smtplib.SMTPSenderRefused):
            client.send_message(mail())
        client.starttls(context=ssl.create_default_context(cafile=str(ca_file)))
        client.login("ana", "pw")
        client.send_message(mail())

    ca_file = tmp_path / "ca.pem"
    async with await running(tls="starttls", users={"ana": "pw"}) as sandbox:
        ca_file.write_bytes(sandbox.authority.pem)
        await by_client(sandbox.port("p"), secured)
    assert len(sandbox.accepted.mails) == 1


async def test_one_sandbox_serves_several_providers() -> None:
    names = ("one", "two", "three")
    providers = tuple(ProviderConfig(name=name) for name in names)
    async with await serve(SandboxConfig(providers=providers)) as sandbox:
        for name in names:
            await by_client(sandbox.port(name), lambda client: client.send_message(mail()))
    assert [accepted.provider for accepted in sandbox.accepted.mails] == list(names)


async def test_a_taken_port_is_an_error_and_opens_nothing() -> None:
    async with await running() as sandbox:
        taken = sandbox.port("p")
        free = ProviderConfig(name="free")
        with pytest.raises(OSError, match="address already in use"):
            await serve(SandboxConfig(providers=(free, ProviderConfig(name="taken", port=taken))))
