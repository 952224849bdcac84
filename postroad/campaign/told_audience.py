"""People whom a program tells one by one, instead of a file: read as rows of a file are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from postroad.campaign.audience import AudienceRow, Columns, RejectedRow, columns_of


@dataclass(frozen=True, slots=True)
class ToldAudience:
    """People who were told; the first one is row 1."""

    people: Sequence[Mapping[str, str]]
    header: tuple[str, ...]
    """Every name that any of them has."""
    columns: Columns

    @property
    def fields(self) -> tuple[str, ...]:
        """The names that templates may use."""
        return tuple(name for name, _ in self.columns.fields)

    def rows(self) -> list[AudienceRow | RejectedRow]:
        """Return every person, or why they cannot be written to."""
        return [
            self.columns.read(number, [person.get(name, "") for name in self.header])
            for number, person in enumerate(self.people, start=1)
        ]


def told_audience(people: Sequence[Mapping[str, str]]) -> ToldAudience:
    """Find out what is told of people; what is not told of one of them is empty.

    Raises:
        FileError: nobody has an address, or a name cannot be used.
    """
    header = tuple(dict.fromkeys(name for person in people for name in person))
    return ToldAudience(people, header, columns_of(header, "people"))
