"""Servers that tests share, and a theatre per test."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from postroad.ledger.engine import Ledger
from tests.workflows.theatre import Theatre, open_theatre, temporal_environment

_numbers = itertools.count(1)


@pytest.fixture
async def waiting_environment() -> AsyncIterator[WorkflowEnvironment]:
    """A server on which time passes as it does."""
    async with temporal_environment(skip_time=False) as environment:
        yield environment


@pytest.fixture
async def skipping_environment() -> AsyncIterator[WorkflowEnvironment]:
    """A server that skips time while a workflow waits."""
    async with temporal_environment(skip_time=True) as environment:
        yield environment


@pytest.fixture
async def theatre(
    waiting_environment: WorkflowEnvironment, ledger: Ledger, tmp_path: Path
) -> AsyncIterator[Theatre]:
    """A theatre on which time passes as it does; the test runs once on each database."""
    queue = f"queue-{next(_numbers)}"
    async with open_theatre(waiting_environment, ledger, tmp_path, queue) as opened:
        yield opened


@pytest.fixture
async def skipping_theatre(
    skipping_environment: WorkflowEnvironment, ledger: Ledger, tmp_path: Path
) -> AsyncIterator[Theatre]:
    """A theatre that skips waits; the test runs once on each database."""
    queue = f"queue-{next(_numbers)}"
    async with open_theatre(skipping_environment, ledger, tmp_path, queue) as opened:
        yield opened
