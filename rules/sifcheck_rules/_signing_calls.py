"""Calls of batch scripts that sign an image: whether they take a key of the user's ring, and who types its passphrase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.api import pattern

if TYPE_CHECKING:
    from sifcheck.api import Redirection, RuntimeCall

PEM_VARIABLES = ("APPTAINER_SIGN_KEY", "SINGULARITY_SIGN_KEY")
"""They name a PEM file to sign with, as `sign --key` does (Apptainer 1.4.5, measured)."""

# Another key ring, or a key that the script itself puts there.
_OTHER_KEYS = pattern(
    r"_(?:KEYSDIR|SYPGPDIR|SIGN_KEY)\b|pgp-secret|\bsypgp\b|\.(?:apptainer|singularity)/keys\b"
)
# Whoever these become, or wherever they go, has another key ring.
_ELSEWHERE = frozenset("sudo doas su ssh docker podman".split())


def signs_with_ring(call: RuntimeCall) -> bool:
    """Whether a call signs an image with a key that was in the user's own ring before the script began."""
    job = call.job
    if job is None or call.unsure or not _signs(call):
        return False
    if _ELSEWHERE & {*call.wrappers, *(command.program for command in call.outer)}:
        return False
    if any(one.subcommand == "key" and one.action in ("newpair", "import") for one in job.calls):
        return False
    return not _OTHER_KEYS.search(job.text) and not any(one.name == "HOME" for one in job.script.assignments)


def _signs(call: RuntimeCall) -> bool:
    if call.subcommand == "sign":
        return bool(call.operands) and call.option("--key", "--help", "-h") is None
    own = [word.value for word in call.words] if call.program == "sifcheck" else []
    return "--sign" in own and "--dry-run" not in own


def is_fed(call: RuntimeCall) -> bool:
    """Whether something may be written to the standard input of a call: a pipe, a file, a here-document.

    A passphrase is then read from there (Apptainer 1.4.5, measured).
    """
    job = call.job
    if job is not None and job.given("--input", "--stdin"):
        return True
    commands = (call.command, *call.outer)
    if any(command.piped_from is not None for command in commands):
        return True
    # What belongs to no command is a loop's or a group's, and `exec < FILE` holds for all that follows.
    of_others = [
        one
        for one in (job.script.redirections if job is not None else ())
        if one.command is None or one.command.name == "exec"
    ]
    own = [one for command in commands for one in command.redirections]
    return any(_hands_over(one) for one in (*of_others, *own))


def _hands_over(redirection: Redirection) -> bool:
    target = redirection.target
    nothing = target is not None and target.value == "/dev/null"
    return redirection.operator.startswith("<") and not nothing
