"""Checks one file from its bytes: read, run the rules, apply suppressions and the selection."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from sifcheck.base.findings import Finding
from sifcheck.base.source import Source
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.definition.model import Definition
from sifcheck.definition.reader import read_definition
from sifcheck.lint.completing import internal, place_in
from sifcheck.lint.internal import NOT_IGNORABLE
from sifcheck.lint.known_rules import RuleRegistry
from sifcheck.lint.run import RuleContext, RuleRunner, is_shell_script
from sifcheck.lint.selection import Selection
from sifcheck.lint.superseding import without_superseded
from sifcheck.lint.suppression import SuppressionPolicy, apply_suppressions

if TYPE_CHECKING:
    from sifcheck.host.snapshot import Host
    from sifcheck.image.image import Image
    from sifcheck.job.model import JobScript
    from sifcheck.lint.shellchecking import ShellChecking
    from sifcheck.plan.model import Plan
    from sifcheck.shell import Script

Kind = Literal["definition", "job"]
"""What a checker reads the files as."""


_SHELLCHECK = pattern(r"\bSC[0-9]{4}\b")


class Checker(NamedTuple):
    """All that stays the same over the files of a run of one kind.

    `shellcheck` is None where ShellCheck is not asked; `submit` is the command line that submits the batch scripts.
    """

    registry: RuleRegistry
    selection: Selection
    runner: RuleRunner
    policy: SuppressionPolicy
    build_arguments: Mapping[str, str]
    shellcheck: ShellChecking | None = None
    kind: Kind = "definition"
    submit: str = ""

    def read(self, source: Source) -> Definition | JobScript:
        """The definition file in a source, with the run's build arguments put in, or the batch script."""
        if self.kind == "definition":
            return read_definition(source, self.build_arguments, self.runner.context.target.reader)
        from sifcheck.job import read_job

        return read_job(source, self.submit)

    def check_definition(self, source: Source, ignored: frozenset[str] = frozenset()) -> list[Finding]:
        """The findings of one definition file or batch script that are to be shown, in the order of the file.

        `ignored` are codes that the configuration ignores for this file.  Raises OSError where ShellCheck is asked and
        fails.
        """
        read = self.read(source)
        if self.shellcheck is None:
            return self.check(read, ignored)
        answers = self.shellcheck.ask([read])
        return self.check(read, ignored, answers.by_file().get(id(source), ()))

    def check(
        self,
        read: Definition | JobScript,
        ignored: frozenset[str] = frozenset(),
        shellchecked: Iterable[Finding] = (),
    ) -> list[Finding]:
        """As `check_definition`, for a file that is read already and about which ShellCheck has answered."""
        return self.finish(read, self.find(read), ignored, shellchecked)

    def find(self, read: Definition | JobScript) -> list[Finding]:
        """What our own rules find, before suppressions and selection."""
        if isinstance(read, Definition):
            findings = self.runner.check_definition(read)
        else:
            findings = self.runner.check_job(read)
        if "SIF003" in self.selection.active:
            findings.extend(_unparsed(read) if isinstance(read, Definition) else _unparsed_job(read))
        return findings

    def finish(
        self,
        read: Definition | JobScript,
        findings: Iterable[Finding],
        ignored: frozenset[str] = frozenset(),
        shellchecked: Iterable[Finding] = (),
    ) -> list[Finding]:
        """The findings that are to be shown: those of ShellCheck put in, suppressions and selection applied, in order."""
        found = list(findings)
        ignored -= NOT_IGNORABLE
        active = (self.runner.active | _internal_active(self.selection.active)) - ignored
        if self.shellcheck is not None:
            found += [finding for finding in shellchecked if self.selection.takes(finding.code)]
            active = active | {"SC"}
        found = without_superseded(found, found)
        if ignored:
            found = [finding for finding in found if not _is_ignored(finding, ignored)]
        # Of a rule with a message left out nobody can say that a suppression is of no use.
        unsure = {word.partition(".")[0] for word in ignored}
        sure = (self.runner.sure - unsure) | self._shellchecked(read.source, ignored)
        found = apply_suppressions(found, read.source, read, self.registry, active, self.policy, sure)
        shown = [self._with_severity(finding) for finding in found if self.selection.shows(finding)]
        return sorted(shown, key=lambda finding: (finding.span, finding.code))

    def check_image(self, image: Image, ignored: frozenset[str] = frozenset()) -> list[Finding]:
        """The findings about an image that are to be shown; no comment can stand in it, so the options alone say which."""
        ignored -= NOT_IGNORABLE
        found = [finding for finding in self.runner.check_image(image) if not finding.is_in(ignored)]
        return [self._with_severity(finding) for finding in found if self.selection.shows(finding)]

    def check_plan(self, plan: Plan) -> list[Finding]:
        """The findings about the plan of a build that are to be shown."""
        found = self.runner.check_plan(plan)
        return [self._with_severity(finding) for finding in found if self.selection.shows(finding)]

    def check_host(self, host: Host) -> list[Finding]:
        """The findings about a machine that are to be shown."""
        found = self.runner.check_host(host)
        return [self._with_severity(finding) for finding in found if self.selection.shows(finding)]

    def _shellchecked(self, source: Source, ignored: frozenset[str]) -> set[str]:
        """The codes of ShellCheck in a file's text of which it has been heard whether they are found."""
        if self.shellcheck is None or self.shellcheck.failure is not None or "SC" not in source.text:
            return set()
        named = set(_SHELLCHECK.findall(source.text))
        return {code for code in named if self.selection.takes(code) and not _is_of_shellcheck(code, ignored)}

    def _with_severity(self, finding: Finding) -> Finding:
        level = self.selection.severity_of(finding)
        return finding if level is None else finding._replace(severity=level)


