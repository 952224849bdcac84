"""Which web addresses a text holds."""

from postroad.campaign.links import web_links
from postroad.campaign.template import StepTemplate


def test_links_and_images_of_both_parts_are_found_once() -> None:
    html = (
        '<a href="https://acme.test/a?x=1&amp;y=2">a</a> <a href="mailto:ana@acme.test">b</a>'
        '<img src="HTTP://acme.test/i.png"><img src="cid:1"><a>none</a><a href="#top">top</a>'
    )
    text = "See https://acme.test/a?x=1&y=2, or (https://acme.test/c)."
    template = StepTemplate(subject="", text=text, html=html)
    assert web_links(template) == [
        "https://acme.test/a?x=1&y=2",
        "HTTP://acme.test/i.png",
        "https://acme.test/c",
    ]


def test_what_differs_by_person_keeps_its_tags() -> None:
    html = '<a href="https://acme.test/{{ person.id }}">a</a><a href="{{ unsubscribe_url }}">b</a>'
    template = StepTemplate(subject="", html=html)
    assert web_links(template) == ["https://acme.test/{{ person.id }}"]
