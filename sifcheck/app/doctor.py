"""What `sifcheck doctor` learns: a machine judged, the checks that had nothing to say, how two saved machines differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.app.context import HERE, Context
from sifcheck.app.machine import about_elsewhere, read_snapshot
from sifcheck.base.findings import SEVERITIES, Finding, Results, Skipped
from sifcheck.base.startup import NamedTuple
from sifcheck.host.snapshot import Host

if TYPE_CHECKING:
    from sifcheck.config.layers import Configuration
    from sifcheck.host.comparing import SnapshotDifference
    from sifcheck.lint.check import Checker
    from sifcheck.lint.plugins import Loaded
    from sifcheck.lint.run import RuleRunner
    from sifcheck.report.machine import Check, Machine
    from sifcheck.site.model import Site


class JudgedMachine(NamedTuple):
    """A machine, what the rules find about it, the rules that looked, and those of them that had nothing to say."""

    context: Context
    host: Host
    findings: list[Finding]
    checker: Checker
    quiet: list[Check]

    def results(self) -> Results:
        """What a report says of it: the findings, what was not looked at, and the checks that passed."""
        checker = self.checker
        not_known = [
            Skipped(code, f"not known: {missed}" if missed else option)
            for code, (missed, option) in checker.runner.unanswered.items()
        ]
        passed = tuple(f"{check.code} {check.name}" for check in self.quiet if check.passed)
        skipped = (*checker.runner.skipped, *not_known)
        return Results(tuple(self.findings), skipped, 0, passed=passed)

    def overview(self, site: Site | None, *, saved: bool) -> Machine:
        """The machine as the text report shows it."""
        from sifcheck.host.overview import overview, unknown_facts
        from sifcheck.report.machine import Machine

        seen = overview(self.host)
        named = [] if site is None else [f"site {site.name}{f', {site.role} nodes' if site.role else ''}"]
        if site is not None:
            named += about_elsewhere(site, self.host, saved=saved)
        unknown = list(unknown_facts(self.host))
        return Machine(seen.headline, "\n".join(named), seen.facts, self.findings, self.quiet, unknown)


def judge(context: Context, host: Host) -> JudgedMachine:
    """What is found about a machine.  Raises SettingsError and UsageError."""
    checker = context.machine_checker(context.settings, host)
    findings = checker.check_host(host)
    return JudgedMachine(context, host, findings, checker, _quiet_checks(context, checker.runner, findings))


def _quiet_checks(context: Context, runner: RuleRunner, findings: list[Finding]) -> list[Check]:
    """The checks that had nothing to say."""
    from sifcheck.report.machine import Check

    told = {finding.code for finding in findings}
    skipped = {entry.code: entry.why for entry in runner.skipped}
    unanswered = runner.unanswered
    return [
        Check(
            rule.code,
            rule.name,
            skipped.get(rule.code, "") or unanswered.get(rule.code, ("", ""))[1],
            unanswered.get(rule.code, ("", ""))[0],
        )
        for rule in context.plugins.registry
        if "Host" in rule.nodes
        and rule.code not in told
        and (rule.code in runner.active or rule.code in skipped)
    ]


def with_registries(host: Host, site: Site | None, timeout: float) -> Host:
    """This machine with what registries answer it: Docker Hub, and the mirrors that the site has."""
    from sifcheck.app.registries import access_here
    from sifcheck.host.probes.registries import probe_registries

    mirrors = site.registries.mirrors if site is not None else ()
    hosts = [one.mirror.partition("://")[2] or one.mirror for one in mirrors if isinstance(one.mirror, str)]
    names = ["docker.io", *(host.partition("/")[0] for host in hosts)]
    access = access_here(building=False)._replace(seconds=timeout, bound=2 * timeout)
    return host._replace(network=host.network._replace(registries=probe_registries(names, access)))


# -- two saved machines


class SavedMachine(NamedTuple):
    """A saved machine, and what the rules find about it."""

    path: str
    host: Host
    findings: list[Finding]

    @property
    def name(self) -> str:
        """What the reader calls it."""
        return f"{self.path} ({self.host.platform.host_name})"


class Comparison(NamedTuple):
    """What was found on one of two machines only, what on both, and the facts that differ."""

    first: SavedMachine
    second: SavedMachine
    only_first: list[Finding]
    only_second: list[Finding]
    both: list[Finding]
    facts: list[SnapshotDifference]


def compare_machines(context: Context, first_path: str, second_path: str) -> Comparison:
    """How two saved machines differ.  Raises UnreadableSnapshotError."""
    from sifcheck.host.comparing import differences

    first, second = (
        _saved_machine(path, context.configuration, context.plugins) for path in (first_path, second_path)
    )
    there, here = set(map(_words, second.findings)), set(map(_words, first.findings))
    return Comparison(
        first,
        second,
        [one for one in first.findings if _words(one) not in there],
        [one for one in second.findings if _words(one) not in here],
        [one for one in first.findings if _words(one) in there],
        differences(first.host, second.host),
    )


def _saved_machine(path: str, configuration: Configuration, plugins: Loaded) -> SavedMachine:
    # Each has a site of its own: the signs of a machine tell it, or what kind of node it is.
    context = Context(configuration, HERE, plugins=plugins)
    host = read_snapshot(path)
    context.use_saved(host)
    findings = judge(context, host).findings
    return SavedMachine(path, host, sorted(findings, key=lambda one: -SEVERITIES.index(one.severity)))


def _words(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.severity, finding.message
