"""A step of a campaign, as its author wrote it and as the ledger keeps it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from postroad.campaign.conditions import Condition, Known
from postroad.campaign.timing import Timing
from postroad.durations import Duration
from postroad.field_errors import Place, refuse
from postroad.names import Slug

_BODIES = (".md", ".txt", ".html")
_ONLY_OF_MAIL = {"html", "attachments", "thread", "quote", "channel"}


def _find_file(path: Path, info: ValidationInfo) -> Path:
    """Find a file beside the campaign file, and see that it can be read."""
    directory: Path = (info.context or {}).get("directory", Path())
    found = directory / path.expanduser()
    try:
        if found.is_file():
            found.open("rb").close()
            return found
    except (OSError, ValueError):
        raise ValueError(f"{str(path)!r} cannot be read") from None
    raise ValueError(f"there is no file {str(path)!r} in {directory or Path.cwd()}")


def _check_body(path: Path) -> Path:
    if path.suffix.lower() not in _BODIES:
        raise ValueError(f"must end in {', '.join(_BODIES[:-1])} or {_BODIES[-1]}")
    return path


File = Annotated[Path, AfterValidator(_find_file)]
Inline = Annotated[str, StringConstraints(min_length=1)]


class StepSettings(Timing):
    """What the ledger keeps of a step beside its text."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True)

    thread: Literal["new", "reply"] = "new"
    """Whether it answers the step before in the same conversation."""
    quote: bool = False
    """Whether what was sent before is quoted below it."""
    channel: str | None = None
    """Overrides the campaign's channel."""
    only_if: Condition | None = Field(default=None, alias="if")
    """Whoever it does not hold for goes on with the next step."""
    unless: Condition | None = None
    """Whoever it holds for goes on with the next step."""
    task: Slug | None = None
    """What somebody does for the person, such as `call` or `linkedin`; nothing is mailed."""
    due_within: Duration | None = None
    """How long a task may take once it is open."""

    @property
    def fields_asked(self) -> set[str]:
        """The columns of the audience that its conditions name."""
        asked = (condition for condition in (self.only_if, self.unless) if condition is not None)
        return {name for condition in asked for name in condition.field}

    def why_not(self, known: Known) -> str | None:
        """Return why the step is not for a person; None where it is."""
        if self.only_if is not None and not self.only_if.holds(known):
            return f"only if {self.only_if}"
        if self.unless is not None and self.unless.holds(known):
            return f"not if {self.unless}"
        return None


class StepFile(StepSettings):
    """One step as the campaign file describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=False)

    id: Slug
    subject: str | None = None
    body: Annotated[File, AfterValidator(_check_body)] | None = None
    text: Inline | None = None
    html: Inline | None = None
    attachments: list[File] = Field(default_factory=list[File])

    @property
    def settings(self) -> StepSettings:
        """The part that the ledger keeps as settings."""
        return StepSettings(**{name: getattr(self, name) for name in StepSettings.model_fields})

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        refuse("StepFile", self._faults())
        return self

    def _faults(self) -> Iterator[tuple[Place, str]]:
        if self.task is not None:
            yield from self._faults_of_task()
            return
        if self.due_within is not None:
            yield ("due_within",), "is for a manual task; say which with task"
        inline = self.text is not None or self.html is not None
        if self.body is None and not inline:
            yield (), f"step {self.id} has no text; give it a body, text or html"
        if self.body is not None and inline:
            yield ("body",), "stands beside text or html; keep one of them"
        if self.thread == "new" and not (self.subject or "").strip():
            yield ("subject",), "is missing; only a step with thread: reply may go without"
        if self.quote and self.thread == "new":
            yield ("quote",), "quotes what came before; give the step thread: reply as well"

    def _faults_of_task(self) -> Iterator[tuple[Place, str]]:
        if not (self.subject or "").strip():
            yield ("subject",), "is missing; it says what is to be done"
        if self.body is not None and self.text is not None:
            yield ("body",), "stands beside text; keep one of them"
        for name in sorted(_ONLY_OF_MAIL & self.model_fields_set):
            yield (name,), "is for mail; a manual task has subject, body or text, and due_within"
