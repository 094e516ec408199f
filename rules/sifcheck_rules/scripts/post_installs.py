"""Where a build script installs to, what it takes for set, and for which machine it builds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sifcheck.api import (
    HOST_TMP,
    RUN_SECTIONS,
    Command,
    Confidence,
    Copied,
    Downloaded,
    Draft,
    Edit,
    Findings,
    Moved,
    Part,
    Removed,
    Script,
    Section,
    Stage,
    Word,
    bad,
    effects_of,
    effects_of_command,
    finding,
    first_line,
    good,
    lies_in,
    lines_before,
    package_call,
    path_start,
    pattern,
    related,
    rule,
)

# -- DEF505

_HOMES = ("/root", "/home")
_TARGET_WRITTEN = pattern(r"[pP](?:refix|REFIX)|venv|virtualenv|\.(?:sh|run|bin)\b|[ \t]-p")
_HOMES_WRITTEN = ("/root", "/home", "/tmp", "$HOME", "${HOME", "~")  # noqa: S108
_INSTALLER = pattern(r"(?:conda|mamba|miniforge)[^/]*\.sh$", 2)
_INSTALLER_WRITTEN = pattern(r"(?i:conda|mamba|forge)[^/\s]*\.sh\b")
_SCRIPT = (".sh", ".run", ".bin")
_PREFIXED = pattern(r"--prefix=|-DCMAKE_INSTALL_PREFIX(?::PATH)?=|(?:PREFIX|prefix)=")
_NOT_INSTALLING = frozenset("git brew mkdir tar find docker rsync install cp".split())


@rule(
    "DEF505",
    severity="warning",
    confidence="medium",
    fix="unsafe",
    message={
        "": "{path} is in root's home, which is closed to others, and the user's own is the home when the image is run",
        "home": "{path} is below /home: it is hidden where the machine binds its own, and for a user of that name",
        "user": "`{tool} install --user` installs into root's home, which nobody has when the image is run",
        "tmp": "{path} is not in the image: the host's folder lies over it, in the build and when the image is run",
    },
    help={
        "": "install below /opt, as {instead}",
        "home": "install below /opt, as {instead}",
        "user": "leave `--user` out",
        "tmp": "install below /opt, as {instead}",
    },
)
@bad(
    """
    %post
        bash Miniforge3-Linux-x86_64.sh -b -p $HOME/miniforge3
                                              ^^^^^^^^^^^^^^^^
        $HOME/miniforge3/bin/conda install numpy
    """,
    fixed="""
    %post
        bash Miniforge3-Linux-x86_64.sh -b -p /opt/miniforge3
        /opt/miniforge3/bin/conda install numpy
    """,
)
@good("""
    %post
        export RUSTUP_HOME=/opt/rustup CARGO_HOME=/opt/cargo
        curl -fsSL https://sh.rustup.rs | sh -s -- -y
        export HOME=/opt/me
        ./configure --prefix=$HOME/solver
        pip install --prefix ~/.cache/solver solver
    """)
def installs_into_home(script: Script) -> Findings:
    """A program is installed where a run does not see it.

    When an image is run the user's home is mounted over the one of that name, other users cannot enter /root (mode 700 in most
    bases), and /tmp is the host's.  As root in the build all is there and works, so nothing tells.  Source: singularity#1616,
    singularity#6327, sylabs#725; the definition file pages of both guides; 1.9 % of 2,639 public files.
    """
    if script.section.name not in ("post", "appinstall") or not script.section.deciding.is_shell:
        return
    told: set[str] = set()
    text = script.text
    for command in script.commands() if any(home in text for home in _HOMES_WRITTEN) else ():
        if not _TARGET_WRITTEN.search(text, command.start, command.end):
            continue
        for word in _targets(command):
            path = path_start(word).rstrip("/")
            if not _is_hidden(path) or _is_taken_away(command, path):
                continue
            # Of many folders below one that a variable names, the first stands for all.
            top = "/".join(path.split("/")[:3]) if word.text.strip("\"'").startswith("$") else path
            if top in told:
                continue
            told.add(top)
            name = path.rpartition("/")[2]
            instead = "/opt/conda" if path in _HOMES or name == "" else f"/opt/{name}"
            fix = _elsewhere(script, word, path, instead)
            key = "tmp" if lies_in(path, *HOST_TMP) else "home" if path.startswith("/home") else ""
            # Only the home of the user who runs the image is sure to be hidden.
            sure: Confidence | None = "low" if key == "home" else None
            yield finding(word, key, fix=fix, confidence=sure, path=path, instead=f"`{instead}`")
    yield from _for_one_user(script)
    if "rustup" in script.text:
        yield from _rust(script)


def _targets(command: Command) -> Iterator[Word]:
    """The folders that a command installs to, as far as it names them."""
    program, words = command.program or "", command.arguments
    if program in _NOT_INSTALLING:
        return
    file = _script_file(command)
    if file is not None:
        named = command.option_value("-p", "-d") if _INSTALLER.search(file) else command.option_value("-d")
        if named is not None:
            yield named
    for word in words:
        match = _PREFIXED.match(word.prefix)
        if match is not None:
            yield word.after(match.end())
        elif word.value == "--prefix":
            named = command.option_value("--prefix")
            if named is not None:
                yield named
    call = package_call(command) if program in ("conda", "mamba", "micromamba") else None
    if call is not None and call.verb.value in ("create", "install"):
        named = command.option_value("-p")
        if named is not None:
            yield named
    values = [word.value for word in words]
    if program == "virtualenv" or (program.startswith("python") and values[:2] == ["-m", "venv"]):
        operands = command.operands(("-p", "--python", "--prompt", "-m"))
        if operands:
            yield operands[-1]


def _script_file(command: Command) -> str | None:
    """The script that a command runs, `sh FILE` or FILE itself."""
    program = command.program or ""
    if program in ("sh", "bash"):
        first = next((word for word in command.arguments if not word.text.startswith("-")), None)
        return (first.value or first.suffix) if first is not None else None
    return program if program.endswith(_SCRIPT) else None


def _is_hidden(path: str) -> bool:
    """Whether what lies at a path is not seen when the image is run; dot folders but ~/.local are caches and settings."""
    if lies_in(path, *HOST_TMP):
        return path not in HOST_TMP
    if not lies_in(path, *_HOMES):
        return False
    parts = path.split("/")[2 if path.startswith("/root") else 3 :]
    return not parts or not parts[0].startswith(".") or parts[0] == ".local"


_PACKERS = ("tar", "fpm", "dpkg-deb")


def _is_taken_away(command: Command, path: str) -> bool:
    """Whether the script copies, moves or deletes the folder later, or makes it the stage of a package."""
    for later in command.script.commands():
        if later.start < command.start:
            continue
        for word, removed in _taken(later):
            there = path_start(word).rstrip("/*")
            whole = lies_in(path, there) and there not in ("", *HOST_TMP)
            if whole or (there and not removed and lies_in(there, path)):
                return True
    return False


def _taken(command: Command) -> Iterator[tuple[Word, bool]]:
    """What a command copies, moves, packs or removes, and whether it is that."""
    if command.program in _PACKERS:
        operands = command.operands()
        yield from ((word, False) for word in operands[:-1] or operands)
    for effect in effects_of_command(command):
        if isinstance(effect, Removed):
            yield from ((word, True) for word in effect.paths)
        elif isinstance(effect, Copied | Moved):
            yield from ((word, False) for word in effect.sources)


def _elsewhere(script: Script, word: Word, path: str, instead: str) -> list[Edit] | None:
    """The edits that put a path of the same writing elsewhere, in all scripts of the stage."""
    written = word.text.strip("\"'")
    if "$" in written.removeprefix("$HOME").removeprefix("${HOME}") or '"' in written or path in _HOMES:
        return None
    edits = _put_elsewhere(script.section.stage, written, instead)
    return (
        edits if any(edit.start <= word.span.end and word.span.start <= edit.end for edit in edits) else None
    )


def _put_elsewhere(stage: Stage, written: str, instead: str) -> list[Edit]:
    """The edits that write another path wherever one stands, as itself or in front of a longer one."""
    edits = []
    for section in stage.named("post", "appinstall", "environment", *RUN_SECTIONS):
        code, at = section.code, -1
        while (at := code.find(written, at + 1)) >= 0:
            before, behind = code[at - 1 : at], code[at + len(written) : at + len(written) + 1]
            if not (
                behind.isalnum() or behind in ("_", "-", ".") or before.isalnum() or before in ("/", "_")
            ):
                start = section.body_span.start + at
                edits.append(Edit(start, start + len(written), instead))
    return edits


def _for_one_user(script: Script) -> Iterator[Draft]:
    """`pip install --user`, and an installer of conda that is not told where to."""
    if "--user" in script.text:
        for command in script.commands():
            call = package_call(command) if "--user" in _written(command) else None
            option = call.option("--user") if call is not None and call.family == "pip" else None
            if (
                call is None
                or option is None
                or call.action != "install"
                or _sets(script, "PYTHONUSERBASE", "HOME")
                or all(_serves_build(script, word) for word in call.names)
            ):
                continue
            before = max(word.span.end for word in command.words if word.start < option.word.start)
            fix = Edit(before, option.word.span.end, "")
            yield finding(option.word, "user", fix=fix, tool=call.tool)
    lower = script.text.lower() if ".sh" in script.text else ""
    if not any(name in lower for name in ("conda", "mamba", "forge")) or not _INSTALLER_WRITTEN.search(lower):
        return
    for command in script.commands():
        file = (
            _script_file(command)
            if _INSTALLER_WRITTEN.search(script.text, command.start, command.end)
            else None
        )
        if file is None or not _INSTALLER.search(file) or command.option("-b") is None:
            continue
        if command.option("-p", "--prefix") is None and not _sets(script, "HOME", "PREFIX"):
            fix = Edit(command.span.end, command.span.end, " -p /opt/conda")
            name = "miniforge3" if "forge" in file.lower() else "miniconda3"
            if not _is_taken_away(command, f"/root/{name}"):
                yield finding(command, fix=fix, path=f"~/{name}", instead="`-p /opt/conda`")


_BUILD_TOOLS = frozenset("pip setuptools wheel build meson ninja cmake cython scons conan".split())


def _serves_build(script: Script, package: Word) -> bool:
    """Whether a package of Python is a tool of the build, or is called here by `python -m`."""
    name = re.split(r"[=<>!~\[]", package.value or "", maxsplit=1)[0].lower()
    module = re.sub(r"[-_.]", "", name)
    called = (word for one in script.commands() for word in _modules(one))
    return name in _BUILD_TOOLS or any(re.sub(r"[-_.]", "", word.lower()) == module for word in called)


def _modules(command: Command) -> Iterator[str]:
    """The module that `python -m` runs."""
    if (command.program or "").startswith("python"):
        module = command.option_value("-m")
        if module is not None and module.value is not None:
            yield module.value


def _rust(script: Script) -> Iterator[Draft]:
    """rustup without CARGO_HOME and RUSTUP_HOME, where what it installs is called when the image is run."""
    if _sets(script, "HOME") or (_sets(script, "CARGO_HOME") and _sets(script, "RUSTUP_HOME")):
        return
    stage = script.section.stage
    run = "".join(section.body for section in stage.named("environment", *RUN_SECTIONS))
    if ".cargo" not in run and "cargo" not in run and "rustc" not in run:
        return
    fetched = [one.command for one in effects_of(script, Downloaded) if "rustup" in one.url]
    for command in fetched or script.commands("rustup-init", "rustup-init.sh"):
        fix = list(lines_before(command, "export RUSTUP_HOME=/opt/rustup CARGO_HOME=/opt/cargo"))
        for home in ("/root", "~", "$HOME", "${HOME}"):
            fix += _put_elsewhere(stage, f"{home}/.cargo", "/opt/cargo")
        yield finding(
            command, fix=fix, path="~/.cargo", instead="`CARGO_HOME=/opt/cargo RUSTUP_HOME=/opt/rustup`"
        )
        return


def _sets(script: Script, *names: str) -> bool:
    return any(assignment.name in names for assignment in script.assignments)


# -- DEF508

# What a base image, the runtime or the shell may well set itself.
_GIVEN = frozenset(
    "HOME USER PWD OLDPWD SHELL TERM LANG LC_ALL LC_CTYPE LANGUAGE PATH LD_LIBRARY_PATH LIBRARY_PATH PYTHONPATH MANPATH CPATH "
    "PKG_CONFIG_PATH HOSTNAME UID EUID TMPDIR TMP DISPLAY TZ LOGNAME RANDOM IFS PS1 CUDA_HOME CUDA_PATH JAVA_HOME CONDA_DIR "
    "CONDA_PREFIX CONDA_DEFAULT_ENV DEBIAN_FRONTEND GOPATH GOROOT R_HOME CFLAGS CXXFLAGS LDFLAGS CPPFLAGS FFLAGS CC CXX FC".split()
)
_DEFAULTS = pattern(r":?[-=+?]")
# Files that set what is theirs, and nothing that the author of a definition file names.
_SETS_PATHS = pattern(r"conda|mamba|/activate\b|os-release|/opt/rh/|/\.?cargo/|nvm\.sh|ssh-agent|modulecmd")
_USUAL_PATH = frozenset("/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin".split())


@rule(
    "DEF508",
    severity="warning",
    confidence="medium",
    fix="unsafe",
    message={
        "": "`{name}` is empty here: only %environment sets it, and that is not read during the build",
        "path": "`{name}` is not found here: only %environment puts {folder} into PATH, and that is not read during the build",
    },
    help={
        "": "repeat the `export` at the top of %post",
        "path": "repeat `export PATH={folder}:$PATH` above it",
    },
)
@bad(
    """
    %environment
        export SOLVER_HOME=/opt/solver
    %post
        make -C $SOLVER_HOME install
                ^^^^^^^^^^^^
    """,
    fixed="""
    %environment
        export SOLVER_HOME=/opt/solver
    %post
        export SOLVER_HOME=/opt/solver
        make -C $SOLVER_HOME install
    """,
)
@good("""
    %environment
        export PATH=/opt/conda/bin:$PATH
    %post
        bash miniconda.sh -b -p /opt/conda
        . /opt/conda/etc/profile.d/conda.sh
        conda install numpy
    """)
def environment_not_in_post(stage: Stage) -> Findings:
    """%post takes a variable for set that only %environment sets.

    %environment is written into the image after %post has run, and is read when the image is run.  In %post the variable is
    empty: `make -C $X install` installs the wrong thing or nothing.  Source: the definition file pages of both user guides;
    the guides of CSC and ABCI; 0.4 % of 7,815 public files.
    """
    sections = [section for section in stage.named("environment") if section.body.strip()]
    scripts = stage.build_scripts
    if not sections or not scripts or not all(script.section.deciding.is_shell for script in scripts):
        return
    read = [one for script in scripts for one in script.commands("source", ".", "eval")]
    given = {one.name: one for section in sections for one in section.script.assignments if one.top_level}
    if "PATH" in given and not read:
        yield from _not_in_path(stage, sections)
    if not all(_SETS_PATHS.search(_written(one)) for one in read):
        return
    given = {name: one for name, one in given.items() if name not in _GIVEN and one.value is not None}
    text = stage.build_text
    for name in [name for name in given if name in text]:
        part = _read_unset(scripts, name)
        if part is not None:
            value = given[name].value
            literal = value is not None and value.value is not None
            first = next(script.section for script in scripts if script.section.body.strip())
            fix = first_line(first, f"export {name}={value.text}") if literal and value is not None else None
            more = [related(given[name], "set here")]
            yield finding(part.span, fix=fix, related=more, name=name)


def _written(command: Command) -> str:
    return command.script.text[command.start : command.end]


def _read_unset(scripts: tuple[Script, ...], name: str) -> Part | None:
    """Where the build reads a variable first; None where it sets it somewhere, or reads it with a default or a test."""
    for script in scripts:
        if _sets(script, name) or any(loop.name == name for loop in script.loops):
            return None
        if any(word.value == name for one in script.commands("read", "export") for word in one.arguments):
            return None
    parts = [part for script in scripts for part in script.variables if part.name == name]
    tested = any(
        name in word.variables
        for script in scripts
        for one in script.commands("[", "[[", "test")
        for word in one.words
    )
    if tested or any(_DEFAULTS.match(part.expansion) for part in parts):
        return None
    return parts[0] if parts else None


def _not_in_path(stage: Stage, sections: list[Section]) -> Iterator[Draft]:
    """conda, called by its bare name where only %environment puts the folder into PATH that it was installed to."""
    text = stage.build_text
    if "onda" not in text or "PATH=" in text or "/etc/profile" in text or "ln -s" in text:
        return
    folders: list[str] = []
    for section in sections:
        for assignment in section.script.assignments:
            if assignment.name == "PATH" and assignment.value is not None:
                parts = assignment.value.text.strip("\"'").split(":")
                folders += [part for part in parts if part.startswith("/") and part not in _USUAL_PATH]
    for script in stage.build_scripts:
        for command in script.commands("conda", "mamba", "micromamba"):
            if command.handled or command.name != command.program:
                continue
            folder = next((one for one in folders if _makes_conda(script, one, command)), None)
            if folder is not None:
                fix = lines_before(command, f"export PATH={folder}:$PATH")
                yield finding(command.name_span, "path", fix=fix, name=command.name, folder=folder)
                return


def _makes_conda(script: Script, folder: str, command: Command) -> bool:
    """Whether the script installs conda where a folder of PATH lies, above a command."""
    prefix = folder.removesuffix("/bin").removesuffix("/condabin")
    for one in script.commands():
        if one.start >= command.start:
            return False
        file = _script_file(one)
        if file is not None and any(path_start(word).rstrip("/") == prefix for word in one.arguments):
            return True
    return False
