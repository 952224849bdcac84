"""Checking a Gmail channel step by step, with a way out for each thing that is wrong."""

from collections.abc import Awaitable, Callable

from postroad.channels.base import (
    AccountRefused,
    AuthorisationLost,
    ChannelError,
    Misconfigured,
    OutgoingMessage,
    QuotaExhausted,
    RateLimited,
    Receipt,
    Verification,
)
from postroad.channels.gmail_api import GmailApi
from postroad.channels.gmail_tokens import missing_scopes
from postroad.channels.tokens import OAuthTokens


async def verify_gmail(
    address: str,
    tokens: OAuthTokens,
    api: GmailApi,
    send: Callable[[OutgoingMessage], Awaitable[Receipt]],
    test_message: OutgoingMessage | None,
) -> Verification:
    """Get a token, see what it may do and whose it is, and send the test message, where given."""
    findings: list[str] = []
    try:
        await tokens.token()
        findings.append("Google gave an access token")
        if wrong := _wrong_scopes(tokens.scopes):
            return _failed(findings, wrong)
        profile = await api.profile()
        owner = str(profile.get("emailAddress", ""))
        if owner.lower() != address.lower():
            return _failed(
                findings,
                f"the token belongs to {owner}, not to {address}: connect the channel again, "
                f"signed in to Google as {address}",
            )
        findings.append(f"the token belongs to {owner}")
    except ChannelError as error:
        return _failed(findings, f"{error.words}{_way_out(error)}")
    try:
        if test_message is not None:
            receipt = await send(test_message)
            findings.append(f"the test mail was accepted: {receipt.response}")
    except ChannelError as error:
        return _failed(findings, f"the test mail was not accepted: {error.words}{_way_out(error)}")
    return Verification(ok=True, findings=findings)


def _failed(findings: list[str], last: str) -> Verification:
    return Verification(ok=False, findings=[*findings, last])


def _wrong_scopes(granted: frozenset[str] | None) -> str:
    missing = [] if granted is None else missing_scopes(granted)
    if not missing:
        return ""
    return (
        f"the consent leaves out {' and '.join(missing)}: connect the channel again and tick "
        "every box (or add the scope to the domain-wide delegation)"
    )


def _way_out(error: ChannelError) -> str:
    match error:
        case AuthorisationLost():
            return ": `postroad channel connect` asks for consent again"
        case Misconfigured():
            return ": compare credentials and delegation with the Google Cloud console"
        case AccountRefused():
            return ": a Google Workspace administrator has to allow it"
        case RateLimited() | QuotaExhausted():
            return ": try again later"
    return ""
