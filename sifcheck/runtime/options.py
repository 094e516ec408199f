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

HIDDEN_COMMANDS = frozenset(("buildcfg", "confgen"))
"""Commands that no help lists (Apptainer 1.4.5, measured)."""

OLD_COMMANDS = frozenset(
    "apps bootstrap check create expand export image.create image.expand image.export image.import import "
    "instance.list instance.start instance.stop mount selftest".split()
)
"""The commands of Singularity 2, which are gone."""

COMMAND_GROUPS = {
    "instance": frozenset("start run stop list stats".split()),
    "cache": frozenset("list clean".split()),
    "capability": frozenset("add avail drop list".split()),
    "checkpoint": frozenset("create delete instance list".split()),
    "config": frozenset("fakeroot global".split()),
    "data": frozenset(("package",)),
    "key": frozenset("list pull push search newpair export import remove generate-cosign-key-pair".split()),
    "keyserver": frozenset("add list login logout remove".split()),
    "oci": frozenset(
        "attach create delete exec kill mount pause resume run run-wrapped start state umount update".split()
    ),
    "remote": frozenset(
        "add get-login-password list login logout remove status use add-keyserver remove-keyserver".split()
    ),
    "overlay": frozenset("create seal sync".split()),
    "sif": frozenset("add del dump header info list mount new setprim unmount".split()),
    "registry": frozenset("login logout list".split()),
    "plugin": frozenset("compile create disable enable inspect install list uninstall".split()),
}
"""The commands that have commands of their own, and those of all families."""

OTHER_NAMES = {"caps": "capability", "keys": "key", "plugins": "plugin", "siftool": "sif"}
"""The second names that commands have."""


def commands_of(family: str) -> frozenset[str]:
    """The commands of a family of runtimes, as `apptainer`; those by their second names are not among them."""
    return COMMON_COMMANDS | HIDDEN_COMMANDS | FAMILY_COMMANDS.get(family, frozenset())


GLOBAL_VALUES = {"-c": "--config", "--config": "--config"}
"""Options before the command that take a value."""

GLOBAL_FLAGS = frozenset("--build-config --debug --nocolor --quiet --silent --verbose -d -q -s -v".split())
"""Options of the runtime itself that take none: behind the command no runtime knows them."""

SIFCHECK_VALUES = frozenset("--ignore --site --site-file --runtime --color --config".split())
SIFCHECK_FLAGS = frozenset(
    "--force-build --no-remedies --no-plan --offline --dry-run --exec --sign --diagnose --quiet -q --isolated -h "
    "--help".split()
)
"""The own options of `sifcheck build`, which stand before those of the runtime."""

# Options with a value, those with a short form first.
_ACTION_VALUES = (
    "B:bind H:home o:overlay S:scratch W:workdir add-caps app apply-cgroups arch arch-variant authfile blkio-weight "
    "blkio-weight-device cdi-dirs containlibs cpu-shares cpus cpuset-cpus cpuset-mems cwd data device dmtcp-launch "
    "dmtcp-restart dns docker-host drop-caps env env-file fusemount hostname memory memory-reservation memory-swap mount "
    "netns-path network network-args no-mount pem-path pid-file pids-limit platform proot pwd runscript-timeout security "
    "shell"
)
_ACTION_FLAGS = (
    "e:cleanenv c:contain C:containall f:fakeroot i:ipc n:net p:pid u:userns w:writable h:help allow-setuid boot "
    "cleanenv compat disable-cache docker-login keep-privs no-compat no-eval no-home no-https no-init no-nv no-oci "
    "no-pid no-privs no-rocm no-setgroups no-tmp-sandbox no-umask nohttps nv nvccli oci oom-kill-disable passphrase rocm "
    "sharens sif-fuse tmp-sandbox unsquash uts vm writable-tmpfs"
)
_FETCH_VALUES = "arch arch-variant authfile dir docker-host library name path platform"

