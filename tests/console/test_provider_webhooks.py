"""What providers push ends up in the ledger, once, whatever order it comes in."""

import base64
import itertools
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import func, insert, select, update

from operations.clock import now
from postroad.contracts import MessageState
from postroad.instants import MINUTE, SECOND
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Enrollment, Event, Message, Organisation, Outcome, Suppression
from postroad.provider_events.sendgrid import SIGNATURE_HEADER, TIMESTAMP_HEADER
from tests.console.public_stage import SECRETS, public_client
from tests.ledger_rows import add_campaign, add_channel, add_person, add_sender

PRIVATE = ec.generate_private_key(ec.SECP256R1())
PUBLIC = base64.b64encode(
    PRIVATE.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()
PASSWORD = "a password of sixteen"
RELAY = {"host": "127.0.0.1", "port": 25, "tls": "none"}
SENDGRID, SPARKPOST = "/webhooks/sendgrid/ana-smtp", "/webhooks/sparkpost/spark"
GONE = "550 5.1.1 no such user"
_ids = itertools.count(1)


@pytest.fixture
async def client(ledger: Ledger, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A provider that took mail to three people."""
    events: dict[str, Any] = {"kind": "sendgrid", "public_key": PUBLIC}
    spark = {"kind": "sparkpost", "username": "spark"}
    with ledger.write() as connection:
        connection.execute(insert(Organisation).values(name="Acme", settings={}))
        add_sender(connection)
        empty = SECRETS.encrypt({})
        add_channel(connection, settings={**RELAY, "events": events}, secrets=empty)
        add_channel(
            connection, "spark",
            settings={**RELAY, "events": spark},
            secrets=SECRETS.encrypt({"events.password": PASSWORD}),
        )  # fmt: skip
        add_channel(connection, "mute", settings=RELAY, secrets=empty)
        add_campaign(connection)
        for name in ("ada", "bo", "cy"):
            add_person(connection, f"{name}@x.test", MessageState.SENT, MessageState.PLANNED)
        connection.execute(
            update(Message).where(Message.sent_at.is_not(None)).values(sent_at=now() - MINUTE)
        )
    async with public_client(ledger, tmp_path) as opened:
        yield opened


def _key(ledger: Ledger, name: str) -> str:
    with ledger.read() as connection:
        key = connection.scalar(
            select(Enrollment.person_key).where(Enrollment.address == f"{name}@x.test")
        )
    return f"q4/intro/{key}"


def _event(ledger: Ledger, name: str, event: str, **fields: Any) -> dict[str, Any]:
    return {
        "event": event,
        "email": f"{name}@x.test",
        "timestamp": now() // SECOND - 5,
        "sg_event_id": f"e{next(_ids)}",
        "postroad_message": _key(ledger, name),
        **fields,
    }


async def _push(client: httpx.AsyncClient, *events: Any, body: bytes | None = None) -> int:
    body = json.dumps(events).encode() if body is None else body
    stamp = str(now() // SECOND)
    signature = PRIVATE.sign(stamp.encode() + body, ec.ECDSA(SHA256()))
    headers = {
        SIGNATURE_HEADER: base64.b64encode(signature).decode(),
        TIMESTAMP_HEADER: stamp,
    }
    return (await client.post(SENDGRID, content=body, headers=headers)).status_code


def _people(ledger: Ledger) -> dict[str, str]:
    with ledger.read() as connection:
        rows = connection.execute(select(Enrollment.address, Enrollment.state))
        return {row.address.partition("@")[0]: row.state for row in rows}


def _suppressed(ledger: Ledger) -> set[str]:
    with ledger.read() as connection:
        return set(connection.scalars(select(Suppression.address)))


def _counted(ledger: Ledger) -> dict[str, int]:
    with ledger.read() as connection:
        rows = connection.execute(select(Event.event, func.count()).group_by(Event.event))
        return {event: count for event, count in rows}


async def test_a_bounce_a_complaint_and_a_wish_end_what_they_are_about(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    status = await _push(
        client,
        _event(ledger, "ada", "bounce", status="5.1.1", reason=GONE),
        _event(ledger, "bo", "spamreport"),
        _event(ledger, "cy", "group_unsubscribe"),
    )
    assert status == 200
    assert _people(ledger) == {"ada": "bounced", "bo": "unsubscribed", "cy": "unsubscribed"}
    assert _suppressed(ledger) == {"ada@x.test", "bo@x.test", "cy@x.test"}
    with ledger.read() as connection:
        words = connection.scalar(select(Event.detail).where(Event.event == "complained"))
    assert words == "complained (sendgrid event to ana-smtp)"


@pytest.mark.parametrize("seed", range(4))
async def test_the_order_and_the_number_of_times_change_nothing(
    client: httpx.AsyncClient, ledger: Ledger, seed: int
) -> None:
    pushed = [
        _event(ledger, "ada", "deferred", response="451 4.3.0 later"),
        _event(ledger, "ada", "delivered"),
        _event(ledger, "bo", "bounce", reason=GONE),
        _event(ledger, "cy", "delivered"),
        _event(ledger, "cy", "spamreport"),
    ]
    chance = random.Random(seed)
    batches = pushed * 2
    chance.shuffle(batches)
    for start in range(0, len(batches), 3):
        assert await _push(client, *batches[start : start + 3]) == 200
    assert _people(ledger) == {"ada": "active", "bo": "bounced", "cy": "unsubscribed"}
    assert _counted(ledger) == {"delayed": 1, "delivered": 2, "bounced": 1, "complained": 1}


async def test_events_of_mail_that_is_not_ours_are_passed_over(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    stranger = {"event": "spamreport", "email": "ada@x.test", "sg_event_id": "s", "timestamp": 1}
    forged = _event(ledger, "ada", "spamreport", postroad_message="q4/intro/ffffffffffffffff")
    assert await _push(client, stranger, forged, {"email": None}, "nonsense") == 200
    assert _suppressed(ledger) == set()
    with ledger.read() as connection:
        assert connection.scalar(select(func.count()).select_from(Outcome)) == 0


async def test_the_message_id_will_do_where_the_argument_is_missing(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    with ledger.write() as connection:
        connection.execute(
            update(Message)
            .where(
                Message.enrollment_id.in_(
                    select(Enrollment.id).where(Enrollment.address == "bo@x.test")
                ),
                Message.position == 0,
            )
            .values(message_id="<bo@acme.test>")
        )
    event = _event(
        ledger, "bo", "spamreport", postroad_message=None, **{"smtp-id": "<bo@acme.test>"}
    )
    assert await _push(client, event) == 200
    assert _suppressed(ledger) == {"bo@x.test"}


async def test_what_sendgrid_did_not_sign_changes_nothing(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    body = json.dumps([_event(ledger, "ada", "spamreport")]).encode()
    unsigned = await client.post(SENDGRID, content=body)
    assert unsigned.status_code == 401
    assert unsigned.text == "this was not signed, or long ago, or with another key\n"
    assert _suppressed(ledger) == set()


async def test_a_batch_that_is_none_is_refused_in_a_sentence(client: httpx.AsyncClient) -> None:
    assert await _push(client, body=b"{}") == 400


async def test_a_batch_that_is_longer_than_any_is_not_read_to_its_end(
    client: httpx.AsyncClient,
) -> None:
    assert await _push(client, body=b" " * 8_000_001) == 413


@pytest.mark.parametrize(
    "path",
    [SENDGRID.replace("ana-smtp", "nobody"), SENDGRID.replace("ana-smtp", "mute"),
     SENDGRID.replace("sendgrid", "sparkpost"), SENDGRID.replace("sendgrid", "mailgun")],
)  # fmt: skip
async def test_who_awaits_no_events_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.post(path, content=b"[]")).status_code == 404


async def test_sparkpost_shows_its_password(client: httpx.AsyncClient, ledger: Ledger) -> None:
    with ledger.write() as connection:
        connection.execute(update(Message).values(channel_id="spark"))
    event = {
        "type": "spam_complaint",
        "event_id": "1",
        "rcpt_to": "ada@x.test",
        "timestamp": str(now() // SECOND),
        "rcpt_meta": {"postroad_message": _key(ledger, "ada")},
    }
    batch = [{"msys": {"message_event": event}}, {"msys": {}}]
    for password, status in (("wrong", 401), (PASSWORD, 200), (PASSWORD, 200)):
        answer = await client.post(SPARKPOST, json=batch, auth=("spark", password))
        assert answer.status_code == status
    assert _counted(ledger) == {"complained": 1}
