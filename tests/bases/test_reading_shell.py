"""Which shell reads a section, and when it is sure that it refuses the script."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Source
from sifcheck.bases.reading_shell import reading_shells, refusal_of
from sifcheck.definition import Definition, read_definition

ALL = ("bash", "sh", "ash")
OPEN = "    if a; then\n        b\n"


def read(body: str, base: str = "debian:12") -> Definition:
    return read_definition(Source("x.def", f"Bootstrap: docker\nFrom: {base}\n\n{body}".encode()))


def told(body: str, base: str = "debian:12") -> list[tuple[int, str]]:
    """The line and the words of each refusal."""
    definition = read(body, base)
    found = [refusal for section in definition.sections() if (refusal := refusal_of(section)) is not None]
    return [(definition.source.line_of(one.span.start), one.message) for one in found]


@pytest.mark.parametrize(
    ("body", "base", "shells"),
    [
        ("%post\n", "debian:12", ("sh",)),
        ("%post\n", "rockylinux:9", ("bash",)),
        ("%post\n", "alpine:3.20", ("ash",)),
        ("%post\n", "team/own:1", ALL),
        ("%setup\n", "debian:12", ALL),
        ("%post -c /bin/bash\n", "debian:12", ("bash",)),
        ("%post -c /bin/bash -e\n", "debian:12", ("bash",)),
        ("%post -c /bin/bash -c\n", "debian:12", ()),
        ("%post -x\n", "debian:12", ("sh",)),
        ("%post echo\n", "debian:12", ()),
        ("%post -c /usr/bin/python3\n", "debian:12", ()),
        ("%runscript\n    #!/bin/bash -e\n", "debian:12", ("bash",)),
        ("%runscript\n    #!/usr/bin/env bash\n", "debian:12", ("bash",)),
        ("%runscript\n    #!/bin/busybox sh\n", "debian:12", ("ash",)),
        ("%runscript\n    #!/usr/bin/python3\n", "debian:12", ()),
        ("%runscript\n    #!/bin/ksh\n", "debian:12", ()),
        ("%runscript\n    #!/bin/sh\n", "debian:12", ("sh",)),
        ("%runscript -c /bin/bash\n", "debian:12", ()),
        ("%apprun a\n    #!/bin/bash\n", "debian:12", ("sh",)),
        ("%runscript\n    a\n%post\n    ln -sf bash /bin/sh\n", "debian:12", ALL),
        ("%environment\n    a\n", "debian:12", ()),
    ],
)
def test_which_shell_reads(body: str, base: str, shells: tuple[str, ...]) -> None:
    assert reading_shells(next(read(body, base).sections())) == shells


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (f"%post\n{OPEN}", [(5, "`if` is never closed with `fi`")]),
        ('%post\n    echo "a\n    b\n%test\n    c\n', [(5, '`"` is never closed')]),
        ("%post\n    a && \\\n    # why\n\n    && b\n", [(8, "no command stands before `&&`")]),
        ("%post\n    a &&\n", [(5, "the text ends where more should follow")]),
        ("%post\n    if a; then\n    fi\n", [(5, "no command follows `then`")]),
        # One script of several sections.
        (f"%post\n{OPEN}%post\n    c\n    fi\n", []),
        (f"%post\n{OPEN}%runscript\n    fi\n", [(5, "`if` is never closed with `fi`"), (8, "`fi` belongs to nothing that was opened before")]),
        (f"%post\n    a\n%appinstall x\n{OPEN}", [(7, "`if` is never closed with `fi`")]),
        (f"%apprun x\n{OPEN}%apprun y\n    b\n", [(5, "`if` is never closed with `fi`")]),
        # What is never read.
        (f"%runscript\n    exec a\n{OPEN}", []),
        (f"%runscript\n    exit 0; {OPEN.lstrip()}", [(5, "`if` is never closed with `fi`")]),
        (f"%runscript\n    a && exit 0\n{OPEN}", [(6, "`if` is never closed with `fi`")]),
        (f"%runscript\n    exec 2>&1\n{OPEN}", [(6, "`if` is never closed with `fi`")]),
        (f"%environment\n{OPEN}", []),
        (f"%runscript\n    #!/usr/bin/python3\n{OPEN}", []),
        # What only dash refuses on Debian, and what an alias may change.
        ("%post\n    a=(b c)\n", [(5, "only bash knows arrays")]),
        ("%post\n    [ -n \"$BASH_VERSION\" ] || exec bash $0\n    a=(b c)\n", []),
        ("%post\n    alias begin='if a; then'\n    begin\n    fi\n", []),
        # Lines that a merge left, text that a section line cuts.
        ("%post\n<<<<<<< HEAD\n    a\n=======\n    b\n>>>>>>> c\n", []),
        ("%post\n    if a; then\n%wheel ALL=(ALL) ALL\n    fi\n", []),
        # What comes out of a build variable may be anything.
        (f"%post\n    {{{{ BEGIN }}}}\n{OPEN}", []),
        (f"%post\n    a {{{{ VERSION }}}}\n{OPEN}", [(6, "`if` is never closed with `fi`")]),
    ],
)  # fmt: skip
def test_what_is_refused(body: str, found: list[tuple[int, str]]) -> None:
    assert told(body) == found


def test_where_nobody_knows_the_shell_all_must_refuse() -> None:
    assert told("%post\n    a=(b c)\n", "team/own:1") == []
    assert told("%post\n    a=(b c)\n    if c; then\n", "team/own:1") == [
        (6, "`if` is never closed with `fi`")
    ]
    assert told("%post\n    f() a\n", "team/own:1") == []


def test_run_scripts_of_earlier_stages_are_lost() -> None:
    body = f"Stage: one\n\n%runscript\n{OPEN}\nBootstrap: docker\nFrom: debian:12\n\n%test\n{OPEN}"
    assert told(body) == [(14, "`if` is never closed with `fi`")]


def test_where_the_shell_finds_out() -> None:
    definition = read("%post\n    while a; do\n        (b\n    done\n")
    refusal = refusal_of(next(definition.sections()))
    assert refusal is not None
    assert refusal.stops is not None
    line = definition.source.line_of
    assert (line(refusal.span.start), line(refusal.stops.start), refusal.dialect) == (6, 7, "sh")
