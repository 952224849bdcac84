"""Values that several endpoints take, described so that a program can tell what fits."""

import base64
import binascii
from typing import Annotated

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    WithJsonSchema,
)

from postroad.campaign.address import EmailAddress, parse_address

_SLUG = r"^[a-z0-9][a-z0-9-]{0,79}$"


def _check_names(row: dict[str, str]) -> dict[str, str]:
    if any("\0" in name for name in row):
        raise ValueError("must have no name with a NUL in it")
    return row


def _check_address(text: str) -> str:
    parse_address(text)
    return text


def _decoded(value: object) -> bytes:
    try:
        return base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("must be base64") from None


Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
"""PostgreSQL knows no text with a NUL in it."""
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=1_000)]
"""Of what may stand in a header, or in a list."""
Row = Annotated[dict[str, Text], AfterValidator(_check_names)]
"""One person, as a row of an audience: `email`, perhaps `sender` and `timezone`, any fields."""
AsWritten = Annotated[str, AfterValidator(_check_address)]
"""An address whose local part is kept as it was written."""

Id = Annotated[str, StringConstraints(pattern=_SLUG)]
IdInPath = Annotated[str, Path(pattern=_SLUG)]
EmailInPath = Annotated[EmailAddress, Path(description="An address; case does not matter.")]

AtMost = Annotated[int, Query(ge=1, le=1_000, description="How many to answer with.")]
After = Annotated[Line, Query(description="`next` of the answer before.")]
Search = Annotated[Line, Query(description="A part of the address.")]


class Body(BaseModel):
    """What a program sends; what is not known is refused, so that no wish is passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Answer(BaseModel):
    """What a program is answered."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Attachment(Body):
    """A file by its content."""

    filename: Annotated[str, StringConstraints(pattern=r"^[^/\\\x00-\x1f\x7f]{1,200}$")]
    content: Annotated[
        bytes,
        BeforeValidator(_decoded),
        WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
    ]


def _check_filenames(attachments: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    if len(by_name(attachments)) < len(attachments):
        raise ValueError("must have a filename each of their own")
    return attachments


Attachments = Annotated[tuple[Attachment, ...], AfterValidator(_check_filenames)]


def by_name(attachments: tuple[Attachment, ...]) -> dict[str, bytes]:
    """Return the content of files by their names."""
    return {attachment.filename: attachment.content for attachment in attachments}


class Why(Body):
    """Why something is done."""

    reason: Line = ""
    """For the record."""
