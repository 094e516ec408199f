"""DEF501, 503, 506, 507, 509, 517: how %post and its like are run."""

from __future__ import annotations

import pytest

from sifcheck.base.findings import Finding
from sifcheck.lint.rule import Rule
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.scripts import conversions, post_shell


def in_post(rule: Rule, body: str, base: str = "debian:12", words: str = "") -> list[Finding]:
    return check_text(f"Bootstrap: docker\nFrom: {base}\n\n%post{words}\n{body}", rule)


@pytest.mark.parametrize(
    "first", ["set -e", "set -ex", "set -o errexit", "set -euo pipefail", "echo a; set -e"]
)
def test_errexit_that_the_body_sets_first(first: str) -> None:
    body = f"    {first}\n    make\n    make install\n"
    assert not in_post(post_shell.errexit_lost, body, words=" -c /bin/bash")


@pytest.mark.parametrize("first", ["make; set -e", "set -x", "set -u -- -e", "set -o pipefail"])
def test_errexit_that_the_body_sets_late_or_not(first: str) -> None:
    found = in_post(
        post_shell.errexit_lost, f"    {first}\n    make\n    make install\n", words=" -c /bin/bash"
    )
    assert len(found) == 1


def test_one_statement_decides_by_its_own_status() -> None:
    assert not in_post(post_shell.errexit_lost, "    make install\n", words=" -c /bin/bash")


def test_words_of_the_last_section_of_a_name_count() -> None:
    text = "Bootstrap: docker\nFrom: debian:12\n%post -c /bin/bash\n  make\n%post\n  make install\n"
    assert not check_text(text, post_shell.errexit_lost)


@pytest.mark.parametrize(
    ("base", "severity"), [("debian:12", "error"), ("ubuntu:22.04", "error"), ("me/mine:1", "warning")]
)
def test_severity_hangs_on_what_is_known_of_the_base(base: str, severity: str) -> None:
    (found,) = in_post(post_shell.bash_syntax_under_sh, "    source /opt/env.sh\n", base)
    assert found.severity == severity
    assert found.confidence == "medium"


@pytest.mark.parametrize(
    "line", ["source /a.sh || true", '[ -n "$BASH_VERSION" ] && source /a.sh', "echo 'source /a; [[ b ]]'"]
)
def test_what_is_no_bash_under_sh(line: str) -> None:
    assert not in_post(post_shell.bash_syntax_under_sh, f"    {line}\n    make\n")


def test_the_shebang_in_post_is_named_as_the_cause() -> None:
    (found,) = in_post(post_shell.bash_syntax_under_sh, "    #!/bin/bash\n    cat <<< hello\n")
    assert [beside.message for beside in found.related] == ["this line is a comment here"]


def test_every_source_of_a_section_is_mended_at_once() -> None:
    text = "Bootstrap: docker\nFrom: debian:12\n%post\r\n  source /a.sh\r\n  source /b.sh\r\n"
    (found,) = check_text(text, post_shell.bash_syntax_under_sh)
    assert found.fix is not None
    assert found.fix.safe
    assert apply_edits(text, found.fix.edits) == text.replace("source", ".")


@pytest.mark.parametrize("before", ["make &&", "make |", "make ||", "{", "if a; then"])
def test_comment_where_a_command_may_begin(before: str) -> None:
    assert not in_post(
        conversions.comment_in_continuation, f"    {before} \\\n    # x\n        make install\n"
    )


def test_moved_comment_keeps_its_text() -> None:
    text = "Bootstrap: docker\nFrom: debian:12\n%post\n  apt-get install \\\n    # 試験\n    gcc\n"
    (found,) = check_text(text, conversions.comment_in_continuation)
    assert found.fix is not None
    assert apply_edits(text, found.fix.edits).endswith("%post\n  # 試験\n  apt-get install \\\n    gcc\n")


def test_comment_in_bytes_that_are_no_utf8_is_not_moved() -> None:
    text = b"Bootstrap: docker\nFrom: debian:12\n%post\n  apt-get install \\\n    # \x8e\x8e\n    gcc\n"
    (found,) = check_text(text, conversions.comment_in_continuation)
    assert found.fix is None


@pytest.mark.parametrize(
    ("line", "fixed"),
    [
        ("RUN make -j4", "make -j4"),
        ("ENV A b", "export A=b"),
        ("ENV A=b C=d", "export A=b C=d"),
        ("ARG A=b", "A=b"),
        ("WORKDIR /opt/x", "mkdir -p /opt/x && cd /opt/x"),
    ],
)
def test_what_becomes_of_an_instruction(line: str, fixed: str) -> None:
    text = f"Bootstrap: docker\nFrom: debian:12\n%post\n  {line}\n  make\n"
    (found,) = check_text(text, conversions.dockerfile_leftover)
    assert (found.severity, found.profile) == ("error", "minimal")
    assert found.fix is not None
    assert found.fix.safe is line.startswith("RUN")
    assert apply_edits(text, found.fix.edits) == text.replace(line, fixed)


@pytest.mark.parametrize("line", ["exit 1", "exit $?", "f() { exit 0; }", "(exit 0)", "test -e /x && exit 0"])
def test_exits_that_are_meant(line: str) -> None:
    assert not in_post(post_shell.early_exit, f"    {line}\n    make\n")


@pytest.mark.parametrize("words", [" -x", " +x", " -c /bin/bash", " # note", " -o nounset", ""])
def test_words_that_are_options(words: str) -> None:
    assert not in_post(post_shell.script_named_on_section_line, "    make\n", words=words)


@pytest.mark.parametrize(("words", "key"), [(" echo hi", "echo"), (" -x make", "make"), (" -c", "-c")])
def test_words_that_are_none(words: str, key: str) -> None:
    (found,) = in_post(post_shell.script_named_on_section_line, "    make\n", words=words)
    assert (found.severity, found.profile) == ("error", "minimal")
    assert f"`{key}`" in found.message
