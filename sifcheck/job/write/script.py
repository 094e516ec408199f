"""Writes a build job for a site: directives, folders, group and call, all from the facts in the site's file.

What the definition file holds is looked at and never put into the script; names of files are quoted for the shell.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.base.text import quote
from sifcheck.job.write.directives import (
    PLACEHOLDER,
    SENTINEL_OF,
    JobRequest,
    NewJobError,
    directives_of,
    lines_of,
    missing_in,
    scheduler_of,
)
from sifcheck.job.write.folders import Scratch, scratch_of, shell_word

if TYPE_CHECKING:
    from sifcheck.site.model import Site

__all__ = ["NewJob", "write_job"]

_SUBMIT = {"pjm": "pjsub", "slurm": "sbatch", "pbs": "qsub"}
_MEANINGS = {
    "GROUP": "the group or project that the job is charged to",
    "PROJECT": "the project that the job is charged to",
    "QUEUE": "the queue or resource group that the job goes to",
}
_SAFE_LINE = pattern(r"[\w ./:@%+=,~$-]+")


class NewJob(NamedTuple):
    """What is to be built, and what the user wants of the job.

    `definition` is the path as the job will name it, `text` what the file holds; `image` is the name of the image and
    `folder` where it is to lie ("" is where the job is submitted).  `size` is what the temporary files will take at most,
    in bytes, None where nobody knows.  `paths` are absolute ones that the job uses: of the definition file and of the
    folder that it is submitted from.
    """

    definition: str
    text: str
    image: str
    folder: str = ""
    build_arguments: tuple[str, ...] = ()
    size: int | None = None
    paths: tuple[str, ...] = ()
    wish: JobRequest = JobRequest()


def write_job(site: Site, new: NewJob) -> str:
    """The text of a batch script that builds an image at a site; for its login nodes of a script to be started there.

    Raises NewJobError where the site has no scheduler, no such job can be had, or the image would be for another
    architecture than it is to run on.
    """
    login = site.role == "login"
    if site.role == "prepost":
        raise NewJobError(f"the site file of {site.name} tells of jobs on its compute nodes only")
    _refuse_where_no_build_goes(site)
    scheduler = "" if login else scheduler_of(site)
    scratch = scratch_of(site, new.size)
    paths = [*new.paths, *([new.folder] if new.folder.startswith("/") else [])]
    needed = scratch.needed if scratch is not None else ""
    directives = [] if login else directives_of(site, new.wish, paths, needed)
    parts = [
        _head(site, new, scheduler),
        _directives(directives, scheduler),
        [*_start(scheduler), *_machine(site)],
        _temporary(site, scratch),
        _cache(site, new.wish.group),
        _build(site, new, scratch),
    ]
    return "\n".join("".join(f"{line}\n" for line in part) for part in parts if part)


def _refuse_where_no_build_goes(site: Site) -> None:
    if site.node.builds == "forbidden":
        policy = f": {site.node.policy}" if isinstance(site.node.policy, str) else ""
        raise NewJobError(f"{site.name} forbids builds on its {site.role or 'compute'} nodes{policy}")
    if site.build.where and (site.role or "compute") not in site.build.where and not site.builds_elsewhere:
        raise NewJobError(
            f"images are built on the {' and '.join(site.build.where)} nodes of {site.name}: name them"
        )
    if site.role == "login" and site.builds_elsewhere:
        raise NewJobError(
            f"the login nodes of {site.name} have another processor than its compute nodes: build there, with a job"
        )


# -- the parts of the script


def _head(site: Site, new: NewJob, scheduler: str) -> list[str]:
    title = site.site.title if isinstance(site.site.title, str) else site.name
    asked = f"{site.name}:{site.role}" if site.role else site.name
    lines = ["#!/bin/bash", *_comment(f"Builds {new.image} at {title}.")]
    lines += _comment(f"Written by `sifcheck job new --site {asked}`; look it through before you use it.")
    data = site.filesystems.data
    if scheduler:
        where = f", say one below {data}" if isinstance(data, str) else ""
        lines += _comment(
            f"Submit it with {_SUBMIT[scheduler]}, in the folder that its paths start from{where}."
        )
    else:
        lines += _comment("Start it on a login node, in the folder that its paths start from.")
    for policy in (site.build.policy, site.node.policy):
        lines += _comment(f"The site asks: {policy}.") if isinstance(policy, str) else []
    return lines


def _comment(text: str) -> list[str]:
    """A sentence as comment lines, with nothing in it that would end them."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return [f"# {line}" for line in textwrap.wrap(plain, 98, break_long_words=False, break_on_hyphens=False)]


