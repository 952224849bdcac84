"""What the console asks of running workflows: campaigns, their people, their uncertain messages."""

from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import insert, select
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from operations.clock import now
from postroad.contracts import ChannelState, MessageState
from postroad.instants import HOUR
from postroad.ledger.audit import list_changes
from postroad.ledger.channels import channel_state, pause_channel
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Enrollment, Message, Pause
from postroad.ledger.uncertain import list_uncertain
from postroad.ledger.users import Role
from starter.temporal_server import temporal_binary
from tests.console.conftest import BO, PLANNED, SENT, UNCERTAIN, Visitor
from tests.ledger_rows import ANA, add_person
from tests.starter.stand_ins import NotingCampaign, NotingSequence

pytestmark = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)

Visit = Callable[[Role], Visitor]
_QUEUE = "notes"


@pytest.fixture
async def temporal(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    """A Temporal server whose workflows note what they are asked."""
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(temporal_binary()), data_converter=pydantic_data_converter
    )
    async with environment:
        client = environment.client
        address = client.service_client.config.target_host
        monkeypatch.setenv("POSTROAD_TEMPORAL_ADDRESS", address)
        async with Worker(client, task_queue=_QUEUE, workflows=[NotingCampaign, NotingSequence]):
            yield client


async def _campaign(client: Client) -> WorkflowHandle[NotingCampaign, None]:
    return await client.start_workflow(NotingCampaign.run, id="campaign/q4", task_queue=_QUEUE)


async def _sequence(client: Client) -> WorkflowHandle[NotingSequence, None]:
    workflow = f"sequence/q4/{BO}"
    return await client.start_workflow(NotingSequence.run, id=workflow, task_queue=_QUEUE)


async def test_everything_is_asked_in_the_viewers_name_and_recorded(
    temporal: Client, visit: Visit, ledger: Ledger
) -> None:
    campaign, sequence = await _campaign(temporal), await _sequence(temporal)
    meg = visit(Role.MANAGER)
    await meg.post("/campaigns/q4/pause", reason="wrong price")
    await meg.post("/campaigns/q4/pause")
    assert "campaign q4 is already paused" in (await meg.get("/")).text
    await meg.post("/people/ada@x.test/remove", campaign="q4")
    await meg.post("/campaigns/q4/cancel")
    assert await campaign.query(NotingCampaign.notes) == [
        "paused by meg@acme.test: wrong price",
        "removed ada@x.test by meg@acme.test",
        "cancelled by meg@acme.test: ",
    ]
    with ledger.read() as connection:
        lost = connection.scalars(
            select(Message.id).where(Message.state == MessageState.UNCERTAIN)
        ).one()
    await meg.post("/uncertain", which="chosen", decision="resend")
    assert "choose at least one message" in (await meg.get("/uncertain")).text
    await meg.post("/uncertain", which="chosen", decision="resend", message=[str(lost)])
    assert await sequence.query(NotingSequence.notes) == [
        "uncertain messages to be sent again by meg@acme.test"
    ]
    with ledger.read() as connection:
        state = connection.scalar(select(Message.state).where(Message.id == lost))
        changes = list_changes(connection, before=None, at_most=9)
    assert state == MessageState.PLANNED
    assert [(change.action, change.subject) for change in reversed(changes)] == [
        ("pause campaign", "q4"),
        ("remove person", "ada@x.test"),
        ("cancel campaign", "q4"),
        ("decide uncertain", str(lost)),
    ]


async def test_a_rep_steers_their_own_people_and_nobody_elses(
    temporal: Client, visit: Visit, ledger: Ledger
) -> None:
    campaign, ana = await _campaign(temporal), visit(Role.REP)
    with ledger.write() as connection:
        add_person(connection, "eva@x.test", SENT, PLANNED, due_at=now() + HOUR)
        add_person(connection, "ivo@x.test", SENT, PLANNED)
        ivo = connection.scalar(select(Enrollment.id).where(Enrollment.address == "ivo@x.test"))
        connection.execute(insert(Pause).values(enrollment_id=ivo, at=1, by="meg", reason="ill"))
    offered = (await ana.get("/people/eva@x.test")).text
    for action in ("advance", "pause", "remove"):
        assert f'action="/people/eva%40x.test/{action}"' in offered
        await ana.post(f"/people/eva@x.test/{action}", campaign="q4")
    offered = (await ana.get("/people/ivo@x.test")).text
    assert 'action="/people/ivo%40x.test/resume"' in offered
    assert "/pause" not in offered
    await ana.post("/people/ivo@x.test/resume", campaign="q4")
    assert await campaign.query(NotingCampaign.notes) == [
        "advanced eva@x.test by ana@acme.test",
        "paused eva@x.test by ana@acme.test: ",
        "removed eva@x.test by ana@acme.test",
        "resumed ivo@x.test by ana@acme.test",
    ]
    for action in ("advance", "pause", "resume", "remove"):
        for somebody, place in (("lost@x.test", "q4"), ("eva@x.test", "solo")):
            refused = await ana.post(f"/people/{somebody}/{action}", campaign=place)
            assert refused.status_code == 404
    assert len(await campaign.query(NotingCampaign.notes)) == 4


async def test_a_rep_decides_about_their_own_uncertain_messages_only(
    temporal: Client, visit: Visit, ledger: Ledger
) -> None:
    await temporal.start_workflow(NotingSequence.run, id=f"sequence/q4/{ANA}", task_queue=_QUEUE)
    with ledger.write() as connection:
        [own] = add_person(connection, "own@x.test", UNCERTAIN, charge_at=1)
    ana = visit(Role.REP)
    page = (await ana.get("/uncertain")).text
    assert "own@x.test" in page
    assert "lost@x.test" not in page
    await ana.post("/uncertain", which="all", decision="as_sent")
    with ledger.read() as connection:
        states = {one.email: one.id for one in list_uncertain(connection)}
        assert connection.scalar(select(Message.state).where(Message.id == own)) == SENT
    assert list(states) == ["lost@x.test"]
    await ana.post(
        "/uncertain", which="chosen", decision="dismiss", message=[str(states["lost@x.test"])]
    )
    assert (
        "0 messages dismissed; left as they are: it is not uncertain" in (await ana.get("/")).text
    )


@pytest.mark.usefixtures("temporal")
async def test_a_channel_is_resumed(visit: Visit, ledger: Ledger) -> None:
    with ledger.write() as connection:
        pause_channel(connection, "team", "bo", "", 1)
    adam = visit(Role.ADMIN)
    await adam.post("/channels/team/resume")
    with ledger.read() as connection:
        assert channel_state(connection, "team") == (ChannelState.ACTIVE, "")
    await adam.post("/channels/team/resume")
    assert "team is active already" in (await adam.get("/channels/team")).text
