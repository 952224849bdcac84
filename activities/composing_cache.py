"""Loading what composing needs, and keeping compiled texts from one wave to the next."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from activities.composing import Composing, StepWriting, Writer, Writing
from postroad.campaign.file import CampaignSettings
from postroad.campaign.footer import Footer, footer_of
from postroad.campaign.template import CompiledTemplate, compile_template
from postroad.contracts import SendWave
from postroad.ledger.days_off import load_steps_for
from postroad.ledger.engine import Ledger
from postroad.ledger.steps import (
    CampaignStep,
    load_attachments,
    load_settings,
    load_template,
    load_texts_before,
)
from postroad.ledger.tables import Organisation, Sender
from postroad.secrets import SecretBox
from postroad.tracking.tokens import TrackingTokens
from postroad.tracking.tracker import Tracker
from postroad.unsubscribe_links import PAGE, UnsubscribeTokens, WaysOut

_KEPT = 500
_Key = tuple[str, Writer, int, int]


class ComposingCache:
    """The texts of this worker's campaigns, compiled once per version and sender."""

    def __init__(self, ledger: Ledger, secrets: SecretBox) -> None:
        self._ledger = ledger
        self._unsubscribing = UnsubscribeTokens(secrets)
        self._tracking = TrackingTokens(secrets)
        self._writings: OrderedDict[_Key, Writing] = OrderedDict()

    def load(self, request: SendWave, inbox: str | None) -> Composing:
        """Return what composes this wave, with the texts as they stand now.

        Args:
            request: the wave.
            inbox: the address behind its channel whose mail is read; None where there is none.
        """
        with self._ledger.read() as connection:
            writer = _writer(connection, request)
            steps, _ = load_steps_for(connection, request.campaign_id, request.sender)
            writings = [
                self._writing(connection, request.campaign_id, writer, step) for step in steps
            ]
            quotable = _quotable(connection, request.campaign_id, steps)
            settings = load_settings(connection, request.campaign_id)
            organisation = connection.scalar(select(Organisation.settings)) or {}
        public_url = organisation.get("public_url")
        tracking_url = organisation.get("tracking_url") or public_url
        return Composing(
            request.campaign_id,
            writer,
            writings,
            quotable,
            None if settings.interactive else WaysOut(self._unsubscribing, public_url, inbox),
            self._tracker(settings, tracking_url, public_url),
            _footer(settings, organisation),
        )

    def _tracker(
        self, settings: CampaignSettings, tracking_url: str | None, public_url: str | None
    ) -> Tracker | None:
        if not settings.tracking or tracking_url is None:
            return None
        return Tracker(
            tokens=self._tracking,
            url=tracking_url,
            unsubscribing=None if public_url is None else f"{public_url}{PAGE}/",
            opens=settings.tracking.opens,
            links=settings.tracking.links,
        )

    def _writing(
        self, connection: Connection, campaign_id: str, writer: Writer, step: CampaignStep
    ) -> StepWriting:
        texts: dict[int, Writing] = {}
        for version in step.versions:
            key = (campaign_id, writer, step.position, version)
            if key not in self._writings:
                template = load_template(connection, campaign_id, step.position, version)
                files = load_attachments(connection, template)
                self._writings[key] = Writing.of(template, files, writer)
            texts[version] = self._writings[key]
            while len(self._writings) > _KEPT:
                self._writings.popitem(last=False)
        return StepWriting(step, texts)


def _footer(settings: CampaignSettings, organisation: Mapping[str, str]) -> Footer | None:
    """Return what stands below a campaign's mails; one from a person to another needs none."""
    if settings.interactive:
        return None
    return footer_of(settings.footer, organisation.get("postal_address"))


def _quotable(
    connection: Connection, campaign_id: str, steps: Sequence[CampaignStep]
) -> dict[tuple[int, int], CompiledTemplate]:
    """Return every text that a step may quote, or answer with its subject, as it was sent."""
    several = any(step.version > 1 or step.variants for step in steps)
    last = max((step.position for step in steps if _looks_back(step, several=several)), default=0)
    texts = load_texts_before(connection, campaign_id, last) if last else {}
    return {place: compile_template(template) for place, template in texts.items()}


def _looks_back(step: CampaignStep, *, several: bool) -> bool:
    settings = step.settings
    return settings.quote or (several and settings.thread == "reply")


def _writer(connection: Connection, request: SendWave) -> Writer:
    row = connection.execute(select(Sender).where(Sender.email == request.sender)).one()
    return Writer(
        email=row.email,
        name=row.name,
        timezone=row.timezone,
        signature=row.settings.get("signature") or "",
    )
