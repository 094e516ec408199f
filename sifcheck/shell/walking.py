"""The walk over the tree of a skeleton: statements with what they stand in, and-or lists, pipelines, blocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sifcheck.base.startup import pattern
from sifcheck.shell.command import Command, Surroundings
from sifcheck.shell.grammar import ERROR, kinds
from sifcheck.shell.joining import join_stages, mark_handled
from sifcheck.shell.pieces import shown
from sifcheck.shell.script import Element, List, Loop
from sifcheck.shell.statements import Statements, read_command
from sifcheck.shell.words import Word

if TYPE_CHECKING:
    from tree_sitter import Node

MOST_BLOCKS = 60
"""How deep blocks are followed; what lies deeper is passed over and reported as a problem."""

_WORD = pattern(rb"[^ \t\n;&|()]+")
_COMMANDS = frozenset(("command", "declaration_command", "unset_command", "test_command"))
_SEPARATORS = frozenset((";", "\n", "&"))
_WORD_KINDS = frozenset(("word", "number", "command_name", "variable_name", "extglob_pattern"))
_NAME = pattern(r"[A-Za-z_]\w*\Z", re.ASCII)


def walk(read: Statements, root: Node, around: Surroundings) -> None:
    """Read the statements of a tree."""
    if root.kind_id == 0xFFFF:
        _error(read, root, around, 0)
    else:
        _block(read, root.children, around, 0)


_Ended = tuple[int, int, List | None]  # the statements from and to an index, and the list they form


class _Run:
    """Statements joined by operators: `a | b && c`."""

    __slots__ = ("expecting", "operators", "pipelines")

    def __init__(self, node: Node, kind: str) -> None:
        self.pipelines = [[(node, kind)]]
        self.operators: list[str] = []
        self.expecting = ""  # the operator that the next statement is joined by

    def add(self, node: Node, kind: str) -> None:
        if self.expecting in ("|", "|&"):
            self.pipelines[-1].append((node, kind))
        else:
            self.pipelines.append([(node, kind)])
            if self.expecting:
                self.operators.append(self.expecting)
        self.expecting = ""


def _block(read: Statements, children: Sequence[Node], around: Surroundings, depth: int) -> None:
    """Read statements one after the other."""
    if depth > MOST_BLOCKS:
        if not read.deep and children:
            read.deep = True
            start = children[0].start_byte
            read.problem("depth", start, start + 1, "blocks are nested too deep to be followed")
        return
    names, operators = kinds(), read.operators
    pending: _Run | tuple[Node, str] | None = None  # most statements are joined to no other
    ended: _Ended | None = None
    begun = len(read.statements)
    for child in children:
        kind = names[child.kind_id]
        operator = operators.get(child.start_byte) if kind == ";" and operators else None
        if operator is not None:
            pending = _joined(read, pending, child.start_byte, operator)
            continue
        ends = kind in _SEPARATORS
        if pending is not None and (ends or not (isinstance(pending, _Run) and pending.expecting)):
            ended = _end(read, pending, around, depth)
            pending = None
        if ends:
            if kind == "&" and ended is not None:
                _to_background(read, ended)
        elif child.start_byte < read.length:  # what lies behind was put in to close a block
            if isinstance(pending, _Run):
                pending.add(child, kind)
            else:
                pending = child, kind
    if pending is not None:
        ended = _end(read, pending, around, depth)
    _mark_last(read, begun, ended)


def _joined(
    read: Statements, pending: _Run | tuple[Node, str] | None, at: int, operator: str
) -> _Run | tuple[Node, str] | None:
    """What is collected once an operator is met."""
    run = _Run(*pending) if isinstance(pending, tuple) else pending
    if run is None or run.expecting:
        read.problem("syntax", at, at + len(operator), f"no command stands before `{operator}`")
    else:
        run.expecting = operator
    return run


def _mark_last(read: Statements, begun: int, ended: _Ended | None) -> None:
    """Say which statement is the last of a block; what stands in blocks inside of it has been told by these."""
    if ended is None:
        return
    for command in read.statements[begun : ended[0]]:
        command._last = False
    for command in read.statements[ended[0] : ended[1]]:
        if command._last is None:
            command._last = True
    if ended[2] is not None:
        ended[2].last = True


def _end(read: Statements, pending: _Run | tuple[Node, str], around: Surroundings, depth: int) -> _Ended:
    """Read what was collected; the range of its statements, and their list if they are joined to one."""
    first = len(read.statements)
    if isinstance(pending, tuple):
        _statement(read, *pending, around, depth)
        return first, len(read.statements), None
    pipelines = pending.pipelines
    listed = None
    if pending.expecting:
        end = pipelines[-1][-1][0].end_byte
        if read.plain[end : read.length].strip(b" \t\n;"):
            read.problem("syntax", max(end - 1, 0), end, f"no command follows `{pending.expecting}`")
    if len(pipelines) == 1:
        _pipeline(read, pipelines[0], around, depth)
    else:
        listed = _list(read, pipelines, tuple(pending.operators), around, depth)
    return first, len(read.statements), listed


def _to_background(read: Statements, ended: _Ended) -> None:
    first, last, listed = ended
    for command in read.statements[first:last]:
        command.background = True
    if listed is not None:
        listed.background = True


def _list(
    read: Statements,
    pipelines: list[list[tuple[Node, str]]],
    operators: tuple[str, ...],
    around: Surroundings,
    depth: int,
) -> List:
    """Read an and-or list."""
    start, end = pipelines[0][0][0].start_byte, pipelines[-1][-1][0].end_byte
    script, base = read.script, read.base
    listed = List(script, base + start, base + min(end, read.length), operators, around.is_top_level)
    read.lists.append(listed)
    ranges: list[tuple[int, int]] = []
    elements: list[Element] = []
    for pipeline in pipelines:
        first = len(read.statements)
        _pipeline(read, pipeline, around, depth)
        ranges.append((first, len(read.statements)))
        commands = tuple(command for command in read.statements[first:] if not command.bare)
        compound = any(kind not in _COMMANDS for _node, kind in pipeline)
        span = script.place(
            base + pipeline[0][0].start_byte, base + min(pipeline[-1][0].end_byte, read.length)
        )
        elements.append(Element(span, commands, compound))
    listed.elements = tuple(elements)
    mark_handled(read.statements, listed, ranges)
    return listed


def _pipeline(read: Statements, members: list[tuple[Node, str]], around: Surroundings, depth: int) -> None:
    """Read the commands of a pipeline; most have one."""
    if len(members) == 1:
        _statement(read, *members[0], around, depth)
        return
    if read.negated and members[0][0].start_byte in read.negated:
        around = around._replace(condition=True)
    statements = read.statements
    stages: list[tuple[int, int]] = []
    simple: list[Command] = []
    for node, kind in members:
        first = len(statements)
        _statement(read, node, kind, around, depth)
        last = len(statements)
        if last > first:
            stages.append((first, last))
        if kind in _COMMANDS:
            simple.extend(command for command in statements[first:last] if not command.bare)
    join_stages(statements, stages, tuple(simple))


def _statement(read: Statements, node: Node, kind: str, around: Surroundings, depth: int) -> None:
    if read.negated and node.start_byte in read.negated:
        around = around._replace(condition=True)
    if kind in _COMMANDS:
        read_command(read, node.start_byte, node.end_byte, around)
        return
    handler = _HANDLERS.get(kind)
    if handler is not None:
        handler(read, node, around, depth)
    elif kind in _WORD_KINDS:
        read_command(read, node.start_byte, node.end_byte, around)
    elif node.is_named:
        _error(read, node, around, depth)
    elif not node.is_missing:
        read.problem("syntax", node.start_byte, node.end_byte, f"`{kind}` does not belong here")


def _in_block(read: Statements, node: Node, around: Surroundings) -> Surroundings:
    """What a loop, branch or group stands in, its own place put in where it is the outermost."""
    return around if around.block is not None else around._replace(block=read.base + node.start_byte)


def _if(read: Statements, node: Node, around: Surroundings, depth: int, whole: int | None = None) -> None:
    """`if`, and its `elif` and `else` clauses; `whole` is where the `if` of a clause begins."""
    names = kinds()
    around = _in_block(read, node, around)
    at = read.base + node.start_byte
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
    inner = around._replace(branch=True, sides=(*around.sides, (at if whole is None else whole, at)))
    read.blocks.append((node.start_byte, node.end_byte, inner))
    if conditions:
        _block(read, conditions, around._replace(condition=True), depth + 1)
    _block(read, body, inner, depth + 1)
    for clause in clauses:
        _if(read, clause, around, depth, at if whole is None else whole)


def _while(read: Statements, node: Node, around: Surroundings, depth: int) -> None:
    names = kinds()
    inner = _in_block(read, node, around)._replace(loop=True)
    read.blocks.append((node.start_byte, node.end_byte, inner))
    conditions: list[Node] = []
    bodies: list[Node] = []
    for child in node.children:
        kind = names[child.kind_id]
        if kind not in ("while", "until"):
            (bodies if kind == "do_group" else conditions).append(child)
    _block(read, conditions, inner._replace(condition=True), depth + 1)
    for body in bodies:
        _inside(read, body, inner, depth)


def _do(read: Statements, node: Node, around: Surroundings, depth: int) -> None:
    """The body of a loop whose head was not understood."""
    _inside(read, node, around._replace(loop=True), depth)


def _for(read: Statements, node: Node, around: Surroundings, depth: int) -> None:
    names = kinds()
    around = _in_block(read, node, around)
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
        spans = [
            match.span() for match in _WORD.finditer(read.plain, listed_from, min(head_end, read.length))
        ]
        words = tuple(Word(read.script, read.base + start, read.base + end) for start, end in spans)
    if _NAME.match(name):
        start, end = read.base + node.start_byte, read.base + min(node.end_byte, read.length)
        read.loops.append(Loop(name, words, read.script.place(start, end)))


def _case(read: Statements, node: Node, around: Surroundings, depth: int) -> None:
    around = _in_block(read, node, around)
    read.blocks.append((node.start_byte, node.end_byte, around))
    items = [item for item in node.children if kinds()[item.kind_id] == "case_item"]
    # Behind `;&` the next body runs too, so that they are no sides.
    falls = any(kinds()[child.kind_id] in (";&", ";;&") for item in items for child in item.children)
    for item in items:
        sides = () if falls else ((read.base + node.start_byte, read.base + item.start_byte),)
        _case_item(read, item, around._replace(sides=(*around.sides, *sides)), depth)


def _case_item(read: Statements, node: Node, around: Surroundings, depth: int) -> None:
    names = kinds()
    inner = around._replace(branch=True)
    body: list[Node] = []
    pattern = True
    for child in node.children:
        kind = names[child.kind_id]
        if pattern:
            pattern = kind != ")"
        elif kind not in (";;", ";&", ";;&"):
            body.append(child)
    read.blocks.append((node.start_byte, node.end_byte, inner))
    _block(read, body, inner, depth + 1)


def _inside(read: Statements, node: Node, around: Surroundings, depth: int) -> None:
    """Read what stands between the first and the last word of a block."""
    children = node.children
    names = kinds()
    body = [child for child in children if names[child.kind_id] not in ("do", "done", "{", "}", "(", ")")]
    read.blocks.append((node.start_byte, node.end_byte, around))
    _block(read, body, around, depth + 1)


def _subshell(read: Statements, node: Node, around: Surroundings, depth: int) -> None:
    _group(read, node, around._replace(subshell=True), depth)


def _group(read: Statements, node: Node, around: Surroundings, depth: int) -> None:
    _inside(read, node, _in_block(read, node, around), depth)


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
            if kind == "compound_statement":
                _inside(read, child, inner, depth)  # these braces are no group
            else:
                _statement(read, child, kind, inner, depth)


def _error(read: Statements, node: Node, around: Surroundings, depth: int) -> None:
    """Read what can be read of a stretch that the grammar does not take."""
    start = node.start_byte
    operator = next((at for at in read.operators if start <= at < node.end_byte), None)
    if operator is None:
        read.problem("syntax", start, max(min(node.end_byte, start + 40), start + 1), "no shell accepts this")
    else:
        written = read.operators[operator]
        read.problem("syntax", operator, operator + len(written), f"`{written}` joins no two commands here")
    names = kinds()
    run_start = run_end = -1
    for child in node.children:
        kind = names[child.kind_id]
        if kind in _WORD_KINDS:
            glued = run_start >= 0 and not read.plain[run_end : child.start_byte].strip(b" \t")
            if run_start >= 0 and not glued:
                read_command(read, run_start, run_end, around)
            run_start, run_end = (run_start if glued else child.start_byte), child.end_byte
            continue
        if run_start >= 0:
            read_command(read, run_start, run_end, around)
            run_start = -1
        if child.is_named or kind == ERROR:
            _block(read, (child,), around, depth + 1)
    if run_start >= 0:
        read_command(read, run_start, run_end, around)


_HANDLERS: dict[str, Callable[[Statements, Node, Surroundings, int], None]] = {
    "if_statement": _if,
    "elif_clause": _if,
    "else_clause": _if,
    "while_statement": _while,
    "for_statement": _for,
    "c_style_for_statement": _for,
    "do_group": _do,
    "case_statement": _case,
    "case_item": _case_item,
    "subshell": _subshell,
    "compound_statement": _group,
    "function_definition": _function,
    ERROR: _error,
}
