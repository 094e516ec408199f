"""What `sifcheck check` does to files: `--fix`, `--diff` and `--add-ignore`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sifcheck.app.outcome import tell
from sifcheck.base.findings import Finding
from sifcheck.base.startup import NamedTuple
from sifcheck.lint.selection import Reported

if TYPE_CHECKING:
    from sifcheck.app.checkers import Input


class FixRequest(NamedTuple):
    """What is to be done to the files: apply fixes (`unsafe` ones too), or add suppressions with a reason; with `diff` the
    change is only shown, and if `patch_alone` no finding beside it.
    """

    unsafe: bool
    diff: bool
    ignore_reason: str | None
    patch_alone: bool

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
        from sifcheck.app.patch import show_patch

        show_patch(source, content, [*checker.find(checker.read(source)), *left])
        if content != source.data and request.patch_alone and request.ignore_reason is None:
            tell(f"{source.path}: would fix {said}")
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
