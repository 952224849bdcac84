"""From a step's files to its template: bodies in Markdown, HTML or text, images and attachments."""

import mimetypes
import re
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

from postroad.campaign.markdown import markdown_to_html
from postroad.campaign.plain_text import html_to_text
from postroad.campaign.step import StepFile
from postroad.campaign.template import AttachmentRef, StepTemplate, TextError

LARGEST_FILES = 20 * 1024 * 1024
"""Bytes that a step may attach in all: encoded, a third more, they are what few recipients take.

Its channel may take less: see postroad.channels.mail_sizes.
"""

_IMAGE = re.compile(r"""(<img\b[^>]*?\bsrc\s*=\s*)(["'])(.*?)\2""", re.IGNORECASE | re.DOTALL)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.IGNORECASE)


Find = Callable[[str], tuple[str, bytes]]
"""Returns a file's name and content for what the HTML calls it."""


def build_template(step: StepFile) -> tuple[StepTemplate, dict[str, bytes]]:
    """Return a step's template, and its files by their SHA-256.

    An image that the body shows by a relative path is attached inline.

    Raises:
        TextError: a file is missing, cannot be read as UTF-8, or all of them are too large.
    """
    directory = Path() if step.body is None else step.body.parent
    return _build(step.subject, _bodies(step), map(_read, step.attachments), _beside(directory))


def build_template_of_source(
    source: str,
    suffix: str,
    *,
    subject: str | None,
    attachments: Iterable[Path],
    directory: Path,
) -> tuple[StepTemplate, dict[str, bytes]]:
    """Return the template of a text that was read before, and its files by their SHA-256.

    Args:
        source: the text.
        suffix: of its file, which tells what it is written in.
        subject: the subject, where it has one.
        attachments: files to attach.
        directory: where images with a relative path are.

    Raises:
        TextError: a file is missing, or all of them are too large.
    """
    bodies = _bodies_of(source, suffix)
    return _build(subject, bodies, map(_read, attachments), _beside(directory))


def build_template_of_content(
    step: StepFile, attachments: Mapping[str, bytes]
) -> tuple[StepTemplate, dict[str, bytes]]:
    """Return the template of a step without files on this machine, and its files by their SHA-256.

    Args:
        step: its text and html are given as they are.
        attachments: content by name; an image that the html shows by its name is attached inline.

    Raises:
        TextError: an image is not among the attachments, or all of them are too large.
    """
    shown: set[str] = set()

    def find(source: str) -> tuple[str, bytes]:
        name = unquote(source)
        if name not in attachments:
            raise TextError(f"the html shows {source[:80]!r}, which is not among the attachments")
        shown.add(name)
        return name, attachments[name]

    _inline_images(step.html or "", find, {})
    beside = [(name, content) for name, content in attachments.items() if name not in shown]
    return _build(step.subject, _bodies(step), beside, find)


def build_template_like(
    former: StepTemplate, subject: str, text: str, contents: Mapping[str, bytes]
) -> tuple[StepTemplate, dict[str, bytes]]:
    """Return a template with other words, and its files by their SHA-256.

    It is Markdown where the former has HTML; what that attaches stays, and images may be shown
    that it shows.

    Args:
        former: the template whose words are replaced.
        subject: the new subject.
        text: the new text.
        contents: the former's files, as far as they are needed again, by their SHA-256.

    Raises:
        TextError: the text shows an image that the former does not.
    """
    shown = {file.filename: file for file in former.attachments if file.content_id is not None}

    def again(source: str) -> AttachmentRef:
        name = Path(unquote(source)).name
        if name not in shown:
            raise TextError(f"the text shows {source[:80]!r}, which it did not show before")
        return shown[name]

    html, images = None, list[AttachmentRef]()
    if former.html is not None:
        html, images = _refer_images(markdown_to_html(text), again)
    attached = (file for file in former.attachments if file.content_id is None)
    template = StepTemplate(subject=subject, text=text, html=html, attachments=(*attached, *images))
    return template, dict(contents)


def _build(
    subject: str | None,
    bodies: tuple[str | None, str | None],
    attachments: Iterable[tuple[str, bytes]],
    find: Find,
) -> tuple[StepTemplate, dict[str, bytes]]:
    text, html = bodies
    files: dict[str, bytes] = {}
    references = [_attach(name, content, files) for name, content in attachments]
    if html is not None:
        html, images = _inline_images(html, find, files)
        references += images
    template = StepTemplate(
        subject=subject or "", text=text, html=html, attachments=tuple(references)
    )
    refuse_large_files(template)
    return template, files


def refuse_large_files(template: StepTemplate) -> None:
    """Make sure that what a text attaches and shows can be sent.

    Raises:
        TextError: it is too large.
    """
    size = sum(file.size for file in template.attachments)
    if size > LARGEST_FILES:
        most = LARGEST_FILES // 2**20
        raise TextError(f"attachments are {size / 2**20:.1f} MB; at most {most} MB can be sent")


def _bodies(step: StepFile) -> tuple[str | None, str | None]:
    if step.task is not None and step.body is None:
        return step.text or "", None
    if step.body is None:
        return step.text or html_to_text(step.html or ""), step.html
    try:
        source = step.body.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextError(
            f"{step.body} is not UTF-8 (byte {error.start}); save it as UTF-8"
        ) from None
    return _bodies_of(source, step.body.suffix)


def _bodies_of(source: str, suffix: str) -> tuple[str | None, str | None]:
    match suffix.lower():
        case ".md":
            return source, markdown_to_html(source)
        case ".html":
            return html_to_text(source), source
        case _:
            return source, None


def _inline_images(
    html: str, find: Find, files: dict[str, bytes]
) -> tuple[str, list[AttachmentRef]]:
    """Attach the images that are shown by a relative path, and let the HTML refer to them."""
    return _refer_images(html, lambda source: _attach(*find(source), files, inline=True))


def _refer_images(
    html: str, attached: Callable[[str], AttachmentRef]
) -> tuple[str, list[AttachmentRef]]:
    """Let images with a relative path refer to attached files (RFC 2392)."""
    found: dict[str, AttachmentRef] = {}

    def refer(match: re.Match[str]) -> str:
        before, quote, source = match.groups()
        if _ELSEWHERE.match(source) or "{{" in source:
            return match.group()
        if source not in found:
            found[source] = attached(source)
        return f"{before}{quote}cid:{found[source].content_id}{quote}"

    return _IMAGE.sub(refer, html), list(found.values())


def _beside(directory: Path) -> Find:
    return lambda source: _read(directory / unquote(source))


def _read(path: Path) -> tuple[str, bytes]:
    try:
        return path.name, path.read_bytes()
    except OSError:
        raise TextError(f"there is no file {str(path)!r} to attach") from None


def _attach(
    name: str, content: bytes, files: dict[str, bytes], *, inline: bool = False
) -> AttachmentRef:
    digest = sha256(content).hexdigest()
    files[digest] = content
    return AttachmentRef(
        filename=name,
        content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        sha256=digest,
        size=len(content),
        content_id=f"{digest[:24]}@postroad" if inline else None,
    )
