"""`sifcheck check`: look at definition files, batch scripts and images, and report what is wrong with them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sifcheck.app.check import CheckResult, check_inputs
from sifcheck.app.context import Context, configuration_of
from sifcheck.app.discover import Found, find_inputs
from sifcheck.app.outcome import EXIT_UNREADABLE, UsageError, print_text, tell
from sifcheck.app.reporting import check_apart, check_outputs, exit_code, report
from sifcheck.base.findings import EarlierRun
from sifcheck.cli.parser import CommandParser
from sifcheck.config.settings import Settings, add_flags

if TYPE_CHECKING:
    from sifcheck.app.fixing import FixRequest
    from sifcheck.lint.known_rules import RuleRegistry

_EPILOG = """examples:
  sifcheck check example.def
  sifcheck check --profile minimal --target apptainer-1.4 recipes/
  sifcheck check --output-format json example.def
  sifcheck check --output sarif:findings.sarif --output junit:findings.xml recipes/
  sifcheck check --baseline known.json --since origin/main recipes/
  sifcheck check --stdin-filename example.def - < example.def
  sifcheck check --site fugaku job.sh

exit codes: 0 clean, 1 findings at or above the fail level, 2 a named input could not be read or no file matched,
3 wrong use or configuration, 4 sifcheck itself failed
"""


def run(words: Sequence[str]) -> int:
    """The verb; gives the exit code."""
    given = make_parser().parse(words)
    if given.build_arg_file is not None:
        given.build_args = [*_arguments_in(given.build_arg_file), *(given.build_args or ())]
    return _run(given, Context(configuration_of(given)))


def _arguments_in(path: str) -> list[str]:
    """The build arguments in a file; those of the command line go before them.  Raises UsageError."""
    from sifcheck.base.text import error_text
    from sifcheck.runtime.argument_file import arguments_in_file

    try:
        with open(path, "rb") as file:
            return arguments_in_file(file.read(1 << 20))
    except (OSError, ValueError) as error:
        raise UsageError(f"--build-arg-file: {path}: {error_text(error)}") from None


def make_parser() -> CommandParser:
    """The parser of the verb's arguments."""
    parser = CommandParser(
        prog="sifcheck check",
        description="Check definition files, batch scripts and images, and folders for them.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files and folders; - is standard input (default: .)"
    )
    add_flags(parser)
    parser.add_argument(
        "--build-arg-file",
        metavar="FILE",
        help="build variables, NAME=VALUE lines as the runtime's option takes",
    )
    parser.add_argument(
        "--exit-zero",
        dest="fail_level",
        action="store_const",
        const="never",
        help="exit code 0 whatever is found (--fail-level never)",
    )
    fixing = parser.add_argument_group("fixing")
    fixing.add_argument("--fix", action="store_true", help="apply the safe fixes to the files")
    fixing.add_argument(
        "--unsafe-fixes",
        action="store_true",
        help="with --fix apply, with --diff show those too that may change what a script does",
    )
    fixing.add_argument(
        "--diff",
        action="store_true",
        help="print a patch of what the fixes would change; report and change nothing",
    )
    fixing.add_argument(
        "--add-ignore", metavar="REASON", help="add a suppression with this reason for each finding"
    )
    parser.add_argument(
        "--write-baseline", metavar="FILE", help="take all findings as known: write them to a baseline"
    )
    parser.add_argument(
        "--since", metavar="REV", help="report only findings on lines changed since a revision of git"
    )
    parser.add_argument(
        "--earlier", metavar="FILE", help="tell what changed since the JSON report of an earlier run (html)"
    )
    parser.add_configuration()
    parser.add_argument(
        "--show-settings", action="store_true", help="print the settings and where they come from"
    )
    parser.add_argument("--show-files", action="store_true", help="print the files that would be checked")
    parser.add_argument(
        "--submit",
        metavar="COMMAND",
        help="the command line that submits the batch scripts, as 'pjsub -g GROUP'",
    )
    parser.add_argument(
        "--stdin-filename", metavar="NAME", help="the name that standard input is reported under"
    )
    return parser


def _run(given: argparse.Namespace, context: Context) -> int:
    settings = context.settings
    context.submit = _submit_line(given.submit)
    if settings.online:
        from sifcheck.app.registries import RegistryReader, access_here

        context.registries = RegistryReader(access_here(building=False), quiet=bool(settings.quiet))
    _refuse_unready(given, settings)
    # Wrong settings are wrong use even where no file is looked at.
    context.checker(settings)
    check_outputs(settings, context.plugins)
    if given.show_settings:
        return _show_settings(settings, context)
    inputs = _inputs(given, settings, context)
    if given.show_files:
        return _show_files(inputs)
    request = _fix_request(given, context.plugins.registry, quiet=bool(settings.quiet))
    earlier = _read_earlier(given.earlier)
    check_apart(settings, [given.write_baseline] if given.write_baseline else [], _paths(inputs))
    done = _check(given, context, inputs, request)
    for note in dict.fromkeys(context.configuration.notes):
        print(f"sifcheck: {note}", file=sys.stderr)
    beside = request is not None and request.takes_output(any(found.path == "-" for found in inputs))
    stream = sys.stderr if beside else sys.stdout
    patch_alone = request is not None and request.patch_alone
    report(done.results._replace(earlier=earlier), settings, context.plugins, None if patch_alone else stream)
    if patch_alone and done.results.findings and not settings.quiet:
        number = len(done.results.findings)
        tell(f"{number} finding{'s' * (number != 1)} in all: --diff shows only what the fixes change")
    return _exit_code(done, settings)


