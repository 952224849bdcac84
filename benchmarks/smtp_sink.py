"""An SMTP server that takes everything and counts it: never the bottleneck of a benchmark.

    python -m benchmarks.smtp_sink --port 0

prints `listening on 127.0.0.1 PORT`. The command `STAT`, on any connection, is answered by
`250 {"accepted": …, "messages": …, "duplicates": …}`, where `messages` counts different
X-Postroad-Message values. `RSET`, `NOOP`, `QUIT`, `AUTH` and pipelined commands work as usual.
"""

import argparse
import asyncio
import contextlib
import json
from typing import cast

_END = b"\r\n.\r\n"
_HEADER = b"x-postroad-message:"


class Tally:
    """What the sink has accepted."""

    def __init__(self) -> None:
        self.accepted = 0
        self.keys: set[bytes] = set()

    def add(self, content: bytes) -> None:
        """Count one message; without the header it counts as accepted only."""
        self.accepted += 1
        headers = content.partition(b"\r\n\r\n")[0]
        start = headers.find(b"X-Postroad-Message:")
        if start < 0:
            start = headers.lower().find(_HEADER)
        if start >= 0:
            end = headers.find(b"\r\n", start)
            line = headers[start + len(_HEADER) : end if end >= 0 else None]
            if not line.strip():  # folded: the value is on the next line
                line = headers[end + 2 :].partition(b"\r\n")[0]
            self.keys.add(line.strip())

    def as_json(self) -> bytes:
        """Return the counts on one line."""
        keyed = len(self.keys)
        counts = {
            "accepted": self.accepted,
            "messages": keyed,
            "duplicates": self.accepted - keyed if keyed else 0,
        }
        return json.dumps(counts).encode()


class SinkProtocol(asyncio.Protocol):
    """One connection."""

    _REPLIES = {  # noqa: RUF012
        b"EHLO": b"250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-AUTH PLAIN\r\n250 SIZE 0\r\n",
        b"HELO": b"250 sink\r\n",
        b"AUTH": b"235 2.7.0 ok\r\n",
        b"MAIL": b"250 2.1.0 ok\r\n",
        b"RCPT": b"250 2.1.5 ok\r\n",
        b"RSET": b"250 2.0.0 ok\r\n",
        b"NOOP": b"250 2.0.0 ok\r\n",
        b"DATA": b"354 go on\r\n",
        b"QUIT": b"221 2.0.0 bye\r\n",
    }

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._buffer = b""
        self._in_content = False
        self._scanned = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer every complete command and message."""
        self._buffer += data
        while self._take_content() if self._in_content else self._take_command():
            pass

    def _take_content(self) -> bool:
        end = self._buffer.find(_END, max(0, self._scanned - len(_END)))
        if end < 0:
            self._scanned = len(self._buffer)
            return False
        self._tally.add(self._buffer[:end])
        self._buffer = self._buffer[end + len(_END) :]
        self._in_content = False
        self._transport.write(b"250 2.0.0 ok\r\n")
        return True

    def _take_command(self) -> bool:
        line, found, rest = self._buffer.partition(b"\r\n")
        if not found:
            return False
        verb = line[:4].upper()
        if verb == b"DATA":
            # The line end before the content lets an empty message end as any other.
            self._buffer, self._in_content, self._scanned = b"\r\n" + rest, True, 0
        else:
            self._buffer = rest
        if verb == b"STAT":
            self._transport.write(b"250 " + self._tally.as_json() + b"\r\n")
        else:
            self._transport.write(self._REPLIES.get(verb, b"500 5.5.1 unknown\r\n"))
        if verb == b"QUIT":
            self._transport.close()
        return True


async def serve(port: int) -> None:
    """Listen on loopback until cancelled."""
    tally = Tally()
    server = await asyncio.get_running_loop().create_server(
        lambda: SinkProtocol(tally), "127.0.0.1", port, backlog=1_000
    )
    async with server:
        print(f"listening on 127.0.0.1 {server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