def make_checker(
    registry: RuleRegistry,
    selection: Selection,
    context: RuleContext,
    *,
    build_arguments: Mapping[str, str] | None = None,
    require_reason: bool = False,
    no_ignores: frozenset[str] = frozenset(),
    today: str | None = None,
    shellcheck: ShellChecking | None = None,
) -> Checker:
    """Put a run together: the selected rules, and what the configuration asks of suppressions."""
    rules = [rule for rule in registry if rule.function is not None and selection.runs(rule)]
    policy = SuppressionPolicy(today or time.strftime("%Y-%m-%d"), require_reason, no_ignores)
    return Checker(registry, selection, RuleRunner(rules, context), policy, build_arguments or {}, shellcheck)


def _is_ignored(finding: Finding, ignored: frozenset[str]) -> bool:
    return finding.is_in(ignored) or _is_of_shellcheck(finding.code, ignored)


def _is_of_shellcheck(code: str, ignored: frozenset[str]) -> bool:
    """Whether a code is one of ShellCheck's that some words mean, in full or by its beginning."""
    return code.startswith("SC") and any(word == code[: len(word)] for word in ignored)


@lru_cache(maxsize=8)
def _internal_active(active: frozenset[str]) -> frozenset[str]:
    return frozenset(code for code in active if code.startswith("SIF"))


def _unparsed(definition: Definition) -> list[Finding]:
    found = []
    for section in definition.sections():
        # A script that a `%` line cuts in the middle ends where nothing can end; the rules on sections say so.
        if not is_shell_script(section) or section.is_cut:
            continue
        found += [
            finding._replace(section=place_in(definition, finding.span.start)[0])
            for finding in _unparsed_script(section.script, definition.source, f"%{section.name}")
        ]
    return found


def _unparsed_job(job: JobScript) -> list[Finding]:
    shell = job.shell
    return [] if shell.endswith("csh") else _unparsed_script(job.script, job.source, "this file")


def _unparsed_script(script: Script, source: Source, place: str) -> list[Finding]:
    problem = script.refusal
    return (
        []
        if problem is None
        else [internal("SIF003", source, problem.span, section=place, why=problem.message)]
    )
