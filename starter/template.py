"""`postroad template`: the shared library of texts."""

import difflib
from pathlib import Path
from typing import Annotated

import typer

from operations.clock import now, say_time
from operations.library import apply_library, find_named
from operations.opening import opened_ledger
from operations.refusal import Refused
from postroad.campaign.library_files import SNIPPETS
from postroad.campaign.template import LibraryKind
from postroad.ledger.changes import Change
from postroad.ledger.library import ListedText, StoredText, library_versions, list_library
from postroad.ledger.pages.library import LibraryResult, library_results
from postroad.ledger.shares import Share
from postroad.wording import say_count
from starter import template_trial
from starter.arguments import AsJson, By
from starter.terminal import print_json, print_table, say

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Keep the texts that campaigns share, in versions, and try them out.",
)
app.add_typer(template_trial.app)

Text = Annotated[
    str, typer.Argument(metavar="TEXT", help="intro, intro@3 or snippets/legal, for instance.")
]


@app.command()
def apply(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]")] = Path("templates"),
    *,
    by: By,
    as_json: AsJson = False,
) -> None:
    """Store every text of a folder that has changed as a new version; all of them or none.

    Example: postroad template apply templates
    """
    with opened_ledger() as ledger:
        stored = apply_library(ledger, folder, by, now())
    if as_json:
        print_json(stored)
        return
    for one in stored:
        if one.change is not Change.UNCHANGED:
            place = _place(one.version.kind, one.version.name)
            say(f"{place} {one.change}: version {one.version.version}")
    unchanged = sum(one.change is Change.UNCHANGED for one in stored)
    if unchanged:
        say(f"{say_count(unchanged, 'text')} unchanged")


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List the latest version of every template and snippet.

    Example: postroad template list
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        listed = list_library(connection)
    if as_json:
        print_json(listed)
    elif listed:
        print_table(["text", "version", "subject", "stored", "by"], map(_row, listed))
    else:
        say("the library is empty: `postroad template apply FOLDER` stores texts")


@app.command()
def show(text: Text, *, as_json: AsJson = False) -> None:
    """Show a text as its author wrote it, and which versions there are.

    Example: postroad template show intro@2
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        found = find_named(connection, text)
        versions = library_versions(connection, found.kind, found.name)
    if as_json:
        print_json({"text": found, "versions": [_stored(one) for one in versions]})
        return
    for one in reversed(versions):
        mark = " (this one)" if one.version == found.version else ""
        say(f"version {one.version}: {say_time(one.stored_at)}, {one.stored_by}{mark}")
    say("")
    for line in found.source.splitlines():
        say(line)


@app.command()
def diff(
    text: Text,
    other: Annotated[
        int | None, typer.Argument(metavar="[VERSION]", help="The version before, if not given.")
    ] = None,
) -> None:
    """Show what changed from another version of a text to this one.

    Example: postroad template diff intro 1
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        new = find_named(connection, text)
        before = new.version - 1 if other is None else other
        if before < 1:
            raise Refused(f"{text} has no version before: `postroad template show {text}`")
        old = find_named(connection, f"{_place(new.kind, new.name)}@{before}")
    for line in difflib.unified_diff(
        old.source.splitlines(),
        new.source.splitlines(),
        f"{new.name}@{old.version}",
        f"{new.name}@{new.version}",
        lineterm="",
    ):
        say(line)


@app.command()
def report(
    template: Annotated[str, typer.Argument(metavar="TEMPLATE")], *, as_json: AsJson = False
) -> None:
    """Count what became of a template's mails, over all campaigns, by version.

    Example: postroad template report intro
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        name = find_named(connection, template).name
        results = library_results(connection, name)
    if as_json:
        print_json(results)
    elif results:
        columns = ["version", "campaigns", "sent", "bounced", "replied", "opened", "clicked"]
        print_table(columns, map(_counted, results))
    else:
        say(f"no campaign was launched with {name} yet")


def _place(kind: LibraryKind, name: str) -> str:
    return f"{SNIPPETS}/{name}" if kind == "snippet" else name


def _row(text: ListedText) -> list[str]:
    place = _place(text.kind, text.name)
    return [place, str(text.version), text.subject, say_time(text.stored_at), text.stored_by]


def _stored(text: StoredText) -> dict[str, object]:
    return {"version": text.version, "stored_at": text.stored_at, "stored_by": text.stored_by}


def _counted(result: LibraryResult) -> list[str]:
    shares = (result.bounced, result.replied, result.opened, result.clicked)
    return [
        str(result.version),
        f"{result.campaigns:,}",
        f"{result.sent:,}",
        *(_share(one) for one in shares),
    ]


def _share(one: Share) -> str:
    return f"{one.part:,} ({one.part / one.whole:.1%})" if one.whole else ""
