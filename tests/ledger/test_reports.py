"""The report counts everything once, and its counts add up."""

import json

from sqlalchemy import insert, update

from postroad.contracts import CampaignState, EnrollmentState, MessageState
from postroad.instants import MINUTE
from postroad.ledger.counts import CampaignReport
from postroad.ledger.engine import Ledger
from postroad.ledger.reports import campaign_report
from postroad.ledger.tables import Campaign, Event, Message
from tests.ledger_rows import (
    ANA,
    NOW,
    add_campaign,
    add_channel,
    add_event,
    add_person,
    add_rejection,
    add_sender,
)

PLANNED, SENT, FAILED = MessageState.PLANNED, MessageState.SENT, MessageState.FAILED
UNCERTAIN, SUPPRESSED = MessageState.UNCERTAIN, MessageState.SUPPRESSED


def _fill(ledger: Ledger) -> None:
    """Seven people in every state, and another campaign that must not be counted."""
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        add_channel(connection, "team-smtp", shared=True, address=None)
        add_channel(connection, "unused")
        add_campaign(connection)
        add_campaign(connection, "other")
        add_person(connection, "other@x.test", SENT, PLANNED, campaign="other")
        add_person(connection, "active@x.test", SENT, PLANNED)
        add_person(connection, "planned@x.test", PLANNED, PLANNED, channel=None)
        add_person(connection, "asked@x.test", UNCERTAIN, PLANNED)
        add_person(connection, "done@x.test", SENT, SENT, state=EnrollmentState.FINISHED)
        bounced = add_person(
            connection, "dead@x.test", FAILED, SUPPRESSED, state=EnrollmentState.BOUNCED
        )
        add_event(connection, bounced[0], "bounced")
        replied = add_person(
            connection, "keen@x.test", SENT, SUPPRESSED, state=EnrollmentState.REPLIED
        )
        add_event(connection, replied[0], "replied")
        add_person(
            connection,
            "gone@x.test",
            SUPPRESSED,
            SUPPRESSED,
            state=EnrollmentState.REMOVED,
            channel="team-smtp",
        )
        add_rejection(connection, "nobody")
        for seconds in (2.5, 40):
            connection.execute(
                insert(Event).values(
                    at=NOW,
                    event="throttled",
                    campaign_id="q4",
                    channel_id="ana-smtp",
                    detail=json.dumps({"seconds": seconds}),
                )
            )


def _report(ledger: Ledger, campaign: str = "q4") -> CampaignReport:
    with ledger.read() as connection:
        report = campaign_report(connection, campaign)
    assert report is not None
    return report


def test_people_are_counted_by_state(ledger: Ledger) -> None:
    _fill(ledger)
    assert _report(ledger).people.model_dump() == {
        "enrolled": 7,
        "rejected": 1,
        "active": 3,
        "paused": 0,
        "finished": 1,
        "replied": 1,
        "bounced": 1,
        "unsubscribed": 0,
        "failed": 0,
        "removed": 1,
    }


def test_messages_sum_to_enrolled_times_steps(ledger: Ledger) -> None:
    _fill(ledger)
    report = _report(ledger)
    messages = report.messages.model_dump()
    assert messages == {
        "planned": 4,
        "reserved": 0,
        "sending": 0,
        "sent": 4,
        "failed": 1,
        "uncertain": 1,
        "suppressed": 4,
        "open": 0,
        "done": 0,
        "skipped": 0,
    }
    assert sum(messages.values()) == report.people.enrolled * len(report.steps)


def test_every_step_accounts_for_everyone(ledger: Ledger) -> None:
    _fill(ledger)
    report = _report(ledger)
    assert [step.id for step in report.steps] == ["intro", "nudge"]
    for step in report.steps:
        states = step.model_dump(exclude={"id", "bounced", "replied"})
        assert sum(states.values()) == report.people.enrolled
    intro = report.steps[0]
    assert (intro.sent, intro.failed, intro.bounced, intro.replied) == (3, 1, 1, 1)


def test_channels_that_did_nothing_for_the_campaign_are_left_out(ledger: Ledger) -> None:
    _fill(ledger)
    channels = {channel.id: channel for channel in _report(ledger).channels}
    assert sorted(channels) == ["ana-smtp", "team-smtp"]
    assert channels["ana-smtp"].model_dump() == {
        "id": "ana-smtp",
        "kind": "smtp",
        "sent": 4,
        "bounced": 1,
        "soft_bounced": 0,
        "replied": 1,
        "unsubscribed": 0,
        "complained": 0,
        "opened": 0,
        "clicked": 0,
        "opened_by_machine": 0,
        "clicked_by_machine": 0,
        "throttled_seconds": 42.5,
    }


def test_a_bounce_reported_twice_counts_once(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        sent = add_person(connection, "late@x.test", SENT, PLANNED)
        for minute in (1, 2):
            add_event(connection, sent[0], "bounced", at=NOW + minute * MINUTE)
    report = _report(ledger)
    assert report.steps[0].bounced == 1
    assert report.channels[0].bounced == 1


def test_times_are_utc_with_z(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_campaign(connection)
        connection.execute(
            update(Campaign).values(started_at=NOW, ended_at=NOW + 1, state="completed")
        )
    told = json.loads(_report(ledger).model_dump_json())
    assert told["started_at"] == "2026-11-18T11:06:40Z"
    assert told["ended_at"] == "2026-11-18T11:06:40.001000Z"
    assert told["state"] == "completed"


def test_a_campaign_still_being_staged_is_running_but_not_started(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_campaign(connection, state=CampaignState.STAGING, started_at=None)
    report = _report(ledger)
    assert report.state is CampaignState.RUNNING
    assert report.started_at is None
    assert report.people.enrolled == 0


def test_there_is_no_report_of_an_unknown_campaign(ledger: Ledger) -> None:
    with ledger.read() as connection:
        assert campaign_report(connection, "nowhere") is None


def test_texts_and_senders_are_counted_apart(ledger: Ledger) -> None:
    bo = "bo@acme.test"
    with ledger.write() as connection:
        add_channel(connection)
        add_campaign(connection)
        first = add_person(connection, "p1@x.test", MessageState.SENT, MessageState.SENT)
        second = add_person(connection, "p2@x.test", MessageState.SENT, sender=bo)
        for message, version in ((first[0], 1), (first[1], 1), (second[0], 2)):
            connection.execute(update(Message).where(Message.id == message).values(version=version))
        add_event(connection, first[0], "replied")
        add_event(connection, second[0], "unsubscribed")
        report = campaign_report(connection, "q4")
    assert report is not None
    texts = {(each.step, each.version): each for each in report.templates}
    assert sorted(texts) == [("intro", 1), ("intro", 2), ("nudge", 1)]
    assert (texts["intro", 1].sent, texts["intro", 1].replied) == (1, 1)
    assert (texts["intro", 2].sent, texts["intro", 2].unsubscribed) == (1, 1)
    senders = {each.id: each for each in report.senders}
    assert (senders[ANA].sent, senders[ANA].replied, senders[ANA].unsubscribed) == (2, 1, 0)
    assert (senders[bo].sent, senders[bo].replied, senders[bo].unsubscribed) == (1, 0, 1)
    assert report.steps[0].unsubscribed == 1
