"""What `sifcheck check` does to files: `--fix`, `--diff` and `--add-ignore`."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from sifcheck.app.outcome import print_text, tell
from sifcheck.base.findings import Finding
from sifcheck.base.source import Source, decode
from sifcheck.base.startup import NamedTuple
from sifcheck.lint.check import Checker
from sifcheck.lint.left_alone import Keep


class Wish(NamedTuple):
    """What the user asked to be done: apply fixes (`unsafe` ones too), only show them, add suppressions."""

    fix: bool
    unsafe: bool
    diff: bool
    ignore_reason: str | None

    def __bool__(self) -> bool:
        return self.fix or self.diff or self.ignore_reason is not None

    def takes_output(self, from_stdin: bool) -> bool:
        """Whether standard output is taken by a difference or the mended text, so that the report goes elsewhere."""
        return self.diff or (bool(self) and from_stdin)


def carry_out(
    wish: Wish, source: Source, checker: Checker, ignored: frozenset[str], *, from_stdin: bool, keep: Keep
) -> list[Finding]:
    """Mend one file as wished; gives the findings that are left.  What is not done is said on standard error.

    What `keep` leaves out is neither mended nor given.
    """
    unchanged: list[Finding] = []

    def keep_and_remember(findings: list[Finding]) -> list[Finding]:
        unchanged.extend(keep(findings))
        return list(unchanged)

    if wish.ignore_reason is not None:
        from sifcheck.lint.ignoring import add_ignores

        content, count, left = add_ignores(source, checker, wish.ignore_reason, ignored, keep_and_remember)
        said = f"{count} finding{'s' * (count != 1)} ignored"
    else:
        from sifcheck.lint.fixes import mend

        mended = mend(source, checker, ignored, unsafe=wish.unsafe, keep=keep_and_remember)
        content, left = mended.content, list(mended.left)
        said = ", ".join(
            f"{code} x{count}" if count > 1 else code for code, count in sorted(mended.applied.items())
        )
        for why in mended.refused:
            tell(f"{source.path}: not fixed: {why}")
    if wish.diff:
        secrets = [*checker.find(checker.read(source)), *left]
        print_text(difference(source, content, secrets), sys.stdout)
        return unchanged
    if from_stdin:
        # The mended text is the output, as an editor's filter expects; the report goes to standard error.
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        return left
    if content == source.data:
        return left
    from sifcheck.base.writing import WriteRefusedError, replace_file

    try:
        replace_file(source.path, source.data, content)
    except WriteRefusedError as error:
        tell(f"{source.path} was left as it is: {error}")
        return unchanged
    tell(f"{source.path}: mended {said}" if wish.ignore_reason is None else f"{source.path}: {said}")
    return left


def difference(source: Source, content: bytes, findings: Iterable[Finding]) -> str:
    """A unified diff; control characters of the file are made visible, since it goes to a terminal, and secrets are not."""
    from difflib import unified_diff

    from sifcheck.report.masking import mask_text

    secrets = {
        part.strip()
        for finding in findings
        if finding.secret and finding.source is not None
        for part in finding.source.data[finding.span.start : finding.span.end].split(b"\n")
    }
    lines = unified_diff(
        _lines(source.data), _lines(content), source.path, f"{source.path} (mended)", lineterm=""
    )
    return "".join(f"{line[:1]}{_harmless_line(mask_text(line[1:], secrets))}\n" for line in lines)


def _lines(content: bytes) -> list[str]:
    """Lines as the runtimes count them; one that has no end is another than the same with one."""
    lines = decode(content).split("\n")
    return lines[:-1] if not lines[-1] else [*lines[:-1], f"{lines[-1]}{_NO_END}"]


_NO_END = "\n\\ No newline at end of file"


def _harmless_line(line: str) -> str:
    from sifcheck.report.harmless import harmless

    text, no_end, _ = line.partition(_NO_END)
    text = text.removesuffix("\r")
    return "\t".join(map(harmless, text.split("\t"))) + no_end
