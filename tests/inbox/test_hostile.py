"""Any bytes get a verdict, and soon: mails are written by anybody."""

import json
import time
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroad.inbox import judge as judgement
from postroad.inbox.judge import judge, judge_strictly
from postroad.inbox.verdict import Verdict
from tests.inbox.notices import SAMPLES, Sample
from tests.inbox.test_dsn import dsn, group

_SECONDS = 1.0
"""What one mail may cost at most, whoever wrote it (the contract of `classify`)."""

_NOTICE = b"From: MAILER-DAEMON@mx.test\nSubject: Undeliverable\n"
_NESTED = b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(10_000)
)
_ATTACHED = b"".join(b"Content-Type: message/rfc822\n\nSubject: %d\n" % n for n in range(10_000))


def judged(raw: bytes) -> Verdict:
    """Judge a mail within its time; the verdict must be fit for JSON and for PostgreSQL."""
    began = time.process_time()
    verdict = judge_strictly(raw)
    assert time.process_time() - began < _SECONDS
    assert "\\u0000" not in json.dumps(asdict(verdict), default=str)
    assert json.dumps(asdict(verdict), default=str, ensure_ascii=False).encode()
    return verdict


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\n" * 3_000_000, id="empty lines"),
        pytest.param(_NOTICE + b"\n" + b"x" * 50_000_000, id="50 MB on a line"),
        pytest.param(_NOTICE + b"\n" + b"<a@b.test>\n" * 5_000_000, id="50 MB of addresses"),
        pytest.param(b"Subject: " + b"a" * 10_000_000, id="an endless header"),
        pytest.param(b"Subject: x\n" + b" y\n" * 3_000_000, id="an endlessly folded header"),
        pytest.param(b"X: y\n" * 2_000_000, id="endless headers"),
        pytest.param(b"To: " + b"<a@b.test>, " * 500_000 + b"\n\n", id="endless recipients"),
        pytest.param(_NESTED, id="10,000 nested parts"),
        pytest.param(_ATTACHED, id="10,000 nested mails"),
        pytest.param(
            b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 500_000,
            id="500,000 parts",
        ),
        pytest.param(
            b'Content-Type: multipart/mixed; boundary=""\n\n--\n--\n' * 1_000, id="no boundary"
        ),
        pytest.param(_NOTICE.replace(b"\n", b"\n\0") + b"\n" + b"\0" * 1_000_000, id="NULs"),
        pytest.param(bytes(range(256)) * 10_000, id="every byte"),
        pytest.param(
            _NOTICE + b"Content-Type: text/plain; charset=punycode\n\n" + b"a-" * 100_000,
            id="a charset of Python's own",
        ),
        pytest.param(
            _NOTICE + b"Content-Type: text/plain; charset=utf-7\n\n+2AA-" * 1_000, id="utf-7"
        ),
        pytest.param(
            _NOTICE + b'Content-Type: text/plain; charset="\xff\0x' + b"z" * 9_000 + b'"\n\n\xff',
            id="a charset that is none",
        ),
        pytest.param(
            _NOTICE + b"Content-Transfer-Encoding: base64\n\n" + b"A=" * 500_000, id="base64"
        ),
        pytest.param(b"Subject: " + b"=?utf-8?b?" * 100_000 + b"\n\n", id="encoded words"),
        pytest.param(b"Subject: x\n\n" + b'{"mail":' * 200_000, id="deep JSON"),
        pytest.param(
            b"From: a@b.test\nContent-Type: text/html\n\n" + b"<" * 500_000, id="open tags"
        ),
        pytest.param(
            b"From: a@b.test\nContent-Type: text/html\n\n" + b"<style" * 300_000, id="open styles"
        ),
        pytest.param(
            _NOTICE + b"\n" + b"user is is was " * 100_000 + b"\n" + b"quota " * 100_000,
            id="words of refusals",
        ),
        pytest.param(
            b"Subject: Out of office\nAuto-Submitted: auto-replied\n"
            b"Date: Mon, 3 Jun 2024 10:00:00 +0000\n\n" + b"1/1 until 2 " * 100_000,
            id="dates",
        ),
        pytest.param(
            b"Subject: Out of office\nDate: Mon, 99 Foo 99999 99:99:99 +9999\n\nuntil 24 June",
            id="a date that is none",
        ),
        pytest.param(dsn(*[group("failed", "5.1.1")] * 5_000), id="5,000 recipients"),
        pytest.param(dsn("Final-Recipient" * 50_000 + ":"), id="a field that never ends"),
    ],
)
def test_a_hostile_mail_is_judged_in_time(raw: bytes) -> None:
    assert judged(raw).kind in ("hard", "soft", "auto_reply", "reply", "feedback", "other")


_LINES = st.sampled_from(
    [line for sample in SAMPLES for line in sample.mail.splitlines()]
    + dsn(group("failed", "5.1.1", "550 no")).splitlines()
)


@given(st.lists(st.one_of(_LINES, st.binary(max_size=40)), max_size=80))
@settings(max_examples=300, deadline=None)
def test_torn_and_mixed_mails_get_a_verdict(lines: list[bytes]) -> None:
    judged(b"\n".join(lines))


@given(st.sampled_from(SAMPLES), st.integers(0, 3_000), st.binary(max_size=8))
@settings(max_examples=300, deadline=None)
def test_damaged_mails_get_a_verdict(sample: Sample, place: int, damage: bytes) -> None:
    raw = sample.mail
    judged(raw[:place] + damage + raw[place + len(damage) :])


@given(st.binary(max_size=2_000))
@settings(max_examples=300, deadline=None)
def test_any_bytes_get_a_verdict(raw: bytes) -> None:
    judged(raw)


def test_what_stands_far_below_does_not_hide_the_notice_above() -> None:
    notice = SAMPLES[0].mail
    assert judged(notice + b"x" * 50_000_000) == judge(notice)


def test_a_fault_of_our_own_costs_one_mail_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: bytes) -> Verdict:
        raise RecursionError

    monkeypatch.setattr(judgement, "judge_strictly", fail)
    assert judge(b"Subject: secret\n\n") == Verdict("other")
    assert "17 bytes" in caplog.text
    assert "secret" not in caplog.text
