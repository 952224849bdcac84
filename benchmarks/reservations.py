"""(e) Transactions a second of reserve_quota, eight workers at once."""

import multiprocessing
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path

from sqlalchemy import Connection, insert, select

from benchmarks.engine import Database
from postroad.contracts import ReserveQuota
from postroad.ledger.engine import Ledger
from postroad.ledger.quota import reserve_wave
from postroad.ledger.schema import migrate
from postroad.ledger.tables import Campaign, Channel, Enrollment, Message, Sequence, Step
from tests.postgres import PostgresServer

WORKERS = 8
_NOW = 1_800_000_000_000
_WAVES = 40
_PER_WAVE = 5


@dataclass(frozen=True, slots=True)
class Reservations:
    """One line of the table."""

    database: Database
    channels: int
    per_second: float


def reservations() -> list[Reservations]:
    """Measure one channel that eight workers share, and a thousand channels."""
    lines: list[Reservations] = []
    for channels in (1, 1_000):
        with tempfile.TemporaryDirectory() as directory:
            url = f"sqlite:///{Path(directory) / 'ledger.db'}"
            lines.append(Reservations("sqlite", channels, _measure(url, channels)))
        server = PostgresServer(durable=True)
        server.start()
        server.create("ledger")
        url = server.url("ledger")
        lines.append(Reservations("postgresql", channels, _measure(url, channels)))
        server.delete()
    return lines


def _measure(url: str, channels: int) -> float:
    _prepare(url, channels)
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(WORKERS + 1)
    workers = [
        context.Process(target=_reserve, args=(url, number, channels, start))
        for number in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    start.wait()
    began = time.perf_counter()
    for worker in workers:
        worker.join()
    return WORKERS * _WAVES / (time.perf_counter() - began)


def _reserve(url: str, number: int, channels: int, start: Barrier) -> None:
    """Book waves as one worker does: its own sequence, and a channel after the other."""
    ledger = Ledger(url)
    with ledger.read() as connection:
        connection.execute(select(1))
    start.wait()
    for wave in range(1, _WAVES + 1):
        request = ReserveQuota(
            campaign_id="q4",
            sender=f"s{number}",
            channel=f"c{_channel(number, wave, channels)}",
            wave=wave,
            at_most=_PER_WAVE,
        )
        with ledger.write() as connection:
            reserve_wave(connection, request, _NOW)
    ledger.close()


def _channel(number: int, wave: int, channels: int) -> int:
    return (number * _WAVES + wave) % channels


def _prepare(url: str, channels: int) -> None:
    """Plan messages for every worker's waves, under a limit that is counted but does not bind."""
    ledger = Ledger(url)
    migrate(ledger)
    limits = {"limits": [{"messages": 1_000_000, "per": "1h"}]}
    with ledger.write() as connection:
        connection.execute(
            insert(Channel),
            [
                {
                    "id": f"c{n}", "kind": "smtp", "shared": True, "settings": limits,
                    "secrets": "", "state": "active", "state_reason": "", "state_at": 0,
                }
                for n in range(channels)
            ],
        )  # fmt: skip
        connection.execute(
            insert(Campaign).values(
                id="q4", name="Q4", settings={"senders": []}, state="running", staged_at=0
            )
        )
        connection.execute(
            insert(Step).values(campaign_id="q4", position=0, id="intro", settings={}, version=1)
        )
        for number in range(WORKERS):
            _plan(connection, number, channels)
    ledger.close()


def _plan(connection: Connection, number: int, channels: int) -> None:
    sequence = connection.execute(
        insert(Sequence).values(campaign_id="q4", sender=f"s{number}").returning(Sequence.id)
    ).scalar_one()
    for wave in range(1, _WAVES + 1):
        for place in range(_PER_WAVE):
            person = f"p{number}-{wave}-{place}"
            enrollment = connection.execute(
                insert(Enrollment)
                .values(
                    campaign_id="q4", sequence_id=sequence, address=f"{person}@x.test",
                    recipient=f"{person}@x.test", person_key=person, fields={}, row=2,
                    state="active", reason="",
                )
                .returning(Enrollment.id)
            ).scalar_one()  # fmt: skip
            connection.execute(
                insert(Message).values(
                    enrollment_id=enrollment, sequence_id=sequence, position=0, priority=2,
                    domain="x.test", state="planned", due_at=_NOW - 1,
                    channel_id=f"c{_channel(number, wave, channels)}",
                    attempt=0, deferrals=0, reason="",
                )
            )  # fmt: skip
