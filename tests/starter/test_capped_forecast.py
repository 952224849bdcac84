"""A rehearsal reckons with caps, with what other campaigns sent, and with a sender's days away."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update

from postroad.contracts import MessageState
from postroad.instants import instant
from postroad.ledger.tables import Message
from tests.ledger_rows import add_campaign, add_person
from tests.starter.campaigns import Desk
from tests.starter.command import Postroad


def _allow(desk: Desk, caps: str) -> None:
    desk.edit("workspace.yaml", "name: Acme", f"name: Acme, {caps}")
    desk.apply()


def _forecast(postroad: Postroad) -> tuple[timedelta, dict[str, Any]]:
    forecast = postroad("launch", "q4.yaml", "--dry-run", "--json").json["forecast"]
    first, last = (datetime.fromisoformat(forecast[name]) for name in ("first_at", "last_at"))
    (channel,) = forecast["by_channel"]
    return last - first, channel


def _invite(desk: Desk, *addresses: str) -> None:
    rows = "".join(f"{address},Ada,Granite\n" for address in addresses)
    desk.write("people.csv", f"email,first_name,company\n{rows}")


def test_a_domain_that_gets_little_decides(desk: Desk, postroad: Postroad) -> None:
    _allow(desk, "per_recipient_domain: {messages: 4, per: 1d}")
    _invite(desk, *(f"p{n}@x.test" for n in range(8)), *(f"p{n}@gmail.com" for n in range(20)))
    took, channel = _forecast(postroad)
    # The nudges of those who begin on the second day leave on the fifth.
    assert (took.days, channel["messages"]) == (4, 56)
    assert channel["binding_limit"] == "x.test: 4 per 1d"


def test_a_company_that_gets_little_decides_over_all_its_domains(
    desk: Desk, postroad: Postroad
) -> None:
    _allow(desk, "per_company: {messages: 1, per: 1d}")
    _invite(desk, "a@granite.test", "b@granite.example", "c@gmail.com")
    took, channel = _forecast(postroad)
    assert (took.days, channel["binding_limit"]) == (5, "the company granite: 1 per 1d")


def test_who_got_mail_of_another_campaign_begins_later(desk: Desk, postroad: Postroad) -> None:
    _allow(desk, "per_person: {messages: 1, per: 1d}")
    _invite(desk, "ada@x.test", "bo@x.test")
    with desk.ledger.write() as connection:
        add_campaign(connection, "other")
        [sent] = add_person(connection, "ada@x.test", MessageState.SENT, campaign="other")
        just_now = update(Message).values(charge_at=instant(datetime.now(UTC)))
        connection.execute(just_now.where(Message.id == sent))
    took, channel = _forecast(postroad)
    assert took.days == 4
    assert channel["binding_limit"] == "a person in several campaigns: 1 per 1d"


def test_people_of_a_sender_who_is_away_begin_later(desk: Desk, postroad: Postroad) -> None:
    desk.edit("workspace.yaml", "timezone: UTC}", "timezone: UTC, away: [2100-01-06..2100-01-08]}")
    desk.apply()
    desk.edit("q4.yaml", "name: Q4 launch", "name: Q4 launch\nstart: 2100-01-06")
    desk.edit("q4.yaml", "senders: [ana@acme.test]", "senders: [bo@acme.test]")
    forecast = postroad("launch", "q4.yaml", "--dry-run", "--json").json["forecast"]
    assert forecast["first_at"] == "2100-01-09T00:00:00Z"
