"""What an error means for people, in one sentence with the way out."""

import os

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from temporalio.service import RPCError, RPCStatusCode

from operations.refusal import Refused
from postroad.ledger.schema import SchemaMismatch
from postroad.secrets import SecretKeyError
from postroad.settings import SettingsError
from postroad.yaml_file import FileError

SAID_IN_A_SENTENCE = (Refused, SettingsError, SecretKeyError, SchemaMismatch, FileError)
"""Errors whose own words are meant for people."""

_NO_TABLES = ("no such table", "UndefinedTable", "UndefinedColumn", "no such column")
_NO_DATABASE = "unable to open database file"


def sentence_of(error: Exception) -> str:
    """Say what an error means for whoever gave the command."""
    match error:
        case _ if isinstance(error, SAID_IN_A_SENTENCE):
            return str(error)
        case SQLAlchemyError():
            return _of_ledger(error)
        case RPCError():
            return _of_temporal(error)
        case OSError(filename=str() | os.PathLike()):
            return f"{error.filename}: {error.strerror}"
        case _:
            return (
                f"a fault of Postroad's own, {type(error).__name__}: {error} "
                "(POSTROAD_TRACEBACK=1 shows where)"
            )


def _of_ledger(error: SQLAlchemyError) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    words = str(cause).strip().partition("\n")[0]
    if any(word in f"{type(cause).__name__} {words}" for word in _NO_TABLES):
        return "the ledger's tables are missing or old: `postroad setup` brings them up to date"
    if _NO_DATABASE in words:
        return "there is no ledger yet: `postroad up` or `postroad setup` creates it"
    return f"the ledger cannot be used: {words}; ledger.url says where it should be"


def _of_temporal(error: RPCError) -> str:
    if error.status is RPCStatusCode.NOT_FOUND:
        return f"Temporal does not know it: {error.message}"
    if error.status in (RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.PERMISSION_DENIED):
        return f"Temporal refuses us: {error.message}; see the temporal settings"
    if "search attribute" in error.message.lower():
        return f"Temporal lacks our search attributes ({error.message}): run `postroad setup`"
    return (
        f"the Temporal server did not answer ({error.status.name.lower()}: {error.message}): "
        "start `postroad up`, or set temporal.address"
    )
