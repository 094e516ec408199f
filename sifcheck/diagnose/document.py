"""What diagnosing logs gives as JSON, version 1, as diagnosis.schema.json describes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sifcheck.base.source import Source, Span
from sifcheck.diagnose.diagnosis import Diagnosis, LogFindings
from sifcheck.diagnose.log import Log


def document(
    logs: Sequence[tuple[Log, LogFindings]],
    unreadable: Sequence[tuple[str, str]],
    told: Callable[[Iterable[str]], list[tuple[str, str]]],
) -> dict[str, Any]:
    """The whole document; `unreadable` are paths with the reason, `told` which of some rules have spoken."""
    return {
        "version": 1,
        "logs": [
            {
                "path": log.source.path,
                "context": {name: value or None for name, value in reading.context._asdict().items()},
                "passed_over": log.passed_over._asdict() if log.passed_over is not None else None,
                "failures": [_failure(one, log.source, told) for one in reading.diagnoses],
            }
            for log, reading in logs
        ],
        "unreadable": [{"path": path, "why": why} for path, why in unreadable],
        "summary": {"logs": len(logs), "failures": sum(len(reading.diagnoses) for _, reading in logs)},
    }


def _failure(
    one: Diagnosis, source: Source, told: Callable[[Iterable[str]], list[tuple[str, str]]]
) -> dict[str, Any]:
    return {
        "name": one.message.name,
        "phase": one.phase,
        "confidence": one.confidence,
        "message": one.meaning,
        "help": one.remedy,
        "commands": list(one.commands),
        "rules": list(one.message.rules),
        "told": [{"rule": code, "place": place or None} for code, place in told(one.message.rules)],
        "last_command": one.last_command or None,
        "exit_status": one.status if one.status >= 0 else None,
        "location": _location(source, one.span),
        "related": [
            {"message": related.message, "location": _location(source, related.span)}
            for related in one.related
        ],
    }


def _location(source: Source, span: Span) -> dict[str, Any]:
    start, end = source.position(span.start), source.position(span.end)
    return {
        "start": {"line": start.line, "column": start.column},
        "end": {"line": end.line, "column": end.column},
        "text": source.slice(span)[:1000],
    }
