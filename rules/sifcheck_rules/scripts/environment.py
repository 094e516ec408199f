"""%environment: what does not arrive in the program, and what happens at every start."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sifcheck.api import (
    Assignment,
    Command,
    Draft,
    Edit,
    Findings,
    Script,
    Stage,
    Word,
    bad,
    base_of,
    delete,
    finding,
    good,
    pattern,
    related,
    rule,
)
from sifcheck_rules._secret_names import names_secret

_EXPORTED_ALREADY = frozenset("PATH HOME LD_LIBRARY_PATH".split())


@rule(
    "DEF601",
    severity="warning",
    fix="safe",
    message="`{name}` is never exported: it is gone when the program starts",
    help="`export {name}={value}`",
)
@bad(
    """
    %environment
        OMP_NUM_THREADS=4
        ^^^^^^^^^^^^^^^^^
        export OMP_PLACES=cores
    """,
    fixed="""
    %environment
        export OMP_NUM_THREADS=4
        export OMP_PLACES=cores
    """,
)
@good("""
    %environment
        export OMP_NUM_THREADS=4
        ROOT=/opt/solver
        export PATH=$ROOT/bin:$PATH
        SOLVER_HOME=$ROOT
        export SOLVER_HOME
    """)
def environment_not_exported(stage: Stage) -> Findings:
    """A variable of %environment that stays behind.

    The section is read by an interpreter of the runtime's own, which then starts the program: what is not exported ends with
    the interpreter, and one that the host exports (LANG, SHELL, USER) is gone as well.  What the base image exports stays
    exported.  A password is not told: in the environment, all could read it.  Source: Apptainer 1.4.5, measured; 2.7 % of
    7,815 public files, helper variables not counted.
    """
    sections = [section for section in stage.named("environment") if section.body]
    if not any("=" in section.body for section in sections):
        return
    scripts = [section.script for section in sections]
    if any(_exports_all(script) for script in scripts):
        return
    exported = {export.name for script in scripts for export in script.exports()} | _EXPORTED_ALREADY
    kept, base = set(exported), base_of(stage)
    for script in scripts:
        kept.update(part.name or "" for part in script.variables)
        kept.update(word.value or "" for command in script.commands("unset") for word in command.arguments)
    for script in scripts:
        for assignment in script.assignments:
            if _stays_behind(assignment, kept) and base.exports(assignment.name) is False:
                value = assignment.value.text if assignment.value is not None else ""
                yield finding(
                    assignment, fix=_export(assignment, kept, exported), name=assignment.name, value=value
                )


def _exports_all(script: Script) -> bool:
    """Whether `set -a` is on: then every assignment exports."""
    for command in script.commands("set"):
        values = [word.value or "" for word in command.arguments]
        if any(re.fullmatch(r"-[a-z]*a[a-z]*", value) for value in values) or "allexport" in values:
            return True
    return False


def _stays_behind(assignment: Assignment, kept: set[str]) -> bool:
    if assignment.command is not None or assignment.prefix or assignment.exported or assignment.array:
        return False
    if assignment.function or assignment.subshell or assignment.substitution or assignment.index is not None:
        return False
    return assignment.name not in kept and not names_secret(assignment.name)


def _export(assignment: Assignment, kept: set[str], exported: set[str]) -> Edit | None:
    """`export` before the statement, where all that it assigns is to be exported or is already."""
    together = assignment.statement.statement_assignments or (assignment,)
    if not all(_stays_behind(other, kept) or other.name in exported for other in together):
        return None
    start = together[0].span.start
    return Edit(start, start, "export ")


@rule(
    "DEF602",
    severity="warning",
    confidence="medium",
    fix="unsafe",
    message={
        "conda": "of `{written}` only exported variables arrive in the program; the functions of conda do not",
        "function": "the function `{written}` does not arrive in the program: only exported variables do",
        "exported": "`{written}` exports no function here, and gives a message at each start",
        "builtin": "`{written}` changes an interpreter that ends before the program starts",
    },
    help={
        "conda": "`export PATH={prefix}/bin:$PATH` and `export CONDA_PREFIX={prefix}`",
        "": "functions and aliases for interactive use belong in /etc/bash.bashrc, written in %post",
    },
)
@bad(
    """
    %environment
        . /opt/conda/etc/profile.d/conda.sh
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        conda activate solver
        export OMP_NUM_THREADS=4
    """,
    fixed="""
    %environment
        export CONDA_PREFIX=/opt/conda/envs/solver
        export PATH=/opt/conda/envs/solver/bin:$PATH
        export OMP_NUM_THREADS=4
    """,
)
@good("""
    %environment
        . /opt/venv/bin/activate
        export PATH=/opt/conda/bin:$PATH CONDA_PREFIX=/opt/conda
        add() { export PATH=$1:$PATH; }
        add /opt/x/bin
    """)
def shell_state_in_environment(script: Script) -> Findings:
    """State of a shell that %environment makes and nobody gets.

    The section is read by an interpreter that ends before the program starts.  Exported variables are passed on; functions,
    aliases, options and traps are not, and an environment of conda half so, at the price of starting Python every time.
    Source: Apptainer 1.4.5, measured, and the guide of Apptainer; singularity#5075, sylabs#274, neurodocker#354,
    micromamba-docker#155; of 7,815 public files 2.5 % for conda, 1.0 % for aliases.
    """
    if script.section.name != "environment":
        return
    conda = [command for command in script.commands(*_CONDA_COMMANDS) if _activates_conda(command)]
    if conda:
        prefix = _conda_prefix(conda)
        yield finding(
            conda[0],
            "conda",
            fix=_exported_conda(conda, prefix),
            related=[related(command, "and this") for command in conda[1:]],
            written=_short(conda[0]),
            prefix=prefix or "/opt/conda/envs/NAME",
        )
    for command in script.commands("alias", "shopt", "trap", "complete", "bind"):
        yield finding(command, "builtin", written=_short(command))
    for command in script.commands("export", "declare", "typeset"):
        if command.option("-f") is not None and (
            command.program == "export" or command.option("-x") is not None
        ):
            yield finding(command, "exported", written=_short(command))
    for name, span in script.functions.items():
        if not script.commands(name):
            yield finding(span, "function", written=name)


_CONDA_COMMANDS = ("conda", "mamba", "micromamba", "source", ".", "eval")
_CONDA_WORD = pattern(r"conda|mamba|miniforge", re.I)


def _activates_conda(command: Command) -> bool:
    program, words = command.program, command.arguments
    if not words or command.function:
        return False
    text = words[0].text.strip("\"'")
    if program == "eval":
        return any(_CONDA_WORD.search(word.text) and re.search("hook|activate", word.text) for word in words)
    if program in ("source", "."):
        if re.search(r"(?:conda|mamba)\.sh$", text):
            return True
        return text == "activate" or (
            text.endswith("/activate") and bool(len(words) > 1 or _CONDA_WORD.search(text))
        )
    return text == "activate"


def _conda_prefix(commands: list[Command]) -> str | None:
    """The folder of the environment that is activated, where the script tells."""
    root, name = None, "base"
    for command in commands:
        values = [word.value for word in command.arguments]
        if None in values or command.program == "eval":
            return None
        first = values[0] or ""
        if command.program in ("source", "."):
            match = re.fullmatch(r"(/.+)/(?:etc/profile\.d/(?:conda|mamba)\.sh|bin/activate)", first)
            root = match[1] if match else root
            if len(values) > 1 and not first.endswith(".sh"):
                name = values[1] or name
        elif len(values) > 1:
            name = values[1] or name
    if name.startswith("/"):
        return name
    return None if root is None else root if name == "base" else f"{root}/envs/{name}"


def _exported_conda(commands: list[Command], prefix: str | None) -> list[Edit] | None:
    if prefix is None or not all(command.fills_lines and command.list is None for command in commands):
        return None
    text = commands[0].script.section.stage.definition.source.text
    start = commands[0].line_span.start
    indent = text[start : commands[0].statement_span.start]
    lines = f"{indent}export CONDA_PREFIX={prefix}\n{indent}export PATH={prefix}/bin:$PATH\n"
    return [Edit(start, start, lines), *(Edit(*command.line_span, "") for command in commands)]


def _short(command: Command) -> str:
    text = " ".join(word.text for word in command.words)
    return text if len(text) <= 60 and "\n" not in text else f"{text.split(chr(10))[0][:57]}..."


@rule(
    "DEF603",
    severity="error",
    profile="minimal",
    fix="unsafe",
    message={
        "unreadable": "%environment cannot be read: {why}; none of its variables is set at run time",
        "exit": "`{written}` ends every run, exec and shell before the program starts",
        "set": "with `{written}` the first {what} ends every run, exec and shell",
    },
    help={
        "unreadable": "close it; the build does not look at this section, only the run does",
        "exit": "delete the `exit`",
        "set": "delete the line",
    },
)
@bad(
    """
    %environment
        set -eu
        ^^^^^^^
        export A=1
    """,
    fixed="""
    %environment
        export A=1
    """,
)
@good("""
    %environment
        set -e
        . /opt/x/setup.sh
        set +e
        export A="x"
        exit_code() { exit 1; }
        (exit 3)
    """)
def broken_environment(script: Script) -> Findings:
    """%environment that cannot be read, or that ends every start of the image.

    Nothing checks the section during the build.  At run time an open quotation or block drops all of its variables, with a
    message; `exit`, or `set -e` and `set -u` with the first failure, end the start itself.  Source: Apptainer 1.4.5,
    measured (4 forms).
    """
    if script.section.name != "environment":
        return
    problem = next((problem for problem in script.problems if problem.kind in _UNREADABLE), None)
    if problem is not None:
        told = ("SIF003", "SC1*")
        yield finding(problem.span, "unreadable", supersedes=told, within=script.span, why=problem.message)
        return
    for command in script.commands("exit", "set"):
        if (
            not command.top_level
            or command.background
            or (command.list is not None and command.list.span.start < command.span.start)
        ):
            continue
        if command.program == "exit":
            yield finding(command, "exit", written=_short(command))
            return
        what = _strictness(command)
        if what is not None and not _undone(script, command):
            yield finding(
                command, "set", severity="warning", fix=delete(command), written=_short(command), what=what
            )


_UNREADABLE = frozenset(("syntax", "quote", "block", "here-document"))


def _strictness(command: Command) -> str | None:
    """What ends the interpreter after this `set`."""
    values = [word.value or "" for word in command.arguments]
    values = values[: values.index("--")] if "--" in values else values
    letters = "".join(value[1:] for value in values if re.fullmatch(r"-[a-z]+", value))
    failing = "e" in letters or "errexit" in values
    unset = "u" in letters or "nounset" in values
    if not (failing or unset) or any(value.startswith("+") for value in values):
        return None
    return " or ".join(["failing command"] * failing + ["unset variable"] * unset)


def _undone(script: Script, command: Command) -> bool:
    return any(
        other.start > command.start and any((word.value or "").startswith("+") for word in other.arguments)
        for other in script.commands("set")
    )


@rule(
    "DEF607",
    severity="warning",
    confidence="medium",
    message={
        "output": "`{written}` prints at every start, into the output of whatever is run",
        "cd": "`{written}` leaves the user's folder at every start",
        "files": "`{written}` changes files at every start",
        "module": "`{written}` runs at every start, and fails where no `module` is defined",
        "module-ready": "`{written}` runs at every start",
        "network": "`{written}` uses the network at every start",
        "conda": "`{written}` starts Python at every start",
        "command": "the value of `{name}` is worked out at every start, and may differ by user and host",
        "home": "the value of `{name}` differs by user: `{what}` is the home of whoever runs the image",
        "tilde": "the `~` in the value of `{name}` stays as it is: nothing is expanded between quotation marks",
    },
    help={
        "": 'find the value out in %post and write it down: `echo "export NAME=$value" >> $SINGULARITY_ENVIRONMENT`',
        "output": "put it into %help or %runscript",
        "cd": "name folders in full, and change the folder in %runscript if need be",
        "files": "do it in %post, or in %runscript",
        "network": "do it in %post",
        "module": "export here what the module sets, or load it in %runscript",
        "module-ready": "export here what the module sets, or load it in %runscript",
        "conda": "export here what it sets",
        "home": "name a folder of the image, or let the program find the user's",
        "tilde": "name a folder of the image",
    },
)
@bad("""
    %environment
        export VERSION=$(solver --version)
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^
        export CONFIG=~/solver.conf DATA=$HOME/data CACHE="~/cache"
               ^^^^^^^^^^^^^^^^^^^^ ^^^^^^^^^^^^^^^ ^^^^^^^^^^^^^^^
    """)
@good("""
    %environment
        export PATH=/opt/x/bin:$PATH
        show() { echo hello; }
        export LEVEL=$MODE
        echo quiet > /dev/null
    """)
def environment_side_effects(script: Script) -> Findings:
    """%environment does more than to set variables.

    It is read at every start, by everybody and on every node of a job: what it prints lands in the output of `exec cat`,
    and values that it works out differ from run to run.  Source: Apptainer 1.4.5, measured; sylabs#274; the guide of RIKEN on
    images has a `~` in its example; of 7,815 public files 1.2 % print, 1.2 % call module, 0.8 % name the home.
    """
    if script.section.name != "environment":
        return
    found: dict[str, list[Command]] = {}
    for command in script.commands(*_EFFECTS):
        if not (command.function or command.substitution or _is_quiet(command)):
            found.setdefault(_EFFECTS[command.program or ""], []).append(command)
    for key, commands in found.items():
        more = [related(command, "and so does this") for command in commands[1:]]
        if key == "module" and _has_module(script, commands[0]):
            key = "module-ready"
        yield finding(commands[0], key, related=more, written=_short(commands[0]))
    for assignment in script.assignments:
        if assignment.value is not None and not assignment.function and not assignment.substitution:
            yield from _varying(assignment, assignment.value)


_INIT = pattern(r"/etc/(?:profile|bashrc|bash\.bashrc)|modules|lmod|/init/|setup-env", re.I)


def _has_module(script: Script, first: Command) -> bool:
    """Whether a script that may define `module` is read before, or the section defines it."""
    return "module" in script.functions or any(
        command.start < first.start and any(_INIT.search(word.text) for word in command.arguments)
        for command in script.commands(".", "source")
    )


_EFFECTS = {
    **dict.fromkeys(("echo", "printf", "cat", "tput", "figlet", "cowsay"), "output"),
    **dict.fromkeys(("cd", "pushd"), "cd"),
    **dict.fromkeys(("mkdir", "touch", "rm", "cp", "mv", "ln", "chmod"), "files"),
    **dict.fromkeys(("module", "ml"), "module"),
    **dict.fromkeys(("wget", "curl", "git", "ping", "ssh"), "network"),
    **dict.fromkeys(("conda", "mamba", "micromamba"), "conda"),
}


def _is_quiet(command: Command) -> bool:
    """Whether a command does not do what its kind does: output that goes elsewhere, an activation (DEF602's)."""
    kind = _EFFECTS[command.program or ""]
    if kind == "output":
        return command.piped_into is not None or any(
            redirection.writes for redirection in command.redirections
        )
    return (
        kind == "conda"
        and bool(command.arguments)
        and command.arguments[0].value in ("activate", "deactivate", "shell")
    )


def _varying(assignment: Assignment, value: Word) -> Iterator[Draft]:
    """What of a value is not the same for everybody."""
    key = what = ""
    if any(part.kind == "substitution" for part in value.parts):
        key = "command"
    elif value.starts_with_tilde or any(part.name == "HOME" for part in value.parts):
        key, what = "home", "~" if value.starts_with_tilde else "$HOME"
    elif value.quoted in ("double", "single") and value.prefix.startswith("~/"):
        key = "tilde"
    if key:
        yield finding(assignment, key, severity="info", profile="strict", name=assignment.name, what=what)
