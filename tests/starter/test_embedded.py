"""`postroad up` runs the console beside the worker, and starts it again when it dies."""

import asyncio
import os
import signal
from pathlib import Path

import httpx
import pytest

from postroad.settings import Settings
from starter.embedded import EmbeddedStack

_PATIENCE_SECONDS = 60


async def _until_it_answers(address: str) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS), httpx.AsyncClient() as client:
        while True:
            try:
                answer = await client.get(f"http://{address}/health/ready")
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
            else:
                assert answer.text == "ok\n"
                return


async def test_the_console_is_supervised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with EmbeddedStack(Settings(data_dir=tmp_path)).running() as runtime:
        await _until_it_answers(runtime.console)
        os.kill(runtime.console_pid, signal.SIGKILL)
        await _until_it_answers_no_more(runtime.console)
        await _until_it_answers(runtime.console)


async def _until_it_answers_no_more(address: str) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS), httpx.AsyncClient() as client:
        while True:
            try:
                await client.get(f"http://{address}/health/live")
            except httpx.HTTPError:
                return
