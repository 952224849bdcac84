"""`postroad worker`: the worker process, under the command's own settings and options."""

import os
import sys

from operations.temporal import temporal_address
from postroad.settings import load_settings


def worker() -> None:
    """Run a worker for the Temporal server and the ledger of the settings, until Ctrl-C.

    Run as many as you like, on as many machines as you like.

    Example: postroad worker --config production.toml
    """
    settings = load_settings()
    address = {"POSTROAD_TEMPORAL_ADDRESS": temporal_address(settings)}
    environment = os.environ | settings.as_environment() | address
    sys.stdout.flush()
    # The worker imports more than a command may: it takes this process over.
    os.execve(sys.executable, [sys.executable, "-m", "worker"], environment)  # noqa: S606
