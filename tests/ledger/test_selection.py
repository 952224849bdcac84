"""Due messages get their channels: in bulk, with a reason for each, and nothing is hidden."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import Connection, delete, event, insert, select, update

from postroad.contracts import (
    ChannelsSelected,
    EnrollmentState,
    MessageState,
    SelectChannel,
)
from postroad.instants import DAY, MINUTE
from postroad.ledger.engine import Ledger
from postroad.ledger.networks import domains_that_decide
from postroad.ledger.selection import select_channels
from postroad.ledger.tables import (
    Campaign,
    Channel,
    Enrollment,
    Event,
    Message,
    Organisation,
    SenderIdentity,
    Step,
)
from postroad.ledger.traces import trace
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender

PLANNED, SENT = MessageState.PLANNED, MessageState.SENT
GMAIL = {"channel": "ana-gmail", "kind": "gmail"}
ONLINE = {"channel": "ana-online", "kind": "exchange_online"}
TEAM = {"channel": "team", "address": None, "shared": True}


def _stage(
    connection: Connection,
    *channels: dict[str, Any],
    default: str | None = None,
    settings: dict[str, Any] | None = None,
    **campaign: Any,
) -> None:
    """Ana, a running campaign q4, and channels."""
    add_sender(connection, default_channel=default)
    add_campaign(connection, **campaign)
    if settings:
        connection.execute(
            update(Campaign).values(settings={"senders": [ANA], "stop_on": [], **settings})
        )
    for channel in channels:
        add_channel(connection, **channel)


def _select(
    connection: Connection, at_most: int = 2_000, networks: dict[str, str] | None = None
) -> ChannelsSelected:
    request = SelectChannel(campaign_id="q4", sender=ANA, at_most=at_most)
    return select_channels(connection, request, NOW, networks)


def _channels(connection: Connection) -> Counter[str | None]:
    return Counter(connection.scalars(select(Message.channel_id).order_by(Message.id)))


def _reply_with_step(connection: Connection, channel: str | None = None) -> None:
    """Let the second step answer the first in one conversation."""
    settings = {"wait": "3d", "thread": "reply", "channel": channel}
    connection.execute(update(Step).where(Step.position == 1).values(settings=settings))


def test_every_message_says_why_it_has_its_channel(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, GMAIL, TEAM)
        add_person(connection, "ada@example.com", PLANNED, channel=None)
        (selected,) = _select(connection).channels
        assert (selected.channel, selected.messages) == ("ana-gmail", 1)
        assert selected.why == f"it is the only channel of {ANA}"
        (told,) = trace(connection, "ada@example.com")
        assert (told.event, told.step, told.channel) == ("selected", "intro", "ana-gmail")
        assert told.detail == selected.why


def test_what_was_chosen_is_not_chosen_again(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, GMAIL)
        add_person(connection, "ada@example.com", PLANNED, channel=None)
        _select(connection)
        connection.execute(update(Message).where(Message.position == 0).values(domain="x.test"))
        (again,) = _select(connection).channels
        assert (again.messages, again.why) == (1, "chosen earlier")
        assert len(connection.scalars(select(Event.id)).all()) == 1


def test_each_recipient_gets_the_mailbox_in_their_own_network(ledger: Ledger) -> None:
    networks = {"g.test": "google", "m.test": "microsoft", "o.test": "other"}
    with ledger.write() as connection:
        _stage(connection, GMAIL, ONLINE)
        for domain in (*networks, "u.test"):
            add_person(connection, f"ada@{domain}", PLANNED, channel=None)
        selected = {one.channel: one for one in _select(connection, networks=networks).channels}
        found = connection.execute(select(Message.domain, Message.channel_id)).all()
    assert {row.domain: row.channel_id for row in found} == {
        "g.test": "ana-gmail",
        "m.test": "ana-online",
        "o.test": "ana-gmail",
        "u.test": "ana-gmail",
    }
    assert selected["ana-gmail"].messages == 3
    assert "as the recipient is" in selected["ana-gmail"].why
    assert "is none of theirs" in selected["ana-gmail"].why


def test_domains_are_looked_up_only_where_they_decide(ledger: Ledger) -> None:
    request = SelectChannel(campaign_id="q4", sender=ANA)
    with ledger.write() as connection:
        _stage(connection, GMAIL)
        _reply_with_step(connection)
        add_person(connection, "ada@g.test", PLANNED, channel=None)
        add_person(connection, "bo@later.test", PLANNED, channel=None, due_at=NOW + 1)
        add_person(connection, "cy@follow.test", SENT, PLANNED, channel=None)
        assert domains_that_decide(connection, request, NOW) == set()
        add_channel(connection, **ONLINE)
        assert domains_that_decide(connection, request, NOW) == {"g.test"}
        connection.execute(update(Campaign).values(settings={"channel": "ana-gmail"}))
        assert domains_that_decide(connection, request, NOW) == set()


def test_a_follow_up_leaves_from_the_mailbox_of_its_first_message(ledger: Ledger) -> None:
    networks = {"m.test": "microsoft"}
    with ledger.write() as connection:
        _stage(connection, GMAIL, ONLINE, TEAM, settings={"fallback": True, "channel": "team"})
        _reply_with_step(connection, "team")
        for name, channel in (("ada", "ana-gmail"), ("bo", "ana-online"), ("cy", "team")):
            add_person(connection, f"{name}@m.test", SENT, PLANNED, channel=channel)
        connection.execute(update(Message).where(Message.position == 1).values(channel_id=None))
        _select(connection, networks=networks)
        rows = connection.execute(
            select(Message.enrollment_id, Message.channel_id).order_by(Message.enrollment_id)
        ).all()
    assert [row.channel_id for row in rows] == [
        "ana-gmail", "ana-gmail", "ana-online", "ana-online", "team", "team",
    ]  # fmt: skip


def test_a_conversation_waits_for_its_channel_while_others_go_on(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, GMAIL, TEAM, default="team", settings={"fallback": True})
        _reply_with_step(connection)
        add_person(connection, "ada@x.test", SENT, PLANNED, channel="ana-gmail")
        connection.execute(update(Message).where(Message.position == 1).values(channel_id=None))
        add_person(connection, "bo@x.test", PLANNED, channel=None)
        connection.execute(
            update(Channel).where(Channel.id == "ana-gmail").values(state="unauthorised")
        )
        selected = _select(connection)
    assert [(one.messages, one.reason) for one in selected.held] == [
        (1, "ana-gmail is unauthorised")
    ]
    assert [(one.channel, one.messages) for one in selected.channels] == [("team", 1)]


def test_messages_that_are_held_never_hide_those_behind_them(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, GMAIL, TEAM, default="team")
        _reply_with_step(connection)
        for number in range(9):
            add_person(connection, f"held{number}@x.test", SENT, PLANNED, channel="ana-gmail")
        connection.execute(update(Message).where(Message.position == 1).values(channel_id=None))
        connection.execute(update(Channel).where(Channel.id == "ana-gmail").values(state="paused"))
        for number in range(5):
            add_person(connection, f"p{number}@x.test", PLANNED, channel=None)
        selected = _select(connection, at_most=3)
        assert selected.held[0].messages == 9
        assert [(one.channel, one.messages) for one in selected.channels] == [("team", 3)]
        assert selected.more_due
        assert not _select(connection, at_most=3).more_due
        assert _channels(connection)["team"] == 5


def test_a_plugins_mail_without_its_account_fails_and_goes_nowhere_else(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, TEAM, settings={"plugin": "outlook"}, steps=("mail",))
        add_person(connection, "ada@x.test", PLANNED, channel=None)
        selected = _select(connection)
        row = connection.execute(select(Message.state, Message.reason, Message.channel_id)).one()
        person = connection.execute(select(Enrollment.state, Enrollment.reason)).one()
        (told,) = trace(connection, "ada@x.test")
    assert (selected.channels, selected.held, selected.people_open) == ([], [], False)
    assert (row.state, row.channel_id) == (MessageState.FAILED, None)
    assert "has no Exchange channel" in row.reason
    assert (person.state, person.reason) == (EnrollmentState.FAILED, row.reason)
    assert (told.event, told.detail) == ("failed", row.reason)


def test_an_unverified_address_is_held_until_it_is_verified(ledger: Ledger) -> None:
    strict = TEAM | {"settings": {"verify_identities": True}}
    with ledger.write() as connection:
        _stage(connection, strict)
        add_person(connection, "ada@x.test", PLANNED, channel=None)
        (held,) = _select(connection).held
        assert f"`postroad identity verify {ANA} --channel team`" in held.reason
        asked = {"channel_id": "team", "address": ANA, "token_digest": "x", "asked_at": NOW}
        connection.execute(insert(SenderIdentity).values(asked))
        assert _select(connection).held
        connection.execute(update(SenderIdentity).values(verified_at=NOW))
        assert _select(connection).channels[0].channel == "team"


def test_an_operator_vouches_for_a_whole_domain(ledger: Ledger) -> None:
    settings = {"verify_identities": True, "verified_domains": ["acme.test"]}
    with ledger.write() as connection:
        _stage(connection, TEAM | {"settings": settings})
        add_person(connection, "ada@x.test", PLANNED, channel=None)
        assert _select(connection).channels[0].channel == "team"


def test_legacy_servers_are_chosen_only_for_legacy_accounts(ledger: Ledger) -> None:
    old = {"channel": "old", "kind": "legacy_msc", "address": None, "shared": True}
    with ledger.write() as connection:
        _stage(connection, old)
        add_person(connection, "ada@x.test", PLANNED, channel=None)
        assert "has no channel" in _select(connection).held[0].reason
        connection.execute(
            insert(Organisation).values(name="Acme", settings={"legacy_account": True})
        )
        (selected,) = _select(connection).channels
    assert selected.channel == "old"
    assert "without SPF or DKIM" in selected.why


PER_DAY = {"settings": {"limits": [{"messages": 3, "per": "1d"}]}}


@pytest.mark.parametrize(
    ("settings", "given"),
    [({"fallback": True}, (3, 4)), ({"fallback": False}, (7, 0))],
)
def test_what_a_channel_cannot_send_soon_goes_by_another_where_that_is_allowed(
    ledger: Ledger, settings: dict[str, Any], given: tuple[int, int]
) -> None:
    with ledger.write() as connection:
        _stage(connection, GMAIL | PER_DAY, TEAM, settings=settings)
        for number in range(7):
            add_person(connection, f"p{number}@x.test", PLANNED, channel=None)
        selected = {one.channel: one for one in _select(connection).channels}
        found = _channels(connection)
    assert (found["ana-gmail"], found["team"]) == given
    if "team" in selected:
        assert "because ana-gmail has as much to send" in selected["team"].why


def test_what_waits_for_a_channel_already_takes_its_room(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, GMAIL | PER_DAY, TEAM, settings={"fallback": True})
        for number in range(6):
            add_person(connection, f"p{number}@x.test", PLANNED, channel=None)
        for _ in range(3):
            _select(connection, at_most=2)
        assert _channels(connection) == {"ana-gmail": 3, "team": 3}


def test_nothing_is_full_where_every_channel_is(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, GMAIL | PER_DAY, settings={"fallback": True})
        for number in range(5):
            add_person(connection, f"p{number}@x.test", PLANNED, channel=None)
        (selected,) = _select(connection).channels
    assert (selected.channel, selected.messages) == ("ana-gmail", 5)


def test_the_number_of_statements_does_not_grow_with_the_number_of_messages(
    ledger: Ledger,
) -> None:
    networks = {f"d{n}.test": ["google", "microsoft"][n % 2] for n in range(10)}
    counts = []
    for people in (10, 200):
        with ledger.write() as connection:
            if people == 10:
                _stage(connection, GMAIL, ONLINE)
            for number in range(people):
                add_person(connection, f"p{number}@d{number % 10}.test", PLANNED, channel=None)
            connection.execute(update(Message).values(channel_id=None))
            counts.append(_statements(connection, networks))
            connection.execute(delete(Event))
            connection.execute(delete(Message))
            connection.execute(delete(Enrollment))
    assert counts[0] == counts[1]


def _statements(connection: Connection, networks: dict[str, str]) -> int:
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    _select(connection, networks=networks)
    event.remove(connection, "before_cursor_execute", note)
    return len(said)


def test_follow_ups_go_before_first_touches(ledger: Ledger) -> None:
    with ledger.write() as connection:
        _stage(connection, GMAIL)
        add_person(connection, "new@x.test", PLANNED, channel=None, due_at=NOW - DAY)
        add_person(connection, "old@x.test", SENT, PLANNED, channel="ana-gmail")
        connection.execute(
            update(Message)
            .where(Message.position == 1)
            .values(channel_id=None, due_at=NOW - MINUTE)
        )
        _select(connection, at_most=1)
        chosen = connection.scalars(select(Event.position)).all()
    assert chosen == [1]
