"""What a file is - definition, batch script, image - and which files a command line means.

By its base name, `*.def`, `Singularity*` and `Apptainer*` is a definition file whatever it holds, a SIF image
excepted.  A name of that pattern with the extension of something else (`Singularity.md`, `Apptainer-run.sh`,
`Singularity.sif`) goes by content; if the content is nothing that is known, it is a definition file where it
was named on the command line, and passed over where it was only met in a folder.  All other names go by
content: the first meaningful line is `Bootstrap:`, the SIF magic, `#PJM`, `#SBATCH` or `#PBS` lines, or a
shell script that calls singularity, apptainer or `sifcheck build`.  In what is no shell script such lines
count only above the first line that is no comment, so that a page or program about jobs is no job.

In a walked folder these are passed over: what the repository's `.gitignore` files name (those above the
folder included, up to the folder that holds `.git`), what `exclude` names, hidden files and folders (a
few apart, such as `.github`), `node_modules`, `__pycache__`, virtual environments, folders marked by a
CACHEDIR.TAG, and what is no plain file.  Links to files are followed, links to folders are not.  What is
named on the command line is checked in any case, also if it is ignored or excluded (as ruff does it),
unless `force_exclude` says otherwise.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from sifcheck.base.source import mask_wide_blanks
from sifcheck.base.startup import NamedTuple
from sifcheck.config.globs import Ignores, absolute, ignores_in, is_ignored, matches

FileKind = Literal["definition", "job", "image", "sandbox", "unknown", "unreadable", "empty"]
"""`unknown`: a named file that is none of ours; `empty`: a named folder in which nothing was found."""

HEAD_SIZE = 65536
"""How many bytes of a file are looked at to tell what it is."""

SIZE_LIMIT = 8 * 1024 * 1024
"""No parser of a runtime holds a section of more than 64 KiB; a definition file of more bytes than this is none."""

SANDBOX_FOLDER = ".singularity.d"

# A definition file's name with one of these at its end is more likely the name of something about it.
_OTHER_EXTENSIONS = frozenset(
    ".md .markdown .rst .txt .adoc .tex .html .htm .xml .pdf .json .yml .yaml .toml .ini .cfg .csv .tsv .log "
    ".out .err .py .ipynb .sh .bash .zsh .ksh .csh .sbatch .slurm .pjm .pbs .sif .simg .img .sqsh .squashfs "
    ".tar .gz .tgz .xz .zip .asc .sig .patch .diff .swp .bak .orig .rej .j2 .tmpl .template .in".split()
)

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

_SHELL_EXTENSIONS = frozenset(".sh .bash .zsh .ksh .csh .sbatch .slurm .pjm .pbs .job .sub .batch".split())
_SHELL_LINE = r"#![ \t]*(?:\S*/)?(?:env[ \t]+(?:-\S+[ \t]+)*)?(?:\S*/)?(?:ba|da|a|z|k|mk|c|tc)?sh(?![\w-])"
_DIRECTIVE = r"#(PJM|SBATCH|PBS)\b"
_RUNTIME = r"(?<![\w.-])(?:singularity|apptainer|sifcheck(?=[ \t]+build\b))(?![\w.-])"
_COMMANDS = frozenset(
    "build cache capability checkpoint config delete exec inspect instance key keyserver oci overlay plugin "
    "pull push registry remote run run-help search shell sif sign test verify version".split()
)
_BEFORE_A_COMMAND = frozenset(
    "then do else time exec sudo srun mpirun mpiexec nohup env command ! if while until".split()
)

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


def kind_of(path_or_name: str, head: bytes) -> FileKind:
    """What a file is, from its name and the first bytes of it, as for one named on the command line.

    The answer is definition, job, image or unknown.  An empty name means standard input without a name.
    """
    return _judged(os.path.basename(path_or_name), head)[0]


def _judged(name: str, head: bytes) -> tuple[FileKind, str]:
    """The kind of a file that was named, and how it shows."""
    by_content = _by_content(name, head)
    if by_content is not None and (by_content[0] == "image" or not _by_name(name)):
        return by_content
    if is_definition_name(name):
        return "definition", "by its name"
    return by_content or ("unknown", _looks_like(name, head))


def is_definition_name(name: str) -> bool:
    """Whether a base name is that of a definition file."""
    return name.endswith(".def") or name.startswith(("Singularity", "Apptainer"))


def _by_name(name: str) -> bool:
    """Whether the name alone makes it a definition file, with no look into it."""
    return is_definition_name(name) and os.path.splitext(name)[1].lower() not in _OTHER_EXTENSIONS


def _by_content(name: str, head: bytes) -> tuple[FileKind, str] | None:
    if head[32:41] == b"SIF_MAGIC":
        return "image", "it is a SIF image"
    if head.startswith(b"hsqs") or (head.startswith(b"#!") and head.partition(b"\n")[2].startswith(b"hsqs")):
        return "image", "it is a squashfs image"
    text = _text(head[:HEAD_SIZE])
    if text is None:
        return None
    extension = os.path.splitext(name)[1].lower()
    lines = text.split("\n")
    if _begins_with_bootstrap(lines) and (extension not in _OTHER_EXTENSIONS or _is_like_definition(text)):
        return "definition", "it begins with Bootstrap:"
    shell = extension in _SHELL_EXTENSIONS or re.match(_SHELL_LINE, lines[0][:_LONGEST]) is not None
    directive = _directive(lines, shell)
    if directive:
        return "job", f"it has #{directive} lines"
    call = _runtime_call(text) if shell or (not name and _is_bare_script(text)) else ""
    return ("job", f"it is a shell script that calls {call}") if call else None


def _text(head: bytes) -> str | None:
    """The text, one character a byte, line ends plain, without a byte-order mark; None for what is none."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head.decode("utf-16", "replace").encode("utf-8", "replace")
    elif b"\0" in head[:1024]:
        return None
    text = mask_wide_blanks(head.removeprefix(b"\xef\xbb\xbf"))
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


