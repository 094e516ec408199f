"""`sifcheck doctor`: look at this machine, or at a saved one, and tell what would make a build fail on it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sifcheck.app.context import HERE, Context, configuration_of
from sifcheck.app.doctor import JudgedMachine, judge, with_registries
from sifcheck.app.machine import read_snapshot, snapshot_here
from sifcheck.app.outcome import EXIT_CLEAN, EXIT_FINDINGS, UsageError, print_text, tell
from sifcheck.app.reporting import check_outputs, exit_code
from sifcheck.cli.parser import CommandParser
from sifcheck.config.settings import add_flags
from sifcheck.host.snapshot import Host

if TYPE_CHECKING:
    from sifcheck.site.model import Site

_EPILOG = """examples:
  sifcheck doctor
  sifcheck doctor --site fugaku:compute --save compute.json
  sifcheck doctor --from compute.json
  sifcheck doctor --online
  sifcheck doctor --compare login.json compute.json
  eval "$(sifcheck doctor --shell)"

exit codes: 0 nothing at or above the fail level, 1 something, 2 a snapshot could not be read, 3 wrong use or
configuration, 4 sifcheck itself failed
"""

# What of the settings bears on a machine.
_FLAGS = (
    "select extend_select ignore profile min_confidence severity fail_level site site_files online "
    "output_format outputs color quiet"
).split()


def run(words: Sequence[str]) -> int:
    """The verb; gives the exit code."""
    given = make_parser().parse(words)
    return _run(given, Context(configuration_of(given, patience=0.7), HERE, whole=True))


def make_parser() -> CommandParser:
    """The parser of the verb's arguments."""
    parser = CommandParser(
        prog="sifcheck doctor",
        description="Look at this machine, or at a saved one, and tell what would make a build fail on it.",
        epilog=_EPILOG,
    )
    machine = parser.add_argument_group("the machine")
    machine.add_argument(
        "--from", dest="saved", metavar="FILE", help="judge a saved snapshot (- is standard input)"
    )
    machine.add_argument("--save", metavar="FILE", help="save the snapshot as JSON (- is standard output)")
    machine.add_argument(
        "--redact", action="store_true", help="replace the names of people, groups, hosts and addresses in it"
    )
    machine.add_argument("--compare", nargs=2, metavar=("A", "B"), help="tell how two snapshots differ")
    machine.add_argument(
        "--target-folder", metavar="DIR", help="the folder that the image will be written to"
    )
    machine.add_argument(
        "--timeout",
        type=_seconds,
        default=2.0,
        metavar="SECONDS",
        help="how long to wait for what does not answer",
    )
    machine.add_argument("--no-write", action="store_true", help="try nothing out in any folder")
    shown = parser.add_argument_group("what is printed")
    shown.add_argument(
        "--verbose", action="store_true", help="name the checks that passed, and what is not known"
    )
    shown.add_argument(
        "--shell", action="store_true", help="print the exports that help, for a shell to evaluate"
    )
    shown.add_argument(
        "--job", action="store_true", help="print the line that saves a compute node's snapshot"
    )
    add_flags(parser, _FLAGS)
    parser.add_configuration()
    return parser


_LONGEST_WAIT = 3600.0


def _seconds(text: str) -> float:
    """A time to wait; raises ArgumentTypeError for what is none."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    # Also false for what is no number (nan).
    if not 0 < seconds <= _LONGEST_WAIT:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0 to {_LONGEST_WAIT:g}")
    return seconds


def _check_use(given: argparse.Namespace) -> None:
    """Raise UsageError for what would be left undone."""
    asked = [f"--{name}" for name in ("job", "compare", "shell") if getattr(given, name)]
    if len(asked) > 1:
        raise UsageError(f"{' and '.join(asked)}: one of them at a time")


def _run(given: argparse.Namespace, context: Context) -> int:
    _check_use(given)
    settings = context.settings
    for note in dict.fromkeys(context.configuration.notes):
        tell(note)
    check_outputs(settings, context.plugins)
    saved = read_snapshot(given.saved) if given.saved else None
    if saved is not None:
        context.use_saved(saved)
    context.judges_machine = True
    site = context.site(settings)
    if given.job:
        from sifcheck.app.snapshot_job import snapshot_job

        print_text(f"{snapshot_job(site)}\n", sys.stdout)
        return EXIT_CLEAN
    if given.compare:
        return _compare(given.compare, context)
    host = saved or snapshot_here(
        site, output=given.target_folder, writing=not given.no_write, timeout=given.timeout
    )
    if settings.online:
        if given.saved:
            raise UsageError("--online: a saved machine asks nobody; save it with --online where it is")
        host = with_registries(host, site, given.timeout)
    if given.redact:
        from sifcheck.host.redact import redact

        host = redact(host, keep=_kept_names(site))
    if given.save:
        _save(host, given.save)
        if given.save == "-":
            return EXIT_CLEAN
    judged = judge(context, host)
    if given.shell:
        _print_exports(judged)
    else:
        _report(given, context, judged, site)
    return exit_code(judged.findings, settings)


def _compare(paths: Sequence[str], context: Context) -> int:
    """Print how two saved machines differ; 0 if they do not, 1 if they do."""
    from sifcheck.app.doctor import compare_machines
    from sifcheck.app.machine_text import comparison_document, comparison_text

    settings = context.settings
    if settings.outputs or settings.output_format not in ("full", "json"):
        raise UsageError("--compare: there is text (`full`) and `json`, on standard output")
    comparison = compare_machines(context, *paths)
    as_json = settings.output_format == "json"
    print_text(comparison_document(comparison) if as_json else comparison_text(comparison), sys.stdout)
    same = not (comparison.only_first or comparison.only_second or comparison.facts)
    return EXIT_CLEAN if same else EXIT_FINDINGS


def _print_exports(judged: JudgedMachine) -> None:
    from sifcheck.host.exports import changes, export_line

    print_text("".join(f"{export_line(change)}\n" for change in changes(judged.findings)), sys.stdout)


def _save(host: Host, path: str) -> None:
    from sifcheck.base.writing import write_whole
    from sifcheck.host.saving import to_json

    text = to_json(host)
    if path == "-":
        print_text(text, sys.stdout)
        return
    try:
        # Who may read what is in it is for the user to say, who sends it.
        write_whole(path, text.encode("ascii"), mode=0o600)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    tell(f"saved in {path}")


def _kept_names(site: Site | None) -> tuple[str, ...]:
    """The names that say nothing of a person and that the site's rules look for."""
    required = site.group.fakeroot_requires if site is not None else None
    return (required,) if isinstance(required, str) else ()


def _report(given: argparse.Namespace, context: Context, judged: JudgedMachine, site: Site | None) -> None:
    from sifcheck.app.reporting import report

    def face(color: bool, width: int) -> str:
        from sifcheck.report.machine import render_machine

        machine = judged.overview(site, saved=given.saved is not None)
        if context.settings.quiet:
            machine = machine._replace(brief=True)
        if given.saved and not sys.stdout.isatty():
            # Of a saved machine the report is the same wherever it is made, whatever $COLUMNS says.
            width = 120
        return render_machine(machine, color=color, width=width, verbose=given.verbose, plain=_is_plain())

    report(judged.results(), context.settings, context.plugins, sys.stdout, face=face)


def _is_plain() -> bool:
    """Whether standard output cannot show the marks and bars."""
    try:
        "✗·✓█░".encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return True
    return False
