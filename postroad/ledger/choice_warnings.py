"""What people should know about the choice of channels before mail is to leave."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from sqlalchemy import Connection, select

from postroad.campaign.file import CampaignSettings
from postroad.campaign.step import StepSettings
from postroad.channels.legacy_settings import legacy_warning
from postroad.channels.options import Options
from postroad.channels.selection import Chosen, Reasoning, consider
from postroad.ledger.channel_options import load_options, load_wish
from postroad.ledger.tables import Sender


class Step(Protocol):
    """A step, staged or stored."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def settings(self) -> StepSettings:
        """Its settings."""
        ...


def campaign_warnings(
    connection: Connection, settings: CampaignSettings, steps: Sequence[Step]
) -> list[str]:
    """Return what keeps a campaign's mail from leaving, and what is risky about its channels."""
    options = load_options(connection)
    found: dict[str, None] = {}
    for sender in settings.senders:
        wish = load_wish(connection, sender, settings)
        for step in steps:
            if step.settings.task is not None or step.settings.thread == "reply":
                continue  # it is not mailed, or leaves as the step before it does
            reasoning = consider(replace(wish, step_channel=step.settings.channel), options)
            if not isinstance(reasoning.choice, Chosen):
                found[f"step {step.id} of {sender} will wait: {reasoning.choice.why}"] = None
            found.update(dict.fromkeys(_risks(reasoning, options)))
    return list(found)


def workspace_warnings(connection: Connection) -> list[str]:
    """Return what is risky about the channels of a workspace, and whom they do not know yet."""
    options = load_options(connection)
    legacy = [legacy_warning(one.id) for one in options.values() if one.is_legacy]
    senders = connection.scalars(select(Sender.email).order_by(Sender.email)).all()
    return sorted(legacy) + list(_unverified(connection, senders, options))


def _risks(reasoning: Reasoning, options: Options) -> Iterator[str]:
    choice = reasoning.choice
    if isinstance(choice, Chosen) and options[choice.channel].is_legacy:
        yield legacy_warning(choice.channel)


def _unverified(connection: Connection, senders: Iterable[str], options: Options) -> Iterator[str]:
    for sender in senders:
        wish = load_wish(connection, sender, CampaignSettings())
        for skipped in consider(wish, options).skipped:
            if skipped.channel in options and not options[skipped.channel].knows(sender):
                yield skipped.why
