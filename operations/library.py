"""The shared library: taking in a folder of texts, and making steps' texts of what it holds."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from operations.refusal import Refused
from postroad.campaign.bodies import refuse_large_files
from postroad.campaign.library_files import SNIPPETS, LibraryFile, read_library
from postroad.campaign.library_reference import read_reference
from postroad.campaign.snippets import with_snippets
from postroad.campaign.step import StepFile
from postroad.campaign.template import (
    CompiledTemplate,
    LibraryKind,
    LibraryVersion,
    StepTemplate,
    TextError,
)
from postroad.field_errors import did_you_mean
from postroad.ledger.engine import Ledger
from postroad.ledger.library import (
    Stored,
    StoredText,
    find_library_text,
    library_names,
    store_library_text,
)
from postroad.ledger.steps import load_attachments
from postroad.yaml_file import FileError

Build = Callable[[StepFile], tuple[StepTemplate, dict[str, bytes]]]
"""Makes a step's template, with its files by their SHA-256.

Raises:
    TextError: it cannot be made.
"""


def apply_library(ledger: Ledger, folder: Path, by: str, now: int) -> list[Stored]:
    """Store every text of a folder that is not as its latest version; all of them or none.

    Raises:
        FileError: a text is not as it must be, or names a snippet that there is not.
    """
    files = read_library(folder)
    with ledger.write() as connection:
        stored = [store_library_text(connection, file, by, now) for file in files]
        faults = [fault for file in files for fault in _faults(connection, file)]
        if faults:
            raise FileError(*faults)
    return stored


def with_library(connection: Connection, build: Build) -> Build:
    """Return how texts are made of which the library is a part.

    A step may be one of the library's templates, and every text may hold its snippets. The latest
    versions are put in, and `made_of` says which these were.
    """
    library = _Library(connection)

    def build_of_library(step: StepFile) -> tuple[StepTemplate, dict[str, bytes]]:
        if step.template is None:
            template, files = build(step)
        else:
            template, files = library.template_of(step, build)
        filled = with_snippets(template, library.snippet)
        refuse_large_files(filled)
        return filled, load_attachments(connection, filled) | files

    return build_of_library


def find_named(connection: Connection, reference: str) -> StoredText:
    """Return what `intro`, `intro@3` or `snippets/legal` names.

    Raises:
        Refused: the library has no such text, or not in this version.
    """
    folder, _, name = reference.rpartition("/")
    kind: LibraryKind = "snippet" if folder == SNIPPETS else "template"
    try:
        name, version = read_reference(name if folder in ("", SNIPPETS) else reference)
        return _find(connection, kind, name, version)
    except TextError as error:
        raise Refused(str(error)) from None
    except ValueError as error:
        raise Refused(f"{reference!r} {error}") from None


class _Library:
    """The library as one launch sees it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def template_of(self, step: StepFile, build: Build) -> tuple[StepTemplate, dict[str, bytes]]:
        """Return the template that a step names, with the step's own subject and attachments."""
        name, version = read_reference(step.template or "")
        found = _find(self._connection, "template", name, version)
        subject = found.template.subject if step.subject is None else step.subject
        if step.thread == "new" and not subject.strip():
            raise TextError(f"the template {name} has no subject; give the step one")
        own, files = build(step.model_copy(update={"template": None, "text": ""}))
        template = found.template.model_copy(
            update={
                "subject": subject,
                "attachments": (*found.template.attachments, *own.attachments),
                "made_of": (found.itself,),
            }
        )
        return template, files

    def snippet(self, name: str) -> tuple[StepTemplate, LibraryVersion]:
        """Return a snippet's latest version."""
        found = _find(self._connection, "snippet", name, None)
        return found.template, found.itself


def _find(connection: Connection, kind: LibraryKind, name: str, version: int | None) -> StoredText:
    found = find_library_text(connection, kind, name, version)
    if found is not None:
        return found
    latest = find_library_text(connection, kind, name)
    if latest is not None:
        raise TextError(f"the {kind} {name} has versions 1 to {latest.version}, not {version}")
    names = library_names(connection, kind)
    way_out = did_you_mean(name, names) if names else "`postroad template apply` stores some"
    raise TextError(f"the library has no {kind} {name!r}; {way_out}")


def _faults(connection: Connection, file: LibraryFile) -> list[str]:
    """Return what keeps a text from being sent, whoever it is for."""
    try:
        CompiledTemplate(with_snippets(file.template, _Library(connection).snippet))
    except TextError as error:
        return [f"{file.path}: {error}"]
    return []
