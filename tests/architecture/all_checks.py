"""All checks of the architecture, and the faults that are known and to go.

A fault is known while its line stands in known.txt: the name of the check, a colon, and the fault in the words that do
not change when lines move.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from architecture import files, imports, names, used
from architecture.imports import Fault

KNOWN = Path(__file__).with_name("known.txt")

Faults: TypeAlias = list[tuple[str, Fault]]


def all_faults() -> Faults:
    """Every fault of this checkout, with the name of the check that found it."""
    core, modules, paths = imports.core_imports(), names.trees(), list(files.files())
    graph, reads = imports.module_graph(imports.packages()), used.reads_of(modules)
    checks: dict[str, Iterable[Fault]] = {
        "direction": imports.core_faults(core),
        "pack": imports.pack_faults(),
        "dependency": imports.dependency_faults(),
        "testing": imports.testing_faults(core),
        "circle": imports.circle_faults(graph),
        "package circle": imports.circle_faults(imports.package_graph(graph), "packages"),
        "code": names.code_faults(modules),
        "class": names.class_faults(modules),
        "home": names.home_faults(modules),
        "crowded": files.crowded_faults(paths),
        "root": files.root_faults(paths),
        "stray": files.stray_faults(paths),
        "build": files.build_faults(paths),
        "setting": used.setting_faults(reads),
        "hook": used.hook_faults(modules, reads),
        "fact": used.fact_faults(reads),
    }
    return [(name, fault) for name, faults in checks.items() for fault in faults]


def known(text: str | None = None) -> list[str]:
    """The lines of known.txt that name a fault."""
    lines = (KNOWN.read_text(encoding="utf-8") if text is None else text).splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def unknown(faults: Faults, accepted: Iterable[str]) -> list[str]:
    """The faults that are not accepted, as lines to read: the check, the place, the words."""
    lines = frozenset(accepted)
    return [f"{name}: {fault}" for name, fault in faults if f"{name}: {fault.what}" not in lines]


def gone(faults: Faults, accepted: Iterable[str]) -> list[str]:
    """The accepted lines that no fault stands for any more."""
    found = {f"{name}: {fault.what}" for name, fault in faults}
    return [line for line in accepted if line not in found]
