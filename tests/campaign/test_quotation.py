"""Quoting what was sent before."""

from datetime import datetime
from zoneinfo import ZoneInfo

from postroad.campaign.quotation import attribution, with_quotation
from postroad.campaign.template import Rendered

_LINE = "On Mon 02 Nov 2026 at 10:00, Ana Ruiz <ana@acme.test> wrote:"


def test_the_line_above_names_writer_and_time_by_the_writers_clock() -> None:
    at = datetime(2026, 11, 2, 10, tzinfo=ZoneInfo("Europe/Madrid"))
    assert attribution(at, "Ana Ruiz", "ana@acme.test") == _LINE
    assert "ana@acme.test wrote:" in attribution(at, "", "ana@acme.test")


def test_a_text_is_quoted_with_marks_that_nest() -> None:
    earlier = Rendered("Hello", "Hello Bo\n\n> older\n", None)
    quoted = with_quotation(Rendered("Re: Hello", "Any news?\n", None), earlier, _LINE)
    assert quoted == Rendered("Re: Hello", f"Any news?\n\n{_LINE}\n> Hello Bo\n>\n>> older\n", None)


def test_html_is_quoted_before_the_documents_end() -> None:
    earlier = Rendered("Hello", None, "<html><body class='x'><p>Hello</p></body></html>")
    answer = Rendered("Re: Hello", None, "<html><body><p>News?</p></body></html>")
    html = with_quotation(answer, earlier, "Ana <ana@acme.test>").html or ""
    assert html.startswith("<html><body><p>News?</p>\n<p>Ana &lt;ana@acme.test&gt;</p>")
    assert html.endswith("<p>Hello</p>\n</blockquote>\n</body></html>")
    assert html.count("<body") == 1


def test_a_text_that_is_quoted_in_html_stays_text() -> None:
    earlier = Rendered("Hello", "1 < 2\n<script>", None)
    html = with_quotation(Rendered("Re: Hello", "News?", "<p>News?</p>"), earlier, _LINE).html
    assert "1 &lt; 2<br>\n&lt;script&gt;" in (html or "")
