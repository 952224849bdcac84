"""A person: everything that happened, what comes next, and steering it."""

from dataclasses import dataclass
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
from operations.pausing import pause_person, resume_person
from operations.refusal import Refused
from operations.updates import ask_campaign
from operations.waking import wake_if_possible
from postroad.contracts import (
    AdvancePerson,
    EnrollmentState,
    MessageState,
    PersonAdvanced,
    PersonRemoved,
    RemovePerson,
    sequence_workflow_id,
)
from postroad.contracts.states import UNDER_WAY
from postroad.ledger.explanations import Explanation, explain
from postroad.ledger.pages.people import find_addresses, person_fields, sender_of, suppressed_by
from postroad.ledger.standings import Standing, standings
from postroad.ledger.suppression_list import add_suppression
from postroad.ledger.traces import trace
from postroad.wording import say_count

_MOST_FOUND = 50


def routes() -> list[BaseRoute]:
    """Return the search, a person, and what can be done about them."""
    return [
        Page("/people", _find),
        Page("/people/{address:path}", _person),
        Change("/people/{address:path}/pause", "pause person", _pause, Permission.ACT),
        Change("/people/{address:path}/resume", "resume person", _resume, Permission.ACT),
        Change("/people/{address:path}/advance", "advance person", _advance, Permission.ACT),
        Change("/people/{address:path}/remove", "remove person", _remove, Permission.ACT),
        Change("/people/{address:path}/suppress", "suppress", _suppress, Permission.ADMINISTER),
    ]


@dataclass(frozen=True, slots=True)
class InCampaign:
    """A person in one campaign, and what can be done about them there."""

    told: Explanation
    workflow: str | None
    """Its page in Temporal's web UI."""
    goes_on: bool
    """Whether something may still leave to them; pausing and removing make sense."""
    is_paused: bool
    waits_for_time: bool
    """Whether their next message waits for its due time alone."""


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
    theirs = {one.campaign: one for one in found if _is_theirs(viewer, one.sender)}
    return render(
        request,
        "person.html",
        address=address,
        fields=fields,
        suppressed=await installation.read(suppressed_by, address),
        # What a former sender wrote belongs to whoever took their people over.
        entries=[entry for entry in reversed(entries) if entry.campaign in theirs],
        campaigns=[_in_campaign(installation, one, present) for one in theirs.values()],
    )


def _in_campaign(installation: Installation, standing: Standing, present: int) -> InCampaign:
    message = standing.message
    workflow = sequence_workflow_id(standing.campaign, standing.sender)
    return InCampaign(
        told=explain(standing, present),
        workflow=installation.workflow_page(workflow),
        goes_on=standing.state is EnrollmentState.ACTIVE and standing.campaign_state in UNDER_WAY,
        is_paused=standing.pause is not None,
        waits_for_time=message is not None
        and message.state is MessageState.PLANNED
        and (message.due_at or 0) > present,
    )


async def _pause(request: Request) -> Done:
    """Let nothing leave to a person, in one campaign."""
    address, campaign, viewer = await _theirs(request)
    form = await request.form()
    await pause_person(
        installation_of(request).ledger,
        campaign,
        address,
        until=text(form, "until") or None,
        reason=text(form, "reason"),
        by=viewer.email,
    )
    return Done(f"{address} is paused in {campaign}", address, person_page(address))


async def _resume(request: Request) -> Done:
    """Let a person go on, in one campaign."""
    address, campaign, viewer = await _theirs(request)
    await resume_person(installation_of(request).ledger, campaign, address, viewer.email)
    return Done(f"{address} goes on in {campaign}", address, person_page(address))


async def _advance(request: Request) -> Done:
    """Let what a person waits for be due now."""
    address, campaign, viewer = await _theirs(request)
    advanced = await ask_campaign(
        campaign, "advance_person", AdvancePerson(email=address, by=viewer.email), PersonAdvanced
    )
    words = f"{advanced.step} of {campaign} is due now for {address}; windows and limits still hold"
    return Done(words, address, person_page(address))


async def _remove(request: Request) -> Done:
    """Take a person out of one campaign."""
    address, campaign, viewer = await _theirs(request)
    removed = await ask_campaign(
        campaign,
        "remove_person",
        RemovePerson(email=address, by=viewer.email),
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


async def _theirs(request: Request) -> tuple[str, str, Viewer]:
    """Return the person, the campaign of the form, and the viewer; reps reach only their people."""
    address, campaign = _address(request), text(await request.form(), "campaign")
    viewer = viewer_of(request)
    sender = await installation_of(request).read(sender_of, campaign, address)
    if sender is None or not _is_theirs(viewer, sender):
        raise HTTPException(404)
    return address, campaign, viewer


def _address(request: Request) -> str:
    try:
        return normalised(request.path_params["address"])
    except Refused:
        raise HTTPException(404) from None


def _is_theirs(viewer: Viewer, sender: str) -> bool:
    return viewer.sender is None or viewer.sender == sender
