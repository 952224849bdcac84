"""Our SMTP channel against a Postfix that knows nothing of us: what it says is understood."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from postroad.channels.base import (
    AccountRefused,
    AuthorisationLost,
    ChannelError,
    MessageRefused,
    Misconfigured,
    RateLimited,
    RecipientRefused,
    Transient,
)
from postroad.inbox.judge import judge
from postroad.sandbox.certificates import Authority
from tests.channels import mails
from tests.channels.mails import mail
from tests.postfix.server import Postfix

_PATIENT = {"connect": "30s", "reply": "30s", "acceptance": "30s"}
"""Postfix's parts wait for seconds for one another while it reads its files again."""

channel = partial(mails.channel, timeouts=_PATIENT)
lent = partial(mails.lent, timeouts=_PATIENT)
LARGE = (b"x" * 70 + b"\r\n") * 5_000


async def _refusal(port: int, key: str, **given: Any) -> ChannelError:
    with pytest.raises(ChannelError) as refused:
        async with lent(port, **given) as connection:
            await connection.send(mail(key))
    return refused.value


async def test_a_message_is_taken_once_with_its_queue_id(postfix: Postfix) -> None:
    async with lent(postfix.listen()) as connection:
        receipt = await connection.send(mail("plain/intro/1"))
        await connection.send(mail("plain/intro/2", body=LARGE))
    assert receipt.provider_id is not None
    assert receipt.response.endswith(f"queued as {receipt.provider_id}")
    assert (postfix.accepted("plain/intro/1"), postfix.accepted("plain/")) == (1, 2)


async def test_signing_in_over_starttls_lets_a_message_leave(
    postfix: Postfix, ca_file: Path
) -> None:
    port = postfix.listen(
        mynetworks="", smtpd_relay_restrictions="permit_sasl_authenticated, reject"
    )
    given = {"tls": "starttls", "ca_file": ca_file, "username": "ana", "password": "hers"}
    async with lent(port, **given) as connection:
        await connection.send(mail("auth/intro/1"))
    assert postfix.accepted("auth/") == 1


async def test_a_wrong_password_is_authorisation_lost(postfix: Postfix, ca_file: Path) -> None:
    given = {"tls": "starttls", "ca_file": ca_file, "username": "ana", "password": "not hers"}
    error = await _refusal(postfix.listen(), "wrong/intro/1", **given)
    assert (type(error), error.code) == (AuthorisationLost, 535)
    assert postfix.accepted("wrong/") == 0


async def test_an_authority_that_is_not_trusted_is_misconfigured(
    postfix: Postfix, tmp_path: Path
) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(Authority().pem)
    given = {"tls": "starttls", "ca_file": stranger}
    assert type(await _refusal(postfix.listen(), "tls/intro/1", **given)) is Misconfigured


async def test_a_server_that_wants_tls_says_so_to_plain_clients(postfix: Postfix) -> None:
    port = postfix.listen(smtpd_tls_security_level="encrypt")
    error = await _refusal(port, "tls/intro/2")
    assert (type(error), error.code) == (Misconfigured, 530)


async def test_passwords_are_not_asked_for_without_tls(postfix: Postfix) -> None:
    error = await _refusal(postfix.listen(), "tls/intro/3", username="ana", password="hers")
    assert type(error) is Misconfigured


async def test_passwords_that_nobody_can_check_are_tried_again(
    postfix: Postfix, ca_file: Path
) -> None:
    port = postfix.listen(smtpd_sasl_path="inet:127.0.0.1:1")
    given = {"tls": "starttls", "ca_file": ca_file, "username": "ana", "password": "hers"}
    assert type(await _refusal(port, "auth/intro/2", **given)) is Transient


async def test_messages_above_the_rate_are_rate_limited_and_stay_here(postfix: Postfix) -> None:
    async with lent(postfix.listen(smtpd_client_message_rate_limit="2")) as connection:
        for number in range(2):
            await connection.send(mail(f"rate/intro/{number}"))
        with pytest.raises(RateLimited, match="too much mail"):
            await connection.send(mail("rate/intro/2"))
    assert postfix.accepted("rate/") == 2


async def test_recipients_above_the_rate_are_rate_limited(postfix: Postfix) -> None:
    async with lent(postfix.listen(smtpd_client_recipient_rate_limit="1")) as connection:
        await connection.send(mail("recipients/intro/1"))
        with pytest.raises(RateLimited, match="too many recipients"):
            await connection.send(mail("recipients/intro/2"))
    assert postfix.accepted("recipients/") == 1


@pytest.mark.parametrize(
    "limit", ["smtpd_client_connection_count_limit", "smtpd_client_connection_rate_limit"]
)
async def test_connections_above_the_limit_are_rate_limited(postfix: Postfix, limit: str) -> None:
    # listen() itself connects once, to see that the port answers, and counts for the rate.
    port = postfix.listen(**{limit: "2" if limit.endswith("rate_limit") else "1"})
    async with lent(port) as first:
        await first.send(mail(f"{limit}/intro/1"))
        error = await _refusal(port, f"{limit}/intro/2")
    assert (type(error), error.code) == (RateLimited, 421)
    assert postfix.accepted(limit) == 1


async def test_too_many_attempts_to_sign_in_are_rate_limited(
    postfix: Postfix, ca_file: Path
) -> None:
    port = postfix.listen(smtpd_client_auth_rate_limit="1")
    given = {"tls": "starttls", "ca_file": ca_file, "username": "ana", "password": "hers"}
    async with lent(port, **given) as connection:
        await connection.send(mail("signing/intro/1"))
    assert type(await _refusal(port, "signing/intro/2", **given)) is RateLimited


