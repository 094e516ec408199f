"""%setup and %pre, the scripts that run on the host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeGuard

from sifcheck.api import (
    ChangedFolder,
    Copied,
    Downloaded,
    Draft,
    Effect,
    Findings,
    Linked,
    MadeFolder,
    Moved,
    Part,
    Removed,
    Script,
    Target,
    Unpacked,
    Word,
    Written,
    bad,
    effects_of,
    families,
    finding,
    good,
    replace,
    rule,
)

if TYPE_CHECKING:
    from sifcheck.api import Host

_NAMES = ("SINGULARITY_ROOTFS", "APPTAINER_ROOTFS")
# Device files of every host: writing there changes nothing.
_DEVICES = ("/dev/", "/proc/self/")
_FALLBACKS = ("-", "+", "=", "?")


@rule(
    "DEF306",
    severity="warning",
    fix="safe",
    message={
        "writes": "`{program}` changes `{path}` of the host: %{section} runs outside the image{hand}",
        "relative": "`rm` removes `{path}` in the folder of the build: %{section} runs outside the image{hand}",
        "unset": "`${name}` is unset in %{section} of {families}, so the path is the host's own",
        "empty": "`${name}` is set in %pre and %setup only, here it is empty",
    },
    help={
        "writes": "put `${{SINGULARITY_ROOTFS}}` in front, which both runtimes set, or use %files",
        "relative": "put `${{SINGULARITY_ROOTFS}}/` in front of what lies in the image, or remove the file before the build",
        "unset": "write `${{SINGULARITY_ROOTFS}}`: Apptainer sets it too",
        "empty": "leave it out: the paths of this script are the image's",
    },
)
@bad(
    """
    %setup
        mkdir ${APPTAINER_ROOTFS}/opt/app
              ^^^^^^^^^^^^^^^^^^^
    """,
    target="singularity-ce-4.1",
    fixed="""
    %setup
        mkdir ${SINGULARITY_ROOTFS}/opt/app
    """,
)
@good("""
    %setup
        mkdir -p ${SINGULARITY_ROOTFS}/opt/app "$SINGULARITY_ROOTFS/data"
        cp -r /srv/app ${SINGULARITY_ROOTFS}/opt/
        touch marker
        date 2> /dev/null
    """)
def setup_writes_to_host(script: Script, target: Target, host: Host | None = None) -> Findings:
    """A script that runs on the host writes there, not into the image.

    %pre and %setup run in the caller's folder with the caller's rights, as root where root builds; the image's tree is
    what `$SINGULARITY_ROOTFS` names.  `$APPTAINER_ROOTFS` is set by Apptainer only, so under SingularityCE
    `${APPTAINER_ROOTFS}/opt` is the host's `/opt`.  Source: Apptainer 1.4.5, measured; the user guides' pages on
    definition files; 1.7 % of 2,639 public files, and 0.2 % use the variables in %post.
    """
    named = list(_rootfs(script))
    if script.section.name in ("setup", "pre"):
        yield from _unset(script, named, target)
        yield from _writes(script, ", with root's rights" if host and host.identity.is_root else "")
    else:
        yield from _empty(script, named)


def _rootfs(script: Script) -> Iterator[Part]:
    """The places where the folder of the image's tree is put in without another value to fall back on."""
    if "_ROOTFS" not in script.text:
        return
    own = {assignment.name for assignment in script.assignments}
    for part in script.variables:
        if part.name in _NAMES and part.name not in own and part.expansion.lstrip(":")[:1] not in _FALLBACKS:
            yield part


def _unset(script: Script, named: list[Part], target: Target) -> Findings:
    lacking = target.lacking("apptainer variables")
    level = target.severity(lacking, "error")
    if level is None:
        return
    parts = [part for part in named if part.name == "APPTAINER_ROOTFS" and not _is_tried(script, part)]
    if parts:
        yield finding(
            parts[0].span,
            "unset",
            severity=level,
            name="APPTAINER_ROOTFS",
            section=script.section.name,
            families=families(lacking),
            fix=[replace(part.span, part.text.replace("APPTAINER", "SINGULARITY")) for part in parts],
        )


def _empty(script: Script, named: list[Part]) -> Findings:
    for part in named:
        if not _is_tried(script, part):
            yield finding(part.span, "empty", name=part.name)


def _is_tried(script: Script, part: Part) -> bool:
    """Whether the place is a test of the variable, or the script tests it first."""
    for command in script.commands("[", "[[", "test"):
        if command.span.start <= part.span.start and any(
            variable.name == part.name for word in command.words for variable in word.parts
        ):
            return True
    return False


def _writes(script: Script, hand: str) -> Findings:
    inside = False
    for effect in effects_of(script):
        if isinstance(effect, ChangedFolder):
            # Into the image's tree, or somewhere that hangs on another variable.
            inside = effect.folder is not None and effect.folder.value is None
        elif isinstance(effect, Removed):
            if effect.command.program == "rm" and not effect.command.handled:
                yield from _removals(effect, inside, hand)
        else:
            for word in _changed(effect):
                if _is_of_host(word):
                    yield _change(script, _program(effect), word, hand)


def _change(script: Script, program: str, word: Word, hand: str) -> Draft:
    return finding(word, "writes", program=program, path=word.text, section=script.section.name, hand=hand)


def _program(effect: Effect) -> str:
    program = effect.command.program if effect.command is not None else None
    if isinstance(effect, Written) and effect.by != program:
        return f"{program} {effect.by}" if program and program not in effect.by else effect.by
    return program or ""


def _removals(removed: Removed, inside: bool, hand: str) -> Findings:
    for word in removed.paths:
        path = word.prefix
        if _is_of_host(word):
            yield _change(word.script, "rm", word, hand)
        elif path and not inside and path[0] not in "~/":
            yield finding(word, "relative", path=word.text, section=word.script.section.name, hand=hand)


def _changed(effect: Effect) -> tuple[Word | None, ...]:
    """The paths that an effect changes."""
    if isinstance(effect, Written):
        # `touch` is how scripts leave a mark that they went by.
        return (effect.path,) if effect.by != "touch" else ()
    if isinstance(effect, MadeFolder):
        return effect.paths
    if isinstance(effect, Moved):
        return (*effect.sources, effect.target)
    if isinstance(effect, Copied | Linked | Downloaded):
        return (effect.target,)
    return (effect.folder,) if isinstance(effect, Unpacked) else ()


def _is_of_host(word: Word | None) -> TypeGuard[Word]:
    path = word.prefix if word is not None else ""
    return path.startswith("/") and not path.startswith(_DEVICES)
