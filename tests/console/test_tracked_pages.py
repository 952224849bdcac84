"""Pages show who opened and clicked, and that openings are a guess."""

import re
from collections.abc import Callable

from sqlalchemy import select, update

from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Enrollment, Message
from postroad.ledger.users import Role
from tests.console.conftest import HOSTILE, Visitor
from tests.ledger_rows import add_event

Visit = Callable[[Role], Visitor]
KINDS = ("opened", "clicked", "clicked_by_machine")


def _track(ledger: Ledger) -> None:
    """Let Ada have opened the first mail and followed a link, which a machine did as well."""
    with ledger.write() as connection:
        ada = connection.scalar(
            select(Message.id)
            .join(Enrollment, Enrollment.id == Message.enrollment_id)
            .where(Enrollment.address == "ada@x.test", Message.position == 0)
        )
        assert ada is not None
        connection.execute(update(Message).where(Message.id == ada).values(version=1))
        for kind in KINDS:
            add_event(connection, ada, kind, detail=f"https://acme.test/?{HOSTILE}")


async def test_a_tracked_campaign_shows_people_and_machines_apart(
    visit: Visit, ledger: Ledger
) -> None:
    admin = visit(Role.ADMIN)
    assert "Clicked" not in (await admin.get("/campaigns/q4/now")).text
    _track(ledger)
    page = (await admin.get("/campaigns/q4/now")).text
    cells = [" ".join(cell.split()) for cell in re.findall(r'<td class="n">(.*?)</td>', page)]
    assert "1 <small>50.0 %</small>" in cells
    assert "1 <small>50.0 %, machines 1</small>" in cells
    assert "Openings are a guess" in page
    assert "Opened, as far as can be told" in (await admin.get("/texts?campaign=q4")).text


async def test_a_persons_page_and_the_feed_tell_what_was_clicked(
    visit: Visit, ledger: Ledger
) -> None:
    _track(ledger)
    admin = visit(Role.ADMIN)
    for path in ("/people/ada@x.test", "/feed?event=clicked_by_machine"):
        page = (await admin.get(path)).text
        assert "clicked by machine" in page
        assert "https://acme.test/?&lt;script&gt;" in page
        assert HOSTILE not in page
