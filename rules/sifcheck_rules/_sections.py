"""Why a `%` line is no section: misspelt, misshapen, or text that was never meant as one."""

from __future__ import annotations

import re
from functools import lru_cache

from sifcheck.api import (
    APP_SECTIONS,
    SECTIONS,
    NamedTuple,
    Section,
    pattern,
    within_two_edits,
)

NAMES = (*SECTIONS, *APP_SECTIONS)

_BLANKS = " \t\r\f\v\u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_SHAPE = pattern(rf"([{_BLANKS}]*)%+([{_BLANKS}]*)([A-Za-z]+)(.*)", re.S)
_AFTER = {"\t": "a TAB", ":": "a colon", ";": "a semicolon", "#": "a comment without a blank before it"}
_BEFORE = {
    " ": "a blank",
    "\t": "a TAB",
    "\u00a0": "a no-break space",
    "\u3000": "an ideographic space",
}


class Verdict(NamedTuple):
    """What an unknown section is: "unknown", "malformed" or "text".

    `name` is the section that was meant (None if that is not clear), `why` what is wrong with the line or what it lies
    in, `rest` what follows the name on a malformed line.
    """

    kind: str
    name: str | None
    why: str
    rest: str = ""


@lru_cache(maxsize=64)
def judge(section: Section) -> Verdict:
    """Judge a section whose name no runtime knows."""
    opened = section.open_before
    if opened is not None:
        return Verdict("text", None, f"an open {opened}")
    line = section.stage.definition.source.slice(section.line_span).rstrip("\r\n")
    shape = _SHAPE.fullmatch(line)
    if shape is not None and shape[3].lower() in NAMES:
        malformed = _malformed(shape)
        if malformed is not None:
            return malformed
    word = shape[3] if shape is not None and not shape[4][:1].isalnum() else ""
    name = nearest_section(section.written.strip() or word) if word else None
    inside = _inside_body(section)
    if name is None and inside is not None:
        return Verdict("text", None, inside)
    return Verdict("unknown", name, "")


def nearest_section(written: str) -> str | None:
    """The one section that is nearest to a name and within two edits of it; None if there is none or are several."""
    if written.lower() in NAMES:
        return written.lower()
    return within_two_edits(written.lower(), NAMES)


def _malformed(shape: re.Match[str]) -> Verdict | None:
    indent, gap, name, rest = shape[1], shape[2], shape[3].lower(), shape[4]
    if rest and rest[0] not in " \t:;#\r" + _BLANKS:
        return None
    if indent:
        return Verdict("malformed", name, f"{_named(indent[0])} stands before the percent sign", rest)
    if gap:
        return Verdict(
            "malformed", name, f"{_named(gap[0])} stands between the percent sign and the name", rest
        )
    if rest and rest[0] != " ":
        why = _AFTER.get(rest[0]) or _named(rest[0])
        return Verdict("malformed", name, f"{why} stands right behind the name", rest)
    return None


def _named(character: str) -> str:
    return _BEFORE.get(character, f"white space (U+{ord(character):04X})")


def _inside_body(section: Section) -> str | None:
    """The section whose body the line stands in, as `%post`; None right below a header or an empty section."""
    above = section.known_above
    return f"%{above.name}" if above is not None and above.body.strip() else None
