"""Keeps passwords and tokens out of reports: takes their text out of findings before a format sees them."""

from __future__ import annotations

from collections.abc import Iterable

from sifcheck.base.findings import Finding, Results
from sifcheck.base.source import Source, Span, decode
from sifcheck.base.text import CUT

MASK = "***"
"""What stands for a secret in a message."""

# A shorter text may be a word of any sentence: it is masked where it stands, and in findings about its lines.
_TELLING = 8

# Less than this of a secret, left at a cut, gives nothing away, and may be the end of any word.
_LEAST_PART = 3
_LONGEST_PART = 300

# For each character another one of as many bytes, so that lines, columns and offsets stay what they are.
_STAND_INS = {1: "*", 2: "\u00d7", 3: "\u2217", 4: "\U0001d7f6"}

_Secrets = list[tuple[Span, bytes]]


def mask_secrets(results: Results) -> Results:
    """The results with every text that a finding calls secret masked, in excerpts and in words.

    A fix whose text would show a secret is left out: masked, it would write the mask into the file.
    """
    singles = [single for finding in results.findings for single in finding.singles()]
    if not any(finding.secret for finding in singles):
        return results
    secrets: dict[int, _Secrets] = {}
    for finding in singles:
        if finding.secret and finding.source is not None:
            text = finding.source.data[finding.span.start : finding.span.end]
            secrets.setdefault(id(finding.source), []).append((finding.span, text))
    sources = {
        id(finding.source): _masked_source(finding.source, secrets[id(finding.source)])
        for finding in results.findings
        if finding.source is not None and id(finding.source) in secrets
    }
    return results._replace(
        findings=tuple(_masked(finding, secrets, sources) for finding in results.findings)
    )


def mask_text(text: str, secrets: Iterable[bytes]) -> str:
    """A text in which every one of the secrets is masked, the short ones too."""
    return _without(text, sorted({decode(secret) for secret in secrets if secret}, key=len, reverse=True))


def _masked(finding: Finding, secrets: dict[int, _Secrets], sources: dict[int, Source]) -> Finding:
    source = finding.source
    if source is None or id(source) not in sources:
        return finding
    texts = _texts_for(finding, source, secrets[id(source)])
    fix = finding.fix
    if fix is not None:
        shown = any(text in edit.text for edit in fix.edits for text in texts)
        fix = None if shown else fix._replace(title=_without(fix.title, texts))
    related = [
        place._replace(
            message=_without(place.message, texts),
            source=place.source if place.source is None else sources.get(id(place.source), place.source),
        )
        for place in finding.related
    ]
    return finding._replace(
        message=_without(finding.message, texts),
        help=_without(finding.help, texts),
        source=sources[id(source)],
        related=tuple(related),
        fix=fix,
        repeats=tuple(_masked(other, secrets, sources) for other in finding.repeats),
        joined=tuple(_masked(other, secrets, sources) for other in finding.joined),
    )


def _texts_for(finding: Finding, source: Source, secrets: _Secrets) -> list[str]:
    """The texts that a finding's words must not hold, the longest first."""
    spans = [single.span for single in finding.singles()]
    lines = [(source.line_of(start), source.line_of(max(start, end - 1))) for start, end in spans]
    texts = {
        decode(text)
        for span, text in secrets
        if text
        and (
            len(text) >= _TELLING or any(first <= source.line_of(span.start) <= last for first, last in lines)
        )
    }
    return sorted(texts, key=len, reverse=True)


def _without(words: str, texts: Iterable[str]) -> str:
    for text in texts:
        words = words.replace(text, MASK)
        if CUT in words:
            words = _without_parts(words, text)
    return words


def _without_parts(words: str, text: str) -> str:
    """Words in which what is left of a text that was cut through is masked."""
    before, *behind = words.split(CUT)
    for part in behind:
        sizes = range(min(len(text), _LONGEST_PART), _LEAST_PART - 1, -1)
        head = next((size for size in sizes if before.endswith(text[:size])), 0)
        tail = next((size for size in sizes if part.startswith(text[-size:])), 0)
        before = (
            f"{before[: len(before) - head]}{MASK if head else ''}{CUT}{MASK if tail else ''}{part[tail:]}"
        )
    return before


def _masked_source(source: Source, secrets: _Secrets) -> Source:
    data = source.data
    for span, text in secrets:
        stand_in = _stand_in(text)
        data = data[: span.start] + stand_in + data[span.end :]
        if len(text) >= _TELLING:
            data = data.replace(text, stand_in)
    return Source(source.path, data)


def _stand_in(text: bytes) -> bytes:
    """As many bytes that say nothing; line ends stay."""
    try:
        characters = text.decode()
    except UnicodeDecodeError:
        characters = text.decode("latin-1")
        return "".join(character if character in "\r\n" else "*" for character in characters).encode()
    return "".join(
        character if character in "\r\n" else _STAND_INS[len(character.encode())] for character in characters
    ).encode()
