"""`postroad template preview` and `test-send`: a text as one person would get it."""

from pathlib import Path
from typing import Annotated

import typer

from operations.clock import now
from operations.opening import opened_ledger
from operations.previewing import Wanted, preview, standalone_html
from operations.trial import define_trial
from postroad.ledger.workspace import list_senders
from starter.arguments import AsJson
from starter.rehearsal_report import print_mail
from starter.send import send_and_tell
from starter.terminal import print_json, say

app = typer.Typer(add_completion=False)

Text = Annotated[
    str,
    typer.Argument(metavar="TEXT", help="A template; with STEP a campaign, or a campaign file."),
]
Step = Annotated[str | None, typer.Argument(metavar="[STEP]", help="A step of the campaign.")]
For = Annotated[str, typer.Option("--for", metavar="EMAIL", help="The person it is for.")]
People = Annotated[
    Path | None,
    typer.Option("--csv", help="Where the person stands, if not in the campaign or the ledger."),
]
From = Annotated[str | None, typer.Option("--from", help="A sender, instead of the person's own.")]
Variant = Annotated[str | None, typer.Option("--variant", help="One of the step's variants.")]


@app.command("preview")
def preview_(
    text: Text,
    step: Step = None,
    *,
    address: For,
    people: People = None,
    sender: From = None,
    variant: Variant = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the HTML to a file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a text as one person would get it; nothing is sent.

    Example: postroad template preview q4.yaml intro --for bo@example.com --html intro.html
    """
    wanted = Wanted(text, step, address, people, sender, variant)
    with opened_ledger() as ledger:
        previewed = preview(ledger, wanted, now())
    if html is not None:
        html.write_text(standalone_html(previewed[0]), "utf-8")
    if as_json:
        print_json([one.mail for one in previewed])
        return
    for one in previewed:
        print_mail(one.mail)
    if html is not None:
        say(f"the HTML is in {html}")


@app.command("test-send")
def send_trial(
    text: Text,
    step: Step = None,
    *,
    address: For,
    to: Annotated[
        str | None,
        typer.Option("--to", help="Who gets it: a sender or a colleague; you, if not given."),
    ] = None,
    people: People = None,
    sender: From = None,
    variant: Variant = None,
    channel: Annotated[
        str | None, typer.Option("--channel", help="Instead of the sender's default channel.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send yourself a text as one person would get it, marked as a test.

    Nothing is sent to the person, nothing is tracked, and no report of a campaign counts it. The
    exit status is 1 unless it was sent.

    Example: postroad template test-send intro --for bo@example.com --from ana@acme.com
    """
    wanted = Wanted(text, step, address, people, sender, variant)
    with opened_ledger() as ledger:
        previewed, *_ = preview(ledger, wanted, now())
        with ledger.read() as connection:
            senders = list_senders(connection)
    definition = define_trial(previewed, to or previewed.sender.email, senders, channel)
    send_and_tell(definition, as_json=as_json)
