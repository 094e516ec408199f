"""What the rules about a machine find on one: a healthy one with facts laid over."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import sifcheck_rules
from sifcheck.base.findings import Finding
from sifcheck.host.snapshot import Host
from sifcheck.lint.plugins import load
from sifcheck.lint.rule import Example, Rule
from sifcheck.lint.run import RuleContext, RuleRunner
from sifcheck.site.lookup import find_site, load_sites
from sifcheck.site.reader import parse_site
from sifcheck.testing import check_host, example_text
from sifcheck.testing.checks import options_of
from sifcheck.testing.healthy_host import healthy_host
from sifcheck.testing.host_overlay import lay
from sifcheck.testing.plan_facts import plan_from

UNKNOWN = {"unknown": "timed out after 2 s"}
NOT_LISTED: dict[str, Any] = {"subuids": [], "subgids": []}
NO_NAMESPACE = {"user": "Operation not permitted", "mount": UNKNOWN}

SITES = load_sites(load().sites)
RULES = [
    rule
    for theme in sifcheck_rules.HOST_THEMES
    for rule in vars(import_module(f"sifcheck_rules.{theme}")).values()
    if isinstance(rule, Rule)
]


def runtime(
    family: str = "singularity-ce", version: str = "4.1.2", *, setuid: bool = False
) -> dict[str, Any]:
    """The one runtime of a machine."""
    name = "apptainer" if family == "apptainer" else "singularity"
    numbers = [int(part) for part in version.replace("-", ".").split(".")]
    facts = {
        "flavour": family,
        "version": numbers,
        "setuid_starter": setuid,
        "version_text": f"{family} version {version}",
    }
    return {name: facts} if name == "apptainer" else {"apptainer": "none", name: facts}


CE = runtime()
PROOT = {"runtimes": CE, "identity": NOT_LISTED, "programs": {"proot": "/opt/bin/proot"}}

MODES: dict[str, dict[str, Any]] = {
    "root": {"identity": {"user_id": 0, **NOT_LISTED}},
    "subordinate": {},
    "single": {"identity": NOT_LISTED},
    "fakeroot-in-namespace": {"identity": NOT_LISTED, "programs": {"fakeroot": "/usr/bin/fakeroot"}},
    "fakeroot-alone": {
        "identity": NOT_LISTED,
        "programs": {"fakeroot": "/usr/bin/fakeroot"},
        "namespaces": NO_NAMESPACE,
        "runtimes": runtime("apptainer", "1.4.5", setuid=True),
    },
    "proot": PROOT,
    "none": {"identity": NOT_LISTED, "namespaces": NO_NAMESPACE},
    "unknown": {"identity": {"subuids": UNKNOWN}},
}
"""A machine for each way to root."""


def both(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of two machines on one; of a fact of both the second."""
    merged = dict(one)
    for name, value in other.items():
        before = merged.get(name)
        inside = isinstance(before, Mapping) and isinstance(value, Mapping) and "unknown" not in value
        merged[name] = both(merged[name], value) if inside else value
    return merged


def found(facts: Mapping[str, Any], *codes: str, site: str | None = None) -> list[Finding]:
    """The findings of the rules with these codes, of all without one."""
    rules = [rule for rule in RULES if not codes or rule.code in codes]
    return check_host(facts, *rules, **({"site": site} if site is not None else {}))


def advice(finding: Finding) -> str:
    """What a finding gives to do, without the words that lead to it."""
    return finding.help.partition(": ")[2] or finding.help


def levels(facts: Mapping[str, Any], *codes: str, site: str | None = None) -> list[tuple[str, str]]:
    """Code and severity of what is found."""
    return [(one.code, one.severity) for one in found(facts, *codes, site=site)]


def program(
    *rules: Rule,
    site: str | None = None,
    options: Mapping[str, Any] = {},
    plan: Mapping[str, Any] | None = None,
    text: str = "",
) -> RuleRunner:
    """Rules made ready once, to look at many machines; the settings are those of an example."""
    found_site = None
    if site is not None:
        written = "=" in site
        found_site = parse_site(site, "a site", name="example") if written else find_site(site, SITES)
    planned = plan_from(plan or {}, text) if text or plan is not None else None
    return RuleRunner(rules, RuleContext(site=found_site, options=options_of(rules, options), plan=planned))


def of_example(example: Example, *rules: Rule) -> tuple[Host, RuleRunner]:
    """The machine of an example, and rules made ready for it."""
    settings = dict(example.settings)
    host = lay(healthy_host(), settings.pop("host", {}))
    return host, program(*rules, **settings, text=example_text(example)[0])
