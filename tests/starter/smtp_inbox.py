"""An SMTP server's inbox, for tests that read what they were sent."""

import socket
from email.message import Message

from aiosmtpd.handlers import Message as MessageHandler


class Inbox(MessageHandler):
    """Keeps what the server accepts."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Message] = []

    def handle_message(self, message: Message) -> None:
        """Keep one mail."""
        self.mails.append(message)


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
