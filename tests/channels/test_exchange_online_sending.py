"""Sending through Exchange Online: what arrives, what is answered, in which conversation."""

import asyncio
from datetime import timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP

import httpx
import pytest
from pydantic import ValidationError

from postroad.channels.base import AuthorisationLost, OutgoingMessage, QuotaExhausted
from postroad.channels.consent import ask_consent, consent_request
from postroad.channels.exchange_online import ExchangeOnlineChannel
from tests.channels.exchange_online_stage import (
    ANA,
    CONSENT,
    DELEGATED,
    TENANT,
    exchange_online,
    mail,
    settings,
)
from tests.channels.mails import eventually


def large_mail(size: int, key: str = "q4/intro/1") -> OutgoingMessage:
    """Return a message with a picture in its body and a file of so many bytes."""
    content = EmailMessage(policy=SMTP)
    content["From"], content["To"] = f"Ana Ruiz <{ANA}>", "bob@buyer.test"
    content["Subject"] = "Grüße"
    content["Message-ID"], content["X-Postroad-Message"] = "<large@acme.test>", key
    content["In-Reply-To"] = content["References"] = "<first@acme.test>"
    content["List-Unsubscribe"] = "<https://acme.test/u/1>"
    content.set_content("Hello.\n")
    content.add_alternative('<p>Hello <img src="cid:logo"></p>', subtype="html")
    html = content.get_body(("html",))
    assert html is not None
    html.add_related(b"PNG", "image", "png", cid="<logo>", filename="logo.png")
    content.add_attachment(b"x" * size, "application", "pdf", filename="offer.pdf")
    return OutgoingMessage(key, "<large@acme.test>", ANA, "bob@buyer.test", bytes(content))


async def test_a_message_leaves_as_it_was_composed() -> None:
    async with exchange_online() as stage:
        message = mail(body="Grüße, from Ana.\n")
        receipt = await stage.send(message)
        [sent] = stage.mailbox.in_folder("sent")
        assert stage.drafts() == 0
    # Exchange adds what is missing: here, the Date.
    assert sent.content.endswith(message.content)
    assert (receipt.provider_id, receipt.thread_id) == (f"AAMk{sent.id}=", sent.thread_id)
    assert receipt.message_id is None
    assert receipt.response == f"accepted by Exchange Online as {receipt.provider_id}"
    assert stage.left() == 1


@pytest.mark.parametrize("size", [2_200_000, 3_000_000, 9_000_000])
async def test_what_one_request_does_not_hold_leaves_piece_by_piece(size: int) -> None:
    async with exchange_online({"timeout": "30s"}) as stage:
        await stage.send(large_mail(size))
        [sent] = stage.mailbox.in_folder("sent")
        uploads = stage.provider.requests["POST /messages/{id}/attachments/createUploadSession"]
    arrived = BytesParser(policy=SMTP).parsebytes(sent.content)
    assert uploads == (0 if size < 2_250_000 else 1)
    assert stage.left() == 1
    for name in ("Subject", "In-Reply-To", "References", "Message-ID", "List-Unsubscribe"):
        assert arrived[name] == BytesParser(policy=SMTP).parsebytes(large_mail(9).content)[name]
    html = arrived.get_body(("html",))
    assert html is not None
    assert "cid:logo" in html.get_content()
    files = {part.get_filename(): part for part in arrived.iter_attachments()}
    assert files["offer.pdf"].get_content() == b"x" * size
    assert files["logo.png"]["Content-ID"] == "<logo>"


async def test_a_large_draft_that_cannot_be_completed_is_deleted() -> None:
    async with exchange_online({"timeout": "30s"}) as stage:
        stage.fault("request", skip=3, status=503)
        with pytest.raises(Exception, match="503"):
            await stage.send(large_mail(4_000_000))
        assert stage.drafts() == 0
        await stage.send(large_mail(4_000_000))
    assert stage.left() == 1


async def test_a_rewritten_message_id_is_read_back() -> None:
    async with exchange_online(rewrites_message_id=True) as stage:
        receipt = await stage.send(mail())
        [sent] = stage.mailbox.in_folder("sent")
    assert receipt.message_id == sent.header("Message-ID")
    assert receipt.message_id != mail().message_id


async def test_a_message_whose_id_cannot_be_read_back_was_sent_all_the_same() -> None:
    async with exchange_online(rewrites_message_id=True) as stage:
        stage.fault("request", skip=3, status=500, times=None)
        receipt = await stage.send(mail())
    assert receipt.provider_id is not None
    assert receipt.message_id is None
    assert stage.left() == 1


async def test_a_reply_step_goes_into_the_conversation_of_the_first() -> None:
    async with exchange_online() as stage:
        first = await stage.send(mail("q4/intro/1"))
        answers = mail("q4/intro/1").message_id
        second = await stage.send(mail("q4/nudge/1", answers=answers, thread_id=first.thread_id))
        other = await stage.send(mail("q4/intro/2"))
    assert second.thread_id == first.thread_id
    assert other.thread_id != first.thread_id


async def test_a_draft_that_a_former_attempt_left_behind_is_replaced_not_sent() -> None:
    async with exchange_online() as stage:
        stage.mailbox.add("drafts", mail(body="Older words.\n").content)
        stage.mailbox.add("drafts", mail("q4/intro/2").content)
        await stage.send(mail())
        [sent] = stage.mailbox.in_folder("sent")
        [left] = stage.mailbox.in_folder("drafts")
    assert sent.content.endswith(mail().content)
    assert left.content == mail("q4/intro/2").content


