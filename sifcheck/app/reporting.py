"""Writes the reports of a check: one to standard output, the others to files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TextIO

from sifcheck.app.outcome import EXIT_CLEAN, EXIT_FINDINGS, UsageError, near, print_text
from sifcheck.base.findings import SEVERITIES, Finding, Results, RuleFacts
from sifcheck.config.settings import Settings
from sifcheck.lint.known_rules import RuleRegistry
from sifcheck.lint.plugins import Loaded

# These say of a rule what its findings say; the others are given more.
_NO_RULES = ("full", "concise", "grouped", "json")


def check_outputs(settings: Settings, loaded: Loaded) -> None:
    """Refuse a format that is not there and a file that cannot be written, before anything is checked."""
    from sifcheck.report import format_names

    names = format_names(loaded.formats)
    for name in _formats(settings):
        if name not in names:
            raise UsageError(
                f"there is no output format {name!r}{near(name, names)}; there are {', '.join(names)}"
            )
    if not settings.outputs:
        return
    from sifcheck.base.writing import writing_fault

    places: set[str] = set()
    for output in settings.outputs:
        path = output.partition(":")[2]
        fault = writing_fault(path)
        if fault is not None:
            raise UsageError(f"--output {output}: {path} cannot be written: {fault}")
        place = os.path.realpath(path)
        if place in places and os.path.isfile(place):
            raise UsageError(f"--output {output}: another report goes to {path} already")
        places.add(place)


def check_apart(settings: Settings, written: Iterable[str], inputs: Iterable[str]) -> None:
    """Refuse to write a report over one of the files that are to be checked."""
    targets = [*(output.partition(":")[2] for output in settings.outputs), *written]
    if not targets:
        return
    places = {os.path.realpath(path) for path in inputs}
    for path in targets:
        if os.path.realpath(path) in places:
            raise UsageError(f"{path} is to be checked; a report would overwrite it")


Face = Callable[[bool, int], str]
"""What a verb shows in place of the format `full`: from whether to colour, and the width, the whole text."""


def report(
    results: Results, settings: Settings, loaded: Loaded, stream: TextIO | None, face: Face | None = None
) -> None:
    """Write all reports, to files alone where `stream` is None.

    Raises UsageError for a file that cannot be written, when all others are.
    """
    results = _complete(results, settings, loaded.registry)
    if stream is not None:
        _show(results, settings, loaded, stream, face)
    _write_files(results, settings, loaded)


def _show(results: Results, settings: Settings, loaded: Loaded, stream: TextIO, face: Face | None) -> None:
    from sifcheck.report import TEXT_FORMATS, render
    from sifcheck.report.color import use_color

    color = use_color(settings.color, stream.isatty(), os.environ)
    width = _width(stream.isatty())
    if (
        face is not None
        and settings.output_format == "full"
        and not settings.statistics
        and (results.findings or not settings.quiet)
    ):
        print_text(face(color, width), stream)
    elif not (settings.quiet and not results.findings and settings.output_format in TEXT_FORMATS):
        text = render(
            results,
            settings.output_format,
            color=color,
            width=width,
            statistics=settings.statistics,
            formats=loaded.formats,
        )
        print_text(text, stream)


def _write_files(results: Results, settings: Settings, loaded: Loaded) -> None:
    from sifcheck.report import render

    faults = []
    for output in settings.outputs:
        name, _, path = output.partition(":")
        text = render(results, name, color=False, width=120, formats=loaded.formats)
        from sifcheck.base.writing import write_whole

        try:
            write_whole(path, text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            faults.append(f"--output {output}: {path} cannot be written: {error.strerror or error}")
    if faults:
        raise UsageError("\n".join(faults))


def exit_code(findings: Iterable[Finding], settings: Settings) -> int:
    """Whether one of the findings reaches the fail level, as an exit code."""
    if settings.fail_level == "never":
        return EXIT_CLEAN
    least = SEVERITIES.index(settings.fail_level)
    failed = any(SEVERITIES.index(finding.severity) >= least for finding in findings)
    return EXIT_FINDINGS if failed else EXIT_CLEAN


def _formats(settings: Settings) -> list[str]:
    """The output formats that are asked for: that of standard output, then those of the files."""
    return [settings.output_format, *(output.partition(":")[0] for output in settings.outputs)]


def _complete(results: Results, settings: Settings, registry: RuleRegistry) -> Results:
    """The results as the formats need them: with fingerprints, and what the rules say; each cause once."""
    from sifcheck.report import TEXT_FORMATS

    formats = set(_formats(settings))
    if not formats.issubset(TEXT_FORMATS):
        from sifcheck.lint.fingerprint import with_fingerprints

        # Those that were compared with a baseline have theirs.
        made = iter(with_fingerprints(finding for finding in results.findings if not finding.fingerprint))
        findings = [finding if finding.fingerprint else next(made) for finding in results.findings]
        results = results._replace(findings=tuple(findings))
    if not formats.issubset(_NO_RULES):
        results = results._replace(rules=_rule_facts(results, registry))
    if not settings.every:
        from sifcheck.base.one_cause import told_once

        # The last of all: exit code, fixes, suppressions and baselines go by single findings.
        results = results._replace(findings=told_once(results.findings))
    return results


def _rule_facts(results: Results, registry: RuleRegistry) -> dict[str, RuleFacts]:
    from inspect import cleandoc

    from sifcheck.lint.rule_facts import first_sentence

    codes = {finding.code for finding in results.findings}
    rules = [registry.rules[code] for code in sorted(codes) if code in registry.rules]
    return {
        rule.code: RuleFacts(
            rule.name,
            rule.severity,
            first_sentence(rule),
            "\n".join(dict.fromkeys(text for text in rule.help.values() if text and "{" not in text)),
            cleandoc(rule.documentation),
        )
        for rule in rules
    }


def _width(terminal: bool) -> int:
    """The cells of a line: as $COLUMNS says, as the terminal is, or as is usual in a log."""
    told = os.environ.get("COLUMNS", "")
    if told.isascii() and told.isdigit() and 20 <= int(told[:6]) < 10_000:
        return int(told)
    try:
        return os.get_terminal_size().columns if terminal else 120
    except OSError:
        return 120
