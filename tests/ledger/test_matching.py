"""Which message an address that only one message had as its return path stands for."""

import pytest
from sqlalchemy import select

from postroad.contracts import MessageState
from postroad.inbox.matching import Basis, Clues, Match
from postroad.ledger.engine import Ledger
from postroad.ledger.matching import find_match
from postroad.ledger.tables import Enrollment
from postroad.verp import verp_token
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender

SENT, PLANNED = MessageState.SENT, MessageState.PLANNED


@pytest.fixture
def messages(ledger: Ledger) -> list[int]:
    """Two messages that left to one person, and some to others."""
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        add_campaign(connection)
        add_campaign(connection, "q5")
        add_person(connection, "other@x.test", SENT, SENT)
        add_person(connection, "p@x.test", SENT, campaign="q5")
        return add_person(connection, "p@x.test", SENT, SENT)


def _token(ledger: Ledger, step: str, campaign: str = "q4") -> str:
    """Return the token of a step's message to the person."""
    with ledger.read() as connection:
        key = connection.execute(
            select(Enrollment.person_key).where(
                Enrollment.address == "p@x.test", Enrollment.campaign_id == campaign
            )
        ).scalar_one()
    return verp_token(f"{campaign}/{step}/{key}") or ""


def _match(ledger: Ledger, token: str, channel: str = "ana-smtp", **clues: object) -> Match | None:
    found = Clues("", return_token=token, is_notice=True, **clues)  # type: ignore[arg-type]
    with ledger.read() as connection:
        return find_match(connection, channel, found, NOW)


def test_a_return_path_leads_to_its_step_alone(ledger: Ledger, messages: list[int]) -> None:
    for step, message in zip(("intro", "nudge"), messages, strict=True):
        found = _match(ledger, _token(ledger, step))
        assert found == Match(message, Basis.RETURN_PATH, names_person=True)


def test_a_return_path_of_another_channel_leads_nowhere(
    ledger: Ledger, messages: list[int]
) -> None:
    assert messages
    assert _match(ledger, _token(ledger, "intro"), channel="elsewhere") is None


def test_a_forged_return_path_leads_nowhere(ledger: Ledger, messages: list[int]) -> None:
    assert messages
    token = _token(ledger, "intro")
    person, _, digest = token.partition("-")
    forged = [
        f"{person}-{'0' * 8}",
        f"{'0' * 16}-{digest}",
        _token(ledger, "intro", "q5").partition("-")[0] + f"-{digest}",
        _token(ledger, "third"),
        verp_token("q4/intro/ffffffffffffffff") or "",
        "%-%",
    ]
    named = frozenset({"p@x.test"})
    assert [_match(ledger, one, addresses=named) for one in forged] == [None] * 6


def test_a_message_that_never_left_has_no_return_path(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        add_campaign(connection)
        add_person(connection, "p@x.test", PLANNED)
    assert _match(ledger, _token(ledger, "intro")) is None


def test_the_key_goes_before_the_return_path(ledger: Ledger, messages: list[int]) -> None:
    with ledger.read() as connection:
        key = connection.execute(
            select(Enrollment.person_key).where(
                Enrollment.address == "p@x.test", Enrollment.campaign_id == "q4"
            )
        ).scalar_one()
    found = _match(ledger, _token(ledger, "nudge"), key=f"q4/intro/{key}")
    assert found == Match(messages[0], Basis.KEY, names_person=True)


def test_what_the_sender_wrote_is_no_answer(ledger: Ledger, messages: list[int]) -> None:
    assert messages
    clues = Clues(ANA, return_token=_token(ledger, "intro"))
    with ledger.read() as connection:
        assert find_match(connection, "ana-smtp", clues, NOW) is None
