"""JOB101's fix: what sg is handed runs with the arguments that it had before, under bash and under dash."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.batch import shell as batch_shell

SETTINGS = "PLAIN=/data/a.sif\nexport SENT='one two $x'\nODD='a  b'\n"
WORDS = (
    "a.sif",
    "'{print $1}'",
    "'for i in 1 2; do echo $i; done'",
    "'`date`'",
    "'back\\slash'",
    "'a\"b'",
    '"it\'s"',
    '"\\$HOME"',
    "\\$1",
    "a\\ b",
    '"two  blanks"',
    "$PLAIN",
    '"${PLAIN}x"',
    "$PLAIN/x",
    "$SENT",
    '"$SENT"',
    "\"'$PLAIN'\"",
    "$NOWHERE",
    '"$ODD"',
    "a\\\nb",
    "'two\nlines'",
    "!x",
    "-x='$y'",
    "変数",
    "#no",
    "a#b",
    "~nobody",
    "*.none",
    "''",
)
SHELLS = [shell for shell in ("bash", "dash") if shutil.which(shell)]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bin")
    inner = folder / "singularity"
    inner.write_text('#!/bin/sh\nfor one in "$@"; do printf \'<%s>\' "$one"; done\necho\n')
    for shell in SHELLS:
        (folder / shell).mkdir()
        (folder / shell / "sg").write_text(f'#!/bin/sh\nexec {shutil.which(shell)} -c "$3"\n')
        (folder / shell / "sg").chmod(0o755)
        (folder / shell / "newgrp").symlink_to("/bin/true")
    inner.chmod(0o755)
    return folder


def said(text: str, programs: Path, outer: str, inner: str) -> bytes:
    path = f"{programs / inner}:{programs}:/usr/bin:/bin"
    environment = {"PATH": path, "HOME": "/nonexistent", "LC_ALL": os.environ.get("LC_ALL", "C.UTF-8")}
    done = subprocess.run(
        [outer, "-c", text], env=environment, cwd=programs, capture_output=True, check=False
    )
    # The line of a message is that of the text, which the fix makes longer.
    return re.sub(rb"line \d+|: \d+: ", b"", done.stdout + done.stderr)


def after_fix(line: str) -> str | None:
    text = f"#!/bin/bash\n{SETTINGS}newgrp g\n{line}\n"
    (finding,) = check_text(text, batch_shell.newgrp_in_batch)
    return None if finding.fix is None else apply_edits(text, finding.fix.edits)


@pytest.mark.parametrize("word", [word for word in WORDS if word not in ('"$ODD"', "#no")])
def test_each_form_is_handed_on(word: str, programs: Path) -> None:
    line = f"singularity exec {word} end"
    new = after_fix(line)
    assert new is not None
    for outer in SHELLS:
        expected = said(f"{SETTINGS}{line}", programs, outer, "bash")
        assert b"<end>" in expected
        assert [said(new, programs, outer, inner) for inner in SHELLS] == [expected] * len(SHELLS)


def test_a_value_that_is_read_twice_is_not_handed_on() -> None:
    assert after_fix('singularity exec a.sif "$ODD"') is None


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=5),
    st.text(alphabet="ab$`\\\"'1 {}#!~*", max_size=8),
)
def test_what_is_handed_on_is_what_was_said(programs: Path, words: list[str], text: str) -> None:
    quoted = text.replace("'", "'\\''")
    line = f"singularity exec {' '.join(words)} '{quoted}'"
    new = after_fix(line)
    if new is None:
        return
    for outer in SHELLS:
        expected = said(f"{SETTINGS}{line}", programs, outer, "bash")
        for inner in SHELLS:
            assert said(new, programs, outer, inner) == expected
