"""The codec server of Temporal's web UI: it shows encrypted payloads to whoever is signed in here.

In the web UI's settings: `https://CONSOLE/codec` as the remote codec endpoint, with cross-origin
credentials. docs.temporal.io/production-deployment/data-encryption says what it is asked.
"""

from urllib.parse import urlsplit

from google.protobuf import json_format
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from temporalio.api.common.v1 import Payloads

from console.access import Permission
from console.installation import installation_of
from console.routing import find_viewer
from operations.payload_codec import EncryptionCodec
from operations.temporal import web_ui
from postroad.secrets import SecretKeyError

_MOST_BYTES = 4_000_000
"""Temporal takes payloads of 2 MB, which JSON makes a third longer."""


def routes() -> list[BaseRoute]:
    """Return the two routes that the web UI calls."""
    return [Route("/codec/{direction}", _answer, methods=["POST", "OPTIONS"])]


async def _answer(request: Request) -> Response:
    """Encode or decode payloads for the web UI, and for nobody else's page."""
    origin = request.headers.get("origin", "")
    if not origin or origin != _web_ui_origin(request):
        return PlainTextResponse("only Temporal's web UI is answered: see temporal_ui", 403)
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=_allowed(origin))
    viewer = await find_viewer(request)
    if viewer is None:
        response: Response = PlainTextResponse("sign in to the console first", 401)
    elif not viewer.may(Permission.STEER):
        response = PlainTextResponse(f"as {viewer.role} you may not read payloads", 403)
    else:
        response = await _translate(request)
    response.headers.update(_allowed(origin))
    return response


async def _translate(request: Request) -> Response:
    direction = request.path_params["direction"]
    codec = EncryptionCodec(installation_of(request).secrets)
    change = {"encode": codec.encode, "decode": codec.decode}.get(direction)
    if change is None:
        return PlainTextResponse("there are encode and decode", 404)
    if int(request.headers.get("content-length") or _MOST_BYTES + 1) > _MOST_BYTES:
        return PlainTextResponse("the payloads are too large", 413)
    try:
        asked = json_format.Parse(await request.body(), Payloads())
        payloads = await change(asked.payloads)
    except (json_format.ParseError, UnicodeDecodeError):
        return PlainTextResponse("these are no payloads", 400)
    except SecretKeyError as error:
        return PlainTextResponse(str(error), 400)
    answer = json_format.MessageToJson(Payloads(payloads=payloads))
    return Response(answer, media_type="application/json")


def _web_ui_origin(request: Request) -> str:
    parts = urlsplit(web_ui(installation_of(request).settings))
    return f"{parts.scheme}://{parts.netloc}"


def _allowed(origin: str) -> dict[str, str]:
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "access-control-allow-headers": "content-type, x-namespace, authorization",
        "access-control-allow-methods": "POST",
        "vary": "origin",
    }
