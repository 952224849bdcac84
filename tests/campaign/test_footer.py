"""A footer stands below a mail, in both parts, and never twice."""

import pytest
from pydantic import ValidationError

from postroad.campaign.footer import Footer, FooterWish, footer_of
from postroad.campaign.template import Rendered, StepTemplate
from postroad.workspace import Organisation

_ADDRESS = "Acme Ltd\n1 Main St, Springfield"
_PAGE = "https://mail.acme.test/u/token"
_FOOTER = Footer(_ADDRESS, "Unsubscribe")


def _below(text: str | None, html: str | None, page: str | None = None) -> Rendered:
    return _FOOTER.below(Rendered("Hello", text, html), page)


def test_both_parts_get_the_address_and_the_link() -> None:
    mail = _below("Hi\n", "<p>Hi</p>\n", _PAGE)
    assert mail.text == f"Hi\n\n{_ADDRESS}\nUnsubscribe: {_PAGE}\n"
    assert mail.html is not None
    assert "Acme Ltd<br>1 Main St, Springfield<br>" in mail.html
    assert f'<a href="{_PAGE}">Unsubscribe</a></p>' in mail.html
    assert mail.subject == "Hello"


def test_in_a_whole_document_it_stands_before_the_end() -> None:
    html = _below(None, "<html><body><p>Hi</p></body></html>").html
    assert html is not None
    assert html.endswith("Springfield</p>\n</body></html>")


def test_without_a_page_there_is_no_link() -> None:
    assert _below("Hi", None).text == f"Hi\n\n{_ADDRESS}\n"


@pytest.mark.parametrize(
    "said",
    [
        "Acme Ltd\n1 Main St, Springfield",
        "ACME LTD · 1 Main St · Springfield",
        "Acme Ltd, 1 Main St,\n  Springfield.",
    ],
)
def test_an_address_that_the_text_says_is_not_said_again(said: str) -> None:
    text = f"Hi\n\n{said}\n"
    html = f"<p>Hi</p><p>{said.replace(chr(10), '<br>&nbsp;')}</p>"
    assert _below(text, html) == Rendered("Hello", text, html)


def test_only_what_is_missing_is_added() -> None:
    assert _below(f"{_ADDRESS}\n", None, _PAGE).text == f"{_ADDRESS}\n\nUnsubscribe: {_PAGE}\n"
    own_link = _below(f"No more: {_PAGE}", None, _PAGE)
    assert own_link.text == f"No more: {_PAGE}\n\n{_ADDRESS}\n"
    done = _below("Hi", "<p>Hi</p>", _PAGE)
    assert _FOOTER.below(done, _PAGE) == done


def test_nothing_in_an_address_becomes_html() -> None:
    html = Footer("Acme <b>&</b> Co", "<i>No</i>").below(Rendered("", None, ""), _PAGE).html
    assert html is not None
    assert "Acme &lt;b&gt;&amp;&lt;/b&gt; Co" in html
    assert "&lt;i&gt;No&lt;/i&gt;</a>" in html


def test_a_campaign_may_have_an_address_of_its_own_or_no_footer() -> None:
    assert footer_of(FooterWish(), "Acme") == Footer("Acme", "Unsubscribe")
    assert footer_of(FooterWish(address="Beta", unsubscribe="Abmelden"), "Acme") == Footer(
        "Beta", "Abmelden"
    )
    assert footer_of(FooterWish(shown=False), "Acme") is None
    assert footer_of(FooterWish(), None) is None


def test_a_text_says_the_address_where_every_part_does() -> None:
    assert _FOOTER.is_in(StepTemplate(subject="", text=_ADDRESS, html=f"<p>{_ADDRESS}</p>"))
    assert not _FOOTER.is_in(StepTemplate(subject="", text=_ADDRESS, html="<p>Hi</p>"))


@pytest.mark.parametrize("address", ["", " \n ", "...", "Acme\x00", "Acme\rBcc: x", "x" * 501])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        Organisation.model_validate({"name": "Acme", "postal_address": address})


def test_blank_lines_of_an_address_are_left_out() -> None:
    acme = Organisation.model_validate({"name": "Acme", "postal_address": " Acme \n\n Madrid\n"})
    assert acme.postal_address == "Acme\nMadrid"
