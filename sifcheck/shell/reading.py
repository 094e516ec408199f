"""From a shell text to its model: each level is parsed, its tree walked once, and nothing of the tree is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sifcheck.base.startup import pattern
from sifcheck.shell.attaching import attach_redirections, surroundings_of
from sifcheck.shell.blocks import balance
from sifcheck.shell.command import Surroundings
from sifcheck.shell.grammar import parse
from sifcheck.shell.lexed import Level
from sifcheck.shell.lexing import lex
from sifcheck.shell.pieces import shown
from sifcheck.shell.script import OpenEnd, Problem, Script
from sifcheck.shell.skeleton import skeleton
from sifcheck.shell.statements import Found, Statements
from sifcheck.shell.walking import walk

if TYPE_CHECKING:
    from tree_sitter import Node

    from sifcheck.base.source import Span

_LONE_CARRIAGE_RETURN = pattern(r"\r(?!\n)")


def parse_script(
    text: str,
    *,
    section: Any = None,
    place: Callable[[int, int], Span],
    unknown: Sequence[tuple[int, int]] = (),
) -> Script:
    """Read a shell text.  Never raises: what no shell would accept becomes a problem of the script.

    `text` has one character a byte.  `place` turns offsets of it into a span of the file.  `unknown` are ranges whose
    content is not known: they count as letters of a word, and a word that holds one has no value.
    """
    ranges = [
        (max(start, 0), min(end, len(text)))
        for start, end in unknown
        if start < end and start < len(text) and end > 0
    ]
    lexed = lex(_workable(text, ranges))
    script = Script(text, section, place, ranges, lexed)
    read = Statements(script)
    around: dict[int, Surroundings] = {id(lexed.levels[0]): Surroundings()}
    children: dict[int, list[Level]] = {}
    for level in lexed.levels[1:]:
        children.setdefault(id(level.under), []).append(level)
    open_block = dangling = False
    for level in lexed.levels:
        if id(level) not in around:
            continue
        plain, opened = _read_level(read, level, around[id(level)])
        if level.depth == 0:
            open_block = opened
            dangling = len(plain.rstrip()) - 1 in read.operators
        for child in children.get(id(level), ()):
            around[id(child)] = surroundings_of(read, child)
    read.hand_over()
    _conclude(script, read.problems, open_block, dangling)
    return script


def _workable(text: str, unknown: Sequence[tuple[int, int]]) -> str:
    """The text that is read: a CR that ends no line and whatever is not known count as letters, though not of a name."""
    if "\r" in text:
        text = _LONE_CARRIAGE_RETURN.sub("%", text)
    for start, end in unknown:
        text = text[:start] + "%" * (end - start) + text[end:]
    return text


def _read_level(read: Statements, level: Level, around: Surroundings) -> tuple[bytes, bool]:
    """Read the commands of one level; the skeleton, and whether a block is left open in it."""
    bones = skeleton(read.script.lexed.work, level)
    plain = bones.plain
    read.begin(level, around, bones)
    tree = parse(plain)
    opened = False
    if tree.has_error:
        balanced = balance(plain)
        if balanced.plain != plain:
            for start, end, word in balanced.loose:
                if word == ";":
                    word = read.operators.get(start, word)
                    read.problem("syntax", start, start + len(word), f"no command stands before `{word}`")
                else:
                    read.problem("syntax", start, end, f"`{word}` belongs to nothing that was opened before")
            for block in balanced.opened:
                opened = True
                end = block.start + len(block.word)
                read.problem(
                    "block", block.start, end, f"`{block.word}` is not closed: no `{block.closed_by}` follows"
                )
            read.plain = balanced.plain
            tree = parse(balanced.plain)
        if tree.has_error:
            _report_missing(read, tree)
    walk(read, tree, around)
    attach_redirections(read)
    return plain, opened


def _report_missing(read: Statements, tree: Node) -> None:
    """Say where the grammar had to put something in; where it had to leave something out the walk says it."""
    nodes = [tree]
    while nodes:
        node = nodes.pop()
        if node.is_missing and node.start_byte < read.length:
            read.problem("syntax", max(node.start_byte - 1, 0), node.start_byte, "something is missing here")
        if node.has_error and not node.is_error:
            nodes.extend(child for child in node.children if child.has_error or child.is_missing)


def _conclude(script: Script, problems: list[Found], open_block: bool, dangling: bool) -> None:
    """Say what the text leaves open, and list the problems."""
    lexed = script.lexed
    end = len(script.text)
    unclosed = [body for body in lexed.bodies if not body.closed]
    for body in unclosed:
        message = f"no line `{shown(body.delimiter)}` closes this here-document"
        problems.append(("here-document", body.operator, body.operator + 2, message))
    problems.extend(
        (kind, start, start + 1, "this is opened and never closed") for kind, start in lexed.opened
    )
    message = "this is opened and not closed where it should be"
    problems.extend(("quote", start, start + 1, message) for start in lexed.unclosed_inside)
    if lexed.too_deep is not None:
        message = "substitutions are nested too deep to be followed"
        problems.append(("depth", lexed.too_deep, lexed.too_deep + 1, message))
    continued = dangling or (lexed.continued == end and end > 0)
    if continued:
        problems.append(("continuation", max(end - 1, 0), end, "the text ends where more should follow"))
    quoted = any(kind == "quote" for kind, _start in lexed.opened)
    script.open_at_end = _open_end(bool(unclosed), quoted, continued, open_block or bool(lexed.opened))
    problems.sort(key=lambda problem: (problem[1], problem[2]))
    script.problems = tuple(
        Problem(kind, script.place(start, end), message) for kind, start, end, message in problems
    )


def _open_end(heredoc: bool, quote: bool, continuation: bool, block: bool) -> OpenEnd | None:
    if heredoc:
        return "here-document"
    if quote:
        return "quote"
    if continuation:
        return "continuation"
    return "block" if block else None
