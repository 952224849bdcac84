"""A person: everything that happened, what comes next, and ending it."""

from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from console.access import Permission, Viewer, viewer_of
from console.forms import text
from console.installation import Installation, installation_of
from console.rendering import render
from console.routing import Change, Done, Page
from operations.clock import now
from operations.opening import normalised
from operations.refusal import Refused
from operations.updates import ask_campaign
from operations.waking import wake_if_possible
from postroad.contracts import PersonRemoved, RemovePerson, sequence_workflow_id
from postroad.ledger.explanations import explain
from postroad.ledger.pages.people import find_addresses, person_fields, suppressed_by
from postroad.ledger.standings import standings
from postroad.ledger.suppression_list import add_suppression
from postroad.ledger.traces import trace
from postroad.wording import say_count

_MOST_FOUND = 50


def routes() -> list[BaseRoute]:
    """Return the search, a person, and what can be done about them."""
    return [
        Page("/people", _find),
        Page("/people/{address:path}", _person),
        Change("/people/{address:path}/remove", "remove person", _remove, Permission.STEER),
        Change("/people/{address:path}/suppress", "suppress", _suppress, Permission.ADMINISTER),
    ]


def person_page(address: str) -> str:
    """Return where a person is shown."""
    return f"/people/{quote(address, safe='@')}"


async def _find(request: Request) -> Response:
    """Go to the person who was asked for, or list who might be meant."""
    part = text(request.query_params, "email")
    viewer, installation = viewer_of(request), installation_of(request)
    found: list[str] = []
    if part:
        found = await installation.read(
            find_addresses, part, sender=viewer.sender, at_most=_MOST_FOUND
        )
    if len(found) == 1:
        return RedirectResponse(person_page(found[0]), 303)
    return render(request, "people.html", part=part, found=found, most=_MOST_FOUND)


async def _person(request: Request) -> Response:
    viewer, installation = viewer_of(request), installation_of(request)
    address = _address(request)
    fields = await installation.read(person_fields, address, viewer.sender)
    if fields is None:
        raise HTTPException(404)
    present = now()
    entries = await installation.read(trace, address)
    found = await installation.read(standings, address, present)
    explained = [explain(standing, present) for standing in found]
    return render(
        request,
        "person.html",
        address=address,
        fields=fields,
        suppressed=await installation.read(suppressed_by, address),
        entries=[entry for entry in reversed(entries) if _is_theirs(viewer, entry.sender)],
        campaigns=[
            (one, installation.workflow_page(sequence_workflow_id(one.campaign, one.sender)))
            for one in explained
            if _is_theirs(viewer, one.sender)
        ],
    )


async def _remove(request: Request) -> Done:
    """Take a person out of one campaign."""
    address, campaign = _address(request), text(await request.form(), "campaign")
    removed = await ask_campaign(
        campaign,
        "remove_person",
        RemovePerson(email=address, by=viewer_of(request).email),
        PersonRemoved,
    )
    stopped = say_count(removed.messages_stopped, "message")
    words = f"{address} gets nothing more in {campaign}: {stopped} stopped"
    return Done(words, address, person_page(address))


async def _suppress(request: Request) -> Done:
    """Let a person get nothing more, in any campaign."""
    address, reason = _address(request), text(await request.form(), "reason")
    words = await suppress(installation_of(request), address, reason, viewer_of(request))
    return Done(words, address, person_page(address))


async def suppress(installation: Installation, address: str, reason: str, viewer: Viewer) -> str:
    """Suppress an address or `@domain`, wake who has less to do now, and say what that did."""
    effect = await installation.write(
        add_suppression, address, reason or f"added by {viewer.email}", "operator", now()
    )
    missed = await wake_if_possible(installation.settings, effect.wake, f"{address} suppressed")
    words = f"{address} is suppressed: {say_count(effect.people, 'sequence')} ended"
    return f"{words}; {missed}" if missed else words


def _address(request: Request) -> str:
    try:
        return normalised(request.path_params["address"])
    except Refused:
        raise HTTPException(404) from None


def _is_theirs(viewer: Viewer, sender: str) -> bool:
    return viewer.sender is None or viewer.sender == sender
