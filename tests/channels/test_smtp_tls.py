"""Certificates are verified, always; what is wrong with one is said in words."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from postroad.channels.base import ChannelError, Misconfigured
from postroad.sandbox.certificates import Authority
from tests.channels.mails import PROVIDER, channel, lent, mail, sandbox

AUTHORITY = Authority()
LARGE = (b"x" * 70 + b"\r\n") * 50_000


@pytest.fixture
def ca_file(tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    path.write_bytes(AUTHORITY.pem)
    return path


@asynccontextmanager
async def tls_server(
    hosts: Sequence[str] = ("127.0.0.1",), expires: timedelta = timedelta(days=1)
) -> AsyncIterator[int]:
    """A server with implicit TLS that greets and no more; yields its port."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"421 4.3.2 closed for today\r\n")
        writer.close()

    context = AUTHORITY.server_context(hosts, expires=expires)
    listener = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
    async with listener:
        yield listener.sockets[0].getsockname()[1]


async def opening_error(port: int, **given: Any) -> ChannelError:
    async with channel(port, **{"tls": "implicit", **given}) as sending:
        with pytest.raises(ChannelError) as failed:
            async with sending.connection():
                pass
    return failed.value


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_message_leaves_over_tls(tls: str) -> None:
    async with sandbox(tls=tls, users={"ana": "pw"}) as provider:
        given = {"tls": tls, "ca_file": provider.ca_file, "username": "ana", "password": "pw"}
        async with lent(provider.port(PROVIDER), **given) as connection:
            await connection.send(mail("q4/intro/1"))
            await connection.send(mail("q4/intro/2", body=LARGE))
    assert [accepted.size > len(LARGE) for accepted in provider.accepted.mails] == [False, True]


async def test_a_trusted_certificate_lets_the_server_speak(ca_file: Path) -> None:
    async with tls_server() as port:
        error = await opening_error(port, ca_file=ca_file)
    assert error.words == "421 4.3.2 closed for today"


async def test_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(Authority().pem)
    async with tls_server() as port:
        for given in ({}, {"ca_file": other}):
            error = await opening_error(port, **given)
            assert isinstance(error, Misconfigured)
            assert "not to be trusted" in error.words
            assert "set ca_file" in error.words


async def test_a_certificate_for_another_host_is_refused(ca_file: Path) -> None:
    async with tls_server(["mail.other.test"]) as port:
        error = await opening_error(port, ca_file=ca_file)
    assert isinstance(error, Misconfigured)
    assert "set host to a name that the certificate holds" in error.words


async def test_an_expired_certificate_is_refused(ca_file: Path) -> None:
    async with tls_server(expires=timedelta(hours=-1)) as port:
        error = await opening_error(port, ca_file=ca_file)
    assert isinstance(error, Misconfigured)
    assert "certificate has expired" in error.words


async def test_a_wrong_certificate_behind_starttls_is_refused() -> None:
    async with sandbox(tls="starttls") as provider:
        error = await opening_error(provider.port(PROVIDER), tls="starttls")
    assert isinstance(error, Misconfigured)
    assert "not to be trusted" in error.words


async def test_a_server_without_starttls_is_not_used_in_the_clear() -> None:
    async with sandbox() as provider:
        error = await opening_error(provider.port(PROVIDER), tls="starttls")
    assert isinstance(error, Misconfigured)
    assert "offers no STARTTLS" in error.words
    assert provider.accepted.mails == []


async def test_implicit_tls_to_a_server_that_speaks_first_names_starttls() -> None:
    async with sandbox(tls="starttls") as provider:
        error = await opening_error(provider.port(PROVIDER), tls="implicit")
    assert isinstance(error, Misconfigured)
    assert error.words.endswith("set tls: starttls")


async def test_a_file_that_holds_no_certificates_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    async with tls_server() as port:
        error = await opening_error(port, ca_file=broken)
    assert isinstance(error, Misconfigured)
    assert "broken.pem" in error.words
