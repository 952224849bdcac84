"""Every route of the console, asked by everybody: nobody gets more than their role allows."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from console import application as application_module
from console.access import Permission
from console.routing import Change, Page, Trial
from postroad.ledger.users import Role
from tests.console.conftest import Visitor

# The queries are tested on both databases beside their pages.
pytestmark = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)

Visit = Callable[[Role], Visitor]

_ALLOWED = {
    Permission.LOOK: {Role.REP, Role.MANAGER, Role.ADMIN},
    Permission.ACT: {Role.REP, Role.MANAGER, Role.ADMIN},
    Permission.STEER: {Role.MANAGER, Role.ADMIN},
    Permission.ADMINISTER: {Role.ADMIN},
}
_EXPECTED = {
    "/": Permission.LOOK,
    "/overview/now": Permission.LOOK,
    "/campaigns": Permission.LOOK,
    "/campaigns/{campaign}": Permission.LOOK,
    "/campaigns/{campaign}/now": Permission.LOOK,
    "POST /campaigns/{campaign}/pause": Permission.STEER,
    "POST /campaigns/{campaign}/resume": Permission.STEER,
    "POST /campaigns/{campaign}/cancel": Permission.STEER,
    "/campaigns/{campaign}/steps": Permission.STEER,
    "POST /campaigns/{campaign}/steps": Permission.STEER,
    "/campaigns/{campaign}/steps/{step}": Permission.STEER,
    "POST /campaigns/{campaign}/steps/{step}": Permission.STEER,
    "POST /campaigns/{campaign}/steps/{step}/preview": Permission.STEER,
    "POST /campaigns/{campaign}/steps/{step}/remove": Permission.STEER,
    "/campaigns/{campaign}/senders": Permission.STEER,
    "POST /campaigns/{campaign}/senders": Permission.STEER,
    "/people": Permission.LOOK,
    "/people/{address:path}": Permission.LOOK,
    "POST /people/{address:path}/pause": Permission.ACT,
    "POST /people/{address:path}/resume": Permission.ACT,
    "POST /people/{address:path}/advance": Permission.ACT,
    "POST /people/{address:path}/remove": Permission.ACT,
    "POST /people/{address:path}/suppress": Permission.ADMINISTER,
    "/channels": Permission.LOOK,
    "/channels/{channel}": Permission.LOOK,
    "POST /channels/{channel}/pause": Permission.ADMINISTER,
    "POST /channels/{channel}/resume": Permission.ADMINISTER,
    "POST /channels/{channel}/check": Permission.ADMINISTER,
    "/feed": Permission.LOOK,
    "/feed/stream": Permission.LOOK,
    "/tasks": Permission.LOOK,
    "POST /tasks/{task}": Permission.ACT,
    "/uncertain": Permission.LOOK,
    "POST /uncertain": Permission.ACT,
    "/suppressions": Permission.STEER,
    "/suppressions.csv": Permission.ADMINISTER,
    "POST /suppressions/add": Permission.ADMINISTER,
    "POST /suppressions/lift": Permission.ADMINISTER,
    "POST /suppressions/import": Permission.ADMINISTER,
    "/texts": Permission.LOOK,
    "/library": Permission.LOOK,
    "/library/{kind}/{name}": Permission.LOOK,
    "/users": Permission.ADMINISTER,
    "POST /users/add": Permission.ADMINISTER,
    "POST /users/role": Permission.ADMINISTER,
    "POST /users/remove": Permission.ADMINISTER,
    "/audit": Permission.ADMINISTER,
}
"""What each route asks for; a new one has to be written down here."""

_EXAMPLES = {
    "{campaign}": "q4",
    "{address:path}": "ada@x.test",
    "{channel}": "ana-smtp",
    "{step}": "intro",
    "{kind}": "template",
    "{name}": "hello",
}


Guarded = Page | Change | Trial


def _guarded() -> Iterator[Guarded]:
    for module in application_module.SIGNED_IN:
        for route in module.routes():
            assert isinstance(route, Guarded), f"{route} is not behind the sign-in"
            yield route


def _name(route: Guarded) -> str:
    return route.path if isinstance(route, Page) else f"POST {route.path}"


def _example(path: str) -> str:
    for parameter, value in _EXAMPLES.items():
        path = path.replace(parameter, value)
    return path


def test_every_route_behind_the_sign_in_asks_for_what_is_written_here(
    application: Starlette,
) -> None:
    guarded = [route for route in application.routes if isinstance(route, Guarded)]
    assert {_name(route): route.permission for route in guarded} == _EXPECTED


def test_every_route_of_the_application_is_in_one_of_the_two_groups(
    application: Starlette,
) -> None:
    public = {_place(route) for module in application_module.PUBLIC for route in module.routes()}
    signed_in = {_place(route) for route in _guarded()}
    everything = {_place(route) for route in application.routes}
    assert everything - public - signed_in == {"/static", "/api/v1"}
    assert not public & signed_in


def _place(route: BaseRoute) -> str:
    assert isinstance(route, Route | Mount)
    return route.path


async def test_strangers_are_sent_to_the_sign_in_and_change_nothing(
    stranger: httpx.AsyncClient,
) -> None:
    for route in _guarded():
        path = _example(route.path)
        if not isinstance(route, Page):
            answer = await stranger.post(path)
            assert answer.status_code == 401, path
        else:
            answer = await stranger.get(path)
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/sign-in?next="), path


@pytest.mark.parametrize("role", [Role.REP, Role.MANAGER])
async def test_nobody_gets_at_what_their_role_does_not_allow(visit: Visit, role: Role) -> None:
    visitor = visit(role)
    for route in _guarded():
        if role not in _ALLOWED[route.permission]:
            path = _example(route.path)
            method = visitor.get if isinstance(route, Page) else visitor.post
            assert (await method(path)).status_code == 403, path


@pytest.mark.parametrize("role", Role)
async def test_everybody_gets_what_their_role_allows(visit: Visit, role: Role) -> None:
    visitor = visit(role)
    for route in _guarded():
        endless = route.path == "/feed/stream"
        if isinstance(route, Page) and role in _ALLOWED[route.permission] and not endless:
            answer = await visitor.get(_example(route.path))
            assert answer.status_code == 200, route.path


async def test_no_change_is_made_without_the_token_of_our_own_forms(visit: Visit) -> None:
    admin = visit(Role.ADMIN)
    for route in _guarded():
        if not isinstance(route, Page):
            answer = await admin.client.post(_example(route.path), data={"csrf_token": "guess"})
            assert answer.status_code == 403, route.path


async def test_another_sites_form_is_refused_even_with_a_token(visit: Visit) -> None:
    admin = visit(Role.ADMIN)
    admin.client.headers["Sec-Fetch-Site"] = "cross-site"
    assert (await admin.post("/channels/team/pause")).status_code == 403


async def test_a_rep_sees_only_their_own_people_and_channels(visit: Visit) -> None:
    rep = visit(Role.REP)
    for path, own, others in (
        ("/campaigns", "q4", "solo"),
        ("/campaigns/q4", "ada@x.test", "grace@x.test"),
        ("/feed", "ada@x.test", "grace@x.test"),
        ("/uncertain", "Nothing is uncertain", "lost@x.test"),
        ("/channels", "ana-smtp", "bo-smtp"),
        ("/people?email=x.test", "ada@x.test", "grace@x.test"),
        ("/", "ana-smtp", "bo-smtp"),
    ):
        page = await rep.client.get(path, follow_redirects=True)
        assert own in page.text, path
        assert others not in page.text, path
    for path in ("/campaigns/solo", "/people/grace@x.test", "/channels/bo-smtp"):
        assert (await rep.get(path)).status_code == 404, path
