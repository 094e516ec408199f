"""What goes wrong in a build script silently: failures that are passed over, and files that others cannot read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.api import (
    DOWNLOADERS,
    HOST_TMP,
    PACKAGE_MANAGERS,
    USUAL_FOLDERS,
    Command,
    Edit,
    Effect,
    FileCopy,
    Findings,
    List,
    Moved,
    Removed,
    Script,
    Section,
    Span,
    Target,
    Unpacked,
    Word,
    bad,
    effects_of_command,
    finding,
    good,
    is_copied,
    is_for_build_only,
    known_value,
    last_line,
    lies_in,
    names_made,
    package_call,
    pattern,
    replace,
    rule,
    written_path,
)
from sifcheck_rules._failures import ends_script, errexit_at

if TYPE_CHECKING:
    from sifcheck.api import Folder

# -- DEF502

_BUILDERS = frozenset(DOWNLOADERS) | frozenset(
    "make gmake cmake ninja meson scons bazel gcc g++ cc c++ clang clang++ gfortran mpicc mpicxx nvcc configure autoreconf "
    "autogen.sh mvn gradle R Rscript svn hg rsync tar unzip gunzip bunzip2 unxz unzstd 7z cpio rpm dpkg rpm2cpio patch gem cpanm "
    "cpan luarocks opam stack cabal".split()
)
# Programs that do work with these words only.
_WITH_VERB = {
    "git": frozenset("clone checkout submodule pull fetch apply reset switch".split()),
    "go": frozenset("build install get mod".split()),
    "cargo": frozenset("build install fetch".split()),
    "npm": frozenset("install i ci run".split()),
    "yarn": frozenset("install add build".split()),
    "spack": frozenset("install concretize".split()),
    "uv": frozenset("pip sync add tool venv".split()),
    "julia": frozenset(("-e",)),
    "perl": frozenset(("Makefile.PL", "Build.PL")),
}
# Its status is 100 where there is something to update: alone on a line it would end the build.
_ASKING = "check-update"
_PACKAGE_WORK = ("install", "upgrade", "update")
_PYTHONS = frozenset("python python2 python3".split())
_GUARDS = frozenset("[ [[ test command which type hash grep id getent".split())
_CLEANING = frozenset("rm find echo export".split())
_CONTENT = frozenset("sh bash dash ash zsh python python2 python3 perl tee xargs".split())
_GAP = pattern(r"(?:[ \t]|\\\r?\n)*&&(?:[ \t]|\\?\r?\n|(?<=[ \t\n])#[^\n]*\n)*")
_PLAIN_WORD = pattern(r"[A-Za-z][\w.-]{0,39}")
_ENDING = pattern(r"(?:\.tar)?\.(?:git|zip|tgz|tbz2?|txz|gz|bz2|xz|zst|7z|deb|rpm)$")
_WORDS = pattern(r"[a-z][a-z0-9]+")
_RELEASE = pattern(r"[-_.]?v?\d[\w.-]*$")
_COMMENT_LINES = pattern(r"^[ \t]*(#[^\n]*?)\r?$", 8)


@rule(
    "DEF502",
    severity="warning",
    fix="unsafe",
    message={
        "": "the build goes on when `{what}` fails: errexit does not look at what stands before `&&`",
        "packages": "the build goes on when `{what}` fails: errexit does not look at what stands before `&&`",
        "pipe": "the build goes on when `{what}` fails: `{end}` is content with nothing, and its status is all that counts",
    },
    help={
        "": "write one command per line, without `&&`",
        "packages": "write one command per line, without `&&`",
        "pipe": "download to a file first, and run that; or `%post -c /bin/bash`, with `set -eo pipefail` as its first line",
    },
)
@bad(
    """
    %post
        cd /opt/solver && make && make install
                          ^^^^
        rm -rf /opt/solver/build
    """,
    fixed="""
    %post
        cd /opt/solver
        make
        make install
        rm -rf /opt/solver/build
    """,
)
@good("""
    %post
        wget -qO- https://example.org/solver.tar.gz | tar xz
        curl -fsSL https://example.org/key.asc | gpg --dearmor -o /etc/key.gpg
        make
    """)
def failure_swallowed(script: Script) -> Findings:
    """A part of the build may fail, and the build goes on and succeeds.

    errexit looks at the last command of an `A && B` list alone, and at the last program of a pipeline: where A fails, B is
    skipped and the script goes on with the next line.  A Dockerfile has each such list as an instruction of its own, whose
    status counts; in %post only a list at the very end is seen, and not even that where there are apps.  Nothing is said
    where a line below needs what the list makes, since that fails then; lists of package managers alone are a habit, and told
    in the profile `strict` only.  Source: POSIX,
    `set -e`; measured with dash, bash and Apptainer 1.4.5; lists in 15.0 % of 7,815 public files, and 4.3 % with package
    lists only.
    """
    section = script.section
    if section.name in ("environment", "appenv"):
        return
    lists, pipes = "&&" in script.text, "|" in script.text and not _has_pipefail(script)
    if not (lists or pipes) or not (section.has_errexit or script.commands("set")) or not section.is_shell:
        return
    for listed in script.lists if lists else ():
        lost = _unseen(listed)
        if lost is not None and errexit_at(lost):
            idiom = all(_is_package_line(element.commands) for element in listed.elements)
            if not idiom and _shows_later(listed):
                continue
            yield finding(
                lost,
                "packages" if idiom else "",
                severity="info" if idiom else None,
                profile="strict" if idiom else None,
                fix=_line_each(listed),
                # A build that went on past a failure ends there now.
                safe=False,
                what=_short(lost),
            )
    for command in script.commands(*DOWNLOADERS) if pipes else ():
        last = command.pipeline[-1]
        seen = last is command or command.handled or command.substitution or _is_called_later(command)
        if not seen and _takes_nothing(last) and errexit_at(command):
            at = Span(command.span.start, last.span.end)
            yield finding(at, "pipe", what=_short(command), end=last.program)


def _has_pipefail(script: Script) -> bool:
    return "pipefail" in script.text or "pipefail" in script.section.deciding.words


def _unseen(listed: List) -> Command | None:
    """The first command before an `&&` whose failure is passed over although it is work; None where there is none."""
    if listed.background or set(listed.operators) != {"&&"}:
        return None
    own = next((one.commands[0] for one in listed.elements if not one.compound and one.commands), None)
    if own is None or own.handled or own.substitution or ends_script(own):
        return None
    # A subshell or a function passes on the status of its last list, and that is seen.
    if listed.last and (own.subshell or own.function):
        return None
    for element in listed.elements[:-1]:
        for command in element.commands:
            if command.program in _GUARDS:
                return None
            if _is_work(command) and command.pipeline[-1] is command and not command.handled:
                return command
    return None


_COMMON_NAMES = frozenset("build install src bin lib include share config data test main master".split())


def _shows_later(listed: List) -> bool:
    """Whether something below cannot do without what the list makes, so that its failure ends the build there."""
    made = {
        name
        for command in listed.commands
        for effect in effects_of_command(command)
        for name in _stems(effect)
        if len(name) > 2 and name.lower() not in _COMMON_NAMES
    }
    if any(_is_called_later(command) for command in listed.commands if command.program in DOWNLOADERS):
        return True
    folders = {path for command in listed.commands for path in _folders_named(command)}
    text = listed.script.text
    return any(
        command.start > listed.end
        and not command.handled
        and command.program not in ("export", "echo")
        and not (command.program == "rm" and command.option("-f") is not None)
        and (
            any(name in text[command.start : command.end] for name in made)
            or any(lies_in(word.prefix, *folders) for word in command.words)
        )
        for command in listed.script.commands()
    )


# What an installer is called, and what it brings.
_BRINGS = {
    "conda": "conda mamba",
    "mamba": "conda mamba",
    "miniforge": "conda mamba",
    "rustup": "cargo rustc rustup",
}


def _is_called_later(command: Command) -> bool:
    """Whether a program below is called by a name that stands in what the command fetches: it is not found then."""
    text = command.script.text[command.start : command.end].lower()
    brought = {one for mark, names in _BRINGS.items() if mark in text for one in names.split()}
    return any(
        later.start > command.end
        and not later.handled
        and later.program is not None
        and (later.program in brought or (len(later.program) > 3 and later.program in _WORDS.findall(text)))
        and later.program not in ("curl", "wget", "bash")
        for later in command.script.commands()
    )


def _folders_named(command: Command) -> Iterator[str]:
    """The folders of a list that are nobody's but its own: `--prefix=/opt/solver`, `-p /opt/conda`."""
    for word in command.arguments:
        path = word.prefix.rpartition("=")[2].rstrip("/")
        if (
            path.startswith("/")
            and path.count("/") > 1
            and path not in USUAL_FOLDERS
            and not path.endswith("*")
        ):
            yield path


