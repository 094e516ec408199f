"""Blocks that a script leaves open, and words that close none: asked for only where the grammar finds something wrong."""

from __future__ import annotations

from sifcheck.base.startup import NamedTuple, pattern

_TOKEN = pattern(rb"[^ \t\n;&|()]+|;;&?|;&|[;&|\n()]")
_EMPTY_LIST = pattern(rb"(?:(?<=[ \t\n;&|()])|\A)(?:for|select)[ \t]+\w+[ \t]+(in)(?=[ \t]*[;\n])")

_CONTINUE = frozenset(("then", "do", "else", "elif", "fi", "done", "esac", "}"))
_FRESH = frozenset(("if", "then", "elif", "else", "while", "until", "do", "{", "!"))
_CLOSED_BY = {
    "if": "fi",
    "while": "done",
    "until": "done",
    "for": "done",
    "select": "done",
    "case": "esac",
    "{": "}",
    "(": ")",
}
_CLOSERS = {
    ("if", "head"): b"\n_\nthen _\nfi",
    ("if", "body"): b"\n_\nfi",
    ("while", "head"): b"\n_\ndo _\ndone",
    ("while", "body"): b"\n_\ndone",
    ("for", "head"): b"\ndo _\ndone",
    ("for", "body"): b"\n_\ndone",
    ("case", "subject"): b" in _) _;; esac",
    ("case", "pattern"): b"\nesac",
    ("case", "open pattern"): b") _;;\nesac",
    ("case", "body"): b"\n_;;\nesac",
    ("{", "body"): b"\n_\n}",
    ("(", "body"): b"\n_\n)",
    ("(", "head"): b") { _;\n}",
}


class Open(NamedTuple):
    """A block that is not closed."""

    word: str
    start: int
    closed_by: str


class Balance(NamedTuple):
    """The skeleton with its blocks closed and its loose ends taken out, and what was wrong."""

    plain: bytes
    opened: list[Open]
    loose: list[tuple[int, int, str]]  # words that close or continue no block


class _Block:
    __slots__ = ("phase", "start", "word")

    def __init__(self, word: str, start: int, phase: str) -> None:
        self.word = word
        self.start = start
        self.phase = phase


class _Reader:
    __slots__ = ("closed", "command", "fresh", "joints", "loose", "naming", "stack")

    def __init__(self) -> None:
        self.stack: list[_Block] = []
        self.loose: list[tuple[int, int, str]] = []
        self.command = True  # a command may begin
        self.fresh = True  # nothing stands yet in the statement
        self.naming = False  # the name of a function comes next
        self.closed = False  # a block has just been closed
        self.joints: list[int] = []  # where a reserved word follows a closed block directly, as in `fi }`


def balance(plain: bytes) -> Balance:
    """Close what is open; the offsets of what was there stay as they are."""
    plain = _EMPTY_LIST.sub(lambda match: match.group()[:-2] + b"  ", plain)
    reader = _Reader()
    for match in _TOKEN.finditer(plain):
        _take(reader, match.group().decode("ascii"), match.start())
    changed = bytearray(plain)
    for start, end, _word in reader.loose:
        changed[start:end] = b" " * (end - start)
    for joint in reader.joints:
        if changed[joint - 1] in b" \t":
            changed[joint - 1] = 0x3B  # the grammar wants a semicolon there
    if not reader.stack:
        return Balance(bytes(changed), [], reader.loose)
    opened = [Open(block.word, block.start, _CLOSED_BY[block.word]) for block in reader.stack]
    for block in reversed(reader.stack):
        word = "while" if block.word == "until" else "for" if block.word == "select" else block.word
        changed += _CLOSERS[word, block.phase]
    return Balance(bytes(changed) + b"\n", opened, reader.loose)


def _take(reader: _Reader, token: str, start: int) -> None:
    top = reader.stack[-1] if reader.stack else None
    closed, reader.closed = reader.closed, False
    fresh, reader.fresh = reader.fresh, token[0] in ";&|\n(" or token in _FRESH
    if token[0] in ";&|\n":
        if top is not None and top.word == "case" and token in (";;", ";&", ";;&"):
            top.phase = "pattern"
        elif token == ";" and fresh and (top is None or top.word != "case" or top.phase == "body"):
            reader.loose.append((start, start + 1, token))
        elif token in (";;", ";;&") and not any(block.word == "case" for block in reader.stack):
            reader.loose.append((start, start + len(token), token))
        reader.command = True
    elif token == "(":
        if top is None or (top.word, top.phase) != ("case", "pattern"):
            reader.stack.append(_Block("(", start, "body" if reader.command else "head"))  # head: `name()`
        reader.command = True
    elif token == ")":
        _close_parenthesis(reader, top, start)
    elif top is not None and top.word == "case" and top.phase != "body":
        _word_in_case(reader, top, token)
    elif reader.naming:
        reader.naming = False
        reader.command = True
    elif reader.command:
        _word_at_command(reader, token, start)
    elif closed and token in _CONTINUE:
        reader.joints.append(start)
        _word_at_command(reader, token, start)


def _close_parenthesis(reader: _Reader, top: _Block | None, start: int) -> None:
    if top is not None and top.word == "(":
        reader.stack.pop()
        reader.closed = True
        reader.command = top.phase == "head"
        return
    if top is not None and top.word == "case" and top.phase in ("pattern", "open pattern"):
        top.phase = "body"
    else:
        reader.loose.append((start, start + 1, ")"))
    reader.command = True


def _word_in_case(reader: _Reader, top: _Block, token: str) -> None:
    if top.phase == "subject":
        if token == "in":
            top.phase = "pattern"
    elif token == "esac" and top.phase == "pattern":
        reader.stack.pop()
        reader.closed, reader.command = True, False
    else:
        top.phase = "open pattern"


def _word_at_command(reader: _Reader, token: str, start: int) -> None:
    if token in ("if", "while", "until", "{"):
        reader.stack.append(_Block(token, start, "body" if token == "{" else "head"))
    elif token in ("for", "select"):
        reader.stack.append(_Block(token, start, "head"))
        reader.command = False
    elif token == "case":
        reader.stack.append(_Block(token, start, "subject"))
        reader.command = False
    elif token == "function":
        reader.naming = True
    elif token in ("then", "do", "elif", "else"):
        _continue_block(reader, token, start)
    elif token in ("fi", "done", "esac", "}"):
        _close_block(reader, token, start)
    elif token not in ("!", "time"):
        reader.command = False


def _continue_block(reader: _Reader, token: str, start: int) -> None:
    top = reader.stack[-1] if reader.stack else None
    phase = "body" if token in ("elif", "else") else "head"
    wanted = ("while", "until", "for", "select") if token == "do" else ("if",)
    if top is None or top.word not in wanted or top.phase != phase:
        reader.loose.append((start, start + len(token), token))
    else:
        top.phase = "head" if token == "elif" else "body"


def _close_block(reader: _Reader, token: str, start: int) -> None:
    """Close the block, unless another one inside of it is open or it has not come to its body."""
    top = reader.stack[-1] if reader.stack else None
    reader.command = False
    if top is not None and _CLOSED_BY[top.word] == token and top.phase == "body":
        reader.stack.pop()
        reader.closed = True
    else:
        reader.loose.append((start, start + len(token), token))
        reader.command = True
