"""Line ends, encodings, and what is not known: positions stay byte offsets."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Span
from sifcheck.shell import Script, parse_script


def read(data: bytes | str, unknown: tuple[tuple[int, int], ...] = ()) -> Script:
    text = (data.encode() if isinstance(data, str) else data).decode("latin-1")
    return parse_script(text, place=Span, unknown=unknown)


def words(script: Script) -> list[list[str]]:
    return [[word.text for word in command.words] for command in script.commands()]


def test_carriage_returns_before_line_feeds_are_dropped() -> None:
    script = read(
        "a one\r\nb \\\r\n  two \\\r\n\tthree\r\nif c; then\r\n  d\r\nfi\r\ncat <<EOF\r\ntext\r\nEOF\r\n"
        "cat <<-'X'\r\n\tmore\r\n\tX\r\nX=1\r\n# why\r\ne 'f\r\ng' h\\\r\ni \"j\\\r\nk\"\r\n"
    )
    assert words(script) == [["a", "one"], ["b", "two", "three"], ["c"], ["d"], ["cat"], ["cat"], [
        "e", "'f\r\ng'", "h\\\r\ni", '"j\\\r\nk"',
    ]]  # fmt: skip
    last = script.commands("e")[0]
    assert [word.value for word in last.words] == ["e", "f\ng", "hi", "jk"]
    assert [(heredoc.delimiter, heredoc.text, heredoc.closed) for heredoc in script.heredocs] == [
        ("EOF", "text\n", True),
        ("X", "\tmore\n", True),
    ]
    assert script.assignments[0].value is not None
    assert script.assignments[0].value.value == "1"
    comment = script.comments[0]
    assert script.text[comment.start : comment.end] == "# why"
    assert script.problems == ()
    assert script.open_at_end is None


def test_other_carriage_returns_are_letters() -> None:
    script = read("a\rb c\r\r\nd\n")
    assert words(script) == [["a\rb", "c\r"], ["d"]]


def test_utf8() -> None:
    text = "echo \"日本語\" ファイル 'é' # 説明\nrm -rf /データ/*\n"
    script = read(text)
    echo, remove = script.commands()
    assert [word.value for word in echo.words] == ["echo", "日本語", "ファイル", "é"]
    data = text.encode()
    assert data[echo.span.start : echo.span.end].decode() == "echo \"日本語\" ファイル 'é'"
    assert data[remove.span.start : remove.span.end].decode() == "rm -rf /データ/*"
    assert remove.words[2].has_glob


def test_blanks_of_other_alphabets_separate_nothing() -> None:
    for blank in ("\u00a0", "\u3000", "\u2003", "\u200b", "\x0b", "\x0c"):
        script = read(f"{blank}echo a{blank}b\n")
        assert words(script) == [[f"{blank}echo", f"a{blank}b"]]
        assert script.commands("echo") == ()


def test_bytes_that_are_no_utf8() -> None:
    shift_jis = "echo 日本 # 説明\nrun ソ x\n".encode("shift_jis")
    script = read(shift_jis)
    assert [command.program for command in script.commands()] == ["echo", "run"]
    run = script.commands("run")[0]
    start = shift_jis.index(b"run")
    assert run.span.start == start
    # The second byte of that letter is a backslash, which the shell takes for one: the blank behind it is escaped.
    assert [(word.span.start - start, word.span.end - start) for word in run.words] == [(0, 3), (4, 8)]
    assert read(b"echo \xff\xfe \x80x\n").commands()[0].words[1].value == "\ufffd\ufffd"
    assert read(b"\xef\xbb\xbfecho\n").commands()[0].name == "\ufeffecho"


def test_nul_and_control_characters() -> None:
    script = read("a\0b c\x01\x1b[0m d\nnext\0\n")
    assert [command.span for command in script.commands()] == [(0, 12), (13, 18)]
    assert [len(command.words) for command in script.commands()] == [3, 1]


def test_a_range_that_is_not_known_is_part_of_a_word() -> None:
    text = 'run x-{{ V }}/y {{ W }} "{{ q \' }}" z > {{ F }}\nnext {{ ; }}\n'
    found = tuple((at, text.index("}}", at) + 2) for at in range(len(text)) if text.startswith("{{", at))
    script = read(text, found)
    run, following = script.commands()
    assert [word.text for word in run.words] == ["run", "x-{{ V }}/y", "{{ W }}", '"{{ q \' }}"', "z"]
    assert [word.value for word in run.words] == ["run", None, None, None, "z"]
    assert (run.words[1].prefix, run.words[1].suffix) == ("x-", "/y")
    assert [part.kind for part in run.words[1].parts] == ["literal", "unknown", "literal"]
    assert run.redirections[0].target is not None
    assert run.redirections[0].target.value is None
    assert [word.text for word in following.words] == ["next", "{{ ; }}"]
    assert script.problems == ()


def test_what_is_not_known_is_no_part_of_a_name() -> None:
    text = "run $PREFIX{{ V }} ${A}{{ V }}\n"
    script = read(text, ((11, 18), (23, 30)))
    assert [part.name for part in script.variables] == ["PREFIX", "A"]


def test_an_unknown_command() -> None:
    text = "{{ TOOL }} install\n/opt/{{ V }}/bin/make all\nA={{ V }}\n"
    found = tuple((at, text.index("}}", at) + 2) for at in range(len(text)) if text.startswith("{{", at))
    script = read(text, found)
    assert [(command.name, command.program) for command in script.commands()] == [
        (None, None),
        (None, "make"),
    ]
    assert script.assignments[0].value is not None
    assert script.assignments[0].value.value is None


@pytest.mark.parametrize("unknown", [((-5, 2),), ((3, 100),), ((50, 60),), ((4, 4),), ((5, 2),)])
def test_ranges_outside_the_text_do_no_harm(unknown: tuple[tuple[int, int], ...]) -> None:
    script = read("run one\n", unknown)
    assert script.commands()[0].span.start == 0


def test_comments() -> None:
    text = "# one\na # two\nb#c\n  #three\nd '# no' \"# no\" \\# no \\\n # four\ne;# five\n( f )# six\n$# ${#g} h\n"
    script = read(text)
    assert [text[span.start : span.end] for span in script.comments] == [
        "# one", "# two", "#three", "# four", "# five", "# six",
    ]  # fmt: skip
    assert [command.name for command in script.commands()] == ["a", "b#c", "d", "e", "f", None]


def test_a_comment_ends_a_continued_command() -> None:
    text = "apt-get install \\\n  gcc \\\n  # make \\\n  cmake\n"
    script = read(text)
    assert words(script) == [["apt-get", "install", "gcc"], ["cmake"]]
    joined = read("a && \\\n# why\nb\n")
    assert len(joined.lists) == 1
