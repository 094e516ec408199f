"""Finds and loads plugins: packs of rules, sites, probes and formats, sifcheck's own among them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, TypeVar

from sifcheck.base.startup import NamedTuple
from sifcheck.lint.known_rules import PluginProblem, RuleRegistry

GROUP = "sifcheck"

Marked = TypeVar("Marked", bound=Callable[..., Any])


# pluggy's own markers do just this.  They are written here because importing pluggy (and with it inspect, ast and
# tokenize) costs 18 ms and 60 path look-ups at each start, and without a plugin of somebody else's it has nothing to do.
def hookspec(function: Marked) -> Marked:
    """Mark a hook that plugins can offer, as pluggy.HookspecMarker("sifcheck") does."""
    options = {"firstresult": False, "historic": False, "warn_on_impl": None, "warn_on_impl_args": None}
    function.sifcheck_spec = options  # type: ignore[attr-defined]
    return function


def hookimpl(function: Marked) -> Marked:
    """Mark a plugin's implementation of a hook, as pluggy.HookimplMarker("sifcheck") does."""
    flags = dict.fromkeys(("wrapper", "hookwrapper", "optionalhook", "tryfirst", "trylast"), False)
    function.sifcheck_impl = {**flags, "specname": None}  # type: ignore[attr-defined]
    return function


class Hooks:
    """What a plugin can offer.  Each hook is handed a function to call for every thing that is offered."""

    @hookspec
    def register_rules(self, register: Any) -> None:
        """Offer rules: `register(module)` takes every `@rule` in the module.

        `register("package.module", about="host")` names a module of rules about machines, which is imported only where a
        machine is looked at, `about="job"` one of rules about batch scripts, `about="image"` one of rules about images,
        `about="plan"` one of rules about the plan of a build.
        """

    @hookspec
    def register_sites(self, register: Any) -> None:
        """Offer site files: `register(path)`."""

    @hookspec
    def register_probes(self, register: Any) -> None:
        """Offer probes of the host: `register(name, function)`."""

    @hookspec
    def register_formats(self, register: Any) -> None:
        """Offer output formats: `register(name, function)`, with a function as those of sifcheck.report."""


class Plugin(NamedTuple):
    """An installed plugin: its name, the module it lives in, the distribution and version that bring it."""

    name: str
    module: str
    distribution: str
    version: str

    @property
    def own(self) -> bool:
        """Whether it comes with sifcheck itself."""
        return self.distribution.lower().replace("_", "-") == "sifcheck"


class Loaded(NamedTuple):
    """What the plugins gave; `sites` are (plugin, path)."""

    registry: RuleRegistry
    plugins: tuple[Plugin, ...]
    formats: dict[str, Any]
    sites: tuple[tuple[str, str], ...]
    probes: dict[str, Any]


def installed_plugins(folders: Iterable[str] | None = None) -> list[Plugin]:
    """The plugins that installed distributions declare in the entry-point group `sifcheck`, in the order of the path.

    The scan reads `entry_points.txt` of each distribution: 0.6 ms, against 40 ms and 589 path look-ups for
    importlib.metadata (measured).  Of a distribution that is there twice the first on the path counts, as for imports.
    """
    found: list[Plugin] = []
    met: set[str] = set()
    for folder in _path() if folders is None else folders:
        try:
            names = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(".dist-info"))
        except OSError:
            continue
        for name in names:
            distribution, _, version = name.removesuffix(".dist-info").rpartition("-")
            if distribution.lower().replace("-", "_") in met:
                continue
            met.add(distribution.lower().replace("-", "_"))
            try:
                with open(os.path.join(folder, name, "entry_points.txt"), encoding="utf-8") as file:
                    text = file.read()
            except (OSError, UnicodeDecodeError):
                continue
            if f"[{GROUP}]" in text:
                found.extend(
                    Plugin(plugin, module, distribution, version) for plugin, module in _entries(text)
                )
    return found


def _path() -> list[str]:
    """Where installed distributions are looked for: `sys.path` but the current folder, which may be anybody's checkout."""
    try:
        here = os.getcwd()
    except OSError:
        here = ""
    return [folder for folder in sys.path if os.path.abspath(folder or here) != here]


def _entries(text: str) -> list[tuple[str, str]]:
    entries, inside = [], False
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            inside = line == f"[{GROUP}]"
        elif inside and "=" in line and not line.startswith("#"):
            name, _, module = line.partition("=")
            entries.append((name.strip(), module.strip()))
    return entries


