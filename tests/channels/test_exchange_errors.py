"""Every way in which Exchange says no, or nothing: what it means, how long to wait, what left."""

from dataclasses import dataclass
from datetime import timedelta
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
    RecipientRefused,
    SentLookup,
    Transient,
)
from postroad.channels.exchange import ExchangeChannel
from postroad.sandbox.ews_soap import EwsRefusal, answered, fault
from tests.channels.exchange_stage import BO, PROVIDER, exchange, mail, settings

WAIT = timedelta(seconds=17)


def in_a_200(code: str, back_off: timedelta | None = None) -> dict[str, Any]:
    refusal = EwsRefusal(code, "The server says no.", back_off)
    return {"status": 200, "reply": answered("CreateItem", [refusal]).decode()}


def under_a_500(code: str, back_off: timedelta | None = None) -> dict[str, Any]:
    refusal = EwsRefusal(code, "The server says no.", back_off)
    return {"status": 500, "reply": fault(refusal).decode()}


def http(status: int, **headers: str) -> dict[str, Any]:
    return {"status": status, "reply": "<html>no</html>", "headers": headers}


@dataclass(frozen=True)
class Row:
    answer: dict[str, Any]
    means: type[ChannelError]
    wait: timedelta | None = None


def rows_of(means: type[ChannelError], *codes: str) -> dict[str, Row]:
    return {code: Row(in_a_200(code), means) for code in codes}


