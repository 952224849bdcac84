"""Names and ids as people give them: safe in headers, in workflow ids, and on one line."""

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_NOT_ONE_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def check_slug(text: str) -> str:
    """Return an id as it is.

    Raises:
        ValueError: it has other characters than an id may have, or too many.
    """
    if not _SLUG.fullmatch(text):
        raise ValueError(
            "must be lower-case letters, digits and hyphens, at most 80, "
            "beginning with a letter or digit"
        )
    return text


def check_one_line(text: str) -> str:
    """Return a text as it is.

    Raises:
        ValueError: it holds a line break or another control character.
    """
    if _NOT_ONE_LINE.search(text):
        raise ValueError("must be one line without control characters")
    return text


Slug = Annotated[str, AfterValidator(check_slug)]
"""An id of a campaign, step or channel."""

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(check_one_line),
]
"""What people call something or somebody."""
