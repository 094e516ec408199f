"""Applies the fixes of the collected files, each alone and all together, and names every one that does more than it should.

    bench/check_fixes.py [--kind KIND] [--unsafe]          try all; exit code 1 where one is at fault
    bench/check_fixes.py --sample N [--seed S] ...         print what N of them change, of all codes, to be read

A fix is at fault where it leaves its finding, brings a new one, takes away one that stands elsewhere, makes a script that
our parser, `dash -n` or `bash -n` refuses, or mixes line ends.  What cures an error may bring findings: the build failed
there, and what is behind was not read.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
from collected import all_said, collected
from standing import KINDS

from sifcheck.app.patch import make_patch
from sifcheck.base.findings import Edit, Finding
from sifcheck.base.source import Source
from sifcheck.definition.model import Definition
from sifcheck.job.model import JobScript
from sifcheck.lint.check import Checker
from sifcheck.lint.fixes import apply_edits, fix_file, keeps_meaning
from sifcheck.lint.run import is_shell_script

SHELLS = tuple(filter(None, map(shutil.which, ("dash", "bash"))))


class Tried(NamedTuple):
    """A fix that was applied alone: the file before and after it, and what is at fault."""

    finding: Finding
    before: Source
    after: Source
    faults: tuple[str, ...]

    @property
    def place(self) -> str:
        """Where it is, as a person writes it."""
        return f"{self.before.path}:{self.before.line_of(self.finding.span.start)}: {self.finding.word}"


def try_each(source: Source, checker: Checker, *, unsafe: bool = False) -> Iterator[Tried]:
    """Each fix of a file, applied alone; without those that `--fix` refuses."""
    found = checker.check_definition(source)
    for finding in found:
        fix = finding.fix
        if fix is None or not (fix.safe or unsafe):
            continue
        after = Source(source.path, apply_edits(source.data, fix.edits))
        if keeps_meaning(source, after, list(fix.edits), checker):
            yield Tried(finding, source, after, tuple(_faults(finding, found, source, after, checker)))


def _faults(
    finding: Finding, found: list[Finding], before: Source, after: Source, checker: Checker
) -> Iterator[str]:
    assert finding.fix is not None
    left = checker.check_definition(after)
    was, now = Counter(map(_what, found)), Counter(map(_what, left))
    if now[_what(finding)] >= was[_what(finding)]:
        yield "it leaves its finding"
    for what in now - was if finding.severity != "error" else ():
        # A number in the words of a finding may change with what stands beside it.
        if Counter(one.word for one in left)[what[0]] > Counter(one.word for one in found)[what[0]]:
            yield f"it brings {what[0]}: {what[1]}"
    for what in was - now if finding.severity != "error" else ():
        gone = [one for one in found if _what(one) == what]
        if what[0] != finding.word and not any(_near(one, finding.fix.edits, before) for one in gone):
            yield f"it takes {what[0]} away: {what[1]}"
    yield from _refused(before, after, checker)
    yield from _damaged(before.data, after.data, finding.fix.edits)


def _what(finding: Finding) -> tuple[str, str]:
    return finding.word, finding.message


def _near(finding: Finding, edits: Iterable[Edit], source: Source) -> bool:
    """Whether a finding stands on the lines that are changed."""
    first, last = (source.line_of(offset) for offset in finding.span)
    return any(
        source.line_of(edit.start) - 1 <= last and first <= source.line_of(edit.end) + 1 for edit in edits
    )


def _damaged(before: bytes, after: bytes, edits: Iterable[Edit]) -> Iterator[str]:
    text = b"".join(edit.text.encode() for edit in edits)
    if (
        b"\r\n" in before
        and b"\n" in text.replace(b"\r\n", b"")
        and b"\n" not in before.replace(b"\r\n", b"")
    ):
        yield "it mixes line ends"
    if b"\r\n" not in before and b"\r" in text:
        yield "it puts a carriage return in"
    if before.startswith(b"\xef\xbb\xbf") < after.startswith(b"\xef\xbb\xbf"):
        yield "it puts a byte-order mark in"


def _refused(before: Source, after: Source, checker: Checker) -> Iterator[str]:
    """What a shell takes before and refuses after."""
    old, new = _scripts(checker.read(before)), _scripts(checker.read(after))
    gone = [text for text in old if text not in new]
    known = set().union(*map(_refusing, gone))
    for text in new:
        if text not in old and _refusing(text) - known:
            yield f"{', '.join(sorted(_refusing(text)))} refuses what it makes"


def _scripts(file: Definition | JobScript) -> list[str]:
    if isinstance(file, Definition):
        return [section.body for section in file.sections() if is_shell_script(section)]
    return [file.source.text]


@lru_cache(maxsize=64)
def _refusing(script: str) -> set[str]:
    """The shells that refuse a script without running any of it."""
    data = script.encode("latin-1")
    return {
        Path(shell).name
        for shell in SHELLS
        if subprocess.run([shell, "-n"], input=data, capture_output=True, check=False).returncode
    }


def try_together(source: Source, checker: Checker, *, unsafe: bool = False) -> tuple[bytes, list[str]]:
    """What all fixes make of a file, and what is at fault with it."""
    first = fix_file(source, checker, unsafe=unsafe)
    fixed = Source(source.path, first.content)
    again = fix_file(fixed, checker, unsafe=unsafe)
    faults = [] if again.content == first.content else ["a second run changes it again"]
    found = checker.check_definition(source)
    if not any(one.severity == "error" and one.fix is not None for one in found):
        faults += [f"all together bring {code}" for code in _codes(list(first.left)) - _codes(found)]
    return first.content, faults + list(_refused(source, fixed, checker))


def _codes(findings: list[Finding]) -> Counter[str]:
    return Counter(finding.word for finding in findings)


def patch_faults(fixed: Iterable[tuple[Source, bytes]]) -> list[str]:
    """Which patches `git apply` does not take, or makes something else of."""
    if shutil.which("git") is None:
        return []
    faults = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = []
        for source, content in fixed:
            patch = make_patch(source, content, ())
            if not patch.fault and patch.text:
                (folder / source.path).parent.mkdir(parents=True, exist_ok=True)
                (folder / source.path).write_bytes(source.data)
                whole.append((source.path, content, patch.text))
        if not whole:
            return []
        text = "".join(patch for _, _, patch in whole).encode()
        done = subprocess.run(
            ["git", "apply", "--whitespace=nowarn", "--unsafe-paths", "-"],
            input=text,
            cwd=folder,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            faults.append(f"git apply: {done.stderr.decode(errors='replace').splitlines()[:1]}")
        else:
            faults += [
                f"{path}: its patch makes another file"
                for path, content, _ in whole
                if (folder / path).read_bytes() != content
            ]
    return faults


def sample(findings: list[Finding], number: int, seed: str) -> list[Finding]:
    """So many of the findings: of each message one, then of each another, as long as there are."""
    by_word: dict[str, list[Finding]] = defaultdict(list)
    for one in random.Random(seed).sample(findings, len(findings)):
        by_word[one.word].append(one)
    rounds = sorted((place, word) for word, ones in by_word.items() for place in range(len(ones)))
    return [by_word[word][place] for place, word in rounds[:number]]


def main(words: list[str] | None = None) -> int:
    """Try all, and print what is at fault."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kind", choices=KINDS, help="definition files or batch scripts (default: both)")
    parser.add_argument("--unsafe", action="store_true", help="unsafe fixes, too")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="print the differences of N fixes")
    parser.add_argument("--only", default="", metavar="CODES", help="of these codes alone, by commas")
    parser.add_argument("--seed", default="1", help="what the sample is drawn by")
    given = parser.parse_args(words)
    failed = False
    for kind in [given.kind] if given.kind else KINDS:
        sources = collected(kind)
        if not sources:
            print(f"the collected {KINDS[kind]} are not there", file=sys.stderr)
            return 2
        if given.sample:
            _print_sample(kind, sources, given)
            continue
        checker = all_said(kind, (), "strict").checker
        tried = [one for source in sources for one in try_each(source, checker, unsafe=given.unsafe)]
        together = [(source, *try_together(source, checker, unsafe=given.unsafe)) for source in sources]
        faults = [f"{one.place}: {fault}" for one in tried for fault in one.faults]
        faults += [f"{source.path}: {fault}" for source, _, said in together for fault in said]
        faults += patch_faults((source, content) for source, content, _ in together)
        print("\n".join(faults))
        changed = sum(source.data != content for source, content, _ in together)
        print(f"{KINDS[kind]}: {len(tried)} fixes tried alone, {changed} files fixed, {len(faults)} faults")
        counts = Counter(one.finding.code for one in tried)
        print(", ".join(f"{code} {number}" for code, number in sorted(counts.items())))
        failed = failed or bool(faults)
    return int(failed)


def _print_sample(kind: str, sources: list[Source], given: argparse.Namespace) -> None:
    chosen = tuple(filter(None, given.only.split(",")))
    found = [
        one
        for one in all_said(kind, sources, "strict").findings
        if one.fix is not None
        and (one.fix.safe or given.unsafe)
        and (not chosen or one.word.startswith(chosen))
    ]
    for one in sample(found, given.sample, given.seed):
        assert one.source is not None
        assert one.fix is not None
        place = f"{one.source.path}:{one.source.line_of(one.span.start)}: {one.word}"
        patch = make_patch(one.source, apply_edits(one.source.data, one.fix.edits), ()).text
        print(f"{'=' * 100}\n{place}: {one.message}\n{patch}")


if __name__ == "__main__":
    raise SystemExit(main())
