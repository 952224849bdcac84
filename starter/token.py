"""`postroad token`: which programs may call the HTTP API."""

from datetime import timedelta
from typing import Annotated

import typer

from operations.clock import now, say_time
from operations.opening import opened_ledger
from operations.refusal import Refused
from operations.tokens import USUAL_RATE, create_token
from postroad.durations import parse_duration
from postroad.instants import milliseconds, moment
from postroad.ledger.api_tokens import TokenOverview, list_tokens, revoke_token
from postroad.ledger.users import Role
from starter.arguments import AsJson
from starter.terminal import print_json, print_table, say

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Let programs, a CRM for instance, call the HTTP API.",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the audit log calls the program.")]


@app.command()
def create(
    name: Name,
    *,
    role: Annotated[Role, typer.Option("--role", help="What it may see and do.")] = Role.REP,
    sender: Annotated[
        str | None,
        typer.Option("--sender", help="Whose people it sees, where its role is rep."),
    ] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="90d", help="After so long; else never.")
    ] = None,
    per_minute: Annotated[
        int, typer.Option("--per-minute", min=1, help="Requests that it may make in a minute.")
    ] = USUAL_RATE,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it: this is the only time that it is shown.

    Example: postroad token create crm --role manager --expires 90d
    """
    lasts = None if expires is None else milliseconds(_duration(expires))
    with opened_ledger() as ledger:
        token = create_token(ledger, name, role, sender=sender, lasts=lasts, per_minute=per_minute)
    if as_json:
        print_json({"name": name, "role": role, "token": token})
    else:
        say(token)


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """Show every token that was made: what it may do, and when it was last used.

    Example: postroad token list
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        tokens = list_tokens(connection)
    if as_json:
        print_json(tokens)
        return
    if not tokens:
        say("There is no token: `postroad token create NAME` makes one.")
        return
    print_table(
        ["token", "role", "sees", "since", "last used", "state"],
        [
            [
                each.name,
                each.role,
                each.sender or "everybody",
                say_time(each.created_at),
                say_time(each.last_used_at) or "never",
                _state(each),
            ]
            for each in tokens
        ],
    )


@app.command()
def revoke(name: Name) -> None:
    """Let a token open nothing any more, from its next request on.

    Example: postroad token revoke crm
    """
    with opened_ledger() as ledger, ledger.write() as connection:
        if not revoke_token(connection, name, now()):
            raise Refused(f"{name} is revoked already, or unknown: `postroad token list` shows all")
    say(f"{name} is revoked")


def _state(token: TokenOverview) -> str:
    if token.revoked_at is not None:
        return f"revoked {say_time(token.revoked_at)}"
    if token.expires_at is None:
        return "active"
    over = token.expires_at <= moment(now())
    return f"{'expired' if over else 'active until'} {say_time(token.expires_at)}"


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
