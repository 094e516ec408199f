"""Addresses that no build can start from: a scheme that is mistyped or none, and what stands behind it."""

from __future__ import annotations

from sifcheck.base.startup import pattern
from sifcheck.plan.planning import SCHEMES

__all__ = ["fault_of_address"]

_ADDRESS = pattern(r"([A-Za-z][A-Za-z0-9+.-]*):(//)?")


def fault_of_address(address: str) -> str:
    """Why what looks like an address is none; "" for what may as well be the name of a file.

    Where the scheme is another, of capitals too, the runtime looks for a file of that name (Apptainer 1.4.5, measured:
    `unable to open file dcoker://x/y`).
    """
    match = _ADDRESS.match(address)
    if match is None:
        return ""
    scheme = match[1]
    if scheme in SCHEMES:
        return f"what stands behind `{match[0]}` is no image"
    if scheme in ("http", "https"):
        # Measured: `unable to get conveyorpacker: invalid build source https`.
        return f"no build starts from `{scheme}`: fetch the image first, with `apptainer pull IMAGE.sif {address}`"
    from sifcheck.base.text import nearest

    near = nearest(scheme, SCHEMES)
    if near is not None:
        return f"unknown scheme `{scheme}`: did you mean `{near}`?"
    return f"unknown scheme `{scheme}`: it is one of {', '.join(SCHEMES)}" if match[2] else ""
