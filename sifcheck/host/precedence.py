"""Where a build puts its files: the runtimes' own order among the variables, and what of the environment changes a build.

Measured with Apptainer 1.4.5; SingularityCE as its source has it.
"""

from __future__ import annotations

from collections.abc import Mapping

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.host.snapshot import Variable

__all__ = [
    "SetPath",
    "binds_asked_for",
    "cache_place",
    "config_folder",
    "environment_of_builds",
    "own_home",
    "proxies_of",
    "temporary_place",
    "without_credentials",
]


class SetPath(NamedTuple):
    """A path and what set it: a variable's name, "--tmpdir" or "default"."""

    path: str
    origin: str


def temporary_place(environment: Mapping[str, str], family: str, option: str | None = None) -> SetPath:
    """The temporary folder of a build: the option, the runtime's own variable, TMPDIR, /tmp.

    Apptainer reads APPTAINER_TMPDIR, and SINGULARITY_TMPDIR only where that is not set at all: an empty one hides it
    (measured with 1.4.5; its variables of the cache do not behave so).  The others know SINGULARITY_TMPDIR alone.
    """
    if option:
        return SetPath(option, "--tmpdir")
    hidden = family == "apptainer" and environment.get("APPTAINER_TMPDIR") == ""
    names = [] if hidden else _named("TMPDIR", family)
    return _first(environment, [*names, "TMPDIR"]) or SetPath("/tmp", "default")  # noqa: S108


def cache_place(environment: Mapping[str, str], family: str, home: str | None) -> SetPath | None:
    """The folder of the image cache; None where no variable sets it and there is no home."""
    set_by_variable = _first(environment, _named("CACHEDIR", family))
    if set_by_variable:
        return set_by_variable
    moved = _first(environment, _named("CONFIGDIR", family))
    if moved is not None:
        return SetPath(f"{moved.path.rstrip('/')}/cache", moved.origin)
    return SetPath(f"{config_folder(home, family, environment)}/cache", "default") if home else None


def own_home(environment: Mapping[str, str], family: str, home: str | None) -> str | None:
    """The home in which the runtime keeps its cache and keys: $HOME for Apptainer (1.4.5, measured), else the account's.

    What it mounts on /root in a build is the account's for all of them.
    """
    return (environment.get("HOME") if family == "apptainer" else None) or home


def config_folder(home: str, family: str, environment: Mapping[str, str]) -> str:
    """The folder of the user's own settings, keys, logins and cache: that of a variable, else one in the home.

    Apptainer reads APPTAINER_CONFIGDIR, else SINGULARITY_CONFIGDIR (1.4.5, measured).
    """
    moved = _first(environment, _named("CONFIGDIR", family))
    return (
        moved.path.rstrip("/")
        if moved is not None
        else f"{home.rstrip('/')}/{'.apptainer' if family == 'apptainer' else '.singularity'}"
    )


def _named(name: str, family: str) -> list[str]:
    own = ["APPTAINER_" + name] if family == "apptainer" else []
    return [*own, "SINGULARITY_" + name]


def _first(environment: Mapping[str, str], names: list[str]) -> SetPath | None:
    return next((SetPath(environment[name], name) for name in names if environment.get(name)), None)


_CHANGES_A_BUILD = frozenset(
    "TMPDIR LD_PRELOAD LD_LIBRARY_PATH XDG_RUNTIME_DIR XDG_CONFIG_HOME HOME PATH SHELL GODEBUG GOMAXPROCS GOMEMLIMIT "
    "TAR_OPTIONS SQUASHFS_OPTIONS SOURCE_DATE_EPOCH SSL_CERT_FILE SSL_CERT_DIR DOCKER_CONFIG "
    "CONTAINERS_STORAGE_CONF REGISTRY_AUTH_FILE "
    "SSH_CONNECTION TMUX STY".split()
)
_SECRET = pattern(
    r"PASS|SECRET|TOKEN|COOKIE|JWT|PEM|CREDENTIAL|AUTH(?!_FILE)|KEY(?!SDIR|SERVER|RING)|DOCKER_USERNAME", 2
)
# What is handed into a container, as NAME=VALUE.
_CARRIES_VARIABLES = pattern(r"(?:APPTAINER|SINGULARITY)_(?:ENV|BUILD_ARGS?)$")
_PROXIES = frozenset("http_proxy https_proxy ftp_proxy all_proxy no_proxy".split())
# Of a job's variables those that tell where it runs, with what, and in which folders: sites and their plugins put
# anything into others, credentials too.
_OF_JOBS = frozenset(
    "PJM_JOBID PJM_SUBJOBID PJM_BULKNUM PJM_STEPNUM PJM_ENVIRONMENT PJM_RSCGRP PJM_RSCUNIT PJM_NODE PJM_MPI_PROC "
    "PJM_PROC_BY_NODE PJM_LLIO_GFSCACHE PJM_LOCALTMP PJM_SHAREDTMP PJM_LOCALDIR PJM_JOBDIR PJM_O_HOST PJM_O_WORKDIR "
    "SLURM_JOB_ID SLURM_JOBID SLURM_ARRAY_JOB_ID SLURM_ARRAY_TASK_ID SLURM_CLUSTER_NAME SLURM_JOB_PARTITION SLURM_JOB_QOS "
    "SLURM_JOB_ACCOUNT SLURM_JOB_USER SLURM_JOB_NODELIST SLURM_NODELIST SLURM_JOB_NUM_NODES SLURM_NNODES SLURM_NTASKS "
    "SLURM_CPUS_PER_TASK SLURM_MEM_PER_NODE SLURM_MEM_PER_CPU SLURM_MEM_PER_GPU SLURM_GPUS_ON_NODE SLURM_JOB_GPUS "
    "SLURM_TMPDIR SLURM_SUBMIT_DIR SLURM_SUBMIT_HOST "
    "PBS_JOBID PBS_ARRAY_INDEX PBS_ENVIRONMENT PBS_QUEUE PBS_O_QUEUE PBS_O_HOST PBS_O_WORKDIR PBS_NODEFILE PBS_JOBDIR "
    "PBS_LOCALDIR".split()
)


