"""The page about the architecture says what is so: the packages in their order, and paths that are there."""

from __future__ import annotations

import re

from architecture.imports import ORDER, ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_packages_stand_in_their_order() -> None:
    (block,) = re.findall(r"^sifcheck/\n((?:  .*\n)+)", PAGE, re.MULTILINE)
    shown = [line.split()[0] for line in block.splitlines()]
    order = [name for name in ORDER.split() if name != "__main__"]
    there = [name for name in order if list(ROOT.glob(f"sifcheck/{name}*"))]
    assert shown == [name for name in order if name in shown]
    assert set(there) <= set(shown)


def test_every_path_on_the_page_is_there() -> None:
    paths = re.findall(r"`((?:sifcheck|rules|tests|docs)/[\w/.]*)`", PAGE)
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert [link for link in re.findall(r"\]\(([^)]+)\)", PAGE) if not (ROOT / "docs" / link).exists()] == []


def test_what_a_newcomer_is_told_to_write_a_line_in_is_there() -> None:
    for name, file in re.findall(r"`(\w+)` (?:of|in) `((?:sifcheck|tests)/[\w/]+\.py)`", PAGE):
        assert re.search(rf"^{name}\b", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), (name, file)
