"""A single mail as a campaign of one person and one step, on the same road as every other."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from operations.definition import Definition
from operations.opening import parsed
from operations.refusal import Refused
from postroad.campaign.audience import AudienceRow
from postroad.campaign.bodies import build_template, build_template_of_content
from postroad.campaign.file import CampaignSettings
from postroad.campaign.step import StepFile, StepSettings
from postroad.campaign.template import StepTemplate, TextError
from postroad.field_errors import say_errors, say_place
from postroad.ledger.staging import StagedStep
from postroad.plugins import Plugin

Built = tuple[StepTemplate, dict[str, bytes]]
"""A step's template, and its files by their SHA-256."""

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
    written = {"subject": subject, "text": text, "body": body, "attachments": list(attachments)}
    built = _build(written, Path(), build_template)
    return _define(None, sender, recipient, built, channel, plugin)


def define_told_mail(
    *,
    campaign_id: str | None = None,
    sender: str,
    recipient: str,
    subject: str,
    text: str | None = None,
    html: str | None = None,
    channel: str | None = None,
    plugin: Plugin | None = None,
    attachments: Mapping[str, bytes],
) -> Definition:
    """Define the same of what a program says: files by their content, never by a path.

    Args:
        campaign_id: instead of one that is made up.
        sender: the rep's address.
        recipient: whom to write to.
        subject: the subject.
        text: the mail as plain text.
        html: the mail as HTML; made into text as well where no text is given.
        channel: instead of the sender's default channel.
        plugin: the mail plugin it was written in.
        attachments: files to attach, by their names; an image that the HTML shows is shown inline.

    Raises:
        Refused: an address or a text is not as it must be.
    """
    written = {"subject": subject, "text": text, "html": html}
    built = _build(written, None, lambda step: build_template_of_content(step, attachments))
    return _define(campaign_id, sender, recipient, built, channel, plugin)


def _define(
    campaign_id: str | None,
    sender: str,
    recipient: str,
    built: Built,
    channel: str | None,
    plugin: Plugin | None,
) -> Definition:
    to = parsed(recipient)
    template, files = built
    settings = CampaignSettings(
        name="Single mail",
        senders=[parsed(sender).address],
        channel=channel,
        plugin=plugin,
        interactive=True,
    )
    row = AudienceRow(_ROW, to.recipient, to.address, to.domain, {}, None, None)
    return Definition(
        id=campaign_id or f"send-{secrets.token_hex(5)}",
        settings=settings,
        steps=(StagedStep(_STEP, StepSettings(), template),),
        files=files,
        rows=lambda: [row],
        source="this mail",
    )


def _build(
    written: dict[str, Any], directory: Path | None, build: Callable[[StepFile], Built]
) -> Built:
    """Build a mail's template; where there is no directory, no file of ours is looked at."""
    described = {"id": _STEP, **written}
    try:
        step = StepFile.model_validate(described, context={"directory": directory})
        template, files = build(step)
    except ValidationError as error:
        place, sentence = next(say_errors(StepFile, described, error))
        raise Refused(f"{say_place(place)} {sentence}".strip()) from None
    except TextError as error:
        raise Refused(str(error)) from None
    untouched = StepTemplate(
        subject=literal(template.subject),
        text=None if template.text is None else literal(template.text),
        html=None if template.html is None else literal(template.html),
        attachments=template.attachments,
    )
    return untouched, files


def literal(text: str) -> str:
    """Return a template that renders to exactly this text: every tag begins with a brace."""
    return text.replace("{", "{{ '{' }}")
