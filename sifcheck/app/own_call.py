"""The call of the runtime that `sifcheck build` is about to make, checked as one in a batch script is."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sifcheck.app.told import about_call
from sifcheck.base.source import Source
from sifcheck.launch.command import BuildCommand

if TYPE_CHECKING:
    from sifcheck.base.findings import Finding
    from sifcheck.lint.check import Checker

__all__ = ["call_line", "check_call"]

# What stands for a path in the findings, which have columns in the call as it would be typed.
_PLACE = "the command"

_SPEAKING = ("FAKEROOT", "REMOTE", "BUILDER", "SANDBOX", "IGNORE_FAKEROOT_COMMAND")


def check_call(
    checker: Checker, command: BuildCommand, program: str, variables: Mapping[str, str]
) -> list[Finding]:
    """What the rules on calls (BLD3) say of the words that the runtime's `build` is given.

    `checker` is one of batch scripts, `program` what the runtime is called, `variables` the environment.
    """
    source = Source(_PLACE, f"{call_line(command, program, variables)}\n".encode("utf-8", "surrogateescape"))
    return about_call(checker.check_definition(source))


def call_line(command: BuildCommand, program: str, variables: Mapping[str, str]) -> str:
    """The call as a line for a shell, with the variables before it that stand for options."""
    return " ".join([*_settings(variables), shlex.join([program, "build", *command.words])])


def _settings(variables: Mapping[str, str]) -> Iterator[str]:
    for name in _SPEAKING:
        for prefix in ("SINGULARITY_", "APPTAINER_"):
            value = variables.get(prefix + name)
            if value:
                yield f"{prefix}{name}={shlex.quote(value)}"
