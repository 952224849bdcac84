"""One sentence that the next page shows: what was just done, or why it was refused."""

import json
from dataclasses import dataclass
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from console.cookies import NOTICE, set_cookie

_SECONDS = 60
_MOST_CHARACTERS = 1_000
"""Browsers keep cookies of up to 4,096 bytes."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What to say, and whether it is bad news."""

    words: str
    is_refusal: bool = False


def leave(request: Request, response: Response, notice: Notice) -> None:
    """Let the next page show a notice."""
    content = json.dumps([notice.words[:_MOST_CHARACTERS], notice.is_refusal])
    set_cookie(request, response, NOTICE, quote(content), seconds=_SECONDS, same_site="strict")


def read(request: Request) -> Notice | None:
    """Return the notice that was left; a cookie that is none of ours is passed over."""
    try:
        words, is_refusal = json.loads(unquote(request.cookies.get(NOTICE, "")))
    except (ValueError, TypeError):
        return None
    return Notice(str(words), bool(is_refusal))


def forget(response: Response) -> None:
    """Show a notice once."""
    response.delete_cookie(NOTICE)
