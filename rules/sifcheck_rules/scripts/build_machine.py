"""For which machine a build script builds: the processor that it names or asks, and how much of it a build takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.api import (
    Command,
    Draft,
    Edit,
    Findings,
    NamedTuple,
    Script,
    Severity,
    Span,
    Target,
    Word,
    bad,
    finding,
    good,
    pattern,
    related,
    replace,
    rule,
    size_text,
)

if TYPE_CHECKING:
    from sifcheck.api import Site

# -- DEF511

_WRITTEN = {
    "x86_64": pattern(r"(?<![A-Za-z0-9])(?:x86[_-]64|amd64|x64)(?![A-Za-z0-9])"),
    "aarch64": pattern(r"(?<![A-Za-z0-9])(?:aarch64|arm64)(?![A-Za-z0-9])"),
}
_ASKS = pattern(
    r"\buname[ \t]+-[a-z]*[mpi]|--print-architecture|\$\(arch\)|`arch`|TARGETARCH|TARGETPLATFORM|--eval.*_arch"
)
_PROJECTS = pattern(r"mini(?:conda|forge)|mambaforge|cmake-|julia-", 2)
_GO = pattern(r"(?:^|[/\"])go\d[\d.]*\.linux-")
_BREAK = pattern(r"[\s\"'`;,=\[\]]|:(?!//)")
_ANY_MACHINE = pattern(r"[._-](?:noarch\.rpm|all\.deb)\b|\.(?:pub|asc|gpg|pin)\b")
_LOOKS = frozenset("export declare local readonly echo printf grep test [ [[ file sed rm".split())


class _Foreign(NamedTuple):
    """A word that is for another architecture: where its name stands, and the file or path that it belongs to."""

    word: Word
    span: Span
    name: str
    file: str


@rule(
    "DEF511",
    severity="warning",
    confidence="medium",
    fix="unsafe",
    message="{file} is for {name}, and the image is meant for {architecture}",
    help="let the machine say it, as `$(uname -m)`, or take the project's file for {architecture}",
)
@bad(
    """
    %post
        wget https://example.org/Miniforge3-Linux-x86_64.sh
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        bash Miniforge3-Linux-x86_64.sh -b -p /opt/conda
    """,
    arch="aarch64",
    fixed="""
    %post
        wget https://example.org/Miniforge3-Linux-$(uname -m).sh
        bash Miniforge3-Linux-$(uname -m).sh -b -p /opt/conda
    """,
)
@good("""
    %post
        wget https://example.org/Miniforge3-Linux-x86_64.sh
    """)
def hard_coded_architecture(script: Script, target: Target) -> Findings:
    """A file, package or path is that of another processor.

    Its programs end with `Exec format error` on the target, at the earliest in the build and often in the first job.
    Source: the guide of CSC (its own example); 24.9 % of 7,815 public files name x86_64 in this way.
    """
    wanted = target.architecture
    if wanted is None or script.section.name in ("pre", "setup", "environment", "appenv"):
        return
    names = _WRITTEN["aarch64" if wanted == "x86_64" else "x86_64"]
    if not names.search(script.text) or not script.section.is_shell:
        return
    asks = _ASKS.search(script.text) is not None
    seen: dict[str, list[_Foreign]] = {}
    words = [
        word
        for command in script.commands()
        if command.program not in _LOOKS and not command.handled and not (asks and _chooses(command))
        for word in command.arguments
    ]
    words += [
        one.value
        for one in script.assignments
        if one.value is not None and not (asks and _chooses(one.statement))
    ]
    for _start, word in sorted({word.start: word for word in words}.items()):
        _note(seen, word, names)
    for places in seen.values():
        first = places[0]
        fix = [edit for place in places for edit in _asked(place, wanted)]
        yield finding(
            first.word,
            fix=fix if len(fix) >= len(places) else None,
            file=f"`{first.file}`",
            name=first.name,
            architecture=wanted,
        )


def _chooses(command: Command) -> bool:
    """Whether a command stands where a script that asks for the machine's name may have chosen."""
    return command.branch or command.list is not None


def _note(seen: dict[str, list[_Foreign]], word: Word, names: re.Pattern[str]) -> None:
    """Take down what a word names for another architecture; what comes of one file goes together."""
    found = names.search(word.text)
    if found is None or _ANY_MACHINE.search(word.text):
        return
    before = _BREAK.split(word.text[: found.start()])[-1]
    behind = _BREAK.split(word.text[found.end() :])[0]
    file = f"{before}{found[0]}{behind}"
    name = file.rpartition("/")[2]
    if names.search(name) and not file.startswith("/"):
        file = name
    at = word.script.place(word.start + found.start(), word.start + found.end())
    key = f"{before.rpartition('/')[2]}{found[0]}"
    seen.setdefault(key, []).append(_Foreign(word, at, found[0], file))


