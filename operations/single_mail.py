"""A single mail as a campaign of one person and one step, on the same road as every other."""

import secrets
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from operations.definition import Definition
from operations.opening import parsed
from operations.refusal import Refused
from postroad.campaign.audience import AudienceRow
from postroad.campaign.bodies import build_template
from postroad.campaign.file import CampaignSettings
from postroad.campaign.step import StepFile, StepSettings
from postroad.campaign.template import StepTemplate, TextError
from postroad.field_errors import say_errors, say_place
from postroad.ledger.staging import StagedStep
from postroad.plugins import Plugin

_STEP = "mail"
_ROW = 1


def define_single_mail(
    *,
    sender: str,
    recipient: str,
    subject: str,
    text: str | None = None,
    body: Path | None = None,
    channel: str | None = None,
    plugin: Plugin | None = None,
    attachments: Sequence[Path] = (),
) -> Definition:
    """Define a campaign that sends one mail; nothing in its texts is a template.

    Args:
        sender: the rep's address.
        recipient: whom to write to.
        subject: the subject.
        text: the mail as plain text; this or `body`.
        body: a file in Markdown, HTML or text.
        channel: instead of the sender's default channel.
        plugin: the mail plugin it was written in.
        attachments: files to attach.

    Raises:
        Refused: an address or a file is not as it must be.
    """
    to = parsed(recipient)
    template, files = _template(subject, text, body, attachments)
    settings = CampaignSettings(
        name="Single mail",
        senders=(parsed(sender).address,),
        channel=channel,
        plugin=plugin,
        interactive=True,
    )
    row = AudienceRow(_ROW, to.recipient, to.address, to.domain, {}, None, None)
    return Definition(
        id=f"send-{secrets.token_hex(5)}",
        settings=settings,
        steps=(StagedStep(_STEP, StepSettings(), template),),
        files=files,
        rows=lambda: [row],
        source="this mail",
    )


def _template(
    subject: str, text: str | None, body: Path | None, attachments: Sequence[Path]
) -> tuple[StepTemplate, dict[str, bytes]]:
    described = {
        "id": _STEP,
        "subject": subject,
        "text": text,
        "body": body,
        "attachments": list(attachments),
    }
    try:
        step = StepFile.model_validate(described, context={"directory": Path()})
        template, files = build_template(step)
    except ValidationError as error:
        place, sentence = next(say_errors(StepFile, described, error))
        raise Refused(f"{say_place(place)} {sentence}".strip()) from None
    except TextError as error:
        raise Refused(str(error)) from None
    literal = StepTemplate(
        subject=_literal(template.subject),
        text=None if template.text is None else _literal(template.text),
        html=None if template.html is None else _literal(template.html),
        attachments=template.attachments,
    )
    return literal, files


def _literal(text: str) -> str:
    """Return a template that renders to exactly this text: every tag begins with a brace."""
    return text.replace("{", "{{ '{' }}")
