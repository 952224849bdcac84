"""One selection: going through what is due, choosing, and writing the choices down."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, insert, literal, select, tuple_, update

from postroad.channels.options import ChannelOption
from postroad.channels.selection import Chosen, Impossible
from postroad.contracts import EnrollmentState, MessageState, SelectChannel
from postroad.ledger.channel_options import conversation_roots
from postroad.ledger.choices import Choices
from postroad.ledger.falling_due import Due, FallingDue
from postroad.ledger.pausing import hold_paused
from postroad.ledger.settlement import end_person
from postroad.ledger.steps import load_settings, load_steps
from postroad.ledger.tables import Event, Message
from postroad.ledger.windows import hold_to_timing

_EVENT_COLUMNS = (
    "at",
    "event",
    "campaign_id",
    "enrollment_id",
    "position",
    "channel_id",
    "detail",
)


class Selecting:
    """One call's choices: every due message is looked at, at most so many get a channel."""

    def __init__(
        self,
        connection: Connection,
        request: SelectChannel,
        sequence: int,
        now: int,
        networks: Mapping[str, str],
    ) -> None:
        self._connection = connection
        self._request = request
        self._sequence = sequence
        self._now = now
        self.steps = load_steps(connection, request.campaign_id)
        self._roots = conversation_roots(self.steps)
        self._choices = Choices(
            connection,
            sequence,
            request.sender,
            load_settings(connection, request.campaign_id),
            self.steps,
            networks,
            now=now,
            at_most=request.at_most,
        )
        self._falling_due = FallingDue(connection, request, self.steps, now)
        self._chosen: dict[tuple[int, Chosen], list[int]] = {}
        self._why: dict[str, dict[str, None]] = {}
        self._impossible: list[tuple[Due, str]] = []
        self.held: Counter[str] = Counter()
        """Reason to number of messages."""
        self.more_due = False
        """Whether more messages are due than this call may select."""

    def run(self) -> None:
        """Choose, then write the choices down, a few statements per channel.

        Whoever is not meant by a step goes on with the next, which may be due at once as well.
        """
        for _ in self.steps:
            self._chosen.clear()
            self._impossible.clear()
            self._falling_due.skipped = False
            self._choose()
            for (position, choice), messages in self._chosen.items():
                self._assign(position, choice, messages)
            for message, why in self._impossible:
                self._fail(message, why)
            if not self._falling_due.skipped or self.more_due:
                return

    @property
    def options(self) -> Mapping[str, ChannelOption]:
        """Every channel as the choice sees it."""
        return self._choices.options

    def why(self, channel: str) -> str:
        """Return why a channel was chosen in this call."""
        return "; or: ".join(self._why.get(channel, ())) or "chosen earlier"

    def _choose(self) -> None:
        room = self._request.at_most
        for message, conversation in self._due():
            choice = self._choices.of(message.position, message.domain, conversation)
            if isinstance(choice, Chosen):
                if not room:
                    self.more_due = True
                    return
                room -= 1
                self._chosen.setdefault((message.position, choice), []).append(message.id)
                self._choices.count(choice.channel)
            elif isinstance(choice, Impossible):
                self._impossible.append((message, choice.why))
            else:
                self.held[choice.why] += 1

    def _due(self) -> Iterator[tuple[Due, str | None]]:
        """Yield every due message without a channel, and that of the mail it answers.

        They come page by page, so that messages that are held never hide those behind them.
        """
        size = self._request.at_most + 1
        after: tuple[int, int | None, int] | None = None
        while True:
            page = _due_page(self._connection, self._sequence, self._now, after, size)
            conversations = self._conversations(page)
            held = hold_paused(self._connection, [message.id for message in page], self._now)
            held |= self._too_late([message for message in page if message.id not in held])
            held |= self._falling_due.take_out([row for row in page if row.id not in held])
            for message in page:
                if message.id not in held:
                    yield message, conversations.get((message.enrollment_id, message.position))
            if len(page) < size:
                return
            after = (page[-1].priority, page[-1].due_at, page[-1].id)

    def _too_late(self, page: Sequence[Due]) -> set[int]:
        """End what is past its last day, whether or not a channel could take it."""
        last_days = {step.position for step in self.steps if step.settings.not_after is not None}
        ids = [message.id for message in page if message.position in last_days]
        if not ids:
            return set()
        return hold_to_timing(
            self._connection, self._request.campaign_id, self._sequence, ids, self._now
        )

    def _conversations(self, page: Sequence[Due]) -> dict[tuple[int, int], str | None]:
        """Return, by person and position of a follow-up, the channel its conversation began on.

        That is the channel of the first of its mails that was sent.
        """
        people = {message.enrollment_id for message in page if message.position in self._roots}
        if not people:
            return {}
        rows = self._connection.execute(
            select(Message.enrollment_id, Message.position, Message.channel_id)
            .where(
                Message.enrollment_id.in_(people),
                Message.state == MessageState.SENT,
                # What another sender began cannot go on through their mailbox.
                Message.sequence_id == self._sequence,
            )
            .order_by(Message.position.desc())
        )
        began: dict[tuple[int, int], str | None] = {}
        for person, sent, channel in rows:
            for position, root in self._roots.items():
                if root <= sent < position:
                    began[person, position] = channel
        return began

    def _assign(self, position: int, choice: Chosen, messages: Sequence[int]) -> None:
        self._why.setdefault(choice.channel, {})[choice.why] = None
        these = Message.id.in_(messages)
        self._connection.execute(update(Message).where(these).values(channel_id=choice.channel))
        told = select(
            literal(self._now),
            literal("selected"),
            literal(self._request.campaign_id),
            Message.enrollment_id,
            literal(position),
            literal(choice.channel),
            literal(choice.why),
        ).where(these)
        self._connection.execute(insert(Event).from_select(_EVENT_COLUMNS, told))

    def _fail(self, message: Due, why: str) -> None:
        self._connection.execute(
            update(Message)
            .where(Message.id == message.id)
            .values(state=MessageState.FAILED, reason=why)
        )
        end_person(self._connection, message.enrollment_id, EnrollmentState.FAILED, why)
        self._connection.execute(
            insert(Event).values(
                at=self._now,
                event="failed",
                campaign_id=self._request.campaign_id,
                enrollment_id=message.enrollment_id,
                position=message.position,
                detail=why,
            )
        )


def _due_page(
    connection: Connection,
    sequence: int,
    now: int,
    after: tuple[int, int | None, int] | None,
    size: int,
) -> Sequence[Due]:
    """Return due messages without a channel, the most urgent first, from a place in line on."""
    place = tuple_(Message.priority, Message.due_at, Message.id)
    statement = (
        select(
            Message.id,
            Message.enrollment_id,
            Message.position,
            Message.domain,
            Message.priority,
            Message.due_at,
        )
        .where(
            Message.sequence_id == sequence,
            Message.channel_id.is_(None),
            Message.state == MessageState.PLANNED,
            Message.due_at <= now,
        )
        .order_by(Message.priority, Message.due_at, Message.id)
        .limit(size)
        .with_for_update()
    )
    if after is not None:
        statement = statement.where(place > after)
    return connection.execute(statement).all()
