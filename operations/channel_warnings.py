"""What keeps a campaign's mail from leaving, and what is risky about its channels."""

from operations.definition import Definition, check_workspace
from operations.refusal import Refused
from postroad.channels.selection import Impossible, choose_channel
from postroad.ledger.channel_options import load_options, load_wish
from postroad.ledger.choice_warnings import campaign_warnings
from postroad.ledger.engine import Ledger


def channel_warnings(ledger: Ledger, definition: Definition) -> list[str]:
    """Return what people should know about a campaign's channels before it leaves.

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
        return campaign_warnings(connection, settings, definition.steps)
