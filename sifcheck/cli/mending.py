"""What `sifcheck check` does to files: `--fix`, `--diff` and `--add-ignore`."""

from __future__ import annotations

import sys

from sifcheck.engine.check import Checker
from sifcheck.findings import Finding
from sifcheck.source import Source, decode
from sifcheck.startup import NamedTuple


class Wish(NamedTuple):
    """What the user asked to be done: apply fixes (`unsafe` ones too), only show them, add suppressions."""

    fix: bool
    unsafe: bool
    diff: bool
    ignore_reason: str | None

    def __bool__(self) -> bool:
        return self.fix or self.diff or self.ignore_reason is not None


def carry_out(
    wish: Wish, source: Source, checker: Checker, ignored: frozenset[str], *, from_stdin: bool
) -> list[Finding]:
    """Mend one file as wished; gives the findings that are left.  What is not done is said on standard error."""
    if wish.ignore_reason is not None:
        from sifcheck.engine.ignoring import add_ignores

        content, count, left = add_ignores(source, checker, wish.ignore_reason, ignored)
        said = f"{count} finding{'s' * (count != 1)} ignored"
    else:
        from sifcheck.engine.fixes import mend

        mended = mend(source, checker, ignored, unsafe=wish.unsafe)
        content, left = mended.content, list(mended.left)
        said = ", ".join(
            f"{code} x{count}" if count > 1 else code for code, count in sorted(mended.applied.items())
        )
        for why in mended.refused:
            _tell(f"{source.path}: not fixed: {why}")
    if wish.diff:
        sys.stdout.write(_difference(source, content))
        return checker.check_definition(source, ignored)
    if from_stdin:
        # The mended text is the output, as an editor's filter expects; the report goes to standard error.
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        return left
    if content == source.data:
        return left
    from sifcheck.engine.writing import WriteRefusedError, replace_file

    try:
        replace_file(source.path, source.data, content)
    except WriteRefusedError as error:
        _tell(f"{source.path} was left as it is: {error}")
        return checker.check_definition(source, ignored)
    _tell(f"{source.path}: mended {said}" if wish.ignore_reason is None else f"{source.path}: {said}")
    return left


def _difference(source: Source, content: bytes) -> str:
    """A unified diff; control characters of the file are made visible, it goes to a terminal."""
    from difflib import unified_diff

    from sifcheck.report.harmless import harmless

    before = decode(source.data).splitlines(keepends=True)
    after = decode(content).splitlines(keepends=True)
    lines = unified_diff(before, after, f"{source.path}", f"{source.path} (mended)")
    return "".join(f"{harmless(line.rstrip(chr(13) + chr(10)))}\n" for line in lines)


def _tell(words: str) -> None:
    from sifcheck.report.harmless import harmless

    print(f"sifcheck: {harmless(words)}", file=sys.stderr)
