"""Adding steps at the end of a running campaign, as its changed file describes them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import Connection

from operations.changing_steps import define_again
from operations.opening import refuse_unless_running
from operations.refusal import Refused
from operations.updates import ask_campaign
from postroad.campaign.file import load_campaign
from postroad.contracts import AddStep, StepAdded, VariantText
from postroad.ledger.content import store_attachments
from postroad.ledger.engine import Ledger
from postroad.ledger.staging import StagedStep, store_texts
from postroad.ledger.steps import load_steps

_LAUNCH_ANOTHER = (
    "launch what comes next as a campaign of its own, `postroad launch` with another id"
)


@dataclass(frozen=True, slots=True)
class Addition:
    """Steps that a campaign does not have yet."""

    campaign: str
    position: int
    """Of the first of them."""
    steps: tuple[StagedStep, ...]
    files: Mapping[str, bytes]
    """What their texts attach, by SHA-256."""


def read_addition(ledger: Ledger, campaign: str, path: Path) -> Addition:
    """Read which steps the campaign file has beyond those that the campaign has.

    Raises:
        FileError: the file is not as it must be; its texts may name what all people have.
        Refused: the campaign has ended, or the file adds nothing at the end.
    """
    file = load_campaign(path)
    with ledger.read() as connection:
        refuse_unless_running(connection, campaign, _LAUNCH_ANOTHER)
        steps = load_steps(connection, campaign)
        known = {step.id for step in steps}
        listed = [step.id for step in file.steps]
        new = [name for name in listed if name not in known]
        if not new:
            raise Refused(f"{path} has no step that {campaign} does not have")
        former = [step.id for step in steps if step.id in listed]
        missing = [step.id for step in steps if step.id not in listed and not step.removed]
        if missing or listed != former + new:
            raise Refused(
                f"{path}: the steps of {campaign} must stand before {new[0]}, in their order: "
                "steps are added at the end"
            )
        definition = define_again(connection, campaign, file, path)
    added = tuple(step for step in definition.steps if step.id in new)
    return Addition(campaign, len(steps), added, definition.files)


async def add_steps(ledger: Ledger, addition: Addition, *, reopen_finished: bool, by: str) -> int:
    """Let everybody who has not left get more steps; return how many they are.

    Args:
        ledger: where the campaign is.
        addition: what to add.
        reopen_finished: whether those who were sent every step so far get it as well.
        by: who decides it.

    Raises:
        Refused: the campaign does not run, or got other steps meanwhile.
    """
    people = 0
    with ledger.write() as connection:
        store_attachments(connection, addition.files)
    for position, step in enumerate(addition.steps, start=addition.position):
        with ledger.write() as connection:
            request = _stage(connection, addition.campaign, position, step)
        request = request.model_copy(update={"reopen_finished": reopen_finished, "by": by})
        added = await ask_campaign(addition.campaign, "add_step", request, StepAdded)
        people = max(people, added.people)
    return people


def _stage(connection: Connection, campaign: str, position: int, step: StagedStep) -> AddStep:
    """Store a step's texts."""
    version, variants = store_texts(connection, campaign, position, step)
    return AddStep(
        step=step.id,
        position=position,
        settings=step.settings.model_dump(mode="json"),
        version=version,
        variants=[VariantText(**asdict(variant)) for variant in variants],
    )
