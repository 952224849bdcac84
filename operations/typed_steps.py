"""Steps of a running campaign as somebody types them in a form: Markdown, and no file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import ValidationError
from sqlalchemy import Connection

from operations.adding_steps import Addition
from operations.changing_steps import StepEdit, find_step, versions_now
from operations.definition import Definition, check_workspace, with_default_window
from operations.library import with_library
from operations.opening import refuse_unless_running
from operations.refusal import Refused
from postroad.campaign.bodies import build_template_like
from postroad.campaign.conditions import ANY
from postroad.campaign.step import StepFile
from postroad.campaign.template import StepTemplate, TextError, unknown_fields
from postroad.campaign.waits import format_wait
from postroad.field_errors import did_you_mean, say_errors
from postroad.ledger.changing_steps import count_not_yet_left
from postroad.ledger.engine import Ledger
from postroad.ledger.fields_of_people import common_fields
from postroad.ledger.staging import StagedStep, StagedVariant
from postroad.ledger.steps import load_attachments, load_settings, load_steps

_EMPTY_MAIL = StepTemplate(subject="", text="", html="")
_EMPTY_TASK = StepTemplate(subject="", text="")


@dataclass(frozen=True, slots=True)
class TypedText:
    """A text of a step, in another's place."""

    subject: str
    text: str
    """Markdown; for a task, and for a mail without HTML, it is taken as it is."""
    wait: str
    variant: str
    """Which of the step's variants it is of; empty where it has none."""
    version: int
    """The version that was shown when somebody began to type."""
    wait_shown: str
    """The wait that was shown then."""


@dataclass(frozen=True, slots=True)
class TypedStep:
    """A step that a campaign is to get at its end."""

    id: str
    subject: str
    text: str
    """Markdown; for a task it is taken as it is."""
    wait: str
    task: str
    """What somebody is to do, such as `call`; empty for a mail."""
    answers: bool
    """Whether it is sent as a reply in the same thread."""
    reopens: bool
    """Whether those who were sent every step so far get it as well."""


def can_be_typed(template: StepTemplate) -> bool:
    """Whether a text is what its Markdown, or plain text, says: HTML of its own would be lost."""
    try:
        again, _ = build_template_like(template, template.subject, template.text or "", {})
    except TextError:
        return False
    return again.html == template.html


def edit_of_typed(ledger: Ledger, campaign: str, step: str, typed: TypedText) -> StepEdit:
    """Give a step, or one of its variants, another text and another wait; attached files stay.

    Raises:
        Refused: the campaign does not run, somebody else changed the text meanwhile, or the step
            cannot have this one.
        FileError: the text needs what the workspace lacks.
    """
    with ledger.read() as connection:
        now, before = find_step(connection, campaign, step)
        versions = versions_now(now)
        shown = (typed.version, typed.wait_shown)
        if shown != (versions.get(typed.variant), format_wait(before.settings.wait)):
            raise Refused(
                f"somebody changed {step} meanwhile: open it again in another window, and take "
                "over what you typed here"
            )
        names = [variant.id for variant in before.variants] or [""]
        former = before.templates[names.index(typed.variant)]
        if not can_be_typed(former):
            raise Refused(f"{step} is HTML: `postroad step change {campaign} {step} --body FILE`")
        same = typed.text.strip() == (former.text or "").strip()
        written = {
            "id": step,
            "subject": typed.subject,
            "text": former.text if same else typed.text,
            "wait": typed.wait,
            "thread": before.settings.thread,
            "task": before.settings.task,
        }
        file, template, files = _built(connection, campaign, written, former)
        after = replace(
            _with_text(before, typed.variant, template),
            settings=before.settings.model_copy(update={"wait": file.wait}),
        )
        _check(connection, campaign, after, files)
        messages = count_not_yet_left(connection, campaign, now.position)
    return StepEdit(campaign, now.position, versions, before, after, files, messages)


def addition_of_typed(ledger: Ledger, campaign: str, typed: TypedStep) -> Addition:
    """Describe one more step at the end of a campaign.

    Raises:
        Refused: the campaign does not run, or cannot have this step.
        FileError: the text needs what the workspace lacks.
    """
    with ledger.read() as connection:
        refuse_unless_running(connection, campaign, "it gets more steps while it runs")
        steps = load_steps(connection, campaign)
        if typed.id == ANY or any(typed.id == step.id for step in steps):
            raise Refused(f"the id {typed.id!r} is taken: give the step another")
        if typed.answers and all(step.settings.task or step.removed for step in steps):
            raise Refused("there is no mail that it could answer: send it as a new one")
        written = {
            "id": typed.id,
            "subject": typed.subject,
            "text": typed.text,
            "wait": typed.wait,
            "thread": "reply" if typed.answers else "new",
            "task": typed.task or None,
        }
        empty = _EMPTY_TASK if typed.task else _EMPTY_MAIL
        file, template, files = _built(connection, campaign, written, empty)
        step = _check(connection, campaign, StagedStep(file.id, file.settings, template), files)
    return Addition(campaign, len(steps), (step,), files)


def _built(
    connection: Connection, campaign: str, written: dict[str, str | None], former: StepTemplate
) -> tuple[StepFile, StepTemplate, Mapping[str, bytes]]:
    """Return what was typed as a step, its text, and the text's files."""
    given = {name: value for name, value in written.items() if value}
    if "task" in given:
        del given["thread"]
    contents = load_attachments(connection, former)

    def build(step: StepFile) -> tuple[StepTemplate, dict[str, bytes]]:
        return build_template_like(former, step.subject or "", step.text or "", contents)

    try:
        file = StepFile.model_validate(given, context={"directory": None})
        template, files = with_library(connection, build)(file)
        unknown = unknown_fields(template, frozenset(common_fields(connection, campaign)))
    except ValidationError as error:
        place, words = next(say_errors(StepFile, given, error))
        raise Refused(f"{place[0]} {words}" if place else words) from None
    except TextError as error:
        raise Refused(str(error)) from None
    if unknown:
        known = common_fields(connection, campaign)
        raise Refused(f"{unknown[0]}; {did_you_mean(unknown[0].field.rpartition('.')[2], known)}")
    return file, template, files


def _with_text(step: StagedStep, variant: str, template: StepTemplate) -> StagedStep:
    if not variant:
        return replace(step, template=template)
    variants = tuple(
        StagedVariant(one.id, one.weight, template if one.id == variant else one.template)
        for one in step.variants
    )
    return replace(step, template=variants[0].template, variants=variants)


def _check(
    connection: Connection, campaign: str, step: StagedStep, files: Mapping[str, bytes]
) -> StagedStep:
    """Refuse what a launch would refuse; return the step as it is then kept."""
    settings = load_settings(connection, campaign)
    definition = Definition(campaign, settings, (step,), files, list, source=campaign)
    check_workspace(connection, definition)
    return with_default_window(connection, definition).steps[0]
