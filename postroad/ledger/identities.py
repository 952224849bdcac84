"""Identities: From addresses that are verified by a mailed token before their first use.

The ledger keeps a digest of the token, so that reading the ledger verifies nobody. Wrong tokens
are events: they are seen in the live feed, and a few of them end the token's life.
"""

import hmac
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Row, func, insert, select, update

from postroad.campaign.file import CampaignSettings
from postroad.channels.options import ChannelOption, may_use
from postroad.instants import DAY, moment
from postroad.ledger.channel_options import load_options, load_wish
from postroad.ledger.channels import sequences_with_work
from postroad.ledger.tables import Event, Sender, SenderIdentity
from postroad.ledger.upsert import insert_new

TOKEN_LIFE = DAY
MOST_WRONG_TOKENS = 5

_Row = Row[*tuple[Any, ...]]
_REFUSED = "identity_refused"


class IdentityState(StrEnum):
    """Whether a From address may be used on a channel."""

    VERIFIED = "verified"
    VOUCHED = "vouched for"
    """Its domain is in the channel's verified_domains."""
    ASKED = "asked"
    """A token was mailed, and nobody has confirmed it yet."""
    UNVERIFIED = "unverified"


class IdentityOverview(BaseModel):
    """One row of `identity list --json`: a From address on a channel that verifies them."""

    model_config = ConfigDict(frozen=True)

    email: str
    channel: str
    state: IdentityState
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a token has confirmed, or why it has not."""

    channels: list[str] = field(default_factory=list[str])
    refused: str = ""
    wake: set[str] = field(default_factory=set[str])
    """Workflow ids of sequences whose mail was held for it."""


def list_identities(connection: Connection) -> list[IdentityOverview]:
    """Return every From address with each channel it may use that verifies addresses."""
    asked = {
        (row.channel_id, row.address): row
        for row in connection.execute(select(*SenderIdentity.__table__.columns))
    }
    addresses = connection.scalars(select(Sender.email).order_by(Sender.email)).all()
    return [
        _overview(address, option, asked.get((option.id, address)))
        for address in addresses
        for option in _verifying_channels(connection, address)
    ]


def channels_to_verify(connection: Connection, address: str) -> list[str]:
    """Return the channels on which a From address has to be verified yet."""
    options = _verifying_channels(connection, address)
    return [option.id for option in options if not option.knows(address)]


def ask_to_verify(connection: Connection, channel: str, address: str, token: str, now: int) -> None:
    """Remember that a token was made for an address; the one before it counts no more."""
    row = {
        "channel_id": channel,
        "address": address,
        "token_digest": _digest(token),
        "asked_at": now,
        "verified_at": None,
    }
    if not insert_new(connection, SenderIdentity, [row]):
        connection.execute(
            update(SenderIdentity)
            .where(SenderIdentity.channel_id == channel, SenderIdentity.address == address)
            .values(token_digest=row["token_digest"], asked_at=now)
        )


def confirm(connection: Connection, address: str, token: str, now: int) -> Confirmation:
    """Verify an address on the channel that the token was mailed through.

    Commit the transaction whatever the answer is: a wrong token is remembered.
    """
    asked = connection.execute(
        select(*SenderIdentity.__table__.columns)
        .where(SenderIdentity.address == address, SenderIdentity.verified_at.is_(None))
        .order_by(SenderIdentity.channel_id)
        .with_for_update()
    ).all()
    again = f"`postroad identity verify {address}` mails a token"
    if not asked:
        return Confirmation(refused=f"no token of {address} waits to be confirmed: {again}")
    alive = [row for row in asked if now - row.asked_at < TOKEN_LIFE]
    if not alive:
        return Confirmation(refused=f"the token of {address} is older than a day: {again}")
    alive = [row for row in alive if _wrong_tokens(connection, row) < MOST_WRONG_TOKENS]
    if not alive:
        return Confirmation(
            refused=f"{address} was given {MOST_WRONG_TOKENS} wrong tokens: {again} anew"
        )
    # Every digest is compared, each in constant time.
    meant = [row for row in alive if hmac.compare_digest(row.token_digest, _digest(token))]
    for row in meant or alive:
        _tell(connection, row, "identity_verified" if meant else _REFUSED, now)
    if not meant:
        return Confirmation(refused=f"that is not the token that was mailed to {address}")
    channels = [row.channel_id for row in meant]
    connection.execute(
        update(SenderIdentity)
        .where(SenderIdentity.address == address, SenderIdentity.channel_id.in_(channels))
        .values(verified_at=now)
    )
    wake = {one for channel in channels for one in sequences_with_work(connection, channel, now)}
    return Confirmation(channels=channels, wake=wake)


def _verifying_channels(connection: Connection, address: str) -> list[ChannelOption]:
    """Return the channels that an address may use and that verify addresses, by id."""
    wish = load_wish(connection, address, CampaignSettings())
    options = load_options(connection)
    return [
        options[channel]
        for channel in sorted(options)
        if options[channel].verifies and may_use(wish, options[channel])
    ]


def _overview(address: str, option: ChannelOption, asked: _Row | None) -> IdentityOverview:
    state, since = IdentityState.UNVERIFIED, None
    if asked is not None and asked.verified_at is not None:
        state, since = IdentityState.VERIFIED, asked.verified_at
    elif option.knows(address):
        state = IdentityState.VOUCHED
    elif asked is not None:
        state, since = IdentityState.ASKED, asked.asked_at
    return IdentityOverview(
        email=address,
        channel=option.id,
        state=state,
        since=None if since is None else moment(since),
    )


def _wrong_tokens(connection: Connection, row: _Row) -> int:
    """Count the wrong tokens since this one was mailed."""
    return connection.execute(
        select(func.count())
        .select_from(Event)
        .where(
            Event.campaign_id.is_(None),
            Event.event == _REFUSED,
            Event.channel_id == row.channel_id,
            Event.detail == row.address,
            Event.at >= row.asked_at,
        )
    ).scalar_one()


def _tell(connection: Connection, row: _Row, event: str, now: int) -> None:
    connection.execute(
        insert(Event).values(at=now, event=event, channel_id=row.channel_id, detail=row.address)
    )


def _digest(token: str) -> str:
    return sha256(token.strip().encode()).hexdigest()
