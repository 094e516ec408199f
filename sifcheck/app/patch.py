"""What would be written to a file, as a patch that `git apply` and `patch -p1` take."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from sifcheck.app.outcome import print_text, tell
from sifcheck.base.findings import Finding
from sifcheck.base.source import Source, decode
from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import diff, escape
from sifcheck.report.masking import mask_text


class Patch(NamedTuple):
    """A patch of one file, "" where nothing changes; `fault` says why it does not apply, "" where it does."""

    text: str
    fault: str


def show_patch(source: Source, content: bytes, findings: Iterable[Finding]) -> None:
    """Print what would be written to a file; what is to be kept secret of it, the findings say."""
    patch = make_patch(source, content, findings)
    print_text(patch.text, sys.stdout)
    if patch.fault:
        tell(f"{source.path}: this patch does not apply: {patch.fault}; --fix writes the file itself")


def make_patch(source: Source, content: bytes, findings: Iterable[Finding]) -> Patch:
    """The patch.  It may go to a terminal: secrets are masked in it, and control characters are escaped.

    Where one of them is in a line of the patch, no program finds that line in the file.
    """
    secrets = {
        part.strip()
        for finding in findings
        if finding.secret and finding.source is not None
        for part in finding.source.data[finding.span.start : finding.span.end].split(b"\n")
    }
    names = _name("a", source.path), _name("b", source.path)
    shown: list[str] = []
    fault = ""
    for line in diff(_lines(source.data), _lines(content), names):
        if len(shown) < 2:
            shown.append(line)
            continue
        masked = mask_text(line[1:], secrets)
        written = _escaped_line(masked)
        if masked != line[1:]:
            fault = "a secret is masked in it"
        elif not fault and (written != masked or "\ufffd" in written):
            fault = "it shows as an escape what is no plain text in the file"
        shown.append(f"{line[:1]}{written}")
    return Patch("".join(f"{line}\n" for line in shown), fault)


def _name(side: str, path: str) -> str:
    """A file in the head of a patch: seen from this folder, quoted as git does it where it is not plain text."""
    real = os.path.relpath(os.path.realpath(path))
    name = f"{side}/{os.path.abspath(real).lstrip('/') if real.startswith('../') else real}"
    if escape(name) == name and not any(sign in name for sign in '"\\'):
        # Behind a space the name would end.
        return f"{name}\t" if " " in name else name
    plain = (
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}"
        for byte in os.fsencode(name)
    )
    return f'"{"".join(plain)}"'


def _lines(content: bytes) -> list[str]:
    """Lines as the runtimes count them; one that has no end is another than the same with one."""
    lines = decode(content).split("\n")
    return lines[:-1] if not lines[-1] else [*lines[:-1], f"{lines[-1]}{_NO_END}"]


_NO_END = "\n\\ No newline at end of file"


def _escaped_line(line: str) -> str:
    """A line as a terminal may be given it; the carriage return of a line from Windows stays."""
    text, no_end, _ = line.partition(_NO_END)
    end = "\r" if text.endswith("\r") else ""
    return "\t".join(map(escape, text.removesuffix("\r").split("\t"))) + end + no_end
