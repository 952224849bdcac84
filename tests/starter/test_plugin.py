"""A mail written in a plugin leaves by the account that was open there, or not at all."""

import pytest

from tests.ledger_rows import ANA
from tests.starter.command import Postroad
from tests.starter.conftest import Running

SEND = ("send", "--from", ANA, "--to", "ada@example.com", "--subject", "Hello", "--text", "Hi")


@pytest.mark.parametrize(
    ("plugin", "words"),
    [
        ("outlook", "it was written in Outlook, and ana@acme.test has no Exchange channel"),
        ("gmail", "it was written in Gmail, and ana@acme.test has no Gmail channel"),
    ],
)
async def test_without_its_account_nothing_is_launched(
    running: Running, plugin: str, words: str
) -> None:
    ran = await running(*SEND, "--plugin", plugin)
    assert (ran.code, ran.stdout) == (1, "")
    assert words in ran.stderr
    assert (await running("status", "--all", "--json")).json == []
    assert running.sandbox.accepted.messages == 0


def test_another_plugin_is_wrong_usage(postroad: Postroad) -> None:
    assert postroad(*SEND, "--plugin", "thunderbird").code == 2


async def test_a_single_mail_that_has_to_wait_says_so(running: Running) -> None:
    text = (running.desk.directory / "workspace.yaml").read_text()
    strict = text.replace("id: ana-smtp,", "id: ana-smtp, verify_identities: true,")
    running.desk.write("workspace.yaml", strict)
    assert (await running("apply", "workspace.yaml")).code == 0
    ran = await running(*SEND, "--no-wait")
    assert ran.code == 0
    assert "warning: step mail of ana@acme.test will wait: ana@acme.test is not" in ran.stderr
    assert "`postroad identity verify ana@acme.test --channel ana-smtp`" in ran.stderr
