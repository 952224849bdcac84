"""Pages from templates: everything put into one is escaped."""

import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from console import charts, csrf, notices, wording
from console.access import Permission

STATIC = Path(__file__).with_name("static")


def render(
    request: Request,
    template: str,
    /,
    *,
    status: int = 200,
    **values: Any,  # noqa: ANN401 - whatever the template shows
) -> HTMLResponse:
    """Fill in a template; it also knows the viewer, the path, and what was just done."""
    notice = notices.read(request)
    filled = (
        _environment()
        .get_template(template)
        .render(
            values
            | {
                "viewer": getattr(request.state, "viewer", None),
                "path": request.url.path,
                "query": request.query_params,
                "notice": notice,
                "now": datetime.now(UTC),
            }
        )
    )
    response = HTMLResponse(filled, status)
    if notice is not None:
        notices.forget(response)
    return response


def fill(template: str, /, **values: Any) -> str:  # noqa: ANN401
    """Fill in a template that is a part of a page."""
    return _environment().get_template(template).render(values)


def csrf_field(token: str) -> Markup:
    """Return the hidden field that every form needs."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(csrf.FIELD, token)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "gauge": charts.gauge,
        "shares": charts.shares,
        "interval": charts.interval,
        "static": _static_address,
        "csrf_field": csrf_field,
        "Permission": Permission,
    }
    environment.filters |= {
        "moment": wording.moment_element,
        "number": wording.number,
        "rate": wording.rate,
        "words": wording.words,
        "with_commands": wording.with_commands,
    }
    return environment


@cache
def _static_address(name: str) -> str:
    """Return a static file's address, which changes with its content: browsers may keep it."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:12]}"
