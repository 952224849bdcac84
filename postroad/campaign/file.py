"""The campaign file: who gets what, when, from whom, and what makes it stop."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from postroad.campaign.address import EmailAddress
from postroad.campaign.bounce_policy import SoftBounces
from postroad.campaign.conditions import Deed
from postroad.campaign.footer import FooterField, FooterWish
from postroad.campaign.local_times import LocalTime
from postroad.campaign.reply_policy import OnReply
from postroad.campaign.step import File, StepFile, StepSettings
from postroad.campaign.step_order import faults_of_order
from postroad.campaign.tracking import Tracking, TrackingField
from postroad.field_errors import Place, refuse
from postroad.names import Name, Slug
from postroad.plugins import Plugin
from postroad.yaml_file import load_model


class StopRule(StrEnum):
    """What ends a person's sequence."""

    REPLY = "reply"
    BOUNCE = "bounce"
    UNSUBSCRIBE = "unsubscribe"


class Purpose(StrEnum):
    """What kind of mail a campaign is; bulk mail never goes through a person's mailbox."""

    SALES = "sales"
    BULK = "bulk"


class CampaignSettings(BaseModel):
    """What the ledger keeps of a campaign as a whole."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = ""
    purpose: Purpose = Purpose.SALES
    stop_on: list[StopRule] = list(StopRule)
    on_soft_bounce: SoftBounces | None = None
    """Goes before the organisation's."""
    on_reply: OnReply | None = None
    """Goes before the organisation's."""
    senders: list[EmailAddress] = []
    """People whom the audience gives no sender go to these in turn."""
    channel: str | None = None
    """Overrides the senders' default channels."""
    fallback: bool = False
    """Whether another channel may stand in for one that cannot send now; otherwise mail waits."""
    tracking: Tracking = Tracking()
    footer: FooterWish = FooterWish()
    plugin: Plugin | None = None
    """Where a single mail was written."""
    interactive: bool = False
    """A person waits for it: it may use the part of each quota that is kept for such mail."""


class WrittenCampaign(BaseModel):
    """A campaign as its author wrote it, wherever its audience stands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Slug | None = None
    name: Name
    senders: list[EmailAddress] = Field(min_length=1)
    purpose: Purpose = Purpose.SALES
    stop_on: list[StopRule] = list(StopRule)
    on_soft_bounce: SoftBounces | None = None
    on_reply: OnReply | None = None
    channel: str | None = None
    fallback: bool = False
    tracking: TrackingField = Tracking()
    footer: FooterField = FooterWish()
    start: LocalTime | None = None
    """Nothing leaves before it; a launched campaign waits for it."""
    not_after: LocalTime | None = None
    """For every step that names none of its own."""
    steps: list[StepFile] = Field(min_length=1, max_length=50)

    @property
    def settings(self) -> CampaignSettings:
        """The part that the ledger keeps as the campaign's settings."""
        return CampaignSettings(
            name=self.name,
            purpose=self.purpose,
            stop_on=self.stop_on,
            on_soft_bounce=self.on_soft_bounce,
            on_reply=self.on_reply,
            senders=self.senders,
            channel=self.channel,
            fallback=self.fallback,
            tracking=self.tracking,
            footer=self.footer,
        )

    def settings_of(self, position: int) -> StepSettings:
        """Return what the ledger keeps of a step, with the campaign's own dates."""
        settings = self.steps[position].settings
        dates = {"not_after": settings.not_after or self.not_after}
        if position == 0:
            dates["not_before"] = settings.not_before or self.start
        return settings.model_copy(update=dates)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        refuse("WrittenCampaign", self._faults())
        return self

    def _faults(self) -> Iterator[tuple[Place, str]]:
        yield from faults_of_order(self.steps)
        untold = dict(self._untold())
        for n, step in enumerate(self.steps):
            for name, condition in (("if", step.only_if), ("unless", step.unless)):
                for deed, _ in () if condition is None else condition.deeds:
                    if deed in untold:
                        yield ("steps", n, name, deed), untold[deed]
                    elif deed is Deed.REPLIED and StopRule.REPLY in self.stop_on:
                        fault = "whoever replied has left; take reply out of stop_on"
                        yield ("steps", n, name, deed), fault
            if step.winner is not None and step.winner.by in untold:
                yield ("steps", n, "winner", "by"), untold[step.winner.by]
        if self.start is not None and self.steps[0].not_before is not None:
            yield ("steps", 0, "not_before"), "stands beside the campaign's start; keep one of them"
        for n, sender in enumerate(self.senders):
            if sender in self.senders[:n]:
                yield ("senders", n), f"{sender} stands here twice; remove one"

    def _untold(self) -> Iterator[tuple[str, str]]:
        """Yield what nobody learns of people, and why."""
        if not self.tracking.opens:
            how = "give the campaign tracking: {opens: true}"
            yield Deed.OPENED, f"nothing tells who opened; {how}"
        if not self.tracking.links:
            how = "give the campaign tracking: {links: true}"
            yield Deed.CLICKED, f"nothing tells who clicked; {how}"


class CampaignFile(WrittenCampaign):
    """A campaign file; paths in it are those of existing files."""

    audience: File


def load_campaign(path: Path) -> CampaignFile:
    """Read a campaign file; paths in it are relative to its directory.

    `${NAME}` has no meaning here: what authors write is mailed, the environment holds secrets.

    Raises:
        FileError: the file is not as it must be; every fault has its line and field.
    """
    return load_model(path, CampaignFile, context={"directory": path.absolute().parent})
