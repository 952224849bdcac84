"""What holding single people of a running campaign up, and letting them go on, needs."""

from datetime import datetime

from postroad.contracts.base import Contract


class PausePerson(Contract):
    """Argument of the pause_person update: nothing of theirs leaves until they are resumed."""

    email: str
    until: datetime | None = None
    """When they go on by themselves; None never."""
    reason: str = ""
    by: str = "operator"


class PersonPaused(Contract):
    """Answer of the pause_person update."""

    step: str | None
    """What is held back; None where nothing was to leave yet."""


class ResumePerson(Contract):
    """Argument of the resume_person update."""

    email: str
    by: str = "operator"


class PersonResumed(Contract):
    """Answer of the resume_person update."""

    step: str | None
    """What they wait for again; None where nothing was to leave yet."""
    due_at: datetime | None
    workflow_id: str
    """The sequence that goes on."""


class PauseEnrollment(Contract):
    """Input of pause_person."""

    campaign_id: str
    email: str
    until: datetime | None
    reason: str
    by: str


class ResumeEnrollment(Contract):
    """Input of resume_person."""

    campaign_id: str
    email: str
    by: str
