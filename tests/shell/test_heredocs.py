"""Here-documents."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Span
from sifcheck.shell import Script, parse_script


def read(text: str) -> Script:
    return parse_script(text, place=Span)


def names(script: Script) -> list[str | None]:
    return [command.name for command in script.commands()]


@pytest.mark.parametrize(
    ("operator", "delimiter", "quoted"),
    [
        ("<<EOF", "EOF", False),
        ("<< EOF", "EOF", False),
        ("<<'EOF'", "EOF", True),
        ('<<"EOF"', "EOF", True),
        (r"<<\EOF", "EOF", True),
        ("<<E'O'F", "EOF", True),
        ("<<-EOF", "EOF", False),
        ("<<- 'EOF'", "EOF", True),
        ("<<_E-1.x", "_E-1.x", False),
        ("<<'two words'", "two words", True),
        ("3<<EOF", "EOF", False),
    ],
)
def test_delimiters(operator: str, delimiter: str, quoted: bool) -> None:
    text = f"cat {operator} > out\none $x 'two\n{delimiter}\nnext $(a)\n"
    script = read(text)
    (heredoc,) = script.heredocs
    assert (heredoc.delimiter, heredoc.quoted, heredoc.closed) == (delimiter, quoted, True)
    assert text[heredoc.span.start : heredoc.span.end] == heredoc.text == "one $x 'two\n"
    assert heredoc.command is script.commands("cat")[0]
    assert [part.name for part in heredoc.variables] == ([] if quoted else ["x"])
    assert names(script) == ["cat", "next", "a"]
    assert script.open_at_end is None
    assert script.problems == ()
    redirection = heredoc.command.redirections[0]
    assert redirection.heredoc is heredoc
    assert redirection.target is not None
    assert redirection.target.value == delimiter
    assert redirection.operator == ("<<-" if "<<-" in operator else "<<")
    assert redirection.fd == (3 if operator.startswith("3") else None)


def test_tabs_are_taken_off_before_the_delimiter_only_with_a_dash() -> None:
    script = read("cat <<-EOF\n\tone\n\t\tEOF\ncat <<EOF\n\tEOF\nEOF\nlast\n")
    assert [(heredoc.tabs, heredoc.text) for heredoc in script.heredocs] == [
        (True, "\tone\n"),
        (False, "\tEOF\n"),
    ]
    assert names(script) == ["cat", "cat", "last"]
    assert read("cat <<-EOF\n  EOF\n").open_at_end == "here-document"


def test_two_on_one_line() -> None:
    script = read("join <(cat <<A) - <<B && next\nin a\nA\nin b\nB\nlast\n")
    assert [(heredoc.delimiter, heredoc.text) for heredoc in script.heredocs] == [
        ("A", "in a\n"),
        ("B", "in b\n"),
    ]
    assert names(script) == ["join", "cat", "next", "last"]
    plain = read("cat <<A <<'B'\n$a\nA\n$b\nB\nlast\n")
    assert [(heredoc.delimiter, heredoc.text) for heredoc in plain.heredocs] == [("A", "$a\n"), ("B", "$b\n")]
    assert [part.name for part in plain.variables] == ["a"]


def test_more_on_the_line() -> None:
    script = read("cat <<EOF | sed s/a/b/ > out && chmod +x out # why\ntext\nEOF\nlast\n")
    assert names(script) == ["cat", "sed", "chmod", "last"]
    assert script.commands("cat")[0].piped_into is script.commands("sed")[0]
    assert len(script.lists[0].elements) == 2
    assert script.problems == ()


def test_bodies_in_blocks() -> None:
    text = "if a; then\n  cat <<EOF\nfi\ndone\n}\nEOF\nfi\nf() {\n  b <<'X' || c\n$(d)\nX\n}\ne\n"
    script = read(text)
    assert names(script) == ["a", "cat", "b", "c", "e"]
    assert script.commands("cat")[0].branch
    assert script.commands("c")[0].function == "f"
    assert script.problems == ()


def test_a_loop_is_fed() -> None:
    script = read("while read x; do a; done <<EOF\none\nEOF\nb\n")
    assert script.heredocs[0].command is None
    assert names(script) == ["read", "a", "b"]


def test_substitutions_in_a_body() -> None:
    script = read('cat <<EOF\n$(a "x") `b` "$(c)" \\$(no) \'$(d)\'\nEOF\ncat <<\\EOF\n$(no)\nEOF\n')
    assert names(script) == ["cat", "a", "b", "c", "d", "cat"]
    assert all(command.substitution for command in script.commands("a", "b", "c", "d"))


def test_a_body_in_a_substitution() -> None:
    script = read("x=$(cat <<EOF\n) \" ' #\nEOF\n)\nlast\n")
    assert names(script) == ["cat", "last"]
    assert script.problems == ()


def test_what_only_looks_like_one() -> None:
    for text in (
        "run <<< EOF\nlast\n",
        "(( x = 1 << 2 ))\nlast\n",
        "x=$(( 1 << 2 ))\nlast\n",
        "echo '<<EOF'\nlast\n",
        'echo "<<EOF"\nlast\n',
        "# cat <<EOF\nlast\n",
    ):
        script = read(text)
        assert script.heredocs == ()
        assert names(script)[-1] == "last"
        assert script.open_at_end is None


def test_a_delimiter_is_a_whole_line() -> None:
    script = read("cat <<EOF\nEOF2\n EOF\nEOF \nxEOF\nEOF\nlast\n")
    assert script.heredocs[0].text == "EOF2\n EOF\nEOF \nxEOF\n"
    joined = read("cat <<EOF\none \\\nEOF\nEOF\nlast\n")
    assert joined.heredocs[0].text == "one \\\nEOF\n"
    kept = read("cat <<'EOF'\none \\\nEOF\nlast\n")
    assert kept.heredocs[0].text == "one \\\n"


def test_unclosed() -> None:
    text = "a\ncat <<EOF\none\n$(b)\n"
    script = read(text)
    (heredoc,) = script.heredocs
    assert not heredoc.closed
    assert (heredoc.text, heredoc.span) == ("one\n$(b)\n", Span(12, len(text)))
    assert script.open_at_end == "here-document"
    assert [problem.kind for problem in script.problems] == ["here-document"]
    assert text[script.problems[0].span.start : script.problems[0].span.end] == "<<"
    assert names(script) == ["a", "cat", "b"]
    assert read("cat <<EOF").open_at_end == "here-document"
    assert read("cat <<EOF\n").heredocs[0].text == ""


def test_which_offsets_lie_in_one() -> None:
    text = "a 'b c' \"d\" e\ncat <<EOF\none\nEOF\nf\n"
    script = read(text)
    inside = "".join(text[at] for at in range(len(text)) if script.inside_word_or_heredoc(at))
    assert inside == "b c'd\"one\n"
    heredoc = script.heredocs[0]
    assert script.heredoc_at(text.index("one")) is heredoc
    assert script.heredoc_at(text.index("EOF\nf")) is None
    assert script.heredoc_at(0) is None
    open_one = read("cat <<EOF\none\n")
    assert open_one.heredoc_at(len("cat <<EOF\none\n")) is open_one.heredocs[0]
