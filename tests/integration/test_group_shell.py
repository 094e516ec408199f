"""The real `sg`: what is exported before it, and what the command that it starts still has."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.integration


def test_tmpdir_is_taken_away_and_the_runtimes_own_variable_stays() -> None:
    """A program with setuid gets no TMPDIR from the C library (glibc), and so the shell that it starts has none."""
    if shutil.which("sg") is None or (os.geteuid() == 0 and shutil.which("runuser") is None):
        pytest.skip("there is no sg, or no runuser to call it as a plain user")
    # As root nothing is taken away: a plain user is asked.
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.getuid())
    group = grp.getgrgid(user.pw_gid).gr_name
    words = ["sg", group, "-c", 'echo "[$TMPDIR][$SINGULARITY_TMPDIR]"']
    if os.geteuid() == 0:
        words = ["runuser", "-u", user.pw_name, "--", *words]
    done = subprocess.run(
        words,
        env={**os.environ, "TMPDIR": "/tmp", "SINGULARITY_TMPDIR": "/tmp"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "[][/tmp]\n", done.stderr
