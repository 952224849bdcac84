"""`channel verify` signs in to the provider, and may write to oneself."""

from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from postroad.ledger.engine import Ledger
from postroad.ledger.workspace import apply_workspace
from postroad.secrets import SecretBox
from postroad.workspace import Workspace
from tests.ledger_rows import NOW
from tests.starter.command import Postroad
from tests.starter.conftest import SECRET_KEY
from tests.starter.smtp_inbox import Inbox, free_port

# aiosmtpd warns of passwords without TLS; this is loopback.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


def _check_password(
    _server: object, _session: Session, _envelope: Envelope, _mechanism: str, said: LoginPassword
) -> AuthResult:
    return AuthResult(success=said.password == b"hers", handled=False)


@pytest.fixture
def inbox() -> Inbox:
    """What the provider accepted."""
    return Inbox()


@pytest.fixture
def provider(inbox: Inbox) -> Iterator[int]:
    """An SMTP server that wants a password; returns its port."""
    port = free_port()
    controller = Controller(
        inbox,
        hostname="127.0.0.1",
        port=port,
        authenticator=_check_password,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.start()
    yield port
    controller.stop()


def _connect(ledger: Ledger, port: int, password: str) -> None:
    sender = {
        "email": "ana@acme.test",
        "name": "Ana Ruiz",
        "timezone": "UTC",
        "default_channel": "team",
    }
    channel = {
        "id": "team",
        "kind": "smtp",
        "shared": True,
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "username": "acme",
        "password": password,
    }
    described = Workspace.model_validate(
        {"organisation": {"name": "Acme"}, "senders": [sender], "channels": [channel]}
    )
    with ledger.write() as connection:
        apply_workspace(connection, described, SecretBox(SECRET_KEY), NOW)


def test_a_channel_that_signs_in_is_ready(
    postroad: Postroad, ledger: Ledger, provider: int, inbox: Inbox
) -> None:
    _connect(ledger, provider, "hers")
    ran = postroad("channel", "verify", "team")
    assert ran.code == 0
    assert ran.stdout.endswith("team is ready to send\n")
    assert inbox.mails == []


def test_a_test_mail_goes_from_the_sender_to_themselves(
    postroad: Postroad, ledger: Ledger, provider: int, inbox: Inbox
) -> None:
    _connect(ledger, provider, "hers")
    assert postroad("channel", "verify", "team", "--test-mail").code == 0
    [mail] = inbox.mails
    assert (mail["From"], mail["To"]) == ("Ana Ruiz <ana@acme.test>", "ana@acme.test")
    assert mail["X-Postroad-Message"].startswith("test/team/")


def test_a_wrong_password_is_found_and_not_printed(
    postroad: Postroad, ledger: Ledger, provider: int
) -> None:
    _connect(ledger, provider, "not-hers")
    ran = postroad("channel", "verify", "team")
    assert ran.code == 1
    assert "team cannot send" in ran.stderr
    assert "not-hers" not in ran.stdout + ran.stderr
