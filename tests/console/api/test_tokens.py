"""Who may call the API, and what a token may see and do."""

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from starlette.applications import Starlette
from starlette.routing import Mount

from console.access import Permission
from console.api.application import MODULES, PLACE
from console.api.endpoints import Endpoint
from console.api.rates import Rates
from operations.clock import now
from postroad.instants import DAY, MINUTE
from postroad.ledger.api_tokens import (
    add_token,
    find_token,
    list_tokens,
    note_used,
    revoke_token,
)
from postroad.ledger.engine import Ledger
from postroad.ledger.users import Role
from tests.console.api.conftest import CallAs, caller, token_for

_EXPECTED = {
    "GET /campaigns": Permission.LOOK,
    "POST /campaigns": Permission.STEER,
    "POST /rehearsals": Permission.STEER,
    "GET /campaigns/{campaign}": Permission.LOOK,
    "GET /campaigns/{campaign}/report": Permission.STEER,
    "POST /campaigns/{campaign}/pause": Permission.STEER,
    "POST /campaigns/{campaign}/resume": Permission.STEER,
    "POST /campaigns/{campaign}/cancel": Permission.STEER,
    "GET /campaigns/{campaign}/people": Permission.LOOK,
    "POST /campaigns/{campaign}/people": Permission.STEER,
    "DELETE /campaigns/{campaign}/people/{email:path}": Permission.STEER,
    "GET /people/{email:path}": Permission.LOOK,
    "POST /mails": Permission.STEER,
    "GET /mails/{mail}": Permission.STEER,
    "GET /feed": Permission.LOOK,
    "GET /suppressions": Permission.STEER,
    "POST /suppressions": Permission.ADMINISTER,
    "DELETE /suppressions/{address:path}": Permission.ADMINISTER,
    "GET /webhooks": Permission.ADMINISTER,
    "POST /webhooks": Permission.ADMINISTER,
    "DELETE /webhooks/{webhook}": Permission.ADMINISTER,
    "POST /webhooks/{webhook}/secret": Permission.ADMINISTER,
    "POST /webhooks/{webhook}/disable": Permission.ADMINISTER,
    "POST /webhooks/{webhook}/enable": Permission.ADMINISTER,
    "GET /channels": Permission.LOOK,
    "GET /channels/{channel}": Permission.LOOK,
    "GET /channel-choice": Permission.LOOK,
    "POST /channels/{channel}/pause": Permission.ADMINISTER,
    "POST /channels/{channel}/resume": Permission.ADMINISTER,
}
"""What each endpoint asks for; a new one has to be written down here."""

_sqlite = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
_NOW = 1_795_000_000_000


def _endpoints() -> Iterator[tuple[str, str, Endpoint]]:
    for module in MODULES:
        for router in module.ROUTERS:
            for route in router.routes:
                assert isinstance(route, Endpoint)
                method = min(route.methods or {""})
                yield method, route.path, route


def test_every_endpoint_asks_for_what_is_written_here() -> None:
    found = {f"{method} {path}": route.permission for method, path, route in _endpoints()}
    assert found == _EXPECTED


@_sqlite
def test_nothing_but_the_endpoints_and_the_description_is_answered(
    application: Starlette,
) -> None:
    (mounted,) = [
        route for route in application.routes
        if isinstance(route, Mount) and route.path == PLACE
    ]  # fmt: skip
    plain = {
        getattr(route, "path", "")
        for route in mounted.routes
        if not isinstance(route, APIRoute) and hasattr(route, "endpoint")
    }
    assert plain == {"/openapi.json"}


@_sqlite
async def test_without_a_valid_token_nothing_is_told(application: Starlette) -> None:
    for authorisation in ("", "Bearer", "Bearer guess", "Basic Z3Vlc3M6", "Bearer \xff\xfe"):
        async with caller(application, "") as stranger:
            for method, path, _ in _endpoints():
                answer = await stranger.request(
                    method, path, headers={b"Authorization": authorisation.encode("latin-1")}
                )
                assert answer.status_code == 401, path
                assert answer.headers["www-authenticate"] == "Bearer"
                assert answer.headers["content-type"] == "application/problem+json"
                assert "postroad token create" in answer.json()["detail"]


