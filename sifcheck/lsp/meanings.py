"""What the words of a definition file mean: sections, header keys, bootstrap agents, in a few sentences each.

Sources: the parsers and build code of Apptainer 1.0-1.5 and SingularityCE 3.8-4.5 (read), Apptainer 1.4.5 (measured).
"""

from __future__ import annotations

from sifcheck.base.startup import NamedTuple
from sifcheck.runtime.features import FEATURES
from sifcheck.runtime.versions import Target


class Meaning(NamedTuple):
    """A word as it is best written, what it means in a line, and what else is good to know."""

    written: str
    short: str
    more: str = ""


SECTIONS: dict[str, Meaning] = {
    meaning.written: meaning
    for meaning in (
        Meaning(
            "pre",
            "Commands that run on the build machine before the base is fetched.",
            "They run as `/bin/sh -ex` in the folder of the call, with the rights of the caller; the root of the image is "
            "still empty. SingularityCE runs them for root or with `--fakeroot` only.",
        ),
        Meaning(
            "setup",
            "Commands that run on the build machine once the base is unpacked, before `%files`.",
            "The image lies below `$APPTAINER_ROOTFS` (or `$SINGULARITY_ROOTFS`); every other path is one of the build "
            "machine. A failing command ends the build.",
        ),
        Meaning(
            "files",
            "Files to copy into the image, one `SOURCE [DESTINATION]` a line, after `%setup` and before `%post`.",
            "Sources are relative to the folder of the call. Without a destination the file goes to its own path. "
            "`%files from STAGE` copies out of an earlier stage. Only double quotes keep blanks together.",
        ),
        Meaning(
            "post",
            "The commands that make the image, run inside of it.",
            "They run as `/bin/sh -ex` in `/`, as root or what looks like it, so the first failing command ends the "
            "build. `%environment` is not set yet. `%post -c /bin/bash` runs another shell, which then does not stop at "
            "failures unless told to. Lines put into `$APPTAINER_ENVIRONMENT` are read whenever the image starts.",
        ),
        Meaning(
            "environment",
            "Variables for those who use the image, read whenever it runs; not while it is built.",
            "A shell inside of the runtime reads it, whatever the image has. Only what is exported stays. `exit`, or a "
            "failing command below `set -e`, ends every run.",
        ),
        Meaning(
            "runscript",
            "What `run` does, and the image when it is called by its name.",
            'The words of the call are in `"$@"`. A `#!` in the first line chooses the interpreter, else `/bin/sh` '
            "reads it. A failing command does not end it.",
        ),
        Meaning(
            "startscript",
            "What `instance start` runs: the service that the instance is there for.",
            "It is read as `%runscript` is; the instance lasts as long as what it started.",
        ),
        Meaning(
            "test",
            "Commands that prove the image: run at the end of the build, and by `apptainer test`.",
            "Its last exit status counts: anything but 0 fails the build, unless it is made with `--notest`. It is not "
            "run with `-e`.",
        ),
        Meaning(
            "labels",
            "Facts about the image, one `KEY VALUE` a line, shown by `inspect`.",
            "The line is split at its first space: no quotes, no `=`, no comment behind a value.",
        ),
        Meaning(
            "help",
            "The text that `run-help` shows, taken as it stands.",
            "Comments stay in it as well; only a line that begins with `%` ends it.",
        ),
        Meaning(
            "arguments",
            "Values for `{{ NAME }}`, one `NAME=VALUE` a line, which `--build-arg NAME=VALUE` replaces.",
            "They hold for their stage only, and are put in before anything is read. Quotes belong to the value, and the "
            "values stay readable in the image.",
        ),
        Meaning(
            "appinstall",
            "Commands that install the app, run at the end of `%post` in the app's folder.",
            "The folder is `/scif/apps/NAME`. All of them run after `%post`, in the same shell.",
        ),
        Meaning("appfiles", "Files for the app, one `SOURCE [DESTINATION]` a line, below `/scif/apps/NAME`."),
        Meaning(
            "appenv", "Variables for those who run the app; read as `%environment` is, for this app only."
        ),
        Meaning("applabels", "Facts about the app, one `KEY VALUE` a line, shown by `inspect --app NAME`."),
        Meaning("apphelp", "The text that `run-help --app NAME` shows, taken as it stands."),
        Meaning(
            "apprun",
            "What `run --app NAME` does.",
            '`/bin/sh` reads it: a `#!` line does not count here. The words of the call are in `"$@"`.',
        ),
        Meaning("appstart", "What `instance start --app NAME` runs, by `/bin/sh`."),
        Meaning("apptest", "Commands that prove the app, run by `test --app NAME`, not by the build."),
    )
}
"""The sections by their name without the percent sign."""

