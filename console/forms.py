"""Reading forms and addresses that a browser sent."""

from starlette.datastructures import FormData, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request


def text(form: FormData | QueryParams, name: str) -> str:
    """Return a field's text without spaces around it; empty where it is missing or a file."""
    value = form.get(name, "")
    # PostgreSQL knows no text with a NUL in it.
    return value.replace("\x00", "").strip() if isinstance(value, str) else ""


def lines(form: FormData, name: str) -> str:
    """Return a text of several lines; browsers end each with CR LF (HTML, form submission)."""
    return text(form, name).replace("\r\n", "\n")


def numbers(form: FormData, name: str) -> list[int]:
    """Return the numbers of a field that may be there several times."""
    return [
        int(value) for value in form.getlist(name) if isinstance(value, str) and is_number(value)
    ]


def place(request: Request, name: str) -> int | None:
    """Return the number in the query at which a page of a list begins; None for the first page.

    Raises:
        HTTPException: it is no number.
    """
    value = request.query_params.get(name, "")
    if not value:
        return None
    if not is_number(value):
        raise HTTPException(400, f"{name} must be a number.")
    return int(value)


def local(target: str) -> str:
    """Return a path of ours; anything else leads to the first page, not to another site."""
    is_path = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if is_path and target.isprintable() else "/"


def is_number(value: str) -> bool:
    """Whether a text is a whole number that the ledger can hold."""
    return value.isascii() and value.isdigit() and len(value) < 19
