"""What people change in the console, and that the audit log tells it."""

from collections.abc import Callable

import pytest

from console import csrf
from postroad.contracts import ChannelState
from postroad.ledger.audit import Change, list_changes
from postroad.ledger.channels import channel_state
from postroad.ledger.engine import Ledger
from postroad.ledger.suppression_list import list_suppressions
from postroad.ledger.users import Role, list_users
from tests.console.conftest import USERS, Visitor

# The queries are tested on both databases beside their pages.
pytestmark = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)

Visit = Callable[[Role], Visitor]


def _changes(ledger: Ledger) -> list[Change]:
    with ledger.read() as connection:
        return list_changes(connection, before=None, at_most=99)


def _suppressed(ledger: Ledger) -> list[str]:
    with ledger.read() as connection:
        return [row.address for row in list_suppressions(connection)]


async def test_a_channel_is_paused_with_a_reason(visit: Visit, ledger: Ledger) -> None:
    admin = visit(Role.ADMIN)
    answer = await admin.post("/channels/team/pause", reason="warming up")
    assert answer.headers["location"] == "/channels/team"
    with ledger.read() as connection:
        state = channel_state(connection, "team")
    assert state == (ChannelState.PAUSED, "paused by adam@acme.test: warming up")
    change = _changes(ledger)[0]
    assert (change.by, change.action, change.subject) == (
        USERS[Role.ADMIN], "pause channel", "team",
    )  # fmt: skip
    shown = (await admin.get("/channels/team")).text
    assert "team is paused: warming up" in shown
    assert "team is paused: warming up" not in (await admin.get("/channels")).text
    assert "warming up" in (await admin.get("/audit")).text


async def test_what_is_refused_is_said_and_is_no_change(visit: Visit, ledger: Ledger) -> None:
    admin = visit(Role.ADMIN)
    await admin.post("/channels/team/pause")
    admin.client.headers["Referer"] = "http://console.test/channels/team"
    answer = await admin.post("/channels/team/pause")
    assert answer.headers["location"] == "/channels/team"
    assert "team is paused already" in (await admin.get("/channels/team")).text
    assert len(_changes(ledger)) == 1


async def test_without_temporal_an_action_says_what_is_missing(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTROAD_TEMPORAL_ADDRESS", "127.0.0.1:1")
    manager = visit(Role.MANAGER)
    await manager.post("/campaigns/q4/pause", reason="wrong price")
    assert "no Temporal server at 127.0.0.1:1" in (await manager.get("/")).text


async def test_addresses_are_suppressed_and_lifted(visit: Visit, ledger: Ledger) -> None:
    admin = visit(Role.ADMIN)
    await admin.post("/suppressions/add", address=" New@X.Test ", reason="asked")
    assert "new@x.test" in _suppressed(ledger)
    await admin.post("/suppressions/add", address="no address")
    assert "is no address" in (await admin.get("/suppressions")).text
    await admin.post("/suppressions/lift", address="new@x.test")
    assert "new@x.test" not in _suppressed(ledger)
    assert [change.action for change in _changes(ledger)] == ["lift suppression", "suppress"]


async def test_a_list_is_imported_and_exported_again(visit: Visit, ledger: Ledger) -> None:
    admin = visit(Role.ADMIN)
    answer = await admin.client.post(
        "/suppressions/import",
        data={csrf.FIELD: csrf.token_for(admin.token)},
        files={"file": ("out.csv", "email,reason\na@x.test,=1+1\n@b.test,\nnothing,\n")},
    )
    assert answer.status_code == 303
    assert {"a@x.test", "@b.test"} <= set(_suppressed(ledger))
    assert "2 new suppressions from 3 rows" in (await admin.get("/suppressions")).text
    exported = (await admin.get("/suppressions.csv")).text
    assert "a@x.test,'=1+1,import," in exported


async def test_a_file_that_cannot_be_read_is_refused(visit: Visit) -> None:
    admin = visit(Role.ADMIN)
    await admin.client.post(
        "/suppressions/import",
        data={csrf.FIELD: csrf.token_for(admin.token)},
        files={"file": ("out.csv", b"")},
    )
    page = (await admin.get("/suppressions")).text
    assert 'role="alert"' in page
    assert "is empty" in page


async def test_users_are_added_changed_and_removed(visit: Visit, ledger: Ledger) -> None:
    admin = visit(Role.ADMIN)
    password = "a password of some length"
    await admin.post("/users/add", email="New@acme.test", role="rep", password="short")
    assert "at least 12 characters" in (await admin.get("/users")).text
    await admin.post("/users/add", email="New@acme.test", role="rep", password=password)
    await admin.post("/users/role", email="new@acme.test", role="manager")
    with ledger.read() as connection:
        assert [(user.email, user.role) for user in list_users(connection)] == [
            ("new@acme.test", Role.MANAGER)
        ]
    await admin.post("/users/remove", email="new@acme.test")
    with ledger.read() as connection:
        assert list_users(connection) == []
    assert all(password not in change.detail for change in _changes(ledger))


async def test_nobody_changes_their_own_account(visit: Visit, ledger: Ledger) -> None:
    admin = visit(Role.ADMIN)
    await admin.post("/users/role", email=USERS[Role.ADMIN], role="rep")
    assert "another admin has to" in (await admin.get("/users")).text
    assert _changes(ledger) == []
