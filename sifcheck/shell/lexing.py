"""The lexical pass over a shell text: what is quoted, expanded, a comment, a here-document, or in a substitution.

One pass with a stack of its own: any depth of nesting is fine, and nothing is looked at twice.  Each substitution is a
`Level` of its own, so that the grammar never sees a quotation or an expansion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sifcheck.shell.lexed import Body, Level, Lexed
from sifcheck.shell.nesting import (
    Frame,
    Pass,
    at_command,
    close_frame,
    close_quotation,
    deeper,
    is_arithmetic,
    leave_open,
    open_arithmetic,
    open_level,
)
from sifcheck.shell.tokens import (
    ANSI,
    BACKTICKS,
    BODY,
    BRACE,
    BRACE_IN_DOUBLE,
    DELIMITER,
    DOUBLE,
    INNER,
    LIST,
    QUOTES,
    TEST,
    TEST_SHAPE,
    TOP,
    TOP_BEFORE_BODY,
)


def lex(work: str) -> Lexed:
    """Read the text once.  A CR directly before LF is taken as part of the line end."""
    state = Pass(work)
    top = Level("script", 0, 0, len(work), 0, None)
    state.found.levels.append(top)
    state.tasks.append((0, len(work), top, None))
    while state.tasks:
        _run(state, *state.tasks.pop())
        state.main = False
    state.found.work = state.work
    state.found.variables.sort()
    state.found.levels.sort(key=lambda level: (level.start, level.depth))
    state.found.bodies.sort(key=lambda body: body.start)
    return state.found


def _run(state: Pass, start: int, end: int, level: Level, body: Body | None) -> None:
    """Read one stretch: the text, what stands in backticks, or the body of a here-document."""
    if body is not None:
        base = Frame("body", start, BODY, level, None, quoted=True)
    elif level.depth == 0:
        base = Frame("top", start, TOP, level, level.masks)
    else:
        base = Frame("inner", start, INNER, level, level.masks)
        base.depth = 0
    state.stack = stack = [base]
    state.body = body
    state.position, state.limit, state.pending = start, end, []
    while True:
        frame = stack[-1]
        pattern = TOP_BEFORE_BODY if state.pending and frame.pattern is TOP else frame.pattern
        match = pattern.search(state.work, state.position, end)
        if match is None:
            break
        at = match.start()
        state.position = match.end()
        _HANDLERS[state.work[at]](state, frame, at, state.position)
    _finish(state, end)


def _finish(state: Pass, end: int) -> None:
    """Close what the stretch leaves open."""
    found, stack = state.found, state.stack
    while len(stack) > 1:
        frame = stack[-1]
        if state.main:
            found.opened.append(("quote" if frame.kind in ("double", "brace") else "block", frame.start))
        else:
            found.unclosed_inside.append(frame.start)
        close_frame(state, frame, end, end)
    for body in state.pending:
        body.start = body.end = body.through = end
        found.bodies.append(body)
    state.pending = []


# -- what each character that begins a token means ------------------------------------------------------------------------


def _escape(state: Pass, frame: Frame, start: int, end: int) -> None:
    work = state.work
    if end - start == 1 or work[end - 1] == "\n":
        if frame.kind in ("top", "inner", "list", "test"):
            state.found.continued = max(state.found.continued, end)
        if frame.sink is not None:
            frame.sink.append((start, end, _join(state, start, end)))
    elif frame.sink is not None:
        frame.sink.append((start, end, "_"))


def _join(state: Pass, start: int, end: int) -> str:
    """What a continuation counts as: a blank between words, or nothing at all inside of one."""
    work = state.work
    before = work[start - 1 : start]
    state.joined, state.joined_before = end, before
    blanks = " \t\r\n;&|()<>"
    return " " if before in blanks or work[end : end + 1] in blanks or end >= state.limit else "_"


def _single(state: Pass, frame: Frame, start: int, end: int) -> None:
    if end - start == 1 or state.work[end - 1] != "'":
        leave_open(state, start)
    close_quotation(state, frame, start, end)


def _double(state: Pass, frame: Frame, start: int, end: int) -> None:
    if frame.kind == "double":
        close_frame(state, frame, end, end)
    else:
        state.stack.append(Frame("double", start, DOUBLE, frame.level, None, quoted=True))


def _backtick(state: Pass, frame: Frame, start: int, end: int) -> None:
    match = BACKTICKS.match(state.work, start, state.limit)
    end = match.end() if match else state.limit
    if match is None:
        leave_open(state, start)
    state.position = end
    state.found.closers[start] = end
    if frame.sink is not None:
        frame.sink.append((start, end, "_"))
    inner_end = end - 1 if match else end
    inner = state.work[start + 1 : inner_end]
    if "\\`" in inner or (frame.quoted and '\\"' in inner):
        # Inside backticks a nested backtick is written with a backslash; the grammar wants it without.
        inner = inner.replace("\\`", " `")
        inner = inner.replace('\\"', ' "') if frame.quoted else inner
        state.work = state.work[: start + 1] + inner + state.work[inner_end:]
    level = deeper(state, frame, "substitution", start, start + 1)
    if level is not None:
        level.end = inner_end
        state.tasks.append((start + 1, inner_end, level, None))


def _dollar(state: Pass, frame: Frame, start: int, end: int) -> None:
    second = state.work[start + 1]
    if second == "(":
        if end - start == 3 and not is_arithmetic(state, start + 1, unknown=True):
            end = start + 2
        state.position = end
        if end - start == 3:
            open_arithmetic(state, frame, start)
        else:
            open_level(state, frame, "substitution", start, end)
    elif second == "{":
        state.found.variables.append((start, frame.quoted))
        pattern = BRACE_IN_DOUBLE if frame.quoted else BRACE
        state.stack.append(Frame("brace", start, pattern, frame.level, None, frame.quoted))
    elif second == '"':
        state.stack.append(Frame("double", start, DOUBLE, frame.level, None, quoted=True))
    elif second == "'":
        match = ANSI.match(state.work, start + 1, state.limit)
        state.position = match.end() if match else state.limit
        if match is None:
            leave_open(state, start)
        close_quotation(state, frame, start, state.position)
    else:
        state.found.variables.append((start, frame.quoted))


def _angle(state: Pass, frame: Frame, start: int, end: int) -> None:
    if frame.kind == "test":
        _operator(state, frame, start, end)
    elif state.work[end - 1] == "(":
        open_level(state, frame, "process", start, end)
    elif end - start == 2 or state.work[end - 1] == "-":
        match = DELIMITER.match(state.work, start + 2, state.limit)
        if match is None or frame.level is None:
            return
        written = match.group(1)
        quoted = any(mark in written for mark in "'\"\\")
        bare = QUOTES.sub(r"\1\2\3", written) if quoted else written
        state.pending.append(Body(start, bare, quoted, state.work[start + 2] == "-", frame.level))
        state.position = match.end()
        if frame.sink is not None:
            if state.pending[-1].tabs:
                frame.sink.append((start + 2, start + 3, " "))
            frame.sink.append((match.start(1), match.end(1), "_"))


def _comment(state: Pass, frame: Frame, start: int, end: int) -> None:
    before = state.work[start - 1 : start]
    glued = state.joined == start and state.joined_before not in ("", *" \t\n;&|()<>")
    if glued or (before == "`" and not (frame.level is not None and frame.level.start == start)):
        state.position = start + 1
        return
    state.found.comments.append((start, end - 1 if state.work[end - 1] == "\r" else end))
    if frame.sink is not None:
        frame.sink.append((start, end, " "))


def _open_parenthesis(state: Pass, frame: Frame, start: int, end: int) -> None:
    if frame.kind == "test":
        _operator(state, frame, start, end)
        return
    if frame.kind in ("arithmetic", "list"):
        frame.depth += 1
        return
    if end - start == 2 and at_command(state, frame, start) and is_arithmetic(state, start, unknown=False):
        open_arithmetic(state, frame, start)
        return
    state.position = start + 1
    before = state.work[start - 1 : start]
    if (
        before
        and start > frame.start
        and before in "=?*+@"
        and state.work[start - 2 : start - 1] not in (" ", "\t", "\n", "$")
    ):
        state.stack.append(Frame("list", start, LIST, frame.level, None))
    elif frame.kind == "inner":
        frame.depth += 1


def _close_parenthesis(state: Pass, frame: Frame, start: int, end: int) -> None:
    if frame.kind == "test":
        _operator(state, frame, start, end)
    elif frame.kind == "inner" and frame.cases and frame.cases[-1] == frame.depth:
        return  # it ends a pattern of `case`
    elif frame.kind != "inner" or frame.depth > 0:
        frame.depth -= 1
        if frame.depth == 0 and len(state.stack) > 1:
            close_frame(state, frame, start, end)


def _case(state: Pass, frame: Frame, start: int, end: int) -> None:  # noqa: ARG001 - as all of them
    if state.work[start] == "c":
        if at_command(state, frame, start):
            frame.cases.append(frame.depth)
    elif frame.cases:
        frame.cases.pop()


def _test(state: Pass, frame: Frame, start: int, end: int) -> None:
    if not at_command(state, frame, start):
        return
    if TEST_SHAPE.match(state.work, start, state.limit) is None:
        state.found.unclosed_inside.append(start)
    else:
        if frame.sink is not None:
            frame.sink.append((start, end, "_"))
        state.stack.append(Frame("test", start, TEST, frame.level, frame.sink))


def _end_of_test(state: Pass, frame: Frame, start: int, end: int) -> None:
    if frame.sink is not None:
        frame.sink.append((start, end, "_"))
    close_frame(state, frame, end, end)


def _operator(state: Pass, frame: Frame, start: int, end: int) -> None:  # noqa: ARG001 - as all of them
    """Inside `[[ ]]` an operator is a word like any other."""
    if frame.sink is not None:
        frame.sink.append((start, end, "_"))


def _close_brace(state: Pass, frame: Frame, start: int, end: int) -> None:
    if frame.kind == "test":
        _operator(state, frame, start, end)
    else:
        close_frame(state, frame, end, end)


def _newline(state: Pass, frame: Frame, start: int, end: int) -> None:
    if frame.kind == "test":
        if frame.sink is not None:
            frame.sink.append((start, end, " "))
        return
    for body in state.pending:
        _read_body(state, body)
        if frame.sink is not None and body.through > body.start:
            frame.sink.append((body.start, body.through, " "))
    state.pending = []


def _read_body(state: Pass, body: Body) -> None:
    """Take the lines up to the delimiter; without one, all that is left."""
    body.start = position = state.position
    body.end = body.through = state.limit
    for line_start, line_end in _candidates(state.work, body.delimiter, position, state.limit):
        line = state.work[line_start:line_end].rstrip("\r")
        if (line.lstrip("\t") if body.tabs else line) != body.delimiter:
            continue
        if not body.quoted and _is_continued(state.work, position, line_start):
            continue
        body.end, body.through, body.closed = line_start, min(line_end + 1, state.limit), True
        break
    state.position = body.through
    state.found.bodies.append(body)
    if not body.quoted and body.end > body.start:
        state.tasks.append((body.start, body.end, body.level, body))


def _candidates(work: str, delimiter: str, position: int, limit: int) -> Iterator[tuple[int, int]]:
    """The lines in which the delimiter may stand, each with its start and end."""
    while position < limit:
        line_start = position
        if delimiter:
            at = work.find(delimiter, position, limit)
            if at < 0:
                return
            line_start = max(work.rfind("\n", position, at) + 1, position)
        line_end = work.find("\n", line_start, limit)
        line_end = limit if line_end < 0 else line_end
        yield line_start, line_end
        position = line_end + 1


def _is_continued(work: str, start: int, line_start: int) -> bool:
    """Whether the line before `line_start` ends in a backslash that takes its line end away."""
    before = work[start:line_start].removesuffix("\n").removesuffix("\r") if line_start > start else ""
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


_HANDLERS: dict[str, Callable[[Pass, Frame, int, int], None]] = {
    "\\": _escape,
    "'": _single,
    '"': _double,
    "`": _backtick,
    "$": _dollar,
    "<": _angle,
    ">": _angle,
    "#": _comment,
    "(": _open_parenthesis,
    ")": _close_parenthesis,
    "c": _case,
    "e": _case,
    "[": _test,
    "]": _end_of_test,
    "}": _close_brace,
    "\n": _newline,
    "&": _operator,
    "|": _operator,
    ";": _operator,
    "!": _operator,
    "{": _operator,
}
