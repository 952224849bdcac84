"""Markdown with template tags in it: what the author wrote stays what Jinja reads."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from postroad.campaign.markdown import markdown_to_html
from postroad.campaign.template import CompiledTemplate, StepTemplate

SENDER = {"name": "Ana", "email": "ana@acme.test", "signature": ""}
_ELEMENT = re.compile(r"<(/?)(p|ul|ol|li|table|thead|tbody|tr|td|th|blockquote|h1|strong)\b")

lines = st.sampled_from(
    [
        "", "Hello {{ person.name }}", "- one", "- two", "  - deep", "1. first", "> quoted",
        "# Big", "| a | b |", "|---|---|", "**bold**", "    code", "text", "---", "{% set a = 1 %}",
        "    {% set b = 2 %}",
    ]
)  # fmt: skip


def _render(html: str, **person: str) -> str:
    rendered = CompiledTemplate(StepTemplate(subject="Hi", html=html)).render(person, SENDER)
    return str(rendered.html)


def _is_balanced(html: str) -> bool:
    opened: list[str] = []
    for closing, element in _ELEMENT.findall(html):
        if not closing:
            opened.append(element)
        elif not opened or opened.pop() != element:
            return False
    return not opened


@given(st.lists(lines, max_size=8), st.lists(lines, max_size=8), st.lists(lines, max_size=8))
def test_whatever_conditions_leave_out_the_html_stays_balanced(
    before: list[str], inside: list[str], after: list[str]
) -> None:
    condition = ["  {% if person.vip %}", *inside, "{% endif %}"]
    html = markdown_to_html("\n".join([*before, *condition, *after, "end"]))
    for vip in ("yes", ""):
        assert _is_balanced(_render(html, name="Bo", vip=vip))


@given(st.lists(lines, max_size=15))
def test_every_tag_comes_back_once_and_in_order(source: list[str]) -> None:
    tags = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
    text = "\n".join(source)
    assert tags.findall(markdown_to_html(text)) == tags.findall(text)


@given(
    st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("{}%#\"'*_<\n"), max_size=80)
)
def test_any_source_becomes_html(source: str) -> None:
    markdown_to_html(source)


@given(st.text(st.sampled_from("ab*_`#>-\n []()!<|~1."), max_size=60))
def test_markdown_without_tags_is_plain_commonmark(source: str) -> None:
    parser = MarkdownIt("commonmark", {"html": True, "breaks": True})
    expected = parser.enable(["table", "strikethrough"]).render(source)
    assert markdown_to_html(source) == expected


@pytest.mark.parametrize(
    ("source", "with_it", "without_it"),
    [
        (
            "Hello\n{% if person.vip %}\nDear **guest**\n{% endif %}\nBye",
            "<p>Hello</p>\n\n<p>Dear <strong>guest</strong></p>\n\n<p>Bye</p>\n",
            "<p>Hello</p>\n\n<p>Bye</p>\n",
        ),
        (
            "- a\n{% if person.vip %}\n- b\n{% endif %}\n- c",
            "<ul>\n<li>a</li>\n</ul>\n\n<ul>\n<li>b</li>\n</ul>\n\n<ul>\n<li>c</li>\n</ul>\n",
            "<ul>\n<li>a</li>\n</ul>\n\n<ul>\n<li>c</li>\n</ul>\n",
        ),
    ],
)
def test_a_line_of_tags_alone_stands_between_blocks(
    source: str, with_it: str, without_it: str
) -> None:
    html = markdown_to_html(source)
    assert _render(html, vip="yes") == with_it
    assert _render(html, vip="") == without_it


def test_tags_within_a_line_stay_in_it() -> None:
    html = markdown_to_html("Hello{% if person.vip %} *dear*{% endif %} {{ person.name }}!")
    assert _render(html, vip="yes", name="Bo") == "<p>Hello <em>dear</em> Bo!</p>\n"


@pytest.mark.parametrize(
    "tag",
    [
        "{{ person.name | default('}} *a* %}') }}",
        '{{ person.name | default("it\'s <b> & }}") }}',
        "{# a *comment* <b> #}",
        "{{ person['first_name'] }}",
        "{{ person.first_name\n   or 'there' }}",
    ],
)
def test_a_tag_is_left_as_it_is_whatever_stands_in_it(tag: str) -> None:
    assert tag in markdown_to_html(f"**bold** {tag} *more*")


def test_tags_in_code_and_in_links_are_left_as_they_are() -> None:
    html = markdown_to_html(
        "`{{ person.a }}`\n\n```\n  {% if person.b %}\n```\n\n[x](https://a/{{ person.c }})"
    )
    assert "<code>{{ person.a }}</code>" in html
    assert "<pre><code>  {% if person.b %}\n</code></pre>" in html
    assert 'href="https://a/{{ person.c }}"' in html


def test_what_looks_like_a_mark_is_no_tag() -> None:
    html = markdown_to_html("\ue0000\ue001 {{ person.a }} [x](https://a/%EE%80%807%EE%80%81)")
    assert html.count("person.a") == 1
    assert "%EE%80%807%EE%80%81" in html
