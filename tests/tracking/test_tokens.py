"""Tokens of images and links: whoever has no key of ours can make none."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.secrets import SecretBox
from postroad.signed_tokens import NamedMessage
from postroad.tracking.tokens import LONGEST_TARGET, Click, TrackingTokens

_TOKENS = TrackingTokens(SecretBox("a secret key for tests"))
_MESSAGE = NamedMessage("0123456789abcdef", 2)
_TARGET = "https://acme.test/prices?for=bo&size=ü"
_EVIL = "https://evil.test/"
_messages = st.builds(
    NamedMessage, st.from_regex(r"\A[0-9a-f]{16}\Z"), st.integers(min_value=0, max_value=65_535)
)


def _link(target: str = _TARGET) -> str:
    token = _TOKENS.of_link(_MESSAGE, target)
    assert token is not None
    return token


@given(_messages, st.text(st.characters(codec="utf-8"), max_size=200))
def test_what_is_made_is_read(message: NamedMessage, target: str) -> None:
    link, image = _TOKENS.of_link(message, target), _TOKENS.of_image(message)
    assert link is not None
    assert image is not None
    assert _TOKENS.read_link(link) == Click(message, target)
    assert _TOKENS.read_image(image) == message


def test_the_same_message_gets_the_same_tokens_on_every_attempt() -> None:
    assert _link() == _link()
    assert _TOKENS.of_image(_MESSAGE) == _TOKENS.of_image(_MESSAGE)


def test_no_altered_character_leads_anywhere() -> None:
    token = _link()
    for at, character in enumerate(token):
        other = "A" if character != "A" else "B"
        assert _TOKENS.read_link(token[:at] + other + token[at + 1 :]) is None


def test_a_target_that_was_put_in_place_of_another_leads_nowhere() -> None:
    content = base64.urlsafe_b64decode(_link() + "==")
    forged = content[:10] + _EVIL.encode() + content[-16:]
    assert _TOKENS.read_link(base64.urlsafe_b64encode(forged).decode().rstrip("=")) is None


def test_an_image_is_no_link_and_a_link_no_image() -> None:
    image = _TOKENS.of_image(_MESSAGE)
    assert image is not None
    assert _TOKENS.read_link(image) is None
    assert _TOKENS.read_image(_link()) is None


@pytest.mark.parametrize(
    "token",
    ["", "=", "A", "%00", "ü" * 42, "../../etc/passwd", "A" * 36, "A" * 5_000, f"{_link()}=",
     f" {_link()}", f"{_link()}\n", _EVIL],
)  # fmt: skip
def test_what_was_made_up_leads_nowhere(token: str) -> None:
    assert _TOKENS.read_link(token) is None
    assert _TOKENS.read_image(token) is None


@given(st.binary(max_size=80))
def test_no_bytes_lead_anywhere(content: bytes) -> None:
    token = base64.urlsafe_b64encode(content).decode().rstrip("=")
    assert _TOKENS.read_link(token) is None
    assert _TOKENS.read_image(token) is None


def test_a_key_that_was_replaced_still_reads_and_another_does_not() -> None:
    both = TrackingTokens(SecretBox("a newer secret key,a secret key for tests"))
    assert both.read_link(_link()) == Click(_MESSAGE, _TARGET)
    assert TrackingTokens(SecretBox("a newer secret key")).read_link(_link()) is None


def test_what_is_too_long_or_has_no_key_of_ours_gets_no_token() -> None:
    assert _TOKENS.of_link(_MESSAGE, "x" * LONGEST_TARGET) is not None
    assert len(_link("x" * LONGEST_TARGET)) < 2_000
    assert _TOKENS.of_link(_MESSAGE, "x" * (LONGEST_TARGET + 1)) is None
    assert _TOKENS.of_link(NamedMessage("foreign", 0), _TARGET) is None
    assert _TOKENS.of_image(NamedMessage("foreign", 0)) is None
