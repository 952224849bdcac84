"""Reading a mail: charsets, encodings, HTML, and structures that came apart."""

import base64
import quopri

import pytest

from postroad.inbox.charsets import decode
from postroad.inbox.headers import decode_words
from postroad.inbox.judge import judge
from postroad.inbox.parsing import read_mail
from tests.inbox.notices import SAMPLES

_HEAD = "From: MAILER-DAEMON@mx.test\nTo: dana@acme.test\nSubject: Undeliverable\n"
_WORDS = "Your message to <kay@wing.test> could not be delivered.\nDie Mailbox ist überfüllt.\n"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("8bit", _WORDS.encode()),
        ("base64", base64.encodebytes(_WORDS.encode())),
        ("quoted-printable", quopri.encodestring(_WORDS.encode())),
    ],
)
def test_transfer_encodings_are_undone(encoding: str, body: bytes) -> None:
    head = f"{_HEAD}Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {encoding}"
    verdict = judge(head.encode() + b"\n\n" + body)
    assert verdict.reason == "mailbox_full"
    assert [one.address for one in verdict.recipients] == ["kay@wing.test"]


def test_a_notice_in_html_alone_is_read() -> None:
    html = (
        "<html><head><style>p {content: 'user unknown'}</style></head><body><p>Your message "
        "couldn't be delivered.</p><table><tr><td><a href='mailto:kay@wing.test'>kay@wing.test"
        "</a></td></tr></table><div>The recipient&#39;s mailbox is full.</div></body></html>"
    )
    verdict = judge(f"{_HEAD}Content-Type: text/html\n\n{html}".encode())
    assert verdict.reason == "mailbox_full"
    assert [one.address for one in verdict.recipients] == ["kay@wing.test"]


@pytest.mark.parametrize(
    ("content", "charset", "text"),
    [
        ("größer".encode(), "", "größer"),
        ("größer".encode("latin-1"), "", "größer"),
        ("größer".encode("latin-1"), "no-such-charset", "größer"),
        ("größer".encode("latin-1"), "us-ascii", "größer"),
        ("退信".encode("gb18030"), "gb2312", "退信"),
        ("不在".encode("iso-2022-jp"), "", "不在"),
        (b"plain", "unicode-1-1-utf-7", "plain"),
        (b"plain\xff", "utf-8", "plain\ufffd"),
    ],
)
def test_text_is_decoded_whatever_charset_is_claimed(
    content: bytes, charset: str, text: str
) -> None:
    assert decode(content, charset) == text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("=?utf-8?B?6Ieq5YuV5b+c562U?=", "自動応答"),
        ("=?iso-8859-1?Q?Gr=F6=DFer_als?= erlaubt", "Größer als erlaubt"),
        ("=?utf-8?q?a?= \n =?utf-8?q?b?=", "ab"),
        ("=?utf-8?b?!", "=?utf-8?b?!"),
    ],
)
def test_encoded_words_in_headers_are_decoded(value: str, words: str) -> None:
    assert decode_words(value) == words


def test_parts_inside_parts_are_leaves_in_order() -> None:
    mail = read_mail(
        b"Content-Type: multipart/mixed; boundary=a\n\npreamble\n--a\n"
        b"Content-Type: multipart/alternative; boundary=ab\n\n"
        b"--ab\n\none\n--ab\nContent-Type: text/html\n\ntwo\n--ab--\n"
        b"--a\nContent-Type: message/rfc822\n\nSubject: x\n\nthree\n--a--\nepilogue\n"
    )
    assert [part.type for part in mail.parts] == ["text/plain", "text/html", "message/rfc822"]
    assert mail.text.strip() == "one"


def test_a_line_before_the_headers_as_in_mailboxes_is_passed_over() -> None:
    notice = SAMPLES[0].mail
    assert judge(b"From MAILER-DAEMON Mon Jun  3 10:00:00 2024\n" + notice) == judge(notice)
