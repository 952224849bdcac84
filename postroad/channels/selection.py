"""Choosing the delivery channel of a message: a pure decision that says why.

The rules name channels in a fixed order. The first channel that is named takes the message, or
the message waits for it: a mail from another account would surprise the person who gets it.
Only where the campaign allows it does the next channel that can take it now stand in.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from postroad.channels.legacy_settings import legacy_warning
from postroad.channels.options import ChannelWish, Options, obstacle
from postroad.channels.rules import Finding, ask_rules


@dataclass(frozen=True, slots=True)
class Chosen:
    """The message goes out through this channel."""

    channel: str
    why: str


@dataclass(frozen=True, slots=True)
class NoChannel:
    """No channel may take the message now; it waits, and this is what people are told."""

    why: str


@dataclass(frozen=True, slots=True)
class Impossible:
    """The message can never leave as it was wanted: it fails."""

    why: str


Choice = Chosen | NoChannel | Impossible


@dataclass(frozen=True, slots=True)
class Skipped:
    """A channel that was named and cannot take the message now."""

    channel: str
    why: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A choice with everything that led to it."""

    findings: tuple[Finding, ...]
    """What each rule said, in the order of asking."""
    skipped: tuple[Skipped, ...]
    choice: Choice


def choose_channel(wish: ChannelWish, options: Options) -> Choice:
    """Choose a message's channel, and say why in one sentence."""
    return consider(wish, options).choice


def consider(wish: ChannelWish, options: Options) -> Reasoning:
    """Choose a message's channel, and show the whole reasoning."""
    findings = tuple(ask_rules(wish, options))
    if wish.fallback and not wish.is_bound:
        return _first_that_can(wish, options, findings)
    speaking = next((finding for finding in findings if finding.channels), None)
    if speaking is None:
        return Reasoning(findings, (), _nothing_named(wish, findings))
    if speaking.unsure:
        return Reasoning(findings, (), NoChannel(speaking.said))
    channel = speaking.channels[0]
    if reason := obstacle(wish, channel, options):
        return Reasoning(findings, (Skipped(channel, reason),), NoChannel(reason))
    return Reasoning(findings, (), _chosen(wish, options, speaking, channel))


def _first_that_can(
    wish: ChannelWish, options: Options, findings: tuple[Finding, ...]
) -> Reasoning:
    """Take the first channel that nothing keeps; a full one where no other is left."""
    skipped: dict[str, str] = {}
    full: list[tuple[Finding, str]] = []
    for finding, channel in _named(findings):
        if channel in skipped:
            continue
        reason = obstacle(wish, channel, options)
        if not reason and (reason := options[channel].full):
            full.append((finding, channel))
        if not reason:
            chosen = _chosen(wish, options, finding, channel, instead_of=skipped.values())
            return Reasoning(findings, _skipped(skipped), chosen)
        skipped[channel] = reason
    if full:
        finding, channel = full[0]
        del skipped[channel]
        return Reasoning(findings, _skipped(skipped), _chosen(wish, options, finding, channel))
    waits = NoChannel("; ".join(skipped.values())) if skipped else None
    return Reasoning(findings, _skipped(skipped), waits or _nothing_named(wish, findings))


def _named(findings: Iterable[Finding]) -> Iterable[tuple[Finding, str]]:
    return ((finding, channel) for finding in findings for channel in finding.channels)


def _skipped(reasons: dict[str, str]) -> tuple[Skipped, ...]:
    return tuple(Skipped(channel, why) for channel, why in reasons.items())


def _chosen(
    wish: ChannelWish,
    options: Options,
    finding: Finding,
    channel: str,
    instead_of: Iterable[str] = (),
) -> Chosen:
    words = [finding.said]
    if wish.bulk and not wish.is_bound:
        words.insert(0, "bulk mail leaves by SMTP")
    if reasons := "; ".join(instead_of):
        words.append(f"it stands in, as the campaign allows, because {reasons}")
    if options[channel].is_legacy:
        words.append(legacy_warning(channel))
    return Chosen(channel, "; ".join(words))


def _nothing_named(wish: ChannelWish, findings: tuple[Finding, ...]) -> NoChannel | Impossible:
    if wish.plugin is not None:
        return Impossible(findings[-1].said)
    if wish.bulk:
        return NoChannel(
            f"bulk mail leaves by SMTP, and {wish.sender} may use no SMTP channel: add one with "
            "shared: true to the workspace file"
        )
    return NoChannel(f"{wish.sender} has no channel: add one to the workspace file")
