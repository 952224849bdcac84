"""A From address is verified by the token that was mailed to it, and by nothing else."""

from typing import Any

import pytest
from sqlalchemy import Connection, select

from postroad.contracts import MessageState
from postroad.instants import DAY
from postroad.ledger.engine import Ledger
from postroad.ledger.identities import (
    MOST_WRONG_TOKENS,
    IdentityState,
    ask_to_verify,
    channels_to_verify,
    confirm,
    list_identities,
)
from postroad.ledger.tables import Event, SenderIdentity
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender

TOKEN = "4c0ffee4c0ffee4c0ffee4c0ffee4c0f"
BO = "bo@acme.test"


def _stage(connection: Connection, **settings: Any) -> None:
    add_sender(connection)
    add_sender(connection, BO)
    strict = {"verify_identities": True} | settings
    add_channel(connection, "team", address=None, shared=True, settings=strict)
    add_channel(connection, "ana-gmail", kind="gmail")


def _states(connection: Connection) -> dict[tuple[str, str], IdentityState]:
    return {(one.email, one.channel): one.state for one in list_identities(connection)}


def _asked(connection: Connection, at: int = NOW) -> None:
    _stage(connection)
    ask_to_verify(connection, "team", ANA, TOKEN, at)


def test_addresses_are_listed_with_the_channels_that_verify_them(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection)
        states = _states(connection)
        assert states == {(one, "team"): IdentityState.UNVERIFIED for one in (ANA, BO)}
        assert channels_to_verify(connection, ANA) == ["team"]


def test_a_domain_that_is_vouched_for_needs_no_token(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, verified_domains=["acme.test"])
        assert set(_states(connection).values()) == {IdentityState.VOUCHED}
        assert channels_to_verify(connection, ANA) == []


def test_the_token_verifies_its_address_and_wakes_who_waits(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _asked(connection)
        add_campaign(connection)
        add_person(connection, "ada@x.test", MessageState.PLANNED, channel=None)
        assert _states(connection)[(ANA, "team")] is IdentityState.ASKED
        confirmed = confirm(connection, ANA, f" {TOKEN}\n", NOW + 5)
        assert (confirmed.channels, confirmed.refused) == (["team"], "")
        assert confirmed.wake == {f"sequence/q4/{ANA}"}
        states = _states(connection)
        assert states == {
            (ANA, "team"): IdentityState.VERIFIED,
            (BO, "team"): IdentityState.UNVERIFIED,
        }
        assert connection.scalars(select(Event.event)).all() == ["identity_verified"]


def test_the_ledger_does_not_keep_the_token(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _asked(connection)
        row = connection.execute(select(*SenderIdentity.__table__.columns)).one()
    assert TOKEN not in str(row)


def test_the_token_of_one_address_verifies_no_other(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _asked(connection)
        ask_to_verify(connection, "team", BO, "another", NOW)
        assert "not the token" in confirm(connection, BO, TOKEN, NOW).refused
        assert "no token of cy@acme.test" in confirm(connection, "cy@acme.test", TOKEN, NOW).refused


def test_a_token_lives_for_a_day(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _asked(connection)
        assert "older than a day" in confirm(connection, ANA, TOKEN, NOW + DAY).refused
        assert confirm(connection, ANA, TOKEN, NOW + DAY - 1).channels == ["team"]


def test_a_few_wrong_tokens_end_its_life_until_another_is_mailed(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _asked(connection)
        for _ in range(MOST_WRONG_TOKENS):
            assert "not the token" in confirm(connection, ANA, "guess", NOW + 1).refused
        assert "5 wrong tokens" in confirm(connection, ANA, TOKEN, NOW + 2).refused
        assert _states(connection)[(ANA, "team")] is IdentityState.ASKED
        ask_to_verify(connection, "team", ANA, "fresh", NOW + 3)
        assert "not the token" in confirm(connection, ANA, TOKEN, NOW + 4).refused
        assert confirm(connection, ANA, "fresh", NOW + 5).channels == ["team"]


@pytest.mark.parametrize("token", ["", "é" * 32, "\x00", "x" * 100_000])
def test_whatever_is_given_as_a_token_is_refused_in_one_sentence(
    ledger: Ledger, token: str
) -> None:
    with ledger.write() as connection:
        _asked(connection)
        refused = confirm(connection, ANA, token, NOW).refused
    assert "not the token" in refused
    assert "\n" not in refused


def test_a_verified_address_cannot_be_confirmed_again(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _asked(connection)
        confirm(connection, ANA, TOKEN, NOW)
        assert "no token of" in confirm(connection, ANA, TOKEN, NOW).refused
        assert channels_to_verify(connection, ANA) == []
