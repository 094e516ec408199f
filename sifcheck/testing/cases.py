r"""Cases of a rule in a file beside its tests, `CODE.md`: examples that its page need not show.

A case is what `@bad` or `@good` would say, as Markdown:

    ## bad: why it is one

    ```toml
    target = "apptainer-1.4"
    host.limits.processes.soft = 20
    ```

    ```
    Bootstrap: docker
    From: rockylinux
          ^^^^^^^^^^
    ```

    ```fixed
    Bootstrap: docker
    From: rockylinux:9.4
    ```

All three blocks may be missing.  The first holds `base` and the settings of an example; `{ none = true }` is the fact that
there is none.  The text of a block with the word `escaped` is read as in a Python string: `\t`, `\r`, `\ufeff`, and a
backslash at the end of a line joins it with the next.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

from sifcheck.lint.rule import EXAMPLE_SETTINGS, Example

_HEADING = re.compile(r"## (bad|good)(?:: (.+))?")
_FENCE = re.compile(r"(`{3,})(.*)")
_CODE = re.compile(r"[A-Z]{2,8}[0-9]{3}")
_WORDS = ("toml", "", "escaped", "fixed", "fixed escaped")


class CaseError(ValueError):
    """A file of cases that has not the form of one; the text says what is wrong, with file and line."""


class Case(NamedTuple):
    """One case: the code of its rule, the example, why it is one ("" where that is plain), and its place, `FILE:LINE`."""

    code: str
    example: Example
    reason: str
    place: str


def read_cases(path: str | os.PathLike[str]) -> list[Case]:
    """The cases of a file `CODE.md`, or of all such files in a folder, in the order of the codes.

    Raises OSError for what cannot be read, and CaseError for a file that has not the form of one.
    """
    name = os.fspath(path)
    if os.path.isdir(name):
        files = sorted(file for file in os.listdir(name) if _code_of(file))
        return [case for file in files for case in read_cases(os.path.join(name, file))]
    code = _code_of(os.path.basename(name))
    if not code:
        raise CaseError(f"{name}: a file of cases is called after its rule, as in CODE.md")
    with open(name, encoding="utf-8") as file:
        lines = file.read().split("\n")
    return list(_cases(code, name, lines))


def _code_of(file: str) -> str:
    stem, ending = os.path.splitext(file)
    return stem if ending == ".md" and _CODE.fullmatch(stem) else ""


def _cases(code: str, name: str, lines: list[str]) -> Iterator[Case]:
    heading: re.Match[str] | None = None
    place = ""
    blocks: dict[str, str] = {}
    numbered = iter(enumerate(lines, 1))
    for number, line in numbered:
        fence = _FENCE.fullmatch(line)
        if fence:
            text = _block(fence[1], numbered, f"{name}:{number}")
            if heading is None:
                raise CaseError(f"{name}:{number}: a block above the first `## bad` or `## good`")
            _add(blocks, fence[2].strip(), text, f"{name}:{number}")
        elif line.startswith("## "):
            if heading is not None:
                yield _case(code, heading, blocks, place)
            heading, place, blocks = _HEADING.fullmatch(line), f"{name}:{number}", {}
            if heading is None:
                raise CaseError(f"{place}: a heading is `## bad`, `## good`, or one of them with `: REASON`")
    if heading is not None:
        yield _case(code, heading, blocks, place)


def _block(fence: str, numbered: Iterator[tuple[int, str]], place: str) -> str:
    """The text up to the fence that ends a block, each of its lines with its end."""
    text = ""
    for _, line in numbered:
        if line == fence:
            return text
        text += f"{line}\n"
    raise CaseError(f"{place}: this block does not end")


def _add(blocks: dict[str, str], word: str, text: str, place: str) -> None:
    if word not in _WORDS:
        known = ", ".join(repr(one) for one in _WORDS if one)
        raise CaseError(f"{place}: a block is called nothing or one of {known}, not {word!r}")
    kind = word.removesuffix("escaped").strip()
    if kind in blocks:
        raise CaseError(f"{place}: this case has such a block already")
    try:
        blocks[kind] = _unescaped(text) if word.endswith("escaped") else text
    except UnicodeDecodeError as error:
        raise CaseError(f"{place}: {error.reason}") from None


def _unescaped(text: str) -> str:
    """A text with the escapes of a Python string in it; other characters stand for themselves."""
    return text.encode("latin-1", "backslashreplace").decode("unicode_escape")


def _case(code: str, heading: re.Match[str], blocks: dict[str, str], place: str) -> Case:
    try:
        settings = _plain(tomllib.loads(blocks.get("toml", "")))
    except tomllib.TOMLDecodeError as error:
        raise CaseError(f"{place}: its settings: {error}") from None
    base = settings.pop("base", None)
    for name in settings:
        if name not in EXAMPLE_SETTINGS:
            raise CaseError(f"{place}: it sets {name!r}; there are base, {', '.join(EXAMPLE_SETTINGS)}")
    flagged = heading[1] == "bad"
    if not flagged and "fixed" in blocks:
        raise CaseError(f"{place}: nothing is fixed in a good one")
    example = Example(flagged, blocks.get("", ""), base, blocks.get("fixed"), settings)
    return Case(code, example, heading[2] or "", place)


def _plain(value: Any) -> Any:
    """What TOML says, with `{ none = true }` for what is not there."""
    if isinstance(value, dict):
        return None if value == {"none": True} else {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
