"""Every way in which Microsoft says no, or nothing: what it means, how long to wait, what left."""

import asyncio
import json
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
from postroad.channels.exchange_online import ExchangeOnlineChannel
from tests.channels.exchange_online_stage import ANA, DELEGATED, exchange_online, mail, settings

SOON: dict[str, Any] = {"headers": {"Retry-After": "17"}}
WAIT = timedelta(seconds=17)


def graph_error(status: int, code: str, words: str = "no") -> dict[str, Any]:
    return {"status": status, "reply": json.dumps({"error": {"code": code, "message": words}})}


@dataclass(frozen=True)
class Row:
    answer: dict[str, Any]
    means: type[ChannelError]
    wait: timedelta | None = None


REFUSALS = {
    "429": Row(graph_error(429, "TooManyRequests"), RateLimited),
    "429 with Retry-After": Row(graph_error(429, "ApplicationThrottled") | SOON, RateLimited, WAIT),
    "429 without a body": Row({"status": 429}, RateLimited),
    "429 ErrorExceededMessageLimit": Row(
        graph_error(429, "ErrorExceededMessageLimit") | SOON, QuotaExhausted, WAIT
    ),
    "403 ErrorExceededMessageLimit": Row(
        graph_error(403, "ErrorExceededMessageLimit"), QuotaExhausted
    ),
    "429 ErrorSubmissionQuotaExceeded": Row(
        graph_error(429, "ErrorSubmissionQuotaExceeded"), QuotaExhausted
    ),
    "500 ErrorSubmissionQuotaExceeded": Row(
        graph_error(500, "ErrorSubmissionQuotaExceeded"), QuotaExhausted
    ),
    "403 ErrorQuotaExceeded": Row(graph_error(403, "ErrorQuotaExceeded"), QuotaExhausted),
    "403 ErrorAccessDenied": Row(graph_error(403, "ErrorAccessDenied"), AccountRefused),
    "403 ErrorSendAsDenied": Row(graph_error(403, "ErrorSendAsDenied"), AccountRefused),
    "403 without a code": Row({"status": 403, "reply": "<html>"}, AccountRefused),
    "400 ErrorMessageSubmissionBlocked": Row(
        graph_error(400, "ErrorMessageSubmissionBlocked"), AccountRefused
    ),
    "404 MailboxNotEnabledForRESTAPI": Row(
        graph_error(404, "MailboxNotEnabledForRESTAPI"), AccountRefused
    ),
    "404 ErrorInvalidUser": Row(graph_error(404, "ErrorInvalidUser"), Misconfigured),
    "404 Request_ResourceNotFound": Row(
        graph_error(404, "Request_ResourceNotFound"), Misconfigured
    ),
    "400 ErrorInvalidRecipients": Row(graph_error(400, "ErrorInvalidRecipients"), RecipientRefused),
    "400 ErrorMessageSizeExceeded": Row(
        graph_error(400, "ErrorMessageSizeExceeded"), MessageRefused
    ),
    "413": Row({"status": 413, "reply": "<html>too large</html>"}, MessageRefused),
    "400": Row(graph_error(400, "ErrorInvalidRequest"), MessageRefused),
    "409": Row(graph_error(409, "ErrorIrresolvableConflict"), Transient),
    "423": Row(graph_error(423, "Locked"), Transient),
}


@pytest.mark.parametrize("phase", ["request", "send"])
@pytest.mark.parametrize("row", REFUSALS.values(), ids=REFUSALS)
async def test_a_refusal_means_one_thing_and_leaves_neither_mail_nor_draft(
    row: Row, phase: str
) -> None:
    async with exchange_online() as stage:
        # Two looks for drafts that were left behind come first.
        stage.fault(phase, skip=2 if phase == "request" else 0, **row.answer)
        with pytest.raises(row.means) as refused:
            await stage.send(mail())
        assert type(refused.value) is row.means
        assert refused.value.retry_after == row.wait
        assert refused.value.code == row.answer["status"]
        assert (stage.left(), stage.drafts()) == (0, 0)
        await stage.send(mail())
    assert stage.left() == 1