async def test_a_draft_whose_header_exchange_made_no_property_of_is_known_by_its_message_id() -> (
    None
):
    content = mail().content.replace(b"X-Postroad-Message: q4/intro/1\r\n", b"")
    async with exchange_online() as stage:
        stage.mailbox.add("drafts", content)
        await stage.send(mail())
        assert stage.drafts() == 0
    assert stage.left() == 1


async def test_a_key_with_quotes_is_looked_for_as_it_is() -> None:
    key = "q4/it's/o'neil@acme.test"
    async with exchange_online() as stage:
        stage.mailbox.add("drafts", mail(key).content)
        await stage.send(mail(key))
        assert stage.drafts() == 0
    assert stage.left(key) == 1


async def test_no_more_than_four_requests_are_under_way_at_once() -> None:
    async with exchange_online({"connections": 4}, latency="20ms") as stage:
        assert stage.channel.connections == 4
        _, *found = await asyncio.gather(
            asyncio.gather(*(stage.send(mail(f"q4/intro/{n}")) for n in range(12))),
            stage.channel.sent_by_hand(0),
            stage.channel.read_inbox(None),
            stage.channel.find_sent(mail("q4/other/1")),
        )
        assert stage.provider.most_at_once == 4
    assert len(found) == 3
    assert stage.sandbox.accepted.messages == 12
    assert stage.provider.requests["POST token"] == 1
    assert stage.provider.refused == {}


async def test_above_thirty_a_minute_mail_waits_in_the_outbox_and_is_not_sent_again() -> None:
    async with exchange_online(limits=[{"messages": 2, "per": "1s"}]) as stage:
        for n in range(3):
            await stage.send(mail(f"q4/intro/{n}"))
        assert stage.left("q4/intro/2") == 0
        found = await stage.channel.find_sent(mail("q4/intro/2"))
        assert not isinstance(found, str)
        assert found.response == "found in the Outbox"
        await eventually(lambda: stage.left("q4/intro/2") == 1)
        assert stage.mailbox.in_folder("outbox") == []
    assert stage.sandbox.accepted.duplicates == 0


async def test_the_limit_of_a_day_is_a_quota_with_its_wait() -> None:
    async with exchange_online(limits=[{"messages": 1, "per": "1d"}]) as stage:
        await stage.send(mail("q4/intro/0"))
        with pytest.raises(QuotaExhausted) as refused:
            await stage.send(mail())
        assert refused.value.retry_after is not None
        assert refused.value.retry_after.total_seconds() > 23 * 3_600
        assert stage.drafts() == 0
    assert stage.left() == 0


async def test_the_consent_of_one_person_sends_and_what_replaces_it_is_kept() -> None:
    kept: list[str] = []

    async def rotated(new: str) -> None:
        kept.append(new)

    async with exchange_online() as stage:
        channel = ExchangeOnlineChannel(
            settings(stage.provider.port, **DELEGATED), ANA, rotated=rotated
        )
        async with channel.connection() as connection:
            await connection.send(mail())
        await channel.aclose()
    assert stage.left() == 1
    assert len(kept) == 1
    assert kept[0] != CONSENT


async def test_a_person_agrees_in_a_browser_and_the_channel_sends() -> None:
    given = {"delegated": True, "credentials": {"tenant": "acme.test", "client_id": "sandbox"}}
    pages: list[asyncio.Task[None]] = []

    async def visit(address: str) -> None:
        async with httpx.AsyncClient(follow_redirects=True) as browser:
            (await browser.get(address)).raise_for_status()

    def open_page(address: str) -> None:
        pages.append(asyncio.create_task(visit(address)))

    async with exchange_online() as stage:
        request = consent_request(settings(stage.provider.port, **given), ANA)
        refresh_token = await ask_consent(request, open_page, timedelta(seconds=10))
        await asyncio.gather(*pages)
        given["credentials"] = {**TENANT, "client_secret": None, "refresh_token": refresh_token}
        channel = ExchangeOnlineChannel(settings(stage.provider.port, **given), ANA)
        assert (await channel.verify(mail())).ok
        await channel.aclose()
    assert stage.left() == 1


async def test_a_token_that_expired_early_is_replaced_once_and_nothing_is_sent_twice() -> None:
    async with exchange_online() as stage:
        await stage.send(mail("q4/intro/0"))
        stage.provider.tokens.expire_access()
        await asyncio.gather(*(stage.send(mail(f"q4/intro/{n}")) for n in range(1, 4)))
    assert stage.provider.requests["POST token"] == 2
    assert stage.sandbox.accepted.duplicates == 0
    assert stage.sandbox.accepted.messages == 4


async def test_without_consent_the_way_out_is_named() -> None:
    credentials = {"tenant": "acme.test", "client_id": "sandbox"}
    async with exchange_online({"delegated": True, "credentials": credentials}) as stage:
        with pytest.raises(AuthorisationLost, match="postroad channel connect"):
            await stage.send(mail())
    assert stage.provider.requests["POST token"] == 0


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"credentials": {**TENANT, "client_secret": None}}, "client_secret is missing"),
        ({"credentials": {**TENANT, "refresh_token": "r"}}, "add delegated: true"),
        ({"credentials": {**TENANT, "tenant": "acme.test/../other"}}, "pattern"),
        ({"user": "ana/../bo"}, "pattern"),
        ({"connections": 5}, "less than or equal to 4"),
    ],
)
def test_settings_that_cannot_work_are_refused(given: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        settings(1, **given)


async def test_a_mailbox_is_found_by_the_other_name_of_its_account() -> None:
    async with exchange_online({"user": ANA}) as stage:
        channel = ExchangeOnlineChannel(
            settings(stage.provider.port, user=ANA), "ana.ruiz@brand.test"
        )
        assert (await channel.verify()).ok
        await channel.aclose()
