"""One call of the runtime: which runtimes it can be, which of its words are sure, and edits that move or swap them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sifcheck.api import NOWHERE, Edit, Severity, Span, Word

if TYPE_CHECKING:
    from sifcheck.api import Runtime, RuntimeCall, Target

IMAGE_ENDINGS = (".sif", ".simg", ".img", ".aimg", ".sqsh", ".squashfs")
_DEFINITION_ENDINGS = (".def", ".recipe", ".singularity")
# They put words of their own behind those of the call.
_ADD_WORDS = frozenset(("xargs", "parallel", "find"))


def runtimes_of(call: RuntimeCall, target: Target) -> tuple[Runtime, ...]:
    """The runtimes of the target that a call can be of: Apptainer is called `singularity` too, and no other `apptainer`."""
    if call.program != "apptainer":
        return target.runtimes
    return tuple(runtime for runtime in target.runtimes if runtime.family == "apptainer")


def level_of(
    call: RuntimeCall, target: Target, concerned: tuple[Runtime, ...], level: Severity
) -> Severity | None:
    """How bad it is that a call fails on some of the runtimes: as `Target.severity`, of those that it can be of."""
    return target._replace(runtimes=runtimes_of(call, target)).severity(concerned, level)


def adds_words(call: RuntimeCall) -> bool:
    """Whether a program before the call puts words behind it that are not seen here."""
    return bool(_ADD_WORDS & {*call.wrappers, *(command.program for command in call.outer)})


def is_one_word(call: RuntimeCall, word: Word) -> bool:
    """Whether a word is exactly one when the call is made: an unquoted variable may be none or several."""
    if word.has_glob or word.has_braces:
        return False
    value = call.value_of(word)
    if value is not None:
        return word.value is not None or word.quoted == "double" or (value != "" and " " not in value)
    spread = any(part.name in ("@", "*") or part.expansion[:3] in ("[@]", "[*]") for part in word.parts)
    static = any(part.value for part in word.parts)
    return not spread and (static or all(part.quoted for part in word.parts))


def all_sure(call: RuntimeCall) -> bool:
    """Whether the operands of a call are the ones that are seen, neither more nor fewer."""
    known = {*call.option_names().values()}
    plain = all(option.name in known for option in call.options)
    sure = not call.unsure and not adds_words(call) and plain
    return sure and all(is_one_word(call, word) for word in call.operands)


def shown_text(call: RuntimeCall) -> str:
    """The script of a call, in which names are written as words have them: each character as it is shown."""
    if call.job is None:
        return ""
    text: str = call.job.text
    return text.encode("latin-1", "replace").decode("utf-8", "replace")


def is_definition_name(path: str) -> bool:
    """Whether a name is one that only definition files have."""
    return path.endswith(_DEFINITION_ENDINGS)


def may_be_definition(path: str) -> bool:
    """Whether a name is one that definition files often have."""
    name = path.rpartition("/")[2]
    often = is_definition_name(name) or name.startswith(("Singularity", "Apptainer"))
    return often and not name.endswith(IMAGE_ENDINGS)


# -- edits


def behind_command(call: RuntimeCall) -> int:
    """Where an option of a call can be put in: behind its command, and behind sifcheck's own options."""
    given = [option.word for option in call.options if option not in call.late] or list(call.operands)
    if call.program == "sifcheck" and given:
        return call.words[call.words.index(given[0]) - 1].span.end
    if call.action is not None:
        word = next(word for word in call.words if word.value == call.action)
    else:
        word = call.subcommand_word or call.program_word
    return word.span.end


def stands_as_seen(call: RuntimeCall, words: Iterable[Word]) -> bool:
    """Whether words stand on the call's own command line, rather than in the value of a variable."""
    whole = call.command.span
    return call.job is not None and all(
        whole.start <= word.span.start and word.span.end <= whole.end for word in words
    )


def swapped(call: RuntimeCall, one: Word, other: Word) -> list[Edit]:
    """The edits that put each of two words in the place of the other."""
    if not stands_as_seen(call, (one, other)):
        return [NOWHERE]
    return [
        Edit(one.span.start, one.span.end, other.text),
        Edit(other.span.start, other.span.end, one.text),
    ]


def moved(call: RuntimeCall, words: list[Word]) -> list[Edit]:
    """The edits that move options of a call, with their values, to the place behind its command."""
    if call.job is None or not stands_as_seen(call, words) or call.subcommand_word is None:
        return [NOWHERE]
    if not stands_as_seen(call, [call.subcommand_word]):
        return [NOWHERE]
    text = call.job.source.text
    to = behind_command(call)
    edits = [Edit(to, to, "".join(f" {word.text}" for word in words))]
    return [*edits, *(Edit(*with_blanks(text, word.span), "") for word in words)]


def with_blanks(text: str, span: Span) -> Span:
    """A word with the blanks and continued line ends before it."""
    start = span.start
    while start:
        if text[start - 1] in " \t":
            start -= 1
        elif text[max(start - 2, 0) : start] == "\\\n":
            start -= 2
        else:
            break
    return Span(start, span.end)
