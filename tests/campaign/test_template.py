"""Templates: what authors may write, and what one person's data can never do."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.campaign.bodies import build_template
from postroad.campaign.file import StepFile
from postroad.campaign.markdown import markdown_to_html
from postroad.campaign.template import (
    BlankFieldError,
    Rendered,
    StepTemplate,
    TextError,
    compile_template,
    unknown_fields,
)

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


def test_a_name_of_asterisks_is_not_markdown() -> None:
    html = markdown_to_html("Hello {{ person.name }}")
    assert _render(html=html, name="**Bo**").html == "<p>Hello **Bo**</p>\n"


@pytest.mark.parametrize("blank", ["", "   ", "\n"])
def test_a_blank_field_fails_instead_of_leaving_a_gap(blank: str) -> None:
    with pytest.raises(BlankFieldError, match="first_name"):
        _render("Hello {{ person.first_name }},", first_name=blank)
    with pytest.raises(BlankFieldError, match="first_name"):
        _render("Hello {{ person.first_name | title }},", first_name=blank)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ person.nick or 'there' }}", "there"),
        ("{{ person.nick | default('there', true) }}", "there"),
        ("{% if person.nick %}{{ person.nick }}{% else %}you{% endif %}", "you"),
        ("{{ person['full name'] }}", "Bo B"),
    ],
)
def test_fallbacks_and_conditions_may_meet_blank_fields(source: str, expected: str) -> None:
    assert _render(source, nick="", **{"full name": "Bo B"}).text == expected


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


def test_a_field_with_a_default_may_be_missing_from_the_audience() -> None:
    template = StepTemplate(subject="{{ person.x | default('y') }}", text="{{ person.email }}")
    assert unknown_fields(template, frozenset()) == []


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
        "{{ person.name | pprint }}",
        "{{ cycler }}",
    ],
)
def test_what_no_mail_needs_is_refused(source: str) -> None:
    with pytest.raises(TextError):
        _render(source, name="Bo")


def test_a_text_that_runs_away_is_stopped() -> None:
    with pytest.raises(TextError, match="more than"):
        _render("{% for a in person.x %}{{ person.x }}{% endfor %}", x="x" * 3_000)


def test_a_broken_tag_is_an_error_with_its_line() -> None:
    with pytest.raises(TextError, match="text, line 2"):
        _render("fine\n{{ person. }}")


@pytest.mark.parametrize("field", ["items", "keys", "copy", "get"])
def test_fields_named_like_methods_are_fields(field: str) -> None:
    assert _render("{{ person." + field + " }}", **{field: "value"}).text == "value"


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
