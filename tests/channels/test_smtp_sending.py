"""Every phase and every fault, against a provider that counts what really left."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from postroad.channels.base import (
    AccountRefused,
    Ambiguous,
    AuthorisationLost,
    ChannelError,
    MessageRefused,
    QuotaExhausted,
    RateLimited,
    Receipt,
    RecipientRefused,
    Transient,
)
from postroad.channels.smtp import SmtpChannel
from postroad.sandbox.faults import Fault, FaultPhase
from postroad.sandbox.server import Sandbox
from tests.channels.mails import PROVIDER, channel, lent, mail, sandbox
from tests.channels.scripted import scripted

SIGN_IN: dict[str, Any] = {"username": "ana", "password": "hunter2"}
USERS = {"ana": "hunter2"}


@pytest.fixture
async def provider() -> AsyncIterator[Sandbox]:
    async with sandbox(users=USERS) as running:
        yield running


async def send_one(sending: SmtpChannel, to: str = "bob@buyer.test") -> Receipt:
    async with sending.connection() as connection:
        return await connection.send(mail(to=to))


async def failure_of(sending: SmtpChannel, to: str = "bob@buyer.test") -> ChannelError:
    with pytest.raises(ChannelError) as failed:
        await send_one(sending, to)
    return failed.value


async def test_an_accepted_message_has_the_providers_id_and_words(provider: Sandbox) -> None:
    async with channel(provider.port(PROVIDER), **SIGN_IN) as sending:
        receipt = await send_one(sending)
    assert receipt.provider_id == "sandbox-1"
    assert receipt.response == "250 2.0.0 Ok: queued as sandbox-1"
    [accepted] = provider.accepted.mails
    assert (accepted.key, accepted.message_id) == ("q4/intro/1", "<q4/intro/1@acme.test>")
    assert (accepted.envelope_from, accepted.recipients) == ("ana@acme.test", ["bob@buyer.test"])


async def test_bounces_go_to_the_channels_own_address_where_it_has_one(provider: Sandbox) -> None:
    port = provider.port(PROVIDER)
    async with channel(port, envelope_from="bounces@acme.test", **SIGN_IN) as sending:
        await send_one(sending)
    assert provider.accepted.mails[0].envelope_from == "bounces@acme.test"


@pytest.mark.parametrize(
    ("phase", "action", "kind", "left"),
    [
        ("banner", "drop", Transient, 0),
        ("ehlo", "drop", Transient, 0),
        ("auth", "drop", Transient, 0),
        ("mail", "drop", Transient, 0),
        ("rcpt", "drop", Transient, 0),
        ("data", "drop", Transient, 0),
        ("content", "drop", Ambiguous, 0),
        ("end", "drop", Ambiguous, 0),
        ("accepted", "drop", Ambiguous, 1),
        ("banner", "truncate", Transient, 0),
        ("ehlo", "truncate", Transient, 0),
        ("auth", "truncate", Transient, 0),
        ("mail", "truncate", Transient, 0),
        ("rcpt", "truncate", Transient, 0),
        ("data", "truncate", Transient, 0),
        ("end", "truncate", Ambiguous, 0),
        ("accepted", "truncate", Ambiguous, 1),
    ],
)
async def test_a_connection_lost_in_a_phase(
    provider: Sandbox, phase: FaultPhase, action: str, kind: type[ChannelError], left: int
) -> None:
    provider.add_fault(Fault.model_validate({"phase": phase, "action": action}))
    async with channel(provider.port(PROVIDER), **SIGN_IN) as sending:
        assert type(await failure_of(sending)) is kind
    assert provider.accepted.times("q4/intro/1") == left


@pytest.mark.parametrize(
    ("phase", "kind", "left"),
    [
        ("rcpt", Transient, 0),
        ("data", Transient, 0),
        ("content", Ambiguous, 0),
        ("end", Ambiguous, 0),
        ("accepted", Ambiguous, 1),
    ],
)
async def test_a_connection_that_worked_before_is_lost_and_nothing_is_sent_again(
    provider: Sandbox, phase: FaultPhase, kind: type[ChannelError], left: int
) -> None:
    async with lent(provider.port(PROVIDER), **SIGN_IN) as connection:
        await connection.send(mail("q4/intro/1"))
        provider.add_fault(Fault(phase=phase, action="drop"))
        with pytest.raises(kind):
            await connection.send(mail("q4/intro/2"))
        assert provider.accepted.times("q4/intro/2") == left
        await connection.send(mail("q4/intro/3"))
    assert provider.accepted.times("q4/intro/2") == left


@pytest.mark.parametrize(
    ("phase", "kind"),
    [
        ("banner", Transient),
        ("ehlo", Transient),
        ("auth", Transient),
        ("mail", Transient),
        ("rcpt", Transient),
        ("data", Transient),
        ("end", Ambiguous),
        ("accepted", Ambiguous),
    ],
)
async def test_a_reply_that_comes_too_late(
    provider: Sandbox, phase: FaultPhase, kind: type[ChannelError]
) -> None:
    provider.add_fault(Fault(phase=phase, action="delay", delay=timedelta(seconds=30)))
    short = {"connect": "300ms", "reply": "300ms", "acceptance": "300ms"}
    async with channel(provider.port(PROVIDER), timeouts=short, **SIGN_IN) as sending:
        error = await failure_of(sending)
    assert type(error) is kind
    assert "did not answer in time" in error.words
    assert provider.accepted.times("q4/intro/1") == (phase == "accepted")


@pytest.mark.parametrize(
    ("phase", "kind"),
    [
        ("banner", Transient),
        ("ehlo", Transient),
        ("auth", Transient),
        ("mail", Transient),
        ("rcpt", Transient),
        ("data", Transient),
        ("end", Ambiguous),
        ("accepted", Ambiguous),
    ],
)
async def test_a_reply_that_is_nonsense(
    provider: Sandbox, phase: FaultPhase, kind: type[ChannelError]
) -> None:
    provider.add_fault(Fault(phase=phase, action="reply", reply="!! <html> \x07 not smtp"))
    async with channel(provider.port(PROVIDER), **SIGN_IN) as sending:
        error = await failure_of(sending)
        assert type(error) is kind
        assert error.words.isprintable()
        await send_one(sending)  # over a new connection
    assert provider.providers[PROVIDER].connections == 2


@pytest.mark.parametrize(
    ("phase", "reply", "kind"),
    [
        ("banner", "421 4.7.0 Too many connections", RateLimited),
        ("banner", "554 5.7.1 Your address is listed", AccountRefused),
        ("ehlo", "421 4.7.0 Goodbye", RateLimited),
        ("auth", "535 5.7.8 Authentication failed", AuthorisationLost),
        ("auth", "534 5.7.9 Application-specific password required", AuthorisationLost),
        ("auth", "454 4.7.0 Temporary authentication failure", Transient),
        ("auth", "421 4.7.0 Goodbye", RateLimited),
        ("mail", "421 4.7.0 Goodbye", RateLimited),
        ("mail", "451 4.3.0 Temporary trouble", Transient),
        ("mail", "451 4.7.1 Slow down", RateLimited),
        ("mail", "530 5.7.0 Authentication required", AuthorisationLost),
        ("mail", "550 5.1.8 Bad outbound sender", AccountRefused),
        ("mail", "552 5.3.4 Too big", MessageRefused),
        ("rcpt", "421 4.7.0 Goodbye", RateLimited),
        ("rcpt", "451 4.7.1 Greylisted", Transient),
        ("rcpt", "550 5.1.1 User unknown", RecipientRefused),
        ("rcpt", "550 5.7.233 Tenant over its limit", QuotaExhausted),
        ("data", "451 4.3.0 Temporary trouble", Transient),
        ("data", "421 4.3.2 Shutting down", RateLimited),
        ("data", "554 5.7.1 Not from you", MessageRefused),
        ("end", "451 4.3.0 Temporary trouble", Transient),
        ("end", "421 4.3.2 Shutting down", RateLimited),
        ("end", "554 5.7.1 Spam", MessageRefused),
        ("end", "550 5.1.1 User unknown", RecipientRefused),
        ("end", "550 You have reached a limit for sending mail", QuotaExhausted),
    ],
)
async def test_a_refusal_in_a_phase(
    provider: Sandbox, phase: FaultPhase, reply: str, kind: type[ChannelError]
) -> None:
    provider.add_fault(Fault(phase=phase, action="reply", reply=reply))
    async with channel(provider.port(PROVIDER), **SIGN_IN) as sending:
        error = await failure_of(sending)
        assert type(error) is kind
        assert error.words == reply
        assert provider.accepted.mails == []
        await send_one(sending)
    assert provider.accepted.times("q4/intro/1") == 1


@pytest.mark.parametrize(
    ("to", "kind", "enhanced"),
    [
        ("gone.bob@buyer.test", RecipientRefused, "5.1.1"),
        ("full.bob@buyer.test", Transient, "4.2.2"),
        ("greylist.bob@buyer.test", Transient, "4.7.1"),
        ("refused.bob@buyer.test", RecipientRefused, "5.7.1"),
    ],
)
async def test_a_refused_recipient_does_not_cost_the_connection(
    provider: Sandbox, to: str, kind: type[ChannelError], enhanced: str
) -> None:
    async with lent(provider.port(PROVIDER), **SIGN_IN) as connection:
        with pytest.raises(kind) as refused:
            await connection.send(mail("q4/intro/1", to))
        await connection.send(mail("q4/intro/2"))
    assert refused.value.enhanced == enhanced
    assert [accepted.key for accepted in provider.accepted.mails] == ["q4/intro/2"]
    assert provider.accepted.mails[0].recipients == ["bob@buyer.test"]
    assert provider.providers[PROVIDER].connections == 1


async def test_a_greylisted_message_is_accepted_the_second_time(provider: Sandbox) -> None:
    async with channel(provider.port(PROVIDER), **SIGN_IN) as sending:
        assert isinstance(await failure_of(sending, "greylist@buyer.test"), Transient)
        await send_one(sending, "greylist@buyer.test")


async def test_a_providers_limit_says_when_to_come_back() -> None:
    limits = [{"messages": 1, "per": "1h"}]
    async with sandbox(limits=limits) as provider, channel(provider.port(PROVIDER)) as sending:
        await send_one(sending)
        error = await failure_of(sending)
    assert isinstance(error, RateLimited)
    assert error.retry_after is not None
    assert timedelta(minutes=59) < error.retry_after <= timedelta(minutes=60, seconds=1)
    assert len(provider.accepted.mails) == 1


async def test_too_many_connections_are_rate_limited() -> None:
    async with sandbox(most_connections=1) as provider:
        port = provider.port(PROVIDER)
        async with channel(port) as one, channel(port) as other, one.connection():
            error = await failure_of(other)
    assert isinstance(error, RateLimited)
    assert error.retry_after == timedelta(seconds=5)


async def test_wrong_credentials_lose_the_authorisation_without_showing_them(
    provider: Sandbox,
) -> None:
    port = provider.port(PROVIDER)
    async with channel(port, username="ana", password="wrong-secret") as sending:
        error = await failure_of(sending)
    assert isinstance(error, AuthorisationLost)
    assert "wrong-secret" not in repr(error)
    assert error.__cause__ is None


async def test_a_server_that_repeats_the_sign_in_gives_nothing_away() -> None:
    echo = {
        "EHLO": "250-scripted\r\n250 AUTH PLAIN",
        "AUTH": "535 5.7.8 AUTH PLAIN AGFuYQBodW50ZXIy (hunter2, aHVudGVyMg==) failed",
    }
    async with scripted(echo) as server, channel(server.port, **SIGN_IN) as sending:
        error = await failure_of(sending)
    assert error.words == "535 5.7.8 AUTH PLAIN *** (***, ***) failed"


async def test_a_refused_password_is_tried_once_only() -> None:
    script = {"EHLO": "250-scripted\r\n250 AUTH LOGIN PLAIN CRAM-MD5", "AUTH": "535 5.7.8 No"}
    async with scripted(script) as server, channel(server.port, **SIGN_IN) as sending:
        assert isinstance(await failure_of(sending), AuthorisationLost)
    assert [line[:10] for line in server.received if line[:4] == b"AUTH"] == [b"AUTH PLAIN"]


async def test_a_mechanism_that_the_server_does_not_know_after_all_is_passed_over(
    provider: Sandbox,
) -> None:
    unknown = "504 5.5.4 Unrecognized authentication type"
    provider.add_fault(Fault(phase="auth", action="reply", reply=unknown))
    async with channel(provider.port(PROVIDER), **SIGN_IN) as sending:
        await send_one(sending)
    assert len(provider.accepted.mails) == 1


async def test_nobody_listening_is_transient() -> None:
    async with scripted({}) as server:
        port = server.port
    async with channel(port) as sending:
        error = await failure_of(sending)
    assert isinstance(error, Transient)
    assert "refuses connections" in error.words


async def test_an_unknown_host_is_transient() -> None:
    async with channel(25, host="nowhere.invalid", insecure=True) as sending:
        assert isinstance(await failure_of(sending), Transient)


@pytest.mark.parametrize("code", ["250", "251", "252"])
async def test_any_success_at_rcpt_counts(code: str) -> None:
    async with scripted({"RCPT": f"{code} ok"}) as server, channel(server.port) as sending:
        await send_one(sending)


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
async def test_an_answer_out_of_step_is_transient_and_ends_the_connection(verb: str) -> None:
    reply = "250 ok" if verb == "DATA" else "354 go on"
    async with scripted({verb: reply}) as server, channel(server.port) as sending:
        assert isinstance(await failure_of(sending), Transient)
        assert isinstance(await failure_of(sending), Transient)
    assert server.connections == 2


async def test_an_intermediate_answer_to_the_whole_message_is_ambiguous() -> None:
    async with scripted({".": "354 go on"}) as server, channel(server.port) as sending:
        assert isinstance(await failure_of(sending), Ambiguous)


async def test_an_endless_answer_is_bounded() -> None:
    async with scripted({"RCPT": "250-" + "x" * 100_000}) as server, channel(server.port) as s:
        assert isinstance(await failure_of(s), Transient)


async def test_a_cancelled_message_leaves_no_dirty_connection_behind(provider: Sandbox) -> None:
    # Short enough for the late answer to be taken for the next command's.
    provider.add_fault(Fault(phase="rcpt", action="delay", delay=timedelta(milliseconds=300)))
    async with channel(provider.port(PROVIDER), connections=1, **SIGN_IN) as sending:
        async with sending.connection() as connection:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await connection.send(mail("q4/intro/1"))
            receipt = await connection.send(mail("q4/intro/2"))
        assert receipt.provider_id == "sandbox-1"
        await send_one(sending)
    assert provider.accepted.times("q4/intro/2") == 1
    assert provider.providers[PROVIDER].connections == 2


async def test_smtp_cannot_tell_what_was_sent_and_has_no_inbox(provider: Sandbox) -> None:
    async with channel(provider.port(PROVIDER), **SIGN_IN) as sending:
        assert await sending.find_sent(mail()) == "cannot_tell"
        assert await sending.read_inbox(None) is None
