"""A campaign as a program tells it: texts, files and people by their content, never by a path."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pydantic import ValidationError

from operations.definition import Definition, define
from operations.library import with_library
from postroad.campaign.bodies import build_template_of_content
from postroad.campaign.file import WrittenCampaign
from postroad.campaign.markdown import markdown_to_html
from postroad.campaign.step import StepFile
from postroad.campaign.template import StepTemplate
from postroad.campaign.told_audience import told_audience
from postroad.field_errors import say_errors, say_place
from postroad.ledger.engine import Ledger
from postroad.yaml_file import FileError

SOURCE = "campaign"

NO_FILES = {"directory": None}
"""Context of models that must not look at files on this machine."""


def define_told_campaign(
    ledger: Ledger,
    campaign_id: str,
    written: Mapping[str, Any],
    attachments: Mapping[str, Mapping[str, bytes]],
    people: Sequence[Mapping[str, str]],
) -> Definition:
    """Define a campaign by what a program says of it.

    Args:
        ledger: where the shared library is.
        campaign_id: the campaign's id.
        written: what a campaign file says, without audience; texts stand in it, and a step may
            have `markdown` in place of both of them.
        attachments: each step's files by its id, and then by their names.
        people: what a row of an audience says, by the names of its columns.

    Raises:
        FileError: something is not as it must be.
    """
    described = {**written, "steps": [_with_markdown(step) for step in written.get("steps", ())]}
    try:
        campaign = WrittenCampaign.model_validate(described, context=NO_FILES)
    except ValidationError as error:
        raise FileError(
            *(
                f"{say_place(place)} {words}".strip()
                for place, words in say_errors(WrittenCampaign, described, error)
            )
        ) from None
    audience = told_audience(people)
    with ledger.read() as connection:
        build = with_library(connection, partial(_build, attachments))
        return define(campaign_id, campaign, build, audience.fields, audience.rows, source=SOURCE)


def _build(
    attachments: Mapping[str, Mapping[str, bytes]], step: StepFile
) -> tuple[StepTemplate, dict[str, bytes]]:
    return build_template_of_content(step, attachments.get(step.id, {}))


def _with_markdown(step: Mapping[str, Any]) -> dict[str, Any]:
    """Return a step whose Markdown was made into text and HTML, as that of a file is."""
    rest = dict(step)
    markdown = rest.pop("markdown", None)
    if markdown is None:
        return rest
    if "text" in rest or "html" in rest:
        raise FileError(f"step {step.get('id')}: markdown stands beside text or html; keep one")
    return {**rest, "text": markdown, "html": markdown_to_html(markdown)}
