"""What of the findings is new: `--baseline`, `--write-baseline`, `--since`, and an earlier report for `--earlier`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sifcheck.app.outcome import UsageError
from sifcheck.base.findings import EarlierRun, Finding, LeftOut, Results
from sifcheck.base.text import error_text
from sifcheck.lint.check import Checker
from sifcheck.lint.selection import Reported

if TYPE_CHECKING:
    from sifcheck.lint.baseline import Baseline, BaselineEntry
    from sifcheck.lint.changed_lines import Changes

_MOST_NAMED = 5


class Comparing:
    """Leaves out of the findings of a run what is known or stands on unchanged lines, and counts it."""

    def __init__(self, baseline: Baseline | None = None, changes: Changes | None = None) -> None:
        self.baseline = baseline
        self.changes = changes
        self.known = 0
        self.unchanged = 0
        self.unexpected_shellcheck = 0
        """How many of ShellCheck's findings are new because ShellCheck was not asked when the baseline was written."""

    def keep(self, checker: Checker) -> Reported:
        """The function that says which findings of one file are to be reported."""

        def keep(findings: list[Finding]) -> list[Finding]:
            if self.baseline is None and self.changes is None:
                return findings
            from sifcheck.lint.fingerprint import with_fingerprints

            # Before any is left out: the first of two equal ones is another than the second.
            kept = list(with_fingerprints(findings))
            if self.baseline is not None:
                kept = self.baseline.new(kept, checker.policy.no_ignores)
                self.known += len(findings) - len(kept)
                if not self.baseline.shellcheck:
                    is_shellcheck = checker.registry.is_shellcheck
                    self.unexpected_shellcheck += sum(is_shellcheck(finding.code) for finding in kept)
            if self.changes is not None:
                touched = self.changes.on_changed_lines(kept)
                self.unchanged += len(kept) - len(touched)
                kept = touched
            return kept

        return keep

    def stale(self, checked: Mapping[str, Checker]) -> list[BaselineEntry]:
        """The entries of the baseline that nothing was found for any more."""
        if self.baseline is None:
            return []
        from sifcheck.lint.baseline import heard_of

        is_heard_of = heard_of(self.baseline, checked, lambda code: _is_heard(code, checked))
        return sorted(entry for entry in self.baseline.unmet() if is_heard_of(entry))

    def left_out(self, stale: int) -> LeftOut | None:
        """What was left out; None where nothing was compared with."""
        if self.baseline is None and self.changes is None:
            return None
        return LeftOut(self.known, stale, self.unchanged)


def start_comparing(baseline: str, since: str | None, paths: Iterable[str]) -> Comparing:
    """Read the baseline and find the revision; `paths` are the files to be checked.  Raises UsageError."""
    read, changes = None, None
    if baseline:
        from sifcheck.lint.baseline import BaselineError, read_baseline

        try:
            read = read_baseline(baseline)
        except BaselineError as error:
            raise UsageError(f"--baseline: {error}") from None
    if since is not None:
        from sifcheck.lint.changed_lines import Changes, ChangesError

        try:
            changes = Changes(since)
            for path in paths:
                changes.name(path)
        except ChangesError as error:
            raise UsageError(f"--since: {error}") from None
    return Comparing(read, changes)


def old_baseline(path: str) -> Baseline:
    """The baseline that is to be written anew, empty where there is none.

    Raises UsageError where the file cannot be written or holds something else, which must not be lost.
    """
    from sifcheck.base.writing import writing_fault
    from sifcheck.lint.baseline import Baseline, BaselineError, folder_of, read_baseline

    fault = writing_fault(path)
    if fault is not None:
        raise UsageError(f"--write-baseline: {path} cannot be written: {fault}")
    if not os.path.exists(path) or (os.path.isfile(path) and not os.path.getsize(path)):
        return Baseline(folder_of(path), ())
    try:
        return read_baseline(path)
    except BaselineError as error:
        raise UsageError(f"--write-baseline: {error}") from None


