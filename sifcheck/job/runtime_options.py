"""The commands of singularity and apptainer, which of their options take a value, and since when some are there.

Sources: `apptainer COMMAND --help` of Apptainer 1.4.5 (measured); the change logs and command sources of SingularityCE
3.8-4.3 and of Singularity 3.0-3.8 (read).
"""

from __future__ import annotations

COMMON_COMMANDS = frozenset(
    "build cache capability completion config delete exec help inspect instance key keyserver oci overlay plugin pull push "
    "registry remote run run-help search shell sif sign test verify version".split()
)
"""The commands that every supported runtime has; `completion` comes with their command-line library."""

FAMILY_COMMANDS = {
    "apptainer": frozenset(("checkpoint",)),
    "singularity-ce": frozenset(("data",)),
    "singularity-pro": frozenset(("data",)),
    "singularity": frozenset(("apps",)),
}
"""The commands that one family only has."""

OLD_COMMANDS = frozenset(
    "apps bootstrap check create expand export image.create image.expand image.export image.import import "
    "instance.list instance.start instance.stop mount selftest".split()
)
"""The commands of Singularity 2, which are gone."""

COMMAND_GROUPS = {
    "instance": frozenset("start run stop list ls stats".split()),
    "cache": frozenset("list ls clean".split()),
    "key": frozenset("list pull push search newpair export import remove".split()),
    "remote": frozenset("add get-login-password list login logout remove status use add-keyserver".split()),
    "overlay": frozenset("create seal sync".split()),
    "sif": frozenset("add del dump header info list new setprim unset".split()),
    "registry": frozenset("login logout list".split()),
    "plugin": frozenset("compile create disable enable inspect install list uninstall".split()),
}
"""The commands that have commands of their own."""


def commands_of(family: str) -> frozenset[str]:
    """The commands of a family of runtimes, as `apptainer`."""
    return COMMON_COMMANDS | FAMILY_COMMANDS.get(family, frozenset())


GLOBAL_VALUES = {"-c": "--config", "--config": "--config"}
"""Options before the command that take a value."""

# Options with a value, those with a short form first.
_ACTION_VALUES = (
    "B:bind H:home o:overlay S:scratch W:workdir add-caps app apply-cgroups arch arch-variant authfile blkio-weight "
    "blkio-weight-device cdi-dirs cpu-shares cpus cpuset-cpus cpuset-mems cwd device dmtcp-launch dmtcp-restart dns "
    "docker-host drop-caps env env-file fusemount hostname memory memory-reservation memory-swap mount netns-path network "
    "network-args no-mount pem-path pid-file pids-limit platform proot pwd runscript-timeout security shell"
)
_ACTION_FLAGS = (
    "e:cleanenv c:contain C:containall f:fakeroot i:ipc n:net p:pid u:userns w:writable h:help allow-setuid boot "
    "cleanenv compat disable-cache docker-login keep-privs no-compat no-eval no-home no-https no-init no-oci no-pid "
    "no-privs no-setgroups no-tmp-sandbox no-umask nohttps nv nvccli oci oom-kill-disable passphrase rocm sharens "
    "sif-fuse tmp-sandbox unsquash uts vm writable-tmpfs"
)
_FETCH_VALUES = "arch arch-variant authfile dir docker-host library name path platform commit hash"

_BUILD_VALUES = (
    "B:bind arch arch-variant authfile build-arg build-arg-file builder docker-host library mksquashfs-args mount pem-path "
    "section platform tarball"
)
_BUILD_FLAGS = (
    "d:detached e:encrypt f:fakeroot F:force h:help r:remote s:sandbox T:notest u:update disable-cache docker-login "
    "fix-perms ignore-fakeroot-command json keep-layers no-cleanup no-https no-setgroups nohttps nv nvccli oci passphrase "
    "rocm userns warn-unused-build-args writable-tmpfs"
)
_SIGN_VALUES = (
    "g:group-id i:sif-id k:keyidx u:url key certificate certificate-intermediates certificate-roots"
)

_VALUES = {
    "build": _BUILD_VALUES,
    "pull": _FETCH_VALUES,
    "push": "D:description authfile docker-host library",
    "exec": _ACTION_VALUES,
    "run": _ACTION_VALUES,
    "test": _ACTION_VALUES,
    "shell": f"s:shell {_ACTION_VALUES}",
    "instance": _ACTION_VALUES,
    "sign": _SIGN_VALUES,
    "verify": _SIGN_VALUES,
    "inspect": "app",
    "cache": "D:days T:type N:name",
    "overlay": "s:size create-dir",
}
_FLAGS = {
    "build": _BUILD_FLAGS,
    "pull": "F:force h:help disable-cache docker-login no-cleanup no-https nohttps sandbox U:allow-unsigned",
    "push": "U:allow-unsigned no-https",
    **dict.fromkeys(("exec", "run", "test", "shell", "instance"), _ACTION_FLAGS),
}

RUN_COMMANDS = frozenset(("exec", "run", "shell", "test"))
"""The commands that run something in an image: options end at the image."""

SINCE: dict[str, dict[str, tuple[int, ...]]] = {
    "--no-setgroups": {"singularity-ce": (3, 11, 4), "singularity-pro": (3, 11, 4)},
    "--ignore-fakeroot-command": {"apptainer": (1, 1)},
    "--mksquashfs-args": {"apptainer": (1, 4), "singularity-ce": (4, 2), "singularity-pro": (4, 2)},
    "--build-arg": {"apptainer": (1, 2), "singularity-ce": (4, 0), "singularity-pro": (4, 0)},
    "--build-arg-file": {"apptainer": (1, 2), "singularity-ce": (4, 0), "singularity-pro": (4, 0)},
    "--oci": {"singularity-ce": (3, 11), "singularity-pro": (3, 11)},
    "--sharens": {"apptainer": (1, 3)},
}
"""The first version of each family that has an option; a family that is not named has it not."""


def value_options(command: str) -> dict[str, str]:
    """The options of a command that take a value: each way to write one, and its name in full."""
    return _table(_VALUES.get(command, ""))


def flags(command: str) -> dict[str, str]:
    """The options of a command that take none."""
    return _table(_FLAGS.get(command, ""))


def _table(words: str) -> dict[str, str]:
    found = {}
    for word in words.split():
        short, colon, name = word.rpartition(":")
        found[f"--{name}"] = f"--{name}"
        if colon:
            found[f"-{short}"] = f"--{name}"
    return found
