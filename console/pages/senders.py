"""The senders of a campaign, and handing one sender's people over to another."""

from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from console.access import Permission, viewer_of
from console.forms import text
from console.installation import installation_of
from console.rendering import render
from console.routing import Change, Done, Page
from operations.handing_over import hand_over, thread_rule
from postroad.contracts.states import UNDER_WAY
from postroad.ledger.overview import campaign_state
from postroad.ledger.pages.senders import senders_in_campaign
from postroad.ledger.workspace import list_senders
from postroad.wording import say_count

_PATH = "/campaigns/{campaign}/senders"


def routes() -> list[BaseRoute]:
    """Return the page and the handing over."""
    return [
        Page(_PATH, _list, Permission.STEER),
        Change(_PATH, "hand over", _hand_over, Permission.STEER),
    ]


async def _list(request: Request) -> Response:
    campaign, installation = request.path_params["campaign"], installation_of(request)
    state = await installation.read(campaign_state, campaign)
    if state is None:
        raise HTTPException(404)
    return render(
        request,
        "senders.html",
        campaign=campaign,
        senders=await installation.read(senders_in_campaign, campaign),
        everybody=await installation.read(list_senders),
        may_change=state in UNDER_WAY,
        rule=thread_rule("the former sender", "the new sender"),
    )


async def _hand_over(request: Request) -> Done:
    """Let another sender write to a sender's people from now on."""
    campaign, form = request.path_params["campaign"], await request.form()
    sender, replacement = text(form, "sender"), text(form, "replacement")
    people = await hand_over(campaign, sender, replacement, viewer_of(request).email)
    count = say_count(people, "person", "people")
    words = f"{replacement} writes to {count} of {sender} from now on"
    return Done(words, f"{campaign}, {sender}", f"/campaigns/{quote(campaign, safe='')}/senders")
