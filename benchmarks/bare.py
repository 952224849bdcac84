"""The yardsticks: bare aiosmtplib loops that keep no ledger and survive nothing.

`python -m benchmarks.bare render|bytes --port P --connections C --messages N` prints the seconds.
`render` fills the same Jinja template for each person and builds an EmailMessage, as a script
would; `bytes` sends one prebuilt mail again and again, which is the wire's own limit.
"""

import argparse
import asyncio
import time
from collections.abc import Iterator
from email.message import EmailMessage

import aiosmtplib
from jinja2 import Environment

from benchmarks.campaign import SUBJECT, TEXT, person
from postroad.campaign.markdown import markdown_to_html

SENDER = "ana@acme.test"


def rendered(messages: int) -> Iterator[EmailMessage]:
    """Yield a mail per person, rendered and built when it is asked for."""
    plain = Environment(autoescape=False).from_string(TEXT)
    html = Environment(autoescape=True).from_string(markdown_to_html(TEXT))
    subject = Environment(autoescape=False).from_string(SUBJECT)
    for number in range(messages):
        one = person(number)
        mail = EmailMessage()
        mail["From"] = f"Ana Ruiz <{SENDER}>"
        mail["To"] = one["email"]
        mail["Subject"] = subject.render(person=one)
        mail["X-Postroad-Message"] = f"bare/intro/{number}"
        mail.set_content(plain.render(person=one))
        mail.add_alternative(html.render(person=one), subtype="html")
        yield mail


def prebuilt(messages: int) -> Iterator[bytes]:
    """Yield the same mail so many times."""
    mail = next(rendered(1)).as_bytes().replace(b"\n", b"\r\n")
    for _ in range(messages):
        yield mail


async def run(mode: str, port: int, connections: int, messages: int) -> float:
    """Send everything over so many connections; return the seconds it took."""
    mails: Iterator[EmailMessage | bytes] = (
        rendered(messages) if mode == "render" else prebuilt(messages)
    )

    async def lane(client: aiosmtplib.SMTP) -> None:
        for number, mail in enumerate(mails):
            if isinstance(mail, EmailMessage):
                await client.send_message(mail, sender=SENDER)
            else:
                await client.sendmail(SENDER, [f"p{number}@x.test"], mail)

    clients = [
        aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False)
        for _ in range(connections)
    ]
    for client in clients:
        await client.connect()
    began = time.perf_counter()
    await asyncio.gather(*(lane(client) for client in clients))
    seconds = time.perf_counter() - began
    for client in clients:
        await client.quit()
    return seconds


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["render", "bytes"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--messages", type=int, required=True)
    chosen = parser.parse_args()
    print(asyncio.run(run(chosen.mode, chosen.port, chosen.connections, chosen.messages)))
