"""The console's process: serves the application until it is stopped."""

import sys

import uvicorn

from console.application import build
from console.installation import Installation
from operations.refusal import Refused
from postroad.ledger.engine import Ledger
from postroad.logs import configure_logs
from postroad.secrets import SecretKeyError, secret_box
from postroad.settings import Settings, SettingsError, load_settings

_GRACE_SECONDS = 5
"""Live feeds are cut off after this time."""


def main() -> int:
    """Serve the console as the settings say; return the process's exit status."""
    configure_logs()
    try:
        settings = load_settings()
        configure_logs(settings.log.format)
        serve(settings)
    except (Refused, SettingsError, SecretKeyError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def serve(settings: Settings) -> None:
    """Serve the console on the address that `console.bind` says, until SIGINT or SIGTERM."""
    host, _, port = settings.console.bind.rpartition(":")
    ledger = Ledger(settings.ledger.url)
    try:
        installation = Installation(settings, ledger, secret_box(settings))
        uvicorn.run(
            build(installation),
            host=host.strip("[]"),
            port=int(port),
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    finally:
        ledger.close()
