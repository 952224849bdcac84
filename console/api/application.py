"""The API's application: its endpoints, its errors, and how it describes itself."""

from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from temporalio.service import RPCError

from console.api import (
    campaigns,
    channels,
    feed,
    mails,
    people,
    rehearsals,
    suppressions,
    webhooks,
)
from console.api.endpoints import KEY_HEADER
from console.api.problems import MEDIA_TYPE, Problem, ProblemDetails, answer, problem_of
from console.api.rates import Rates
from console.installation import Installation
from operations.failures import SAID_IN_A_SENTENCE

PLACE = "/api/v1"

MODULES = (campaigns, rehearsals, people, mails, feed, suppressions, webhooks, channels)

_MOST_BYTES = 32 * 1024 * 1024
"""20 MB of attachments in base64, and the people."""
_REFUSALS = {
    400: "The request does not fit this description",
    401: "No valid token",
    403: "The token's role may not do this",
    404: "What is named does not exist, or is not the token's to see",
    409: "Refused as things stand",
    413: "Too large",
    422: "What the request says cannot be used, or the idempotency key was used otherwise",
    429: "Too many requests of this token in a minute",
    503: "The ledger, Temporal or a worker does not answer",
}
_KEY_PARAMETER = {
    "name": KEY_HEADER,
    "in": "header",
    "required": False,
    "description": "A text of your own for each request that you may repeat: it is carried out "
    "once, and for 24 hours answered as it was.",
    "schema": {"type": "string", "pattern": '^("[!#-~]{1,255}"|[!#-~]{1,255})$'},
}
_KNOWN: tuple[type[Exception], ...] = (
    Problem,
    RequestValidationError,
    HTTPException,
    SQLAlchemyError,
    RPCError,
    *SAID_IN_A_SENTENCE,
)
_log = structlog.get_logger(__name__)


def build(installation: Installation) -> FastAPI:
    """Return the API of one installation."""
    api = FastAPI(
        title="Postroad",
        version="1",
        summary="Campaigns through a sales team's own mailboxes, for CRMs.",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        max_body_size=_MOST_BYTES,
        generate_unique_id_function=_operation_id,
        exception_handlers={**dict.fromkeys(_KNOWN, _told), Exception: _broken},
    )
    api.state.installation = installation
    api.state.rates = Rates()
    for module in MODULES:
        for router in module.ROUTERS:
            api.include_router(router)
    api.openapi = lambda: _description(api)  # type: ignore[method-assign]
    return api


async def _told(request: Request, error: Exception) -> Response:
    """Tell of what was refused, and of servers that do not answer."""
    if isinstance(error, HTTPException) and error.status_code == 405:
        error.headers = {"Allow": ", ".join(sorted(_methods_at(request)))}
    response = problem_of(error)
    assert response is not None  # noqa: S101 - only errors that it knows are registered
    if response.status_code == 503:
        _log.warning("api_failed", asked=_asked(request), error=type(error).__name__)
    return response


def _methods_at(request: Request) -> set[str]:
    """Return what may be asked of an address; the framework knows its first route only."""
    routes = [route for module in MODULES for router in module.ROUTERS for route in router.routes]
    return {
        method
        for route in routes
        if isinstance(route, APIRoute) and route.matches(request.scope)[0] is not Match.NONE
        for method in route.methods or ()
    }


async def _broken(request: Request, error: Exception) -> Response:
    """Tell that the fault is ours; the log has the details."""
    _log.error("api_broke", asked=_asked(request), error=type(error).__name__)
    return answer(500, "a fault of Postroad's own: the console's log says what happened")


def _asked(request: Request) -> str:
    """Return which endpoint was asked, without what may tell of a person."""
    route = request.scope.get("route")
    return _operation_id(route) if isinstance(route, APIRoute) else ""


def _operation_id(route: APIRoute) -> str:
    module = route.endpoint.__module__.rpartition(".")[2]
    return f"{module}_{route.name}"


def _description(api: FastAPI) -> dict[str, Any]:
    """Return the API's OpenAPI 3.1 description."""
    if api.openapi_schema is None:
        document = get_openapi(
            title=api.title, version=api.version, summary=api.summary, routes=api.routes,
            servers=[{"url": PLACE}],
        )  # fmt: skip
        schemas = document["components"]["schemas"]
        problem = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= problem.pop("$defs") | {"ProblemDetails": problem}
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        for item in document["paths"].values():
            for method, operation in item.items():
                _describe(method, operation)
        api.openapi_schema = document
    return api.openapi_schema


def _describe(method: str, operation: dict[str, Any]) -> None:
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    operation["responses"] |= {
        str(status): {"description": words, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status, words in _REFUSALS.items()
    }
    if method != "get":
        operation.setdefault("parameters", []).append(_KEY_PARAMETER)
