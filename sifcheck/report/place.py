"""Says in words where a finding stands."""

from __future__ import annotations

from sifcheck.base.findings import Finding
from sifcheck.base.source import Position, Source, Span
from sifcheck.base.text import escape


def path_of(finding: Finding) -> str | None:
    """The path, as given, of the file a finding is about; None for the host, the plan and sifcheck itself."""
    if finding.subject is not None:
        return None
    if finding.path is not None or finding.source is None:
        return finding.path
    return finding.source.path


def where(finding: Finding) -> str | None:
    """`path:line:column`, or the subject where no file is meant; None where there is neither."""
    path = path_of(finding)
    if path is None:
        return None if finding.subject is None else escape(finding.subject)
    return at(path, finding.source, finding.span)


def at(path: str, source: Source | None, span: Span) -> str:
    """`path:line:column` of the beginning of a span; a file that is no text counts as one line."""
    line, column, _ = source.position(span.start) if source is not None else (1, 1, 0)
    return f"{escape(path)}:{line}:{column}"


def positions(source: Source | None, span: Span) -> tuple[Position, Position]:
    """Where a span begins and ends (exclusive); a file that is no text counts as one empty line."""
    if source is None:
        return Position(1, 1, 0), Position(1, 1, 0)
    return source.position(span.start), source.position(max(span.start, span.end))


def is_whole_file(finding: Finding) -> bool:
    """Whether a finding is about a file as a whole, or one without text, so that no line of it is meant."""
    return finding.source is None or not finding.source.data or finding.span == (0, 0)


def uri(path: str) -> str:
    """A path as a URI (RFC 3986): relative where the path is, every byte that is no plain letter as %XX."""
    from urllib.parse import quote

    while path.startswith("./"):
        path = path[2:].lstrip("/")
    scheme = "file:///" if path.startswith("/") else ""
    text = path.lstrip("/") if scheme else path
    try:
        content = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a surrogate pair that stands for no byte
        content = text.encode("utf-8", "replace")
    return scheme + quote(content, safe="/")
