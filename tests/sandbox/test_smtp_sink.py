"""The benchmarks' sink counts right, by itself in its own process."""

import json
import smtplib
import subprocess
import sys
from collections.abc import Iterator

import pytest


@pytest.fixture
def sink() -> Iterator[smtplib.SMTP]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.smtp_sink"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port = int(process.stdout.readline().split()[-1])
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        yield client
    process.terminate()
    process.wait()
    process.stdout.close()


def send(client: smtplib.SMTP, key: str, body: str = "Hello\r\n") -> None:
    content = f"Subject: x\r\nX-Postroad-Message: {key}\r\nMessage-ID: <1@x>\r\n\r\n{body}"
    client.sendmail("ana@acme.test", ["bob@buyer.test"], content)


def counts(client: smtplib.SMTP) -> dict[str, int]:
    stat: dict[str, int] = json.loads(client.docmd("STAT")[1])
    return stat


def test_messages_and_duplicates_are_counted(sink: smtplib.SMTP) -> None:
    for key in ("q4/a/1", "q4/a/2", "q4/a/1"):
        send(sink, key)
    assert counts(sink) == {"accepted": 3, "messages": 2, "duplicates": 1}


def test_a_folded_key_is_the_same_key(sink: smtplib.SMTP) -> None:
    send(sink, "q4/a/1")
    send(sink, "\r\n q4/a/1")
    assert counts(sink)["duplicates"] == 1


def test_large_contents_and_dots_are_one_message(sink: smtplib.SMTP) -> None:
    send(sink, "q4/a/1", "x\r\n.\r\n..\r\n" * 100_000)
    assert counts(sink) == {"accepted": 1, "messages": 1, "duplicates": 0}


def test_commands_sent_at_once_are_answered_in_order(sink: smtplib.SMTP) -> None:
    assert sink.sock is not None
    sink.sock.sendall(b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n")
    sink.sock.sendall(b"\r\n.\r\nNOOP\r\n")
    codes = [sink.getreply()[0] for _ in range(6)]
    assert codes == [250, 250, 250, 354, 250, 250]
    assert counts(sink)["accepted"] == 1
