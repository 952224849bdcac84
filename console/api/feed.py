"""The live feed, to be read on from where one was: nothing is passed over, nothing comes twice."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AfterValidator, AwareDatetime, TypeAdapter, ValidationError
from sqlalchemy import Connection

from console.api.calls import Calling
from console.api.endpoints import Look
from console.api.problems import Problem
from console.api.values import Answer, AtMost, Id
from operations.clock import now
from postroad.instants import instant
from postroad.ledger.events import FeedEntry, events_after, first_event_since, settled_through

_LOOKED_AT = 1_000
"""Events that one request looks through, wanted or not."""
_LAST_ID = 2**63 - 1
_MOMENT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)

look = APIRouter(route_class=Look, tags=["feed"])
ROUTERS = (look,)


def _check_moment(text: str) -> str:
    try:
        instant(_MOMENT.validate_python(text))
    except (ValidationError, OverflowError):
        raise ValueError("must be a time with its offset, such as 2026-11-23T09:00:00Z") from None
    return text


Moment = Annotated[
    str,
    AfterValidator(_check_moment),
    Query(
        pattern=r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$",
        json_schema_extra={"format": "date-time"},
    ),
]
"""RFC 3339."""
Kind = Annotated[str, Query(pattern="^[a-z_]{1,40}$")]


class Feed(Answer):
    """The next events, oldest first."""

    events: list[FeedEntry]
    next: int
    """What `after` is for the next request, whether or not there were events."""
    more: bool
    """Whether it is worth asking again at once."""


@look.get("/feed")
async def read(
    call: Calling,
    after: Annotated[int, Query(ge=0, le=_LAST_ID, description="`next` of the last answer.")] = 0,
    since: Moment | None = None,
    kind: Annotated[list[Kind], Query(max_length=50)] = [],  # noqa: B006 - FastAPI copies it
    campaign: Annotated[Id | None, Query()] = None,
    limit: AtMost = 100,
) -> Feed:
    """Read what happened: from the beginning, after the last answer, or since a time."""
    if since is not None and after:
        raise Problem(422, "since stands beside after: give one of them")
    return await call.installation.read(
        _feed, after, since, set(kind), campaign, call.sender, limit
    )


def _feed(
    connection: Connection,
    after: int,
    since: str | None,
    kinds: set[str],
    campaign: str | None,
    sender: str | None,
    limit: int,
) -> Feed:
    if since is not None:
        after = first_event_since(connection, instant(_MOMENT.validate_python(since)))
    through = settled_through(connection, after, now(), _LOOKED_AT)
    wanted = [
        entry
        for entry in events_after(
            connection, after, campaign_id=campaign, at_most=_LOOKED_AT, through=through
        )
        if (not kinds or entry.event in kinds) and (sender is None or entry.sender == sender)
    ]
    shown = wanted[:limit]
    cut = len(wanted) > limit
    return Feed(
        events=shown,
        next=shown[-1].id if cut else through,
        more=cut or through >= after + _LOOKED_AT,
    )
