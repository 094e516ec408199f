"""Where images come from, and what they may call."""

from __future__ import annotations

from typing import NamedTuple

from sifcheck.api import Command, Findings, HeaderField, bad, finding, good, rule


class Registries(NamedTuple):
    """The registries that images may come from."""

    allowed: tuple[str, ...] = ("docker.io", "registry.example.org")


@rule(
    "OUR001",
    severity="warning",
    message="images do not come from `{registry}` here",
    help="copy the image to one of {allowed}",
)
@bad("""
    Bootstrap: docker
    From: images.example.net/team/solver:1.2
          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """)
@good("""
    Bootstrap: docker
    From: registry.example.org/team/solver:1.2
    """)
def foreign_registry(field: HeaderField, options: Registries) -> Findings:
    """An image from a registry that the centre does not know.

    Nobody here can say what it will hold next month.  Source: our centre's policy.
    """
    base = field.stage.base
    if field.key == "from" and base is not None and (base.registry or "docker.io") not in options.allowed:
        yield finding(base, registry=base.registry or "docker.io", allowed=", ".join(options.allowed))


@rule(
    "OUR002",
    severity="error",
    message="`{program}` asks for a licence server that builds cannot reach",
    help="start it when the image is run",
)
@bad("""
    %post
        matlab -batch setup
        ^^^^^^
    """)
@good("""
    %runscript
        exec matlab "$@"
    """)
def licensed_program_in_build(command: Command) -> Findings:
    """A licensed program is started while the image is built.

    The nodes that build are in a network of their own.  Source: our centre's network plan.
    """
    if command.program == "matlab" and command.script.section.name == "post":
        yield finding(command.name_span, program="matlab")
