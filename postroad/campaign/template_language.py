"""The Jinja that templates may use: its fields, filters and bounds.

An author may slip: what a text computes is bounded, so that a slip costs one mail and not the
worker. People's data is never code, and it is always escaped in HTML.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from itertools import islice
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Undefined
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS as JINJA_TESTS
from jinja2.utils import pass_eval_context
from markupsafe import Markup

LONGEST_VALUE = 200_000
"""Characters of anything that a text computes; a field has at most 131,072."""
MOST_ROUNDS = 1_000
"""Rounds of one loop."""
_MOST_DIGITS = 15

OWNERS = frozenset({"person", "sender"})
"""Whose fields a text may name."""

UNSUBSCRIBE_URL = "unsubscribe_url"
"""What a text calls the page on which its reader unsubscribes."""

FALLBACKS = frozenset({"default", "d"})
"""Filters that give an empty or missing field another value."""

METHODS = frozenset(
    {
        "capitalize", "endswith", "lower", "lstrip", "removeprefix", "removesuffix", "rstrip",
        "split", "startswith", "strip", "title", "upper",
    }
)  # fmt: skip
"""Methods of a field that a text may call: none makes much out of little."""

TESTS = frozenset(
    {"defined", "undefined", "divisibleby", "even", "odd", "in", "none", "number", "string"}
)

_JINJA = (
    "abs", "capitalize", "e", "escape", "first", "float", "int", "last", "lower", "striptags",
    "title", "trim", "truncate", "upper", "urlencode", "wordcount",
)  # fmt: skip
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


class TextError(ValueError):
    """A text that cannot be made into a mail; the sentence names part and line."""


class BlankFieldError(ValueError):
    """A field that the text needs is empty for this person."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"the field {field} is empty for this person")


class Blank(Undefined):
    """An empty field: false, equal to "", replaced by a default; whoever writes it out fails."""

    __slots__ = ()

    def __init__(self, field: str) -> None:
        # Jinja calls `exc` with a message of its own where it finds an undefined value in use.
        super().__init__(name=field, exc=lambda _message: BlankFieldError(field))  # type: ignore[arg-type]

    def __str__(self) -> str:
        raise BlankFieldError(str(self._undefined_name))

    def __eq__(self, other: object) -> bool:
        return other == "" or isinstance(other, Blank)

    def __hash__(self) -> int:
        return hash("")


class Fields:
    """A person's or the sender's fields, as templates see them; nothing else of them is seen."""

    __slots__ = ("_owner", "_values")

    def __init__(self, owner: str, values: Mapping[str, str]) -> None:
        self._owner = owner
        self._values = values

    def read(self, name: str) -> str | Undefined:
        """Return a field; a sender's may be empty, nobody knows their signature but they."""
        value = self._values.get(name)
        if value is None:
            return StrictUndefined(name=f"{self._owner}.{name}")
        if is_blank(value):
            return Blank(name) if self._owner == "person" else Undefined(name=name)
        return value


def is_blank(text: str) -> bool:
    """Whether nothing of a text can be seen."""
    return not text or not text.strip().strip(_INVISIBLE).strip()


class Language(ImmutableSandboxedEnvironment):
    """Jinja with nothing in it that a mail does not need."""

    intercepted_binops = frozenset({"+"})

    def __init__(self, *, autoescape: bool) -> None:
        super().__init__(
            autoescape=autoescape,
            finalize=_keep_lines if autoescape else None,
            undefined=StrictUndefined,
            keep_trailing_newline=True,
        )
        self.globals.clear()
        self.filters = {**FILTERS, **GUARDS}
        self.tests = {name: JINJA_TESTS[name] for name in TESTS}

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - Jinja's signature
        """Read a field, or an attribute that the sandbox allows."""
        return obj.read(attribute) if type(obj) is Fields else super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:  # noqa: ANN401 - Jinja's signature
        """Read a field by a name that is no identifier, or an item."""
        return obj.read(argument) if type(obj) is Fields else super().getitem(obj, argument)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401
        """Add, within bounds."""
        return bounded(super().call_binop(context, operator, left, right))


def bounded(value: Any) -> Any:  # noqa: ANN401 - whatever a text computes
    """Return a value that is no longer than it may be."""
    if isinstance(value, (str, list, tuple)) and len(value) > LONGEST_VALUE:
        _refuse_length()
    return value


def rounds(values: Iterable[Any]) -> list[Any]:
    """Return what a loop runs over."""
    found = list(islice(values, MOST_ROUNDS + 1))
    if len(found) > MOST_ROUNDS:
        raise TextError(f"a loop has more than {MOST_ROUNDS:,} rounds")
    return found


def shown(value: Any, field: str) -> Any:  # noqa: ANN401 - whatever a text computes
    """Return what is made of a field to be written out; it must not have become blank."""
    if is_blank(str(value)):
        raise BlankFieldError(field)
    return value


def _keep_lines(value: Any) -> Any:  # noqa: ANN401 - whatever a text computes
    """Show the lines of a field, for instance of a signature, as lines in HTML as well."""
    if isinstance(value, str) and "\n" in value and not isinstance(value, Markup):
        return Markup("<br>\n").join(value.strip().splitlines())
    return value


def _refuse_length() -> NoReturn:
    raise TextError(f"it computes more than {LONGEST_VALUE:,} characters")


def _of_value(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a filter pass an empty field on, for a default or a comparison behind it."""
    at = 1 if hasattr(function, "jinja_pass_arg") else 0

    @wraps(function)
    def filtered(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        value = arguments[at]
        return value if isinstance(value, Undefined) else bounded(function(*arguments, **options))

    return filtered


@pass_eval_context
def _replace(context: Any, text: Any, old: str, new: str) -> Any:  # noqa: ANN401
    plain = str(text)
    if len(plain) + plain.count(str(old)) * len(str(new)) > LONGEST_VALUE:
        _refuse_length()
    return JINJA_FILTERS["replace"](context, text, old, new)


@pass_eval_context
def _join(context: Any, values: Iterable[Any], separator: str = "") -> Any:  # noqa: ANN401
    parts = rounds(values)
    if sum(len(str(part)) + len(separator) for part in parts) > LONGEST_VALUE:
        _refuse_length()
    return JINJA_FILTERS["join"](context, parts, separator)


def _round(value: float, precision: int = 0, method: str = "common") -> float:
    if abs(precision) > _MOST_DIGITS:
        raise TextError(f"round takes at most {_MOST_DIGITS} digits")
    rounded: float = JINJA_FILTERS["round"](value, precision, method)
    return rounded


FILTERS: Mapping[str, Callable[..., Any]] = {
    **{name: JINJA_FILTERS[name] for name in ("d", "default", "length")},
    **{name: _of_value(JINJA_FILTERS[name]) for name in _JINJA},
    "replace": _of_value(_replace),
    "join": _of_value(_join),
    "round": _of_value(_round),
}
"""What authors may write after a `|`."""

GUARDS: Mapping[str, Callable[..., Any]] = {
    "_bounded": bounded, "_rounds": rounds, "_shown": shown,
}  # fmt: skip
"""What compiling puts into a text; authors cannot name them."""

PLAIN = Language(autoescape=False)
HTML = Language(autoescape=True)
