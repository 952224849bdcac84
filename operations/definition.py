"""A campaign as it is to be launched: read from its file, and checked against the workspace."""

import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from postroad.campaign.audience import AudienceRow, RejectedRow, open_audience
from postroad.campaign.bodies import build_template
from postroad.campaign.file import CampaignFile, CampaignSettings, load_campaign
from postroad.campaign.schedule import Window
from postroad.campaign.template import TextError, links_to_unsubscribe, unknown_fields
from postroad.field_errors import did_you_mean
from postroad.ledger.organisation import load_organisation
from postroad.ledger.staging import StagedStep
from postroad.ledger.workspace import channel_ids, list_senders
from postroad.names import check_slug
from postroad.workspace import Organisation, Sender
from postroad.yaml_file import FileError

Rows = Iterable[AudienceRow | RejectedRow]

_SLUG_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Definition:
    """A campaign that is ready to be staged."""

    id: str
    settings: CampaignSettings
    steps: tuple[StagedStep, ...]
    files: Mapping[str, bytes]
    """Attachments by their SHA-256."""
    rows: Callable[[], Rows]
    """Reads the audience from its beginning."""
    source: str
    """Where it is described, for error messages."""

    @property
    def mails(self) -> list[StagedStep]:
        """The steps that are mailed."""
        return [step for step in self.steps if step.settings.task is None]


def read_definition(path: Path, campaign_id: str | None = None) -> Definition:
    """Read a campaign file, its texts, its attachments and its audience's header.

    Args:
        path: the campaign file.
        campaign_id: goes before the id in the file; where neither is given, one is made up.

    Raises:
        FileError: something is not as it must be, for instance a text names a field that the
            audience does not have.
    """
    file = load_campaign(path)
    audience = open_audience(file.audience)
    files: dict[str, bytes] = {}
    faults: list[str] = []
    steps: list[StagedStep] = []
    for position, step in enumerate(file.steps):
        try:
            template, attached = build_template(step)
            unknown = unknown_fields(template, frozenset(audience.fields))
        except TextError as error:
            faults.append(f"{path}: step {step.id}: {error}")
            continue
        files |= attached
        steps.append(StagedStep(step.id, file.settings_of(position), template))
        faults += [
            f"{path}: step {step.id}: people have no field {name!r}, which its condition names; "
            f"{did_you_mean(name, audience.fields)}"
            for name in sorted(step.fields_asked - set(audience.fields))
        ]
        faults += [
            f"{path}: step {step.id}: {field}; "
            f"{did_you_mean(field.field.rpartition('.')[2], audience.fields)}"
            for field in unknown
        ]
    if faults:
        raise FileError(*faults)
    return Definition(
        id=_campaign_id(path, file, campaign_id),
        settings=file.settings,
        steps=tuple(steps),
        files=files,
        rows=audience.rows,
        source=str(path),
    )


def check_workspace(connection: Connection, definition: Definition) -> dict[str, Sender]:
    """Return the workspace's senders by address.

    Raises:
        FileError: the campaign names a sender, a channel or a link that the workspace lacks.
    """
    senders = {sender.email: sender for sender in list_senders(connection)}
    if not senders:
        raise FileError("the workspace has no sender yet: `postroad apply WORKSPACE.yaml`")
    named = [("sender", email) for email in definition.settings.senders if email not in senders]
    channels = channel_ids(connection)
    wanted = [definition.settings.channel, *(step.settings.channel for step in definition.steps)]
    named += [("channel", name) for name in wanted if name is not None and name not in channels]
    faults = [
        f"{definition.source}: the workspace has no {part} {name!r}; "
        f"{did_you_mean(name, senders if part == 'sender' else channels)}"
        for part, name in dict.fromkeys(named)
    ]
    organisation = load_organisation(connection)
    faults += _links_to_nowhere(organisation, definition)
    if faults:
        raise FileError(*faults)
    return senders


def with_default_window(connection: Connection, definition: Definition) -> Definition:
    """Give each step what it leaves open: the organisation's window, or that window's holidays.

    Mail that a person waits for leaves at any time.
    """
    organisation = load_organisation(connection)
    default = None if organisation is None else organisation.window
    if default is None or definition.settings.interactive:
        return definition
    steps = (
        replace(step, settings=step.settings.model_copy(update={"window": _window(step, default)}))
        for step in definition.steps
    )
    return replace(definition, steps=tuple(steps))


def _window(step: StagedStep, default: Window) -> Window:
    own = step.settings.window
    if own is None:
        return default
    if own.holidays is None:
        return own.model_copy(update={"holidays": default.holidays})
    return own


def _links_to_nowhere(organisation: Organisation | None, definition: Definition) -> Iterator[str]:
    if organisation is not None and organisation.public_url is not None:
        return
    tracked = organisation is not None and organisation.tracking_url is not None
    if definition.settings.tracking and not tracked:
        yield (
            f"{definition.source}: tracking needs a web address of yours; set public_url or "
            "tracking_url in the workspace file's organisation, or take tracking out"
        )
    for step in definition.steps:
        if links_to_unsubscribe(step.template):
            yield (
                f"{definition.source}: step {step.id}: there is no unsubscribe_url; set public_url "
                "in the workspace file's organisation"
            )


def new_campaign_id(name: str) -> str:
    """Make up an id from a campaign's name, the day and a few random digits."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_name)[:_SLUG_LENGTH].strip("-") or "campaign"
    return f"{slug}-{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(2)}"


def _campaign_id(path: Path, file: CampaignFile, given: str | None) -> str:
    if given is None:
        return file.id or new_campaign_id(file.name)
    try:
        return check_slug(given)
    except ValueError as error:
        raise FileError(f"{path}: the id {given!r} {error}") from None