def _stems(effect: Effect) -> Iterator[str]:
    """The names that an effect makes, and of an archive or a repository that of the folder that comes of it."""
    names = list(names_made(effect))
    if isinstance(effect, Unpacked) and effect.archive is not None:
        names.append((effect.archive.value or effect.archive.suffix).rpartition("/")[2])
    for name in names:
        stem = _ENDING.sub("", name)
        yield from (name, stem, _RELEASE.sub("", stem))


def _is_work(command: Command) -> bool:
    """Whether a command builds, downloads, unpacks or installs."""
    program, arguments = command.program, command.arguments
    if program is None:
        return False
    if program in _BUILDERS:
        return not (len(arguments) == 1 and arguments[0].value in ("--version", "--help", "-V", "-v"))
    verbs = _WITH_VERB.get(program)
    if verbs is not None:
        return any(word.value in verbs for word in arguments)
    if program in PACKAGE_MANAGERS:
        call = package_call(command)
        return call is not None and call.action in _PACKAGE_WORK and call.verb.value != _ASKING
    first = arguments[0].value if arguments else None
    if program in _PYTHONS or program.startswith("python3."):
        return first is not None and (first.endswith(".py") or (first == "-m" and len(arguments) > 1))
    if program in ("sh", "bash"):
        return first is not None and not first.startswith("-")
    word = command.program_word
    return word is not None and (
        program.endswith((".sh", ".run", ".bin")) or word.text.startswith(("./", "../"))
    )


