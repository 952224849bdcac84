"""The console's application: which modules answer which addresses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from console import codec, provider_webhooks, tracking, unsubscribing
from console.api import application as api
from console.error_pages import HANDLERS
from console.headers import SecurityHeaders
from console.installation import Installation
from console.pages import (
    audit,
    campaigns,
    channels,
    feed,
    health,
    library,
    overview,
    people,
    senders,
    steps,
    suppressions,
    tasks,
    texts,
    uncertain,
    users,
)
from console.rendering import STATIC
from console.signing_in import accounts, door
from console.visit_recording import VisitRecorder
from postroad.tracking.tokens import TrackingTokens

PUBLIC = (health, unsubscribing, tracking, provider_webhooks, codec, door, accounts)
"""Modules whose routes anybody may call; each guards itself where it must."""

SIGNED_IN = (
    overview,
    campaigns,
    steps,
    senders,
    people,
    channels,
    feed,
    tasks,
    uncertain,
    suppressions,
    texts,
    library,
    users,
    audit,
)
"""Modules whose routes are all `Page`, `Change` or `Trial`: the sign-in is before them."""


def build(installation: Installation) -> Starlette:
    """Return the console of one installation."""
    routes: list[BaseRoute] = [Mount("/static", StaticFiles(directory=STATIC), name="static")]
    for module in (*PUBLIC, *SIGNED_IN):
        routes += module.routes()
    routes.append(Mount(api.PLACE, api.build(installation), name="api"))
    application = Starlette(
        routes=routes,
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers=HANDLERS,
        lifespan=_recording_visits,
    )
    application.state.installation = installation
    application.state.tracking_tokens = TrackingTokens(installation.secrets)
    application.state.visits = VisitRecorder(installation)
    return application


@asynccontextmanager
async def _recording_visits(application: Starlette) -> AsyncIterator[None]:
    """Judge the visits that a console left, and leave none unwritten."""
    visits: VisitRecorder = application.state.visits
    visits.judge()
    yield
    await visits.aclose()
