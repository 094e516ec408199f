"""Runs the rules over a model: one pass, each node handed to the rules that look at its kind."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sifcheck.base.findings import Finding, Skipped
from sifcheck.base.source import Source, Span
from sifcheck.base.startup import NamedTuple
from sifcheck.definition.model import Definition, Section
from sifcheck.definition.readings import other_readings
from sifcheck.lint.completing import AuthorError, complete, concerned_by, internal
from sifcheck.lint.draft import Draft
from sifcheck.lint.rule import IN_FILES, Rule
from sifcheck.runtime.versions import FAMILY_NAMES, Target, families

if TYPE_CHECKING:
    from sifcheck.host.snapshot import Host
    from sifcheck.image.image import Image
    from sifcheck.job.model import JobScript
    from sifcheck.plan.model import Plan
    from sifcheck.shell import Script


class RuleContext(NamedTuple):
    """What lies outside the file: a rule asks for these by the name of a parameter.

    `folder` may hang on the file: then `read_folder` gives it, asked once for each file that a rule wants it for.
    """

    target: Target = Target()
    site: Any = None
    host: Any = None
    registry: Any = None
    folder: Any = None
    plan: Any = None
    options: Mapping[str, Any] = {}
    read_folder: Callable[[Definition | JobScript], Any] | None = None


_ENGINE = os.path.dirname(__file__)

# These stand among the arguments of a rule: for what each file has of its own, and for the machine that is looked at.
_OF_THE_FILE, _OF_THE_NODE = object(), object()


class RuleRunner:
    """The rules of a run, sorted by what they look at, ready to be run over many files.

    `active` are the codes of the rules that are run; `sure` those of them that would find the same with another target,
    and with all that they can do without: only of these can it be said that a suppression is of no use.  `wants_folder`:
    whether one of them asks what lies where the build starts, and somebody can tell; `wants_registry`: likewise of bases.
    `unanswered`: of each rule that found nothing about a machine and could not look, what it missed, and else the option
    that it takes.
    """

    def __init__(self, rules: Iterable[Rule], context: RuleContext) -> None:
        self.context = context
        self._rules = tuple(rules)
        self._readers: dict[Target, RuleRunner] = {}
        self.skipped: list[Skipped] = []
        self.unanswered: dict[str, tuple[str, str]] = {}
        self.active: set[str] = set()
        self.sure: set[str] = set()
        self.wants_folder = False
        self.wants_registry = False
        self._calls: dict[str, list[tuple[Rule, dict[str, Any]]]] = {}
        self._calls_in: dict[tuple[str, str], list[tuple[Rule, dict[str, Any]]]] = {}
        for rule in self._rules:
            if rule.runtimes is not None and not concerned_by(rule.runtimes, context.target):
                continue
            arguments = self._arguments(rule)
            if arguments is None or rule.function is None:
                continue
            self.active.add(rule.code)
            self.wants_folder = self.wants_folder or arguments.get("folder") is not None
            self.wants_registry = self.wants_registry or arguments.get("registry") is not None
            nodes = rule.nodes
            if rule.in_files and arguments.get("host") is _OF_THE_NODE:
                # Without a machine it has nothing to go by in files.
                self.skipped.append(Skipped(rule.code, f"needs {_NEEDS['host']}"))
                nodes = ("Host",)
            hangs_on_target = context.target.named and (rule.runtimes is not None or "target" in arguments)
            in_files = not IN_FILES.isdisjoint(nodes)
            if in_files and not hangs_on_target and None not in arguments.values():
                self.sure.add(rule.code)
            for node in nodes:
                self._calls.setdefault(node, []).append((rule, arguments))

    def calls_in(self, kind: str, place: str) -> list[tuple[Rule, dict[str, Any]]]:
        """The rules about one kind of node that look at scripts of a section, or of batch scripts (`job`)."""
        chosen = self._calls_in.get((kind, place))
        if chosen is None:
            chosen = [call for call in self._calls.get(kind, ()) if _looks_at(call[0], kind, place)]
            self._calls_in[kind, place] = chosen
        return chosen

    def _arguments(self, rule: Rule) -> dict[str, Any] | None:
        """What the rule asks for from outside; None, and listed as skipped, where something it needs is missing."""
        arguments = {}
        for name, required in rule.parameters:
            if name == "options":
                value = self.context.options.get(rule.code)
                if value is None and rule.options is not None:
                    value = rule.options()
            elif name == "folder" and self.context.folder is None and self.context.read_folder is not None:
                value = _OF_THE_FILE
            elif name == "host" and self.context.host is None and "Host" in rule.nodes:
                value = _OF_THE_NODE
            else:
                value = getattr(self.context, name)
            if value is None and required:
                self.skipped.append(Skipped(rule.code, f"needs {_NEEDS.get(name, name)}"))
                return None
            arguments[name] = value
        return arguments

    def check_definition(self, definition: Definition) -> list[Finding]:
        """All findings of the rules in a definition file, in the order of the file."""
        found = self._pass(definition)
        for target, again in other_readings(definition, self.context.target):
            # What is no more than told otherwise has been told.
            told = {(finding.code, finding.span) for finding in found}
            others = (finding for finding in self._reader_of(target)._pass(again) if _ends_build(finding))
            found += [
                _of_some(finding, target) for finding in others if (finding.code, finding.span) not in told
            ]
        return sorted(found, key=lambda one: (one.span, one.code))

    def _reader_of(self, target: Target) -> RuleRunner:
        """The same rules for those of the target's runtimes that read a file otherwise."""
        runner = self._readers.get(target)
        if runner is None:
            context = RuleContext(target=target, site=self.context.site, options=self.context.options)
            runner = self._readers[target] = RuleRunner(self._rules, context)
        return runner

    def _pass(self, definition: Definition) -> list[Finding]:
        walk = _FilePass(self, definition.source, definition)
        walk.visit("Definition", definition)
        for stage in definition.stages:
            walk.visit("Stage", stage)
            for field in stage.fields:
                walk.visit("HeaderField", field)
            for section in stage.sections:
                walk.visit("Section", section)
                if section.name in ("files", "appfiles"):
                    for copy in section.copies:
                        walk.visit("FileCopy", copy)
                if walk.wants_scripts and is_shell_script(section):
                    walk.visit_script(section.script, section.name)
        return walk.findings

    def check_job(self, job: JobScript) -> list[Finding]:
        """All findings of the rules in a batch script, in the order of the file."""
        walk = _FilePass(self, job.source, None)
        walk.job = job
        walk.visit("JobScript", job)
        for directive in job.directives if "Directive" in self._calls else ():
            walk.visit("Directive", directive)
        if "RuntimeCall" in self._calls:
            walk.visit_all("RuntimeCall", job.calls, "job")
        if walk.wants_scripts:
            walk.visit_script(job.script, "job")
        return sorted(walk.findings, key=lambda found: (found.span, found.code))

    def check_host(self, host: Host) -> list[Finding]:
        """All findings of the rules about a machine, in the order of their codes; they stand in no file."""
        from sifcheck.host.unanswered import UnansweredFacts, watched, why_not_known

        walk = _FilePass(self, None, None)
        reading = UnansweredFacts()
        seen = watched(host, reading)
        for rule, arguments in self._calls.get("Host", ()):
            own = {**arguments, "host": seen} if "host" in arguments else arguments
            reading.clear()
            found = len(walk.findings)
            walk._run(rule, own, seen, "Host")
            missed, option = why_not_known(reading)
            if found == len(walk.findings) and (missed or option):
                self.unanswered[rule.code] = missed, option
        about = [found._replace(subject="host") for found in walk.findings]
        return sorted(about, key=lambda found: found.code)

    def check_plan(self, plan: Plan) -> list[Finding]:
        """All findings of the rules about the plan of a build, in the order of their codes; they stand in no file."""
        walk = _FilePass(self, None, None)
        walk.visit("Plan", plan)
        about = [found._replace(subject="plan") for found in walk.findings]
        return sorted(about, key=lambda found: found.code)

    def check_image(self, image: Image) -> list[Finding]:
        """All findings of the rules about an image, in the order of their codes; they stand at the file as a whole."""
        walk = _FilePass(self, Source(image.path, b""), None)
        walk.visit("Image", image)
        return sorted(walk.findings, key=lambda found: found.code)


