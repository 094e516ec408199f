"""A plan as JSON, version 1, as plan.schema.json describes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sifcheck.base.facts import known
from sifcheck.plan.model import Need, Place, Plan, PlannedBase, Range

__all__ = ["VERSION", "plan_object"]

VERSION = 1
ROLES = ("temporary", "cache", "output", "memory")


def plan_object(plan: Plan, findings: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The document as dicts and lists; `findings` are those of the rules, each as in the JSON report."""
    return {
        "version": VERSION,
        "source": plan.source,
        "output": plan.output or None,
        "sandbox": plan.sandbox,
        "machine": plan.machine,
        "architecture": {"builder": plan.processor.builder, "target": plan.processor.target},
        "bases": [_base(base) for base in plan.bases],
        "needs": {role: _need(plan.need(role)) for role in ROLES},
        "inodes": _range(plan.inodes),
        "places": [_place(plan, place) for place in plan.places],
        "memory": {
            "limit": known(plan.memory.limit),
            "comfortable": known(plan.memory.comfortable),
            "by": plan.memory.by or None,
            "needed": _range(plan.need(*plan.roles_in_memory).size),
        },
        "alternatives": [
            {
                "path": one.path,
                "holds": one.holds,
                "fits": one.fits,
                "in_memory": one.in_memory,
                "directive": one.directive or None,
                "note": one.note or None,
            }
            for one in plan.alternatives
        ],
        "left_out": list(plan.left_out),
        "findings": list(findings),
    }


def _range(size: Range | None) -> dict[str, int] | None:
    return None if size is None else size._asdict()


def _need(need: Need) -> dict[str, Any]:
    parts = [
        {"what": part.what, "how": part.how, "size": _range(part.size)}
        for part in need.parts
        if part.size is None or part.size.high
    ]
    return {**need.size._asdict(), "phase": need.phase, "complete": need.complete, "parts": parts}


def _base(base: PlannedBase) -> dict[str, Any]:
    return {
        "agent": base.agent,
        "name": base.name,
        "how": base.how,
        "unpacked": _range(base.kept),
        "compressed": _range(base.compressed),
        "architecture": base.architecture,
    }


def _place(plan: Plan, place: Place) -> dict[str, Any]:
    return {
        "role": place.role,
        "path": place.path,
        "origin": place.origin,
        "filesystem": known(place.filesystem),
        "free": known(place.free),
        "free_by": place.free_by,
        "in_memory": place.in_memory,
        "ends_with_job": place.ends_with_job,
        "shares_with": [role for role in plan.sharing(place.role) if role != place.role],
        "needed": _range(plan.need(*plan.sharing(place.role)).size),
    }
