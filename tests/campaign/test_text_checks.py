"""What authors are told about their texts before anything leaves."""

import pytest

from postroad.campaign.file import Purpose
from postroad.campaign.footer import FooterWish
from postroad.campaign.step import StepSettings
from postroad.campaign.template import AttachmentRef, StepTemplate
from postroad.campaign.text_checks import Step, address_warnings, text_warnings

_WORDS = " ".join(["word"] * 30)


def _warnings(
    subject: str = "Hello {{ person.first_name }}",
    html: str | None = None,
    *,
    thread: str = "new",
    purpose: Purpose = Purpose.SALES,
    unsubscribes: bool = False,
    attachments: tuple[AttachmentRef, ...] = (),
) -> list[str]:
    template = StepTemplate(subject=subject, text="Hello", html=html, attachments=attachments)
    step = Step("intro", StepSettings.model_validate({"thread": thread}), template)
    return list(text_warnings(step, purpose, unsubscribes=unsubscribes))


def test_an_ordinary_mail_is_left_alone() -> None:
    html = (
        f'<p>{_WORDS} <a href="{{{{ person.link }}}}">yours</a> <a href="https://acme.test/x">x</a>'
        ' <a href="https://www.acme.test">acme.test</a> <a href="mailto:ana@acme.test">write</a>'
        '<img src="cid:1" alt="our office"></p>'
    )
    assert _warnings(html=html) == []
    assert _warnings("Re: Hello", thread="reply") == []


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("x" * 80, "about 80 characters"),
        ("{{ person.first_name }}" + "x" * 66, "about 74 characters"),
        ("ONLY TODAY", "all in capitals"),
        ("Re: our call", "looks like an answer"),
        ("FWD: our call", "looks like an answer"),
    ],
)
def test_a_subject_that_works_against_itself_is_named(subject: str, words: str) -> None:
    [warning] = _warnings(subject)
    assert warning.startswith("step intro: ")
    assert words in warning


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ('<img src="cid:1" alt="a"> few words', "hardly any text"),
        (f'<p>{_WORDS}<img src="cid:1"></p>', "no alt text"),
        (f"<p>{_WORDS}</p>" + " " * 110_000, "Gmail hides what comes after 102"),
        ('<a href="www.acme.test">x</a>', "'www.acme.test' opens nothing"),
        ('<a href="">x</a>', "opens nothing"),
        ('<a href="https://">x</a>', "opens nothing"),
        ('<a href="http://[">x</a>', "opens nothing"),
        ('<a href="javascript:x()">x</a>', "opens nothing"),
        ('<a href="https://bit.ly/x">x</a>', "hides where it leads"),
        ('<a href="https://evil.test/">https://acme.test/</a>', "shows acme.test and leads to"),
    ],
)
def test_html_that_disappoints_is_named(html: str, words: str) -> None:
    [warning] = _warnings(html=html)
    assert words in warning


def test_large_attachments_are_named() -> None:
    large = AttachmentRef(
        filename="a.pdf", content_type="application/pdf", sha256="0", size=6 * 2**20
    )
    [warning] = _warnings(attachments=(large,))
    assert "attachments are 6.0 MB" in warning


def test_bulk_mail_needs_a_way_to_unsubscribe() -> None:
    [warning] = _warnings(purpose=Purpose.BULK)
    assert "needs a way to unsubscribe" in warning
    assert _warnings(purpose=Purpose.BULK, unsubscribes=True) == []
    assert _warnings(purpose=Purpose.BULK, html="<p>unsubscribe here</p>") == []


_ADDRESS = "Acme Ltd, 1 Main St"


@pytest.mark.parametrize(
    ("wish", "address", "text", "words"),
    [
        ({}, _ADDRESS, "Hello", None),
        ({"address": _ADDRESS}, None, "Hello", None),
        ({"shown": False}, _ADDRESS, f"Hello\n\n{_ADDRESS}", None),
        ({"shown": False}, _ADDRESS, "Hello", "the footer is left out"),
        ({}, None, f"Hello\n\n{_ADDRESS}", "set postal_address"),
    ],
)
def test_mails_without_a_postal_address_are_named_once(
    wish: dict[str, object], address: str | None, text: str, words: str | None
) -> None:
    texts = [StepTemplate(subject="", text=text), StepTemplate(subject="", text=text)]
    warnings = list(address_warnings(texts, FooterWish.model_validate(wish), address))
    assert len(warnings) == (words is not None)
    assert words is None or words in warnings[0]
