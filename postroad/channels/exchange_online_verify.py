"""Checking an Exchange Online channel step by step, with a way out for each thing that is wrong."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

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
from postroad.channels.exchange_online_api import GraphApi
from postroad.channels.exchange_online_tokens import PERMISSIONS, Claims, claims_of
from postroad.channels.tokens import TokenSource

_RBAC = "Exchange has to grant them by RBAC for Applications"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is checked."""

    address: str
    delegated: bool
    tokens: TokenSource
    api: GraphApi
    send: Callable[[OutgoingMessage], Awaitable[Receipt]]


async def verify_exchange_online(
    subject: Subject, test_message: OutgoingMessage | None
) -> Verification:
    """Get a token, see what it is good for and whether it opens the mailbox, and send the test."""
    findings: list[str] = []
    claims: Claims | None = None
    try:
        claims = claims_of(await subject.tokens.token())
        findings.append("Microsoft gave an access token")
        if claims is not None:
            findings.append(_permissions(claims, delegated=subject.delegated))
        if subject.delegated and claims is not None and claims.missing:
            return Verification(ok=False, findings=findings)
        await subject.api.folder("inbox")
        findings.append(f"the mailbox of {subject.address} can be read")
    except ChannelError as error:
        return _failed(findings, f"{error.words}{_way_out(error, subject, claims)}")
    try:
        if test_message is not None:
            receipt = await subject.send(test_message)
            findings.append(f"the test mail was accepted: {receipt.response}")
    except ChannelError as error:
        words = f"the test mail was not accepted: {error.words}"
        return _failed(findings, f"{words}{_way_out(error, subject, claims)}")
    return Verification(ok=True, findings=findings)


def _failed(findings: list[str], last: str) -> Verification:
    return Verification(ok=False, findings=[*findings, last])


def _permissions(claims: Claims, *, delegated: bool) -> str:
    """Name what the token says; rights that Exchange itself grants stand in no token."""
    if not claims.missing:
        return f"the token is good for {' and '.join(PERMISSIONS)}"
    missing = " and ".join(claims.missing)
    if delegated:
        return f"the consent leaves out {missing}: connect the channel again and agree to all"
    return f"the token does not name {missing}: an administrator consents to them, or {_RBAC}"


def _way_out(error: ChannelError, subject: Subject, claims: Claims | None) -> str:
    match error:
        case AuthorisationLost() if subject.delegated:
            return ": `postroad channel connect` asks for consent again"
        case AccountRefused():
            return f": {_who_may(subject, claims)}"
        case AuthorisationLost() | Misconfigured():
            return ": compare tenant, client_id, client_secret and address in the Entra centre"
        case RateLimited() | QuotaExhausted():
            return ": try again later"
    return ""


def _who_may(subject: Subject, claims: Claims | None) -> str:
    if subject.delegated and claims is not None and claims.person:
        return f"the token belongs to {claims.person}; connect it as {subject.address}"
    if claims is not None and claims.missing:
        return f"{' and '.join(claims.missing)} is missing, or the mailbox is out of its scope"
    return "the application may not use this mailbox; an administrator has to allow it"
