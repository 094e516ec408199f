"""The checkout as it is: no fault but the known ones, and no known one that is gone."""

from __future__ import annotations

from architecture.all_checks import all_faults, gone, known, unknown
from architecture.imports import Fault


def test_the_checkout_has_no_fault_but_the_known_ones() -> None:
    faults = all_faults()
    assert not unknown(faults, known())
    assert not gone(faults, known())


def test_what_is_known_and_what_is_gone() -> None:
    faults = [("class", Fault("Key twice", "a.py:1")), ("code", Fault("a.py knows DEF201", "a.py:9"))]
    lines = known("# why\n\nclass: Key twice\nstray: x.orig\n")
    assert lines == ["class: Key twice", "stray: x.orig"]
    assert unknown(faults, lines) == ["code: a.py:9: a.py knows DEF201"]
    assert gone(faults, lines) == ["stray: x.orig"]
