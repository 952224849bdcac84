"""(g) How long the console's pages take with 100,000 people and 1,000,000 events."""

import asyncio
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert, text

from benchmarks.engine import Database
from console.application import build
from console.cookies import SESSION
from console.installation import Installation
from operations.clock import now
from postroad.instants import DAY
from postroad.ledger.console_sessions import open_session
from postroad.ledger.engine import Ledger
from postroad.ledger.schema import migrate
from postroad.ledger.tables import (
    Base,
    Campaign,
    Channel,
    Enrollment,
    Event,
    Message,
    Organisation,
    Sender,
    Sequence,
    Step,
    StepText,
    StepVariant,
    Task,
)
from postroad.ledger.users import Role
from postroad.secrets import SecretBox
from postroad.settings import Settings
from tests.postgres import PostgresServer

PAGES = (
    "/", "/campaigns", "/campaigns/c0", "/campaigns/c0?search=n9999", "/campaigns/c0?search=zzz",
    "/campaigns/c0?state=bounced", "/campaigns/c0?step=step1", "/campaigns/c0/now",
    "/campaigns/c0/steps", "/campaigns/c0/steps/step0", "/campaigns/c0/senders",
    "/people?email=person77777", "/people/person1234@d34.test", "/channels", "/channels/ch1",
    "/feed", "/feed?event=replied", "/feed?campaign=c3&event=bounced", "/uncertain", "/tasks",
    "/suppressions", "/texts?campaign=c0", "/library", "/audit",
)  # fmt: skip
_SENDERS, _CHANNELS, _STEPS = 20, 10, 3
_CALL = 1
"""Where the manual task stands."""
_VARIANTS = ("a", "b")
"""Of the first step."""
_VISITED_BY_PEOPLE = {"opened": 4, "clicked": 1}
"""By how many of ten."""
_PART = 5_000
_KEY = "a secret key for benchmarks"


@dataclass(frozen=True, slots=True)
class PageTime:
    """One line of the table."""

    database: Database
    page: str
    median_ms: float
    worst_ms: float


def pages(people: int, rounds: int) -> list[PageTime]:
    """Measure every page as an admin sees it; most people are in one campaign.

    Args:
        people: enrolled altogether; there are ten times as many events.
        rounds: how often each page is asked for, after once to warm up.
    """
    lines: list[PageTime] = []
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{Path(directory) / 'ledger.db'}"
        lines += _measure("sqlite", url, people, rounds)
    server = PostgresServer()
    server.start()
    server.create("ledger")
    lines += _measure("postgresql", server.url("ledger"), people, rounds)
    server.delete()
    return lines


def _measure(database: Database, url: str, people: int, rounds: int) -> list[PageTime]:
    ledger = Ledger(url)
    migrate(ledger)
    _fill(ledger, people)
    try:
        return asyncio.run(_ask(database, ledger, rounds))
    finally:
        ledger.close()


async def _ask(database: Database, ledger: Ledger, rounds: int) -> list[PageTime]:
    token = secrets.token_urlsafe()
    with ledger.write() as connection:
        open_session(connection, token, "admin@acme.test", Role.ADMIN, now())
    application = build(Installation(Settings(), ledger, SecretBox(_KEY)))
    lines = []
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application),
        base_url="http://console.test",
        cookies={SESSION: token},
        follow_redirects=True,
    ) as client:
        for page in PAGES:
            times = [await _time(client, page) for _ in range(rounds + 1)][1:]
            lines.append(PageTime(database, page, statistics.median(times), max(times)))
    return lines


async def _time(client: httpx.AsyncClient, page: str) -> float:
    began = time.perf_counter()
    answer = await client.get(page)
    answer.raise_for_status()
    return 1_000 * (time.perf_counter() - began)


