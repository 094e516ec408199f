"""The hand-over of a build to the real runtime: which program, with which words and variables, under which name it writes.

A SIF is written beside its final name and renamed when it is whole.  The runtime itself deletes the old image before it
writes the new one: with --force on a full disk the good old image is lost with the new one (measured).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import error_text, quote_line
from sifcheck.host.exports import Change, environment_with, export_line
from sifcheck.launch.command import BuildCommand
from sifcheck.launch.output import beside
from sifcheck.launch.watching import Ended, Keep, watch

__all__ = [
    "RUNTIMES",
    "Done",
    "Handover",
    "carry_out",
    "find_runtime",
    "prepare",
    "replace_process",
    "shell_lines",
    "sign",
]

RUNTIMES = ("apptainer", "singularity")


class Handover(NamedTuple):
    """All that the runtime is started with.

    `words` are what follows the program.  `written` is the path that the runtime writes the image to, `image` the one it
    is to have; the same where nothing is renamed.
    """

    program: str
    words: tuple[str, ...]
    environment: Mapping[str, str]
    changes: tuple[Change, ...]
    image: str
    written: str

    @property
    def renames(self) -> bool:
        """Whether the image is written under another name first."""
        return self.image != self.written


class Done(NamedTuple):
    """What became of a build.

    `trouble` says what was not as it should be after the runtime had ended well; `lost`: the image is not in its place.
    """

    ended: Ended
    trouble: str = ""
    lost: bool = False


def find_runtime(search: str, given: str | None = None) -> str | None:
    """The runtime to build with: the one that is given (a path, or a name to look for), else the first on a search path.

    None where there is none that can be started.
    """
    if given is not None and "/" in given:
        return given if _can_start(given) else None
    names = (given,) if given is not None else RUNTIMES
    places = (os.path.join(folder, name) for folder in search.split(os.pathsep) if folder for name in names)
    return next((path for path in places if _can_start(path)), None)


def _can_start(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)


def prepare(
    program: str,
    command: BuildCommand,
    changes: Sequence[Change],
    environment: Mapping[str, str],
    *,
    options: Sequence[str] = (),
    rename: bool = True,
) -> Handover:
    """Put a hand-over together.

    `options` are put before the words of the command.  `rename`: whether a SIF may be written under another name first.
    """
    changed = environment_with(environment, changes)
    image = command.image or ""
    written = image
    if rename and command.makes_sif and not os.path.isdir(image):
        written = beside(image) or image
    words = command.words if written == image else command.with_image(written)
    return Handover(program, ("build", *options, *words), changed, tuple(changes), image, written)


def shell_lines(handover: Handover, *, signed: bool = False) -> list[str]:
    """The hand-over as lines for a shell: the variables, the command, the renaming and, where it is `signed`, that."""
    lines = [export_line(change) for change in handover.changes]
    lines.append(quote_line([handover.program, *handover.words]))
    if handover.renames:
        lines[-1] += " &&"
        lines.append(f"  {quote_line(['mv', '-fT', '--', handover.written, handover.image])}")
    if signed:
        lines[-1] += " &&"
        lines.append(f"  {quote_line(_signing(handover))}")
    return lines


def sign(handover: Handover) -> Ended:
    """Let the runtime sign the finished image; it asks for the passphrase itself.  Raises OSError if it cannot start."""
    return watch(handover.program, _signing(handover), handover.environment)


def _signing(handover: Handover) -> list[str]:
    image = handover.image
    return [handover.program, "sign", f"./{image}" if image.startswith("-") else image]


def replace_process(handover: Handover) -> None:
    """Become the runtime; comes back only with an OSError."""
    import sys

    sys.stdout.flush()
    sys.stderr.flush()
    words = [handover.program, *handover.words]
    os.execve(handover.program, words, dict(handover.environment))  # noqa: S606 - no shell is wanted


def carry_out(handover: Handover, keep: Keep = "nothing") -> Done:
    """Run the runtime to its end, then put the image in its place, or take away what there is of it.

    Raises OSError if the runtime cannot be started.
    """
    try:
        ended = watch(handover.program, [handover.program, *handover.words], handover.environment, keep)
        if ended.status != 0 or not handover.renames:
            return Done(ended)
        return _put_in_place(handover, ended)
    finally:
        if handover.renames:
            _take_away(handover.written)


def _put_in_place(handover: Handover, ended: Ended) -> Done:
    if not os.path.lexists(handover.written):
        # A build on another machine, or help: it is the runtime that knows.
        return Done(ended, f"the runtime ended well and wrote no image; {handover.image} is as before")
    try:
        os.rename(handover.written, handover.image)
    except OSError as error:
        kept = _set_aside(handover)
        why = error_text(error)
        return Done(
            ended,
            f"the image could not be renamed to {handover.image} ({why}); it is kept as {kept}",
            lost=True,
        )
    return Done(ended)


def _set_aside(handover: Handover) -> str:
    """Give a finished image a name that neither we nor `clean-tmp` take away."""
    folder, name = os.path.split(handover.written)
    other = os.path.join(folder, name.removeprefix("."))
    try:
        os.rename(handover.written, other)
    except OSError:
        return handover.written
    return other


def _take_away(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
