"""What holds for every text: nothing raises, all places lie inside, words are what stands there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sifcheck.base.source import Span
from sifcheck.shell import Command, Part, Script, Word, parse_script
from sifcheck.shell.model import Dialect

FRAGMENTS = [
    "a", "b c", "run -x --y=z ", "\n", " ", "\t", ";", ";;", "&", "&&", "||", "|", "|&", "'", '"', "`", "\\", "\\\n", "\r\n", "\r",
    "$", "$x", "${x", "${x:-y}", "$(", "$((", "))", ")", "(", "((", "{", "}", "{ ", " }", "<(", ">", "<", ">>", "2>&1", "&>f", "<<<",
    "<<E\n", "<<-'E' ", "\nE\n", "\n\tE\n", "<<''\n", "[[ ", " ]]", "[ ", " ]", "if ", "then ", "elif ", "else ", "fi", "while ",
    "do ", "done", "for x in ", "for x do ", "case ", " in ", "esac", "f() ", "function g ", "! ", "time ", "export ", "declare -x ",
    "A=1 ", "A=", "A+=(", "A[0]=", "# c\n", "#", "*", "~", "%", "{a,b}", "\0", "\xff", "\xe3\x81\x82", "\x0b", "sudo ", "env B=2 ",
]  # fmt: skip

scripts = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=st.characters(max_codepoint=255), max_size=80),
    st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join),
)


def inside(span: Span, outer: tuple[int, int]) -> bool:
    return outer[0] <= span.start <= span.end <= outer[1]


def shown(text: str) -> str:
    return text.encode("latin-1", "replace").decode("utf-8", "replace")


def look_at_word(word: Word, text: str) -> None:
    assert inside(word.span, (0, len(text)))
    assert word.text == shown(text[word.span.start : word.span.end])
    reached = word.span.start
    for part in word.parts:
        assert isinstance(part, Part)
        assert inside(part.span, (reached, word.span.end))
        assert part.text == shown(text[part.span.start : part.span.end])
        reached = part.span.end
    if word.value is not None:
        assert word.prefix == word.suffix == word.value
        assert not word.variables
    assert word.quoted in ("none", "single", "double", "mixed")
    assert isinstance(word.has_glob or word.has_braces or word.starts_with_tilde, bool)
    for element in word.elements:
        assert inside(element.span, (word.span.start, word.span.end))
    assert inside(word.after(2).span, (0, len(text)))


def look_at_command(command: Command, text: str) -> None:
    whole = (0, len(text))
    assert command.words
    assert command.words[0].span.start == command.span.start
    assert command.words[-1].span.end == command.span.end
    assert inside(command.span, (command.statement_span.start, command.statement_span.end))
    assert inside(command.statement_span, (command.line_span.start, command.line_span.end))
    assert inside(command.line_span, whole)
    assert command.name_span.start == command.span.start
    reached = command.span.start
    for word in command.words:
        assert word.span.start >= reached
        reached = word.span.end
        look_at_word(word, text)
    assert command.pipeline[command.pipeline_index] is command
    assert command.handled or not command.condition
    assert command.option("-x", "--y") is None or command.arguments
    assert len(command.operands()) <= len(command.arguments)
    for given_word in (command.option_value("-x"), command.option_value("--y", takes_value=("-x",))):
        if given_word is not None:
            look_at_word(given_word, text)
    assert {*command.redirections} <= {*command.script.redirections}
    assert all(one.name for one in command.prefix)
    assert isinstance(command.fills_lines, bool)


def look_at(script: Script, text: str) -> None:
    whole = (0, len(text))
    starts = [command.span.start for command in script.commands()]
    assert starts == sorted(starts)
    for command in script.commands():
        look_at_command(command, text)
    for assignment in script.assignments:
        assert assignment.name
        assert inside(assignment.name_span, (assignment.span.start, assignment.span.end))
        assert inside(assignment.span, whole)
        if assignment.value is not None:
            look_at_word(assignment.value, text)
    for redirection in script.redirections:
        assert inside(redirection.span, whole)
        assert redirection.target is None or inside(redirection.target.span, whole)
        assert isinstance(redirection.writes, bool)
    for heredoc in script.heredocs:
        assert heredoc.text == shown(text[heredoc.span.start : heredoc.span.end].replace("\r\n", "\n"))
        assert all(inside(part.span, (heredoc.span.start, heredoc.span.end)) for part in heredoc.variables)
    for one in script.lists:
        assert inside(one.span, whole)
        assert len(one.operators) == len(one.elements) - 1 >= 1
        assert all(inside(element.span, (one.span.start, one.span.end)) for element in one.elements)
    for part in script.variables:
        assert inside(part.span, whole)
        assert part.kind == "variable"
    for span in (*script.comments, *script.functions.values(), *(loop.span for loop in script.loops)):
        assert inside(span, whole)
    for problem in script.problems:
        assert inside(problem.span, whole)
        assert problem.message
    assert script.open_at_end is None or script.problems
    for offset in range(len(text) + 1):
        assert script.inside_word_or_heredoc(offset) or script.heredoc_at(offset) is None


@given(scripts)
def test_any_text(text: str) -> None:
    look_at(parse_script(text, place=Span), text)


@given(scripts, st.sampled_from(["sh", "bash", "ash"]))
def test_any_text_in_any_shell(text: str, dialect: Dialect) -> None:
    script = parse_script(text, place=Span, dialect=dialect)
    look_at(script, text)
    assert script.refusal is None or script.refusal in script.problems


@given(scripts, st.lists(st.tuples(st.integers(-3, 90), st.integers(-3, 90)), max_size=3))
def test_any_text_of_which_some_is_not_known(text: str, unknown: list[tuple[int, int]]) -> None:
    script = parse_script(text, place=Span, unknown=unknown)
    look_at(script, text)
    ranges = [(start, end) for start, end in unknown if start < end]
    for command in script.commands():
        for word in command.words:
            if any(start < word.span.end and end > word.span.start for start, end in ranges):
                assert word.value is None


@given(scripts)
def test_what_stands_before_does_not_change_what_follows(text: str) -> None:
    """A finished command and a line end in front move every place and change nothing else."""
    alone = parse_script(text, place=Span)
    behind = parse_script("first one\n" + text, place=Span)
    moved = [(command.span.start + 10, command.span.end + 10) for command in alone.commands()]
    assert [tuple(command.span) for command in behind.commands()] == [(0, 9), *moved]
    assert behind.open_at_end == alone.open_at_end


@given(
    st.lists(
        st.sampled_from(["a 'b c'", 'd "$e"', "f $(g h)", "[ -f i ]", "j > k", "L=1 m", "{ n; }", "( o )"]),
        min_size=1,
    )
)
def test_joined_statements_are_the_same_statements(statements: list[str]) -> None:
    """However statements are put together, their commands are the same."""
    single = [command.name for text in statements for command in parse_script(text, place=Span).commands()]
    for joint in ("\n", "; ", " && ", " || ", " | ", " \\\n  && ", " |\n", "\n\n# why\n\n", " & "):
        script = parse_script(joint.join(statements) + "\n", place=Span)
        assert [command.name for command in script.commands()] == single
        assert script.problems == ()
        if len(statements) > 1 and ("&&" in joint or "||" in joint):
            assert [len(one.elements) for one in script.lists] == [len(statements)]
