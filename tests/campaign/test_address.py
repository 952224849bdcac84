"""Addresses: what is accepted, how two spellings of one mailbox meet, what is refused and why."""

import email_validator
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from postroad.campaign.address import EmailAddress, parse_address, parse_domain

_ASCII_ADDRESS = st.from_regex(r"[!-~]{1,70}@[!-~]{0,70}", fullmatch=True) | st.from_regex(
    r"[a-zA-Z0-9.+_'-]{1,66}@[a-zA-Z0-9.-]{1,70}\.[a-zA-Z0-9-]{1,5}", fullmatch=True
)


@pytest.mark.parametrize(
    ("text", "recipient", "address", "domain"),
    [
        ("ana@acme.test", "ana@acme.test", "ana@acme.test", "acme.test"),
        ("Ana.Ruiz@ACME.Test", "Ana.Ruiz@acme.test", "ana.ruiz@acme.test", "acme.test"),
        ("  ana@acme.test\t", "ana@acme.test", "ana@acme.test", "acme.test"),
        ("\ufeffana@acme.test\u200b ", "ana@acme.test", "ana@acme.test", "acme.test"),
        ("o'neil+x@a-b.example", "o'neil+x@a-b.example", "o'neil+x@a-b.example", "a-b.example"),
        (
            "Jana@Bücher.example",
            "Jana@xn--bcher-kva.example",
            "jana@xn--bcher-kva.example",
            "xn--bcher-kva.example",
        ),
        ("x@XN--bcher-KVA.example", *["x@xn--bcher-kva.example"] * 2, "xn--bcher-kva.example"),
        ("x@faß.example", *["x@xn--fa-hia.example"] * 2, "xn--fa-hia.example"),
    ],
)
def test_an_address_is_cleaned_and_normalised(
    text: str, recipient: str, address: str, domain: str
) -> None:
    assert tuple(parse_address(text)) == (recipient, address, domain)


def test_an_internationalised_local_part_is_allowed_and_flagged() -> None:
    found = parse_address("Jürgen@例子.example")
    assert found == ("Jürgen@xn--fsqu00a.example", "jürgen@xn--fsqu00a.example", found.domain)
    assert found.smtputf8
    assert not parse_address("juergen@例子.example").smtputf8


def test_composed_and_decomposed_letters_are_one_mailbox() -> None:
    assert parse_address("jose\u0301@acme.test") == parse_address("jos\u00e9@acme.test")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (" \u200b ", "empty"),
        ("ana", "must have an @-sign"),
        ("ana@acme", "should have a period"),
        ("@acme.test", "something before the @-sign"),
        ("Ana Ruiz <ana@acme.test>", "bare address"),
        ("<ana@acme.test>", "bare address"),
        ("ana@acme.test, bo@acme.test", "several addresses"),
        ("ana@acme.test; bo@acme.test", "several addresses"),
        ("ana@acme.test bo@acme.test", "several addresses"),
        ("ana@acme.test\r\nBcc: bo@acme.test", "control character"),
        ("a\x00na@acme.test", "control character"),
        ("ana\u202e@acme.test", "RIGHT-TO-LEFT OVERRIDE"),
        ("ana@localhost", "period"),
        ("ana@host.localhost", "reserved"),
        ("ana@[127.0.0.1]", "bracketed IP address"),
        ('"a na"@acme.test', "quoting"),
        ("a" * 65 + "@acme.test", "more than 64 characters"),
        ("é" * 65 + "@acme.test", "more than 64 characters"),
        ("a@" + "b." * 124 + "example", "longer than 254"),
        ("a" * 100_000, "longer than 254"),
    ],
)
def test_what_is_no_bare_address_is_refused_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match="(?i)" + why) as refusal:
        parse_address(text)
    assert len(str(refusal.value)) < 300
    assert not str(refusal.value).endswith(".")


def test_domains_are_normalised_like_those_of_addresses() -> None:
    assert parse_domain(" Bücher.Example ") == "xn--bcher-kva.example"
    for wrong in ("", "acme", "a@b.test", "acme..test", "@acme.test", "<acme.test>"):
        with pytest.raises(ValueError, match=r"\w"):
            parse_domain(wrong)


@given(_ASCII_ADDRESS)
@example("a@b.test")
@example("a@ab--cd.test")
@example("a@b.local")
@example("a@b.c1")
@example("a@" + "b" * 64 + ".test")
def test_plain_addresses_are_judged_as_the_library_judges_them(text: str) -> None:
    try:
        expected = email_validator.validate_email(
            text, check_deliverability=False, test_environment=True, strict=True
        )
    except email_validator.EmailNotValidError:
        with pytest.raises(ValueError, match=r"\w"):
            parse_address(text)
    else:
        found = parse_address(text)
        assert found.address == expected.normalized.lower()
        assert found.domain == expected.ascii_domain


@given(st.text(max_size=40) | st.emails())
@example("İ@a.test")
@example("ΑΣ@a.test")
def test_normalising_twice_changes_nothing(text: str) -> None:
    try:
        once = parse_address(text)
    except ValueError:
        return
    assert parse_address(once.address).address == once.address
    assert parse_address(once.recipient) == once


def test_a_model_holds_the_normalised_form() -> None:
    adapter = TypeAdapter(EmailAddress)
    assert adapter.validate_python("Ana@ACME.test") == "ana@acme.test"
    with pytest.raises(ValidationError):
        adapter.validate_python("ana")