_BLANKS = " \t\v\f"

# How much of a line is looked at, so that no line makes a pattern slow.
_LONGEST = 200


def _begins_with_bootstrap(lines: list[str]) -> bool:
    for line in lines:
        line = line.strip(_BLANKS)
        if line and not line.startswith("#"):
            key, colon, _ = line.partition(":")
            return bool(colon) and key.rstrip(_BLANKS).lower() == "bootstrap"
    return False


def _is_like_definition(text: str) -> bool:
    """Whether more than the first line is a definition file's; that alone could be YAML or a heading."""
    return re.search(r"(?mi)^[ \t]*(?:from[ \t]*:|%[a-z])", text) is not None


_CALLED_FIRST = (
    rf"(?m)^[ \t]*(?:sudo[ \t]+)?(?:singularity|apptainer)[ \t]+(?:{'|'.join(sorted(_COMMANDS))})\b"
)
_OF_DEFINITION = r"(?mi)^[ \t]*(?:%[a-z]|(?:bootstrap|from|include|mirrorurl|osversion|stage)[ \t]*:)"


def _is_bare_script(text: str) -> bool:
    """Whether text without a name and a `#!` line calls a runtime, and has nothing of a definition file."""
    return re.search(_CALLED_FIRST, text) is not None and re.search(_OF_DEFINITION, text) is None


def _directive(lines: list[str], shell: bool) -> str:
    """The scheduler's name of a directive line, empty if there is none."""
    for line in lines:
        match = re.match(_DIRECTIVE, line)
        if match:
            return match[1]
        if not shell and line.strip(_BLANKS) and not line.startswith("#"):
            return ""
    return ""


