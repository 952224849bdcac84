"""The content on the wire, and which of its bytes decides whether it may have left."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.channels.base import (
    AccountRefused,
    Ambiguous,
    OutgoingMessage,
    RecipientRefused,
    Transient,
)
from postroad.channels.smtp_envelope import END_OF_CONTENT, mail_commands, wire_content
from postroad.sandbox.faults import Fault
from tests.channels.mails import PROVIDER, lent, mail, sandbox
from tests.channels.scripted import scripted

LARGE = b"x" * 70 + b"\r\n"
MEGABYTES = LARGE * 250_000
"""18 MB: more than the kernel takes in one go."""


def undone(wire: bytes) -> bytes:
    """Return the content as a server reads it (RFC 5321, 4.5.2)."""
    lines = wire.split(b"\r\n")
    return b"\r\n".join(line.removeprefix(b".") for line in lines)


@given(st.lists(st.binary(max_size=20), max_size=10).map(b"\r\n".join))
def test_no_content_can_end_itself(content: bytes) -> None:
    wire = wire_content(content)
    assert wire.endswith(b"\r\n")
    assert b"\r\n.\r\n" not in b"\r\n" + wire
    assert wire.count(b"\r\n") == wire.count(b"\n") == wire.count(b"\r")


@pytest.mark.parametrize(
    "content",
    [
        b"A: b\r\n\r\n.\r\n..\r\n.hidden\r\nend\r\n",
        b".\r\n",
        b"no line end",
        b"",
    ],
)
def test_dots_arrive_as_they_were(content: bytes) -> None:
    expected = content if content.endswith(b"\r\n") else content + b"\r\n"
    assert undone(wire_content(content)) == expected


@pytest.mark.parametrize("smuggled", [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n", b"\r\n.\r"])
async def test_a_second_mail_cannot_be_smuggled_in(smuggled: bytes) -> None:
    second = b"MAIL FROM:<evil@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\nA: b\r\n\r\nhi\r\n"
    hostile = mail(body=b"Hello" + smuggled + second + b".\r\n")
    async with sandbox() as provider, lent(provider.port(PROVIDER)) as connection:
        await connection.send(hostile)
        await connection.send(mail("q4/intro/2"))
    assert [m.envelope_from for m in provider.accepted.mails] == ["ana@acme.test"] * 2


async def test_a_large_message_cut_in_its_middle_has_certainly_not_left() -> None:
    async with sandbox() as provider, lent(provider.port(PROVIDER)) as connection:
        provider.add_fault(Fault(phase="content", action="drop"))
        with pytest.raises(Transient, match="handing over the message"):
            await connection.send(mail(body=MEGABYTES))
        await connection.send(mail(body=MEGABYTES))
    assert provider.accepted.times("q4/intro/1") == 1


async def test_the_end_of_a_large_message_waits_until_the_rest_has_gone() -> None:
    received = bytearray()

    async def read_a_part(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 x\r\n")
        for reply in (b"250 x", b"250 ok", b"250 ok", b"354 go on"):
            await reader.readuntil(b"\r\n")
            writer.write(reply + b"\r\n")
        while len(received) < len(MEGABYTES) // 2:
            received.extend(await reader.read(65_536))
        writer.transport.abort()

    listener = await asyncio.start_server(read_a_part, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener, lent(port) as connection:
        with pytest.raises(Transient):
            await connection.send(mail(body=MEGABYTES))
    assert END_OF_CONTENT not in received


async def test_a_large_message_lost_after_its_last_byte_is_in_doubt() -> None:
    async with scripted({".": None}) as server, lent(server.port) as connection:
        with pytest.raises(Ambiguous):
            await connection.send(mail(body=MEGABYTES))
    assert server.received[-1].endswith(b"\r\n" + END_OF_CONTENT)


async def test_a_server_that_stops_reading_does_not_hold_the_message_for_ever() -> None:
    async def stop_reading(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 x\r\n")
        for reply in (b"250 x", b"250 ok", b"250 ok", b"354 go on"):
            await reader.readuntil(b"\r\n")
            writer.write(reply + b"\r\n")
        await writer.wait_closed()

    listener = await asyncio.start_server(stop_reading, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    short = {"acceptance": "300ms"}
    async with listener, lent(port, timeouts=short) as connection:
        with pytest.raises(Transient, match="in time while handing over"):
            await connection.send(mail(body=MEGABYTES))


def commands(message: OutgoingMessage, *extensions: str) -> tuple[bytes, bytes]:
    return mail_commands(message, message.envelope_from, extensions)


def test_the_size_is_told_where_the_server_wants_to_know() -> None:
    message = mail()
    size = len(message.content)
    assert commands(message, "size")[0] == b"MAIL FROM:<ana@acme.test> SIZE=%d" % size
    assert commands(message)[0] == b"MAIL FROM:<ana@acme.test>"


def test_eight_bit_content_is_announced() -> None:
    message = mail(body="Grüße\r\n".encode())
    assert commands(message, "8bitmime")[0].endswith(b" BODY=8BITMIME")


async def test_an_internationalised_address_arrives_where_the_server_takes_such() -> None:
    async with sandbox() as provider, lent(provider.port(PROVIDER)) as connection:
        await connection.send(mail(to="käthe@buyer.test"))
    assert provider.accepted.mails[0].recipients == ["käthe@buyer.test"]


async def test_an_internationalised_address_is_refused_for_good_where_it_does_not() -> None:
    async with sandbox(smtputf8=False) as provider, lent(provider.port(PROVIDER)) as connection:
        with pytest.raises(RecipientRefused, match="SMTPUTF8") as refused:
            await connection.send(mail(to="käthe@buyer.test"))
        await connection.send(mail())
    assert not refused.value.address_is_dead
    assert len(provider.accepted.mails) == 1


@pytest.mark.parametrize(
    "address",
    [
        "bob",
        "",
        "bob@",
        "bob@buyer.test>\r\nRCPT TO:<eve@x.test",
        "bob@buyer.test\x00",
        "bob smith@buyer.test",
        '"bob"@buyer.test',
        "bob@buyer.test\udcff",
        "a" * 65 + "@buyer.test",
    ],
)
def test_what_is_no_address_never_reaches_the_server(address: str) -> None:
    with pytest.raises(RecipientRefused):
        commands(mail(to=address), "smtputf8")
    with pytest.raises(AccountRefused):
        mail_commands(mail(), address, ("smtputf8",))
