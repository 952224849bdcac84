"""Settings come from options, variables and the file, in this order; errors are one sentence."""

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from postroad.secrets import SecretBox, SecretKeyError, secret_box
from postroad.settings import Options, Settings, SettingsError, load_settings, with_options


@pytest.fixture(autouse=True)
def _empty_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def _file(text: str, name: str = "postroad.toml") -> Path:
    path = Path(name)
    path.write_text(text)
    return path


def _refusal() -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_without_any_setting_everything_is_in_the_data_directory() -> None:
    settings = load_settings()
    assert settings.data_dir == Path.cwd() / ".postroad"
    assert settings.ledger.url == f"sqlite:///{Path.cwd()}/.postroad/ledger.db"
    assert settings.temporal.address == ""
    assert settings.temporal.task_queue == "postroad"


def test_the_file_in_the_working_directory_is_read() -> None:
    _file('data_dir = "/srv"\n[temporal]\naddress = "t.internal:7233"\nnamespace = "sales"')
    settings = load_settings()
    assert settings.ledger.url == "sqlite:////srv/ledger.db"
    assert (settings.temporal.address, settings.temporal.namespace) == ("t.internal:7233", "sales")


def test_variables_go_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    _file('data_dir = "file"\n[temporal]\naddress = "file:1"\nnamespace = "sales"')
    monkeypatch.setenv("POSTROAD_TEMPORAL_ADDRESS", "variable:2")
    monkeypatch.setenv("POSTROAD_TEMPORAL_API_KEY", "abc")
    monkeypatch.setenv("POSTROAD_DATA_DIR", "variable")
    monkeypatch.setenv("POSTROAD_LEDGER_URL", "postgresql+psycopg://db/postroad")
    monkeypatch.setenv("POSTROAD_SECRET_KEY", "sixteen characters")
    settings = load_settings()
    assert settings.temporal.address == "variable:2"
    assert settings.temporal.namespace == "sales"
    assert settings.temporal.api_key is not None
    assert settings.temporal.api_key.get_secret_value() == "abc"
    assert settings.data_dir == Path.cwd() / "variable"
    assert settings.ledger.url == "postgresql+psycopg://db/postroad"
    assert settings.secret_key is not None


def test_options_go_before_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROAD_DATA_DIR", "variable")
    monkeypatch.setenv("POSTROAD_CONFIG", "variable.toml")
    _file('[console]\nbind = "0.0.0.0:80"', "option.toml")
    with with_options(Options(config=Path("option.toml"), data_dir=Path("option"))):
        settings = load_settings()
    assert settings.data_dir == Path.cwd() / "option"
    assert settings.console.bind == "0.0.0.0:80"


def test_an_option_is_forgotten_after_its_command() -> None:
    with with_options(Options(data_dir=Path("option"))):
        pass
    assert load_settings().data_dir.name == ".postroad"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('datadir = "x"', "postroad.toml: datadir is no setting; did you mean data_dir?"),
        (
            '[temporal]\nadress = "x:1"',
            "postroad.toml: temporal.adress is no setting; did you mean temporal.address?",
        ),
        ("[colours]\nred = 1", "postroad.toml: colours is no setting"),
        ('[temporal]\naddress = "nowhere"', "postroad.toml: temporal.address must be host:port"),
        (
            '[ledger]\nurl = "mysql://db/x"',
            "postroad.toml: ledger.url must begin with sqlite:/// or postgresql+psycopg://",
        ),
        (
            '[temporal]\nclient_cert = "a.pem"',
            "postroad.toml: temporal client_cert and client_key belong together",
        ),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(text: str, sentence: str) -> None:
    _file(text)
    assert _refusal() == sentence


def test_a_file_that_is_no_toml_is_named() -> None:
    _file("data_dir = ")
    assert _refusal().startswith("postroad.toml: ")


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROAD_TEMPORAL_TLS", "perhaps")
    assert _refusal().startswith("POSTROAD_TEMPORAL_TLS input should be a valid boolean")


