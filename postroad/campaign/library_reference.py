"""How a version of something in the shared library is named: `intro`, or `intro@3`."""

import re
from typing import Annotated

from pydantic import AfterValidator

_REFERENCE = re.compile(r"([a-z0-9][a-z0-9-]{0,79})(?:@([1-9][0-9]{0,8}))?")


def read_reference(text: str) -> tuple[str, int | None]:
    """Return name and version; None is the latest.

    Raises:
        ValueError: the text names nothing that a library may hold.
    """
    found = _REFERENCE.fullmatch(text)
    if found is None:
        raise ValueError("must be a name, or a name with a version such as intro@3")
    return found[1], None if found[2] is None else int(found[2])


def _check(text: str) -> str:
    read_reference(text)
    return text


LibraryReference = Annotated[str, AfterValidator(_check)]
"""`NAME` or `NAME@VERSION`."""
