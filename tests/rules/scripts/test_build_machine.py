"""DEF511, 512, 513: for which machine a build script builds."""

from __future__ import annotations

import pytest

from sifcheck.base.findings import Finding
from sifcheck.lint.rule import Rule
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.scripts import build_machine

HEAD = "Bootstrap: docker\nFrom: debian:12\n\n%post\n"


def in_post(rule: Rule, body: str, **settings: str) -> list[Finding]:
    return check_text(f"{HEAD}{body}", rule, **settings)


@pytest.mark.parametrize(
    "line",
    [
        "wget https://example.org/a-x86_64.tgz",
        "wget https://example.org/amd64/a.tgz",
        "dnf install -y glibc.x86_64",
        "ln -s /usr/lib/x86_64-linux-gnu/liba.so /opt",
        "URL=https://example.org/a-linux-x64.zip",
        "export A=/usr/lib/x86_64-linux-gnu",
    ],
)
def test_names_of_the_other_processor(line: str) -> None:
    (found,) = in_post(build_machine.hard_coded_architecture, f"    {line}\n", arch="aarch64")
    assert (found.severity, found.confidence) == ("warning", "medium")
    assert not in_post(build_machine.hard_coded_architecture, f"    {line}\n")
    assert not in_post(build_machine.hard_coded_architecture, f"    {line}\n", arch="x86_64")


@pytest.mark.parametrize(
    "line",
    [
        "case $(uname -m) in x86_64) wget https://example.org/a-x86_64.tgz;; esac",
        '[ "$(uname -m)" = x86_64 ] && wget https://example.org/a-x86_64.tgz',
        "wget https://example.org/a-$(uname -m).tgz",
        "wget https://example.org/max64bit.tgz",
        "echo x86_64",
        "dnf install -y https://example.org/x86_64/a.noarch.rpm",
        "# wget https://example.org/a-x86_64.tgz",
    ],
)
def test_names_that_hold_on_the_target(line: str) -> None:
    assert not in_post(build_machine.hard_coded_architecture, f"    {line}\n", arch="aarch64")


def test_what_comes_of_one_file_is_one_finding_and_one_fix() -> None:
    body = "    wget https://example.org/cmake-3.30-linux-x86_64.tar.gz\n    tar xf cmake-3.30-linux-x86_64.tar.gz\n"
    (found,) = in_post(build_machine.hard_coded_architecture, body, arch="aarch64")
    assert found.fix is not None
    assert apply_edits(HEAD + body, found.fix.edits) == HEAD + body.replace("x86_64", "$(uname -m)")


def test_go_has_names_of_its_own() -> None:
    body = "    wget https://go.dev/dl/go1.22.1.linux-amd64.tar.gz\n    tar xf go1.22.1.linux-amd64.tar.gz\n"
    (found,) = in_post(build_machine.hard_coded_architecture, body, arch="aarch64")
    assert found.fix is not None
    assert apply_edits(HEAD + body, found.fix.edits) == HEAD + body.replace("amd64", "arm64")


@pytest.mark.parametrize(
    "line",
    [
        "gcc -march=native a.c",
        "CFLAGS='-O3 -mcpu=native'",
        "make FFLAGS=-xHost",
        "nvc -tp=host a.c",
        "spack install hdf5",
    ],
)
def test_flags_for_the_machine_that_builds(line: str) -> None:
    (found,) = in_post(build_machine.native_cpu_flags, f"    {line}\n")
    assert found.severity == "info"


@pytest.mark.parametrize(
    "line",
    [
        "gcc -march=x86-64-v3 a.c",
        "sed -i 's/-march=native//' Makefile",
        "# -march=native",
        "spack install hdf5 target=a64fx",
        "spack config add packages:all:target:[x86_64_v3]; spack install hdf5",
        "spack find",
    ],
)
def test_flags_for_a_machine_that_is_named(line: str) -> None:
    assert not in_post(build_machine.native_cpu_flags, f"    {line}\n")


