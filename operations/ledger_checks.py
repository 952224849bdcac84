"""Doctor's checks of what is on this side of Temporal: settings, secret key, ledger."""

import os
from pathlib import Path

from sqlalchemy.exc import OperationalError

from operations.finding import Finding, fail, ok, warn
from postroad.ledger.engine import Ledger
from postroad.ledger.schema import current_revision, newest_revision
from postroad.ledger.webhooks import WebhookState, list_webhooks
from postroad.secrets import KEY_FILE, SecretKeyError, secret_box
from postroad.settings import Settings, config_file


def check_settings(settings: Settings) -> list[Finding]:
    """Check where the settings come from, the data directory and the secret key."""
    file = config_file()
    source = f"{file}" if file.is_file() else f"defaults and POSTROAD_ variables (no {file})"
    return [ok("settings", f"from {source}"), _check_data_dir(settings), _check_key(settings)]


def check_ledger(ledger: Ledger) -> Finding:
    """Check that the ledger answers and has the schema of this version."""
    where = ledger.url.render_as_string(hide_password=True)
    if ledger.is_sqlite and not Path(ledger.url.database or "").is_file():
        return fail(
            "ledger",
            f"{where} does not exist yet",
            "create it with `postroad setup` or `postroad up`",
        )
    try:
        revision = current_revision(ledger)
    except OperationalError as error:
        words = str(error.orig).splitlines()[0]
        return fail("ledger", f"{where}: {words}", "start the database, or correct ledger.url")
    if revision != newest_revision():
        words = f"{where} has schema {revision or 'none'}, this version needs {newest_revision()}"
        return fail("ledger", words, "migrate it with `postroad setup`")
    return ok("ledger", f"{where} answers, schema {revision}")


def check_webhooks(ledger: Ledger) -> list[Finding]:
    """Check that whoever is told what happens listens."""
    with ledger.read() as connection:
        webhooks = list_webhooks(connection)
    findings = []
    for webhook in webhooks:
        if webhook.state is WebhookState.DISABLED:
            way_out = f"once it listens, `postroad webhook enable {webhook.id}`"
            findings.append(
                fail("webhooks", f"{webhook.id} is disabled: {webhook.reason}", way_out)
            )
        elif webhook.failing_since is not None:
            words = f"{webhook.id} has taken nothing since {webhook.failing_since:%d %b %H:%M} UTC"
            way_out = f"`postroad webhook test {webhook.id}` says what it answers"
            findings.append(warn("webhooks", words, way_out))
    if webhooks and not findings:
        findings.append(ok("webhooks", "everybody listens"))
    return findings


def _check_data_dir(settings: Settings) -> Finding:
    directory = settings.data_dir
    if not directory.exists():
        words = f"{directory} does not exist yet"
        return warn("data directory", words, "`postroad up` and `postroad apply` create it")
    if not os.access(directory, os.W_OK):
        words = f"{directory} cannot be written to"
        return fail("data directory", words, "correct its permissions, or set data_dir")
    return ok("data directory", f"{directory}")


def _check_key(settings: Settings) -> Finding:
    kept = settings.data_dir / KEY_FILE
    if (
        settings.secret_key is None
        and not kept.exists()
        and settings.ledger.url.startswith("sqlite")
    ):
        return warn("secret key", f"{kept} does not exist yet", "`postroad apply` makes one")
    try:
        secret_box(settings)
    except SecretKeyError as error:
        return fail("secret key", str(error), "set POSTROAD_SECRET_KEY")
    return ok("secret key", "is there")
