"""Machines are told apart from people."""

import pytest

from postroad.tracking.visitors import machine_at_once, machine_by_time, machine_that_says

_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/128.0.0.0 Safari/537.36"
)
_IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Mobile/15E148"
)
_OUTLOOK = "Mozilla/4.0 (compatible; ms-office; MSOffice 16)"
_GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
_YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
_BING = "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b"


@pytest.mark.parametrize(
    ("says", "follows_link", "who"),
    [
        (_CHROME, True, None),
        (_IPHONE, True, None),
        ("Opera/9.80 (Windows NT 6.1) Presto/2.12 Version/12.16", True, None),
        ("Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 Chrome/90", True, None),
        (_OUTLOOK, False, None),
        ("Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8)", False, None),
        ("Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8)", True, "a program"),
        (_GMAIL, False, "Gmail's image proxy"),
        (_GMAIL, True, "Gmail's image proxy"),
        (_YAHOO, False, "Yahoo's image proxy"),
        ("Mozilla/5.0", False, "Apple's Mail Privacy Protection"),
        ("Barracuda Sentinel (EE)", True, "Barracuda"),
        ("Mimecast-Link-Protect", True, "Mimecast"),
        ("Mozilla/5.0 (compatible; Proofpoint URL Defense)", True, "Proofpoint"),
        ("CiscoSecureEmail/1.0", True, "Cisco Secure Email"),
        ("Microsoft Office Existence Discovery", True, "Microsoft's link check"),
        (_BING, True, "Microsoft's link check"),
        ("TMES/1.0", True, "a security gateway"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", True, "a bot"),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", True, "a bot"),
        ("facebookexternalhit/1.1", True, "a bot"),
        ("python-requests/2.31.0", False, "a program"),
        ("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120", True, "a program"),
        ("curl/8.4.0", True, "a program"),
        ("okhttp/4.12.0", True, "a program"),
        ("", False, "a program without a name"),
        ("  ", True, "a program without a name"),
    ],
)  # fmt: skip
def test_machines_are_known_by_what_they_say(
    says: str, who: str | None, *, follows_link: bool
) -> None:
    assert machine_that_says({"user-agent": says}, follows_link=follows_link) == who


@pytest.mark.parametrize(
    "header",
    [
        {"sec-purpose": "prefetch"},
        {"sec-purpose": "prefetch;prerender"},
        {"sec-purpose": "prefetch;anonymous-client-ip"},
        {"purpose": "prefetch"},
        {"x-purpose": "preview"},
        {"x-moz": "prefetch"},
    ],
)
def test_a_browser_that_fetches_ahead_is_nobody_yet(header: dict[str, str]) -> None:
    said = machine_that_says({"user-agent": _CHROME, **header}, follows_link=True)
    assert said == "a browser that fetches ahead"


@pytest.mark.parametrize(
    ("after", "is_machine"), [(-5_000, True), (0, True), (9_999, True), (10_000, False)]
)
def test_nobody_reads_mail_within_seconds_of_its_sending(after: int, *, is_machine: bool) -> None:
    assert (machine_by_time(100_000 + after, 100_000) is not None) is is_machine
    assert machine_by_time(100_000 + after, None) is None


@pytest.mark.parametrize(
    ("others", "is_machine"),
    [
        ([], False),
        ([(100_000, "a")], False),
        ([(100_000, "a"), (101_000, "a")], False),
        ([(101_900, "b")], True),
        ([(98_000, "b")], True),
        ([(97_999, "b"), (102_001, "c")], False),
    ],
)
def test_nobody_follows_several_links_at_once(
    others: list[tuple[int, str]], *, is_machine: bool
) -> None:
    assert (machine_at_once(100_000, "a", others) is not None) is is_machine
