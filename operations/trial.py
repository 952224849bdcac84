"""A test mail: what a person would get, sent to oneself on the road that every mail takes."""

import secrets
from collections.abc import Iterable

from operations.definition import Definition
from operations.opening import parsed
from operations.previewing import Previewed
from operations.refusal import Refused
from operations.single_mail import literal
from postroad.campaign.audience import AudienceRow
from postroad.campaign.file import CampaignSettings
from postroad.campaign.reply_policy import is_company
from postroad.campaign.step import StepSettings
from postroad.campaign.template import StepTemplate
from postroad.ledger.staging import StagedStep
from postroad.workspace import Sender

_MARK = "[Test]"
_ROW = 1


def define_trial(
    previewed: Previewed, to: str, senders: Iterable[Sender], channel: str | None
) -> Definition:
    """Define a campaign that sends one test mail, marked as one, and counted in no other.

    It is rendered already: the person whom it was rendered for is not written to, and nothing in
    it is followed. It waits for no window, and may use what is kept free for single mails.

    Args:
        previewed: what is sent.
        to: who gets it: a sender of the workspace, or somebody in a sender's company.
        senders: the workspace's.
        channel: instead of the sender's default channel.

    Raises:
        Refused: nobody of one's own has this address, or nothing of the step is mailed.
    """
    mail, recipient = previewed.mail, parsed(to)
    own = {sender.email for sender in senders}
    domains = {domain for domain in (one.rpartition("@")[2] for one in own) if is_company(domain)}
    if recipient.address not in own and recipient.domain not in domains:
        raise Refused(f"test mails go to senders and their colleagues; {to} is neither")
    if "Task" in mail.headers:
        raise Refused(f"step {mail.step} is a task: nothing is mailed")
    template = StepTemplate(
        subject=literal(f"{_MARK} {mail.headers.get('Subject', '')}"),
        text=None if mail.text is None else literal(mail.text),
        html=None if mail.html is None else literal(mail.html),
        attachments=previewed.attachments,
    )
    settings = CampaignSettings(
        name=f"Test of {mail.step}",
        senders=[previewed.sender.email],
        channel=channel,
        interactive=True,
    )
    row = AudienceRow(
        _ROW, recipient.recipient, recipient.address, recipient.domain, {}, None, None
    )
    return Definition(
        id=f"test-{secrets.token_hex(5)}",
        settings=settings,
        steps=(StagedStep("mail", StepSettings(), template),),
        files=previewed.files,
        rows=lambda: [row],
        source="this mail",
    )
