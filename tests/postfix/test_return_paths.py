"""What is sent to a message's own return path, through a real Postfix into a real mailbox."""

import asyncio
import smtplib
from pathlib import Path

import pytest
from sqlalchemy import select

from activities.clock import Clock
from activities.mailbox_reading import MailboxReading
from postroad.channels.smtp import SmtpChannel
from postroad.contracts import MessageState
from postroad.inbox.matching import Basis
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Enrollment, Outcome
from postroad.verp import verp_address
from tests.channels import mails
from tests.ledger_rows import add_campaign, add_channel, add_person, add_sender
from tests.postfix.imap_box import ImapBox
from tests.postfix.server import Postfix

pytestmark = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)

BARE_NOTICE = """\
From: MAILER-DAEMON@mx.buyer.test
To: {to}
Subject: Undeliverable
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

It did not arrive.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.buyer.test

Final-Recipient: rfc822; p@buyer.test
Action: failed
Status: 5.1.1

--b--
"""
"""A notice that returns nothing of the mail it is about."""
AWAY = """\
From: p@buyer.test
To: {to}
Subject: Out of office
Auto-Submitted: auto-replied

I am away until further notice.
"""
ANSWER = """\
From: p@buyer.test
To: {to}
Subject: Re: Hi

Thursday is fine.
"""


@pytest.fixture(scope="module")
def box(postfix: Postfix, ca_file: Path) -> ImapBox:
    """One mailbox for these tests: each reads what came since it began."""
    postfix.deliver_to("paths")
    return ImapBox(postfix, "paths", ca_file)


@pytest.fixture(scope="module")
def port(box: ImapBox) -> int:
    """Where Postfix takes mail for it."""
    return box.server.listen(smtpd_data_restrictions="")


@pytest.fixture
def key(ledger: Ledger) -> str:
    """The X-Postroad-Message of what left to a person on channel relay."""
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection, "relay")
        add_campaign(connection)
        add_person(connection, "p@buyer.test", MessageState.SENT, channel="relay")
        person = connection.execute(select(Enrollment.person_key)).scalar_one()
    return f"q4/intro/{person}"


@pytest.fixture
def channel(box: ImapBox) -> SmtpChannel:
    """A channel whose notices go to the mailbox."""
    bounces = {"address": f"{box.name}@notices.test", "verp": True, "imap": box.given()}
    return SmtpChannel(mails.settings(25, bounces=bounces))


async def _read(ledger: Ledger, channel: SmtpChannel) -> dict[str, int]:
    return (await MailboxReading(ledger, "relay", channel, Clock(0)).read()).outcomes


async def _deliver(box: ImapBox, port: int, content: str, to: str) -> None:
    """Hand a mail to Postfix as another server does, and wait until it is in the mailbox."""
    author = "" if content == BARE_NOTICE else "p@buyer.test"  # RFC 5321, 4.5.5
    before = await asyncio.to_thread(box.unread)

    def hand_over() -> None:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.sendmail(author, [to], content.format(to=to))

    await asyncio.to_thread(hand_over)
    async with asyncio.timeout(30):
        while await asyncio.to_thread(box.unread) == before:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("content", "kind"),
    [(BARE_NOTICE, "bounced"), (AWAY, "auto_replied"), (ANSWER, "replied")],
    ids=["notice", "absence", "answer"],
)
async def test_what_comes_to_a_return_path_is_about_its_message(
    ledger: Ledger,
    key: str,
    box: ImapBox,
    port: int,
    channel: SmtpChannel,
    content: str,
    kind: str,
) -> None:
    await _read(ledger, channel)
    await _deliver(box, port, content, verp_address(f"{box.name}@notices.test", key).upper())
    assert await _read(ledger, channel) == {kind: 1}
    with ledger.read() as connection:
        assert connection.execute(select(Outcome.basis)).scalar_one() == Basis.RETURN_PATH


async def test_a_notice_to_a_forged_return_path_is_about_nothing(
    ledger: Ledger, key: str, box: ImapBox, port: int, channel: SmtpChannel
) -> None:
    await _read(ledger, channel)
    forged = verp_address(f"{box.name}@notices.test", f"q4/intro/{'0' * 16}")
    assert key not in forged
    await _deliver(box, port, BARE_NOTICE, forged)
    assert await _read(ledger, channel) == {}
