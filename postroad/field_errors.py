"""What pydantic finds wrong, said to people: which field, and one sentence about it."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

Place = tuple[str | int, ...]
"""Where a value stands: `("channels", 0, "port")`."""

_ABOUT_ABSENCE = ("missing", "fault")
"""Errors whose place may end in a field that the data does not have."""
_SENTENCES = {
    "missing": "is missing",
    "extra_forbidden": "is not known here; leave it out",
    "string_type": "must be text; put it in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a mapping of names to values",
    "model_type": "must be a mapping of names to values",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "too_short": "must have at least {min_length} of them, not {actual_length}",
    "too_long": "must have at most {max_length} of them, not {actual_length}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
}


def refuse(model: str, faults: Iterable[tuple[Place, str]]) -> None:
    """Raise from a model's validator so that every fault keeps the place it belongs to.

    Args:
        model: the name of the model that refuses.
        faults: places seen from that model, and what is wrong there.

    Raises:
        ValidationError: there was a fault.
    """
    details = [
        InitErrorDetails(
            type=PydanticCustomError("fault", "{what}", {"what": what}), loc=place, input=None
        )
        for place, what in faults
    ]
    if details:
        raise ValidationError.from_exception_data(model, details)


def say_errors(
    model: type[BaseModel], data: object, error: ValidationError
) -> Iterator[tuple[Place, str]]:
    """Yield each error's place in the data, and a sentence that quotes no value.

    Values are left out because any of them may be a secret.
    """
    for details in error.errors(include_url=False, include_input=False):
        place = _place_in(data, details)
        yield place, _sentence(model, place, details)


def say_place(place: Place) -> str:
    """Return the dotted form: `channels[0].port`."""
    dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return dotted.removeprefix(".")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `did you mean 'x'?`, or the words that are known where none is near."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known are {', '.join(words)}" if words else "nothing is known here"


def _place_in(data: object, details: ErrorDetails) -> Place:
    """Follow an error's location through the data, passing over pydantic's labels of unions."""
    place: list[str | int] = []
    location = details["loc"]
    for depth, part in enumerate(location):
        inner = _inside(data, part)
        if inner is not None:
            data = inner[0]
        elif details["type"] not in _ABOUT_ABSENCE or depth + 1 < len(location):
            continue
        place.append(part)
    return tuple(place)


def _inside(data: object, part: str | int) -> tuple[Any] | None:
    if isinstance(data, dict) and part in data:
        return (data[part],)
    if isinstance(data, list) and isinstance(part, int) and part < len(data):
        return (data[part],)
    return None


def _sentence(model: type[BaseModel], place: Place, details: ErrorDetails) -> str:
    if details["type"] == "extra_forbidden":
        return f"is not known here; {did_you_mean(str(place[-1]), _fields_at(model, place[:-1]))}"
    return say_error(details)


def say_error(details: ErrorDetails) -> str:
    """Return a sentence about one error that quotes no value, without the place it belongs to."""
    kind = details["type"]
    context: Mapping[str, Any] = details.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "fault":
        return str(context["what"])
    if kind in _SENTENCES:
        return _SENTENCES[kind].format_map(context)
    return details["msg"][:1].lower() + details["msg"][1:]


def _fields_at(model: type[BaseModel], place: Place) -> set[str]:
    """Return the field names of whatever models may stand at a place."""
    models = {model}
    for part in place:
        fields = [field for m in models for name, field in _named(m) if name == part]
        if fields:
            models = {inner for field in fields for inner in _models_in(field.annotation)}
    return {name for found in models for name, _ in _named(found)}


def _named(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """Yield a model's fields by the names that files give them."""
    return ((field.alias or name, field) for name, field in model.model_fields.items())


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