_BUILD_VALUES = (
    "B:bind arch arch-variant authfile build-arg build-arg-file builder docker-host library mksquashfs-args mount pem-path "
    "section platform tarball tmpdir docker-username docker-password"
)
_BUILD_FLAGS = (
    "d:detached e:encrypt f:fakeroot F:force h:help r:remote s:sandbox T:notest u:update disable-cache docker-login "
    "fix-perms ignore-fakeroot-command ignore-subuid ignore-userns json keep-layers no-cleanup no-https no-oci "
    "no-setgroups nohttps nv nvccli oci passphrase rocm userns warn-unused-build-args writable-tmpfs"
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
    "instance stop": "s:signal t:timeout u:user",
    "instance list": "u:user",
    "instance stats": "u:user",
    "sign": _SIGN_VALUES,
    "verify": _SIGN_VALUES,
    "inspect": "app",
    "cache": "D:days T:type N:name",
    "overlay": "s:size create-dir",
}
_FLAGS = {
    "build": _BUILD_FLAGS,
    "pull": "F:force h:help commit hash disable-cache docker-login no-cleanup no-https nohttps sandbox U:allow-unsigned",
    "push": "U:allow-unsigned no-https",
    **dict.fromkeys(("exec", "run", "test", "shell", "instance"), _ACTION_FLAGS),
    "instance stop": "a:all F:force h:help",
    "instance list": "a:all h:help j:json l:logs",
    "instance stats": "h:help j:json no-stream",
    "inspect": "d:deffile e:environment H:helpfile h:help j:json l:labels r:runscript s:startscript t:test all list-apps",
    "sign": "a:all h:help secret",
    "verify": "a:all h:help j:json l:local legacy-insecure ocsp-verify",
    "cache": "n:dry-run f:force h:help v:verbose s:summary a:all",
}

RUN_COMMANDS = frozenset(("exec", "run", "shell", "test"))
"""The commands that run something in an image: what stands behind the image is for what is run."""

Since = dict[str, tuple[int, ...]]

_BOTH_ARGUMENTS: Since = {"apptainer": (1, 2), "singularity-ce": (4, 0), "singularity-pro": (4, 0)}
_EVERY_SINGULARITY: Since = {"singularity": (3, 0), "singularity-ce": (3, 8), "singularity-pro": (3, 8)}
_NO_SETGROUPS: Since = {"singularity-ce": (3, 11, 4), "singularity-pro": (3, 11, 4)}
_OCI: Since = {"singularity-ce": (3, 11), "singularity-pro": (3, 11)}
_OCI_BUILDS: Since = {"singularity-ce": (4, 1), "singularity-pro": (4, 1)}

SINCE: dict[str, Since] = {
    "--no-setgroups": _NO_SETGROUPS,
    "--ignore-fakeroot-command": {"apptainer": (1, 1)},
    "--ignore-subuid": {"apptainer": (1, 1)},
    "--ignore-userns": {"apptainer": (1, 1)},
    "--userns": {"apptainer": (1, 1)},
    "--mksquashfs-args": {"apptainer": (1, 4), "singularity-ce": (4, 2), "singularity-pro": (4, 2)},
    "--build-arg": _BOTH_ARGUMENTS,
    "--build-arg-file": _BOTH_ARGUMENTS,
    "--warn-unused-build-args": {"apptainer": (1, 2)},
    "--arch": {"apptainer": (1, 4), **_EVERY_SINGULARITY},
    "--remote": _EVERY_SINGULARITY,
    "--detached": _EVERY_SINGULARITY,
    "--builder": _EVERY_SINGULARITY,
    "--oci": _OCI_BUILDS,
    "--no-oci": _OCI_BUILDS,
    "--keep-layers": _OCI_BUILDS,
}
"""The first version of each family that has an option of `build`; a family that is not named has it not."""

_SINCE_IN_RUNS: dict[str, Since] = {
    "--no-setgroups": _NO_SETGROUPS,
    "--oci": _OCI,
    "--no-oci": _OCI,
    "--device": _OCI,
    "--cdi-dirs": _OCI,
    "--no-tmp-sandbox": _OCI,
    "--tmp-sandbox": _OCI,
    "--sharens": {"apptainer": (1, 3)},
    "--unsquash": {"apptainer": (1, 1)},
}


def since(command: str, option: str) -> Since | None:
    """The first version of each family that has an option of a command; a family that is not named has it not.

    None for an option that every supported runtime has, or of which that is not known.  Apptainer knows `--remote`, to say
    that it is no longer supported, and so has it not.
    """
    if command == "build":
        return SINCE.get(option)
    return _SINCE_IN_RUNS.get(option) if command in RUN_COMMANDS or command == "instance" else None


def value_options(command: str, action: str | None = None) -> dict[str, str]:
    """The options of a command that take a value: each way to write one, and its name in full."""
    return _table(_of_action(_VALUES, command, action))


def flags(command: str, action: str | None = None) -> dict[str, str]:
    """The options of a command that take none."""
    return _table(_of_action(_FLAGS, command, action))


def _of_action(tables: dict[str, str], command: str, action: str | None) -> str:
    """What a table has of `instance stop`, else of `instance`."""
    return tables.get(f"{command} {action}") or tables.get(command, "")


def _table(words: str) -> dict[str, str]:
    found = {}
    for word in words.split():
        short, colon, name = word.rpartition(":")
        found[f"--{name}"] = f"--{name}"
        if colon:
            found[f"-{short}"] = f"--{name}"
    return found
