"""`sifcheck check`: look at definition files and report what is wrong with them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from sifcheck.cli import EXIT_CLEAN, EXIT_FINDINGS, EXIT_UNREADABLE
from sifcheck.cli.mending import Wish, print_text
from sifcheck.cli.parser import Parser, UsageError, near
from sifcheck.cli.session import Run, Session
from sifcheck.engine.discover import Found, find_inputs
from sifcheck.engine.layers import Configuration
from sifcheck.engine.plugins import Loaded, load
from sifcheck.engine.registry import Registry
from sifcheck.engine.settings import Settings, SettingsError, add_flags
from sifcheck.findings import SEVERITIES, Results

_EPILOG = """examples:
  sifcheck check example.def
  sifcheck check --profile minimal --target apptainer-1.4 recipes/
  sifcheck check --output-format json example.def
  sifcheck check --stdin-filename example.def - < example.def

exit codes: 0 clean, 1 findings at or above the fail level, 2 a named input could not be read or no file matched,
3 wrong use or configuration, 4 sifcheck itself failed
"""


def run(words: Sequence[str]) -> int:
    """The verb; gives the exit code."""
    given = _parser().parse_args(list(words))
    configuration = Configuration(vars(given), config=given.config, isolated=given.isolated)
    try:
        return _run(given, configuration)
    except SettingsError as error:
        raise UsageError(str(error)) from None


def _parser() -> Parser:
    parser = Parser(
        prog="sifcheck check",
        description="Check definition files, and folders for them.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files and folders; - is standard input (default: .)"
    )
    add_flags(parser)
    mending = parser.add_argument_group("mending")
    mending.add_argument("--fix", action="store_true", help="apply the safe fixes to the files")
    mending.add_argument(
        "--unsafe-fixes", action="store_true", help="apply all fixes; with --diff show them all"
    )
    mending.add_argument(
        "--diff", action="store_true", help="show what the fixes would change, and change nothing"
    )
    mending.add_argument(
        "--add-ignore", metavar="REASON", help="add a suppression with this reason for each finding"
    )
    parser.add_argument("--config", metavar="FILE", help="use this configuration file and look for no other")
    parser.add_argument("--isolated", action="store_true", help="use no configuration file and no variable")
    parser.add_argument(
        "--show-settings", action="store_true", help="print the settings and where they come from"
    )
    parser.add_argument("--show-files", action="store_true", help="print the files that would be checked")
    parser.add_argument(
        "--stdin-filename", metavar="NAME", help="the name that standard input is reported under"
    )
    return parser


def _run(given: argparse.Namespace, configuration: Configuration) -> int:
    settings = configuration.for_folder()
    loaded = load(rule_files=settings.rule_files)
    session = Session(configuration, loaded)
    _refuse_unready(settings)
    # Wrong settings are wrong use even where no file is looked at.
    session.checker(settings)
    _check_format(settings, loaded)
    if given.show_settings:
        return _show_settings(settings, session)
    inputs = _inputs(given, settings)
    if given.show_files:
        return _show_files(inputs)
    wish = Wish(given.fix or given.unsafe_fixes, given.unsafe_fixes, given.diff, given.add_ignore)
    _check_wish(wish, loaded.registry)
    done = session.check(inputs, given.stdin_filename, wish)
    for note in dict.fromkeys(configuration.notes):
        print(f"sifcheck: {note}", file=sys.stderr)
    beside = wish.takes_output(any(found.path == "-" for found in inputs))
    _report(done.results, settings, loaded, sys.stderr if beside else sys.stdout)
    return _exit_code(done, settings)


def _refuse_unready(settings: Settings) -> None:
    """Refuse what this version does not do yet, rather than take it and do nothing."""
    if settings.host != "none":
        raise UsageError("--host: this version looks at files only; it takes `none`")
    if settings.site not in ("none", "auto"):
        raise UsageError(f"--site: no site file is installed that is called {settings.site!r}")
    if settings.online:
        raise UsageError("--online: this version asks no registry")
    if settings.baseline:
        raise UsageError("--baseline: this version has no baselines yet")


def _check_wish(wish: Wish, registry: Registry) -> None:
    if wish.ignore_reason is None:
        return
    from sifcheck.engine.ignoring import reason_fault

    if wish.fix:
        raise UsageError("--add-ignore goes without --fix: mend what can be mended first")
    fault = reason_fault(wish.ignore_reason, registry)
    if fault is not None:
        raise UsageError(f"--add-ignore: {fault}")


def _inputs(given: argparse.Namespace, settings: Settings) -> list[Found]:
    paths = given.paths or ([] if given.stdin_filename else ["."])
    inputs: list[Found] = []
    if "-" in paths or (not paths and given.stdin_filename):
        inputs.append(Found("-", "definition", True, ""))
    return inputs + find_inputs([path for path in paths if path != "-"], exclude=settings.exclude)


def _formats(settings: Settings) -> list[str]:
    """The output formats that are asked for: that of standard output, then those of the files."""
    return [settings.output_format, *(output.partition(":")[0] for output in settings.outputs)]


def _check_format(settings: Settings, loaded: Loaded) -> None:
    from sifcheck.report import format_names

    names = format_names(loaded.formats)
    for name in _formats(settings):
        if name not in names:
            raise UsageError(
                f"there is no output format {name!r}{near(name, names)}; there are {', '.join(names)}"
            )


def _report(results: Results, settings: Settings, loaded: Loaded, stream: TextIO) -> None:
    from sifcheck.report import TEXT_FORMATS, render
    from sifcheck.report.color import use_color

    if any(name not in TEXT_FORMATS for name in _formats(settings)):
        from sifcheck.engine.fingerprint import with_fingerprints

        results = results._replace(findings=with_fingerprints(results.findings))
    color = use_color(settings.color, stream.isatty(), os.environ)
    width = _width() if stream.isatty() else 120
    if not (settings.quiet and not results.findings and settings.output_format in TEXT_FORMATS):
        text = render(
            results,
            settings.output_format,
            color=color,
            width=width,
            statistics=settings.statistics,
            formats=loaded.formats,
        )
        print_text(text, stream)
    for output in settings.outputs:
        name, _, path = output.partition(":")
        text = render(results, name, color=False, width=120, formats=loaded.formats)
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}") from None


def _width() -> int:
    try:
        return os.get_terminal_size().columns
    except OSError:
        return 120


def _exit_code(done: Run, settings: Settings) -> int:
    if done.unreadable:
        return EXIT_UNREADABLE
    if done.results.files == 0:
        print("sifcheck: no file to check was found", file=sys.stderr)
        return EXIT_UNREADABLE
    if settings.fail_level == "never":
        return EXIT_CLEAN
    least = SEVERITIES.index(settings.fail_level)
    failed = any(SEVERITIES.index(finding.severity) >= least for finding in done.results.findings)
    return EXIT_FINDINGS if failed else EXIT_CLEAN


def _show_settings(settings: Settings, session: Session) -> int:
    from sifcheck.engine.settings import shown_settings

    rows = shown_settings(settings)
    width = max(len(key) for key, _, _ in rows)
    for key, value, origin in rows:
        print(f"{key:{width}} = {value}" + ("" if origin == "default" else f"  # {origin}"))
    checker = session.checker(settings)
    print(f"\nrules that run ({len(checker.program.active)}): {' '.join(sorted(checker.program.active))}")
    for entry in checker.program.skipped:
        print(f"skipped: {entry.code} {entry.why}")
    return 0


def _show_files(inputs: Iterable[Found]) -> int:
    from sifcheck.report.harmless import harmless

    shown = [found for found in inputs if found.kind != "unknown"]
    for found in shown:
        row = (found.path, found.kind, found.reason) if found.reason else (found.path, found.kind)
        print_text("\t".join(map(harmless, row)) + "\n", sys.stdout)
    return 0 if shown else 2
