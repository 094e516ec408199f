"""Check a text, a machine, an image or a plan with some rules, of which all else is as given or healthy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from textwrap import dedent
from typing import Any

from sifcheck.base.findings import Finding
from sifcheck.base.source import Source
from sifcheck.config.rule_options import read_options
from sifcheck.config.settings import SettingsError
from sifcheck.lint.check import Checker, make_checker
from sifcheck.lint.internal import INTERNAL_RULES
from sifcheck.lint.known_rules import RuleRegistry
from sifcheck.lint.rule import EXAMPLE_SETTINGS, Rule
from sifcheck.lint.run import RuleContext
from sifcheck.lint.selection import Selection, select
from sifcheck.runtime.versions import Target, parse_target


def registry_of(rules: Iterable[object]) -> RuleRegistry:
    """A registry of the given rules and sifcheck's own; AssertionError, saying why, for a rule that cannot be taken."""
    registry = RuleRegistry()
    registry.register(rules, "", own=True)
    assert not registry.problems, "\n".join(problem.why for problem in registry.problems)
    return registry


def all_rules() -> list[Rule]:
    """All rules of the installed plugins."""
    from sifcheck.lint.plugins import load

    return [rule for rule in load().registry if rule.function is not None]


def check_text(text: str | bytes, *rules: Rule, path: str = "", **settings: Any) -> list[Finding]:
    """The findings of the given rules (of all profiles) in a definition file, or in a batch script if the rules are about
    these only.

    `settings` are `target` (as for --target), `arch`, `args` (a dict of build arguments), `options` (a dict: code to
    an instance of the rule's options, or to a dict of what a configuration would set), `site`, `host`, `folder`,
    `registry`.  A site is the name of one (`"fugaku"`, `"fugaku:login"`), or the text of a site file, which needs no name;
    as for `check`, it says what the target and the architecture are where nothing else does.  Raises TypeError for another
    setting, and ValueError for a target or a site that cannot be read, or options that the rule does not have.  `host`,
    `folder` and `registry` may be mappings: a machine laid over a healthy one, what lies where the build starts, as
    `{"data.txt": "file", "src": {"holds": [".git"]}}` (see sifcheck.testing.folder_facts), and what registries say, as
    `{"rockylinux:9.4": {"architectures": ["x86_64"]}}` (see sifcheck.testing.registry_facts).
    """
    for name in settings:
        if name not in EXAMPLE_SETTINGS:
            raise TypeError(f"check_text() does not know {name!r}; it knows {', '.join(EXAMPLE_SETTINGS)}")
    data = text.encode() if isinstance(text, str) else text
    checker = checker_of(rules, settings)
    if rules and all(rule.about_jobs for rule in rules):
        return checker._replace(kind="job").check_definition(Source(path or "job.sh", data))
    return checker.check_definition(Source(path or "example.def", data))


def check_host(host: Any, *rules: Rule, text: str = "", **settings: Any) -> list[Finding]:
    """The findings of the given rules (of all profiles) on a machine.

    `host` is a snapshot, or a mapping that is laid over a healthy one, as `{"limits": {"processes": {"soft": 20}}}`.
    `text` is the definition file that is about to be built, and `plan` among the settings the facts of its plan, as for
    `check_plan`; without both nothing is.  `settings` are those of `check_text`.  Raises ValueError for a mapping that
    names nothing of a snapshot, or makes no plan.
    """
    checker = checker_of(rules, {**({"plan": {}} if text else {}), **settings, "host": host}, text=text)
    return checker.runner.check_host(checker.runner.context.host)


def check_image(image: Any, *rules: Rule, **settings: Any) -> list[Finding]:
    """The findings of the given rules (of all profiles) on an image.

    `image` is an Image, or a mapping that is laid over a healthy one, as `{"architecture": "aarch64"}` (see
    sifcheck.testing.image_overlay).  `settings` are those of `check_text`.  Raises ValueError for a mapping that names
    nothing of an image.
    """
    if isinstance(image, Mapping):
        from sifcheck.testing.healthy_image import healthy_image
        from sifcheck.testing.image_overlay import lay

        image = lay(healthy_image(), image)
    return checker_of(rules, settings).check_image(image)


