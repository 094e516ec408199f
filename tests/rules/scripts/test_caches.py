"""DEF401, DEF409, DEF410: what counts as cleaned, and that the line which cleans takes no failure away."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from sifcheck.base.findings import Finding
from sifcheck.base.source import Source
from sifcheck.definition.reader import read_definition
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.scripts import caches

HEAD = "Bootstrap: docker\nFrom: {}\n"


def check(rule: object, body: str, base: str = "debian:12", section: str = "%post") -> list[Finding]:
    return check_text(f"{HEAD.format(base)}{section}\n{body}\n", rule)  # type: ignore[arg-type]


def after_fix(rule: object, body: str, section: str = "%post") -> str:
    """The body after the fix."""
    text = f"{HEAD.format('debian:12')}{section}\n{body}\n"
    [found] = check_text(text, rule)  # type: ignore[arg-type]
    assert found.fix is not None
    return apply_edits(text, found.fix.edits).partition(f"{section}\n")[2]


@pytest.mark.parametrize(
    "line",
    [
        "rm -rf /var/lib/apt/lists/*",
        "rm -rf /var/lib/apt/lists",
        "rm -rf /var/lib/apt/lists/*_* /tmp/x",
        "rm -rf '/var/lib/apt/lists'/*",
        "rm -rf /var/lib/apt/*",
        "rm -rf /var/lib/{apt,dpkg}/",
        "sudo rm -rf /var/lib/apt/lists/",
        "find /var/lib/apt/lists -type f -delete",
        "find /var/lib/apt/lists/ -type f -exec rm {} +",
        "apt-get distclean",
        "clean() { rm -rf /var/lib/apt/lists/*; }",
        "if true; then rm -rf /var/lib/apt/lists/*; fi",
    ],
)
def test_lists_are_taken_away(line: str) -> None:
    assert not check(caches.apt_lists_left, f"    apt-get update\n    apt-get install -y gcc\n    {line}")


@pytest.mark.parametrize(
    "line",
    [
        "apt-get clean",
        "rm -rf /var/lib/aptitude/*",
        "rm -rf /var/cache/apt/*",
        "ls /var/lib/apt/lists",
        "find /var/lib/apt/lists -type f",
        "# rm -rf /var/lib/apt/lists/*",
        "echo rm -rf /var/lib/apt/lists/*",
    ],
)
def test_lists_are_not_taken_away(line: str) -> None:
    assert check(caches.apt_lists_left, f"    apt-get update\n    apt-get install -y gcc\n    {line}")


def test_cleaning_before_the_last_install_does_not_count() -> None:
    body = (
        "    apt-get install -y a && rm -rf /var/lib/apt/lists/*\n    apt-get update && apt-get install -y b"
    )
    [found] = check(caches.apt_lists_left, body)
    assert found.section == "post"
    assert found.source is not None
    assert found.source.slice(found.span) == "apt-get install -y b"


def test_an_app_install_runs_after_post() -> None:
    text = f"{HEAD.format('rockylinux:9.4')}%appinstall a\n    dnf clean all\n%post\n    dnf install -y gcc\n"
    assert not check_text(text, caches.dnf_cache_left)


@pytest.mark.parametrize(
    "body",
    [
        "    yum install -y a\n    rm -rf /var/cache/yum",
        "    microdnf install -y a && microdnf clean all",
        "    dnf -y install a; dnf -q clean all",
        "    dnf install -y --installroot=/opt/root a",
        "    dnf install -y a\n    rm -rf /var/cache/*",
    ],
)
def test_dnf_cache_taken_away(body: str) -> None:
    assert not check(caches.dnf_cache_left, body, "rockylinux:9.4")


@pytest.mark.parametrize(
    "words", ["dnf -y update", "yum groupinstall -y x", "/usr/bin/dnf group install -y x"]
)
def test_dnf_cache_left(words: str) -> None:
    [found] = check(caches.dnf_cache_left, f"    {words}\n    dnf clean packages", "rockylinux:9.4")
    assert found.severity == "info"


@pytest.mark.parametrize(
    "body",
    [
        "    export PIP_NO_CACHE_DIR=1\n    pip install a",
        "    pip config set global.no-cache-dir true\n    pip install a",
        "    pip install --cache-dir /tmp/pip a",
        "    pip install a\n    rm -rf $HOME/.cache/pip",
        '    pip install a\n    rm -rf "/root/.cache"',
        "    pip download a",
        "    conda create -y -n x python && /opt/conda/bin/conda clean -a",
        "    conda install -y a\n    rm -rf $CONDA_DIR/pkgs",
        "    conda install -y a\n    rm -rf /opt/miniconda3",
        "    export CONDA_PKGS_DIRS=/tmp/pkgs\n    conda install -y a",
    ],
)
def test_python_caches_taken_away(body: str) -> None:
    assert not check(caches.python_cache_left, body)


def test_one_finding_for_each_tool() -> None:
    body = "    pip install a\n    conda install -y b\n    pip3 install c\n    mamba env update -f x.yml"
    found = check(caches.python_cache_left, body)
    assert [finding.message.split()[0] for finding in found] == ["pip", "mamba"]
    assert len(found[0].related) == 1


def test_flag_goes_behind_the_verb_of_every_call() -> None:
    body = "    pip --quiet install a\n    conda run -n x python -m pip install b"
    assert after_fix(caches.python_cache_left, body) == (
        "    pip --quiet install --no-cache-dir a\n    conda run -n x python -m pip install --no-cache-dir b\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Something else follows on the line.
        ("    apt-get update\n    apt-get install -y a; make\n    ls", "    apt-get update\n    apt-get install -y a; make\n    ls\n    {}\n"),
        # The last statement is a list of several lines.
        ("    apt-get update\n    apt-get install -y a && \\\n      make", "    apt-get update\n    apt-get install -y a && \\\n      make && \\\n      {}\n"),
        # It ends in a here-document.
        ("    apt-get update\n    apt-get install -y a\n    cat > x <<E\nE", "    apt-get update\n    apt-get install -y a\n    cat > x <<E\nE\n    {}\n"),
        # A comment belongs to what follows.
        ("    apt-get update\n    apt-get install -y a  # all\n\n    # end", "    apt-get update\n    apt-get install -y a  # all\n    {}\n\n    # end\n"),
        # A loop is the last statement.
        ("    apt-get update\n    apt-get install -y a\n    for i in 1; do\n      ls\n    done", "    apt-get update\n    apt-get install -y a\n    for i in 1; do\n      ls\n    done\n    {}\n"),
    ],
)  # fmt: skip
def test_where_the_line_goes(before: str, after: str) -> None:
    assert after_fix(caches.apt_lists_left, before) == after.format("rm -rf /var/lib/apt/lists/*")


@pytest.mark.parametrize(
    "body",
    [
        "    apt-get update\n    apt-get install -y a && exit 0",
        "    apt-get update\n    apt-get install -y a\n    sleep 1 &&",
        "    apt-get update\n    apt-get install -y a\n    cat <<E\nopen",
        "    apt-get update\n    apt-get install -y a &",
    ],
)
def test_no_fix_where_the_end_is_no_place(body: str) -> None:
    assert all(finding.fix is None for finding in check(caches.apt_lists_left, body))


def test_status_of_a_last_block_makes_the_fix_unsafe() -> None:
    body = "    apt-get update\n    apt-get install -y a\n    if true; then\n      false && true\n    fi"
    [found] = check(caches.apt_lists_left, body)
    assert found.fix is not None
    assert not found.fix.safe


@pytest.mark.parametrize(
    "body",
    [
        "apt-get update && apt-get install -y a",
        "apt-get update && \\\n  apt-get install -y a",
        "apt-get install -y a\nfalse && true",
        "apt-get install -y a\nfalse",
        "apt-get install -y a\nls",
        "apt-get install -y a || true",
        "false | apt-get install -y a",
        "(apt-get install -y a; false)",
        "apt-get install -y a\nif true; then ls; fi",
        "apt-get install -y a\nexit 3",
    ],
)
@pytest.mark.parametrize("fails", ["update", "install", "nothing"])
@pytest.mark.parametrize("section", ["%post", "%post -c /bin/bash"])
def test_fix_keeps_the_status(body: str, fails: str, section: str, tmp_path: Path) -> None:
    stub = tmp_path / "apt-get"
    stub.write_text(f'#!/bin/sh\n[ "$1" != {fails} ]\n')
    stub.chmod(0o755)
    rm = tmp_path / "rm"
    rm.write_text("#!/bin/sh\nexit 0\n")
    rm.chmod(0o755)
    text = f"{HEAD.format('debian:12')}{section}\napt-get update || true\n{body}\n"
    [found] = check_text(text, caches.apt_lists_left)
    assert found.fix is not None
    if not found.fix.safe:
        return
    after = apply_edits(text, found.fix.edits)
    assert status(after, tmp_path) == status(text, tmp_path)


def status(text: str, commands: Path) -> int:
    """What running the %post of a definition file as the runtimes do ends with."""
    [section] = read_definition(Source("x.def", text.encode())).sections("post")
    shell = ["bash"] if section.option_words else ["sh", "-e"]
    environment = {**os.environ, "PATH": f"{commands}:{os.environ['PATH']}"}
    return subprocess.run(
        shell, input=section.body, text=True, env=environment, cwd=commands, capture_output=True
    ).returncode


def test_fix_of_a_file_with_crlf() -> None:
    text = (
        HEAD.format("debian:12") + "%post\n    apt-get update\n    apt-get install -y a\n    ls\n"
    ).replace("\n", "\r\n")
    [found] = check_text(text, caches.apt_lists_left)
    assert found.fix is not None
    assert apply_edits(text, found.fix.edits).endswith("    ls\r\n    rm -rf /var/lib/apt/lists/*\r\n")


def test_build_variable_in_the_call() -> None:
    text = f"{HEAD.format('debian:12')}%arguments\n    p=gcc\n%post\n    apt-get update\n    apt-get install -y {{{{ p }}}}\n"
    [found] = check_text(text, caches.apt_lists_left)
    assert found.fix is not None
    assert apply_edits(text, found.fix.edits).endswith("{{ p }}\n    rm -rf /var/lib/apt/lists/*\n")
