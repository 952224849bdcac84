"""The overview: the last 24 hours, what is waited for, and how the channels are."""

from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from console.access import viewer_of
from console.charts import Bar, bars
from console.installation import installation_of
from console.pages.channel_cards import ChannelCard, channel_cards, channel_place
from console.rendering import render
from console.routing import Page
from operations.clock import now
from postroad.contracts import ChannelState
from postroad.instants import HOUR, moment
from postroad.ledger.pages.last_day import LastDay, last_day
from postroad.ledger.pages.waits import waits
from postroad.ledger.tasks import count_tasks
from postroad.ledger.uncertain import count_uncertain
from postroad.wording import say_count

_LABEL_EVERY = 4
_OUT_OF_SERVICE = (ChannelState.UNAUTHORISED, ChannelState.MISCONFIGURED)


@dataclass(frozen=True, slots=True)
class Need:
    """Something that nobody but a person can settle."""

    words: str
    place: str
    """The page on which it is settled."""


def routes() -> list[BaseRoute]:
    """Return the first page, and the part of it that is renewed while somebody looks."""
    return [Page("/", _overview), Page("/overview/now", _renewed)]


async def _overview(request: Request) -> Response:
    return await _show(request, "overview.html")


async def _renewed(request: Request) -> Response:
    return await _show(request, "overview_now.html")


async def _show(request: Request, template: str) -> Response:
    viewer, installation, present = viewer_of(request), installation_of(request), now()
    day = await installation.read(last_day, present, viewer.sender)
    cards = await installation.read(channel_cards, present, viewer.sender)
    return render(
        request,
        template,
        day=day,
        chart=_sent_per_hour(day),
        waits=await installation.read(waits, present, sender=viewer.sender),
        cards=cards,
        needs=await installation.read(_needs, viewer.sender, cards),
    )


def _needs(connection: Connection, sender: str | None, cards: list[ChannelCard]) -> list[Need]:
    """Return what waits for the viewer; a rep's is about their own people and channels."""
    needs = [
        Need(f"{card.channel.id} is {card.channel.state}", channel_place(card.channel.id))
        for card in cards
        if card.channel.state in _OUT_OF_SERVICE
    ]
    if uncertain := count_uncertain(connection, sender):
        needs.append(
            Need(f"{say_count(uncertain, 'uncertain message')} to decide about", "/uncertain")
        )
    if tasks := count_tasks(connection, sender):
        needs.append(Need(f"{say_count(tasks, 'task')} to do", "/tasks"))
    return needs


def _sent_per_hour(day: LastDay) -> str:
    hours = [moment(day.first_hour + number * HOUR) for number in range(len(day.sent_by_hour))]
    return bars(
        [
            Bar(
                value=value,
                label=f"{at:%H}:00" if at.hour % _LABEL_EVERY == 0 else "",
                title=f"{at:%a %H}:00 UTC",
            )
            for at, value in zip(hours, day.sent_by_hour, strict=True)
        ],
        "Messages sent per hour, last 24 hours (UTC)",
    )
