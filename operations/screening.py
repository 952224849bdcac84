"""Screening the audience before a launch: no mail may leave with a hole in it.

Rendering every step for everybody takes minutes for a million people. A text that does nothing
but put fields in fails only where one of them is empty, so it is rendered for those people and
for the first few alone; a text that decides or computes anything is rendered for everybody.
"""

import re
from collections.abc import Iterator, Mapping

from operations.definition import Definition
from postroad.campaign.audience import AudienceRow, RejectedRow, RejectionReason
from postroad.campaign.mime import fields_of
from postroad.campaign.template import (
    BlankFieldError,
    CompiledTemplate,
    StepTemplate,
    TextError,
)
from postroad.ledger.enrolment import sender_of
from postroad.workspace import Sender
from postroad.yaml_file import FileError

_ALWAYS_RENDERED = 100
_PUT_IN = re.compile(r"\{\{-?\s*(person|sender)\.(\w+)\s*-?\}\}")
_TAG = re.compile(r"\{[{%#]")
_SOME_PAGE = "https://unsubscribe.invalid/u/x"
"""Stands for each person's page to unsubscribe on."""


class Screening:
    """Rejects people for whom a step cannot be rendered; refuses texts that fail by themselves."""

    def __init__(self, definition: Definition, senders: Mapping[str, Sender]) -> None:
        self._definition = definition
        self._senders = senders
        self._compiled = [
            (step, CompiledTemplate(template))
            for step in definition.steps
            for template in step.templates
        ]
        sources = [
            source
            for step in definition.steps
            for template in step.templates
            for source in _sources(template)
        ]
        self._render_everybody = any(_TAG.search(_PUT_IN.sub("", source)) for source in sources)
        fields = {found for source in sources for found in _PUT_IN.findall(source)}
        self._of_person = [name for owner, name in fields if owner == "person" and name != "email"]
        self._of_sender = [name for owner, name in fields if owner == "sender"]

    def rows(self) -> Iterator[AudienceRow | RejectedRow]:
        """Read the audience; yield a row as rejected where a step has a hole for this person.

        Raises:
            FileError: a text fails for another reason.
        """
        people = 0
        for row in self._definition.rows():
            if isinstance(row, RejectedRow):
                yield row
                continue
            people += 1
            sender = self._senders.get(sender_of(row, self._definition.settings))
            if sender is None:
                yield row  # rejected by name when it is enrolled
            elif people <= _ALWAYS_RENDERED or self._may_fail(row, sender_fields(sender)):
                yield self._render(row, sender_fields(sender))
            else:
                yield row

    def _may_fail(self, row: AudienceRow, sender: Mapping[str, str]) -> bool:
        return (
            self._render_everybody
            or any(not row.fields.get(name) for name in self._of_person)
            or any(not sender.get(name) for name in self._of_sender)
        )

    def _render(self, row: AudienceRow, sender: Mapping[str, str]) -> AudienceRow | RejectedRow:
        person = fields_of(row.fields, row.recipient)
        for step, compiled in self._compiled:
            try:
                compiled.render(person, sender, _SOME_PAGE)
            except BlankFieldError as error:
                detail = f"step {step.id} needs {error.field}, which is empty"
                return RejectedRow(row.row, row.recipient, RejectionReason.BLANK_FIELD, detail)
            except TextError as error:
                raise FileError(
                    f"{self._definition.source}: step {step.id}: {error} (row {row.row})"
                ) from None
        return row


def _sources(template: StepTemplate) -> Iterator[str]:
    for source in (template.subject, template.text, template.html):
        if source is not None:
            yield source


def sender_fields(sender: Sender) -> dict[str, str]:
    """Return what templates see of a sender."""
    return {"email": sender.email, "name": sender.name, "signature": sender.signature}
