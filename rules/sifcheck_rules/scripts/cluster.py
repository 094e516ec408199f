"""What a definition file expects of the cluster, or brings against it: MPI, folders and modules of its machines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from sifcheck.api import (
    BUILD_SECTIONS,
    RUN_SECTIONS,
    Command,
    Copied,
    Downloaded,
    Draft,
    Findings,
    Linked,
    MadeFolder,
    Moved,
    NamedTuple,
    Script,
    Span,
    Stage,
    Written,
    bad,
    effects_of,
    effects_of_command,
    finding,
    good,
    image_path,
    package_calls,
    pattern,
    rule,
)

if TYPE_CHECKING:
    from sifcheck.api import Site

# -- DEF412

_FAMILIES = {"mpich": "MPICH", "openmpi": "OpenMPI", "mvapich": "MVAPICH", "intel": "Intel MPI"}
# One binary interface since MPICH 3.1: a host's MPICH takes the place of these.
_LIKE_MPICH = ("mpich", "mvapich", "intel")
_PACKAGES = (
    ("openmpi", pattern(r"(?:lib)?openmpi(?:[\d.]+|-bin|-common|-dev|-devel|-mpicc|-external)*(?:t64)?")),
    ("mpich", pattern(r"(?:lib)?mpich(?:[\d.]+|-dev|-devel|-autoload|-ofi|-ucx)*(?:t64)?")),
    ("mvapich", pattern(r"mvapich[\d.]*(?:-.*)?")),
    ("intel", pattern(r"(?:intel-oneapi-mpi|impi)(?:-.*)?|intel-mpi-.*")),
)
_SOURCES = (
    (
        "openmpi",
        pattern(r"openmpi-(?P<version>\d+(?:\.\d+)+)|openmpi-\$\{?(?P<name>\w+)|open-mpi/ompi\b", re.I),
    ),
    (
        "mpich",
        pattern(r"\bmpich-(?P<version>\d+(?:\.\d+)+)|\bmpich-\$\{?(?P<name>\w+)|pmodels/mpich\b", re.I),
    ),
    ("mvapich", pattern(r"mvapich2?-(?P<version>\d+(?:\.\d+)+)|mvapich2?-\$\{?(?P<name>\w+)", re.I)),
)
_MPI_FOLDER = pattern(r"(?:open-?mpi|mpich|mvapich|ompi)", re.I)


class _Mpi(NamedTuple):
    """An MPI that a stage installs: its family, its version where that is known, and what installs it."""

    family: str
    version: str
    at: Span


@rule(
    "DEF412",
    severity="warning",
    confidence="medium",
    message={
        "family": "{found} is installed, and on {site} an image is to bring {wanted}",
        "old": "{found} is older than what {site} asks for, {wanted}",
        "static": "this builds MPI without shared libraries: on {site} the host's cannot take their place",
    },
    help={"": "{advice}"},
)
@bad(
    """
    %post
        apt-get update && apt-get install -y g++ libopenmpi-dev
                                                 ^^^^^^^^^^^^^^
    """,
    base="debian:12",
    site="polaris",
)
@good(
    """
    %post
        apt-get update && apt-get install -y g++ libmpich-dev
    """,
    base="debian:12",
    site="polaris",
)
def mpi_family_mismatch(stage: Stage, site: Site) -> Findings:
    """The image brings an MPI that the cluster's own cannot stand in for.

    Where the host's MPI library is put in the place of the image's when a job starts, both must share one binary interface,
    and the image's must be a shared library.  With another family the job fails to start, or every process of it
    believes to be the only one.  Source: guides of ALCF, OLCF, LUMI, NeSI, CodeRefinery and RIKYU; of 7,815 public files
    7.9 % build an MPI and 1.6 % install one from packages.
    """
    wanted = site.mpi.family
    if not isinstance(wanted, str):
        return
    found = list(_installed(stage))
    fitting = [one for one in found if _fits(one.family, wanted)]
    name, advice = site.name, _advice(site, wanted)
    if found and not fitting:
        called, right = _called(found[0]), _FAMILIES.get(wanted, wanted)
        yield finding(found[0].at, "family", found=called, wanted=right, site=name, advice=advice)
    minimum = site.mpi.minimum
    for one in fitting if isinstance(minimum, str) else ():
        if one.family == wanted and one.version and _numbers(one.version) < _numbers(str(minimum)):
            yield finding(one.at, "old", found=_called(one), wanted=minimum, site=name, advice=advice)
    for script in stage.build_scripts if site.mpi.shared is True else ():
        for command in _static_mpi(script):
            yield finding(command, "static", site=name, advice=advice)


def _advice(site: Site, wanted: str) -> str:
    if isinstance(site.mpi.advice, str):
        return site.mpi.advice
    minimum = f" {site.mpi.minimum} or later" if isinstance(site.mpi.minimum, str) else ""
    shared = " with shared libraries" if site.mpi.shared is True else ""
    return f"install {_FAMILIES.get(wanted, wanted)}{minimum}{shared}"


def _called(mpi: _Mpi) -> str:
    return f"{_FAMILIES[mpi.family]} {mpi.version}".rstrip()


def _fits(family: str, wanted: str) -> bool:
    return family == wanted or (wanted == "mpich" and family in _LIKE_MPICH)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _installed(stage: Stage) -> Iterator[_Mpi]:
    """The MPIs that a stage installs, from packages and from source."""
    text = stage.build_text.lower()
    if "mpi" not in text and "mvapich" not in text:
        return
    for call in package_calls(stage.build_scripts):
        if call.action == "install" and not call.command.handled:
            for name, word in call.packages:
                family = next((family for family, form in _PACKAGES if form.fullmatch(name)), None)
                if family is not None:
                    yield _Mpi(family, "", word.span)
    for script in stage.build_scripts:
        for download in effects_of(script, Downloaded):
            if download.command.program != "git":
                yield from _from_source(script, download.name, download.address.span)
        for command in script.commands("git"):
            for word in command.arguments:
                yield from _from_source(script, word.value or "", word.span)


def _from_source(script: Script, text: str, at: Span) -> Iterator[_Mpi]:
    for family, form in _SOURCES:
        match = form.search(text)
        if match is not None:
            found = match.groupdict()
            yield _Mpi(family, found["version"] or _value(script, found["name"] or ""), at)
            return


def _value(script: Script, name: str) -> str:
    """The version that a variable is set to, "" where that cannot be told."""
    values = [one.value.value for one in script.assignments if one.name == name and one.value is not None]
    only = values[0] if len(values) == 1 else None
    return only if only and re.fullmatch(r"\d+(\.\d+)+", only) else ""


def _static_mpi(script: Script) -> Iterator[Command]:
    """The calls that configure an MPI without shared libraries."""
    folder = ""
    for command in script.commands("cd", "configure"):
        if command.program == "cd":
            folder = command.arguments[0].text if command.arguments else ""
        elif _MPI_FOLDER.search(f"{folder} {command.words[0].text}") and command.option(
            "--disable-shared", "--enable-shared=no"
        ):
            yield command


# -- DEF514

_SECTIONS = (*BUILD_SECTIONS, *RUN_SECTIONS)
_MODULE_VERBS = frozenset("load add swap switch purge use unload restore try-load".split())
_OWN_MODULES = pattern(
    r"\b(?:lmod|environment-modules|modules-tcl|tcl-modules|TACC/Lmod)\b|modulecmd|profile\.d/\S*(?:modules|lmod)",
    re.I,
)


@rule(
    "DEF514",
    severity="warning",
    confidence="medium",
    message={
        "path": "{path} is on the machines of {site}, not in the image",
        "module": "`{call}` asks for modules of {site}, which are not in the image",
    },
    help={
        "path": "bind it, `--bind {root}`, when the image is built as well as when it runs, and make the folder in %setup",
        "module": "install in the image what the module brings, or Lmod with modules of its own",
    },
)
@bad(
    """
    %post
        . /vol0004/apps/oss/spack/share/spack/setup-env.sh
          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        spack install fftw
    """,
    site="fugaku",
)
@good("""
    %post
        . /vol0004/apps/oss/spack/share/spack/setup-env.sh
    """)
def host_path_in_script(script: Script, site: Site) -> Findings:
    """A script of the image uses what is on the cluster's machines only.

    In a build nothing of the host is seen but what is bound to it, and its modules are files of the host as well.  What is
    bound needs a folder in the image to be bound to, which a build makes in %setup.  Source: RIKEN's definition files for
    Fugaku (one of them builds with the host's Spack); of 7,815 public files 0.3 %.
    """
    if script.section.name not in _SECTIONS or not _is_shell(script):
        return
    paths = _host_paths(site.filesystems.host_only)
    if paths is not None:
        met: set[str] = set()
        for text, at in _texts(script):
            for match in paths.finditer(text):
                root = match["root"]
                if root in met or _is_brought(script.section.stage, root):
                    continue
                met.add(root)
                span = Span(at + match.start(), at + match.end())
                yield finding(
                    script.place(span.start, span.end), "path", path=match[0], root=root, site=site.name
                )
    yield from _module_calls(script, site)


def _is_shell(script: Script) -> bool:
    return script.section.is_shell or not script.section.shell


@lru_cache(maxsize=8)
def _host_paths(globs: tuple[str, ...]) -> re.Pattern[str] | None:
    """What finds a path below one of the globs in a word; its group `root` is the part that a glob stands for."""
    if not globs:
        return None
    roots = "|".join(map(_regular, globs))
    return re.compile(rf"(?<![\w./$}}~-])(?P<root>{roots})(?=[/:;,\"']|$)(?:/[^:;,\"'\s]*)?")


_GLOB_PART = pattern(r"\*|\?|\[[^\]/]+\]|[^*?\[]+|\[")


def _regular(glob: str) -> str:
    """A glob of paths as a regular expression; its stars stay within a folder."""
    marks = {"*": "[^/:;,\"']*", "?": "[^/:;,\"']"}
    parts = _GLOB_PART.findall(glob)
    return "".join(
        marks[part] if part in marks else part if len(part) > 1 and part[0] == "[" else re.escape(part)
        for part in parts
    )


def _texts(script: Script) -> Iterator[tuple[str, int]]:
    """The words that a script uses as they are written, and where each stands; not what the author looks after himself."""
    for command in script.commands():
        if (
            command.handled
            or command.branch
            or command.program in ("echo", "printf")
            or _makes_something(command)
        ):
            continue
        for word in command.words:
            yield word.text, word.start
    for assignment in script.assignments:
        if assignment.value is not None and not assignment.branch and assignment.command is None:
            yield assignment.value.text, assignment.value.start


def _makes_something(command: Command) -> bool:
    return any(
        isinstance(effect, MadeFolder | Linked | Copied | Moved)
        or (isinstance(effect, Written) and effect.by == "touch")
        for effect in effects_of_command(command)
    )


@lru_cache(maxsize=64)
def _is_brought(stage: Stage, root: str) -> bool:
    """Whether the stage makes the folder, to bind something to it or to fill it, or installs a package of that name."""
    for section in (*stage.named("setup"), *stage.named("post")):
        for command in section.script.commands():
            if _makes_something(command) and any(_below(word.text, root) for word in command.arguments):
                return True
    copies = (copy for section in stage.named("files") for copy in section.copies)
    if any(_below(image_path(copy.target_path), root) for copy in copies):
        return True
    name = root.rpartition("/")[2].lower()
    return any(
        name.startswith(package) or package.startswith(name)
        for call in package_calls(stage.build_scripts)
        if call.action == "install"
        for package, _ in call.packages
    )


def _below(text: str, root: str) -> bool:
    """Whether a word names a folder or what lies in it, behind the variable for the image's tree or on its own."""
    path = re.sub(r"^\"?\$\{?\w*ROOTFS\}?\"?", "", text.strip("\"'")).rstrip("/\"'")
    return path == root or path.startswith(f"{root}/")


def _module_calls(script: Script, site: Site) -> Iterator[Draft]:
    commands = [
        command for command in script.commands("module", "ml") if not command.handled and not command.branch
    ]
    if not commands or _OWN_MODULES.search(script.section.stage.definition.source.text):
        return
    first = commands[0]
    words = [word.value or "" for word in first.arguments]
    if first.program == "module" and not _MODULE_VERBS & set(words[:1]):
        return
    if "module()" not in script.text:
        call = " ".join([first.program or "", *words[:2]]).strip()
        yield finding(first, "module", call=call, site=site.name)
