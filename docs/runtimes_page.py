"""The page on what each version of the runtimes accepts, made from the table that the rules ask."""

from __future__ import annotations

from sifcheck.definition.reader import READING
from sifcheck.runtime.features import FEATURES, LINES, Feature
from sifcheck.runtime.versions import FAMILY_NAMES, KEY_SPELLINGS, SUPPORTED, listed, parse_target, span_of

_COLUMNS = ("apptainer", "singularity-ce", "singularity")
_KINDS = (("agent", "Bootstrap agents"), ("key", "Header keys"), ("section", "Sections"))

_ABOUT = """\
Made by `make docs` from `sifcheck/runtime/features.py`, the one table that tells versions apart: rules and readers ask it by
name.  `--target` names what a file is for; a target of two numbers means the newest release of its line."""
_OTHERS = """\
SingularityPRO is closed: each version is judged as the one that it is built from ({built}), and that is said where it is
named on the command line.  Singularity before 3.2 has another grammar, without stages, and is no target.  A later line than
the newest one here is judged as that one, with the changes that are announced for it."""
_READING = """\
A file is read as the first runtime of the target reads it, without a target as the newest Apptainer does.  Where others
read it otherwise, what ends the build for them is told with their names: as severe as it is if the target was named, as an
info if not."""


def page() -> str:
    """The text of docs/runtimes.md."""
    single = [row for row in FEATURES.values() if row.name.partition(" ")[0] not in dict(_KINDS)]
    reading = [row for row in single if row.name in READING]
    others = [row for row in single if row.name not in READING]
    parts = [
        "# What each runtime accepts",
        _ABOUT,
        _targets(),
        "## How a file is read",
        _READING,
        _table(reading),
        "## What else differs",
        _table(others),
    ]
    for kind, title in _KINDS:
        parts += [f"## {title}", _names(kind)]
    parts += ["## Sources", "\n".join(f"- {source[0].upper()}{source[1:]}" for source in _sources())]
    return "\n\n".join(parts) + "\n"


def _targets() -> str:
    rows = ["| family | targets | without `--target` |", "|---|---|---|"]
    for family, lines in LINES.items():
        usual = [runtime for runtime in SUPPORTED if runtime.family == family]
        held = ", ".join(".".join(map(str, runtime.version)) for runtime in usual) or "none"
        names = f"`{family}-{lines[0]}` to `{family}-{lines[-1]}`"
        rows.append(f"| {FAMILY_NAMES[family]} | {names} | {held} |")
    bases = {
        str(parse_target(f"singularity-pro-{line}").runtimes[0].base) for line in LINES["singularity-pro"]
    }
    built = listed(sorted(bases, key=lambda name: [int(part) for part in name.split()[1].split(".")]))
    rows += ["", _OTHERS.format(built=built)]
    return "\n".join(rows)


def _table(rows: list[Feature]) -> str:
    lines = ["| what | Apptainer | SingularityCE | Singularity |", "|---|---|---|---|"]
    lines += [
        f"| {row.about} | {' | '.join(_versions(row, family) for family in _COLUMNS)} |" for row in rows
    ]
    return "\n".join(lines)


def _names(kind: str) -> str:
    """One line for all names of a kind that the same versions know."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for row in FEATURES.values():
        first, _, name = row.name.partition(" ")
        if first == kind:
            versions = tuple(_versions(row, family) for family in _COLUMNS)
            groups.setdefault(versions, []).append(f"`{_spelt(kind, name)}`")
    lines = ["| which | Apptainer | SingularityCE | Singularity |", "|---|---|---|---|"]
    lines += [f"| {', '.join(names)} | {' | '.join(versions)} |" for versions, names in groups.items()]
    return "\n".join(lines)


def _spelt(kind: str, name: str) -> str:
    if kind == "section":
        return f"%{name}"
    return f"{KEY_SPELLINGS.get(name, 'OtherURLn')}:" if kind == "key" else name


def _versions(row: Feature, family: str) -> str:
    first, last = span_of(row.name, family)
    if first is None:
        return "no"
    start = f"from {_written(first)}" if first else "yes"
    return f"{start}, before {_written(last)}" if last else start


def _written(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _sources() -> list[str]:
    return sorted({part.strip() for row in FEATURES.values() for part in row.source.split(";")})
