"""The tokens that matter in each kind of shell text, as patterns: the alphabet of the lexical pass."""

from __future__ import annotations

import re

from sifcheck.base.startup import pattern

# Every alternative begins with a literal character, so that a search can leap from one such character to the next; that
# is why what must stand before a token is asked for behind its first character.
_DOLLAR = r"\$(?:[A-Za-z_]\w*|[0-9*@#?!$-]|\(\(|[({])"
_ESCAPE = r"\\(?:\r?\n(?:\\\r?\n)*|.)?"  # continuations that follow one another are one token
_SHARED = rf"{_ESCAPE}|\"|`|{_DOLLAR}"
_QUOTED = rf"{_SHARED}|'[^']*'?|\$['\"]"
_COMMENT = r"#(?<![^ \t\n;&|()<>`]#)[^\n]*"
_CODE = rf"{_QUOTED}|<<<|<<-?|<\(|>\(|{_COMMENT}|\[\[(?<![^ \t\n;&|(!]\[\[)(?=[ \t\n])|\(\("
_INNER_WORDS = r"case(?<![^ \t\n;&|()`]case)(?![^ \t\n;&|()])|esac(?<![^ \t\n;&|()`]esac)(?![^ \t\n;&|()])"


def _pattern(alternatives: str) -> re.Pattern[str]:
    return pattern(alternatives, re.ASCII | re.DOTALL)


TOP = _pattern(rf"{_CODE}|\((?<=[=?*+@]\()")
TOP_BEFORE_BODY = _pattern(rf"{_CODE}|\((?<=[=?*+@]\()|\n")
INNER = _pattern(rf"{_CODE}|\(|\)|\n|{_INNER_WORDS}")
LIST = _pattern(rf"{_QUOTED}|<\(|>\(|{_COMMENT}|\(|\)")
TEST = _pattern(rf"{_QUOTED}|\]\](?<=[ \t\n]\]\])(?![^ \t\n\r;&|()<>])|{_COMMENT}|[&|()<>;!{{}}#]+|\n")
DOUBLE = _pattern(_SHARED)
BODY = _pattern(rf"{_ESCAPE}|`|{_DOLLAR}")
BRACE = _pattern(rf"{_QUOTED}|\}}")
BRACE_IN_DOUBLE = _pattern(rf"{_SHARED}|\}}")
ARITHMETIC = _pattern(rf"{_SHARED}|\(|\)")

BACKTICKS = pattern(r"`(?:[^`\\]|\\.)*`", re.DOTALL)
ANSI = pattern(r"'(?:[^'\\]|\\.)*'", re.DOTALL)
DELIMITER = pattern(r"(?:-|(?!-))[ \t]*((?:[^ \t\n\r;&|()<>'\"\\`]|'[^'\n]*'|\"[^\"\n]*\"|\\[^\n])+)")
TEST_SHAPE = pattern(r"\[\[[ \t\n](?:[^\n]*\n){0,9}?[^\n]*?(?<=[ \t\n])\]\]")
QUOTES = pattern(r"'([^']*)'|\"([^\"]*)\"|\\(.)")
PARENTHESES = pattern(r"[()]")
LAST_WORD = pattern(r"[a-z]+\Z")
BEFORE_COMMAND = frozenset(("then", "do", "else", "elif", "if", "while", "until", "time", "for"))
