"""The files of one call of `sifcheck check`: read, checked with the settings that hold for each, mended if wished."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sifcheck.cli.mending import Wish, tell
from sifcheck.cli.parser import UsageError
from sifcheck.definition.runtimes import Target, parse_target
from sifcheck.engine.check import Checker, make_checker
from sifcheck.engine.discover import Found
from sifcheck.engine.layers import Configuration
from sifcheck.engine.plugins import Loaded
from sifcheck.engine.registry import Registry
from sifcheck.engine.run import Context, internal
from sifcheck.engine.selection import select
from sifcheck.engine.settings import Settings, SettingsError
from sifcheck.findings import Finding, Results, Skipped
from sifcheck.source import Source, Span
from sifcheck.startup import NamedTuple

if TYPE_CHECKING:
    from sifcheck.definition.model import Definition
    from sifcheck.engine.shellchecking import Answers, ShellChecking

# No parser of a runtime holds a section of more than 64 KiB; a definition file of this size is none.
SIZE_LIMIT = 8 * 1024 * 1024
# So many files are held at a time, 90 KB each.
BATCH = 1_000


class Run(NamedTuple):
    """What one call found: all findings, and whether something that was named could not be read."""

    results: Results
    unreadable: bool


class Session:
    """The files of one call, checked one after the other; files of the same settings share a checker."""

    def __init__(self, configuration: Configuration, loaded: Loaded) -> None:
        self.configuration = configuration
        self.loaded = loaded
        self.shellcheck: ShellChecking | None = None
        self._looked = False
        self._checkers: dict[int, tuple[Settings, Checker]] = {}

    def checker(self, settings: Settings) -> Checker:
        """The checker for some settings."""
        if id(settings) not in self._checkers:
            checker = _make_checker(settings, self.loaded)
            if not settings.no_shellcheck and checker.selection.takes_any_shellcheck:
                checker = checker._replace(shellcheck=self._find_shellcheck(settings))
            self._checkers[id(settings)] = (settings, checker)
        return self._checkers[id(settings)][1]

    def _find_shellcheck(self, settings: Settings) -> ShellChecking | None:
        if self.shellcheck is None and not self._looked:
            from sifcheck.engine.shellchecking import ShellChecking

            self._looked = True
            found = ShellChecking(settings.jobs)
            if found.program is not None:
                self.shellcheck = found
            elif not settings.quiet:
                why = "none is installed (extra `shellcheck`, or a shellcheck >= 0.9 on PATH)"
                print(f"sifcheck: ShellCheck was left out: {why}", file=sys.stderr)
        return self.shellcheck

    def check(self, inputs: Iterable[Found], stdin_name: str | None, wish: Wish) -> Run:
        """Check all files, and mend them if that is wished; what cannot be read is a finding."""
        findings: list[Finding] = [
            internal("SIF901", None, Span(0, 0), plugin=problem.plugin, why=problem.why)._replace(
                subject="plugin"
            )
            for problem in self.loaded.registry.problems
        ]
        files, unreadable = 0, False
        skipped: dict[Skipped, None] = {}
        read: list[_Read] = []
        for found in inputs:
            name = (stdin_name or "<stdin>") if found.path == "-" else found.path
            settings = self.configuration.for_file("" if name == "<stdin>" else name)
            if found.kind == "unknown" and found.named:
                guess = f": {found.reason}" if found.reason else ""
                findings.append(internal("SIF002", Source(name, b""), Span(0, 0), path=name, guess=guess))
                files += 1
            elif found.kind in _KINDS and found.named:
                skipped[Skipped(name, f"{_KINDS[found.kind]}: this version checks definition files only")] = (
                    None
                )
            elif found.kind in ("definition", "unreadable"):
                source = _read(found, name)
                if isinstance(source, str):
                    findings.append(internal("SIF001", Source(name, b""), Span(0, 0), path=name, why=source))
                    unreadable = unreadable or found.named
                    continue
                files += 1
                read.append(
                    _Read(
                        source,
                        self.checker(settings),
                        _ignored(settings, name, self.loaded),
                        found.path == "-",
                    )
                )
        findings.extend(self._check_read(read, wish))
        if self.shellcheck is not None and self.shellcheck.failure is not None:
            tell(f"ShellCheck was left out: it failed: {self.shellcheck.failure}")
        for one in read:
            skipped.update(dict.fromkeys(one.checker.program.skipped))
        for entry in skipped:
            if entry.code not in self.loaded.registry.rules:
                tell(f"{entry.code} was left out: {entry.why}")
        rules = tuple(entry for entry in skipped if entry.code in self.loaded.registry.rules)
        return Run(Results(tuple(findings), rules, files), unreadable)

    def _check_read(self, read: list[_Read], wish: Wish) -> Iterable[Finding]:
        if wish:
            from sifcheck.cli.mending import carry_out

            for one in read:
                yield from carry_out(wish, one.source, one.checker, one.ignored, from_stdin=one.from_stdin)
            return
        for start in range(0, len(read), BATCH):
            yield from self._check_batch(read[start : start + BATCH])
            if len(read) > BATCH:
                gc.collect()

    def _check_batch(self, read: list[_Read]) -> Iterable[Finding]:
        definitions = [one.checker.read(one.source) for one in read]
        answers = self._ask_shellcheck(read, definitions)
        # ShellCheck works on meanwhile; its answers are fetched when our own rules are done.
        found = [one.checker.find(definition) for one, definition in zip(read, definitions, strict=True)]
        said = answers.by_file() if answers is not None else {}
        for one, definition, findings in zip(read, definitions, found, strict=True):
            yield from one.checker.finish(definition, findings, one.ignored, said.get(id(one.source), ()))

    def _ask_shellcheck(self, read: list[_Read], definitions: list[Definition]) -> Answers | None:
        wanted = [d for one, d in zip(read, definitions, strict=True) if one.checker.shellcheck is not None]
        return self.shellcheck.ask(wanted) if self.shellcheck is not None and wanted else None


class _Read(NamedTuple):
    """A file that was read, and how it is to be checked."""

    source: Source
    checker: Checker
    ignored: frozenset[str]
    from_stdin: bool


_KINDS = {"job": "a batch script", "image": "an image", "sandbox": "a sandbox"}


def _read(found: Found, name: str) -> Source | str:
    """The file's bytes, or in plain words why they cannot be had."""
    if found.kind == "unreadable":
        return found.reason
    try:
        if found.path == "-":
            content = sys.stdin.buffer.read(SIZE_LIMIT + 1)
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


