"""What a build script asks of the machine that builds, and does to it: its /tmp, services, kernel and host files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.api import (
    HOST_TMP,
    PACKAGE_MANAGERS,
    ChangedFolder,
    Command,
    Downloaded,
    Draft,
    Edit,
    Findings,
    Moved,
    Removed,
    Script,
    Severity,
    Span,
    Stage,
    Unpacked,
    Word,
    Written,
    bad,
    delete,
    effects_of,
    effects_of_command,
    finding,
    good,
    known_value,
    lies_in,
    lines_before,
    package_call,
    path_start,
    pattern,
    rule,
    tmp_folder,
)
from sifcheck_rules._build_host import SINGLE_ID, mode_of
from sifcheck_rules._failures import severity_of_failure

if TYPE_CHECKING:
    from sifcheck.api import Host

# -- DEF504

_ALL_OF_TMP = pattern(r"/(?:var/)?tmp/?(?:/(?:\*\*?|\.\*|[.?*\[\]!{},]+))?/?")
_EVERYTHING = pattern(r"(?:\./)?(?:\*|\.\*|\.\[!?\.\]\*|\{[.*,?]+\})")


@rule(
    "DEF504",
    severity="error",
    supersedes=("SC2114", "SC2115"),
    profile="minimal",
    fix="safe",
    message={
        "": "{folder} is the host's while the image is built: this deletes what lies there, and the build itself where it works there",
        "contents": "{folder} is the host's while the image is built: this deletes your files there, and as root everybody's",
        "itself": "{folder} is the host's while the image is built: its contents go, and then `{program}` fails (`Device or resource busy`)",
    },
    help="delete it: nothing of {folder} is in the image",
)
@bad(
    """
    %post
        dnf clean all
        rm -rf /tmp/* /root/.cache
               ^^^^^^
    """,
    fixed="""
    %post
        dnf clean all
        rm -rf /root/.cache
    """,
)
@good("""
    %post
        rm -rf /tmp/solver /tmp/*.tar.gz /var/tmp/solver-*
        find /tmp -name 'solver*' -delete
        rm -rf "${APPTAINER_ROOTFS}/tmp/"*
        echo "rm -rf /tmp/*"
    """)
def host_tmp_deleted(script: Script) -> Findings:
    """A build script deletes the host's temporary files.

    /tmp and /var/tmp of the host are mounted over those of the image during %post and %test.  The files in the image's own
    are not reached; those of the user and, in a build as root, of everybody are gone.  /tmp is the default temporary folder:
    there the tree that is being built is among them, with the host's /var/tmp mounted in it, and the build ends with `Device
    or resource busy`, `|| true` or not.  It goes on where the build works elsewhere and all of /tmp is the user's; so it
    does after `/var/tmp/*`, which is a warning.  The folder itself can never be removed.  Source: Apptainer 1.4.5, measured
    (9 forms); singularity#2538, singularity#2509, singularity#4582; 1.6 % of 7,815 public files.
    """
    if "tmp" not in script.text or script.section.name not in ("post", "test", "appinstall", "apptest"):
        return
    if not script.section.deciding.is_shell:
        return
    for command, words, chosen in effects_of(script, Removed):
        found = [word for word in words if _is_all_of_tmp(word)] if not chosen else []
        if not found:
            continue
        folders = [tmp_folder(_full_path(word)) for word in found]
        key, severity = _fate(command, found, folders)
        together = words.index(found[-1]) - words.index(found[0]) == len(found) - 1
        at = Span(found[0].span.start, (found[-1] if together else found[0]).span.end)
        folder = next((one for one in folders if one == HOST_TMP[0]), folders[0])
        yield finding(
            at,
            key,
            severity=severity,
            fix=_without(command, words, found),
            folder=folder,
            program=command.program,
        )


def _full_path(word: Word) -> str:
    named = known_value(word) or ""
    return named if named.startswith("/") else _folder_before(word) or ""


def _fate(command: Command, found: list[Word], folders: list[str]) -> tuple[str, Severity]:
    """What becomes of the build: it lies in /tmp unless it is told otherwise, and no folder that is mounted can be removed."""
    if HOST_TMP[0] in folders:
        return "", "error"
    whole = any((known_value(word) or "").rstrip("/") in HOST_TMP for word in found)
    limited = command.program == "find" and {"-mindepth", "-type"} & {
        word.value for word in command.arguments
    }
    return ("itself", "error") if whole and not limited and not command.handled else ("contents", "warning")


def _is_all_of_tmp(word: Word) -> bool:
    text = known_value(word)
    if text is None:
        return False
    if _ALL_OF_TMP.fullmatch(text):
        return True
    return bool(_EVERYTHING.fullmatch(text)) and _folder_before(word) in HOST_TMP


def _folder_before(word: Word) -> str | None:
    """The folder that the script stands in where a word is used; None where nobody can say."""
    command = next(
        (one for one in word.script.commands("rm", "find") if one.start <= word.start < one.end), None
    )
    moves = [one for one in word.script.commands("cd", "pushd", "popd") if one.start < word.start]
    if command is None or not moves or moves[-1].program == "popd":
        return None
    last = moves[-1]
    same = (last.top_level and command.top_level) or (last.list is not None and last.list is command.list)
    words = last.arguments
    return (
        (known_value(words[0]) or "").rstrip("/") if same and not last.handled and len(words) == 1 else None
    )


def _without(command: Command, words: tuple[Word, ...], found: list[Word]) -> Edit | list[Edit]:
    if len(found) == len(words):
        return delete(command)
    edits = []
    for word in found:
        before = max(other.span.end for other in command.words if other.start < word.start)
        edits.append(Edit(before, word.span.end, ""))
    return edits


# -- DEF510

_SERVICES = frozenset("start stop restart reload try-restart status daemon-reload isolate is-active".split())
_KERNEL = frozenset("modprobe insmod rmmod dkms iptables ip6tables ufw setenforce".split())
_HOST_FILES = ("/etc/hosts", "/etc/resolv.conf")
_RELEASE = pattern(r"(?:\$\(|`)[ \t]*uname[ \t]+(?:-r|--kernel-release)[ \t]*(?:\)|`)")
_HEADERS = (
    "linux-headers-",
    "linux-image-",
    "linux-tools-",
    "linux-modules-",
    "kernel-devel-",
    "kernel-headers-",
)


@rule(
    "DEF510",
    severity="warning",
    fix="unsafe",
    message={
        "": "`{what}` needs a system that runs: an image has no services and no kernel",
        "device": "`mknod` makes a device node, which a build by this user may not do in any folder",
        "kernel": "{what} is for the kernel of the machine that builds: the image runs on others, with theirs",
        "lost": "{file} is the host's during the build: what is written to it is not in the image",
        "replaced": "{file} is mounted during the build: `{what}` of it fails (`Device or resource busy`)",
    },
    help={
        "": "drop the line; start a service in %startscript",
        "device": "leave it out: /dev in a container is the machine's; or build with subordinate ids or as root",
        "kernel": "drop it: nothing in an image can use it",
        "lost": "drop the line: the runtime puts the host's file in at each run",
        "replaced": "drop the line: the runtime puts the host's file in at each run",
    },
)
@bad(
    """
    %post
        dnf install -y postgresql-server
        systemctl start postgresql
        ^^^^^^^^^^^^^^^^^^^^^^^^^^
    """,
    fixed="""
    %post
        dnf install -y postgresql-server
    """,
)
@good(
    """
    %post
        mknod /dev/card c 10 1 || true
        mknod /run/pipe p
    """,
    host=SINGLE_ID,
)
def host_state_in_post(script: Script, host: Host | None = None) -> Findings:
    """A build script needs, or changes, what belongs to a running machine.

    %post runs in a container without an init, as root in name only, and under the kernel of the machine that builds.
    /etc/hosts and /etc/resolv.conf are mounted: what is added to them is lost, and `sed -i`, `mv`, `rm` of them fail.
    Without root no module is loaded and no setting of the kernel changed; device nodes are only pretended with subordinate
    ids, and refused with one id alone (`mknod: Operation not permitted`): with a host, both are errors there.
    `mount` brings in no device and no share there; a bind, tmpfs or proc it does.
    Source: Apptainer 1.4.5, measured; of 7,815 public files 0.3 % for services, 0.4 % for kernel headers.
    """
    if script.section.name not in ("post", "appinstall") or not script.section.deciding.is_shell:
        return
    mode = mode_of(host)
    for command in script.commands("systemctl", "sysctl", "mount", *_KERNEL):
        what = None if _is_excused(command) else _needs_system(command)
        if what:
            refused = mode not in (None, "root") and command.top_level and command.program in _OF_ROOT
            level: Severity = severity_of_failure(command) if refused else "warning"
            yield finding(command, severity=level, fix=delete(command), what=what)
    if mode in _WITHOUT_NODES and "mknod" in script.text:
        for command in script.commands("mknod"):
            if command.top_level and not _is_excused(command) and _makes_device(command):
                yield finding(command, "device", severity=severity_of_failure(command))
    if "uname" in script.text or "dkms" in script.text:
        yield from _for_this_kernel(script)
    if "/etc/hosts" in script.text or "/etc/resolv.conf" in script.text:
        yield from _host_files(script)


# What the kernel lets nobody do but root of the machine.
_OF_ROOT = ("modprobe", "insmod", "rmmod", "sysctl")
_WITHOUT_NODES = ("single", "fakeroot-in-namespace", "fakeroot-alone")


def _makes_device(command: Command) -> bool:
    kinds = command.operands(("-m", "--mode"))[1:2]
    return any(word.value in ("b", "c", "u") for word in kinds)


def _is_excused(command: Command) -> bool:
    return command.handled or bool(command.function and command.function == command.program)


def _needs_system(command: Command) -> str | None:
    """What a command asks of the system that runs, None where that is nothing."""
    program, text = command.program or "", command.script.text
    values = [word.value or "" for word in command.arguments]
    verb = next((value for value in values if value[:1] != "-"), "")
    if program == "systemctl":
        faked = "systemctl.py" in text or "systemctl3.py" in text or "systemctl-replacement" in text
        return f"systemctl {verb}" if verb in _SERVICES and not faked else None
    if program == "sysctl":
        sets = any(value in ("-w", "-p", "--system", "--write", "--load") or "=" in value for value in values)
        return "sysctl" if sets else None
    if program == "mount":
        return "mount" if _mounts_device(command) else None
    if program == "dkms" and verb in ("status", ""):
        return None
    return f"{program} {verb}".strip() if values and "--version" not in values else None


_MOUNT_VALUES = ("-t", "--types", "-o", "--options", "-L", "-U", "-N")
_WITHOUT_DEVICE = frozenset("tmpfs ramfs proc sysfs devpts mqueue overlay bpf cgroup cgroup2".split())
_SAME_TREE = pattern(r"(?:^|,)(?:r?bind|remount|r?shared|r?slave|r?private|move)(?:,|$)")


def _mounts_device(command: Command) -> bool:
    """Whether `mount` is to bring in a device or a share; a bind or a file system in memory works, without root as well."""
    if not command.operands(_MOUNT_VALUES):
        return False
    values = [word.value or "" for word in command.arguments]
    if any(value in ("-B", "-R", "-M") or value.startswith(("--bind", "--rbind", "--m")) for value in values):
        return False
    kind = command.option_value("-t", "--types", takes_value=_MOUNT_VALUES)
    options = command.option_value("-o", "--options", takes_value=_MOUNT_VALUES)
    unknown = any(word is not None and word.value is None for word in (kind, options))
    if unknown or (kind is not None and kind.value in _WITHOUT_DEVICE):
        return False
    return options is None or _SAME_TREE.search(options.value or "") is None


def _for_this_kernel(script: Script) -> Iterator[Draft]:
    """Packages that belong to the kernel that happens to run."""
    for command in script.commands(*PACKAGE_MANAGERS):
        call = None if command.handled else package_call(command)
        if call is None or call.action != "install":
            continue
        for word in call.names:
            text = word.text.strip("\"'")
            if not (text == "dkms" or (text.startswith(_HEADERS) and _RELEASE.search(text))):
                continue
            rest = len(call.names) > 1
            before = max(other.span.end for other in command.words if other.start < word.start)
            fix = Edit(before, word.span.end, "") if rest else delete(command)
            yield finding(word, "kernel", fix=fix, what=f"`{text}`")


def _host_files(script: Script) -> Iterator[Draft]:
    """What is done to the files that are mounted during the build."""
    for effect in effects_of(script, Written, Moved, Removed):
        command = effect.command
        files = [file for file in map(_host_file, _touched(effect)) if file]
        if command is None or command.handled or not files:
            continue
        if isinstance(effect, Written) and effect.by != "sed -i":
            alone = effect.by != "tee" and command.piped_from is None
            at = command if effect.by == "tee" else command.statement_span
            yield finding(at, "lost", fix=delete(command) if alone else None, file=files[0])
        else:
            what = effect.by if isinstance(effect, Written) else command.program
            fix = delete(command) if len(command.operands()) == 1 or what != "rm" else None
            level = severity_of_failure(command)
            yield finding(command, "replaced", severity=level, fix=fix, file=files[0], what=what)


def _touched(effect: Written | Moved | Removed) -> tuple[Word | None, ...]:
    if isinstance(effect, Written):
        return (effect.path,)
    return (*effect.sources, effect.target) if isinstance(effect, Moved) else effect.paths


def _host_file(word: Word | None) -> str | None:
    text = known_value(word) if word is not None else None
    return text if text in _HOST_FILES else None


# -- DEF515

_BUILDERS = {"make": ("-C",), "cmake": ("-B",)}
_BELOW_TMP = pattern(r"(?<![\w./$}])/(?:var/)?tmp(?=[/ \t\n;&|)\"']|$)")


@rule(
    "DEF515",
    severity="info",
    fix="unsafe",
    message={
        "": "{folder} is the host's while the image is built, not the build's temporary folder",
        "setup": "%post cannot see what %setup put into the image's {folder}: the host's is mounted over it",
    },
    help={
        "": 'work in a folder of the image, as /opt/build, and remove it at the end; or build with `--bind "$TMPDIR:{folder}"`',
        "setup": "use another folder of the image in both, as /opt/build, and remove it at the end",
    },
)
@bad("""
    %post
        wget -q https://example.org/solver.tar.gz
        tar -xzf solver.tar.gz -C /var/tmp
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """)
@good("""
    %post
        mkdir -p /opt/build && cd /opt/build
        wget -q -O /tmp/get.sh https://example.org/get.sh
        sh /tmp/get.sh && rm /tmp/get.sh
        cd "$(mktemp -d)"
    %test
        cd /tmp
        solver --version
    """)
def works_in_host_tmp(stage: Stage) -> Findings:
    """%post unpacks or builds below the host's /tmp.

    The host's /tmp and /var/tmp are mounted over the image's: what is unpacked there takes room that others need, may meet
    files of the same name from another build, and cannot be run where the host mounts it noexec.  APPTAINER_TMPDIR does not
    change that.  Source: Apptainer 1.4.5, measured; singularity#5514, apptainer#895, sylabs#2913; 8.9 % of 7,815 public files.
    """
    for script in stage.build_scripts:
        if "tmp" not in script.text or not script.section.deciding.is_shell:
            continue
        for command in script.commands("cd", "pushd", "git", "tar", "unzip", *_BUILDERS):
            word = _work_folder(command)
            path = path_start(word) if word is not None else ""
            if lies_in(path, *HOST_TMP) and not command.condition and not command.substitution:
                folder = tmp_folder(path)
                if _set_up(stage, folder):
                    yield finding(command, "setup", severity="warning", folder=folder)
                else:
                    yield finding(command, fix=_in_image(script, command), folder=folder)
                return


_ROOTFS_TMP = pattern(r"(?:SINGULARITY|APPTAINER)_ROOTFS\}?[\"']?(/(?:var/)?tmp)(?![\w.-])")


def _set_up(stage: Stage, folder: str) -> bool:
    """Whether %setup names that folder below the root of the image, which %post does not see."""
    found = (match for setup in stage.named("setup") for match in _ROOTFS_TMP.finditer(setup.code))
    return any(match[1] == folder for match in found)


def _work_folder(command: Command) -> Word | None:
    """The folder that a command changes into, unpacks to or builds in."""
    if command.program in _BUILDERS:
        return command.option_value(*_BUILDERS[command.program])
    for effect in effects_of_command(command):
        if isinstance(effect, ChangedFolder | Unpacked):
            return effect.folder
        if isinstance(effect, Downloaded) and command.program == "git":
            return effect.target
    return None


def _in_image(script: Script, command: Command) -> list[Edit] | None:
    """The edits that put /opt/build in the place of the folder, everywhere in the script."""
    section = script.section
    stage = section.stage
    copied = any("tmp/" in files.body for files in stage.named("files", "setup"))
    if copied or len(stage.build_scripts) != 1 or script.problems or not command.top_level:
        return None
    start = section.body_span.start
    code = section.code
    edits = [
        Edit(start + found.start(), start + found.end(), "/opt/build") for found in _BELOW_TMP.finditer(code)
    ]
    made = lines_before(command, "mkdir -p /opt/build")
    if not edits or edits[0].start < made[0].start or _ALL_REMOVED.search(code):
        return None
    return [*made, *edits]


_ALL_REMOVED = pattern(r"\brm\b[^\n;&|]*/tmp/?(?:[ \t\n*]|$)")
