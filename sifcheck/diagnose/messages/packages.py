"""What package managers say inside of %post."""

from __future__ import annotations

from sifcheck.base.startup import pattern
from sifcheck.diagnose.message import REPORTED, Message

_SANDBOX = """echo 'APT::Sandbox::User "root";' > /etc/apt/apt.conf.d/00sandbox"""

MESSAGES = (
    Message(
        "retired-apt-release",
        pattern(
            r"The repository '(?P<repository>[^']*)' (?:no longer has|does not have) a Release file"
            r"|(?P<url>https?://\S+/dists/\S+)\s+404\s+Not Found"
        ),
        "post",
        (
            "the distribution release of the base is retired and its packages have moved away "
            "({repository}{url})"
        ),
        (
            "take a base that is still supported; for an old one rewrite the sources to the distribution's "
            "archive first"
        ),
        (
            "E: The repository 'http://deb.debian.org/debian stretch Release' no longer has a Release file.",
            (
                "E: Failed to fetch http://deb.debian.org/debian/dists/stretch/main/binary-amd64/Packages  404  "
                "Not Found"
            ),
        ),
        rules=("DEF207",),
        kind="cause",
        weight=8,
        source=REPORTED,
        words=(
            "Not Found",
            "The repository '",
        ),
    ),
    Message(
        "apt-index-stale",
        pattern(r"Failed to fetch (?P<url>\S+\.deb)\s+404"),
        "post",
        "the package index in the base is older than what the mirror offers: a version that it names is gone",
        "run `apt-get update` in %post right before `apt-get install`",
        (
            (
                "E: Failed to fetch http://deb.debian.org/debian/pool/main/c/curl/curl_7.88.1-10_amd64.deb  404  "
                "Not Found [IP: 146.75.1.1 80]"
            ),
        ),
        commands=("apt-get update && apt-get install -y PACKAGE",),
        rules=("DEF406",),
        kind="cause",
        source=REPORTED,
        words=("Failed to fetch ",),
    ),
    Message(
        "apt-package-unknown",
        pattern(
            r"E: (?:Unable to locate package (?P<package>\S+)|Package '(?P<candidate>[^']*)' has no "
            r"installation candidate)"
        ),
        "post",
        (
            "apt knows no package {package}{candidate}: its index is empty (no `apt-get update` before it), "
            "or the release has no such package"
        ),
        "run `apt-get update` first; then look for the name in this release",
        ("E: Unable to locate package libfoo-dev", "E: Package 'python' has no installation candidate"),
        commands=("apt-get update && apt-get install -y {package}{candidate}",),
        rules=("DEF406",),
        kind="cause",
        weight=6,
        source=REPORTED,
        words=(
            "' has no installation candidate",
            "Unable to locate package ",
        ),
    ),
    Message(
        "apt-clock",
        pattern(r"Release file for (?P<url>\S+) is (?P<what>expired|not valid yet)"),
        "post",
        "apt takes the index for {what}: the clock of this node is wrong, or the release is archived",
        "look at the clock; for an archived release switch the check off",
        (
            (
                "E: Release file for http://deb.debian.org/debian/dists/x/InRelease is not valid yet (invalid "
                "for another 3h 2min)."
            ),
        ),
        commands=("date", "apt-get -o Acquire::Check-Valid-Until=false update"),
        rules=("DEF207",),
        kind="cause",
        source=REPORTED,
        words=("Release file for ",),
    ),
    Message(
        "apt-sandbox",
        pattern(r"(?:setgroups|setegid|seteuid|setresuid) \d+ failed"),
        "post",
        "apt wants to download as a user of its own, and this build has only one user id",
        "let apt stay root, with the line below at the beginning of %post; or ask for subordinate ids",
        (
            "E: setgroups 65534 failed - setgroups (1: Operation not permitted)",
            "E: seteuid 100 failed - seteuid (22: Invalid argument)",
        ),
        commands=(_SANDBOX,),
        rules=("ENV104", "ENV102"),
        kind="cause",
        weight=8,
        source=REPORTED,
        words=(" failed",),
    ),
    Message(
        "apt-signature",
        pattern(r"At least one invalid signature was encountered"),
        "post",
        (
            "most often no signature is at fault: gpg could not write its files (the temporary folder is "
            "full, /tmp is closed), or the base is too new for the host's kernel"
        ),
        "look at the free space and at the mode of /tmp before you switch any check off",
        (
            (
                "Err:1 http://deb.debian.org/debian bookworm InRelease  At least one invalid signature was "
                "encountered."
            ),
        ),
        commands=("df -h FOLDER", "ls -ld /tmp"),
        rules=("BLD102",),
        kind="cause",
        weight=6,
        source=REPORTED,
        words=("At least one invalid signature was encountered",),
    ),
    Message(
        "apt-key-missing",
        pattern(r"NO_PUBKEY (?P<key>[0-9A-F]+)|The repository '(?P<repository>[^']*)' is not signed"),
        "post",
        "apt has no key {key} to check a repository with",
        "put the repository's key into /etc/apt/keyrings and name it in the source line (signed-by=)",
        (
            (
                "W: GPG error: https://a.example InRelease: The following signatures couldn't be verified "
                "because the public key is not available: NO_PUBKEY A4B469963BF863CC"
            ),
            "E: The repository 'https://a.example stable InRelease' is not signed.",
        ),
        rules=("DEF408",),
        kind="cause",
        weight=5,
        source=REPORTED,
        words=(
            "NO_PUBKEY ",
            "The repository '",
        ),
    ),
    Message(
        "waits-for-answer",
        pattern(
            r"Please select the geographic area|\[Y/n\] Abort|Is this ok \[y/[Nd/]*\]: *(?:Operation aborted"
            r"|Exiting)|^Operation aborted\.?$|Do you want to continue\? \[Y/n\] *$"
        ),
        "post",
        "a package manager asked a question, and nobody answers in a build",
        "install with -y, and for Debian and Ubuntu with DEBIAN_FRONTEND=noninteractive",
        (
            "Do you want to continue? [Y/n] Abort.",
            "Please select the geographic area in which you live. Subsequent configuration",
            "Operation aborted.",
        ),
        commands=("export DEBIAN_FRONTEND=noninteractive", "apt-get install -y PACKAGE"),
        rules=("DEF403",),
        kind="cause",
        weight=6,
        source=REPORTED,
        words=(
            "Do you want to continue? [Y/n]",
            "Is this ok [y/",
            "Operation aborted",
            "Please select the geographic area",
            "[Y/n] Abort",
        ),
    ),
    Message(
        "dpkg-failed",
        pattern(
            r"dpkg: error processing (?:package|archive) (?P<package>\S+)|dpkg: unrecoverable fatal error"
        ),
        "post",
        "the package {package} could not be installed; the lines above it say why",
        "if they tell of chown or of users, the build lacks subordinate ids",
        ("dpkg: error processing package openssh-server (--configure):",),
        rules=("ENV104",),
        kind="cause",
        weight=4,
        source=REPORTED,
        words=(
            "error processing ",
            "unrecoverable fatal error",
        ),
    ),
    Message(
        "retired-yum-release",
        pattern(
            r"mirrorlist\.centos\.org|No URLs in mirrorlist|Cannot find a valid baseurl for repo: "
            r"(?P<repo>\S+)|Could not retrieve mirrorlist (?P<url>\S+)"
        ),
        "post",
        "the base is a retired CentOS release: its mirror list is switched off for good",
        (
            "take a base that is still supported, such as a Rocky Linux or AlmaLinux 8 or 9; or point the "
            "repositories to the archive"
        ),
        (
            (
                "Error: Failed to download metadata for repo 'appstream': Cannot prepare internal mirrorlist: No "
                "URLs in mirrorlist"
            ),
            (
                "Could not retrieve mirrorlist "
                "http://mirrorlist.centos.org/?release=7&arch=x86_64&repo=os&infra=container error was"
            ),
            "Cannot find a valid baseurl for repo: base/7/x86_64",
        ),
        rules=("DEF207",),
        kind="cause",
        weight=8,
        source=REPORTED,
        words=(
            "Cannot find a valid baseurl for repo: ",
            "Could not retrieve mirrorlist ",
            "No URLs in mirrorlist",
            "mirrorlist.centos.org",
        ),
    ),
    Message(
        "dnf-repository-unreachable",
        pattern(
            r"Failed to download metadata for repo '(?P<repo>[^']*)'|Errors during downloading metadata for "
            r"repository '(?P<again>[^']*)'"
        ),
        "post",
        (
            "the repository {repo}{again} does not answer: no way out of this node, a retired release, or a "
            "path that is not bound in the build"
        ),
        "try its address by hand from this node; a repository of the site may have to be bound with -B",
        ("Error: Failed to download metadata for repo 'baseos': Cannot download repomd.xml",),
        rules=("ENV401", "DEF207", "DEF413"),
        kind="cause",
        weight=6,
        source=REPORTED,
        words=(
            "Errors during downloading metadata for repository '",
            "Failed to download metadata for repo '",
        ),
    ),
    Message(
        "dnf-package-unknown",
        pattern(
            r"Unable to find a match: (?P<package>.+)|No package (?P<older>\S+) available|No match for "
            r"argument: (?P<one>\S+)"
        ),
        "post",
        "no repository of the base has a package {package}{older}{one}",
        "enable the repository that brings it (EPEL, CRB or PowerTools), or mend the name",
        ("Error: Unable to find a match: hdf5-devel", "No match for argument: hdf5-devel"),
        commands=("dnf install -y epel-release", "dnf config-manager --set-enabled crb"),
        rules=("DEF405",),
        kind="cause",
        weight=6,
        source=REPORTED,
        words=(
            "No match for argument: ",
            "No package ",
            "Unable to find a match: ",
        ),
    ),
    Message(
        "rpm-signature",
        pattern(r"GPG check FAILED|Public key for (?P<package>\S+) is not installed"),
        "post",
        "rpm has no key for a package, or the package is not what the key signed",
        "import the repository's key with `rpm --import`; switching the check off lets anything in",
        ("Error: GPG check FAILED", "Public key for x-1.0.rpm is not installed"),
        rules=("DEF408",),
        kind="cause",
        weight=6,
        source=REPORTED,
        words=(
            " is not installed",
            "GPG check FAILED",
        ),
    ),
    Message(
        "no-repositories",
        pattern(r"There are no enabled repositories|This system is not registered"),
        "post",
        "the base has no repositories without a subscription",
        "register it, or take a UBI image or a free rebuild of the distribution as base",
        ('Error: There are no enabled repositories in "/etc/yum.repos.d".',),
        rules=("DEF413",),
        kind="cause",
        weight=4,
        source=REPORTED,
        words=(
            "ere are no enabled repositories",
            "is system is not registered",
        ),
    ),
    Message(
        "package-unknown",
        pattern(
            r"(?<!\S)(?P<apk>\S+) \(no such package\)|error: target not found: (?P<pacman>\S+)|No provider of "
            r"'(?P<zypper>[^']*)' found|PackagesNotFoundError|ResolvePackageNotFound|nothing provides "
            r"(?:requested )?(?P<conda>\S+)"
        ),
        "post",
        "the package manager knows no package {apk}{pacman}{zypper}{conda}",
        "mend the name, or add the repository or channel that brings it",
        (
            "  libfoo (no such package):",
            "error: target not found: libfoo",
            "No provider of 'libfoo' found.",
            "PackagesNotFoundError: The following packages are not available from current channels:",
        ),
        rules=("DEF405",),
        kind="cause",
        weight=6,
        source=REPORTED,
        words=(
            " (no such package)",
            "No provider of '",
            "PackagesNotFoundError",
            "ResolvePackageNotFound",
            "error: target not found: ",
            "nothing provides ",
        ),
    ),
    Message(
        "python-managed",
        pattern(r"externally-managed-environment"),
        "post",
        "the distribution keeps its own Python and lets pip install nothing into it",
        "make a virtual environment in %post and put its bin folder first in PATH in %environment",
        ("error: externally-managed-environment",),
        commands=("python3 -m venv /opt/venv && /opt/venv/bin/pip install PACKAGE",),
        rules=("DEF407",),
        kind="cause",
        source=REPORTED,
        words=("externally-managed-environment",),
    ),
    Message(
        "pip-package-unknown",
        pattern(
            r"No matching distribution found for (?P<package>.+)|Could not find a version that satisfies the "
            r"requirement (?P<again>\S+)"
        ),
        "post",
        (
            "pip finds no {package}{again} for this Python and this processor; without a network it says the "
            "same"
        ),
        (
            "look at the Python version of the base and at the wheels that there are for its architecture; "
            "then at the network"
        ),
        (
            "ERROR: No matching distribution found for torch==1.7.0",
            (
                "ERROR: Could not find a version that satisfies the requirement torch==1.7.0 (from versions: "
                "none)"
            ),
        ),
        rules=("ENV401", "DEF511"),
        kind="cause",
        weight=6,
        source=REPORTED,
        words=(
            "Could not find a version that satisfies the requirement ",
            "No matching distribution found for ",
        ),
    ),
    Message(
        "pip-failed",
        pattern(
            r"Failed building wheel for (?P<package>\S+)|subprocess-exited-with-error|error: "
            r"metadata-generation-failed"
        ),
        "post",
        (
            "pip had to compile {package} and could not: there is no wheel for this Python and processor, "
            "and tools are missing"
        ),
        "install a compiler and the development packages, or take a Python that there are wheels for",
        ("  ERROR: Failed building wheel for mpi4py",),
        kind="cause",
        weight=4,
        source=REPORTED,
        words=(
            "Failed building wheel for ",
            "error: metadata-generation-failed",
            "subprocess-exited-with-error",
        ),
    ),
    Message(
        "apt-unsandboxed",
        pattern(r"Download is performed unsandboxed as root"),
        "post",
        "harmless: apt says so wherever it may not become another user",
        "",
        (
            (
                "W: Download is performed unsandboxed as root as file '/x.deb' couldn't be accessed by user "
                "'_apt'."
            ),
        ),
        kind="note",
        weight=1,
        source=REPORTED,
        words=("Download is performed unsandboxed as root",),
    ),
    Message(
        "debconf-frontend",
        pattern(
            r"debconf: (?:unable to initialize frontend|falling back to frontend)|delaying package "
            r"configuration, since apt-utils is not installed"
        ),
        "post",
        "harmless: there is no terminal to ask questions on",
        "",
        ("debconf: unable to initialize frontend: Dialog",),
        kind="note",
        weight=1,
        source=REPORTED,
        words=(
            "falling back to frontend",
            "laying package configuration, since apt-utils is not installed",
            "unable to initialize frontend",
        ),
    ),
)
