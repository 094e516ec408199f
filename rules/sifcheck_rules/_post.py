"""What the rules on build scripts share: which shell runs a section, what is in force there, and small edits."""

from __future__ import annotations

from functools import lru_cache

from sifcheck.api import Command, Edit, Section, Span
from sifcheck_rules._stage_scripts import is_shell

_HOST_OR_BUILD = ("pre", "setup", "post")


def deciding(section: Section) -> Section:
    """The section whose words count for this one: the last of its name, and %post's for an app's install."""
    name = "post" if section.name == "appinstall" else section.name
    if name not in _HOST_OR_BUILD:
        return section
    same = section.stage.named(name)
    return same[-1] if same else section


def has_errexit(section: Section) -> bool:
    """Whether a failing command ends the section from its first line on."""
    words = deciding(section)
    return words.errexit or "errexit" in words.option_words


@lru_cache(maxsize=64)
def runs_in_shell(section: Section) -> bool:
    """Whether a shell of Bourne's family reads the section."""
    return is_shell(deciding(section))


def sets_errexit(command: Command) -> bool | None:
    """Whether a `set` turns errexit on (True) or off (False); None for one that leaves it alone."""
    found: bool | None = None
    words = [word.value or "" for word in command.arguments]
    for index, word in enumerate(words):
        if word == "--" or word[:1] not in ("-", "+") or len(word) < 2:
            if index and words[index - 1][-1:] == "o" and words[index - 1][:1] in ("-", "+"):
                if word == "errexit":
                    found = words[index - 1][0] == "-"
                continue
            break
        if "e" in word[1:]:
            found = word[0] == "-"
    return found


def body_indent(section: Section) -> str:
    """The indentation of the body's first line that holds something."""
    for line in section.body.split("\n"):
        if line.strip():
            return line[: len(line) - len(line.lstrip(" \t"))]
    return "    "


def first_line(section: Section, line: str) -> Edit | None:
    """The edit that makes a line the first of the body."""
    source = section.stage.definition.source
    at = source.line_span(source.line_of(section.line_span.start)).end
    if section.body.strip() == "" or source.text[at - 1 : at] != "\n":
        return None
    return Edit(at, at, f"{body_indent(section)}{line}\n")


def words_span(section: Section) -> Span:
    """Where the words behind the section's name stand, without blanks and comment."""
    source = section.stage.definition.source
    text = source.text[section.words_span.start : section.words_span.end].partition("#")[0]
    start = section.words_span.start + len(text) - len(text.lstrip())
    return Span(start, section.words_span.start + len(text.rstrip()))
