"""`sifcheck sites`: the clusters that sifcheck knows, and what it knows of each, with its source."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sifcheck.app.machine import known_sites
from sifcheck.app.outcome import UsageError, print_text
from sifcheck.base.text import size_text
from sifcheck.cli.parser import CommandParser
from sifcheck.config.settings import add_flags
from sifcheck.lint.plugins import load
from sifcheck.site.lookup import doubled_sites, find_site, load_sites, with_role
from sifcheck.site.reader import SiteError, read_site

if TYPE_CHECKING:
    from sifcheck.site.facts import SiteFact
    from sifcheck.site.model import FactSource, Site

_EPILOG = """examples:
  sifcheck sites
  sifcheck sites fugaku:compute
  sifcheck sites ./ours.toml

exit codes: 0 told, 1 a site file of the list cannot be used, 3 wrong use, or no such site or site file, 4 sifcheck itself
failed
"""

_INDENT = "  "
# Values that are longer do not push the columns beside them.
_WIDE = 32


def make_parser() -> CommandParser:
    """The parser of the verb's arguments."""
    parser = CommandParser(
        prog="sifcheck sites",
        description="List the clusters that sifcheck knows; tell what it knows of one, and where from.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "site", nargs="?", metavar="NAME[:ROLE]|FILE", help="a site, or a site file to look through"
    )
    parser.add_argument("--output-format", choices=("text", "json"), default="text")
    add_flags(parser, ["site_files"])
    parser.add_argument("--schema", action="store_true", help="print the JSON schema of site files")
    return parser


def run(words: Sequence[str]) -> int:
    """The verb: list the sites, or explain one; exit code 1 if a site file in the list cannot be used."""
    given = make_parser().parse(words)
    if given.schema:
        from sifcheck.site.schema import site_schema

        _print_json(site_schema())
        return 0
    if given.site is None:
        return _list(given.output_format, given.site_files)
    try:
        site = _asked(given.site, given.site_files)
    except SiteError as error:
        raise UsageError(str(error)) from None
    if given.output_format == "json":
        _print_json({"version": 1, **site_document(site)})
    else:
        _print(explanation(site))
    return 0


def _asked(word: str, files: list[str] | None) -> Site:
    """The site of a name, or that of a file: a word with a slash in it, or one that ends with .toml."""
    path, _, role = word.partition(":")
    if "/" in path or path.endswith(".toml"):
        return with_role(read_site(path), role)
    return find_site(word, load_sites(_offered(files)))


def _offered(files: list[str] | None) -> list[tuple[str, str]]:
    """The site files that flags and the configuration name, and those of the plugins."""
    from sifcheck.config.layers import Configuration

    return known_sites(Configuration({"site_files": files}).for_folder(), load())


def _print(text: str) -> None:
    """Print lines in which what a site file has put does not steer the terminal."""
    from sifcheck.base.text import escape

    print_text("".join(f"{escape(line)}\n" for line in text.rstrip("\n").split("\n")), sys.stdout)


def _print_json(document: Any) -> None:
    from sifcheck.report.json_document import json_text

    print_text(json_text(document), sys.stdout)


def _list(form: str, files: list[str] | None) -> int:
    offered = _offered(files)
    plugins = {path: plugin for plugin, path in reversed(offered)}
    rows, problems = [], doubled_sites(offered)
    for name, path in sorted(load_sites(offered).items()):
        try:
            rows.append((plugins[path], read_site(path)))
        except SiteError as error:
            problems.append(f"{name} cannot be used: {error}")
    if form == "json":
        listed = [{"plugin": plugin, **_summary(site)} for plugin, site in rows]
        _print_json({"version": 1, "sites": listed, "problems": problems})
    else:
        _print(_table([site for _, site in rows]))
        for problem in problems:
            _print(f"left out: {problem}\n")
    return 1 if problems else 0


def _summary(site: Site) -> dict[str, Any]:
    about = site.site
    return {
        "name": site.name,
        "title": _plain(about.title),
        "generic": about.generic is True,
        "nodes": {role: _plain(getattr(site.arch, role)) for role in site.roles},
        "detect": [_entry(sign) for sign in about.detect],
        "path": site.path,
    }


def _table(sites: Sequence[Site]) -> str:
    if not sites:
        return "no site file is installed\n"
    rows = [("name", "nodes", "told by", "what it is")]
    for site in sites:
        nodes = [f"{role} {_words(getattr(site.arch, role), 'arch')}" for role in site.roles]
        rows.append((site.name, ", ".join(nodes), told_by(site), _words(site.site.title, "title")))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"{name:{widths[0]}}  {nodes:{widths[1]}}  {signs:{widths[2]}}  {what}"
        for name, nodes, signs, what in rows
    ]
    lines.append("\n`sifcheck sites NAME` tells what is known of one, and where from.")
    return "\n".join(lines) + "\n"


