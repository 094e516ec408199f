"""The runtimes and versions that a file is meant for, and what rules ask of them: whether they have a feature.

SingularityPRO is closed; x.y is built from the tree of SingularityCE x.y (before 3.8 from that of Singularity) and is taken
to accept what that does.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from sifcheck.base.findings import Severity
from sifcheck.base.startup import NamedTuple
from sifcheck.runtime.features import FEATURES, LINES

Version = tuple[int, ...]

FAMILY_NAMES = {
    "apptainer": "Apptainer",
    "singularity-ce": "SingularityCE",
    "singularity-pro": "SingularityPRO",
    "singularity": "Singularity",
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

    @property
    def base(self) -> Runtime:
        """What a SingularityPRO is built from, and is judged as; of the others they themselves."""
        if self.family != "singularity-pro":
            return self
        return Runtime("singularity" if self.version < (3, 8) else "singularity-ce", self.version)

    def has(self, feature: str) -> bool:
        """Whether it has a feature of the table (sifcheck.runtime.features); KeyError for one that is not there."""
        return _has(self.base, feature)

    def __str__(self) -> str:
        return f"{FAMILY_NAMES[self.family]} {'.'.join(map(str, self.version))}"


@lru_cache(maxsize=1024)
def _has(runtime: Runtime, feature: str) -> bool:
    first, last = span_of(feature, runtime.family)
    if first is None:
        return False
    # A target of fewer digits means the newest of its line: 1.2 has what came in 1.2.4.
    digits = len(runtime.version)
    return runtime.version >= first[:digits] and (last is None or runtime.version < last[:digits])


def span_of(feature: str, family: str) -> tuple[Version | None, Version | None]:
    """The first version of a family that has a feature, None if none has, and the first that has it no longer, if any."""
    row = FEATURES[feature]
    written = {"apptainer": row.apptainer, "singularity-ce": row.ce}.get(family, row.singularity)
    first, dots, last = written.partition("..")
    return numbers_of(first) if dots else None, numbers_of(last) if last else None


def numbers_of(version: str) -> Version:
    """The numbers of a version as it is written, 1.2.4."""
    return tuple(int(part) for part in version.split(".") if part)


SUPPORTED: tuple[Runtime, ...] = (
    *(Runtime("apptainer", (1, minor)) for minor in (3, 4, 5)),
    *(Runtime("singularity-ce", (4, minor)) for minor in (1, 2, 3, 4, 5)),
    *(Runtime("singularity-pro", (4, minor)) for minor in (1, 3)),
)
"""What a file is held against where nobody names a target: the lines that were released since 2024."""

USUAL_READER = SUPPORTED[2]
"""As which runtime a file is read where nobody says."""


class Target(NamedTuple):
    """The runtimes that a file is meant for.  `named` is whether the user or a site said so.

    `architecture` is that of the machines the image will run on, as the kernel calls it (x86_64, aarch64), None where
    nobody said.
    """

    runtimes: tuple[Runtime, ...] = SUPPORTED
    named: bool = False
    architecture: str | None = None

    @property
    def reader(self) -> Runtime:
        """The one as which files are read; what others of them read otherwise is looked at besides."""
        return USUAL_READER if USUAL_READER in self.runtimes else self.runtimes[0]

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
        """Words for the versions that have a feature, as in "Apptainer 1.2, SingularityCE 4.0"; "" if all have it."""
        firsts = {
            family: span_of(feature, family)[0] for family in ("apptainer", "singularity-ce", "singularity")
        }
        came = {family: first for family, first in firsts.items() if first}
        if not came and None not in firsts.values():
            return ""
        # Where nothing tells the versions of any family apart, the families that have it are named.
        named = came or {family: first for family, first in firsts.items() if first is not None}
        return ", ".join(
            f"{FAMILY_NAMES[family]} {'.'.join(map(str, first))}".strip() for family, first in named.items()
        )


def families(runtimes: tuple[Runtime, ...]) -> str:
    """The names of the families among `runtimes`, as in "SingularityCE and SingularityPRO"."""
    return listed(dict.fromkeys(FAMILY_NAMES[runtime.family] for runtime in runtimes))


def listed(names: Iterable[str]) -> str:
    """Several names as a person lists them: `A, B and C`."""
    *others, last = [*names] or [""]
    return f"{', '.join(others)} and {last}" if others else last


def parse_target(words: str) -> Target:
    """The target that `--target` names: runtimes parted by commas, each FAMILY-VERSION.

    Raises ValueError, with a suggestion where one is near, for a family or version that is not known.
    """
    return Target(tuple(_parse_runtime(word.strip().lower()) for word in words.split(",")), named=True)


def _parse_runtime(word: str) -> Runtime:
    family, _, version = word.rpartition("-")
    try:
        numbers = tuple(int(part) for part in version.split("."))
    except ValueError:
        family, numbers = "", ()
    if family not in FAMILY_NAMES:
        raise ValueError(_unknown_family(family or word, numbers))
    lines = [numbers_of(line) for line in LINES[family]]
    if len(numbers) == 1:
        # A major version alone is the newest line of it.
        numbers = max((line for line in lines if line[:1] == numbers), default=numbers)
    if family == "singularity" and numbers < lines[0]:
        raise ValueError(
            f"{word} is too old a target: Singularity before 3.2 reads definition files by another grammar, without stages"
        )
    if numbers[:2] in lines or _is_newer(family, numbers):
        return Runtime(family, numbers)
    raise ValueError(
        f"there is no {word}: the versions of {FAMILY_NAMES[family]} are {', '.join(LINES[family])}; "
        f"did you mean {family}-{_nearest_line(numbers, lines)}?"
    )


def _is_newer(family: str, numbers: Version) -> bool:
    """Whether a version is one that may have come out since: a later line of the newest major version."""
    newest = numbers_of(LINES[family][-1])
    # Singularity has ended: it goes on as the other families.
    return family != "singularity" and numbers[0] == newest[0] and numbers[:2] > newest


def _nearest_line(numbers: Version, lines: list[Version]) -> str:
    older = [line for line in lines if line <= numbers]
    return ".".join(map(str, older[-1] if older else lines[0]))


def _unknown_family(word: str, numbers: Version) -> str:
    from sifcheck.base.text import nearest

    near = nearest(word, FAMILY_NAMES, 0.5)
    hint = ""
    if near:
        lines = [numbers_of(line) for line in LINES[near]]
        known = ".".join(map(str, numbers)) if numbers[:2] in lines else _SUGGESTED[near]
        hint = f"; did you mean {near}-{known}?"
    return f"unknown target {word!r}: write it as apptainer-1.4 or singularity-ce-4.1{hint}"


_SUGGESTED = {"apptainer": "1.4", "singularity-ce": "4.1", "singularity-pro": "4.1", "singularity": "3.8"}


def remarks(target: Target) -> list[str]:
    """What a user should know of how the runtimes of a named target are judged, a sentence each."""
    if not target.named:
        return []
    found = []
    for runtime in target.runtimes:
        if runtime.base is not runtime:
            found.append(f"{runtime} is judged as {runtime.base}, which it is built from")
        if _is_newer(runtime.family, runtime.version):
            newest = LINES[runtime.family][-1]
            found.append(
                f"{runtime} is not known here yet: it is judged as {newest}, with the changes announced for it"
            )
    return found