@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("status", [400, 413])
async def test_a_look_that_is_refused_is_not_the_fault_of_the_message(
    skip: int, status: int
) -> None:
    async with exchange_online() as stage:
        stage.fault("request", skip=skip, **graph_error(status, "ErrorInvalidUrlQuery"))
        with pytest.raises(Transient, match="ErrorInvalidUrlQuery"):
            await stage.send(mail())
    assert stage.left() == 0


UNAVAILABLE = {
    "503": Row({"status": 503}, Transient),
    "503 with Retry-After": Row({"status": 503, **SOON}, RateLimited, WAIT),
    "500": Row(graph_error(500, "ErrorInternalServerError"), Transient),
    "504": Row({"status": 504, "reply": "<html>"}, Transient),
}


@pytest.mark.parametrize("row", UNAVAILABLE.values(), ids=UNAVAILABLE)
async def test_a_draft_that_could_not_be_made_means_that_nothing_left(row: Row) -> None:
    async with exchange_online() as stage:
        stage.fault("request", skip=2, **row.answer)
        with pytest.raises(row.means) as failed:
            await stage.send(mail())
        assert type(failed.value) is row.means
        assert failed.value.retry_after == row.wait
        assert stage.provider.requests["POST /messages"] == 1
        assert stage.left() == 0


LOST_ANSWERS: dict[str, dict[str, Any]] = {
    "504": {"action": "reply", "status": 504},
    "dropped": {"action": "drop"},
    "truncated": {"action": "truncate"},
    "timeout": {"action": "delay", "delay": "5s"},
    "no JSON": {"action": "reply", "status": 201, "reply": "<html>"},
    "no id": {"action": "reply", "status": 201, "reply": "{}"},
}


@pytest.mark.parametrize("fault", LOST_ANSWERS.values(), ids=LOST_ANSWERS)
async def test_a_draft_whose_answer_was_lost_is_replaced_by_the_next_attempt(
    fault: dict[str, Any],
) -> None:
    async with exchange_online({"timeout": "500ms"}) as stage:
        stage.fault("drafted", **fault)
        with pytest.raises(Transient):
            await stage.send(mail())
        assert (stage.left(), stage.drafts()) == (0, 1)
        await stage.send(mail())
        assert stage.drafts() == 0
    assert stage.left() == 1


@pytest.mark.parametrize("fault", LOST_ANSWERS.values(), ids=LOST_ANSWERS)
async def test_a_draft_whose_answer_was_lost_is_withdrawn_by_who_asks_whether_it_left(
    fault: dict[str, Any],
) -> None:
    async with exchange_online({"timeout": "500ms"}) as stage:
        stage.fault("drafted", **fault)
        with pytest.raises(Transient):
            await stage.send(mail())
        assert await stage.channel.find_sent(mail()) == SentLookup.NOT_SENT
        assert (stage.left(), stage.drafts()) == (0, 0)


DOUBTS: dict[str, tuple[dict[str, Any], int]] = {
    "accepted, then a timeout": ({"phase": "accepted", "action": "delay", "delay": "5s"}, 1),
    "accepted, then half an answer": ({"phase": "accepted", "action": "truncate"}, 1),
    "accepted, then the connection dropped": ({"phase": "accepted", "action": "drop"}, 1),
    "accepted, then 500": ({"phase": "accepted", "action": "reply", "status": 500}, 1),
    "accepted, then 503 with Retry-After": (
        {"phase": "accepted", "action": "reply", "status": 503, **SOON},
        1,
    ),
    "accepted, then a gateway's timeout": (
        {"phase": "accepted", "action": "reply", "status": 504, "reply": "<html>"},
        1,
    ),
    "dropped before it was accepted": ({"phase": "send", "action": "drop"}, 0),
    "503 before it was accepted": ({"phase": "send", "action": "reply", "status": 503}, 0),
    "504 before it was accepted": ({"phase": "send", "action": "reply", "status": 504}, 0),
}


