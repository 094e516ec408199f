"""The walk over the tree of a skeleton: statements with what they stand in, lists and pipelines."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sifcheck.shell.command import Assignment, Command, Heredoc, Redirection, Surroundings
from sifcheck.shell.grammar import ERROR, kinds
from sifcheck.shell.script import ASSIGNMENT, Element, Export, List, Loop
from sifcheck.shell.words import Word, shown

if TYPE_CHECKING:
    from tree_sitter import Node

    from sifcheck.shell.lexing import Level
    from sifcheck.shell.script import Script
    from sifcheck.shell.skeleton import Redirect, Skeleton

MOST_BLOCKS = 60
"""How deep blocks are followed; what lies deeper is passed over and reported as a problem."""

_WORD = re.compile(rb"[^ \t\n;&|()]+")
_SIMPLE = re.compile(rb"([^ \t\n;&|()]+)(?:[ \t]+[^ \t\n;&|()]+)*")
_OUT_OF_PLACE = re.compile(rb"[;&|()\n]")
_LOOSE_WORDS = frozenset((b"then", b"do", b"else", b"elif", b"fi", b"done", b"esac", b"}"))
_DECLARATIONS = frozenset(("export", "declare", "typeset", "local", "readonly"))
_COMMANDS = frozenset(("command", "declaration_command", "unset_command", "test_command"))
_SEPARATORS = frozenset((";", "\n"))
_WORD_KINDS = frozenset(("word", "number", "command_name", "variable_name", "extglob_pattern"))
_NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)


class Statements:
    """What has been read so far, and the level that is being read."""

    __slots__ = (
        "alone",
        "assignments",
        "base",
        "blocks",
        "commands",
        "deep",
        "exported",
        "heredocs",
        "length",
        "level_around",
        "lists",
        "loops",
        "negated",
        "plain",
        "problems",
        "redirections",
        "redirects",
        "script",
        "statements",
    )

    def __init__(self, script: Script) -> None:
        self.script = script
        self.commands: list[Command] = []
        self.assignments: list[Assignment] = []
        self.redirections: list[Redirection] = []
        self.exported: list[Export] = []
        self.heredocs: list[Heredoc] = []
        self.lists: list[List] = []
        self.loops: list[Loop] = []
        self.problems: list[tuple[str, int, int, str]] = []
        self.deep = False

    def begin(self, level: Level, around: Surroundings, bones: Skeleton) -> None:
        self.level_around = around
        self.base = level.start
        self.plain = bones.plain
        self.length = len(bones.plain)
        self.negated = bones.negated
        self.redirects = redirects = bones.redirects
        self.alone = {redirect.start - level.start for redirect in redirects if redirect.alone}
        self.statements: list[Command] = []
        self.blocks: list[tuple[int, int, Surroundings]] = []

    def problem(self, kind: str, start: int, end: int, message: str) -> None:
        """Note a problem at offsets of the level."""
        self.problems.append((kind, self.base + min(start, self.length), self.base + min(end, self.length), message))

    def hand_over(self) -> None:
        """Give the script what was read."""
        script = self.script
        script.fill(self.commands, self.assignments, self.redirections, self.exported)
        script.heredocs = tuple(sorted(self.heredocs, key=lambda heredoc: heredoc.start))
        script.lists = tuple(sorted(self.lists, key=lambda one: (one.start, -one.end)))
        script.loops = tuple(sorted(self.loops, key=lambda loop: loop.span))


def walk(read: Statements, root: Node, around: Surroundings) -> None:
    """Read the statements of a tree."""
    if root.kind_id == 0xFFFF:
        _error(read, root, around, 0)
    else:
        _block(read, root.children, around, 0)


def _block(read: Statements, children: Sequence[Node], around: Surroundings, depth: int) -> None:
    """Read statements one after the other."""
    if depth > MOST_BLOCKS:
        if not read.deep and children:
            read.deep = True
            read.problem("depth", children[0].start_byte, children[0].start_byte + 1, "blocks are nested too deep to be followed")
        return
    names = kinds()
    statements = read.statements
    first = last = 0
    the_list: List | None = None
    for child in children:
        kind = names[child.kind_id]
        if kind in _SEPARATORS:
            continue
        if kind == "&":
            for command in statements[first:last]:
                command.background = True
            if the_list is not None:
                the_list.background = True
            continue
        first = len(statements)
        the_list = _statement(read, child, kind, around, depth)
        last = len(statements)
    for command in statements[first:last]:
        command._last = True
    if the_list is not None:
        the_list.last = True


def _statement(read: Statements, node: Node, kind: str, around: Surroundings, depth: int) -> List | None:
    if kind == "list":
        return _list(read, node, around, depth)
    if read.negated and node.start_byte in read.negated:
        around = around._replace(condition=True)
    if kind in _COMMANDS:
        _command(read, node.start_byte, node.end_byte, around)
        return None
    handler = _HANDLERS.get(kind)
    if handler is not None:
        handler(read, node, around, depth)
    elif kind in _WORD_KINDS:
        _command(read, node.start_byte, node.end_byte, around)
    elif not node.is_missing and kind != "comment":
        read.problem("syntax", node.start_byte, node.end_byte, f"`{kind}` does not belong here")
    return None


# -- simple commands ------------------------------------------------------------------------------------------------------


def _command(read: Statements, start: int, end: int, around: Surroundings) -> None:
    """Read one simple statement between two offsets of the level."""
    plain, base = read.plain, read.base
    match = _SIMPLE.match(plain, start, min(end, read.length))
    if match is None:
        return  # among others what was put in to close a block
    if match.end() != end:
        _report_out_of_place(read, match.end(), end)
        end = start + len(plain[start : min(end, read.length)].rstrip(b" \t\n;&|()"))
    word_end = match.end(1)
    if plain[start:word_end] in _LOOSE_WORDS:
        read.problem("syntax", start, word_end, f"`{match.group(1).decode()}` belongs to nothing that was opened before")
        following = _WORD.search(plain, word_end, min(end, read.length))
        if following is not None:
            _command(read, following.start(), end, around)
        return
    first = base + start
    command = Command(read.script, plain, base, first, base + min(end, read.length), base + word_end, around)
    read.statements.append(command)
    if start in read.alone:
        command.end = command._end = first
        return
    work = read.script.lexed.work
    if ASSIGNMENT.match(work, first, base + word_end):
        _assign(read, command)
    elif work.startswith("((", first) and read.script.lexed.closers.get(first) == base + word_end:
        return  # an arithmetic command is not modelled
    else:
        command.bare = False
        read.commands.append(command)
    if not command.bare and work[command.start : command.name_end] in _DECLARATIONS:
        _declare(read, command)


def _report_out_of_place(read: Statements, start: int, end: int) -> None:
    sign = _OUT_OF_PLACE.search(read.plain, start, min(end, read.length))
    if sign is not None:
        written = "end of line" if sign.group() == b"\n" else f"`{sign.group().decode()}`"
        read.problem("syntax", sign.start(), sign.end(), f"{written} does not belong here")


def _assign(read: Statements, command: Command) -> None:
    """Read the assignments that a statement begins with."""
    plain, base, work = read.plain, read.base, read.script.lexed.work
    spans: list[tuple[int, int]] = []
    for match in _WORD.finditer(plain, command.start - base, command.end - base):
        start, end = base + match.start(), base + match.end()
        if not ASSIGNMENT.match(work, start, end):
            command.bare = False
            command.start, command.name_end = start, end
            read.commands.append(command)
            break
        spans.append((start, end))
    target = None if command.bare else command
    command.statement_assignments = made = tuple(
        Assignment(command, start, end, target, target is not None) for start, end in spans
    )
    read.assignments.extend(made)


def _declare(read: Statements, command: Command) -> None:
    """Read the assignments of `export`, `declare` and their like."""
    script, work = read.script, read.script.lexed.work
    name = command.words[0].value
    flags = "".join(word.value or "" for word in command.words[1:] if work[word.start] in "-+")
    exports = name == "export" and "n" not in flags or name in ("declare", "typeset") and "x" in flags and "+" not in flags
    for word in command.words[1:]:
        assignment = None
        if ASSIGNMENT.match(work, word.start, word.end):
            assignment = Assignment(command, word.start, word.end, command, False)
            assignment.exported = exports
            read.assignments.append(assignment)
        if exports and work[word.start] not in "-+":
            exported = assignment.name if assignment is not None else word.value
            if exported is not None and _NAME.match(exported):
                read.exported.append(Export(exported, word.span, command, assignment))


# -- lists and pipelines --------------------------------------------------------------------------------------------------


def _list(read: Statements, node: Node, around: Surroundings, depth: int) -> List:
    names = kinds()
    members: list[tuple[Node, str]] = []
    operators: list[str] = []
    start, end = node.start_byte, node.end_byte
    left: Node | None = node
    while left is not None:  # the left arm of a list is the list so far
        children = left.children
        left = None
        for position in range(len(children) - 1, -1, -1):
            child = children[position]
            kind = names[child.kind_id]
            if kind == "list" and position == 0:
                left = child
            elif kind in ("&&", "||"):
                operators.append(kind)
            else:
                members.append((child, kind))
    members.reverse()
    operators.reverse()
    top_level = not (
        around.function or around.subshell or around.substitution or around.loop or around.branch or around.condition
    )
    the_list = List(read.script, read.base + start, read.base + min(end, read.length), tuple(operators), top_level)
    read.lists.append(the_list)
    ranges: list[tuple[int, int]] = []
    for member, kind in members:
        first = len(read.statements)
        _statement(read, member, kind, around, depth)
        ranges.append((first, len(read.statements)))
    _fill_list(read, the_list, members, ranges)
    return the_list


def _fill_list(read: Statements, the_list: List, members: list[tuple[Node, str]], ranges: list[tuple[int, int]]) -> None:
    statements, script = read.statements, read.script
    taker: Command | None = None  # what the next `||` leads to
    taken = False
    for index in range(len(members) - 1, -1, -1):
        first, last = ranges[index]
        for command in statements[first:last]:
            if taken:
                command.handled = True
                if command.or_else is None:
                    command.or_else = taker
            if command.list is None:
                command.list = the_list
        if index and index <= len(the_list.operators) and the_list.operators[index - 1] == "||":
            taken = True
            taker = statements[first] if first < last else taker
    elements = []
    for (node, kind), (first, last) in zip(members, ranges, strict=True):
        end = min(node.end_byte, read.length)
        commands = tuple(command for command in statements[first:last] if not command.bare)
        compound = kind not in _COMMANDS and not (kind == "pipeline" and _is_simple(node))
        elements.append(Element(script.place(read.base + min(node.start_byte, end), read.base + end), commands, compound))
    the_list.elements = tuple(elements)


def _is_simple(node: Node) -> bool:
    """Whether a pipeline consists of simple commands only."""
    names = kinds()
    return all(names[child.kind_id] in _COMMANDS for child in node.named_children)


def _pipeline(read: Statements, node: Node, around: Surroundings, depth: int) -> None:
    names, statements = kinds(), read.statements
    members = [(child, names[child.kind_id]) for child in node.children]
    stages: list[tuple[int, int]] = []
    simple: list[Command] = []
    for child, kind in members:
        if kind in ("|", "|&"):
            continue
        first = len(statements)
        _statement(read, child, kind, around, depth)
        last = len(statements)
        if last > first:
            stages.append((first, last))
        if kind in _COMMANDS:
            simple.extend(command for command in statements[first:last] if not command.bare)
    pipeline = tuple(simple)
    for command in pipeline:
        command._pipeline = pipeline
    for (first, last), (next_first, next_last) in zip(stages, stages[1:], strict=False):
        for command in statements[first:last]:
            if command.piped_into is None:
                command.piped_into = statements[next_first]
        for command in statements[next_first:next_last]:
            if command.piped_from is None:
                command.piped_from = statements[last - 1]


# -- compound commands ----------------------------------------------------------------------------------------------------


def _if(read: Statements, node: Node, around: Surroundings, depth: int) -> None:
    """`if`, and its `elif` and `else` clauses."""
    names = kinds()
    conditions: list[Node] = []
    body: list[Node] = []
    clauses: list[Node] = []
    target = body if names[node.kind_id] == "else_clause" else conditions
    for child in node.children:
        kind = names[child.kind_id]
        if kind == "then":
            target = body
        elif kind in ("elif_clause", "else_clause"):
            clauses.append(child)
        elif kind not in ("if", "elif", "else", "fi"):
            target.append(child)
    inner = around._replace(branch=True)
    read.blocks.append((node.start_byte, node.end_byte, inner))
    if conditions:
        _block(read, conditions, around._replace(condition=True), depth + 1)
    _block(read, body, inner, depth + 1)
    for clause in clauses:
        _if(read, clause, around, depth)


def _while(read: Statements, node: Node, around: Surroundings, depth: int) -> None:
    names = kinds()
    inner = around._replace(loop=True)
    read.blocks.append((node.start_byte, node.end_byte, inner))
    conditions: list[Node] = []
    for child in node.children:
        kind = names[child.kind_id]
        if kind == "do_group":
            _block(read, conditions, inner._replace(condition=True), depth + 1)
            _inside(read, child, inner, depth)
        elif kind not in ("while", "until"):
            conditions.append(child)


def _for(read: Statements, node: Node, around: Surroundings, depth: int) -> None:
    names = kinds()
    inner = around._replace(loop=True)
    read.blocks.append((node.start_byte, node.end_byte, around))
    listed_from: int | None = None
    head_end = node.end_byte
    name = ""
    for child in node.children:
        kind = names[child.kind_id]
        if kind == "in":
            listed_from = child.end_byte
        elif kind == "variable_name" and not name:
            name = shown(read.script.text[read.base + child.start_byte : read.base + child.end_byte])
        elif kind in ("do_group", "compound_statement"):
            head_end = child.start_byte
            _inside(read, child, inner, depth)
    words = None
    if listed_from is not None:
        spans = [match.span() for match in _WORD.finditer(read.plain, listed_from, min(head_end, read.length))]
        words = tuple(Word(read.script, read.base + start, read.base + end) for start, end in spans)
    if _NAME.match(name):
        start, end = read.base + node.start_byte, read.base + min(node.end_byte, read.length)
        read.loops.append(Loop(name, words, read.script.place(start, end)))


def _case(read: Statements, node: Node, around: Surroundings, depth: int) -> None:
    names = kinds()
    inner = around._replace(branch=True)
    read.blocks.append((node.start_byte, node.end_byte, around))
    for item in node.children:
        if names[item.kind_id] != "case_item":
            continue
        body: list[Node] = []
        pattern = True
        for child in item.children:
            kind = names[child.kind_id]
            if pattern:
                pattern = kind != ")"
            elif kind not in (";;", ";&", ";;&"):
                body.append(child)
        read.blocks.append((item.start_byte, item.end_byte, inner))
        _block(read, body, inner, depth + 1)


def _inside(read: Statements, node: Node, around: Surroundings, depth: int) -> None:
    """Read what stands between the first and the last word of a block."""
    children = node.children
    names = kinds()
    body = [child for child in children if names[child.kind_id] not in ("do", "done", "{", "}", "(", ")")]
    read.blocks.append((node.start_byte, node.end_byte, around))
    _block(read, body, around, depth + 1)


def _subshell(read: Statements, node: Node, around: Surroundings, depth: int) -> None:
    _inside(read, node, around._replace(subshell=True), depth)


def _function(read: Statements, node: Node, around: Surroundings, depth: int) -> None:
    names, script = kinds(), read.script
    name: str | None = None
    for child in node.children:
        kind = names[child.kind_id]
        if name is None and kind == "word":
            start, end = read.base + child.start_byte, read.base + child.end_byte
            name = shown(script.text[start:end])
            span = script.place(read.base + node.start_byte, read.base + min(node.end_byte, read.length))
            script.functions.setdefault(name, span)
        elif kind not in ("function", "(", ")") and name is not None:
            inner = Surroundings(function=name, substitution=around.substitution, within=around.within)
            read.blocks.append((child.start_byte, child.end_byte, inner))
            _statement(read, child, kind, inner, depth)


def _error(read: Statements, node: Node, around: Surroundings, depth: int) -> None:
    """Read what can be read of a stretch that the grammar does not take."""
    start = node.start_byte
    read.problem("syntax", start, max(min(node.end_byte, start + 40), start + 1), "no shell accepts this")
    names = kinds()
    run_start = run_end = -1
    first = len(read.statements)
    for child in node.children:
        kind = names[child.kind_id]
        if kind in _WORD_KINDS:
            glued = run_start >= 0 and not read.plain[run_end : child.start_byte].strip(b" \t")
            if run_start >= 0 and not glued:
                _command(read, run_start, run_end, around)
            run_start, run_end = (run_start if glued else child.start_byte), child.end_byte
            continue
        if run_start >= 0:
            _command(read, run_start, run_end, around)
            run_start = -1
        if child.is_named or kind == ERROR:
            _block(read, (child,), around, depth + 1)
    if run_start >= 0:
        _command(read, run_start, run_end, around)
    for command in read.statements[first:]:
        command._last = False


_HANDLERS: dict[str, Callable[[Statements, Node, Surroundings, int], None]] = {
    "pipeline": _pipeline,
    "if_statement": _if,
    "elif_clause": _if,
    "else_clause": _if,
    "while_statement": _while,
    "for_statement": _for,
    "c_style_for_statement": _for,
    "do_group": _while,
    "case_statement": _case,
    "subshell": _subshell,
    "compound_statement": _inside,
    "function_definition": _function,
    ERROR: _error,
}


# -- redirections and substitutions ---------------------------------------------------------------------------------------


def attach_redirections(read: Statements) -> None:
    """Give each redirection of the level to the statement it stands in."""
    if not read.redirects:
        return
    script, statements = read.script, read.statements
    starts = [statement._start for statement in statements]
    bodies = {body.operator: body for body in script.lexed.bodies}
    for redirect in read.redirects:
        operator = script.lexed.work[redirect.operator : redirect.target_start].rstrip(" \t")
        target = Word(script, redirect.target_start, redirect.target_end) if redirect.target_end > redirect.target_start else None
        redirection = Redirection(script, redirect.start, redirect.end, operator, redirect.fd, target)
        read.redirections.append(redirection)
        command = _owner(read, statements, starts, redirect)
        if command is not None:
            redirection.command = command
            command.redirections += (redirection,)
            command._start = min(command._start, redirect.start)
            command._end = max(command._end, redirect.end)
        body = bodies.get(redirect.operator)
        if body is not None:
            redirection.heredoc = heredoc = Heredoc(script, redirection, shown(body.delimiter), body.quoted, body.tabs)
            heredoc.start, heredoc.end, heredoc.through, heredoc.closed = body.start, body.end, body.through, body.closed
            read.heredocs.append(heredoc)


def _owner(read: Statements, statements: list[Command], starts: list[int], redirect: Redirect) -> Command | None:
    base, plain = read.base, read.plain
    index = bisect_right(starts, redirect.start) - 1
    if index >= 0 and not plain[statements[index].end - base : redirect.start - base].strip(b" \t"):
        return statements[index]
    if index >= 0 and redirect.start < statements[index].end:
        return statements[index]
    if index + 1 < len(statements) and not plain[redirect.end - base : starts[index + 1] - base].strip(b" \t"):
        return statements[index + 1]
    return None


def surroundings_of(read: Statements, level: Level) -> Surroundings:
    """What a substitution of the level just read stands in."""
    command = None
    if level.heredoc is not None:
        operator = level.heredoc.operator
        command = next((one.command for one in read.redirections if one.heredoc and one.start <= operator < one.end), None)
        opener = operator
    else:
        opener = level.opener
        for statement in reversed(read.statements):
            if statement._start <= opener < statement._end:
                command = statement
                break
    if command is not None:
        around = command.around
        return around._replace(
            substitution=True, condition=command.condition, background=command.background, within=command
        )
    for start, end, around in reversed(read.blocks):
        if start <= opener - read.base < end:
            return around._replace(substitution=True)
    return read.level_around._replace(substitution=True)
