"""Variables that the build sets and a run expects: what %post exports, and where else it writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sifcheck.api import (
    RUN_SECTIONS,
    Assignment,
    Command,
    Draft,
    Findings,
    Part,
    Script,
    Severity,
    Stage,
    Word,
    Written,
    bad,
    base_of,
    effects_of,
    exported_line,
    finding,
    good,
    pattern,
    related,
    rule,
)


@rule(
    "DEF605",
    severity="warning",
    confidence="medium",
    fix="unsafe",
    message={
        "read": "`{name}` is set in %post only: it is empty when the image is run",
        "path": "PATH is extended in %post only: `{program}` is looked for without it when the image is run",
        "profile": "neither exec nor run reads {file}: {names} is not set there",
    },
    help={
        "": 'export it in %environment; a value found out in %post: `echo "export {name}=${name}" >> $SINGULARITY_ENVIRONMENT`',
        "profile": "export it in %environment",
    },
)
@bad(
    """
    %post
        export SOLVER_HOME=/opt/solver
        make -C $SOLVER_HOME
    %environment
        export LC_ALL=C.UTF-8
    %runscript
        exec $SOLVER_HOME/bin/solver "$@"
             ^^^^^^^^^^^^
    """,
    fixed="""
    %post
        export SOLVER_HOME=/opt/solver
        make -C $SOLVER_HOME
    %environment
        export LC_ALL=C.UTF-8
        export SOLVER_HOME=/opt/solver
    %runscript
        exec $SOLVER_HOME/bin/solver "$@"
    """,
)
@good("""
    %post
        echo 'alias solve="solver --all"' >> ~/.bashrc
        export PATH=/opt/conda/bin:$PATH
        pip install solver
    %runscript
        exec python -m solver "$@"
    """)
def variable_lost_after_post(stage: Stage) -> Findings:
    """A variable of %post is expected at run time.

    %post is a shell of its own that ends with the build: what it exports is gone, and the files that a login shell reads are
    read by neither `exec` nor `run`.  Source: Apptainer 1.4.5, measured; the definition file pages of both user guides; of
    2,639 public files 3.5 % for paths, 2.1 % for profile files.
    """
    posts = [section.script for section in stage.named("post") if section.body]
    if not posts:
        return
    handed = _handed_over(posts)
    if handed is None:
        return
    kept = _set_at_run(stage) | set(re.findall(r"\w+", handed))
    exports = {export.name: export.assignment for script in posts for export in script.exports()}
    for name, assignment in exports.items():
        if name in kept or name in _RUNTIME or name.startswith(("SINGULARITY", "APPTAINER")):
            continue
        read = next(_reads(stage, name), None)
        if read is not None:
            fix = (
                exported_line(stage, f"export {assignment_text(assignment)}")
                if _is_literal(assignment)
                else None
            )
            more = [related(assignment, "set here")] if assignment is not None else []
            yield finding(read.span, "read", fix=fix, related=more, name=name)
    yield from _profile_files(stage, posts, kept)
    if "PATH" not in kept and exports.get("PATH") is not None:
        yield from _lost_path(stage, [script for script in posts if script.exports("PATH")][-1])


def assignment_text(assignment: Assignment | None) -> str:
    """An assignment as it is written."""
    if assignment is None:
        return ""
    return f"{assignment.name}={assignment.value.text if assignment.value is not None else ''}"


def _is_literal(assignment: Assignment | None) -> bool:
    return assignment is not None and assignment.value is not None and assignment.value.value is not None


# What the runtime or the base image sets, or a shell.
_RUNTIME = frozenset(
    "HOME USER PWD OLDPWD SHELL TERM LANG LC_ALL LANGUAGE PATH LD_LIBRARY_PATH HOSTNAME UID EUID TMPDIR DISPLAY TZ LOGNAME "
    "RANDOM SECONDS IFS OPTARG OPTIND REPLY BASH_VERSION BASH_SOURCE FUNCNAME LINENO PS1 DEBIAN_FRONTEND".split()
)
_DEFAULTS = pattern(r":?[-=+?]")


def _handed_over(posts: list[Script]) -> str | None:
    """What %post writes into the file that is read at every start; None where that is everything or nobody can say."""
    parts = []
    for script in posts:
        for redirection in script.redirections:
            if redirection.target is None or not re.search(
                r"_ENVIRONMENT\b|(?:^|\W)/environment$|\.singularity\.d/env",
                redirection.target.text.strip("\"'"),
            ):
                continue
            command = redirection.command
            if command is None or command.program in ("env", "printenv", "export", "set", "declare"):
                return None
            parts.append(_content(command))
    return "\n".join(parts)


def _content(command: Command) -> str:
    """What a command writes: the words behind `echo`, or its here-document."""
    bodies = [
        redirection.heredoc.text for redirection in command.redirections if redirection.heredoc is not None
    ]
    return "\n".join([*bodies, " ".join(word.text for word in command.arguments)])


def _set_at_run(stage: Stage) -> set[str]:
    """The variables that %environment, or the environment of an app, sets."""
    names: set[str] = set()
    for section in stage.named("environment", "appenv"):
        names.update(assignment.name for assignment in section.script.assignments)
        names.update(export.name for export in section.script.exports())
    return names


def _reads(stage: Stage, name: str) -> Iterator[Part]:
    """The places where a run script reads a variable that it has not set itself."""
    for section in stage.named(*RUN_SECTIONS):
        if name not in section.body or not section.is_shell:
            continue
        script = section.script
        set_here = any(assignment.name == name for assignment in script.assignments)
        if (
            set_here
            or any(loop.name == name for loop in script.loops)
            or script.commands("source", ".", "eval", "read")
        ):
            continue
        for part in script.variables:
            if part.name == name and not _DEFAULTS.match(part.expansion):
                yield part


_PROFILE = pattern(
    r"(?:~|\$HOME|\$\{HOME\}|/root|/home/[^/]+)/\.(?:bashrc|bash_profile|profile|zshrc)|/etc/profile|/etc/profile\.d/[^/]+|/etc/environment"
)


_LOGIN_SHELL = pattern(r"\bbash\s+(?:-\w*l|--login)|\bsu\s+-|-l\w*c\b")
_PROFILE_NAME = re.compile(r"(?:^|[;&\"'])[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=", re.M)


def _profile_files(stage: Stage, posts: list[Script], kept: set[str]) -> Iterator[Draft]:
    """Variables written to files that login shells read."""
    written = [
        (word, command, file)
        for script in posts
        for word, command in _written_files(script)
        if _PROFILE.fullmatch(file := word.text.strip("\"'"))
    ]
    run_text = (
        "\n".join(section.body for section in stage.named("environment", *RUN_SECTIONS)) if written else ""
    )
    if _LOGIN_SHELL.search(run_text):
        return
    for word, command, file in written:
        if file.rpartition("/")[2] not in run_text:
            found = dict.fromkeys(_PROFILE_NAME.findall(_content(command)))
            names = [
                name for name in found if name not in kept and not name.startswith(("__", "PS1", "PROMPT_"))
            ]
            if names:
                severity: Severity | None = "info" if names == ["PATH"] else None
                yield finding(
                    word, "profile", severity=severity, file=file, names=", ".join(names), name=names[0]
                )


_WRITERS = ("echo", "printf", "cat")


def _written_files(script: Script) -> Iterator[tuple[Word, Command]]:
    for effect in effects_of(script, Written):
        command = effect.command
        if effect.by == "tee":
            command = command.piped_from if command is not None else None
        elif command is None or command.program not in _WRITERS:
            continue
        if command is not None:
            yield effect.path, command


def _lost_path(stage: Stage, script: Script) -> Iterator[Draft]:
    """A folder that %post alone puts into PATH, and a run script that calls what lies there by its bare name."""
    assignment = next(export.assignment for export in reversed(script.exports("PATH")))
    text = stage.build_text
    folders = [folder for folder in _new_folders(assignment) if text.count(folder.removesuffix("/bin")) > 1]
    base = base_of(stage)
    if not folders or assignment is None or base.distribution is None:
        return
    for section in stage.named(*RUN_SECTIONS):
        if "PATH=" in section.body or not section.is_shell or section.script.commands("source", "."):
            continue
        for command in section.script.commands():
            program = command.name if command.name != "exec" else command.program
            if program and not base.has(program) and _lies_in(program, folders):
                more = [related(command, "called here")]
                yield finding(assignment, "path", severity="info", related=more, program=program, name="PATH")
                return


def _new_folders(assignment: Assignment | None) -> list[str]:
    if assignment is None or assignment.value is None:
        return []
    return [
        part
        for part in re.split(r"[:\"']", assignment.value.text)
        if part.startswith("/") and "$" not in part
    ]


def _lies_in(program: str, folders: list[str]) -> bool:
    """Whether a bare command is likely to lie in one of the folders: it is called like a part of the path."""
    if "/" in program or not re.fullmatch(r"[\w.+-]{3,}", program):
        return False
    stem = re.sub(r"[\d.]+$", "", program.lower().removesuffix(".sh").removesuffix(".py"))
    if stem in ("python", "conda", "pip", "jupyter", "ipython"):
        return any("conda" in folder or "mamba" in folder or "forge" in folder for folder in folders)
    return len(stem) > 2 and any(stem in folder.lower() for folder in folders)
