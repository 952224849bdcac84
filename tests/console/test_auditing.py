"""The audit log knows of every change, also of one that nobody saw the end of."""

import asyncio
from collections.abc import Callable

import pytest
from temporalio.service import RPCError, RPCStatusCode

from console.auditing import audited
from console.installation import Installation
from operations.refusal import Refused, Unanswered
from postroad.ledger.audit import Change, list_changes
from postroad.ledger.engine import Ledger
from postroad.ledger.users import Role
from tests.console.conftest import USERS, Visitor

ADMIN = USERS[Role.ADMIN]


def _entries(ledger: Ledger) -> list[Change]:
    with ledger.read() as connection:
        return list_changes(connection, before=None, at_most=99)


def _told(ledger: Ledger) -> list[tuple[str, str, str, bool]]:
    return [(one.action, one.subject, one.detail, one.is_concluded) for one in _entries(ledger)]


async def test_an_entry_stands_before_its_change_is_made_and_says_afterwards_what_it_did(
    installation: Installation, ledger: Ledger
) -> None:
    async with audited(installation, by=ADMIN, action="suppress", subject="Ada@X.test") as change:
        assert _told(ledger) == [("suppress", "Ada@X.test", "", False)]
        change.subject, change.words = "ada@x.test", "1 sequence ended"
    assert _told(ledger) == [("suppress", "ada@x.test", "1 sequence ended", True)]


async def test_what_is_refused_leaves_no_entry(installation: Installation, ledger: Ledger) -> None:
    with pytest.raises(Refused):
        async with audited(installation, by=ADMIN, action="suppress", subject="ada@x.test"):
            raise Refused("ada@x.test is suppressed already")
    assert _entries(ledger) == []


@pytest.mark.parametrize("cut_off", [asyncio.CancelledError(), SystemExit(), RuntimeError()])
async def test_a_change_that_was_cut_off_stays_in_the_log(
    installation: Installation, ledger: Ledger, cut_off: BaseException
) -> None:
    with pytest.raises(type(cut_off)):
        async with audited(installation, by=ADMIN, action="pause channel", subject="team"):
            raise cut_off
    assert _told(ledger) == [("pause channel", "team", "", False)]


@pytest.mark.parametrize(
    ("unanswered", "words"),
    [
        (Unanswered("no worker answered within 1m"), "no worker answered within 1m"),
        (RPCError("gone", RPCStatusCode.UNAVAILABLE, b""), "did not answer (unavailable: gone)"),
    ],
)
async def test_a_change_that_nobody_answered_stays_in_the_log_with_the_reason(
    installation: Installation, ledger: Ledger, unanswered: Exception, words: str
) -> None:
    with pytest.raises(type(unanswered)):
        async with audited(installation, by=ADMIN, action="cancel campaign", subject="q4"):
            raise unanswered
    [entry] = _entries(ledger)
    assert words in entry.detail
    assert not entry.is_concluded


async def test_the_page_says_which_changes_nobody_saw_the_end_of(
    installation: Installation, visit: Callable[[Role], Visitor]
) -> None:
    admin, question = visit(Role.ADMIN), "whether it was made is not known"
    await admin.post("/channels/team/pause", reason="holiday")
    assert question not in (await admin.get("/audit")).text
    with pytest.raises(SystemExit):
        async with audited(installation, by=ADMIN, action="cancel campaign", subject="q4"):
            raise SystemExit
    assert question in (await admin.get("/audit")).text


async def test_a_form_that_breaks_leaves_whom_it_was_about(
    visit: Callable[[Role], Visitor], ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr("console.pages.users.add_user", breaks)
    added = await visit(Role.ADMIN).post(
        "/users/add", email="new@acme.test", role="rep", password="correct horse battery"
    )
    assert added.status_code == 500
    assert _told(ledger) == [("add user", "new@acme.test", "", False)]
