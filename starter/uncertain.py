"""`postroad uncertain`: messages that may or may not have left."""

import asyncio
from typing import Annotated

import typer

from operations.clock import now, say_time
from operations.opening import opened_ledger
from operations.refusal import Refused
from operations.temporal import connect
from operations.waking import wake
from postroad.ledger.uncertain import Decided, list_uncertain
from postroad.ledger.uncertain import dismiss as dismiss_messages
from postroad.ledger.uncertain import resend as resend_messages
from postroad.settings import load_settings
from postroad.wording import say_count
from starter.arguments import AsJson, By
from starter.terminal import print_json, print_table, say

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Decide about messages that may or may not have left: they are never resent silently.",
)

Ids = Annotated[
    list[int] | None, typer.Argument(metavar="ID", help="From `postroad uncertain list`.")
]
All = Annotated[bool, typer.Option("--all", help="Every uncertain message.")]


@app.command("list")
def list_(
    campaign: Annotated[
        str | None, typer.Argument(metavar="CAMPAIGN", help="Only this campaign.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the messages that wait for a decision, oldest first.

    Example: postroad uncertain list
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        messages = list_uncertain(connection, campaign)
    if as_json:
        print_json(messages)
        return
    if not messages:
        say("Nothing is uncertain.")
        return
    print_table(
        ["id", "tried", "to", "campaign", "step", "channel", "why"],
        [
            [
                str(message.id),
                say_time(message.tried_at),
                message.email,
                message.campaign,
                message.step,
                message.channel or "",
                message.reason,
            ]
            for message in messages
        ],
    )


@app.command()
def resend(by: By, ids: Ids = None, *, everything: All = False) -> None:
    """Send messages again: whoever already got one gets it twice.

    Example: postroad uncertain resend 1041 1042
    """
    asyncio.run(_resend(_chosen(ids, everything=everything), by))


@app.command()
def dismiss(
    by: By,
    ids: Ids = None,
    *,
    everything: All = False,
    as_sent: Annotated[
        bool, typer.Option("--as-sent", help="Count them as sent; their people go on.")
    ] = False,
) -> None:
    """Do not send messages again; their people get nothing more, unless counted as sent.

    Example: postroad uncertain dismiss --all --as-sent
    """
    asyncio.run(_dismiss(_chosen(ids, everything=everything), by, as_sent=as_sent))


def _chosen(ids: list[int] | None, *, everything: bool) -> list[int] | None:
    if bool(ids) == everything:
        raise typer.BadParameter("name messages by their ids, or give --all")
    return ids


async def _resend(ids: list[int] | None, by: str) -> None:
    client = await connect(load_settings())  # first: what is resent must be woken
    with opened_ledger() as ledger, ledger.write() as connection:
        decided = resend_messages(connection, ids, by, now())
    say(f"{say_count(len(decided.messages), 'message')} to be sent again")
    await wake(client, decided.wake, f"uncertain messages resent by {by}")
    _tell_refused(decided)


async def _dismiss(ids: list[int] | None, by: str, *, as_sent: bool) -> None:
    client = await connect(load_settings())
    with opened_ledger() as ledger, ledger.write() as connection:
        decided = dismiss_messages(connection, ids, by, now(), as_sent=as_sent)
    what = "counted as sent" if as_sent else "dismissed"
    say(f"{say_count(len(decided.messages), 'message')} {what}")
    await wake(client, decided.wake, f"uncertain messages {what} by {by}")
    _tell_refused(decided)


def _tell_refused(decided: Decided) -> None:
    if decided.refused:
        reasons = "; ".join(f"message {one}: {why}" for one, why in decided.refused.items())
        raise Refused(f"left as they are: {reasons}")
