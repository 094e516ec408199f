"""A plan from a few facts: how a rule's example says what is built, and how large it is.

    plan={"unpacked": 9 << 30, "image": 3 << 30, "output": "/worktmp/a.sif", "growth": [0, 1 << 30, 2 << 30]}

A size is a number of bytes, or three of them: surely, probably, at the most.  `unpacked`, `image`, `compressed`, `copy`,
`inodes`, `architecture`, `environment` are those of the base of each stage, `growth` is what the scripts of the last one
add; `level` and `emulated` are of the builder's processor; `asked` are fields of `Asked`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sifcheck.plan.model import NOTHING, Plan, PlannedBase, Range, exactly, scaled
from sifcheck.plan.planning import BuildRequest, definition_of_address, make_plan
from sifcheck.plan.sizing import Growth
from sifcheck.testing.overlay import check_names

if TYPE_CHECKING:
    from sifcheck.definition.model import Stage
    from sifcheck.host.snapshot import Host
    from sifcheck.site.model import Site

__all__ = ["plan_from"]

_SIZES = ("unpacked", "image", "compressed", "copy", "inodes", "growth")
_OTHERS = ("architecture", "environment", "level", "emulated")
_ASKED = (
    "output",
    "sandbox",
    "no_cache",
    "temporary",
    "squashfs_arguments",
    "job_memory",
    "signs",
    "keeps_groups",
)

USUAL = 2_000_000_000
"""What the base of an example takes unpacked if it says nothing of it."""


def plan_from(
    facts: Mapping[str, Any],
    text: str = "",
    *,
    host: Host | None = None,
    site: Site | None = None,
    architecture: str | None = None,
    arguments: Mapping[str, str] | None = None,
) -> Plan:
    """The plan that these facts make.  Raises ValueError for a fact that there is not."""
    check_names(facts, (*_SIZES, *_OTHERS, *_ASKED), "a plan")
    if host is None and site is None:
        from sifcheck.testing.healthy_host import healthy_host

        host = healthy_host()
    chosen = {name: facts[name] for name in _ASKED if name in facts}
    if text:
        from sifcheck.base.source import Source
        from sifcheck.definition.reader import read_definition

        source = Source("example.def", text.encode())
        asked = BuildRequest("example.def", definition=read_definition(source, arguments), **chosen)
    else:
        address = "docker://rockylinux:9.4"
        asked = BuildRequest(address, address=definition_of_address(address), **chosen)
    growth = _size(facts.get("growth", 0))
    plan = make_plan(
        asked._replace(architecture=architecture),
        host,
        site,
        base_of=lambda stage: _base(stage, facts),
        growth=Growth(growth, growth, "exact"),
    )
    told = {name: facts[name] for name in ("level", "emulated") if name in facts}
    return plan._replace(processor=plan.processor._replace(**told))


def _size(given: Any) -> Range:
    if isinstance(given, int):
        return exactly(given)
    low, likely, high = given
    return Range(low, likely, high)


def _base(stage: Stage, facts: Mapping[str, Any]) -> PlannedBase:
    tree = _size(facts.get("unpacked", USUAL))
    image = _size(facts["image"]) if "image" in facts else scaled(tree, 0.4, 0.4, 0.4)
    layers = _size(facts["compressed"]) if "compressed" in facts else image
    return PlannedBase(
        stage.agent,
        stage.value("from"),
        "exact",
        tree,
        tree,
        compressed=layers,
        to_fetch=layers,
        image=image,
        copy=_size(facts["copy"]) if "copy" in facts else NOTHING,
        inodes=_size(facts["inodes"]) if "inodes" in facts else None,
        architecture=facts.get("architecture"),
        environment=tuple(facts.get("environment", ())),
    )