@pytest.mark.parametrize(
    ("line", "fixed"),
    [
        ("make -j", "make -j4"),
        ("make -j install", "make -j4 install"),
        ("make -j$(nproc) all", "make -j4 all"),
        ("make -j $(nproc)", "make -j 4"),
        ('make -j"$(nproc)"', "make -j4"),
        ("make -j`nproc`", "make -j4"),
        ("make --jobs=$(nproc)", "make --jobs=4"),
        ("make -j$(getconf _NPROCESSORS_ONLN)", "make -j4"),
        ("make -j $(grep -c ^processor /proc/cpuinfo)", "make -j 4"),
        ("cmake --build . --parallel", "cmake --build . --parallel 4"),
        ("cmake --build . -j --target install", "cmake --build . -j4 --target install"),
        ("cmake --build . -- -j$(nproc)", "cmake --build . -- -j4"),
        ("ninja", "ninja -j4"),
        ("ninja -C a install", "ninja -j4 -C a install"),
        ("export MAX_JOBS=$(nproc)", "export MAX_JOBS=4"),
    ],
)
def test_builds_without_a_bound(line: str, fixed: str) -> None:
    (found,) = in_post(build_machine.unbounded_parallel_build, f"    {line}\n")
    assert (found.severity, found.confidence) == ("info", "medium")
    assert found.fix is not None
    assert not found.fix.safe
    assert apply_edits(f"{HEAD}    {line}\n", found.fix.edits) == f"{HEAD}    {fixed}\n"


@pytest.mark.parametrize(
    "line",
    [
        "make",
        "make -j4",
        "make -j 4",
        "make -j$JOBS",
        "make --jobs=8",
        "J=$(nproc); J=4; make -j$J",
        "ninja -j2",
        "ninja --version",
        "cmake --build . --parallel 4",
        "cmake -S . -B b",
        "cmake --build .",
        "echo $(nproc)",
    ],
)
def test_builds_with_a_bound(line: str) -> None:
    assert not in_post(build_machine.unbounded_parallel_build, f"    {line}\n")


def test_calls_of_one_kind_are_told_once_and_mended_together() -> None:
    body = "    make -j$(nproc)\n    make -j$(nproc) install\n"
    (found,) = in_post(build_machine.unbounded_parallel_build, body)
    assert len(found.related) == 1
    assert found.fix is not None
    assert apply_edits(HEAD + body, found.fix.edits) == HEAD + body.replace("$(nproc)", "4")


@pytest.mark.parametrize(
    ("site", "severity", "fixed"),
    [
        ("fugaku", "info", True),
        ("fugaku:login", "warning", True),
        ("lumi", "info", False),
        ("[arch]\ncpu = 'a'\nlogin_cpu = 'b'\n[build]\nwhere = ['compute', 'login']", "warning", False),
        ("[arch]\ncpu = 'a'\nlogin_cpu = 'a'\n[build]\nwhere = 'login'", "info", False),
        ("[arch]\ncpu = 'a'\nlogin_cpu = 'unknown'\n[build]\nwhere = 'login'", "info", False),
    ],
)
def test_a_site_says_whether_another_processor_builds(site: str, severity: str, fixed: bool) -> None:
    (found,) = in_post(build_machine.native_cpu_flags, "    gcc -march=native a.c\n", site=site)
    assert (found.severity, found.fix is not None) == (severity, fixed)
    (spack,) = in_post(build_machine.native_cpu_flags, "    spack install hdf5\n", site=site)
    assert spack.severity == severity


@pytest.mark.parametrize(
    ("node", "severity", "number"),
    [
        ("memory_bytes = 68719476736\ncores = 64", "warning", "32"),
        ("memory_bytes = 137438953472\ncores = 64", "info", "64"),
        ("memory_bytes = 1073741824\nmax_threads = 8", "warning", "1"),
        ("memory_bytes = 'unknown'\ncores = 64", "info", "4"),
        ("memory_bytes = 8589934592\ncores = 'unknown'", "info", "4"),
    ],
)
def test_a_site_says_how_many_jobs_its_memory_is_for(node: str, severity: str, number: str) -> None:
    site = f"[nodes.compute]\n{node}"
    (found,) = in_post(build_machine.unbounded_parallel_build, "    make -j$(nproc)\n", site=site)
    assert found.severity == severity
    assert found.fix is not None
    assert found.fix.edits[0].text == f"-j{number}"


def test_the_sites_own_number_of_jobs_goes_first() -> None:
    (found,) = in_post(build_machine.unbounded_parallel_build, "    ninja\n", site="fugaku")
    assert found.severity == "warning"
    assert found.message.endswith("a node of fugaku has 494 MiB of memory for each")
    assert found.help.endswith("as `-j4`")
