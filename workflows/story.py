"""The words that people read in the Temporal web UI: summaries and current details."""

from datetime import datetime, timedelta

from postroad.contracts import (
    CampaignProgress,
    ChannelsSelected,
    MailboxProgress,
    SequenceProgress,
    Steering,
)


def clock_time(moment: datetime, now: datetime) -> str:
    """Return a time of day, with the date where it is not today."""
    if moment.date() == now.date():
        return moment.strftime("%H:%M:%S UTC")
    return moment.strftime("%a %d %b %H:%M UTC")


def next_look(
    selected: ChannelsSelected, now: datetime, *, gather: timedelta, recheck: timedelta
) -> tuple[timedelta | None, str]:
    """Return how long to sleep after a selection (None: until woken), and why."""
    held = [f"{held.messages} messages held: {held.reason}" for held in selected.held]
    still = [f"{selected.tasks} tasks wait for somebody"] if selected.tasks else []
    if selected.people_paused:
        still.append(f"{selected.people_paused} people paused")
    if selected.next_due_at is not None:
        pause = max(selected.next_due_at - now, timedelta(0)) + gather
        due = f"next {selected.next_due_step} due {clock_time(selected.next_due_at, now)}"
        return min(pause, recheck) if held else pause, "; ".join([due, *held, *still])
    if held:
        return recheck, "; ".join(held + still)
    if selected.channels or still:
        return None, "; ".join(still)
    return None, f"{selected.uncertain} uncertain messages wait for an operator"


def steered(verb: str, steering: Steering) -> str:
    """Return who did what and why: `paused by ana: wrong price`."""
    reason = f": {steering.reason}" if steering.reason else ""
    return f"{verb} by {steering.by}{reason}"


def sequence_details(progress: SequenceProgress, state: str) -> str:
    """Return a sequence's current details as Markdown."""
    waiting = "\n".join(f"- waits: {wait}" for wait in progress.waiting)
    return (
        f"**{progress.sender}** in campaign **{progress.campaign_id}**: {state}\n\n"
        f"- waves booked: {progress.waves}\n"
        f"- sent: {progress.sent}, failed: {progress.failed}, uncertain: {progress.uncertain}"
        " (in this run)\n"
        f"{waiting}"
    )


def campaign_details(progress: CampaignProgress) -> str:
    """Return a campaign's current details as Markdown."""
    return (
        f"Campaign **{progress.campaign_id}**: {progress.state}\n\n"
        f"- people: {progress.enrolled} enrolled, {progress.rejected} rejected while enrolling\n"
        f"- parts of the audience still to enrol: {progress.chunks_to_enrol}\n"
        f"- senders at work: {', '.join(progress.sequences_running) or 'none'}"
    )


def mailbox_details(progress: MailboxProgress) -> str:
    """Return a mailbox watch's current details as Markdown."""
    came = ", ".join(f"{kind} {number}" for kind, number in sorted(progress.outcomes.items()))
    return (
        f"What comes back to **{progress.channel}**\n\n"
        f"- readings in this run: {progress.readings}; came back: {came or 'nothing'}\n"
        f"- readings outstanding: {len(progress.checks)}\n"
        f"- {progress.waits_for or 'waits for nothing'}"
    )
