"""The shared library as a folder: templates, and in `snippets/` the pieces that they share.

A file's name is the text's name, its ending what it is written in. It may begin with a head
between two lines of `---`, which is YAML and says the subject and what is attached.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from postroad.campaign.bodies import build_template_of_source
from postroad.campaign.plain_text import text_to_html
from postroad.campaign.step import BODIES, Attachments
from postroad.campaign.template import LibraryKind, StepTemplate, TextError
from postroad.campaign.template_language import is_blank
from postroad.names import check_slug
from postroad.yaml_file import FileError, load_model, read_text

SNIPPETS = "snippets"
"""The folder of snippets, inside the library's."""

_HEAD = re.compile(r"---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class LibraryFile:
    """A template or a snippet as its author wrote it."""

    kind: LibraryKind
    name: str
    path: Path
    source: str
    """The whole file."""
    template: StepTemplate
    """Its snippets are still names."""
    files: dict[str, bytes]
    """What it attaches or shows, by SHA-256."""


class _TemplateHead(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str | None = None
    attachments: Attachments = []


def read_library(folder: Path) -> list[LibraryFile]:
    """Read every text of a library's folder, snippets first.

    Raises:
        FileError: there is no such folder, it holds no text, or a text is not as it must be.
    """
    if not folder.is_dir():
        raise FileError(f"{folder}: there is no such folder; templates are files in it")
    found: list[LibraryFile] = []
    faults: list[str] = []
    for path in [*_texts(folder / SNIPPETS), *_texts(folder)]:
        kind: LibraryKind = "template" if path.parent == folder else "snippet"
        twin = next((one for one in found if (one.kind, one.name) == (kind, path.stem)), None)
        if twin is not None:
            faults.append(f"{path}: has the name of {twin.path}; rename one of them")
            continue
        try:
            found.append(_read(path, kind))
        except FileError as error:
            faults += error.problems
        except (TextError, ValueError) as error:
            faults.append(f"{path}: {error}")
    if faults:
        raise FileError(*faults)
    if not found:
        raise FileError(f"{folder}: holds no template; those end in {', '.join(BODIES)}")
    return found


def _texts(folder: Path) -> Iterator[Path]:
    """Yield the texts of a folder; what ends otherwise is for them to attach or to show."""
    paths = folder.iterdir() if folder.is_dir() else ()
    return (path for path in sorted(paths) if path.suffix.lower() in BODIES and path.is_file())


def _read(path: Path, kind: LibraryKind) -> LibraryFile:
    check_slug(path.stem)
    source = read_text(path)
    head, body = _divide(path, source, kind)
    if is_blank(body):
        raise TextError("says nothing")
    template, files = build_template_of_source(
        body, path.suffix, subject=head.subject, attachments=head.attachments, directory=path.parent
    )
    if kind == "snippet" and template.html is None:
        template = template.model_copy(update={"html": text_to_html(body)})
    return LibraryFile(kind, path.stem, path, source, template, files)


def _divide(path: Path, source: str, kind: LibraryKind) -> tuple[_TemplateHead, str]:
    """Return what the head says, and the text below it."""
    head = _HEAD.match(source)
    if head is None:
        return _TemplateHead(), source
    if not head[1].strip():
        return _TemplateHead(), source[head.end() :]
    if kind == "snippet":
        raise FileError(
            f"{path}:1: a snippet has no head; subjects and attachments are a template's"
        )
    context = {"directory": path.absolute().parent}
    # With its first line, so that lines are counted as in the file.
    said = load_model(path, _TemplateHead, text=f"---\n{head[1]}", context=context)
    return said, source[head.end() :]
