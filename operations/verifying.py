"""Checking that a channel can send: connect, sign in, and perhaps a mail to oneself."""

from dataclasses import replace

from sqlalchemy import Connection

from operations.domain_checks import findings_of, look_up, outside
from operations.finding import line
from operations.note_to_self import note_to_self
from operations.refusal import Refused
from postroad.channels.base import OutgoingMessage, Verification
from postroad.channels.build import build_channel
from postroad.ledger.domain_health import load_ways
from postroad.ledger.engine import Ledger
from postroad.ledger.workspace import list_senders, load_channel
from postroad.secrets import SecretBox
from postroad.setting_tables import DnsSettings
from postroad.workspace import Channel, Sender

_DNS_SECONDS = 10.0


async def verify_channel(
    ledger: Ledger, box: SecretBox, channel_id: str, *, test_mail: bool = False
) -> Verification:
    """Check a channel against its provider.

    Args:
        ledger: where its settings and credentials are.
        box: opens its credentials.
        channel_id: the channel.
        test_mail: also send a mail from the channel's sender to themselves.

    Raises:
        Refused: there is no such channel, or nobody to write to.
        SecretKeyError: its credentials were encrypted with another key.
    """
    with ledger.read() as connection:
        stored = load_channel(connection, channel_id, box)
        if stored is None:
            raise Refused(f"there is no channel {channel_id!r}: `postroad channel list` shows them")
        sender = _sender_of(connection, stored) if test_mail else None
    channel = build_channel(stored, stored.address)
    try:
        return await channel.verify(None if sender is None else _test_message(stored, sender))
    finally:
        await channel.aclose()


async def with_domains(
    ledger: Ledger, dns: DnsSettings, channel_id: str, verification: Verification
) -> Verification:
    """Add what DNS says about the domains that leave by a channel; they stop no mail."""
    with ledger.read() as connection:
        ways = [way for way in load_ways(connection) if way.route.channel == channel_id]
    looked = await look_up(ledger, dns, outside(ways), _DNS_SECONDS)
    found = [line(finding) for one in looked for finding in findings_of(one)]
    return replace(verification, findings=[*verification.findings, *found])


def _sender_of(connection: Connection, channel: Channel) -> Sender:
    """Return who would send through a channel: its owner, else the first who has it by default."""
    senders = list_senders(connection)
    owners = [sender for sender in senders if sender.email == channel.address]
    by_default = [sender for sender in senders if sender.default_channel == channel.id]
    likely = [*owners, *by_default, *senders]
    if not likely:
        raise Refused("the workspace has no sender to write to: apply a workspace file first")
    return likely[0]


def _test_message(channel: Channel, sender: Sender) -> OutgoingMessage:
    return note_to_self(
        sender,
        f"test/{channel.id}",
        f"Postroad: {channel.id} can send",
        f"This mail left through the delivery channel {channel.id}.\n",
    )