ROWS = {
    "ErrorServerBusy in a 200": Row(in_a_200("ErrorServerBusy", WAIT), RateLimited, WAIT),
    "ErrorServerBusy under a 500": Row(under_a_500("ErrorServerBusy", WAIT), RateLimited, WAIT),
    "ErrorServerBusy without a wait": Row(in_a_200("ErrorServerBusy"), RateLimited),
    "ErrorExceededConnectionCount under a 500": Row(
        under_a_500("ErrorExceededConnectionCount"), RateLimited
    ),
    "503 with Retry-After": Row(http(503, **{"Retry-After": "17"}), RateLimited, WAIT),
    "429 with Retry-After": Row(http(429, **{"Retry-After": "17"}), RateLimited, WAIT),
    "429": Row(http(429), RateLimited),
    "503": Row(http(503), Transient),
    **rows_of(
        QuotaExhausted,
        "ErrorSubmissionQuotaExceeded",
        "ErrorQuotaExceeded",
        "ErrorExceededMessageLimit",
    ),
    **rows_of(
        Transient,
        "ErrorMailboxStoreUnavailable",
        "ErrorADUnavailable",
        "ErrorConnectionFailedTransientError",
    ),
    **rows_of(AccountRefused, "ErrorAccessDenied", "ErrorSendAsDenied", "ErrorNonExistentMailbox"),
    **rows_of(RecipientRefused, "ErrorInvalidRecipients", "ErrorMailRecipientNotFound"),
    **rows_of(MessageRefused, "ErrorMessageSizeExceeded", "ErrorMimeContentInvalid"),
    "ErrorImpersonateUserDenied under a 500": Row(
        under_a_500("ErrorImpersonateUserDenied"), AccountRefused
    ),
    "another version": Row(under_a_500("ErrorInvalidServerVersion"), Misconfigured),
    "a request that it does not like": Row(under_a_500("ErrorInvalidRequest"), Misconfigured),
    "ErrorPasswordExpired": Row(in_a_200("ErrorPasswordExpired"), AuthorisationLost),
    "401": Row(http(401), AuthorisationLost),
    "a client access server's own error": Row(
        http(456, **{"X-CasErrorCode": "CAS error: UserPasswordExpired"}), AuthorisationLost
    ),
    "an account that is locked out": Row(
        {"status": 500, "reply": "The referenced account is currently locked out"},
        AuthorisationLost,
    ),
    "403, EWS is switched off": Row(http(403), AccountRefused),
    "404, no EWS here": Row(http(404), Misconfigured),
    "302, somewhere else": Row(http(302, Location="https://other.test/EWS"), Misconfigured),
    "413": Row(http(413), MessageRefused),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
async def test_a_refusal_means_one_thing_is_asked_for_once_and_nothing_left(row: Row) -> None:
    async with exchange() as stage:
        stage.fault("send", **row.answer)
        with pytest.raises(row.means) as refused:
            await stage.send(mail())
        assert type(refused.value) is row.means
        assert refused.value.retry_after == row.wait
        assert stage.provider.requests["CreateItem"] == 1
        assert stage.left() == 0
        await stage.send(mail())
    assert stage.left() == 1


DOUBTS = {
    "accepted, then a timeout": ({"phase": "accepted", "action": "delay", "delay": "5s"}, 1),
    "accepted, then half an answer": ({"phase": "accepted", "action": "truncate"}, 1),
    "accepted, then the connection dropped": ({"phase": "accepted", "action": "drop"}, 1),
    "accepted, then a 500 without XML": ({"phase": "accepted", **http(500)}, 1),
    "accepted, then a gateway's timeout": ({"phase": "accepted", **http(504)}, 1),
    "accepted, then a page instead of SOAP": ({"phase": "accepted", **http(200)}, 1),
    "accepted, then nothing": ({"phase": "accepted", "status": 200, "reply": ""}, 1),
    "accepted, then XML cut off": (
        {"phase": "accepted", "status": 200, "reply": answered("CreateItem", [[]]).decode()[:-150]},
        1,
    ),
    "accepted, then SOAP without an answer": (
        {"phase": "accepted", "status": 200, "reply": answered("CreateItem", []).decode()},
        1,
    ),
    "accepted, then ErrorInternalServerError": (
        {"phase": "accepted", **in_a_200("ErrorInternalServerError")},
        1,
    ),
    "accepted, then ErrorTimeoutExpired": (
        {"phase": "accepted", **under_a_500("ErrorTimeoutExpired")},
        1,
    ),
    "accepted, then a code that nobody knows": (
        {"phase": "accepted", **in_a_200("ErrorNeverHeardOf")},
        1,
    ),
    "dropped before it was accepted": ({"phase": "send", "action": "drop"}, 0),
    "ErrorInternalServerTransientError, not accepted": (
        {"phase": "send", **under_a_500("ErrorInternalServerTransientError")},
        0,
    ),
}


@pytest.mark.parametrize(("trouble", "left"), DOUBTS.values(), ids=DOUBTS)
@pytest.mark.parametrize("auth", ["basic", "ntlm"])
async def test_a_doubt_is_resolved_and_no_message_is_sent_twice_or_lost(
    trouble: dict[str, Any], left: int, auth: str
) -> None:
    async with exchange({"auth": auth, "timeout": "500ms"}) as stage:
        await stage.send(mail("q4/intro/0"))  # so that the next one meets a kept connection
        stage.fault(**trouble)
        with pytest.raises(Ambiguous):
            await stage.send(mail())
        assert stage.left() == left
        assert stage.provider.requests["CreateItem"] == 2
        found = await stage.channel.find_sent(mail())
        if left:
            assert isinstance(found, Receipt)
            assert found.response == "found in the Sent folder"
        else:
            assert found == SentLookup.NOT_SENT
            await stage.send(mail())
    assert stage.left() == 1
    assert stage.sandbox.accepted.duplicates == 0


async def test_nothing_listens_there() -> None:
    async with exchange() as stage:
        port = stage.sandbox.port(PROVIDER)
    channel = ExchangeChannel(settings(port), BO)
    try:
        with pytest.raises(Transient, match="cannot be reached"):
            async with channel.connection() as connection:
                await connection.send(mail())
        with pytest.raises(Transient, match="cannot be reached"):
            await channel.find_sent(mail())
    finally:
        await channel.aclose()


async def test_a_host_that_is_not_there_is_transient() -> None:
    server = "https://no-such-host.invalid/EWS/Exchange.asmx"
    channel = ExchangeChannel(settings(1, server=server), BO)
    try:
        with pytest.raises(Transient, match="cannot be reached"):
            async with channel.connection() as connection:
                await connection.send(mail())
    finally:
        await channel.aclose()


async def test_a_wait_while_reading_is_told_too() -> None:
    async with exchange() as stage:
        busy = EwsRefusal("ErrorServerBusy", "busy", WAIT)
        stage.fault("request", status=500, reply=fault(busy).decode())
        with pytest.raises(RateLimited) as refused:
            await stage.channel.find_sent(mail())
    assert refused.value.retry_after == WAIT


async def test_what_is_in_doubt_when_sending_is_passing_when_reading() -> None:
    async with exchange() as stage:
        stage.fault("request", "drop")
        with pytest.raises(Transient):
            await stage.channel.read_inbox(None)


async def test_neither_errors_nor_logs_show_password_or_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    async with exchange({"timeout": "500ms"}) as stage:
        stage.fault("send", **in_a_200("ErrorMimeContentInvalid"))
        with pytest.raises(MessageRefused) as refused:
            await stage.send(mail(body="a secret body"))
        stage.fault("send", "drop")
        with pytest.raises(Ambiguous):
            await stage.send(mail(body="a secret body"))
    words = "Exchange answered ErrorMimeContentInvalid: The server says no."
    assert refused.value.words == words
    assert refused.value.__suppress_context__
    assert "exchangelib" not in {record.name.partition(".")[0] for record in caplog.records}


@pytest.mark.parametrize("given", ["soon", "0", "", "-5", "\u0663"])
async def test_a_wait_that_is_none_is_none(given: str) -> None:
    reply = under_a_500("ErrorServerBusy", WAIT)["reply"].replace("17000", given)
    async with exchange() as stage:
        stage.fault("send", status=500, reply=reply)
        with pytest.raises(RateLimited) as refused:
            await stage.send(mail())
    assert refused.value.retry_after is None
