"""What programs are told when something cannot be done: RFC 9457, one sentence each.

Two answers are told apart. 400: the request does not fit the description in openapi.json. 422: it
does, but what it says cannot be used, such as a text that names an unknown field.
"""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from pydantic_core import ErrorDetails
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from temporalio.service import RPCError

from operations.failures import sentence_of
from operations.refusal import Refused, Unavailable, Unknown
from postroad.field_errors import say_error
from postroad.ledger.schema import SchemaMismatch
from postroad.secrets import SecretKeyError
from postroad.settings import SettingsError
from postroad.yaml_file import FileError

MEDIA_TYPE = "application/problem+json"

_OF_MEANING = ("value_error", "fault")
"""Errors that the description of a field cannot express."""

_STATUSES: dict[type[Exception], int] = {
    **dict.fromkeys((Unavailable, SQLAlchemyError, RPCError), 503),
    Unknown: 404,
    Refused: 409,
    **dict.fromkeys((SettingsError, SecretKeyError, SchemaMismatch), 503),
}
"""Of each kind of error; the first that fits counts."""


class Fault(BaseModel):
    """One thing that is wrong."""

    detail: str
    pointer: str | None = None
    """Where in the request: a JSON pointer (RFC 6901) into its body, or the parameter's name."""


class ProblemDetails(BaseModel):
    """Why a request was not carried out."""

    title: str
    status: int
    detail: str
    """One sentence that says what to change."""
    errors: list[Fault] | None = None
    """Each fault, where there are several, or where it is known which field has it."""


class Problem(Exception):
    """A request is not carried out."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        """Say why.

        Args:
            status: the HTTP status.
            detail: one sentence that says what to change.
            headers: what else is answered.
        """
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers


def problem_of(error: Exception) -> Response | None:
    """Return the answer that tells of an error; None where it is a fault of our own."""
    match error:
        case Problem():
            return answer(error.status, error.detail, headers=error.headers)
        case RequestValidationError():
            return _invalid(error.errors())
        case HTTPException():
            return answer(error.status_code, _words(error), headers=error.headers)
        case FileError():
            return answer(422, str(error), [Fault(detail=one) for one in error.problems])
    for kind, status in _STATUSES.items():
        if isinstance(error, kind):
            return answer(status, sentence_of(error))
    return None


def answer(
    status: int,
    detail: str,
    errors: list[Fault] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem as it is answered."""
    problem = ProblemDetails(
        title=HTTPStatus(status).phrase, status=status, detail=detail, errors=errors
    )
    # What is quoted may hold characters that UTF-8 cannot: JSON escapes them.
    content = json.dumps(problem.model_dump(exclude_none=True))
    return Response(content, status, headers=headers, media_type=MEDIA_TYPE)


def _words(error: HTTPException) -> str:
    match error.status_code:
        case 404:
            return "there is no such address here: /api/v1/openapi.json lists them"
        case 405:
            return "this address takes other methods: the header Allow names them"
        case 413:
            return "the request is too large: split it"
    return str(error.detail)


def _invalid(errors: Iterable[Any]) -> Response:
    faults = [Fault(detail=_sentence(error), pointer=_pointer(error)) for error in errors]
    is_of_meaning = all(error["type"] in _OF_MEANING for error in errors)
    first = faults[0]
    return answer(422 if is_of_meaning else 400, f"{first.pointer}: {first.detail}", faults)


def _sentence(error: ErrorDetails) -> str:
    if error["type"] == "json_invalid":
        return "the body is no JSON"
    return say_error(error)


def _pointer(error: ErrorDetails) -> str:
    where, *place = error["loc"]
    if where != "body" or error["type"] == "json_invalid":
        return "/".join(map(str, place or [where]))
    return "#" + "".join(f"/{_escaped(part)}" for part in place)


def _escaped(part: int | str) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
