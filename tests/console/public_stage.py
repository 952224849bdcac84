"""The console's public addresses, called as the world calls them."""

from pathlib import Path

import httpx
from cryptography.fernet import Fernet

from console.application import build
from console.installation import Installation
from postroad.ledger.engine import Ledger
from postroad.secrets import SecretBox
from postroad.setting_tables import LedgerSettings, TemporalSettings
from postroad.settings import Settings

SECRETS = SecretBox(Fernet.generate_key().decode())


def public_client(ledger: Ledger, data_dir: Path) -> httpx.AsyncClient:
    """Return a browser without cookies; Temporal does not answer this console."""
    settings = Settings(
        data_dir=data_dir,
        ledger=LedgerSettings(url="sqlite:///nowhere.db"),
        temporal=TemporalSettings(address="127.0.0.1:1"),
    )
    application = build(Installation(settings, ledger, SECRETS))
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://testserver")
