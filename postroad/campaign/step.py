"""A step of a campaign, as its author wrote it and as the ledger keeps it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from postroad.campaign.conditions import Condition, Known
from postroad.campaign.library_reference import LibraryReference
from postroad.campaign.timing import Timing
from postroad.campaign.variants import WinnerRule
from postroad.durations import Duration
from postroad.field_errors import Place, refuse
from postroad.names import Slug

BODIES = (".md", ".txt", ".html")
"""How files with a text may end."""
_BODY_FIELDS = ("body", "text", "html", "template")
_ONLY_OF_MAIL = {
    "html", "template", "attachments", "thread", "quote", "channel", "variants", "winner",
    "review",
}  # fmt: skip


def _find_file(path: Path, info: ValidationInfo) -> Path:
    """Find a file beside the campaign file, and see that it can be read.

    The context names no directory where a step came from elsewhere: no file of ours is looked at.
    """
    directory: Path | None = (info.context or {}).get("directory", Path())
    if directory is None:
        raise ValueError("names a file on this machine; give its content instead")
    found = directory / path.expanduser()
    try:
        if found.is_file():
            found.open("rb").close()
            return found
    except (OSError, ValueError):
        raise ValueError(f"{str(path)!r} cannot be read") from None
    raise ValueError(f"there is no file {str(path)!r} in {directory or Path.cwd()}")


def _open_folders(written: object, info: ValidationInfo) -> object:
    """Take a folder as the files in it, by name; hidden ones and further folders are left out."""
    directory: Path | None = (info.context or {}).get("directory", Path())
    if directory is None or not isinstance(written, list):
        return written
    opened: list[object] = []
    for entry in written:
        folder = directory / Path(entry).expanduser() if isinstance(entry, (str, Path)) else None
        if folder is None or not folder.is_dir():
            opened.append(entry)
            continue
        files = sorted(one for one in folder.iterdir() if one.is_file() and one.name[0] != ".")
        if not files:
            raise ValueError(f"the folder {str(entry)!r} holds no file")
        opened += files
    return opened


def _check_body(path: Path) -> Path:
    if path.suffix.lower() not in BODIES:
        raise ValueError(f"must end in {', '.join(BODIES[:-1])} or {BODIES[-1]}")
    return path


File = Annotated[Path, AfterValidator(_find_file)]
Attachments = Annotated[list[File], BeforeValidator(_open_folders)]
"""Files, and folders whose files are all meant."""
Body = Annotated[File, AfterValidator(_check_body)]
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
    review: bool = False
    """Whether somebody looks at each mail, and may rewrite it, before it leaves."""
    winner: WinnerRule | None = None
    """When the better of several variants is sent to everybody else; None never."""

    @property
    def waits_for_somebody(self) -> bool:
        """Whether a person has to act before the sequence goes on."""
        return self.task is not None or self.review

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


class VariantFile(BaseModel):
    """One of several texts of a step; what it leaves out is as in the step."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Slug
    weight: Annotated[int, Field(ge=1, le=100)] = 1
    subject: str | None = None
    body: Body | None = None
    text: Inline | None = None
    html: Inline | None = None
    template: LibraryReference | None = None

    @property
    def texts(self) -> dict[str, object]:
        """What it puts in place of the step's own; a body of one kind replaces those of others."""
        given = {"subject": self.subject} if self.subject is not None else {}
        bodies = {name: getattr(self, name) for name in _BODY_FIELDS}
        return given | (bodies if any(bodies.values()) else {})


class StepFile(StepSettings):
    """One step as the campaign file describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=False)

    id: Slug
    subject: str | None = None
    body: Body | None = None
    text: Inline | None = None
    html: Inline | None = None
    template: LibraryReference | None = None
    """A template of the shared library; its latest version, where none is named."""
    attachments: Attachments = Field(default_factory=list[File])
    variants: list[VariantFile] = Field(default_factory=list[VariantFile], max_length=6)
    """Texts of which everybody gets one, as chance decides by their weights."""

    @property
    def settings(self) -> StepSettings:
        """The part that the ledger keeps as settings."""
        return StepSettings(**{name: getattr(self, name) for name in StepSettings.model_fields})

    def with_variant(self, variant: VariantFile) -> "StepFile":
        """Return the step as whoever gets one of its variants sees it."""
        return self.model_copy(update=variant.texts)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        refuse("StepFile", self._faults())
        return self

    def _faults(self) -> Iterator[tuple[Place, str]]:
        if self.task is not None:
            yield from self._faults_of_task()
            return
        if self.due_within is not None and not self.review:
            yield ("due_within",), "is for a manual task or a review; say which"
        yield from self._faults_of_variants()
        if self.variants:
            for place, variant in enumerate(self.variants):
                for where, what in self.with_variant(variant)._faults_of_text():  # noqa: SLF001
                    yield ("variants", place, *where), what
        else:
            yield from self._faults_of_text()
        if self.quote and self.thread == "new":
            yield ("quote",), "quotes what came before; give the step thread: reply as well"

    def _faults_of_text(self) -> Iterator[tuple[Place, str]]:
        inline = self.text is not None or self.html is not None
        if self.body is None and self.template is None and not inline:
            yield (), f"step {self.id} has no text; give it a body, template, text or html"
        if self.body is not None and inline:
            yield ("body",), "stands beside text or html; keep one of them"
        if self.template is not None and (self.body is not None or inline):
            yield ("template",), "stands beside a text of the step's own; keep one of them"
        if self.template is None and self.thread == "new" and not (self.subject or "").strip():
            yield ("subject",), "is missing; only a step with thread: reply may go without"

    def _faults_of_variants(self) -> Iterator[tuple[Place, str]]:
        ids = [variant.id for variant in self.variants]
        if len(ids) == 1:
            yield ("variants",), "has only one; give at least two, or none"
        for place, name in enumerate(ids):
            if name in ids[:place]:
                yield ("variants", place, "id"), f"{name} stands here twice; rename one"
        if self.winner is not None and not ids:
            yield ("winner",), "is for a step with variants"

    def _faults_of_task(self) -> Iterator[tuple[Place, str]]:
        if not (self.subject or "").strip():
            yield ("subject",), "is missing; it says what is to be done"
        if self.body is not None and self.text is not None:
            yield ("body",), "stands beside text; keep one of them"
        for name in sorted(_ONLY_OF_MAIL & self.model_fields_set):
            yield (name,), "is for mail; a manual task has subject, body or text, and due_within"
