"""Placeholders of templates in a batch script: `<NAME>`, `{name}`, `{{ name }}`, `%NAME%`, `@NAME@`, `${{ name }}`.

Who fills a template in puts text in their place that nobody knows here.  For the shell's grammar `<DATA>:/x` is a pair of
redirections and `{{ x }}` are three words; read so, they would be judged for what they are not.
"""

from __future__ import annotations

from sifcheck.base.startup import pattern

__all__ = ["has_placeholder", "is_only_placeholders", "placeholders_in", "without_statements"]

# `<a b>` in words of letters, as people write it, and neither `<in >out`, `<<END`, `<(...)` nor `sort <a>b`.  Braces round
# one name are nothing that a shell expands.  Two capitals keep `%A_%a` and `%Y_%m` out.
_PLACEHOLDER = pattern(
    r"\$?\{\{[^\n{}]{1,120}\}\}"
    r"|(?<![<&$\w)])<(?:[A-Za-z][\w.-]*(?:[ /][\w.-]+){0,8}|\?{1,80}|\.{3})>(?![\w$&|(>])"
    r"|(?<![$\w\\'{])\{[A-Za-z_][\w.-]*(?:\{[A-Za-z_][\w.]*\})?\}(?![\w'}])"
    r"|(?<![\w%+])%[A-Z]{2}[A-Z0-9_]*%"
    r"|(?<![\w@])@[A-Z][A-Z0-9_]+@"
)
_SIGNS = ("{", "<", "%", "@")
# Jinja's statements and comments, on lines of their own.
_STATEMENT = pattern(r"^[ \t]*\{(?:%|#(?= ))[^\n]{0,400}(?:%|(?<= )#)\}[ \t]*$", 8)  # 8: re.M


def placeholders_in(text: str) -> list[tuple[int, int]]:
    """Where something is to be filled in: begin and end of each place, in order."""
    if not any(sign in text for sign in _SIGNS):
        return []
    return [match.span() for match in _PLACEHOLDER.finditer(text)]


def has_placeholder(text: str) -> bool:
    """Whether something is to be filled in."""
    return any(sign in text for sign in _SIGNS) and _PLACEHOLDER.search(text) is not None


def is_only_placeholders(line: str) -> bool:
    """Whether nothing but placeholders stands on a line: what fills them may be directives as well as commands."""
    if not any(sign in line for sign in _SIGNS):
        return False
    left = _PLACEHOLDER.sub("", _STATEMENT.sub("", line))
    return left != line and not left.strip()


def without_statements(text: str) -> str:
    """The text with each line that is a statement of Jinja made a comment of equal length."""
    return _STATEMENT.sub(lambda match: "#" * len(match[0]), text) if "{%" in text or "{# " in text else text
