"""`postroad user`: who may sign in to the console with a password."""

import sys
from typing import Annotated

import typer

from operations.clock import now, say_time
from operations.one_time_link import make_link
from operations.opening import normalised, opened_ledger
from operations.passwords import hash_password
from operations.refusal import Refused
from operations.temporal import console_address
from postroad.ledger.users import Role, add_user, change_user, list_users, remove_user
from postroad.settings import load_settings
from starter.arguments import AsJson, Email
from starter.terminal import print_json, print_table, say

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Let people sign in to the console with a password, or once with a link.",
)

RoleOption = Annotated[Role, typer.Option("--role", help="What they may see and do.")]


@app.command()
def add(email: Email, role: RoleOption = Role.REP) -> None:
    """Let somebody sign in; the password is asked for, or read from the input's first line.

    A rep sees the people that they send to: their address here is that of their sender.

    Example: postroad user add ana@acme.com --role manager
    """
    address, password_hash = normalised(email), hash_password(_password())
    with opened_ledger() as ledger, ledger.write() as connection:
        added = add_user(connection, address, role, password_hash, now())
    if not added:
        raise Refused(f"{address} can sign in already: `postroad user role` and `password` change")
    say(f"{address} may sign in as {role}")


@app.command()
def role(email: Email, role: Annotated[Role, typer.Argument(metavar="ROLE")]) -> None:
    """Change what somebody may see and do, and sign them out.

    Example: postroad user role ana@acme.com admin
    """
    address = normalised(email)
    with opened_ledger() as ledger, ledger.write() as connection:
        changed = change_user(connection, address, role=role)
    _refuse_unknown(address, known=changed)
    say(f"{address} is {role} now")


@app.command()
def password(email: Email) -> None:
    """Give somebody another password, and sign them out.

    Example: postroad user password ana@acme.com
    """
    address, password_hash = normalised(email), hash_password(_password())
    with opened_ledger() as ledger, ledger.write() as connection:
        changed = change_user(connection, address, password_hash=password_hash)
    _refuse_unknown(address, known=changed)
    say(f"{address} has a new password")


@app.command()
def remove(email: Email) -> None:
    """Let somebody sign in no more, and sign them out.

    Example: postroad user remove ana@acme.com
    """
    address = normalised(email)
    with opened_ledger() as ledger, ledger.write() as connection:
        removed = remove_user(connection, address)
    _refuse_unknown(address, known=removed)
    say(f"{address} may sign in no more")


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """Show who may sign in with a password.

    Example: postroad user list
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        users = list_users(connection)
    if as_json:
        print_json(users)
        return
    if not users:
        say("Nobody has a password: `postroad user add` gives one, `postroad user link` goes once.")
        return
    print_table(
        ["email", "role", "since"],
        [[user.email, user.role, say_time(user.created_at)] for user in users],
    )


@app.command()
def link() -> None:
    """Print a link that signs you in once, as admin, on the machine where the console runs.

    Example: postroad user link
    """
    settings = load_settings()
    say(make_link(settings.data_dir, console_address(settings)))


def _password() -> str:
    if sys.stdin.isatty():
        entered: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return entered
    return sys.stdin.readline().rstrip("\r\n")


def _refuse_unknown(address: str, *, known: bool) -> None:
    if not known:
        raise Refused(f"{address} has no password here: `postroad user list` shows who has")
