"""Sending through Exchange: what arrives, how one signs in, and what the server holds back."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from pathlib import Path

import pytest
from aiohttp import web

from postroad.channels.base import (
    AccountRefused,
    Ambiguous,
    AuthorisationLost,
    Misconfigured,
    Receipt,
    SentLookup,
)
from postroad.channels.build import build_channel
from postroad.channels.exchange import ExchangeChannel
from postroad.sandbox.certificates import Authority
from postroad.sandbox.ews import ews_app
from postroad.sandbox.ews_folders import item_id
from postroad.sandbox.ews_soap import Element, M, T, answered
from tests.channels.exchange_stage import (
    BO,
    PASSWORD,
    PROVIDER,
    USER,
    Stage,
    exchange,
    mail,
    settings,
)
from tests.channels.mails import eventually

ONE_A_SECOND = [{"messages": 1, "per": "1s"}]
SERVICE = "ACME\\postroad"


@pytest.mark.parametrize("auth", ["basic", "ntlm", "oauth"])
async def test_a_message_leaves_as_it_was_composed(auth: str) -> None:
    async with exchange({"auth": auth}) as stage:
        message = mail(body="Grüße, from Bo.\n")
        receipt = await stage.send(message)
        [sent] = stage.mailbox.in_folder("sent")
    assert sent.content == message.content
    assert receipt == Receipt(provider_id=None, response="accepted by Exchange")
    assert stage.left() == 1


async def test_a_message_of_twelve_megabytes_leaves() -> None:
    async with exchange({"timeout": "30s"}) as stage:
        large = mail(body="x" * 76 * 160_000)
        await stage.send(large)
        [sent] = stage.mailbox.in_folder("sent")
    assert sent.content == large.content


async def test_the_settings_of_a_workspace_become_an_exchange_channel() -> None:
    channel = build_channel(settings(1, connections=3), BO)
    assert isinstance(channel, ExchangeChannel)
    assert channel.connections == 3
    await channel.aclose()


async def test_ntlm_signs_a_connection_in_once() -> None:
    async with exchange({"auth": "ntlm", "connections": 1}) as stage:
        for number in range(3):
            await stage.send(mail(f"q4/intro/{number}"))
        assert stage.provider.requests == {"401": 2, "CreateItem": 3}
    assert stage.sandbox.accepted.messages == 3


@pytest.mark.parametrize("auth", ["basic", "ntlm"])
@pytest.mark.parametrize(
    "wrong", [{"password": "another one"}, {"username": "ACME\\nobody"}], ids=["password", "name"]
)
async def test_a_wrong_name_or_password_is_authorisation_lost(
    auth: str, wrong: dict[str, str]
) -> None:
    async with exchange({"auth": auth, **wrong}) as stage:
        with pytest.raises(AuthorisationLost, match="401"):
            await stage.send(mail())
    assert stage.left() == 0


async def test_a_password_that_changes_meanwhile_is_authorisation_lost() -> None:
    async with exchange() as stage:
        await stage.send(mail("q4/intro/0"))
        stage.fault("send", status=401)
        with pytest.raises(AuthorisationLost):
            await stage.send(mail())
    assert stage.left() == 0


async def test_a_token_that_expired_early_is_replaced_once_and_nothing_is_sent_twice() -> None:
    async with exchange({"auth": "oauth"}) as stage:
        await stage.send(mail("q4/intro/0"))
        stage.provider.tokens.expire_access()
        await asyncio.gather(*(stage.send(mail(f"q4/intro/{n}")) for n in range(1, 4)))
    assert stage.provider.requests["POST token"] == 2
    assert stage.sandbox.accepted.duplicates == 0
    assert stage.sandbox.accepted.messages == 4


async def test_a_second_401_is_authorisation_lost() -> None:
    async with exchange({"auth": "oauth"}) as stage:
        stage.fault("send", status=401, times=2)
        with pytest.raises(AuthorisationLost):
            await stage.send(mail())
        assert stage.provider.requests["POST token"] == 2
    assert stage.left() == 0


async def test_a_wrong_client_secret_is_misconfigured() -> None:
    credentials = {"tenant": "acme.test", "client_id": "sandbox", "client_secret": "wrong"}
    async with exchange({"auth": "oauth", "credentials": credentials}) as stage:
        with pytest.raises(Misconfigured, match="invalid_client"):
            await stage.send(mail())
    assert stage.left() == 0


@pytest.mark.parametrize("impersonate", [False, True])
async def test_a_service_account_sends_from_a_persons_mailbox(impersonate: bool) -> None:  # noqa: FBT001
    given = {"username": SERVICE, "impersonate": impersonate}
    async with exchange(given, users={SERVICE: PASSWORD}) as stage:
        await stage.send(mail())
        assert len(stage.mailbox.in_folder("sent")) == 1
        assert isinstance(await stage.channel.find_sent(mail()), Receipt)


async def test_a_mailbox_that_the_server_does_not_have_is_an_account_refused() -> None:
    async with exchange() as stage:
        port = stage.sandbox.port(PROVIDER)
        for impersonate in (False, True):
            given = settings(port, impersonate=impersonate)
            channel = ExchangeChannel(given, "somebody@else.test")
            with pytest.raises(AccountRefused, match="ErrorNonExistentMailbox"):
                async with channel.connection() as connection:
                    await connection.send(mail())
            await channel.aclose()
    assert stage.left() == 0


async def test_as_many_messages_are_under_way_as_the_channel_has_connections() -> None:
    async with exchange({"connections": 3, "auth": "ntlm"}, latency="200ms") as stage:
        await asyncio.gather(*(stage.send(mail(f"q4/intro/{n}")) for n in range(9)))
    assert stage.provider.most_at_once == 3
    assert stage.sandbox.accepted.messages == 9
    assert stage.sandbox.accepted.duplicates == 0


async def test_two_channels_of_one_account_keep_their_own_timeouts_and_connections() -> None:
    async with exchange({"connections": 1, "timeout": "30s"}, latency="400ms") as stage:
        hasty = ExchangeChannel(settings(stage.sandbox.port(PROVIDER), timeout="50ms"), BO)
        async with hasty.connection() as connection:
            with pytest.raises(Ambiguous, match="in time"):
                await connection.send(mail("q4/intro/0"))
        await stage.send(mail("q4/intro/1"))
        await hasty.aclose()
    assert stage.left("q4/intro/1") == 1


@pytest.mark.parametrize("place", ["outbox", "drafts"])
async def test_a_message_that_waits_at_the_server_counts_as_taken_and_leaves_once(
    place: str,
) -> None:
    async with exchange(limits=ONE_A_SECOND) as stage:
        await stage.send(mail("q4/intro/0"))
        stage.fault("accepted", "drop")
        with pytest.raises(Ambiguous):
            await stage.send(mail())
        [waiting] = stage.mailbox.in_folder("outbox")
        if place == "drafts":
            stage.mailbox.move(waiting.id, "drafts")
        assert stage.left() == 0
        found = await stage.channel.find_sent(mail())
        assert isinstance(found, Receipt)
        assert "the server holds it in" in found.response
        assert "sends it later" in found.response
        await eventually(lambda: stage.left() == 1)
        found = await stage.channel.find_sent(mail())
        assert isinstance(found, Receipt)
        assert found.response == "found in the Sent folder"
    assert stage.left() == 1
    assert stage.sandbox.accepted.duplicates == 0


async def test_a_rewritten_message_id_is_told() -> None:
    async with exchange(rewrites_message_id=True) as stage:
        await stage.send(mail())
        found = await stage.channel.find_sent(mail())
        [sent] = stage.mailbox.in_folder("sent")
    assert isinstance(found, Receipt)
    assert found.message_id == sent.header("Message-ID") != mail().message_id


async def test_our_message_id_without_our_header_is_no_proof() -> None:
    async with exchange() as stage:
        stage.mailbox.add("sent", mail().content.replace(b"X-Postroad-Message", b"X-Other"))
        found = await stage.channel.find_sent(mail())
    assert found == SentLookup.CANNOT_TELL


async def test_a_header_that_the_server_keeps_only_in_the_content_is_found_there() -> None:
    async with exchange() as stage:
        await stage.send(mail())
        [sent] = stage.mailbox.in_folder("sent")
        item = T.Message(
            item_id(stage.mailbox, sent), T.InternetMessageId(sent.header("Message-ID"))
        )
        nothing, found_there = found_items(), found_items(item)
        for in_sent in (nothing, found_there):
            reply = answered("FindItem", [in_sent, nothing, nothing]).decode()
            stage.fault("request", status=200, reply=reply)
        found = await stage.channel.find_sent(mail())
    assert isinstance(found, Receipt)
    assert found.response == "found in the Sent folder"


def found_items(*items: Element) -> list[Element]:
    root = {"TotalItemsInView": str(len(items)), "IncludesLastItemInRange": "true"}
    return [M.RootFolder(T.Items(*deepcopy(items)), **root)]


async def test_another_message_of_the_same_campaign_is_not_taken_for_it() -> None:
    async with exchange() as stage:
        await stage.send(mail("q4/intro/11"))
        assert await stage.channel.find_sent(mail("q4/intro/1")) == SentLookup.NOT_SENT


@asynccontextmanager
async def with_tls(stage: Stage, context: ssl.SSLContext) -> AsyncIterator[str]:
    runner = web.AppRunner(ews_app(stage.provider), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield f"https://localhost:{runner.addresses[0][1]}/EWS/Exchange.asmx"
    await runner.cleanup()


async def send_over_tls(server: str, **given: object) -> None:
    channel = ExchangeChannel(settings(1, server=server, **given), BO)
    try:
        async with channel.connection() as connection:
            await connection.send(mail())
    finally:
        await channel.aclose()


@pytest.mark.parametrize("auth", ["basic", "ntlm"])
async def test_a_private_authority_is_trusted_where_ca_file_names_it(
    auth: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, other = Authority(), Authority()
    trusted, foreign = tmp_path / "ours.pem", tmp_path / "other.pem"
    trusted.write_bytes(ours.pem)
    foreign.write_bytes(other.pem)
    async with exchange() as stage, with_tls(stage, ours.server_context()) as server:
        # Libraries over requests would let this override what the channel says.
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(foreign))
        await send_over_tls(server, auth=auth, ca_file=trusted)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
        for untrusted in ({}, {"ca_file": foreign}):
            with pytest.raises(Misconfigured, match="certificate cannot be trusted"):
                await send_over_tls(server, auth=auth, **untrusted)
    assert stage.left() == 1


async def test_a_server_without_tls_where_tls_is_expected_is_misconfigured() -> None:
    async with exchange() as stage:
        port = stage.sandbox.port(PROVIDER)
        with pytest.raises(Misconfigured, match="no TLS"):
            await send_over_tls(f"https://localhost:{port}/EWS/Exchange.asmx")
    assert stage.left() == 0


async def test_a_ca_file_that_holds_no_certificate_is_named(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    async with exchange({"ca_file": wrong, "username": USER}) as stage:
        with pytest.raises(Misconfigured, match=r"wrong\.pem"):
            await stage.send(mail())
    assert stage.left() == 0
