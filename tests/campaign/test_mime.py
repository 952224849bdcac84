"""Composed mails, read back by the standard library's parser."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import compat32, default
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.campaign.mime import (
    Envelope,
    File,
    From,
    MessageComposer,
    message_id_for,
    reply_subject,
)
from postroad.campaign.template import AttachmentRef, Rendered

DATE = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
KEY = "q4-launch/intro/0123456789abcdef"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

texts = st.text(st.characters(codec="utf-8"), max_size=300)
LOGO = File(
    AttachmentRef(
        filename="logo\r\nX-Evil: 1.png",
        content_type="image/png",
        sha256="a",
        size=3,
        content_id="logo@postroad",
    ),
    b"\x89PNG" * 100,
)
OFFER = File(
    AttachmentRef(
        filename="Angebot für Bö.pdf", content_type="application/pdf", sha256="b", size=2
    ),
    b"\x00\xff" * 100,
)


def _envelope(recipient: str = "bo@x.test", **values: object) -> Envelope:
    message_id = message_id_for(KEY, "acme.test")
    return Envelope(recipient, KEY, message_id, DATE, **values)  # type: ignore[arg-type]


def _read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=default)


def _clean(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


def _lines(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.endswith("\n") else text + "\n"


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return _lines(str(part.get_content()))


@given(
    subject=texts, text=texts, html=texts, name=texts, files=st.booleans(), threaded=st.booleans()
)
def test_whatever_people_are_called_and_texts_say_the_mail_is_well_formed_and_reads_the_same(
    subject: str, text: str, html: str, name: str, *, files: bool, threaded: bool
) -> None:
    composer = MessageComposer(From("ana@acme.test", name), [LOGO, OFFER] if files else [])
    subject = " ".join(subject.split())
    envelope = _envelope(
        references=("<a@b>", "<c@d>") if threaded else (),
        unsubscribe_url="https://x.test/u/" + "z" * 150,
    )
    raw = composer.compose(envelope, Rendered(subject, text, html), name)
    assert raw.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    mail = _read(raw)
    names = [header.lower() for header in mail]
    assert len(names) == len(set(names))
    assert {"x-evil", "bcc"}.isdisjoint(names)
    assert not mail.defects
    assert " ".join(str(mail["subject"]).split()) == _clean(subject)
    assert mail["X-Postroad-Message"] == KEY
    assert mail["from"].addresses[0].addr_spec == "ana@acme.test"
    assert mail["to"].addresses[0].addr_spec == "bo@x.test"
    assert _body(mail, "plain") == _lines(text)
    assert _body(mail, "html") == _lines(html)
    assert ("In-Reply-To" in mail) == threaded


@given(texts)
def test_a_name_of_any_script_comes_back_as_it_was(name: str) -> None:
    raw = MessageComposer(From("ana@acme.test", name)).compose(
        _envelope(), Rendered("Hi", "text", None)
    )
    header = message_from_bytes(raw, policy=compat32)["from"].replace("\r\n", "")
    read = str(make_header(decode_header(parseaddr(header)[0])))
    assert " ".join(read.split()) == _clean(name)


def test_files_are_attached_and_images_shown_inline() -> None:
    composer = MessageComposer(From("ana@acme.test"), [LOGO, OFFER])
    html = '<img src="cid:logo@postroad">'
    mail = _read(composer.compose(_envelope(), Rendered("Hi", "text", html)))
    attached = list(mail.iter_attachments())
    assert [part.get_filename() for part in attached] == ["Angebot für Bö.pdf"]
    assert attached[0].get_content() == OFFER.content
    image = next(part for part in mail.walk() if part["Content-ID"] == "<logo@postroad>")
    assert image.get_payload(decode=True) == LOGO.content
    assert image.get_content_disposition() == "inline"


def test_a_reply_names_the_whole_thread() -> None:
    raw = MessageComposer(From("ana@acme.test")).compose(
        _envelope(references=("<one@acme.test>", "<two@acme.test>")), Rendered("Re: Hi", "x", None)
    )
    mail = _read(raw)
    assert mail["In-Reply-To"] == "<two@acme.test>"
    assert mail["References"].split() == ["<one@acme.test>", "<two@acme.test>"]


def test_one_click_unsubscription_follows_rfc_8058() -> None:
    raw = MessageComposer(From("ana@acme.test")).compose(
        _envelope(unsubscribe_url="https://acme.test/u/1"), Rendered("Hi", "x", None)
    )
    mail = _read(raw)
    assert mail["List-Unsubscribe"] == "<https://acme.test/u/1>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_an_internationalised_address_stays_utf8_and_its_domain_becomes_punycode() -> None:
    raw = MessageComposer(From("ana@acme.test")).compose(
        _envelope("bö@bücher.test"), Rendered("Hi", "x", None), "Bö"
    )
    assert "<bö@xn--bcher-kva.test>".encode() in raw


def test_a_line_longer_than_mail_allows_is_encoded() -> None:
    raw = MessageComposer(From("ana@acme.test")).compose(
        _envelope(), Rendered("Hi", "x" * 5_000, None)
    )
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert _body(_read(raw), "plain") == "x" * 5_000 + "\n"


@pytest.mark.parametrize("first", ["Hello", "Re: Hello", "RE: Hello"])
def test_a_reply_subject_has_one_re(first: str) -> None:
    assert reply_subject(first).lower() == "re: hello"


def test_the_message_id_is_the_same_on_every_attempt_and_safe_in_a_header() -> None:
    assert message_id_for("q4/in tro/k\r\ney", "acme.test") == "<q4.in-tro.k--ey@acme.test>"
