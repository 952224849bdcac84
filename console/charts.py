"""Charts as SVG, drawn on the server: bars over time, gauges, shares, intervals. Text stays text.

Sizes are in SVG units; the style sheet scales and colours the shapes by their classes.
"""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from postroad.ledger.shares import Share

_WIDTH, _HEIGHT, _GAP = 960, 130, 5
_GAUGE_WIDTH, _GAUGE_HEIGHT = 200, 8


class Bar(NamedTuple):
    """One bar: its value, what the axis says below it, and what a pointer on it shows."""

    value: int
    label: str
    title: str


def bars(data: Sequence[Bar], caption: str) -> Markup:
    """Return a bar chart; its numbers are also in a table for who cannot see it.

    Args:
        data: the bars from left to right; one with an empty label has no mark on the axis.
        caption: what the chart shows.
    """
    highest = max((bar.value for bar in data), default=0)
    step = _WIDTH / max(len(data), 1)
    shapes = Markup("").join(
        _bar(bar, x=number * step, width=step - _GAP, share=bar.value / (highest or 1))
        for number, bar in enumerate(data)
    )
    rows = Markup("").join(
        Markup("<tr><th scope=row>{}</th><td>{:,}</td></tr>").format(bar.title, bar.value)
        for bar in data
        if bar.value
    )
    return Markup(
        '<svg class="bars" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<text class="most" x="0" y="11">{:,}</text>'
        '<line x1="0" x2="{}" y1="{}" y2="{}"/>{}</svg>'
        '<div class="unseen"><table><caption>{}</caption><tbody>{}</tbody></table></div>'
    ).format(
        _WIDTH, _HEIGHT + 20, caption, highest, _WIDTH, _HEIGHT, _HEIGHT, shapes, caption, rows
    )  # fmt: skip


def gauge(used: int, most: int, label: str) -> Markup:
    """Return a gauge that fills from the left, and changes colour where little is left.

    Args:
        used: how much is used.
        most: how much there is.
        label: what it shows, for who cannot see it.
    """
    share = min(used / most, 1.0) if most else 0.0
    level = "full" if share >= 1 else "high" if share >= 0.8 else "low"
    shape = Markup('<rect class="used" width="{:.1f}" height="{}"/>').format(
        share * _GAUGE_WIDTH, _GAUGE_HEIGHT
    )
    return _strip(f"gauge {level}", shape) + _unseen(label)


def part(kind: str, value: int, most: int) -> Markup:
    """Return one bar on a scale of its own; what it shows has to stand beside it.

    Args:
        kind: the class of its shape.
        value: its length.
        most: the length of the longest bar beside it.
    """
    share = min(value / most, 1.0) if most else 0.0
    width = max(share * _GAUGE_WIDTH, 1.0 if value else 0.0)
    shape = Markup('<rect class="part {}" width="{:.1f}" height="{}"/>').format(
        kind, width, _GAUGE_HEIGHT
    )
    return _strip("gauge", shape)


def interval(found: Share, most: float) -> Markup:
    """Return a share as a mark within the range that holds its true value 95 times in 100.

    Args:
        found: the share; its numbers have to stand beside the chart.
        most: the share at the right end of the scale.
    """
    scale = _GAUGE_WIDTH / most
    shapes = Markup('<rect class="between" x="{:.1f}" width="{:.1f}" height="{}"/>').format(
        found.low * scale, (found.high - found.low) * scale, _GAUGE_HEIGHT
    )
    if found.whole:
        at = min(found.part / found.whole, 1.0) * scale
        shapes += Markup('<rect class="mark" x="{:.1f}" width="2" height="{}"/>').format(
            min(at, _GAUGE_WIDTH - 2), _GAUGE_HEIGHT
        )
    return _strip("gauge interval", shapes)


def shares(parts: Sequence[tuple[str, int]]) -> Markup:
    """Return one bar made of parts, each with a class of its own, in proportion."""
    total = sum(value for _, value in parts)
    x = 0.0
    shapes = Markup("")
    for name, value in parts:
        width = _GAUGE_WIDTH * value / total if total else 0.0
        shapes += Markup(
            '<rect class="part {}" x="{:.2f}" width="{:.2f}" height="{}"><title>{}: {:,}</title>'
            "</rect>"
        ).format(name, x, width, _GAUGE_HEIGHT, name, value)
        x += width
    words = ", ".join(f"{name} {value:,} of {total:,}" for name, value in parts if value)
    return _strip("shares", shapes) + _unseen(words or "nothing yet")


def _strip(kind: str, shapes: Markup) -> Markup:
    """Return a flat bar as wide as its place."""
    return Markup(
        '<svg class="{}" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="room" width="{}" height="{}"/>{}</svg>'
    ).format(kind, _GAUGE_WIDTH, _GAUGE_HEIGHT, _GAUGE_WIDTH, _GAUGE_HEIGHT, shapes)


def _unseen(words: str) -> Markup:
    """Return the text that stands for a chart: read out, and found like any other."""
    return Markup('<span class="unseen">{}</span>').format(words)


def _bar(bar: Bar, *, x: float, width: float, share: float) -> Markup:
    height = max(share * (_HEIGHT - 18), 1.5 if bar.value else 0.0)
    shape = Markup(
        '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="3"><title>{}: {:,}</title>'
        "</rect>"
    ).format(x, _HEIGHT - height, width, height, bar.title, bar.value)
    if bar.label:
        shape += Markup('<text x="{:.1f}" y="{}">{}</text>').format(x, _HEIGHT + 16, bar.label)
    return shape
