"""The steps of a running campaign: their texts, changed, previewed, added and removed."""

import asyncio
from dataclasses import dataclass
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from console.access import Permission, viewer_of
from console.forms import is_number, lines, text
from console.installation import installation_of
from console.rendering import render
from console.routing import Change, Done, Page, Trial
from operations.adding_steps import add_steps
from operations.changing_steps import change_step, remove_step
from operations.clock import now
from operations.failures import SAID_IN_A_SENTENCE, sentence_of
from operations.previewing import Previewed, preview_edit, standalone_html
from operations.typed_steps import (
    TypedStep,
    TypedText,
    addition_of_typed,
    can_be_typed,
    edit_of_typed,
)
from postroad.campaign.waits import format_wait
from postroad.contracts.states import UNDER_WAY
from postroad.ledger.overview import campaign_state
from postroad.ledger.pages.funnel import step_funnels
from postroad.ledger.pages.steps import StepPage, step_page
from postroad.ledger.steps import load_steps
from postroad.wording import say_count

_LIST, _STEP = "/campaigns/{campaign}/steps", "/campaigns/{campaign}/steps/{step}"


def routes() -> list[BaseRoute]:
    """Return the steps, one of them, and what can be done about them."""
    steer = Permission.STEER
    return [
        Page(_LIST, _list, steer),
        Change(_LIST, "add step", _add, steer, again=_list_again),
        Page(_STEP, _step, steer),
        Change(_STEP, "change step", _change, steer, again=_step_again),
        Trial(f"{_STEP}/preview", _preview, steer),
        Change(f"{_STEP}/remove", "remove step", _remove, steer),
    ]


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail as somebody would get it."""

    subject: str
    text: str
    html: str
    """For a frame that runs and loads nothing; empty where there is none."""


async def _list(request: Request) -> Response:
    return await _render_list(
        request, TypedStep("", "", "", "3 days", "", answers=True, reopens=False)
    )


async def _list_again(request: Request, refusal: str) -> Response:
    return await _render_list(request, await _typed_step(request), refusal)


async def _render_list(request: Request, typed: TypedStep, refusal: str = "") -> Response:
    campaign, installation = request.path_params["campaign"], installation_of(request)
    state = await installation.read(campaign_state, campaign)
    if state is None:
        raise HTTPException(404)
    steps, funnels = await asyncio.gather(
        installation.read(load_steps, campaign),
        installation.read(step_funnels, campaign, None),
    )
    return render(
        request,
        "steps.html",
        status=422 if refusal else 200,
        campaign=campaign,
        may_change=state in UNDER_WAY,
        steps=list(zip(steps, funnels, strict=True)),
        format_wait=format_wait,
        typed=typed,
        refusal=refusal,
    )


async def _add(request: Request) -> Done:
    """Let everybody who has not left get one more step."""
    campaign, ledger = request.path_params["campaign"], installation_of(request).ledger
    typed = await _typed_step(request)
    addition = await asyncio.to_thread(addition_of_typed, ledger, campaign, typed)
    people = await add_steps(
        ledger, addition, reopen_finished=typed.reopens, by=viewer_of(request).email
    )
    added = addition.steps[0].id
    words = f"{added} is added: {say_count(people, 'person', 'people')} to come"
    return Done(words, f"{campaign}, {added}", _place(campaign))


async def _typed_step(request: Request) -> TypedStep:
    form = await request.form()
    return TypedStep(
        id=text(form, "id"),
        subject=text(form, "subject"),
        text=lines(form, "text"),
        wait=text(form, "wait"),
        task=text(form, "task"),
        answers=text(form, "thread") == "reply",
        reopens=text(form, "reopen") == "yes",
    )


async def _step(request: Request) -> Response:
    page = await _present(request)
    asked = text(request.query_params, "variant")
    current = next((one for one in page.texts if one.variant == asked), page.texts[0])
    wait = format_wait(page.step.settings.wait)
    typed = TypedText(
        subject=current.template.subject,
        text=current.template.text or "",
        wait=wait,
        wait_shown=wait,
        variant=current.variant,
        version=current.version,
    )
    return _render_step(request, page, typed)


async def _step_again(request: Request, refusal: str) -> Response:
    typed = await _typed_text(request)
    return _render_step(request, await _present(request), typed, refusal=refusal)


async def _preview(request: Request) -> Response:
    """Show what was typed as one person would get it; nothing is kept."""
    typed, address = await _typed_text(request), text(await request.form(), "person")
    page = await _present(request)
    try:
        shown = await asyncio.to_thread(_compose, request, typed, address)
    except SAID_IN_A_SENTENCE as error:
        return _render_step(request, page, typed, refusal=sentence_of(error), person=address)
    return _render_step(request, page, typed, shown=shown, person=address)


def _compose(request: Request, typed: TypedText, address: str) -> Shown:
    campaign, step = request.path_params["campaign"], request.path_params["step"]
    ledger = installation_of(request).ledger
    edit = edit_of_typed(ledger, campaign, step, typed)
    return _shown(preview_edit(ledger, edit, address, typed.variant, now()))


def _shown(previewed: Previewed) -> Shown:
    mail = previewed.mail
    html = standalone_html(previewed) if mail.html else ""
    return Shown(mail.headers.get("Subject", ""), mail.text or "", html)


def _render_step(
    request: Request,
    page: StepPage,
    typed: TypedText,
    *,
    refusal: str = "",
    shown: Shown | None = None,
    person: str | None = None,
) -> Response:
    current = next((one for one in page.texts if one.variant == typed.variant), page.texts[0])
    return render(
        request,
        "step.html",
        status=422 if refusal else 200,
        campaign=request.path_params["campaign"],
        page=page,
        current=current,
        may_change=page.state in UNDER_WAY and not page.step.removed,
        can_be_typed=can_be_typed(current.template),
        typed=typed,
        refusal=refusal,
        shown=shown,
        person=page.somebody if person is None else person,
    )


async def _change(request: Request) -> Done:
    """Send another text from now on, or the step after another wait."""
    campaign, step = request.path_params["campaign"], request.path_params["step"]
    ledger, typed = installation_of(request).ledger, await _typed_text(request)
    edit = await asyncio.to_thread(edit_of_typed, ledger, campaign, step, typed)
    affected = await change_step(ledger, edit, viewer_of(request).email)
    words = f"{step} is changed: {say_count(affected, 'message')} not yet sent"
    return Done(words, f"{campaign}, {step}", _place(campaign, step))


async def _remove(request: Request) -> Done:
    """Let nobody get a step any more."""
    campaign, step = request.path_params["campaign"], request.path_params["step"]
    skipped = await remove_step(campaign, step, viewer_of(request).email)
    people = say_count(skipped, "person", "people")
    words = f"{step} is removed: {people} who waited for it went on, others pass it over"
    return Done(words, f"{campaign}, {step}", _place(campaign))


async def _present(request: Request) -> StepPage:
    campaign, step = request.path_params["campaign"], request.path_params["step"]
    page = await installation_of(request).read(step_page, campaign, step)
    if page is None:
        raise HTTPException(404)
    return page


async def _typed_text(request: Request) -> TypedText:
    form = await request.form()
    version = text(form, "version")
    return TypedText(
        subject=text(form, "subject"),
        text=lines(form, "text"),
        wait=text(form, "wait"),
        variant=text(form, "variant"),
        version=int(version) if is_number(version) else 0,
        wait_shown=text(form, "wait_shown"),
    )


def _place(campaign: str, step: str = "") -> str:
    return f"/campaigns/{quote(campaign, safe='')}/steps/{quote(step, safe='')}".rstrip("/")
