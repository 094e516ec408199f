"""The format `json-lines`: one finding a line, each an object as in `json`; for streams and for `grep`."""

from __future__ import annotations

from sifcheck.base.findings import Results
from sifcheck.report.json_document import finding_object
from sifcheck.report.json_text import json_text


def render(results: Results, *, color: bool, width: int) -> str:
    """The findings and nothing else, so empty where nothing was found; `color` and `width` are not needed."""
    return "".join([json_text(finding_object(finding), indent=None) for finding in results.findings])
