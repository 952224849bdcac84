"""Previews: a template, or a step of a campaign, as one person would get it."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from activities.composing import Unsendable
from operations.changing_steps import StepEdit
from operations.definition import Definition, Rows, read_definition
from operations.library import find_named, with_library
from operations.opening import parsed, unknown_campaign
from operations.refusal import Refused
from operations.sample import SampleMail, render_sample
from postroad.campaign.audience import AudienceRow, open_audience
from postroad.campaign.bodies import build_template
from postroad.campaign.file import CampaignSettings
from postroad.campaign.step import StepFile, StepSettings
from postroad.campaign.template import AttachmentRef, TextError, unknown_fields
from postroad.field_errors import did_you_mean
from postroad.ledger.additions import current_steps
from postroad.ledger.audience_rows import row_of_person
from postroad.ledger.engine import Ledger
from postroad.ledger.organisation import load_organisation
from postroad.ledger.overview import campaign_state
from postroad.ledger.staging import StagedStep
from postroad.ledger.steps import load_attachments, load_settings
from postroad.ledger.workspace import list_senders
from postroad.workspace import Sender

_CAMPAIGN_FILES = (".yaml", ".yml")
_NO_SUBJECT = "(the subject of the step before, as an answer)"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be previewed, and for whom."""

    text: str
    """A template, a campaign's id, or a campaign file."""
    step: str | None
    """The campaign's step; None for a template."""
    address: str
    people: Path | None = None
    """A CSV in which the person stands; None for whom the ledger or the campaign file knows."""
    sender: str | None = None
    """Who writes; None for the person's own sender."""
    variant: str | None = None
    """One of the step's variants; None for all of them."""


@dataclass(frozen=True, slots=True)
class Previewed:
    """A mail as one person would get it."""

    mail: SampleMail
    sender: Sender
    attachments: tuple[AttachmentRef, ...]
    files: Mapping[str, bytes]
    """Contents by SHA-256, those of the attachments among them."""


def preview(ledger: Ledger, wanted: Wanted, now: int) -> list[Previewed]:
    """Compose a text for one person, as it would be sent now; each variant of a step is one mail.

    Raises:
        FileError: the campaign file or the CSV cannot be read.
        Refused: there is no such text, step or person, or it cannot be sent to them.
    """
    definition, step = _define(ledger, wanted)
    return _previewed(ledger, definition, step, wanted, now)


def preview_edit(ledger: Ledger, edit: StepEdit, address: str, variant: str, now: int) -> Previewed:
    """Compose a step as it is to be, for one person of its campaign.

    Args:
        ledger: where the campaign is.
        edit: the step as it is to be.
        address: the person's.
        variant: which of the step's variants; empty where it has none.
        now: the present instant.

    Raises:
        Refused: the campaign has no such person, or the mail cannot be sent to them.
    """
    now_is = _of_campaign(ledger, edit.campaign)
    steps = tuple(edit.after if step.id == edit.after.id else step for step in now_is.steps)
    definition = replace(now_is, steps=steps, files={**now_is.files, **edit.files})
    wanted = Wanted(edit.campaign, edit.after.id, address, variant=variant or None)
    return _previewed(ledger, definition, edit.after, wanted, now)[0]


def _previewed(
    ledger: Ledger, definition: Definition, step: StagedStep, wanted: Wanted, now: int
) -> list[Previewed]:
    with ledger.read() as connection:
        row = _person(connection, wanted, definition)
        sender = _sender(connection, wanted, definition, row)
        organisation = load_organisation(connection)
    _refuse_unknown_fields(step, row)
    try:
        sample = render_sample(definition, row, sender, organisation, now)
    except Unsendable as error:
        raise Refused(f"{row.recipient} cannot be sent this: {error}") from None
    mails = (mail for mail in sample.mails if mail.step == step.id)
    previewed = [
        Previewed(mail, sender, template.attachments, definition.files)
        for mail, template in zip(mails, step.templates, strict=True)
    ]
    return previewed if wanted.variant is None else [_variant(previewed, step, wanted.variant)]