def _fill(ledger: Ledger, people: int) -> None:
    """Insert rows in bulk, as a few weeks of sending leave them."""
    present = now()
    with ledger.write() as connection:
        connection.execute(insert(Organisation).values(name="Acme", settings={}))
    senders = [f"rep{number}@acme.test" for number in range(_SENDERS)]
    _insert(ledger, Sender, (
        {"email": email, "name": email, "timezone": "UTC", "default_channel": None, "settings": {}}
        for email in senders
    ))  # fmt: skip
    limits = {"limits": [{"messages": 100_000, "per": "1d"}]}
    _insert(ledger, Channel, (
        {"id": f"ch{number}", "kind": "smtp", "address": None, "shared": True, "settings": limits,
         "secrets": "", "state_at": present}
        for number in range(_CHANNELS)
    ))  # fmt: skip
    campaigns = [f"c{number}" for number in range(5)]
    settings = {"senders": senders, "tracking": {"opens": True, "links": True}}
    _insert(ledger, Campaign, (
        {"id": name, "name": name, "settings": settings, "state": "running",
         "staged_at": present - number, "started_at": present - 20 * DAY}
        for number, name in enumerate(campaigns)
    ))  # fmt: skip
    steps = [(name, position) for name in campaigns for position in range(_STEPS)]
    _insert(ledger, Step, (
        {"campaign_id": name, "position": position, "id": f"step{position}",
         "settings": {"task": "call"} if position == _CALL else {}, "version": 1}
        for name, position in steps
    ))  # fmt: skip
    _insert(ledger, StepText, (
        {"campaign_id": name, "position": position, "version": version, "variant": variant,
         "template": {"subject": "Hello", "text": "Hello"}}
        for name, position in steps
        for version, variant in (enumerate(_VARIANTS, 1) if position == 0 else [(1, "")])
    ))  # fmt: skip
    _insert(ledger, StepVariant, (
        {"campaign_id": name, "position": 0, "id": variant, "weight": 1, "version": version}
        for name in campaigns for version, variant in enumerate(_VARIANTS, 1)
    ))  # fmt: skip
    _insert(ledger, Sequence, (
        {"id": 1 + number * _SENDERS + at, "campaign_id": name, "sender": email}
        for number, name in enumerate(campaigns) for at, email in enumerate(senders)
    ))  # fmt: skip
    tables = ((Enrollment, _people), (Message, _messages), (Task, _tasks), (Event, _events))
    for table, rows in tables:
        _insert(ledger, table, rows(people, present))
    with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if ledger.is_sqlite else "VACUUM ANALYZE"))


def _insert(ledger: Ledger, table: type[Base], rows: Iterator[dict[str, Any]]) -> None:
    while part := list(islice(rows, _PART)):
        with ledger.write() as connection:
            connection.execute(insert(table), part)


def _campaign(person: int, people: int) -> int:
    """Four in five people are in the first campaign."""
    return 0 if person * 5 < people * 4 else 1 + person % 4


def _state(person: int) -> str:
    return ("replied", "bounced")[person % 2] if person % 10 < 2 else "active"


def _has_task(person: int) -> bool:
    """One in a hundred has to be called."""
    return _state(person) == "active" and person % 100 == 99


def _message(person: int, position: int) -> int:
    return 1 + person * _STEPS + position


def _people(people: int, _present: int) -> Iterator[dict[str, Any]]:
    for person in range(people):
        campaign = _campaign(person, people)
        yield {
            "id": person + 1,
            "campaign_id": f"c{campaign}",
            "sequence_id": 1 + campaign * _SENDERS + person % _SENDERS,
            "address": f"person{person}@d{person % 100}.test",
            "recipient": f"person{person}@d{person % 100}.test",
            "person_key": f"{person:016x}",
            "fields": {"first_name": "Ada", "company": "Analytical"},
            "timezone": None,
            "row": person + 2,
            "state": _state(person),
        }


def _messages(people: int, present: int) -> Iterator[dict[str, Any]]:
    for person in range(people):
        campaign = _campaign(person, people)
        for position in range(_STEPS):
            state = ("sent", "planned", "planned")[position]
            if position and _state(person) != "active":
                state = "suppressed"
            elif position == _CALL and _has_task(person):
                state = "open"
            at = present - (person * 7_919) % (20 * DAY) if state == "sent" else None
            yield {
                "id": _message(person, position),
                "enrollment_id": person + 1,
                "sequence_id": 1 + campaign * _SENDERS + person % _SENDERS,
                "position": position,
                "priority": 1 if position else 2,
                "domain": f"d{person % 100}.test",
                "state": "uncertain" if person % 5_000 == 0 and position == 0 else state,
                "due_at": present + DAY if state == "planned" and position == 1 else None,
                "channel_id": f"ch{person % _CHANNELS}" if at else None,
                "charge_at": at,
                "sent_at": at,
                "version": 1 + person % len(_VARIANTS) if at else None,
            }


def _tasks(people: int, present: int) -> Iterator[dict[str, Any]]:
    for person in range(people):
        if _has_task(person):
            yield {
                "message": _message(person, _CALL),
                "opened_at": present - DAY,
                "due_at": present,
            }


def _events(people: int, present: int) -> Iterator[dict[str, Any]]:
    """Ten a person: two tell of visits, most of them by machines, and one how it ended."""
    kinds = (
        "enrolled",
        "sent",
        "sent",
        "sent",
        "deferred",
        "throttled",
        "opened",
        "clicked",
        "sent",
    )
    number = 10 * people
    for at in range(number):
        person, kind = at % people, kinds[at % len(kinds)]
        ended = _state(person)
        if at >= 9 * people and ended != "active":
            kind = ended
        elif kind in _VISITED_BY_PEOPLE and person % 10 >= _VISITED_BY_PEOPLE[kind]:
            kind = f"{kind}_by_machine"
        yield {
            "at": present - (number - at) * 20 * DAY // number,
            "event": kind,
            "campaign_id": f"c{_campaign(person, people)}",
            "enrollment_id": person + 1,
            "position": 0,
            "channel_id": f"ch{person % _CHANNELS}",
            "detail": "250 2.0.0 Ok",
        }
