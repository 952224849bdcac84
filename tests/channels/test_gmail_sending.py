"""Sending through Gmail: what arrives, what is answered, and in which thread."""

import asyncio
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from postroad.channels.base import AuthorisationLost, Transient
from postroad.channels.gmail import GmailChannel
from tests.channels.gmail_stage import ANA, CREDENTIALS, gmail, mail, settings
from tests.channels.mails import eventually


async def test_a_message_leaves_as_it_was_composed() -> None:
    async with gmail() as stage:
        message = mail(body="Grüße, from Ana.\n")
        receipt = await stage.send(message)
        [sent] = stage.mailbox.in_folder("sent")
    assert sent.content == message.content
    assert (receipt.provider_id, receipt.thread_id) == (sent.id, sent.thread_id)
    assert receipt.message_id is None
    assert receipt.response == f"accepted by Gmail as {sent.id}"
    assert stage.left() == 1


async def test_a_message_of_twelve_megabytes_is_uploaded_into_its_thread() -> None:
    async with gmail({"timeout": "30s"}) as stage:
        first = await stage.send(mail("q4/intro/1"))
        large = mail("q4/nudge/1", body="x" * 76 * 160_000, thread_id=first.thread_id)
        receipt = await stage.send(large)
        newest = stage.mailbox.in_folder("sent")[0]
    assert stage.provider.requests["POST /upload/gmail/v1/users/{user}/messages/send"] == 1
    assert newest.content == large.content
    assert receipt.thread_id == first.thread_id


async def test_a_rewritten_message_id_is_read_back() -> None:
    async with gmail(rewrites_message_id=True) as stage:
        receipt = await stage.send(mail())
        [sent] = stage.mailbox.in_folder("sent")
    assert receipt.message_id == sent.header("Message-ID")
    assert receipt.message_id != mail().message_id


async def test_a_message_whose_id_cannot_be_read_back_was_sent_all_the_same() -> None:
    async with gmail(rewrites_message_id=True) as stage:
        stage.fault("request", status=500, times=None)
        receipt = await stage.send(mail())
    assert receipt.provider_id is not None
    assert receipt.message_id is None
    assert stage.left() == 1


async def test_a_reply_step_goes_into_the_thread_of_the_first() -> None:
    async with gmail() as stage:
        first = await stage.send(mail("q4/intro/1"))
        second = await stage.send(mail("q4/nudge/1", thread_id=first.thread_id))
        other = await stage.send(mail("q4/intro/2"))
    assert second.thread_id == first.thread_id
    assert other.thread_id != first.thread_id


async def test_a_reply_leaves_though_its_thread_was_deleted() -> None:
    async with gmail() as stage:
        first = await stage.send(mail("q4/intro/1"))
        assert first.provider_id is not None
        stage.mailbox.remove(first.provider_id)
        second = await stage.send(mail("q4/nudge/1", thread_id=first.thread_id))
    assert second.thread_id not in (None, first.thread_id)
    assert stage.left("q4/nudge/1") == 1


async def test_many_messages_at_once_share_one_token_and_few_connections() -> None:
    async with gmail({"connections": 4}) as stage:
        assert stage.channel.connections == 4
        await asyncio.gather(*(stage.send(mail(f"q4/intro/{n}")) for n in range(12)))
    assert stage.sandbox.accepted.messages == 12
    assert stage.provider.requests["POST token"] == 1


async def test_a_token_that_expired_early_is_replaced_once_and_nothing_is_sent_twice() -> None:
    async with gmail() as stage:
        await stage.send(mail("q4/intro/0"))
        stage.provider.tokens.expire_access()
        await asyncio.gather(*(stage.send(mail(f"q4/intro/{n}")) for n in range(1, 4)))
    assert stage.provider.requests["POST token"] == 2
    assert stage.sandbox.accepted.duplicates == 0
    assert stage.sandbox.accepted.messages == 4


async def test_a_revoked_consent_is_authorisation_lost() -> None:
    async with gmail() as stage:
        await stage.send(mail("q4/intro/0"))
        stage.provider.tokens.revoke(ANA)
        with pytest.raises(AuthorisationLost, match="invalid_grant"):
            await stage.send(mail())
    assert stage.left() == 0


async def test_without_consent_the_way_out_is_named() -> None:
    client_only = {name: CREDENTIALS[name] for name in ("client_id", "client_secret")}
    async with gmail({"credentials": client_only}) as stage:
        with pytest.raises(AuthorisationLost, match="postroad channel connect"):
            await stage.send(mail())
    assert stage.provider.requests["POST token"] == 0


async def test_a_service_account_sends_for_a_person_of_its_domain() -> None:
    private = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    key = {"client_email": "postroad@project.iam.test", "private_key": pem.decode()}
    async with gmail({"credentials": {"service_account": json.dumps(key)}}) as stage:
        await stage.send(mail())
        [sent] = stage.mailbox.in_folder("sent")
    assert sent.header("From") == ANA
    assert stage.left() == 1


async def test_nothing_listens_there() -> None:
    async with gmail() as stage:
        port = stage.sandbox.port("google")
        await stage.send(mail("q4/intro/0"))
    channel = GmailChannel(settings(port), ANA)
    try:
        with pytest.raises(Transient, match="cannot be reached"):
            async with channel.connection() as connection:
                await connection.send(mail())
    finally:
        await channel.aclose()


async def test_connections_that_idle_are_closed_and_opened_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("postroad.channels.gmail_session._IDLE_SECONDS", 0.05)
    async with gmail() as stage:
        await stage.send(mail("q4/intro/1"))
        session = stage.channel._api._session
        await eventually(lambda: session._session is None)
        await stage.send(mail("q4/intro/2"))
    assert stage.sandbox.accepted.messages == 2
