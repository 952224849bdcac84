"""Snippets: pieces of text that many texts share, such as a signature or a legal notice.

A text names one as `{{ snippet.legal }}`. It is put in when the text is made a step's, so that a
campaign goes on saying what it said when it was launched. A snippet is a text as well: what is
written as Markdown or HTML has a form for either part of a mail, and it may name fields and other
snippets.
"""

import re
from collections.abc import Callable
from itertools import chain
from typing import TypeVar

from postroad.campaign.template import (
    MOST_RENDERED,
    LibraryVersion,
    StepTemplate,
    TextError,
)
from postroad.campaign.template_tags import replace_tags, tags_in

Find = Callable[[str], tuple[StepTemplate, LibraryVersion]]
"""Returns a snippet by its name, and which version of it that is.

Raises:
    TextError: there is none of this name.
"""

_SNIPPET = re.compile(r"\{\{-?\s*snippet\.([a-z0-9][a-z0-9-]*)\s*-?\}\}")
_MISUSED = re.compile(r"""\{[{%][^'"]*?(?<![\w.])snippet\s*[.\[]""")
_ALONE = re.compile(rf"<p>\s*({_SNIPPET.pattern})\s*</p>")
_PARAGRAPH = re.compile(r"<p>((?:(?!</?p\b).)*)</p>", re.DOTALL)
_BLOCK = re.compile(
    r"<(?:blockquote|div|dl|footer|h[1-6]|hr|ol|p|pre|section|table|ul)\b", re.IGNORECASE
)
_DEEPEST = 10
"""Snippets within snippets."""
_Part = TypeVar("_Part")


def with_snippets(template: StepTemplate, find: Find) -> StepTemplate:
    """Return a text with every snippet put in, and with a record of their versions.

    Raises:
        TextError: a snippet is unknown, is not alone between its braces, or contains itself.
    """
    return _Filling(find).fill(template, ())


def snippets_in(template: StepTemplate) -> set[str]:
    """Return the names of the snippets that a text names itself."""
    sources = (template.subject, template.text, template.html)
    tags = chain.from_iterable(tags_in(source) for source in sources if source is not None)
    return {found[1] for tag in tags if (found := _SNIPPET.fullmatch(tag))}


class _Filling:
    """Puts snippets into one text; each snippet is filled once, however often it is named."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._filled: dict[str, StepTemplate] = {}

    def fill(self, template: StepTemplate, inside: tuple[str, ...]) -> StepTemplate:
        """Fill a text that stands inside some snippets."""
        named = {name: self._get(name, inside) for name in sorted(snippets_in(template))}
        brought = named.values()
        texts = {name: (snippet.text or "").strip() for name, snippet in named.items()}
        htmls = {name: _inner_html(snippet) for name, snippet in named.items()}
        return StepTemplate(
            subject=_put_in(template.subject, texts),
            text=None if template.text is None else _put_in(template.text, texts),
            html=None
            if template.html is None
            else _put_in(_unwrapped(template.html, htmls), htmls),
            attachments=_once(template.attachments, *(each.attachments for each in brought)),
            made_of=_once(template.made_of, *(each.made_of for each in brought)),
        )

    def _get(self, name: str, inside: tuple[str, ...]) -> StepTemplate:
        if name in inside:
            around = " → ".join((*inside[inside.index(name) :], name))
            raise TextError(f"the snippet {name} contains itself: {around}")
        if len(inside) == _DEEPEST:
            raise TextError(f"snippets stand in one another more than {_DEEPEST} deep, at {name}")
        if name not in self._filled:
            snippet, version = self._find(name)
            filled = self.fill(snippet, (*inside, name))
            made_of = (version, *filled.made_of)
            self._filled[name] = filled.model_copy(update={"made_of": made_of})
        return self._filled[name]


def _put_in(source: str, forms: dict[str, str]) -> str:
    size = len(source)

    def replace(tag: str) -> str:
        nonlocal size
        found = _SNIPPET.fullmatch(tag)
        if found is None:
            if _MISUSED.match(tag):
                raise TextError(f"{tag[:60]} must be {{{{ snippet.NAME }}}}, and nothing else")
            return tag
        size += len(forms[found[1]])
        if size > MOST_RENDERED:
            raise TextError(f"its snippets make it longer than {MOST_RENDERED:,} characters")
        return forms[found[1]]

    return replace_tags(source, replace)


def _inner_html(snippet: StepTemplate) -> str:
    """Return a snippet's HTML; what is a single paragraph may stand within a sentence."""
    html = (snippet.html or "").strip()
    alone = _PARAGRAPH.fullmatch(html)
    return alone[1] if alone else html


def _unwrapped(html: str, forms: dict[str, str]) -> str:
    """Take away the paragraph around a snippet that is more than one.

    Markdown makes a line of its own a paragraph, and in HTML no paragraph holds another.
    """

    def unwrap(alone: re.Match[str]) -> str:
        return alone[1] if _BLOCK.search(forms[alone[2]]) else alone[0]

    return _ALONE.sub(unwrap, html)


def _once(*parts: tuple[_Part, ...]) -> tuple[_Part, ...]:
    """Return what several texts bring along, each thing once."""
    return tuple(dict.fromkeys(chain.from_iterable(parts)))
