"""Cases of a rule in a Markdown file: what each part of it means, and what is told of a file that has not the form."""

from __future__ import annotations

from pathlib import Path

import pytest

from sifcheck.api import Command, Findings, NamedTuple, Rule, bad, delete, finding, good, rule
from sifcheck.lint.rule import Example
from sifcheck.testing import Case, CaseError, prove_case, read_cases


class Programs(NamedTuple):
    """Programs that are not to be used."""

    not_wanted: tuple[str, ...] = ("telnet",)


@rule("OUR001", severity="warning", fix="unsafe", message="`{program}` is run")
@bad("%post\n    telnet a\n")
@good("%post\n    true\n")
def no_telnet(command: Command, options: Programs) -> Findings:
    """Telnet is run."""
    if command.program in options.not_wanted:
        yield finding(command.name_span, program=command.program, fix=delete(command))


WHOLE = r"""# OUR001 no-telnet

What is written between the cases is for the reader.

## bad: behind a tab

```toml
base = "debian:12.5"
target = "apptainer-1.4"
host.identity.home = { none = true }
host.identity.groups = [1, { none = true }]
```

```escaped
%post
\ttelnet a\
 b\r
    ^ no caret
```

```fixed
%post
```

## good

````
```
````

## bad
"""


def written(folder: Path, text: str) -> list[Case]:
    (folder / "OUR001.md").write_text(text, encoding="utf-8")
    return read_cases(folder / "OUR001.md")


def test_all_parts_of_a_case(tmp_path: Path) -> None:
    first, second, third = written(tmp_path, WHOLE)
    home = {"home": None, "groups": [1, None]}
    settings = {"target": "apptainer-1.4", "host": {"identity": home}}
    text = "%post\n\ttelnet a b\r\n    ^ no caret\n"
    assert first == (
        "OUR001",
        Example(True, text, "debian:12.5", "%post\n", settings),
        "behind a tab",
        f"{tmp_path}/OUR001.md:5",
    )
    assert second == ("OUR001", Example(False, "```\n", None, None, {}), "", f"{tmp_path}/OUR001.md:25")
    assert third.example == Example(True, "", None, None, {})


def test_a_folder_holds_files_named_after_codes(tmp_path: Path) -> None:
    for name in ("OUR002.md", "OUR001.md", "README.md", "OUR003.txt"):
        (tmp_path / name).write_text("## good\n")
    assert [case.code for case in read_cases(tmp_path)] == ["OUR001", "OUR002"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("## wrong\n", "1: a heading is `## bad`, `## good`, or one of them with `: REASON`"),
        ("```\ntelnet\n```\n", "1: a block above the first"),
        ("## bad\n```\ntelnet\n", "2: this block does not end"),
        ("## bad\n\n```shell\ntelnet\n```\n", "3: a block is called nothing or one of 'toml', 'escaped'"),
        ("## bad\n```\na\n```\n```\nb\n```\n", "5: this case has such a block already"),
        ("## bad\n```escaped\n\\u12\n```\n", "2: truncated \\uXXXX escape"),
        ("# x\n## bad\n```toml\nbase =\n```\n", "2: its settings: Invalid value"),
        ("## bad\n```toml\nhosts = 1\n```\n", "1: it sets 'hosts'; there are base, target"),
        ("## good\n```fixed\n```\n", "1: nothing is fixed in a good one"),
    ],
)
def test_what_has_not_the_form_is_told_with_its_line(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(CaseError) as told:
        written(tmp_path, text)
    assert str(told.value).startswith(f"{tmp_path}/OUR001.md:{words}")


def test_a_file_is_called_after_its_rule(tmp_path: Path) -> None:
    (tmp_path / "telnet.md").write_text("## good\n")
    with pytest.raises(CaseError, match="called after its rule"):
        read_cases(tmp_path / "telnet.md")


RIGHT = """## bad

```
%post
    telnet a
    ^^^^^^
```

```fixed
%post
```

## good: another program is meant

```toml
options.OUR001.not-wanted = ["rsh"]
```

```
%post
    telnet a
```
"""


def test_right_cases_are_proved(tmp_path: Path) -> None:
    assert isinstance(no_telnet, Rule)
    for case in written(tmp_path, RIGHT):
        prove_case(no_telnet, case)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("    ^^^^^^", "   ^^^^^^", ":1: OUR001 (bad):\n"),
        ("```fixed\n%post", "```fixed\n%post\n    true", ":1: OUR001 (bad):\n"),
        ('["rsh"]', '["telnet"]', ":13: OUR001 (good):\n"),
        ("not-wanted", "not-wnated", "did you mean"),
        ("telnet a\n    ^^^^^^", "true", "found nothing"),
    ],
)
def test_which_case_failed_is_said(before: str, after: str, words: str, tmp_path: Path) -> None:
    assert isinstance(no_telnet, Rule)
    assert before in RIGHT
    told = []
    for case in written(tmp_path, RIGHT.replace(before, after)):
        try:
            prove_case(no_telnet, case)
        except AssertionError as error:
            told.append(str(error))
    assert len(told) == 1
    assert words in told[0]


def test_a_case_of_another_rule_is_refused(tmp_path: Path) -> None:
    assert isinstance(no_telnet, Rule)
    (tmp_path / "OUR002.md").write_text("## good\n")
    with pytest.raises(AssertionError, match="a case of OUR002, not of OUR001"):
        prove_case(no_telnet, *read_cases(tmp_path))
