"""`token` makes, lists and revokes what programs call the API with."""

import pytest

from postroad.ledger.api_tokens import find_token
from postroad.ledger.engine import Ledger
from postroad.ledger.users import Role
from tests.ledger_rows import ANA, NOW
from tests.starter.command import Postroad

pytestmark = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)


def test_a_token_is_printed_once_and_opens_what_its_role_may(
    postroad: Postroad, ledger: Ledger
) -> None:
    made = postroad("token", "create", "crm", "--role", "manager", "--expires", "90d")
    token = made.stdout.strip()
    assert token.startswith("postroad_")
    with ledger.read() as connection:
        holder = find_token(connection, token, NOW)
    assert holder is not None
    assert (holder.name, holder.role, holder.per_minute) == ("crm", Role.MANAGER, 600)
    listed = postroad("token", "list")
    assert "crm" in listed.stdout
    assert "active until" in listed.stdout
    assert token not in listed.stdout
    (row,) = postroad("token", "list", "--json").json
    assert (row["name"], row["sender"], row["last_used_at"]) == ("crm", None, None)


def test_a_reps_token_names_its_sender(postroad: Postroad, ledger: Ledger) -> None:
    made = postroad("token", "create", "plugin", "--sender", "ANA@acme.test", "--json").json
    with ledger.read() as connection:
        holder = find_token(connection, made["token"], NOW)
    assert holder is not None
    assert (holder.role, holder.sender) == (Role.REP, ANA)


def test_a_revoked_token_opens_nothing_and_its_name_stays_taken(
    postroad: Postroad, ledger: Ledger
) -> None:
    token = postroad("token", "create", "crm", "--role", "admin").stdout.strip()
    assert postroad("token", "revoke", "crm").code == 0
    with ledger.read() as connection:
        assert find_token(connection, token, NOW) is None
    assert "revoked" in postroad("token", "list").stdout
    again = postroad("token", "create", "crm", "--role", "admin")
    assert (again.code, again.stderr) == (
        1, "postroad: a token crm was made before: choose another name\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("create", "crm"), 1, "a rep's token names the sender"),
        (("create", "crm", "--role", "admin", "--sender", ANA), 1, "and no other does"),
        (("create", "No Slug", "--role", "admin"), 1, "must be lower-case letters"),
        (("create", "crm", "--sender", "nobody"), 1, "is no email address"),
        (("create", "crm", "--role", "admin", "--expires", "soon"), 2, "is no duration"),
        (("create", "crm", "--role", "admin", "--per-minute", "0"), 2, "greater than"),
        (("revoke", "crm"), 1, "unknown: `postroad token list` shows all"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    postroad: Postroad, arguments: tuple[str, ...], code: int, words: str
) -> None:
    refused = postroad("token", *arguments)
    assert refused.code == code
    assert words in refused.stderr
