"""A level of a shell text as plain words in blocks, of equal length: what the grammar is asked to read.

Everything quoted or expanded has become letters, comments and here-documents blanks.  Redirections, negations and the
operators of lists and pipelines are taken out and listed, and statements are parted by semicolons.  An offset into the
skeleton is an offset into the level.

Why the grammar does not see them: it takes `a | b | c || d` for `a | (b | c || d)`, makes one command of two lines where
a pipeline of three commands stands before a line with `&&`, both without an error, and knows neither `! { ...; }` nor
`done }`.
"""

from __future__ import annotations

import re

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.shell.lexed import Level

_KEPT = b"\t\n &();<>{|}!_" + bytes(range(0x30, 0x3A)) + bytes(range(0x41, 0x5B)) + bytes(range(0x61, 0x7B))
_PLAIN = bytes(byte if byte in _KEPT else 0x20 if byte == 0x0D else 0x5F for byte in range(256))

_ANGLE = pattern(rb"[<>]")
_REDIRECTION = pattern(rb"(\d*)(&>>?|<<<|<<|<&|<>|>&|>>|>\||<|>)[ \t]*([^ \t\n;&|()<>]*)[ \t]*")
_BRACE = pattern(rb"[{}]")
_PARENTHESES = pattern(rb"[()]")
_BANG = pattern(rb"!")
_NOT_BLANK = pattern(rb"[^ \t]")
_LINE_ENDS = pattern(rb"\n[ \t\n]*")
_OPERATORS = pattern(rb"&&|\|\||\|&|\|")
_PATTERNS = pattern(
    rb"((?:;;&?|;&|(?:\A|[ \t\n;&|()])case[ \t]+\w+[ \t\n]+in)[ \t\n]*\(?[ \t]*)"
    rb"(?!esac\b)(\w+(?:[ \t]*\|[ \t]*\w+)+)(?=[ \t]*\))"
)
_CASE_HEAD = pattern(rb"(?:\A|[ \t\n;&|()])case[ \t]+\w+[ \t\n]+in\Z")
_FOR_DO = pattern(rb"(for[ \t]+\w+)[ \t]do(?=[ \t\n])")  # goes over the arguments of the script
_TIMED = pattern(rb"(?<![^ \t\n;&|()])time(?:[ \t]+_p)?(?=[ \t]+(?:[({]|(?:if|while|until|for|case)[ \t\n]))")
_LAST_WORD = pattern(rb"[a-z]+\Z")
_FUNCTION_HEAD = pattern(rb"(?:\A|[ \t\n;&|()])function[ \t]+\w+\Z")
_OPENERS = frozenset((b"then", b"do", b"else", b"elif", b"if", b"while", b"until"))
_MORE_FOLLOWS = (*_OPENERS, b"in")
_ENDERS = frozenset((b"fi", b"done", b"esac"))
# Most lines end in a word that is none of _MORE_FOLLOWS, and the next begins with one: the statement ends there.
_WORDLY = frozenset(bytes((byte,)) for byte in _PLAIN if chr(byte).isalnum() or byte == 0x5F)
_PLAIN_ENDS = _WORDLY - {word[-1:] for word in _MORE_FOLLOWS}
_STATEMENT_ENDS = [b";".ljust(length) for length in range(80)]


class Redirect(NamedTuple):
    """A redirection as it is written, in offsets into the text; `target_end` equals `target_start` where there is none."""

    start: int
    end: int
    fd: int | None
    operator: int  # where the operator begins
    target_start: int
    target_end: int
    alone: bool  # a statement that consists of redirections only


class Skeleton(NamedTuple):
    """A level as plain words and operators, and what was taken out of it."""

    plain: bytes
    redirects: list[Redirect]
    negated: frozenset[int]  # where a statement begins that `!` stands before
    operators: dict[int, str]  # the semicolons that stand for `&&`, `||`, `|`, `|&`


