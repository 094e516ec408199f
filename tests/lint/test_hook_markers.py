"""Our own markers are pluggy's, and our own pack loads through pluggy like any other."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pluggy

import sifcheck_rules
from sifcheck.lint import plugins


def test_the_markers_leave_what_pluggys_leave() -> None:
    @pluggy.HookimplMarker("sifcheck")
    def theirs() -> None: ...

    @plugins.hookimpl
    def ours() -> None: ...

    assert ours.sifcheck_impl == theirs.sifcheck_impl  # type: ignore[attr-defined]

    @pluggy.HookspecMarker("sifcheck")
    def their_hook() -> None: ...

    @plugins.hookspec
    def our_hook() -> None: ...

    assert our_hook.sifcheck_spec == their_hook.sifcheck_spec  # type: ignore[attr-defined]


def test_the_general_pack_loads_through_pluggy_too() -> None:
    own = plugins.Plugin("general", "sifcheck_rules", "sifcheck", "1")
    direct = {rule.code for rule in plugins.load([own]).registry}
    taken: list[object] = []

    def register(offered: object, about: str = "definition") -> None:
        taken.append(import_module(offered) if isinstance(offered, str) else offered)

    manager = pluggy.PluginManager("sifcheck")
    manager.add_hookspecs(plugins.Hooks)
    manager.register(sifcheck_rules)
    manager.hook.register_rules(register=register)
    codes = {value.code for module in taken for value in vars(module).values() if hasattr(value, "formerly")}
    assert codes
    assert codes <= direct


def test_pluggy_is_not_imported_without_a_plugin_of_somebody_elses() -> None:
    code = (
        "import sys; from sifcheck.lint.plugins import Plugin, load;"
        "load([Plugin('general', 'sifcheck_rules', 'sifcheck', '1')]); print('pluggy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
