"""Mail that comes back: bounces (RFC 3464), replies, and automatic ones (RFC 3834)."""

from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.parser import BytesParser
from email.policy import SMTP
from email.utils import formatdate, make_msgid

from postroad.sandbox.config import Refusal

_DOMAIN = "sandbox.test"


def bounce(sender: str, recipient: str, refusal: Refusal, content: bytes) -> bytes:
    """Return the report that a mail could not be delivered, to the one who sent it."""
    report = MIMEMultipart("report", report_type="delivery-status")
    _address(report, f"MAILER-DAEMON@{_DOMAIN}", sender, "Undelivered Mail Returned to Sender")
    report["Auto-Submitted"] = "auto-replied"
    words = (
        f"Your message could not be delivered to {recipient}.\n\n"
        f"The remote server answered: {refusal.reply}\n"
    )
    report.attach(MIMEText(words))
    report.attach(_status(recipient, refusal))
    headers = content.partition(b"\r\n\r\n")[0].decode("ascii", errors="replace")
    report.attach(MIMEText(headers.replace("\ufffd", "?"), "rfc822-headers", "us-ascii"))
    return report.as_bytes(policy=SMTP)


def reply(recipient: str, content: bytes) -> bytes:
    """Return a person's answer to a mail, as it comes back to who sent it."""
    answer = _answer(recipient, content)
    answer.set_content("Thank you, let us talk on Thursday.\n")
    return bytes(answer)


def auto_reply(recipient: str, content: bytes) -> bytes:
    """Return what an absent person's mailbox answers to a mail."""
    answer = _answer(recipient, content, "Automatic reply: ")
    answer["Auto-Submitted"] = "auto-replied"
    answer["X-Auto-Response-Suppress"] = "All"
    answer.set_content("I am out of the office and will be back next week.\n")
    return bytes(answer)


def _status(recipient: str, refusal: Refusal) -> MIMENonMultipart:
    code, enhanced, *_ = refusal.reply.split(" ")
    of_message, of_recipient = Message(), Message()
    of_message["Reporting-MTA"] = f"dns; {_DOMAIN}"
    of_recipient["Final-Recipient"] = f"rfc822; {recipient}"
    of_recipient["Action"] = "failed"
    of_recipient["Status"] = enhanced if "." in enhanced else f"{code[0]}.0.0"
    of_recipient["Diagnostic-Code"] = f"smtp; {refusal.reply}"
    status = MIMENonMultipart("message", "delivery-status")
    status.set_payload([of_message, of_recipient])
    return status


def _answer(recipient: str, content: bytes, prefix: str = "Re: ") -> EmailMessage:
    original = BytesParser(policy=SMTP).parsebytes(content, headersonly=True)
    sender = str(original.get("From", ""))
    answer = EmailMessage(policy=SMTP)
    _address(answer, recipient, sender, f"{prefix}{original.get('Subject', '')}")
    message_id = str(original.get("Message-ID", ""))
    answer["In-Reply-To"] = message_id
    answer["References"] = " ".join(f"{original.get('References', '')} {message_id}".split())
    return answer


def _address(mail: Message, sender: str, recipient: str, subject: str) -> None:
    mail["From"] = sender
    mail["To"] = recipient
    mail["Subject"] = subject
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid(domain=_DOMAIN)
