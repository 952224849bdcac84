"""Telling what keeps mail from leaving, and what is risky about its channels, before it leaves."""

from operations.channel_warnings import channel_warnings
from operations.definition import Definition
from postroad.ledger.engine import Ledger
from starter.terminal import complain


def warn_about_channels(ledger: Ledger, definition: Definition) -> None:
    """Say on stderr what people should know about a campaign's channels.

    Raises:
        FileError: the campaign names a sender or a channel that the workspace does not have.
        Refused: it can never leave as it was wanted: the plugin's account is missing.
    """
    for warning in channel_warnings(ledger, definition):
        complain(f"warning: {warning}")
