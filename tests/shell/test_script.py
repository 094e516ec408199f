"""A script as commands, words, lists and here-documents, with their places."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sifcheck.base.source import Span
from sifcheck.shell import Script, parse_script


def script(text: str, **more: object) -> Script:
    return parse_script(text, place=Span, **more)  # type: ignore[arg-type]


def test_commands_have_words_options_and_places() -> None:
    text = "dnf install -qy gcc 'make x' > /tmp/log\n"
    (command,) = script(text).commands("dnf")
    assert [word.value for word in command.words] == ["dnf", "install", "-qy", "gcc", "make x"]
    assert command.option("-y") is not None
    assert command.option("-z") is None
    assert text[command.name_span.start : command.name_span.end] == "dnf"
    assert [redirection.operator for redirection in command.redirections] == [">"]


def test_what_is_run_is_found_behind_wrappers() -> None:
    found = script("sudo -E env A=b timeout 5 /usr/bin/apt-get update\n").commands("apt-get")
    assert [command.program for command in found] == ["apt-get"]


def test_lists_conditions_and_handled_failures() -> None:
    read = script("if grep -q x f; then a; fi\nb || true\nc && d\n(e)\nf() { g; }\n")
    by_name = {command.program: command for command in read.commands()}
    assert by_name["grep"].condition
    assert by_name["a"].branch
    assert by_name["b"].handled
    assert not by_name["c"].handled
    assert by_name["e"].subshell
    assert by_name["g"].function == "f"
    assert by_name["c"].top_level


def test_expansions_leave_no_value() -> None:
    (command,) = script('run "$*" $@ "a$b" plain\n').commands("run")
    values = [word.value for word in command.arguments]
    assert values == [None, None, None, "plain"]
    assert command.arguments[0].variables == ("*",)


def test_here_documents_and_what_is_open_at_the_end() -> None:
    read = script("cat <<'A' <<-B\none\nA\n\ttwo\n\tB\necho done\n")
    assert [(heredoc.delimiter, heredoc.closed) for heredoc in read.heredocs] == [("A", True), ("B", True)]
    assert [command.program for command in read.commands()] == ["cat", "echo"]
    assert read.open_at_end is None
    assert script("cat <<EOF\none\n").open_at_end == "here-document"
    assert script("echo 'one\n").open_at_end == "quote"
    assert script("echo one \\\n").open_at_end == "continuation"


def test_unset_templates_are_unknown() -> None:
    text = "install {{ V }} b\n"
    (command,) = script(text, unknown=[(8, 15)]).commands("install")
    assert [word.value for word in command.arguments] == [None, "b"]


def test_carriage_returns_before_line_feeds_are_no_part_of_words() -> None:
    (command,) = script("echo one\r\n").commands("echo")
    assert [word.value for word in command.arguments] == ["one"]


def test_bytes_count_as_characters() -> None:
    text = "echo \u3042 \u3044; ls\n".encode().decode("latin-1")
    echo, ls = script(text).commands()
    assert [word.value for word in echo.arguments] == ["\u3042", "\u3044"]
    assert text[ls.name_span.start : ls.name_span.end] == "ls"


def test_deep_nesting_ends() -> None:
    read = script("(" * 20_000)
    assert read.problems


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=80))
def test_any_text_is_read_and_places_lie_inside(text: str) -> None:
    read = script(text)
    for command in read.commands():
        assert 0 <= command.span.start <= command.span.end <= len(text)
        for word in command.words:
            assert 0 <= word.span.start <= word.span.end <= len(text)
