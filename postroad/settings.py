"""Settings: where Temporal and the ledger are, the secret key, and where data is kept.

They come from `postroad.toml` in the working directory, or the file that `--config` or
POSTROAD_CONFIG names. POSTROAD_… variables go before the file, options before both.
"""

import json
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self

from pydantic import (
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as EnvironmentSettingsError

from postroad.setting_tables import (
    ConsoleSettings,
    DnsSettings,
    LedgerSettings,
    LogSettings,
    MetricsSettings,
    TemporalSettings,
    TracingSettings,
    WorkerSettings,
)

DEFAULT_FILE = Path("postroad.toml")
CONFIG_VARIABLE = "POSTROAD_CONFIG"
DEFAULT_TEMPORAL_ADDRESS = "localhost:7233"

_PREFIX = "POSTROAD_"


class SettingsError(ValueError):
    """A setting is wrong; the message is one sentence that names it and where it was set."""


class Settings(BaseSettings):
    """All settings of one installation."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        extra="forbid",
    )

    data_dir: Path = Path(".postroad")
    temporal: TemporalSettings = TemporalSettings()
    ledger: LedgerSettings = LedgerSettings()
    worker: WorkerSettings = WorkerSettings()
    console: ConsoleSettings = ConsoleSettings()
    dns: DnsSettings = DnsSettings()
    metrics: MetricsSettings = MetricsSettings()
    tracing: TracingSettings = TracingSettings()
    log: LogSettings = LogSettings()
    secret_key: SecretStr | None = None
    """One key, or several with commas between them: see postroad.secrets.secret_box."""

    @model_validator(mode="after")
    def _keep_the_ledger_with_the_data(self) -> Self:
        self.data_dir = self.data_dir.expanduser().absolute()
        if not self.ledger.url:
            self.ledger = LedgerSettings(url=f"sqlite:///{self.data_dir / 'ledger.db'}")
        return self

    def as_environment(self) -> dict[str, str]:
        """Return the variables that give a child process the same settings."""
        file = config_file().absolute()
        variables = {CONFIG_VARIABLE: str(file)} if file.exists() else {}
        values = self.model_dump(exclude_defaults=True)
        for name, value in values.items():
            for key, single in value.items() if isinstance(value, dict) else [("", value)]:
                variable = f"{_PREFIX}{name}_{key}".removesuffix("_").upper()
                variables[variable] = _in_environment(single)
        return variables

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Say what goes before what: options, variables, the file."""
        file = TomlConfigSettingsSource(settings_cls, config_file())
        return init_settings, env_settings, file


def _in_environment(value: object) -> str:
    """Return a value as pydantic-settings reads it: lists and tables are JSON."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple | dict):
        return json.dumps(value, default=_in_environment)
    return str(value)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says about settings."""

    config: Path | None = None
    data_dir: Path | None = None


_NO_OPTIONS = Options()
_options = ContextVar("options", default=_NO_OPTIONS)


@contextmanager
def with_options(options: Options) -> Iterator[None]:
    """Let options of the command line go before everything else inside the block."""
    former = _options.get()
    token = _options.set(
        Options(options.config or former.config, options.data_dir or former.data_dir)
    )
    try:
        yield
    finally:
        _options.reset(token)


def config_file() -> Path:
    """Return the settings file; it need not exist unless it was named."""
    named = os.environ.get(CONFIG_VARIABLE)
    return _options.get().config or (Path(named) if named else DEFAULT_FILE)


def load_settings() -> Settings:
    """Read the settings.

    Raises:
        SettingsError: a setting is wrong, or the file that was named cannot be read.
    """
    file, data_dir = config_file(), _options.get().data_dir
    if file != DEFAULT_FILE and not file.is_file():
        raise SettingsError(f"there is no settings file {file}")
    try:
        return Settings() if data_dir is None else Settings(data_dir=data_dir)
    except ValidationError as error:
        raise SettingsError(_sentence(error.errors()[0], file)) from None
    except EnvironmentSettingsError as error:
        raise SettingsError(f"{error}: see the POSTROAD_ variables") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file}: {error}") from None


def _sentence(error: ErrorDetails, file: Path) -> str:
    """Say in one sentence which setting is wrong, and where it was set."""
    path = [str(part) for part in error["loc"]]
    variable = (_PREFIX + "_".join(path)).upper()
    where = variable if variable in os.environ else f"{file}: {'.'.join(path)}"
    if error["type"] != "extra_forbidden":
        return f"{where} {_lower_first(error['msg'].removeprefix('Value error, '))}"
    close = get_close_matches(path[-1], _names_beside(path), n=1)
    hint = f"; did you mean {'.'.join([*path[:-1], close[0]])}?" if close else ""
    return f"{where} is no setting{hint}"


def _names_beside(path: list[str]) -> list[str]:
    model: Any = Settings
    for part in path[:-1]:
        model = model.model_fields[part].annotation
    return list(model.model_fields)


def _lower_first(words: str) -> str:
    return words[:1].lower() + words[1:]
