"""`postroad apply` stores a workspace file and says what changed."""

from pathlib import Path

import pytest
from sqlalchemy import insert, update

from postroad.contracts import CampaignState
from postroad.ledger.engine import Ledger
from postroad.ledger.organisation import load_organisation
from postroad.ledger.tables import Campaign, StepText
from postroad.ledger.workspace import list_senders
from tests.ledger_rows import add_campaign
from tests.starter.campaigns import WORKSPACE
from tests.starter.command import Postroad


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace file in the working directory."""
    path = tmp_path / "workspace.yaml"
    path.write_text(WORKSPACE)
    return path


def test_applying_says_what_changed(postroad: Postroad, workspace: Path) -> None:
    first = postroad("apply", "workspace.yaml")
    assert first.code == 0
    assert "channel ana-smtp added" in first.stdout.splitlines()
    workspace.write_text(WORKSPACE.replace("name: Bo Berg", "name: Bo B."))
    second = postroad("apply", "workspace.yaml")
    assert second.stdout.splitlines() == ["sender bo@acme.test changed", "4 parts unchanged"]


def test_applying_prints_json(postroad: Postroad, workspace: Path) -> None:
    parts = postroad("apply", str(workspace), "--json").json["parts"]
    assert parts[0] == {"part": "organisation", "name": "Acme", "change": "added"}
    assert len(parts) == 5


def test_credentials_come_from_the_environment(
    postroad: Postroad, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.write_text(
        WORKSPACE.replace("host: localhost", 'username: ana, password: "${PW}", host: localhost')
    )
    missing = postroad("apply", "workspace.yaml")
    assert missing.code == 1
    assert "the environment has no variable PW" in missing.stderr
    monkeypatch.setenv("PW", "hunter2")
    stored = postroad("apply", "workspace.yaml")
    assert stored.code == 0
    assert "hunter2" not in stored.stdout


@pytest.mark.parametrize(
    ("settings", "text", "lacking"),
    [
        ({}, "Leave: {{ unsubscribe_url }}", "public_url"),
        ({"tracking": {"opens": True}}, "Hello", "public_url or tracking_url"),
    ],
)
def test_a_web_address_that_a_running_campaign_links_to_stays(
    postroad: Postroad,
    workspace: Path,
    ledger: Ledger,
    settings: dict[str, object],
    text: str,
    lacking: str,
) -> None:
    with_url = WORKSPACE.replace("{name: Acme,", '{name: Acme, public_url: "https://acme.test",')
    workspace.write_text(with_url)
    assert postroad("apply", "workspace.yaml").code == 0
    with ledger.write() as connection:
        add_campaign(connection, steps=("intro",), settings={"name": "Q4", **settings})
        template = {"subject": "Hello", "text": text}
        connection.execute(
            insert(StepText).values(campaign_id="q4", position=0, version=1, template=template)
        )
    workspace.write_text(WORKSPACE)
    refused = postroad("apply", "workspace.yaml")
    assert refused.code == 1
    assert f"the organisation has no {lacking} any more, and q4 links to it" in refused.stderr
    with ledger.write() as connection:
        organisation = load_organisation(connection)
        connection.execute(update(Campaign).values(state=CampaignState.COMPLETED))
    assert organisation is not None
    assert organisation.public_url == "https://acme.test"
    assert postroad("apply", "workspace.yaml").code == 0


def test_every_fault_of_the_file_is_named_on_a_line_of_its_own(
    postroad: Postroad, workspace: Path, ledger: Ledger
) -> None:
    workspace.write_text(
        WORKSPACE.replace("timezone: UTC", "timezone: Mars").replace("tls: none", "tls: never", 1)
    )
    ran = postroad("apply", "workspace.yaml")
    assert ran.code == 1
    assert ran.stdout == ""
    assert len(ran.stderr.splitlines()) == 2
    assert all(line.startswith("postroad: workspace.yaml:") for line in ran.stderr.splitlines())
    with ledger.read() as connection:
        assert list_senders(connection) == []


def test_a_file_that_is_missing_is_one_sentence(postroad: Postroad) -> None:
    ran = postroad("apply", "elsewhere.yaml")
    assert (ran.code, ran.stdout) == (1, "")
    assert ran.stderr == "postroad: elsewhere.yaml: cannot be read: No such file or directory\n"


def test_a_weak_secret_key_is_refused(
    postroad: Postroad, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTROAD_SECRET_KEY", "short")
    ran = postroad("apply", str(workspace))
    assert ran.code == 1
    assert "at least 16 characters" in ran.stderr
