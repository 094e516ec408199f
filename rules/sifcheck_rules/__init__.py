"""The general pack: rules that hold for definition files everywhere, one file per theme."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sifcheck.api import hookimpl

THEMES = (
    "text",
    "sections",
    "header",
    "agents",
    "base_image",
    "policy",
    "stages",
    "files",
    "setup",
    "caches",
    "packages",
    "package_sources",
    "base_commands",
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


@hookimpl
def register_rules(register: Any) -> None:
    """Offer the rules of every theme."""
    for theme in THEMES:
        register(import_module(f"{__name__}.{theme}"))
