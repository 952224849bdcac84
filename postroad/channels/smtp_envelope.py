"""What a message looks like on the wire: its MAIL and RCPT commands, and its content."""

import re
from collections.abc import Container

from postroad.channels.base import (
    AccountRefused,
    ChannelError,
    OutgoingMessage,
    RecipientRefused,
)

END_OF_CONTENT = b".\r\n"
"""Ends the content (RFC 5321, 4.1.1.4). No server may accept a message before its last byte."""

_CHARACTER = r"[^\s<>@\"\x00-\x1f\x7f\ud800-\udfff]"
_ADDRESS = re.compile(rf"{_CHARACTER}{{1,64}}@{_CHARACTER}{{1,255}}")
"""Nothing that could end a command or begin another; quoted local parts are not in use."""
_LINE_END = re.compile(rb"\r\n|\r|\n")


def mail_commands(
    message: OutgoingMessage, sender: str, extensions: Container[str], notify: str = ""
) -> tuple[bytes, bytes]:
    """Return the MAIL and the RCPT command.

    Args:
        message: what is to be sent.
        sender: the envelope's sender.
        extensions: what the server offered at EHLO, in lower case.
        notify: what to be told of (RFC 3461, 4.1); nothing is asked for where it is empty.

    Raises:
        RecipientRefused: the address is none, or the server does not take such ones.
        AccountRefused: the same of the sender.
    """
    recipient = message.recipient
    _check(sender, AccountRefused, extensions)
    _check(recipient, RecipientRefused, extensions)
    mail = f"MAIL FROM:<{sender}>"
    if "size" in extensions:
        mail += f" SIZE={len(message.content)}"
    if "8bitmime" in extensions and not message.content.isascii():
        mail += " BODY=8BITMIME"
    if not (sender.isascii() and recipient.isascii()):
        mail += " SMTPUTF8"
    rcpt = f"RCPT TO:<{recipient}>"
    if notify and "dsn" in extensions:
        mail += " RET=HDRS"  # the headers name the message; its text need not come back
        rcpt += f" NOTIFY={notify}"
    return mail.encode(), rcpt.encode()


def wire_content(content: bytes) -> bytes:
    """Return the content with every line ended by CRLF and its dots doubled (RFC 5321, 4.5.2).

    A bare CR or LF must not get through: what servers disagree about smuggles mails.
    """
    lines = content.count(b"\r\n")
    if not (lines == content.count(b"\n") == content.count(b"\r")):
        content = _LINE_END.sub(b"\r\n", content)
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    if content.startswith(b"."):
        content = b"." + content
    return content.replace(b"\r\n.", b"\r\n..")


def _check(address: str, refused: type[ChannelError], extensions: Container[str]) -> None:
    if not _ADDRESS.fullmatch(address):
        raise refused("the address cannot be written in an envelope")
    if not address.isascii() and "smtputf8" not in extensions:
        raise refused(
            "the server takes no internationalised addresses: it lacks SMTPUTF8 (RFC 6531)",
            enhanced="5.6.7",
        )
