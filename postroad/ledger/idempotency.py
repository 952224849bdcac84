"""Requests that programs may repeat: each is carried out once, and answered the same every time.

See draft-ietf-httpapi-idempotency-key-header. A try that its process did not survive is given up
after a while; the next one then carries the request out again, with the same nonce.
"""

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from postroad.instants import DAY, MINUTE
from postroad.ledger.tables import IdempotencyKey
from postroad.ledger.upsert import insert_new

KEPT = DAY
"""For how long an answer is given again, counted from the first try."""
GIVEN_UP_AFTER = 5 * MINUTE
"""No request takes longer; a try that does was cut off."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Nobody has carried the request out: the caller is to do it now."""

    nonce: str
    """The same on every try of one request."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The request was carried out before."""

    status: int
    answer: str
    """Encrypted, as it was kept."""


@dataclass(frozen=True, slots=True)
class InProgress:
    """Somebody carries it out at this moment."""


@dataclass(frozen=True, slots=True)
class AnotherRequest:
    """The key was used for another request."""


Standing = Begun | Answered | InProgress | AnotherRequest


def begin(connection: Connection, token_id: int, key: str, fingerprint: str, now: int) -> Standing:
    """Claim a key for one request, or say what became of it before; of two at once one begins."""
    connection.execute(delete(IdempotencyKey).where(IdempotencyKey.first_at <= now - KEPT))
    nonce = secrets.token_hex(8)
    row = {
        "token_id": token_id,
        "key": key,
        "fingerprint": fingerprint,
        "nonce": nonce,
        "first_at": now,
        "begun_at": now,
    }
    if insert_new(connection, IdempotencyKey, [row]):
        return Begun(nonce)
    known = connection.execute(
        select(*IdempotencyKey.__table__.columns)
        .where(IdempotencyKey.token_id == token_id, IdempotencyKey.key == key)
        .with_for_update()
    ).one()
    if known.fingerprint != fingerprint:
        return AnotherRequest()
    if known.status is not None:
        return Answered(known.status, known.answer)
    if known.begun_at > now - GIVEN_UP_AFTER:
        return InProgress()
    _change(connection, token_id, key, begun_at=now)
    return Begun(known.nonce)


def keep_answer(connection: Connection, token_id: int, key: str, status: int, answer: str) -> None:
    """Keep what was answered, to be answered again."""
    _change(connection, token_id, key, status=status, answer=answer)


def release(connection: Connection, token_id: int, key: str) -> None:
    """Let the next try carry the request out at once: this one failed."""
    _change(connection, token_id, key, begun_at=0)


def _change(connection: Connection, token_id: int, key: str, **values: int | str) -> None:
    connection.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.token_id == token_id, IdempotencyKey.key == key)
        .values(values)
    )
