"""What images hold: scripts that cannot start, files that others cannot read, secrets, programs of another processor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.api import (
    Findings,
    Unknown,
    bad,
    finding,
    good,
    pattern,
    quote,
    rule,
)
from sifcheck_rules._machine import listed

if TYPE_CHECKING:
    from sifcheck.api import Files, Image, ImageEntry

_MOST_NAMED = 5


def _named(paths: list[str]) -> str:
    """The first paths of a list, and how many more there are."""
    more = len(paths) - _MOST_NAMED
    return listed([*paths[:_MOST_NAMED], *([f"{more} more"] if more > 0 else [])])


def _whole(image: Image) -> Files | None:
    """What lies in the image, where all of it is known."""
    files = image.files
    return None if isinstance(files, Unknown) or not files.complete else files


# -- IMG301

_SHELLS = ("sh", "bash", "dash", "ksh", "zsh", "ash")
_SCRIPTS = ("runscript", "startscript", "test")
_SEARCHED = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
# What a site binds into the container is not in the image.
_OF_THE_IMAGE = ("/bin/", "/sbin/", "/usr/", "/opt/", "/lib/", "/lib64/")


@rule(
    "IMG301",
    severity="error",
    profile="minimal",
    message={
        "": "the {script} asks for {program}, which is not in the image",
        "words": "the {script} begins with `{line}`: {program} takes `{words}` for the name of a script",
    },
    help={
        "": "install {program} in `%post`, or begin the script with a program that is there, as `#!/bin/sh`",
        "words": "the words after the section's name have got into the line: write them below it",
    },
)
@bad("", image={"scripts": {"runscript": '#!/bin/zsh\n\nexec tool "$@"\n'}})
@bad("", image={"scripts": {"runscript": "#!/bin/sh -c /bin/bash\n\nexec tool\n"}})
@good("")
def runscript_interpreter_missing(image: Image) -> Findings:
    """The first line of a run script names a program that is not in the image, so `run` cannot start.

    The runtime says "no such file or directory" and names the script, not the interpreter that is missing.  That is what
    `#!/bin/bash` does in an image made from Alpine, and the `#!/bin/sh` that every run script gets in one without a shell.
    Words after the name of the section land in this line, too.

    Source: measured (build and run, nine forms).
    """
    files = _whole(image)
    for script in _SCRIPTS:
        line = image.scripts.get(script, "").partition("\n")[0].strip()
        if not line.startswith("#!") or len(line) > 250:
            continue
        program, _, words = line[2:].strip().partition(" ")
        words = words.strip()
        name = program.rpartition("/")[2]
        if name in _SHELLS and words and (words[0] not in "-+" or words.startswith("-c ")):
            yield finding(image, "words", script=script, line=line, program=name, words=words)
        elif files is not None:
            missing = _missing(program, words, files)
            if missing:
                yield finding(image, script=script, program=missing)


def _missing(program: str, words: str, files: Files) -> str:
    """The program that a `#!` line starts and the image has not; "" where all is there or cannot be told."""
    if not program.startswith(_OF_THE_IMAGE):
        return ""
    if files.find(program) is None:
        return program
    if program.rpartition("/")[2] != "env":
        return ""
    wanted = [word for word in words.split() if not word.startswith("-") and "=" not in word]
    if not wanted or "/" in wanted[0]:
        return ""
    # What lies in a folder of its own may be on the PATH that the image sets.
    there = any(files.find(f"{folder}/{wanted[0]}") is not None for folder in _SEARCHED) or any(
        entry.path.endswith(f"/bin/{wanted[0]}") for entry in files.entries
    )
    return "" if there else wanted[0]


# -- IMG302

_KEPT_CLOSED = pattern(
    r"/(?:root|proc|sys|dev|run|tmp|boot|etc|var|home|lost\+found)(?:/|$)|/\.singularity\.d(?:/|$)"
    r"|/(?:sudo|su|ssh-keysign|polkit[^/]*|cups|dbus-daemon[^/]*|unix_chkpwd|utempter)(?:/|$)"
    r"|(?:\.key|\.pem|passwd|shadow|secrets?)$|/\.(?:ssh|gnupg)(?:/|$)"
)


@rule(
    "IMG302",
    severity="warning",
    confidence="medium",
    message={
        "folder": "others than the owner cannot look into {paths}",
        "file": "others than the owner cannot read {paths}",
        "image": "nobody but its owner can read the image itself",
    },
    help={
        "folder": "`chmod -R a+rX {first}` at the end of `%post`; in a container everybody but root is one of the others",
        "file": "`chmod -R a+rX {first}` at the end of `%post`; in a container everybody but root is one of the others",
        "image": "`chmod 755 {path}` if others are to run it",
    },
)
@bad("", image={"files": {"/opt/tool/": "0700"}})
@bad("", image={"files": {"/opt/tool/bin/tool": "0750", "/opt/tool/table.txt": "0600"}})
@good("")
def unreadable_for_others(image: Image) -> Findings:
    """Files in the image, or the image itself, cannot be read by those who are to run it.

    Files in an image belong to root; whoever runs it is one of the others.  What a build under umask 077 made, or a
    tarball brought with closed folders, fails at run time with "permission denied", and only for those who did not build it.
    The image itself follows the umask, too: under 077 its mode is 0700, which is an info of low confidence here, because
    a private image is meant to be just that.

    Source: singularity#1079, singularity#1220, singularity#2381; measured (umask 077 gives an image of mode 0700).
    """
    if image.mode is not None and not image.mode & 0o077 and image.kind != "sandbox":
        yield finding(image, "image", severity="info", confidence="low", path=quote(image.path))
    if isinstance(image.files, Unknown):
        return
    closed = {
        entry.path
        for entry in image.files.entries
        if entry.kind == "folder" and entry.mode & 0o005 != 0o005 and not _may_be_closed(entry)
    }
    outer = sorted(path for path in closed if not _lies_in_any(path, closed))
    if outer:
        yield finding(image, "folder", paths=_named(outer), first=quote(outer[0]))
    files = [
        entry.path
        for entry in image.files.entries
        if entry.kind == "file" and not entry.mode & 0o005 and not _may_be_closed(entry)
    ]
    files = [path for path in files if not _lies_in_any(path, closed)]
    if files:
        yield finding(image, "file", paths=_named(files), first=quote(files[0]))


def _may_be_closed(entry: ImageEntry) -> bool:
    """Whether a file is closed by intent: of root's, of the system's own, a key, or a program that changes its user."""
    return bool(entry.mode & 0o6000) or _KEPT_CLOSED.search(entry.path) is not None


def _lies_in_any(path: str, folders: set[str]) -> bool:
    while folders and path != "/":
        path = path.rpartition("/")[0] or "/"
        if path in folders:
            return True
    return False


# -- IMG303

_SECRETS = (
    (
        "a private key",
        pattern(r"/\.ssh/(?:id_[a-z0-9_]+|identity)$|/\.gnupg/(?:secring\.gpg|private-keys-v1\.d/[^/]+)$"),
    ),
    (
        "a stored login",
        pattern(
            r"/\.(?:netrc|git-credentials|pypirc|pgpass|my\.cnf|vault-token)$|/\.docker/config\.json$"
            r"|/\.(?:apptainer|singularity)/(?:docker-config\.json|remote\.yaml)$"
            r"|/\.aws/credentials$|/\.kube/config$|/\.config/(?:gh/hosts\.yml|rclone/rclone\.conf)$"
            r"|/\.config/gcloud/(?:credentials\.db|application_default_credentials\.json)$|/\.azure/[^/]*[Tt]oken[^/]*$"
            r"|/\.cache/huggingface/token$|/\.huggingface/token$"
        ),
    ),
    (
        "a key of a subscription",
        pattern(r"^/etc/pki/entitlement/[^/]+-key\.pem$|^/etc/pki/consumer/key\.pem$"),
    ),
    (
        "a history of typed lines",
        pattern(r"/\.(?:bash|zsh|python|mysql|psql|sqlite|node_repl)_history$|/\.histfile$"),
    ),
)


@rule(
    "IMG303",
    severity="warning",
    message="there is {what} in the image: {paths}",
    help="build it again without (`rm -f` at the end of `%post` does take it out); whoever has the image has it: make it void",
)
@bad("", image={"files": {"/root/.ssh/id_ed25519": "0600"}})
@good("")
def secret_in_image(image: Image) -> Findings:
    """A file in the image gives away a key, a login or what somebody typed.

    An image is passed on as one file, and everybody who has it can read all of it, whatever the modes in it say.  What
    a build needs to fetch things (keys, tokens, entitlements) is to be bound or copied in and removed before the build ends: the
    image has no layers, so what is removed is really gone.  Judged by names; empty files are not meant.

    Source: definition files of RIKEN for Open OnDemand, which remove theirs; the guide of CodeRefinery.
    """
    if isinstance(image.files, Unknown):
        return
    found: dict[str, list[str]] = {}
    for entry in image.files.entries:
        if entry.kind != "file" or not entry.size:
            continue
        for what, names in _SECRETS:
            if not entry.path.endswith(".pub") and names.search(entry.path):
                found.setdefault(what, []).append(entry.path)
    for what, paths in found.items():
        yield finding(image, what=what, paths=_named(paths))


# -- IMG304

_REGISTRIES = ("docker", "library", "oras", "shub", "docker-daemon", "docker-archive", "oci", "oci-archive")


@rule(
    "IMG304",
    severity="info",
    message={
        "": "the image holds no definition file, so nobody can build it again",
        "generated": "the image was made from {source}, and holds no definition file that says how that came about",
    },
    help={
        "": "write the steps into a definition file and build from that",
        "generated": "write the steps into a definition file with `From:` the same base, and build from that; an earlier one may lie in /.singularity.d/bootstrap_history",
    },
)
@bad("", image={"definition": "none"})
@bad("", image={"definition": "bootstrap: localimage\nfrom: work/box\n\n"})
@good("")
def no_definition_inside(image: Image) -> Findings:
    """Nothing in the image says how it was made.

    What was typed into a sandbox leaves no trace: the image made of it has two generated lines that name the folder.  A
    definition file is the only record from which it can be built for another machine, or after a security fix.  A plain
    conversion of a registry's image is its own record.

    Source: RIKEN guide on images (a sandbox leaves no history); pages on definition files of both user guides.
    """
    if image.kind == "oci-sif" or image.problems:
        return
    if image.definition is None:
        if image.kind != "squashfs" or not isinstance(image.files, Unknown):
            yield finding(image)
    elif image.origin is not None and image.origin[0] not in _REGISTRIES:
        yield finding(image, "generated", source=image.origin[1] or image.origin[0])


# -- IMG305

_FOREIGN_BY_INTENT = pattern(
    r"/(?:firmware|prebuilds|testdata|tests?|targets|sysroot|cross|qemu[^/]*|binfmt[^/]*)(?:/|$)"
    r"|/[a-z0-9_]+-(?:[a-z0-9]+-)?linux-(?:gnu|musl|android)[a-z0-9]*(?:/|$)|/qemu-[^/]*$|/lib32/"
)
_RELATED = {"x86_64": ("i686",), "aarch64": ("arm",), "ppc64le": ("ppc64", "ppc"), "mips64": ("mips",)}


@rule(
    "IMG305",
    severity="warning",
    confidence="medium",
    message="programs in the image are for {foreign}, and the image is for {architecture}: {paths}",
    help="fetch or build those for {architecture}; in `%post`, `$(uname -m)` names the processor",
)
@bad("", image={"programs": {"/opt/tool/bin/tool": "aarch64"}})
@good("")
def foreign_binaries(image: Image) -> Findings:
    """Programs in the image are made for another processor than the image.

    A `%post` that fetches `tool-linux-x86_64.tar.gz` on a machine of aarch64 ends silently; "exec format error" comes
    in the job.  A sample is looked at: programs and libraries below /opt and /usr/local, and in folders called bin.
    Not meant are firmware, cross compilers and what they build for, programs of qemu, and 32-bit programs of the same
    family.

    Source: inferred from public definition files, of which a quarter fetches programs for x86_64 by name.
    """
    if image.architecture is None:
        return
    foreign: dict[str, list[str]] = {}
    for path, architecture in image.programs.items():
        if architecture in (image.architecture, *_RELATED.get(image.architecture, ())):
            continue
        if not _FOREIGN_BY_INTENT.search(path):
            foreign.setdefault(architecture, []).append(path)
    for architecture, paths in foreign.items():
        yield finding(image, foreign=architecture, architecture=image.architecture, paths=_named(paths))
