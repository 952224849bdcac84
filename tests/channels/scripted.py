"""A server that answers exactly what a test tells it to, for what no honest server does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

HELLO = "250-scripted\r\n250 SIZE 0"
_USUAL = {
    "": "220 scripted ESMTP",
    "EHLO": HELLO,
    "AUTH": "235 2.7.0 ok",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go on",
    ".": "250 2.0.0 ok",
    "RSET": "250 2.0.0 ok",
    "QUIT": "221 2.0.0 bye",
}


class ScriptedServer:
    """Answers by the first four letters of a command; `.` is the end of content, "" the banner."""

    def __init__(self, script: Mapping[str, str | None]) -> None:
        self._script = {**_USUAL, **script}
        self.port = 0
        self.connections = 0
        self.received: list[bytes] = []
        """Command lines and contents, in order."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection; an answer of None drops it."""
        self.connections += 1
        try:
            going_on = self._answer("", writer)
            while going_on:
                line = await reader.readuntil(b"\r\n")
                self.received.append(line)
                verb = line[:4].decode().strip().upper()
                going_on = self._answer(verb, writer)
                if verb == "DATA" and self._script["DATA"] == _USUAL["DATA"]:
                    self.received.append(await reader.readuntil(b"\r\n.\r\n"))
                    going_on = self._answer(".", writer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    def _answer(self, verb: str, writer: asyncio.StreamWriter) -> bool:
        reply = self._script.get(verb, "500 5.5.1 unknown")
        if reply is None:
            writer.transport.abort()
            return False
        writer.write(reply.encode() + b"\r\n")
        return verb != "QUIT"


@asynccontextmanager
async def scripted(script: Mapping[str, str | None]) -> AsyncIterator[ScriptedServer]:
    """Serve a script on loopback."""
    server = ScriptedServer(script)
    listener = await asyncio.start_server(server.talk, "127.0.0.1", 0, limit=32 * 1024 * 1024)
    server.port = listener.sockets[0].getsockname()[1]
    async with listener:
        yield server
