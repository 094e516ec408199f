"""The processors of a build: whose they are, and whether one runs the other's programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from sifcheck.base.facts import Unknown
from sifcheck.lint.plugins import load
from sifcheck.plan import processor
from sifcheck.plan.processor import processor_of
from sifcheck.site.lookup import find_site, load_sites
from sifcheck.testing.healthy_host import healthy_host

ENABLED = "enabled\ninterpreter /usr/bin/qemu-aarch64-static\nflags: {}\noffset 0\nmagic 7f45\n"


def test_whose_they_are() -> None:
    fugaku = {role: find_site(f"fugaku:{role}", load_sites(load().sites)) for role in ("login", "compute")}
    host = healthy_host()
    assert processor_of(None, host, None, here=False)[:2] == ("x86_64", "x86_64")
    assert processor_of("aarch64", host, None, here=False)[:2] == ("x86_64", "aarch64")
    assert processor_of(None, None, fugaku["login"], here=False)[:2] == ("x86_64", "aarch64")
    assert processor_of(None, None, fugaku["compute"], here=False)[:2] == ("aarch64", "aarch64")
    assert processor_of(None, None, None, here=False)[:2] == (None, None)


@pytest.mark.parametrize(
    ("said", "emulated"),
    [
        (ENABLED.format("F"), True),
        (ENABLED.format("POCF"), True),
        # Without F the emulator would have to lie in the image.
        (ENABLED.format("OC"), False),
        (ENABLED.format("F").replace("enabled", "disabled"), False),
        ("", False),
        (None, False),
    ],
)
def test_whether_it_is_emulated(
    said: str | None, emulated: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processor, "_BINFMT", str(tmp_path))
    if said is not None:
        (tmp_path / "qemu-aarch64").write_text(said)
    assert processor_of("aarch64", healthy_host(), None, here=True).emulated is emulated
    assert isinstance(processor_of("aarch64", healthy_host(), None, here=False).emulated, Unknown)


@pytest.mark.parametrize(
    ("flags", "level"),
    [
        ("fpu sse sse2", 1),
        ("fpu cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3", 2),
        ("cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3 avx avx2 bmi1 bmi2 f16c fma abm movbe xsave", 3),
        ("avx avx2 bmi1 bmi2 f16c fma abm movbe xsave", 1),
    ],
)
def test_the_level_of_a_processor(flags: str, level: int) -> None:
    assert processor.level_of(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t:\n") == level


def test_a_processor_of_another_family_has_no_level() -> None:
    assert processor.level_of("processor\t: 0\nFeatures\t: fp asimd\n") is None
