"""The ways in which a line of %files is misread, each as a finding of DEF305."""

from __future__ import annotations

import re

from sifcheck.api import (
    USUAL_FOLDERS,
    Confidence,
    Draft,
    Edit,
    FileCopy,
    FileWord,
    Findings,
    Severity,
    Span,
    Target,
    finding,
    has_glob,
    image_path,
    pattern,
    replace,
)

_ARROWS = frozenset(("->", "-->", "=>", "==>", ">", "=", ":", "\u2192", "\u21d2"))
_URL = pattern(r"[A-Za-z][A-Za-z0-9+.-]*://")
_DOCKER = pattern(r"([^:]+):(/.*)")
_VARIABLE = pattern(r"\$(?:\w+|\{[^}]*\})", re.A)
_COMMAND = pattern(r"\$\([^)]*\)|`[^`]*`")
_BRACES = pattern(r"\{[^{}]*,[^{}]*\}|\{\w+\.\.\w+\}")
_BACKSLASH = pattern(r"\\(?! )")
_SYNTAX = pattern(r"[;&()|<>']")


def misread_words(copy: FileCopy) -> Draft | None:
    """What is wrong with how the line falls into words."""
    words = copy.words
    last = words[-1]
    for word in words[:2]:
        if word.written.startswith("'"):
            return finding(word, "single-quotes", fix=_rewritten(copy))
        if _is_cut_command(word):
            return finding(word, "cut-command", name=word.text)
    if last.text == "\\" and len(words) == 3:
        return finding(
            last, "passed-over", severity="warning", fix=replace(Span(words[1].span.end, last.span.end), "")
        )
    if last.text.endswith("\\") and len(words) < 3:
        return finding(last, "continued", fix=_joined(copy), safe=False)
    for number, word in enumerate(words[:2], 1):
        if number < len(words) and words[number].span.start == word.span.end:
            return finding(word, "glued", name=word.text, fix=_rewritten(copy))
    for word in words[:2]:
        if "\\" in word.text:
            return finding(word, "backslash", name=word.text, fix=_rewritten(copy))
    return _misread_destination(copy) or _too_many(copy)


def _is_cut_command(word: FileWord) -> bool:
    text = word.text
    return ("$(" in text and text.count("(") != text.count(")")) or text.count("`") % 2 == 1


def _rewritten(copy: FileCopy) -> Edit | None:
    line = _rewritten_line(copy)
    return replace(copy.span, line) if line is not None else None


def _joined(copy: FileCopy) -> Edit | None:
    """The line and the next as one; None where they do not make a source and a destination."""
    copies = copy.section.copies
    place = copies.index(copy) + 1
    following = copies[place] if place < len(copies) else None
    if copy.words[-1].text != "\\" or following is None or len(following.words) != 1:
        return None
    return replace(Span(copy.words[0].span.end, following.span.start), " ")


def _misread_destination(copy: FileCopy) -> Draft | None:
    words = copy.words
    if len(words) < 2:
        return None
    name = words[1].text
    if name.startswith("#"):
        remark = Span(words[1].span.start, copy.span.end)
        source = copy.section.stage.definition.source
        indentation = source.text[copy.line_span.start : copy.span.start]
        moved = f"{source.slice(remark)}\n{indentation}{words[0].written}"
        return finding(remark, "comment", severity="warning", name=name, fix=replace(copy.span, moved))
    if name in _ARROWS:
        fix = replace(Span(words[1].span.start, words[2].span.start), "") if len(words) > 2 else None
        return finding(words[1], "arrow", severity="warning", name=name, fix=fix)
    return None


def _too_many(copy: FileCopy) -> Draft | None:
    words = copy.words
    if len(words) < 3 or words[2].text.startswith("#") or any(word.has_unknown for word in words):
        return None
    rest = Span(words[2].span.start, words[-1].span.end)
    shown = copy.section.stage.definition.source.slice(rest)
    source, destination = words[0].text, words[1].text
    if destination.startswith("/"):
        # The copying succeeds; whether the rest belongs to a name with blanks cannot be told.
        level: Severity = "warning" if words[2].text.startswith("/") else "error"
        confidence: Confidence = "medium"
    else:
        level, confidence = "error", "high"
    return finding(
        rest,
        "blank",
        severity=level,
        confidence=confidence,
        fix=_one_source(copy) if confidence == "high" else None,
        safe=False,
        source=source,
        destination=destination,
        rest=shown,
    )


def _one_source(copy: FileCopy) -> Edit | None:
    """The line with all but its last word as one name, or as a line for each if they go into a folder."""
    *sources, destination = copy.words
    if not destination.text.startswith("/") or any('"' in word.written for word in sources):
        return None
    source = copy.section.stage.definition.source
    if destination.text.endswith("/"):
        indentation = source.text[copy.line_span.start : copy.span.start]
        return replace(
            copy.span, f"\n{indentation}".join(f"{word.text} {destination.written}" for word in sources)
        )
    name = source.slice(Span(sources[0].span.start, sources[-1].span.end))
    return replace(copy.span, f"{_quoted(name)} {destination.written}")


