"""Makes a picture (SVG) of a terminal's output, colours included."""

from __future__ import annotations

import re
from html import escape
from unicodedata import east_asian_width

CELL, LINE, MARGIN, BAR = 8.4, 20, 18, 34
COLORS = {"31": "#ff7b72", "33": "#e3b341", "36": "#76e3ea", "94": "#79c0ff", "32": "#7ee787", "2": "#8b949e"}
TEXT, BACKGROUND, FRAME = "#e6edf3", "#0d1117", "#30363d"
_CODE = re.compile(r"\x1b\[([0-9;]*)m")


def picture(command: str, output: str) -> str:
    """The picture of a window in which a command was given and answered."""
    lines = [command, "", *output.rstrip("\n").split("\n")]
    width = max(_cells(_CODE.sub("", line)) for line in lines) * CELL + 2 * MARGIN
    height = len(lines) * LINE + BAR + MARGIN
    rows = []
    for number, line in enumerate(lines):
        y = BAR + (number + 1) * LINE - 5
        rows.append(f'<text x="{MARGIN}" y="{y}" xml:space="preserve">{_spans(line)}</text>')
    dots = "".join(f'<circle cx="{MARGIN + 4 + 18 * n}" cy="17" r="5.5" fill="{FRAME}"/>' for n in range(3))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}" '
        f'role="img" aria-label="{escape(command)} and what it says">\n'
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}" stroke="{FRAME}"/>\n{dots}\n'
        f'<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="14" '
        f'fill="{TEXT}">\n' + "\n".join(rows) + "\n</g>\n</svg>\n"
    )


def _cells(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _spans(line: str) -> str:
    """A line's text with its colours; each run is as wide as its cells, whatever font the reader has."""
    parts, at, style = [], 0, ""
    cells = 0
    for match in [*_CODE.finditer(line), None]:
        text = line[at : match.start() if match else len(line)]
        if text:
            wide = _cells(text)
            size = f'x="{MARGIN + cells * CELL:.1f}" textLength="{wide * CELL:.1f}"'
            parts.append(f"<tspan {size}{_attributes(style)}>{escape(text)}</tspan>")
            cells += wide
        if match:
            style, at = match[1], match.end()
    return "".join(parts)


def _attributes(style: str) -> str:
    codes = [code for code in style.split(";") if code and code != "0"]
    color = next((COLORS[code] for code in codes if code in COLORS), None)
    return (f' fill="{color}"' if color else "") + (' font-weight="bold"' if "1" in codes else "")