def _directives(directives: list[str], scheduler: str) -> list[str]:
    lines = [
        f"# CHANGE {word}: {_MEANINGS.get(word, 'a name that only you know')}"
        for word in missing_in(directives)
    ]
    return [*lines, *lines_of(directives, SENTINEL_OF[scheduler])] if scheduler else []  # type: ignore[index]


def _start(scheduler: str) -> Iterator[str]:
    """PBS starts a job in the home, the others where it was submitted."""
    if scheduler == "pbs":
        yield 'cd "$PBS_O_WORKDIR" || exit'


def _machine(site: Site) -> Iterator[str]:
    """Modules and the proxy, as the site's file has them."""
    module = site.build.module if isinstance(site.build.module, str) else site.runtime.module
    for line in module.split(";") if isinstance(module, str) else ():
        if _SAFE_LINE.fullmatch(line.strip()):
            yield line.strip()
    proxy = shell_word(site.node.proxy) if isinstance(site.node.proxy, str) else ""
    if proxy:
        yield f"export http_proxy={proxy} https_proxy={proxy}"


def _prefixes(site: Site) -> tuple[str, ...]:
    """What the runtime's variables begin with; both words where it is not known which it is."""
    family = site.runtime.family
    if not isinstance(family, str):
        return ("APPTAINER", "SINGULARITY")
    return ("APPTAINER",) if family == "apptainer" else ("SINGULARITY",)


def _folder(site: Site) -> str:
    """The variable that holds the folder for temporary files; `sg` lets no TMPDIR through (glibc, programs with setuid)."""
    return f"{_prefixes(site)[0]}_TMPDIR"


def _temporary(site: Site, scratch: Scratch | None) -> list[str]:
    first = _folder(site)
    others = [f"{prefix}_TMPDIR" for prefix in _prefixes(site)[1:]]
    exports = [f'export {name}="${first}"' for name in (*others, "TMPDIR")]
    if scratch is None:
        lines = _comment(
            "CHANGE /tmp: the site's file names no folder for temporary files. It has to lie on the node's own disk, "
            "not on one that nodes share, and to hold the unpacked image."
        )
        return [*lines, *_made("${TMPDIR:-/tmp}", first), *exports]
    lines = _comment(f"Temporary files go to {scratch.why}.")
    if not scratch.own:
        return [*lines, f"export {first}={scratch.word}", *exports]
    inside = scratch.word.strip('"')
    if not _VARIABLE.fullmatch(inside):
        lines += [f"mkdir -p {scratch.word} || exit"]
    return [*lines, *_made(inside, first), *exports]


_VARIABLE = pattern(r"\$\w+|\$\{\w+\}")


def _made(inside: str, name: str) -> list[str]:
    """The lines that make a folder of the job's own, and remove it at the end; the exit code stays."""
    return [
        f'{name}=$(mktemp -d "{inside}/build.XXXXXX") || exit',
        f"export {name}",
        f"trap 'rm -rf -- \"${name}\"' EXIT",
    ]


def _cache(site: Site, group: str) -> list[str]:
    """The folder that the site's guide names for the cache; switched off as long as a name is to be put into it."""
    written = site.cache.recommended
    if not isinstance(written, str):
        return []
    place = PLACEHOLDER.sub(lambda match: group or match[0], written)
    word = shell_word(place)
    if not word:
        return []
    lines = [f"export {prefix}_CACHEDIR={word}" for prefix in _prefixes(site)]
    open_word = PLACEHOLDER.search(place)
    if open_word is not None:
        about = f"CHANGE {open_word[0]}, and take the # away: what was fetched is kept there, by the site's guide."
        return [*_comment(about), *(f"# {line}" for line in lines)]
    return ["# What was fetched is kept there, by the site's guide.", *lines]


# -- the build


