"""The general pack: rules that hold for definition files everywhere, one file per theme."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from sifcheck.api import hookimpl

THEMES = (
    "definition.text",
    "definition.sections",
    "scripts.script_syntax",
    "definition.header",
    "definition.agents",
    "definition.base_image",
    "definition.stages",
    "definition.sources",
    "definition.files",
    "scripts.caches",
    "scripts.packages",
    "scripts.package_sources",
    "scripts.base_commands",
    "scripts.cluster",
    "scripts.post_shell",
    "scripts.post_failures",
    "scripts.host_in_build",
    "scripts.post_installs",
    "scripts.build_machine",
    "scripts.conversions",
    "scripts.environment",
    "scripts.variables",
    "scripts.lost_variables",
    "scripts.run_scripts",
    "definition.description",
    "scripts.secrets",
    "scripts.downloads",
)
"""The modules that hold rules, in the order of the codes."""

HOST_THEMES = (
    "machine.identity",
    "machine.runtime_in_use",
    "machine.storage",
    "machine.limits",
    "machine.network_and_keys",
)
"""The modules of rules about machines, which only `doctor` and what builds on it need."""

IMAGE_THEMES = (
    "image.format_and_signatures",
    "image.content",
)
"""The modules of rules about images."""

PLAN_THEMES = (
    "plan.sizes",
    "plan.machine",
)
"""The modules of rules about the plan of a build."""

JOB_THEMES = (
    "batch.shell",
    "batch.folders",
    "batch.results",
    "batch.runs",
    "batch.directives",
    "calls.line",
    "calls.arguments",
    "calls.values",
    "calls.options",
)
"""The modules of rules about batch scripts, which a check of definition files alone does not need."""

SITES = (
    "abci",
    "lumi",
    "pjm",
    "polaris",
    "rikyu",
    "roihu-cpu",
    "roihu-gpu",
    "satellite-fugaku",
    "slurm",
)
"""The clusters that sites/NAME.toml describe: named here, so that no folder is listed at each start."""


@hookimpl
def register_rules(register: Any) -> None:
    """Offer the rules of every theme."""
    for theme in THEMES:
        register(import_module(f"{__name__}.{theme}"))
    for theme in HOST_THEMES:
        register(f"{__name__}.{theme}", about="host")
    for theme in JOB_THEMES:
        register(f"{__name__}.{theme}", about="job")
    for theme in IMAGE_THEMES:
        register(f"{__name__}.{theme}", about="image")
    for theme in PLAN_THEMES:
        register(f"{__name__}.{theme}", about="plan")


@hookimpl
def register_sites(register: Any) -> None:
    """Offer the site files of clusters that have no pack of their own."""
    folder = os.path.join(os.path.dirname(__file__), "sites")
    for name in SITES:
        register(os.path.join(folder, f"{name}.toml"))
