"""A campaign's steps as a funnel: how far its people came, and what came back from there."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup

from console.charts import part
from console.wording import number, rate
from postroad.ledger.pages.campaigns import CampaignPage
from postroad.ledger.pages.funnel import StepFunnel

_CAPTION = "How far people came, step by step"


class _Count(NamedTuple):
    """One bar of a step."""

    name: str
    """Also the class of its shape, in small letters."""
    value: int
    whole: int | None = None
    """What it is a part of, where its share tells something."""

    @property
    def words(self) -> str:
        share = "" if not self.whole else f" ({rate(self.value, self.whole)})"
        return f"{number(self.value)}{share}"


def funnel(page: CampaignPage) -> Markup:
    """Return the chart, every bar on one scale; its numbers are also in a table for who cannot see.

    Whatever is not known is left out: openings and clicks where nothing tells of them.
    """
    counts = [list(_counts(step, page)) for step in page.steps]
    most = max((step.reached for step in page.steps), default=0)
    stages = Markup("").join(
        _stage(place, step, of_step, most)
        for place, (step, of_step) in enumerate(zip(page.steps, counts, strict=True), start=1)
    )
    return Markup(
        '<figure class="card funnel"><figcaption class="quiet">{}</figcaption>'
        '<ol aria-hidden="true">{}</ol>{}</figure>'
    ).format(_CAPTION, stages, _table(page.steps, counts))


def _counts(step: StepFunnel, page: CampaignPage) -> Iterator[_Count]:
    yield _Count("Reached", step.reached)
    if step.task:
        yield _Count("Done", step.done, step.reached)
    else:
        yield _Count("Sent", step.sent, step.reached)
    if step.task or step.condition or step.skipped:
        yield _Count("Skipped", step.skipped, step.reached)
    if step.task:
        yield _Count("Open", step.open)
        return
    if page.shows_opened:
        yield _Count("Opened", step.opened, step.sent)
    if page.shows_clicked:
        yield _Count("Clicked", step.clicked, step.sent)
    yield _Count("Replied", step.replied, step.sent)
    yield _Count("Bounced", step.bounced, step.sent + step.failed)
    yield _Count("Unsubscribed", step.unsubscribed, step.sent)


def _stage(place: int, step: StepFunnel, counts: Sequence[_Count], most: int) -> Markup:
    rows = Markup("").join(
        Markup("<div><dt>{}</dt><dd>{}</dd><dd>{}</dd></div>").format(
            count.name, part(count.name.lower(), count.value, most), count.words
        )
        for count in counts
    )
    return Markup("<li><p><strong>{}. {}</strong></p><dl>{}</dl></li>").format(place, step.id, rows)


def _table(steps: Sequence[StepFunnel], counts: Sequence[Sequence[_Count]]) -> Markup:
    names = list(dict.fromkeys(count.name for of_step in counts for count in of_step))
    head = Markup("").join(Markup("<th scope=col>{}</th>").format(name) for name in names)
    rows = Markup("")
    for step, of_step in zip(steps, counts, strict=True):
        words = {count.name: count.words for count in of_step}
        cells = Markup("").join(
            Markup("<td>{}</td>").format(words.get(name, "does not apply")) for name in names
        )
        rows += Markup("<tr><th scope=row>{}</th>{}</tr>").format(step.id, cells)
    return Markup(
        '<div class="unseen"><table><caption>{}</caption><thead><tr><th scope=col>Step</th>{}</tr>'
        "</thead><tbody>{}</tbody></table></div>"
    ).format(_CAPTION, head, rows)
