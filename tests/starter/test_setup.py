"""`postroad setup` prepares what is missing, and says what it did."""

import asyncio

import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client

from postroad.ledger.engine import Ledger
from postroad.ledger.schema import is_current
from tests.starter.command import Postroad
from workflows import search_attributes


async def test_the_search_attributes_are_registered_once(
    postroad: Postroad, temporal: Client
) -> None:
    first = await asyncio.to_thread(postroad, "setup")
    answer = await temporal.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace="default")
    )
    assert set(search_attributes.types()) <= set(answer.custom_attributes)
    second = await asyncio.to_thread(postroad, "setup")
    assert (first.code, second.code) == (0, 0)
    assert "registered PostroadCampaign, PostroadChannel" in first.stdout
    assert "registered before" in second.stdout


async def test_a_namespace_that_is_missing_is_told_with_how_to_make_it(
    postroad: Postroad,
    temporal: Client,  # noqa: ARG001 - it must be there
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POSTROAD_TEMPORAL_NAMESPACE", "sales")
    ran = await asyncio.to_thread(postroad, "setup")
    assert ran.code == 1
    assert "Temporal has no namespace sales: `temporal operator namespace create" in ran.stderr


def test_the_ledger_is_migrated_even_without_temporal(
    unmigrated_ledger: Ledger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POSTROAD_TEMPORAL_ADDRESS", "127.0.0.1:1")
    ran = Postroad(unmigrated_ledger, monkeypatch, capsys)("setup")
    assert ran.code == 0
    assert is_current(unmigrated_ledger)
    assert "no Temporal server at 127.0.0.1:1" in ran.stdout
