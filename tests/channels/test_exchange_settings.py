"""What an Exchange channel must be told, and what it refuses before anything is sent."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from postroad.channels.exchange_settings import ExchangeSettings

SERVER = "https://mail.acme.test/EWS/Exchange.asmx"
SIGNED_IN = {"server": SERVER, "username": "ACME\\bo", "password": "bo's password"}
APPLICATION = {"tenant": "acme.test", "client_id": "postroad", "client_secret": "its secret"}


def test_server_name_and_password_are_enough() -> None:
    settings = ExchangeSettings.model_validate(SIGNED_IN)
    assert (settings.auth, settings.version, settings.impersonate) == ("ntlm", "2016", False)
    assert settings.limits == []
    assert settings.ca_file is None


def test_an_application_needs_no_password() -> None:
    given = {"server": SERVER, "auth": "oauth", "credentials": APPLICATION}
    assert ExchangeSettings.model_validate(given).credentials is not None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"password": None}, "auth: ntlm needs username and password"),
        ({"auth": "basic", "username": None}, "auth: basic needs username and password"),
        ({"auth": "oauth"}, "auth: oauth needs tenant and client"),
        ({"auth": "kerberos"}, "'ntlm', 'basic' or 'oauth'"),
        ({"version": "2007"}, "Input should be '2010'"),
        ({"server": "http://mail.acme.test/EWS/Exchange.asmx"}, "must begin with https://"),
        ({"server": "mail.acme.test"}, "must be an address such as"),
        ({"ca_file": "no-such-file.pem"}, "does not point to a file"),
        ({"connections": 0}, "greater than or equal to 1"),
        ({"delegate": True}, "Extra inputs are not permitted"),
    ],
)
def test_what_cannot_work_is_refused_with_the_reason(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ExchangeSettings.model_validate(SIGNED_IN | given)
    assert words in str(refused.value)


def test_a_ca_file_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ca.pem").write_text("")
    monkeypatch.chdir(tmp_path)
    settings = ExchangeSettings.model_validate({**SIGNED_IN, "ca_file": "ca.pem"})
    assert settings.ca_file == tmp_path / "ca.pem"


def test_secrets_are_not_shown() -> None:
    given = {**SIGNED_IN, "auth": "oauth", "credentials": APPLICATION}
    shown = repr(ExchangeSettings.model_validate(given))
    assert "bo's password" not in shown
    assert "its secret" not in shown
