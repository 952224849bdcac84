"""Taking secrets out of a channel's settings before they are stored, and putting them back."""

from collections.abc import Iterator
from typing import Any, cast

from pydantic import BaseModel, SecretStr


def take_secrets(
    model: BaseModel, dumped: dict[str, Any], around: str = ""
) -> Iterator[tuple[str, str]]:
    """Take every secret out of a model's dump; yield its dotted place and its value."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, SecretStr):
            dumped.pop(name, None)
            yield f"{around}{name}", value.get_secret_value()
        elif isinstance(value, BaseModel) and name in dumped:
            yield from take_secrets(value, dumped[name], f"{around}{name}.")


def put_secret(values: dict[str, Any], place: list[str], secret: str) -> None:
    """Put a secret back in its place."""
    for name in place[:-1]:
        values = cast("dict[str, Any]", values.setdefault(name, {}))
    values[place[-1]] = secret
