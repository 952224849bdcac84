"""`status` says how far every campaign is, and what it waits for."""

from sqlalchemy import update

from postroad.contracts import CampaignState, MessageState
from postroad.instants import DAY, MINUTE, moment
from postroad.ledger.engine import Ledger
from postroad.ledger.overview import CampaignOverview, Wait, campaign_overview, list_campaigns
from postroad.ledger.tables import Channel
from tests.ledger_rows import NOW, add_campaign, add_channel, add_person, add_turn

PLANNED, SENT, UNCERTAIN = MessageState.PLANNED, MessageState.SENT, MessageState.UNCERTAIN


def _overview(ledger: Ledger) -> CampaignOverview:
    with ledger.read() as connection:
        overview = campaign_overview(connection, "q4", NOW)
    assert overview is not None
    return overview


def test_campaigns_that_ended_long_ago_are_listed_only_when_asked_for(ledger: Ledger) -> None:
    done = CampaignState.COMPLETED
    with ledger.write() as connection:
        add_campaign(connection, "open", staged_at=NOW - 30 * DAY)
        add_campaign(connection, "recent", state=done, staged_at=NOW, ended_at=NOW - DAY)
        add_campaign(
            connection, "old", state=done, staged_at=NOW - 40 * DAY, ended_at=NOW - 8 * DAY
        )
        assert list_campaigns(connection, NOW, everything=False) == ["recent", "open"]
        assert list_campaigns(connection, NOW, everything=True) == ["recent", "open", "old"]


def test_a_campaign_that_waits_for_its_turn_says_when_and_why(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        add_person(connection, "ada@x.test", SENT, PLANNED)
        add_turn(connection, NOW + MINUTE, "25 of 25 in 45s")
    overview = _overview(ledger)
    assert overview.waits == [Wait(words="ana-smtp: 25 of 25 in 45s", until=moment(NOW + MINUTE))]
    assert (overview.messages.sent, overview.messages.planned) == (1, 1)


def test_a_campaign_between_two_steps_says_when_the_next_falls_due(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        add_person(connection, "ada@x.test", SENT, PLANNED, channel=None, due_at=NOW + 2 * DAY)
        add_person(connection, "bo@x.test", SENT, PLANNED, channel=None, due_at=NOW + DAY)
    assert _overview(ledger).waits == [
        Wait(words="the next message falls due Thu 19 Nov 11:06:40 UTC", until=moment(NOW + DAY))
    ]


def test_messages_for_a_stopped_channel_are_told(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        add_person(connection, "ada@x.test", PLANNED, PLANNED)
        connection.execute(update(Channel).values(state="unauthorised", state_reason="535 no"))
    assert _overview(ledger).waits == [
        Wait(words="1 message for ana-smtp, which is unauthorised (535 no)")
    ]


def test_a_paused_campaign_says_who_paused_it_and_what_is_undecided(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(
            connection, state=CampaignState.PAUSED, state_by="bo", state_reason="wrong price"
        )
        add_person(connection, "ada@x.test", UNCERTAIN, PLANNED)
    assert [wait.words for wait in _overview(ledger).waits] == [
        "paused by bo: wrong price",
        "1 uncertain message for an operator",
    ]


def test_there_is_no_overview_of_an_unknown_campaign(ledger: Ledger) -> None:
    with ledger.read() as connection:
        assert campaign_overview(connection, "nowhere", NOW) is None
