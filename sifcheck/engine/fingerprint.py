"""Fingerprints: what a finding is known by when lines move."""

from __future__ import annotations

from collections.abc import Iterable

from sifcheck.findings import Finding


def with_fingerprints(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings with their fingerprints: a hash of the code, the source text with its blanks made single, and the
    number of the finding among equal ones of the file.  Neither line number nor path is in it.
    """
    from hashlib import blake2b

    counts: dict[tuple[str | None, bytes], int] = {}
    marked = []
    for finding in findings:
        text = b""
        if finding.source is not None:
            first = finding.source.line_span(finding.source.line_of(finding.span.start))
            text = b" ".join(finding.source.data[first.start : max(first.end, finding.span.end)].split())
        hashed = blake2b(digest_size=16)
        for part in (finding.code.encode(), text, finding.message.encode() if not text else b""):
            hashed.update(part + b"\0")
        path = finding.source.path if finding.source is not None else None
        key = (path, hashed.digest())
        number = counts[key] = counts.get(key, 0) + 1
        hashed.update(str(number).encode())
        marked.append(finding._replace(fingerprint=hashed.hexdigest()))
    return tuple(marked)
