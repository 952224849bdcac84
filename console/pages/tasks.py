"""Tasks: what waits for somebody, and saying that it was done."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from console.access import Permission, viewer_of
from console.forms import is_number, lines, text
from console.installation import installation_of
from console.rendering import render
from console.routing import Change, Done, Page
from operations.clock import now
from operations.refusal import Refused
from operations.tasks import find_task, rewrite_mail, settle_task
from postroad.ledger.tasks import REVIEW, OpenTask, count_tasks, list_tasks

_MOST_SHOWN = 100


def routes() -> list[BaseRoute]:
    """Return the list, and what can be said of a task."""
    return [
        Page("/tasks", _list),
        Change("/tasks/{task}", "settle task", _settle, Permission.ACT),
    ]


async def _list(request: Request) -> Response:
    viewer, installation = viewer_of(request), installation_of(request)
    sender = viewer.sender or text(request.query_params, "sender") or None
    campaign = text(request.query_params, "campaign") or None
    tasks = await installation.read(
        list_tasks, now(), campaign=campaign, sender=sender, at_most=_MOST_SHOWN
    )
    return render(
        request,
        "tasks.html",
        tasks=tasks,
        number=await installation.read(count_tasks, sender, campaign),
        sender=sender or "",
        campaign=campaign or "",
        review=REVIEW,
    )


async def _settle(request: Request) -> Done:
    """Note that a task was done or is skipped; a mail is first rewritten where somebody did."""
    form, viewer, installation = await request.form(), viewer_of(request), installation_of(request)
    task = await _theirs(request)
    decision, note = text(form, "decision"), text(form, "note")
    if decision == "rewrite":
        await installation.write(
            rewrite_mail, task.id, text(form, "subject"), lines(form, "text"), viewer.email
        )
    elif decision not in ("done", "skip"):
        raise Refused("say what is to be done: done or skip")
    await settle_task(task, done=decision != "skip", note=note, by=viewer.email)
    words = {"done": "done", "skip": "skipped", "rewrite": "rewritten and approved"}[decision]
    return Done(f"{task.kind} for {task.email} is {words}", task.email, "/tasks")


async def _theirs(request: Request) -> OpenTask:
    """Return the task that is meant; a rep's own ones only."""
    name, viewer = request.path_params["task"], viewer_of(request)
    if not is_number(name):
        raise HTTPException(404)
    task = await installation_of(request).read(find_task, int(name))
    if viewer.sender not in (None, task.sender):
        raise HTTPException(403, "This task is another rep’s.")
    return task
