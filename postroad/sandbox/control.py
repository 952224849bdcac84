"""The sandbox's control port: counts and faults over HTTP and JSON, for other processes.

    GET    /counts       what was accepted and refused, by provider
    GET    /accepted     every acceptance, oldest first
    POST   /faults       let something go wrong: a Fault as JSON
    DELETE /faults       let nothing go wrong any more
    POST   /revocations  take back the tokens of a mailbox: a Revocation as JSON

It listens on loopback and takes JSON only, so that no web page can reach it by a form.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from postroad.sandbox.faults import Fault, Revocation

if TYPE_CHECKING:
    from postroad.sandbox.server import Sandbox

_MOST_BYTES = 65_536
_SECONDS = 5.0


class Request(NamedTuple):
    """What is left of an HTTP request when all that matters here was read."""

    method: str
    path: str
    content_type: str
    body: bytes


class Answer(NamedTuple):
    """A status and the JSON that goes with it."""

    status: HTTPStatus
    content: Any


async def serve_control(sandbox: "Sandbox", host: str, port: int) -> asyncio.Server:
    """Open the control port."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                writer.write(_on_the_wire(_answer(sandbox, await _read(reader))))
                await writer.drain()
        except (OSError, ValueError, EOFError, asyncio.LimitOverrunError):
            pass  # no HTTP, or gone already: nobody to answer
        finally:
            writer.close()

    return await asyncio.start_server(talk, host, port, limit=_MOST_BYTES)


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines if line)
    }
    length = int(headers.get("content-length", 0))
    body = await reader.readexactly(min(length, _MOST_BYTES))
    return Request(method, path, headers.get("content-type", ""), body)


def _answer(sandbox: "Sandbox", request: Request) -> Answer:
    verbs: dict[tuple[str, str], Callable[[], Any]] = {
        ("GET", "/counts"): sandbox.counts,
        ("GET", "/accepted"): lambda: [asdict(mail) for mail in sandbox.accepted.mails],
        ("POST", "/faults"): lambda: sandbox.add_fault(Fault.model_validate_json(request.body)),
        ("DELETE", "/faults"): sandbox.faults.clear,
        ("POST", "/revocations"): lambda: sandbox.revoke(
            Revocation.model_validate_json(request.body)
        ),
    }
    verb = verbs.get((request.method, request.path))
    if verb is None:
        return Answer(HTTPStatus.NOT_FOUND, {"error": "there is no such thing here"})
    if request.method == "POST" and request.content_type != "application/json":
        return Answer(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, {"error": "send application/json"})
    try:
        return Answer(HTTPStatus.OK, verb())
    except ValidationError as error:
        return Answer(HTTPStatus.BAD_REQUEST, {"error": error.errors()[0]["msg"]})


def _on_the_wire(answer: Answer) -> bytes:
    body = json.dumps(answer.content).encode()
    head = (
        f"HTTP/1.1 {answer.status.value} {answer.status.phrase}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body