def told_by(site: Site) -> str:
    """Words for what `--site auto` knows the site by, as in "host name, path"; "name only" where it never does."""
    signs = site.site.detect
    kinds = (
        ("host name", any(isinstance(sign.hostname, str) for sign in signs)),
        ("path", any(sign.paths for sign in signs)),
        ("variable", any(sign.env for sign in signs)),
    )
    return ", ".join(kind for kind, there in kinds if there) or "its name only"


def explanation(site: Site) -> str:
    """All that is known of a site for a person: the facts by theme, each with the number of its source, and the sources."""
    from sifcheck.site.facts import facts_of, unknown_of
    from sifcheck.site.model import TABLES, Site

    facts = [fact for fact in facts_of(site) if _concerns(fact.key, site.role)]
    numbers = {source: number for number, source in enumerate(_sources(facts), 1)}
    about = site.site
    lines = [f"{site.name}: {_words(about.title, 'title')}"]
    lines += [
        f"{_INDENT}{what}: {value}"
        for what, value in (("guide", about.documentation), ("ask", about.contact), ("file", site.path))
        if isinstance(value, str) and value
    ]
    for table in TABLES:
        chosen = [fact for fact in facts if fact.key.partition(".")[0] == table]
        if chosen:
            lines += ["", f"{Site._field_defaults[table].help} [{table}]"]
            lines += _fact_lines(chosen, numbers)
    unknown = [(key, meaning) for key, meaning in unknown_of(site) if _concerns(key, site.role)]
    if unknown:
        width = max(len(key) for key, _ in unknown)
        lines += ["", "not known"]
        lines += [f"{_INDENT}{key:{width}}  {meaning}" for key, meaning in unknown]
    lines += ["", "sources", *(f"{_INDENT}[{number}] {_cited(source)}" for source, number in numbers.items())]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _fact_lines(facts: Sequence[SiteFact], numbers: dict[FactSource, int]) -> list[str]:
    """The facts of one table; those of a table in it stand below its name."""
    lines: list[str] = []
    inner = ""
    shown = [(fact, *_parted(fact.key), _words(fact.value, fact.key)) for fact in facts]
    keys = max(len(inside and _INDENT) + len(key) for _, inside, key, _ in shown)
    values = max((len(value) for *_, value in shown if len(value) <= _WIDE), default=0)
    for fact, inside, key, value in shown:
        if inside != inner:
            lines.append(f"{_INDENT}{inside}")
            inner = inside
        number = f"[{numbers[fact.source]}]" if fact.source is not None else "[no source]"
        indented = f"{_INDENT}{key}" if inside else key
        lines.append(f"{_INDENT}{indented:{keys}}  {value:{values}}  {number}  {fact.meaning}")
    return lines


def _parted(key: str) -> tuple[str, str]:
    """What a key is called below its table: the table in it, "" for none, and the last word."""
    inside, _, last = key.partition(".")[2].rpartition(".")
    return inside, last


def _sources(facts: Sequence[SiteFact]) -> list[FactSource]:
    """The sources of some facts, each once, in the order in which they are met."""
    return list(dict.fromkeys(fact.source for fact in facts if fact.source is not None))


def _cited(source: FactSource) -> str:
    status = f" ({source.status})" if isinstance(source.status, str) else ""
    date = source.date if isinstance(source.date, str) else "no date"
    return f"{source.document}, {date}{status}"


def _concerns(key: str, role: str) -> bool:
    """Whether a fact is about the nodes that were asked for, or about all."""
    parts = key.split(".")
    return not role or parts[0] != "nodes" or parts[1] == role


def _words(value: Any, key: str) -> str:
    """A fact's value for a person."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and key.endswith("_bytes"):
        return f"{value} ({size_text(value)})"
    if isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {entry}" for name, entry in value.items())
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return ", ".join(map(str, value))
    return "unknown"


def site_document(site: Site) -> dict[str, Any]:
    """What is known of a site for a program."""
    from sifcheck.site.facts import facts_of

    facts = [
        {"key": fact.key, "value": _plain(fact.value), "meaning": fact.meaning, "source": _entry(fact.source)}
        for fact in facts_of(site)
        if _concerns(fact.key, site.role)
    ]
    unknown = [key for key in site.unknown if _concerns(key, site.role)]
    return {**_summary(site), "role": site.role or None, "facts": facts, "unknown": unknown}


def _plain(value: Any) -> Any:
    """A value as JSON knows it; null where it is not known."""
    from sifcheck.site.model import Unknown

    if isinstance(value, Unknown):
        return None
    return list(value) if isinstance(value, tuple) else value


def _entry(row: Any) -> dict[str, Any] | None:
    """A row of the model as JSON knows it, without the facts that a source is named for."""
    if row is None:
        return None
    return {name: _plain(value) for name, value in row._asdict().items() if name != "facts"}
