"""The files of one call of `sifcheck check`: read, checked with the settings that hold for each, mended if wished."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sifcheck.app.checkers import checker_of, ignored_in
from sifcheck.app.comparing import Comparing
from sifcheck.app.discover import HEAD_SIZE, Found, find_inputs, kind_of
from sifcheck.app.fixing import Wish
from sifcheck.app.outcome import tell
from sifcheck.base.findings import Finding, Related, Results
from sifcheck.base.source import Source, Span
from sifcheck.base.startup import NamedTuple
from sifcheck.config.layers import Configuration
from sifcheck.config.settings import Settings, SettingsError
from sifcheck.definition.model import Definition
from sifcheck.lint.check import Checker, Kind
from sifcheck.lint.plugins import Loaded
from sifcheck.lint.run import internal

if TYPE_CHECKING:
    from sifcheck.app.images import ImageCheckers, Looked
    from sifcheck.app.planned_jobs import JobPlanner
    from sifcheck.app.registries import RegistryReader
    from sifcheck.host.snapshot import Host
    from sifcheck.job.model import JobScript
    from sifcheck.lint.shellchecking import Answers, ShellChecking
    from sifcheck.plan.model import Plan
    from sifcheck.runtime.call import RuntimeCall
    from sifcheck.site.model import Site
    from sifcheck.workspace.folder import FolderReader

# No parser of a runtime holds a section of more than 64 KiB; a definition file of this size is none.
SIZE_LIMIT = 8 * 1024 * 1024
# So many files are held at a time, 90 KB each.
BATCH = 1_000


class Run(NamedTuple):
    """What one call found: all findings, whether something that was named could not be read, and what was checked how."""

    results: Results
    unreadable: bool
    checked: dict[str, Checker]


class Session:
    """The files of one call, checked one after the other; files of the same settings share a checker."""

    def __init__(self, configuration: Configuration, loaded: Loaded) -> None:
        self.configuration = configuration
        self.loaded = loaded
        self.shellcheck: ShellChecking | None = None
        self.submit = ""
        """The command line that submits the batch scripts, as far as somebody told it."""
        self.registries: RegistryReader | None = None
        """What asks registries; None where none is asked."""
        self.judges_machine = False
        """Whether it is a machine that is looked at, as `doctor` does it: its signs then tell a site's kind of node."""
        self._looked = False
        self._checkers: dict[tuple[int, Kind], tuple[Settings, Checker]] = {}
        self._image_checkers: dict[int, tuple[Settings, ImageCheckers]] = {}
        self._sites: dict[tuple[str, tuple[str, ...], str], Site | None] = {}
        self._hosts: dict[str, Host | None] = {}
        self._saved: Host | None = None
        self._folders: FolderReader | None = None
        self._planner: JobPlanner | None = None

    def checker(self, settings: Settings, kind: Kind = "definition") -> Checker:
        """The checker for some settings and one kind of file.

        The rules about batch scripts are taken with the first one, and those about machines with the first machine: some
        of them look at files too.
        """
        key = (id(settings), kind)
        if key not in self._checkers:
            if settings.host != "none":
                self.loaded.registry.complete("host")
            if kind == "job":
                self.loaded.registry.complete("job")
            checker = checker_of(
                settings,
                self.loaded,
                self.site(settings),
                self.host(settings),
                self._folder_reader(settings),
                registries=self.registries,
            )._replace(kind=kind, submit=self.submit)
            if not settings.no_shellcheck and checker.selection.takes_any_shellcheck:
                checker = checker._replace(shellcheck=self._find_shellcheck(settings))
            self._checkers[key] = (settings, checker)
        return self._checkers[key][1]

    def ignored(self, settings: Settings, path: str) -> frozenset[str]:
        """The codes that the settings leave out in one file (`per-file-ignores`)."""
        return ignored_in(settings, path, self.loaded)

    def checker_of_machine(self, settings: Settings, host: Host | None, plan: Plan | None = None) -> Checker:
        """The checker of the rules about a machine, and about the plan of a build, which may be for none.

        With `plan` the rules about the machine judge it for that build.
        """
        left_out = settings._replace(ignore=(*settings.ignore, *settings.host_ignore))
        return checker_of(left_out, self.loaded, self.site(settings), host, plan=plan)

    def image_checkers(self, settings: Settings) -> ImageCheckers:
        """The checkers of images, and of the definition files in them: these were built, no machine has a say any more."""
        if id(settings) not in self._image_checkers:
            from sifcheck.app.images import ImageCheckers

            self.loaded.registry.complete("image")
            own = checker_of(settings, self.loaded, self.site(settings), self.host(settings))
            inner = checker_of(settings, self.loaded, self.site(settings))._replace(build_arguments={})
            if not settings.no_shellcheck and inner.selection.takes_any_shellcheck:
                inner = inner._replace(shellcheck=self._find_shellcheck(settings))
            self._image_checkers[id(settings)] = (settings, ImageCheckers(own, inner))
        return self._image_checkers[id(settings)][1]

    def site(self, settings: Settings) -> Site | None:
        """The site of some settings; raises SettingsError for one that is not there."""
        if settings.site == "none":
            return None
        asked = (settings.site, settings.site_files, settings.host)
        if asked not in self._sites:
            from sifcheck.app.siting import chosen_site, known_sites
            from sifcheck.config.settings import SettingsProblem
            from sifcheck.site.reader import SiteError

            try:
                offered = known_sites(settings, self.loaded)
                judged = self.judges_machine or self._saved is not None or settings.host != "none"
                saved = self._saved_host(settings)
                self._sites[asked] = chosen_site(settings.site, offered, saved, judged=judged)
            except SiteError as error:
                origin = settings.origin("site")
                raise SettingsError(
                    SettingsProblem(str(problem), origin) for problem in error.problems
                ) from None
        return self._sites[asked]

    def host(self, settings: Settings) -> Host | None:
        """The machine of some settings, looked at once; raises UnreadableSnapshotError for a file that holds none."""
        if settings.host == "none":
            return None
        if settings.host not in self._hosts:
            from sifcheck.app.hosting import chosen_host

            site = self.site(settings) if settings.host == "auto" else None
            self._hosts[settings.host] = chosen_host(settings.host, site)
        return self._hosts[settings.host]

    def use_saved(self, host: Host) -> None:
        """Take a snapshot of another machine, whose signs tell the site."""
        self._saved = host

    def _saved_host(self, settings: Settings) -> Host | None:
        """The saved machine that is judged; None where it is this one, or none."""
        if self._saved is not None or ":" in settings.site or settings.host in ("none", "auto"):
            return self._saved
        return self.host(settings)

    def use_host(self, host: Host) -> None:
        """Take a snapshot that was made already as this machine."""
        self._hosts["auto"] = host

    def _folder_reader(self, settings: Settings) -> FolderReader | None:
        """What tells where a build that starts here would find; of a machine elsewhere nobody can tell."""
        if settings.host != "auto":
            return None
        if self._folders is None:
            from sifcheck.workspace.folder import FolderReader

            self._folders = FolderReader()
        return self._folders

    def _find_shellcheck(self, settings: Settings) -> ShellChecking | None:
        if self.shellcheck is None and not self._looked:
            from sifcheck.lint.shellchecking import ShellChecking

            self._looked = True
            found = ShellChecking(settings.jobs)
            if found.program is not None:
                self.shellcheck = found
            elif not settings.quiet:
                why = "none is installed (extra `shellcheck`, or a shellcheck >= 0.9 on PATH)"
                print(f"sifcheck: ShellCheck was left out: {why}", file=sys.stderr)
        return self.shellcheck

    def check(self, inputs: Iterable[Found], stdin_name: str | None, wish: Wish, comparing: Comparing) -> Run:
        """Check all files, and mend them if that is wished; what cannot be read is a finding.

        Of the findings only those are given that `comparing` keeps.
        """
        gathered = _Gathered(
            [
                internal("SIF901", None, Span(0, 0), plugin=problem.plugin, why=problem.why)._replace(
                    subject="plugin"
                )
                for problem in self.loaded.registry.problems
            ]
        )
        for found in inputs:
            self._gather(found, stdin_name, comparing, gathered)
        read = gathered.read
        if not wish and _scripts(read):
            self._images_of_jobs(read, comparing, gathered)
            read += self._named_by_jobs(read)
        gathered.findings.extend(self._check_read(read, wish, comparing))
        if self.shellcheck is not None and self.shellcheck.failure is not None:
            tell(f"ShellCheck was left out: it failed: {self.shellcheck.failure}")
        if self.registries is not None:
            self.registries.tell_not_learnt()
        skipped = dict.fromkeys(entry for one in read for entry in one.checker.program.skipped)
        gathered.checked.update({one.source.path: one.checker for one in read})
        results = Results(tuple(gathered.findings), tuple(skipped), gathered.others + len(read))
        return Run(results, gathered.unreadable, gathered.checked)

    def _gather(
        self, found: Found, stdin_name: str | None, comparing: Comparing, gathered: _Gathered
    ) -> None:
        """Read one of the files, or say why it is not; an image, of which single places are read, is checked at once."""
        name = (stdin_name or "<stdin>") if found.path == "-" else found.path
        settings = self.configuration.for_file("" if name == "<stdin>" else name)
        if found.kind == "unknown" and found.named:
            guess = f": {found.reason}" if found.reason else ""
            gathered.findings.append(
                internal("SIF002", Source(name, b""), Span(0, 0), path=name, guess=guess)
            )
            gathered.others += 1
        elif found.kind in ("image", "sandbox") and found.named:
            looked = self._check_image(name, settings, comparing)
            gathered.findings.extend(looked.findings)
            gathered.checked.update(looked.checked)
            gathered.others += bool(looked.checked)
            gathered.unreadable = gathered.unreadable or not looked.checked
        elif found.kind in ("definition", "job", "unreadable"):
            source = read_input(found, name)
            if isinstance(source, str):
                gathered.findings.append(
                    internal("SIF001", Source(name, b""), Span(0, 0), path=name, why=source)
                )
                gathered.unreadable = gathered.unreadable or found.named
                return
            checker = self.checker(settings, _kind(found, source))
            ignored = ignored_in(settings, name, self.loaded)
            gathered.read.append(_Read(source, checker, ignored, found.path == "-"))

    def _named_by_jobs(self, read: list[_Read]) -> list[_Read]:
        """The definition files that the batch scripts build; of those that are checked anyway, by which call they are."""
        from sifcheck.app.named_by_jobs import definitions_beside

        found: list[_Read] = []
        places = {os.path.realpath(one.source.path): number for number, one in enumerate(read)}
        for path, by, call in definitions_beside(_scripts(read)):
            number = places.get(os.path.realpath(path))
            if number is not None:
                read[number] = read[number]._replace(call=call)
                continue
            source = read_input(Found(path, "definition", False, ""), path)
            if not isinstance(source, str):
                settings = self.configuration.for_file(path)
                ignored = ignored_in(settings, path, self.loaded)
                found.append(_Read(source, self.checker(settings), ignored, False, (by,), call))
        return found

    def _images_of_jobs(self, read: list[_Read], comparing: Comparing, gathered: _Gathered) -> None:
        """Check the images that the batch scripts run, as far as they are there and are not checked anyway."""
        from sifcheck.app.named_by_jobs import images_beside

        for path, by, _ in images_beside(_scripts(read), gathered.checked):
            if find_inputs([path])[0].kind in ("image", "sandbox"):
                settings = self.configuration.for_file(path)
                looked = self._check_image(path, settings, comparing, definition=False)
                gathered.findings += [one._replace(related=(*one.related, by)) for one in looked.findings]
                gathered.checked.update(looked.checked)
                gathered.others += bool(looked.checked)

    def _check_image(
        self, name: str, settings: Settings, comparing: Comparing, *, definition: bool = True
    ) -> Looked:
        """Check an image, and if that is wished what its author wrote to build it."""
        from sifcheck.app.images import check_image

        checkers = self.image_checkers(settings)
        ignored = ignored_in(settings, name, self.loaded)

        def check_definition(source: Source) -> Iterable[Finding]:
            read = [_Read(source, checkers.definition, ignored, False)] if definition else []
            return self._check_batch(read, comparing)

        keep = comparing.keep(checkers.image)
        here = settings.host == "auto"
        return check_image(name, checkers, ignored, keep, check_definition, quiet=settings.quiet, here=here)

    def _check_read(self, read: list[_Read], wish: Wish, comparing: Comparing) -> Iterable[Finding]:
        if wish:
            from sifcheck.app.fixing import carry_out

            if self.registries is not None:
                self._ask_registries(read, [one.checker.read(one.source) for one in read])
            for one in read:
                keep = comparing.keep(one.checker)
                yield from carry_out(
                    wish, one.source, one.checker, one.ignored, from_stdin=one.from_stdin, keep=keep
                )
            return
        for start in range(0, len(read), BATCH):
            yield from self._check_batch(read[start : start + BATCH], comparing)
            if len(read) > BATCH:
                gc.collect()

    def _check_batch(self, read: list[_Read], comparing: Comparing) -> Iterable[Finding]:
        files = [one.checker.read(one.source) for one in read]
        for one, file in zip(read, files, strict=True):
            if isinstance(file, Definition):
                file.call = one.call
        if self._folders is not None:
            # Before ShellCheck is started: what does not answer would hold on to its pipes.
            self._folders.ahead(
                file
                for one, file in zip(read, files, strict=True)
                if one.checker.program.wants_folder and isinstance(file, Definition)
            )
        answers = self._ask_shellcheck(read, files)
        self._ask_registries(read, files)
        # ShellCheck works on meanwhile; its answers are fetched when our own rules are done.
        found = [one.checker.find(file) for one, file in zip(read, files, strict=True)]
        for file, findings in zip(files, found, strict=True):
            if not isinstance(file, Definition) and file.source.path != "<stdin>":
                findings += self._planned_in(file)
        said = answers.by_file() if answers is not None else {}
        for one, file, findings in zip(read, files, found, strict=True):
            shown = one.checker.finish(file, findings, one.ignored, said.get(id(one.source), ()))
            for finding in comparing.keep(one.checker)(shown):
                yield finding._replace(related=finding.related + one.named_by) if one.named_by else finding

    def _planned_in(self, job: JobScript) -> Iterable[Finding]:
        """What the plans of the builds in a batch script say."""
        if not any(call.subcommand in ("build", "pull") for call in job.calls):
            return ()
        from sifcheck.app.planned_jobs import JobPlanner

        self._planner = self._planner or JobPlanner(self)
        return self._planner.findings(job)

    def _ask_registries(self, read: list[_Read], files: list[Definition | JobScript]) -> None:
        """Ask what the bases of these files are, all at once for each processor."""
        if self.registries is None:
            return
        asking: dict[str | None, list[Definition]] = {}
        for one, file in zip(read, files, strict=True):
            program = one.checker.program
            if program.wants_registry and isinstance(file, Definition):
                asking.setdefault(program.context.target.architecture, []).append(file)
        for architecture, definitions in asking.items():
            self.registries.ahead(definitions, architecture)

    def _ask_shellcheck(self, read: list[_Read], files: list[Definition | JobScript]) -> Answers | None:
        wanted = [file for one, file in zip(read, files, strict=True) if one.checker.shellcheck is not None]
        return self.shellcheck.ask(wanted) if self.shellcheck is not None and wanted else None


