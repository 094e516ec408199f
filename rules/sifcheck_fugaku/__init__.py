"""The Fugaku pack: what is true on the supercomputer Fugaku and nowhere else: its site file, and rules."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from sifcheck.api import hookimpl

THEMES = ("packages",)
"""The modules of rules about definition files."""

JOB_THEMES = ("jobs",)
"""The modules of rules about batch scripts."""


@hookimpl
def register_rules(register: Any) -> None:
    """Offer the rules of every theme."""
    for theme in THEMES:
        register(import_module(f"{__name__}.{theme}"))
    for theme in JOB_THEMES:
        register(f"{__name__}.{theme}", about="job")


@hookimpl
def register_sites(register: Any) -> None:
    """Offer the site file of Fugaku."""
    register(os.path.join(os.path.dirname(__file__), "fugaku.toml"))
