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
    HeaderError,
    MessageComposer,
    message_id_for,
    reply_subject,
)
from postroad.campaign.template import AttachmentRef, Rendered

DATE = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
KEY = "q4-launch/intro/0123456789abcdef"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

texts = st.text(st.characters(codec="utf-8"), max_size=300)
anything = st.text(
    st.characters(exclude_categories=()) | st.sampled_from('\r\n\0 =?<>@,;:"\\'), max_size=200
)
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


def _check_lines(raw: bytes) -> None:
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def _every_header(raw: bytes) -> list[str]:
    return [name.lower() for name in message_from_bytes(raw, policy=compat32)]


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
    _check_lines(raw)
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


@given(st.lists(anything, min_size=9, max_size=9))
def test_no_field_adds_a_header_or_breaks_a_line(fields: list[str]) -> None:
    sender, subject, text, html, name, earlier, earliest, filename, kind = fields
    offer = AttachmentRef(filename=filename, content_type=kind, sha256="b", size=2)
    composer = MessageComposer(From("ana@acme.test", sender), [File(offer, b"x")])
    raw = composer.compose(
        _envelope(references=(earliest, earlier)), Rendered(subject, text, html), name
    )
    _check_lines(raw)
    assert raw.isascii()
    written = ["from", "mime-version", "to", "subject", "date", "message-id", "x-postroad-message"]
    threaded = ["in-reply-to", "references"]
    headers = _every_header(raw)
    assert headers in ([*written, "content-type"], [*written, *threaded, "content-type"])
    kinds = [part.get_content_maintype() for part in _read(raw).walk()]
    assert len(kinds) == 5


@given(anything)
def test_an_address_is_one_address_or_is_refused(address: str) -> None:
    for bare in (address, f"bo{address}@x.test", f"bo@x.test{address}"):
        try:
            raw = MessageComposer(From("ana@acme.test")).compose(
                _envelope(bare), Rendered("Hi", "x", None), "Bo"
            )
        except HeaderError:
            continue
        _check_lines(raw)
        assert len(_read(raw)["to"].addresses) == 1


@pytest.mark.parametrize(
    "url", ["https://x.test/\r\nBcc: a@b.test", "https://x.test/ü", "https://x.test/" + "z" * 999]
)
def test_a_link_that_no_header_can_carry_is_refused(url: str) -> None:
    with pytest.raises(HeaderError, match="List-Unsubscribe"):
        MessageComposer(From("ana@acme.test")).compose(
            _envelope(unsubscribe_url=url), Rendered("Hi", "x", None)
        )


@pytest.mark.parametrize("subtype", ["alternative", "related", "mixed"])
def test_a_text_cannot_close_its_own_part(subtype: str) -> None:
    composer = MessageComposer(From("ana@acme.test"), [LOGO, OFFER])
    raw = composer.compose(_envelope(), Rendered("Hi", "text", "html"))
    (boundary,) = {line for line in raw.split(b"\r\n") if line.endswith(subtype.encode())}
    evil = f"hello\n{boundary.decode()}\nContent-Type: text/html\n\n<b>evil</b>"
    mail = _read(composer.compose(_envelope(), Rendered("Hi", evil, evil)))
    assert _body(mail, "plain") == evil + "\n"
    assert _body(mail, "html") == evil + "\n"


def test_a_text_that_looks_like_an_encoded_word_is_read_as_it_was_written() -> None:
    hostile = "=?utf-8?q?Boss?= x"
    raw = MessageComposer(From("ana@acme.test", hostile)).compose(
        _envelope(), Rendered(hostile, "x", None), hostile
    )
    mail = _read(raw)
    assert mail["subject"] == hostile
    assert mail["from"].addresses[0].display_name == hostile
    assert mail["to"].addresses[0].display_name == hostile


def test_a_long_plain_subject_is_folded_and_not_encoded() -> None:
    subject = "The quick brown fox jumps over the lazy dog, " * 4
    raw = MessageComposer(From("ana@acme.test")).compose(_envelope(), Rendered(subject, "x", None))
    head = raw.partition(b"\r\n\r\n")[0]
    assert b"=?" not in head
    assert max(map(len, head.split(b"\r\n"))) <= 78
    assert _read(raw)["subject"] == subject.strip()


@given(st.sampled_from(['Ana "Bee" Ruiz', "Doe, John", "back\\slash", 'q"' * 40, "x " * 80]))
def test_a_name_with_special_characters_comes_back_as_it_was(name: str) -> None:
    raw = MessageComposer(From("ana@acme.test", name)).compose(
        _envelope(), Rendered("Hi", "x", None)
    )
    header = message_from_bytes(raw, policy=compat32)["from"].replace("\r\n", "")
    assert str(make_header(decode_header(parseaddr(header)[0]))) == name.strip()


def test_ids_that_providers_gave_and_no_header_can_carry_are_left_out_of_the_thread() -> None:
    earlier = ("<one@acme.test>", "<two@acme.test>\r\nBcc: all@x.test", "<ä@b>", "", "no id")
    mail = _read(
        MessageComposer(From("ana@acme.test")).compose(
            _envelope(references=earlier), Rendered("Re: Hi", "x", None)
        )
    )
    assert mail["References"] == mail["In-Reply-To"] == "<one@acme.test>"
    assert "Bcc" not in mail


@pytest.mark.parametrize("content_type", ["message/rfc822", "multipart/mixed", "a/b\r\nX: 1", ""])
def test_a_file_whose_type_cannot_be_in_base64_is_carried_as_plain_bytes(content_type: str) -> None:
    mail = AttachmentRef(filename="a.eml", content_type=content_type, sha256="a", size=1)
    raw = MessageComposer(From("ana@acme.test"), [File(mail, b"Subject: x\r\n\r\nhi")]).compose(
        _envelope(), Rendered("Hi", "x", None)
    )
    (attached,) = _read(raw).iter_attachments()
    assert attached.get_content_type() == "application/octet-stream"
    assert attached.get_content() == b"Subject: x\r\n\r\nhi"


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


def test_unsubscribing_by_mail_stands_beside_the_link_and_alone_promises_no_click() -> None:
    mailto = "mailto:ana@acme.test?subject=unsubscribe%20k"
    composer, text = MessageComposer(From("ana@acme.test")), Rendered("Hi", "x", None)
    both = _envelope(unsubscribe_url="https://acme.test/u/1", unsubscribe_mailto=mailto)
    mail = _read(composer.compose(both, text))
    assert mail["List-Unsubscribe"] == f"<{mailto}>, <https://acme.test/u/1>"
    mail = _read(composer.compose(_envelope(unsubscribe_mailto=mailto), text))
    assert mail["List-Unsubscribe"] == f"<{mailto}>"
    assert "List-Unsubscribe-Post" not in mail


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
