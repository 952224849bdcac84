"""Steering a sandbox from another process, over HTTP."""

import asyncio
import smtplib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import TypeVar

import pytest

from postroad.sandbox.config import ProviderConfig, SandboxConfig
from postroad.sandbox.faults import Fault
from postroad.sandbox.remote import RemoteSandbox
from postroad.sandbox.server import Sandbox, serve

Result = TypeVar("Result")
MAIL = "X-Postroad-Message: q4/intro/1\r\n\r\nHello\r\n"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with await serve(SandboxConfig(providers=(ProviderConfig(name="p"),))) as running:
        yield running


async def away(work: Callable[[], Result]) -> Result:
    """Work in a thread, as another process would."""
    return await asyncio.to_thread(work)


def send(sandbox: Sandbox) -> None:
    with smtplib.SMTP("127.0.0.1", sandbox.port("p"), timeout=10) as client:
        client.sendmail("ana@acme.test", ["bob@buyer.test"], MAIL)


async def raw(sandbox: Sandbox, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.control_port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return answer


async def test_counts_and_acceptances_are_read(sandbox: Sandbox) -> None:
    remote = RemoteSandbox(sandbox.control_port)
    await away(lambda: send(sandbox))
    counts = await away(remote.counts)
    assert (counts["accepted"], counts["messages"], counts["duplicates"]) == (1, 1, 0)
    assert counts["providers"]["p"]["port"] == sandbox.port("p")
    assert await away(remote.accepted) == sandbox.accepted.mails


async def test_faults_are_set_and_cleared(sandbox: Sandbox) -> None:
    remote = RemoteSandbox(sandbox.control_port)
    delayed = Fault(phase="end", action="reply", reply="554 5.7.1 No", times=None)
    await away(lambda: remote.add_fault(delayed))
    with pytest.raises(smtplib.SMTPDataError):
        await away(lambda: send(sandbox))
    await away(remote.clear_faults)
    await away(lambda: send(sandbox))
    assert len(sandbox.accepted.mails) == 1


async def test_a_delay_arrives_as_it_was_meant(sandbox: Sandbox) -> None:
    delay = Fault(phase="mail", action="delay", delay=timedelta(milliseconds=1500))
    await away(lambda: RemoteSandbox(sandbox.control_port).add_fault(delay))
    assert sandbox.faults.take("p", "mail") == delay


async def test_a_page_in_a_browser_cannot_set_a_fault(sandbox: Sandbox) -> None:
    body = b'{"phase": "mail", "action": "drop"}'
    head = b"POST /faults HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
    assert (await raw(sandbox, head % len(body) + body)).startswith(b"HTTP/1.1 415 ")
    assert sandbox.faults.take("p", "mail") is None


@pytest.mark.parametrize(
    ("request_line", "status"),
    [(b"GET /nothing HTTP/1.1", b"404"), (b"DELETE /counts HTTP/1.1", b"404")],
)
async def test_what_is_not_there_is_not_found(
    sandbox: Sandbox, request_line: bytes, status: bytes
) -> None:
    assert status in await raw(sandbox, request_line + b"\r\n\r\n")


async def test_a_fault_that_makes_no_sense_is_refused(sandbox: Sandbox) -> None:
    body = b'{"phase": "lunch"}'
    head = b"POST /faults HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    assert (await raw(sandbox, head % len(body) + body)).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "noise", [b"\r\n\r\n", b"what?\r\n\r\n", b"\xff\xfe\r\n\r\n", b"x" * 99_999]
)
async def test_noise_does_no_harm(sandbox: Sandbox, noise: bytes) -> None:
    assert await raw(sandbox, noise) == b""
    assert (await away(RemoteSandbox(sandbox.control_port).counts))["accepted"] == 0
