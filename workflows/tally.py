"""What a sequence has done so far, summed over its waves."""

from dataclasses import dataclass

from postroad.contracts import WaveSent


@dataclass
class Tally:
    """Running totals of this workflow run; the ledger has the whole truth."""

    sent: int = 0
    failed: int = 0
    uncertain: int = 0

    def add(self, wave: WaveSent) -> None:
        """Add one wave's result."""
        self.sent += wave.sent
        self.failed += wave.failed
        self.uncertain += wave.uncertain
