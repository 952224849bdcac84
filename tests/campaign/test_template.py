"""Templates: what authors may write, and what one person's data can never do."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.campaign.bodies import build_template
from postroad.campaign.markdown import markdown_to_html
from postroad.campaign.step import StepFile
from postroad.campaign.template import (
    BlankFieldError,
    Rendered,
    StepTemplate,
    TextError,
    compile_template,
    unknown_fields,
)
from postroad.campaign.template_language import FILTERS

SENDER = {"name": "Ana", "email": "ana@acme.test", "signature": ""}


def _render(text: str = "x", html: str | None = None, **person: str) -> Rendered:
    template = StepTemplate(subject="Hi", text=text, html=html)
    return compile_template(template).render(person, SENDER)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs"]), min_size=1))
def test_people_data_is_text_in_html_and_never_markup_or_template(name: str) -> None:
    html = markdown_to_html("Hello **{{ person.name }}**")
    rendered = _render(html=html, name=name + "<script>{{ 7 * 7 }}")
    assert rendered.html is not None
    assert "<script>" not in rendered.html
    assert "{{ 7 * 7 }}" in rendered.html


@pytest.mark.parametrize(
    "expression",
    [
        *(f"person.name | {name}" for name in sorted(FILTERS)),
        "person.name | replace('o', '<b>')",
        "person.name | join('<b>')",
        "[person.name, '<b>'] | join",
        "person.name ~ ('x' | escape)",
        "('x' | escape) + person.name",
        "person.name[:8]",
        "person.name.split('o')[0]",
        "person.nick | default(person.name)",
        "sender.name",
    ],
)
def test_no_filter_lets_markup_through(expression: str) -> None:
    template = StepTemplate(subject="Hi", html="{{ " + expression + " }}")
    hostile = "<b>oo</b>&lt;b&gt;<b>"
    try:
        rendered = compile_template(template).render(
            {"name": hostile, "nick": ""}, {"name": hostile}
        )
    except (TextError, BlankFieldError):
        return
    assert "<b>" not in str(rendered.html)


def test_a_name_of_asterisks_is_not_markdown() -> None:
    html = markdown_to_html("Hello {{ person.name }}")
    assert _render(html=html, name="**Bo**").html == "<p>Hello **Bo**</p>\n"


@pytest.mark.parametrize("blank", ["", "   ", "\n", "\u00a0", "\u200b"])
@pytest.mark.parametrize(
    "source",
    [
        "Hello {{ person.first_name }},",
        "Hello {{ person['first_name'] }},",
        "Hello {{ person.first_name | title }},",
        "Hello {{ person.first_name.upper() }},",
        "Hello {{ 'dear ' ~ person.first_name }},",
        "Hello {{ 'dear ' + person.first_name }},",
        "Hello {{ person.first_name[:3] }},",
        "Hello {{ person.nick or person.first_name }},",
        "Hello {{ person.nick | default(person.first_name) }},",
        "Hello {{ person.first_name if sender.name else 'x' }},",
        "{% set name = person.first_name %}Hello {{ name }},",
        "{% for name in [person.first_name] %}Hello {{ name }},{% endfor %}",
        "You are {{ person.first_name | int }}",
        "You are {{ person.first_name | float | round }}",
    ],
)
def test_a_blank_field_fails_instead_of_leaving_a_gap(source: str, blank: str) -> None:
    for html in (None, source):
        with pytest.raises(BlankFieldError, match="first_name"):
            _render("x" if html else source, html, first_name=blank, nick=blank)


def test_a_field_of_which_nothing_remains_fails_as_a_blank_one_does() -> None:
    with pytest.raises(BlankFieldError, match="name"):
        _render("Hello {{ person.name | replace('Bo', '') }},", name="Bo")


def test_a_part_that_says_nothing_to_somebody_fails() -> None:
    with pytest.raises(BlankFieldError, match="text"):
        _render("{% if person.vip %}Hello{% endif %}\n", vip="")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ person.nick or 'there' }}", "there"),
        ("{{ person.nick | default('there') }}", "there"),
        ("{{ person.nick | default('there', true) }}", "there"),
        ("{{ person.nick | lower | d('there') }}", "there"),
        ("{{ person.nick or person['full name'] }}", "Bo B"),
        ("{{ person['full name'].split()[0] }}", "Bo"),
        ("{{ person.nick if person.nick else 'you' }}", "you"),
        ("{% if person.nick | lower == 'bo' %}yes{% else %}no{% endif %}", "no"),
        ("{% if person.nick == '' %}none{% endif %}", "none"),
        ("{% if person.nick in ['a', 'b'] %}yes{% else %}no{% endif %}", "no"),
        ("{% for c in person['full name'] %}{{ loop.index }}{% endfor %}", "1234"),
        ("{{ sender.signature }}x", "x"),
        ("{% if person.nick %}{{ person.nick }}{% else %}you{% endif %}", "you"),
        ("{{ person['full name'] }}", "Bo B"),
    ],
)
@pytest.mark.parametrize("blank", ["", "  "])
def test_fallbacks_and_conditions_may_meet_blank_fields(
    source: str, expected: str, blank: str
) -> None:
    assert _render(source, nick=blank, **{"full name": "Bo B"}).text == expected


def test_an_unknown_field_is_found_with_its_part_and_line() -> None:
    template = StepTemplate(
        subject="{{ person.firstname }}", text="ok\n{{ prson.x }}", html="{{ sender.phone }}"
    )
    found = [str(unknown) for unknown in unknown_fields(template, frozenset({"first_name"}))]
    assert found == [
        "subject, line 1: unknown field person.firstname",
        "text, line 2: unknown field prson",
        "html, line 1: unknown field sender.phone",
    ]


@pytest.mark.parametrize(
    "source",
    [
        "{{ person.x | default('y') }}",
        "{{ person.x | lower | d('y') }}",
        "{% if person.x is defined %}{{ person.x }}{% else %}y{% endif %}",
        "{% if person.email and person.x is defined %}{{ person.x }}{% else %}y{% endif %}",
        "{{ person.x if person.x is defined else 'y' }}",
    ],
)
def test_a_field_with_a_default_or_a_test_may_be_missing_from_the_audience(source: str) -> None:
    template = StepTemplate(subject="Hi", text=source)
    assert unknown_fields(template, frozenset()) == []
    assert compile_template(template).render({"email": "a@b"}, SENDER).text == "y"


@pytest.mark.parametrize(
    "source",
    [
        "{{ person.x or 'y' }}",
        "{{ person['x'] }}",
        "{% if person.x %}y{% endif %}",
        "{% if person.x is defined %}y{% else %}{{ person.x }}{% endif %}",
        "{% if person.x is defined %}{{ person.x }}{% endif %}{{ person.x }}",
        "{{ person.email | default(person.x) }}",
    ],
)
def test_a_field_that_is_read_without_a_default_must_be_in_the_audience(source: str) -> None:
    template = StepTemplate(subject="Hi", text=source)
    (unknown,) = unknown_fields(template, frozenset())
    assert unknown.field == "person.x"


@pytest.mark.parametrize(
    "source",
    [
        "{{ person.__class__.__mro__ }}",
        "{{ ''.__class__ }}",
        "{{ 'x' * 1000000000 }}",
        "{{ 10 ** 10000000 }}",
        "{{ '%999999999d' % 1 }}",
        "{% for i in range(10) %}{% endfor %}",
        "{% include 'other' %}",
        "{% import 'os' as os %}",
        "{% autoescape false %}{{ person.name }}{% endautoescape %}",
        "{% macro f() %}x{% endmacro %}{{ f() }}",
        "{{ person.name | pprint }}",
        "{{ person.name | _shown('x') }}",
        "{% if sender.signature %}{{ person.name | pprint }}{% endif %}",
        "{{ person.name is callable }}",
        "{{ person }}",
        "{% set p = person %}{{ p.name }}",
        "{% set n = person.name %}{{ n.upper }}",
        "{% set person = sender.name %}",
        "{{ person[person.name] }}",
        "{{ person.name.upper }}",
        "{{ person.name.format(1) }}",
        "{{ person.name.ljust(1000000000) }}",
        "{% for a in person.name %}{{ loop }}{% endfor %}",
        "{% for a in person.name %}{% for b in person.name %}{% endfor %}{% endfor %}",
        "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
        "{{ " + "9" * 5_000 + " }}",
        "{{ 1" + " + 1" * 5_000 + " }}",
    ],
)
def test_what_no_mail_needs_is_refused_before_anything_is_rendered(source: str) -> None:
    with pytest.raises(TextError):
        compile_template(StepTemplate(subject="Hi", text=f"Hello {source}"))


@pytest.mark.parametrize("source", ["{{ cycler }}", "{{ range }}", "{{ lipsum }}"])
def test_jinjas_own_names_are_unknown(source: str) -> None:
    with pytest.raises(TextError):
        _render(source)


def test_what_is_refused_is_named_with_its_part_and_line() -> None:
    template = StepTemplate(subject="Hi", text="x", html="fine\n\n{% include 'other' %}")
    for check in (compile_template, lambda wrong: unknown_fields(wrong, frozenset())):
        with pytest.raises(TextError, match="html, line 3: include has no place in a mail"):
            check(template)


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in person.x %}{{ person.x }}{{ person.x }}{{ person.x }}{% endfor %}",
        "{% set a = person.x %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
        "{% set a = person.x %}" + "{% set a = a + a %}" * 40 + "{{ a }}",
        "{% set a = [1, 1] %}" + "{% set a = a + a %}" * 40 + "{{ a | length }}",
        "{{ person.x" + " | replace('x', person.x)" * 5 + " }}",
        "{{ person.x" + " | replace('', person.x)" * 5 + " }}",
        "{{ person.x" + " | join(person.x)" * 5 + " }}",
        "{% for a in person.x ~ person.x %}{% endfor %}",
        "{{ 1 | round(30000000, 'ceil') }}",
    ],
)
def test_a_text_that_runs_away_is_stopped(source: str) -> None:
    with pytest.raises(TextError, match=r"more than|at most"):
        _render(source, x="x" * 990)


def test_a_template_without_any_text_is_refused() -> None:
    with pytest.raises(ValueError, match="text or html"):
        StepTemplate(subject="Hi")


def test_a_broken_tag_is_an_error_with_its_line() -> None:
    with pytest.raises(TextError, match="text, line 2"):
        _render("fine\n{{ person. }}")


@pytest.mark.parametrize("field", ["items", "keys", "copy", "get"])
def test_fields_named_like_methods_are_fields(field: str) -> None:
    assert _render("{{ person." + field + " }}", **{field: "value"}).text == "value"


def test_the_lines_of_a_signature_are_lines_in_html_too() -> None:
    template = StepTemplate(
        subject="Hi", text="{{ sender.signature }}", html="{{ sender.signature }}"
    )
    rendered = compile_template(template).render({}, {"signature": "Ana <Ruiz>\nAcme\n"})
    assert rendered.text == "Ana <Ruiz>\nAcme\n"
    assert rendered.html == "Ana &lt;Ruiz&gt;<br>\nAcme"


def test_a_subject_is_one_line_whatever_people_are_called() -> None:
    template = StepTemplate(subject="Hi {{ person.name }}", text="x")
    rendered = compile_template(template).render({"name": "Bo\r\nBcc: all@x.test"}, SENDER)
    assert rendered.subject == "Hi Bo Bcc: all@x.test"


def test_markdown_keeps_template_tags_in_links_and_conditions() -> None:
    html = markdown_to_html(
        "[page](https://x.test/?u={{ person.id | urlencode }})\n\n"
        "{% if person.a_b %}**{{ person.a_b }}**{% endif %}"
    )
    assert 'href="https://x.test/?u={{ person.id | urlencode }}"' in html
    assert "{% if person.a_b %}<strong>{{ person.a_b }}</strong>{% endif %}" in html


def test_a_markdown_body_gives_text_and_html_and_attaches_its_images(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    (tmp_path / "intro.md").write_text("Hello {{ person.name }}\n\n![logo](logo.png)\n")
    step = StepFile(id="intro", subject="Hi", body=tmp_path / "intro.md")
    template, files = build_template(step)
    assert template.text is not None
    assert template.text.startswith("Hello {{ person.name }}")
    (reference,) = template.attachments
    assert template.html is not None
    assert f'src="cid:{reference.content_id}"' in template.html
    assert files == {reference.sha256: b"\x89PNG"}


def test_an_html_body_gets_a_text_part(tmp_path: Path) -> None:
    body = tmp_path / "intro.html"
    body.write_text("<style>p{}</style><p>Hello {{ person.name }}</p>\n<p>Bye &amp; thanks</p>")
    template, _ = build_template(StepFile(id="intro", subject="Hi", body=body))
    assert template.text == "Hello {{ person.name }}\n\nBye & thanks"


def test_a_missing_image_is_named(tmp_path: Path) -> None:
    body = tmp_path / "intro.md"
    body.write_text("![logo](nowhere.png)")
    with pytest.raises(TextError, match=r"nowhere\.png"):
        build_template(StepFile(id="intro", subject="Hi", body=body))


def test_a_text_may_name_the_page_to_unsubscribe_on() -> None:
    template = StepTemplate(subject="Hi", html='<a href="{{ unsubscribe_url }}">No more</a>')
    assert unknown_fields(template, frozenset()) == []
    compiled = compile_template(template)
    rendered = compiled.render({}, {}, "https://acme.test/u/1")
    assert rendered.html == '<a href="https://acme.test/u/1">No more</a>'
    with pytest.raises(TextError, match="unsubscribe_url"):
        compiled.render({}, {})
