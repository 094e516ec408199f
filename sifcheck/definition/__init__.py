"""Definition files: grammar, reader, model, and what each runtime accepts."""

from __future__ import annotations

from sifcheck.definition.model import (
    Argument,
    Definition,
    FileCopy,
    FileWord,
    HeaderField,
    Label,
    Problem,
    Section,
    Stage,
)
from sifcheck.definition.reader import read_definition

__all__ = [
    "Argument",
    "Definition",
    "FileCopy",
    "FileWord",
    "HeaderField",
    "Label",
    "Problem",
    "Section",
    "Stage",
    "read_definition",
]
