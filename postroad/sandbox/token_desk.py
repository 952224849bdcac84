"""The OAuth 2 side of mailbox providers: who may use which mailbox, and for how long."""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import jwt

from postroad.sandbox.config import MailboxProviderConfig

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


class GrantRefused(Exception):
    """A request that gets no token (RFC 6749, 5.2)."""

    def __init__(self, error: str, description: str = "") -> None:
        self.error = error
        super().__init__(description)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a bearer may do."""

    mailbox: str | None
    """The only mailbox it opens; None opens all of them."""
    good_until: float
    scope: str


@dataclass(frozen=True, slots=True)
class Consent:
    """An authorisation code that waits to be redeemed (RFC 7636 for the challenge)."""

    mailbox: str
    client_id: str
    redirect_uri: str
    challenge: str


@dataclass(slots=True)
class DeviceRequest:
    """A device that waits for a person to agree on another one (RFC 8628)."""

    client_id: str
    user_code: str
    mailbox: str | None = None
    """Who agreed; None until they do."""
    declined: bool = False


class TokenDesk:
    """Gives out access and refresh tokens, and takes them back."""

    def __init__(self, config: MailboxProviderConfig) -> None:
        self.issued = 0
        """How many access tokens were given out."""
        self.rotates = False
        """Whether every use of a refresh token replaces it."""
        self.retires = True
        """Whether a refresh token that was replaced is good for nothing any more."""
        self.scope = ""
        """What tokens are good for, in the words of the interface; nothing stays unsaid."""
        self.mint: Callable[[str | None], str] = lambda _: secrets.token_urlsafe(24)
        """Makes an access token for one mailbox, or with None for all of them."""
        self._config = config
        self._access: dict[str, AccessToken] = {}
        self._refresh = dict(config.refresh_tokens)
        self._consents: dict[str, Consent] = {}
        self._devices: dict[str, DeviceRequest] = {}

    def mailbox_of(self, bearer: str, wanted: str | None = None) -> str | None:
        """Return the address whose mailbox a bearer token opens; None where it opens none.

        Args:
            bearer: the access token.
            wanted: the mailbox that is asked for; None is the token's own.
        """
        token = self._access.get(bearer)
        if token is None or time.monotonic() >= token.good_until:
            return None
        if token.mailbox is None:
            return wanted
        return token.mailbox if wanted in (None, token.mailbox) else None

    def scope_of(self, bearer: str) -> list[str]:
        """Return what a bearer token is good for."""
        token = self._access.get(bearer)
        return [] if token is None else token.scope.split()

    def revoke_token(self, token: str) -> bool:
        """Take back every token of the mailbox that a token opens (RFC 7009)."""
        access = self._access.get(token)
        mailbox = self._refresh.get(token) or (access and access.mailbox)
        if mailbox:
            self.revoke(mailbox)
        return bool(mailbox)

    def revoke(self, mailbox: str) -> None:
        """Take back every token of a mailbox, as its owner or an administrator can."""
        self._refresh = {t: owner for t, owner in self._refresh.items() if owner != mailbox}
        self._access = {t: of for t, of in self._access.items() if of.mailbox != mailbox}

    def expire_access(self) -> None:
        """Let every access token be too old, as after its life."""
        self._access.clear()

    def consent(self, consent: Consent) -> str:
        """Return an authorisation code for what a person agreed to."""
        code = secrets.token_urlsafe(16)
        self._consents[code] = consent
        return code

    def begin_device(self, client_id: str) -> tuple[str, str]:
        """Return the code of a device, and the one that its person has to type."""
        device_code, user_code = secrets.token_urlsafe(24), secrets.token_hex(4).upper()
        self._devices[device_code] = DeviceRequest(client_id, user_code)
        return device_code, user_code

    def decide_device(self, user_code: str, mailbox: str | None) -> bool:
        """Let a person agree, or decline with None; False where no device waits for the code."""
        waiting = [one for one in self._devices.values() if one.user_code == user_code]
        for request in waiting:
            request.mailbox, request.declined = mailbox, mailbox is None
        return bool(waiting)

    def redeem(self, form: dict[str, str]) -> dict[str, object]:
        """Answer a request for a token.

        Raises:
            GrantRefused: it gets none.
        """
        match form.get("grant_type"):
            case "refresh_token":
                self._check_client(form)
                return self._refreshed(form.get("refresh_token", ""))
            case "authorization_code":
                self._check_client(form)
                return self._redeemed(form)
            case grant if grant == DEVICE_CODE:
                self._check_client(form)
                return self._agreed(form)
            case "client_credentials":
                self._check_client(form)
                return self._answer(None)
            case grant if grant == JWT_BEARER:
                return self._answer(self._subject(form.get("assertion", "")))
            case _:
                raise GrantRefused("unsupported_grant_type")

    def grant(self, mailbox: str) -> dict[str, object]:
        """Return tokens for one mailbox, a refresh token among them."""
        refresh = secrets.token_urlsafe(24)
        self._refresh[refresh] = mailbox
        return {**self._answer(mailbox), "refresh_token": refresh}

    def _check_client(self, form: dict[str, str]) -> None:
        secret = self._config.clients.get(form.get("client_id", ""))
        # Public clients (RFC 6749, 2.1) show no secret; a wrong one is refused all the same.
        if secret is None or form.get("client_secret", secret) != secret:
            raise GrantRefused("invalid_client", "The OAuth client was not found.")

    def _refreshed(self, refresh: str) -> dict[str, object]:
        mailbox = self._refresh.get(refresh)
        if mailbox is None:
            raise GrantRefused("invalid_grant", "Token has been expired or revoked.")
        if not self.rotates:
            return self._answer(mailbox)
        if self.retires:
            del self._refresh[refresh]
        return self.grant(mailbox)

    def _agreed(self, form: dict[str, str]) -> dict[str, object]:
        device_code = form.get("device_code", "")
        request = self._devices.get(device_code)
        if request is None or request.client_id != form.get("client_id"):
            raise GrantRefused("expired_token", "The device code is not known, or too old.")
        if request.declined:
            raise GrantRefused("authorization_declined", "The end user denied the request.")
        if request.mailbox is None:
            raise GrantRefused("authorization_pending", "The user has not agreed yet.")
        del self._devices[device_code]
        return self.grant(request.mailbox)

    def _redeemed(self, form: dict[str, str]) -> dict[str, object]:
        consent = self._consents.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        shown = (form.get("client_id"), form.get("redirect_uri"), challenge)
        if consent is None or shown != (
            consent.client_id, consent.redirect_uri, consent.challenge,
        ):  # fmt: skip
            raise GrantRefused("invalid_grant", "Malformed auth code.")
        return self.grant(consent.mailbox)

    def _subject(self, assertion: str) -> str:
        """Return the person a service account acts for; the sandbox believes any signature."""
        try:
            claims = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            raise GrantRefused("invalid_grant", "Invalid JWT.") from None
        subject = str(claims.get("sub", "")).lower()
        if subject not in map(str.lower, self._config.mailboxes):
            raise GrantRefused("invalid_grant", "Invalid email or User ID.")
        return subject

    def _answer(self, mailbox: str | None) -> dict[str, object]:
        bearer = self.mint(mailbox)
        life = self._config.token_life.total_seconds()
        self._access[bearer] = AccessToken(mailbox, time.monotonic() + life, self.scope)
        self.issued += 1
        answer = {"access_token": bearer, "token_type": "Bearer", "expires_in": int(life)}
        return {**answer, "scope": self.scope} if self.scope else answer
