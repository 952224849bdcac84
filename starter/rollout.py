"""`postroad rollout`: letting a new build of the workers take over."""

import asyncio
from typing import Annotated

import typer

from operations.rollout import make_current
from operations.temporal import connect
from postroad.settings import load_settings
from starter.terminal import say


def rollout(
    build: Annotated[
        str, typer.Argument(metavar="BUILD", help=r"As `build` under \[worker] names it.")
    ],
) -> None:
    """Let workers of another build take over, running campaigns included.

    Example: postroad rollout 2026-11-23
    """
    asyncio.run(_roll_out(build))
    say(f"build {build} takes over: stop the workers of other builds once nothing is on their wire")


async def _roll_out(build: str) -> None:
    await make_current(await connect(load_settings()), build)
