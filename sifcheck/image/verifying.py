"""Asks the container runtime to verify an image's signatures: the one thing that takes the keys."""

from __future__ import annotations

import os
import tempfile

from sifcheck.base.asking import Said, run_program
from sifcheck.base.facts import Outcome, Unknown
from sifcheck.base.startup import pattern

MOST_SECONDS = 60.0

_FATAL = pattern(r"FATAL:[ \t]*(.*)")


def verify(program: str, path: str, seconds: float = MOST_SECONDS) -> Outcome | Unknown:
    """What `PROGRAM verify --local` makes of an image: with the keys of this machine, without asking a key server.

    Where it fails, `why` is the runtime's own word, as "signature object 4 not valid: openpgp: ...".
    """
    said = _said([program, "verify", "--local", path if path.startswith("/") else f"./{path}"], seconds)
    if isinstance(said, Unknown):
        return said
    if said.status == 0:
        return Outcome(True)
    fatal = _FATAL.search(said.errors)
    if fatal is None:
        return Unknown(f"`verify` ended with {said.status} and gave no reason")
    return Outcome(False, fatal[1].rpartition("integrity: ")[2].strip())


def _said(arguments: list[str], seconds: float) -> Said | Unknown:
    """What the runtime answers with the user's own keys.

    It makes the folder of its settings if there is none, and fails where it cannot (Apptainer 1.4.5, measured): then it gets
    an empty one that is removed.
    """
    variables = {f"{family}_CONFIGDIR": _settings_of(family) for family in ("APPTAINER", "SINGULARITY")}
    there = {name: folder for name, folder in variables.items() if folder and os.path.isdir(folder)}
    if len(there) == len(variables):
        return run_program(arguments, seconds, there)
    with tempfile.TemporaryDirectory(prefix="sifcheck-verify-") as empty:
        return run_program(arguments, seconds, dict.fromkeys(variables, empty) | there)


def _settings_of(family: str) -> str:
    home = os.environ.get("HOME", "")
    return os.environ.get(f"{family}_CONFIGDIR") or (f"{home}/.{family.lower()}" if home else "")
