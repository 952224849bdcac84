"""Uncertain messages: each waits until somebody says whether it is sent again."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from console.access import Permission, viewer_of
from console.forms import numbers, text
from console.installation import installation_of
from console.rendering import render
from console.routing import Change, Done, Page
from operations.clock import now
from operations.refusal import Refused
from operations.waking import wake_if_possible
from postroad.ledger.uncertain import count_uncertain, dismiss, list_uncertain, resend
from postroad.wording import say_count

_MOST_SHOWN = 200


def routes() -> list[BaseRoute]:
    """Return the list and the decision."""
    return [
        Page("/uncertain", _list),
        Change("/uncertain", "decide uncertain", _decide, Permission.ACT, subject="message"),
    ]


async def _list(request: Request) -> Response:
    sender, installation = viewer_of(request).sender, installation_of(request)
    return render(
        request,
        "uncertain.html",
        messages=await installation.read(list_uncertain, sender=sender, at_most=_MOST_SHOWN),
        number=await installation.read(count_uncertain, sender),
    )


async def _decide(request: Request) -> Done:
    """Send the chosen messages again, dismiss them, or count them as sent; a rep's own ones."""
    form, viewer, installation = await request.form(), viewer_of(request), installation_of(request)
    by, sender = viewer.email, viewer.sender
    everything = text(form, "which") == "all"
    chosen = None if everything else numbers(form, "message")
    if not everything and not chosen:
        raise Refused("choose at least one message")
    await installation.temporal()  # first: whom the decision concerns must be woken
    match text(form, "decision"):
        case "resend":
            decided = await installation.write(resend, chosen, by, now(), sender=sender)
            what = "to be sent again"
        case "dismiss":
            decided = await installation.write(dismiss, chosen, by, now(), sender=sender)
            what = "dismissed"
        case "as_sent":
            decided = await installation.write(
                dismiss, chosen, by, now(), as_sent=True, sender=sender
            )
            what = "counted as sent"
        case _:
            raise Refused("say what is to be done: resend, dismiss or count as sent")
    missed = await wake_if_possible(
        installation.settings, decided.wake, f"uncertain messages {what} by {by}"
    )
    words = f"{say_count(len(decided.messages), 'message')} {what}"
    if missed:
        words += f"; {missed}"
    if decided.refused:
        words += "; left as they are: " + "; ".join(sorted(set(decided.refused.values())))
    return Done(words, ", ".join(map(str, decided.messages)), "/uncertain")
