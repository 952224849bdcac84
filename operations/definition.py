"""A campaign as it is to be launched: read from its file, and checked against the workspace."""

import re
import secrets
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from operations.library import Build, with_library
from postroad.campaign.audience import AudienceRow, RejectedRow, open_audience
from postroad.campaign.bodies import build_template
from postroad.campaign.file import (
    CampaignFile,
    CampaignSettings,
    WrittenCampaign,
    load_campaign,
)
from postroad.campaign.mail_size import encoded_size
from postroad.campaign.step import StepFile
from postroad.campaign.template import (
    StepTemplate,
    TextError,
    links_to_unsubscribe,
    unknown_fields,
)
from postroad.channels.mail_sizes import MEGABYTE
from postroad.channels.selection import Chosen, choose_channel
from postroad.field_errors import did_you_mean
from postroad.ledger.channel_options import load_options, load_wish
from postroad.ledger.engine import Ledger
from postroad.ledger.organisation import load_organisation
from postroad.ledger.staging import StagedStep, StagedVariant
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


def read_definition(ledger: Ledger, path: Path, campaign_id: str | None = None) -> Definition:
    """Read a campaign file, its texts, its attachments and its audience's header.

    Args:
        ledger: where the shared library is.
        path: the campaign file.
        campaign_id: goes before the id in the file; where neither is given, one is made up.

    Raises:
        FileError: something is not as it must be, for instance a text names a field that the
            audience does not have.
    """
    file = load_campaign(path)
    audience = open_audience(file.audience)
    with ledger.read() as connection:
        return define(
            _campaign_id(path, file, campaign_id),
            file,
            with_library(connection, build_template),
            audience.fields,
            audience.rows,
            source=str(path),
        )


def define(
    campaign_id: str,
    written: WrittenCampaign,
    build: Build,
    fields: Collection[str],
    rows: Callable[[], Rows],
    *,
    source: str,
) -> Definition:
    """Build the steps' texts, and check that everything in them is there.

    Args:
        campaign_id: the campaign's id.
        written: what its author wrote.
        build: makes a step's template, with its files by their SHA-256.
        fields: what the audience says of each person.
        rows: reads the audience from its beginning.
        source: where it is described, for error messages.

    Raises:
        FileError: something is not as it must be, for instance a text names a field that the
            audience does not have.
    """
    files: dict[str, bytes] = {}
    faults: list[str] = []
    steps: list[StagedStep] = []
    for position, step in enumerate(written.steps):
        try:
            templates, attached = _build_texts(step, build)
            unknown = [one for text in templates for one in unknown_fields(text, frozenset(fields))]
        except TextError as error:
            faults.append(f"{source}: step {step.id}: {error}")
            continue
        files |= attached
        variants = tuple(
            StagedVariant(variant.id, variant.weight, template)
            for variant, template in zip(step.variants, templates, strict=False)
        )
        steps.append(StagedStep(step.id, written.settings_of(position), templates[0], variants))
        faults += [
            f"{source}: step {step.id}: people have no field {name!r}, which its condition names; "
            f"{did_you_mean(name, fields)}"
            for name in sorted(step.fields_asked - set(fields))
        ]
        faults += [
            f"{source}: step {step.id}: {field}; "
            f"{did_you_mean(field.field.rpartition('.')[2], fields)}"
            for field in dict.fromkeys(unknown)
        ]
    if faults:
        raise FileError(*faults)
    return Definition(campaign_id, written.settings, tuple(steps), files, rows, source)


def _build_texts(step: StepFile, build: Build) -> tuple[list[StepTemplate], dict[str, bytes]]:
    """Build a step's text, or those of its variants, with all their files."""
    built = [build(step.with_variant(variant)) for variant in step.variants] or [build(step)]
    files = {digest: content for _, attached in built for digest, content in attached.items()}
    return [template for template, _ in built], files


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
    faults += dict.fromkeys(_too_large(connection, definition))
    if faults:
        raise FileError(*faults)
    return senders


def with_default_window(connection: Connection, definition: Definition) -> Definition:
    """Give the organisation's window to each step that names none.

    Days off are looked up whenever something falls due, and not kept. Mail that a person waits
    for leaves at any time.
    """
    organisation = load_organisation(connection)
    if organisation is None or organisation.window is None or definition.settings.interactive:
        return definition
    default = organisation.window.model_copy(update={"holidays": None, "away": None})
    steps = (
        step
        if step.settings.window is not None
        else replace(step, settings=step.settings.model_copy(update={"window": default}))
        for step in definition.steps
    )
    return replace(definition, steps=tuple(steps))


def _links_to_nowhere(organisation: Organisation | None, definition: Definition) -> Iterator[str]:
    links_at = None if organisation is None else organisation.links_at
    if definition.settings.tracking and links_at is None:
        yield (
            f"{definition.source}: tracking needs a web address of yours; set public_url or "
            "tracking_url in the workspace file's organisation, or take tracking out"
        )
    if organisation is not None and organisation.public_url is not None:
        return
    for step in definition.steps:
        if any(map(links_to_unsubscribe, step.templates)):
            yield (
                f"{definition.source}: step {step.id}: there is no unsubscribe_url; set public_url "
                "in the workspace file's organisation"
            )


def _too_large(connection: Connection, definition: Definition) -> Iterator[str]:
    """Yield which mails are larger than the channel takes that they would leave by now."""
    options = load_options(connection)
    for sender in definition.settings.senders:
        wish = load_wish(connection, sender, definition.settings)
        for step in definition.mails:
            choice = choose_channel(replace(wish, step_channel=step.settings.channel), options)
            if not isinstance(choice, Chosen):
                continue
            size, most = _size(step), options[choice.channel].largest_mail
            if most is not None and size > most:
                yield (
                    f"{definition.source}: step {step.id}: the mail has {size / MEGABYTE:.1f} MB "
                    f"once it is encoded, and {choice.channel} takes {most // MEGABYTE}; attach "
                    "less, link to the files, or set the channel's largest_mail"
                )


def _size(step: StagedStep) -> int:
    return max(map(encoded_size, step.templates))


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
