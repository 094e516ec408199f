"""Logins for registries: from the runtime's own files and variables, and from Docker's.

Read, never written; no credential helper is run, for what a file names must not be executed.  A login is handed to the
registry that it is for and to nobody else.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import stat
from collections.abc import Iterator, Mapping
from typing import Any

from sifcheck.base.startup import NamedTuple
from sifcheck.image.reference import HUB_NAMES

__all__ = ["Login", "Logins", "read_logins"]

"""The names of Docker Hub."""
LONGEST = 1 << 20


class Login(NamedTuple):
    """A user's name and password; shows neither when it is printed."""

    user: str
    password: str

    def __repr__(self) -> str:
        return "Login(...)"

    @property
    def basic(self) -> str:
        """The value of the header `Authorization`."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")


class Logins(NamedTuple):
    """The logins by registry, and for which others there are logins that are not used, and why ("" is all registries).

    `everywhere` is that of the environment, which names no registry.
    """

    by_registry: Mapping[str, Login] = {}
    not_used: Mapping[str, str] = {}
    everywhere: Login | None = None

    def of(self, registry: str) -> Login | None:
        """The login for a registry, None without one."""
        return self.everywhere or self.by_registry.get(registry)

    def left_out(self, registry: str) -> str:
        """In words, which login for a registry is not used; "" where there is none."""
        return self.not_used.get(registry) or self.not_used.get("", "")


def read_logins(environment: Mapping[str, str], *, building: bool) -> Logins:
    """The logins of this user.  Never raises: what cannot be read holds none.

    `building`: what is asked about is meant to be built, so that the login of the environment, which names no registry,
    goes to any, as it would from the runtime.  Whoever merely checks files of somebody else must not hand it out.
    """
    everywhere = _of_environment(environment)
    found: dict[str, Login] = {}
    not_used: dict[str, str] = {}
    for path in _files(environment):
        for registry, login, why in _of_file(path):
            if login is not None and registry not in found:
                found[registry] = login
            elif login is None:
                not_used.setdefault(registry, why)
    if everywhere is not None and not building:
        not_used.setdefault("", "the login in the environment names no registry and is used for builds alone")
        everywhere = None
    return Logins(found, {name: why for name, why in not_used.items() if name not in found}, everywhere)


def _of_environment(environment: Mapping[str, str]) -> Login | None:
    for prefix in ("APPTAINER", "SINGULARITY"):
        user = environment.get(f"{prefix}_DOCKER_USERNAME")
        password = environment.get(f"{prefix}_DOCKER_PASSWORD")
        if user and password:
            return Login(user, password)
    return None


def _files(environment: Mapping[str, str]) -> Iterator[str]:
    """The runtime's own files first, as it does."""
    home = environment.get("HOME") or os.path.expanduser("~")
    for family in ("APPTAINER", "SINGULARITY"):
        folder = environment.get(f"{family}_CONFIGDIR") or os.path.join(home, f".{family.lower()}")
        yield os.path.join(folder, "docker-config.json")
    yield os.path.join(environment.get("DOCKER_CONFIG") or os.path.join(home, ".docker"), "config.json")


def _of_file(path: str) -> Iterator[tuple[str, Login | None, str]]:
    """The registries that a file has logins for: registry, login, and why there is none that can be used."""
    read = _json(path)
    if not isinstance(read, dict):
        return
    auths, helpers = read.get("auths"), read.get("credHelpers")
    for address, entry in auths.items() if isinstance(auths, dict) else ():
        login = _of_entry(entry)
        if login is not None:
            yield registry_of(address), login, ""
        elif isinstance(entry, dict) and (entry.get("identitytoken") or entry.get("registrytoken")):
            yield registry_of(address), None, f"the token in {path} is of a kind that is not used"
    for address in helpers if isinstance(helpers, dict) else ():
        yield (
            registry_of(address),
            None,
            f"the login is kept by a program that {path} names, which is not run",
        )
    if read.get("credsStore"):
        yield "", None, f"logins are kept by a program that {path} names, which is not run"


def _json(path: str) -> Any:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            content = file.read(LONGEST + 1)
        return json.loads(content) if len(content) <= LONGEST else None
    except (OSError, ValueError, RecursionError):
        return None


def _of_entry(entry: Any) -> Login | None:
    if not isinstance(entry, dict):
        return None
    user, password = entry.get("username"), entry.get("password")
    if isinstance(entry.get("auth"), str) and entry["auth"]:
        try:
            user, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
        password = password.rstrip("\0")
    if not isinstance(user, str) or not isinstance(password, str) or not user or not password:
        return None
    return Login(user, password)


def registry_of(address: str) -> str:
    """The registry that a key of such a file names: `https://index.docker.io/v1/` is docker.io."""
    name = address.partition("://")[2] or address
    name = name.partition("/")[0]
    return "docker.io" if name in HUB_NAMES else name
