"""What `plan` prints: what is built, then each place: what is needed there and what there is, in numbers and as a bar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sifcheck.base.facts import known
from sifcheck.base.findings import SEVERITIES, Finding
from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import cells, escape, size_text
from sifcheck.plan.model import Need, Place, Plan, PlannedBase, PlanPart, Range, total
from sifcheck.report.color import Paint, painter
from sifcheck.report.machine import finding_lines
from sifcheck.report.place import path_of, where

_BAR = 48
_LEAST = 1_000_000
_ROLES = {"temporary": "Temporary folder", "cache": "Cache", "output": "Image", "memory": "Memory"}
_HOW = {
    "exact": "",
    "layers": "from its layers",
    "compressed": "from the compressed size alone",
    "declared": "as you said",
    "remembered": "as in an earlier build",
    "assumed": "a guess",
    "unknown": "not known",
}
# The usual worst moment is packing: another is worth a word.
_PHASES = {"fetch": ", while fetching", "unpack": ", while unpacking", "post": ", in the scripts"}


class _Room(NamedTuple):
    """A block of the page: what it is called, where it is, what is needed, what there is."""

    title: str
    where: str
    need: Need
    free: int | None
    has: str
    parts: Sequence[PlanPart]


def render_plan(plan: Plan, findings: Sequence[Finding], *, color: bool, width: int) -> str:
    """The whole text."""
    paint = painter(color)
    lines = [paint(escape(f"{plan.source}: {plan.machine}"), "strong")]
    lines += [f"  {line}" for line in _about(plan)]
    for room in _rooms(plan):
        lines += ["", *_block(room, paint, width)]
    if plan.alternatives:
        lines += ["", paint("Other folders for temporary files", "strong"), *_others(plan)]
    if findings:
        lines.append("")
    for finding in sorted(findings, key=lambda finding: -SEVERITIES.index(finding.severity)):
        place = where(finding) if path_of(finding) is not None else None
        placed = finding._replace(message=f"{place}: {finding.message}") if place else finding
        lines += finding_lines(placed, paint, width)
    if plan.left_out:
        lines += ["", paint("Not known", "strong"), *(f"  {escape(words)}" for words in plan.left_out)]
    lines += ["", _verdict(plan, findings)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


# -- what is built


def _about(plan: Plan) -> Iterator[str]:
    for base in plan.bases:
        yield f"base     {escape(f'{base.agent} {base.name}'.strip())}: {_base(base)}"
    how, grown = plan.growth
    if grown.high:
        yield f"scripts  add {_range(grown)} ({_grown(how)})"
    processor = plan.processor
    if processor.builder and processor.target and processor.builder != processor.target:
        yield f"for      {processor.target}, built on {processor.builder}"


def _base(base: PlannedBase) -> str:
    if base.agent == "scratch":
        return "nothing"
    if base.kept is None:
        return "its size is not known"
    fetched = base.compressed
    parts = [f"{_range(fetched)} compressed"] if fetched is not None and fetched.high else []
    parts.append(f"{_range(base.kept)} unpacked")
    how = _HOW[base.how]
    return f"{', '.join(parts)}{f' ({how})' if how else ''}"


def _grown(how: str) -> str:
    return {
        "assumed": "a guess: --expect-growth SIZE says it better, and a build by `sifcheck build` is remembered",
    }.get(how, _HOW[how])


# -- places and memory


def _rooms(plan: Plan) -> Iterator[_Room]:
    told: set[str] = set()
    for role in ("temporary", "cache", "output"):
        place = plan.place(role)
        if role in told:
            continue
        roles = [other for other in plan.sharing(role) if other not in told]
        told.update(roles)
        need = plan.need(*roles)
        if need.size.high < _LEAST and need.complete:
            continue
        title = " + ".join(
            _ROLES[other] if at == 0 else _ROLES[other].lower() for at, other in enumerate(roles)
        )
        free = known(place.free) if place is not None else None
        yield _Room(title, _where(plan, place, roles), need, free, _has(place), _grouped(need))
    roles_in_memory = plan.roles_in_memory
    limit = known(plan.memory.limit)
    has = "how much there is, is not known"
    if limit is not None:
        node = plan.memory.by == "the node"
        has = (
            f"the node has {size_text(limit)} left" if node else f"{plan.memory.by} allows {size_text(limit)}"
        )
    comfortable = known(plan.memory.comfortable)
    if limit is not None and comfortable is not None and comfortable < limit:
        has += f", {size_text(comfortable)} without trouble"
    need = plan.need(*roles_in_memory)
    where = "the processes, and what is written to memory" if len(roles_in_memory) > 1 else "the processes"
    yield _Room("Memory", where, need, limit, has, [*_grouped(need, "memory"), *_written(need)])


def _where(plan: Plan, place: Place | None, roles: Sequence[str]) -> str:
    if place is None:
        return "where it is to go is not known"
    paths = ", ".join(dict.fromkeys(one.path for role in roles if (one := plan.place(role)) is not None))
    kind = known(place.filesystem)
    words = [kind] if kind else []
    words += ["is memory"] if place.in_memory else []
    words += ["emptied when the job ends"] if place.ends_with_job else []
    about = ", ".join(words)
    return f"{paths} ({about})" if words else paths


def _has(place: Place | None) -> str:
    free = known(place.free) if place is not None else None
    if place is None or free is None:
        return "how much is free there, is not known"
    return {"free": "{} free", "quota": "{} left by the quota", "size": "holds {} at the most"}[
        place.free_by
    ].format(size_text(free))


def _written(need: Need) -> list[PlanPart]:
    """What is written to memory, as one: each part of it stands with its place already."""
    sizes = [part.size for part in need.parts if part.role != "memory" and part.size is not None]
    return [PlanPart("memory", "what is written there", total(sizes), "exact")] if sizes else []


def _grouped(need: Need, role: str = "") -> list[PlanPart]:
    """The parts that matter to a person, those of a role alone if one is given: the largest first, equal ones added up."""
    found: dict[tuple[str, str], PlanPart] = {}
    for part in need.parts:
        if role and part.role != role:
            continue
        key = (part.what, part.how)
        old = found.get(key)
        if old is not None and old.size is not None and part.size is not None:
            sizes = (one + other for one, other in zip(old.size, part.size, strict=True))
            part = part._replace(size=Range(*sizes))
        found[key] = part
    least = need.size.high // 50
    kept = [part for part in found.values() if part.size is None or part.size.high > least]
    return sorted(kept, key=lambda part: -(part.size.likely if part.size is not None else 1 << 62))


def _block(room: _Room, paint: Paint, width: int) -> Iterator[str]:
    title = paint(room.title, "strong")
    yield f"{title}  {paint(escape(room.where), 'quiet')}"
    style = _style(room)
    needed = paint(_range(room.need.size), style or "strong")
    if room.need.complete:
        needs = f"needs {needed}{_PHASES.get(room.need.phase, '')}"
    else:
        needs = (
            f"needs {needed} and besides what nobody can tell" if room.need.size.high else "nobody can tell"
        )
    yield f"  {needs}; {escape(room.has)}"
    if room.free is not None and room.need.size.high:
        yield f"  {_bar(room.need.size, room.free, style, paint, min(_BAR, width - 4))}"
    texts = [(_range(part.size) if part.size is not None else "?", part) for part in room.parts]
    column = max((cells(text) for text, _ in texts), default=0)
    for text, part in texts if len(texts) > 1 else ():
        how = _HOW[part.how]
        yield f"    {text:>{column}}  {part.what}{paint(f' ({how})', 'quiet') if how else ''}"


def _style(room: _Room) -> str:
    if room.free is None:
        return ""
    if room.need.size.low > room.free:
        return "error"
    return "warning" if room.need.size.high > room.free else "fix"


def _bar(need: Range, free: int, style: str, paint: Paint, width: int) -> str:
    """What is surely needed, what may be, and what is free; where more is needed than free, a line shows the end."""
    scale = max(need.high, free, 1)
    low, high, end = (min(width, -(-value * width // scale)) for value in (need.low, need.high, free))
    drawn = "█" * low + "▒" * (high - low) + "░" * (max(high, end) - high)
    if end < width:
        drawn = f"{drawn[:end]}|{drawn[end + 1 :]}"
    filled = drawn[: max(high, 1)]
    return f"{paint(filled, style)}{paint(drawn[len(filled) :], 'quiet')}"


def _range(of: Range | None) -> str:
    """A range in words: one number where both ends are near."""
    if of is None:
        return "?"
    if of.high - of.low <= 0.1 * of.high:
        return size_text(of.likely)
    if of.low == 0:
        return (
            f"about {size_text(of.likely)} (up to {size_text(of.high)})"
            if of.likely
            else f"up to {size_text(of.high)}"
        )
    return f"about {size_text(of.likely)} ({size_text(of.low)} to {size_text(of.high)})"


# -- what else there is, and the end


def _others(plan: Plan) -> Iterator[str]:
    marks = {True: "fits", False: "too small", None: "not known whether it fits"}
    rows = []
    for one in plan.alternatives:
        holds = f"{size_text(one.holds)}" if one.holds is not None else "?"
        words = [marks[one.fits], *(["is memory"] if one.in_memory else [])]
        how = one.directive or f"export {plan.variable}={one.word}"
        rows.append((escape(one.path), holds, ", ".join(words), escape(how), escape(one.note)))
    columns = [max(cells(row[at]) for row in rows) for at in range(3)]
    for path, holds, fits, how, note in rows:
        yield f"  {path:{columns[0]}}  {holds:>{columns[1]}}  {fits:{columns[2]}}  {how}"
        if note:
            yield f"  {'':{columns[0]}}  {note}"


def _verdict(plan: Plan, findings: Sequence[Finding]) -> str:
    worst = {finding.severity for finding in findings}
    unsure = not all(plan.need(role).complete for role in ("temporary", "cache", "output", "memory"))
    if "error" in worst:
        return "it will not work"
    if "warning" in worst:
        return "it may not work, or not as it should"
    return "the known sizes fit; some are not known" if unsure else "it fits"
