"""What people do themselves in a sequence."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from postroad.ledger.tables.base import Base


class Task(Base):
    """A manual task that was opened, or the review of a mail before it leaves.

    It is open as long as its message is: whatever ends the person's sequence ends it as well.
    """

    __tablename__ = "task"

    message: Mapped[int] = mapped_column(ForeignKey("message.id"), primary_key=True)
    """Row id of the step's message, which is the task's id for people."""
    opened_at: Mapped[int]
    due_at: Mapped[int | None]
    """When it should be done; None where nobody said."""
    settled_at: Mapped[int | None]
    settled_by: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    """What whoever settled it wrote down."""


class OwnText(Base):
    """What somebody wrote for one person in place of the step's text; it is sent as it stands."""

    __tablename__ = "own_text"

    message: Mapped[int] = mapped_column(ForeignKey("message.id"), primary_key=True)
    subject: Mapped[str]
    text: Mapped[str]
    """Markdown."""
    at: Mapped[int]
    by: Mapped[str]
