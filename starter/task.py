"""`postroad task`: what people have to do themselves."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from operations.clock import now, say_time
from operations.opening import opened_ledger
from operations.refusal import Refused
from operations.tasks import find_task, rewrite_mail, settle_task
from postroad.ledger.tasks import OpenTask, list_tasks
from starter.arguments import AsJson, By
from starter.terminal import print_json, print_table, say

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="See which tasks of running campaigns wait for somebody, and say that they are done.",
)

TaskId = Annotated[int, typer.Argument(metavar="TASK", help="The number that `task list` shows.")]
Note = Annotated[str, typer.Option("--note", help="What to remember of it.")]


@app.command("list")
def list_(
    *,
    campaign: Annotated[str | None, typer.Option(help="Only this campaign's.")] = None,
    sender: Annotated[str | None, typer.Option(help="Only those for this sender's people.")] = None,
    as_json: AsJson = False,
) -> None:
    """List open tasks, those that are due first before the others.

    Example: postroad task list --sender ana@acme.test
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        tasks = list_tasks(connection, now(), campaign=campaign, sender=sender)
    if as_json:
        print_json(tasks)
    elif tasks:
        print_table(["task", "due", "what", "person", "sender", "campaign"], map(_row, tasks))
    else:
        say("no task is open")


@app.command()
def show(task: TaskId, *, as_json: AsJson = False) -> None:
    """Show what is to be done.

    Example: postroad task show 12
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        found = find_task(connection, task)
    if as_json:
        print_json(found)
        return
    say(f"{found.kind}: {found.title}")
    say(f"{found.email}, in {found.campaign} ({found.step}), for {found.sender}")
    if found.problem:
        say(f"its text cannot be made for this person: {found.problem}")
    for line in found.instructions.splitlines():
        say(line)


@app.command()
def edit(
    task: TaskId,
    subject: Annotated[str, typer.Option("--subject", help="The mail's subject.")],
    file: Annotated[
        Path, typer.Option("--text", metavar="FILE", help="The mail in Markdown; - is stdin.")
    ],
    by: By,
) -> None:
    """Rewrite a mail that is under review; `task done` then sends it.

    Example: postroad task edit 12 --subject "Your question" --text answer.md
    """
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise Refused(f"{file} cannot be read as UTF-8 text") from None
    with opened_ledger() as ledger, ledger.write() as connection:
        rewrite_mail(connection, task, subject, text, by)
    say(f"the mail of task {task} is rewritten: `postroad task done {task}` sends it")


@app.command()
def done(task: TaskId, by: By, note: Note = "") -> None:
    """Say that a task was done; the person goes on with the next step.

    Example: postroad task done 12 --note "wants a demo in January"
    """
    _settle(task, done=True, note=note, by=by)


@app.command()
def skip(task: TaskId, by: By, note: Note = "") -> None:
    """Say that nobody needs to do a task; the person goes on with the next step.

    Example: postroad task skip 12
    """
    _settle(task, done=False, note=note, by=by)


def _settle(task: int, *, done: bool, note: str, by: str) -> None:
    with opened_ledger() as ledger, ledger.read() as connection:
        found = find_task(connection, task)
    settled = asyncio.run(settle_task(found, done=done, note=note, by=by))
    say(f"{settled.step} is {'done' if done else 'skipped'}")


def _row(task: OpenTask) -> list[str]:
    due = f"{say_time(task.due_at)}{' (overdue)' if task.overdue else ''}" if task.due_at else ""
    what = f"{task.kind}: {task.title}"
    return [str(task.id), due, what, task.email, task.sender, task.campaign]
