"""What bash reads and dash or busybox's ash do not: the places in a script, kind by kind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sifcheck.api import Command, NamedTuple, Script, Span, pattern

_FUNCTION = pattern(r"function[ \t]")
_PROCESS = pattern(r"[<>]\(")
_BRACES = pattern(r"\{[^{}\s]*,[^{}\s]*\}")
# Without one of these a script holds nothing of it; plain words are looked for ten times as quickly as a pattern.
_MARKS = (
    "source [[ <<< <( >( function ${ =( ]= pushd popd shopt &> == pipefail declare mapfile readarray".split()
)
_LISTED = pattern(r"\{[^{}\s]*,")
# A script that asks for its shell has thought of it.
_ASKS = pattern(r"\$\{?BASH(?:_VERSION)?\b")
_ONLY_BASH = ("pushd", "popd", "shopt", "declare", "mapfile", "readarray")


class Bashism(NamedTuple):
    """One place: its kind, what it is called, where it stands, and whether it fails (or is only taken otherwise)."""

    kind: str
    what: str
    span: Span
    fails: bool
    in_ash: bool
    command: Command | None = None


def bashisms(script: Script) -> Iterator[Bashism]:
    """The places of a script that only bash reads; `in_ash` is whether busybox's ash stumbles too."""
    text = script.text
    if not any(mark in text for mark in _MARKS) and not ("{" in text and _LISTED.search(text)):
        return
    if "BASH" in text and _ASKS.search(text):
        return
    yield from _commands(script, text)
    if "[[" in text:
        for command in script.commands("[["):
            yield Bashism("test", "`[[`", command.name_span, True, False, command)
    for assignment in script.assignments if "=(" in text or "]=" in text else ():
        if assignment.array or assignment.index is not None:
            yield Bashism("array", "an array", assignment.span, True, True)
    for redirection in script.redirections if "<<<" in text or "&>" in text else ():
        if redirection.operator == "<<<":
            yield Bashism("string", "`<<<`", redirection.span, True, True)
        elif redirection.operator in ("&>", "&>>"):
            yield Bashism("both", f"`{redirection.operator}`", redirection.span, False, False)
    yield from _functions(script, text)
    yield from _words(script, text)


def _commands(script: Script, text: str) -> Iterator[Bashism]:
    for command in script.commands("source") if "source" in text else ():
        if not command.handled and "source" not in script.functions and command.name == "source":
            yield Bashism("source", "`source`", command.name_span, True, False, command)
    for command in script.commands(*_ONLY_BASH):
        name = command.name or ""
        if name in _ONLY_BASH and not command.handled and name not in script.functions:
            yield Bashism("command", f"`{name}`", command.name_span, True, True, command)
    for command in script.commands("set") if "pipefail" in text else ():
        if any(word.value == "pipefail" for word in command.arguments) and not command.handled:
            yield Bashism("pipefail", "`set -o pipefail`", command.span, True, False, command)
    for command in script.commands("[", "test") if "==" in text else ():
        for word in command.arguments:
            if word.text == "==":
                yield Bashism("equal", "`==` in a test", word.span, False, False, command)


def _functions(script: Script, text: str) -> Iterator[Bashism]:
    if "function" in text:
        source = script.section.stage.definition.source.text
        for span in script.functions.values():
            if _FUNCTION.match(source, span.start):
                yield Bashism("function", "`function`", Span(span.start, span.start + 8), True, False)


def _words(script: Script, text: str) -> Iterator[Bashism]:
    if "${" in text:
        for part in script.variables:
            expansion = part.expansion
            if expansion[:1] in ("/", "^", ",") or re.match(r":[ \d(]", expansion):
                yield Bashism("expansion", f"`{part.text}`", part.span, True, False)
            elif expansion[:1] == "[":
                yield Bashism("array", f"`{part.text}`", part.span, True, True)
            elif expansion == "!":
                yield Bashism("expansion", f"`{part.text}`", part.span, True, True)
    process, braces = _PROCESS.search(text), _BRACES.search(text)
    if process is None and braces is None:
        return
    for command in script.commands():
        if (
            script.text.find("(", command.start, command.end) < 0
            and "{" not in text[command.start : command.end]
        ):
            continue
        for word in command.arguments:
            if process is not None and any(part.kind == "process" for part in word.parts):
                yield Bashism("process", f"`{word.text[:2]}…)`", word.span, True, False, command)
            elif braces is not None and word.has_braces and ".." not in word.text:
                yield Bashism("braces", f"`{word.text}`", word.span, False, True, command)
