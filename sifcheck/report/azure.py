"""The format `azure`: logging commands, which Azure Pipelines lists as the errors and warnings of a run.

Source: the documentation of logging commands; the agent decodes %3B, %5D, %0D, %0A and, for the percent sign, %AZP25.
"""

from __future__ import annotations

from sifcheck.base.findings import Finding, Results
from sifcheck.base.text import escape
from sifcheck.report.companions import in_short
from sifcheck.report.place import path_of, positions


def render(results: Results, *, color: bool, width: int) -> str:
    """One command a line, so empty where nothing was found; `color` and `width` are not needed."""
    return "".join([_command(finding) for finding in results.findings])


def _command(finding: Finding) -> str:
    # There are two types only; a remark must not count as an error.
    properties = {"type": "error" if finding.severity == "error" else "warning"}
    path = path_of(finding)
    if path is not None:
        start, _ = positions(finding.source, finding.span)
        properties |= {"sourcepath": path, "linenumber": str(start.line), "columnnumber": str(start.column)}
    properties["code"] = finding.code
    listed = "".join(f"{key}={_escaped(text)};" for key, text in properties.items())
    return (
        f"##vso[task.logissue {listed}]{_escaped(f'{finding.name}: {finding.message}{in_short(finding)}')}\n"
    )


def _escaped(words: str) -> str:
    return escape(words).replace("%", "%AZP25").replace(";", "%3B").replace("]", "%5D")
