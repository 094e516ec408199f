"""The processors of a build: that of the machine that builds, that of the image, and what stands between them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sifcheck.base.facts import Unknown
from sifcheck.base.text import error_text
from sifcheck.host.snapshot import Host
from sifcheck.plan.model import Processor

if TYPE_CHECKING:
    from sifcheck.site.model import Site

__all__ = ["level_of", "processor_of"]


def processor_of(architecture: str | None, host: Host | None, site: Site | None, *, here: bool) -> Processor:
    """The processors of the machine that builds and of those that the image is for.

    `architecture` is what the image was said to be for; `here`: the machine is this one.
    """
    builder = kernel = None
    if host is not None:
        builder, kernel = host.platform.architecture, host.platform.kernel
    elif site is not None:
        roles = (site.role,) if site.role else (site.build.where[:1] or ("compute",))
        found = getattr(site.arch, roles[0])
        builder = found if isinstance(found, str) else None
    target = architecture or (site.architecture if site is not None else None) or builder
    emulated: bool | Unknown = Unknown("not looked at")
    level = None
    if here and host is not None:
        emulated = _emulates(target)
        level = _level() if builder == "x86_64" else None
    return Processor(builder, target, emulated, level, kernel)


_BINFMT = "/proc/sys/fs/binfmt_misc"


def _emulates(target: str | None) -> bool | Unknown:
    """Whether this machine hands programs for another processor to an emulator that a container sees, too.

    The flag F opens it ahead: without it the emulator would have to lie in the image.
    """
    if target is None:
        return Unknown("which processor is meant is not known")
    try:
        with open(f"{_BINFMT}/qemu-{target}", encoding="ascii", errors="replace") as file:
            said = file.read(4096)
    except FileNotFoundError:
        return False
    except OSError as error:
        return Unknown(error_text(error))
    flags = re.search(r"^flags: *(\w*)$", said, re.MULTILINE)
    return said.startswith("enabled") and flags is not None and "F" in flags[1]


# What each level of x86-64 adds, as the kernel names it.  Source: the processor supplement of the System V ABI.
_LEVELS = (
    (2, "cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3"),
    (3, "avx avx2 bmi1 bmi2 f16c fma abm movbe xsave"),
    (4, "avx512f avx512bw avx512cd avx512dq avx512vl"),
)


def _level() -> int | None:
    """The level of x86-64 that this machine's processor has."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            return level_of(file.read(1 << 14))
    except OSError:
        return None


def level_of(said: str) -> int | None:
    """The level of x86-64 by /proc/cpuinfo; None where it names no flags."""
    line = re.search(r"^flags\s*: (.*)$", said, re.MULTILINE)
    if line is None:
        return None
    flags, found = set(line[1].split()), 1
    for level, needed in _LEVELS:
        if not set(needed.split()) <= flags:
            break
        found = level
    return found
