"""Operators see what a channel does, pause it, and put it back into service."""

from sqlalchemy import insert, select

from postroad.contracts import CampaignState, ChannelState, MessageState
from postroad.instants import DAY, MINUTE, moment
from postroad.ledger.channels import (
    ChannelOverview,
    channel_state,
    list_channels,
    pause_channel,
    resume_channel,
)
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Event, QuotaScope
from tests.ledger_rows import NOW, add_campaign, add_channel, add_person, add_sender, add_turn

PLANNED, SENT, UNCERTAIN = MessageState.PLANNED, MessageState.SENT, MessageState.UNCERTAIN


def _overview(ledger: Ledger, channel: str = "ana-smtp") -> ChannelOverview:
    with ledger.read() as connection:
        return next(row for row in list_channels(connection, NOW) if row.id == channel)


def test_a_channel_shows_its_limits_as_people_write_them(ledger: Ledger) -> None:
    with ledger.write() as connection:
        limits = [{"messages": 600, "per": "1m"}, {"messages": 2000, "per": "1d"}]
        add_channel(connection, settings={"limits": limits})
    assert _overview(ledger).limits == ["600 per 1m", "2,000 per 1d"]


def test_what_may_have_left_counts_as_sent_for_24_hours(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_channel(connection, "idle")
        add_campaign(connection)
        add_person(connection, "a@x.test", SENT, UNCERTAIN)
        add_person(connection, "b@x.test", UNCERTAIN, PLANNED, charge_at=NOW - DAY)
        add_person(connection, "c@x.test", MessageState.RESERVED, PLANNED, charge_at=NOW)
    assert _overview(ledger).sent_24h == 2
    assert _overview(ledger, "idle").sent_24h == 0


def test_a_channel_shows_who_waits_and_until_when(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        add_turn(connection, NOW + MINUTE, "25 of 25 in 45s", messages=7)
    overview = _overview(ledger)
    assert (overview.turns_waiting, overview.messages_waiting) == (1, 7)
    assert overview.next_turn_at == moment(NOW + MINUTE)


def test_a_providers_pause_is_shown_while_it_lasts(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_channel(connection, "rested")
        for channel, until in (("ana-smtp", NOW + MINUTE), ("rested", NOW)):
            connection.execute(
                insert(QuotaScope).values(
                    key=f"channel:{channel}", not_before=until, not_before_reason="421 slow down"
                )
            )
    overview = _overview(ledger)
    assert (overview.held_until, overview.held_reason) == (moment(NOW + MINUTE), "421 slow down")
    assert _overview(ledger, "rested").held_until is None


def test_a_paused_channel_says_who_paused_it_and_why(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        pause_channel(connection, "ana-smtp", "bo", "warming up", NOW)
        assert channel_state(connection, "ana-smtp") == (
            ChannelState.PAUSED,
            "paused by bo: warming up",
        )
        assert channel_state(connection, "nowhere") is None


def test_a_channel_whose_authorisation_was_lost_is_not_merely_paused(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection, state="unauthorised", state_reason="535 no")
        pause_channel(connection, "ana-smtp", "bo", "", NOW)
        assert channel_state(connection, "ana-smtp") == (ChannelState.UNAUTHORISED, "535 no")


def test_resuming_names_the_sequences_that_have_work(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection, state="unauthorised", state_reason="535 no")
        add_channel(connection, "other")
        for campaign in ("chosen", "unchosen", "elsewhere", "later"):
            add_campaign(connection, campaign)
        add_campaign(connection, "halted", state=CampaignState.PAUSED)
        add_person(connection, "a@x.test", PLANNED, campaign="chosen")
        add_person(connection, "b@x.test", PLANNED, campaign="unchosen", channel=None)
        add_person(connection, "c@x.test", PLANNED, campaign="elsewhere", channel="other")
        add_person(connection, "d@x.test", PLANNED, campaign="later", due_at=NOW + 1)
        add_person(connection, "e@x.test", PLANNED, campaign="halted")
        wake = resume_channel(connection, "ana-smtp", "bo", NOW)
        assert channel_state(connection, "ana-smtp") == (ChannelState.ACTIVE, "")
        events = connection.execute(select(Event.event, Event.detail)).all()
    assert wake == ["sequence/chosen/ana@acme.test", "sequence/unchosen/ana@acme.test"]
    assert [tuple(row) for row in events] == [("channel_resumed", "resumed by bo")]


def test_resuming_an_active_channel_changes_nothing(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        assert resume_channel(connection, "ana-smtp", "bo", NOW) == []
        assert connection.execute(select(Event.id)).first() is None
