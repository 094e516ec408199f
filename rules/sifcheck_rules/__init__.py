"""The general pack: rules that hold for definition files everywhere, one file per theme."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from sifcheck.api import hookimpl

THEMES = (
    "text",
    "sections",
    "header",
    "agents",
    "bootstraps",
    "base_image",
    "policy",
    "stages",
    "sources",
    "files",
    "setup",
    "caches",
    "system_update",
    "packages",
    "package_sources",
    "base_commands",
    "cluster",
    "post_shell",
    "post_failures",
    "host_in_build",
    "post_installs",
    "build_machine",
    "conversions",
    "environment",
    "variables",
    "lost_variables",
    "run_scripts",
    "apps",
    "description",
    "secrets",
    "downloads",
)
"""The modules that hold rules, in the order of the codes."""

HOST_THEMES = (
    "identity",
    "runtime_in_use",
    "build_storage",
    "cache_and_leftovers",
    "limits",
    "network_and_keys",
)
"""The modules of rules about machines, which only `doctor` and what builds on it need."""

IMAGE_THEMES = ("images", "signatures", "image_content")
"""The modules of rules about images."""

PLAN_THEMES = ("plan_sizes", "plan_machine")
"""The modules of rules about the plan of a build."""

JOB_THEMES = (
    "batch_shell",
    "batch_folders",
    "batch_results",
    "batch_runs",
    "batch_pjm",
    "batch_slurm",
    "batch_pbs",
    "command_line",
    "command_arguments",
    "command_routes",
    "command_values",
    "command_options",
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
