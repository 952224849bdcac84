"""What providers switch off is told in time, and otherwise after the fact."""

from datetime import date

import pytest

from postroad.channels.shutoffs import SHUTOFFS, shutoffs

EWS = "outlook.office365.com"


def test_ews_in_exchange_online_is_blocked_since_october_and_gone_in_april() -> None:
    blocked, gone = shutoffs("exchange", EWS, date(2026, 11, 23))
    assert blocked.words.startswith("since 1 October 2026 Exchange Online blocks EWS")
    assert gone.words == "from 1 April 2027 Exchange Online has no EWS at all"
    assert not blocked.is_over
    assert not gone.is_over
    assert "kind: exchange_online" in blocked.way_out


@pytest.mark.parametrize(
    ("today", "over"), [(date(2027, 3, 31), [False, False]), (date(2027, 4, 1), [True])]
)
def test_what_is_gone_for_good_replaces_what_led_to_it(today: date, over: list[bool]) -> None:
    assert [notice.is_over for notice in shutoffs("exchange", EWS, today)] == over


@pytest.mark.parametrize(
    ("today", "since"), [(date(2026, 12, 30), "from"), (date(2026, 12, 31), "since")]
)
def test_passwords_by_smtp_end_with_the_year(today: date, since: str) -> None:
    [notice] = shutoffs("smtp", "SMTP.Office365.com.", today)
    assert notice.words.startswith(f"{since} 31 December 2026")


@pytest.mark.parametrize(
    ("kind", "host"),
    [
        ("exchange", "mail.acme.com"),
        ("exchange", "notoffice365.com"),
        ("exchange_online", "graph.microsoft.com"),
        ("smtp", "smtp.sendgrid.net"),
        ("gmail", "gmail.googleapis.com"),
        ("smtp", ""),
    ],
)
def test_other_channels_are_left_in_peace(kind: str, host: str) -> None:
    assert list(shutoffs(kind, host, date(2030, 1, 1))) == []


def test_every_date_has_a_source() -> None:
    assert all(one.source and one.way_out for one in SHUTOFFS)
