"""A row of the table of refusals."""

import re
from dataclasses import dataclass

from postroad.inbox.verdict import Fault, Reason


@dataclass(frozen=True, slots=True)
class Refusal:
    """Words that mean one reason."""

    reason: Reason
    at_fault: Fault | None
    words: re.Pattern[str]
