"""What a campaign and its organisation say about time, as a rehearsal shows it."""

from tests.starter.campaigns import Desk
from tests.starter.command import Postroad


def test_a_campaign_waits_for_its_start_and_keeps_to_the_organisations_window(
    desk: Desk, postroad: Postroad
) -> None:
    desk.edit(
        "workspace.yaml",
        "name: Acme",
        "name: Acme, window: {hours: '09:00-17:00', holidays: ES, timezone: Europe/Madrid}",
    )
    desk.apply()
    # Midnight before Epiphany, which is a holiday in Spain.
    desk.edit("q4.yaml", "name: Q4 launch", "name: Q4 launch\nstart: 2100-01-06")
    forecast = postroad("launch", "q4.yaml", "--dry-run", "--json").json["forecast"]
    assert forecast["first_at"] == "2100-01-07T08:00:00Z"


def test_a_rehearsal_counts_what_would_come_too_late(desk: Desk, postroad: Postroad) -> None:
    desk.edit("q4.yaml", "wait: 3 days", "wait: 3 days, not_after: 2026-01-31")
    ran = postroad("launch", "q4.yaml", "--dry-run")
    assert "would end unsent, after the last day of their step" in ran.stdout


def test_a_first_day_beside_a_start_is_refused(desk: Desk, postroad: Postroad) -> None:
    desk.edit("q4.yaml", "name: Q4 launch", "name: Q4 launch\nstart: 2100-01-06")
    desk.edit("q4.yaml", "{id: intro,", "{id: intro, not_before: 2100-01-05,")
    ran = postroad("launch", "q4.yaml", "--dry-run")
    assert ran.code == 1
    assert "stands beside the campaign's start; keep one of them" in ran.stderr
