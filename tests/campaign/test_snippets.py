"""Snippets are put into texts, each in the form that its place needs."""

from collections.abc import Mapping

import pytest

from postroad.campaign.markdown import markdown_to_html
from postroad.campaign.snippets import with_snippets
from postroad.campaign.template import LibraryVersion, StepTemplate, TextError


def _markdown(source: str, subject: str = "") -> StepTemplate:
    return StepTemplate(subject=subject, text=source, html=markdown_to_html(source))


def _filled(template: StepTemplate, snippets: Mapping[str, StepTemplate]) -> StepTemplate:
    def find(name: str) -> tuple[StepTemplate, LibraryVersion]:
        if name not in snippets:
            raise TextError(f"the library has no snippet {name!r}")
        return snippets[name], LibraryVersion(kind="snippet", name=name, version=7)

    return with_snippets(template, find)


def test_a_snippet_on_a_line_of_its_own_keeps_its_paragraphs() -> None:
    filled = _filled(
        _markdown("Hello\n\n{{ snippet.legal }}\n"), {"legal": _markdown("Acme *Ltd*\n\nMadrid\n")}
    )
    assert filled.text == "Hello\n\nAcme *Ltd*\n\nMadrid\n"
    assert filled.html == "<p>Hello</p>\n<p>Acme <em>Ltd</em></p>\n<p>Madrid</p>\n"


def test_a_snippet_of_one_paragraph_stands_within_a_sentence_or_alone() -> None:
    snippets = {"offer": _markdown("**10 %** off")}
    within = _filled(_markdown("You get {{snippet.offer}} today."), snippets)
    assert within.text == "You get **10 %** off today."
    assert within.html == "<p>You get <strong>10 %</strong> off today.</p>\n"
    assert _filled(_markdown("{{ snippet.offer }}"), snippets).html == (
        "<p><strong>10 %</strong> off</p>\n"
    )


def test_a_snippet_may_be_in_a_subject_and_in_a_link() -> None:
    snippets = {"event": StepTemplate(subject="", text="Expo", html="Expo")}
    filled = _filled(
        _markdown(
            "[here](https://acme.test/{{ snippet.event }})", "See you at {{ snippet.event }}"
        ),
        snippets,
    )
    assert filled.subject == "See you at Expo"
    assert 'href="https://acme.test/Expo"' in (filled.html or "")


def test_snippets_may_name_fields_and_one_another_and_are_recorded_once() -> None:
    snippets = {
        "a": _markdown("A {{ person.plan }} {{ snippet.b }}"),
        "b": _markdown("B"),
    }
    filled = _filled(_markdown("{{ snippet.a }} and {{ snippet.b }}"), snippets)
    assert filled.text == "A {{ person.plan }} B and B"
    assert [part.name for part in filled.made_of] == ["a", "b"]


@pytest.mark.parametrize(
    "source", ["{# {{ snippet.a }} #}x", "{{ person.x | default('a snippet.') }}"]
)
def test_what_only_looks_like_a_snippet_is_left_alone(source: str) -> None:
    assert _filled(StepTemplate(subject="", text=source), {}).text == source


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{ snippet.a }}", "the snippet a contains itself: a → b → a"),
        ("{{ snippet.missing }}", "no snippet 'missing'"),
        ("{{ snippet.a | upper }}", "must be {{ snippet.NAME }}, and nothing else"),
        ("{% if snippet.a %}x{% endif %}", "must be {{ snippet.NAME }}"),
        ("{{ snippet['a'] }}", "must be {{ snippet.NAME }}"),
    ],
)
def test_a_snippet_that_cannot_be_put_in_is_refused(source: str, words: str) -> None:
    snippets = {"a": _markdown("{{ snippet.b }}"), "b": _markdown("{{ snippet.a }}")}
    with pytest.raises(TextError) as refused:
        _filled(StepTemplate(subject="", text=source), snippets)
    assert words in str(refused.value)


def test_snippets_that_grow_without_end_are_refused() -> None:
    snippets = {f"s{n}": _markdown(f"{{{{ snippet.s{n + 1} }}}}" * 20) for n in range(9)}
    snippets["s9"] = _markdown("x" * 20)
    with pytest.raises(TextError, match="longer than"):
        _filled(StepTemplate(subject="", text="{{ snippet.s0 }}"), snippets)
    chain = {f"s{n}": _markdown(f"{{{{ snippet.s{n + 1} }}}}") for n in range(500)}
    with pytest.raises(TextError, match="more than 10 deep"):
        _filled(StepTemplate(subject="", text="{{ snippet.s0 }}"), chain)
