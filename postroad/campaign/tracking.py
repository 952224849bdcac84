"""Whether a campaign's mails tell what becomes of them: nothing, unless its author says so."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Tracking(BaseModel):
    """What is told of a campaign's mails."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opens: bool = False
    """Whether they hold an image that is fetched where they are shown."""
    links: bool = False
    """Whether their links lead through us."""

    def __bool__(self) -> bool:
        """Whether anything is told at all."""
        return self.opens or self.links


def _in_full(written: object) -> object:
    """Take `tracking: true` as all of it, and `false` as none."""
    return {"opens": written, "links": written} if isinstance(written, bool) else written


TrackingField = Annotated[Tracking, BeforeValidator(_in_full)]