def write_baseline(
    path: str, old: Baseline, results: Results, checked: Mapping[str, Checker]
) -> tuple[Results, int]:
    """Write the findings into the baseline; gives the results without them, and how many entries it has.

    Entries about files that were not checked, or about rules that were not run, stay.
    """
    from sifcheck.base.writing import write_whole
    from sifcheck.lint.baseline import baseline_text, entries_of, heard_of
    from sifcheck.lint.fingerprint import with_fingerprints
    from sifcheck.report.masking import mask_secrets

    never = frozenset(code for checker in checked.values() for code in checker.policy.no_ignores)
    marked = results._replace(findings=with_fingerprints(results.findings))
    entries, _ = entries_of(mask_secrets(marked).findings, old.folder, never)
    _, left = entries_of(results.findings, old.folder, never)
    is_heard_of = heard_of(old, checked, lambda code: _is_heard(code, checked))
    kept = [entry for entry in old.entries if not is_heard_of(entry)]
    try:
        programs = [one.shellcheck for one in checked.values() if one.shellcheck is not None]
        asked = bool(programs) and not any(program.failure for program in programs)
        text = baseline_text([*entries, *kept], shellcheck=asked or old.shellcheck)
        write_whole(path, text.encode())
    except OSError as error:
        raise UsageError(f"--write-baseline: {path} cannot be written: {error.strerror}") from None
    left_out = LeftOut(baseline=len(entries))
    return results._replace(findings=tuple(left), left_out=left_out), len(entries) + len(kept)


def told_stale(path: str, stale: list[BaselineEntry]) -> str:
    """What is said about entries that are stale."""
    named = [f"{entry.code} in {entry.path}" for entry in stale[:_MOST_NAMED]]
    more = f" and {len(stale) - _MOST_NAMED} more" if len(stale) > _MOST_NAMED else ""
    what = "entry" if len(stale) == 1 else "entries"
    drop = f"--write-baseline {path} drops what is gone"
    return f"{path} has {len(stale)} stale {what}, found no more: {', '.join(named)}{more}; {drop}"


def told_without_shellcheck(path: str, number: int) -> str:
    """What is said where every finding of ShellCheck is new, since the baseline knows none."""
    new = f"the {number} findings of ShellCheck are" if number > 1 else "the finding of ShellCheck is"
    ways = f"write it anew with --write-baseline {path}, or leave ShellCheck out with --no-shellcheck"
    return f"{path} was written without ShellCheck, so {new} new: {ways}"


def _is_heard(code: str, checked: Mapping[str, Checker]) -> bool:
    """Whether every file was looked at for a code; one that no rule has any more says nothing, and is heard of."""
    return all(_runs(code, checker) for checker in {id(one): one for one in checked.values()}.values())


def _runs(code: str, checker: Checker) -> bool:
    if checker.registry.is_shellcheck(code):
        asked = checker.shellcheck
        return asked is not None and asked.failure is None and checker.selection.takes(code)
    if checker.registry.find(code) is None:
        return True
    if checker.kind == "definition" and checker.registry.rules[code].about_jobs:
        return True
    return code in checker.runner.active or (code[:3] == "SIF" and code in checker.selection.active)


# -- an earlier report

_LARGEST = 1 << 30


def read_earlier(path: str) -> EarlierRun:
    """The counts of a report that `--output-format json` wrote.  Raises UsageError for anything else."""
    import json
    from collections import Counter

    try:
        with open(path, "rb") as file:
            document = json.loads(file.read(_LARGEST))
        findings = document["findings"]
        if document["version"] != 1:
            raise UsageError(
                f"--earlier: {path} is a report of version {document['version']}, and this reads version 1"
            )
        # Every place counts, also those that are told with another one; a place without a code is none of a finding.
        told_with = [place for finding in findings for place in finding["related"] if place.get("code")]
        codes = Counter(_word(found["code"]) for found in (*findings, *told_with))
        places = [found["location"] for found in (*findings, *told_with)]
        paths = Counter(_word(place["path"] or place.get("subject") or "sifcheck") for place in places)
    except OSError as error:
        raise UsageError(f"--earlier: {path} cannot be read: {error_text(error)}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UsageError(f"--earlier: {path} is no report of `sifcheck check --output-format json`") from None
    return EarlierRun(codes, paths)


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
