"""What kind of machine this is: architecture, distribution, and the part it plays."""

from __future__ import annotations

import os
from collections.abc import Mapping

from sifcheck.base.facts import Unknown
from sifcheck.base.startup import pattern
from sifcheck.host.probes.scheduler import look_at_scheduler
from sifcheck.host.snapshot import Platform, Scheduler

__all__ = ["look_at_platform", "parse_os_release", "role_of"]

_LOGIN_NAME = pattern(r"(?:s?f?login|logn|uan|head|frontend|fe|front|ln)[-_]?\d{0,3}(?![a-z])", 2)


def look_at_platform(environment: Mapping[str, str]) -> Platform:
    """The machine as uname, os-release and the C library tell it."""
    names = os.uname()
    release = _os_release()
    container = _container(environment)
    role, signs = role_of(
        container,
        look_at_scheduler(environment, os.path.exists),
        names.nodename,
        laptop=_has_battery(),
    )
    return Platform(
        architecture=names.machine,
        kernel=names.release,
        distribution=release if isinstance(release, Unknown) else release.get("ID"),
        distribution_version=release if isinstance(release, Unknown) else release.get("VERSION_ID"),
        libc=_libc(),
        host_name=names.nodename,
        role=role,
        signs=signs,
        container=container,
        page_size=os.sysconf("SC_PAGE_SIZE"),
    )


def role_of(
    container: str | None, scheduler: Scheduler, host_name: str, *, laptop: bool
) -> tuple[str, tuple[str, ...]]:
    """The part a machine seems to play (container, compute, login, laptop, unknown) and the signs of it."""
    if container:
        return "container", (f"inside a container ({container})",)
    if scheduler.job is not None:
        return "compute", (f"inside a {scheduler.kind} job",)
    signs = []
    if scheduler.commands:
        signs.append(f"{', '.join(scheduler.commands)} on PATH, outside a job")
    if _LOGIN_NAME.match(host_name):
        signs.append("the host's name")
    if signs:
        return "login", tuple(signs)
    return ("laptop", ("it has a battery",)) if laptop else ("unknown", ())


def parse_os_release(text: str) -> dict[str, str]:
    """The values of an os-release file; what is not NAME=value is passed over."""
    found = {}
    for line in text.splitlines():
        name, separator, value = line.strip().partition("=")
        if separator and name.replace("_", "").isalnum():
            found[name] = value.strip().strip("\"'")
    return found


def _os_release() -> dict[str, str] | Unknown:
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        try:
            with open(path, encoding="utf-8", errors="replace") as stream:
                return parse_os_release(stream.read(1 << 16))
        except OSError:
            continue
    return Unknown("no os-release file")


def _libc() -> str | None:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION")
    except (ValueError, OSError):
        return None


def _container(environment: Mapping[str, str]) -> str | None:
    if environment.get("APPTAINER_CONTAINER") or environment.get("SINGULARITY_CONTAINER"):
        return "apptainer" if environment.get("APPTAINER_CONTAINER") else "singularity"
    if os.path.isdir("/.singularity.d"):
        return "apptainer"
    if os.path.exists("/.dockerenv"):
        return "docker"
    if os.path.exists("/run/.containerenv"):
        return "podman"
    return environment.get("container") or None


def _has_battery() -> bool:
    try:
        return any(name.startswith("BAT") for name in os.listdir("/sys/class/power_supply"))
    except OSError:
        return False
