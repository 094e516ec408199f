"""`sifcheck check`: look at definition files and report what is wrong with them."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from sifcheck.cli.mending import Wish, print_text, tell
from sifcheck.cli.parser import Parser, UsageError, near
from sifcheck.definition.runtimes import Target, parse_target
from sifcheck.engine.check import Checker, make_checker
from sifcheck.engine.discover import Found, find_inputs
from sifcheck.engine.layers import Configuration
from sifcheck.engine.plugins import Loaded, load
from sifcheck.engine.registry import Registry
from sifcheck.engine.run import Context, internal
from sifcheck.engine.selection import select
from sifcheck.engine.settings import Settings, SettingsError, add_flags
from sifcheck.findings import SEVERITIES, Finding, Results, Skipped
from sifcheck.source import Source, Span
from sifcheck.startup import NamedTuple

if TYPE_CHECKING:
    from sifcheck.definition.model import Definition
    from sifcheck.engine.shellchecking import Answers, ShellChecking

# No parser of a runtime holds a section of more than 64 KiB; a definition file of this size is none.
SIZE_LIMIT = 8 * 1024 * 1024
# So many files are held at a time, 90 KB each.
BATCH = 1_000

_EPILOG = """examples:
  sifcheck check example.def
  sifcheck check --profile minimal --target apptainer-1.4 recipes/
  sifcheck check --output-format json example.def
  sifcheck check --stdin-filename example.def - < example.def

exit codes: 0 clean, 1 findings at or above the fail level, 2 a named input could not be read or no file matched,
3 wrong use or configuration, 4 sifcheck itself failed
"""


class Run(NamedTuple):
    """What one call found: all findings, and whether something that was named could not be read."""

    results: Results
    unreadable: bool


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
    session = _Session(configuration, loaded)
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


class _Session:
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
    _check_codes(settings, loaded)
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
        no_ignores=frozenset(
            code
            for word in settings.no_ignores
            for code in (
                [word] if registry.is_shellcheck(word) else [rule.code for rule in registry.matching(word)]
            )
        ),
    )


def _rule_options(settings: Settings, registry: Registry) -> dict[str, Any]:
    if not settings.rules:
        return {}
    from sifcheck.engine.settings_options import rule_options

    return rule_options(settings, registry)


_ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}


def _check_codes(settings: Settings, loaded: Loaded) -> None:
    """Refuse a word that means no rule, wherever it was given."""
    from sifcheck.engine.settings_codes import check_codes

    registry = loaded.registry
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
    shellcheck = {word for word in words if loaded.registry.is_shellcheck(word)}
    if "ALL" in words or "all" in words:
        shellcheck.add("SC")
    return frozenset(rule.code for word in words for rule in loaded.registry.matching(word)) | shellcheck


def _check_format(settings: Settings, loaded: Loaded) -> None:
    from sifcheck.report import format_names

    names = format_names(loaded.formats)
    wanted = [settings.output_format, *(output.partition(":")[0] for output in settings.outputs)]
    for name in wanted:
        if name not in names:
            raise UsageError(
                f"there is no output format {name!r}{near(name, names)}; there are {', '.join(names)}"
            )


def _report(results: Results, settings: Settings, loaded: Loaded, stream: TextIO) -> None:
    from sifcheck.engine.fingerprint import with_fingerprints
    from sifcheck.report import TEXT_FORMATS, render
    from sifcheck.report.color import use_color

    if any(
        name not in TEXT_FORMATS
        for name in (settings.output_format, *(o.partition(":")[0] for o in settings.outputs))
    ):
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
        return 2
    if done.results.files == 0:
        print("sifcheck: no file to check was found", file=sys.stderr)
        return 2
    if settings.fail_level == "never":
        return 0
    least = SEVERITIES.index(settings.fail_level)
    return int(any(SEVERITIES.index(finding.severity) >= least for finding in done.results.findings))


def _show_settings(settings: Settings, session: _Session) -> int:
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
