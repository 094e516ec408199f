"""`sifcheck doctor`: look at this machine, or at a saved one, and tell what would make a build fail on it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sifcheck.app.hosting import read_snapshot, settings_here, snapshot_here
from sifcheck.app.outcome import EXIT_CLEAN, UsageError, print_text, tell
from sifcheck.app.reporting import check_outputs, exit_code
from sifcheck.app.session import Session
from sifcheck.base.findings import Finding, Results, Skipped
from sifcheck.cli.parser import Parser
from sifcheck.config.layers import Configuration
from sifcheck.config.settings import Settings, add_flags
from sifcheck.host.snapshot import Host
from sifcheck.lint.plugins import load

if TYPE_CHECKING:
    from sifcheck.lint.check import Checker
    from sifcheck.report.machine import Check, Machine
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
    configuration = Configuration(vars(given), config=given.config, isolated=given.isolated, patience=0.7)
    return _run(given, configuration)


def make_parser() -> Parser:
    """The parser of the verb's arguments."""
    parser = Parser(
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


def _run(given: argparse.Namespace, configuration: Configuration) -> int:
    _check_use(given)
    settings = settings_here(configuration.for_folder())
    for note in dict.fromkeys(configuration.notes):
        tell(note)
    session = Session(configuration, load(rule_files=settings.rule_files))
    check_outputs(settings, session.loaded)
    saved = read_snapshot(given.saved) if given.saved else None
    if saved is not None:
        session.use_saved(saved)
    session.judges_machine = True
    site = session.site(settings)
    if given.job:
        from sifcheck.cli.job_lines import snapshot_job

        print_text(f"{snapshot_job(site)}\n", sys.stdout)
        return EXIT_CLEAN
    if given.compare:
        from sifcheck.cli.comparing_machines import compare

        return compare(given.compare, settings, configuration, session.loaded)
    host = saved or _snapshot(given, site)
    if settings.online:
        host = _with_registries(given, host, site)
    if given.redact:
        from sifcheck.host.redact import redact

        host = redact(host, keep=_kept_names(site))
    if given.save:
        _save(host, given.save)
        if given.save == "-":
            return EXIT_CLEAN
    checker = session.checker_of_machine(settings, host)
    findings = checker.check_host(host)
    if given.shell:
        _print_exports(host, findings, site)
    else:
        _report(given, settings, session, host, findings, checker)
    return exit_code(findings, settings)


def _print_exports(host: Host, findings: list[Finding], site: Site | None) -> None:
    from sifcheck.host.exports import export_lines, to_be_cured

    print_text("".join(f"{line}\n" for line in export_lines(host, to_be_cured(findings), site)), sys.stdout)


def _snapshot(given: argparse.Namespace, site: Site | None) -> Host:
    return snapshot_here(site, output=given.target_folder, writing=not given.no_write, timeout=given.timeout)


def _with_registries(given: argparse.Namespace, host: Host, site: Site | None) -> Host:
    """The machine with what registries answer it: Docker Hub, and the mirrors that the site has."""
    if given.saved:
        raise UsageError("--online: a saved machine asks nobody; save it with --online where it is")
    from sifcheck.app.registries import access_here
    from sifcheck.host.probes.registries import probe_registries

    mirrors = site.registries.mirrors if site is not None else ()
    hosts = [one.mirror.partition("://")[2] or one.mirror for one in mirrors if isinstance(one.mirror, str)]
    names = ["docker.io", *(host.partition("/")[0] for host in hosts)]
    access = access_here(building=False)._replace(seconds=given.timeout, bound=2 * given.timeout)
    return host._replace(network=host.network._replace(registries=probe_registries(names, access)))


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


def _report(
    given: argparse.Namespace,
    settings: Settings,
    session: Session,
    host: Host,
    findings: list[Finding],
    checker: Checker,
) -> None:
    from sifcheck.app.reporting import report

    skipped = [*checker.program.skipped, *_not_looked_at(checker)]
    quiet = _quiet_checks(session, findings, checker)
    passed = tuple(f"{check.code} {check.name}" for check in quiet if check.passed)
    results = Results(tuple(findings), tuple(skipped), 0, passed=passed)

    def face(color: bool, width: int) -> str:
        from sifcheck.report.machine import render_machine

        machine = _machine(given, session, settings, host, findings, checker)
        if settings.quiet:
            machine = machine._replace(brief=True)
        if given.saved and not sys.stdout.isatty():
            # Of a saved machine the report is the same wherever it is made, whatever $COLUMNS says.
            width = 120
        return render_machine(machine, color=color, width=width, verbose=given.verbose, plain=_is_plain())

    report(results, settings, session.loaded, sys.stdout, face=face)


def _not_looked_at(checker: Checker) -> list[Skipped]:
    """The checks that found nothing because what they ask is not known, or takes an option."""
    unanswered = checker.program.unanswered.items()
    return [
        Skipped(code, f"not known: {missed}" if missed else option) for code, (missed, option) in unanswered
    ]


def _quiet_checks(session: Session, findings: list[Finding], checker: Checker) -> list[Check]:
    """The checks of a machine that had nothing to say."""
    from sifcheck.report.machine import Check

    told = {finding.code for finding in findings}
    skipped = {entry.code: entry.why for entry in checker.program.skipped}
    unanswered = checker.program.unanswered
    return [
        Check(
            rule.code,
            rule.name,
            skipped.get(rule.code, "") or unanswered.get(rule.code, ("", ""))[1],
            unanswered.get(rule.code, ("", ""))[0],
        )
        for rule in session.loaded.registry
        if "Host" in rule.nodes
        and rule.code not in told
        and (rule.code in checker.program.active or rule.code in skipped)
    ]


def _is_plain() -> bool:
    """Whether standard output cannot show the marks and bars."""
    try:
        "✗·✓█░".encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _machine(
    given: argparse.Namespace,
    session: Session,
    settings: Settings,
    host: Host,
    findings: list[Finding],
    checker: Checker,
) -> Machine:
    from sifcheck.app.siting import about_elsewhere
    from sifcheck.host.overview import overview, size, unknown_facts
    from sifcheck.report.machine import Fact, Gauge, Machine

    seen = overview(host)
    facts = {
        group: [
            Fact(label, text, gauge and Gauge(*gauge, f"{size(gauge.used)} of {size(gauge.total)} used"))
            for label, text, gauge in rows
        ]
        for group, rows in seen.facts.items()
    }
    quiet = _quiet_checks(session, findings, checker)
    site = session.site(settings)
    named = [] if site is None else [f"site {site.name}{f', {site.role} nodes' if site.role else ''}"]
    if site is not None:
        named += about_elsewhere(site, host, saved=given.saved is not None)
    return Machine(seen.headline, "\n".join(named), facts, findings, quiet, list(unknown_facts(host)))
