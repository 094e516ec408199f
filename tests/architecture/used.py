"""What a user can set or a site can say, held against the code that reads it: nothing is declared that changes nothing."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from architecture.imports import Fault, nodes_of
from architecture.names import Trees

from sifcheck.config.settings import OPTIONS
from sifcheck.lint.plugins import Hooks
from sifcheck.site import model

# Options that lay configurations over one another: config/ reads them by their keys while it does so.
READ_BY_KEY = ("extend", "locked")

# What the code calls a table of a site file, or an entry of one, besides the table's own name.
ALSO_CALLED: dict[str, set[str]] = {
    "About": {"site", "about"},
    "Arch": {"arch"},
    "GroupPolicy": {"group"},
    "SiteMirror": {"mirror", "one"},
    "NodeFacts": {"asked", "login", "node", "nodes"},
    "Nodes": {"self"},
    "Repository": {"repository"},
    "RuntimeFacts": {"runtime", "facts", "gathered"},
    "Sign": {"sign"},
    "FactSource": {"source"},
    "SiteScheduler": {"scheduler"},
    "ImagePolicy": {"images", "policy"},
    "TmpCandidate": {"candidate", "fitting", "folder", "one", "place", "proposal", "said"},
}

# Facts that inform and are not judged by: `sifcheck sites NAME` shows them, `--output-format json` has them.
INFORM: dict[str, str] = {
    "NodeFacts.system": "what a user looks for when a base image is chosen",
    "About.contact": "whom to ask; the page of the site ends with it",
    "About.title": "the cluster's name in sentences",
    "About.documentation": "where the guide is",
}

ANY = "*"

Reads = Mapping[str, set[str]]
"""By the name of an attribute, what the code that reads it calls the thing that has it."""


def reads_of(modules: Trees) -> dict[str, set[str]]:
    """Every attribute that is read; `getattr` with a name that is not written out reads all that the thing has, ANY."""
    found: dict[str, set[str]] = defaultdict(set)
    for tree in modules.values():
        for node in nodes_of(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                found[node.attr].add(_called(node.value))
            elif _is_getattr(node):
                assert isinstance(node, ast.Call)
                name = node.args[1]
                found[str(name.value) if isinstance(name, ast.Constant) else ANY].add(_called(node.args[0]))
    return found


def setting_faults(reads: Reads, options: Iterable[str] = tuple(OPTIONS)) -> Iterator[Fault]:
    """Options that no code asks the settings for."""
    for name in options:
        if name not in READ_BY_KEY and not any("settings" in holder for holder in reads.get(name, ())):
            yield Fault(f"nothing reads the setting {name}")


def hook_faults(modules: Trees, reads: Reads, hooks: Iterable[str] | None = None) -> Iterator[Fault]:
    """Hooks that are not called, or whose yield nobody looks at."""
    texts = {
        node.value
        for path, tree in modules.items()
        if path.startswith("sifcheck/lint/")
        for node in nodes_of(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for hook in hooks if hooks is not None else [name for name in vars(Hooks) if not name.startswith("_")]:
        offered = hook.removeprefix("register_")
        if hook not in texts:
            yield Fault(f"nothing calls the hook {hook}")
        elif "loaded" not in reads.get({"rules": "registry"}.get(offered, offered), ()):
            yield Fault(f"nothing reads what the hook {hook} offers")


def fact_faults(reads: Reads, tables: Mapping[str, Iterable[str]] | None = None) -> Iterator[Fault]:
    """Facts of a site file that no code asks for."""
    for table, facts in (fact_tables() if tables is None else tables).items():
        holders = {table.lower()} | ALSO_CALLED.get(table, set())
        for fact in facts:
            read_by = reads.get(fact, set()) | (reads.get(ANY, set()) & {table.lower()})
            if f"{table}.{fact}" not in INFORM and not holders & read_by:
                yield Fault(f"nothing reads the site fact {table}.{fact}")


def fact_tables() -> dict[str, list[str]]:
    """The facts of a site file, by the class of their table."""
    found = {}
    for name, kind in vars(model).items():
        if name in ("Site", "SiteKey") or not isinstance(kind, type) or not hasattr(kind, "_field_defaults"):
            continue
        facts = [field for field, said in kind._field_defaults.items() if isinstance(said, model.SiteKey)]
        if facts:
            found[name] = facts
    return found


def _is_getattr(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "getattr"
        and len(node.args) > 1
    )


def _called(node: ast.expr) -> str:
    """The last word of what an attribute is read of: `settings` for `self.settings`, `find` for `find(x)`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Call):
        return _called(node.args[0] if _is_getattr(node) else node.func)
    return _called(node.value) if isinstance(node, ast.Subscript) else ""
