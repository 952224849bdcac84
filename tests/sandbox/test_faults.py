import pytest
from pydantic import ValidationError

from postroad.sandbox.faults import Fault, FaultBook


def test_a_fault_strikes_once_by_default() -> None:
    book = FaultBook()
    book.add(Fault(phase="mail", action="drop"))
    assert [book.take("p", "mail") is not None for _ in range(3)] == [True, False, False]


def test_a_fault_passes_first_and_strikes_as_often_as_told() -> None:
    book = FaultBook()
    book.add(Fault(phase="mail", action="drop", skip=2, times=2))
    struck = [book.take("p", "mail") is not None for _ in range(6)]
    assert struck == [False, False, True, True, False, False]


def test_a_fault_without_an_end_strikes_until_cleared() -> None:
    book = FaultBook()
    book.add(Fault(phase="mail", action="drop", times=None))
    assert all(book.take("p", "mail") for _ in range(10))
    book.clear()
    assert book.take("p", "mail") is None


def test_a_fault_strikes_its_provider_and_phase_only() -> None:
    book = FaultBook()
    book.add(Fault(phase="mail", action="drop", provider="p"))
    assert book.take("other", "mail") is None
    assert book.take("p", "rcpt") is None
    assert book.take("p", "mail") is not None


@pytest.mark.parametrize(
    "fault",
    [
        {"phase": "content", "action": "reply", "reply": "250 ok"},
        {"phase": "mail", "action": "reply"},
        {"phase": "lunch", "action": "drop"},
        {"phase": "mail", "action": "drop", "times": 0},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(fault: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Fault.model_validate(fault)
