"""The words of machines, one pattern a line: data, in the main languages.

Patterns are matched against text in lower case with single spaces.
"""

import re
from collections.abc import Iterator
from textwrap import dedent


def one_of(lines: str) -> re.Pattern[str]:
    """Return a pattern that matches any of the lines; an indented line continues the one above."""
    return re.compile("|".join(_alternatives(lines)))


def _alternatives(lines: str) -> Iterator[str]:
    current = ""
    for line in dedent(lines).splitlines():
        if line.startswith(" "):
            current += line.strip()
            continue
        if current:
            yield current
        current = line
    if current:
        yield current
