"""A rendered sample of a campaign: the mails that one person would get."""

import secrets
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from pydantic import BaseModel, ConfigDict

from activities.composing import Composing, StepWriting, Writer, Writing
from operations.definition import Definition
from postroad.campaign.audience import AudienceRow
from postroad.campaign.footer import Footer, footer_of
from postroad.campaign.template import StepTemplate, compile_template
from postroad.contracts import MessageState
from postroad.ledger.settlement import Subject
from postroad.ledger.staging import StagedStep
from postroad.ledger.steps import CampaignStep
from postroad.ledger.waves import Earlier, WaveMessage
from postroad.secrets import SecretBox
from postroad.unsubscribe_links import UnsubscribeTokens, WaysOut
from postroad.workspace import Organisation, Sender

_PERSON_KEY = "0" * 16


class SampleMail(BaseModel):
    """One step's mail."""

    model_config = ConfigDict(frozen=True)

    step: str
    variant: str | None = None
    """Which of the step's variants it is; None where it has none."""
    headers: dict[str, str]
    text: str | None
    html: str | None
    attachments: list[str]


class Sample(BaseModel):
    """Every mail that one person would get."""

    model_config = ConfigDict(frozen=True)

    row: int
    sender: str
    recipient: str
    mails: list[SampleMail]


def render_sample(
    definition: Definition,
    row: AudienceRow,
    sender: Sender,
    organisation: Organisation | None,
    now: int,
) -> Sample:
    """Compose every step for one person exactly as it would be sent now.

    Raises:
        Unsendable: a step cannot be made for this person; the sentence says why.
    """
    writer = Writer(
        email=sender.email,
        name=sender.name,
        timezone=sender.timezone,
        signature=sender.signature,
    )
    written = [
        [_written(n, step, template, definition, writer) for template in step.templates]
        for n, step in enumerate(definition.steps)
    ]
    firsts = [alternatives[0] for alternatives in written]
    quotable = {(n, 1): first.texts[1].compiled for n, first in enumerate(firsts)}
    ways_out, footer = _below(definition, organisation)
    mails: list[SampleMail] = []
    earlier: tuple[Earlier, ...] = ()
    for position, step in enumerate(definition.steps):
        if step.settings.task is not None:
            mails.append(_task(step, row, writer))
            continue
        message = _message(definition.id, row, position, earlier)
        names: list[str | None] = [variant.id for variant in step.variants]
        for alternative, name in zip(written[position], names or [None], strict=True):
            steps = [*firsts[:position], alternative, *firsts[position + 1 :]]
            composing = Composing(definition.id, writer, steps, quotable, ways_out, footer=footer)
            outgoing, _ = composing.compose(message, now)
            mails.append(_read(step.id, name, outgoing.content))
        earlier = (*earlier, Earlier(position, outgoing.message_id, None, None, 1, now))
    return Sample(row=row.row, sender=sender.email, recipient=row.recipient, mails=mails)


def _written(
    position: int, step: StagedStep, template: StepTemplate, definition: Definition, writer: Writer
) -> StepWriting:
    """Return a step as those get it who are sent this text."""
    as_sent = CampaignStep(position, step.id, step.settings, version=1)
    return StepWriting(as_sent, {1: Writing.of(template, definition.files, writer)})


def _task(step: StagedStep, row: AudienceRow, writer: Writer) -> SampleMail:
    """Show what whoever does the task is told."""
    person = {**row.fields, "email": row.recipient}
    said = compile_template(step.template).render(person, writer.fields)
    headers = {"Task": step.settings.task or "", "Subject": said.subject}
    return SampleMail(step=step.id, headers=headers, text=said.text, html=None, attachments=[])


def _below(
    definition: Definition, organisation: Organisation | None
) -> tuple[WaysOut | None, Footer | None]:
    """Return what stands below every mail; one from a person to another needs none of it."""
    if definition.settings.interactive:
        return None, None
    if organisation is None:
        return _ways_out(None), None
    footer = footer_of(definition.settings.footer, organisation.postal_address)
    return _ways_out(organisation.public_url), footer


def _ways_out(public_url: str | None) -> WaysOut:
    """Return links as they will look; signed with a key of the moment, they open nothing."""
    return WaysOut(UnsubscribeTokens(SecretBox(secrets.token_urlsafe(32))), public_url, inbox=None)


def _message(
    campaign_id: str, row: AudienceRow, position: int, earlier: tuple[Earlier, ...]
) -> WaveMessage:
    return WaveMessage(
        subject=Subject(0, 0, position, campaign_id, "", row.address),
        state=MessageState.PLANNED,
        attempt=0,
        slot=0,
        deferrals=0,
        version=None,
        recipient=row.recipient,
        person_key=_PERSON_KEY,
        fields=row.fields,
        timezone=row.timezone,
        earlier=earlier,
    )


def _read(step: str, variant: str | None, content: bytes) -> SampleMail:
    """Read a mail as its recipient's program would."""
    mail = message_from_bytes(content, policy=default)
    return SampleMail(
        step=step,
        variant=variant,
        headers={
            name: str(value)
            for name, value in mail.items()
            if not name.lower().startswith(("content-", "mime-"))
        },
        text=_body(mail, "plain"),
        html=_body(mail, "html"),
        attachments=[part.get_filename() or "" for part in mail.iter_attachments()],
    )


def _body(mail: EmailMessage, kind: str) -> str | None:
    part = mail.get_body((kind,))
    return None if part is None else str(part.get_content()).replace("\r\n", "\n")
