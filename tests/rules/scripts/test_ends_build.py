"""A failure is an error where a real build ends at it, and a warning where the build goes on: Apptainer 1.4.5 on Debian 12."""

from __future__ import annotations

import pytest

from sifcheck.testing import check_text
from sifcheck_rules.definition import files
from sifcheck_rules.scripts import base_commands, conversions, downloads, host_in_build, packages, post_shell

RULES = {
    "DEF304": files.files_into_host_mount,
    "DEF405": base_commands.command_not_in_base,
    "DEF406": packages.apt_without_update,
    "DEF503": post_shell.bash_syntax_under_sh,
    "DEF507": conversions.dockerfile_leftover,
    "DEF510": host_in_build.host_state_in_post,
    "DEF906": downloads.dead_url,
}
ENDS = {
    "DEF405": ["sudo ls", "dnf install -y gcc"],
    "DEF406": ["apt-get install -y gcc"],
    "DEF503": [
        "source /etc/profile", "true && source /etc/profile", "[[ -f /etc/passwd ]]", "a=(1 2)", "if false; then a=(1 2); fi",
        "set +e; a=(1 2)", "cat <<< hello || true", "diff <(ls) <(ls)", "function f { ls; }", "declare -A x", "pushd /opt", "let x=1+1",
        "x=a-b; echo ${x//-/_}", "x=a-b; echo ${x//-/_} || true", "x=PATH; echo ${!x}", "set -o pipefail",
        "(source /etc/profile)", "for i in 1 2; do source /etc/profile; done",
    ],
    "DEF507": ["RUN ls", "ENV A b", "WORKDIR /opt"],
    "DEF510": ["sed -i s/a/b/ /etc/hosts", "mv /etc/hosts /etc/h", "rm -f /etc/resolv.conf"],
    "DEF906": ["git clone git://github.com/a/b"],
}  # fmt: skip
GOES_ON = {
    "DEF405": ["sudo ls && ls", "dnf install -y gcc && ls"],
    "DEF406": ["apt-get install -y gcc && ls"],
    "DEF503": [
        "source /etc/profile && ls", "[[ -f /etc/passwd ]] && ls", "if [[ -f /etc/passwd ]]; then ls; fi", "pushd /opt && ls",
        "x=a-b; if false; then echo ${x//-/_}; fi", "f() { echo ${x//-/_}; }", "x=a-b; y=$(echo ${x//-/_}) || true",
        "source /etc/profile | cat", "set +e; source /etc/profile",
    ],
    "DEF507": ["RUN ls && ls"],
    "DEF510": ["sed -i s/a/b/ /etc/hosts && ls"],
    "DEF906": ["git clone git://github.com/a/b && ls"],
}  # fmt: skip


def severities(code: str, text: str) -> set[str]:
    found = check_text(f"Bootstrap: docker\nFrom: debian:12\n{text}", RULES[code])
    return {finding.severity for finding in found}


@pytest.mark.parametrize(("code", "line"), [(code, line) for code in ENDS for line in ENDS[code]])
def test_the_build_ends(code: str, line: str) -> None:
    assert severities(code, f"%post\n    {line}\n    ls\n") == {"error"}


@pytest.mark.parametrize(("code", "line"), [(code, line) for code in GOES_ON for line in GOES_ON[code]])
def test_the_build_goes_on(code: str, line: str) -> None:
    assert severities(code, f"%post\n    {line}\n    ls\n") == {"warning"}


@pytest.mark.parametrize(("line", "severity"), [("cat /tmp/a", "error"), ("cat /tmp/a && ls", "warning")])
def test_a_covered_file(line: str, severity: str) -> None:
    assert severities("DEF304", f"%files\n    a /tmp/a\n%post\n    {line}\n    ls\n") == {severity}


@pytest.mark.parametrize("post", ["%post -c /bin/bash"])
def test_a_shell_that_was_replaced(post: str) -> None:
    assert severities("DEF405", f"{post}\n    dnf install -y gcc\n    ls\n") == {"warning"}
