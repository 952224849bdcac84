"""What the choice of a channel knows, read from the ledger: the message and the channels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, select

from postroad.campaign.file import CampaignSettings, Purpose
from postroad.channels.mail_sizes import largest_mail
from postroad.channels.options import ChannelOption, ChannelWish
from postroad.contracts import ChannelState, MessageState
from postroad.ledger.steps import CampaignStep, load_settings, load_steps
from postroad.ledger.tables import Channel, Message, Organisation, Sender, SenderIdentity

RETIRED = "retired"
"""The setting of a channel that is no longer in the workspace file, but carried mail."""


def load_options(connection: Connection) -> dict[str, ChannelOption]:
    """Return every channel as the choice sees it."""
    verified: dict[str, set[str]] = {}
    for channel, address in connection.execute(
        select(SenderIdentity.channel_id, SenderIdentity.address).where(
            SenderIdentity.verified_at.is_not(None)
        )
    ):
        verified.setdefault(channel, set()).add(address)
    rows = connection.execute(
        select(
            Channel.id,
            Channel.kind,
            Channel.address,
            Channel.shared,
            Channel.state,
            Channel.state_reason,
            Channel.settings,
        )
    )
    return {
        row.id: ChannelOption(
            id=row.id,
            kind=row.kind,
            address=row.address,
            shared=row.shared,
            state=ChannelState(row.state),
            state_reason=row.state_reason,
            retired=row.settings.get(RETIRED, False),
            verifies=row.settings.get("verify_identities", False),
            verified=frozenset(verified.get(row.id, ())) | _vouched_for(row.settings),
            largest_mail=largest_mail(row.kind, row.settings.get("largest_mail")),
        )
        for row in rows
    }


def load_wish(connection: Connection, sender: str, settings: CampaignSettings) -> ChannelWish:
    """Return what is known of every message of one sender in a campaign."""
    writer = connection.execute(
        select(Sender.default_channel, Sender.settings).where(Sender.email == sender)
    ).first()
    identity: Mapping[str, Any] = {} if writer is None else writer.settings
    organisation = connection.scalar(select(Organisation.settings)) or {}
    return ChannelWish(
        sender=sender,
        rep=identity.get("rep"),
        plugin=settings.plugin,
        bulk=settings.purpose is Purpose.BULK,
        campaign_channel=settings.channel,
        identity_channel=identity.get("channel"),
        default_channel=None if writer is None else writer.default_channel,
        same_network=organisation.get("prefer_same_network", True),
        fallback=settings.fallback,
        legacy=organisation.get("legacy_account", False),
    )


def wish_of_step(
    connection: Connection, campaign_id: str, sender: str, position: int, enrollment: int
) -> ChannelWish:
    """Return what is known of one step's message to one person."""
    wish = load_wish(connection, sender, load_settings(connection, campaign_id))
    steps = load_steps(connection, campaign_id)
    wish = replace(wish, step_channel=steps[position].settings.channel)
    root = conversation_roots(steps).get(position)
    if root is None:
        return wish
    began = began_on(root, position).where(Message.enrollment_id == enrollment)
    return replace(wish, conversation=connection.scalar(began))


def began_on(root: int, position: int) -> Select[str | None]:
    """Ask for the channel of the first mail of a conversation that was sent.

    Args:
        root: the step that the conversation begins at.
        position: the step that answers.
    """
    return (
        select(Message.channel_id)
        .where(Message.position.in_(range(root, position)), Message.state == MessageState.SENT)
        .order_by(Message.position)
        .limit(1)
    )


def conversation_roots(steps: Sequence[CampaignStep]) -> dict[int, int]:
    """Return, for each step that answers another, the position that its conversation begins at.

    Its first step may be passed over for a person: then the next one begins their conversation.
    """
    roots: dict[int, int] = {}
    root = 0
    for step in steps:
        if step.settings.task is not None or step.removed:
            continue
        if step.settings.thread == "reply":
            roots[step.position] = root
        else:
            root = step.position
    return roots


def _vouched_for(settings: Mapping[str, Any]) -> frozenset[str]:
    domains: Iterable[str] = settings.get("verified_domains") or ()
    return frozenset(f"@{domain}" for domain in domains)