def _make_checker(settings: Settings, loaded: Loaded) -> Checker:
    registry = loaded.registry
    _check_codes(settings, registry)
    try:
        target = parse_target(settings.target) if settings.target else Target()
    except ValueError as error:
        raise UsageError(str(error)) from None
    target = target._replace(architecture=_ARCHITECTURES.get(settings.arch, settings.arch) or None)
    selection = select(
        registry,
        select=settings.select,
        ignore=settings.ignore,
        extend_select=settings.extend_select,
        profile=settings.profile,
        min_confidence=settings.min_confidence,
        severities=settings.severity,
    )
    return make_checker(
        registry,
        selection,
        Context(target=target, options=_rule_options(settings, registry)),
        build_arguments=settings.build_args,
        require_reason=settings.require_reason,
        no_ignores=frozenset(code for word in settings.no_ignores for code in registry.codes(word)),
    )


def _rule_options(settings: Settings, registry: Registry) -> dict[str, Any]:
    if not settings.rules:
        return {}
    from sifcheck.engine.settings_options import rule_options

    return rule_options(settings, registry)


_ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}


def _check_codes(settings: Settings, registry: Registry) -> None:
    """Refuse a word that means no rule, wherever it was given."""
    if not settings.names_rules:
        return
    from sifcheck.engine.settings_codes import check_codes

    known = [(rule.code, rule.name, tuple(rule.tags)) for rule in registry]
    problems = check_codes(settings, known, {code: rule.code for code, rule in registry.former.items()})
    if problems:
        raise SettingsError(problems)


def _ignored(settings: Settings, path: str, loaded: Loaded) -> frozenset[str]:
    """The codes that `per-file-ignores` leaves out in a file."""
    if not settings.per_file_ignores:
        return frozenset()
    from sifcheck.engine.settings_globs import absolute, matches

    place, name = absolute(path), os.path.basename(path)
    words = [
        word
        for glob, listed in settings.per_file_ignores.items()
        if matches([glob], place, name)
        for word in listed
    ]
    every = {"SC"} if "ALL" in words or "all" in words else set()
    return frozenset(code for word in words for code in loaded.registry.codes(word)) | every
