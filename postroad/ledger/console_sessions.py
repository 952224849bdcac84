"""Who is signed in to the console, and how often signing in failed."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from postroad.instants import HOUR, MINUTE
from postroad.ledger.tables import ConsoleSession, SignInAttempt
from postroad.ledger.token_digests import digest_of
from postroad.ledger.users import Role

SESSION_LASTS = 12 * HOUR
"""A working day; after it people sign in again."""
ATTEMPTS_WITHIN = 15 * MINUTE
_MOST_ATTEMPTS = {"account": 10, "address": 60}
"""Within the time above; several people may share a network address."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whose session it is."""

    email: str
    role: Role


def open_session(connection: Connection, token: str, email: str, role: Role, now: int) -> None:
    """Remember that a browser is signed in, and forget sessions that are over."""
    connection.execute(delete(ConsoleSession).where(ConsoleSession.expires_at <= now))
    connection.execute(
        insert(ConsoleSession).values(
            token_digest=digest_of(token),
            email=email,
            role=role,
            created_at=now,
            expires_at=now + SESSION_LASTS,
        )
    )


def find_session(connection: Connection, token: str, now: int) -> SignedIn | None:
    """Return whose session a token opens; None where it is over or never was."""
    row = connection.execute(
        select(ConsoleSession.email, ConsoleSession.role).where(
            ConsoleSession.token_digest == digest_of(token), ConsoleSession.expires_at > now
        )
    ).first()
    return None if row is None else SignedIn(row.email, Role(row.role))


def close_session(connection: Connection, token: str) -> None:
    """Sign one browser out."""
    connection.execute(
        delete(ConsoleSession).where(ConsoleSession.token_digest == digest_of(token))
    )


def count_attempt(connection: Connection, email: str, address: str, now: int) -> bool:
    """Count an attempt to sign in against its account and its network address.

    It is counted before the password is looked at, so that attempts made at once are all counted.

    Returns:
        False where one of both had too many within the last minutes: refuse without looking.
    """
    subjects = _subjects(email, address)
    connection.execute(delete(SignInAttempt).where(SignInAttempt.at <= now - ATTEMPTS_WITHIN))
    attempts = connection.execute(
        select(SignInAttempt.subject, func.count())
        .where(SignInAttempt.subject.in_(subjects))
        .group_by(SignInAttempt.subject)
    )
    counted = {subject: number for subject, number in attempts}
    if any(
        counted.get(subject, 0) >= _MOST_ATTEMPTS[subject.partition(":")[0]] for subject in subjects
    ):
        return False
    connection.execute(
        insert(SignInAttempt), [{"subject": subject, "at": now} for subject in subjects]
    )
    return True


def forget_attempts(connection: Connection, email: str) -> None:
    """Begin to count an account's attempts anew after its owner signed in.

    Those of the address stay: an attacker may own one account.
    """
    account, _ = _subjects(email, "")
    connection.execute(delete(SignInAttempt).where(SignInAttempt.subject == account))


def _subjects(email: str, address: str) -> tuple[str, str]:
    return f"account:{email}", f"address:{address}"
