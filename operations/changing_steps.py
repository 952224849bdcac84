"""Changing a step of a running campaign: checked as at a launch, shown, staged, published."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import Connection

from operations.definition import Definition, check_workspace, define, with_default_window
from operations.library import with_library
from operations.opening import refuse_unless_running
from operations.refusal import Refused
from operations.updates import ask_campaign
from postroad.campaign.bodies import build_template
from postroad.campaign.file import CampaignFile, load_campaign
from postroad.campaign.step import StepFile
from postroad.campaign.template import StepTemplate, TextError, unknown_fields
from postroad.campaign.timing import Timing
from postroad.contracts import (
    ChangeStep,
    NewTiming,
    RemoveStep,
    StepChanged,
    StepRemoved,
)
from postroad.field_errors import did_you_mean, say_errors
from postroad.ledger.additions import current_steps
from postroad.ledger.changing_steps import count_not_yet_left
from postroad.ledger.content import store_attachments, store_text
from postroad.ledger.engine import Ledger
from postroad.ledger.fields_of_people import common_fields
from postroad.ledger.staging import StagedStep
from postroad.ledger.steps import CampaignStep, load_steps
from postroad.yaml_file import FileError

_TIMING = set(Timing.model_fields)


@dataclass(frozen=True, slots=True)
class StepEdit:
    """A step as it is, and as it is to be; both have the same variants."""

    campaign: str
    position: int
    versions: Mapping[str, int]
    """The versions that are sent now, by variant; that is empty where there is none."""
    before: StagedStep
    after: StagedStep
    files: Mapping[str, bytes]
    """What the new texts attach, by SHA-256."""
    messages: int
    """Those that have not left yet, which it is for."""

    @property
    def texts(self) -> list[tuple[str, StepTemplate]]:
        """The texts that change, each with its variant; that is empty where there is none."""
        return [(name, after) for name, before, after in self._pairs() if before != after]

    @property
    def timing(self) -> NewTiming | None:
        """When it leaves from now on, where that changes."""
        before, after = (
            step.settings.model_dump(mode="json", include=_TIMING)
            for step in (self.before, self.after)
        )
        return None if before == after else NewTiming(before=before, after=after)

    def difference(self) -> list[str]:
        """Return what changes, as lines of a unified diff."""
        before = list(_shown(self.before))
        return list(unified_diff(before, list(_shown(self.after)), "now", "then", lineterm="", n=1))

    def _pairs(self) -> Iterator[tuple[str, StepTemplate, StepTemplate]]:
        if not self.before.variants:
            yield "", self.before.template, self.after.template
        for before, after in zip(self.before.variants, self.after.variants, strict=True):
            yield before.id, before.template, after.template


def edit_from_file(ledger: Ledger, campaign: str, step: str, path: Path) -> StepEdit:
    """Read what a step is to be from the campaign file.

    Raises:
        FileError: the file is not as it must be; its texts may name what all people have.
        Refused: the campaign does not run, or the step cannot become that.
    """
    file = load_campaign(path)
    with ledger.read() as connection:
        step_now, before = find_step(connection, campaign, step)
        if all(each.id != step for each in file.steps):
            raise Refused(f"{path} has no step {step!r}")
        definition = define_again(connection, campaign, file, path)
        after = next(each for each in definition.steps if each.id == step)
        messages = count_not_yet_left(connection, campaign, step_now.position)
    edit = StepEdit(
        campaign,
        step_now.position,
        versions_now(step_now),
        before,
        after,
        definition.files,
        messages,
    )
    _refuse_other_changes(edit, path)
    return edit


def edit_of_text(
    ledger: Ledger, campaign: str, step: str, *, subject: str | None, body: Path | None
) -> StepEdit:
    """Give a step another subject, another text, or both; attached files stay.

    Raises:
        Refused: the campaign does not run, or the step cannot have this text.
    """
    with ledger.read() as connection:
        step_now, before = find_step(connection, campaign, step)
        if before.variants:
            raise Refused(f"{step} has variants: change the campaign file, and give it with --file")
        template, files = _with_words(connection, before, subject, body)
        fields = common_fields(connection, campaign)
        messages = count_not_yet_left(connection, campaign, step_now.position)
    try:
        unknown = unknown_fields(template, frozenset(fields))
    except TextError as error:
        raise Refused(f"step {step}: {error}") from None
    if unknown:
        known = did_you_mean(unknown[0].field.rpartition(".")[2], fields)
        raise Refused(f"step {step}: {unknown[0]}; {known}")
    after = StagedStep(before.id, before.settings, template)
    return StepEdit(
        campaign, step_now.position, versions_now(step_now), before, after, files, messages
    )


async def change_step(ledger: Ledger, edit: StepEdit, by: str) -> int:
    """Send what a step is to be from now on; return how many messages that affects.

    What is on the wire leaves as it is.

    Raises:
        Refused: nothing would change, nobody is to get the step any more, or the campaign refuses.
    """
    texts, timing = edit.texts, edit.timing
    if not texts and timing is None:
        raise Refused(f"{edit.before.id} is like that already")
    if not edit.messages:
        raise Refused(f"nobody is to get {edit.before.id} any more: nothing would change")
    with ledger.write() as connection:
        store_attachments(connection, edit.files)
        versions = [
            (store_text(connection, edit.campaign, edit.position, template, variant), variant)
            for variant, template in texts
        ]
    affected = 0
    # Where no text changes, any that is sent now stands for them all.
    for version, variant in versions or [(now, name) for name, now in edit.versions.items()][:1]:
        change = ChangeStep(
            step=edit.before.id,
            version=version,
            replaces=edit.versions[variant],
            timing=timing,
            by=by,
        )
        changed = await ask_campaign(edit.campaign, "change_step", change, StepChanged)
        affected, timing = changed.messages_affected, None
    return affected


async def remove_step(campaign: str, step: str, by: str) -> int:
    """Let nobody get a step any more; return how many people go on at once for it.

    Raises:
        Refused: the campaign does not run, has no such step, or cannot do without it.
    """
    removal = RemoveStep(step=step, by=by)
    return (await ask_campaign(campaign, "remove_step", removal, StepRemoved)).messages_skipped


def define_again(
    connection: Connection, campaign: str, file: CampaignFile, path: Path
) -> Definition:
    """Check a running campaign's changed file as at a launch, for the people it has now.

    Raises:
        FileError: something is not as it must be.
        Refused: it is another campaign's.
    """
    if file.id not in (None, campaign):
        raise Refused(f"{path} is of campaign {file.id}, not of {campaign}")
    definition = define(
        campaign,
        file,
        with_library(connection, build_template),
        common_fields(connection, campaign),
        lambda: (),
        source=str(path),
    )
    check_workspace(connection, definition)
    return with_default_window(connection, definition)


def find_step(connection: Connection, campaign: str, step: str) -> tuple[CampaignStep, StagedStep]:
    """Return a running campaign's step as it is kept, and with its texts.

    Raises:
        Refused: the campaign does not run, or has no such step.
    """
    refuse_unless_running(connection, campaign, "its steps can be changed while it runs")
    steps = {each.id: each for each in current_steps(connection, campaign)}
    if step not in steps:
        raise Refused(f"{campaign} has no step {step!r}; {did_you_mean(step, steps)}")
    now = next(each for each in load_steps(connection, campaign) if each.id == step)
    return now, steps[step]


def versions_now(step: CampaignStep) -> dict[str, int]:
    """Return the versions that are sent now, by variant; that is empty where there is none."""
    return {variant.id: variant.version for variant in step.variants} or {"": step.version}


def _with_words(
    connection: Connection, step: StagedStep, subject: str | None, body: Path | None
) -> tuple[StepTemplate, Mapping[str, bytes]]:
    former = step.template
    if body is None:
        return former.model_copy(update={"subject": subject or former.subject}), {}
    written = {
        "id": step.id,
        "subject": subject or former.subject or None,
        "thread": step.settings.thread,
        "task": step.settings.task,
        "body": body,
    }
    given = {name: value for name, value in written.items() if value is not None}
    if step.settings.task is not None:
        del given["thread"]
    try:
        file = StepFile.model_validate(given, context={"directory": Path()})
        template, files = with_library(connection, build_template)(file)
    except ValidationError as error:
        _, words = next(say_errors(StepFile, given, error))
        raise Refused(f"{body}: {words}") from None
    except (TextError, FileError) as error:
        raise Refused(f"{body}: {error}") from None
    kept = tuple(each for each in former.attachments if each.content_id is None)
    return template.model_copy(update={"attachments": (*kept, *template.attachments)}), files


def _refuse_other_changes(edit: StepEdit, path: Path) -> None:
    before, after = edit.before, edit.after
    kept = set(type(before.settings).model_fields) - _TIMING
    changed = [
        name
        for name in sorted(kept)
        if getattr(before.settings, name) != getattr(after.settings, name)
    ]
    if [(v.id, v.weight) for v in before.variants] != [(v.id, v.weight) for v in after.variants]:
        changed.append("variants")
    if changed:
        raise Refused(
            f"{path}: step {before.id}: {', '.join(changed)} cannot change while the campaign "
            "runs; its texts, attachments, wait, window, not_before and not_after can"
        )


def _shown(step: StagedStep) -> Iterator[str]:
    """Show a step line by line."""
    for name, value in step.settings.model_dump(mode="json", include=_TIMING).items():
        if value:
            yield f"{name}: {value if isinstance(value, str) else json.dumps(value)}"
    texts = [(f"{each.id}: ", each.template) for each in step.variants] or [("", step.template)]
    for variant, template in texts:
        yield f"{variant}subject: {template.subject}"
        for part in (template.text, template.html):
            yield from (part or "").splitlines()
        for file in template.attachments:
            yield f"{variant}attached: {file.filename} ({file.sha256[:12]})"
