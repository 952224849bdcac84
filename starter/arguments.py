"""Arguments and options that several commands share, so that they read the same everywhere."""

import getpass
from typing import Annotated

import typer


def _me() -> str:
    """Return who is at the keyboard, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no account has this user's number
        return "operator"


CampaignId = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's id.")]
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The person's address.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
By = Annotated[
    str,
    typer.Option(
        "--by", help="Who decides, for the record.", default_factory=_me, show_default="you"
    ),
]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the record.")]
