"""The page of texts adds up what became of a library's template over all campaigns."""

from collections.abc import Callable

from sqlalchemy import Connection, insert, update

from console.installation import Installation
from postroad.contracts import MessageState
from postroad.ledger.tables import Message, StepText
from postroad.ledger.users import Role
from tests.console.conftest import Visitor
from tests.ledger_rows import add_campaign, add_person

TEMPLATE = {
    "subject": "Hello",
    "text": "Hello",
    "made_of": [{"kind": "template", "name": "hello", "version": 3}],
}


def _make_of_library(connection: Connection, campaign: str) -> None:
    connection.execute(
        insert(StepText).values(
            campaign_id=campaign,
            position=0,
            version=7,
            template=TEMPLATE,
            library_name="hello",
            library_version=3,
        )
    )


async def test_a_text_of_the_library_shows_how_it_did_everywhere(
    installation: Installation, visit: Callable[[Role], Visitor]
) -> None:
    with installation.ledger.write() as connection:
        add_campaign(connection, "q5")
        add_person(connection, "zoe@x.test", MessageState.SENT, campaign="q5")
        _make_of_library(connection, "q4")
        _make_of_library(connection, "q5")
        sent = update(Message).where(Message.state == MessageState.SENT)
        connection.execute(sent.values(version=7))
    everybodys = (await visit(Role.ADMIN).get("/texts?campaign=q4")).text
    assert "hello</a>, version 3 of the library. Over all campaigns (2): 3 sent" in everybodys
    anas = (await visit(Role.REP).get("/texts?campaign=q5")).text
    assert "hello</a>, version 3 of the library. Over all campaigns (2): 2 sent" in anas
    page = (await visit(Role.ADMIN).get("/library/template/hello")).text
    assert "of 3 sent in 2 campaigns" in page
