"""`doctor` looks at the whole installation, and fails when mail cannot leave."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from operations.temporal_checks import check_channel_workers
from postroad.contracts import channel_task_queue
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Channel
from postroad.ledger.workspace import apply_workspace
from postroad.secrets import SecretBox
from postroad.workspace import Workspace
from starter.setup import register_search_attributes
from tests.ledger_rows import NOW
from tests.starter.command import Postroad, Ran
from tests.starter.conftest import SECRET_KEY, TASK_QUEUE
from tests.starter.stand_ins import NotingSequence

_PATIENCE_SECONDS = 30


@pytest.fixture(autouse=True)
def installation(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger with one channel whose server nobody runs, and no Temporal."""
    monkeypatch.setenv("POSTROAD_TEMPORAL_ADDRESS", "127.0.0.1:1")
    sender = {"email": "ana@acme.test", "name": "Ana", "timezone": "UTC"}
    channel = {
        "id": "ana-smtp",
        "kind": "smtp",
        "address": "ana@acme.test",
        "host": "127.0.0.1",
        "port": 1,
        "tls": "none",
        "username": "ana",
        "password": "hers",
    }
    described = Workspace.model_validate(
        {"organisation": {"name": "Acme"}, "senders": [sender], "channels": [channel]}
    )
    with ledger.write() as connection:
        apply_workspace(connection, described, SecretBox(SECRET_KEY), NOW)


@activity.defn
async def _nothing() -> None:
    """An activity, so that the worker asks for activities."""


async def _with_worker(temporal: Client, command: Callable[[], Ran]) -> Ran:
    """Run a command while workers, that have polled, work for the installation."""
    await register_search_attributes(temporal)
    worker = Worker(
        temporal, task_queue=TASK_QUEUE, workflows=[NotingSequence], activities=[_nothing]
    )
    on_channels = Worker(
        temporal, task_queue=channel_task_queue(TASK_QUEUE, "smtp"), activities=[_nothing]
    )
    async with worker, on_channels, asyncio.timeout(_PATIENCE_SECONDS):
        while await check_channel_workers(temporal, TASK_QUEUE, ["smtp"]):
            await asyncio.sleep(0.02)
        handle = await temporal.start_workflow(
            NotingSequence.run, id="sequence/seen", task_queue=TASK_QUEUE
        )
        await handle.query(NotingSequence.notes)
        return await asyncio.to_thread(command)


def _levels(ran: Ran) -> dict[str, str]:
    return {finding["about"]: finding["level"] for finding in ran.json}


async def test_a_whole_installation_is_all_ok(
    installation: None,  # noqa: ARG001 - `temporal` must set the address after it
    postroad: Postroad,
    temporal: Client,
) -> None:
    ran = await _with_worker(temporal, lambda: postroad("doctor", "--json"))
    assert set(_levels(ran).values()) == {"ok"}
    assert {"ledger", "secret key", "channel ana-smtp", "workers", "clock"} <= set(_levels(ran))
    assert ran.code == 0


def test_without_temporal_it_fails_and_says_how_to_start_it(postroad: Postroad) -> None:
    ran = postroad("doctor")
    assert ran.code == 1
    [line] = [line for line in ran.stdout.splitlines() if line.startswith("fail")]
    assert line.startswith("fail     temporal: no Temporal server at 127.0.0.1:1: ")
    assert "`postroad up`" in line


async def test_a_namespace_that_is_missing_is_one_finding_among_the_others(
    installation: None,  # noqa: ARG001 - `temporal` must set the address after it
    postroad: Postroad,
    temporal: Client,  # noqa: ARG001 - it must be there
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POSTROAD_TEMPORAL_NAMESPACE", "sales")
    ran = await asyncio.to_thread(postroad, "doctor", "--json")
    findings = {finding["about"]: finding for finding in ran.json}
    assert (ran.code, findings["ledger"]["level"]) == (1, "ok")
    assert findings["temporal"]["words"] == "there is no namespace sales"
    assert "namespace create --namespace sales" in findings["temporal"]["way_out"]


def test_a_key_that_opens_nothing_fails_for_each_channel(
    postroad: Postroad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTROAD_SECRET_KEY", "another key entirely")
    assert _levels(postroad("doctor", "--json"))["channel ana-smtp"] == "fail"


@pytest.mark.parametrize(
    ("state", "level"), [("paused", "warn"), ("unauthorised", "fail"), ("misconfigured", "fail")]
)
def test_a_channel_out_of_service_is_told_with_the_way_back(
    postroad: Postroad, ledger: Ledger, state: str, level: str
) -> None:
    with ledger.write() as connection:
        connection.execute(update(Channel).values(state=state, state_reason="535 no"))
    findings = {finding["about"]: finding for finding in postroad("doctor", "--json").json}
    found = findings["channel ana-smtp"]
    assert (found["level"], found["words"]) == (level, f"{state} (535 no)")
    assert "`postroad channel resume ana-smtp`" in found["way_out"]


def test_signing_in_finds_a_server_that_is_away(postroad: Postroad) -> None:
    assert _levels(postroad("doctor", "--json"))["channel ana-smtp"] == "ok"
    assert _levels(postroad("doctor", "--channels", "--json"))["channel ana-smtp"] == "fail"


def test_a_ledger_that_was_never_made_is_not_made_by_looking(
    postroad: Postroad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "nothing.db"
    monkeypatch.setenv("POSTROAD_LEDGER_URL", f"sqlite:///{file}")
    ran = postroad("doctor", "--json")
    assert (ran.code, _levels(ran)["ledger"]) == (1, "fail")
    assert not file.exists()


def test_an_unmigrated_ledger_names_the_command_that_migrates_it(
    postroad: Postroad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.db").touch()
    monkeypatch.setenv("POSTROAD_LEDGER_URL", f"sqlite:///{tmp_path}/empty.db")
    findings = {finding["about"]: finding for finding in postroad("doctor", "--json").json}
    assert findings["ledger"]["level"] == "fail"
    assert findings["ledger"]["way_out"] == "migrate it with `postroad setup`"


def test_a_password_in_the_ledgers_url_is_not_shown(
    postroad: Postroad, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql+psycopg://postroad:hunter2@127.0.0.1:1/ledger"
    monkeypatch.setenv("POSTROAD_LEDGER_URL", url)
    ran = postroad("doctor")
    assert ran.code == 1
    assert "hunter2" not in ran.stdout + ran.stderr
