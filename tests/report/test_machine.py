"""What `doctor` prints: groups, counts, bars, and advice whose commands can be copied."""

from __future__ import annotations

import pytest
from report.samples import finding

from sifcheck.report.machine import Check, Fact, Gauge, Machine, render_machine


def shown(*findings: object, verbose: bool = False, width: int = 100, **changed: object) -> str:
    machine = Machine("here: x86_64", "", {}, findings, (), ())._replace(**changed)  # type: ignore[arg-type]
    return render_machine(machine, color=False, width=width, verbose=verbose)


def advice(help: str) -> list[str]:
    text = shown(finding("ENV201", "tmpdir", help=help, source=None, subject="host"))
    lines = text.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.lstrip().startswith("do "))
    end = next(number for number, line in enumerate(lines) if line.strip() == "why sifcheck rule ENV201")
    return [line.strip() for line in lines[begin:end]]


@pytest.mark.parametrize(
    ("help", "lines"),
    [
        ("`export A=/b`", ["do  export A=/b"]),
        ("`sg g -c x`, or `x --no`", ["do  sg g -c x", "or  x --no"]),
        ("take another: `export A=/b`", ["do  take another:", "export A=/b"]),
        ("take another: `export A=/b`, or `rm -r c`", ["do  take another:", "export A=/b", "or  rm -r c"]),
        ("ask for `userns,` in it", ["do  ask for `userns,` in it"]),
        ("say `ulimit -v 1`, then go on", ["do  say `ulimit -v 1`, then go on", "ulimit -v 1"]),
        ("no more than that", ["do  no more than that"]),
    ],
)
def test_commands_stand_on_lines_of_their_own(help: str, lines: list[str]) -> None:
    assert advice(help) == lines


def test_counts_and_order() -> None:
    found = [
        finding("ENV202", "b", severity="info", source=None, subject="host"),
        finding("ENV201", "a", severity="error", source=None, subject="host"),
        finding("OUR001", "c", severity="warning", source=None, subject="host"),
    ]
    quiet = (Check("ENV203", "d"), Check("ENV101", "e"), Check("ENV204", "f", "needs a site (--site)"))
    text = shown(*found, quiet=quiet)
    assert "1 of 3 checks passed" in text
    assert text.index("ENV201") < text.index("ENV202") < text.index("OUR001")
    assert text.splitlines()[-1].startswith("1 error, 1 warning, 1 info, 2 passed, 1 left out")
    assert "ENV203" not in text
    told = shown(*found, quiet=quiet, verbose=True)
    assert "✓ ENV203 d" in told
    assert "- ENV204 f: needs a site (--site)" in told


def test_bars() -> None:
    facts = {
        "ENV2": [Fact("tmpdir", "/tmp", Gauge(24, 24, "full")), Fact("cache", "/c", Gauge(0, 10, "empty"))]
    }
    lines = [line for line in shown(facts=facts).splitlines() if "█" in line or "░" in line]
    assert lines == [
        f"    tmpdir  /tmp  {'█' * 24}  full",
        f"    cache   /c    {'░' * 24}  empty",
    ]
    odd = {
        "ENV2": [Fact("tmpdir", "/tmp", Gauge(5, 0, "no size")), Fact("cache", "/c", Gauge(30, 10, "over"))]
    }
    assert shown(facts=odd).count("█" * 24) == 2


def test_bars_in_few_columns() -> None:
    place = "/vol0004/hp120001/u01234"
    facts = {
        "ENV2": [Fact("tmpdir", place, Gauge(24, 24, "full")), Fact("cache", "/c", Gauge(0, 10, "empty"))]
    }
    for width in (60, 80, 120):
        lines = shown(facts=facts, width=width).splitlines()[3:-2]
        bars = [line for line in lines if "█" in line or "░" in line]
        assert all(len(line) <= width for line in bars)
        assert [line.split()[-1] for line in bars] == ["full", "empty"]
    below = shown(facts=facts, width=50).splitlines()
    at = below.index(f"    tmpdir  {place}")
    assert below[at + 1 : at + 4] == [
        f"            {'█' * 24}  full",
        "    cache   /c",
        f"            {'░' * 24}  empty",
    ]


def test_what_is_not_known_is_named_when_asked() -> None:
    unknown = (("storage.home.filesystem", "timed out after 2 s"),)
    assert shown(unknown=unknown).splitlines()[-1] == "0 passed, 1 facts unknown (--verbose tells which)"
    assert (
        "    storage.home.filesystem: timed out after 2 s"
        in shown(unknown=unknown, verbose=True).splitlines()
    )


def test_nothing_steers_the_terminal() -> None:
    odd = "a\x1b[31m\u202e\x07"
    text = shown(
        finding("ENV201", "tmpdir", message=odd, help=f"`{odd} b`", source=None, subject="host"),
        headline=odd,
        site=odd,
        facts={"ENV1": [Fact("user", odd)]},
        quiet=(Check("ENV101", "x", odd),),
        unknown=((odd, odd),),
        verbose=True,
    )
    assert not {"\x1b", "\u202e", "\x07"} & set(text)