def _is_package_line(commands: tuple[Command, ...]) -> bool:
    return len(commands) == 1 and (commands[0].program in _CLEANING or package_call(commands[0]) is not None)


def _line_each(listed: List) -> list[Edit] | None:
    """The edits that put each member on a line of its own; None where something stands between that needs a look."""
    script = listed.script
    text = script.section.stage.definition.source.text
    span = listed.span
    asks = any(word.value == _ASKING for command in listed.commands for word in command.arguments)
    if (
        asks
        or script.problems
        or any(span.start <= heredoc.redirection.span.start < span.end for heredoc in script.heredocs)
    ):
        return None
    head = text[text.rfind("\n", 0, span.start) + 1 : span.start]
    indent = head[: len(head) - len(head.lstrip(" \t"))]
    edits = []
    for before, after in zip(listed.elements, listed.elements[1:], strict=False):
        gap = text[before.span.end : after.span.start]
        if not _GAP.fullmatch(gap):
            return None
        comments = "".join(f"{indent}{found[1]}\n" for found in _COMMENT_LINES.finditer(gap))
        edits.append(Edit(before.span.end, after.span.start, f"\n{comments}{indent}"))
    return edits


def _takes_nothing(command: Command) -> bool:
    """Whether a program at the end of a pipe succeeds on empty input."""
    program = command.program
    if program not in _CONTENT:
        return False
    words = [word.value for word in command.arguments]
    if program in ("tee", "xargs"):
        return True
    # With a file, or a script as a word, it does not read its commands from the pipe.
    return not words or words[0] in ("-", "-s", "/dev/stdin") or ("-s" in words and words[0] != "-c")


