"""A mail from a sender to themselves: it proves that a channel sends, or that they read it."""

import secrets
from datetime import UTC, datetime

from postroad.campaign.mime import Envelope, From, MessageComposer, message_id_for
from postroad.campaign.template import Rendered
from postroad.channels.base import OutgoingMessage
from postroad.workspace import Sender


def note_to_self(sender: Sender, about: str, subject: str, text: str) -> OutgoingMessage:
    """Compose a mail to its own sender.

    Args:
        sender: who writes and gets it.
        about: the beginning of its key, such as `test/ana-gmail`.
        subject: the subject.
        text: the mail as plain text.
    """
    key = f"{about}/{secrets.token_hex(8)}"
    message_id = message_id_for(key, sender.email.rpartition("@")[2])
    envelope = Envelope(sender.email, key, message_id, datetime.now(UTC))
    written = Rendered(subject=subject, text=text, html=None)
    return OutgoingMessage(
        key=key,
        message_id=message_id,
        envelope_from=sender.email,
        recipient=sender.email,
        content=MessageComposer(From(sender.email, sender.name)).compose(envelope, written),
    )
