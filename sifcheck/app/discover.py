"""Which files a command line means: those that it names, and what folders hold that is ours.

In a walked folder these are passed over: what the repository's `.gitignore` files name (those above the
folder included, up to the folder that holds `.git`), what `exclude` names, hidden files and folders (a
few apart, such as `.github`), `node_modules`, `__pycache__`, virtual environments, folders marked by a
CACHEDIR.TAG, and what is no plain file.  Links to files are followed, links to folders are not.  What is
named on the command line is checked in any case, also if it is ignored or excluded (as ruff does it),
unless `force_exclude` says otherwise.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence

from sifcheck.app.kinds import HEAD_SIZE, SIZE_LIMIT, FileKind, by_content, by_name, judged
from sifcheck.base.startup import NamedTuple
from sifcheck.config.globs import Ignores, absolute, ignores_in, is_ignored, matches

SANDBOX_FOLDER = ".singularity.d"

# Never opened when a folder is walked: on a shared filesystem each look into a file counts.
_NEVER_OURS = frozenset(
    ".gz .bz2 .xz .zst .zip .tar .tgz .7z .rpm .deb .whl .jar .png .jpg .jpeg .gif .svg .ico .pdf .ps .eps "
    ".mp4 .mov .wav .so .o .a .mod .pyc .pyo .class .dll .exe .npy .npz .h5 .hdf5 .nc .fits .bam .bai .sam "
    ".cram .fastq .fasta .fa .fq .vcf .pt .pth .onnx .safetensors .ckpt .parquet .feather .pkl .db .sqlite "
    ".vtk .vtu .xlsx .docx .pptx .ttf .woff .woff2".split()
)

_PASSED_FOLDERS = frozenset(("node_modules", "__pycache__"))
_HIDDEN_BUT_WALKED = frozenset((".ci", ".devcontainer", ".github", ".gitlab"))
_MARKED_FOLDERS = ("pyvenv.cfg", "CACHEDIR.TAG")

_REASONS = {
    "ENOENT": "there is no such file or folder",
    "EACCES": "permission denied",
    "EPERM": "permission denied",
    "ELOOP": "its links lead in a circle",
    "ENOTDIR": "what stands before the last slash is no folder",
    "ENAMETOOLONG": "the name is too long",
    "EIO": "the disk or filesystem reports a fault",
    "ESTALE": "the file server no longer knows it",
    "EMFILE": "too many files are open",
}


class Found(NamedTuple):
    """One input: the path as given or as found in a folder, what it is and why, whether it was named itself.

    `reason` says in words how its kind shows, why it cannot be read, or what an unknown file looks like.
    """

    path: str
    kind: FileKind
    named: bool
    reason: str


Exclude = Sequence[str] | Callable[[str], Sequence[str]]
"""Globs as `Settings.exclude` has them, or a function that gives them for a named path."""


def find_inputs(
    paths: Sequence[str],
    *,
    exclude: Exclude = (),
    force_exclude: bool = False,
    respect_gitignore: bool = True,
    contents: dict[str, bytes] | None = None,
) -> list[Found]:
    """The inputs that the paths of a command line mean, in their order; folders are walked by name.

    Each file is there once, and as named if it was named, be it also met in a folder.  Nothing is raised:
    what is missing or cannot be read is there as `unreadable`; a named folder in which nothing is found
    is there as `empty`, a named file that is nothing of ours as `unknown`.  In a folder what is unknown is
    passed over; a file or folder in it that cannot be read is there with `named` false.  `force_exclude`
    applies `exclude` to named paths as well.  What had to be opened and is a definition file or batch script is put
    into `contents`, by its path, so that nobody need open it again.
    """
    contents = {} if contents is None else contents
    named = {absolute(path) for path in paths}
    seen: set[str] = set()
    found: list[Found] = []
    for path in paths:
        place = absolute(path)
        globs = exclude(path) if callable(exclude) else exclude
        if place in seen or (force_exclude and _excluded_by_name(path, place, globs)):
            continue
        seen.add(place)
        one = _named(path, contents)
        if one is not None:
            found.append(one)
            continue
        met = _walk(path, place, globs, respect_gitignore, contents)
        inside = [one for one, where in met if where == place or _first(where, named, seen)]
        found += inside or ([] if _covered(place, named, found) else [Found(path, "empty", True, _NOTHING)])
    return found


_NOTHING = "no file in this folder is a definition file, a batch script or an image"


def _first(place: str, named: set[str], seen: set[str]) -> bool:
    """Whether a file met in a folder is met for the first time, and has no turn of its own as a named one."""
    if place in named or place in seen:
        return False
    seen.add(place)
    return True


def _covered(folder: str, named: set[str], found: list[Found]) -> bool:
    """Whether a folder is empty only because what it holds was named itself or met before."""
    inside = os.path.join(folder, "")
    return any(place != folder and place.startswith(inside) for place in named) or any(
        absolute(one.path).startswith(inside) for one in found
    )


def _named(path: str, contents: dict[str, bytes]) -> Found | None:
    """What a path of the command line is; None for a folder that is to be walked."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError) as error:
        return Found(path, "unreadable", True, _reason(error))
    if stat.S_ISDIR(mode):
        return None
    if not stat.S_ISREG(mode):
        return Found(path, "unreadable", True, _SPECIAL)
    name = os.path.basename(path)
    if by_name(name):
        return Found(path, "definition", True, "by its name")
    try:
        kind, reason = _opened(path, lambda head: judged(name, head), contents)
    except OSError as error:
        return Found(path, "unreadable", True, _reason(error))
    return Found(path, kind, True, reason)