def _short(command: Command) -> str:
    """A command's program, and the word that says what it does where there is one."""
    word, call = command.program_word, package_call(command)
    program = word.text if word is not None else ""
    if call is not None and command.program not in PACKAGE_MANAGERS:
        program = f"{program} -m {call.tool}"
    verb = call.verb.text if call is not None else ""
    first = command.arguments[0].text if command.arguments else ""
    if not verb and (command.program in _WITH_VERB or command.program in ("sh", "bash", "make")):
        verb = first if _PLAIN_WORD.fullmatch(first) else ""
    return f"{program} {verb}".strip()


# -- DEF516

_MODE = pattern(r"[0-7]?[0-7][0-7][0-3]")
_TAKEN = pattern(r"(?:^|,)(?:[ug]*o[ug]*(?:-[wxX]*r\w*|=[wx]*)|a-r\w*)(?:,|$)")
_PLAIN_PATH = pattern(r"[\w./@%+=:,*?-]+")
_PRIVATE = (
    "/root", "/etc/ssh", "/etc/sudoers", "/etc/sudoers.d", "/etc/shadow", "/etc/gshadow", "/etc/munge", "/run", "/var/run", "/proc",
    "/sys", "/dev", "/etc/ssl/private", "/etc/sssd", "/etc/polkit-1", *HOST_TMP,
)  # fmt: skip
_KEY_FILE = pattern(
    r"\.(?:key|pem|p12|pgpass|netrc|kdbx)\b|id_[a-z]*(?:rsa|dsa|25519)|/\.ssh(?:/|$)|authorized_keys|/\.gnupg"
)


@rule(
    "DEF516",
    severity="warning",
    confidence="medium",
    fix="unsafe",
    message={
        "": "mode {mode} closes {path} to all but root, and the image is run by others",
        "umask": "`umask {mode}` closes what is made below it to all but root, and the image is run by others",
        "source": "{path} is closed to other users, and its copy in the image too, which is root's",
    },
    help={
        "": "`chmod -R a+rX {path}` as the last line of the script",
        "umask": "`umask 022`",
        "source": "`chmod -R a+rX {place}` as the last line of %post, or open the original before the build",
    },
)
@bad(
    """
    %post
        make -C /opt/solver install
        chmod -R 750 /opt/solver
        ^^^^^^^^^^^^^^^^^^^^^^^^
    """,
    fixed="""
    %post
        make -C /opt/solver install
        chmod -R 750 /opt/solver
        chmod -R a+rX /opt/solver
    """,
)
@good("""
    %post
        chmod -R 700 /opt/solver
        make
        chmod -R a+rX /opt
    """)
def restrictive_permissions(section: Section, target: Target, folder: Folder | None = None) -> Findings:
    """What the build makes, or copies, can be read by root alone.

    In the image everything belongs to root; whoever runs it is somebody else, and meets `Permission denied`.  A file keeps
    the mode that it has on the machine that builds.  Source: Apptainer 1.4.5, measured; singularity#1079, singularity#1220,
    singularity#2381, singularity#4943, singularity#1465; 0.2 % of 7,815 public files.
    """
    if section.name in ("post", "appinstall"):
        yield from _closed_by_script(section.script)
    elif section.name == "files" and folder is not None and section.stage.is_last:
        for copy in section.copies:
            if is_copied(copy, target):
                yield from _closed_source(copy, folder)


def _closed_by_script(script: Script) -> Findings:
    commands = script.commands("chmod", "install", "umask")
    if not commands or not script.section.deciding.is_shell:
        return
    for command in commands:
        if command.program == "umask":
            word = command.arguments[0] if command.arguments else None
            mode = word.value if word is not None else None
            if word is not None and mode and _closes_new_files(mode) and command.top_level:
                yield finding(command, "umask", fix=replace(word, "022"), safe=False, mode=mode)
            continue
        mode, paths = _mode_and_paths(command)
        if mode is None or not (_MODE.fullmatch(mode) or _TAKEN.search(mode)):
            continue
        for word in paths:
            path = known_value(word)
            if path and path.startswith("/") and _is_for_users(command, path):
                added = last_line(script, f"chmod -R a+rX {word.text}")
                fix, safe = added if added is not None and command.top_level else (None, None)
                yield finding(command, fix=fix, safe=safe, mode=mode, path=path)
                break


