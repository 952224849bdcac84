"""A step's text as a template: its check at launch, and its rendering for one person.

Jinja's sandbox runs it. People's data is never template code; in HTML it is always escaped. A
field that the text needs and that is empty for one person fails that person's message, instead
of leaving as "Hello ,".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Self

from jinja2 import Template, TemplateError, nodes
from jinja2.visitor import NodeTransformer
from pydantic import BaseModel, ConfigDict, model_validator

from postroad.campaign.template_fields import (
    UnknownField,
    field_put_out,
    names_unsubscribe_url,
    unknown_in,
)
from postroad.campaign.template_grammar import read_template
from postroad.campaign.template_language import (
    HTML,
    PLAIN,
    UNSUBSCRIBE_URL,
    BlankFieldError,
    Fields,
    Language,
    TextError,
    is_blank,
)

__all__ = [
    "MOST_RENDERED",
    "SENDER_FIELDS",
    "AttachmentRef",
    "BlankFieldError",
    "CompiledTemplate",
    "LibraryKind",
    "LibraryVersion",
    "Rendered",
    "StepTemplate",
    "TextError",
    "UnknownField",
    "compile_template",
    "links_to_unsubscribe",
    "unknown_fields",
]

MOST_RENDERED = 2_000_000
"""Characters that one part may render to."""

SENDER_FIELDS = frozenset({"name", "email", "signature"})


class AttachmentRef(BaseModel):
    """A file that is attached, or shown inline where it has a content id."""

    model_config = ConfigDict(frozen=True)

    filename: str
    content_type: str
    sha256: str
    size: int
    content_id: str | None = None


LibraryKind = Literal["template", "snippet"]
"""What the shared library holds: whole texts, and pieces of them."""


class LibraryVersion(BaseModel):
    """A version of something in the shared library."""

    model_config = ConfigDict(frozen=True)

    kind: LibraryKind
    name: str
    version: int


class StepTemplate(BaseModel):
    """One version of a step's text; text and html are Jinja sources, at least one is there."""

    model_config = ConfigDict(frozen=True)

    subject: str
    text: str | None = None
    html: str | None = None
    attachments: tuple[AttachmentRef, ...] = ()
    made_of: tuple[LibraryVersion, ...] = ()
    """What of the shared library is in it."""

    @property
    def origin(self) -> LibraryVersion | None:
        """The template of the shared library that it is; None where it was written for its step."""
        return next((part for part in self.made_of if part.kind == "template"), None)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.text is None and self.html is None:
            raise ValueError("a step needs a text or html")
        return self


@dataclass(frozen=True, slots=True)
class Rendered:
    """A step's text for one person."""

    subject: str
    text: str | None
    html: str | None


class CompiledTemplate:
    """A step's text, ready to be rendered for many people."""

    def __init__(self, template: StepTemplate) -> None:
        """Compile.

        Raises:
            TextError: a part is no valid template.
        """
        self._subject = _Part("subject", template.subject, PLAIN)
        self._text = None if template.text is None else _Part("text", template.text, PLAIN)
        self._html = None if template.html is None else _Part("html", template.html, HTML)

    def render(
        self,
        person: Mapping[str, str],
        sender: Mapping[str, str],
        unsubscribe_url: str | None = None,
    ) -> Rendered:
        """Render for one person.

        Args:
            person: their fields.
            sender: the sender's.
            unsubscribe_url: their page to unsubscribe on; without one no text may need it.

        Raises:
            BlankFieldError: a field that the text needs is empty, or a part says nothing at all.
            TextError: rendering fails for another reason, or runs away.
        """
        context: dict[str, Fields | str] = {
            "person": Fields("person", person),
            "sender": Fields("sender", sender),
        }
        if unsubscribe_url is not None:
            context[UNSUBSCRIBE_URL] = unsubscribe_url
        return Rendered(
            subject=" ".join(self._subject.render(context).split()),
            text=None if self._text is None else self._text.render(context),
            html=None if self._html is None else self._html.render(context),
        )


