"""%files: what crosses from the host, or an earlier stage, into the image; %setup and %pre, which run on the host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeGuard

from sifcheck.api import (
    ChangedFolder,
    Copied,
    CopyUse,
    Downloaded,
    Draft,
    Edit,
    Effect,
    FileCopy,
    FileWord,
    Findings,
    Linked,
    MadeFolder,
    Moved,
    NamedTuple,
    Part,
    Removed,
    Script,
    Severity,
    Stage,
    Target,
    Unpacked,
    Word,
    Written,
    bad,
    base_name,
    effects_of,
    families,
    finding,
    good,
    hidden_uses,
    host_mount,
    image_path,
    insert_after,
    is_copied,
    is_for_build_only,
    pattern,
    related,
    replace,
    rule,
    written_path,
)
from sifcheck_rules._failures import ends_build
from sifcheck_rules.definition._misread import doubtful_words, misread_source, misread_words

if TYPE_CHECKING:
    from sifcheck.api import Folder, Host


_FOR_ALL = "programs look for it in the home of whoever runs the image: write settings for all users below /etc, or delete the line"


@rule(
    "DEF304",
    severity="warning",
    fix="unsafe",
    message={
        "covered": "`{path}` cannot be seen in the image: the host's {mount} is mounted over it",
        "used": "%post uses `{path}`, but the host's {mount} is mounted over it by then",
        "home": "`{path}` may be covered by the home that is mounted when the image runs",
        "root": "`{path}` is readable by root only",
        "home-settings": "`{path}` may be covered by the home that is mounted when the image runs",
        "root-settings": "`{path}` is readable by root only",
    },
    help={
        "": "copy to `{place}`",
        "used": "copy to `{place}`, and name it so in %post too",
        "home-settings": _FOR_ALL,
        "root-settings": _FOR_ALL,
    },
)
@bad("""
    %files
        setup.sh /tmp/setup.sh
                 ^^^^^^^^^^^^^
    %post
        sh /tmp/setup.sh
    """)
@good("""
    %files
        setup.sh /opt/setup.sh
    %post
        sh /opt/setup.sh && rm /opt/setup.sh
    """)
def files_into_host_mount(copy: FileCopy) -> Findings:
    """The destination lies where the host's own folder, or the user's home, is put when %post or a run starts.

    The copy succeeds and cannot be seen afterwards: %post then ends at `No such file or directory`, or the program does
    not find its data.  What lies in /root is there but closed to other users.  Source: Apptainer 1.4.5, measured;
    singularity#5514, hpc-container-maker#345; 1.4 % of 2,639 public files.
    """
    mount = host_mount(copy)
    stage: Stage = copy.section.stage
    if mount is None or copy.section.name != "files":
        return
    word = copy.destination or copy.source
    assert word is not None
    path = written_path(copy) if copy.destination else word.text
    place = _new_place(image_path(word.text) if copy.destination else word.text, mount)
    if mount in ("/home", "/root"):
        # What programs read as root while they install is not meant for the run.
        if stage.is_last and not is_for_build_only(copy) and not _ROOT_SETTINGS.search(path):
            if _HIDDEN.search(path):
                yield finding(word, f"{mount[1:]}-settings", path=path)
            else:
                yield finding(word, mount[1:], path=path, place=place, fix=_moved(copy, word, place, []))
        return
    uses = hidden_uses(copy, mount)
    if not uses:
        fix = _moved(copy, word, place, [])
        yield finding(word, "covered", path=path, place=place, mount=mount, fix=fix)
        return
    fix = _moved(copy, word, place, uses)
    here = related(uses[0].word.span, "used here")
    fatal = any(use.command is None or ends_build(use.command) for use in uses)
    level: Severity = "error" if fatal else "warning"
    yield finding(word, "used", severity=level, path=path, place=place, mount=mount, related=[here], fix=fix)


# Which programs look for by that very path: elsewhere nothing reads it.
_HIDDEN = pattern(r"/\.[\w-]")
_ROOT_SETTINGS = pattern(
    r"^/root/\.(?:pip(?:/|$)|config/(?:pip|uv|conda|git)(?:/|$)|condarc$|mambarc$|npmrc$|yarnrc|gitconfig$|git-credentials$|netrc$"
    r"|wgetrc$|curlrc$|cargo/config|m2(?:/|$)|gradle(?:/|$)|pydistutils\.cfg$|ssh(?:/|$)|docker(?:/|$)|spack(?:/|$)|R/|Rprofile$"
    r"|gnupg(?:/|$)|aws(?:/|$))"
)


def _moved(copy: FileCopy, word: FileWord, place: str, uses: list[CopyUse]) -> list[Edit] | None:
    """The edits that put the file elsewhere and name it so in %post; None where one of them cannot be told."""
    if copy.destination is None:
        return [insert_after(word, f" {place}")] if not uses else None
    slash = "/" if word.text.endswith("/") and not place.endswith("/") else ""
    found = [replace(word, word.written.replace(word.text, place + slash))]
    old = image_path(word.text)
    for use in uses:
        text = use.word.text
        if not use.absolute or text.count(old) != 1:
            return None
        found.append(replace(use.word, text.replace(old, place.rstrip("/"))))
    return found


_NO_VARIABLE = "write the path out, or use a build variable, `{{{{ NAME }}}}`, that `--build-arg` gives"


@rule(
    "DEF305",
    severity="error",
    fix="safe",
    message={
        "lone-quote": "a line that holds a double quote and nothing else crashes the runtime",
        "single-quotes": "single quotes hold no name together here: the name is taken with the quote in it",
        "glued": "quotes inside a name end it: `{name}` is one word and what follows another",
        "backslash": "a backslash protects nothing here: `{name}` is the name that is looked for",
        "continued": "a backslash does not continue the line: it is taken for the destination",
        "passed-over": "a backslash does not continue the line, it is passed over",
        "blank": "`{rest}` is passed over: a line is one source and one destination, `{source}` and `{destination}` here",
        "cut-command": "the blank cuts `$( )` apart: `{name}` is the whole source",
        "option": "`{name}` is taken for an option: %files has none",
        "url": "%files downloads nothing: `{name}` is looked for as a file",
        "colon": "`{name}` is one name: a blank parts source and destination, not a colon",
        "syntax": "Apptainer up to 1.5 reads a source as shell text, where `{character}` is a syntax error",
        "comment": "the comment is no comment: the file is copied to `{name}`",
        "arrow": "the arrow is no arrow: the file is copied to `{name}`",
        "nothing": "an empty source is passed over with a warning",
        "several": "all files that match `{source}` become `{destination}`, and the last one stays",
        "variable": "only Apptainer up to 1.5 expands `{name}`",
        "unset": "only Apptainer up to 1.5 expands `{name}`, and copies nothing if it is unset",
        "unset-path": "only Apptainer up to 1.5 expands `{name}`, and looks for `{rest}` if it is unset",
        "braces": "only Apptainer takes `{name}` for several names; for SingularityCE it is one",
        "command": "`{name}` is run on the host by Apptainer up to 1.5, and taken literally by SingularityCE",
        "destination": "`{name}` in a destination is never replaced: a folder of that name is made",
    },
    help={
        "": "a line is a source and a destination; names with blanks stand in double quotes",
        "lone-quote": "delete the line",
        "single-quotes": "put names with blanks in double quotes, others in none",
        "glued": "put the whole name in double quotes, or none of it",
        "backslash": "put names with blanks in double quotes",
        "continued": "write source and destination on one line",
        "passed-over": "delete the backslash",
        "blank": "put a name with blanks in double quotes; copy several sources by a line each",
        "cut-command": "find the name out before the build, and write it here or give it with `--build-arg`",
        "option": "write `./{name}` for a file of that name",
        "url": "fetch it in %post, or before the build",
        "colon": "write `{source} {place}`",
        "syntax": "rename the file, or name its folder",
        "comment": "put the comment on a line of its own",
        "arrow": "write source and destination with a blank between",
        "nothing": "name the file, or delete the line",
        "several": "end the destination in a slash, `{destination}/`, so that it is a folder",
        "variable": _NO_VARIABLE,
        "unset": _NO_VARIABLE,
        "unset-path": _NO_VARIABLE,
        "braces": "copy each by a line of its own",
        "command": "find the name out before the build, and give it with `--build-arg`",
        "destination": "write the path out, or use a build variable, `{{{{ NAME }}}}`",
    },
)
@bad(
    """
    %files
        'my data.txt' /opt/data.txt
        ^^^^^^^^^^^^
    """,
    fixed="""
    %files
        "my data.txt" /opt/data.txt
    """,
)
@good("""
    %files
        "my data.txt" "/opt/my data.txt"
        data.txt /opt/data.txt # read at start
        scripts/*.sh /opt/scripts/
        bin/* /usr/local/bin
        {{ folder }}/x.txt /opt/{{ folder }}/
    """)
def files_line_misread(copy: FileCopy, target: Target) -> Findings:
    """A line of %files that means something else than it seems to.

    A line is two words, source and destination; all else on it is passed over.  Double quotes are the only quotes,
    nothing continues a line, and `#` begins a comment at the start of a line only.  Apptainer up to 1.5 expands a source
    like a shell does, commands included, on the host; SingularityCE from 3.9 knows `*`, `?` and `[ ]` only.
    Source: Apptainer 1.4.5, measured (about 40 forms); 14 of 8,394 public files have a comment there, 0.6 % of 7,815 a
    variable.
    """
    if copy.section.name != "files":
        return
    if not copy.words:
        yield finding(copy, "lone-quote", profile="minimal", fix=replace(copy.line_span, ""))
        return
    wrong = misread_words(copy) or misread_source(copy, target)
    if wrong is not None:
        yield wrong
        return
    yield from doubtful_words(copy, target)


class CopiedFolders(NamedTuple):
    """`largest_mib`: the size, in MiB, from which on a folder of the host is too large to be copied without a second look."""

    largest_mib: int = 500


_MIB = 1 << 20


@rule(
    "DEF307",
    severity="info",
    confidence="medium",
    message={
        "": "`{source}` copies all that lies in the folder of the build: version history, data and older images too",
        "holds": "`{source}` copies {what} too, with {size} in all",
        "large": "`{source}` copies {size} into the image; the largest parts are {parts}",
    },
    help="copy by name what the image needs, and bind data when it runs",
)
@bad("""
    %files
        . /opt/app
        ^
    """)
@good("""
    %files
        src /opt/app/src
        pyproject.toml /opt/app/
        ./data/. /opt/data
    """)
def copies_whole_folder(
    copy: FileCopy, options: CopiedFolders, target: Target, folder: Folder | None = None
) -> Findings:
    """A whole folder of the machine goes into the image, with things that nobody wants there.

    With it go `.git`, credentials, results, and the images of earlier builds, each as large as this one; and the image
    changes with every file that is put there.  Where the folder can be looked into, it is a warning that names `.git`,
    `.ssh`, images in it, and what is larger than a size that the configuration can set.  Source: CodeRefinery guide; 0.9 %
    of 7,815 public files.
    """
    source = copy.source
    if source is None or copy.section.from_stage is not None:
        return
    if folder is not None and is_copied(copy, target):
        for match in folder.matches(copy):
            contents = match.contents
            if contents is None:
                continue
            large = contents.bytes > options.largest_mib * _MIB
            if contents.holds or large:
                what = ", ".join(f"`{name}`" for name in contents.holds[:3])
                more = len(contents.holds) - 3
                yield finding(
                    source,
                    "holds" if contents.holds else "large",
                    severity="warning",
                    source=source.text,
                    what=f"{what} and {more} more of the kind" if more > 0 else what,
                    size=_size(contents.bytes, contents.complete),
                    parts=", ".join(f"`{part.name}` ({_size(part.bytes)})" for part in contents.largest[:3]),
                )
                return
    if source.text in (".", "./"):
        yield finding(source, source=source.text)


def _size(number: int, complete: bool = True) -> str:
    from sifcheck.api import size_text

    return size_text(number) if complete else f"at least {size_text(number)}"


_HOST_LIBRARIES = pattern(
    r"/(?:usr/)?lib64(?:/|$)|/(?:usr/)?lib/[a-z0-9_]+-linux-gnu[a-z0-9]*(?:/|$)|/opt/FJSV|/opt/cray(?:/|$)"
)
_LIBRARY_NAMES = pattern(r"(?:libc\.so|libc-2|ld-linux|ld-2|libpthread|libcuda\.so)")


@rule(
    "DEF308",
    severity="warning",
    confidence="medium",
    message="`{source}` is a library of the host: its copy fits this machine only",
    help="install the library in %post, or bind the host's when the image runs, as `--nv` does for the driver",
)
@bad("""
    %files
        /usr/lib64/libmunge.so.2 /usr/lib64/
        ^^^^^^^^^^^^^^^^^^^^^^^^
    """)
@good("""
    Bootstrap: docker
    From: debian:12.5
    Stage: build

    Bootstrap: docker
    From: debian:12.5
    %files from build
        /usr/lib/x86_64-linux-gnu/libhwloc.so.15 /usr/lib/x86_64-linux-gnu/
    """)
def host_library_copied(copy: FileCopy) -> Findings:
    """A library of the host's system is copied into the image.

    It was built against the host's C library and kernel driver and for the architecture of the machine that builds; the
    next update there, or the next machine, breaks it.  Source: a definition of RIKEN singularity_defpack; 0.2 % of
    7,815 public files.
    """
    source = copy.source
    if source is None or source.has_unknown or copy.section.from_stage is not None:
        return
    if _HOST_LIBRARIES.match(source.text) or _LIBRARY_NAMES.match(base_name(source.text)):
        yield finding(source, source=source.text)


def _new_place(path: str, mount: str) -> str:
    """The path below /opt that stands for one below a folder of the host."""
    rest = path[len(mount) :].strip("/") if path.startswith(mount) else path.strip("~/")
    if mount == "/home":
        rest = rest.partition("/")[2] or rest
    return f"/opt/{rest}"


_NAMES = ("SINGULARITY_ROOTFS", "APPTAINER_ROOTFS")
# Device files of every host: writing there changes nothing.
_DEVICES = ("/dev/", "/proc/self/")
_FALLBACKS = ("-", "+", "=", "?")


@rule(
    "DEF306",
    severity="warning",
    fix="safe",
    joins=("SC2086",),
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
