"""Suppressions that are added: each stands where it holds, and changes nothing but comments."""

from __future__ import annotations

from pathlib import Path

import pytest
from lint.made_up import checker, codes, flags

from sifcheck.base.source import Source
from sifcheck.lint.check import Checker, make_checker
from sifcheck.lint.ignoring import add_ignores, reason_fault
from sifcheck.lint.plugins import load
from sifcheck.lint.run import RuleContext
from sifcheck.lint.selection import select

HEADER = "Bootstrap: docker\nFrom: rockylinux:9.4\n"


@pytest.fixture(scope="module")
def all_rules() -> Checker:
    registry = load().registry
    return make_checker(registry, select(registry, profile="strict"), RuleContext())


def added(text: str | bytes, using: Checker, reason: str = "known since #12") -> str:
    """The text with suppressions, after which nothing is left to be told."""
    content = text if isinstance(text, bytes) else text.encode()
    after, _, left = add_ignores(Source("a.def", content), using, reason)
    assert codes(left) == []
    again, count, _ = add_ignores(Source("a.def", after), using, reason)
    assert (again, count) == (after, 0)
    return after.decode("utf-8", "surrogateescape")


MADE = flags("OUR101", "wget")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("    wget x\n", "    # sifcheck: ignore[OUR101] why\n    wget x\n"),
        ("\twget x\n", "\t# sifcheck: ignore[OUR101] why\n\twget x\n"),
        ("    true && \\\n    wget x\n", "    # sifcheck: ignore[OUR101] why\n    true && \\\n    wget x\n"),
        ("if a; then\n  wget x\nfi\n", "if a; then\n  # sifcheck: ignore[OUR101] why\n  wget x\nfi\n"),
        ("wget <<E\nwget\nE\n", "# sifcheck: ignore[OUR101] why\nwget <<E\nwget\nE\n"),
        ('echo "\n$(wget x)\n"\n', '# sifcheck: ignore[OUR101] why\necho "\n$(wget x)\n"\n'),
        ("wget x; wget y\n", "# sifcheck: ignore[OUR101] why\nwget x; wget y\n"),
    ],
)
def test_the_comment_stands_above_the_statement(body: str, expected: str) -> None:
    assert added(f"{HEADER}%post\n{body}", checker(MADE), "why") == f"{HEADER}%post\n{expected}"


def test_the_line_ends_of_the_file_are_used_and_other_bytes_stay() -> None:
    text = f"{HEADER}%post\n    wget \x83\n".replace("\n", "\r\n").encode("latin-1")
    after = added(text, checker(MADE), "why")
    assert after.encode("utf-8", "surrogateescape") == text.replace(
        b"    wget", b"    # sifcheck: ignore[OUR101] why\r\n    wget"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Bootstrap: docker\nFrom: rockylinux\n",  # in the header
        f"{HEADER}%file\n    a /a\n",  # at the name of a section
        f"{HEADER}%files\n    ../a b\n    a \\\n    /tmp/a\n",
        f"{HEADER}%help\n    \u201cquoted\u201d {{{{ X }}}}\n%labels\n    a\n",  # where a comment would be text
        f"{HEADER}%post\n    apt-get install vim\n    cat > /x <<E\n    rm -rf $1/*\nE\n    cd /tmp && rm -rf /tmp/*\n",
        f"{HEADER}%runscript\n    python $*\n%environment\n    PATH=/x\n    LD_LIBRARY_PATH=/y\n",
        "%post\n    apt install x\nBootstrap: docker\nFrom: x\nstage: two\n%post\n    yum install y\n",
    ],
)
def test_every_kind_of_place_can_hold_one(text: str, all_rules: Checker) -> None:
    after = added(text, all_rules)
    assert "# sifcheck: ignore" in after
    kept = [line for line in after.split("\n") if "# sifcheck: " not in line]
    assert kept == text.split("\n")


def test_a_file_that_a_comment_would_make_another_one_is_left_alone(all_rules: Checker) -> None:
    source = Source("a.def", b'{"rawDefFile": "Bootstrap: docker"}\n')
    assert add_ignores(source, all_rules, "why")[:2] == (source.data, 0)


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "  ",
        "a\nrm -rf /",
        "a\rb",
        "\x1b[31m",
        "{{ X }}",
        "continued \\",
        "until=soon",
        "x # sifcheck: ignore[A]",
        "\udcff",
    ],
)
def test_reasons_that_cannot_stand_in_a_comment(reason: str) -> None:
    assert reason_fault(reason, checker(MADE).registry)


@pytest.mark.parametrize("reason", ["see #12", "\u65e2\u77e5", "until=2999-12-31 legacy", "50 % [sic], a: b"])
def test_reasons_that_can(reason: str) -> None:
    assert reason_fault(reason, checker(MADE).registry) is None
    assert reason in added(f"{HEADER}%post\n    wget x\n", checker(MADE), reason)


def test_what_a_site_forbids_to_ignore_is_still_told() -> None:
    using = checker(MADE, no_ignores=frozenset(("OUR101",)))
    _, _, left = add_ignores(Source("a.def", f"{HEADER}%post\n    wget x\n".encode()), using, "why")
    assert "OUR101" in codes(left)


def test_the_collected_files_can_be_silenced(corpus_files: list[Path], all_rules: Checker) -> None:
    for path in corpus_files[::5]:
        source = Source(path.name, path.read_bytes())
        after, count, left = add_ignores(source, all_rules, "known")
        assert count or after == source.data
        if after != source.data:
            assert not [finding.code for finding in left if finding.code[:4] != "SIF1"], path.name
            kept = [line for line in after.split(b"\n") if b"# sifcheck: ignore" not in line]
            assert kept == source.data.split(b"\n")
