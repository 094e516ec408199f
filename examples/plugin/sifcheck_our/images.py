"""Where images come from, and to whom they belong."""

from __future__ import annotations

import re
from typing import NamedTuple

from sifcheck.api import Findings, HeaderField, Section, bad, finding, good, rule


class Registries(NamedTuple):
    """Where images may come from."""

    allowed: tuple[str, ...] = ("docker.io", "registry.example.org")


@rule(
    "OUR001",
    severity="warning",
    message="images do not come from `{registry}` here",
    help="copy the image to one of {allowed}",
    tags="policy",
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
@good("""
    Bootstrap: docker
    From: rockylinux:9.4
    """)
@good("""
    Bootstrap: docker
    From: {{ base }}
    """)
@good("""
    Bootstrap: localimage
    From: base.sif
    """)
def foreign_registry(field: HeaderField, options: Registries) -> Findings:
    """An image comes from a registry that the centre does not know.

    Nobody here can say what it will hold next month, or whether it will still be there.  Source: our centre's policy.
    """
    base = field.stage.base
    if field.key != "from" or base is None or base.unknown:
        return
    registry = base.registry or "docker.io"
    if registry not in options.allowed:
        yield finding(base, registry=registry, allowed=", ".join(options.allowed))


class Projects(NamedTuple):
    """How the label is called that says which project an image belongs to, and what it looks like."""

    label: str = "Project"
    form: str = "hp[0-9]{6}"


@rule(
    "OUR003",
    severity="warning",
    message={
        "missing": "no label says which project the image belongs to",
        "form": "`{value}` is no number of a project",
    },
    help="write a line such as `{label} hp240001`",
    tags="policy",
)
@bad("""
    %labels
    ^^^^^^^
        Author Jane Doe
    """)
@bad("""
    %labels
        Project fluid dynamics
                ^^^^^^^^^^^^^^
    """)
@good("""
    %labels
        Author Jane Doe
        Project hp240001
    """)
@good("""
    %labels
        Project {{ project }}
    """)
def image_without_project(section: Section, options: Projects) -> Findings:
    """The labels of an image do not say which project it belongs to.

    Images of projects that have ended are deleted from the shared store; those that say nothing are deleted too.
    Source: the rules of our image store.
    """
    if section.name != "labels":
        return
    labels = [label for label in section.labels if label.key == options.label]
    if not labels:
        yield finding(section.name_span, "missing", label=options.label)
    for label in labels:
        if "{{" not in label.value and not re.fullmatch(options.form, label.value):
            yield finding(label.value_span, "form", value=label.value, label=options.label)
