"""Words: quoting, values, parts, variables."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Span
from sifcheck.shell import Script, Word, parse_script


def read(text: str) -> Script:
    return parse_script(text, place=Span)


def word(text: str) -> Word:
    """The argument in `run ARGUMENT`."""
    words = read(f"run {text}").commands("run")[0].words
    assert len(words) == 2, words
    return words[1]


@pytest.mark.parametrize(
    ("text", "value", "quoted"),
    [
        ("plain", "plain", "none"),
        ("a/b-c_d.e:f,g+h@i%j=k", "a/b-c_d.e:f,g+h@i%j=k", "none"),
        ("'single $x \"'", 'single $x "', "single"),
        ('"double \'"', "double '", "double"),
        (r'"\$ \" \\ \` \x"', r'$ " \ ` \x', "double"),
        (r"\$a\ b\;", "$a b;", "none"),
        ("one'two'\"three\"", "onetwothree", "mixed"),
        ("''", "", "single"),
        ('""', "", "double"),
        (r"$'a\tb\n\x41\101\u00e9\e\'\q'", "a\tb\nAAé\x1b'\\q", "single"),
        ('$"text"', "text", "double"),
        ("one\\\ntwo", "onetwo", "none"),
        ('"one\\\ntwo"', "onetwo", "double"),
        ("'one\ntwo'", "one\ntwo", "single"),
        ("a#b", "a#b", "none"),
        ("{a,b}", "{a,b}", "none"),
        ("~/x", "~/x", "none"),
        ("*.[ch]", "*.[ch]", "none"),
        ("$", "$", "none"),
        ('"$"', "$", "double"),
        ("a$", "a$", "none"),
        ("%wheel", "%wheel", "none"),
        ("{}", "{}", "none"),
        ("}", "}", "none"),
        (r"\;", ";", "none"),
        ("$x", None, "none"),
        ('"$x"', None, "double"),
        ("a$(b)", None, "none"),
        ("a`b`", None, "none"),
        ('"$((1+2))"', None, "double"),
        ("<(a)", None, "none"),
        ("${x:-y}", None, "none"),
    ],
)
def test_value_and_quoting(text: str, value: str | None, quoted: str) -> None:
    found = word(text)
    assert found.text == text
    assert found.value == value
    assert found.quoted == quoted


def test_parts_cover_the_word_in_order() -> None:
    found = word("""a'b c'"d $e ${f:-g} $(h) `i` $((j+1))"$k<(l)$'m\\n'\\n""")
    assert [(part.kind, part.text, part.quoted, part.name) for part in found.parts] == [
        ("literal", "a", False, None),
        ("literal", "b c", True, None),
        ("literal", "d ", True, None),
        ("variable", "$e", True, "e"),
        ("literal", " ", True, None),
        ("variable", "${f:-g}", True, "f"),
        ("literal", " ", True, None),
        ("substitution", "$(h)", True, None),
        ("literal", " ", True, None),
        ("substitution", "`i`", True, None),
        ("literal", " ", True, None),
        ("arithmetic", "$((j+1))", True, None),
        ("variable", "$k", False, "k"),
        ("process", "<(l)", False, None),
        ("ansi", "m\\n", True, None),
        ("literal", "\\n", False, None),
    ]
    text = found.script.text
    assert all(text[part.span.start : part.span.end] == part.text for part in found.parts)
    assert found.parts[-2].value == "m\n"


@pytest.mark.parametrize(
    ("text", "name", "expansion"),
    [
        ("$a", "a", ""),
        ("$a_1", "a_1", ""),
        ("$1", "1", ""),
        ("$*", "*", ""),
        ("$@", "@", ""),
        ("$#", "#", ""),
        ("$?", "?", ""),
        ("$$", "$", ""),
        ("$!", "!", ""),
        ("$-", "-", ""),
        ("${a}", "a", ""),
        ("${10}", "10", ""),
        ("${a:-default}", "a", ":-default"),
        ("${a:+$b}", "a", ":+$b"),
        ("${a//x/y}", "a", "//x/y"),
        ("${a%%.*}", "a", "%%.*"),
        ("${a##*/}", "a", "##*/"),
        ("${a[@]}", "a", "[@]"),
        ("${a[0]:-x}", "a", "[0]:-x"),
        ("${#a}", "a", "#"),
        ("${#a[@]}", "a", "#[@]"),
        ("${!a}", "a", "!"),
        ("${#}", "#", ""),
        ("${!}", "!", ""),
        ("${@:2}", "@", ":2"),
        ("${*}", "*", ""),
        ("${a^^}", "a", "^^"),
        ('${a:-"}"}', "a", ':-"}"'),
        ("${a:-${b}}", "a", ":-${b}"),
    ],
)
def test_variables(text: str, name: str, expansion: str) -> None:
    part = word(text).parts[0]
    assert (part.kind, part.text, part.name, part.expansion) == ("variable", text, name, expansion)


def test_a_digit_after_a_dollar_is_one_variable_of_one_digit() -> None:
    found = word("$12")
    assert [(part.kind, part.text) for part in found.parts] == [("variable", "$1"), ("literal", "2")]
    assert [part.text for part in found.script.variables] == ["$1"]


def test_names_of_variables() -> None:
    assert word('"$a/${b:-$c}"$a').variables == ("a", "b", "c")
    assert word("$((a + $b))").variables == ("b",)
    assert word("'$a'").variables == ()
    assert word(r"\$a").variables == ()


def test_static_text_round_an_expansion() -> None:
    found = word('"/opt/x-"$VERSION/bin/prog')
    assert (found.prefix, found.suffix) == ("/opt/x-", "/bin/prog")
    assert (word("static").prefix, word("static").suffix) == ("static", "static")
    assert (word("$a").prefix, word("$a").suffix) == ("", "")


@pytest.mark.parametrize(
    ("text", "glob", "braces", "tilde"),
    [
        ("*.rpm", True, False, False),
        ("a?b", True, False, False),
        ("[ab]c", True, False, False),
        ("a[b", False, False, False),
        ("'*'", False, False, False),
        (r"\*", False, False, False),
        ('"$x"/*', True, False, False),
        ("x/{a,b}", False, True, False),
        ("{1..3}", False, True, False),
        ("{}", False, False, False),
        ("'{a,b}'", False, False, False),
        ("~/x", False, False, True),
        ("'~/x'", False, False, False),
        ("x~", False, False, False),
    ],
)
def test_patterns_braces_and_tildes(text: str, glob: bool, braces: bool, tilde: bool) -> None:
    found = word(text)
    assert (found.has_glob, found.has_braces, found.starts_with_tilde) == (glob, braces, tilde)


def test_all_variables_of_a_script() -> None:
    script = read(
        'a "$v1"\nfor x in $v2 "${v3[@]}"; do b; done\ncase $v4 in $v5) c;; esac\n'
        'X=$v6 d > $v7\n[[ $v8 ]]\ncat <<E\n$v9 \\$no\nE\ncat <<"E"\n$no\nE\n'
        "e '$no' # $no\narray=($v10)\nf ${v11:-$v12} $(g $v13)\n"
    )
    assert [part.name for part in script.variables] == [f"v{number}" for number in range(1, 14)]
    assert [part.quoted for part in script.variables[:3]] == [True, False, True]


def test_an_array_is_no_value_but_has_elements() -> None:
    script = read("packages=(one 'two three' # note\n  $four $(five) x\\ y)\n")
    value = script.assignments[0].value
    assert value is not None
    assert value.value is None
    assert [element.text for element in value.elements] == ["one", "'two three'", "$four", "$(five)", "x\\ y"]
    assert [element.value for element in value.elements] == ["one", "two three", None, None, "x y"]
    assert [command.name for command in script.commands()] == ["five"]


def test_a_word_behind_a_prefix_has_a_span_of_its_own() -> None:
    text = 'run "--prefix=/opt/x y" --with=$D/z --empty='
    words = read(text).commands()[0].words
    value = words[1].after(len("--prefix="))
    assert (value.value, text[value.span.start : value.span.end]) == ("/opt/x y", "/opt/x y")
    value = words[2].after(len("--with="))
    assert (value.value, value.text, value.variables) == (None, "$D/z", ("D",))
    value = words[3].after(len("--empty="))
    assert (value.value, value.text) == ("", "")
