"""Telling what keeps mail from leaving, and what is risky about its channels, before it leaves."""

from operations.definition import Definition, check_workspace
from operations.refusal import Refused
from postroad.channels.selection import Impossible, choose_channel
from postroad.ledger.channel_options import load_options, load_wish
from postroad.ledger.choice_warnings import campaign_warnings
from postroad.ledger.engine import Ledger
from starter.terminal import complain


def warn_about_channels(ledger: Ledger, definition: Definition) -> None:
    """Say on stderr what people should know about a campaign's channels.

    Raises:
        FileError: the campaign names a sender or a channel that the workspace does not have.
        Refused: it can never leave as it was wanted: the plugin's account is missing.
    """
    settings = definition.settings
    with ledger.read() as connection:
        check_workspace(connection, definition)
        options = load_options(connection)
        for sender in settings.senders:
            choice = choose_channel(load_wish(connection, sender, settings), options)
            if isinstance(choice, Impossible):
                raise Refused(choice.why)
        warnings = campaign_warnings(connection, settings, definition.steps)
    for warning in warnings:
        complain(f"warning: {warning}")
