"""The rules of our centre."""

from __future__ import annotations

from typing import Any

from sifcheck.api import hookimpl


@hookimpl
def register_rules(register: Any) -> None:
    """Offer the rules of the pack."""
    from sifcheck_our import images, packages

    register(images)
    register(packages)
