"""The channels this worker has open, opened anew when their settings change."""

import asyncio
from dataclasses import dataclass
from functools import partial

from temporalio.exceptions import ApplicationError

from activities.connection_leases import LeaseHolder
from activities.observed_channel import ObservedChannel
from postroad.channels.base import DeliveryChannel
from postroad.channels.build import build_channel
from postroad.ledger.engine import Ledger
from postroad.ledger.tokens import keep_refresh_token
from postroad.ledger.workspace import channel_version, load_channel
from postroad.secrets import SecretBox, SecretKeyError

CHANNEL_UNKNOWN = "ChannelUnknown"
"""Error type: the ledger has no such channel. Not retried: only an operator can add it."""
SECRET_KEY_WRONG = "SecretKeyWrong"  # noqa: S105 - the name of an error
"""Error type: this worker cannot decrypt the credentials. Retried: another worker may."""


@dataclass(frozen=True, slots=True)
class OpenChannel:
    """A channel as it was described when it was opened."""

    channel: DeliveryChannel
    kind: str
    resend_uncertain: bool
    inbox: str | None
    """The address whose mail is read here; None where nobody's is."""
    version: str


class OpenChannels:
    """Opens each channel once per worker, so that waves share its connections."""

    def __init__(self, ledger: Ledger, secrets: SecretBox, leases: LeaseHolder) -> None:
        self._ledger = ledger
        self._secrets = secrets
        self._leases = leases
        self._open: dict[str, OpenChannel] = {}
        self._former: list[OpenChannel] = []

    async def open(self, channel_id: str) -> OpenChannel:
        """Return the open channel.

        Raises:
            ApplicationError: of type ChannelUnknown or SecretKeyWrong.
        """
        found = self._open.get(channel_id)
        current = await asyncio.to_thread(self._describe, channel_id, found)
        if found is not None and found is not current:
            # Waves that still use a former channel keep it: it is closed with the others.
            self._former.append(found)
        self._open[channel_id] = current
        return current

    async def aclose(self) -> None:
        """Close every connection."""
        for opened in (*self._former, *self._open.values()):
            await opened.channel.aclose()
        await self._leases.aclose()

    def _describe(self, channel_id: str, found: OpenChannel | None) -> OpenChannel:
        with self._ledger.read() as connection:
            version = channel_version(connection, channel_id)
            if found is not None and found.version == version:
                return found
            try:
                settings = load_channel(connection, channel_id, self._secrets)
            except SecretKeyError as error:
                raise ApplicationError(str(error), type=SECRET_KEY_WRONG) from None
        if settings is None or version is None:
            raise ApplicationError(
                f"the ledger has no channel {channel_id}", type=CHANNEL_UNKNOWN, non_retryable=True
            )
        channel = build_channel(
            settings,
            settings.address,
            self._leases.leases_of(channel_id, settings.connections),
            partial(self._keep, channel_id),
        )
        observed = ObservedChannel(channel, channel_id, settings.kind)
        resend = settings.on_uncertain == "resend"
        return OpenChannel(observed, settings.kind, resend, settings.inbox, version)

    async def _keep(self, channel_id: str, refresh_token: str) -> None:
        await asyncio.to_thread(self._store, channel_id, refresh_token)

    def _store(self, channel_id: str, refresh_token: str) -> None:
        with self._ledger.write() as connection:
            keep_refresh_token(connection, channel_id, refresh_token, self._secrets)