KEYS: dict[str, Meaning] = {
    meaning.written.lower(): meaning
    for meaning in (
        Meaning(
            "Bootstrap",
            "Where the base comes from: the bootstrap agent. It is the first key of each header.",
            "A line that begins with it in column 0 opens a new stage wherever it stands. Its value is written in lower "
            "case.",
        ),
        Meaning(
            "From",
            "The base: an image reference, a path or an address, as the agent takes it.",
            "It has no `docker://` or the like in front. A tag can move; a digest (`@sha256:...`) cannot.",
        ),
        Meaning(
            "Stage",
            "The name of this stage, for `%files from NAME` further down.",
            "Only the last stage becomes the image. A name with a blank in it cannot be referred to.",
        ),
        Meaning("Registry", "The registry put in front of `From:`, without `https://`."),
        Meaning("Namespace", "The namespace put between `Registry:` and `From:`."),
        Meaning("Library", "The library that `Bootstrap: library` asks, in place of the configured one."),
        Meaning(
            "Fingerprints",
            "The keys that must have signed the base: full fingerprints, parted by commas.",
            "They count for SIF files only; a short key id never matches.",
        ),
        Meaning("Include", "Packages to install beside the base system, parted by blanks."),
        Meaning("MirrorURL", "Where the packages of the base system are fetched from."),
        Meaning("UpdateURL", "A second repository with updates, for `yum`, `dnf` and `zypper`."),
        Meaning("OtherURL0", "Further repositories for `zypper`, counted from 0 without a gap, 20 at most."),
        Meaning(
            "OSVersion",
            "The release of the base system; it stands for `%{OSVERSION}` in addresses.",
            "For `debootstrap` it is the code name of the release, which is needed.",
        ),
        Meaning("Setopt", "Options handed to `dnf` or `yum`, as `--setopt` takes them."),
        Meaning("ConfURL", "Where the configuration of `pacman` is fetched from, for `Bootstrap: arch`."),
        Meaning("IncludeCmd", "Known and used by nothing since Singularity 3.0."),
        Meaning(
            "Product", "The product of SUSE Linux Enterprise, for `zypper`; with `User:` and `Regcode:`."
        ),
        Meaning(
            "User",
            "The account that SUSE Linux Enterprise is registered with. It stays in the image's labels.",
        ),
        Meaning(
            "Regcode",
            "The registration code of SUSE Linux Enterprise. It stays readable in the image's labels.",
        ),
        Meaning("ProductPGP", "The key that signs the packages of the product, for `zypper`."),
        Meaning("RegisterURL", "The server that registers SUSE Linux Enterprise, for `zypper`."),
        Meaning("Modules", "Modules of SUSE Linux Enterprise, parted by commas, for `zypper`."),
        Meaning("Target", "The stage of the Dockerfile that is built, for `buildkit`."),
        Meaning(
            "Frontend", "What reads the Dockerfile, for `buildkit`; `dockerfile.v0` where nothing is said."
        ),
        Meaning("Filename", "The name of the Dockerfile in the folder that `From:` names, for `buildkit`."),
        Meaning(
            "BuildArgs", "Build arguments of the Dockerfile, `NAME=VALUE` parted by blanks, for `buildkit`."
        ),
    )
}
"""The header keys in lower case; `otherurl0` stands for all numbers."""

AGENTS: dict[str, Meaning] = {
    meaning.written: meaning
    for meaning in (
        Meaning("docker", "An image of a registry: `From: rockylinux:9.4`.", "`From:` is needed."),
        Meaning("library", "An image of a library: `From: user/collection/image:tag`.", "`From:` is needed."),
        Meaning(
            "oras", "A SIF file that lies in a registry: `From: registry/path:tag`.", "`From:` is needed."
        ),
        Meaning(
            "localimage",
            "An image of this machine: a SIF file, a squashfs file or a sandbox folder.",
            "The path in `From:` is relative to the folder of the call; without one that folder itself is the base.",
        ),
        Meaning("docker-daemon", "An image that a Docker of this machine holds: `From: name:tag`."),
        Meaning("docker-archive", "A file that `docker save` has written: `From: /path/to/file.tar`."),
        Meaning("oci", "A folder in the OCI layout: `From: /path/to/folder:tag`."),
        Meaning("oci-archive", "A tar file in the OCI layout: `From: /path/to/file.tar`."),
        Meaning(
            "scratch",
            "Nothing: an empty root.",
            "`%post` needs a `/bin/sh` that `%setup` or `%files` brings.",
        ),
        Meaning(
            "debootstrap",
            "A Debian or Ubuntu made of packages, by the `debootstrap` of this machine.",
            "`MirrorURL:` and `OSVersion:` are needed.",
        ),
        Meaning(
            "yum",
            "A system of RPM packages, by the `dnf` or `yum` of this machine.",
            "`MirrorURL:` is needed.",
        ),
        Meaning(
            "dnf",
            "A system of RPM packages, by the `dnf` or `yum` of this machine.",
            "`MirrorURL:` is needed.",
        ),
        Meaning("zypper", "A SUSE system made of packages, by the `zypper` of this machine."),
        Meaning("arch", "Arch Linux made of packages, by the `pacstrap` of this machine; for x86_64 only."),
        Meaning("busybox", "A single BusyBox program as the whole system.", "`MirrorURL:` is needed."),
        Meaning(
            "shub", "An image of Singularity Hub.", "The service has been closed: nothing can be fetched."
        ),
        Meaning("buildkit", "What a Dockerfile makes: `From:` names the folder that it is in."),
        Meaning("dockerfile", "Another word for `buildkit`."),
    )
}
"""The bootstrap agents as they are written."""


def page(kind: str, name: str, meaning: Meaning) -> str:
    """A meaning as Markdown; `kind` is "section", "key" or "agent", as in the table of what the versions know."""
    title = {"section": f"%{meaning.written}", "key": f"{meaning.written}:"}.get(kind, meaning.written)
    parts = [f"**`{title}`**  {meaning.short}", meaning.more]
    feature = "build arguments" if name == "arguments" else f"{kind} {name}"
    if feature in FEATURES:
        words = Target().since(feature)
        # What every version has that is still used needs no words.
        if words:
            parts.append(f"*Since {words}*")
    return "\n\n".join(part for part in parts if part)
