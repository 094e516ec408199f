"""Which shell takes a text and which refuses it: dash and bash are asked themselves where they are installed."""

from __future__ import annotations

import random

import pytest
from shell.shells import SHELLS, taken, taken_by_shell

from sifcheck.base.source import Span
from sifcheck.shell import parse_script
from sifcheck.shell.model import Dialect

_BOTH: tuple[Dialect, ...] = ("sh", "bash")

TAKEN_BY_BOTH = [
    '$()', 'time', 'for x; do :; done', 'for x\ndo :; done', 'for x ;\ndo :; done', 'for x\nin a; do :; done',
    'case x\nin a) :;; esac', 'case x in a);; esac', 'case x in esac', 'case x in (a) :;; esac',
    'case x in (esac) :;; esac', 'cat <<E', 'a \\', 'echo ${x y}', 'echo ${}', 'echo ${x^^}', 'echo ${x:-(}', 'a {b}',
    '[[ a && b ]]', '[[ ]]', '((1+))', '((a); b)', '[[ a &&\nb ]]', '[[ ]]', '[[ a =~ b|c ]]', '[[ $a == *"x"* ]]', "a '$['", '# $[', '$[1+[2]]', '$((1+))', 'coproc a', 'a &> f', 'echo $(a;)', 'echo $(a &)',
    'f () {\n:\n}', 'f ( ) { :; }', 'f() { :; } > x', 'f() { :; }; g', 'if a\nthen b\nfi | c', 'a | \n\n b',
    'a && # c\n b', 'time a | b', 'time -p a', '{fd}> f', 'a 2>&1 >&2', 'a >&-', 'for in in a; do :; done',
    'for for in a; do :; done', '! if a; then b; fi', 'a | if b; then c; fi', 'until a; do b; done',
    'function f\n{ a; }', '\\\nif a; then b; fi', 'if a; \\\nthen b; fi', 'echo $(( 1 + (2) ))',
    'echo `echo \\`a\\``', 'echo $(case x in a) b;; esac)', 'echo $(case x in (a) b;; esac)', 'echo "$(echo ")")"',
    '{ { a; } }', '{ (a) }', '[[ a ]]; b', 'a=b c=d if x', 'case a in b) c ;; d) e; esac; f',
]  # fmt: skip
TAKEN_BY_DASH = [
    'f() a', 'f() a; b', 'function f a', '[[ a', 'a() b() { :; }', '[[ a ]] b', '[[ a b ]]', '[[ -f ]]', '[[ a == ]]',
    '[[ -f a b ]]', '[[ -n && x ]]', '[[ "a" "b" ]]', '[[ a ]]]', '[[ a\n]]', '[[ a ==\nb ]]', '[[ a ; b ]]', '$[1', 'a "$[ 1"',
    'a && \\', 'f() \\', 'a >\\',
]  # fmt: skip
TAKEN_BY_BASH = [
    'x=`if`', '!', '! ! a', 'for 1a in x; do :; done', 'for a-b in x; do :; done', 'a-b() { :; }', 'exit() { :; }',
    'function f { a; }', 'function f() { a; }', 'cat <<E\n$(\nE', 'cat <<E\n${\nE', 'cat <<E\n`\nE', 'export a=(b)',
    'x=$((a); b)', 'a <(b)', '[[ (a) ]]', '[[ a =~ (b|c) ]]', 'select x in a; do :; done', 'for ((;;)) do :; done',
    'for ((;;)) { :; }', 'for x in a; { :; }', 'a |& b', 'a <<< b', 'case x in a) :;& b) :;; esac', '`if`', '"`if`"',
    '"f"() { :; }', 'f\\x() { a; }', '${f}() { a; }', 'if [[ a ]] then b; fi', 'let a=(1)', '[[ (\na )\n]]',
    '[[ -f "$a" && ( -d b || ! -e c ) ]]', 'if a; then b; fi \\',
    'x+=(a)', 'a[1]=(b)', 'time { a; }', 'local a=(1)', 'x=<(a)', 'for x in $(a); do b; done < <(c)',
]  # fmt: skip
REFUSED_BY_BOTH = [
    'if a; then fi', 'f() { }', '( )', 'a | ! b', 'for x in a; b; do :; done', 'case x in a|) :;; esac',
    'case x in a) :;;; esac', 'a &&', 'a=(b (c))', 'a=(b;c)', 'a=(b|c)', 'echo a=(b)', 'a= (b)', 'x=$(( (a) )',
    'echo "${x', 'a ;; b', ';a', '& a', 'a &; b', 'a & & b', 'a\n\n;', '{ a; } b', '( a ) b', '( a ) > f b',
    'if a; then b; fi c', '{ a }', 'a > ', 'a >& ', 'a <> >', 'a > (b)', 'a <( b', '(( a', 'a ;& b', 'then', 'a; }',
    '}', 'do', 'a )', 'while do :; done', 'while :; do done', 'if ; then :; fi', 'if a; then :; else fi',
    'if a; then :; elif then :; fi', '"$(if)"', '$(if)', 'echo $(a', 'echo $(;)', "echo 'a", '@(a|b)', 'x@(a|b)',
    'case x in @(a|b)) :;; esac', 'f() { :; } g', 'a | | b', 'a "$(b', 'a <<', 'a << ;', "a <<'E",
    'case in in in) in;; esac', 'if then then fi', 'for x in a do :; done', 'function { a; }', 'echo $(( ((1) ))',
    'echo ${a:-$(}', "echo \\$'a\\'b'", 'esac', 'if a; then b; fi fi', '((a))b', '>f if x; then y; fi', '>f { a; }',
    'case a in b) ;; esac b',
]  # fmt: skip

