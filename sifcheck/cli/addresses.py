"""Addresses that no build can start from: a scheme that is mistyped or none, and what stands behind it."""

from __future__ import annotations

from sifcheck.startup import pattern

__all__ = ["fault_of_address"]

# What `apptainer build` of 1.4.5 takes; it looks for a file of that name where the scheme is another, of capitals too
# (measured: `unable to open file dcoker://x/y`).
_SCHEMES = tuple("docker library oras shub docker-archive oci-archive oci docker-daemon".split())
_ADDRESS = pattern(r"([A-Za-z][A-Za-z0-9+.-]*):(//)?")


def fault_of_address(address: str) -> str:
    """Why what looks like an address is none; "" for what may as well be the name of a file."""
    match = _ADDRESS.match(address)
    if match is None:
        return ""
    scheme = match[1]
    if scheme in _SCHEMES:
        return f"what stands behind `{match[0]}` is no image"
    if scheme in ("http", "https"):
        # Measured: `unable to get conveyorpacker: invalid build source https`.
        return f"no build starts from `{scheme}`: fetch the image first, with `apptainer pull IMAGE.sif {address}`"
    from sifcheck.nearest import nearest

    near = nearest(scheme, _SCHEMES)
    if near is not None:
        return f"unknown scheme `{scheme}`: did you mean `{near}`?"
    return f"unknown scheme `{scheme}`: it is one of {', '.join(_SCHEMES)}" if match[2] else ""
