"""The table of facts: what each reply means in each phase."""

import pytest

from postroad.channels.base import (
    AccountRefused,
    Ambiguous,
    AuthorisationLost,
    ChannelError,
    MessageRefused,
    Misconfigured,
    QuotaExhausted,
    RateLimited,
    RecipientRefused,
    Transient,
)
from postroad.channels.smtp_errors import Phase, failure, refusal
from postroad.channels.smtp_reply import Reply

GREETING, HELLO, TLS, SIGN_IN = Phase.GREETING, Phase.HELLO, Phase.TLS, Phase.SIGN_IN
SENDER, RECIPIENT, DATA, ACCEPTANCE = (
    Phase.SENDER,
    Phase.RECIPIENT,
    Phase.DATA,
    Phase.ACCEPTANCE,
)

TABLE: list[tuple[Phase, int, str, type[ChannelError]]] = [
    (GREETING, 421, "4.7.0 Too many connections", RateLimited),
    (GREETING, 450, "4.3.2 Not now", Transient),
    (GREETING, 554, "5.7.1 Your address is listed", AccountRefused),
    (HELLO, 421, "4.4.2 Goodbye", RateLimited),
    (HELLO, 502, "What is EHLO?", Misconfigured),
    (HELLO, 550, "5.7.1 Helo command rejected", AccountRefused),
    (TLS, 454, "4.7.0 TLS not available due to temporary reason", Transient),
    (TLS, 502, "5.5.1 Not implemented", Misconfigured),
    (SIGN_IN, 535, "5.7.8 Authentication credentials invalid", AuthorisationLost),
    (SIGN_IN, 534, "5.7.9 Application-specific password required", AuthorisationLost),
    (SIGN_IN, 530, "5.7.0 Authentication required", AuthorisationLost),
    (SIGN_IN, 432, "4.7.12 A password transition is needed", AuthorisationLost),
    (SIGN_IN, 454, "4.7.0 Temporary authentication failure", Transient),
    (SIGN_IN, 454, "4.7.0 Too many login attempts", RateLimited),
    (SIGN_IN, 421, "4.7.0 Goodbye", RateLimited),
    (SIGN_IN, 451, "Authentication failed: Maximum credits exceeded", QuotaExhausted),
    (SIGN_IN, 504, "5.5.4 Unrecognized authentication type", Misconfigured),
    (SIGN_IN, 538, "5.7.11 Encryption required", Misconfigured),
    (SIGN_IN, 525, "5.7.13 User account disabled", AccountRefused),
    (SENDER, 421, "4.7.0 Goodbye", RateLimited),
    (SENDER, 451, "4.3.0 Temporary trouble", Transient),
    (SENDER, 451, "4.7.1 Not so fast", RateLimited),
    (SENDER, 450, "Too many messages in this session", RateLimited),
    (SENDER, 452, "4.3.1 Insufficient system storage", Transient),
    (SENDER, 451, "4.4.5 Congestion", RateLimited),
    (SENDER, 530, "5.7.0 Authentication required", AuthorisationLost),
    (SENDER, 530, "5.7.0 Must issue a STARTTLS command first", Misconfigured),
    (SENDER, 550, "5.1.8 Access denied, bad outbound sender", AccountRefused),
    (SENDER, 550, "5.4.5 Daily user sending quota exceeded", QuotaExhausted),
    (SENDER, 550, "Too many emails per second. Please upgrade your plan", RateLimited),
    (SENDER, 553, "5.7.1 Not your address", AccountRefused),
    (SENDER, 552, "5.3.4 Message too big for system", MessageRefused),
    (SENDER, 552, "Message size exceeds fixed maximum message size", MessageRefused),
    (SENDER, 503, "5.5.1 Nested MAIL command", Transient),
    (RECIPIENT, 550, "5.1.1 User unknown", RecipientRefused),
    (RECIPIENT, 550, "User unknown", RecipientRefused),
    (RECIPIENT, 550, "5.7.1 Refused by policy", RecipientRefused),
    (RECIPIENT, 552, "5.2.2 Mailbox full", RecipientRefused),
    (RECIPIENT, 550, "5.2.1 Mailbox disabled, over its daily quota", RecipientRefused),
    (RECIPIENT, 553, "5.6.7 Internationalised address", RecipientRefused),
    (RECIPIENT, 552, "5.3.4 Too big", MessageRefused),
    (RECIPIENT, 550, "5.7.233 Your tenant exceeded its daily limit", QuotaExhausted),
    (RECIPIENT, 550, "5.7.515 Access denied, sending domain", AccountRefused),
    (RECIPIENT, 550, "You have reached a limit for sending mail", QuotaExhausted),
    (RECIPIENT, 550, "5.4.5 Daily sending quota exceeded", QuotaExhausted),
    (RECIPIENT, 553, "5.7.1 <a@b>: Sender address rejected: not owned by user", AccountRefused),
    (RECIPIENT, 554, "5.7.1 <a@b>: Relay access denied", AccountRefused),
    (RECIPIENT, 451, "4.7.1 Greylisted, come back later", Transient),
    (RECIPIENT, 450, "4.7.1 Try again", Transient),
    (RECIPIENT, 452, "4.2.2 The mailbox is full", Transient),
    (RECIPIENT, 452, "Mailbox size limit exceeded", Transient),
    (RECIPIENT, 450, "4.2.1 Receiving mail at a rate that is too high", Transient),
    (RECIPIENT, 450, "4.7.1 Error: too much mail from 192.0.2.1", RateLimited),
    (RECIPIENT, 451, "You have exceeded your messaging limits", QuotaExhausted),
    (RECIPIENT, 421, "4.7.28 Unusual rate", RateLimited),
    (DATA, 451, "4.3.0 Temporary trouble", Transient),
    (DATA, 451, "4.7.1 Greylisting in action", Transient),
    (DATA, 554, "5.5.1 No valid recipients", MessageRefused),
    (DATA, 503, "5.5.1 Need RCPT", Transient),
    (ACCEPTANCE, 421, "4.3.2 Shutting down", RateLimited),
    (ACCEPTANCE, 451, "4.3.0 Temporary trouble", Transient),
    (ACCEPTANCE, 451, "4.7.1 Too many messages, try again in 12 seconds", RateLimited),
    (ACCEPTANCE, 452, "4.2.2 Over quota", Transient),
    (ACCEPTANCE, 554, "5.7.1 Message contains spam", MessageRefused),
    (ACCEPTANCE, 552, "5.3.4 Too big", MessageRefused),
    (ACCEPTANCE, 552, "5.2.3 Too big for this mailbox", MessageRefused),
    (ACCEPTANCE, 550, "5.1.1 User unknown", RecipientRefused),
    (ACCEPTANCE, 550, "5.2.1 Mailbox disabled", RecipientRefused),
    (ACCEPTANCE, 550, "5.7.60 Client may not send as this sender", AccountRefused),
    (ACCEPTANCE, 554, "5.2.252 SendAsDenied; not allowed", AccountRefused),
    (ACCEPTANCE, 550, "5.7.1 Unconfigured Sending Domain <acme.test>", AccountRefused),
    (ACCEPTANCE, 550, "The from address does not match a verified Sender Identity", AccountRefused),
    (ACCEPTANCE, 550, "5.7.233 Your tenant exceeded its daily limit", QuotaExhausted),
    (RECIPIENT, 354, "go on", Transient),
    (SENDER, 999, "?", Transient),
    (ACCEPTANCE, 354, "go on", Ambiguous),
    (ACCEPTANCE, 0, "?", Ambiguous),
]


@pytest.mark.parametrize(("phase", "code", "text", "kind"), TABLE)
def test_each_reply_has_one_meaning_in_its_phase(
    phase: Phase, code: int, text: str, kind: type[ChannelError]
) -> None:
    error = refusal(phase, Reply(code, text))
    assert type(error) is kind
    assert error.code == code
    assert error.words == f"{code} {text}"


@pytest.mark.parametrize("phase", list(Phase))
def test_only_a_failure_after_the_last_byte_is_ambiguous(phase: Phase) -> None:
    error = failure(phase, "the connection was lost")
    assert isinstance(error, Ambiguous) == (phase is ACCEPTANCE)
    assert isinstance(error, Transient) == (phase is not ACCEPTANCE)


def test_only_an_unknown_address_is_dead() -> None:
    unknown = refusal(RECIPIENT, Reply(550, "5.1.1 User unknown"))
    policy = refusal(RECIPIENT, Reply(550, "5.7.1 Refused by policy"))
    assert isinstance(unknown, RecipientRefused)
    assert isinstance(policy, RecipientRefused)
    assert (unknown.address_is_dead, policy.address_is_dead) == (True, False)
