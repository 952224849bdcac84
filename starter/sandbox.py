"""`postroad sandbox`: providers on this machine that send nothing anywhere."""

import asyncio
import signal
from typing import Annotated

import typer

from operations.refusal import Refused
from postroad.sandbox.example import FIRST_PORT, PORTS, example_config
from postroad.sandbox.server import serve
from starter.terminal import print_json, say


def sandbox(
    *,
    port: Annotated[
        int,
        typer.Option(
            min=1, max=65_532, help="The first of four ports, as in examples/workspace.yaml."
        ),
    ] = FIRST_PORT,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the ports, and at the end the counts, as JSON.")
    ] = False,
) -> None:
    """Serve sandbox providers on this machine until Ctrl-C; they send nothing anywhere.

    One speaks SMTP, one is a Gmail, one an Exchange server and one Exchange Online. They limit
    what they take. Addresses that begin with `gone`, `full`, `greylist` or `refused` are answered,
    or bounce, as their names say; those with `replies` or `away` answer. A control port takes
    faults and tells counts.

    Example: postroad sandbox
    """
    asyncio.run(_serve(port, as_json=as_json))


async def _serve(port: int, *, as_json: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(ending, stop.set)
    try:
        running = await serve(example_config(port))
    except OSError as error:
        raise Refused(
            f"cannot listen on ports {port} to {port + PORTS - 1}: {error.strerror}"
        ) from None
    async with running:
        ports = {
            name: running.port(name) for name in (*running.providers, *running.mailbox_providers)
        }
        if as_json:
            print_json({"providers": ports, "control": running.control_port})
        else:
            for name, number in ports.items():
                say(f"{name}  127.0.0.1:{number}")
            say(f"control    http://127.0.0.1:{running.control_port}")
            say("Ctrl-C stops it; nothing that it accepts goes anywhere.")
        await stop.wait()
        counts = running.counts()
        if as_json:
            print_json(counts)
        else:
            say(f"accepted {counts['accepted']} mails, {counts['duplicates']} of them duplicates")
