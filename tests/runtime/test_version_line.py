"""What runtimes print as their version."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sifcheck.base.facts import Unknown
from sifcheck.runtime.version_line import RuntimeVersion, parse_runtime_version, parse_version


@pytest.mark.parametrize(
    ("text", "family", "version"),
    [
        ("apptainer version 1.4.5\n", "apptainer", (1, 4, 5)),
        ("apptainer version 1.3.0-rc.2", "apptainer", (1, 3, 0)),
        ("apptainer version 1.1.9-1.el8", "apptainer", (1, 1, 9)),
        ("apptainer version 1.5.0-dirty+231-gabc", "apptainer", (1, 5, 0)),
        ("singularity-ce version 4.1.2-bionic", "singularity-ce", (4, 1, 2)),
        ("singularity-ce version 4.3.1-1.el9", "singularity-ce", (4, 3, 1)),
        ("singularity-pro version 3.11-7.el8", "singularity-pro", (3, 11, 7)),
        ("singularity-pro version 3.11-7", "singularity-pro", (3, 11, 7)),
        ("SingularityPRO version 3.7-4", "singularity-pro", (3, 7, 4)),
        ("singularity-pro version 4.1.2-2", "singularity-pro", (4, 1, 2, 2)),
        ("singularity version 3.8.7-1.el8", "singularity", (3, 8, 7)),
        ("singularity version 3.7.3", "singularity", (3, 7, 3)),
        ("Loading module...\nWARNING: x\nsingularity-ce version 4.1.0\n", "singularity-ce", (4, 1, 0)),
    ],
)
def test_family_and_version(text, family, version):
    assert parse_runtime_version(text) == RuntimeVersion(family, version)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "apptainer",
        "bash: apptainer: command not found",
        "docker version 27.1",
        "apptainer version unknown",
    ],
)
def test_what_is_no_version(text):
    assert isinstance(parse_runtime_version(text), Unknown)


def test_patches_of_pro_are_in_order():
    numbers = [
        parse_version(text, release=True)
        for text in ("3.11-3", "3.11-4", "3.11-10", "4.1.2", "4.1.2-2", "4.3")
    ]
    assert numbers == sorted(numbers)


@given(st.text())
def test_any_text_is_read_or_not(text):
    parsed = parse_runtime_version("apptainer version " + text)
    assert isinstance(parsed, Unknown | RuntimeVersion)
