"""Variables that act as flags of the runtime, and what each does to a build from a definition file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sifcheck.api import (
    Draft,
    NamedTuple,
    Severity,
    Unknown,
    finding,
    flag_state,
    flag_variable,
    known,
    setuid_works,
)
from sifcheck_rules._machine import quoted

if TYPE_CHECKING:
    from sifcheck.api import Host, Plan


class Flag(NamedTuple):
    """A flag: the names of its variables behind APPTAINER_, its own, the message's key and level, what comes of it.

    `converts`: whether it also bears on what only converts an image; `value`: whether it takes more than true or false.
    """

    stems: tuple[str, ...]
    name: str
    key: str
    severity: Severity
    what: str
    converts: bool = False
    value: bool = False


# All measured with Apptainer 1.4.5 without setuid, for a user with and without subordinate ids.
_FLAGS = (
    Flag(
        ("FAKEROOT",),
        "--fakeroot",
        "stops",
        "error",
        "the build starts itself anew as root and then fails to do so once more",
        converts=True,
    ),
    Flag(("UPDATE",), "--update", "stops", "error", "only a sandbox can be updated", converts=True),
    Flag(("OVERLAY", "OVERLAYIMAGE"), "--overlay", "stops", "error", "%post will not start", value=True),
    Flag(("NET", "UNSHARE_NET"), "--net", "stops", "error", "%post will not start without root's rights"),
    Flag(
        ("USERNS", "UNSHARE_USERNS"),
        "--userns",
        "changes",
        "warning",
        "%post runs with root as its only id, and chown fails there",
    ),
    Flag(
        ("CWD", "TARGET_CWD"),
        "--cwd",
        "changes",
        "warning",
        "%post will not start on a base without that folder",
        value=True,
    ),
    Flag(
        ("IGNORE_SUBUID",),
        "--ignore-subuid",
        "changes",
        "warning",
        "the build does without the subordinate ids that you have",
    ),
    Flag(
        ("IGNORE_FAKEROOT_COMMAND",),
        "--ignore-fakeroot-command",
        "changes",
        "info",
        "the build does without the fakeroot command, and chown fails in %post",
    ),
    Flag(("IGNORE_USERNS",), "--ignore-userns", "changes", "info", "the build does without user namespaces"),
)


def flag_findings(host: Host, plan: Plan | None) -> Iterator[Draft]:
    """What variables do as flags to a build of Apptainer's by a user; the other runtimes were not measured."""
    runtime = host.runtime
    if host.identity.is_root or runtime is None or known(runtime.family) != "apptainer":
        return
    if (known(runtime.version) or (0,)) < (1, 1):
        return
    for flag in _FLAGS:
        variable = flag_variable(host, *flag.stems)
        if variable is None or not variable.value:
            continue
        values: dict[str, Any] = {"name": variable.name, "value": quoted(variable.value), "flag": flag.name}
        state = True if flag.value else flag_state(variable)
        if state is None:
            yield finding(host, "value", severity="error", **values)
        elif state and _bears(flag, host, plan):
            yield finding(host, flag.key, severity=flag.severity, what=flag.what, **values)


def _bears(flag: Flag, host: Host, plan: Plan | None) -> bool:
    """Whether the flag changes this build, by this user, with this installation."""
    if plan is not None and plan.converts and not flag.converts:
        return False
    if flag.name == "--update":
        return plan is None or not plan.sandbox
    if flag.name in ("--fakeroot", "--net"):
        # With a setuid installation it was not measured.
        setuid = setuid_works(host)
        return not isinstance(setuid, Unknown) and not setuid
    listed = bool(known(host.identity.subuids, ()))
    if flag.name == "--ignore-subuid":
        return listed
    if flag.name == "--ignore-fakeroot-command":
        program = host.program("fakeroot")
        return not listed and program is not None and isinstance(program.path, str)
    return True


def ways_to_namespaces(host: Host) -> list[str]:
    """What gives the runtime back the user namespaces that a variable or its configuration keeps it from."""
    ways = []
    ignored = flag_variable(host, "IGNORE_USERNS")
    if ignored is not None and flag_state(ignored):
        ways.append(f"`unset {ignored.name}`")
    configuration = known(host.runtime.configuration) if host.runtime is not None else None
    if configuration is not None and configuration.value("allow user ns") == "no":
        ways.append(f"ask the administrator for `allow user ns = yes` in {configuration.path}")
    return ways
