"""Names that have one home: each made-up fault is told, and what is allowed is not."""

from __future__ import annotations

import ast

import pytest
from architecture import names


def modules(text: str, path: str = "sifcheck/app/session.py") -> dict[str, ast.Module]:
    return {path: ast.parse(text)}


@pytest.mark.parametrize(
    "text",
    [
        "CODES = {'ENV204'}",
        "def f(x):\n    return x.code in ('SIF001', 'BLD101')",
        "message = f'{x} (DEF201)'",
        "def f(JOB101): ...",
        "x = kept.FUG101",
        "class IMG201: ...",
    ],
)
def test_the_core_knows_no_rule(text: str) -> None:
    assert len(list(names.code_faults(modules(text)))) == 1


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (
            "'''As DEF201 has it.'''  # DEF202\nx = 'SIF001'\ny = 'DEFLATE DEF2010 XDEF201'",
            "sifcheck/app/session.py",
        ),
        ("x = 'DEF201'", "sifcheck/diagnose/messages.py"),
        ("x = 'DEF201'", "rules/sifcheck_rules/sections.py"),
        ("x = 'sifcheck rule DEF701'", "sifcheck/cli/rule.py"),
    ],
)
def test_where_a_code_may_stand(text: str, path: str) -> None:
    assert not list(names.code_faults(modules(text, path)))


def test_every_example_of_a_code_is_there() -> None:
    """An entry that nothing needs any more would let a code in again."""
    for path, code in names.EXAMPLE_CODES:
        words = names._words(ast.parse((names.ROOT / path).read_text(encoding="utf-8")))
        assert any(code in text for text, _ in words), path


def test_a_class_name_is_used_once() -> None:
    found = {
        **modules("class Key: ...\nclass Other: ..."),
        **modules("def f():\n    class Key: ...", "rules/r/x.py"),
    }
    (fault,) = names.class_faults(found)
    assert fault.what == "the class name Key is used more than once"
    assert fault.place == "sifcheck/app/session.py:1, rules/r/x.py:2"


@pytest.mark.parametrize(
    "text",
    [
        "from difflib import get_close_matches",
        "import difflib",
        "import shlex\nx = shlex.quote(y)",
        "x = map(shlex.quote, y)",
        "def f():\n    from shlex import quote, split",
        "x = f'{size / 2:.1f} GiB'",
        "x = f'{size}MiB each'",
        "x = '{each:.1f} GiB of memory'",
        "x = '%d kB' % 1",
        "UNITS = ('PiB',)",
    ],
)
def test_one_home_for_words_quotes_and_sizes(text: str) -> None:
    assert len(list(names.home_faults(modules(text)))) == 1
    assert not list(names.home_faults(modules(text, "sifcheck/base/text.py")))
    assert not list(names.home_faults(modules(text, "sifcheck/base/sizes.py")))


@pytest.mark.parametrize(
    "text",
    [
        "import shlex\nx = shlex.split(y)",
        "from urllib.parse import quote",
        "'''Takes {n} GiB.'''",
        "x = 'the 64 KiB that a section may have'",
        "x = f'{n} GBit/s, {n} Bytes'",
        "x = f'{n} files'",
    ],
)
def test_what_is_no_quote_and_no_size(text: str) -> None:
    assert not list(names.home_faults(modules(text)))


def test_texts_may_be_compared_where_that_is_the_work() -> None:
    assert not list(names.home_faults(modules("from difflib import unified_diff", "sifcheck/app/fixing.py")))
