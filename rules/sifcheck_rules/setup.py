"""%setup and %pre, the scripts that run on the host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.api import (
    Command,
    Draft,
    Findings,
    Part,
    Redirection,
    Script,
    Target,
    Word,
    bad,
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
_HARMLESS = ("/dev/", "/proc/self/")
_FALLBACKS = ("-", "+", "=", "?")
_COPYING = frozenset("cp install ln".split())
_VALUES = ("-t", "--target-directory", "-m", "--mode", "-o", "--owner", "-g", "--group", "-S", "--suffix")


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
@bad("""
    %setup
        mkdir -p /opt/app
                 ^^^^^^^^
        cp app.sh ${SINGULARITY_ROOTFS}/opt/app/
    """)
@bad("""
    %setup
        echo 'nameserver 10.0.0.1' > /etc/resolv.conf
                                     ^^^^^^^^^^^^^^^^
    """)
@bad("""
    %setup
        rm -rf build
               ^^^^^
    """)
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
@bad("""
    %post
        mkdir ${SINGULARITY_ROOTFS}/opt/app
              ^^^^^^^^^^^^^^^^^^^^^
    """)
@good("""
    %setup
        mkdir -p ${SINGULARITY_ROOTFS}/opt/app "$SINGULARITY_ROOTFS/data"
        cp -r /srv/app ${SINGULARITY_ROOTFS}/opt/
        touch marker
        date 2> /dev/null
    """)
@good(
    """
    %setup
        cp app.sh ${APPTAINER_ROOTFS}/opt/
        cp app.sh "${APPTAINER_ROOTFS:-$SINGULARITY_ROOTFS}/opt/"
    """,
    target="apptainer-1.4",
)
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
    for command in script.commands():
        if command.program == "cd":
            inside = _is_in_tree(command)
        elif command.program == "rm" and not command.handled:
            yield from _removals(command, inside, hand)
        else:
            for word in _written(command):
                if _is_of_host(word):
                    yield _change(script, command.program or "", word, hand)
    for redirection in script.redirections:
        if redirection.writes and redirection.target is not None and _is_of_host(redirection.target):
            yield _change(script, _writer(redirection), redirection.target, hand)


def _change(script: Script, program: str, word: Word, hand: str) -> Draft:
    return finding(word, "writes", program=program, path=word.text, section=script.section.name, hand=hand)


def _writer(redirection: Redirection) -> str:
    program = redirection.command.program if redirection.command is not None else None
    return f"{program} {redirection.operator}" if program else redirection.operator


def _is_in_tree(command: Command) -> bool:
    """Whether a `cd` leads into the image's tree, or somewhere that hangs on another variable."""
    operands = command.operands()
    return bool(operands) and operands[0].value is None


def _removals(command: Command, inside: bool, hand: str) -> Findings:
    for word in command.operands():
        path = word.prefix
        if path.startswith("/") and not path.startswith(_HARMLESS):
            yield _change(command.script, "rm", word, hand)
        elif path and not inside and path[0] not in "~/":
            section = command.script.section.name
            yield finding(word, "relative", path=word.text, section=section, hand=hand)


def _written(command: Command) -> tuple[Word, ...]:
    """The paths that a command writes to, as far as its name and operands tell."""
    program = command.program
    if program in ("mkdir", "tee", "mv"):
        return command.operands(_VALUES)
    if program in _COPYING:
        folder = command.option_value("-t", "--target-directory")
        operands = command.operands(_VALUES)
        if folder is not None:
            return (folder,)
        if program == "install" and command.option("-d", "--directory") is not None:
            return operands
        return operands[-1:] if len(operands) > 1 else ()
    if program == "tar" and command.arguments:
        return _unpacked(command)
    return ()


def _unpacked(command: Command) -> tuple[Word, ...]:
    first = command.arguments[0].prefix
    letters = first if not first.startswith("--") else ""
    folder = command.option_value("-C", "--directory")
    if ("x" in letters or command.option("--extract", "--get") is not None) and folder is not None:
        return (folder,)
    archive = command.option_value("-f", "--file") or (
        command.arguments[1] if len(command.arguments) > 1 else None
    )
    return (archive,) if "c" in letters and "f" in letters and archive is not None else ()


def _is_of_host(word: Word) -> bool:
    path = word.prefix
    return path.startswith("/") and not path.startswith(_HARMLESS)
