"""A step's text as a template: what may stand in it, and its rendering for one person.

Jinja's sandbox runs it. People's data is never template code; in HTML it is always escaped. A
field that the text needs and that is empty for one person fails that person's message, instead
of leaving as "Hello ,".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer
from pydantic import BaseModel, ConfigDict

MOST_RENDERED = 2_000_000
"""Characters that one part may render to."""

SENDER_FIELDS = frozenset({"name", "email", "signature"})

_FALLBACKS = frozenset({"default", "d"})
_FILTERS = frozenset(
    {
        "abs", "capitalize", "d", "default", "e", "escape", "first", "float", "int", "join",
        "last", "length", "lower", "replace", "round", "striptags", "title", "trim", "truncate",
        "upper", "urlencode", "wordcount",
    }
)  # fmt: skip
_SPENDTHRIFT = frozenset({"*", "**", "%"})
"""Operators that make much out of little."""


class AttachmentRef(BaseModel):
    """A file that is attached, or shown inline where it has a content id."""

    model_config = ConfigDict(frozen=True)

    filename: str
    content_type: str
    sha256: str
    size: int
    content_id: str | None = None


class StepTemplate(BaseModel):
    """One version of a step's text; text and html are Jinja sources, at least one is there."""

    model_config = ConfigDict(frozen=True)

    subject: str
    text: str | None = None
    html: str | None = None
    attachments: tuple[AttachmentRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A step's text for one person."""

    subject: str
    text: str | None
    html: str | None


class TextError(ValueError):
    """The template itself is wrong; the sentence names part and line."""


class BlankFieldError(ValueError):
    """A field that the text needs is empty for this person."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"the field {field} is empty for this person")


@dataclass(frozen=True, slots=True)
class UnknownField:
    """A field that the text names and the audience does not have."""

    part: str
    line: int
    field: str

    def __str__(self) -> str:
        return f"{self.part}, line {self.line}: unknown field {self.field}"


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja with nothing in it that a mail does not need."""

    intercepted_binops = _SPENDTHRIFT

    def __init__(self, *, autoescape: bool) -> None:
        super().__init__(
            autoescape=autoescape, undefined=StrictUndefined, keep_trailing_newline=True
        )
        self.globals.clear()
        self.filters = {
            name: function for name, function in self.filters.items() if name in _FILTERS
        }
        self.filters["_required"] = _required

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401, ARG002
        """Refuse the operators above."""
        raise TextError(f"the operator {operator} has no use in a mail")


class _Fields:
    """A person's or sender's fields; only they are visible, not the methods of a dict."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __getattr__(self, name: str) -> str:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(name) from None

    def __getitem__(self, name: str) -> str:
        return self._values[name]


class CompiledTemplate:
    """A step's text, ready to be rendered for many people."""

    def __init__(self, template: StepTemplate) -> None:
        """Compile.

        Raises:
            TextError: a part is no valid template.
        """
        self._subject = _compile("subject", template.subject, _PLAIN)
        self._text = None if template.text is None else _compile("text", template.text, _PLAIN)
        self._html = None if template.html is None else _compile("html", template.html, _HTML)

    def render(self, person: Mapping[str, str], sender: Mapping[str, str]) -> Rendered:
        """Render for one person.

        Raises:
            BlankFieldError: a field that the text needs is empty.
            TextError: rendering fails for another reason, or runs away.
        """
        context = {"person": _Fields(person), "sender": _Fields(sender)}
        return Rendered(
            subject=" ".join(_render("subject", self._subject, context).split()),
            text=None if self._text is None else _render("text", self._text, context),
            html=None if self._html is None else _render("html", self._html, context),
        )


@lru_cache(maxsize=512)
def compile_template(template: StepTemplate) -> CompiledTemplate:
    """Compile a template, or return it as compiled before."""
    return CompiledTemplate(template)


def unknown_fields(template: StepTemplate, available: frozenset[str]) -> list[UnknownField]:
    """Return every field that the text names and people do not have.

    `{{ person.x | default("…") }}` and `{% if person.x is defined %}` may name any field.

    Raises:
        TextError: a part is no valid template.
    """
    parts = {"subject": template.subject, "text": template.text, "html": template.html}
    known = {"person": available | {"email"}, "sender": SENDER_FIELDS}
    return [
        unknown
        for part, source in parts.items()
        if source is not None
        for unknown in _unknown(part, _parse(part, source, _PLAIN), known)
    ]


def _unknown(
    part: str, tree: nodes.Template, known: Mapping[str, frozenset[str]]
) -> list[UnknownField]:
    excused = {id(node) for node in _excused(tree)}
    found: list[UnknownField] = []
    references: list[nodes.Getattr | nodes.Getitem] = [
        *tree.find_all(nodes.Getattr),
        *tree.find_all(nodes.Getitem),
    ]
    for node in references:
        owner, field = _field(node)
        if owner in known and field not in known[owner] and id(node) not in excused:
            found.append(UnknownField(part, node.lineno, f"{owner}.{field}"))
    assigned = {n.name for n in tree.find_all(nodes.Name) if n.ctx != "load"}
    found.extend(
        UnknownField(part, name.lineno, name.name)
        for name in tree.find_all(nodes.Name)
        if name.ctx == "load" and name.name not in known and name.name not in assigned
    )
    return found


def _excused(tree: nodes.Template) -> list[nodes.Node]:
    """Return the expressions that may name a field nobody has."""
    filtered = (f.node for f in tree.find_all(nodes.Filter) if f.name in _FALLBACKS)
    tested = (t.node for t in tree.find_all(nodes.Test) if t.name in ("defined", "undefined"))
    return [node for node in (*filtered, *tested) if node is not None]


def _field(node: nodes.Getattr | nodes.Getitem) -> tuple[str, str]:
    """Return (owner, field) of `owner.field` or `owner['field']`; empty for anything else."""
    if not isinstance(node.node, nodes.Name):
        return "", ""
    if isinstance(node, nodes.Getattr):
        return node.node.name, node.attr
    constant = node.arg.value if isinstance(node.arg, nodes.Const) else ""
    return node.node.name, str(constant)


class _RequireFields(NodeTransformer):
    """Lets every field that is put out as it is fail when it is empty."""

    def visit_Output(self, output: nodes.Output) -> nodes.Output:  # noqa: N802 - Jinja's name
        """Wrap the fields of one `{{ … }}`."""
        output.nodes = [self._require(expression) for expression in output.nodes]
        return output

    def _require(self, expression: nodes.Expr) -> nodes.Expr:
        innermost: nodes.Expr = expression
        while isinstance(innermost, nodes.Filter) and innermost.node is not None:
            if innermost.name in _FALLBACKS:
                return expression
            innermost = innermost.node
        if not isinstance(innermost, (nodes.Getattr, nodes.Getitem)):
            return expression
        owner, field = _field(innermost)
        if owner != "person":
            return expression
        name = nodes.Const(field, lineno=expression.lineno)
        return nodes.Filter(
            expression, "_required", [name], [], None, None, lineno=expression.lineno
        )


def _required(value: Any, field: str) -> Any:  # noqa: ANN401 - whatever the template made
    if not str(value).strip():
        raise BlankFieldError(field)
    return value


def _parse(part: str, source: str, environment: _Environment) -> nodes.Template:
    try:
        return environment.parse(source)
    except TemplateSyntaxError as error:
        raise TextError(f"{part}, line {error.lineno}: {error.message}") from error


def _compile(part: str, source: str, environment: _Environment) -> Template:
    tree = _RequireFields().visit(_parse(part, source, environment))
    try:
        return environment.from_string(tree)
    except TemplateError as error:
        raise TextError(f"{part}: {error.message}") from error


def _render(part: str, template: Template, context: Mapping[str, _Fields]) -> str:
    pieces: list[str] = []
    size = 0
    try:
        for piece in template.generate(context):
            pieces.append(piece)
            size += len(piece)
            if size > MOST_RENDERED:
                raise TextError(f"{part} renders to more than {MOST_RENDERED:,} characters")
    except BlankFieldError:
        raise
    except Exception as error:  # whatever an author's text makes Jinja or Python stumble over
        raise TextError(f"{part}: {error}") from error
    return "".join(pieces)


_PLAIN = _Environment(autoescape=False)
_HTML = _Environment(autoescape=True)
