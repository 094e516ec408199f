"""`sifcheck plugins`: what is loaded, where it comes from, and what each brings."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sifcheck.cli.parser import CommandParser
from sifcheck.lint.plugins import load
from sifcheck.site.lookup import site_name

_EPILOG = """examples:
  sifcheck plugins
  sifcheck plugins --output-format json

exit codes: 0 all could be loaded, 1 one could not, or brought what cannot be taken, 3 wrong use, 4 sifcheck itself failed
"""


def make_parser() -> CommandParser:
    """The parser of the verb's arguments."""
    parser = CommandParser(
        prog="sifcheck plugins",
        description="List the plugins that are loaded and what each brings.",
        epilog=_EPILOG,
    )
    parser.add_argument("--output-format", choices=("text", "json"), default="text")
    return parser


def run(words: Sequence[str]) -> int:
    """The verb: list the plugins; exit code 1 if one could not be loaded."""
    given = make_parser().parse(words)
    loaded = load()
    rows = []
    for plugin in loaded.plugins:
        codes = sorted(rule.code for rule in loaded.registry if rule.plugin == plugin.name)
        problems = [problem.why for problem in loaded.registry.problems if problem.plugin == plugin.name]
        sites = [site_name(path) for name, path in loaded.sites if name == plugin.name]
        rows.append((plugin, codes, sites, problems))
    if given.output_format == "json":
        from sifcheck.app.outcome import print_text
        from sifcheck.report.json_document import json_text

        listed = [
            {**plugin._asdict(), "rules": codes, "sites": sites, "problems": problems}
            for plugin, codes, sites, problems in rows
        ]
        print_text(json_text({"version": 1, "plugins": listed}), sys.stdout)
    else:
        for plugin, codes, sites, problems in rows:
            prefixes = sorted({code.rstrip("0123456789") for code in codes})
            print(
                f"{plugin.name}  {plugin.distribution} {plugin.version}  {len(codes)} rules  {' '.join(prefixes)}".rstrip()
                + (f"  {len(sites)} site{'s' * (len(sites) != 1)}" if sites else "")
            )
            for problem in problems:
                print(f"    left out: {problem}")
        for kind, names in (("formats", loaded.formats), ("probes", loaded.probes)):
            if names:
                print(f"{kind}: {', '.join(names)}")
        if not rows:
            print("no plugin is installed, not even sifcheck's own rules: is it installed, or only copied?")
    return 1 if loaded.registry.problems or not rows else 0
