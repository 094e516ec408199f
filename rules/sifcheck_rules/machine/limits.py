"""What the kernel, the batch system or the site will not let a build have: memory, cores, processes, time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sifcheck.api import (
    AddOption,
    Findings,
    NamedTuple,
    Severity,
    Unknown,
    bad,
    finding,
    good,
    known,
    rule,
    size_text,
)
from sifcheck_rules._machine import GIB, is_apptainer, memory_limit, version

if TYPE_CHECKING:
    from sifcheck.api import Host, Plan, Site

# -- ENV301

_OPTION, _WHY = "--mksquashfs-args", "what this session may use (ENV301)"


@rule(
    "ENV301",
    severity="warning",
    confidence="medium",
    message={
        "memory": "mksquashfs takes {share} by itself, a quarter of this machine's memory, and this session may use {limit}",
        "cores": "mksquashfs starts a thread for each of the {node} cores, and this session may use {usable}",
        "both": "mksquashfs takes {share} and {node} threads by itself, and this session may use {limit} and {usable}",
    },
    help="hold it back: {line}",
)
@bad("", host={"memory": {"total_bytes": 206158430208, "cgroup_limit_bytes": 2147483648}})
@bad("", host={"processors": {"on_node": 128, "usable": 4}})
@good("")
def squashfs_memory(host: Host, plan: Plan | None = None) -> Findings:
    """mksquashfs sizes itself by the machine, and this session may use a small part of it.

    It takes a quarter of the memory and all cores that it sees: 0.3 to 1.6 GB for a small image, 0.15 GB with a limit and in the
    same time (measured).  In a job with less it is killed at the end of the build ("mksquashfs command failed: signal:
    killed", measured).  Source: issues of AppImageKit and squashfs-tools; change logs of Apptainer 1.5.1 and 1.5.2; measured.
    """
    if plan is not None and plan.judges_memory:
        return  # what is planned is held against the memory there is elsewhere (BLD101)
    limit, total = memory_limit(host), known(host.memory.total_bytes)
    short = limit is not None and total is not None and limit < total // 4 and limit < 4 * GIB
    node, usable = known(host.processors.on_node), _cores(host)
    crowded = node is not None and usable is not None and node > 16 and usable < node
    short = short and not _configured(host, "mksquashfs mem")
    crowded = crowded and not _configured(host, "mksquashfs procs")
    if not short and not crowded:
        return
    arguments = []
    if short and limit is not None:
        arguments.append(f"-mem {'1G' if limit >= 2 * GIB else f'{max(limit >> 22, 64)}M'}")
    if crowded:
        arguments.append(f"-processors {usable}")
    yield finding(
        host,
        "both" if short and crowded else "memory" if short else "cores",
        share=size_text((total or 0) // 4),
        limit=size_text(limit or 0),
        node=node,
        usable=f"{usable} {'core' if usable == 1 else 'cores'}",
        line=_squashfs_line(host, " ".join(arguments)),
        remedies=[AddOption(_OPTION, " ".join(arguments), _WHY, safe=True)] if _takes_arguments(host) else [],
    )


def _cores(host: Host) -> int | None:
    """How many cores this session may use: by affinity and by the quota of its cgroup."""
    usable, quota = known(host.processors.usable), known(host.processors.quota)
    bounds = [bound for bound in (usable, max(1, int(quota)) if quota is not None else None) if bound]
    return min(bounds, default=None)


def _configured(host: Host, name: str) -> bool:
    """Whether the runtime's configuration sets it, or may do so; 0 stands for all there is."""
    configuration = host.runtime.configuration if host.runtime is not None else None
    if configuration is None or isinstance(configuration, Unknown):
        return False
    return (configuration.value(name) or "0") != "0"


def _takes_arguments(host: Host) -> bool:
    return is_apptainer(host) is True and (version(host) or (0,)) >= (1, 4)


def _squashfs_line(host: Host, arguments: str) -> str:
    if _takes_arguments(host):
        return f'`apptainer build --mksquashfs-args "{arguments}" IMAGE FILE`'
    return (
        "ask for more memory and cores, or the administrator for `mksquashfs mem` and `mksquashfs procs` in the runtime's "
        f'configuration; Apptainer from 1.4 on has `--mksquashfs-args "{arguments}"`'
    )


# -- ENV302

_NEEDED_SPACE = 3 * GIB // 2
_GOOD_SPACE = 4 * GIB
_GOOD_FILE = GIB
_HOUR = 3600


class Tight(NamedTuple):
    """A limit that is too low: the message, how bad, its value, and how it is raised if the user may do that."""

    key: str
    severity: Severity
    value: str
    option: str
    limit: Any
    unit: int


@rule(
    "ENV302",
    severity="warning",
    message={
        "space": "a process may use {value} of address space (ulimit -v), and the runtime wants 1.5 GiB for itself alone",
        "processes": "{value} more processes can be started (ulimit -u), and a build wants 64",
        "pids": "{value} more processes can be started (the cgroup's limit), and a build wants 64",
        "file": "no file may become larger than {value} (ulimit -f), an image neither",
        "time": "a process is killed after {value} of computing (ulimit -t)",
    },
    help="raise the limit, or build in a job, which has others: {line}",
)
@bad("", host={"limits": {"address_space": {"soft": 1073741824, "hard": None}}})
@bad("", host={"limits": {"processes": {"soft": 40, "hard": 4096}}})
@good("")
def low_process_limits(host: Host, site: Site | None = None, plan: Plan | None = None) -> Findings:
    """A limit of this session is lower than what a build takes.

    The runtime aborts near 1 GiB of address space ("fatal error: runtime: cannot allocate memory") and cannot start its threads
    with few processes ("pthread_create failed: Resource temporarily unavailable"); what is past its time or size is killed in
    the middle ("exit status 153", "signal: killed", all measured; 1.5 GB of address space are enough).  A file is large at
    1 GiB, or as large as the plan of a build expects the image.  Login nodes have such limits, jobs mostly not.  Source: issues of Singularity; Fugaku users guide; measured.
    """
    for tight in _tight_limits(host, _largest_file(plan)):
        line = _raise_line(tight, host, site)
        yield finding(host, tight.key, severity=tight.severity, value=tight.value, line=line)


def _largest_file(plan: Plan | None) -> int:
    """The largest file that a build writes: the image that is planned, where its size can be foretold."""
    if plan is None or plan.sandbox or not (need := plan.need("output")).complete:
        return _GOOD_FILE
    return need.size.likely


def _tight_limits(host: Host, file_size: int) -> Iterator[Tight]:
    limits = host.limits
    space = known(limits.address_space)
    if space is not None and space.soft is not None and space.soft < _GOOD_SPACE:
        level: Severity = "error" if space.soft < _NEEDED_SPACE else "warning"
        yield Tight("space", level, size_text(space.soft), "-v", space, 1024)
    processes = known(limits.processes)
    if processes is not None and processes.soft is not None and not host.identity.is_root:
        left = processes.soft - known(limits.processes_used, 0)
        if left < 64:
            yield Tight("processes", "warning", str(max(0, left)), "-u", processes, 1)
    pids = known(limits.cgroup_processes)
    if pids is not None:
        running = known(limits.cgroup_processes_used)
        left = pids - (running or 0)
        if left < 64:
            yield Tight("pids", "warning", str(max(0, left)), "", None, 1)
    file = known(limits.file_size)
    if file is not None and file.soft is not None and file.soft < file_size:
        yield Tight("file", "warning", size_text(file.soft), "-f", file, 1024)
    time = known(limits.cpu_seconds)
    if time is not None and time.soft is not None and time.soft < _HOUR:
        yield Tight("time", "warning", _time_text(time.soft), "-t", time, 1)


def _time_text(seconds: int) -> str:
    """A time as one reads it, in seconds below two minutes."""
    if seconds < 120:
        return f"{seconds} second{'s' * (seconds != 1)}"
    return f"{seconds // 60} minutes"


def _raise_line(tight: Tight, host: Host, site: Site | None) -> str:
    """How the limit is raised by the user; else a job, which has limits of its own."""
    limit = tight.limit
    if limit is not None and limit.hard is None:
        return f"`ulimit -S {tight.option} unlimited`"
    if limit is not None and limit.soft is not None and limit.hard >= 4 * limit.soft:
        return f"`ulimit -S {tight.option} {limit.hard // tight.unit}`"
    return job_line(host, site)


def job_line(host: Host, site: Site | None) -> str:
    """How a job that builds is submitted, after it is written."""
    submit = {
        "pjm": "pjsub",
        "slurm": "sbatch",
        "pbs": "qsub",
        "grid-engine": "qsub",
        "lsf": "bsub",
        "sge": "qsub",
    }
    kind = site.scheduler.type if site is not None else None
    program = submit.get(kind if isinstance(kind, str) else host.scheduler.kind or "")
    if program and site is not None and site.scheduler.build_example:
        return f"`{' '.join([program, *site.scheduler.build_example])} JOB.sh`"
    return f"`{program} JOB.sh`" if program else "with the build as the only line of its script"


# -- ENV303


@rule(
    "ENV303",
    severity="info",
    message={
        "forbidden": "this is a login node of {site}, where no images are built",
        "light": "this is a login node of {site}, where only small images are built",
        "policy": "this is a login node of {site}, where users {policy}",
    },
    help="build in a job: {line}{policy_words}",
)
@bad("", site="polaris:login")
@bad("", site="lumi:login")
@good("")
def login_node_build(host: Host, site: Site) -> Findings:
    """This is a login node, and the site has something to say about builds there.

    Login nodes are shared by all users; some sites forbid builds there, others end what takes too many threads or too much
    memory.  A warning where builds are forbidden.  Source: Fugaku users guide (8 threads, 12 GiB); guides of ALCF, RIKYU and VSC.
    """
    if (site.role or host.platform.role) != "login":
        return
    builds, policy = site.nodes.login.builds, site.nodes.login.policy
    words = policy if isinstance(policy, str) else ""
    shown = f"; {site.name} says: {words}" if words else ""
    line = job_line(host, site)
    if builds == "forbidden":
        yield finding(
            host, "forbidden", severity="warning", site=site.name, line=line, policy=words, policy_words=shown
        )
    elif builds == "light":
        yield finding(host, "light", site=site.name, line=line, policy=words, policy_words=shown)
    elif words:
        yield finding(host, "policy", site=site.name, line=line, policy=words, policy_words="")