_SHELLS = frozenset("sh ash bash dash ksh mksh zsh busybox".split())

_NEEDS = {
    "host": "a snapshot of a machine (--host)",
    "site": "a site (--site)",
    "folder": "the folder where the build starts (--host, plan or build)",
    "registry": "a registry (--online)",
    "plan": "the plan of a build (build)",
}


@lru_cache(maxsize=64)
def is_shell_script(section: Section) -> bool:
    """Whether the body of a section is a script that a shell runs, and not Python or the like."""
    if not section.is_script:
        return False
    words = [word.rpartition("/")[2] for word in section.shell.split()]
    if words[:1] == ["env"]:
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    return not words or words[0] in _SHELLS


def _ends_build(finding: Finding) -> bool:
    """Whether a build fails for what was found, as far as that is known."""
    return finding.severity == "error" or finding.profile == "minimal"


def _of_some(finding: Finding, target: Target) -> Finding:
    """A finding that holds for those of the runtimes only that read the file otherwise, with their names."""
    message, named = finding.message, any(name in finding.message for name in FAMILY_NAMES.values())
    return finding._replace(
        message=message if named else f"{message} ({families(target.runtimes)})",
        severity=finding.severity if target.named else "info",
    )


class _FilePass:
    """One pass over one file."""

    def __init__(self, runner: RuleRunner, source: Source | None, definition: Definition | None) -> None:
        self.runner = runner
        self.source = source
        self.definition = definition
        self.job: JobScript | None = None
        self.findings: list[Finding] = []
        self.crashed: set[str] = set()
        self._folder: Any = None
        calls = runner._calls
        self.wants_scripts = any(kind in calls for kind in ("Script", "Command", "Assignment")) or any(
            rule.sections is None or rule.sections != {"job"} for rule, _ in calls.get("RuntimeCall", ())
        )

    def visit(self, kind: str, node: Any) -> None:
        for rule, arguments in self.runner._calls.get(kind, ()):
            self._run(rule, arguments, node, kind)

    def visit_script(self, script: Script, place: str) -> None:
        calls = self.runner._calls
        self.visit_all("Script", (script,), place)
        self.visit_all("Command", script.commands() if "Command" in calls else (), place)
        self.visit_all("Assignment", script.assignments if "Assignment" in calls else (), place)
        if place != "job" and self.runner.calls_in("RuntimeCall", place):
            from sifcheck.runtime.calls import calls_in

            self.visit_all("RuntimeCall", calls_in(script), place)

    def visit_all(self, kind: str, nodes: Iterable[Any], place: str) -> None:
        """Hand nodes of a script to the rules that look at scripts in that place."""
        chosen = self.runner.calls_in(kind, place)
        for node in nodes if chosen else ():
            for rule, arguments in chosen:
                self._run(rule, arguments, node, kind)

    def _with_folder(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments with what lies where this file's build, or this script, starts."""
        reader = self.runner.context.read_folder
        file = self.definition or self.job
        if self._folder is None and reader is not None and file is not None:
            self._folder = reader(file)
        return {**arguments, "folder": self._folder}

    def _run(self, rule: Rule, arguments: dict[str, Any], node: Any, kind: str) -> None:
        assert rule.function is not None
        try:
            if arguments and arguments.get("folder") is _OF_THE_FILE:
                arguments = self._with_folder(arguments)
            drafts: Any = rule.function(node, **arguments) if arguments else rule.function(node)
            if not drafts:
                return
            # Who finds one thing at most may `return` it in place of a `yield`.
            for draft in (drafts,) if isinstance(drafts, Draft) else drafts:
                found = complete(rule, draft, self.source, self.definition, self.runner.context.target)
                if found is not None:
                    self.findings.append(found)
        except Exception as error:  # noqa: BLE001 - a rule's mistake must not cost the findings of the others
            # It is as good as sure to fail on more of the file: said once, it is said.
            if rule.code not in self.crashed:
                self.crashed.add(rule.code)
                self.runner.sure.discard(rule.code)
                self.findings.append(self._crash(rule, node, kind, error))

    def _crash(self, rule: Rule, node: Any, kind: str, error: Exception) -> Finding:
        # Where the engine trips over what it was given, the author wants the line that gave it.
        place, trace = f"{rule.file}:{rule.line}", error.__traceback__
        while trace is not None:
            file = trace.tb_frame.f_code.co_filename
            if os.path.dirname(file) != _ENGINE:
                place = f"{file}:{trace.tb_lineno}"
            trace = trace.tb_next
        text = " ".join(str(error).split())
        why = text if isinstance(error, AuthorError) else f"{type(error).__name__}: {text} ({place})"
        span = getattr(node, "span", Span(0, 0))
        article = "an" if kind[0] in "AI" else "a"
        return internal("SIF900", self.source, span, code=rule.code, node=f"{article} {kind}", error=why)


def _looks_at(rule: Rule, kind: str, place: str) -> bool:
    """Whether a rule about nodes of scripts looks at those of a section, or of batch scripts (`job`)."""
    if rule.sections is None:
        return kind == "RuntimeCall" or place != "job"
    return place in rule.sections
