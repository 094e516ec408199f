"""Turns the results of a check into text, one output format a module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, cast

from sifcheck.base.findings import Results
from sifcheck.report.masking import mask_secrets

BUILT_IN: Mapping[str, str] = {
    "full": "sifcheck.report.full",
    "concise": "sifcheck.report.concise",
    "grouped": "sifcheck.report.grouped",
    "json": "sifcheck.report.json_document",
    "json-lines": "sifcheck.report.json_document:render_lines",
    "sarif": "sifcheck.report.sarif",
    "github": "sifcheck.report.github",
    "gitlab": "sifcheck.report.gitlab",
    "azure": "sifcheck.report.azure",
    "junit": "sifcheck.report.junit",
    "checkstyle": "sifcheck.report.checkstyle",
    "gcc": "sifcheck.report.gcc",
    "rdjson": "sifcheck.report.rdjson",
    "sonarqube": "sifcheck.report.sonarqube",
    "markdown": "sifcheck.report.markdown",
    "html": "sifcheck.report.html",
}
"""The built-in formats: name and module, with its function if that is not `render`; imported when a format is asked for."""

TEXT_FORMATS = ("full", "concise", "grouped")
"""The formats a person reads: those that `statistics` replaces by a table."""


class Format(Protocol):
    """An output format: a function from results to the whole text, its line end included."""

    def __call__(self, results: Results, *, color: bool, width: int) -> str:
        """`color`: ANSI colours may be used; `width`: how many cells a line has."""
        ...


def render(
    results: Results,
    format: str,
    *,
    color: bool = False,
    width: int = 80,
    statistics: bool = False,
    formats: Mapping[str, Format] | None = None,
) -> str:
    """The text of a report in one of the formats; `formats` are further ones by name, as plugins bring them.

    With `statistics`, a text format gives a table of how often each rule found something, not the findings.
    Raises ValueError for a format that is not there.
    """
    results = mask_secrets(results)
    if statistics and format in TEXT_FORMATS:
        from sifcheck.report.counts import statistics as table

        return table(results, color=color)
    return find_format(format, formats)(results, color=color, width=width)


def find_format(name: str, formats: Mapping[str, Format] | None = None) -> Format:
    """The function of a format; a built-in name stays what it is.  Raises ValueError if there is none."""
    if name in BUILT_IN:
        from importlib import import_module

        module, _, function = BUILT_IN[name].partition(":")
        return cast(Format, getattr(import_module(module), function or "render"))
    if formats is not None and name in formats:
        return formats[name]
    known = ", ".join(format_names(formats))
    raise ValueError(f"no output format {name!r}; there are {known}")


def format_names(formats: Mapping[str, Format] | None = None) -> tuple[str, ...]:
    """The names of all formats, the built-in ones first."""
    return (*BUILT_IN, *[name for name in sorted(formats or ()) if name not in BUILT_IN])