def _build(site: Site, new: NewJob, scratch: Scratch | None) -> list[str]:
    image = _quoted(_path(new.folder, new.image))
    # Beside files in memory the image would take what the build needs; elsewhere no image that is not whole stays behind.
    beside = scratch is not None and not scratch.in_memory
    made = _inside(_folder(site), new.image) if beside else image
    words = ["sifcheck", "build", *_options(site, new), made, _quoted(_path("", new.definition))]
    command = " ".join(words)
    runtime = _runtime(site)
    lines = _comment(
        f"Checks the file and this node, then builds; without sifcheck there, write {runtime} for it."
    )
    group = site.group.fakeroot_requires
    if isinstance(group, str) and "--fakeroot" in words and not _option_instead(site):
        lines += _in_group(command, group, site)
    else:
        lines += [command]
    if not beside:
        return [*_comment("An image of that name is replaced, once the new one is whole."), *lines]
    lines[-1] += " || exit"
    lines += ["", *_comment("That folder does not stay: the image is copied to where it is to lie.")]
    if isinstance(site.group.output_requires, str) and new.folder:
        lines += _comment(f"Who writes to a group's folder needs this group: {site.group.output_requires}.")
    return [*lines, f"cp {made} {image}"]


def _inside(variable: str, name: str) -> str:
    return f'"${variable}/{_ESCAPED.sub(_escape, name)}"'


def _quoted(text: str) -> str:
    """A text as one word of the shell, in double quotes where it needs any: these go into the single ones of `sg`."""
    return text if _PLAIN.fullmatch(text) else f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(sign: re.Match[str]) -> str:
    return f"\\{sign[0]}"


_PLAIN = pattern(r"[\w./:@%+=,-]+", re.A)
_ESCAPED = pattern(r'["$`\\]')


def _in_group(command: str, group: str, site: Site) -> list[str]:
    lines = _comment(f"A build as root needs {group} for its first group; sg takes it on for this command.")
    if isinstance(site.group.option_instead, str) and site.group.option_since:
        since = " and ".join(f"{name} {version}" for name, version in site.group.option_since.items())
        lines += _comment(f"From {since} on, the option {site.group.option_instead} does without it.")
    if "$" in command:
        lines += ["# shellcheck disable=SC2016 # the shell that sg starts puts the variables in"]
    return [*lines, f"sg {quote(group)} -c {quote(command)}"]


def _option_instead(site: Site) -> str:
    """The option that does without the group, where the site's runtime is known to have it."""
    family, version = site.runtime.family, site.runtime.version
    since = site.group.option_since.get(family) if isinstance(family, str) else None
    if since is None or not isinstance(version, str) or not isinstance(site.group.option_instead, str):
        return ""
    return site.group.option_instead if _numbers(version) >= _numbers(since) else ""


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _options(site: Site, new: NewJob) -> Iterator[str]:
    """The options of the build: the site's own, --fakeroot where it works, binds of the repositories that are used."""
    own = [word for option in site.build.options if (word := _option(option))]
    if "--fakeroot" not in own and site.node.fakeroot is not False:
        yield "--fakeroot"
        if isinstance(site.group.fakeroot_requires, str) and _option_instead(site):
            yield _option_instead(site)
    yield from own
    for repository in site.packages.repositories:
        url, bind = repository.url, repository.bind
        if isinstance(url, str) and isinstance(bind, str) and url.rstrip("/") in new.text:
            yield f"--bind {_quoted(bind)}"
    # Nobody can be asked in a job.
    yield "--force"
    for argument in new.build_arguments:
        yield f"--build-arg {_quoted(argument)}"


def _option(written: str) -> str:
    """An option of the site's file as shell text; "" for one that would do more than put variables in."""
    plain = written.replace('"', "")
    if not shell_word(plain):
        return ""
    return written if written.count('"') in (0, 2) else quote(written)


def _runtime(site: Site) -> str:
    if isinstance(site.runtime.command, str):
        return site.runtime.command
    return "apptainer" if site.runtime.family == "apptainer" else "singularity"


def _path(folder: str, name: str) -> str:
    """A path that no program takes for an option."""
    path = f"{folder.rstrip('/') or '/'}/{name}".replace("//", "/") if folder else name
    return f"./{path}" if path.startswith("-") else path
