"""Why mail is refused: words first, then the status, then the reply code; and whose fault it is."""

import pytest

from postroad.inbox.reasons import cause_of


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("550 5.1.1 The email account that you tried to reach does not exist.", "user_unknown"),
        ("550 5.1.1 kay@wing.test: Email address could not be found, or was misspelled (G8)",
         "user_unknown"),
        ("550 #5.1.0 Address rejected.", "user_unknown"),
        ("550 Requested action not taken: mailbox unavailable", "user_unknown"),
        ("550 Invalid Recipient - https://community.mimecast.test/docs/DOC-1369#550",
         "user_unknown"),
        ("550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", "user_unknown"),
        ("554 delivery error: dd This user doesn't have a yahoo.test account", "user_unknown"),
        ("550 Adresse d'au moins un destinataire invalide", "user_unknown"),
        ("550 permanent failure for one or more recipients (kay@wing.test:550 5.1.1 User unknown)",
         "user_unknown"),
        ("550 5.1.2 Host unknown (Name server: wing.test: host not found)", "domain_unknown"),
        ("Domain wing.test does not accept mail (nullMX)", "domain_unknown"),
        ("Host or domain name not found. Name service error for name=wing.test type=A: Host not "
         "found, try again", "transient"),
        ("452 4.2.2 The email account that you tried to reach is over quota.", "mailbox_full"),
        ("552 5.2.2 <kay@wing.test>: user is over quota", "mailbox_full"),
        ("554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException",
         "mailbox_full"),
        ("552 Requested mail action aborted: exceeded storage allocation", "mailbox_full"),
        ("550 5.2.1 The email account that you tried to reach is disabled.", "mailbox_disabled"),
        ("550 This account has been temporarily suspended", "mailbox_disabled"),
        ("552 5.3.4 Message size exceeds fixed limit", "message_size"),
        ("550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient",
         "message_size"),
        ("550 5.7.1 Message rejected as spam by Content Filtering", "spam"),
        ("550-5.7.1 Our system has detected that this message is likely unsolicited mail.", "spam"),
        ("554 5.7.1 virus Eicar-Test detected in attachment", "content"),
        ("552-5.7.0 This message was blocked because its content presents a potential security "
         "issue. illegal attachment", "content"),
        ("421 4.7.28 Our system has detected an unusual rate of email", "rate_limited"),
        ("451 4.3.2 Too many concurrent SMTP connections", "rate_limited"),
        ("450 4.2.1 The user you are trying to contact is receiving mail too quickly",
         "rate_limited"),
        ("421 4.4.2 Connection timed out", "transient"),
        ("451 4.7.1 Greylisting in action, please come back later", "transient"),
        ("554 5.4.6 Too many hops", "transient"),
        ("connect to mx.wing.test[192.0.2.7]:25: Connection refused", "transient"),
        ("delivery temporarily suspended: connect to mx.wing.test: No route to host", "transient"),
        ("550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required",
         "policy"),
        ("550 5.7.26 This message fails to pass SPF and DKIM checks", "policy"),
        ("554 Email rejected due to security policies", "policy"),
        ("550 Mailbox unavailable or access denied", "policy"),
    ],
)  # fmt: skip
def test_words_tell_the_reason(words: str, reason: str) -> None:
    assert cause_of(words, None).reason == reason


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("5.1.1", "user_unknown"),
        ("4.1.1", "transient"),
        ("5.1.10", "domain_unknown"),
        ("4.2.2", "mailbox_full"),
        ("5.2.1", "mailbox_disabled"),
        ("4.4.1", "transient"),
        ("5.7.999", "policy"),
        ("5.6.999", "content"),
        ("5.0.0", "unknown"),
    ],
)
def test_the_status_decides_where_words_say_nothing(status: str, reason: str) -> None:
    assert cause_of("550 no", status).reason == reason


@pytest.mark.parametrize(
    ("words", "reason"),
    [("552 no", "mailbox_full"), ("451 no", "transient"), ("550 no", "unknown")],
)
def test_the_reply_code_comes_last(words: str, reason: str) -> None:
    assert cause_of(words, None).reason == reason


def test_words_come_before_the_status() -> None:
    assert cause_of("550 5.1.1 mailbox is full", "5.1.1").reason == "mailbox_full"


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("550 5.7.233 Access denied, tenant has exceeded threshold", "5.7.233"),
        ("550 5.4.5 Daily user sending limit exceeded", "5.4.5"),
        ("550 5.1.8 Access denied, bad outbound sender; user unknown", "5.1.8"),
        ("550 5.7.515 Access denied, sending domain does not meet the required level", "5.7.515"),
        ("You have reached a limit for sending mail. Your message was not sent.", None),
        ("550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP",
         "5.7.708"),
        ("SMTP error after MAIL FROM:<dana@acme.test>: 550 User unknown", None),
        ("550 5.1.0 acme.test does not exist (in reply to MAIL FROM command)", "5.1.0"),
        ("554 5.7.1 Client host [192.0.2.1] blocked using zen.dnsbl.test", "5.7.1"),
        ("550 relay not permitted", None),
    ],
)  # fmt: skip
def test_what_blames_the_sender_never_ends_an_address(words: str, status: str | None) -> None:
    cause = cause_of(words, status)
    assert cause.at_fault == "sender"
    assert cause.reason in ("policy", "rate_limited")


@pytest.mark.parametrize(
    ("words", "at_fault"),
    [
        ("550 no such user", "recipient"),
        ("450 4.2.1 The user you are trying to contact is receiving mail too quickly", "recipient"),
        ("421 4.7.28 unusual rate of email from your IP", "sender"),
        ("550 rejected as spam", "message"),
        ("421 connection timed out", "network"),
        ("550 5.7.1 policy", None),
    ],
)
def test_a_fault_is_told_where_it_is_known(words: str, at_fault: str | None) -> None:
    assert cause_of(words, None).at_fault == at_fault
