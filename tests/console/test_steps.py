"""Changing a running campaign's steps and senders in the console."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from temporalio.client import Client, WorkflowHandle

from postroad.campaign.markdown import markdown_to_html
from postroad.contracts import CampaignState
from postroad.ledger.engine import Ledger
from postroad.ledger.steps import load_template
from postroad.ledger.tables import Campaign, Enrollment, Step, StepText
from postroad.ledger.users import Role
from tests.console.conftest import BO, HOSTILE, Visitor
from tests.console.test_steering import temporal as temporal  # noqa: PLC0414 - a fixture
from tests.ledger_rows import ANA
from tests.starter.stand_ins import NotingCampaign

pytestmark = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)

Visit = Callable[[Role], Visitor]
_TEXT = "Hello {{ person.first_name }},\n\nwe **met** in Berlin."
_NUDGE = "/campaigns/q4/steps/nudge"


@pytest.fixture(autouse=True)
def texts(application: object, ledger: Ledger) -> None:  # noqa: ARG001 - after its rows
    """Steps whose texts are Markdown, and somebody with a usual name."""
    template = {"subject": "Again", "text": _TEXT, "html": markdown_to_html(_TEXT)}
    with ledger.write() as connection:
        connection.execute(update(StepText).values(template=template))
        connection.execute(update(Enrollment).values(fields={"first_name": "Ada"}))


async def _campaign(client: Client) -> WorkflowHandle[NotingCampaign, None]:
    return await client.start_workflow(NotingCampaign.run, id="campaign/q4", task_queue="notes")


def _typed(text: str, **fields: str) -> dict[str, str | list[str]]:
    typed = {"subject": "Again", "text": text, "wait": "3d", "variant": "", "version": "1"}
    typed["wait_shown"] = "3d"
    return {**typed, **fields}


async def test_a_text_is_previewed_for_a_person_and_then_sent_from_now_on(
    temporal: Client, visit: Visit, ledger: Ledger
) -> None:
    campaign, meg = await _campaign(temporal), visit(Role.MANAGER)
    assert "we **met** in Berlin." in (await meg.get(_NUDGE)).text
    text = "Dear {{ person.first_name }},\r\n\r\nand **again**."
    shown = (await meg.post(f"{_NUDGE}/preview", **_typed(text, person="ada@x.test"))).text
    assert "Dear Ada" in shown
    assert "&lt;strong&gt;again&lt;/strong&gt;" in shown  # in a frame that runs nothing
    assert await campaign.query(NotingCampaign.notes) == []
    await meg.post(_NUDGE, **_typed(text))
    assert await campaign.query(NotingCampaign.notes) == ["nudge is version 2 by meg@acme.test"]
    with ledger.read() as connection:
        kept = load_template(connection, "q4", 1, 2)
    assert kept.text == "Dear {{ person.first_name }},\n\nand **again**."
    assert kept.html == markdown_to_html(kept.text)
    await meg.post(_NUDGE, **_typed(_TEXT, wait="2 business days"))
    assert (await campaign.query(NotingCampaign.notes))[1:] == [
        "nudge is version 1 at other times by meg@acme.test"
    ]


async def test_what_was_typed_stays_when_it_is_refused(visit: Visit, ledger: Ledger) -> None:
    meg = visit(Role.MANAGER)
    for typed, why in (
        (_typed("Dear {{ person.name }} <b>"), "unknown field person.name; known are first_name"),
        (_typed("Dear {{ <b>"), "text"),
        (_typed("<b>", wait="soon"), "wait"),
        (_typed("<b>", version="7"), "somebody changed nudge meanwhile"),
        (_typed("<b>", wait_shown="5d"), "somebody changed nudge meanwhile"),
        (_typed("![ ](logo.png) <b>"), "shows &#39;logo.png&#39;, which it did not show before"),
    ):
        refused = await meg.post(_NUDGE, **typed)
        assert refused.status_code == 422
        assert why in refused.text
        assert "&lt;b&gt;</textarea>" in refused.text
    with ledger.read() as connection:
        assert len(connection.scalars(select(StepText.version)).all()) == 2


async def test_a_mail_that_is_html_of_its_own_is_shown_and_not_typed(
    visit: Visit, ledger: Ledger
) -> None:
    with ledger.write() as connection:
        template = {"subject": "Hi", "text": HOSTILE, "html": "<table>by hand</table>"}
        connection.execute(update(StepText).values(template=template))
    meg = visit(Role.MANAGER)
    page = (await meg.get(_NUDGE)).text
    assert "step change q4 nudge --body FILE" in page
    assert "<textarea" not in page
    assert HOSTILE not in page
    refused = await meg.post(_NUDGE, **_typed("mine"))
    assert "nudge is HTML" in refused.text


async def test_steps_are_added_and_removed(temporal: Client, visit: Visit) -> None:
    campaign, meg = await _campaign(temporal), visit(Role.MANAGER)
    new: dict[str, str | list[str]] = {
        "id": "last", "subject": "", "text": "Last try", "wait": "3 days", "thread": "reply",
        "task": "", "reopen": "yes",
    }  # fmt: skip
    taken = await meg.post("/campaigns/q4/steps", **new | {"id": "intro"})
    assert "the id &#39;intro&#39; is taken" in taken.text
    assert "Last try</textarea>" in taken.text
    assert 'value="yes" checked' in taken.text
    await meg.post("/campaigns/q4/steps", **new)
    await meg.post("/campaigns/q4/steps", **new | {"id": "ring", "task": "call", "subject": "Ring"})
    await meg.post(f"{_NUDGE}/remove")
    assert await campaign.query(NotingCampaign.notes) == [
        "added last at 2 by meg@acme.test for everybody",
        "added ring at 2 by meg@acme.test for everybody",
        "removed nudge by meg@acme.test",
    ]


async def test_a_sender_who_left_hands_their_people_over(temporal: Client, visit: Visit) -> None:
    campaign, meg = await _campaign(temporal), visit(Role.MANAGER)
    page = (await meg.get("/campaigns/q4/senders")).text
    assert "Answers to earlier mail still go to the former sender" in page
    await meg.post("/campaigns/q4/senders", sender=BO, replacement=ANA)
    assert await campaign.query(NotingCampaign.notes) == [f"{ANA} for {BO} by meg@acme.test"]
    await meg.post("/campaigns/q4/senders", sender=BO, replacement="")
    assert "is no email address" in (await meg.get("/")).text


async def test_steps_that_nobody_gets_any_more_offer_nothing(visit: Visit, ledger: Ledger) -> None:
    meg = visit(Role.MANAGER)
    with ledger.write() as connection:
        connection.execute(update(Step).where(Step.id == "nudge").values(removed_at=1))
    assert "<textarea" not in (await meg.get(_NUDGE)).text
    assert f'action="{_NUDGE}/remove"' not in (await meg.get("/campaigns/q4/steps")).text
    with ledger.write() as connection:
        connection.execute(update(Campaign).values(state=CampaignState.COMPLETED))
    for page in ("steps", "steps/intro", "senders"):
        _, _, shown = (await meg.get(f"/campaigns/q4/{page}")).text.partition("<main")
        assert "<form" not in shown
    assert (await meg.get("/campaigns/q4/steps/none")).status_code == 404
    assert (await meg.get("/campaigns/none/steps")).status_code == 404
