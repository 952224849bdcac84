"""A request with an Idempotency-Key is carried out once, however often it is sent."""

import asyncio

import pytest
from sqlalchemy import func, select
from starlette.applications import Starlette

from console.application import build
from console.installation import Installation
from postroad.instants import MINUTE
from postroad.ledger import idempotency
from postroad.ledger.audit import list_changes
from postroad.ledger.engine import Ledger
from postroad.ledger.idempotency import AnotherRequest, Answered, Begun, InProgress
from postroad.ledger.suppression_list import list_suppressions
from postroad.ledger.tables import IdempotencyKey
from postroad.ledger.users import Role
from postroad.setting_tables import TemporalSettings
from tests.console.api.conftest import CallAs, caller, token_for

_NOW = 1_795_000_000_000
_KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


def _suppressions(ledger: Ledger) -> int:
    with ledger.read() as connection:
        return len(list(list_suppressions(connection)))


def _changes(ledger: Ledger) -> int:
    with ledger.read() as connection:
        return len(list_changes(connection, before=None, at_most=99))


async def test_a_repeat_is_answered_as_before_and_changes_nothing(
    call_as: CallAs, ledger: Ledger
) -> None:
    program, body = call_as(Role.ADMIN), {"address": "eve@x.test"}
    first = await program.post("/suppressions", json=body, headers=_KEY)
    again = await program.post("/suppressions", json=body, headers=_KEY)
    assert (first.status_code, first.json()["new"]) == (200, True)
    assert (again.status_code, again.json()) == (200, first.json())
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert _changes(ledger) == 1
    without_key = await program.post("/suppressions", json=body)
    assert without_key.json()["new"] is False


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
async def test_a_refusal_is_repeated_as_well(call_as: CallAs) -> None:
    program = call_as(Role.ADMIN)
    refused = await program.post("/channels/team/resume", headers=_KEY)
    assert (await program.post("/channels/team/pause", json={})).status_code == 200
    again = await program.post("/channels/team/resume", headers=_KEY)
    assert (refused.status_code, again.status_code) == (409, 409)
    assert again.json() == refused.json()
    assert again.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
async def test_a_key_belongs_to_one_request_of_one_token(call_as: CallAs, ledger: Ledger) -> None:
    admin, manager = call_as(Role.ADMIN), call_as(Role.MANAGER)
    await admin.post("/suppressions", json={"address": "eve@x.test"}, headers=_KEY)
    other = await admin.post("/suppressions", json={"address": "mal@x.test"}, headers=_KEY)
    assert other.status_code == 422
    assert "used for another request" in other.json()["detail"]
    elsewhere = await admin.delete("/suppressions/eve@x.test", headers=_KEY)
    assert elsewhere.status_code == 422
    assert _suppressions(ledger) == 2  # eve, and the one that was there
    someone_elses = await manager.post("/campaigns/none/pause", json={}, headers=_KEY)
    assert someone_elses.status_code == 404


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("key", ['""', '"a', "a b", "x" * 256, "schlüssel"])
async def test_a_key_that_is_none_is_refused(call_as: CallAs, key: str) -> None:
    answer = await call_as(Role.ADMIN).post(
        "/suppressions",
        json={"address": "eve@x.test"},
        headers={b"Idempotency-Key": key.encode("latin-1")},
    )
    assert answer.status_code == 400


async def test_of_many_at_once_one_is_carried_out(call_as: CallAs, ledger: Ledger) -> None:
    program = call_as(Role.ADMIN)
    answers = await asyncio.gather(
        *(
            program.post("/suppressions", json={"address": "eve@x.test"}, headers=_KEY)
            for _ in range(8)
        )
    )
    statuses = {answer.status_code for answer in answers}
    assert 200 in statuses
    assert statuses <= {200, 409}
    assert {answer.json()["new"] for answer in answers if answer.status_code == 200} == {True}
    assert (_suppressions(ledger), _changes(ledger)) == (2, 1)


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
async def test_an_answer_outlives_the_console_and_is_encrypted(
    installation: Installation, ledger: Ledger
) -> None:
    token = token_for(ledger, Role.ADMIN)

    async def ask(application: Starlette) -> object:
        async with caller(application, token) as program:
            answer = await program.post(
                "/suppressions", json={"address": "eve@x.test"}, headers=_KEY
            )
            return answer.json()

    first = await ask(build(installation))
    assert await ask(build(installation)) == first
    with ledger.read() as connection:
        kept = connection.scalars(select(IdempotencyKey.answer)).one()
    assert kept is not None
    assert "eve" not in kept


def _token_id(ledger: Ledger) -> int:
    token_for(ledger, Role.ADMIN)
    return 1


def test_a_try_that_was_cut_off_is_given_up_and_made_again_with_its_nonce(
    ledger: Ledger,
) -> None:
    token = _token_id(ledger)
    with ledger.write() as connection:
        first = idempotency.begin(connection, token, "k", "print", _NOW)
        assert isinstance(first, Begun)
        later = _NOW + 4 * MINUTE
        assert idempotency.begin(connection, token, "k", "print", later) == InProgress()
        assert idempotency.begin(connection, token, "k", "other", later) == AnotherRequest()
        later += MINUTE
        assert idempotency.begin(connection, token, "k", "print", later) == first
        assert idempotency.begin(connection, token, "k", "print", later) == InProgress()
        idempotency.release(connection, token, "k")
        assert idempotency.begin(connection, token, "k", "print", later) == first
        idempotency.keep_answer(connection, token, "k", 200, "answer")
        again = idempotency.begin(connection, token, "k", "print", later)
    assert again == Answered(200, "answer")


def test_a_key_is_forgotten_a_day_after_it_was_first_used(ledger: Ledger) -> None:
    token = _token_id(ledger)
    with ledger.write() as connection:
        idempotency.begin(connection, token, "k", "print", _NOW)
        idempotency.keep_answer(connection, token, "k", 200, "answer")
        just_before = _NOW + idempotency.KEPT - 1
        assert isinstance(idempotency.begin(connection, token, "k", "print", just_before), Answered)
        anew = idempotency.begin(connection, token, "k", "another", just_before + 1)
        assert isinstance(anew, Begun)
        assert connection.scalar(select(func.count()).select_from(IdempotencyKey)) == 1


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
async def test_after_a_failure_the_same_key_may_be_tried_again(
    call_as: CallAs, installation: Installation
) -> None:
    installation.settings.temporal = TemporalSettings(address="127.0.0.1:9")
    program = call_as(Role.ADMIN)
    await program.post("/channels/team/pause", json={})
    failed = await program.post("/channels/team/resume", headers=_KEY)
    assert failed.status_code == 503
    assert "no Temporal server" in failed.json()["detail"]
    again = await program.post("/channels/team/resume", headers=_KEY)
    assert again.status_code == 503
    assert "idempotent-replayed" not in again.headers
