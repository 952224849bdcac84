"""`postroad classify`: what mails that came back turn out to be."""

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from postroad.inbox.judge import judge
from postroad.inbox.parsing import READ_MAX
from postroad.inbox.verdict import RecipientVerdict, Verdict
from starter.arguments import AsJson
from starter.terminal import complain, print_json_line, say

_STDIN = "-"
_KINDS = {
    "hard": "hard bounce",
    "soft": "soft bounce",
    "auto_reply": "auto-reply",
    "reply": "reply",
    "feedback": "feedback report",
    "other": "something else",
}


def classify(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…", help="Raw mails; - reads one from stdin.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Say what mails that came back are: bounces, auto-replies, replies, complaints.

    Example: postroad classify bounce.eml --json
    """
    all_read = True
    for file in files:
        name = os.fsencode(file).decode(errors="replace")
        try:
            verdict = judge(_read(file))
        except OSError as error:
            complain(f"postroad: {name}: {error.strerror}; give a file that holds one raw mail")
            all_read = False
            continue
        if as_json:
            print_json_line({"file": name, **asdict(verdict)})
        else:
            say(f"{name}: {_sentence(verdict)}")
    if not all_read:
        raise typer.Exit(1)


def _read(file: str) -> bytes:
    """Read as much of a mail as is judged."""
    if file == _STDIN:
        return sys.stdin.buffer.read(READ_MAX)
    with Path(file).open("rb") as mail:
        return mail.read(READ_MAX)


def _sentence(verdict: Verdict) -> str:
    kind = "success notice" if verdict.action == "delivered" else _KINDS[verdict.kind]
    if verdict.action == "delayed":
        kind = "delay notice"
    facts = [", ".join(_recipient(one) for one in verdict.recipients)]
    if verdict.reason and not verdict.recipients:
        facts.append(_words(verdict.reason))
    if verdict.at_fault:
        facts.append(f"at fault: {verdict.at_fault}")
    if verdict.return_date:
        facts.append(f"back on {verdict.return_date}")
    told = "; ".join(fact for fact in facts if fact)
    return f"{kind}: {told}" if told else kind


def _recipient(recipient: RecipientVerdict) -> str:
    if recipient.reason is None:
        return recipient.address
    why = " ".join(part for part in (recipient.status, _words(recipient.reason)) if part)
    return f"{recipient.address} ({why})"


def _words(reason: str) -> str:
    return reason.replace("_", " ")
