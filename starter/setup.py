"""`postroad setup`: the ledger's tables and Temporal's search attributes."""

import asyncio
import re

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from operations.connection_faults import create_namespace
from operations.opening import opened_ledger
from operations.refusal import Refused
from operations.temporal import connect
from postroad.ledger.engine import Ledger
from postroad.ledger.schema import current_revision, migrate
from postroad.settings import load_settings
from starter.terminal import say
from workflows import search_attributes


def setup() -> None:
    """Prepare the ledger and the Temporal namespace, or update them.

    `postroad up` does this by itself; it is for a ledger and a Temporal of your own. Safe to
    repeat. Stop the workers of an older version first.

    Example: postroad setup
    """
    with opened_ledger() as ledger:
        _prepare_ledger(ledger)
    asyncio.run(_prepare_temporal())


def _prepare_ledger(ledger: Ledger) -> None:
    migrate(ledger)
    where = ledger.url.render_as_string(hide_password=True)
    say(f"ledger {where}: schema {current_revision(ledger)}")


async def _prepare_temporal() -> None:
    try:
        client = await connect(load_settings())
    except Refused as refusal:
        say(f"{refusal}; then `postroad setup` registers the search attributes there")
        return
    added = await register_search_attributes(client)
    what = f"registered {', '.join(added)}" if added else "search attributes were registered before"
    say(f"Temporal namespace {client.namespace}: {what}")


async def register_search_attributes(client: Client) -> list[str]:
    """Register the search attributes that are missing; return their names.

    Raises:
        Refused: there is no such namespace, or the server does not let us (Temporal Cloud has
            its own console for this).
    """
    try:
        answer = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
        missing = {
            name: kind
            for name, kind in search_attributes.types().items()
            if name not in answer.custom_attributes
        }
        if missing:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(
                    namespace=client.namespace,
                    search_attributes={name: _value_type(kind) for name, kind in missing.items()},
                )
            )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            name = client.namespace
            raise Refused(f"Temporal has no namespace {name}: {create_namespace(name)}") from None
        wanted = ", ".join(f"{name} ({kind})" for name, kind in search_attributes.types().items())
        raise Refused(
            f"Temporal does not let us register search attributes ({error.message}): "
            f"create these in its console: {wanted}"
        ) from None
    return sorted(missing)


def _value_type(kind: str) -> IndexedValueType.ValueType:
    """Translate the command line's word: `KeywordList` is INDEXED_VALUE_TYPE_KEYWORD_LIST."""
    words = re.sub(r"(?<!^)(?=[A-Z])", "_", kind).upper()
    return IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{words}")
