"""How the shared library's templates did, over all campaigns that were made of them."""

from collections import Counter, defaultdict

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from postroad.contracts import MessageState
from postroad.ledger.shares import Share, share
from postroad.ledger.tables import Event, Message, Sequence, StepText
from postroad.ledger.tables.messages import CAME_BACK


class LibraryResult(BaseModel):
    """What became of the mails that one version of a template made."""

    model_config = ConfigDict(frozen=True)

    version: int
    campaigns: int
    """In how many it is the text of a step."""
    sent: int
    bounced: Share
    replied: Share
    opened: Share
    clicked: Share


def library_results(
    connection: Connection, name: str, sender: str | None = None
) -> list[LibraryResult]:
    """Return how each version of a template did that was ever launched, the latest first.

    Args:
        connection: a read transaction.
        name: the template's.
        sender: only what one sender's people got; None for everybody's.
    """
    counts: defaultdict[int | None, Counter[str]] = defaultdict(Counter)
    own = () if sender is None else (Sequence.sender == sender,)
    for version, number in connection.execute(_sent(name, *own)):
        counts[version]["sent"] = number
    for version, event, number in connection.execute(_came_back(name, *own)):
        counts[version][event] = number
    used = connection.execute(
        select(StepText.library_version, func.count(StepText.campaign_id.distinct()))
        .where(StepText.library_name == name)
        .group_by(StepText.library_version)
        .order_by(StepText.library_version.desc())
    )
    return [
        _result(version, campaigns, counts[version])
        for version, campaigns in used
        if version is not None
    ]


def _sent(name: str, *own: ColumnElement[bool]) -> Select[int | None, int]:
    return (
        select(StepText.library_version, func.count())
        .join(Sequence, Sequence.campaign_id == StepText.campaign_id)
        .join(
            Message,
            and_(
                Message.sequence_id == Sequence.id,
                Message.position == StepText.position,
                Message.version == StepText.version,
            ),
        )
        .where(StepText.library_name == name, Message.state == MessageState.SENT, *own)
        .group_by(StepText.library_version)
    )


def _came_back(name: str, *own: ColumnElement[bool]) -> Select[int | None, str, int]:
    """Count people, each once for whatever they did several times."""
    return (
        select(StepText.library_version, Event.event, func.count(Message.id.distinct()))
        .join(
            Event,
            and_(Event.campaign_id == StepText.campaign_id, Event.position == StepText.position),
        )
        .join(
            Message,
            and_(
                Message.enrollment_id == Event.enrollment_id,
                Message.position == Event.position,
                Message.version == StepText.version,
            ),
        )
        .join(Sequence, Sequence.id == Message.sequence_id)
        .where(StepText.library_name == name, CAME_BACK, Message.state == MessageState.SENT, *own)
        .group_by(StepText.library_version, Event.event)
    )


def _result(version: int, campaigns: int, counted: Counter[str]) -> LibraryResult:
    sent = counted["sent"]
    return LibraryResult(
        version=version,
        campaigns=campaigns,
        sent=sent,
        bounced=share(counted["bounced"], sent),
        replied=share(counted["replied"], sent),
        opened=share(counted["opened"], sent),
        clicked=share(counted["clicked"], sent),
    )