def check_plan(plan: Any, *rules: Rule, text: str = "", **settings: Any) -> list[Finding]:
    """The findings of the given rules (of all profiles) on the plan of a build.

    `plan` is a Plan, or a mapping of what is built, as `{"unpacked": 9 << 30, "output": "/worktmp/a.sif"}` (see
    sifcheck.testing.plan_facts).  It is for the machine of `host`, without one for that of `site` as its file has it,
    without either for a healthy one.  `text` is the definition file.  `settings` are those of `check_text`.  Raises
    ValueError for a mapping that makes no plan.
    """
    host = _host(settings.pop("host", None))
    given = {**settings, **({"host": host} if host is not None else {}), "plan": plan}
    checker = checker_of(rules, given, text=text)
    return checker.check_plan(checker.runner.context.plan)


def checker_of(
    rules: Iterable[Rule], settings: Mapping[str, Any], *, internal: bool = False, text: str = ""
) -> Checker:
    """A checker with the given rules, of all profiles, under the settings of an example.

    `internal` runs sifcheck's own rules too, and `text` is the definition file that a plan is made of.
    """
    given = tuple(rules)
    registry, selection = _selected(given, internal)
    target = parse_target(settings["target"]) if "target" in settings else Target()
    site = _site(settings.get("site"))
    if "arch" in settings:
        target = target._replace(architecture=settings["arch"])
    if site is not None:
        from sifcheck.site.target import site_target

        target = site_target(site, target, target.architecture)
    context = RuleContext(
        target=target,
        site=site,
        host=_host(settings.get("host")),
        registry=_registry(settings.get("registry"), target.architecture),
        options=options_of(given, settings.get("options", {})),
        **_folder(settings.get("folder")),
    )
    context = context._replace(plan=_plan(settings.get("plan"), text, context, settings.get("args")))
    return make_checker(registry, selection, context, build_arguments=settings.get("args"))


@lru_cache(maxsize=8)
def _selected(rules: tuple[Rule, ...], internal: bool) -> tuple[RuleRegistry, Selection]:
    """The registry of some rules and the selection of them all: the same for each example of a rule."""
    registry = registry_of([rule for rule in rules if rule not in INTERNAL_RULES])
    chosen = [rule.code for rule in registry if not rule.code.startswith("SIF")]
    ignored = [] if internal else [rule.code for rule in INTERNAL_RULES]
    return registry, select(registry, profile="strict", extend_select=chosen, ignore=ignored)


def options_of(rules: Iterable[Rule], given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of rules, some of them as tables of a configuration.  Raises ValueError for one that has none."""
    known = {rule.code: rule.options for rule in rules}
    made = {}
    for code, options in given.items():
        if isinstance(options, Mapping):
            if known.get(code) is None:
                raise ValueError(f"{code} has no options that could be set")
            try:
                options = read_options(known[code], options, f"options.{code}")
            except SettingsError as error:
                raise ValueError(str(error)) from None
        made[code] = options
    return made


def _site(given: Any) -> Any:
    return _read_site(given) if isinstance(given, str) else given


@lru_cache(maxsize=64)
def _read_site(given: str) -> Any:
    """The site that an example names, or writes out as the text of a site file."""
    from sifcheck.site.lookup import find_site, load_sites
    from sifcheck.site.reader import SiteError, parse_site

    try:
        if "\n" in given or "=" in given:
            return parse_site(dedent(given), "the example's site", name="example")
        from sifcheck.lint.plugins import load

        return find_site(given, load_sites(load().sites))
    except SiteError as error:
        raise ValueError(str(error)) from None


def _host(given: Any) -> Any:
    """The machine of an example: what it says of it laid over a healthy one."""
    if not isinstance(given, Mapping):
        return given
    from sifcheck.testing.healthy_host import healthy_host
    from sifcheck.testing.host_overlay import lay

    return lay(healthy_host(), given)


def _folder(given: Any) -> dict[str, Any]:
    """What lies where the build of an example starts, as fields of a RuleContext; made of facts for each file."""
    if not isinstance(given, Mapping):
        return {"folder": given}
    from sifcheck.testing.folder_facts import check_facts, facts_of

    check_facts(given)
    return {"read_folder": partial(facts_of, given)}


def _registry(given: Any, architecture: str | None) -> Any:
    """What registries say of the bases of an example."""
    if not isinstance(given, Mapping):
        return given
    from sifcheck.testing.registry_facts import registry_from

    return registry_from(given, architecture)


def _plan(given: Any, text: str, context: RuleContext, arguments: Mapping[str, str] | None) -> Any:
    """The plan of an example: of a few facts, for the machine or the site that is there."""
    if not isinstance(given, Mapping):
        return given
    from sifcheck.testing.plan_facts import plan_from

    target, host, site = context.target.architecture, context.host, context.site
    return plan_from(given, text, host=host, site=site, architecture=target, arguments=arguments)
