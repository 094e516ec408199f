"""The table of messages: every entry is found by its own excerpts, by nobody else's, and says something."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

import sifcheck.diagnose
from sifcheck.diagnose.log import cleaned
from sifcheck.diagnose.message import (
    FALL_BACK,
    PHASES,
    THEMES,
    AtRun,
    Kind,
    Message,
    is_fall_back,
    messages,
    present,
    read_theme,
    recognise,
)
from sifcheck.lint.plugins import load

MESSAGES = messages()
FOLDER = Path(sifcheck.diagnose.__file__).parent / "messages"
EXAMPLES = [(message, example) for message in MESSAGES for example in message.examples]
IDS = [f"{message.name}-{message.examples.index(example)}" for message, example in EXAMPLES]


def latin(text: str) -> str:
    """Text as `recognise` takes it: one character a byte."""
    return text.encode().decode("latin-1")


def test_names_are_unique() -> None:
    names = [message.name for message in MESSAGES]
    assert len(set(names)) == len(names)
    assert len(names) > 150


def test_every_file_is_read() -> None:
    themes = (*THEMES.split(), FALL_BACK)
    assert {file.stem for file in FOLDER.iterdir()} == set(themes)
    assert {message.name for message in MESSAGES} == {
        message.name for theme in themes for message in read_theme(theme)
    }


def test_the_notes_are_tried_behind_the_others() -> None:
    tried = [message.kind == "note" for message in MESSAGES[:-1]]
    assert tried == sorted(tried)
    assert any(tried)
    assert [message.name for message in MESSAGES if is_fall_back(message)] == [MESSAGES[-1].name]


@pytest.mark.parametrize("theme", [*THEMES.split(), FALL_BACK])
def test_a_file_holds_the_fields_of_an_entry(theme: str) -> None:
    """An entry names each field once, of its type, and none at the value that it has without being named."""
    document = tomllib.loads((FOLDER / f"{theme}.toml").read_text(encoding="utf-8"))
    assert set(document) == {"message"}
    for row in document["message"]:
        assert set(row) <= set(Message._fields), row["name"]
        assert {"name", "pattern", "phase", "meaning", "examples", "words"} <= set(row), row["name"]
        for field, value in row.items():
            if field == "run":
                assert set(value) <= set(AtRun._fields), row["name"]
                continue
            if field in ("because", "commands", "examples", "rules", "runtimes", "words"):
                assert value, f"{row['name']}: {field}"
                assert all(isinstance(one, str) for one in value), f"{row['name']}: {field}"
            else:
                assert isinstance(value, int if field == "weight" else str), f"{row['name']}: {field}"
            assert value != Message._field_defaults.get(field), f"{row['name']}: {field}"
        assert row.get("kind", "end") in get_args(Kind), row["name"]


@pytest.mark.parametrize(("message", "example"), EXAMPLES, ids=IDS)
def test_an_excerpt_belongs_to_its_entry(message, example) -> None:
    found = recognise(cleaned(latin(example)))
    assert found is not None
    assert found[0].name == message.name


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)
def test_an_entry_is_whole(message) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", message.name)
    assert message.examples
    assert message.phase in PHASES
    assert 1 <= message.weight <= 9
    assert message.source
    groups = re.compile(message.pattern.pattern).groupindex
    assert message.meaning
    assert message.remedy or message.kind == "note"
    run = message.run or AtRun("it is", "do it")
    for text in (*_said(message), *message.commands, *run.commands):
        fields = {field for _, field, _, _ in Formatter().parse(text) if field is not None}
        assert fields <= {"where", *groups}
    assert set(message.because) <= {other.name for other in MESSAGES}
    for text in _said(message):
        assert (
            text.startswith("{where}")
            or text[:1].islower()
            or not text[:1].isalpha()
            or text.split()[0] in ("SingularityCE", "Python", "PJM", "R", "Singularity")
        )
        assert not text.endswith(".")


def _said(message: Message) -> list[str]:
    """What an entry says in sentences, of a build and of a run."""
    run = [message.run.meaning, message.run.remedy] if message.run is not None else []
    return [text for text in (message.meaning, message.remedy, *run) if text]


def test_the_rules_are_there() -> None:
    known = load().registry.rules
    assert {message.name: code for message in MESSAGES for code in message.rules if code not in known} == {}


def test_a_warning_of_the_runtime_is_no_failure() -> None:
    assert (
        recognise("WARNING: failed to get key material: dial tcp: lookup a on 10.0.0.1:53: no such host")
        is None
    )
    found = recognise("FATAL:   failed to get key material: dial tcp: lookup a on 10.0.0.1:53: no such host")
    assert found is not None
    assert found[0].name == "registry-unreachable"


def test_words_that_nobody_knows_are_said_to_be_unknown() -> None:
    found = recognise("FATAL:   the moon is in the wrong quarter")
    assert found is not None
    assert is_fall_back(found[0])
    assert found[1]["words"] == "the moon is in the wrong quarter"


@pytest.mark.parametrize(
    "line",
    [
        "INFO:    Starting build...",
        "gcc -c -o error_handler.o error_handler.c",
        "Setting up libgpg-error0:amd64 (1.46-1) ...",
        "  Installing : perl-Error-1:0.17029-7.el9.noarch   12/40",
        "checking for strerror_r... yes",
        "-- Could NOT find Doxygen (missing: DOXYGEN_EXECUTABLE)",
        "warning: unused variable 'x' [-Wunused-variable]",
        "Collecting fatal==1.0",
        "2 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.",
        "",
    ],
)
def test_lines_of_a_healthy_log_belong_to_nobody(line) -> None:
    assert recognise(line) is None


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)
def test_no_pattern_takes_long(message) -> None:
    """A line made to be hard: every pattern must be done with it in steps that grow with the line, not with its square's square."""
    for piece in ("a", " ", ": ", "'", "1", "-a ", "http://a/ ", "No such file ", "cp: "):
        message.pattern.search(piece * (2000 // len(piece)))


# -- the words that are looked for before a pattern is tried


def required(tree) -> set[str] | None:
    """Words of which a text that a pattern fits must hold one, from the parsed pattern; None where there are none."""
    from re import _constants as kinds  # type: ignore[attr-defined]

    found: list[set[str]] = []
    literal = ""

    def flush() -> None:
        nonlocal literal
        if len(literal) > 1:
            found.append({literal})
        literal = ""

    for kind, value in tree:
        if kind is kinds.LITERAL:
            literal += chr(value)
            continue
        if kind is kinds.AT:
            continue
        if kind is kinds.SUBPATTERN and all(inner is kinds.LITERAL for inner, _ in value[3]):
            literal += "".join(chr(character) for _, character in value[3])
            continue
        flush()
        if kind is kinds.SUBPATTERN:
            one = required(value[3])
        elif kind is kinds.BRANCH:
            each = [required(branch) for branch in value[1]]
            one = set().union(*filter(None, each)) if all(each) else None
        elif kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT) and value[0] >= 1:
            one = required(value[2])
        else:
            one = None
        if one:
            found.append(one)
    flush()
    return max(found, key=lambda words: (min(len(word.strip()) for word in words), -len(words)), default=None)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)
def test_the_words_of_an_entry_miss_nothing(message) -> None:
    parser = pytest.importorskip("re._parser")
    assert set(message.words) == required(parser.parse(message.pattern.pattern))


def test_only_what_a_log_may_hold_is_tried() -> None:
    text = "INFO:    Starting build...\nE: Unable to locate package x\n"
    assert {message.name for message in present(text)} == {"apt-package-unknown"}
    assert set(present("\n".join(latin(example) for _, example in EXAMPLES))) == set(MESSAGES)