Judge = Callable[[bytes], tuple[FileKind, str]]


def _opened(path: str, judge: Judge, contents: dict[str, bytes]) -> tuple[FileKind, str]:
    """What a file is by its beginning; of what is ours the rest is read, too.  Raises OSError."""
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        head = os.read(number, HEAD_SIZE)
        kind, reason = judge(head)
        if kind in ("definition", "job"):
            contents[path] = _with_rest(number, head)
    finally:
        os.close(number)
    return kind, reason


def _with_rest(number: int, content: bytes) -> bytes:
    """What was read of a file and what follows, up to one byte more than a file of ours may have."""
    while len(content) <= SIZE_LIMIT and (more := os.read(number, SIZE_LIMIT + 1 - len(content))):
        content += more
    return content


_SPECIAL = (
    "it is a pipe, socket or device, no file: hand such input over on standard input, with --stdin-filename"
)


def _reason(error: OSError | ValueError) -> str:
    if not isinstance(error, OSError) or error.errno is None:
        return "no file can have this name"
    from errno import errorcode

    return _REASONS.get(errorcode.get(error.errno, ""), (error.strerror or "it cannot be read").lower())


def _excluded_by_name(path: str, place: str, globs: Sequence[str]) -> bool:
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    return any(matches(globs, place, part) for part in parts or [os.path.basename(place)])


class _Folder(NamedTuple):
    """A folder that is to be walked: the path that is shown, the absolute one, what is ignored and was read in it."""

    shown: str
    place: str
    ignores: Ignores
    contents: dict[str, bytes]


def _walk(
    path: str, place: str, exclude: Sequence[str], respect_gitignore: bool, contents: dict[str, bytes]
) -> Iterator[tuple[Found, str]]:
    """What lies in a named folder and is ours, each with its absolute path."""
    shown = "" if os.path.normpath(path) == "." else path if path.endswith("/") else f"{path}/"
    waiting = [_Folder(shown, place, (), contents)]
    first = True
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder.shown or ".") as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            whole = path if first else folder.shown.rstrip("/")
            yield Found(whole, "unreadable", first, _reason(error)), folder.place
            first = False
            continue
        names = {entry.name for entry in entries}
        if SANDBOX_FOLDER in names:
            whole = path if first else folder.shown.rstrip("/")
            yield Found(whole, "sandbox", first, f"it holds {SANDBOX_FOLDER}"), folder.place
        elif first or not names.intersection(_MARKED_FOLDERS):
            if respect_gitignore:
                folder = folder._replace(
                    ignores=ignores_in(folder.place, names, None if first else folder.ignores)
                )
            inside: list[_Folder] = []
            for entry in entries:
                yield from _entry(entry, folder, exclude, inside)
            waiting += reversed(inside)
        first = False


def _entry(
    entry: os.DirEntry[str], folder: _Folder, exclude: Sequence[str], inside: list[_Folder]
) -> Iterator[tuple[Found, str]]:
    """A file of a walked folder, if it is ours; a folder is put to those that are still to be walked."""
    name = entry.name
    place = os.path.join(folder.place, name)
    shown = f"{folder.shown}{name}"
    try:
        if entry.is_dir(follow_symlinks=False):
            hidden = name.startswith(".") and name not in _HIDDEN_BUT_WALKED
            if (
                not hidden
                and name not in _PASSED_FOLDERS
                and not _left_out(name, place, folder, exclude, True)
            ):
                inside.append(folder._replace(shown=f"{shown}/", place=place))
            return
        ours = by_name(name)
        if name.startswith(".") or name.endswith("~") or (not ours and _never_ours(name)):
            return
        if not _left_out(name, place, folder, exclude, False):
            one = _met(entry, shown, ours, folder.contents)
            if one is not None:
                yield one, place
    except OSError as error:
        yield Found(shown, "unreadable", False, _reason(error)), place


def _met(entry: os.DirEntry[str], shown: str, named_so: bool, contents: dict[str, bytes]) -> Found | None:
    """What a file met in a folder is; None if it is nothing of ours."""
    if not entry.is_file():
        if named_so and entry.is_symlink() and not os.path.exists(shown):
            return Found(shown, "unreadable", False, "it is a link that leads nowhere")
        return None
    if named_so:
        return Found(shown, "definition", False, "by its name")
    kind, reason = _opened(shown, lambda head: by_content(entry.name, head) or ("unknown", ""), contents)
    return None if kind == "unknown" else Found(shown, kind, False, reason)


def _never_ours(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in _NEVER_OURS


def _left_out(name: str, place: str, folder: _Folder, exclude: Sequence[str], is_folder: bool) -> bool:
    if exclude and matches(exclude, place, name):
        return True
    return bool(folder.ignores) and is_ignored(folder.ignores, place, is_folder)
