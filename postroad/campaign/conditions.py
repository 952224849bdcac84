"""Conditions of a step: what a person did, or what is known of them, decides if they get it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from postroad.campaign.audience import field_name
from postroad.names import Slug

ANY = "any"
"""Names every step before."""


class Deed(StrEnum):
    """What a person, or whoever did a task for them, may have done about a step."""

    OPENED = "opened"
    CLICKED = "clicked"
    REPLIED = "replied"
    DONE = "done"
    """The step is a manual task, and was completed rather than skipped."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a person when a step of theirs falls due."""

    fields: Mapping[str, str]
    deeds: frozenset[tuple[Deed, str]] = field(default_factory=frozenset[tuple[Deed, str]])
    """With the ids of the steps that they are about."""


def _as_list(values: object) -> object:
    return values if isinstance(values, list) else [values]


def _as_text(value: object) -> object:
    """Take a number as the text that a column of the audience holds."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


_Value = Annotated[str, BeforeValidator(_as_text)]
_Values = Annotated[list[_Value], BeforeValidator(_as_list), Field(min_length=1)]
_FieldName = Annotated[str, AfterValidator(field_name)]


class Condition(BaseModel):
    """All that it names must hold; each step is the id of an earlier one, or `any`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opened: Slug | None = None
    clicked: Slug | None = None
    replied: Slug | None = None
    done: Slug | None = None
    field: dict[_FieldName, _Values] = Field(default_factory=dict[str, list[str]])
    """Columns of the audience with the values they may have; upper and lower case are the same."""

    @property
    def deeds(self) -> Iterator[tuple[Deed, str]]:
        """What must have been done, with the id of the step."""
        for deed in Deed:
            step: str | None = getattr(self, deed)
            if step is not None:
                yield deed, step

    def holds(self, known: Known) -> bool:
        """Whether all of it is so."""
        return all(_was_done(known, deed, step) for deed, step in self.deeds) and all(
            _plain(known.fields.get(name, "")) in map(_plain, values)
            for name, values in self.field.items()
        )

    def __str__(self) -> str:
        """Say it in a few words."""
        parts = [f"{deed} {step}" for deed, step in self.deeds]
        parts += [f"{name} is {' or '.join(values)}" for name, values in self.field.items()]
        return ", ".join(parts)

    @model_validator(mode="after")
    def _says_something(self) -> "Condition":
        if not self.field and not any(self.deeds):
            raise ValueError(f"names nothing; give one of {', '.join(Deed)}, field")
        return self


def _was_done(known: Known, deed: Deed, step: str) -> bool:
    if step == ANY:
        return any(done == deed for done, _ in known.deeds)
    return (deed, step) in known.deeds


def _plain(value: str) -> str:
    return " ".join(value.split()).casefold()
