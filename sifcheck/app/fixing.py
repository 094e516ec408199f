"""What `sifcheck check` does to files: `--fix`, `--diff` and `--add-ignore`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sifcheck.app.outcome import print_text, tell
from sifcheck.base.findings import Finding
from sifcheck.base.source import Source, decode
from sifcheck.base.startup import NamedTuple
from sifcheck.lint.selection import Reported

if TYPE_CHECKING:
    from sifcheck.app.checkers import Input


class FixRequest(NamedTuple):
    """What is to be done to the files: apply fixes (`unsafe` ones too), or add suppressions with a reason; with `diff` the
    change is only shown.
    """

    unsafe: bool
    diff: bool
    ignore_reason: str | None

    def takes_output(self, from_stdin: bool) -> bool:
        """Whether standard output is taken by a difference or the fixed text, so that the report goes elsewhere."""
        return self.diff or from_stdin


def carry_out(request: FixRequest, file: Input, keep: Reported) -> list[Finding]:
    """Fix one file as requested; gives the findings that are left.  What is not done is said on standard error.

    What `keep` leaves out is neither fixed nor given.
    """
    source, checker, ignored = file.source, file.checker, file.ignored
    unchanged: list[Finding] = []

    def keep_and_remember(findings: list[Finding]) -> list[Finding]:
        unchanged.extend(keep(findings))
        return list(unchanged)

    if request.ignore_reason is not None:
        from sifcheck.lint.ignoring import add_ignores

        content, count, left = add_ignores(source, checker, request.ignore_reason, ignored, keep_and_remember)
        said = f"{count} finding{'s' * (count != 1)} ignored"
    else:
        from sifcheck.lint.fixes import fix_file

        fixed = fix_file(source, checker, ignored, unsafe=request.unsafe, keep=keep_and_remember)
        content, left = fixed.content, list(fixed.left)
        said = ", ".join(
            f"{code} x{count}" if count > 1 else code for code, count in sorted(fixed.applied.items())
        )
        for why in fixed.refused:
            tell(f"{source.path}: not fixed: {why}")
    if request.diff:
        secrets = [*checker.find(checker.read(source)), *left]
        print_text(difference(source, content, secrets), sys.stdout)
        return unchanged
    if file.from_stdin:
        # The fixed text is the output, as an editor's filter expects; the report goes to standard error.
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
    tell(f"{source.path}: fixed {said}" if request.ignore_reason is None else f"{source.path}: {said}")
    return left


def difference(source: Source, content: bytes, findings: Iterable[Finding]) -> str:
    """A unified diff; control characters of the file are made visible, since it goes to a terminal, and secrets are not."""
    from sifcheck.base.text import diff
    from sifcheck.report.masking import mask_text

    secrets = {
        part.strip()
        for finding in findings
        if finding.secret and finding.source is not None
        for part in finding.source.data[finding.span.start : finding.span.end].split(b"\n")
    }
    lines = diff(_lines(source.data), _lines(content), (source.path, f"{source.path} (fixed)"))
    return "".join(f"{line[:1]}{_escaped_line(mask_text(line[1:], secrets))}\n" for line in lines)


def _lines(content: bytes) -> list[str]:
    """Lines as the runtimes count them; one that has no end is another than the same with one."""
    lines = decode(content).split("\n")
    return lines[:-1] if not lines[-1] else [*lines[:-1], f"{lines[-1]}{_NO_END}"]


_NO_END = "\n\\ No newline at end of file"


def _escaped_line(line: str) -> str:
    from sifcheck.base.text import escape

    text, no_end, _ = line.partition(_NO_END)
    text = text.removesuffix("\r")
    return "\t".join(map(escape, text.split("\t"))) + no_end
