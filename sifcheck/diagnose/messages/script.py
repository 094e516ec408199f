"""What shells and plain commands say inside of %post."""

from __future__ import annotations

from sifcheck.base.startup import pattern
from sifcheck.diagnose.message import MEASURED, REPORTED, Message
from sifcheck.diagnose.messages.storage import BEST_FOLDER

MESSAGES = (
    Message(
        "foreign-program",
        pattern(r"[Ee]xec format error"),
        "post",
        "a program is for another kind of processor, or is a script without its `#!` line",
        "build on a node of the image's architecture; download the files for that one",
        ("/.post.script: line 4: /opt/bin/tool: Exec format error",),
        commands=("uname -m",),
        rules=("BLD202", "IMG101", "DEF511"),
        kind="cause",
        source=REPORTED,
        words=("xec format error",),
    ),
    Message(
        "kernel-too-old",
        pattern(
            r"FATAL: kernel too old|CPU does not support x86-64-v\d|CPU ISA level is lower than required"
        ),
        "post",
        "the C library of the base wants a newer kernel or processor than this machine has",
        "take an older release of the base",
        ("FATAL: kernel too old", "Fatal glibc error: CPU does not support x86-64-v2"),
        commands=("uname -r",),
        rules=("BLD203",),
        kind="cause",
        weight=8,
        source=REPORTED,
        words=(
            "CPU ISA level is lower than required",
            "CPU does not support x86-64-v",
            "FATAL: kernel too old",
        ),
    ),
    Message(
        "library-too-new",
        pattern(
            r"version [`'](?P<version>(?:GLIBC|GLIBCXX|CXXABI)_[\d.]+)' not found \(required by "
            r"(?P<program>[^)]+)\)"
        ),
        "post",
        (
            "{program} was built against a newer library ({version}) than the image has: host files were "
            "copied in or are bound, or a download is for another distribution"
        ),
        "install it inside of the image; keep LD_LIBRARY_PATH of the host out of the build",
        ("/opt/tool: /lib64/libc.so.6: version `GLIBC_2.34' not found (required by /opt/tool)",),
        commands=("unset LD_LIBRARY_PATH LD_PRELOAD",),
        rules=("DEF308",),
        kind="cause",
        source=REPORTED,
        words=("' not found (required by ",),
    ),
    Message(
        "no-space",
        pattern(
            r"No space left on device|no space left on device|\[Errno 28\]|not enough (?:free )?space|You "
            r"don't have enough free space"
        ),
        "post",
        (
            "the file system is full: inside of %post that is the temporary folder of the build, not the "
            "output's"
        ),
        "name a temporary folder with more room; memory-backed ones count as memory of the job",
        (
            "dd: error writing '/big': No space left on device",
            "E: You don't have enough free space in /var/cache/apt/archives/.",
            "OSError: [Errno 28] No space left on device",
        ),
        commands=("df -h FOLDER", "df -i FOLDER", BEST_FOLDER),
        rules=("BLD102", "BLD101"),
        kind="cause",
        weight=6,
        source=MEASURED,
        words=(
            "No space left on device",
            "You don't have enough free space",
            "[Errno 28]",
            "no space left on device",
            "not enough ",
        ),
    ),
    Message(
        "no-quota",
        pattern(r"Disk quota exceeded|disk quota exceeded|\[Errno 122\]"),
        "post",
        (
            "your quota is used up where the build writes: the temporary folder, or the cache in your home "
            "(df does not show quotas)"
        ),
        "name folders elsewhere for both, or clean the cache",
        ("tar: usr/lib/x.so: Cannot write: Disk quota exceeded",),
        commands=("apptainer cache list", "apptainer cache clean", BEST_FOLDER),
        rules=("BLD102", "ENV205"),
        kind="cause",
        weight=6,
        words=(
            "Disk quota exceeded",
            "[Errno 122]",
            "disk quota exceeded",
        ),
    ),
    Message(
        "file-size-limit",
        pattern(r"File size limit exceeded|File too large"),
        "post",
        "a file became larger than the limit on file sizes allows (ulimit -f)",
        "raise the limit, or build inside a batch job",
        ("File size limit exceeded (core dumped)",),
        commands=("ulimit -f unlimited",),
        rules=("ENV302",),
        kind="cause",
        weight=6,
        words=(
            "size limit exceeded",
            "too large",
        ),
    ),
    Message(
        "chown-in-post",
        pattern(
            r"(?:chown|chgrp|cpio: chown|error setting ownership of|Cannot change ownership to uid \d+, gid "
            r"\d+)\b.*(?:Invalid argument|Operation not permitted)"
        ),
        "post",
        (
            "%post wants to give a file to another user, and the build has only one: you have no subordinate "
            "ids (or they are not used)"
        ),
        (
            "ask the administrator for subordinate ids; until then build where you have them, or use "
            "--fakeroot with the fakeroot command"
        ),
        (
            "chown: changing ownership of '/var/lib/x': Invalid argument",
            (
                "error: unpacking of archive failed on file /usr/bin/ping: cpio: chown failed - Operation not "
                "permitted"
            ),
            "tar: bin/x: Cannot change ownership to uid 1000, gid 1000: Invalid argument",
        ),
        commands=("grep $(id -un) /etc/subuid /etc/subgid",),
        rules=("ENV104", "ENV102", "DEF402"),
        kind="cause",
        words=(
            "Invalid argument",
            "Operation not permitted",
        ),
    ),
    Message(
        "accounts-in-post",
        pattern(r"(?:useradd|groupadd|usermod|groupmod): failure while writing changes to (?P<file>\S+)"),
        "post",
        (
            "%post wants to make a user or group, and cannot replace {file}: the build has only one user id, "
            "or it is another's file"
        ),
        "ask the administrator for subordinate ids; until then leave the package or the user out",
        ("groupadd: failure while writing changes to /etc/group",),
        commands=("grep $(id -un) /etc/subuid /etc/subgid",),
        rules=("ENV104", "ENV102", "DEF402"),
        kind="cause",
        source=REPORTED,
        words=(": failure while writing changes to ",),
    ),
    Message(
        "rpm-cannot-write",
        pattern(
            r"unpacking of archive failed on file (?P<path>[^;:]+)\S*: cpio: (?:open|symlink|mkdir|rename"
            r"|mknod|link)"
        ),
        "post",
        "rpm may not write {path}: the build has too few user ids, or a folder of the host is bound there",
        "ask the administrator for subordinate ids, and take bind variables away for the build",
        ("error: unpacking of archive failed on file /usr/lib64/libz.so;5f6a6e62: cpio: symlink",),
        commands=("unset APPTAINER_BIND SINGULARITY_BIND",),
        rules=("ENV104", "ENV105"),
        kind="cause",
        source=REPORTED,
        words=("unpacking of archive failed on file ",),
    ),
    Message(
        "mknod-in-post",
        pattern(r"mknod: .*(?:Operation not permitted|Permission denied)"),
        "post",
        "no device can be made without root, whatever the ids",
        "leave the command out: the devices of the host are there in %post and in every run",
        ("mknod: /dev/x: Operation not permitted", "mknod: `/dev/null': Permission denied"),
        rules=("ENV203", "BLD307"),
        kind="cause",
        words=(
            "Operation not permitted",
            "Permission denied",
        ),
    ),
    Message(
        "user-switch-in-post",
        pattern(
            r"(?:su|runuser|gosu|setpriv): (?:cannot set groups|failed to set groups|.*setgroups).*|sudo: "
            r"(?P<why>.*(?:uid 0|setuid|nosuid).*)"
        ),
        "post",
        "%post runs as root already, and this build cannot switch to another user",
        "leave sudo and su out of %post",
        (
            "su: cannot set groups: Operation not permitted",
            "sudo: effective uid is not 0, is /usr/bin/sudo on a file system with the 'nosuid' option set?",
        ),
        rules=("DEF507", "ENV102"),
        kind="cause",
        words=(
            "cannot set groups",
            "failed to set groups",
            "setgroups",
            "sudo: ",
        ),
    ),
    Message(
        "no-services",
        pattern(
            r"System has not been booted with systemd|Failed to connect to bus|Failed to get D-Bus connection"
        ),
        "post",
        "there is no systemd in a container: services can neither be started nor enabled in %post",
        "leave systemctl and service out; start the program itself in %startscript",
        ("System has not been booted with systemd as init system (PID 1). Can't operate.",),
        rules=("DEF507",),
        kind="cause",
        weight=5,
        source=REPORTED,
        words=(
            "Failed to connect to bus",
            "Failed to get D-Bus connection",
            "System has not been booted with systemd",
        ),
    ),
    Message(
        "shell-syntax",
        pattern(
            r"[Ss]yntax error(?:: | near )(?P<what>.*)|Bad substitution|Illegal option -o pipefail|set: (?:-o "
            r")?pipefail|\[\[: (?:command )?not found|source: (?:command )?not found|pushd: (?:command )?not "
            r"found"
        ),
        "post",
        "%post is run by /bin/sh of the image, and the script is written for bash",
        (
            "write `%post -c /bin/bash` where the image has bash, or plain shell: `.` for source, `[ ]` for "
            "[[ ]]"
        ),
        (
            '/.post.script: 12: Syntax error: "(" unexpected',
            '/.post.script: line 1: syntax error: unexpected "("',
            "/.post.script: line 3: syntax error near unexpected token `('",
            "/.post.script: 3: Bad substitution",
            "/.post.script: line 4: source: not found",
            "/.post.script: 5: [[: not found",
            "/.post.script: 2: set: Illegal option -o pipefail",
        ),
        rules=("DEF503",),
        kind="cause",
        weight=6,
        source=REPORTED,
        words=(
            "Bad substitution",
            "Illegal option -o pipefail",
            "not found",
            "pipefail",
            "yntax error",
        ),
    ),
    Message(
        "carriage-returns",
        pattern(
            r"(?:\$'.*?\\r'|\\r|\^M): (?:command not found|bad interpreter|not found|No such file)|^: not "
            r"found$"
        ),
        "post",
        "the script has the line ends of Windows: every last word carries a carriage return",
        "convert the file",
        (
            "/.post.script: line 3: $'apt-get\\r': command not found",
            "/bin/bash^M: bad interpreter: No such file or directory",
            ": not found",
        ),
        commands=("sed -i 's/\\r$//' FILE",),
        rules=("JOB109", "DEF105"),
        kind="cause",
        source=REPORTED,
        words=(
            ": not found",
            "No such file",
            "bad interpreter",
            "command not found",
            "not found",
        ),
    ),
    Message(
        "invisible-blank",
        pattern(r"(?:\xc2\xa0|\xe3\x80\x80|\xe2\x80[\x80-\x8b])[^\s:]*: (?:command )?not found"),
        "post",
        (
            "an invisible blank that is none for a shell (a no-break space, a wide space) stands in the "
            "script; it came by copying"
        ),
        "replace it by a plain blank",
        ("/.post.script: line 1: \u00a0echo: not found",),
        commands=("grep -nP '[^\\x00-\\x7F]' FILE.def",),
        rules=("DEF105",),
        kind="cause",
        words=("not found",),
    ),
    Message(
        "text-on-section-line",
        pattern(
            r"(?:/bin/)?sh: (?:\d+: )?(?:can't open|cannot open|Can't open) '?(?P<word>[^':]+)'?"
            r"|(?:/bin/)?sh: illegal option -"
        ),
        "post",
        (
            "what stands behind the name of the section on its own line was taken for arguments of the "
            "shell: {word}"
        ),
        "begin the script on the line below",
        ("/bin/sh: can't open 'echo': No such file or directory", "/bin/sh: illegal option - "),
        rules=("DEF107", "DEF517"),
        kind="cause",
        weight=6,
        words=(
            "Can't open",
            "can't open",
            "cannot open",
            "sh: illegal option -",
        ),
    ),
    Message(
        "post-command-not-found",
        pattern(
            r"""(?:^|: )(?P<command>[^ \t:'\"]+): (?:command )?not found$|env: (?:'|`"""
            r"|\xe2\x80\x98)?(?P<env>[^\s'\xe2]+)(?:'|\xe2\x80\x99)?: No such file or directory"
        ),
        "post",
        "the image has no command {command}{env} (or it is not on PATH)",
        (
            "install the package that brings it, with the package manager of this base; export PATH in %post "
            "for what lies in /opt"
        ),
        (
            "/.post.script: line 1: dnf: not found",
            "/bin/sh: 56: apt-get: not found",
            "/.post.script: line 9: cmake: command not found",
            "/usr/bin/env: 'python': No such file or directory",
            "/usr/bin/env: ‘python’: No such file or directory",
        ),
        rules=("DEF405",),
        kind="cause",
        weight=6,
        words=(
            ": No such file or directory",
            "not found",
        ),
    ),
    Message(
        "file-missing-in-post",
        pattern(
            r"(?:cp|mv|ln|ls|cat|tar|sed|grep|chmod|chown|install|rpm|dpkg|source|patch|bash|sh|\.post\.script"
            r"|python3?|unzip|cd): (?:.{0,200}[ '\x98])?(?P<path>[^\s'\xe2:]+)(?:'|\xe2\x80\x99)?: (?:Cannot "
            r"open: )?No such file or directory|can't cd to (?P<folder>\S+)"
        ),
        "post",
        (
            "the script uses {path}{folder}, which is not there: %post sees the files of the image, not "
            "those of the host"
        ),
        "bring it in with %files, and make its folder first; folders made in %setup lie on the host",
        (
            "cp: cannot stat '/home/u/src': No such file or directory",
            "ls: /nosuchfolder: No such file or directory",
            "/bin/sh: 82: cd: can't cd to /opt/x",
            "tar: a.tar.gz: Cannot open: No such file or directory",
        ),
        rules=("DEF301", "DEF514"),
        kind="cause",
        weight=5,
        words=(
            "No such file or directory",
            "can't cd to ",
        ),
    ),
    Message(
        "read-only-in-post",
        pattern(r"(?<!\S)(?P<path>\S+): Read-only file system"),
        "post",
        (
            "the script writes where the build mounts something read-only over the image, as /proc, /sys or "
            "a bound folder"
        ),
        "leave that step out, or write to another place",
        ("touch: cannot touch '/sys/x': Read-only file system",),
        rules=("DEF510", "ENV105"),
        kind="cause",
        weight=5,
        source=REPORTED,
        words=(": Read-only file system",),
    ),
    Message(
        "denied-in-post",
        pattern(r"(?<!\S)(?P<path>/[^\s:]+): Permission denied$"),
        "post",
        (
            "%post may not run or open {path}: it has no execute permission, or belongs to an id that the "
            "build has not"
        ),
        "look at its mode (`chmod +x`); a file of the host may be closed to the namespace of the build",
        ("/.post.script: line 1: /x: Permission denied",),
        commands=("chmod +x {path}",),
        rules=("ENV104",),
        kind="cause",
        weight=4,
        words=(": Permission denied",),
    ),
    Message(
        "variable-unset",
        pattern(r"\b(?P<name>[A-Za-z_][A-Za-z_0-9]*): (?:parameter not set|unbound variable)"),
        "post",
        (
            "the script uses the variable {name}, which is not set in %post (variables of the host and of "
            "%environment are not there)"
        ),
        "set it in %post, or give it a default",
        (
            "/.post.script: line 2: UNDEFD: parameter not set",
            "/.post.script: line 2: HOME_X: unbound variable",
        ),
        rules=("DEF508",),
        kind="cause",
        weight=6,
        words=(
            "parameter not set",
            "unbound variable",
        ),
    ),
    Message(
        "killed-command",
        pattern(
            r"(?:^|line \d+: +\d+ )Killed\b|Killed signal terminated program (?P<program>\S+)|internal "
            r"compiler error: Killed"
        ),
        "post",
        (
            "a program was killed, almost always for want of memory: by the kernel, or by the memory limit "
            "of the job"
        ),
        (
            "start fewer compilers at once (`make -j4` in place of `make -j` or -j$(nproc)), or ask for more "
            "memory"
        ),
        (
            "c++: fatal error: Killed signal terminated program cc1plus",
            "gcc: internal compiler error: Killed (program cc1)",
            "/.post.script: line 12:  4711 Killed                  make -j",
            "Killed",
        ),
        rules=("DEF513", "ENV204", "ENV301"),
        kind="cause",
        weight=7,
        source=REPORTED,
        words=(
            "Killed",
            "Killed signal terminated program ",
            "internal compiler error: Killed",
        ),
    ),
    Message(
        "out-of-memory",
        pattern(
            r"std::bad_alloc|virtual memory exhausted|Cannot allocate memory|MemoryError|JavaScript heap out "
            r"of memory|java\.lang\.OutOfMemoryError"
        ),
        "post",
        "a program in %post got no more memory",
        "start fewer jobs at once, ask for more memory, and keep the temporary folder out of memory",
        (
            "virtual memory exhausted: Cannot allocate memory",
            "terminate called after throwing an instance of 'std::bad_alloc'",
        ),
        rules=("DEF513", "ENV302", "ENV204"),
        kind="cause",
        weight=6,
        source=REPORTED,
        words=(
            "Cannot allocate memory",
            "JavaScript heap out of memory",
            "MemoryError",
            "java.lang.OutOfMemoryError",
            "std::bad_alloc",
            "virtual memory exhausted",
        ),
    ),
)
