"""Which shell reads a section, and whether it takes its script: the base's /bin/sh, or one that the file names."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sifcheck.base.source import Span
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.bases.model import base_of
from sifcheck.definition.lookalikes import is_meant, merge_conflicts
from sifcheck.definition.model import BUILD_SECTIONS, ERREXIT_SECTIONS, open_before_stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sifcheck.definition.model import Section
    from sifcheck.shell.model import Dialect
    from sifcheck.shell.refusing import Refusal

_BY_PROGRAM: dict[str, Dialect] = {
    "bash": "bash",
    "rbash": "bash",
    "dash": "sh",
    "ash": "ash",
    "busybox": "ash",
}
_OF_SH: dict[str | None, Dialect] = {"bash": "bash", "dash": "sh", "ash": "ash"}
_ON_HOST = ("pre", "setup")
_BY_BUILT_IN = ("environment", "appenv")
_AT_RUN = ("runscript", "startscript", "apprun", "appstart", "apptest")
_BASH = pattern(r"\bBASH(?:_VERSION)?\b|\bexec[ \t][^\n]*\bbash\b")
# What makes /bin/sh another shell than the base's.
_OTHER_SH = pattern(r"(?<!#!)(?<!#! )/bin/sh\b|reconfigure[ \t][^\n]*\bdash\b|%files[^\n]*\bsh\b")


def reading_shells(section: Section) -> tuple[Dialect, ...]:
    """The shells of which one reads a section: all of them where nobody can say, none where it is another program.

    Not for %environment and %appenv, which the runtimes read by an interpreter of their own.
    """
    from sifcheck.shell.refusing import EVERY_SHELL

    deciding = section.deciding
    if section.name in _BY_BUILT_IN or not deciding.is_shell or not _reads_script(deciding):
        return ()
    program = _program(deciding)
    if program != "sh":
        return (_BY_PROGRAM[program],) if program in _BY_PROGRAM else ()
    if section.name in _ON_HOST:
        return EVERY_SHELL
    stage = section.stage
    if section.name not in BUILD_SECTIONS and _OTHER_SH.search(stage.text.text):
        return EVERY_SHELL
    known = _OF_SH.get(base_of(stage).sh)
    return EVERY_SHELL if known is None else (known,)


def _program(section: Section) -> str:
    """The name of the program that runs a section, seen through `env` and `busybox`."""
    names = [word.rpartition("/")[2] for word in section.shell.split()]
    if names[:1] == ["env"]:
        names = [name for name in names[1:] if not name.startswith("-") and "=" not in name]
    if names[:1] == ["busybox"]:
        names = ["ash" if name == "sh" else name for name in names[1:]] or names
    return names[0] if names else ""


def _reads_script(section: Section) -> bool:
    """Whether the words behind a section's name leave it to the shell to read the script."""
    words = section.option_words
    if section.app is not None:  # there the words are the app's name, and nothing else
        return True
    if words[:1] == ["-c"] and section.name in ERREXIT_SECTIONS:
        words = words[2:]
        return not any(word[:1] == "-" and "c" in word and word[:2] != "--" for word in words)
    return all(word[:1] in ("-", "+") and len(word) > 1 and "c" not in word for word in words)


class _Piece(NamedTuple):
    """One section in the text that the runtime joins of several."""

    start: int
    section: Section


@lru_cache(maxsize=64)
def refusal_of(section: Section) -> Refusal | None:
    """Why the shell that reads a section refuses its script; None where it takes it, or nobody can say.

    The runtimes join the bodies of the sections of one name, and run the app installs behind %post: what one leaves open
    another may close, and the section in which the refusal stands answers for all.
    """
    joined = _joined(section)
    if not any(one.script.doubted for one in joined):
        return None
    if not is_meant(section.stage) or not _is_used(section) or any(map(_is_cut, joined)):
        return None
    dialects = reading_shells(section)
    if not dialects:
        return None
    refusal = _refusal_of(joined, dialects)
    if refusal is None or not _lies_in(refusal.span, section):
        return None
    if refusal.bash_takes_it and any(_BASH.search(one.body) for one in joined):
        return None  # it asks for its shell, or starts another one
    marks = [mark for group in merge_conflicts(section.stage.definition) for mark in group]
    # An unfinished merge is the cause of whatever follows it.
    return (
        None
        if any(mark.start <= refusal.span.start and _lies_in(mark, section) for mark in marks)
        else refusal
    )


def _joined(section: Section) -> tuple[Section, ...]:
    """The sections whose bodies are read as one script."""
    if section.name in BUILD_SECTIONS:
        found = [one for name in BUILD_SECTIONS for one in section.stage.named(name)]
    else:
        found = [one for one in section.stage.named(section.name) if one.app == section.app]
    return tuple(one for one in found if one.body)


def _is_used(section: Section) -> bool:
    """Whether the runtime runs the section ever: what an earlier stage sets for runs is lost."""
    return section.stage.is_last or section.name not in _AT_RUN


def _is_cut(section: Section) -> bool:
    """Whether a line that starts with `%` or `bootstrap:` may have taken away the end of the script."""
    if section.script.open_at_end is None:
        return False
    stage = section.stage
    below = stage.sections[section.index + 1 : section.index + 2]
    if below:
        return not below[0].known or below[0].open_before == "here-document"
    later = stage.definition.stages[stage.index + 1 : stage.index + 2]
    return bool(later) and (open_before_stage(later[0]) is not None or not is_meant(later[0]))


def _lies_in(span: Span, section: Section) -> bool:
    return section.body_span.start <= span.start <= section.body_span.end


def _refusal_of(sections: Sequence[Section], dialects: tuple[Dialect, ...]) -> Refusal | None:
    from sifcheck.shell.refusing import refusal_by_all

    text, unknown = "", []
    pieces: list[_Piece] = []
    for section in sections:
        if text and not text.endswith("\n"):
            text += "\n"
        if section.name == "appinstall":
            text += ":\n"  # what the runtime puts between
        base = section.text_start
        known = section.stage.text.unknown(base, section.text_end)
        unknown += [(len(text) + start - base, len(text) + end - base) for start, end in known]
        pieces.append(_Piece(len(text), section))
        text += section.body

    def place(start: int, end: int) -> Span:
        piece = next(piece for piece in reversed(pieces) if piece.start <= start or piece is pieces[0])
        section, size = piece.section, len(piece.section.body)
        first = min(max(start - piece.start, 0), size)
        return section.stage.text.place_from(section.text_start)(
            first, min(max(end - piece.start, first), size)
        )

    return refusal_by_all(text, dialects, place, unknown)
