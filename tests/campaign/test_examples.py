"""The examples are what the demo sends: they load, and hold what their comments promise."""

from pathlib import Path

from postroad.campaign.audience import AudienceRow, RejectedRow, open_audience
from postroad.campaign.file import load_campaign
from postroad.workspace import load_workspace

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_example_workspace_needs_nothing_from_the_environment() -> None:
    workspace = load_workspace(EXAMPLES / "workspace.yaml", {})
    assert len(workspace.senders) == len({channel.kind for channel in workspace.channels}) == 4


def test_the_example_campaign_names_senders_of_the_example_workspace() -> None:
    workspace = load_workspace(EXAMPLES / "workspace.yaml", {})
    campaign = load_campaign(EXAMPLES / "campaign.yaml")
    senders = {sender.email for sender in workspace.senders}
    audience = open_audience(campaign.audience)
    named = {row.sender for row in audience.rows() if isinstance(row, AudienceRow) and row.sender}
    assert {*campaign.senders, *named} <= senders
    assert (campaign.id, len(campaign.steps)) == ("q4-launch", 3)


def test_the_example_audience_has_300_people_and_rows_to_reject() -> None:
    rows = list(open_audience(EXAMPLES / "people.csv").rows())
    people = [row for row in rows if isinstance(row, AudienceRow)]
    assert len({person.address for person in people}) == 300
    assert len(people) == 302, "two addresses stand there twice"
    reasons = [row.reason for row in rows if isinstance(row, RejectedRow)]
    assert sorted(reasons) == ["bad_timezone", "malformed", "malformed", "missing"]
    assert sum(person.address.startswith("gone.") for person in people) == 10
    assert all(person.domain.endswith((".test", ".example")) for person in people)