def _check(
    given: argparse.Namespace, context: Context, inputs: list[Found], request: FixRequest | None
) -> CheckResult:
    """Check the files, and leave out what is known or unchanged."""
    settings = context.settings
    if given.write_baseline is not None:
        return _check_and_write_baseline(given, context, inputs, request)
    if not settings.baseline and given.since is None:
        return check_inputs(context, inputs, given.stdin_filename, request)
    from sifcheck.app.comparing import start_comparing, told_stale, told_without_shellcheck
    from sifcheck.lint.changed_lines import ChangesError

    comparing = start_comparing(settings.baseline, given.since, _paths(inputs))
    try:
        done = check_inputs(context, inputs, given.stdin_filename, request, comparing)
    except ChangesError as error:
        raise UsageError(f"--since: {error}") from None
    if comparing.unexpected_shellcheck and not settings.quiet:
        tell(told_without_shellcheck(settings.baseline, comparing.unexpected_shellcheck))
    stale = comparing.stale(done.checked)
    if stale and not settings.quiet:
        tell(told_stale(settings.baseline, stale))
    return done._replace(results=done.results._replace(left_out=comparing.left_out(len(stale))))


def _check_and_write_baseline(
    given: argparse.Namespace, context: Context, inputs: list[Found], request: FixRequest | None
) -> CheckResult:
    from sifcheck.app.comparing import old_baseline, write_baseline

    if request is not None or given.since is not None:
        raise UsageError("--write-baseline goes without --fix, --diff, --add-ignore and --since")
    path = given.write_baseline
    old = old_baseline(path)
    done = check_inputs(context, inputs, given.stdin_filename)
    results, count = write_baseline(path, old, done.results, done.checked)
    if not context.settings.quiet:
        tell(f"{path}: {count} finding{'s' * (count != 1)} written as known")
    return done._replace(results=results)


def _read_earlier(path: str | None) -> EarlierRun | None:
    if path is None:
        return None
    from sifcheck.app.comparing import read_earlier

    return read_earlier(path)


def _submit_line(given: str | None) -> str:
    """The command line of `--submit`; raises UsageError for one of no scheduler that is known."""
    if given is None:
        return ""
    from sifcheck.job.reader import SUBMITTERS

    program = (given.split() or [""])[0].rpartition("/")[2]
    if program not in SUBMITTERS:
        raise UsageError(f"--submit: begin with {', '.join(SUBMITTERS)}, as in --submit 'pjsub -g GROUP'")
    return given


def _paths(inputs: Iterable[Found]) -> list[str]:
    return [found.path for found in inputs if found.path != "-"]


def _refuse_unready(given: argparse.Namespace, settings: Settings) -> None:
    """Refuse what cannot be done, or not yet, rather than take it and do nothing."""
    if settings.host == "-" and ("-" in given.paths or (given.stdin_filename and not given.paths)):
        raise UsageError("--host: standard input cannot hold a snapshot and a definition file")


def _fix_request(given: argparse.Namespace, registry: RuleRegistry, *, quiet: bool) -> FixRequest | None:
    """What is to be done to the files; None where they are only checked.  Raises UsageError."""
    fix, reason = given.fix, given.add_ignore
    if reason is not None:
        from sifcheck.lint.ignoring import reason_fault

        if fix:
            raise UsageError("--add-ignore goes without --fix: fix what can be fixed first")
        fault = reason_fault(reason, registry)
        if fault is not None:
            raise UsageError(f"--add-ignore: {fault}")
    elif not fix and not given.diff:
        if given.unsafe_fixes and not quiet:
            tell("--unsafe-fixes changes nothing by itself: add --fix or --diff")
        return None
    from sifcheck.app.fixing import FixRequest

    # Who asks for a patch reads a patch; who asks for a format besides gets both.
    return FixRequest(given.unsafe_fixes, given.diff, reason, given.diff and given.output_format is None)


def _inputs(given: argparse.Namespace, settings: Settings, context: Context) -> list[Found]:
    paths = given.paths or ([] if given.stdin_filename else ["."])
    inputs: list[Found] = []
    if "-" in paths or (not paths and given.stdin_filename):
        inputs.append(Found("-", "definition", True, ""))
    named = [path for path in paths if path != "-"]
    return inputs + find_inputs(named, exclude=settings.exclude, contents=context.sources.contents)


def _exit_code(done: CheckResult, settings: Settings) -> int:
    if done.unreadable:
        return EXIT_UNREADABLE
    if done.results.files == 0:
        print("sifcheck: no file to check was found", file=sys.stderr)
        return EXIT_UNREADABLE
    return exit_code(done.results.findings, settings)


def _show_settings(settings: Settings, context: Context) -> int:
    from sifcheck.config.settings import shown_settings

    rows = shown_settings(settings)
    width = max(len(key) for key, _, _ in rows)
    for key, value, origin in rows:
        print(f"{key:{width}} = {value}" + ("" if origin == "default" else f"  # {origin}"))
    checker = context.checker(settings)
    if settings.site != "none":
        from sifcheck.app.machine import shown_site

        print(f"\n{shown_site(context.site(settings), settings.site, checker.runner.context.target)}")
    print(f"\nrules that run ({len(checker.runner.active)}): {' '.join(sorted(checker.runner.active))}")
    for entry in checker.runner.skipped:
        print(f"skipped: {entry.code} {entry.why}")
    return 0


def _show_files(inputs: Iterable[Found]) -> int:
    from sifcheck.base.text import escape

    shown = [
        found
        for found in inputs
        if found.kind != "unknown" and (found.named or found.kind not in ("image", "sandbox"))
    ]
    for found in shown:
        row = (found.path, found.kind, found.reason) if found.reason else (found.path, found.kind)
        print_text("\t".join(map(escape, row)) + "\n", sys.stdout)
    return 0 if shown else 2