def load(
    plugins: Iterable[Plugin] | None = None, rule_files: Iterable[str] = (), *, whole: bool = True
) -> Loaded:
    """Load the installed plugins, and rule files that the user or the site named, each alone.

    A plugin that fails is a problem in the registry, and the others go on.  Unless `whole`, rules about machines are left
    for when they are asked for.
    """
    chosen = installed_plugins() if plugins is None else list(plugins)
    chosen.sort(key=lambda plugin: not plugin.own)
    loaded = Loaded(RuleRegistry(), tuple(chosen), {}, (), {})
    sites: list[tuple[str, str]] = []
    problems = loaded.registry.problems
    names: dict[str, Plugin] = {}
    for plugin in chosen:
        first = names.setdefault(plugin.name, plugin)
        if first is not plugin:
            why = f"{plugin.distribution} {plugin.version}: another plugin of that name comes with {first.distribution}"
            problems.append(PluginProblem(plugin.name, why))
            continue
        try:
            _take(_import(plugin.module), plugin, loaded, sites)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin raises must not end the run
            problems.append(PluginProblem(plugin.name, say(error)))
    for path in {os.path.realpath(path): path for path in rule_files}.values():
        try:
            loaded.registry.register(load_rule_file(path), path)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
            problems.append(PluginProblem(path, say(error)))
    if whole:
        loaded.registry.complete()
    return loaded._replace(sites=tuple(sites))


def _import(place: str) -> Any:
    """What an entry point names: a module, or behind a colon something in it."""
    from importlib import import_module

    name, _, inner = place.partition("[")[0].strip().partition(":")
    offered: Any = import_module(name.strip())
    for part in inner.strip().split(".") if inner.strip() else ():
        offered = getattr(offered, part)
    return offered


def _take(offered: Any, plugin: Plugin, loaded: Loaded, sites: list[tuple[str, str]]) -> None:
    """Call the hooks of one plugin."""
    problems = loaded.registry.problems

    def once(kind: str, taken: dict[str, Any]) -> Callable[[str, Any], None]:
        def register(name: str, function: Any) -> None:
            if name in taken:
                problems.append(
                    PluginProblem(plugin.name, f"the {kind} {name!r} is taken; this one was left out")
                )
            else:
                taken[name] = function

        return register

    registers: dict[str, Callable[..., Any]] = {
        "register_rules": _rule_register(loaded.registry, plugin),
        "register_formats": once("format", loaded.formats),
        "register_probes": once("probe", loaded.probes),
        "register_sites": lambda path: sites.append((plugin.name, os.fspath(path))),
    }
    call = _call_own if plugin.own else _call_with_pluggy
    if not call(offered, plugin, registers):
        why = f"{plugin.module} offers nothing: no function is marked @hookimpl"
        problems.append(PluginProblem(plugin.name, why))


def _rule_register(registry: RuleRegistry, plugin: Plugin) -> Callable[..., None]:
    def register(rules: Any, about: str = "definition") -> None:
        if isinstance(rules, str) and about in ("host", "job", "image", "plan"):
            registry.defer(rules, plugin.name, about=about, own=plugin.own)
        else:
            offered = _import(rules) if isinstance(rules, str) else rules
            registry.register(offered, plugin.name, own=plugin.own)

    return register


def _call_own(offered: Any, _: Plugin, registers: dict[str, Callable[..., Any]]) -> bool:
    """Call the hooks of a pack of ours; whether it has any."""
    hooks = [(name, getattr(offered, name, None)) for name in registers]
    marked = [(name, hook) for name, hook in hooks if hasattr(hook, "sifcheck_impl")]
    for name, hook in marked:
        hook(register=registers[name])  # type: ignore[misc]
    return bool(marked)


def _call_with_pluggy(offered: Any, plugin: Plugin, registers: dict[str, Callable[..., Any]]) -> bool:
    """Call the hooks of a plugin; a manager of its own keeps the failure of one from the others."""
    import pluggy

    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(Hooks)
    manager.register(offered, plugin.name)
    for name, register in registers.items():
        getattr(manager.hook, name)(register=register)
    # A misspelt hook would otherwise never be called, silently.
    manager.check_pending()
    return bool(manager.get_hookcallers(offered))


def load_rule_file(path: str) -> ModuleType:
    """Run a file of rules that the user or the site named; never one that merely lies in a checkout.

    Raises whatever the file raises.  It is read afresh each time, and leaves no compiled file beside it.
    """
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    name = os.path.basename(path).removesuffix(".py")
    module = ModuleType(f"sifcheck_rule_file_{name}_{abs(hash(os.path.realpath(path))):x}")
    module.__file__ = path
    # Annotations are looked up in the module that a class says it comes from.
    sys.modules[module.__name__] = module
    exec(code, module.__dict__)  # noqa: S102 - what it is there for
    return module


def say(error: BaseException) -> str:
    """An exception in one line, with the file and line it came from."""
    if isinstance(error, SyntaxError):
        return f"SyntaxError: {error.msg} ({error.filename}:{error.lineno})"
    place = ""
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if "importlib" not in name and "pluggy" not in name and name != __file__:
            place = f" ({name}:{trace.tb_lineno})"
        trace = trace.tb_next
    return f"{type(error).__name__}: {' '.join(str(error).split())}{place}"
