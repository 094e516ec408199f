"""What the build fetches: base images, and the sources of %files and %appfiles, looked up before the build does it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sifcheck.api import (
    PATH_AGENTS,
    Draft,
    Edit,
    FileCopy,
    Findings,
    HeaderField,
    Span,
    Stage,
    Target,
    bad,
    finding,
    good,
    has_glob,
    is_copied,
    is_meant,
    pattern,
    reference_fault,
    replace,
    rule,
)
from sifcheck_rules._build_host import may_make_base, may_make_source, what_stops_a_copy
from sifcheck_rules.definition._misread import misread_source, misread_words

if TYPE_CHECKING:
    from sifcheck.api import BaseImage, Folder, Host, Registry, Severity

_EXPANSION = pattern(r"^~[^/]*/|\$\{?[A-Za-z_]\w*\}?")


@rule(
    "DEF208",
    severity="error",
    tags="missing reference",
    message={
        "": "`{what}` is not expanded in a header: the runtime looks for a file that is called `{value}`",
        "missing": "the image `{value}` is not there: the build looks for {tried}",
        "beside": "the image `{value}` is not there: the build looks for {tried}",
        "dangling": "the image `{value}` is a link that leads nowhere",
        "no-image": "nothing can be built on `{value}`: {why}",
        "registry": "there is no image `{value}` in its registry ({why})",
        "near": "there is no image `{value}` in its registry ({why})",
        "denied": "the registry hands out no `{value}` ({why})",
        "unfit": "nothing can be built on `{value}`: {why}",
    },
    help={
        "": "write the path itself, or `{{{{ NAME }}}}` and `NAME=/path` under %arguments",
        "missing": "the image is looked for in the folder where the build is started, here {start}",
        "beside": "the build must start in {beside}, where the image lies",
        "dangling": "name the image itself, or fix the link",
        "no-image": "build or copy it once more",
        "registry": "look up in the registry what it is called",
        "near": "there is {near}",
        "denied": "look the name up; if it is private, log in first, with `apptainer registry login` or `singularity registry login`",
        "unfit": "name a container image",
    },
)
@bad("""
    Bootstrap: localimage
    From: ~/images/base.sif
          ^^^^^^^^^^^^^^^^^
    """)
@good(
    """
    Bootstrap: docker
    From: rockylinux:9.4
    """,
    registry={"rockylinux:9.4": {}},
)
def base_not_found(
    field: HeaderField, folder: Folder | None = None, registry: Registry | None = None
) -> Findings:
    """The image that the header names is not there.

    A path is taken as it stands, from the folder in which the build starts and not from that of the definition file;
    neither `~` nor a shell variable is replaced.  Nothing is said of a file that %pre may make, since it runs first.  With
    `--online` the registries are asked; an image that is private is refused in the same words as one that is not there.
    Source: Apptainer 1.4.5, measured (`failed to retrieve path for ~/x`, `image format not recognized`); NeSI guide; vgteam/vg_wdl#147,
    docker2singularity#136.
    """
    stage = field.stage
    if registry is not None and field.key == "from" and field is stage.field("from"):
        yield from _refused_base(field, registry)
    if field.key != "from" or stage.agent not in PATH_AGENTS or field is not stage.field("from"):
        return
    if not is_meant(stage):
        return
    match = _EXPANSION.search(field.value)
    if match is not None:
        yield finding(field.value_span, what=match[0].rstrip("/"), value=field.value)
    elif folder is not None and not _has_other_fault(field) and not may_make_base(stage):
        yield from _missing_base(field, folder)


def _refused_base(field: HeaderField, registry: Registry) -> Findings:
    """What the registry answered, where that was a no."""
    from sifcheck.api import Refused

    said = registry.base(field.stage)
    # What is no reference is another rule's.
    if not isinstance(said, Refused) or reference_fault(field) is not None:
        return
    key = {"missing": "near" if said.near else "registry", "denied": "denied", "unfit": "unfit"}[said.kind]
    near = ", ".join(f"`{tag}`" for tag in said.near)
    level: Severity = "warning" if said.kind == "denied" else "error"
    yield finding(field.value_span, key, severity=level, value=field.value, why=said.why, near=near)


def _has_other_fault(field: HeaderField) -> bool:
    """Whether the value is no path as it stands; a tag behind it is taken off where the base is looked up."""
    fault = reference_fault(field)
    return fault is not None and fault.kind not in ("oci", "archive")


def _missing_base(field: HeaderField, folder: Folder) -> Findings:
    entry = folder.base(field.stage)
    if entry is None or not entry.is_known:
        return
    if any(match.kind == "dangling" for match in entry.found):
        yield finding(field.value_span, "dangling", value=field.value)
    elif why := next((match.fault for match in entry.found if match.fault), ""):
        yield finding(field.value_span, "no-image", value=field.value, why=why)
    elif not entry.found:
        key = "missing" if entry.beside is None else "beside"
        yield finding(
            field.value_span,
            key,
            value=field.value,
            tried=entry.tried,
            start=folder.start,
            beside=entry.beside,
        )


# The namespaces of Docker Hub that hold the official images for one processor, and how image names end that say it.
_SPACES = {
    "amd64": "x86_64",
    "arm64v8": "aarch64",
    "arm32v7": "arm",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
    "mips64le": "mips64el",
}
_SAYS = pattern(
    r"(?:^|[-_.])(?:(?P<x86_64>x86[_-]64|amd64)|(?P<aarch64>aarch64|arm64(?:v8)?)|(?P<ppc64le>ppc64le))(?:v\d)?$|"
    r"^(?:(?P<x86_64_first>x86[_-]64|amd64)|(?P<aarch64_first>aarch64|arm64(?:v8)?)|(?P<ppc64le_first>ppc64le))[-_.]"
)
# What is for one processor and makes programs for another is called by the other.
_FOR_ANOTHER = pattern(r"cross|toolchain|qemu|binfmt|musl|gnu\b|eabi|target", re.I)
# A list is looked through for the very name; of a single image the kernel decides.
_RUNS_TOO = {"x86_64": ("i686",)}


@rule(
    "BLD201",
    severity="error",
    profile="minimal",
    fix="unsafe",
    message={
        "list": "`{image}` is there for {there}, and not for {wanted}",
        "single": "`{image}` is for {there} alone, and the image is meant for {wanted}: it is taken silently",
        "file": "`{image}` is for {there}, and the image is meant for {wanted}: it is taken silently",
        "name": "by its name `{image}` is for {there}, and the image is meant for {wanted}",
    },
    help={
        "list": "take a base that there is for {wanted}, or build it for that",
        "single": "take a base that there is for {wanted}",
        "file": "take the one that was built for {wanted}",
        "name": "take the one for {wanted}",
    },
)
@bad(
    """
    Bootstrap: docker
    From: amd64/rockylinux:9
          ^^^^^^^^^^^^^^^^^^
    """,
    arch="aarch64",
    fixed="""
    Bootstrap: docker
    From: rockylinux:9
    """,
)
@good(
    """
    Bootstrap: localimage
    From: base.sif
    """,
    arch="aarch64",
    folder={"base.sif": {"architecture": "aarch64"}},
)
def base_lacks_architecture(
    stage: Stage,
    target: Target,
    registry: Registry | None = None,
    host: Host | None = None,
    folder: Folder | None = None,
) -> Findings:
    """There is no base for the processor that the image is meant for.

    A list of images is looked through for the very processor, and without it the build ends when it begins.  One single image
    is taken as it is, whatever it is for (Apptainer 1.4.5, measured); the first program of it that %post starts fails, or the
    first job.  Registries are asked with `--online`, by
    `plan` and by `build`; otherwise the name alone is looked at, as of `amd64/debian`, or a tag that ends in `-x86_64`.
    Source: RIKEN Fugaku guide, appendix; guides of TACC, ARCHER2, Roihu and Aalto; change log of SingularityCE 4.1.5;
    0.9 % of 7,815 public files name one processor.
    """
    base = stage.base
    if base is None or base.unknown:
        yield from _by_file(stage, target, host, folder)
        return
    if registry is not None:
        from sifcheck.api import BaseImage

        said = registry.base(stage)
        if isinstance(said, BaseImage):
            yield from _by_registry(stage, said, target, host)
            return
    wanted = target.architecture
    there = _by_name(stage) if wanted is not None else None
    if wanted is None or there is None or there == wanted or there in _RUNS_TOO.get(wanted, ()):
        return
    yield finding(
        base,
        "name",
        severity="warning",
        confidence="medium",
        fix=_without_space(stage),
        image=base.written,
        there=there,
        wanted=wanted,
    )


def _wanted(target: Target, host: Host | None) -> str | None:
    """The processor that an image is for: without a named target that of the machine that builds."""
    return target.architecture or (host.platform.architecture if host is not None else None)


def _by_file(stage: Stage, target: Target, host: Host | None, folder: Folder | None) -> Iterator[Draft]:
    """By what a SIF file that is there says of itself."""
    entry = folder.base(stage) if folder is not None and stage.agent == "localimage" else None
    field, wanted = stage.field("from"), _wanted(target, host)
    if entry is None or field is None or wanted is None:
        return
    there = next((match.architecture for match in entry.found), None)
    if there not in (None, wanted, *_RUNS_TOO.get(wanted, ())):
        yield finding(field.value_span, "file", image=field.value, there=there, wanted=wanted)


def _by_registry(stage: Stage, said: BaseImage, target: Target, host: Host | None) -> Iterator[Draft]:
    """By what the registry has."""
    wanted = _wanted(target, host)
    there = said.architectures
    base = stage.base
    if base is None or wanted is None or not there or wanted in there:
        return
    if not said.is_list and set(there) & set(_RUNS_TOO.get(wanted, ())):
        return
    key = "list" if said.is_list else "single"
    yield finding(base, key, image=base.written, there=", ".join(there), wanted=wanted)


def _by_name(stage: Stage) -> str | None:
    """The processor that an image is for by its very name, None where it says none, or more than one."""
    base = stage.base
    if base is None or stage.agent != "docker" or _FOR_ANOTHER.search(base.repository):
        return None
    space, slash, name = base.repository.partition("/")
    found = {_SPACES[space]} if base.on_hub and slash and "/" not in name and space in _SPACES else set()
    for part in (base.repository.rpartition("/")[2], base.tag or ""):
        said = _SAYS.search(part)
        if said is not None and not _FOR_ANOTHER.search(part):
            found.update(name.removesuffix("_first") for name, text in said.groupdict().items() if text)
    return found.pop() if len(found) == 1 else None


def _without_space(stage: Stage) -> Edit | None:
    """The official image of the same name is there for many processors."""
    field, base = stage.field("from"), stage.base
    if field is None or base is None:
        return None
    space, slash, _ = field.value.partition("/")
    if (
        space not in _SPACES
        or base.written != field.value
        or stage.value("registry")
        or stage.value("namespace")
    ):
        return None
    if field.folded or field.stage.definition.source.text[field.value_span.start :][: len(space)] != space:
        return None
    return replace(Span(field.value_span.start, field.value_span.start + len(space + slash)), "")


_NOT_THERE = "`{source}` is not there: the build looks for {tried}"


@rule(
    "DEF301",
    severity="error",
    tags="missing",
    message={
        "": _NOT_THERE,
        "beside": _NOT_THERE,
        "pattern": "nothing matches `{source}`: the build looks for {tried}",
        "alternative": "`{source}` stands for `{missing}` too, which is not there",
        "dangling": "`{source}` is a link that leads nowhere: {tried}",
        "inside": "`{source}` holds a link that leads nowhere, at which the copying ends: {tried}",
        "closed": "`{source}` cannot be read by who builds here: {tried}",
    },
    help={
        "": "sources are looked for in the folder where the build is started, here {start}",
        "beside": "the build must start in {beside}, where the file lies",
        "dangling": "name the file itself, or fix the link",
        "inside": "take the link away, or copy what is needed by name",
        "closed": "copy something that your account may read, or ask its owner for it",
    },
)
@bad(
    """
    %appfiles solver
        solver.py bin/solver.py
        ^^^^^^^^^
    """,
    folder={},
)
@good(
    """
    %setup
        tar czf source.tar.gz src
    %files
        source.tar.gz /opt/
    """,
    folder={},
)
def files_source_missing(
    copy: FileCopy, folder: Folder, target: Target, host: Host | None = None
) -> Findings:
    """What the line copies is not on the machine that builds.

    The files are copied after the base was fetched and unpacked, so that the build ends late: `cp: cannot stat`.  A
    relative path counts from the folder in which the build is started, not from that of the definition file; a pattern that
    matches nothing is looked for as a name; a link that leads nowhere ends the copying as well, in a folder that is copied
    too, and so does what the user may not read (`cp: cannot open '/etc/shadow' for reading: Permission denied`); what is his
    own he can read in any mode.  Nothing is said where %pre or %setup, which run first, may make the file.  Source: Apptainer
    1.4.5, measured; the code of SingularityCE 4.5.
    """
    source = copy.source
    entry = folder.entry(copy)
    if source is None or entry is None or not entry.is_known or not is_copied(copy, target):
        return
    if copy.section.name == "files" and (misread_words(copy) or misread_source(copy, target)):
        return
    unusable = None if entry.missing else what_stops_a_copy(entry, host)
    if not (entry.missing or unusable) or may_make_source(copy):
        return
    if unusable is not None:
        yield finding(source, unusable[0], source=source.text, tried=unusable[1])
        return
    key = "pattern" if has_glob(source.text) else ""
    if entry.missing != (source.text,):
        key = "alternative"
    elif entry.beside is not None:
        key = "beside"
    values: dict[str, Any] = {"tried": entry.tried, "missing": entry.missing[0], "start": folder.start}
    yield finding(source, key, source=source.text, beside=entry.beside, **values)
