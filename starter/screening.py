"""Screening the audience before a launch: no mail may leave with a hole in it.

Rendering every step for everybody would take minutes for a large audience. A text fails only for
an empty field that it names, so only the people with one, and the first few, are rendered.
"""

from collections.abc import Iterator, Mapping

from postroad.campaign.audience import AudienceRow, RejectedRow, RejectionReason
from postroad.campaign.mime import fields_of
from postroad.campaign.template import (
    BlankFieldError,
    CompiledTemplate,
    TextError,
    unknown_fields,
)
from postroad.ledger.enrolment import sender_of
from postroad.workspace import Sender
from postroad.yaml_file import FileError
from starter.definition import Definition

_ALWAYS_RENDERED = 100
_PERSON = "person."


class Screening:
    """Rejects people for whom a step cannot be rendered; refuses texts that fail by themselves."""

    def __init__(self, definition: Definition, senders: Mapping[str, Sender]) -> None:
        self._definition = definition
        self._senders = senders
        self._compiled = [CompiledTemplate(step.template) for step in definition.steps]
        # To an audience without any column, every field that a text needs is unknown.
        self._needed = {
            unknown.field.removeprefix(_PERSON)
            for step in definition.steps
            for unknown in unknown_fields(step.template, frozenset())
        }

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
            suspect = any(not row.fields.get(name) for name in self._needed)
            yield self._render(row) if suspect or people <= _ALWAYS_RENDERED else row

    def _render(self, row: AudienceRow) -> AudienceRow | RejectedRow:
        sender = self._senders.get(sender_of(row, self._definition.settings))
        if sender is None:
            return row  # rejected by name when it is enrolled
        person = fields_of(row.fields, row.recipient)
        for step, compiled in zip(self._definition.steps, self._compiled, strict=True):
            try:
                compiled.render(person, sender_fields(sender))
            except BlankFieldError as error:
                detail = f"step {step.id} needs {error.field}, which is empty"
                return RejectedRow(row.row, row.recipient, RejectionReason.BLANK_FIELD, detail)
            except TextError as error:
                raise FileError(
                    f"{self._definition.source}: step {step.id}: {error} (row {row.row})"
                ) from None
        return row


def sender_fields(sender: Sender) -> dict[str, str]:
    """Return what templates see of a sender."""
    return {"email": sender.email, "name": sender.name, "signature": sender.signature}
