"""Changes that are in the audit log before they are made."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from temporalio.service import RPCError

from console.installation import Installation
from operations.clock import now
from operations.failures import SAID_IN_A_SENTENCE, sentence_of
from operations.refusal import Unanswered
from postroad.ledger.audit import ask_change, conclude_change, doubt_change, withdraw_change

_CHANGED_NOTHING = (*SAID_IN_A_SENTENCE, HTTPException)
_MAY_HAVE_CHANGED = (Unanswered, RPCError, SQLAlchemyError)


@dataclass(slots=True)
class Audited:
    """A change that is being made."""

    subject: str
    """What is changed."""
    words: str = ""
    """What people are told that it did."""


@asynccontextmanager
async def audited(
    installation: Installation, *, by: str, action: str, subject: str
) -> AsyncIterator[Audited]:
    """Write an entry, let the change be made, and conclude the entry with what it did.

    A refusal takes the entry back. Where nobody can say whether the change was made, because a
    server did not answer or this process died, the entry stays as it is.

    Args:
        installation: has the ledger.
        by: who makes the change.
        action: what the audit log calls it.
        subject: what is to be changed.
    """
    entry = await installation.write(ask_change, by=by, action=action, subject=subject, now=now())
    change = Audited(subject)
    try:
        yield change
    except _MAY_HAVE_CHANGED as error:
        await installation.write(doubt_change, entry, sentence_of(error))
        raise
    except _CHANGED_NOTHING:
        await installation.write(withdraw_change, entry)
        raise
    await installation.write(
        conclude_change, entry, subject=change.subject, detail=change.words, now=now()
    )
