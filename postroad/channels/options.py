"""What the choice of a channel knows: the message that wants one, and the channels there are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from postroad.channels.kinds import LEGACY_KINDS, MAILBOX_KINDS
from postroad.contracts import ChannelState
from postroad.plugins import Plugin


@dataclass(frozen=True, slots=True)
class ChannelOption:
    """One channel of the workspace."""

    id: str
    kind: str
    address: str | None
    shared: bool
    state: ChannelState
    state_reason: str = ""
    retired: bool = False
    """Whether it only carries on what it began: the workspace file has it no more."""
    verifies: bool = False
    """Whether a From address must be verified before its first use."""
    verified: frozenset[str] = frozenset()
    """The From addresses, and `@domain` of the domains, that may be used."""
    largest_mail: int | None = None
    """Bytes that a whole mail may have, encoded; None where nobody knows."""
    full: str = ""
    """Why its limits let no further message leave soon; only known where another may stand in."""

    @property
    def is_mailbox(self) -> bool:
        """Whether it is a person's mailbox."""
        return self.kind in MAILBOX_KINDS

    @property
    def is_legacy(self) -> bool:
        """Whether it is one of the old shared servers."""
        return self.kind in LEGACY_KINDS

    def knows(self, address: str) -> bool:
        """Whether mail may leave here with this From address."""
        domain = address[address.rindex("@") :]
        return not self.verifies or address in self.verified or domain in self.verified


@dataclass(frozen=True, slots=True)
class ChannelWish:
    """What is known of a message before its channel is chosen."""

    sender: str
    """The From address."""
    rep: str | None = None
    """The address of the rep whose identity the From address is; None where it is their own."""
    conversation: str | None = None
    """The channel that the first message of its conversation left by."""
    plugin: Plugin | None = None
    bulk: bool = False
    step_channel: str | None = None
    campaign_channel: str | None = None
    identity_channel: str | None = None
    default_channel: str | None = None
    network: str = "unknown"
    """The recipient's mail network: `google`, `microsoft`, `other` or `unknown`."""
    same_network: bool = True
    """Whether a sender's mailbox in the recipient's network goes first."""
    fallback: bool = False
    """Whether another channel may stand in for one that cannot take the message now."""
    legacy: bool = False
    """Whether the organisation may use the old shared servers."""

    @property
    def is_bound(self) -> bool:
        """Whether no other channel can ever stand in."""
        return self.conversation is not None or self.plugin is not None


Options = Mapping[str, ChannelOption]


def own_channels(wish: ChannelWish, options: Iterable[ChannelOption]) -> list[ChannelOption]:
    """Return the channels of the From address, or of its rep where it has none, by id."""
    by_id = sorted((one for one in options if not one.retired), key=lambda option: option.id)
    exact = [option for option in by_id if option.address == wish.sender]
    if exact or wish.rep is None:
        return exact
    return [option for option in by_id if option.address == wish.rep]


def may_use(wish: ChannelWish, option: ChannelOption) -> bool:
    """Whether a channel is the sender's, everybody's, or nobody's in particular."""
    return option.shared or option.address in (None, wish.sender, wish.rep)


def obstacle(wish: ChannelWish, channel: str, options: Options) -> str:
    """Return why a channel cannot take the message now; empty where it can."""
    option = options.get(channel)
    if option is None:
        return f"the workspace has no channel {channel}"
    if not may_use(wish, option):
        return f"{channel} belongs to {option.address}"
    if option.is_legacy and not wish.legacy:
        return f"{channel} is a legacy server, and organisation.legacy_account is not true"
    if option.state is not ChannelState.ACTIVE:
        return stands_still(option)
    if not option.knows(wish.sender):
        return (
            f"{wish.sender} is not verified on {channel}: "
            f"`postroad identity verify {wish.sender} --channel {channel}` mails a token"
        )
    return ""


def stands_still(option: ChannelOption) -> str:
    """Return why a channel that is not active does not send."""
    reason = f" ({option.state_reason})" if option.state_reason else ""
    return f"{option.id} is {option.state}{reason}"
