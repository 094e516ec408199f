"""What a file is - definition, batch script, image - from its name and the first bytes of it.

By its base name, `*.def`, `Singularity*` and `Apptainer*` is a definition file whatever it holds, a SIF image
excepted.  A name of that pattern with the extension of something else (`Singularity.md`, `Apptainer-run.sh`,
`Singularity.sif`) goes by content; if the content is nothing that is known, it is a definition file where it
was named on the command line, and passed over where it was only met in a folder.  All other names go by
content: the first meaningful line is `Bootstrap:`, the SIF magic, `#PJM`, `#SBATCH` or `#PBS` lines, or a
shell script that calls singularity, apptainer or `sifcheck build`.  In what is no shell script such lines
count only above the first line that is no comment, so that a page or program about jobs is no job.  Nor is one a
document that holds a script between the fences of Markdown, whatever its name ends with.
"""

from __future__ import annotations

import os
import re
from typing import Literal

from sifcheck.base.source import mask_wide_blanks

FileKind = Literal["definition", "job", "image", "sandbox", "unknown", "unreadable", "empty"]
"""`unknown`: a named file that is none of ours; `empty`: a named folder in which nothing was found."""

HEAD_SIZE = 65536
"""How many bytes of a file are looked at to tell what it is."""

SIZE_LIMIT = 8 * 1024 * 1024
"""No parser of a runtime holds a section of more than 64 KiB; a definition file of more bytes than this is none."""

# A definition file's name with one of these at its end is more likely the name of something about it.
_OTHER_EXTENSIONS = frozenset(
    ".md .markdown .rst .txt .adoc .tex .html .htm .xml .pdf .json .yml .yaml .toml .ini .cfg .csv .tsv .log "
    ".out .err .py .ipynb .sh .bash .zsh .ksh .csh .sbatch .slurm .pjm .pbs .sif .simg .img .sqsh .squashfs "
    ".tar .gz .tgz .xz .zip .asc .sig .patch .diff .swp .bak .orig .rej .j2 .tmpl .template .in".split()
)

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


def kind_of(path_or_name: str, head: bytes) -> FileKind:
    """What a file is, from its name and the first bytes of it, as for one named on the command line.

    The answer is definition, job, image or unknown.  An empty name means standard input without a name.
    """
    return judged(os.path.basename(path_or_name), head)[0]


def judged(name: str, head: bytes) -> tuple[FileKind, str]:
    """The kind of a file that was named, and how it shows."""
    found = by_content(name, head)
    if found is not None and (found[0] == "image" or not by_name(name)):
        return found
    if is_definition_name(name):
        return "definition", "by its name"
    return found or ("unknown", _looks_like(name, head))


def is_definition_name(name: str) -> bool:
    """Whether a base name is that of a definition file."""
    return name.endswith(".def") or name.startswith(("Singularity", "Apptainer"))


def by_name(name: str) -> bool:
    """Whether the name alone makes it a definition file, with no look into it."""
    return is_definition_name(name) and os.path.splitext(name)[1].lower() not in _OTHER_EXTENSIONS


def by_content(name: str, head: bytes) -> tuple[FileKind, str] | None:
    """The kind of a file by what it holds, and how it shows; None for what is none of ours."""
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
    if shell and not lines[0].startswith("#!") and _is_document(lines):
        return None
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


def _is_document(lines: list[str]) -> bool:
    """Whether the fence of a Markdown block stands above all directives: what is below it is an example."""
    for line in lines:
        if line.lstrip(_BLANKS)[:3] in ("```", "~~~"):
            return True
        if re.match(_DIRECTIVE, line):
            return False
    return False


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
    elif _is_document(text.split("\n")):
        words = "it is a document with a script in it"
    elif first.startswith("#!"):
        words = "it is a script that calls neither singularity nor apptainer"
    elif first[0] in "{[":
        words = "it looks like JSON"
    else:
        words = "it is text with neither a Bootstrap: line nor directives of a batch system"
    return f"{words}, whatever its name says" if name.endswith((".sif", ".simg")) else words