def test_a_file_that_was_named_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROAD_CONFIG", "missing.toml")
    assert _refusal() == "there is no settings file missing.toml"


def test_a_child_process_gets_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    _file('secret_key = "sixteen characters"\n[temporal]\nnamespace = "sales"\ntls = true')
    with with_options(Options(data_dir=Path("here"))):
        settings = load_settings()
        for name, value in settings.as_environment().items():
            monkeypatch.setenv(name, value)
    monkeypatch.chdir("/")
    child = load_settings()
    assert child.data_dir == settings.data_dir
    assert child.secret_key == settings.secret_key
    assert child.temporal == settings.temporal
    assert child.ledger.url == f"sqlite:///{child.data_dir}/ledger.db"


def test_a_child_process_without_a_file_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings


def test_secrets_are_not_shown_when_settings_are_printed() -> None:
    _file(
        'secret_key = "sixteen characters"\n[temporal]\napi_key = "abc-api"\n'
        '[ledger]\nurl = "postgresql+psycopg://me:hidden@db/postroad"'
    )
    printed = repr(load_settings())
    assert "sixteen" not in printed
    assert "abc-api" not in printed
    assert "hidden" not in printed


def test_what_is_encrypted_is_decrypted_again() -> None:
    token = SecretBox("sixteen characters").encrypt({"password": "hunter2"})
    assert "hunter2" not in token
    assert SecretBox("sixteen characters").decrypt(token) == {"password": "hunter2"}


def test_another_key_decrypts_nothing() -> None:
    token = SecretBox("sixteen characters").encrypt({"password": "hunter2"})
    with pytest.raises(SecretKeyError, match="not the one") as caught:
        SecretBox("other sixteen characters").decrypt(token)
    assert "sixteen" not in str(caught.value)


def test_a_key_is_replaced_by_naming_the_new_one_first() -> None:
    old, new = "the old secret key", "the new secret key"
    token = SecretBox(old).encrypt({"password": "hunter2"})
    both = SecretBox(f"{new}, {old}")
    assert both.decrypt(token) == {"password": "hunter2"}
    assert SecretBox(new).decrypt(both.encrypt({"a": "b"})) == {"a": "b"}


def test_a_fernet_key_is_used_as_it_is() -> None:
    key = Fernet.generate_key()
    token = SecretBox(key.decode()).encrypt({"a": "b"})
    assert Fernet(key).decrypt(token.encode()) == b'{"a": "b"}'


@pytest.mark.parametrize("key", ["", ",", "short", "sixteen characters,short"])
def test_a_weak_key_is_refused(key: str) -> None:
    with pytest.raises(SecretKeyError, match="secret_key"):
        SecretBox(key)


def test_a_sqlite_ledger_gets_a_key_of_its_own_once(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    token = secret_box(settings).encrypt({"a": "b"})
    assert secret_box(settings).decrypt(token) == {"a": "b"}
    key = tmp_path / "data" / "secret.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert list(key.parent.iterdir()) == [key]


def test_a_shared_ledger_needs_a_key_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROAD_LEDGER_URL", "postgresql+psycopg://db/postroad")
    with pytest.raises(SecretKeyError, match="POSTROAD_SECRET_KEY"):
        secret_box(load_settings())


def test_nameservers_come_from_the_file_and_reach_a_child_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _file('[dns]\nnameservers = ["127.0.0.1:5353", "::1"]\nenabled = false\n')
    settings = load_settings()
    variables = settings.as_environment()
    _file("")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert load_settings().dns == settings.dns
    assert settings.dns.nameservers == ("127.0.0.1:5353", "::1")


def test_what_is_no_nameserver_is_told_with_the_setting() -> None:
    _file('[dns]\nnameservers = ["dns.acme.test"]\n')
    assert _refusal().startswith("postroad.toml: dns.nameservers 'dns.acme.test' is no nameserver")
