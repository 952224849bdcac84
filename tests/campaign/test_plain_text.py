"""The text part that is made of HTML."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.campaign.plain_text import html_to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<p>{% if person.a < "b" %}x{% endif %}</p><p>y</p>', None),
        ("<p>{{ person.a | default('<b>') }}</p>", "{{ person.a | default('<b>') }}"),
        ("<p>one &mdash; two&#8217;s</p>", "one — two’s"),
        ("a < b", "a < b"),
        ("<style>p{}</style><title>t</title><p>x</p>", "x"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb\n"),
        ("one<br>two", "one\ntwo"),
        ('See <a href="https://x.test/?u={{ person.id }}">this</a>.',
         "See this (https://x.test/?u={{ person.id }})."),
        ('<a href="https://x.test">https://x.test</a>', "https://x.test"),
        ('<a href="#top">up</a>', "up"),
        ("<p>a\n   b</p>", "a b"),
    ],
)  # fmt: skip
def test_html_reads_as_text(html: str, text: str | None) -> None:
    expected = '{% if person.a < "b" %}x{% endif %}\n\ny' if text is None else text.strip()
    assert html_to_text(html).strip() == expected


@given(st.lists(st.sampled_from(
    ["{{ person.a }}", "{% if person.b %}", "<p>", "</p>", "<a href='https://x'>", "</a>", "&lt;"]
)))  # fmt: skip
def test_every_tag_outside_of_markup_comes_back_once_and_in_order(pieces: list[str]) -> None:
    tags = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
    source = "".join(pieces)
    assert tags.findall(html_to_text(source)) == tags.findall(source)


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("<>&{}%#\"'/!-")))
def test_any_source_becomes_text(source: str) -> None:
    html_to_text(source)
