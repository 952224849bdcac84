"""Links are replaced, and not one character beside them."""

from html import escape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.tracking.html_links import replace_links


def _mark(target: str) -> str | None:
    return f"https://l.test/{len(target)}" if target.startswith("http") else None


@pytest.mark.parametrize(
    ("written", "targets"),
    [
        ('<a href="http://a.test/?x=1&amp;y=2">', ["http://a.test/?x=1&y=2"]),
        ("<A title='a > b' HREF='https://a.test'\n>", ["https://a.test"]),
        ("<a href=https://a.test/b>words</a>", ["https://a.test/b"]),
        ('<a href=" \n https://a\n.test\t">', ["https://a.test"]),
        ('<area shape="rect" href="http://a.test">', ["http://a.test"]),
        ('<a href="http://a.test" href="http://b.test">', ["http://a.test"]),
        ('<a title=it\'s href="http://a.test">', ["http://a.test"]),
        ('<a href="http://a.test"class="b">', ["http://a.test"]),
        ('<a href = "http://a.test"/>', ["http://a.test"]),
        ('<p title="<a href=\'http://a.test\'>"><a href="http://b.test">', ["http://b.test"]),
        ('<!-- <a href="http://a.test"> --><a href="http://b.test">', ["http://b.test"]),
        ('<style>/* <a href="http://a.test"> */</style>', []),
        ('<script>"<a href=\'http://a.test\'>"</script>', []),
        ('<!-- never closed <a href="http://a.test">', []),
        ('<a href="http://a.test" data-postroad-untracked>', []),
        ('<a DATA-POSTROAD-UNTRACKED="" href="http://a.test">', []),
        ('<a name="http://a.test" data-href="http://b.test">', []),
        ("<a href>", []),
        ("<a href=>", []),
        ('<a href="">', [""]),
        ('<abbr href="http://a.test">', []),
        ('<link href="http://a.test"><base href="http://a.test">', []),
        ('<a href="http://a.test', []),
        ('<a href="http://a.test" title="never closed>', []),
        ('<a ="b" href="http://a.test">', ["http://a.test"]),
        ("< a href='http://a.test'>", []),
        ("&lt;a href=\"http://a.test\"&gt;", []),
    ],
)  # fmt: skip
def test_links_are_found_as_browsers_find_them(written: str, targets: list[str]) -> None:
    found: list[str] = []
    assert replace_links(written, found.append) == written  # append returns None: nothing changes
    assert found == targets


def test_the_rest_of_the_tag_stays_as_it_is_written() -> None:
    written = "<p><A class=x  HREF = 'https://a.test/1'\n target=_blank >One</A> &copy;</p>"
    assert replace_links(written, lambda _: "https://l.test/\"&'") == written.replace(
        "https://a.test/1", "https://l.test/&quot;&amp;&#x27;"
    )


class _Read(HTMLParser):
    """What a reader sees, link targets aside."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self.targets: list[str] = []
        self.rest: list[object] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Set the first target of a link apart."""
        names = [name for name, _ in attrs]
        kept = list(attrs)
        if tag in {"a", "area"} and "href" in names:
            self.targets.append(kept.pop(names.index("href"))[1] or "")
        self.rest.append((tag, kept))

    def handle_endtag(self, tag: str) -> None:
        """Keep the end of an element."""
        self.rest.append(tag)

    def handle_data(self, data: str) -> None:
        """Keep words."""
        self.rest.append(("words", data))

    def handle_comment(self, data: str) -> None:
        """Keep a comment."""
        self.rest.append(("comment", data))


_words = st.text("ab <>&'\"=/-!\n", max_size=12)
_quotes = st.sampled_from(['"', "'"])
_targets = st.sampled_from(
    ["http://a.test", "https://b.test/?q=1&r=2", "mailto:a@b.test", "#c", ""]
)


@st.composite
def _elements(draw: st.DrawFn) -> str:
    quote = draw(_quotes)
    target = escape(draw(_targets))
    tag = draw(st.sampled_from(["a", "A", "area", "p", "abbr"]))
    title = escape(draw(_words))
    words = escape(draw(_words), quote=False)
    return f"<{tag} title={quote}{title}{quote} href={quote}{target}{quote}>{words}</{tag}>"


@given(st.lists(st.one_of(_elements(), _words.map(lambda words: f"<!--{words}-->"))).map("".join))
def test_nothing_changes_but_targets(html: str) -> None:
    before, after = _Read(html), _Read(replace_links(html, _mark))
    assert after.rest == before.rest
    assert after.targets == [_mark(target) or target for target in before.targets]


@pytest.mark.parametrize("part", ["<a x='", "<a b", "<a x=\"'", "<!--", "<style>", "<a b='<a ' "])
def test_time_grows_with_the_text_alone(part: str) -> None:
    text = part * 50_000  # reading each beginning to the end of the text would take minutes
    assert replace_links(text, _mark) == text


@given(st.text("<a href='\"=>/- \nhttp:b!\0é", max_size=80))
def test_any_text_survives_when_no_link_is_to_be_replaced(text: str) -> None:
    assert replace_links(text, lambda _: None) == text