def _runtime_call(text: str) -> str:
    """The runtime that a shell script calls, empty if it calls none.

    A call is the runtime's name where a command stands, or before one of the runtime's commands.
    """
    for match in re.finditer(_RUNTIME, text):
        start = text.rfind("\n", 0, match.start()) + 1
        before = text[start : match.start()]
        if before.lstrip(_BLANKS).startswith("#"):
            continue
        rest = text[match.end() : match.end() + 2 * _LONGEST].replace("\\\n", " ")
        rest = rest.partition("\n")[0].lstrip("\"')}")
        words = rest.split() if rest[:1] in (" ", "\t") else []
        if _COMMANDS.intersection(words[:3]) or (words and _at_command(before)):
            return match[0]
    return ""


def _at_command(before: str) -> bool:
    """Whether a word after this part of a line stands where a command does."""
    before = before[-_LONGEST:]
    if not before or before[-1] not in _BLANKS:
        # The path of the program itself.
        before = re.sub(r"[\"']?[^\s;&|(`{\"']*$", "", before)
    before = before.rstrip(_BLANKS)
    if not before or before[-1] in ";&|(`{":
        return True
    return before.split()[-1].rpartition("/")[2] in _BEFORE_A_COMMAND


_SIGNS = (
    (b"\x7fELF", "a program or library"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK\x03\x04", "a zip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x89PNG", "a picture"),
    (b"%PDF", "a PDF document"),
)


def _looks_like(name: str, head: bytes) -> str:
    """Words for a file that is none of ours."""
    for sign, words in _SIGNS:
        if head.startswith(sign):
            return f"it is {words}"
    text = _text(head[:HEAD_SIZE])
    first = "" if text is None else text.lstrip()[:200].lower()
    if text is None:
        words = "it is binary"
    elif not first:
        words = "it is empty"
    elif first.startswith(("<!doctype html", "<html", "<?xml")):
        words = "it is a page or document (HTML, XML)"
    elif re.search(r"(?mi)^from[ \t]+\S", text) and re.search(
        r"(?mi)^(?:run|cmd|copy|env|entrypoint)[ \t]", text
    ):
        words = "it is a Dockerfile"
    elif first.startswith("#!"):
        words = "it is a script that calls neither singularity nor apptainer"
    elif first[0] in "{[":
        words = "it looks like JSON"
    else:
        words = "it is text with neither a Bootstrap: line nor directives of a batch system"
    return f"{words}, whatever its name says" if name.endswith((".sif", ".simg")) else words


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
    if _by_name(name):
        return Found(path, "definition", True, "by its name")
    try:
        kind, reason = _opened(path, lambda head: _judged(name, head), contents)
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
        by_name = _by_name(name)
        if name.startswith(".") or name.endswith("~") or (not by_name and _never_ours(name)):
            return
        if not _left_out(name, place, folder, exclude, False):
            one = _met(entry, shown, by_name, folder.contents)
            if one is not None:
                yield one, place
    except OSError as error:
        yield Found(shown, "unreadable", False, _reason(error)), place


def _met(entry: os.DirEntry[str], shown: str, by_name: bool, contents: dict[str, bytes]) -> Found | None:
    """What a file met in a folder is; None if it is nothing of ours."""
    if not entry.is_file():
        if by_name and entry.is_symlink() and not os.path.exists(shown):
            return Found(shown, "unreadable", False, "it is a link that leads nowhere")
        return None
    if by_name:
        return Found(shown, "definition", False, "by its name")
    kind, reason = _opened(shown, lambda head: _by_content(entry.name, head) or ("unknown", ""), contents)
    return None if kind == "unknown" else Found(shown, kind, False, reason)


def _never_ours(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in _NEVER_OURS


def _left_out(name: str, place: str, folder: _Folder, exclude: Sequence[str], is_folder: bool) -> bool:
    if exclude and matches(exclude, place, name):
        return True
    return bool(folder.ignores) and is_ignored(folder.ignores, place, is_folder)
