"""Charts as SVG, drawn on the server: bars over time, gauges, shares. Text stays text.

Sizes are in SVG units; the style sheet scales and colours the shapes by their classes.
"""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

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
        '<table class="unseen"><caption>{}</caption><tbody>{}</tbody></table>'
    ).format(
        _WIDTH, _HEIGHT + 20, caption, highest, _WIDTH, _HEIGHT, _HEIGHT, shapes, caption, rows
    )  # fmt: skip


def gauge(used: int, most: int, label: str) -> Markup:
    """Return a gauge that fills from the left, and changes colour where little is left."""
    share = min(used / most, 1.0) if most else 0.0
    level = "full" if share >= 1 else "high" if share >= 0.8 else "low"
    return Markup(
        '<svg class="gauge {}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" '
        'aria-label="{}"><rect class="room" width="{}" height="{}"/>'
        '<rect class="used" width="{:.1f}" height="{}"/></svg>'
    ).format(
        level, _GAUGE_WIDTH, _GAUGE_HEIGHT, label, _GAUGE_WIDTH, _GAUGE_HEIGHT,
        share * _GAUGE_WIDTH, _GAUGE_HEIGHT,
    )  # fmt: skip


def shares(parts: Sequence[tuple[str, int]]) -> Markup:
    """Return one bar made of parts, each with a class of its own, in proportion."""
    total = sum(value for _, value in parts)
    x = 0.0
    shapes = Markup("")
    for name, value in parts:
        width = _WIDTH * value / total if total else 0.0
        shapes += Markup(
            '<rect class="part {}" x="{:.2f}" width="{:.2f}" height="10"><title>{}: {:,}</title>'
            "</rect>"
        ).format(name, x, width, name, value)
        x += width
    words = ", ".join(f"{name} {value:,}" for name, value in parts if value) or "nothing yet"
    return Markup(
        '<svg class="shares" viewBox="0 0 {} 10" preserveAspectRatio="none" role="img" '
        'aria-label="{}"><rect class="room" width="{}" height="10"/>{}</svg>'
    ).format(_WIDTH, words, _WIDTH, shapes)


def _bar(bar: Bar, *, x: float, width: float, share: float) -> Markup:
    height = max(share * (_HEIGHT - 18), 1.5 if bar.value else 0.0)
    shape = Markup(
        '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="3"><title>{}: {:,}</title>'
        "</rect>"
    ).format(x, _HEIGHT - height, width, height, bar.title, bar.value)
    if bar.label:
        shape += Markup('<text x="{:.1f}" y="{}">{}</text>').format(x, _HEIGHT + 16, bar.label)
    return shape
