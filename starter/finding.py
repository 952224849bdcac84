"""What `postroad doctor` finds: one line per check, with the way out where something is wrong."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Level(StrEnum):
    """How bad a finding is; `fail` means that mail does not leave."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


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
