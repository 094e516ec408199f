"""The files of one call of `sifcheck check`: read, checked with the settings that hold for each, fixed if asked for."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sifcheck.app.checkers import Input
from sifcheck.app.discover import Found, find_inputs
from sifcheck.app.kinds import HEAD_SIZE, kind_of
from sifcheck.app.outcome import tell
from sifcheck.base.findings import Finding, Related, Results
from sifcheck.base.source import Source, Span
from sifcheck.base.startup import NamedTuple
from sifcheck.definition.model import Definition
from sifcheck.lint.check import Checker, Kind
from sifcheck.lint.completing import internal

if TYPE_CHECKING:
    from sifcheck.app.comparing import Comparing
    from sifcheck.app.context import Context
    from sifcheck.app.fixing import FixRequest
    from sifcheck.app.images import CheckedImage
    from sifcheck.app.job_plans import JobPlanner
    from sifcheck.config.settings import Settings
    from sifcheck.job.model import JobScript
    from sifcheck.lint.selection import Reported
    from sifcheck.runtime.call import RuntimeCall

# So many files are held at a time, 90 KB each.
BATCH = 1_000


class CheckResult(NamedTuple):
    """What one call found: all findings, whether something that was named could not be read, and what was checked how."""

    results: Results
    unreadable: bool
    checked: dict[str, Checker]


def check_inputs(
    context: Context,
    inputs: Iterable[Found],
    stdin_name: str | None = None,
    request: FixRequest | None = None,
    comparing: Comparing | None = None,
) -> CheckResult:
    """Check all files, and fix them if that is requested; what cannot be read is a finding.

    Of the findings only those are given that `comparing` keeps.
    """
    check = _Check(context, comparing)
    for found in inputs:
        check.take(found, stdin_name)
    if request is not None:
        check.fix(request)
    else:
        check.take_what_scripts_name()
        check.check_all()
    if context.shellcheck is not None and context.shellcheck.failure is not None:
        tell(f"ShellCheck was left out: it failed: {context.shellcheck.failure}")
    if context.registries is not None:
        context.registries.tell_not_learnt()
    read = check.read
    skipped = dict.fromkeys(entry for one in read for entry in one.checker.runner.skipped)
    check.checked.update({one.source.path: one.checker for one in read})
    results = Results(tuple(check.findings), tuple(skipped), check.others + len(read))
    return CheckResult(results, check.unreadable, check.checked)


class _Check:
    """What was found so far, the files still to be checked, and how many others there are."""

    def __init__(self, context: Context, comparing: Comparing | None) -> None:
        self.context = context
        self.comparing = comparing
        self.findings = [
            internal("SIF901", None, Span(0, 0), plugin=problem.plugin, why=problem.why)._replace(
                subject="plugin"
            )
            for problem in context.plugins.registry.problems
        ]
        self.read: list[Input] = []
        self.checked: dict[str, Checker] = {}
        self.others = 0
        self.unreadable = False
        self.planner: JobPlanner | None = None

    # -- reading

    def take(self, found: Found, stdin_name: str | None) -> None:
        """Read one of the files, or say why it is not; an image, of which single places are read, is checked at once."""
        name = (stdin_name or "<stdin>") if found.path == "-" else found.path
        settings = self.context.settings_for("" if name == "<stdin>" else name)
        if found.kind == "unknown" and found.named:
            guess = f": {found.reason}" if found.reason else ""
            self.findings.append(internal("SIF002", Source(name, b""), Span(0, 0), path=name, guess=guess))
            self.others += 1
        elif found.kind in ("image", "sandbox") and found.named:
            image = self._image(name, settings)
            self.findings.extend(image.findings)
            self.unreadable = self.unreadable or not image.checked
        elif found.kind in ("definition", "job", "unreadable"):
            source = self.context.sources.read(found, name)
            if isinstance(source, str):
                self.findings.append(internal("SIF001", Source(name, b""), Span(0, 0), path=name, why=source))
                self.unreadable = self.unreadable or found.named
                return
            checker = self.context.checker(settings, _kind(found, source))
            ignored = self.context.ignored(settings, name)
            self.read.append(Input(source, checker, ignored, found.path == "-"))

    def take_what_scripts_name(self) -> None:
        """Check the images that the batch scripts run, and read the definition files that they build."""
        jobs = [one for one in self.read if one.checker.kind == "job" and one.source.path != "<stdin>"]
        parsed = (self.context.sources.parse(one.source, one.checker) for one in jobs)
        scripts = [file for file in parsed if not isinstance(file, Definition)]
        if scripts:
            from sifcheck.app.named_by_jobs import definitions_beside, images_beside

            for path, by, _ in images_beside(scripts, self.checked):
                self._image_of_job(path, by)
            places = {os.path.realpath(one.source.path): number for number, one in enumerate(self.read)}
            for path, by, call in definitions_beside(scripts):
                number = places.get(os.path.realpath(path))
                if number is not None:
                    self.read[number] = self.read[number]._replace(call=call)
                else:
                    self._definition_of_job(path, by, call)

    def _image_of_job(self, path: str, by: Related) -> None:
        if find_inputs([path])[0].kind in ("image", "sandbox"):
            image = self._image(path, self.context.settings_for(path), definition=False)
            self.findings += [one._replace(related=(*one.related, by)) for one in image.findings]

    def _definition_of_job(self, path: str, by: Related, call: RuntimeCall) -> None:
        """Read a definition file that a script builds."""
        source = self.context.sources.read(Found(path, "definition", False, ""), path)
        if not isinstance(source, str):
            settings = self.context.settings_for(path)
            ignored = self.context.ignored(settings, path)
            self.read.append(
                Input(source, self.context.checker(settings), ignored, named_by=(by,), call=call)
            )

    def _image(self, name: str, settings: Settings, *, definition: bool = True) -> CheckedImage:
        """Check an image, and if `definition` what its author wrote to build it."""
        from sifcheck.app.images import check_image

        checkers = self.context.image_checkers(settings)
        ignored = self.context.ignored(settings, name)

        def check_definition(source: Source) -> Iterable[Finding]:
            return self._batch([Input(source, checkers.definition, ignored)]) if definition else ()

        keep = self._keep(checkers.image)
        here = settings.host == "auto"
        image = check_image(name, checkers, ignored, keep, check_definition, quiet=settings.quiet, here=here)
        self.checked.update(image.checked)
        self.others += bool(image.checked)
        return image

    # -- checking

    def fix(self, request: FixRequest) -> None:
        """Fix the files that were read, one after the other."""
        from sifcheck.app.fixing import carry_out

        if self.context.registries is not None:
            self._ask_registries(
                self.read, [self.context.sources.parse(one.source, one.checker) for one in self.read]
            )
        for one in self.read:
            self.findings += carry_out(request, one, self._keep(one.checker))

    def check_all(self) -> None:
        """Check the files that were read."""
        for start in range(0, len(self.read), BATCH):
            self.findings.extend(self._batch(self.read[start : start + BATCH]))
            if len(self.read) > BATCH:
                self.context.sources.forget_parsed()
                gc.collect()

    def _keep(self, checker: Checker) -> Reported:
        return _everything if self.comparing is None else self.comparing.keep(checker)

    def _batch(self, read: list[Input]) -> Iterable[Finding]:
        context = self.context
        files = [context.sources.parse(one.source, one.checker) for one in read]
        for one, file in zip(read, files, strict=True):
            if isinstance(file, Definition):
                file.call = one.call
                file.asked_arguments = self._asked_arguments(one)
        wants_folder = [
            file
            for one, file in zip(read, files, strict=True)
            if one.checker.runner.wants_folder
            and one.checker.runner.context.read_folder is not None
            and isinstance(file, Definition)
        ]
        if wants_folder:
            # Before ShellCheck is started: what does not answer would hold on to its pipes.
            context.folders.prefetch(wants_folder)
        asked = [file for one, file in zip(read, files, strict=True) if one.checker.shellcheck is not None]
        answers = context.shellcheck.ask(asked) if context.shellcheck is not None and asked else None
        self._ask_registries(read, files)
        # ShellCheck works on meanwhile; its answers are fetched when our own rules are done.
        found = [one.checker.find(file) for one, file in zip(read, files, strict=True)]
        for file, findings in zip(files, found, strict=True):
            if not isinstance(file, Definition) and file.source.path != "<stdin>":
                findings += self._planned_in(file)
        said = answers.by_file() if answers is not None else {}
        for one, file, findings in zip(read, files, found, strict=True):
            shown = one.checker.finish(file, findings, one.ignored, said.get(id(one.source), ()))
            for finding in self._keep(one.checker)(shown):
                yield finding._replace(related=finding.related + one.named_by) if one.named_by else finding

    def _asked_arguments(self, one: Input) -> frozenset[str]:
        """The build arguments that are meant for a file: those of the command line, if it is the only one."""
        if self.context.judges_call or len(self.read) > 1:
            return frozenset()
        settings = self.context.settings_for(one.source.path)
        given = settings.origin("build_args").layer == "flag"
        return frozenset(settings.build_args) if given else frozenset()

    def _planned_in(self, job: JobScript) -> Iterable[Finding]:
        """What the plans of the builds in a batch script say."""
        if not any(call.subcommand in ("build", "pull") for call in job.calls):
            return ()
        from sifcheck.app.job_plans import JobPlanner

        self.planner = self.planner or JobPlanner(self.context)
        return self.planner.findings(job)

    def _ask_registries(self, read: list[Input], files: list[Definition | JobScript]) -> None:
        """Ask what the bases of these files are, all at once for each processor."""
        if self.context.registries is None:
            return
        asking: dict[str | None, list[Definition]] = {}
        for one, file in zip(read, files, strict=True):
            runner = one.checker.runner
            if runner.wants_registry and isinstance(file, Definition):
                asking.setdefault(runner.context.target.architecture, []).append(file)
        for architecture, definitions in asking.items():
            self.context.registries.prefetch(definitions, architecture)


def _everything(findings: list[Finding]) -> list[Finding]:
    return findings


def _kind(found: Found, source: Source) -> Kind:
    """What a file is read as; standard input is looked at, for no folder told what it is."""
    if found.path != "-":
        return "job" if found.kind == "job" else "definition"
    name = "" if source.path == "<stdin>" else source.path
    return "job" if kind_of(name, source.data[:HEAD_SIZE]) == "job" else "definition"
