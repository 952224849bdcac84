"""What tracking puts into a mail, and what it leaves alone."""

import re

import pytest

from postroad.campaign.template import Rendered
from postroad.secrets import SecretBox
from postroad.signed_tokens import NamedMessage
from postroad.tracking.tokens import Click, TrackingTokens
from postroad.tracking.tracker import Tracker

_TOKENS = TrackingTokens(SecretBox("a secret key for tests"))
_MESSAGE = NamedMessage("0123456789abcdef", 0)
_URL = "https://go.acme.test"
_UNSUBSCRIBE = "https://mail.acme.test/u/"
_IMAGE = re.compile(
    r'\n<img src="https://go\.acme\.test/o/([\w-]+)\.gif" width="1" height="1" alt="" '
    r'style="display:block;border:0">'
)


def _tracker(*, opens: bool = True, links: bool = True) -> Tracker:
    return Tracker(_TOKENS, _URL, _UNSUBSCRIBE, opens=opens, links=links)


def _html(html: str, tracker: Tracker) -> str:
    mail = Rendered("Hi", "See http://a.test", html)
    tracked = tracker.with_image(tracker.with_links(mail, _MESSAGE), _MESSAGE)
    assert (tracked.subject, tracked.text) == (mail.subject, mail.text)
    assert tracked.html is not None
    return tracked.html


def test_a_web_link_leads_through_us_to_where_it_led() -> None:
    html = _html('<a href="http://a.test/?x=1&amp;y">', _tracker(opens=False))
    found = re.fullmatch(r'<a href="https://go\.acme\.test/l/([\w-]+)">', html)
    assert found is not None
    assert _TOKENS.read_link(found[1]) == Click(_MESSAGE, "http://a.test/?x=1&y")


@pytest.mark.parametrize(
    "target",
    ["mailto:a@b.test", "tel:+34600", "#top", "/here", "//a.test", "javascript:alert(1)",
     "data:text/html,x", "ftp://a.test", "http://", "http:///x", "http://[", "https://a b.test",
     f"{_UNSUBSCRIBE}abc", f"{_UNSUBSCRIBE}abc?x", f"https://a.test/{'x' * 1_500}", ""],
)  # fmt: skip
def test_what_is_no_web_link_stays_as_it_is(target: str) -> None:
    written = f'<a href="{target}">words</a>'
    assert _html(written, _tracker(opens=False)) == written


def test_the_image_is_the_last_element_of_the_body() -> None:
    body, end = "<html><body><p>Hi</p>", "</body></html>"
    html = _html(body + end, _tracker(links=False))
    found = _IMAGE.fullmatch(html.removeprefix(body).removesuffix(end))
    assert found is not None
    assert _TOKENS.read_image(found[1]) == _MESSAGE
    assert _IMAGE.fullmatch(_html("<p>Hi</p>", _tracker(links=False)).removeprefix("<p>Hi</p>"))


def test_a_message_is_the_same_mail_on_every_attempt() -> None:
    written = '<p><a href="http://a.test">one</a> <a href="http://b.test">two</a></p>'
    assert _html(written, _tracker()) == _html(written, _tracker())


def test_a_mail_without_html_stays_as_it_is() -> None:
    mail = Rendered("Hi", "See http://a.test", None)
    tracker = _tracker()
    assert tracker.with_image(tracker.with_links(mail, _MESSAGE), _MESSAGE) == mail


def test_people_without_a_key_of_ours_are_not_tracked() -> None:
    foreign = NamedMessage("k", 0)
    mail = Rendered("Hi", None, '<a href="http://a.test">')
    tracker = _tracker()
    assert tracker.with_image(tracker.with_links(mail, foreign), foreign) == mail
