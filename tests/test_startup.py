"""What is made the quick way behaves as what it stands for."""

from __future__ import annotations

import copy
import pickle
import re
import subprocess
import sys
import typing
from typing import Any

import pytest

from sifcheck.base.startup import NamedTuple, pattern


class Quick(NamedTuple):
    """A place."""

    line: int
    column: int = 1
    name: str = "x"

    @property
    def next(self) -> int:
        """The line below."""
        return self.line + 1


class Usual(typing.NamedTuple):
    line: int
    column: int = 1
    name: str = "x"


MADE: list[Any] = [lambda kind: kind(3), lambda kind: kind(line=3, name="y"), lambda kind: kind(1, 2, "z")]


@pytest.mark.parametrize("make", MADE)
def test_a_value_class_is_as_typings(make: Any) -> None:
    quick, usual = make(Quick), make(Usual)
    assert tuple(quick) == tuple(usual)
    assert quick == usual
    assert hash(quick) == hash(usual)
    assert quick._asdict() == usual._asdict()
    assert repr(quick) == repr(usual).replace("Usual", "Quick")
    assert quick._replace(column=9) == usual._replace(column=9)
    assert type(quick._replace(column=9)) is Quick
    assert (quick.line, quick.column, quick.name) == tuple(usual)
    assert pickle.loads(pickle.dumps(quick)) == quick
    assert copy.deepcopy(quick) == quick


def test_a_value_class_knows_itself_as_typings_does() -> None:
    for name in ("_fields", "_field_defaults", "__match_args__"):
        assert getattr(Quick, name) == getattr(Usual, name)
    assert list(Quick.__annotations__) == list(Usual.__annotations__)
    assert Quick.__doc__ == "A place."
    assert Quick(3).next == 4
    assert Quick._make([1, 2, "z"]) == (1, 2, "z")
    assert typing.get_type_hints(Quick) == typing.get_type_hints(Usual)
    with pytest.raises(AttributeError):
        Quick(1).other = 2  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (Quick, "missing 1 required positional argument: 'line'"),
        (lambda: Quick(1, 2, "x", 4), "takes from 2 to 4 positional arguments but 5 were given"),  # type: ignore[call-arg]
        (lambda: Quick(1, colum=2), "unexpected keyword argument 'colum'"),  # type: ignore[call-arg]
        (lambda: Quick(1)._replace(colum=2), "no field 'colum'"),  # type: ignore[call-arg]
        (lambda: Quick._make([1]), "Quick takes 3 values, not 1"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(wrong: Any, words: str) -> None:
    with pytest.raises(TypeError, match=re.escape(words)):
        wrong()


def test_a_default_in_the_middle_is_refused() -> None:
    with pytest.raises(TypeError, match="Wrong: a field without a default"):

        class Wrong(NamedTuple):
            line: int = 1
            column: int  # type: ignore[misc]


def test_a_pattern_is_compiled_when_it_is_first_used() -> None:
    broken = pattern(r"(")
    with pytest.raises(re.error):
        broken.search("x")
    found = pattern(rb"(?P<word>[a-z]+)", re.IGNORECASE).search(b"12AB")
    assert found is not None
    assert found["word"] == b"AB"


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--help"], 0), (["--nonsense"], 3), (["check", "/none.def"], 2)]
)
def test_the_command_ends_with_its_exit_code_and_all_its_output(arguments: list[str], code: int) -> None:
    """The process is left in a hurry: nothing that was printed may be lost in a pipe."""
    done = subprocess.run([sys.executable, "-m", "sifcheck", *arguments], capture_output=True, check=False)
    assert done.returncode == code
    assert (done.stdout + done.stderr).endswith(b"\n")
