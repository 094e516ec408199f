"""What the runtimes say of the machine and of the account: namespaces, id maps, binds, limits."""

from __future__ import annotations

from sifcheck.base.startup import pattern
from sifcheck.diagnose.message import READ, REPORTED, Message

MESSAGES = (
    Message(
        "home-not-mountable",
        pattern(
            r"failed to mount (?P<home>\S+) to /root: (?P<why>permission denied|no such file or directory)"
        ),
        "machine",
        (
            "the runtime puts your home {home} at /root and cannot reach it from the namespace of the build "
            "({why}): a folder above it is closed to others and open to you by a group that does not count "
            "there, or the home is not on this node"
        ),
        (
            "SingularityCE and PRO: make the group that opens it the primary one first, or use "
            "--no-setgroups (3.11.4 and later); Apptainer keeps groups from 1.2 on"
        ),
        (
            "FATAL:   failed to mount /vol0004/u1 to /root: permission denied",
            "FATAL:   failed to mount /vol0004/u1 to /root: no such file or directory",
        ),
        commands=("namei -l {home}", "newgrp GROUP"),
        rules=("ENV101",),
        words=(
            "no such file or directory",
            "permission denied",
        ),
    ),
    Message(
        "newgidmap-other-owner",
        pattern(r"new[ug]idmap: Target \d+ is owned by a different user"),
        "machine",
        (
            "newgidmap refuses because your current group is not the one of your account: you are in a "
            "`newgrp` or `sg` shell"
        ),
        (
            "leave that shell and build outside it; or the administrator sets GRANT_AUX_GROUP_SUBIDS yes in "
            "/etc/login.defs"
        ),
        (
            (
                "newgidmap: Target 15435 is owned by a different user: uid:1001 pw_uid:1001 st_uid:1001, "
                "gid:54999 pw_gid:1001 st_gid:54999"
            ),
        ),
        commands=("exit",),
        rules=("ENV101", "JOB101"),
        weight=8,
        words=(" is owned by a different user",),
    ),
    Message(
        "newidmap-failed",
        pattern(
            r"(?P<program>new[ug]idmap): write to [ug]id_map failed|'(?P<again>new[ug]idmap)' execution failed"
        ),
        "machine",
        (
            "newuidmap and newgidmap have lost the privilege to write id maps: no setuid bit, a nosuid "
            "mount, or a job or container that forbids new privileges"
        ),
        "the administrator has to restore it; build on another node until then",
        (
            "newgidmap: write to gid_map failed: Operation not permitted",
            (
                "ERROR  : 'newgidmap' execution failed. Check that 'newgidmap' is setuid root or has setcap "
                "cap_setgid+eip."
            ),
        ),
        commands=("ls -l $(command -v newuidmap newgidmap)", "grep NoNewPrivs /proc/self/status"),
        rules=("ENV104",),
        words=(
            "' execution failed",
            "id_map failed",
        ),
    ),
    Message(
        "newuidmap-missing",
        pattern(r"(?P<program>new[ug]idmap) was not found in PATH"),
        "machine",
        "{program} is not installed, and this installation of the runtime needs it for --fakeroot",
        "the administrator installs it: package uidmap, or shadow-utils",
        (
            (
                "FATAL:   newuidmap was not found in PATH (/usr/bin:/bin), required with fakeroot and "
                "unprivileged installation when user is in /etc/subuid"
            ),
        ),
        rules=("ENV104",),
        words=(" was not found in PATH",),
    ),
    Message(
        "no-subgid",
        pattern(
            r"could not use fakeroot: no mapping entry found in (?P<file>/etc/sub[ug]id) for (?P<user>\S+)"
        ),
        "machine",
        "{user} has no line in {file}; both /etc/subuid and /etc/subgid need one",
        "ask the administrator for subordinate ids",
        ("FATAL:   could not use fakeroot: no mapping entry found in /etc/subgid for tester",),
        commands=("sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}",),
        rules=("ENV104",),
        words=("could not use fakeroot: no mapping entry found in ",),
    ),
    Message(
        "subid-range-too-small",
        pattern(
            r"mapping entries for user (?P<user>\S+) found in (?P<file>\S+) but all with a range count lower"
        ),
        "machine",
        "{user} has fewer than 65,536 subordinate ids in {file}",
        "ask the administrator for a whole range",
        (
            (
                "FATAL:   could not use fakeroot: mapping entries for user tester found in /etc/subuid but all "
                "with a range count lower than 65536"
            ),
        ),
        rules=("ENV104",),
        words=(" but all with a range count lower",),
    ),
    Message(
        "no-user-namespace",
        pattern(
            r"no user namespace available for fakeroot|requires either a suid installation or unprivileged "
            r"user namespaces|Failed to create user namespace: (?P<why>.*)"
        ),
        "machine",
        "this machine lets you make no user namespace, which a build without root needs",
        (
            "build on another node; the administrator can allow them (user.max_user_namespaces, an AppArmor "
            "profile for the runtime)"
        ),
        (
            "FATAL:   /etc/subuid mapping found but no user namespace available for fakeroot",
            (
                "FATAL:   Building from a definition file unprivileged requires either a suid installation or "
                "unprivileged user namespaces"
            ),
            (
                "ERROR  : Failed to create user namespace: maximum number of user namespaces exceeded, check "
                "/proc/sys/user/max_user_namespaces"
            ),
            "ERROR  : Failed to create user namespace: not allowed to create user namespace",
        ),
        commands=("cat /proc/sys/user/max_user_namespaces", "sifcheck doctor"),
        rules=("ENV103",),
        words=(
            "Failed to create user namespace: ",
            "no user namespace available for fakeroot",
            "requires either a suid installation or unprivileged user namespaces",
        ),
    ),
    Message(
        "namespace-refused",
        pattern(r"Failed to create (?P<kind>mount|network|ipc|uts|cgroup) namespace: (?P<why>.*)"),
        "machine",
        "this machine lets you make no {kind} namespace",
        "build on another node; the administrator can allow them",
        (
            (
                "ERROR  : Failed to create mount namespace: maximum number of mount namespaces exceeded, check "
                "/proc/sys/user/max_mnt_namespaces"
            ),
        ),
        commands=("grep . /proc/sys/user/max_*_namespaces",),
        rules=("ENV103",),
        words=("Failed to create ",),
    ),
    Message(
        "container-process-no-space",
        pattern(r"Failed to create container process: No space left on device"),
        "machine",
        (
            "no disk is full: the kernel allows no further namespace (max_pid_namespaces, or namespaces "
            "nested too deep)"
        ),
        (
            "do not clear any disk; build on another node or outside the container you are in, or have the "
            "limit raised"
        ),
        ("ERROR  : Failed to create container process: No space left on device",),
        commands=("grep . /proc/sys/user/max_*_namespaces",),
        rules=("ENV103",),
        weight=8,
        words=("Failed to create container process: No space left on device",),
    ),
    Message(
        "apparmor",
        pattern(r"Could not write info to setgroups: Permission denied|mount namespace requires privileges"),
        "machine",
        (
            "a security module (AppArmor on Ubuntu 23.10 and later) takes the rights of user namespaces away "
            "from this runtime"
        ),
        "the administrator installs the runtime's AppArmor profile or its setuid package",
        (
            "ERROR  : Could not write info to setgroups: Permission denied",
            "ERROR  : mount namespace requires privileges",
        ),
        commands=("cat /proc/sys/kernel/apparmor_restrict_unprivileged_userns",),
        rules=("ENV103",),
        source=REPORTED,
        words=(
            "Could not write info to setgroups: Permission denied",
            "mount namespace requires privileges",
        ),
    ),
    Message(
        "proc-not-mountable",
        pattern(r"failed to mount proc filesystem: operation not permitted"),
        "machine",
        (
            "something is mounted below /proc, as inside of another container: the kernel then lets nobody "
            "mount a fresh /proc"
        ),
        "build outside that container, or start it without masked paths",
        ("FATAL:   failed to mount proc filesystem: operation not permitted",),
        commands=("grep ' /proc/' /proc/self/mountinfo",),
        rules=("ENV103",),
        words=("failed to mount proc filesystem: operation not permitted",),
    ),
    Message(
        "user-unknown",
        pattern(r"Couldn't determine user account information: user: unknown userid (?P<uid>\d+)"),
        "machine",
        "this node does not know the user id {uid}: its directory service (LDAP, sssd) does not answer",
        "try another node, and tell the administrator",
        ("FATAL:   Couldn't determine user account information: user: unknown userid 1001",),
        commands=("getent passwd {uid}",),
        rules=("ENV101",),
        words=("Couldn't determine user account information: user: unknown userid ",),
    ),
    Message(
        "configuration-unreadable",
        pattern(r"couldn't parse configuration file (?P<file>.+?): (?P<why>.*)"),
        "machine",
        "the runtime cannot read its own configuration {file}",
        (
            "the administrator has to mend it; a runtime that was moved or copied looks for it in the wrong "
            "place"
        ),
        (
            (
                "FATAL:   While initializing: couldn't parse configuration file /etc/apptainer/apptainer.conf: "
                "open /etc/apptainer/apptainer.conf: permission denied"
            ),
        ),
        commands=("ls -l {file}",),
        rules=("ENV106",),
        words=("couldn't parse configuration file ",),
    ),
    Message(
        "no-fakeroot-route",
        pattern(
            r"--remote, --fakeroot, or the proot command are required|[Yy]ou must be the root user, however "
            r"you can use --remote or --fakeroot"
        ),
        "machine",
        "SingularityCE builds a definition file only as root, with --fakeroot, or through proot",
        "add --fakeroot",
        (
            (
                "FATAL:   --remote, --fakeroot, or the proot command are required to build this source as a "
                "non-root user"
            ),
            (
                "FATAL:   You must be the root user, however you can use --remote or --fakeroot to build from a "
                "Singularity recipe file"
            ),
        ),
        commands=("singularity build --fakeroot IMAGE.sif FILE.def",),
        rules=("BLD301",),
        source=READ,
        flavours=("singularity",),
        words=(
            "--remote, --fakeroot, or the proot command are required",
            "ou must be the root user, however you can use --remote or --fakeroot",
        ),
    ),
    Message(
        "sif-owner-ids",
        pattern(r"set_attributes: failed to change uid and gids? on (?P<path>.+?), because Invalid argument"),
        "unpack",
        (
            "the base image holds files of several users, and you have no subordinate ids to give them to "
            "({path} is the first)"
        ),
        "ask for subordinate ids, or use the docker image that the base was made from",
        (
            (
                "set_attributes: failed to change uid and gids on /image/rootfs/etc/shadow, because Invalid "
                "argument"
            ),
        ),
        rules=("ENV104", "BLD307"),
        kind="cause",
        words=("set_attributes: failed to change uid and gid",),
    ),
    Message(
        "fakeroot-command-foreign",
        pattern(
            r"(?:faked|libfakeroot\S*): (?:command )?not found|error while starting the `faked' daemon"
            r"|version [`'](?P<version>GLIBC_[\d.]+)' not found \(required by \S*fake\S*\)"
        ),
        "post",
        (
            "the host's fakeroot program was put into the image and does not run there: the image's C "
            "library is older, or is musl"
        ),
        "leave it out with --ignore-fakeroot-command, ask for subordinate ids, or take a newer base",
        (
            "/.singularity.d/libs/fakeroot: eval: line 140: /.singularity.d/libs/faked: not found",
            (
                "/.singularity.d/libs/faked: /lib64/libc.so.6: version `GLIBC_2.34' not found (required by "
                "/.singularity.d/libs/faked)"
            ),
        ),
        commands=("apptainer build --ignore-fakeroot-command IMAGE.sif FILE.def",),
        rules=("BLD302",),
        kind="cause",
        weight=8,
        flavours=("apptainer",),
        words=(
            "' not found (required by ",
            "error while starting the `faked' daemon",
            "not found",
        ),
    ),
    Message(
        "fakeroot-needs-getopt",
        pattern(r"fakeroot: .*getopt: (?:command )?not found"),
        "post",
        "the fakeroot script that the runtime put into the image needs getopt, and the image has none",
        (
            "leave it out with --ignore-fakeroot-command, ask for subordinate ids, or take a base with "
            "util-linux"
        ),
        ("/.singularity.d/libs/fakeroot: line 178: getopt: command not found",),
        commands=("apptainer build --ignore-fakeroot-command IMAGE.sif FILE.def",),
        rules=("BLD302",),
        kind="cause",
        weight=8,
        source=REPORTED,
        flavours=("apptainer",),
        words=("fakeroot: ",),
    ),
    Message(
        "fakeroot-refused",
        pattern(r"could not use fakeroot: (?P<why>.*)|not allowed to use fakeroot"),
        "machine",
        "--fakeroot cannot be used: {why}",
        "ask the administrator for lines in /etc/subuid and /etc/subgid",
        ("FATAL:   could not use fakeroot: no mapping entry found for tester",),
        commands=("grep $(id -un) /etc/subuid /etc/subgid",),
        rules=("ENV104",),
        weight=6,
        source=READ,
        words=(
            "could not use fakeroot: ",
            "not allowed to use fakeroot",
        ),
    ),
    Message(
        "devices-refused",
        pattern(r"while copying pseudo devices: while creating (?P<path>\S+): (?P<why>.*)"),
        "fetch",
        "this bootstrap makes devices, which wants root or subordinate ids ({why})",
        "use `Bootstrap: docker`, or build with subordinate ids",
        (
            (
                "FATAL:   While performing build: conveyor failed to get: while copying pseudo devices: while "
                "creating /tmp/build-temp-535427745/rootfs/dev/null: operation not permitted"
            ),
        ),
        rules=("BLD307", "ENV102", "DEF210"),
        source=REPORTED,
        words=("while copying pseudo devices: while creating ",),
    ),
    Message(
        "bind-source-missing",
        pattern(r"mount source (?P<path>.+?) doesn't exist"),
        "post",
        (
            "{path} is to be bound into %post and is not on this host: a bind option or variable names it "
            "(APPTAINER_BIND, SINGULARITY_BIND, ..._BINDPATH, ..._MOUNT)"
        ),
        "take the variable away for the build; it is meant for runs",
        (
            (
                "FATAL:   container creation failed: mount hook function failure: mount /vol0004->/vol0004 "
                "error: while mounting /vol0004: mount source /vol0004 doesn't exist"
            ),
        ),
        commands=("unset APPTAINER_BIND APPTAINER_BINDPATH SINGULARITY_BIND SINGULARITY_BINDPATH",),
        rules=("ENV105", "BLD304"),
        words=(" doesn't exist",),
    ),
    Message(
        "bind-destination-missing",
        pattern(r"destination (?P<path>.+?) doesn't exist in container"),
        "post",
        (
            "{path} is to be bound into %post, and the base image has no such folder; a writable image gets "
            "none made"
        ),
        "take the bind variable away, or make the folder in %setup",
        (
            (
                "FATAL:   container creation failed: mount hook function failure: mount /mnt/out->/opt/none "
                "error: while mounting /mnt/out: destination /opt/none doesn't exist in container"
            ),
        ),
        commands=("unset APPTAINER_BIND APPTAINER_BINDPATH SINGULARITY_BIND SINGULARITY_BINDPATH",),
        rules=("ENV105", "BLD304"),
        words=(" doesn't exist in container",),
    ),
    Message(
        "too-few-processes",
        pattern(r"pthread_create failed|fork: (?:retry: )?Resource temporarily unavailable"),
        "machine",
        (
            "the account may start no further process or thread, or may use no further address space (ulimit "
            "-u, ulimit -v)"
        ),
        "build inside a batch job; login nodes keep such limits",
        (
            "runtime/cgo: pthread_create failed: Resource temporarily unavailable",
            "/bin/sh: fork: retry: Resource temporarily unavailable",
        ),
        commands=("ulimit -u -v",),
        rules=("ENV302",),
        kind="cause",
        words=(
            "Resource temporarily unavailable",
            "pthread_create failed",
        ),
    ),
    Message(
        "address-space",
        pattern(
            r"fatal error: runtime: cannot allocate memory|runtime: out of memory|fatal error: failed to "
            r"reserve page summary"
        ),
        "machine",
        "the runtime itself got no memory: the limit on address space (ulimit -v) is below 1.5 GB",
        "raise it, or build inside a batch job",
        ("fatal error: runtime: cannot allocate memory",),
        commands=("ulimit -v unlimited",),
        rules=("ENV302",),
        words=(
            "fatal error: failed to reserve page summary",
            "fatal error: runtime: cannot allocate memory",
            "runtime: out of memory",
        ),
    ),
    Message(
        "no-subordinate-ids",
        pattern(r"User not listed in /etc/subuid|Installing some packages may fail"),
        "machine",
        "no subordinate ids: packages that make users or give files away may fail",
        "",
        (
            "INFO:    User not listed in /etc/subuid, trying root-mapped namespace",
            "INFO:    Installing some packages may fail",
        ),
        rules=("ENV104",),
        kind="note",
        weight=1,
        flavours=("apptainer",),
        words=(
            "Installing some packages may fail",
            "User not listed in /etc/subuid",
        ),
    ),
    Message(
        "mount-skipped",
        pattern(r"Skipping mount (?P<path>\S+) \[(?:binds|files|tmp|home)\]"),
        "post",
        "harmless: the image has no such file to put the host's over",
        "",
        ("WARNING: Skipping mount /etc/localtime [binds]: /etc/localtime doesn't exist in container",),
        kind="note",
        weight=1,
        words=("Skipping mount ",),
    ),
)
