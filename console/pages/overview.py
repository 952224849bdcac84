"""The overview: the last 24 hours, what is waited for, and how the channels are."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from console.access import viewer_of
from console.charts import Bar, bars
from console.installation import installation_of
from console.pages.channel_cards import channel_cards
from console.rendering import render
from console.routing import Page
from operations.clock import now
from postroad.instants import HOUR, moment
from postroad.ledger.pages.last_day import LastDay, last_day
from postroad.ledger.pages.waits import waits

_LABEL_EVERY = 4


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
    return render(
        request,
        template,
        day=day,
        chart=_sent_per_hour(day),
        waits=await installation.read(waits, present, sender=viewer.sender),
        cards=await installation.read(channel_cards, present, viewer.sender),
    )


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
