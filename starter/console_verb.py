"""`postroad console`: the console's process, under the command's own settings and options."""

import os
import sys

from operations.one_time_link import make_link
from operations.opening import opened_ledger
from operations.temporal import temporal_address
from postroad.hosts import is_loopback
from postroad.ledger.users import has_users
from postroad.settings import Settings, load_settings
from starter.terminal import say


def console() -> None:
    """Run the console for the ledger of the settings, on the address of console.bind.

    `postroad up` runs one already. A proxy with TLS belongs in front of any address but this
    machine's own.

    Example: postroad console --config production.toml
    """
    settings = load_settings()
    address = {"POSTROAD_TEMPORAL_ADDRESS": temporal_address(settings)}
    environment = os.environ | settings.as_environment() | address
    say(f"The console: {console_link(settings, settings.console.bind)}")
    sys.stdout.flush()
    # The console imports more than a command may: it takes this process over.
    os.execve(sys.executable, [sys.executable, "-m", "console"], environment)  # noqa: S606


def console_link(settings: Settings, address: str) -> str:
    """Return the console's address; where nobody can sign in yet, a link that does so once.

    The link is made on loopback addresses only: it travels without encryption.
    """
    with opened_ledger(settings) as ledger, ledger.read() as connection:
        anybody = has_users(connection) or bool(settings.console.oidc.issuer)
    if anybody or not is_loopback(address.rpartition(":")[0]):
        return f"http://{address}"
    return make_link(settings.data_dir, address)
