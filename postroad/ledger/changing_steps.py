"""Changing a step of a running campaign: another text, another wait, other hours."""

from sqlalchemy import Connection, func, insert, select, update

from postroad.contracts import PublishStepText
from postroad.contracts.states import TO_LEAVE
from postroad.ledger.tables import Event, Message, Sequence, Step, StepText, StepVariant


class CannotChange(ValueError):
    """The sentence says why."""


def publish_step(connection: Connection, request: PublishStepText, now: int) -> int:
    """Send a staged version of a step's text from now on; return the messages that will be of it.

    Where a variant's text was staged, it is that variant's.

    Raises:
        CannotChange: there is no such step, or no such text.
    """
    step = connection.execute(
        select(Step.position, Step.settings)
        .where(Step.campaign_id == request.campaign_id, Step.id == request.step)
        .with_for_update()
    ).first()
    if step is None:
        raise CannotChange(f"{request.campaign_id} has no step {request.step!r}")
    variant = _publish(connection, request, step.position)
    what = f"text version {request.version}" + (f" of variant {variant}" if variant else "")
    if request.timing is not None:
        connection.execute(
            update(Step)
            .where(Step.campaign_id == request.campaign_id, Step.position == step.position)
            .values(settings={**step.settings, **request.timing.after})
        )
        what = f"{what}, another wait or window"
    connection.execute(
        insert(Event).values(
            at=now,
            event="step_changed",
            campaign_id=request.campaign_id,
            position=step.position,
            detail=f"{what} by {request.by}",
        )
    )
    return count_not_yet_left(connection, request.campaign_id, step.position)


def count_not_yet_left(connection: Connection, campaign: str, position: int) -> int:
    """Count the messages that a change of a step affects."""
    return connection.execute(
        select(func.count())
        .select_from(Message)
        .join(Sequence, Sequence.id == Message.sequence_id)
        .where(
            Sequence.campaign_id == campaign,
            Message.position == position,
            Message.state.in_(TO_LEAVE),
        )
    ).scalar_one()


def sequences_of(connection: Connection, campaign: str) -> list[int]:
    """Return the row ids of a campaign's sequences."""
    rows = select(Sequence.id).where(Sequence.campaign_id == campaign).order_by(Sequence.id)
    return list(connection.scalars(rows))


def position_of(connection: Connection, campaign: str, step: str) -> int:
    """Return a step's position."""
    return connection.execute(
        select(Step.position).where(Step.campaign_id == campaign, Step.id == step)
    ).scalar_one()


def _publish(connection: Connection, request: PublishStepText, position: int) -> str:
    """Make a version the one that is sent; return the variant it is of, empty where of none."""
    variant = connection.execute(
        select(StepText.variant).where(
            StepText.campaign_id == request.campaign_id,
            StepText.position == position,
            StepText.version == request.version,
        )
    ).scalar()
    if variant is None:
        raise CannotChange(f"{request.step} has no text version {request.version}")
    table: type[Step | StepVariant] = StepVariant if variant else Step
    of_text = [table.campaign_id == request.campaign_id, table.position == position]
    if variant:
        of_text.append(StepVariant.id == variant)
    now = connection.scalars(select(table.version).where(*of_text)).one()
    # A retry finds its own version there.
    if request.replaces not in (None, now) and request.version != now:
        raise CannotChange(f"somebody changed {request.step} meanwhile: look at it again")
    connection.execute(update(table).where(*of_text).values(version=request.version))
    return variant
