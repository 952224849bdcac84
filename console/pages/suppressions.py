"""The suppression list: search, add, take off, import, export."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from console.access import Permission, viewer_of
from console.forms import text
from console.installation import installation_of
from console.pages.people import suppress
from console.rendering import render
from console.routing import Change, Done, Page
from operations.refusal import Refused
from operations.suppressing import parsed_key, suppress_all
from operations.suppression_file import SuppressionRow, read_suppressions, suppression_lines
from operations.waking import wake_if_possible
from postroad.ledger.engine import Ledger
from postroad.ledger.pages.suppressions import search_suppressions
from postroad.ledger.suppression_list import lift_suppression, list_suppressions
from postroad.wording import say_count

_ON_A_PAGE = 50


def routes() -> list[BaseRoute]:
    """Return the list, its export, and its changes."""
    administer = Permission.ADMINISTER
    return [
        Page("/suppressions", _list, Permission.STEER),
        Page("/suppressions.csv", _export, administer),
        Change("/suppressions/add", "suppress", _add, administer, subject="address"),
        Change("/suppressions/lift", "lift suppression", _lift, administer, subject="address"),
        Change("/suppressions/import", "import suppressions", _import, administer),
    ]


async def _list(request: Request) -> Response:
    search = text(request.query_params, "search")
    rows = await installation_of(request).read(
        search_suppressions,
        search=search,
        after=text(request.query_params, "after"),
        at_most=_ON_A_PAGE + 1,
    )
    shown, following = rows[:_ON_A_PAGE], None
    if len(rows) > _ON_A_PAGE:
        following = f"/suppressions?{urlencode({'search': search, 'after': shown[-1].address})}"
    return render(request, "suppressions.html", rows=shown, search=search, following=following)


async def _export(request: Request) -> Response:
    """Send the whole list, in the form that an import reads."""
    return StreamingResponse(
        _lines(installation_of(request).ledger),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="suppressions.csv"'},
    )


def _lines(ledger: Ledger) -> Iterator[str]:
    with ledger.read() as connection:
        yield from suppression_lines(list_suppressions(connection))


async def _add(request: Request) -> Done:
    form = await request.form()
    address = parsed_key(text(form, "address"))
    words = await suppress(
        installation_of(request), address, text(form, "reason"), viewer_of(request)
    )
    return Done(words, address, "/suppressions")


async def _lift(request: Request) -> Done:
    address = parsed_key(text(await request.form(), "address"))
    if not await installation_of(request).write(lift_suppression, address):
        raise Refused(f"{address} is not suppressed")
    words = f"{address} is suppressed no more; sequences that it ended stay ended"
    return Done(words, address, "/suppressions")


async def _import(request: Request) -> Done:
    installation, form = installation_of(request), await request.form()
    upload = form.get("file")
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise Refused("choose a file: one address or @domain a line, or a CSV with a column email")
    rows = await asyncio.to_thread(_read, await upload.read())
    reason = text(form, "reason") or f"imported by {viewer_of(request).email}"
    effect, new = await asyncio.to_thread(suppress_all, installation.ledger, rows, reason)
    await wake_if_possible(installation.settings, effect.wake, "people suppressed")
    faulty = [row for row in rows if row.address is None]
    words = f"{say_count(new, 'new suppression')} from {say_count(len(rows), 'row')}"
    if faulty:
        words += f"; row {faulty[0].row} and {len(faulty) - 1} others name no address"
    return Done(words, upload.filename, "/suppressions")


def _read(content: bytes) -> list[SuppressionRow]:
    with tempfile.TemporaryDirectory(prefix="postroad-") as directory:
        path = Path(directory) / "import.csv"
        path.write_bytes(content)
        return list(read_suppressions(path))
