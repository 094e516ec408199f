"""`--earlier FILE`: the JSON report of an earlier run, counted, for the formats that tell how things have changed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sifcheck.app.outcome import UsageError
from sifcheck.base.findings import Earlier

_LARGEST = 1 << 30


def read_earlier(path: str) -> Earlier:
    """The counts of a report that `--output-format json` wrote.  Raises UsageError for anything else."""
    import json

    try:
        with open(path, "rb") as file:
            document = json.loads(file.read(_LARGEST))
        findings = document["findings"]
        if document["version"] != 1:
            raise UsageError(
                f"--earlier: {path} is a report of version {document['version']}, and this reads version 1"
            )
        codes = Counter(_word(finding["code"]) for finding in findings)
        places = [finding["location"] for finding in findings]
        paths = Counter(_word(place["path"] or place.get("subject") or "sifcheck") for place in places)
    except OSError as error:
        raise UsageError(
            f"--earlier: {path} cannot be read: {(error.strerror or str(error)).lower()}"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UsageError(f"--earlier: {path} is no report of `sifcheck check --output-format json`") from None
    return Earlier(codes, paths)


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