def skeleton(work: str, level: Level) -> Skeleton:
    """The level as plain words and operators."""
    plain = _plain(work, level)
    redirects: list[Redirect] = []
    negated: frozenset[int] = frozenset()
    if b"time" in plain:
        plain = _TIMED.sub(_timed, plain)
    if b"!" in plain:
        plain, negated = _without_negations(plain)
    if b"<" in plain or b">" in plain:
        plain = _without_redirections(plain, level.start, redirects)
    if b"((" in plain:
        plain = _without_double_parentheses(plain)
    if b"{" in plain or b"}" in plain:
        plain = _without_loose_braces(plain)
    if b"for" in plain:
        plain = _FOR_DO.sub(rb"\1;do", plain)
    if b"esac" in plain and b"|" in plain:
        plain = _PATTERNS.sub(lambda match: match.group(1) + b"_" * len(match.group(2)), plain)
    if b"\n" in plain:
        plain = _LINE_ENDS.sub(_line_end, plain)
    operators: dict[int, str] = {}
    if b"|" in plain or b"&&" in plain:
        operators = {match.start(): match.group().decode() for match in _OPERATORS.finditer(plain)}
        plain = _OPERATORS.sub(lambda match: b"; " if len(match.group()) == 2 else b";", plain)
    return Skeleton(plain, redirects, negated, operators)


def _timed(match: re.Match[bytes]) -> bytes:
    """`time` before a block is no command."""
    written = match.group()
    return b" " * len(written) if _begins_statement(match.string, match.start()) else written


def _line_end(match: re.Match[bytes]) -> bytes:
    """What a line end becomes, together with the blanks and line ends behind it."""
    plain, (start, end) = match.string, match.span()
    after = plain[end : end + 1]
    if plain[start - 1 : start] in _PLAIN_ENDS and after in _WORDLY:
        return _STATEMENT_ENDS[end - start] if end - start < 80 else b";".ljust(end - start)
    before = plain[max(0, start - 80) : start].rstrip(b" \t") or _before(plain, start)
    last = before[-1:]
    if not before.strip() or last in b";&|({":
        sign = b" "
    elif last == b")" or after in b"&|":
        sign = b"\n"  # the end of a subshell, or a pattern of `case`, or the head of a function: all are read right
    elif (
        after == b";"
        or (before.endswith(_MORE_FOLLOWS) and _is_opener(before))
        or (after == b"{" and _FUNCTION_HEAD.search(before))
    ):
        sign = b" "
    else:
        sign = b";"
    return sign.ljust(end - start)


def _before(plain: bytes, at: int) -> bytes:
    """The end of what stands before `at`, without blanks; a few hundred characters tell all that is asked."""
    near = plain[max(0, at - 200) : at].rstrip(b" \t")
    return near if near or at <= 200 else plain[:at].rstrip(b" \t")[-200:]


def _is_opener(before: bytes) -> bool:
    """Whether the text ends in a reserved word that a command follows."""
    word = _LAST_WORD.search(before, max(0, len(before) - 6))
    if word is None:
        return False
    if word.group() == b"in":
        return _CASE_HEAD.search(before) is not None
    if word.group() not in _OPENERS:
        return False
    return word.start() == 0 or _begins_statement(before, word.start())


def _plain(work: str, level: Level) -> bytes:
    pieces: list[str] = []
    position = level.start
    for start, end, fill in level.masks:
        pieces.append(work[position:start])
        pieces.append(fill * (end - start))
        position = end
    pieces.append(work[position : level.end])
    return "".join(pieces).encode("latin-1", "replace").translate(_PLAIN)


def _without_redirections(plain: bytes, base: int, redirects: list[Redirect]) -> bytes:
    pieces: list[bytes] = []
    position = 0
    angle = _ANGLE.search(plain)
    while angle is not None:
        start = end = _start_of_redirection(plain, angle.start())
        matches = []
        while match := _REDIRECTION.match(plain, end):
            matches.append(match)
            end = match.end()
        alone = (end == len(plain) or plain[end] in b"\n;&|)") and _begins_statement(plain, start)
        redirects.extend(_redirect(match, base, alone) for match in matches)
        pieces.append(plain[position:start])
        pieces.append((b"_" if alone else b" ") + b" " * (end - start - 1))
        position = end
        angle = _ANGLE.search(plain, end)
    pieces.append(plain[position:])
    return b"".join(pieces)


