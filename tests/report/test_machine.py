"""What `doctor` prints: groups, counts, bars, and advice whose commands can be copied."""

from __future__ import annotations

import pytest
from report.samples import finding

from sifcheck.base.facts import Fact, Gauge
from sifcheck.report.machine import Check, Machine, render_machine


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
        ("say `ulimit -v 1`, then go on", ["do  say `ulimit -v 1`, then go on"]),
        ("no more than that", ["do  no more than that"]),
        ("did you mean B? `export B=1; unset A`", ["do  did you mean B?", "export B=1; unset A"]),
        ("use 1.5.1 or later, or `export A=1`", ["do  use 1.5.1 or later", "or  export A=1"]),
        ("hold it back with `--args -mem 1G`", ["do  hold it back with `--args -mem 1G`"]),
        ("say `--a b`, or another: `rm -r c`", ["do  say `--a b`, or another:", "rm -r c"]),
        ("write `Bootstrap: localimage`", ["do  write `Bootstrap: localimage`"]),
        ("have `mksquashfs mem = 1G` or `a b = c`", ["do  have `mksquashfs mem = 1G` or `a b = c`"]),
    ],
)
def test_commands_stand_on_lines_of_their_own(help: str, lines: list[str]) -> None:
    assert advice(help) == lines


def test_a_command_is_never_broken() -> None:
    words = "start it with `--security-opt seccomp=unconfined --security-opt systempaths=unconfined` outside of it"
    found = finding("ENV103", "x", help=words, source=None, subject="host")
    assert any(words[14:85] in line for line in shown(found, width=60).splitlines())


def test_what_is_not_known_did_not_pass() -> None:
    quiet = (
        Check("ENV201", "a"),
        Check("ENV202", "b", "", "storage.tmpdir.exists: timed out after 2 s"),
        Check("ENV203", "c", "needs a site (--site)"),
    )
    text = shown(quiet=quiet)
    assert "1 of 2 checks passed" in text
    assert text.splitlines()[-1] == "1 passed, 1 not known, 1 left out (--verbose tells which)"
    told = shown(quiet=quiet, verbose=True)
    assert "? ENV202 b: not known: storage.tmpdir.exists: timed out after 2 s" in told


@pytest.mark.parametrize("width", [40, 50, 60, 80, 120])
def test_the_head_of_a_group_fits(width: int) -> None:
    quiet = tuple(Check(f"ENV2{number:02}", "a") for number in range(12))
    assert all(len(line) <= width for line in shown(quiet=quiet, width=width).splitlines())


def test_what_was_found_and_nothing_else() -> None:
    facts = {"ENV1": [Fact("user", "me")], "ENV2": [Fact("tmpdir", "/tmp")]}
    text = shown(finding("ENV201", "a", source=None, subject="host"), facts=facts, brief=True)
    assert "ENV201" in text
    assert "/tmp" not in text
    assert "Identity" not in text


def test_marks_and_bars_in_ascii() -> None:
    facts = {"ENV2": [Fact("tmpdir", "/tmp", Gauge(12, 24, "half"))]}
    machine = Machine("here", "", facts, [finding("ENV201", "a", source=None)], [Check("ENV202", "b")], ())
    text = render_machine(machine, color=False, width=100, verbose=True, plain=True)
    assert text.isascii()
    assert f"{'#' * 12}{'.' * 12}  half" in text


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
    assert shown(unknown=unknown).splitlines()[-1] == "0 passed, 1 fact unknown (--verbose tells which)"
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