def _closes_new_files(mode: str) -> bool:
    return mode.isdigit() and mode[-1] in "4567" and len(mode) > 1


def _mode_and_paths(command: Command) -> tuple[str | None, tuple[Word, ...]]:
    if command.program == "install":
        word = command.option_value("-m", "--mode")
        operands = command.operands(("-m", "-o", "-g", "-t", "--mode", "--owner", "--group"))
        return (word.value if word is not None else None), operands[-1:]
    words = [word for word in command.arguments if not _is_flag(word)]
    return (words[0].value, tuple(words[1:])) if words else (None, ())


def _is_flag(word: Word) -> bool:
    """Whether a word of `chmod` is an option and not a mode like `-rwx`."""
    return word.text.startswith("--") or word.text in ("-R", "-v", "-f", "-c", "-Rv", "-Rf", "-vR", "-fR")


def _is_for_users(command: Command, path: str) -> bool:
    """Whether a path is to be read by those who run the image, and stays as it is made here."""
    if lies_in(path, *_PRIVATE) or _KEY_FILE.search(path):
        return False
    for later in command.script.commands():
        if later.start > command.start:
            gone = any(isinstance(effect, Removed | Moved) for effect in effects_of_command(later))
            mode = _mode_and_paths(later)[0] if later.program == "chmod" else None
            opened = mode is not None and not (_MODE.fullmatch(mode) or _TAKEN.search(mode))
            if (gone or opened) and any(_concerns(word, path) for word in later.operands()):
                return False
    return True


def _concerns(word: Word, path: str) -> bool:
    other = (known_value(word) or "").rstrip("/*")
    return bool(other) and lies_in(path.rstrip("/*"), other)


def _closed_source(copy: FileCopy, folder: Folder) -> Findings:
    """The file or folder of the host that a line copies with rights for its owner alone."""
    source = copy.source
    path = next(_closed_paths(copy, folder), None)
    if source is None or path is None:
        return
    place = written_path(copy)
    if (
        not place.startswith("/")
        or lies_in(place, *_PRIVATE)
        or _KEY_FILE.search(place)
        or _KEY_FILE.search(path)
    ):
        return
    scripts = copy.section.stage.build_scripts
    if is_for_build_only(copy) or any(_opens(script, place) for script in scripts):
        return
    script = next((script for script in reversed(scripts) if script.section.deciding.is_shell), None)
    plain = script is not None and _PLAIN_PATH.fullmatch(place)
    added = last_line(script, f"chmod -R a+rX {place}") if script is not None and plain else None
    fix, safe = added if added is not None else (None, None)
    yield finding(source, "source", fix=fix, safe=safe, path=path, place=place)


def _closed_paths(copy: FileCopy, folder: Folder) -> Iterator[str]:
    for match in folder.matches(copy):
        if match.kind in ("file", "folder") and not match.others_readable:
            yield match.path
        elif match.contents is not None:
            yield from (
                f"{match.path}/{name}" for name in match.contents.closed if not _KEY_FILE.search(f"/{name}")
            )


def _opens(script: Script, place: str) -> bool:
    """Whether a script changes the mode of what was copied so that all may read it."""
    for command in script.commands("chmod"):
        mode, words = _mode_and_paths(command)
        if mode is None or _MODE.fullmatch(mode) or _TAKEN.search(mode):
            continue
        paths = [(known_value(word) or "").rstrip("/*") for word in words]
        if any(path and (lies_in(place, path) or lies_in(path, place.rstrip("/*"))) for path in paths):
            return True
    return False