def misread_source(copy: FileCopy, target: Target) -> Draft | None:
    """What makes the copying of the line's source fail."""
    word = copy.words[0]
    text = word.text
    if word.has_unknown:
        return None
    if text.startswith("-"):
        at = word.span.start + (word.written[0] == '"')
        # `--chown=…` and the like were never names.
        fix = None if text.startswith("--") or "$" in text else Edit(at, at, "./")
        return finding(word, "option", name=text, fix=fix)
    if _URL.match(text):
        return finding(word, "url", name=text)
    docker = _DOCKER.fullmatch(text)
    if docker is not None and len(copy.words) == 1:
        fix = replace(word, f"{docker[1]} {docker[2]}")
        return finding(word, "colon", name=text, source=docker[1], place=docker[2], fix=fix, safe=False)
    syntax = _SYNTAX.search(_COMMAND.sub("", _VARIABLE.sub("", text)))
    if syntax is not None:
        level = target.severity(target.lacking("files by glob only"), "error")
        if level is not None:
            return finding(word, "syntax", severity=level, character=syntax[0])
    return None


def doubtful_words(copy: FileCopy, target: Target) -> Findings:
    """What does not make the copying fail everywhere, but is hardly meant."""
    source, destination = copy.words[0], copy.destination
    if not source.has_unknown:
        yield from _expanded(source, target)
    if destination is None or destination.has_unknown:
        return
    variable = _VARIABLE.search(destination.text) or _COMMAND.search(destination.text)
    if variable is not None or destination.text.startswith("~/"):
        yield finding(destination, "destination", severity="warning", name=variable[0] if variable else "~")
    elif (
        not source.has_unknown and has_glob(source.text) and _is_one_name(copy, source.text, destination.text)
    ):
        at = destination.span.end - destination.written.endswith('"')
        yield finding(
            destination,
            "several",
            severity="warning",
            confidence="medium",
            source=source.text,
            destination=destination.text,
            fix=Edit(at, at, "/"),
        )


def _if_unset(text: str, name: str) -> tuple[str, str]:
    """The message for a source with a variable, and the source that an unset one leaves."""
    if not re.fullmatch(r"\w+", name.strip("${}"), re.A) or name.strip("${}") in ("HOME", "USER", "PWD"):
        return "variable", ""
    rest = _VARIABLE.sub("", text)
    return ("unset-path", rest) if rest else ("unset", "")


def _expanded(source: FileWord, target: Target) -> Findings:
    text = source.text
    command, variable, braces = _COMMAND.search(text), _VARIABLE.search(text), _BRACES.search(text)
    if not text:
        yield finding(source, "nothing", severity="warning")
    elif command is not None:
        yield finding(source, "command", severity="warning", name=command[0])
    elif variable is not None:
        key, rest = _if_unset(text, variable[0])
        yield finding(source, key, severity="warning", name=variable[0], rest=rest)
    elif text == "~" or text.startswith("~/"):
        yield finding(source, "variable", severity="warning", name="~")
    elif braces is not None and target.having("files by glob only"):
        yield finding(source, "braces", severity="warning", name=braces[0])


def _is_one_name(copy: FileCopy, source: str, destination: str) -> bool:
    """Whether several matches would become one file: the destination is no folder, nor the match's new name."""
    if destination.endswith(("/", "/.")) or _is_known_folder(destination) or _files_made_before(copy):
        return False
    _, dot, ending = image_path(destination).rpartition(".")
    return not (dot and "/" not in ending and source.endswith("." + ending))


def _is_known_folder(path: str) -> bool:
    """Whether a path of the image is a folder before anything was copied there."""
    return image_path(path) in USUAL_FOLDERS


def _files_made_before(copy: FileCopy) -> bool:
    """Whether an earlier line, or %setup, surely makes the destination a folder."""
    wanted = image_path(copy.target_path)
    section = copy.section
    stage = section.stage
    if any(wanted in setup.body for setup in stage.named("setup", "pre")):
        return True
    for other in (line for files in stage.named("files") for line in files.copies):
        if other is copy:
            return False
        path = other.target_path
        if image_path(path).startswith(wanted + "/") or (path.endswith("/") and image_path(path) == wanted):
            return True
    return False


def _rewritten_line(copy: FileCopy) -> str | None:
    """The line with its names in double quotes where they need them, as a shell would have understood it.

    None where that gives no source and destination, or where a name holds what double quotes do not protect.
    """
    from shlex import split

    if any(mark in copy.line for mark in ("$", "`", "{{")) or _BACKSLASH.search(copy.line):
        return None
    try:
        names = split(copy.line)
    except ValueError:
        return None
    if not 1 <= len(names) <= 2 or not all(names) or any(mark in name for name in names for mark in "\"'\\"):
        return None
    return " ".join(_quoted(name) for name in names)


def _quoted(name: str) -> str:
    """A name as it stands in %files: in double quotes if it holds a blank."""
    return f'"{name}"' if any(character.isspace() for character in name) else name
