"""Webhooks from the workspace file and from the API, side by side."""

from pydantic import SecretStr

from postroad.ledger.changes import Change
from postroad.ledger.engine import Ledger
from postroad.ledger.webhooks import (
    add_webhook,
    apply_webhooks,
    list_webhooks,
    load_webhook,
    remove_webhook,
    replace_secret,
)
from postroad.secrets import SecretBox
from postroad.webhook_settings import WebhookSettings
from tests.ledger_rows import NOW

_BOX = SecretBox("a secret key for tests")
_SECRETS = ("c2VjcmV0" * 4, "b3RoZXIh" * 4)


def _webhook(webhook: str, secret: str = _SECRETS[0]) -> WebhookSettings:
    return WebhookSettings(id=webhook, url="https://crm.example.com/hook", secret=SecretStr(secret))


def test_applying_the_file_leaves_what_the_api_added_until_the_file_describes_it(
    ledger: Ledger,
) -> None:
    with ledger.write() as connection:
        assert add_webhook(connection, _webhook("api"), _BOX, NOW)
        assert not add_webhook(connection, _webhook("api"), _BOX, NOW)
        applied = apply_webhooks(connection, [_webhook("file")], _BOX, NOW)
        assert list(applied) == [("file", Change.ADDED)]
        assert list(apply_webhooks(connection, [], _BOX, NOW)) == [("file", Change.REMOVED)]
        assert [one.id for one in list_webhooks(connection)] == ["api"]
        taken_over = apply_webhooks(connection, [_webhook("api")], _BOX, NOW)
        assert list(taken_over) == [("api", Change.CHANGED)]
        unchanged = apply_webhooks(connection, [_webhook("api")], _BOX, NOW)
        assert list(unchanged) == [("api", Change.UNCHANGED)]
        assert list(apply_webhooks(connection, [], _BOX, NOW)) == [("api", Change.REMOVED)]


def test_a_new_secret_signs_from_then_on(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_webhook(connection, _webhook("crm"), _BOX, NOW)
        assert replace_secret(connection, "crm", _SECRETS[1], _BOX)
        settings = load_webhook(connection, "crm", _BOX)
        assert settings is not None
        assert settings.secret.get_secret_value() == _SECRETS[1]
        assert remove_webhook(connection, "crm")
        assert not remove_webhook(connection, "crm")
        assert not replace_secret(connection, "crm", _SECRETS[1], _BOX)
