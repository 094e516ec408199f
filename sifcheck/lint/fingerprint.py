"""Fingerprints: what a finding is known by when lines move."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sifcheck.base.findings import Finding
from sifcheck.base.source import Source, Span

# A shorter text may be a word of any line: it is taken out where it stands only.
_TELLING = 8


def with_fingerprints(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings with their fingerprints: a hash of the code, the source text with its blanks made single, and the
    number of the finding among equal ones of the file.  Neither line number nor path is in it, nor a secret: a hash of
    few unknown letters would give them away.
    """
    from hashlib import blake2b

    findings = tuple(findings)
    secrets: dict[int, list[Span]] = {}
    for finding in findings:
        if finding.secret and finding.source is not None:
            secrets.setdefault(id(finding.source), []).append(finding.span)
    counts: dict[tuple[str | None, bytes], int] = {}
    marked = []
    for finding in findings:
        text = b""
        if finding.source is not None:
            first = finding.source.line_span(finding.source.line_of(finding.span.start))
            shown = Span(first.start, max(first.end, finding.span.end))
            text = b" ".join(_without(finding.source, shown, secrets.get(id(finding.source), ())).split())
        hashed = blake2b(digest_size=16)
        for part in (finding.code.encode(), text, finding.message.encode() if not text else b""):
            hashed.update(part + b"\0")
        path = finding.source.path if finding.source is not None else None
        key = (path, hashed.digest())
        number = counts[key] = counts.get(key, 0) + 1
        hashed.update(str(number).encode())
        marked.append(finding._replace(fingerprint=hashed.hexdigest()))
    return tuple(marked)


def _without(source: Source, shown: Span, secrets: Sequence[Span]) -> bytes:
    """The text of a span in which every secret is one star, however long it is."""
    parts, at = [], shown.start
    for secret in sorted(secrets):
        if secret.start < shown.end and at < secret.end:
            parts.append(source.data[at : max(at, secret.start)])
            parts.append(b"*")
            at = min(secret.end, shown.end)
    parts.append(source.data[at : shown.end])
    text = b"".join(parts)
    for secret in secrets:
        if secret.end - secret.start >= _TELLING:
            text = text.replace(source.data[secret.start : secret.end], b"*")
    return text