@pytest.mark.parametrize(("fault", "left"), DOUBTS.values(), ids=DOUBTS)
@pytest.mark.parametrize("rewrites", [False, True], ids=["own-id", "rewritten-id"])
@pytest.mark.parametrize("remembers", [True, False], ids=["same-worker", "other-worker"])
async def test_a_doubt_is_resolved_and_no_message_is_sent_twice_or_lost(
    fault: dict[str, Any], left: int, *, rewrites: bool, remembers: bool
) -> None:
    # What stands in all folders together must not count: it is some seconds behind.
    given = {"timeout": "500ms"}
    async with exchange_online(given, rewrites_message_id=rewrites, search_lag="1h") as stage:
        await stage.send(mail("q4/intro/0"))  # so that the next one meets a kept connection
        stage.fault(**fault)
        with pytest.raises(Ambiguous):
            await stage.send(mail())
        assert stage.left() == left
        other = ExchangeOnlineChannel(settings(stage.provider.port, **given), ANA)
        found = await (stage.channel if remembers else other).find_sent(mail())
        await other.aclose()
        if left:
            sent = stage.mailbox.in_folder("sent")[0]
            assert isinstance(found, Receipt)
            assert (found.provider_id, found.thread_id) == (f"AAMk{sent.id}=", sent.thread_id)
            assert found.message_id == (sent.header("Message-ID") if rewrites else None)
        else:
            assert found == SentLookup.NOT_SENT
            await stage.send(mail())
        assert stage.drafts() == 0
    assert stage.left() == 1
    assert stage.sandbox.accepted.duplicates == 0


async def test_a_wait_beside_a_doubt_is_passed_on() -> None:
    async with exchange_online() as stage:
        stage.fault("send", status=503, **SOON)
        with pytest.raises(Ambiguous) as doubted:
            await stage.send(mail())
    assert doubted.value.retry_after == WAIT


@pytest.mark.parametrize("reply", ["", "<html>", '{"id": "1'])
async def test_a_202_is_an_acceptance_whatever_comes_with_it(reply: str) -> None:
    async with exchange_online() as stage:
        stage.fault("accepted", status=202, reply=reply, **SOON)
        receipt = await stage.send(mail())
        assert stage.provider.requests["POST /messages/{id}/send"] == 1
    assert receipt.provider_id is not None
    assert stage.left() == 1


async def test_a_draft_that_the_person_sent_themselves_meanwhile_is_not_sent_again() -> None:
    async with exchange_online() as stage:
        stage.fault("send", status=504)
        with pytest.raises(Ambiguous):
            await stage.send(mail())
        [draft] = stage.mailbox.in_folder("drafts")
        stage.mailbox.move(draft.id, "sent")
        found = await stage.channel.find_sent(mail())
    assert isinstance(found, Receipt)


async def test_a_draft_that_vanished_after_it_was_sent_leaves_the_question_open() -> None:
    async with exchange_online() as stage:
        stage.fault("send", status=504)
        with pytest.raises(Ambiguous):
            await stage.send(mail())
        [draft] = stage.mailbox.in_folder("drafts")
        stage.mailbox.remove(draft.id)
        assert await stage.channel.find_sent(mail()) == SentLookup.CANNOT_TELL


async def test_an_id_with_any_character_stays_one_segment_of_the_path() -> None:
    async with exchange_online() as stage:
        stage.fault("request", skip=2, status=201, reply='{"id": "a/../b+c?="}')
        with pytest.raises(Ambiguous):
            await stage.send(mail())
        assert stage.provider.requests["POST /messages/{id}/send"] == 1


