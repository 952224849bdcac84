"""Connecting to a Temporal server behind TLS, and saying why when it does not work."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from temporalio.client import Client

from operations.connection_faults import NoConnection
from operations.temporal import connect
from postroad.sandbox.certificates import Authority
from postroad.setting_tables import TemporalSettings
from postroad.settings import Settings

_NAME = "temporal.acme.test"


@dataclass(frozen=True, slots=True)
class Door:
    """A Temporal server behind TLS that asks for certificates, and what opens it."""

    address: str
    authority: Path
    ours: Path
    """Our certificate and its key, in one file."""

    def settings(self, **changes: object) -> Settings:
        """Return settings with everything that opens the door, but for the changes."""
        right: dict[str, object] = {
            "address": self.address,
            "server_name": _NAME,
            "server_ca": self.authority,
            "client_cert": self.ours,
            "client_key": self.ours,
        }
        return Settings(temporal=TemporalSettings.model_validate(right | changes))


@pytest.fixture
async def door(temporal: Client, tmp_path: Path) -> AsyncIterator[Door]:
    """A real server, reached only through a proxy that asks for certificates."""
    authority, ours = tmp_path / "authority.pem", tmp_path / "ours.pem"
    signs = Authority()
    authority.write_bytes(signs.pem)
    ours.write_bytes(signs.server_pem(["worker"]))
    context = signs.server_context([_NAME])
    context.load_verify_locations(authority)
    context.verify_mode = ssl.CERT_REQUIRED
    async with _behind_tls(temporal.service_client.config.target_host, context) as address:
        yield Door(address, authority, ours)


@asynccontextmanager
async def _behind_tls(target: str, context: ssl.SSLContext) -> AsyncIterator[str]:
    """Pass on to a server what arrives over TLS; gRPC agrees on HTTP/2 by ALPN (RFC 7301)."""
    context.set_alpn_protocols(["h2"])
    host, _, port = target.rpartition(":")

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, asks = await asyncio.open_connection(host, int(port))
        await asyncio.gather(_pump(reader, asks), _pump(answers, writer))

    async with await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=context) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def test_certificates_open_a_server_that_asks_for_them(door: Door) -> None:
    client = await connect(door.settings())
    assert await client.service_client.check_health()


async def test_every_fault_of_certificates_is_told_with_the_way_out(
    door: Door, tmp_path: Path
) -> None:
    no_key, strangers = tmp_path / "no.key", tmp_path / "strangers.pem"
    no_key.write_text("no key")
    strangers.write_bytes(Authority().server_pem(["stranger"]))
    for changes, words, way_out in (
        ({"server_ca": None}, "nobody trusted here has signed", "temporal.server_ca"),
        ({"server_name": ""}, "for another name", "temporal.server_name"),
        ({"client_cert": None, "client_key": None}, "hung up", "client_cert"),
        ({"client_cert": strangers, "client_key": strangers}, "hung up", "client_cert"),
        ({"client_key": no_key}, "what the certificate files hold", "PEM"),
        ({"server_ca": tmp_path / "nowhere.pem"}, "cannot read", "setting that names it"),
    ):
        with pytest.raises(NoConnection) as caught:
            await connect(door.settings(**changes))
        assert words in caught.value.words
        assert way_out in caught.value.way_out


async def test_a_server_whose_certificate_has_expired_is_told(
    temporal: Client, tmp_path: Path
) -> None:
    signs, authority = Authority(), tmp_path / "authority.pem"
    authority.write_bytes(signs.pem)
    context = signs.server_context(expires=-timedelta(hours=1))
    async with _behind_tls(temporal.service_client.config.target_host, context) as address:
        told = TemporalSettings(address=address, server_ca=authority)
        with pytest.raises(NoConnection, match="a certificate that has expired: renew it"):
            await connect(Settings(temporal=told))


async def test_tls_to_a_server_without_it_is_told(temporal: Client) -> None:
    address = temporal.service_client.config.target_host
    with pytest.raises(NoConnection, match=r"speaks no TLS: unset temporal\.tls"):
        await connect(Settings(temporal=TemporalSettings(address=address, tls=True)))


async def test_an_api_key_opens_a_server_that_wants_it_and_another_one_is_refused(
    tmp_path: Path,
) -> None:
    signs, authority = Authority(), tmp_path / "authority.pem"
    authority.write_bytes(signs.pem)
    context = signs.server_context()
    context.set_alpn_protocols(["h2"])
    answer = partial(_answer_those_with_key, b"Bearer right")
    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        told = {"address": address, "server_ca": authority, "namespace": "sales.a1b2c"}
        right = TemporalSettings.model_validate(told | {"api_key": "right"})
        assert (await connect(Settings(temporal=right))).namespace == "sales.a1b2c"
        wrong = TemporalSettings.model_validate(told | {"api_key": "wrong"})
        with pytest.raises(NoConnection, match=r"refuses us: correct temporal\.api_key"):
            await connect(Settings(temporal=wrong))


async def _answer_those_with_key(
    key: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Speak as much gRPC as a client needs to connect: one empty answer, or a refusal."""
    http = H2Connection(H2Configuration(client_side=False, header_encoding=None))
    http.initiate_connection()
    writer.write(http.data_to_send())
    while data := await reader.read(65_536):
        for event in http.receive_data(data):
            if isinstance(event, RequestReceived):
                headers = dict(event.headers)
                _answer(http, event.stream_id, may_enter=headers.get(b"authorization") == key)
        writer.write(http.data_to_send())
    writer.close()


def _answer(http: H2Connection, stream: int, *, may_enter: bool) -> None:
    begin = [(":status", "200"), ("content-type", "application/grpc")]
    if not may_enter:
        http.send_headers(stream, [*begin, ("grpc-status", "16")], end_stream=True)
        return
    http.send_headers(stream, begin)
    http.send_data(stream, bytes(5))  # one message of no bytes: every field has its default
    http.send_headers(stream, [("grpc-status", "0")], end_stream=True)
