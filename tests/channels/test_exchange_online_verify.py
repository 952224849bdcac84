"""`verify` says what a token is good for and whether it opens the mailbox, with the way out."""

import json

import pytest

from tests.channels.exchange_online_stage import ANA, CONSENT, DELEGATED, exchange_online, mail

BO = "bo@acme.test"


async def test_a_good_channel_is_found_good_step_by_step() -> None:
    async with exchange_online() as stage:
        found = await stage.channel.verify(mail("verify/1/1"))
    assert found.ok
    assert found.findings[:3] == [
        "Microsoft gave an access token",
        "the token is good for Mail.ReadWrite and Mail.Send",
        "the mailbox of ana@acme.test can be read",
    ]
    assert found.findings[3].startswith("the test mail was accepted: accepted by Exchange Online")
    assert stage.left("verify/1/1") == 1


async def test_without_a_test_mail_nothing_leaves_and_no_draft_is_made() -> None:
    async with exchange_online() as stage:
        assert (await stage.channel.verify()).ok
        assert stage.drafts() == 0
    assert stage.sandbox.accepted.mails == []


async def test_a_role_that_the_token_does_not_name_may_be_granted_by_exchange() -> None:
    async with exchange_online() as stage:
        stage.provider.tokens.scope = "Mail.ReadWrite"
        found = await stage.channel.verify()
        tested = await stage.channel.verify(mail())
        assert stage.drafts() == 0
    assert found.ok
    assert "does not name Mail.Send: an administrator consents" in found.findings[1]
    assert not tested.ok
    assert "Mail.Send is missing" in tested.findings[-1]


async def test_a_mailbox_that_an_application_may_not_read_is_said_with_what_is_missing() -> None:
    async with exchange_online() as stage:
        stage.provider.tokens.scope = "Mail.Send"
        found = await stage.channel.verify()
    assert not found.ok
    assert "ErrorAccessDenied" in found.findings[-1]
    assert "Mail.ReadWrite is missing" in found.findings[-1]


@pytest.mark.parametrize(
    ("granted", "missing"), [("Mail.Send", "Mail.ReadWrite"), ("Mail.ReadWrite", "Mail.Send")]
)
async def test_a_consent_that_leaves_something_out_is_refused(granted: str, missing: str) -> None:
    async with exchange_online(DELEGATED) as stage:
        stage.provider.tokens.scope = granted
        found = await stage.channel.verify()
    assert not found.ok
    assert f"the consent leaves out {missing}: connect the channel again" in found.findings[-1]


async def test_somebody_elses_consent_is_named() -> None:
    async with exchange_online(
        DELEGATED, mailboxes=(ANA, BO), refresh_tokens={CONSENT: BO}
    ) as stage:
        found = await stage.channel.verify(mail())
    assert not found.ok
    assert "the token belongs to bo@acme.test; connect it as ana@acme.test" in found.findings[-1]
    assert stage.sandbox.accepted.mails == []


async def test_a_mailbox_that_the_tenant_does_not_have_is_named() -> None:
    async with exchange_online({"user": "eve@acme.test"}) as stage:
        found = await stage.channel.verify()
    assert not found.ok
    assert "'eve@acme.test' is invalid" in found.findings[-1]
    assert "address in the Entra centre" in found.findings[-1]


@pytest.mark.parametrize(
    ("phase", "status", "body", "way_out"),
    [
        ("token", 400, {"error": "invalid_grant"}, "asks for consent again"),
        ("token", 401, {"error": "invalid_client"}, "Entra centre"),
        ("request", 429, {}, "try again later"),
        ("request", 403, {"error": {"code": "ErrorAccessDenied"}}, "the token belongs to"),
    ],
)
async def test_what_is_wrong_is_a_finding_with_the_way_out(
    phase: str, status: int, body: object, way_out: str
) -> None:
    async with exchange_online(DELEGATED) as stage:
        stage.fault(phase, status=status, reply=json.dumps(body))
        found = await stage.channel.verify()
    assert not found.ok
    assert way_out in found.findings[-1]


async def test_a_token_that_cannot_be_read_is_used_all_the_same() -> None:
    async with exchange_online() as stage:
        stage.provider.tokens.mint = lambda _: "opaque-token"
        found = await stage.channel.verify()
    assert found.ok
    assert "the mailbox of ana@acme.test can be read" in found.findings


async def test_no_finding_shows_a_secret() -> None:
    async with exchange_online(DELEGATED) as stage:
        stage.provider.tokens.revoke(ANA)
        found = await stage.channel.verify()
    assert not found.ok
    assert CONSENT not in " ".join(found.findings)
