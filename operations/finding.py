"""What `postroad doctor` finds: one line per check, with the way out where something is wrong."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Level(StrEnum):
    """How bad a finding is; `fail` means that mail does not leave, or does not arrive."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"
    """Nobody can tell; no fault was found."""


_WIDTH = max(len(level) for level in Level)


class Finding(BaseModel):
    """The result of one check."""

    model_config = ConfigDict(frozen=True)

    level: Level
    about: str
    words: str
    way_out: str = ""


def ok(about: str, words: str) -> Finding:
    """Return a finding that needs nobody."""
    return Finding(level=Level.OK, about=about, words=words)


def warn(about: str, words: str, way_out: str) -> Finding:
    """Return a finding that somebody should look at."""
    return Finding(level=Level.WARN, about=about, words=words, way_out=way_out)


def fail(about: str, words: str, way_out: str) -> Finding:
    """Return a finding that keeps mail from leaving."""
    return Finding(level=Level.FAIL, about=about, words=words, way_out=way_out)


def unknown(about: str, words: str, way_out: str = "") -> Finding:
    """Return a finding that says why nothing was found."""
    return Finding(level=Level.UNKNOWN, about=about, words=words, way_out=way_out)


def line(finding: Finding) -> str:
    """Return `fail     workers: nobody works on postroad: start one: …`."""
    words = f"{finding.level:<{_WIDTH}}  {finding.about}: {finding.words}"
    return f"{words}: {finding.way_out}" if finding.way_out else words
