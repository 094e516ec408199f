"""What each runtime and version accepts in a definition file: the one table that rules ask through `target`.

Sources: the change logs and parsers of Apptainer 1.0-1.5, SingularityCE 3.8-4.5 and Singularity 3.0-3.8 (read), and
Apptainer 1.4.5 (measured).  SingularityPRO is closed; x.y is built from the tree of SingularityCE x.y and is taken to
accept what that does.
"""

from __future__ import annotations

from collections.abc import Iterable

from sifcheck.base.findings import Severity
from sifcheck.base.startup import NamedTuple

Version = tuple[int, ...]

FAMILY_NAMES = {
    "apptainer": "Apptainer",
    "singularity-ce": "SingularityCE",
    "singularity-pro": "SingularityPRO",
    "singularity": "Singularity",
}

NEVER: Version = (999,)
_ALWAYS: Version = (0,)

# feature: (Apptainer, SingularityCE and PRO, Singularity 3.x), each the first version that has it.
FEATURES: dict[str, tuple[Version, Version, Version]] = {
    "unknown section refused": (_ALWAYS, _ALWAYS, (3, 1)),
    "section arguments": ((1, 2), (4, 0), NEVER),
    "section appstart": ((1, 2), (4, 0), NEVER),
    "stages": (_ALWAYS, _ALWAYS, (3, 2)),
    "header continuation": (_ALWAYS, _ALWAYS, (3, 4)),
    "build arguments": ((1, 2), (4, 0), NEVER),
    "comments not substituted": ((1, 3), NEVER, NEVER),
    "empty build arguments": ((1, 2, 4), NEVER, NEVER),
    "key registry": (_ALWAYS, _ALWAYS, (3, 0, 2)),
    "key namespace": (_ALWAYS, _ALWAYS, (3, 0, 2)),
    "key stage": (_ALWAYS, _ALWAYS, (3, 2)),
    "key fingerprints": (_ALWAYS, _ALWAYS, (3, 7)),
    "key product": (_ALWAYS, _ALWAYS, (3, 4)),
    "key user": (_ALWAYS, _ALWAYS, (3, 4)),
    "key regcode": (_ALWAYS, _ALWAYS, (3, 4)),
    "key productpgp": (_ALWAYS, _ALWAYS, (3, 4)),
    "key registerurl": (_ALWAYS, _ALWAYS, (3, 4)),
    "key modules": (_ALWAYS, _ALWAYS, (3, 4)),
    "key otherurl": (_ALWAYS, _ALWAYS, (3, 4)),
    "key confurl": ((1, 1), NEVER, NEVER),
    "key setopt": ((1, 2), (3, 11, 1), NEVER),
    "key target": ((1, 5), NEVER, NEVER),
    "key frontend": ((1, 5), NEVER, NEVER),
    "key filename": ((1, 5), NEVER, NEVER),
    "key buildargs": ((1, 5), NEVER, NEVER),
    "agent zypper": (_ALWAYS, _ALWAYS, (3, 1)),
    "agent scratch": (_ALWAYS, _ALWAYS, (3, 1)),
    "agent oras": (_ALWAYS, _ALWAYS, (3, 3)),
    "agent dnf": ((1, 4), (4, 3), NEVER),
    "agent buildkit": ((1, 5), NEVER, NEVER),
    "agent dockerfile": ((1, 5), NEVER, NEVER),
    "tag with digest": ((1, 4), (4, 1), NEVER),
    "oci digest": ((1, 4), (4, 1), NEVER),
    "files quotes": (_ALWAYS, _ALWAYS, (3, 7)),
    "files by glob only": ((1, 6), (3, 9), NEVER),
    "stray files words copy": (NEVER, (3, 10), NEVER),
    "default library": (NEVER, _ALWAYS, _ALWAYS),
    "zypper without mirror": ((1, 1, 7), NEVER, NEVER),
    "apptainer variables": (_ALWAYS, NEVER, NEVER),
    "test shebang": ((1, 1), (3, 11), NEVER),
}

KEY_SPELLINGS = {
    key.lower(): key
    for key in (
        "Bootstrap From IncludeCmd MirrorURL UpdateURL OSVersion Include Library Registry Namespace Stage Product User "
        "Regcode ProductPGP RegisterURL Modules Fingerprints ConfURL Setopt Target Frontend Filename BuildArgs"
    ).split()
}
"""The header keys as the manuals spell them."""

_OCI = ("from", "registry", "namespace")
_SIGNED = ("from", "fingerprints")
KEYS_OF_AGENT: dict[str, frozenset[str]] = {
    agent: frozenset(("bootstrap", "stage", *keys))
    for agent, keys in {
        "docker": _OCI,
        "docker-daemon": _OCI,
        "docker-archive": _OCI,
        "oci": _OCI,
        "oci-archive": _OCI,
        "library": (*_SIGNED, "library"),
        "oras": _SIGNED,
        "shub": _SIGNED,
        "localimage": _SIGNED,
        "busybox": ("mirrorurl",),
        "debootstrap": ("mirrorurl", "osversion", "include"),
        "yum": ("mirrorurl", "osversion", "updateurl", "include", "setopt"),
        "dnf": ("mirrorurl", "osversion", "updateurl", "include", "setopt"),
        "arch": ("confurl", "include"),
        "zypper": (
            "mirrorurl osversion updateurl include otherurl product user regcode productpgp registerurl modules".split()
        ),
        "scratch": (),
        "buildkit": ("from", "target", "frontend", "filename", "buildargs"),
        "dockerfile": ("from", "target", "frontend", "filename", "buildargs"),
    }.items()
}
"""The keys that each agent looks at.  Source: the builders of Apptainer 1.5.3 and SingularityCE 4.3, read."""


