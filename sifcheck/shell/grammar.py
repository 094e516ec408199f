"""The grammar of the shell: tree-sitter with tree-sitter-bash, loaded when the first script is read."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

ERROR = "ERROR"

_kinds: dict[int, str] = {}


def parse(plain: bytes) -> Node:
    """The tree of a skeleton."""
    return _parser().parse(plain).root_node


def kinds() -> dict[int, str]:
    """The name of each kind of node by its number, which is quicker to ask a node for than its name."""
    return _kinds


@cache
def _parser() -> Parser:
    from tree_sitter import Language, Parser

    language = Language(_grammar())
    for number in range(language.node_kind_count):
        _kinds[number] = language.node_kind_for_id(number) or ""
    _kinds[0xFFFF] = ERROR
    return Parser(language)


def _grammar() -> object:
    """The compiled grammar, without running the package round it.

    The package reads its highlighting queries through importlib.resources, which costs twenty times what the grammar does.
    Where the extension module is not found as a file beside it, the package is imported like any other.
    """
    from importlib.machinery import PathFinder

    package = PathFinder.find_spec("tree_sitter_bash")
    places = package.submodule_search_locations if package is not None else None
    spec = PathFinder.find_spec("tree_sitter_bash._binding", list(places)) if places else None
    if spec is not None and spec.loader is not None:
        from importlib.util import module_from_spec

        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.language()
    import tree_sitter_bash

    return tree_sitter_bash.language()
