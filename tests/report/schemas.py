"""Pieces of JSON schemas that leave nothing open."""

from __future__ import annotations

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
