"""Where an SMTP channel's notices go: the envelope's sender, its tokens, and what is asked for."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from postroad.channels.smtp_settings import SmtpSettings
from postroad.ledger.secret_places import put_secret, take_secrets
from postroad.verp import LONGEST_LOCAL, verp_address, verp_token, verp_token_in
from tests.channels.mails import lent, mail, settings
from tests.channels.scripted import scripted

KEY = "q4/intro/00ff00ff00ff00ff"
BOUNCES: dict[str, Any] = {"address": "bounces@acme.test"}
IMAP: dict[str, Any] = {"host": "127.0.0.1", "tls": "none", "username": "b", "password": "secret"}
DSN = "250-scripted\r\n250 DSN"


async def _commands(hello: str, **bounces: Any) -> list[str]:
    """Return the MAIL and RCPT commands of a message."""
    given: dict[str, Any] = {"bounces": BOUNCES | bounces} if bounces else {}
    async with scripted({"EHLO": hello}) as server:
        async with lent(server.port, **given) as connection:
            await connection.send(mail(KEY))
        lines = [line.decode().strip() for line in server.received]
    return [line for line in lines if line.startswith(("MAIL", "RCPT"))]


async def test_without_bounces_the_sender_is_in_the_envelope_and_nothing_is_asked_for() -> None:
    assert await _commands(DSN) == ["MAIL FROM:<ana@acme.test>", "RCPT TO:<bob@buyer.test>"]


async def test_notices_go_to_the_bounce_address_and_return_headers_only() -> None:
    assert await _commands(DSN, verp=False) == [
        "MAIL FROM:<bounces@acme.test> RET=HDRS",
        "RCPT TO:<bob@buyer.test> NOTIFY=FAILURE,DELAY",
    ]


async def test_notices_of_deliveries_are_asked_for_where_they_are_wanted() -> None:
    asked = await _commands(DSN, confirm_delivery=True)
    assert asked[1] == "RCPT TO:<bob@buyer.test> NOTIFY=SUCCESS,FAILURE,DELAY"


async def test_a_server_without_dsn_is_asked_for_nothing() -> None:
    assert await _commands("250 scripted", verp=True) == [
        f"MAIL FROM:<bounces+{verp_token(KEY)}@acme.test>",
        "RCPT TO:<bob@buyer.test>",
    ]


def test_the_token_holds_the_persons_key_and_tells_steps_apart() -> None:
    token = verp_token(KEY)
    assert token is not None
    assert token.startswith("00ff00ff00ff00ff-")
    assert verp_token("q4/nudge/00ff00ff00ff00ff") != token
    assert verp_token("q5/intro/00ff00ff00ff00ff") != token


def test_the_longest_address_with_a_token_is_one_that_every_server_takes() -> None:
    local, _, _ = verp_address(f"{'b' * LONGEST_LOCAL}@acme.test", KEY).partition("@")
    assert len(local) == 64


def test_a_token_is_found_whatever_became_of_its_case() -> None:
    address = verp_address("Bounces@acme.test", KEY)
    for written in (address, address.upper(), f'"Bounces" <{address}>, other@acme.test'):
        assert verp_token_in(written) == verp_token(KEY)


@given(st.text(max_size=80))
def test_what_is_no_message_of_a_person_has_no_token(key: str) -> None:
    assert verp_token(key) is None
    assert verp_address("bounces@acme.test", key) == "bounces@acme.test"
    assert verp_token_in(key) is None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"address": "bounces"}, "bounces.address"),
        ({"address": "b@acme.test> SIZE=1\r\nRCPT"}, "bounces.address"),
        ({"address": f"{'b' * 39}@acme.test", "verp": True}, "bounces"),
        ({"imap": IMAP | {"host": "imap.acme.test"}}, "bounces.imap"),
        ({"imap": IMAP | {"host": "a b"}}, "bounces.imap.host"),
        ({"imap": IMAP | {"host": "outlook.office365.com"}}, "bounces.imap.host"),
        ({"imap": IMAP | {"username": "a\r\nb"}}, "bounces.imap.username"),
        ({"imap": IMAP | {"password": "a\r\nb"}}, "bounces.imap.password"),
        ({"imap": IMAP | {"tls": "ssl"}}, "bounces.imap.tls"),
        ({"imap": IMAP | {"folders": [""]}}, "bounces.imap.folders.0"),
        ({"imap": IMAP | {"timeout": "1h"}}, "bounces.imap.timeout"),
        ({"pop3": {}}, "bounces.pop3"),
    ],
)
def test_a_wrong_value_is_refused_by_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(25, bounces=BOUNCES | given)
    assert [".".join(map(str, error["loc"])) for error in refused.value.errors()] == [field]


def test_two_envelope_senders_are_refused() -> None:
    with pytest.raises(ValidationError, match="leave envelope_from out"):
        settings(25, bounces=BOUNCES, envelope_from="other@acme.test")


@pytest.mark.parametrize(("tls", "port"), [("implicit", 993), ("starttls", 143), ("none", 143)])
def test_the_port_of_imap_follows_from_the_kind_of_tls(tls: str, port: int) -> None:
    read = settings(25, bounces=BOUNCES | {"imap": IMAP | {"tls": tls}}).bounces
    assert read is not None
    assert read.imap is not None
    assert read.imap.port == port


def test_the_mailboxs_password_is_kept_among_the_secrets() -> None:
    read = settings(25, bounces=BOUNCES | {"imap": IMAP})
    stored = read.model_dump(mode="json")
    secrets = dict(take_secrets(read, stored))
    assert secrets == {"bounces.imap.password": "secret"}
    assert "secret" not in repr((stored, read))
    for place, secret in secrets.items():
        put_secret(stored, place.split("."), secret)
    opened = SmtpSettings.model_validate(stored)
    assert opened.bounces is not None
    assert opened.bounces.imap is not None
    assert opened.bounces.imap.password == SecretStr("secret")