async def test_one_401_is_answered_with_another_token() -> None:
    async with exchange_online() as stage:
        stage.fault("send", **graph_error(401, "InvalidAuthenticationToken"))
        await stage.send(mail())
        assert stage.provider.requests["POST token"] == 2
    assert stage.left() == 1


async def test_a_second_401_is_authorisation_lost() -> None:
    async with exchange_online() as stage:
        stage.fault("send", **graph_error(401, "InvalidAuthenticationToken", "expired"), times=2)
        with pytest.raises(AuthorisationLost, match="expired"):
            await stage.send(mail())
        assert stage.provider.requests["POST token"] == 2
        assert stage.drafts() == 0
    assert stage.left() == 0


@pytest.mark.parametrize(
    ("status", "error", "means"),
    [
        (400, "invalid_grant", AuthorisationLost),
        (400, "interaction_required", AuthorisationLost),
        (401, "invalid_client", Misconfigured),
        (503, "", Transient),
    ],
)
async def test_a_refused_token_means_one_thing_and_nothing_left(
    status: int, error: str, means: type[ChannelError]
) -> None:
    async with exchange_online(DELEGATED) as stage:
        stage.fault("token", status=status, reply=json.dumps({"error": error}))
        with pytest.raises(means):
            await stage.send(mail())
    assert stage.left() == 0


async def test_errors_show_neither_token_nor_content() -> None:
    async with exchange_online() as stage:
        stage.fault("send", **graph_error(400, "ErrorInvalidRecipients", "One is not valid"))
        with pytest.raises(RecipientRefused) as refused:
            await stage.send(mail(body="a secret body"))
    words = "Microsoft Graph answered 400 (ErrorInvalidRecipients): One is not valid"
    assert refused.value.words == words
    assert not refused.value.address_is_dead
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize(
    "reply", ["[]", '{"error": "no"}', '{"error": {"code": 7}}', "\x00", "[" * 99_999]
)
async def test_an_error_of_another_form_is_still_understood(reply: str) -> None:
    async with exchange_online() as stage:
        stage.fault("send", status=403, reply=reply)
        with pytest.raises(AccountRefused, match="403"):
            await stage.send(mail())
    assert stage.left() == 0


async def test_who_redirects_is_not_microsoft() -> None:
    elsewhere: dict[str, Any] = {"status": 302, "headers": {"Location": "https://portal.test/"}}
    async with exchange_online() as stage:
        stage.fault("request", **elsewhere)
        with pytest.raises(Transient):
            await stage.send(mail())
        stage.fault("send", **elsewhere)
        with pytest.raises(Ambiguous):
            await stage.send(mail())
        assert await stage.channel.find_sent(mail()) == SentLookup.NOT_SENT
    assert stage.left() == 0


async def test_a_server_without_a_certificate_to_be_trusted_gets_no_token() -> None:
    async with exchange_online() as stage:
        context = stage.sandbox.authority.server_context()
        heard: list[bytes] = []

        async def listen(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            heard.append(await reader.read())

        server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        given = settings(stage.provider.port, endpoint=f"https://127.0.0.1:{port}/v1.0")
        channel = ExchangeOnlineChannel(given, ANA)
        async with server, channel.connection() as connection:
            with pytest.raises(Misconfigured, match="no TLS to be trusted"):
                await connection.send(mail())
        await channel.aclose()
    assert heard == []


async def test_nothing_listens_there() -> None:
    async with exchange_online() as stage:
        port = stage.provider.port
        await stage.send(mail("q4/intro/0"))
        token = await stage.channel._tokens.token()
    channel = ExchangeOnlineChannel(settings(port), ANA)
    channel._tokens._token, channel._tokens._good_until = token, float("inf")
    try:
        with pytest.raises(Transient, match="cannot be reached"):
            async with channel.connection() as connection:
                await connection.send(mail())
    finally:
        await channel.aclose()
