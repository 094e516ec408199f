"""What the rules on build scripts share: which shell runs a section, what is in force there, and small edits."""

from __future__ import annotations

import re
from functools import lru_cache

from sifcheck.api import Command, Edit, Script, Section, Span, Stage, Word, pattern
from sifcheck_rules._stage_scripts import build_scripts, code_of, is_shell

_HOST_OR_BUILD = ("pre", "setup", "post")
_BETWEEN_WORDS = pattern(r"(?:[ \t]|\\\r?\n)+")
_EXPANDED = pattern(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})", re.ASCII)


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


def runs_in_shell(section: Section) -> bool:
    """Whether a shell of Bourne's family reads the section."""
    return is_shell(deciding(section))


def starts_in_errexit(script: Script) -> bool:
    """Whether a failing command ends the script: as it is started, or by `set -e` at its top."""
    if has_errexit(script.section):
        return True
    return any(sets_errexit(command) and command.top_level for command in script.commands("set"))


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


@lru_cache(maxsize=8)
def constants(stage: Stage) -> dict[str, str]:
    """The variables that the build scripts set once, to a value that stands there."""
    values: dict[str, str | None] = {}
    for script in build_scripts(stage):
        for assignment in script.assignments:
            value = assignment.value.value if assignment.value is not None else None
            known = not (assignment.append or assignment.array or assignment.loop or assignment.prefix)
            values[assignment.name] = value if known and assignment.name not in values else None
    return {name: value for name, value in values.items() if value is not None}


def resolved(word: Word) -> str | None:
    """What a word stands for, with the variables put in that the scripts set once; None where that is not known."""
    if word.value is not None:
        return word.value
    known = constants(word.script.section.stage)
    text = ""
    for part in word.parts:
        if part.kind == "variable" and not part.expansion and part.name in known:
            text += known[part.name]
        elif part.value is not None:
            text += part.value
        else:
            return None
    return text


def without_word(command: Command, word: Word) -> Edit | None:
    """The edit that takes a word and the blanks before it out of a command; None where something else stands there."""
    words = command.words
    before = next((words[at - 1] for at in range(1, len(words)) if words[at] is word), None)
    if before is None:
        return None
    text = word.script.section.stage.definition.source.text
    if not _BETWEEN_WORDS.fullmatch(text, before.span.end, word.span.start):
        return None
    return Edit(before.span.end, word.span.end, "")


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


def plural_code(scripts: tuple[Script, ...]) -> str:
    """The code of several scripts, comments as blanks."""
    return "\n".join(code_of(script.section) for script in scripts)


def in_comment(script: Script, at: int) -> bool:
    """Whether an offset of the file lies in a comment of the script."""
    return any(comment.start <= at < comment.end for comment in script.comments)
