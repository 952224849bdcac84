"""`postroad webhook`: who is told what happens."""

import asyncio
import json
import secrets
from datetime import UTC, datetime
from typing import Annotated

import typer

from operations.clock import now, say_time
from operations.opening import opened_ledger
from operations.refusal import Refused
from operations.temporal import connect
from operations.webhooks import wake_webhooks
from postroad.ledger.webhooks import (
    disable_webhook,
    enable_webhook,
    list_webhooks,
    load_webhook,
)
from postroad.posting import Answer, Posted, Poster
from postroad.secrets import secret_box
from postroad.settings import load_settings
from postroad.webhook_settings import WebhookSettings
from starter.arguments import AsJson, By, Reason
from starter.terminal import print_json, print_table, say

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Look after the addresses that are told what happens, a CRM's for instance.",
)

WebhookId = Annotated[str, typer.Argument(metavar="WEBHOOK", help="The webhook's id.")]


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """Show every webhook: where it is, what it wants to hear, and how far behind it is.

    Example: postroad webhook list
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        webhooks = list_webhooks(connection)
    if as_json:
        print_json(webhooks)
        return
    if not webhooks:
        say("There is no webhook: `webhooks:` in the workspace file adds one.")
        return
    print_table(
        ["webhook", "url", "state", "events", "behind", "failing since"],
        [
            [
                each.id,
                each.url,
                f"{each.state} ({each.reason})" if each.reason else str(each.state),
                ", ".join(each.events),
                str(each.behind),
                say_time(each.failing_since),
            ]
            for each in webhooks
        ],
    )


@app.command()
def test(webhook: WebhookId) -> None:
    """Post a test event, and say what the listener answered.

    Example: postroad webhook test crm
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        settings = load_webhook(connection, webhook, secret_box(load_settings()))
    if settings is None:
        raise Refused(f"{webhook} is disabled or unknown: `postroad webhook list` shows them")
    posted = asyncio.run(_post_test(settings))
    if posted.answer is not Answer.TAKEN:
        raise Refused(f"{webhook} did not take it: {posted.words}")
    say(f"{webhook} took the test event")


@app.command()
def disable(webhook: WebhookId, by: By, reason: Reason = "") -> None:
    """Post nothing more to a webhook; what it has not heard is kept for it.

    Example: postroad webhook disable crm --reason "being moved"
    """
    words = f"disabled by {by}: {reason}" if reason else f"disabled by {by}"
    with opened_ledger() as ledger, ledger.write() as connection:
        if not disable_webhook(connection, webhook, words, now()):
            raise Refused(f"{webhook} is disabled already, or unknown")
    say(f"{webhook} is disabled")


@app.command()
def enable(webhook: WebhookId, by: By) -> None:
    """Post to a webhook again, from where it last heard.

    Example: postroad webhook enable crm
    """
    asyncio.run(_enable(webhook, by))
    say(f"{webhook} is active")


async def _enable(webhook: str, by: str) -> None:
    settings = load_settings()
    client = await connect(settings)  # first: what is enabled must be woken
    with opened_ledger(settings) as ledger, ledger.write() as connection:
        if not enable_webhook(connection, webhook, by, now()):
            raise Refused(f"{webhook} is active already, or unknown")
    await wake_webhooks(client, settings.temporal.task_queue, [webhook], f"enabled by {by}")


async def _post_test(settings: WebhookSettings) -> Posted:
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    body = json.dumps({"type": "test", "timestamp": at, "data": {"webhook": settings.id}})
    poster = Poster(settings)
    try:
        return await poster.post_body(f"test-{secrets.token_hex(8)}", body)
    finally:
        await poster.aclose()
