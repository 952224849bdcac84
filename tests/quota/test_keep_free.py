"""How much of a limit is kept for mail that a person waits for."""

from datetime import timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from postroad.instants import HOUR
from postroad.quota.allocation import Pace, first_slot
from postroad.quota.keep_free import Share
from postroad.quota.limits import Limit
from postroad.quota.scope import Scope, kept_share
from postroad.quota.window import Charge

SHARE: TypeAdapter[float] = TypeAdapter(Share)
HOURLY = Limit(messages=200, per=timedelta(hours=1))


@pytest.mark.parametrize(
    ("written", "kept"),
    [("10%", 20), ("0%", 0), ("2.5 %", 5), (0.07, 14), ("7%", 14), ("90%", 180)],
)
def test_a_share_is_read_as_people_write_it(written: object, kept: int) -> None:
    assert kept_share(HOURLY, 0, SHARE.validate_python(written)) == kept


@pytest.mark.parametrize("wrong", ["95%", "-1%", "ten", "10", 10, True, None, float("nan")])
def test_a_share_that_makes_no_sense_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        SHARE.validate_python(wrong)


def test_campaigns_stop_at_the_share_and_single_mails_go_on() -> None:
    charges = [Charge(0, 0, 180)]
    scope = Scope("channel:x", "x", [HOURLY], charges, keep_free=0.1)
    assert scope.room(1_000, 0, 50, interactive=False) == 0
    assert scope.room(1_000, 0, 50, interactive=True) == 20
    assert first_slot([scope], Pace(1_000, 0))[0] == HOUR
    assert (
        Scope("channel:x", "x", [HOURLY], charges, keep_free=0).room(
            1_000, 0, 50, interactive=False
        )
        == 20
    )