def _start_of_redirection(plain: bytes, angle: int) -> int:
    """Where a redirection begins whose `<` or `>` stands at `angle`: at its descriptor, or at the `&` of `&>`."""
    if plain[angle - 1 : angle] == b"&" and plain[angle] == 0x3E and plain[angle - 2 : angle - 1] != b"&":
        return angle - 1
    start = angle
    while start and 0x30 <= plain[start - 1] <= 0x39:
        start -= 1
    return start if start == 0 or plain[start - 1] in b" \t\n;&|()<>" else angle


def _redirect(match: re.Match[bytes], base: int, alone: bool) -> Redirect:
    written = match.group(1)
    start, target_start, target_end = base + match.start(), base + match.start(3), base + match.end(3)
    end = target_end if target_end > target_start else base + match.end(2)
    fd = int(written[:9]) if written else None
    return Redirect(start, end, fd, base + match.start(2), target_start, target_end, alone)


def _begins_statement(plain: bytes, at: int) -> bool:
    """Whether nothing of the same statement stands before `at`."""
    before = _before(plain, at)
    if not before or before[-1] in b"\n;&|({!":
        return True
    word = _LAST_WORD.search(before, max(0, len(before) - 6))
    return (
        word is not None
        and word.group() in _OPENERS
        and (word.start() == 0 or before[word.start() - 1] in b" \t\n;&|()")
    )


def _without_loose_braces(plain: bytes) -> bytes:
    """Make letters of braces that are no reserved words: `{}`, `a}`, `{a,b}`, `echo }`."""
    changed = bytearray(plain)
    for match in _BRACE.finditer(plain):
        at = match.start()
        if not _stands_alone(plain, at) or not (_may_close if plain[at] == 0x7D else _may_open)(plain, at):
            changed[at] = 0x5F
    return bytes(changed)


def _without_double_parentheses(plain: bytes) -> bytes:
    """Take the inner pair out of `((a); b)`, a subshell in a subshell: the grammar takes `((` for arithmetic."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for match in _PARENTHESES.finditer(plain):
        if match.group() == b"(":
            opened.append(match.start())
        elif opened:
            pairs[opened.pop()] = match.start()
    changed = bytearray(plain)
    at = plain.find(b"((")
    while at >= 0:
        if changed[at] == 0x28:
            changed[at + 1] = 0x20
            if at + 1 in pairs:
                changed[pairs[at + 1]] = 0x20
        at = plain.find(b"((", at + 1)
    return bytes(changed)


def _without_negations(plain: bytes) -> tuple[bytes, frozenset[int]]:
    """Take out the `!` that negate a pipeline, and make letters of the others, as in `[ ! -f x ]`."""
    changed = bytearray(plain)
    negated: list[int] = []
    for match in _BANG.finditer(plain):
        at = match.start()
        if _stands_alone(plain, at) and _begins_statement(plain, at):
            changed[at] = 0x20
            following = _NOT_BLANK.search(plain, at + 1)
            negated.append(following.start() if following else len(plain))
        else:
            changed[at] = 0x5F
    return bytes(changed), frozenset(negated)


def _stands_alone(plain: bytes, at: int) -> bool:
    delimiters = b" \t\n;&|()<>"
    return (at == 0 or plain[at - 1] in delimiters) and plain[at + 1 : at + 2] in (
        b"",
        *(bytes((sign,)) for sign in delimiters),
    )


def _may_open(plain: bytes, at: int) -> bool:
    before = _before(plain, at)
    return (
        before[-1:] == b")"
        or _begins_statement(plain, at)
        or _FUNCTION_HEAD.search(before, max(0, len(before) - 100)) is not None
    )


def _may_close(plain: bytes, at: int) -> bool:
    before = _before(plain, at)
    if not before:
        return True
    if before[-1] in b"\n;&|){}":
        return True
    word = _LAST_WORD.search(before, max(0, len(before) - 6))
    return (
        word is not None
        and word.group() in _ENDERS
        and (word.start() == 0 or before[word.start() - 1] in b" \t\n;&|()")
    )
