"""Refresh tokens that were obtained after a channel was applied."""

from postroad.ledger.engine import Ledger
from postroad.ledger.tokens import keep_refresh_token
from postroad.ledger.workspace import apply_workspace, load_channel
from postroad.secrets import SecretBox
from postroad.workspace import GmailChannel, Workspace
from tests.ledger_rows import NOW

BOX = SecretBox("a key for these tests")


def _workspace(client_secret: str = "client secret") -> Workspace:
    credentials = {"client_id": "1-a.apps", "client_secret": client_secret}
    channel = {"id": "ana", "kind": "gmail", "address": "ana@acme.test", "credentials": credentials}
    return Workspace.model_validate(
        {
            "organisation": {"name": "Acme"},
            "senders": [{"email": "ana@acme.test", "name": "Ana", "timezone": "UTC"}],
            "channels": [channel],
        }
    )


def _apply(ledger: Ledger, described: Workspace, box: SecretBox = BOX) -> None:
    with ledger.write() as connection:
        apply_workspace(connection, described, box, NOW)


def _connect(ledger: Ledger, token: str) -> None:
    with ledger.write() as connection:
        keep_refresh_token(connection, "ana", token, BOX)


def _token(ledger: Ledger, box: SecretBox = BOX) -> str | None:
    with ledger.read() as connection:
        channel = load_channel(connection, "ana", box)
    assert isinstance(channel, GmailChannel)
    token = channel.credentials.refresh_token
    return None if token is None else token.get_secret_value()


def test_the_latest_token_is_the_one_that_is_used(ledger: Ledger) -> None:
    _apply(ledger, _workspace())
    assert _token(ledger) is None
    _connect(ledger, "first")
    _connect(ledger, "second")
    assert _token(ledger) == "second"


def test_applying_the_same_file_again_keeps_the_token(ledger: Ledger) -> None:
    _apply(ledger, _workspace())
    _connect(ledger, "obtained")
    _apply(ledger, _workspace())
    assert _token(ledger) == "obtained"


def test_other_credentials_make_a_token_worthless(ledger: Ledger) -> None:
    _apply(ledger, _workspace())
    _connect(ledger, "obtained")
    _apply(ledger, _workspace("another client's secret"))
    assert _token(ledger) is None


def test_a_new_secret_key_takes_over_the_token_too(ledger: Ledger) -> None:
    _apply(ledger, _workspace())
    _connect(ledger, "obtained")
    _apply(ledger, _workspace(), SecretBox("a key that came later,a key for these tests"))
    assert _token(ledger, SecretBox("a key that came later")) == "obtained"
