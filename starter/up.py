"""`postroad up`: the whole engine on one machine, until Ctrl-C."""

import asyncio
import signal

from operations.refusal import Refused
from postroad.logs import configure_logs
from postroad.settings import Settings, load_settings
from starter.console_verb import console_link
from starter.embedded import EmbeddedStack, Runtime
from starter.terminal import say


def up() -> None:
    """Run the engine in one data directory, with its console, until Ctrl-C.

    It is a Temporal server, a ledger, a worker and the console. Everything is kept in the data
    directory. Started again on the same one, campaigns go on where
    they were.

    Example: postroad up --data-dir ~/postroad
    """
    settings = load_settings()
    configure_logs(settings.log.format)
    if settings.temporal.address:
        raise Refused(
            f"temporal.address is set to {settings.temporal.address}, but `postroad up` runs a "
            "server of its own: unset it, or run `postroad worker` for that server"
        )
    asyncio.run(_run_until_stopped(settings))


async def _run_until_stopped(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with EmbeddedStack(settings).running() as runtime:
        _welcome(settings, runtime)
        await stop.wait()
        say("stopping: messages on the wire are finished first")
    say("stopped")


def _welcome(settings: Settings, runtime: Runtime) -> None:
    say("Postroad is up.")
    say(f"  console   {console_link(settings, runtime.console)}")
    say(f"  Temporal  {runtime.temporal_address}")
    say(f"  web UI    {runtime.web_ui}")
    say(f"  data      {settings.data_dir}")
    say("Ctrl-C stops it; started again on the same data directory, it goes on where it was.")
