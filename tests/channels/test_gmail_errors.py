"""Every way in which Gmail says no, or nothing: what it means, how long to wait, what left."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from postroad.channels.base import (
    AccountRefused,
    Ambiguous,
    AuthorisationLost,
    ChannelError,
    MessageRefused,
    Misconfigured,
    QuotaExhausted,
    RateLimited,
    Receipt,
    SentLookup,
    Transient,
)
from tests.channels.gmail_stage import gmail, mail

LATER = timedelta(minutes=15)


def google_error(status: int, reason: str, words: str = "no") -> dict[str, Any]:
    error = {
        "code": status,
        "message": words,
        "errors": [{"message": words, "domain": "global", "reason": reason}],
    }
    return {"status": status, "reply": json.dumps({"error": error})}


def in_words(when: datetime) -> str:
    return f"User-rate limit exceeded.  Retry after {when:%Y-%m-%dT%H:%M:%S}.000Z"


@dataclass(frozen=True)
class Row:
    answer: dict[str, Any]
    means: type[ChannelError]
    wait: timedelta | None = None


ROWS = {
    "403 rateLimitExceeded": Row(google_error(403, "rateLimitExceeded"), RateLimited),
    "403 userRateLimitExceeded": Row(google_error(403, "userRateLimitExceeded"), RateLimited),
    "403 per minute, newer form": Row(
        google_error(403, "rateLimitExceeded", "Quota exceeded: 'Queries per minute per user'"),
        RateLimited,
    ),
    "429": Row(google_error(429, "rateLimitExceeded"), RateLimited),
    "429 in the newest form": Row(
        {"status": 429, "reply": '{"error": {"status": "RESOURCE_EXHAUSTED", "details": []}}'},
        RateLimited,
    ),
    "429 without a body": Row({"status": 429}, RateLimited),
    "429 with Retry-After": Row(
        google_error(429, "rateLimitExceeded") | {"headers": {"Retry-After": "17"}},
        RateLimited,
        timedelta(seconds=17),
    ),
    "403 dailyLimitExceeded": Row(google_error(403, "dailyLimitExceeded"), QuotaExhausted),
    "403 quotaExceeded": Row(google_error(403, "quotaExceeded"), QuotaExhausted),
    "403 per day, newer form": Row(
        google_error(403, "rateLimitExceeded", "Quota exceeded: 'Queries per day'"),
        QuotaExhausted,
    ),
    "403 insufficientPermissions": Row(
        google_error(403, "insufficientPermissions"), AccountRefused
    ),
    "403 domainPolicy": Row(google_error(403, "domainPolicy"), AccountRefused),
    "403 delegationDenied": Row(google_error(403, "delegationDenied"), AccountRefused),
    "403 accessNotConfigured": Row(google_error(403, "accessNotConfigured"), Misconfigured),
    "400 failedPrecondition": Row(google_error(400, "failedPrecondition"), AccountRefused),
    "400 invalidArgument": Row(google_error(400, "invalidArgument"), MessageRefused),
    "413": Row({"status": 413, "reply": "<html>too large</html>"}, MessageRefused),
    "404": Row(google_error(404, "notFound"), Transient),
    "409": Row(google_error(409, "aborted"), Transient),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
async def test_a_refusal_means_one_thing_and_nothing_left(row: Row) -> None:
    async with gmail() as stage:
        stage.fault("send", **row.answer)
        with pytest.raises(row.means) as refused:
            await stage.send(mail())
        assert type(refused.value) is row.means or row.means is Transient
        assert refused.value.retry_after == row.wait
        assert refused.value.code == row.answer["status"]
        assert stage.left() == 0
        await stage.send(mail())
    assert stage.left() == 1


@pytest.mark.parametrize(
    ("ending", "means"), [("", RateLimited), (" (Mail sending)", QuotaExhausted)]
)
async def test_the_instant_in_googles_words_is_the_wait(
    ending: str, means: type[ChannelError]
) -> None:
    async with gmail() as stage:
        words = in_words(datetime.now(UTC) + LATER) + ending
        stage.fault("send", **google_error(429, "rateLimitExceeded", words))
        with pytest.raises(means) as refused:
            await stage.send(mail())
    assert refused.value.retry_after is not None
    # The words have no more than seconds, and the answer took its time.
    assert LATER - timedelta(seconds=5) <= refused.value.retry_after <= LATER
    assert "Retry after" in refused.value.words


async def test_a_wait_is_counted_by_googles_clock_and_not_by_ours() -> None:
    theirs = datetime(2031, 5, 1, 12, 0, 0, tzinfo=UTC)
    words = in_words(theirs + LATER)
    answer = google_error(429, "rateLimitExceeded", words)
    async with gmail() as stage:
        stage.fault("send", **answer, headers={"Date": f"{theirs:%a, %d %b %Y %H:%M:%S} GMT"})
        with pytest.raises(RateLimited) as refused:
            await stage.send(mail())
    assert refused.value.retry_after == LATER


async def test_the_sandbox_limits_as_google_does() -> None:
    per_day = [{"messages": 1, "per": "1d"}]
    async with gmail(limits=per_day) as stage:
        await stage.send(mail("q4/intro/0"))
        with pytest.raises(QuotaExhausted) as refused:
            await stage.send(mail())
        assert refused.value.retry_after is not None
        assert timedelta(hours=23) < refused.value.retry_after <= timedelta(days=1)
    assert stage.left() == 0


async def test_one_401_is_answered_with_another_token() -> None:
    async with gmail() as stage:
        stage.fault("send", **google_error(401, "authError", "Invalid Credentials"))
        await stage.send(mail())
        assert stage.provider.requests["POST token"] == 2
    assert stage.left() == 1


async def test_a_second_401_is_authorisation_lost() -> None:
    async with gmail() as stage:
        stage.fault("send", **google_error(401, "authError", "Invalid Credentials"), times=2)
        with pytest.raises(AuthorisationLost, match="Invalid Credentials"):
            await stage.send(mail())
        assert stage.provider.requests["POST token"] == 2
    assert stage.left() == 0


@pytest.mark.parametrize(
    ("status", "error", "means"),
    [
        (400, "invalid_grant", AuthorisationLost),
        (401, "invalid_client", Misconfigured),
        (401, "unauthorized_client", Misconfigured),
        (503, "", Transient),
    ],
)
async def test_a_refused_token_means_one_thing_and_nothing_left(
    status: int, error: str, means: type[ChannelError]
) -> None:
    async with gmail() as stage:
        stage.fault("token", status=status, reply=json.dumps({"error": error}))
        with pytest.raises(means):
            await stage.send(mail())
    assert stage.left() == 0


DOUBTS = {
    "accepted, then a timeout": ({"phase": "accepted", "action": "delay", "delay": "5s"}, 1),
    "accepted, then half an answer": ({"phase": "accepted", "action": "truncate"}, 1),
    "accepted, then the connection dropped": ({"phase": "accepted", "action": "drop"}, 1),
    "accepted, then 500": ({"phase": "accepted", "action": "reply", "status": 500}, 1),
    "accepted, then a gateway's timeout": (
        {"phase": "accepted", "action": "reply", "status": 504, "reply": "<html>"},
        1,
    ),
    "accepted, then a page instead of JSON": (
        {"phase": "accepted", "action": "reply", "status": 200, "reply": "<html>"},
        1,
    ),
    "accepted, then JSON cut off": (
        {"phase": "accepted", "action": "reply", "status": 200, "reply": '{"id": "1'},
        1,
    ),
    "accepted, then JSON without an id": (
        {"phase": "accepted", "action": "reply", "status": 200, "reply": "{}"},
        1,
    ),
    "dropped before it was accepted": ({"phase": "send", "action": "drop"}, 0),
    "503 before it was accepted": ({"phase": "send", "action": "reply", "status": 503}, 0),
}


@pytest.mark.parametrize(("fault", "left"), DOUBTS.values(), ids=DOUBTS)
@pytest.mark.parametrize("rewrites", [False, True], ids=["own-id", "rewritten-id"])
async def test_a_doubt_is_resolved_and_no_message_is_sent_twice_or_lost(
    fault: dict[str, Any], left: int, *, rewrites: bool
) -> None:
    # A search that finds nothing yet must not count as "not sent".
    async with gmail({"timeout": "500ms"}, rewrites_message_id=rewrites, search_lag="1h") as stage:
        await stage.send(mail("q4/intro/0"))  # so that the next one meets a kept connection
        stage.fault(**fault)
        with pytest.raises(Ambiguous):
            await stage.send(mail())
        assert stage.left() == left
        found = await stage.channel.find_sent(mail())
        if left:
            sent = stage.mailbox.in_folder("sent")[0]
            assert isinstance(found, Receipt)
            assert (found.provider_id, found.thread_id) == (sent.id, sent.thread_id)
            assert found.message_id == (sent.header("Message-ID") if rewrites else None)
        else:
            assert found == SentLookup.NOT_SENT
            await stage.send(mail())
    assert stage.left() == 1
    assert stage.sandbox.accepted.duplicates == 0


async def test_errors_show_neither_token_nor_content() -> None:
    async with gmail() as stage:
        stage.fault("send", **google_error(400, "invalidArgument", "Invalid To header"))
        with pytest.raises(MessageRefused) as refused:
            await stage.send(mail(body="a secret body"))
    assert refused.value.words == "Gmail answered 400 (invalidArgument): Invalid To header"
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize(
    "reply", ["[]", '{"error": "no"}', '{"error": {"errors": [1, {}]}}', "\x00", "[" * 99_999]
)
async def test_an_error_of_another_form_is_still_understood(reply: str) -> None:
    async with gmail() as stage:
        stage.fault("send", status=403, reply=reply)
        with pytest.raises(AccountRefused, match="403"):
            await stage.send(mail())
    assert stage.left() == 0
