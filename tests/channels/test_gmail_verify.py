"""`verify` says whose mailbox a token opens and what it may do, with the way out."""

import json

import pytest

from postroad.channels.base import OutgoingMessage, Verification
from postroad.channels.gmail import GmailChannel
from tests.channels.gmail_stage import ANA, CONSENT, Stage, gmail, mail, settings

BO = "bo@acme.test"


async def verified(stage: Stage, test_message: OutgoingMessage | None = None) -> Verification:
    return await stage.channel.verify(test_message)


async def test_a_good_channel_is_found_good_step_by_step() -> None:
    async with gmail() as stage:
        found = await verified(stage, mail("verify/1/1"))
    assert found.ok
    assert found.findings[:2] == [
        "Google gave an access token",
        "the token belongs to ana@acme.test",
    ]
    assert found.findings[2].startswith("the test mail was accepted: accepted by Gmail as ")
    assert stage.left("verify/1/1") == 1


async def test_without_a_test_mail_nothing_leaves() -> None:
    async with gmail() as stage:
        assert (await verified(stage)).ok
    assert stage.sandbox.accepted.mails == []


async def test_somebody_elses_token_is_named() -> None:
    async with gmail(mailboxes=(ANA, BO), refresh_tokens={CONSENT: BO}) as stage:
        found = await verified(stage, mail())
    assert not found.ok
    assert "the token belongs to bo@acme.test, not to ana@acme.test" in found.findings[-1]
    assert stage.sandbox.accepted.mails == []


@pytest.mark.parametrize("granted", ["send", "readonly"])
async def test_a_scope_that_was_not_ticked_is_named(granted: str) -> None:
    missing = {"send": "readonly", "readonly": "send"}[granted]
    async with gmail() as stage:
        stage.provider.tokens.scope = f"https://www.googleapis.com/auth/gmail.{granted}"
        found = await verified(stage)
    assert not found.ok
    assert f"leaves out https://www.googleapis.com/auth/gmail.{missing}:" in found.findings[-1]


async def test_a_wider_scope_will_do() -> None:
    async with gmail() as stage:
        stage.provider.tokens.scope = "https://mail.google.com/"
        assert (await verified(stage, mail())).ok


@pytest.mark.parametrize(
    ("phase", "status", "body", "way_out"),
    [
        ("token", 400, {"error": "invalid_grant"}, "asks for consent again"),
        ("token", 401, {"error": "invalid_client"}, "Google Cloud console"),
        ("request", 403, {"error": {"message": "off"}}, "administrator has to allow it"),
        ("request", 429, {}, "try again later"),
    ],
)
async def test_what_is_wrong_is_a_finding_with_the_way_out(
    phase: str, status: int, body: object, way_out: str
) -> None:
    async with gmail() as stage:
        stage.fault(phase, status=status, reply=json.dumps(body))
        found = await verified(stage)
    assert not found.ok
    assert way_out in found.findings[-1]


async def test_a_service_accounts_bad_key_is_named() -> None:
    key = {"client_email": "postroad@project.iam.test", "private_key": "hidden words"}
    async with gmail() as stage:
        given = settings(
            stage.sandbox.port("google"), credentials={"service_account": json.dumps(key)}
        )
        found = await GmailChannel(given, ANA).verify()
    assert not found.ok
    assert "private_key is no RSA key" in found.findings[-1]
    assert "hidden words" not in " ".join(found.findings)


async def test_no_finding_shows_a_secret() -> None:
    async with gmail() as stage:
        stage.provider.tokens.revoke(ANA)
        found = await verified(stage)
    said = " ".join(found.findings)
    assert not found.ok
    assert CONSENT not in said
    assert "sandbox-secret" not in said
