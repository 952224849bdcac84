"""Reading YAML files that people write; every fault is said with its file, line and field.

Scalars follow the YAML 1.2 core schema, so that a file means what it says: `no` and `1:30` are
words, not `false` and ninety.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from postroad.field_errors import Place, say_errors, say_place

_MAX_BYTES = 5_000_000
_MAX_DEPTH = 40
_MAX_VALUES = 500_000
"""Counted after aliases were followed: nine aliases of nine aliases of … stop here."""

_LONGEST_PROBLEM = 1_000
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
"""What a file may quote in a problem, and a terminal must not be sent."""
_VARIABLE = re.compile(r"\$(?:(\$)\{|\{([A-Za-z_][A-Za-z0-9_]*)\}|\{)")
_TAG = "tag:yaml.org,2002:"
_SCALARS: dict[str, tuple[re.Pattern[str], Callable[[str], object], tuple[str, ...]]] = {
    f"{_TAG}bool": (re.compile(r"(?:true|false)\Z"), lambda text: text == "true", ("t", "f")),
    f"{_TAG}null": (re.compile(r"(?:null|~|)\Z"), lambda _: None, ("n", "~", "")),
    f"{_TAG}int": (re.compile(r"-?(?:0|[1-9][0-9]{0,17})\Z"), int, tuple("-0123456789")),
    f"{_TAG}float": (
        re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}\Z"), float, tuple("-0123456789"),
    ),
}  # fmt: skip
"""What a plain scalar may mean beside text: its form, its value, its first characters."""

Model = TypeVar("Model", bound=BaseModel)


class FileError(ValueError):
    """A file is not as it must be.

    Attributes:
        problems: one sentence each, with file and, where known, line and field.
    """

    def __init__(self, *problems: str) -> None:
        self.problems = tuple(_UNPRINTABLE.sub(" ", text)[:_LONGEST_PROBLEM] for text in problems)
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(self.problems[0] + more)


def load_model(
    path: Path,
    model: type[Model],
    *,
    text: str | None = None,
    environment: Mapping[str, str] | None = None,
    context: Mapping[str, Any] | None = None,
) -> Model:
    """Read a YAML file into a model.

    Args:
        path: the file.
        model: what it must hold.
        text: its beginning, where only that is YAML.
        environment: where `${NAME}` is looked up; None leaves `${NAME}` as it is.
        context: handed to the model's validators.

    Raises:
        FileError: the file cannot be read, is no YAML, or does not fit the model.
    """
    document = _Document(path, environment)
    data = document.read(read_text(path) if text is None else text)
    if document.faults:
        raise document.refusal()
    try:
        return model.model_validate(data, context=dict(context or {}))
    except ValidationError as error:
        for place, sentence in say_errors(model, data, error):
            document.find_fault(place, sentence)
        raise document.refusal() from None


def read_text(path: Path) -> str:
    """Read a file that people write.

    Raises:
        FileError: it cannot be read, is too large, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) > _MAX_BYTES:
        raise FileError(f"{path}: is larger than {_MAX_BYTES:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileError(f"{path}:{line}: is not UTF-8; save it as UTF-8") from None


class _Loader(yaml.SafeLoader):
    """Composes nodes; refuses depth before Python's own stack does."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the base class' own registry
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            mark = parent.start_mark if parent else None
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


for _tag, (_pattern, _, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(_tag, _pattern, list(_first))


@dataclass
class _Document:
    """One file on its way from bytes to plain values, with the line of each."""

    path: Path
    environment: Mapping[str, str] | None
    faults: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    """Line and sentence."""
    _lines: dict[Place, int] = field(default_factory=dict[Place, int])
    _values: int = 0

    def read(self, text: str) -> object:
        """Return the values of the file's text; `faults` may have grown."""
        node = self._compose(text)
        if node is None:
            raise FileError(f"{self.path}: is empty")
        return self._value(node, ())

    def find_fault(self, place: Place, sentence: str) -> None:
        """Note a fault at a place, or at the nearest place around it that the file has."""
        around = place
        while around and around not in self._lines:
            around = around[:-1]
        line = self._lines.get(around, 1)
        self.faults.append((line, f"{say_place(place)}: {sentence}" if place else sentence))

    def refusal(self) -> FileError:
        """Return what was found, from the top of the file to its end."""
        return FileError(*(f"{self.path}:{line}: {what}" for line, what in sorted(self.faults)))

    def _compose(self, text: str) -> yaml.Node | None:
        try:
            loader = _Loader(text)
            try:
                return loader.get_single_node()
            finally:
                loader.dispose()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = f":{mark.line + 1}" if mark else ""
            what = " ".join(filter(None, (error.context, error.problem)))
            raise FileError(f"{self.path}{line}: is no YAML here: {what}") from None
        except yaml.reader.ReaderError as error:
            number = text.count("\n", 0, error.position) + 1
            character = f"U+{ord(text[error.position]):04X}"
            raise FileError(
                f"{self.path}:{number}: holds the control character {character}"
            ) from None

    def _value(self, node: yaml.Node, place: Place) -> object:
        self._lines.setdefault(place, node.start_mark.line + 1)
        self._values += 1
        if self._values > _MAX_VALUES:
            raise FileError(f"{self.path}: holds more than {_MAX_VALUES:,} values")
        if len(place) > _MAX_DEPTH:
            raise FileError(f"{self._at(node)}: is nested too deeply: an alias contains itself")
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self._value(item, (*place, n)) for n, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place)
        raise FileError(f"{self._at(node)}: tags such as {node.tag!r} are not used here")

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, object]:
        values: dict[str, object] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise FileError(
                    f"{self._at(key)}: a name must be a plain word; "
                    "text that begins with a brace or bracket needs quotes"
                )
            at = (*place, key.value)
            if key.value in values:
                again = f"{say_place(at)}: stands here twice, first in line {self._lines[at]}"
                self.faults.append((key.start_mark.line + 1, again))
                continue
            self._lines[at] = key.start_mark.line + 1
            values[key.value] = self._value(value, at)
        return values

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> object:
        text = str(node.value)
        if node.tag == f"{_TAG}str":
            return text if self.environment is None else self._expanded(text, place)
        read = _SCALARS.get(node.tag)
        if read is None or not read[0].fullmatch(text):
            raise FileError(f"{self._at(node)}: tags such as {node.tag!r} are not used here")
        return read[1](text)

    def _expanded(self, text: str, place: Place) -> str:
        """Put in the variables; what they hold is not searched for further ones."""

        def replacement(found: re.Match[str]) -> str:
            escaped, name = found.groups()
            if escaped:
                return "${"
            if name is None:
                self.find_fault(place, "holds ${ without a name; write ${NAME}, or $${ for ${")
                return ""
            if name not in environment:
                self.find_fault(place, f"the environment has no variable {name}; set it")
                return ""
            return environment[name]

        environment = self.environment or {}
        return _VARIABLE.sub(replacement, text)

    def _at(self, node: yaml.Node) -> str:
        return f"{self.path}:{node.start_mark.line + 1}"
