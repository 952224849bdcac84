"""The suppression list: who must get nothing, in any campaign."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import AfterValidator

from console.api.calls import Calling
from console.api.endpoints import Administer, Steer
from console.api.values import After, Answer, AtMost, Body, Line, Search
from operations.clock import now
from operations.refusal import Unknown
from operations.suppression_file import suppression_key
from operations.waking import wake_if_possible
from postroad.ledger.pages.suppressions import search_suppressions
from postroad.ledger.suppression_list import (
    SuppressedAddress,
    add_suppression,
    lift_suppression,
)
from postroad.wording import say_count

_SOURCE = "api"

steer = APIRouter(route_class=Steer, tags=["suppressions"])
administer = APIRouter(route_class=Administer, tags=["suppressions"])
ROUTERS = (steer, administer)

Key = Annotated[str, AfterValidator(suppression_key)]
"""An address, or `@domain`."""


class Suppressions(Answer):
    """A part of the list, by address."""

    suppressions: list[SuppressedAddress]
    next: str | None
    """What `after` is for the next part; null at the end."""


class NewSuppression(Body):
    """Who must get nothing."""

    address: Key
    reason: Line = ""


class Suppressed(Answer):
    """What a suppression stopped."""

    address: str
    new: bool
    """False where it was suppressed before."""
    sequences_ended: int
    messages_stopped: int


@steer.get("/suppressions")
async def list_some(
    call: Calling, search: Search = "", after: After = "", limit: AtMost = 100
) -> Suppressions:
    """List suppressed addresses and domains."""
    rows = await call.installation.read(
        search_suppressions, search=search, after=after, at_most=limit + 1
    )
    shown = rows[:limit]
    return Suppressions(suppressions=shown, next=shown[-1].address if len(rows) > limit else None)


@administer.post("/suppressions")
async def add(call: Calling, body: NewSuppression) -> Suppressed:
    """Suppress an address or a domain; people who are in a campaign get nothing more, at once."""
    installation, address = call.installation, body.address
    async with call.change("suppress", address) as change:
        effect = await installation.write(
            add_suppression, address, body.reason or f"added by {call.by}", _SOURCE, now()
        )
        ended = say_count(effect.people, "sequence")
        change.words = f"{address} is suppressed: {ended} ended"
    await wake_if_possible(installation.settings, effect.wake, f"{address} suppressed")
    return Suppressed(
        address=address,
        new=effect.new,
        sequences_ended=effect.people,
        messages_stopped=effect.messages,
    )


@administer.delete("/suppressions/{address:path}", status_code=204)
async def lift(call: Calling, address: Annotated[Key, Path()]) -> Response:
    """Take an address or a domain off the list; sequences that it ended stay ended."""
    async with call.change("lift suppression", address) as change:
        if not await call.installation.write(lift_suppression, address):
            raise Unknown(f"{address} is not suppressed")
        change.words = f"{address} is suppressed no more"
    return Response(status_code=204)
