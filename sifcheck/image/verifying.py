"""Asks the container runtime to verify an image's signatures: the one thing that takes the keys."""

from __future__ import annotations

from sifcheck.base.asking import run_program
from sifcheck.base.facts import Outcome, Unknown
from sifcheck.base.startup import pattern

MOST_SECONDS = 60.0

_FATAL = pattern(r"FATAL:[ \t]*(.*)")


def verify(program: str, path: str, seconds: float = MOST_SECONDS) -> Outcome | Unknown:
    """What `PROGRAM verify --local` makes of an image: with the keys of this machine, without asking a key server.

    Where it fails, `why` is the runtime's own word, as "signature object 4 not valid: openpgp: ...".
    """
    said = run_program([program, "verify", "--local", path if path.startswith("/") else f"./{path}"], seconds)
    if isinstance(said, Unknown):
        return said
    if said.status == 0:
        return Outcome(True)
    fatal = _FATAL.search(said.errors)
    if fatal is None:
        return Unknown(f"`verify` ended with {said.status} and gave no reason")
    return Outcome(False, fatal[1].rpartition("integrity: ")[2].strip())
