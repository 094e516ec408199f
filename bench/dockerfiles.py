"""Dockerfiles of like content: what definition files hold, in the form that hadolint reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from sifcheck.base.source import Source, shown
from sifcheck.definition import Section, Stage, read_definition

# Words that open and close what must stay in one RUN instruction.
_OPENING = re.compile(
    r"(?:^|[;&|(]\s*|\b(?:then|do|else)\s+)(if|for|while|until|case|select)\b|\{\s*$|\(\s*$"
)
_CLOSING = re.compile(r"(?:^|[;&|]\s*)(fi|done|esac)\b|^\s*[})]")
# A line that ends like this goes on in the next one by itself.
_OPEN_END = re.compile(r"(?:\b(?:then|do|else|in)|&&|\|\|?|;|[({]|\)\s*)\s*$")
_HEREDOC = re.compile(r"<<-?\s*[\"']?(\w+)")


def dockerfile_of(data: bytes) -> str:
    """A Dockerfile with the content of a definition file."""
    definition = read_definition(Source("x.def", data))
    parts = [_stage(stage) for stage in definition.stages]
    return "\n".join(parts)


def _stage(stage: Stage) -> str:
    base = stage.value("from") if stage.agent in ("docker", "library") else ""
    lines = [f"FROM {base.split('//')[-1].split()[0] if base.strip() else 'debian:12'}"]
    for section in stage.sections:
        lines.extend(_section(section))
    return "\n".join(lines) + "\n"


def _section(section: Section) -> Iterator[str]:
    text = shown(section.body)
    if section.name == "files":
        for copy in section.copies:
            if copy.source and copy.source.text and " " not in copy.source.text:
                yield f"COPY {copy.source.text.lstrip('/')} {copy.target_path or '/'}"
    elif section.name in ("post", "appinstall"):
        for command in _commands(text):
            yield f"RUN {command}"
    elif section.name == "environment":
        for match in re.finditer(r"^\s*export\s+(\w+)=(\S+)\s*$", text, re.M):
            yield f"ENV {match[1]}={match[2]}"
    elif section.name == "labels":
        yield from _labels(section)
    elif section.name == "runscript":
        commands = list(_commands(text))
        if commands:
            yield f"CMD {commands[-1]}"


def _labels(section: Section) -> Iterator[str]:
    for label in section.labels:
        if re.fullmatch(r"[\w.-]+", label.key):
            value = label.value.replace("\\", "").replace('"', "'")
            yield f'LABEL {label.key}="{value}"'


def _commands(text: str) -> Iterator[str]:
    """The statements of a script, each as RUN wants it; comments and here-documents are left out."""
    parts: list[str] = []
    depth, until = 0, ""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        bare = line.strip()
        if until:
            until = "" if bare == until else until
            continue
        if not bare or bare.startswith("#"):
            continue
        heredoc = _HEREDOC.search(bare)
        if heredoc and "<<<" not in bare:
            until = heredoc[1]
            continue
        depth += len(_OPENING.findall(bare)) - len(_CLOSING.findall(bare))
        parts.append(bare)
        if depth <= 0 and not re.search(r"(?:&&|\|\|?|\\)\s*$", bare):
            yield _joined(parts)
            parts, depth = [], 0
    if parts:
        yield _joined(parts)


def _joined(lines: list[str]) -> str:
    text = lines[0]
    for before, line in pairwise(lines):
        text += (" " if _OPEN_END.search(before) else "; ") + "\\\n    " + line
    return text