def _asked(place: _Foreign, wanted: str) -> Iterator[Edit]:
    """The edits that let a word name the target's file, where the project is known to have one called like that."""
    text = place.word.text
    if text.count(place.name) > 1 or "x64/" in text:
        return
    if _PROJECTS.search(text) and not text.startswith("'"):
        if place.name in ("x86_64", "aarch64"):
            yield replace(place.span, "$(uname -m)")
    elif _GO.search(text) and place.name in ("amd64", "arm64"):
        yield replace(place.span, "arm64" if wanted == "aarch64" else "amd64")


# -- DEF512

_NATIVE = pattern(r"-m(?:arch|cpu|tune)=native\b|-xH(?:ost|OST)\b|-tp[= ]host\b")
_EDITORS = frozenset("sed perl awk grep patch echo".split())


@rule(
    "DEF512",
    severity="info",
    fix="unsafe",
    message={
        "": "`{flag}` builds for the processor of the machine that builds, which need not be the one that runs",
        "spack": "without `target=` Spack builds for the processor of the machine that builds, which need not be the one that runs",
        "site": "`{flag}` builds for the processor of the machine that builds, which need not be the one of {site} that runs",
    },
    help={
        "site": "write `{wanted}`, which is the processor of {site}'s compute nodes",
        "": "name the processor that the image is meant for, as `-march=x86-64-v3` or `-mcpu=a64fx`",
        "spack": "name it, as `target=x86_64_v3` or `target=a64fx`",
    },
)
@bad(
    """
    %post
        make -C /opt/solver CFLAGS=-mcpu=native
                                   ^^^^^^^^^^^^
    """,
    fixed="""
    %post
        make -C /opt/solver CFLAGS=-mcpu=a64fx
    """,
    site="fugaku:login",
)
@good("""
    %post
        # -march=native is not for us
        export CFLAGS="-O3 -march=x86-64-v3"
        sed -i 's/-march=native//' Makefile
        spack install hdf5 target=x86_64_v3
    """)
def native_cpu_flags(script: Script, site: Site | None = None) -> Findings:
    """The compiler takes the instructions of the machine that builds.

    On a node with an older processor the program ends with `Illegal instruction`; on a newer one it leaves speed behind.
    Source: the image definitions of RIKEN, which are built on another processor than they are run on; 0.3 % of 2,639 public
    files.
    """
    section = script.section
    if section.name not in ("post", "appinstall") or not section.deciding.is_shell:
        return
    if "native" in script.text or "ost" in script.text:
        yield from _native_flags(script, site)
    if "spack" in script.text and "target" not in script.text:
        for command in script.commands("spack"):
            if any(word.value == "install" for word in command.operands()[:3]):
                elsewhere = site is not None and site.builds_elsewhere
                yield finding(command, "spack", severity="warning" if elsewhere else None)
                return


def _native_flags(script: Script, site: Site | None) -> Findings:
    seen: set[str] = set()
    code = script.section.code if _NATIVE.search(script.text) else ""
    start = script.section.body_span.start
    edited = [one.statement_span for one in script.commands(*_EDITORS)] if code else []
    for found in _NATIVE.finditer(code):
        at = Span(start + found.start(), start + found.end())
        if found[0] not in seen and not any(span.start <= at.start < span.end for span in edited):
            seen.add(found[0])
            yield _native_flag(at, found[0], site)


def _native_flag(at: Span, flag: str, site: Site | None) -> Draft:
    """One such option; a site says whether it is wrong there, and what to write instead."""
    severity: Severity | None = "warning" if site is not None and site.builds_elsewhere else None
    if site is None or not isinstance(site.arch.flags, str):
        return finding(at, severity=severity, flag=flag)
    fix = replace(at, site.arch.flags) if flag in ("-march=native", "-mcpu=native") else None
    return finding(at, "site", severity=severity, fix=fix, flag=flag, site=site.name, wanted=site.arch.flags)


# -- DEF513

_ALL_CORES = r"(?:\$\(|`)[ \t]*(?:nproc(?:[ \t]+--all)?|getconf[ \t]+_NPROCESSORS_(?:ONLN|CONF)|grep[ \t]+-c[ \t][^)`|]*/proc/cpuinfo)[ \t]*(?:\)|`)"
_CORES = pattern(rf"[\"']?{_ALL_CORES}[\"']?\Z")
_JOBS = ("-j", "--jobs", "--parallel")


@rule(
    "DEF513",
    severity="info",
    confidence="medium",
    fix="unsafe",
    message={
        "": "`{what}` starts as many jobs as there is work, and each may take 2 GiB of memory",
        "cores": "`{what}` starts a job for each core, and each may take 2 GiB of memory",
        "site": "`{what}` starts a job for each core or more, and a node of {site} has {each} of memory for each",
    },
    help={
        "": "name a number that the memory of the machine allows, as `-j4`",
        "site": "name a number that the memory of the node allows, as `-j{jobs}`",
    },
)
@bad(
    """
    %post
        make -C /opt/solver -j install
                            ^^
    """,
    fixed="""
    %post
        make -C /opt/solver -j4 install
    """,
)
@good("""
    %post
        make -j4
        make -j 4 install
        make -j${JOBS} check
        ninja -j 4
        cmake --build /opt/build --parallel 8
        xargs -P4 make
    """)