def standalone_html(previewed: Previewed) -> str:
    """Return a mail's HTML with its inline images in it, for a browser.

    Raises:
        Refused: the mail has no HTML.
    """
    html = previewed.mail.html
    if html is None:
        raise Refused("this mail is text alone: it has no HTML")
    for reference in previewed.attachments:
        if reference.content_id is not None:
            content = base64.b64encode(previewed.files[reference.sha256]).decode()
            inside = f"data:{reference.content_type};base64,{content}"
            html = html.replace(f"cid:{reference.content_id}", inside)
    return html


def _variant(previewed: list[Previewed], step: StagedStep, name: str) -> Previewed:
    variants = {one.mail.variant: one for one in previewed if one.mail.variant is not None}
    if name not in variants:
        raise Refused(f"step {step.id} has no variant {name!r}; {did_you_mean(name, variants)}")
    return variants[name]


def _define(ledger: Ledger, wanted: Wanted) -> tuple[Definition, StagedStep]:
    """Return a campaign, and the step of it that is to be previewed."""
    if wanted.step is None:
        definition = _of_template(ledger, wanted.text)
        return definition, definition.steps[0]
    if Path(wanted.text).suffix in _CAMPAIGN_FILES:
        definition = read_definition(ledger, Path(wanted.text))
    else:
        definition = _of_campaign(ledger, wanted.text)
    steps = {step.id: step for step in definition.steps}
    if wanted.step not in steps:
        way_out = did_you_mean(wanted.step, steps)
        raise Refused(f"{definition.id} has no step {wanted.step!r}; {way_out}")
    return definition, steps[wanted.step]


def _of_template(ledger: Ledger, reference: str) -> Definition:
    with ledger.read() as connection:
        if find_named(connection, reference).kind != "template":
            raise Refused(f"{reference} is a snippet: preview a text that names it")
        step = StepFile(id="preview", template=reference, thread="reply")
        try:
            template, files = with_library(connection, build_template)(step)
        except TextError as error:
            raise Refused(str(error)) from None
    shown = template.model_copy(update={"subject": template.subject.strip() or _NO_SUBJECT})
    steps = (StagedStep(step.id, StepSettings(), shown),)
    settings = CampaignSettings(name=reference)
    return Definition("preview", settings, steps, files, list, reference)


def _of_campaign(ledger: Ledger, campaign: str) -> Definition:
    with ledger.read() as connection:
        if campaign_state(connection, campaign) is None:
            raise unknown_campaign(campaign)
        steps = current_steps(connection, campaign)
        files: dict[str, bytes] = {}
        for step in steps:
            for template in step.templates:
                files |= load_attachments(connection, template)
        settings = load_settings(connection, campaign)
    return Definition(campaign, settings, steps, files, list, campaign)


def _person(connection: Connection, wanted: Wanted, definition: Definition) -> AudienceRow:
    address = parsed(wanted.address).address
    if wanted.people is not None:
        place = str(wanted.people)
        rows: Rows = open_audience(wanted.people).rows()
    else:
        place, rows = definition.source, definition.rows()
    for row in rows:
        if isinstance(row, AudienceRow) and row.address == address:
            return row
    if wanted.people is None:
        campaign = None if wanted.step is None else definition.id
        known = row_of_person(connection, address, campaign)
        if known is not None:
            return known
    raise Refused(f"{place} has nobody with the address {address}; --csv names a file of people")


def _sender(
    connection: Connection, wanted: Wanted, definition: Definition, row: AudienceRow
) -> Sender:
    senders = {sender.email: sender for sender in list_senders(connection)}
    named = None if wanted.sender is None else parsed(wanted.sender).address
    likely = [named, row.sender, *definition.settings.senders, *senders]
    email = next((one for one in likely if one is not None), None)
    if email is None:
        raise Refused("the workspace has no sender yet: `postroad apply WORKSPACE.yaml`")
    if email not in senders:
        way_out = did_you_mean(email, senders)
        raise Refused(f"the workspace has no sender {email!r}; {way_out}")
    return senders[email]


def _refuse_unknown_fields(step: StagedStep, row: AudienceRow) -> None:
    for template in step.templates:
        for unknown in unknown_fields(template, frozenset(row.fields)):
            name = unknown.field.rpartition(".")[2]
            raise Refused(f"{unknown}; {did_you_mean(name, row.fields)}")
