"""Authors are told what tracking cannot do, or makes worse."""

import pytest

from postroad.campaign.template import StepTemplate
from postroad.campaign.tracking import Tracking
from postroad.tracking.text_checks import tracking_warnings

BOTH = Tracking(opens=True, links=True)
OPENS = Tracking(opens=True)
SHOWN = "a link shows acme.test and will lead to go.acme.test"


@pytest.mark.parametrize(
    ("html", "tracking", "words"),
    [
        (None, BOTH, "nothing of it can be tracked"),
        (" ", OPENS, "nothing of it can be tracked"),
        (None, Tracking(), None),
        ('<a href="https://acme.test/prices">www.Acme.test/prices</a>', BOTH, SHOWN),
        ('<a href="https://acme.test">https://acme.test</a>', BOTH, SHOWN),
        ('<a href="{{ person.site }}">acme.test</a>', BOTH, None),
        ('<a href="https://acme.test">our prices</a>', BOTH, None),
        ('<a href="https://acme.test">acme.test</a>', OPENS, None),
        ('<a href="https://acme.test" data-postroad-untracked>acme.test</a>', BOTH, None),
        ('<a href="mailto:a@acme.test">acme.test</a>', BOTH, None),
        ('<a href="https://go.acme.test/x">go.acme.test/x</a>', BOTH, None),
    ],
)
def test_warnings(html: str | None, tracking: Tracking, words: str | None) -> None:
    template = StepTemplate(subject="Hi", text="Hello", html=html)
    found = list(tracking_warnings(template, tracking, "https://go.acme.test"))
    assert [words is not None and words in warning for warning in found] == [True] * len(found)
    assert len(found) == (words is not None)