def unbounded_parallel_build(script: Script, site: Site | None = None) -> Findings:
    """The build takes the whole machine, however large that is.

    A node with many cores and little memory for each ends it with `Killed` or `internal compiler error`; in a batch job the
    number is that of the node and not that of the job.  Source: the image definitions of RIKEN (`MAX_JOBS=4`); 4.2 % of
    7,815 public files with a bare `-j`, 1.6 % with `nproc`.
    """
    section = script.section
    if section.name not in ("post", "appinstall") or not section.deciding.is_shell:
        return
    groups: dict[tuple[str, str], list[_Unbounded]] = {}
    for command in script.commands("make", "gmake", "cmake", "ninja"):
        found = _jobs(command)
        if found is not None:
            groups.setdefault((found.key, command.program or ""), []).append(found)
    for assignment in script.assignments if "nproc" in script.text else ():
        value = assignment.value
        if value is not None and assignment.name in ("MAKEFLAGS", "MAX_JOBS", "CMAKE_BUILD_PARALLEL_LEVEL"):
            count = value.text.strip("\"'").removeprefix("-j").lstrip()
            if _CORES.match(count):
                edit = replace(value, "-j4" if "-j" in value.text else "4")
                groups.setdefault(("cores", assignment.name), []).append(
                    _Unbounded("cores", value, assignment.name, edit)
                )
    each, jobs = (0, 4) if site is None else _memory(site)
    for group in groups.values():
        more = [related(one.word, "and here") for one in group[1:]]
        edits = [one.edit._replace(text=one.edit.text.replace("4", str(jobs))) for one in group]
        first = group[0]
        if site is None or not 0 < each < _JOB_BYTES:
            yield finding(first.word, first.key, fix=edits, related=more, what=first.what)
        else:
            yield finding(
                first.word, "site", severity="warning", fix=edits, related=more,
                what=first.what, site=site.name, each=size_text(each), jobs=jobs,
            )  # fmt: skip


_JOB_BYTES = 2 << 30


def _memory(site: Site) -> tuple[int, int]:
    """The bytes that a node of the site has for each core, 0 where that is not known; and how many jobs to start."""
    node, told = site.node, site.build.max_jobs
    sizes = [size for size in (node.stable_memory_bytes, node.memory_bytes) if isinstance(size, int)]
    cores = [count for count in (node.cores, node.max_threads) if isinstance(count, int) and count > 0]
    memory = sizes[0] if sizes else 0
    jobs = told if isinstance(told, int) else memory // _JOB_BYTES if memory else 4
    return memory // cores[0] if cores else 0, max(jobs, 1)


class _Unbounded(NamedTuple):
    """A call without a number of jobs: the message's key, the word to show, what it is, and the edit that bounds it."""

    key: str
    word: Word
    what: str
    edit: Edit


def _jobs(command: Command) -> _Unbounded | None:
    words = command.arguments
    program = command.program or ""
    if program == "cmake" and not any(word.value == "--build" for word in words):
        return None
    for number, word in enumerate(words):
        option = next((one for one in _JOBS if word.prefix == one or word.prefix.startswith(one + "=")), None)
        if option is None and word.prefix.startswith("-j"):
            return None
        if option is None or (program in ("make", "gmake") and option == "--parallel"):
            continue
        glued = word.text[len(option) :].lstrip("=")
        following = words[number + 1] if number + 1 < len(words) else None
        if glued:
            what, edit = (
                f"{program} {word.text}",
                replace(word, f"{option}{'=' if option[1] == '-' else ''}4"),
            )
            return _Unbounded("cores", word, what, edit) if _is_all_cores(word.script, glued) else None
        if following is not None and _is_all_cores(word.script, following.text):
            what = f"{program} {option} {following.text}"
            return _Unbounded("cores", following, what, replace(following, "4"))
        if following is None or _is_no_number(following):
            end = word.span.end
            added = {"-j": "4", "--jobs": "=4"}.get(option, " 4")
            return _Unbounded("", word, f"{program} {option}", Edit(end, end, added))
        return None
    wanted = any(word.value in ("-t", "--version", "-h", "-n") for word in words)
    if program != "ninja" or wanted or command.program_word is None:
        return None
    end = command.program_word.span.end
    return _Unbounded("cores", command.program_word, "ninja", Edit(end, end, " -j4"))


def _is_no_number(word: Word) -> bool:
    return word.value is not None and not word.value.isdigit()


def _is_all_cores(script: Script, text: str) -> bool:
    """Whether a text is the number of cores, or a variable that the script sets to it."""
    if _CORES.match(text):
        return True
    name = text.strip("\"'").removeprefix("$").removeprefix("{").removesuffix("}")
    if not text.strip("\"'").startswith("$") or not name.isidentifier() or name in script.constants:
        return False
    values = [one.value.text for one in script.assignments if one.name == name and one.value is not None]
    return len(values) == 1 and _CORES.match(values[0]) is not None