@lru_cache(maxsize=512)
def compile_template(template: StepTemplate) -> CompiledTemplate:
    """Compile a template, or return it as compiled before."""
    return CompiledTemplate(template)


def unknown_fields(template: StepTemplate, available: frozenset[str]) -> list[UnknownField]:
    """Return every field that the text needs and people do not have.

    `{{ person.x | default("…") }}` may name any field, and so may what stands under
    `{% if person.x is defined %}`.

    Raises:
        TextError: a part is no valid template.
    """
    known = {"person": available | {"email"}, "sender": SENDER_FIELDS}
    return [unknown for part, tree in _trees(template) for unknown in unknown_in(part, tree, known)]


def links_to_unsubscribe(template: StepTemplate) -> bool:
    """Whether the text names `unsubscribe_url`, which only an organisation's public URL gives.

    Raises:
        TextError: a part is no valid template.
    """
    return any(names_unsubscribe_url(tree) for _, tree in _trees(template))


def _trees(template: StepTemplate) -> Iterator[tuple[str, nodes.Template]]:
    parts = {"subject": template.subject, "text": template.text, "html": template.html}
    for part, source in parts.items():
        if source is not None:
            yield part, read_template(part, source, PLAIN)


class _Part:
    """Subject, text or html, compiled."""

    __slots__ = ("_may_be_blank", "_name", "_template")

    def __init__(self, name: str, source: str, language: Language) -> None:
        self._name = name
        self._template = _compile(name, source, language)
        self._may_be_blank = is_blank(source)

    def render(self, context: Mapping[str, Fields | str]) -> str:
        text = self._write(context)
        if not self._may_be_blank and is_blank(text):
            raise BlankFieldError(self._name)
        return text

    def _write(self, context: Mapping[str, Fields | str]) -> str:
        pieces: list[str] = []
        size = 0
        try:
            for piece in self._template.generate(context):
                pieces.append(piece)
                size += len(piece)
                if size > MOST_RENDERED:
                    raise TextError(f"it renders to more than {MOST_RENDERED:,} characters")
        except BlankFieldError:
            raise
        except Exception as error:  # whatever a text makes Jinja or Python stumble over
            raise TextError(f"{self._name}: {error}") from error
        return "".join(pieces)


class _Guards(NodeTransformer):
    """Bounds what a text computes, and lets no field become blank on its way out."""

    def visit_For(self, loop: nodes.For) -> nodes.For:  # noqa: N802 - Jinja's name
        """Count rounds."""
        self.generic_visit(loop)
        loop.iter = _guard(loop.iter, "_rounds")
        return loop

    def visit_Concat(self, concat: nodes.Concat) -> nodes.Filter:  # noqa: N802 - Jinja's name
        """Measure what `~` makes."""
        self.generic_visit(concat)
        return _guard(concat, "_bounded")

    def visit_Output(self, output: nodes.Output) -> nodes.Output:  # noqa: N802 - Jinja's name
        """Look at what each `{{ … }}` makes of a field."""
        fields = [field_put_out(expression) for expression in output.nodes]
        self.generic_visit(output)
        output.nodes = [
            expression if field is None else _guard(expression, "_shown", field)
            for expression, field in zip(output.nodes, fields, strict=True)
        ]
        return output


def _guard(expression: nodes.Node, guard: str, *arguments: str) -> nodes.Filter:
    line = expression.lineno
    constants: list[nodes.Expr] = [nodes.Const(value, lineno=line) for value in arguments]
    return nodes.Filter(expression, guard, constants, [], None, None, lineno=line)


def _compile(part: str, source: str, language: Language) -> Template:
    tree = read_template(part, source, language)
    try:
        return language.from_string(_Guards().visit(tree))
    except (TemplateError, RecursionError, ValueError) as error:
        raise TextError(f"{part} cannot be read as a template: {error}") from error
