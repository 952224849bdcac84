"""A discrete-event simulation of sequences that ask, sleep, send and settle, as they really do."""

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from postroad.quota.allocation import Candidate, wave_size
from postroad.quota.decision import Grant, decide
from postroad.quota.limits import Limit
from postroad.quota.scope import Scope, tolerance_for
from postroad.quota.spacing import Spacing
from postroad.quota.turns import Priority, Shares, Turn
from postroad.quota.window import Charge

CHANNEL = "channel:x"


@dataclass
class Worker:
    """One sequence with its work."""

    sequence: int
    campaign: str
    messages: int
    priority: Priority = Priority.FIRST_TOUCH
    starts_at: int = 0
    at_most: int = 50
    domain: str | None = None


@dataclass
class Simulation:
    """One channel shared by several sequences."""

    limits: list[Limit]
    workers: list[Worker]
    latency: Callable[[], int] = lambda: 20
    domain_limits: dict[str, list[Limit]] = field(default_factory=dict)
    spacing: Spacing | None = None
    """Its limit is one of `limits`."""
    outage: tuple[int, int] = (-1, -1)
    """Between these instants nobody asks: all workers are dead."""
    accepted: list[tuple[int, Worker]] = field(default_factory=list)
    """When the provider accepted each message, and whose it was."""

    def run(self, until: int) -> None:
        """Run until an instant, or until all work is done."""
        self.tolerance = tolerance_for(self.limits)
        self.booked: dict[int, tuple[int, str | None]] = {}
        self.settled: list[tuple[int, str | None]] = []
        self.turns: dict[int, Turn] = {}
        self.shares = Shares(0, {})
        self.queue: list[tuple[int, int, Callable[[int], None]]] = []
        self.numbers = itertools.count()
        self.messages = itertools.count()
        for worker in self.workers:
            self.push(worker.starts_at, self._asker(worker))
        while self.queue and self.queue[0][0] <= until:
            at, _, do = heapq.heappop(self.queue)
            do(at)

    def push(self, at: int, do: Callable[[int], None]) -> None:
        """Do something at an instant."""
        heapq.heappush(self.queue, (at, next(self.numbers), do))

    def _asker(self, worker: Worker) -> Callable[[int], None]:
        return lambda now: self._ask(worker, now)

    def _ask(self, worker: Worker, now: int) -> None:
        begin, end = self.outage
        if begin <= now < end:
            self.push(end, self._asker(worker))
            return
        if not worker.messages:
            self.turns.pop(worker.sequence, None)
            return
        limits = itertools.chain(self.limits, *self.domain_limits.values())
        longest = max(limit.per_ms for limit in limits)
        self.settled = [(at, of) for at, of in self.settled if at > now - longest]
        size = min(worker.messages, wave_size(worker.at_most, self.limits))
        known = self.turns.get(worker.sequence)
        mine = Turn(
            worker.sequence,
            worker.campaign,
            worker.priority,
            size,
            known.asked_at if known else now,
            now,
        )
        scopes = (CHANNEL,) if worker.domain is None else (CHANNEL, f"domain:{worker.domain}")
        candidates = [Candidate(next(self.messages), scopes) for _ in range(size)]
        answer = decide(
            mine,
            self.turns.values(),
            self.shares,
            candidates,
            self._scopes,
            shared=(CHANNEL,),
            now=now,
            tolerance=self.tolerance,
        )
        if isinstance(answer, Grant):
            self._grant(worker, answer)
        else:
            self.turns[worker.sequence] = Turn(
                mine.sequence, mine.campaign, mine.priority, size, mine.asked_at, answer.until
            )
            self.push(answer.until, self._asker(worker))

    def _grant(self, worker: Worker, grant: Grant) -> None:
        finish = {**self.shares.finish, worker.campaign: grant.finish}
        self.shares = Shares(grant.virtual_time, finish)
        self.turns.pop(worker.sequence, None)
        worker.messages -= len(grant.slots)
        last = 0
        for message, slot in grant.slots.items():
            self.booked[message] = (slot, worker.domain)
            at = slot + min(self.latency(), self.tolerance)
            last = max(last, at)
            self.push(at, self._settler(worker, message))
        self.push(last + 1, self._asker(worker))

    def _settler(self, worker: Worker, message: int) -> Callable[[int], None]:
        def settle(now: int) -> None:
            _, domain = self.booked.pop(message)
            self.settled.append((now, domain))
            self.accepted.append((now, worker))

        return settle

    def _scopes(self, tolerance: int) -> dict[str, Scope]:
        def charges(domain: str | None, *, everyone: bool) -> Iterator[Charge]:
            for at, of in self.settled:
                if everyone or of == domain:
                    yield Charge(at, at)
            for slot, of in self.booked.values():
                if everyone or of == domain:
                    yield Charge(slot, slot + tolerance)

        scopes = {
            CHANNEL: Scope(
                CHANNEL, "x", self.limits, charges(None, everyone=True), spacing=self.spacing
            )
        }
        for domain, limits in self.domain_limits.items():
            key = f"domain:{domain}"
            scopes[key] = Scope(key, domain, limits, charges(domain, everyone=False))
        return scopes
