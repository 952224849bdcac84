import pytest
from pydantic import ValidationError

from postroad.channels.smtp_settings import SmtpSettings


def read(**given: object) -> SmtpSettings:
    return SmtpSettings.model_validate({"host": "smtp.acme.test", **given})


@pytest.mark.parametrize(
    ("tls", "host", "port"),
    [("starttls", "smtp.acme.test", 587), ("implicit", "smtp.acme.test", 465), ("none", "::1", 25)],
)
def test_the_port_follows_from_the_kind_of_tls(tls: str, host: str, port: int) -> None:
    assert read(tls=tls, host=host).port == port


def test_starttls_is_the_default() -> None:
    assert (read().tls, read().port) == ("starttls", 587)


def test_a_given_port_is_kept() -> None:
    assert read(tls="implicit", port=2465).port == 2465


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.9.9.9"])
def test_no_tls_is_allowed_to_this_machine(host: str) -> None:
    assert read(tls="none", host=host).tls == "none"


@pytest.mark.parametrize("host", ["smtp.acme.test", "10.0.0.1", "localhost.acme.test"])
def test_no_tls_to_another_machine_is_refused_with_the_way_out(host: str) -> None:
    with pytest.raises(ValidationError, match="set tls: starttls or implicit"):
        read(tls="none", host=host)


def test_no_tls_to_another_machine_is_allowed_where_it_is_asked_for() -> None:
    assert read(tls="none", insecure=True).insecure


def test_sendgrid_needs_only_its_key() -> None:
    settings = SmtpSettings.model_validate({"provider": "sendgrid", "password": "SG.secret"})
    assert (settings.host, settings.port, settings.tls) == ("smtp.sendgrid.net", 587, "starttls")
    assert (settings.username, settings.messages_per_connection) == ("apikey", 5_000)


def test_sparkpost_reconnects_after_100_messages() -> None:
    settings = SmtpSettings.model_validate({"provider": "sparkpost", "password": "secret"})
    assert (settings.username, settings.messages_per_connection) == ("SMTP_Injection", 100)


def test_what_is_given_goes_before_the_preset() -> None:
    settings = SmtpSettings.model_validate(
        {"provider": "sendgrid", "password": "x", "host": "127.0.0.1", "tls": "none"}
    )
    assert (settings.host, settings.port, settings.username) == ("127.0.0.1", 25, "apikey")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"host": "smtp acme"}, "host"),
        ({"host": "a\r\nb"}, "host"),
        ({"port": 0}, "port"),
        ({"tls": "ssl"}, "tls"),
        ({"provider": "hotmail"}, "provider"),
        ({"provider": ["sendgrid"]}, "provider"),
        ({"connections": 0}, "connections"),
        ({"connections": 51}, "connections"),
        ({"on_uncertain": "ask"}, "on_uncertain"),
        ({"hello": "a b"}, "hello"),
        ({"envelope_from": "a@b>\r\nRCPT TO:<c@d"}, "envelope_from"),
        ({"timeouts": {"reply": "0s"}}, "timeouts.reply"),
        ({"ca_file": "/no/such/file"}, "ca_file"),
        ({"hots": "x"}, "hots"),
        ({"limits": [{"messages": 600, "per": "1 fortnight"}]}, "limits.0.per"),
    ],
)
def test_a_wrong_value_is_refused_by_its_field(given: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read(**given)
    assert [".".join(map(str, error["loc"])) for error in refused.value.errors()] == [field]


@pytest.mark.parametrize("given", [{"username": "ana"}, {"password": "x"}])
def test_half_of_the_credentials_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="is missing"):
        read(**given)


def test_a_password_is_not_shown() -> None:
    assert "hunter2" not in repr(read(username="ana", password="hunter2"))
