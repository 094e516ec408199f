"""Sizes as people and batch systems write them."""

from __future__ import annotations

from sifcheck.base.startup import pattern

__all__ = ["parse_size"]

_SIZE = pattern(r"\s*(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?)b?\s*$", 2)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


def parse_size(text: str, unit: str = "") -> int | None:
    """Bytes of a size such as 4000M or 2.5GiB (all by 1024); a bare number counts in `unit`.  None for anything else."""
    found = _SIZE.match(text)
    return int(float(found[1]) * 1024 ** _POWERS[found[2].lower() or unit]) if found else None
