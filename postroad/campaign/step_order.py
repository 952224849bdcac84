"""What the steps of a campaign may say about one another."""

from collections.abc import Iterator, Sequence

from postroad.campaign.conditions import ANY, Condition, Deed
from postroad.campaign.step import StepFile
from postroad.field_errors import Place, did_you_mean


def faults_of_order(steps: Sequence[StepFile]) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong between steps, and where, seen from the campaign."""
    for position, step in enumerate(steps):
        before = steps[:position]
        if any(step.id == other.id for other in before):
            yield ("steps", position, "id"), f"{step.id} stands here twice; rename one"
        if step.id == ANY:
            yield ("steps", position, "id"), f"{ANY} means every step; rename this one"
        if step.thread == "reply" and all(other.task is not None for other in before):
            yield (
                ("steps", position, "thread"),
                "the first mail has nothing to reply to; use new",
            )
        for name, condition in (("if", step.only_if), ("unless", step.unless)):
            if condition is not None:
                for deed, fault in _faults_of_condition(condition, before):
                    yield ("steps", position, name, deed), fault


def _faults_of_condition(
    condition: Condition, before: Sequence[StepFile]
) -> Iterator[tuple[Deed, str]]:
    for deed, named in condition.deeds:
        fitting = {step.id for step in before if (step.task is not None) == (deed is Deed.DONE)}
        kind = "task" if deed is Deed.DONE else "mail"
        if not fitting:
            yield deed, f"speaks of a {kind} before this step, and there is none"
        elif named != ANY and named not in fitting:
            yield deed, f"{named} is no {kind} before this step; {did_you_mean(named, fitting)}"
