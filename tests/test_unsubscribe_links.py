"""Links in mails: signed, lasting, and without anything personal."""

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from postroad.secrets import SecretBox
from postroad.signed_tokens import NamedMessage
from postroad.unsubscribe_links import UnsubscribeTokens, WaysOut

_SECRET, _NEW_SECRET = Fernet.generate_key().decode(), Fernet.generate_key().decode()
_TOKENS = UnsubscribeTokens(SecretBox(_SECRET))
_MESSAGE = NamedMessage("0123456789abcdef", 2)

messages = st.builds(
    NamedMessage,
    st.text("0123456789abcdef", min_size=16, max_size=16),
    st.integers(min_value=0, max_value=65_535),
)


def _made(message: NamedMessage = _MESSAGE) -> str:
    token = _TOKENS.make(message)
    assert token is not None
    return token


@given(messages)
def test_what_is_made_is_read_and_survives_links_and_mail_programs(message: NamedMessage) -> None:
    token = _made(message)
    assert token.isalnum()
    assert token == token.lower()
    assert len(token) == 42
    assert _TOKENS.read(token) == _TOKENS.read(token.upper()) == message


@given(st.integers(min_value=0, max_value=41), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_changed_token_names_nothing(place: int, letter: str) -> None:
    token = _made()
    changed = token[:place] + letter + token[place + 1 :]
    assert _TOKENS.read(changed) == (_MESSAGE if changed == token else None)


@given(st.text(max_size=60) | st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=42, max_size=42))
def test_what_was_made_up_names_nothing(token: str) -> None:
    assert _TOKENS.read(token) is None


def test_a_link_outlives_the_key_that_signed_it_as_long_as_the_key_is_named() -> None:
    token = _made()
    both = UnsubscribeTokens(SecretBox(f"{_NEW_SECRET},{_SECRET}"))
    assert both.read(token) == _MESSAGE
    assert both.make(_MESSAGE) != token
    assert UnsubscribeTokens(SecretBox(_NEW_SECRET)).read(token) is None


def test_links_are_signed_with_a_key_of_their_own() -> None:
    box = SecretBox(_SECRET)
    assert box.keys_for(b"one") != box.keys_for(b"another")
    assert _SECRET.encode() not in box.keys_for(b"one")


def test_a_mail_names_the_page_and_the_mailbox() -> None:
    ways = WaysOut(_TOKENS, "https://mail.acme.test", "ana+x@acme.test")
    assert ways.link(_MESSAGE) == f"https://mail.acme.test/u/{_made()}"
    mailto = ways.mailto("q4/intro/0123456789abcdef")
    assert mailto is not None
    address, _, subject = mailto.partition("?subject=unsubscribe%20")
    assert address == "mailto:ana%2Bx@acme.test"
    assert subject.startswith("0123456789abcdef-")


@pytest.mark.parametrize("inbox", ["ü@acme.test", "a b@acme.test", "a?bcc=x@acme.test"])
def test_no_address_adds_to_the_mailto_link(inbox: str) -> None:
    mailto = WaysOut(_TOKENS, None, inbox).mailto("q4/intro/0123456789abcdef")
    assert mailto is not None
    assert mailto.isascii()
    assert (mailto.count("?"), " " in mailto) == (1, False)


def test_what_nobody_answers_is_left_out() -> None:
    ways = WaysOut(_TOKENS, None, None)
    assert ways.link(_MESSAGE) is None
    assert ways.mailto("q4/intro/0123456789abcdef") is None