class _Gathered:
    """What was found so far, the files still to be checked, and how many others there are."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        self.read: list[_Read] = []
        self.checked: dict[str, Checker] = {}
        self.others = 0
        self.unreadable = False


class _Read(NamedTuple):
    """A file that was read, and how it is to be checked.

    `named_by` is where a script names it that was asked for, `call` the call in a script that builds it.
    """

    source: Source
    checker: Checker
    ignored: frozenset[str]
    from_stdin: bool
    named_by: tuple[Related, ...] = ()
    call: RuntimeCall | None = None


def _scripts(read: list[_Read]) -> list[Source]:
    """The batch scripts that lie somewhere, so that what they name can be looked for."""
    return [one.source for one in read if one.checker.kind == "job" and one.source.path != "<stdin>"]


def _kind(found: Found, source: Source) -> Kind:
    """What a file is read as; standard input is looked at, for no folder told what it is."""
    if found.path != "-":
        return "job" if found.kind == "job" else "definition"
    name = "" if source.path == "<stdin>" else source.path
    return "job" if kind_of(name, source.data[:HEAD_SIZE]) == "job" else "definition"


def read_input(found: Found, name: str) -> Source | str:
    """The file's bytes, or in plain words why they cannot be had."""
    if found.kind == "unreadable":
        return found.reason
    try:
        if found.path == "-":
            content = sys.stdin.buffer.read(SIZE_LIMIT + 1)
            if content and kind_of(name, content[:HEAD_SIZE]) == "image":
                return "it is an image, of which single places are read: name the file"
        else:
            # A pipe or a device named like a definition file must not make the check wait.
            with open(os.open(found.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
                content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        return (error.strerror or str(error)).lower()
    if content is None:
        return "it holds nothing that can be read"
    if len(content) > SIZE_LIMIT:
        return f"it is larger than {SIZE_LIMIT // 1024**2} MiB, which no definition file is"
    return Source(name, content)
