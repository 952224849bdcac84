"""`postroad up`: the whole engine on one machine, until Ctrl-C."""

import asyncio
import signal

from postroad.settings import Settings
from starter.embedded import EmbeddedStack, Runtime


async def run_until_stopped(settings: Settings) -> None:
    """Run the embedded stack until SIGINT or SIGTERM, then stop it cleanly."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with EmbeddedStack(settings).running() as runtime:
        print(_welcome(settings, runtime), flush=True)  # noqa: T201 - what people wait for
        await stop.wait()
        print("stopping: messages on the wire are finished first", flush=True)  # noqa: T201


def _welcome(settings: Settings, runtime: Runtime) -> str:
    return (
        "Postroad is up.\n"
        f"  Temporal     {runtime.temporal_address}\n"
        f"  web UI       {runtime.web_ui}\n"
        f"  data         {settings.data_dir}\n"
        "Ctrl-C stops it; started again on the same directory, it goes on where it was."
    )
