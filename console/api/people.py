"""People: in a campaign, and everything that happened to one of them."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from console.api.calls import Calling
from console.api.campaigns import existing
from console.api.endpoints import Look, Steer
from console.api.values import After, Answer, AtMost, Body, EmailInPath, IdInPath, Row, Search
from operations.adding import add_told_people
from operations.clock import now
from operations.opening import unknown_campaign
from operations.refusal import Unknown
from operations.updates import ask_campaign
from postroad.campaign.audience import RejectedRow, RejectionReason
from postroad.campaign.told_audience import told_audience
from postroad.contracts import EnrollmentState, PersonRemoved, RemovePerson
from postroad.ledger.explanations import Explanation, explain
from postroad.ledger.pages.campaign_people import PersonRow, Wanted, find_people
from postroad.ledger.pages.campaigns import campaign_page
from postroad.ledger.pages.people import person_fields, suppressed_by
from postroad.ledger.standings import standings
from postroad.ledger.traces import TraceEntry, trace
from postroad.wording import say_count

MOST_ADDED = 1_000
"""People in one request."""

look = APIRouter(route_class=Look, tags=["people"])
steer = APIRouter(route_class=Steer, tags=["people"])
ROUTERS = (look, steer)


class PeopleOfCampaign(Answer):
    """A part of a campaign's people, by address."""

    people: list[PersonRow]
    next: str | None
    """What `after` is for the next part; null at the end."""


class NewPeople(Body):
    """People to be enrolled."""

    people: Annotated[list[Row], Field(min_length=1, max_length=MOST_ADDED)]
    """As the rows of an audience: `email`, perhaps `sender` and `timezone`, and any fields."""


class Rejected(Answer):
    """Somebody who was not enrolled."""

    row: int
    """Which of the people; the first one is 1."""
    email: str
    reason: RejectionReason
    detail: str


class Enrolled(Answer):
    """What became of the people."""

    enrolled: int
    rejected: list[Rejected]


class Removed(Answer):
    """What ended with a person's sequence."""

    messages_stopped: int


class Person(Answer):
    """What is known of one person."""

    email: str
    fields: dict[str, str]
    """What the latest audience said of them."""
    suppressed: str | None
    """The entry of the suppression list that names them, or their domain."""
    campaigns: list[Explanation]
    """Where they stand, why their next mail has not left, and when it will."""
    events: list[TraceEntry]
    """Oldest first."""


def told_rejections(rows: Iterable[RejectedRow]) -> list[Rejected]:
    """Return rejected rows as programs are told of them."""
    return [
        Rejected(row=one.row, email=one.address, reason=one.reason, detail=one.detail)
        for one in rows
    ]


@look.get("/campaigns/{campaign}/people")
async def list_some(
    call: Calling,
    campaign: IdInPath,
    state: Annotated[EnrollmentState | None, Query()] = None,
    search: Search = "",
    after: After = "",
    limit: AtMost = 100,
) -> PeopleOfCampaign:
    """List a campaign's people by address; `search` is also looked for in their names."""
    if await call.installation.read(campaign_page, campaign, call.sender) is None:
        raise unknown_campaign(campaign)
    found = await call.installation.read(
        find_people,
        campaign,
        Wanted(state=state or "", search=search),
        sender=call.sender,
        after=after,
        at_most=limit + 1,
    )
    shown = found.people[:limit]
    following = shown[-1].address if len(found.people) > limit else None
    return PeopleOfCampaign(people=shown, next=following)


@steer.post("/campaigns/{campaign}/people")
async def add(call: Calling, campaign: IdInPath, body: NewPeople) -> Enrolled:
    """Enrol more people; whoever is in the campaign already is rejected as a duplicate."""
    await existing(call, campaign)
    installation = call.installation
    audience = told_audience(body.people)
    client = await installation.temporal()
    async with call.change("add people", campaign) as change:
        added = await add_told_people(client, installation.ledger, campaign, audience, call.by)
        people = say_count(added.enrolled, "person", "people")
        change.words = f"{people} added to {campaign}"
    return Enrolled(enrolled=added.enrolled, rejected=told_rejections(added.rejected))


@steer.delete("/campaigns/{campaign}/people/{email:path}")
async def remove(call: Calling, campaign: IdInPath, email: EmailInPath) -> Removed:
    """Take somebody out of a campaign; a message that is on the wire is finished."""
    await existing(call, campaign)
    client = await call.installation.temporal()
    removal = RemovePerson(email=email, by=call.by)
    async with call.change("remove person", email) as change:
        removed = await ask_campaign(
            campaign, "remove_person", removal, PersonRemoved, client=client
        )
        stopped = say_count(removed.messages_stopped, "message")
        change.words = f"{email} gets nothing more in {campaign}: {stopped} stopped"
    return Removed(messages_stopped=removed.messages_stopped)


@look.get("/people/{email:path}")
async def show(call: Calling, email: EmailInPath) -> Person:
    """Tell everything that happened to a person, and what comes next."""
    installation, present = call.installation, now()
    fields = await installation.read(person_fields, email, call.sender)
    if fields is None:
        raise Unknown(f"nobody with the address {email} is in a campaign")
    entries = await installation.read(trace, email)
    found = await installation.read(standings, email, present)
    theirs = [one for one in found if call.sender in (None, one.sender)]
    campaigns = {one.campaign for one in theirs}
    return Person(
        email=email,
        fields=fields,
        suppressed=await installation.read(suppressed_by, email),
        campaigns=[explain(one, present) for one in theirs],
        # What a former sender wrote belongs to whoever took their people over.
        events=[one for one in entries if one.campaign in campaigns],
    )