_REFUSALS: dict[str, tuple[dict[str, str], type[ChannelError], int]] = {
    "unknown recipient": (
        {"relay_recipient_maps": "inline:{ else@buyer.test=ok }"}, RecipientRefused, 550,
    ),
    "full mailbox": (
        {"smtpd_recipient_restrictions": "check_client_access static:{552 5.2.2 Mailbox full}"},
        RecipientRefused, 552,
    ),
    "greylisting": (
        {"smtpd_recipient_restrictions": "check_client_access static:{450 4.2.0 Greylisted}"},
        Transient, 450,
    ),
    "a sender that is somebody else's": (
        {"smtpd_sender_login_maps": "inline:{ ana@acme.test=bo }", "smtpd_sender_restrictions":
         "reject_sender_login_mismatch"}, AccountRefused, 553,
    ),
    "an unknown client": (
        {"smtpd_client_restrictions": "reject"}, AccountRefused, 554,
    ),
    "no room on the server": ({"queue_minfree": "9000000000000000"}, Transient, 452),
    "content that is announced": ({"smtpd_data_restrictions": "reject"}, MessageRefused, 554),
    "content that is handed over": (
        {"smtpd_end_of_data_restrictions": "reject"}, MessageRefused, 554,
    ),
    "content that may come later": (
        {"smtpd_end_of_data_restrictions": "check_client_access static:{451 4.7.1 Later}"},
        RateLimited, 451,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _REFUSALS)
async def test_a_refusal_has_its_meaning_and_the_connection_goes_on(
    postfix: Postfix, name: str
) -> None:
    options, kind, code = _REFUSALS[name]
    key = f"refused-{list(_REFUSALS).index(name)}"
    async with lent(postfix.listen(**options)) as connection:
        for number in range(2):
            with pytest.raises(ChannelError) as refused:
                await connection.send(mail(f"{key}/intro/{number}"))
            assert (type(refused.value), refused.value.code) == (kind, code)
    assert postfix.accepted(key) == 0


async def test_content_that_a_filter_refuses_is_the_messages_fault(postfix: Postfix) -> None:
    error = await _refusal(postfix.listen(), "spam/intro/1")
    assert (type(error), error.words) == (MessageRefused, "550 5.7.1 This is spam")
    assert postfix.accepted("spam") == 0


async def test_relaying_that_is_not_allowed_is_the_accounts_fault(postfix: Postfix) -> None:
    port = postfix.listen(mynetworks="", smtpd_relay_restrictions="reject_unauth_destination")
    async with lent(port) as connection:
        with pytest.raises(AccountRefused, match="Relay access denied"):
            await connection.send(mail(to="bob@elsewhere.test"))


async def test_a_message_that_is_too_large_is_refused_and_a_smaller_one_goes(
    postfix: Postfix,
) -> None:
    async with lent(postfix.listen(message_size_limit="2000")) as connection:
        with pytest.raises(MessageRefused):
            await connection.send(mail("size/intro/1", body=LARGE))
        await connection.send(mail("size/intro/2"))
    assert (postfix.accepted("size/intro/1"), postfix.accepted("size/intro/2")) == (0, 1)


async def test_a_connection_that_the_server_closed_meanwhile_is_opened_again(
    postfix: Postfix,
) -> None:
    async with channel(postfix.listen(smtpd_timeout="1s"), connections=1) as sending:
        for number in range(2):
            async with sending.connection() as connection:
                await connection.send(mail(f"idle/intro/{number}"))
            await asyncio.sleep(1.5 * (1 - number))
    assert postfix.accepted("idle/") == 2


async def test_many_messages_over_several_connections_arrive_once_each(postfix: Postfix) -> None:
    async with channel(postfix.listen(), connections=4) as sending:

        async def send(number: int) -> None:
            async with sending.connection() as connection:
                await connection.send(mail(f"many/intro/{number}."))

        await asyncio.gather(*map(send, range(60)))
    assert [postfix.accepted(f"many/intro/{number}.") for number in range(60)] == [1] * 60


async def test_a_bounce_that_comes_back_is_understood(postfix: Postfix) -> None:
    elsewhere = {"myhostname": "mx.buyer.test"}
    refusing = postfix.listen(**elsewhere, relay_recipient_maps="inline:{ else@buyer.test=ok }")
    postfix.route("buyer.test", refusing)
    postfix.route("acme.test", postfix.listen(myhostname="mx.acme.test", relay_domains="acme.test"))
    relaying = postfix.listen(smtpd_data_restrictions="")
    async with lent(relaying) as connection:
        await connection.send(mail("bounced/intro/1"))
    async with asyncio.timeout(30):
        while not postfix.held(b"multipart/report"):
            await asyncio.sleep(0.05)
    [notice] = postfix.held(b"multipart/report")
    verdict = judge(notice)
    assert (verdict.kind, verdict.action, verdict.reason) == ("hard", "failed", "user_unknown")
    assert [one.address for one in verdict.recipients] == ["bob@buyer.test"]
    assert verdict.status == "5.1.1"
    assert verdict.original_message_id == "<bounced/intro/1@acme.test>"
    assert verdict.postroad_message == "bounced/intro/1"


async def test_verifying_signs_in_and_sends_nothing(postfix: Postfix, ca_file: Path) -> None:
    given: dict[str, Any] = {
        "tls": "starttls",
        "ca_file": ca_file,
        "username": "ana",
        "password": "hers",
    }
    async with channel(postfix.listen(), **given) as sending:
        verification = await sending.verify()
    assert verification.ok, verification.findings