@_sqlite
@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.REP, {Permission.LOOK}),
        (Role.MANAGER, {Permission.LOOK, Permission.STEER}),
        (Role.ADMIN, set(Permission)),
    ],
)
async def test_a_token_may_do_what_its_role_may(
    call_as: CallAs, role: Role, allowed: set[Permission]
) -> None:
    program = call_as(role)
    for method, path, route in _endpoints():
        status = (await program.request(method, path, content=b"no JSON")).status_code
        assert (status == 403) is (route.permission not in allowed), path


async def test_a_reps_token_sees_its_senders_people_only(call_as: CallAs) -> None:
    rep, manager = call_as(Role.REP), call_as(Role.MANAGER)
    for path, own, others in (
        ("/campaigns", '"q4"', '"solo"'),
        ("/campaigns/q4/people", "ada@x.test", "grace@x.test"),
        ("/feed", "ada@x.test", "grace@x.test"),
        ("/channels", "ana-smtp", "bo-smtp"),
        ("/campaigns/q4", "ana@acme.test", "bo@acme.test"),
    ):
        assert own in (seen := (await rep.get(path)).text), path
        assert others not in seen, path
        assert others in (await manager.get(path)).text, path
    for path in (
        "/campaigns/solo", "/campaigns/solo/people", "/people/grace@x.test", "/channels/bo-smtp",
        "/channel-choice?from=bo@acme.test&to=ada@x.test",
    ):  # fmt: skip
        assert (await rep.get(path)).status_code == 404, path
        assert (await manager.get(path)).status_code == 200, path


def test_a_token_is_kept_as_a_hash_and_opens_until_it_is_over_or_revoked(ledger: Ledger) -> None:
    with ledger.write() as connection:
        for name, expires_at in (("crm", _NOW + DAY), ("other", None)):
            assert add_token(
                connection, f"secret of {name}", name=name, role=Role.MANAGER, sender=None,
                per_minute=9, expires_at=expires_at, now=_NOW,
            )  # fmt: skip
        assert not add_token(
            connection, "another", name="crm", role=Role.ADMIN, sender=None, per_minute=9,
            expires_at=None, now=_NOW,
        )  # fmt: skip
        holder = find_token(connection, "secret of crm", _NOW)
        assert holder is not None
        assert (holder.name, holder.role, holder.sender) == ("crm", Role.MANAGER, None)
        note_used(connection, holder.id, _NOW + MINUTE)
        assert find_token(connection, "another", _NOW) is None
        assert find_token(connection, "secret of crm", _NOW + DAY) is None
        assert find_token(connection, "secret of other", _NOW + DAY) is not None
        assert revoke_token(connection, "other", _NOW)
        assert not revoke_token(connection, "other", _NOW)
        assert find_token(connection, "secret of other", _NOW) is None
        crm, other = list_tokens(connection)
    assert crm.last_used_at is not None
    assert (crm.last_used_at - crm.created_at).total_seconds() == 60
    assert other.revoked_at is not None
    assert "secret" not in f"{crm}{other}"


@_sqlite
async def test_using_a_token_is_noted_and_revoking_it_counts_at_once(
    call_as: CallAs, ledger: Ledger
) -> None:
    program = call_as(Role.ADMIN)
    assert (await program.get("/channels")).status_code == 200
    with ledger.write() as connection:
        (token,) = list_tokens(connection)
        assert token.last_used_at is not None
        revoke_token(connection, "admin", now())
    assert (await program.get("/channels")).status_code == 401


@_sqlite
async def test_a_token_that_asks_too_often_is_told_when_to_come_again(
    application: Starlette, ledger: Ledger
) -> None:
    async with caller(application, token_for(ledger, Role.ADMIN, per_minute=2)) as program:
        answers = [await program.get("/channels") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 30
    assert "more than 2 requests in a minute" in answers[2].json()["detail"]


def test_a_rate_holds_over_any_time_and_for_each_token_alone() -> None:
    seconds = [0.0]
    rates = Rates(lambda: seconds[0])
    assert [rates.take(1, 2) for _ in range(3)] == [0, 0, 30]
    assert rates.take(2, 2) == 0
    seconds[0] = 30.0
    assert [rates.take(1, 2) for _ in range(2)] == [0, 30]
    seconds[0] = 3_600.0
    assert [rates.take(1, 2) for _ in range(3)] == [0, 0, 30]
