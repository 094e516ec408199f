"""The tokens of a shell text as patterns.

Every alternative of a pattern that is searched for begins with a literal character, so that a search can leap from one
such character to the next; that is why what must stand before a token is asked for behind its first character.
"""

from __future__ import annotations

import re

from sifcheck.startup import pattern

_FLAGS = re.ASCII | re.DOTALL
_DOLLAR = r"\$(?:[A-Za-z_]\w*|[0-9*@#?!$-]|\(\(|[({])"
_ESCAPE = r"\\(?:\r?\n(?:\\\r?\n)*|.)?"  # continuations that follow one another are one token
_SHARED = rf"{_ESCAPE}|\"|`|{_DOLLAR}"
_BRACKETS = r"\$\[(?=[^\]\n'\"]{0,200}\])"  # bash's old way to write `$(( ))`
_QUOTED = rf"{_SHARED}|'[^']*'?|\$['\"]|{_BRACKETS}"
_COMMENT = r"#(?<![^ \t\n;&|()<>]#)[^\n]*"
_PLAIN = r"[^ \t\r\n;&|()<>\\'\"`$#][^ \t\r\n;&|()<>\\'\"`$]*+(?=[ \t\r\n;&|)]|\Z)"
_END = r"(?=(?:\\\r?\n)*(?:[ \t\r\n;&|()<>]|\Z))"  # of a reserved word

# Between words: spaces, line ends that a backslash takes away, and a backslash that ends the text.
SPACE = pattern(r"(?:[ \t\r]++|\\(?:\r?\n|\Z))*+")
SPACE_AND_LINES = pattern(r"(?:[ \t\r\n]++|\\(?:\r?\n|\Z))*+")
COMMENT = pattern(r"#[^\n]*")

# Words without any quotation or expansion, side by side; a word that a redirection or a parenthesis follows is none.
PLAIN_WORDS = pattern(rf"{_PLAIN}(?:[ \t]++{_PLAIN})*+")
PLAIN_WORD = pattern(r"[^ \t]+")
END_OF_WORD = pattern(rf"[ \t\r\n;&|()]|[<>]\(?|{_QUOTED}", _FLAGS)
END_OF_WORD_IN_TEST = pattern(rf"[ \t\r\n]|{_QUOTED}", _FLAGS)

OPERATOR = pattern(r"&&|&|\|\||\|&|\||;;&?|;&?|\)")
REDIRECTION = pattern(r"(\d*)(&>>?|<<<|<<-?|<&|<>|>&|>>|>\||<(?!\()|>(?!\())")
KEYWORD = pattern(
    r"(?:if|then|elif|else|fi|in|while|until|for|select|do|done|case|esac|function|time|coproc|\[\[|\]\]|[{}!])"
    + _END
)
# `time` before a compound command is a reserved word; before a simple one it is read as the command that it also is.
TIMED = pattern(
    r"(?:time(?:[ \t]+-p)?|coproc(?:[ \t]+\w+)?)(?=[ \t]+(?:[({]|(?:if|while|until|for|case|select)[ \t\n]))"
)
FUNCTION_HEAD = pattern(r"([^ \t\r\n;&|()<>\\'\"`$]++)(?<!=)[ \t]*\([ \t]*\)")
FUNCTION = pattern(
    r"function[ \t]+[^ \t\r\n;&|()<>#]+(?:[ \t]*\([ \t]*\)|(?=(?:[ \t\r\n]|#[^\n]*\n)*+"
    r"(?:\Z|[({]|\[\[|(?:if|while|until|for|select|case)[ \t\r\n(])))"
)
PARENTHESES_OF_FUNCTION = pattern(r"[ \t]*\([ \t]*\)")
END_OF_TEST = pattern(r"\]\](?<=[ \t\n]\]\])")
NAME = pattern(r"[A-Za-z_]\w*\Z", re.ASCII)

# What ends or continues what has been opened, by its kind.
LIST = pattern(rf"{_QUOTED}|[<>]\(|{_COMMENT}|[();&|]", _FLAGS)
DOUBLE = pattern(_SHARED, _FLAGS)
BODY = pattern(rf"{_ESCAPE}|`|{_DOLLAR}", _FLAGS)
BRACE = pattern(rf"{_QUOTED}|\}}", _FLAGS)
BRACE_IN_DOUBLE = pattern(rf"{_SHARED}|\}}", _FLAGS)
ARITHMETIC = pattern(rf"{_SHARED}|\(|\)", _FLAGS)
BRACKETS = pattern(rf"{_SHARED}|\[|\]", _FLAGS)

BACKTICKS = pattern(r"`(?:[^`\\]++|\\.)*+`", re.DOTALL)
ANSI = pattern(r"'(?:[^'\\]++|\\.)*+'", re.DOTALL)
DELIMITER = pattern(r"[ \t]*((?:[^ \t\n\r;&|()<>'\"\\`]|'[^'\n]*'|\"[^\"\n]*\"|\\[^\n])+)")
QUOTES = pattern(r"'([^']*)'|\"([^\"]*)\"|\\(.)")
PARENTHESES = pattern(r"[()]")
