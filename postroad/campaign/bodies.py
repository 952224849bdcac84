"""From a step's files to its template: bodies in Markdown, HTML or text, images and attachments."""

import mimetypes
import re
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

from postroad.campaign.markdown import markdown_to_html
from postroad.campaign.plain_text import html_to_text
from postroad.campaign.step import StepFile
from postroad.campaign.template import AttachmentRef, StepTemplate, TextError

LARGEST_FILES = 20 * 1024 * 1024
"""Bytes that a step may attach in all; providers refuse more (Gmail and Exchange: 25 MB, RFC 2045
encoding adds a third)."""

_IMAGE = re.compile(r"""(<img\b[^>]*?\bsrc\s*=\s*)(["'])(.*?)\2""", re.IGNORECASE | re.DOTALL)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.IGNORECASE)


def build_template(step: StepFile) -> tuple[StepTemplate, dict[str, bytes]]:
    """Return a step's template, and its files by their SHA-256.

    An image that the body shows by a relative path is attached inline.

    Raises:
        TextError: a file is missing, cannot be read as UTF-8, or all of them are too large.
    """
    text, html = _bodies(step)
    files: dict[str, bytes] = {}
    references = [_attach(path, files) for path in step.attachments]
    if html is not None:
        directory = Path() if step.body is None else step.body.parent
        html, images = _inline_images(html, directory, files)
        references += images
    size = sum(map(len, files.values()))
    if size > LARGEST_FILES:
        most = LARGEST_FILES // 2**20
        raise TextError(f"attachments are {size / 2**20:.1f} MB; at most {most} MB can be sent")
    template = StepTemplate(
        subject=step.subject or "", text=text, html=html, attachments=tuple(references)
    )
    return template, files


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
    match step.body.suffix.lower():
        case ".md":
            return source, markdown_to_html(source)
        case ".html":
            return html_to_text(source), source
        case _:
            return source, None


def _inline_images(
    html: str, directory: Path, files: dict[str, bytes]
) -> tuple[str, list[AttachmentRef]]:
    """Let images with a relative path refer to attached files (RFC 2392)."""
    found: dict[str, AttachmentRef] = {}

    def refer(match: re.Match[str]) -> str:
        before, quote, source = match.groups()
        if _ELSEWHERE.match(source) or "{{" in source:
            return match.group()
        if source not in found:
            found[source] = _attach(directory / unquote(source), files, inline=True)
        return f"{before}{quote}cid:{found[source].content_id}{quote}"

    return _IMAGE.sub(refer, html), list(found.values())


def _attach(path: Path, files: dict[str, bytes], *, inline: bool = False) -> AttachmentRef:
    try:
        content = path.read_bytes()
    except OSError:
        raise TextError(f"there is no file {str(path)!r} to attach") from None
    digest = sha256(content).hexdigest()
    files[digest] = content
    return AttachmentRef(
        filename=path.name,
        content_type=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        sha256=digest,
        size=len(content),
        content_id=f"{digest[:24]}@postroad" if inline else None,
    )
