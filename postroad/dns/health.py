"""What was found about a From domain on a channel, fit to be stored with its date."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from postroad.instants import moment


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARN = "warn"
    """Some of the mail is less trusted than it could be."""
    FAIL = "fail"
    """Receivers have reason to refuse the mail, or to file it as spam."""
    UNKNOWN = "unknown"
    """DNS cannot tell, or could not be asked."""


class Check(StrEnum):
    """What was looked at."""

    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"


class DomainFinding(BaseModel):
    """The result of one check."""

    model_config = ConfigDict(frozen=True)

    check: Check
    level: Level
    words: str
    way_out: str = ""
    """What to do, with the record to publish; empty where nothing is to be done."""


class DomainHealth(BaseModel):
    """SPF, DKIM and DMARC of one domain for one sending service."""

    model_config = ConfigDict(frozen=True)

    domain: str
    checked_at: int
    """Milliseconds since the epoch."""
    findings: tuple[DomainFinding, ...]

    @property
    def looked_at(self) -> datetime:
        """When that was."""
        return moment(self.checked_at)
