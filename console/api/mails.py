"""Single mails: one to one person, before campaigns in every queue."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field

from console.api.calls import Calling
from console.api.endpoints import Steer
from console.api.values import Answer, AsWritten, Attachments, Body, Line, Text, by_name
from operations.channel_warnings import channel_warnings
from operations.launching import launch
from operations.opening import normalised
from operations.refusal import Refused, Unknown
from operations.single_mail import define_told_mail
from postroad.campaign.address import EmailAddress
from postroad.contracts import campaign_workflow_id
from postroad.ledger.overview import campaign_state
from postroad.ledger.single import single_outcome
from postroad.plugins import Plugin

_PREFIX = "send-"
_ON_ITS_WAY = "on_its_way"

steer = APIRouter(route_class=Steer, tags=["mails"])
ROUTERS = (steer,)

MailId = Annotated[str, Path(pattern=r"^send-[a-z0-9]{1,40}$")]


class NewMail(Body):
    """A mail as it is to be sent; nothing in it is a template."""

    model_config = ConfigDict(validate_by_name=False)

    sender: Annotated[EmailAddress, Field(alias="from")]
    """A sender of the workspace."""
    recipient: Annotated[AsWritten, Field(alias="to")]
    subject: Annotated[Line, Field(min_length=1)]
    text: Annotated[Text, Field(min_length=1)] | None = None
    """This, html, or both."""
    html: Annotated[Text, Field(min_length=1)] | None = None
    channel: Line | None = None
    """Instead of the sender's default channel."""
    plugin: Plugin | None = None
    """The mail plugin it was written in: its account sends it."""
    attachments: Attachments = ()


class MailAccepted(Answer):
    """A mail that is on its way."""

    id: str
    workflow_id: str


class MailStanding(Answer):
    """What became of a mail."""

    id: str
    state: str
    """`on_its_way`, or the end: `sent`, `failed`, `uncertain`, `suppressed`, `rejected`."""
    reason: str = ""
    channel: str | None = None
    message_id: str | None = None
    sent_at: datetime | None = None


@steer.post("/mails", status_code=202)
async def send(call: Calling, body: NewMail) -> MailAccepted:
    """Send one mail to one person."""
    installation, mail = call.installation, f"{_PREFIX}{call.nonce}"
    accepted = MailAccepted(id=mail, workflow_id=campaign_workflow_id(mail))
    definition = define_told_mail(
        campaign_id=mail,
        sender=body.sender,
        recipient=body.recipient,
        subject=body.subject,
        text=body.text,
        html=body.html,
        channel=body.channel,
        plugin=body.plugin,
        attachments=by_name(body.attachments),
    )
    await asyncio.to_thread(channel_warnings, installation.ledger, definition)
    client = await installation.temporal()
    queue = installation.settings.temporal.task_queue
    recipient = normalised(body.recipient)  # an erased person's entries are found by it
    try:
        async with call.change("send mail", recipient) as change:
            await launch(client, installation.ledger, queue, definition)
            change.words = f"{mail} from {body.sender}"
    except Refused:
        if await installation.read(campaign_state, mail) is None:
            raise
        return accepted  # launched by a try of this request that was cut off before it answered
    return accepted


@steer.get("/mails/{mail}")
async def show(call: Calling, mail: MailId) -> MailStanding:
    """Say what became of a mail."""
    if await call.installation.read(campaign_state, mail) is None:
        raise Unknown(f"there is no mail {mail}")
    outcome = await call.installation.read(single_outcome, mail)
    if outcome is None:
        return MailStanding(id=mail, state=_ON_ITS_WAY)
    return MailStanding(
        id=mail, **outcome.model_dump(include=set(MailStanding.model_fields) - {"id"})
    )
