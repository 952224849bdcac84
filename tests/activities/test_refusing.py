"""An operator's mistake is told to the operator, and to nobody else."""

import pytest
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.audience import refusing
from postroad.ledger.pausing import CannotPause


def test_what_cannot_be_done_is_neither_tried_again_nor_logged_as_a_failure() -> None:
    with (
        pytest.raises(ApplicationError, match="Ada is paused already") as caught,
        refusing(CannotPause),
    ):
        raise CannotPause("Ada is paused already")
    assert caught.value.non_retryable
    assert caught.value.category is ApplicationErrorCategory.BENIGN
