"""Charts as SVG, drawn here: lines over days, columns, a map of hours, a rate beside what is usual.

Owns: shapes and their words. Must not know: what is shown. Colours are classes of the stylesheet; what a chart
shows is in words as well: its label sums it up, each mark has a title, and a table beside it says it all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 480, 200
_LEFT, _BOTTOM, _TOP = 52, 22, 8
Words = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Mark:
    """A column: ``label`` stands below it, where there is room."""

    label: str
    value: float
    title: str


def trend(label: str, days: Sequence[str], series: Mapping[str, Sequence[float | None]], words: Words) -> Markup:
    """A line a series over days; a gap where there is no value. The first series is the strong one."""
    top = max((v for values in series.values() for v in values if v is not None), default=0.0) or 1.0
    parts = [_scale(top, words)]
    for place, (name, values) in enumerate(series.items()):
        points = [(_x(i, len(days)), _y(v / top), v, days[i]) for i, v in enumerate(values) if v is not None]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
        parts.append(f'<polyline class="line line-{place}" points="{path}"/>')
        parts += [
            f'<circle class="dot line-{place}" cx="{x:.1f}" cy="{y:.1f}" r="3">'
            f"<title>{escape(name)}, {escape(day)}: {escape(words(v))}</title></circle>"
            for x, y, v, day in points
        ]
    parts += _labels([(_x(i, len(days)), day) for i, day in enumerate(days)], most=6)
    return _svg(label, "".join(parts)) + _legend(series)


def columns(label: str, marks: Sequence[Mark], words: Words) -> Markup:
    """A column each."""
    top = max((mark.value for mark in marks), default=0.0) or 1.0
    room = (WIDTH - _LEFT) / max(1, len(marks))
    parts = [_scale(top, words)]
    for i, mark in enumerate(marks):
        height = (HEIGHT - _BOTTOM - _TOP) * mark.value / top
        parts.append(
            f'<rect class="fill" x="{_LEFT + i * room + room * 0.1:.1f}" y="{HEIGHT - _BOTTOM - height:.1f}" '
            f'width="{room * 0.8:.1f}" height="{height:.1f}"><title>{escape(mark.title)}</title></rect>'
        )
    parts += _labels([(_LEFT + (i + 0.5) * room, mark.label) for i, mark in enumerate(marks)], most=8)
    return _svg(label, "".join(parts))


def heat(label: str, rows: Sequence[str], cells: Mapping[tuple[int, int], tuple[float | None, str]]) -> Markup:
    """A map of hours (0 to 23) by row: the darker, the higher; an empty cell has no value."""
    size, left, top = 18, 40, 4
    known = [value for value, _ in cells.values() if value is not None]
    most = max(known, default=0.0) or 1.0
    parts = []
    for row, name in enumerate(rows):
        y = top + row * size
        parts.append(f'<text x="0" y="{y + 13}">{escape(name)}</text>')
        for hour in range(24):
            value, title = cells.get((row, hour), (None, ""))
            at = f'x="{left + hour * size + 1}" y="{y + 1}" width="{size - 2}" height="{size - 2}" rx="2"'
            if value is None:
                parts.append(f'<rect class="none" {at}/>')
            else:
                shade = 0.12 + 0.88 * value / most
                parts.append(
                    f'<rect class="none" {at}/><rect class="heat" {at} fill-opacity="{shade:.2f}">'
                    f"<title>{escape(title)}</title></rect>"
                )
    foot = top + len(rows) * size + 14
    parts += [f'<text x="{left + h * size + 2}" y="{foot}">{h}</text>' for h in range(0, 24, 3)]
    return _svg(label, "".join(parts), left + 24 * size + 2, foot + 6)


def beside(value: float | None, low: float, high: float, top: float, title: str) -> Markup:
    """A rate as a mark on the band of what is usual."""
    mark = (
        ""
        if value is None
        else f'<rect class="mark-now" x="{min(value / top, 1) * 158:.1f}" width="3" height="14"/>'
    )
    band = (
        f'<rect class="usual" x="{160 * low / top:.1f}" y="3" width="{160 * (high - low) / top:.1f}" height="8"/>'
    )
    line = '<rect class="track" x="0" y="6.5" width="160" height="1"/>'
    return _svg(title, line + band + mark, 160, 14, "beside")


def _x(i: int, count: int) -> float:
    return _LEFT + 6 + (WIDTH - _LEFT - 12) * (0.5 if count < 2 else i / (count - 1))


def _y(share: float) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _BOTTOM - _TOP) * share


def _scale(top: float, words: Words) -> str:
    return "".join(
        f'<line class="grid" x1="{_LEFT}" x2="{WIDTH}" y1="{_y(share):.1f}" y2="{_y(share):.1f}"/>'
        f'<text x="{_LEFT - 6}" y="{_y(share) + 4:.1f}" text-anchor="end">{escape(words(top * share))}</text>'
        for share in (0.0, 0.5, 1.0)
    )


def _labels(places: Sequence[tuple[float, str]], most: int) -> list[str]:
    """So many of them as there is room for."""
    step = -(-len(places) // most) or 1
    return [
        f'<text x="{x:.1f}" y="{HEIGHT - 5}" text-anchor="middle">{escape(words)}</text>'
        for i, (x, words) in enumerate(places)
        if i % step == 0
    ]


def _legend(series: Mapping[str, object]) -> Markup:
    keys = "".join(
        f'<span><svg class="key" width="16" height="8" aria-hidden="true">'
        f'<line class="line line-{i}" x1="0" x2="16" y1="4" y2="4"/></svg> {escape(name)}</span> '
        for i, name in enumerate(series)
    )
    return Markup('<p class="legend">' + keys + "</p>") if len(series) > 1 else Markup()


def _svg(label: str, inside: str, width: float = WIDTH, height: float = HEIGHT, kind: str = "chart") -> Markup:
    at = f'class="{kind}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return Markup(f'<svg {at} role="img" aria-label="{escape(label)}">{inside}</svg>')
