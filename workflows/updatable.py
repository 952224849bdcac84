"""What the updates of a running campaign ask of its workflow."""

from abc import ABC, abstractmethod


class Updatable(ABC):
    """A campaign as its updates see it; a workflow inherits the handlers of its bases."""

    _campaign_id: str

    @abstractmethod
    def _refuse_when_over(self) -> None:
        """Refuse an update of a campaign that has ended."""

    @abstractmethod
    async def _start_or_wake(self, sender: str, *, waves: int = 0) -> None:
        """Let a sender's sequence look again at what is due; start it where none runs.

        Args:
            sender: whose.
            waves: how many it has booked so far.
        """

    @abstractmethod
    async def _wake_all(self, reason: str) -> None:
        """Let every sequence that runs look again at what is due."""