KEYS = frozenset(KEY_SPELLINGS)
"""The header keys that some version knows, besides `otherurl` with a number."""

AGENTS = [*KEYS_OF_AGENT]
"""The bootstrap agents that some version knows."""

SECTIONS = "help setup files labels environment pre post runscript test startscript arguments".split()
"""The sections that some version knows, but for those of apps."""

APP_SECTIONS = "appinstall applabels appfiles appenv apptest apphelp apprun appstart".split()
"""The sections of apps, each with the app's name behind it."""


class Runtime(NamedTuple):
    """One runtime at one version, as in `--target apptainer-1.4`."""

    family: str
    version: Version

    def has(self, feature: str) -> bool:
        """Whether it has a feature of FEATURES; what the table does not list every version has."""
        since = FEATURES.get(feature)
        if since is None:
            return True
        column = {"apptainer": 0, "singularity-ce": 1, "singularity-pro": 1}.get(self.family, 2)
        # A target of fewer digits means the newest of its line: 1.2 has what came in 1.2.4.
        first = since[column]
        return self.version >= first[: len(self.version)]

    def __str__(self) -> str:
        return f"{FAMILY_NAMES[self.family]} {'.'.join(map(str, self.version))}"


SUPPORTED: tuple[Runtime, ...] = (
    *(Runtime("apptainer", (1, minor)) for minor in (3, 4, 5)),
    *(Runtime("singularity-ce", (4, minor)) for minor in (1, 2, 3, 4, 5)),
    *(Runtime("singularity-pro", (4, minor)) for minor in (1, 3)),
)
"""What a file is held against where nobody names a target: the lines that were released since 2024."""


class Target(NamedTuple):
    """The runtimes that a file is meant for.  `named` is whether the user or a site said so.

    `architecture` is that of the machines the image will run on, as the kernel calls it (x86_64, aarch64), None where
    nobody said.
    """

    runtimes: tuple[Runtime, ...] = SUPPORTED
    named: bool = False
    architecture: str | None = None

    def lacking(self, feature: str) -> tuple[Runtime, ...]:
        """Those of the target's runtimes that do not have `feature`."""
        return tuple(runtime for runtime in self.runtimes if not runtime.has(feature))

    def having(self, feature: str) -> tuple[Runtime, ...]:
        """Those of the target's runtimes that have `feature`."""
        return tuple(runtime for runtime in self.runtimes if runtime.has(feature))

    def severity(self, concerned: tuple[Runtime, ...], level: Severity) -> Severity | None:
        """How bad it is that something fails on the `concerned` ones of the target's runtimes.

        `level` for a named target and where all are concerned; info where nobody named a target and only some are;
        None where none is.
        """
        if not concerned:
            return None
        if self.named or len(concerned) == len(self.runtimes):
            return level
        return "info"

    def refusing(self, feature: str) -> str:
        """The runtimes that lack a feature, in words: `SingularityCE up to 4.2 and Apptainer`."""
        lacking = self.lacking(feature)
        if len(lacking) == 1 and self.named:
            return str(lacking[0])
        having = {runtime.family for runtime in self.having(feature)}
        words: dict[str, str] = {}
        for runtime in lacking:
            version = ".".join(map(str, runtime.version)) if runtime.family in having else ""
            words[runtime.family] = FAMILY_NAMES[runtime.family] + (f" up to {version}" if version else "")
        return listed(words.values())

    def since(self, feature: str) -> str:
        """Words for the versions that have a feature, as in "Apptainer 1.2, SingularityCE 4.0"."""
        apptainer, ce, _ = FEATURES[feature]
        words = []
        if apptainer != NEVER:
            words.append(f"Apptainer {'.'.join(map(str, apptainer))}")
        if ce != NEVER:
            words.append(f"SingularityCE {'.'.join(map(str, ce))}")
        return ", ".join(words)


def families(runtimes: tuple[Runtime, ...]) -> str:
    """The names of the families among `runtimes`, as in "SingularityCE and SingularityPRO"."""
    return listed(dict.fromkeys(FAMILY_NAMES[runtime.family] for runtime in runtimes))


def listed(names: Iterable[str]) -> str:
    """Several names as a person lists them: `A, B and C`."""
    *others, last = [*names] or [""]
    return f"{', '.join(others)} and {last}" if others else last


def parse_target(words: str) -> Target:
    """The target that `--target` names: runtimes parted by commas, each FAMILY-VERSION.

    Raises ValueError, with a suggestion where one is near, for a family or version that cannot be read.
    """
    runtimes = []
    for word in words.split(","):
        family, _, version = word.strip().lower().rpartition("-")
        try:
            numbers = tuple(int(part) for part in version.split("."))
        except ValueError:
            numbers = ()
        if family not in FAMILY_NAMES or not numbers:
            from sifcheck.base.text import nearest

            near = nearest(family or word, FAMILY_NAMES, 0.5)
            hint = f"; did you mean {near}-{version if numbers else '4.1'}?" if near else ""
            raise ValueError(
                f"unknown target {word.strip()!r}: write it as apptainer-1.4 or singularity-ce-4.1{hint}"
            )
        runtimes.append(Runtime(family, numbers))
    return Target(tuple(runtimes), named=True)
