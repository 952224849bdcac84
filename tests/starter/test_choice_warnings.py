"""What keeps a campaign's mail from leaving is said before it is launched."""

from pathlib import Path

import pytest

from operations.definition import read_definition
from postroad.ledger.engine import Ledger
from starter.choice_warnings import warn_about_channels
from tests.starter.campaigns import WORKSPACE, Desk


@pytest.fixture
def desk(ledger: Ledger, tmp_path: Path) -> Desk:
    """Files to launch, not yet applied."""
    return Desk(tmp_path, ledger)


def _said(desk: Desk, capsys: pytest.CaptureFixture[str]) -> list[str]:
    desk.apply()
    capsys.readouterr()
    warn_about_channels(desk.ledger, read_definition(desk.ledger, desk.campaign))
    return capsys.readouterr().err.splitlines()


def test_a_campaign_that_can_leave_needs_no_warning(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _said(desk, capsys) == []


def test_an_unverified_address_is_told_once_for_a_conversation(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.edit("workspace.yaml", "id: ana-smtp,", "id: ana-smtp, verify_identities: true,")
    (warning,) = _said(desk, capsys)
    assert warning.startswith("warning: step intro of ana@acme.test will wait: ana@acme.test is")


def test_a_legacy_server_is_told_with_what_to_do_instead(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    text = WORKSPACE.replace("name: Acme", "name: Acme, legacy_account: true")
    text += "  - {id: old, kind: legacy_msc, host: localhost, tls: none}\n"
    desk.write("workspace.yaml", text)
    desk.edit("q4.yaml", "name: Q4 launch", "name: Q4 launch\nchannel: old")
    (warning,) = _said(desk, capsys)
    assert "old is a legacy shared server without SPF or DKIM" in warning
    assert "connect each sender's Gmail or Exchange mailbox" in warning


def test_bulk_mail_without_smtp_will_wait(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    mailbox = (
        "organisation: {name: Acme}\n"
        "senders: [{email: ana@acme.test, name: Ana, timezone: UTC}]\n"
        "channels: [{id: ana-gmail, kind: gmail, address: ana@acme.test, "
        "credentials: {client_id: x, client_secret: y}}]\n"
    )
    desk.write("workspace.yaml", mailbox)
    desk.edit("q4.yaml", "name: Q4 launch", "name: Q4 launch\npurpose: bulk")
    (warning,) = _said(desk, capsys)
    assert "bulk mail leaves by SMTP, and ana@acme.test may use no SMTP channel" in warning
