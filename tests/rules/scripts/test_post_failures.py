"""DEF502, 516: failures that are passed over, and files that others cannot read."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from sifcheck.base.findings import Finding
from sifcheck.lint.rule import Rule
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.scripts import post_failures


def in_post(rule: Rule, body: str, base: str = "debian:12", words: str = "") -> list[Finding]:
    return check_text(f"Bootstrap: docker\nFrom: {base}\n\n%post{words}\n{body}", rule)


def swallowed(body: str, words: str = "") -> list[Finding]:
    return in_post(post_failures.failure_swallowed, body, words=words)


@pytest.mark.parametrize(
    "line",
    [
        "make && make install",
        "cd /opt/x && ./configure && make",
        "wget -q https://example.org/a.tgz && tar xf a.tgz",
        "git clone https://example.org/a.git && cd a",
        "pip install numpy && cp a /opt",
        "bash install.sh && rm install.sh",
        "for a in x y; do tar xf $a.tgz && rm $a.tgz; done",
        "if true; then make && make install; fi",
        "{ make && make install; }",
        "(cd /opt/x; make) && cp a /opt",
        "yes | apt-get install gcc && make",
    ],
)
def test_lists_whose_beginning_may_fail_unseen(line: str) -> None:
    (found,) = swallowed(f"    {line}\n    echo done\n")
    assert (found.severity, found.confidence, found.profile) == ("warning", "high", "standard")


@pytest.mark.parametrize(
    "line",
    [
        "[ -f /opt/x ] && . /opt/x",
        "[ -d /opt/x ] && make && make install",
        "command -v make && make && make install",
        "cd /opt/x && make",
        "mkdir -p /opt/x && cd /opt/x && make",
        "make && make install || exit 1",
        "make && make install || true",
        "if make && make check; then echo ok; fi",
        "while make && sleep 1; do echo again; done",
        "(cd /opt/x && make && make install)",
        "version=$(git clone a && git describe)",
        "make && make install &",
        "git --version && make --version && cp a /opt",
        "build() { make && make install; }",
        "dnf check-update && dnf upgrade -y",
    ],
)
def test_lists_that_are_seen_or_only_guard(line: str) -> None:
    assert not swallowed(f"    {line}\n    echo done\n")


def test_the_last_list_decides() -> None:
    assert not swallowed("    make && make install\n")


@pytest.mark.parametrize(
    "next_section", ["%post\n    echo b\n", "%appinstall a\n    echo b\n", "%apprun a\n    echo b\n"]
)
def test_a_list_at_the_end_is_not_the_last_where_more_is_run_in_the_same_shell(next_section: str) -> None:
    assert len(swallowed(f"    make && make install\n\n{next_section}")) == 1


def test_the_end_of_an_app_is_followed_by_lines_of_the_runtime() -> None:
    found = check_text(
        "Bootstrap: docker\nFrom: debian:12\n%appinstall a\n  make && make install\n",
        post_failures.failure_swallowed,
    )
    assert len(found) == 1


@pytest.mark.parametrize(
    "line", ["if true; then make && make install; fi", "for a in 1; do make && make install; done"]
)
def test_a_list_that_ends_a_block_is_not_seen_either(line: str) -> None:
    assert len(swallowed(f"    {line}\n    echo done\n")) == 1


@pytest.mark.parametrize("shell", ["sh", "dash", "bash"])
@pytest.mark.parametrize(
    ("script", "goes_on"),
    [
        ("false && true; echo on", True),
        ("if true; then false && true; fi; echo on", True),
        ("for a in 1; do false && true; done; echo on", True),
        ("{ false && true; }; echo on", True),
        ("(false && true); echo on", False),
        ("f() { false && true; }; f; echo on", False),
        ("x=$(false && true); echo on", False),
        ("true && false; echo on", False),
        ("false | cat; echo on", True),
    ],
)
def test_real_shells_see_what_the_rule_says_they_see(shell: str, script: str, goes_on: bool) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    run = subprocess.run([program, "-e", "-c", script], capture_output=True, text=True, check=False)
    assert ("on" in run.stdout) is goes_on


def test_without_errexit_another_rule_speaks() -> None:
    body = "    make && make install\n    curl https://example.org/a | sh\n    echo done\n"
    assert not swallowed(body, words=" -c /bin/bash")
    assert not swallowed(f"    set +e\n{body}")
    assert len(swallowed(f"    set -e\n{body}", words=" -c /bin/bash")) == 2
    assert not swallowed("    import os\n    a && b\n", words=" -c /usr/bin/python3 -e")


@pytest.mark.parametrize(
    "line",
    [
        "apt-get update && apt-get install -y gcc",
        "apt-get update && apt-get install -y gcc && apt-get clean && rm -rf /var/lib/apt/lists/*",
        "dnf install -y gcc && dnf clean all",
        "conda install -y numpy && conda clean -a",
    ],
)
def test_package_lists_are_told_in_passing_and_parted_on_demand(line: str) -> None:
    (found,) = swallowed(f"    {line}\n    make\n")
    assert found.severity == "info"
    assert found.fix is not None
    assert not found.fix.safe


def test_a_status_that_is_no_failure_is_not_put_on_a_line_of_its_own() -> None:
    (found,) = swallowed("    dnf makecache && dnf check-update && dnf upgrade -y\n    make\n")
    assert found.fix is None


def test_comments_between_members_are_kept() -> None:
    text = (
        "Bootstrap: docker\nFrom: debian:12\n%post\n  make && \\\n  # then\n    make install\n  echo done\n"
    )
    (found,) = check_text(text, post_failures.failure_swallowed)
    assert found.fix is not None
    assert apply_edits(text, found.fix.edits).endswith(
        "%post\n  make\n  # then\n  make install\n  echo done\n"
    )


def test_a_here_document_stays_with_its_command() -> None:
    (found,) = swallowed("    make && cat > /opt/a <<EOF\ntext\nEOF\n    echo done\n")
    assert found.fix is not None
    (found,) = swallowed("    make <<EOF && make install\ntext\nEOF\n    echo done\n")
    assert found.fix is None


@pytest.mark.parametrize(
    "end",
    [
        "sh",
        "bash",
        "bash -s -- -y",
        "sudo -E bash -",
        "env A=b sh",
        "A=b sh",
        "python3 -",
        "tee /opt/a",
        "xargs rm",
    ],
)
def test_pipes_into_what_is_content_with_nothing(end: str) -> None:
    (found,) = swallowed(f"    curl -fsSL https://example.org/a | {end}\n    make\n")
    assert found.severity == "warning"
    assert found.fix is None


@pytest.mark.parametrize(
    "line",
    [
        "curl -fsSL https://example.org/a | tar xz",
        "curl -fsSL https://example.org/a | gpg --dearmor -o /opt/a",
        "curl -fsSL https://example.org/a | apt-key add -",
        "curl -fsSL https://example.org/a | sh || exit 1",
        "a=$(curl -fsSL https://example.org/a | xargs)",
        "curl -fsSL https://example.org/a | bash /opt/reader.sh",
        "if curl -fsSL https://example.org/a | sh; then echo ok; fi",
        "cat a | sh",
    ],
)
def test_pipes_that_fail_by_themselves_or_are_handled(line: str) -> None:
    assert not swallowed(f"    {line}\n    make\n")


def test_pipefail_sees_the_pipe() -> None:
    body = "    set -eo pipefail\n    curl -fsSL https://example.org/a | sh\n    make\n"
    assert not swallowed(body, words=" -c /bin/bash")


@pytest.mark.parametrize(
    "line",
    [
        "chmod 700 /opt/a",
        "chmod 0640 /opt/a",
        "chmod -R o-rwx /opt/a",
        "chmod go-r /opt/a",
        "chmod u=rwx,go= /opt/a",
        "chmod 770 $dir",
    ],
)
def test_modes_that_close_a_path(line: str) -> None:
    (found,) = in_post(post_failures.restrictive_permissions, f"    dir=/opt/a\n    {line}\n    make\n")
    assert (found.severity, found.confidence) == ("warning", "medium")
    assert found.fix is not None
    assert found.fix.safe
    assert any("chmod -R a+rX" in edit.text for edit in found.fix.edits)


@pytest.mark.parametrize(
    "line",
    [
        "chmod 755 /opt/a",
        "chmod a+rx /opt/a",
        "chmod go-w /opt/a",
        "chmod o-x /opt/a",
        "chmod 1777 /opt/a",
        "chmod 700 /root/a",
        "chmod 600 /etc/ssh/a",
        "chmod 600 /opt/a/.ssh/authorized_keys",
        "chmod 440 /etc/sudoers",
        "chmod 600 /opt/a.pem",
        "chmod 700 $unknown/a",
        "chmod $mode /opt/a",
        "chmod 700 /tmp/a",
        "install -m 755 a /opt/a",
        "umask 022",
        "(umask 077; make)",
    ],
)
def test_modes_that_are_fine(line: str) -> None:
    assert not in_post(post_failures.restrictive_permissions, f"    {line}\n    make\n")