def environment_of_builds(environment: Mapping[str, str]) -> tuple[Variable, ...]:
    """The variables that change a build or tell of the job, sorted by name; of secrets only that they are set.

    What a build hands into the container (APPTAINERENV_..., APPTAINER_ENV) is left out but for its name.
    """
    kept = []
    for name in sorted(environment):
        if (
            name.startswith(("APPTAINERENV_", "SINGULARITYENV_"))
            or _SECRET.search(name)
            or _CARRIES_VARIABLES.match(name)
        ):
            if name.startswith(("APPTAINER", "SINGULARITY")):
                kept.append(Variable(name, None))
        elif name.startswith(("APPTAINER_", "SINGULARITY_")) or name in _CHANGES_A_BUILD:
            kept.append(Variable(name, without_credentials(environment[name])))
        elif name in _OF_JOBS:
            kept.append(Variable(name, without_credentials(environment[name][:1000])))
    return tuple(kept)


def proxies_of(environment: Mapping[str, str]) -> tuple[Variable, ...]:
    """The proxies that programs will use, in small or capital letters as they are set, without user names and passwords."""
    return tuple(
        Variable(name, _proxy(environment[name])) for name in sorted(environment) if name.lower() in _PROXIES
    )


_PROXY = pattern(r"([A-Za-z][A-Za-z0-9+.-]*://)?(?:.*@)?(.*)", 16)


def _proxy(value: str) -> str:
    # A proxy may be written without a scheme, and a password may hold any character, an @ too.
    found = _PROXY.fullmatch(value)
    return (found[1] or "") + found[2] if found else ""


_USER_IN_URL = pattern(r"://\S*@")


def without_credentials(value: str) -> str:
    """The value without what stands between `://` and the last @ of the same word."""
    return _USER_IN_URL.sub("://", value)


def binds_asked_for(environment: Mapping[str, str], family: str) -> tuple[tuple[str, str, str], ...]:
    """The binds that variables ask for: (variable, source, target) of each, in the order in which they are written.

    *_BIND and *_BINDPATH hold `source[:target[:options]]` separated by commas, *_MOUNT lines of `type=bind,source=...`.
    """
    names = [name for stem in ("BIND", "BINDPATH", "MOUNT") for name in _named(stem, family)]
    found = []
    for name in names:
        value = environment.get(name, "")
        if name.endswith("_MOUNT"):
            found += [(name, *pair) for line in value.splitlines() if (pair := _mount_pair(line))]
        else:
            found += [(name, *pair) for word in value.split(",") if (pair := _bind_pair(word))]
    return tuple(found)


def _bind_pair(word: str) -> tuple[str, str] | None:
    # A comma also separates the options of one bind: `/a:/b:ro,/c` against `/a:/b:ro,nodev`.
    source, _, rest = word.strip().partition(":")
    if not source or source in _BIND_OPTIONS or "=" in source.split("/", 1)[0]:
        return None
    return source, rest.partition(":")[0] or source


_BIND_OPTIONS = frozenset("ro rw nodev nosuid noexec bind".split())


def _mount_pair(line: str) -> tuple[str, str] | None:
    fields = dict(part.strip().partition("=")[::2] for part in line.split(","))
    source = fields.get("source") or fields.get("src")
    target = fields.get("destination") or fields.get("dst") or fields.get("target")
    return (source, target) if source and target else None