FRAGMENTS = [
    "a", "b c", "run -x --y=z ", "\n", " ", "\t", ";", ";;", "&", "&&", "||", "|", "'", '"', "`", "\\", "\\\n", "$x", "${x}",
    "${x:-y}", "$(", "$((", "))", ")", "(", "((", "{ ", " }", "}", ">f ", "<f ", "2>&1", "<<E\n", "\nE\n", "[ ", " ]", "if ",
    "then ", "elif ", "else ", "fi", "while ", "do ", "done", "for x in ", "case ", " in ", "esac", "f() ", "! ", "A=1 ", "# c\n",
    "if a; then b; fi", "while a; do b; done", "for x in y; do a; done", "case a in b) c;; esac", "{ a; }", "( a )", "$(a)",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "takers"),
    [
        *((text, ("sh", "bash")) for text in TAKEN_BY_BOTH),
        *((text, ("sh",)) for text in TAKEN_BY_DASH),
        *((text, ("bash",)) for text in TAKEN_BY_BASH),
        *((text, ()) for text in REFUSED_BY_BOTH),
    ],
)
def test_who_takes_it(text: str, takers: tuple[Dialect, ...]) -> None:
    assert tuple(dialect for dialect in _BOTH if taken(text, dialect)) == takers


@pytest.mark.parametrize(("dialect", "program"), SHELLS)
def test_the_shell_says_the_same(dialect: Dialect, program: str) -> None:
    for text in (*TAKEN_BY_BOTH, *TAKEN_BY_DASH, *TAKEN_BY_BASH, *REFUSED_BY_BOTH):
        assert taken(text, dialect) is taken_by_shell(text, program), text


@pytest.mark.parametrize(("dialect", "program"), SHELLS)
def test_random_texts_are_taken_by_whom_the_shell_says(dialect: Dialect, program: str) -> None:
    """Of 300 texts put together of fragments at most two are told otherwise (measured: 2 of 1,000)."""
    source = random.Random(15)
    texts = ["".join(source.choices(FRAGMENTS, k=source.randint(1, 14))) for _ in range(300)]
    wrong = [text for text in texts if taken(text, dialect) is not taken_by_shell(text, program)]
    assert len(wrong) <= 2, wrong
    assert 20 < sum(taken(text, dialect) for text in texts) < 280


def test_without_a_shell_what_any_takes_is_taken() -> None:
    for text in (*TAKEN_BY_BOTH, *TAKEN_BY_BASH, "f() a\n"):
        if "`" in text or "<<E" in text:  # bash reads these when it runs them, and fails then
            continue
        assert parse_script(text, place=Span).refusal is None, text


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a\nif b\nthen c\n", "if", "`if` is never closed with `fi`"),
        ("while a; do (b\n", "(", "`(` is never closed with `)`"),
        ("while a; do case a in b) c\n", "case", "`case` is never closed with `esac`"),
        ("while a; do (b; done\n", "(", "`(` is never closed with `)`"),
        ("f() { if a; then b; }\n", "if", "`if` is never closed with `fi`"),
        ("case a in b) while c; do d;; esac\n", "while", "`while` is never closed with `done`"),
        ('a "b\nc\n', '"', '`"` is never closed'),
        ("a $(b\nc\n", "$(", "`$(` is never closed"),
        ("if a; fi\n", "if", "no `then` follows `if`"),
        ("for x in a; b; done\n", "for", "no `do` follows `for`"),
        ("if a; then\nfi\n", "then", "no command follows `then`"),
        ("a\ndone\n", "done", "`done` belongs to nothing that was opened before"),
        ("a > \n", ">", "no word follows `>`"),
    ],
)
def test_what_is_refused_is_said_with_its_place(text: str, place: str, message: str) -> None:
    for dialect, _program in SHELLS:
        refusal = parse_script(text, place=Span, dialect=dialect).refusal
        assert refusal is not None
        assert (text[refusal.span.start : refusal.span.end], refusal.message) == (place, message)
