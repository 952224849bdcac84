"""The rules that name a message's channel, in the order in which they are asked."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from postroad.channels.options import ChannelOption, ChannelWish, Options, own_channels
from postroad.plugins import Plugin

_SMTP = "smtp"
_PLUGIN_KINDS = {Plugin.OUTLOOK: ("exchange_online", "exchange"), Plugin.GMAIL: ("gmail",)}
_PLUGIN_NAMES = {Plugin.OUTLOOK: ("Outlook", "Exchange"), Plugin.GMAIL: ("Gmail", "Gmail")}
_NETWORK_KINDS = {"google": ("gmail",), "microsoft": ("exchange_online", "exchange")}


class Rule(StrEnum):
    """A reason for a channel; the order is the order of asking."""

    CONVERSATION = "conversation"
    PLUGIN = "plugin"
    PURPOSE = "purpose"
    STEP = "step"
    CAMPAIGN = "campaign"
    IDENTITY = "identity"
    DEFAULT = "default"
    OWN = "own"
    TEAM = "team"
    LEGACY = "legacy"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says about a message."""

    rule: Rule
    said: str
    channels: tuple[str, ...] = ()
    """The channels that it names, the best first; empty where it names none."""
    unsure: bool = False
    """Several are as good, so that none of them is taken unless any will do."""


def ask_rules(wish: ChannelWish, options: Options) -> Iterator[Finding]:
    """Yield what each rule says; a rule that binds the message is the last one asked."""
    yield _conversation(wish)
    if wish.conversation is not None:
        return
    yield _plugin(wish, options)
    if wish.plugin is not None:
        return
    yield _purpose(wish)
    named = (
        (Rule.STEP, wish.step_channel, "the step names"),
        (Rule.CAMPAIGN, wish.campaign_channel, "the campaign names"),
        (Rule.IDENTITY, wish.identity_channel, f"the workspace file gives {wish.sender}"),
    )
    for rule, channel, words in named:
        yield _named(wish, options, Finding(rule, f"{words} it"), channel, f"{words} no channel")
    by_default = Finding(Rule.DEFAULT, f"it is the default of {wish.rep or wish.sender}")
    no_default = f"{wish.rep or wish.sender} has no default_channel"
    yield _named(wish, options, by_default, wish.default_channel, no_default)
    current = [one for one in options.values() if not one.retired]
    allowed = [one for one in current if not wish.bulk or one.kind == _SMTP]
    yield _own(wish, allowed)
    yield _team(wish, allowed)
    yield _legacy(wish, allowed)


def _conversation(wish: ChannelWish) -> Finding:
    if wish.conversation is None:
        return Finding(Rule.CONVERSATION, "it begins a conversation")
    said = "the conversation began there, and goes on from the same address"
    return Finding(Rule.CONVERSATION, said, (wish.conversation,))


def _plugin(wish: ChannelWish, options: Options) -> Finding:
    if wish.plugin is None:
        return Finding(Rule.PLUGIN, "it was not written in a mail plugin")
    program, account = _PLUGIN_NAMES[wish.plugin]
    kinds = _PLUGIN_KINDS[wish.plugin]
    fitting = own_channels(wish, (one for one in options.values() if one.kind in kinds))
    if not fitting:
        words = f"it was written in {program}, and {wish.sender} has no {account} channel"
        return Finding(Rule.PLUGIN, f"{words}: connect one, or send it without the plugin")
    fitting.sort(key=lambda one: (one.id != wish.default_channel, kinds.index(one.kind)))
    said = f"it was written in {program}, and leaves by the sender's {account} channel"
    return Finding(Rule.PLUGIN, said, (fitting[0].id,))


def _purpose(wish: ChannelWish) -> Finding:
    if wish.bulk:
        said = "bulk mail leaves by SMTP, never through a person's mailbox"
        return Finding(Rule.PURPOSE, said)
    return Finding(Rule.PURPOSE, "it is no bulk mail: every kind of channel may carry it")


def _named(
    wish: ChannelWish, options: Options, finding: Finding, channel: str | None, otherwise: str
) -> Finding:
    if channel is None:
        return Finding(finding.rule, otherwise)
    named = options.get(channel)
    if wish.bulk and named is not None and named.kind != _SMTP:
        return Finding(finding.rule, f"{channel} is not SMTP, so that bulk mail passes it over")
    return Finding(finding.rule, finding.said, (channel,))


def _own(wish: ChannelWish, allowed: Sequence[ChannelOption]) -> Finding:
    own = own_channels(wish, allowed)
    what = "SMTP channel" if wish.bulk else "channel"
    if not own:
        return Finding(Rule.OWN, f"{wish.sender} has no {what} of their own")
    if len(own) == 1:
        return Finding(Rule.OWN, f"it is the only {what} of {own[0].address}", (own[0].id,))
    mailboxes = sum(one.is_mailbox for one in own)
    if mailboxes < 2 or not wish.same_network:
        said = f"{wish.sender} has {len(own)} {what}s and no default_channel"
        return Finding(Rule.OWN, said, _ids(own), unsure=True)
    kinds = _NETWORK_KINDS.get(wish.network, ())
    own.sort(key=lambda one: _preference(one, kinds))
    if own[0].kind in kinds:
        network = wish.network.capitalize()
        said = (
            f"of {own[0].address}'s {mailboxes} mailboxes it is at {network}, as the recipient is"
        )
        return Finding(Rule.OWN, said, _ids(own))
    unlike = "is not known" if wish.network == "unknown" else "is none of theirs"
    said = f"it is the first of {own[0].address}'s {mailboxes} mailboxes: the recipient's network"
    return Finding(Rule.OWN, f"{said} {unlike}", _ids(own))


def _preference(option: ChannelOption, kinds: Sequence[str]) -> tuple[bool, int]:
    """Return the place in line: mailboxes first, among them those of the recipient's network."""
    rank = kinds.index(option.kind) if option.kind in kinds else len(kinds)
    return (not option.is_mailbox, rank)


def _team(wish: ChannelWish, allowed: Sequence[ChannelOption]) -> Finding:
    team = [one for one in allowed if one.shared and one.kind == _SMTP]
    if not team:
        return Finding(Rule.TEAM, "the team shares no SMTP channel")
    return _one_of(Rule.TEAM, team, wish, "it is the team's shared channel", "channels are shared")


def _legacy(wish: ChannelWish, allowed: Sequence[ChannelOption]) -> Finding:
    if not wish.legacy:
        return Finding(Rule.LEGACY, "the organisation has no legacy account")
    old = [one for one in allowed if one.shared and one.is_legacy]
    if not old:
        return Finding(Rule.LEGACY, "no legacy server may carry it")
    only = "it is the legacy server, and there is nothing better"
    return _one_of(Rule.LEGACY, old, wish, only, "legacy servers are there")


def _one_of(
    rule: Rule, found: Iterable[ChannelOption], wish: ChannelWish, only: str, several: str
) -> Finding:
    ids = _ids(sorted(found, key=lambda one: one.id))
    if len(ids) == 1:
        return Finding(rule, only, ids)
    said = f"{len(ids)} {several} and {wish.sender} has no default_channel"
    return Finding(rule, said, ids, unsure=True)


def _ids(options: Iterable[ChannelOption]) -> tuple[str, ...]:
    return tuple(option.id for option in options)
