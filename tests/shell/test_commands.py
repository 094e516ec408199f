"""Commands: which there are, where they stand, what they run."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Span
from sifcheck.shell import Command, Script, parse_script


def read(text: str) -> Script:
    return parse_script(text, place=Span)


def first(text: str) -> Command:
    return read(text).commands()[0]


def names(text: str) -> list[str | None]:
    return [command.name for command in read(text).commands()]


def test_commands_come_in_source_order_nested_ones_included() -> None:
    text = "a $(b `c`)\nf() { d; }\nif e; then g <(h); fi\ncat <<X\n$(i)\nX\n[ -f j ] || { k; }\n"
    assert names(text) == ["a", "b", "c", "d", "e", "g", "h", "cat", "i", "[", "k"]


def test_an_empty_text_has_no_commands() -> None:
    for text in ("", "\n\n", "# nothing\n", "   ", "\t\n# a\n\n"):
        script = read(text)
        assert script.commands() == ()
        assert script.problems == ()
        assert script.open_at_end is None


def test_commands_are_found_by_the_program_they_run() -> None:
    script = read("make\nsudo /usr/bin/make install\nninja\nenv CC=gcc make -j4\n")
    assert [command.span.start for command in script.commands("make")] == [0, 5, 38]
    assert [command.program for command in script.commands("ninja", "make")] == [
        "make",
        "make",
        "ninja",
        "make",
    ]
    assert script.commands("cmake") == ()
    assert script.commands("sudo") == ()


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("gcc -c x.c", "gcc"),
        ("/usr/local/bin/pip3 install x", "pip3"),
        ("$PREFIX/bin/conda install x", "conda"),
        ('"${PREFIX}"/bin/conda install x', "conda"),
        ("$RUNNER install", None),
        ("tool-$VERSION install", None),
        ("sudo apt-get update", "apt-get"),
        ("sudo -E -u builder make", "make"),
        ("sudo -Eu builder make", "make"),
        ("sudo --user builder make", "make"),
        ("sudo --user=builder -- make", "make"),
        ("sudo -i", "sudo"),
        ("doas -u builder make", "make"),
        ("env make", "make"),
        ("/usr/bin/env -i -u HOME A=b C=d make", "make"),
        ("env A=b", "env"),
        ("exec prog", "prog"),
        ("exec -a other prog", "prog"),
        ("exec 3< file", "exec"),
        ("command make", "make"),
        ("command -v make", "command"),
        ("command -pV make", "command"),
        ("builtin cd /", "cd"),
        ("nice make", "make"),
        ("nice -n 10 make", "make"),
        ("nice -10 make", "make"),
        ("nice --adjustment 10 make", "make"),
        ("time -p make", "make"),
        ("nohup make", "make"),
        ("timeout 30 make", "make"),
        ("timeout -k 5 30s make", "make"),
        ("timeout --signal=KILL $LIMIT make", "make"),
        ("stdbuf -oL -e 0 make", "make"),
        ("ionice -c 3 make", "make"),
        ("ionice -p 1", "ionice"),
        ("taskset -c 0-3 make", "make"),
        ("numactl -N 0 -m 0 make", "make"),
        ("setarch x86_64 -R make", "make"),
        ("linux32 make", "make"),
        ("setsid nohup sudo nice make", "make"),
        ("sudo $TOOL install", None),
        ("'make' all", "make"),
        (r"\make all", "make"),
        ('"ma"ke all', "make"),
        ("/usr/bin/", ""),
        ("env", "env"),
    ],
)
def test_what_is_really_run(text: str, program: str | None) -> None:
    assert first(text).program == (program if program != "" else "/usr/bin/")


def test_the_arguments_follow_the_program() -> None:
    command = first("sudo -E env LC_ALL=C apt-get -y install gcc")
    assert command.name == "sudo"
    assert command.program_word is not None
    assert command.program_word.text == "apt-get"
    assert [word.text for word in command.arguments] == ["-y", "install", "gcc"]
    assert [(assignment.name, assignment.prefix) for assignment in command.prefix] == [("LC_ALL", True)]
    assert first("sudo -l").arguments[0].text == "-l"


def test_spans_of_a_command() -> None:
    text = "x\n  A=1 B=2 run 'two words' < in > out 2>&1 # why\ny\n"
    command = read(text).commands("run")[0]

    def at(span: Span) -> str:
        return text[span.start : span.end]

    assert at(command.span) == "run 'two words'"
    assert at(command.name_span) == "run"
    assert at(command.statement_span) == "A=1 B=2 run 'two words' < in > out 2>&1"
    assert at(command.line_span) == "  A=1 B=2 run 'two words' < in > out 2>&1 # why\n"
    assert [word.text for word in command.words] == ["run", "'two words'"]


def test_redirections_between_the_words_are_no_words() -> None:
    command = first(">log run 2>&1 one </dev/null two")
    assert [word.text for word in command.words] == ["run", "one", "two"]
    assert command.statement_span == (0, 32)
    assert len(command.redirections) == 3


def test_whole_lines_of_a_command() -> None:
    text = "cat > /etc/x <<EOF\nline\nEOF\nnext\n"
    command = read(text).commands("cat")[0]
    assert text[command.line_span.start : command.line_span.end] == "cat > /etc/x <<EOF\nline\nEOF\n"
    assert command.fills_lines
    many = read("a one \\\n    two\nb; c\n  d # e\nf ;\n( g )\nlast")
    assert [(command.name, command.fills_lines) for command in many.commands()] == [
        ("a", True),
        ("b", False),
        ("c", False),
        ("d", True),
        ("f", True),
        ("g", False),
        ("last", True),
    ]
    assert many.commands("a")[0].line_span == (0, 16)
    assert many.commands("last")[0].line_span == (39, 43)


def test_positions_go_through_place() -> None:
    script = parse_script("a b", place=lambda start, end: Span(start + 100, end + 200), section="post")
    command = script.commands()[0]
    assert command.span == (100, 203)
    assert command.words[1].span == (102, 203)
    assert command.script.section == "post"
    assert script.span == (100, 203)


def test_tests_are_commands() -> None:
    script = read('[ -f "$1" ] && [[ $a == b* && ! -d c ]] || test -n x\n')
    assert [command.program for command in script.commands()] == ["[", "[[", "test"]
    assert [word.text for word in script.commands("[")[0].words] == ["[", "-f", '"$1"', "]"]
    assert [word.text for word in script.commands("[[")[0].words] == [
        "[[", "$a", "==", "b*", "&&", "!", "-d", "c", "]]",
    ]  # fmt: skip
    assert script.problems == ()


def test_declarations_are_commands() -> None:
    script = read("export A=1 B\ndeclare -x C=2\nlocal d\nreadonly E\nunset F G\ntypeset -i n=1\n")
    assert [command.program for command in script.commands()] == [
        "export", "declare", "local", "readonly", "unset", "typeset",
    ]  # fmt: skip
    assert [word.text for word in script.commands("unset")[0].arguments] == ["F", "G"]


def test_a_statement_without_a_command_is_none() -> None:
    script = read("A=1\n> file\nB=2 > other\n(( n++ ))\nrun\n")
    assert [command.name for command in script.commands()] == ["run"]
    assert [redirection.operator for redirection in script.redirections] == [">", ">"]


def test_reserved_words_are_words_where_they_are_arguments() -> None:
    script = read("echo if then fi for done esac { } ! in case\nprintf done\nlsblk time\n")
    assert [len(command.words) for command in script.commands()] == [12, 2, 2]
    assert script.problems == ()
