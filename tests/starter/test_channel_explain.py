"""`channel explain` shows the reasoning, rule by rule, and sends nothing."""

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from operations.clock import now
from postroad.contracts import MessageState
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Channel, Event, Message, Organisation, Step
from tests.ledger_rows import ANA, add_campaign, add_channel, add_person, add_sender
from tests.starter.command import Postroad

ASK = ("channel", "explain", "--from", ANA, "--to", "Bob@Buyer.test")


@pytest.fixture(autouse=True)
def _workspace(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_sender(connection, default_channel=None)
        connection.execute(insert(Organisation).values(name="Acme", settings={}))
        add_channel(connection, "ana-gmail", kind="gmail")
        add_channel(connection, "team", address=None, shared=True)
        add_campaign(connection)


def _set(ledger: Ledger, table: Any, **values: Any) -> None:
    with ledger.write() as connection:
        connection.execute(update(table).values(**values))


def test_every_rule_is_told_in_order_and_the_outcome_comes_last(postroad: Postroad) -> None:
    ran = postroad(*ASK)
    lines = ran.stdout.splitlines()
    assert (ran.code, ran.stderr) == (0, "")
    assert [line.split("\t")[0] for line in lines[1:-1]] == [
        "conversation", "plugin", "purpose", "step", "campaign", "identity", "default", "own",
        "team", "legacy",
    ]  # fmt: skip
    assert lines[-1] == f"It would leave by ana-gmail: it is the only channel of {ANA}."


def test_nothing_is_sent_and_nothing_is_written(postroad: Postroad, ledger: Ledger) -> None:
    postroad(*ASK, "--campaign", "q4")
    with ledger.read() as connection:
        assert connection.scalars(select(Event.id)).all() == []
        assert connection.scalars(select(Message.id)).all() == []


def test_the_answer_is_there_as_json(postroad: Postroad) -> None:
    told = postroad(*ASK, "--json").json
    assert (told["sender"], told["recipient"]) == (ANA, "Bob@buyer.test")
    assert (told["channel"], told["skipped"]) == ("ana-gmail", [])
    assert told["why"] == f"it is the only channel of {ANA}"
    assert told["rules"][-3] == {
        "rule": "own",
        "said": f"it is the only channel of {ANA}",
        "channels": ["ana-gmail"],
    }


def test_bulk_mail_and_plugins_may_be_asked_about(postroad: Postroad) -> None:
    assert postroad(*ASK, "--purpose", "bulk", "--json").json["channel"] == "team"
    assert postroad(*ASK, "--plugin", "gmail", "--json").json["channel"] == "ana-gmail"
    ran = postroad(*ASK, "--plugin", "outlook")
    assert ran.code == 0
    assert ran.stdout.splitlines()[-1].startswith("It would fail: it was written in Outlook, and")


class _Networks:
    """Every domain is at Microsoft."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def of(self, domain: str) -> str:
        """Tell a domain's network."""
        self.asked.append(domain)
        return "microsoft"


def test_the_recipients_network_is_looked_up_only_where_it_decides(
    postroad: Postroad, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = _Networks()
    monkeypatch.setattr("operations.choosing.mail_networks", lambda: networks)
    postroad(*ASK)
    assert networks.asked == []
    with ledger.write() as connection:
        add_channel(connection, "ana-online", kind="exchange_online")
    told = postroad(*ASK, "--json").json
    assert networks.asked == ["buyer.test"]
    assert (told["channel"], told["network"]) == ("ana-online", "microsoft")
    assert "it is at Microsoft, as the recipient is" in told["why"]


def test_a_channel_that_was_skipped_is_told_with_the_reason(
    postroad: Postroad, ledger: Ledger
) -> None:
    with ledger.write() as connection:
        connection.execute(
            update(Channel)
            .where(Channel.id == "ana-gmail")
            .values(state="unauthorised", state_reason="invalid_grant")
        )
    lines = postroad(*ASK).stdout.splitlines()
    why = "ana-gmail is unauthorised (invalid_grant)"
    assert lines[-2:] == [f"not ana-gmail: {why}", f"It would wait: {why}."]


def test_a_campaigns_step_is_asked_about_with_its_own_channel(
    postroad: Postroad, ledger: Ledger
) -> None:
    _set(ledger, Step, settings={"channel": "team"})
    told = postroad(*ASK, "--campaign", "q4", "--step", "nudge", "--json").json
    assert (told["channel"], told["why"]) == ("team", "the step names it")


def test_a_follow_up_goes_where_its_conversation_began_or_would_begin(
    postroad: Postroad, ledger: Ledger
) -> None:
    with ledger.write() as connection:
        settings = {"thread": "reply", "channel": "team"}
        connection.execute(update(Step).where(Step.position == 1).values(settings=settings))
    nudge = (*ASK, "--campaign", "q4", "--step", "nudge", "--json")
    assert postroad(*nudge).json["channel"] == "ana-gmail"
    with ledger.write() as connection:
        connection.execute(update(Step).where(Step.position == 0).values(settings={}))
        add_channel(connection, "ana-smtp")
        add_person(connection, "bob@buyer.test", MessageState.SENT, MessageState.PLANNED)
    told = postroad(*nudge).json
    assert told["channel"] == "ana-smtp"
    assert told["why"].startswith("the conversation began there")


def test_a_full_channel_is_told_where_another_may_stand_in(
    postroad: Postroad, ledger: Ledger
) -> None:
    with ledger.write() as connection:
        add_person(
            connection, "old@x.test", MessageState.SENT, MessageState.SENT, channel="ana-gmail"
        )
        connection.execute(
            update(Channel)
            .where(Channel.id == "ana-gmail")
            .values(settings={"limits": [{"messages": 2, "per": "62 days"}]})
        )
        add_campaign(connection, "free", settings={"senders": [ANA], "fallback": True})
        connection.execute(update(Message).values(charge_at=now()))
    assert postroad(*ASK, "--json").json["channel"] == "ana-gmail"
    told = postroad(*ASK, "--campaign", "free", "--json").json
    assert told["channel"] == "team"
    assert told["skipped"][0]["channel"] == "ana-gmail"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "eve@acme.test"), "the workspace has no sender eve@acme.test"),
        (("--to", "nobody"), "'nobody' is no email address"),
        (("--campaign", "q5"), "there is no campaign 'q5'"),
        (("--campaign", "q4", "--step", "nugde"), "q4 has no step 'nugde'; did you mean 'nudge'?"),
    ],
)
def test_wrong_input_is_one_sentence(
    postroad: Postroad, arguments: tuple[str, ...], words: str
) -> None:
    ran = postroad(*ASK, *arguments)
    assert (ran.code, ran.stdout) == (1, "")
    assert words in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_a_step_without_its_campaign_is_wrong_usage(postroad: Postroad) -> None:
    assert postroad(*ASK, "--step", "nudge").code == 2
