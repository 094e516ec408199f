"""Values of the environment: search paths, locales, and variables that stay in %post."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sifcheck.api import (
    Assignment,
    Command,
    Confidence,
    Draft,
    Edit,
    Findings,
    Part,
    Script,
    Severity,
    Stage,
    Word,
    bad,
    finding,
    good,
    pattern,
    related,
    replace,
    rule,
)
from sifcheck_rules._bases import Base, base_of
from sifcheck_rules._packages import PackageCall, package_calls
from sifcheck_rules._stage_scripts import build_text, exported_line, is_shell

_OLD = "\0"
"""Stands for the value that a search path had before, in a value that was worked out."""


@rule(
    "DEF604",
    severity="warning",
    fix="unsafe",
    message={
        "path": "PATH holds neither /usr/bin nor /bin any more: bare command names are not found",
        "libraries": "the LD_LIBRARY_PATH of `{base}` is lost",
        "empty": "{name} has an empty element, which means the current folder",
        "unset": "{name} has an empty element, the current folder, where it was not set before",
    },
    help={
        "path": "`export PATH={value}:$PATH`",
        "libraries": "`export LD_LIBRARY_PATH={value}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}`",
        "empty": "take the superfluous colon out",
        "unset": "`${{{name}:+:${name}}}` in place of `:${name}`",
    },
)
@bad(
    """
    %environment
        export PATH=/opt/solver/bin
               ^^^^^^^^^^^^^^^^^^^^
    """,
    fixed="""
    %environment
        export PATH=/opt/solver/bin:$PATH
    """,
)
@bad(
    """
    %environment
        ROOT=/opt/solver
        export LD_LIBRARY_PATH="$ROOT/lib"
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """,
    base="nvidia/cuda:12.4.1-devel-ubuntu22.04",
    fixed="""
    %environment
        ROOT=/opt/solver
        export LD_LIBRARY_PATH="$ROOT/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    """,
)
@bad("""
    %environment
        export PATH=/opt/x/bin:$PATH:
               ^^^^^^^^^^^^^^^^^^^^^^
        export LD_LIBRARY_PATH=/opt/x/lib:$LD_LIBRARY_PATH
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """)
@good("""
    %environment
        export PATH=/opt/solver/bin:$PATH
        export PATH=/usr/local/bin:/usr/bin:/bin
        export LD_LIBRARY_PATH=/opt/x/lib
    """)
@good("""
    %environment
        export PATH=$SOLVER_HOME/bin
        OLD=$PATH
        export PATH=/opt/x/bin:$OLD
    """)
@good("""
    %environment
        export LD_LIBRARY_PATH=/opt/x/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    """)
def search_path_overwritten(stage: Stage) -> Findings:
    """A search path loses what it held before.

    Without /usr/bin and /bin a run ends with `executable file not found`.  The images of CUDA, oneAPI and their like set
    LD_LIBRARY_PATH themselves, and their libraries are not found without it.  The runtime's own folder for the host's
    libraries is added afterwards, so that `--nv` is not concerned.  Source: Apptainer 1.4.5, measured; of 7,815 public
    files 0.05 % for PATH, 0.5 % for the libraries of CUDA images; a definition of RIKEN ends a path in a colon.
    """
    scripts = [section.script for section in stage.named("environment") if "PATH" in section.body]
    if not scripts:
        return
    libraries = _sets_libraries(stage)
    known: dict[str, str | None] = {}
    lost: dict[str, Assignment] = {}
    for script in scripts:
        for assignment in script.assignments:
            name = assignment.name
            if assignment.prefix or assignment.function or assignment.value is None:
                continue
            value = (
                None if assignment.branch or assignment.loop else _worked_out(assignment.value, name, known)
            )
            if name in ("PATH", "LD_LIBRARY_PATH") and not assignment.append:
                yield from _empty_elements(assignment, assignment.value, known, libraries)
                if not any(_names(part, name) for part in assignment.value.parts):
                    lost[name] = assignment
            known[name] = value if not assignment.append else None
    for name, assignment in lost.items():
        value = known[name]
        if value is None or _OLD in value or assignment.value is None:
            continue
        if name == "PATH" and not {"/usr/bin", "/bin"} & {part.rstrip("/") for part in value.split(":")}:
            yield _overwritten(assignment, assignment.value, "path", ":$PATH")
        elif name == "LD_LIBRARY_PATH" and libraries:
            text = "${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
            yield _overwritten(assignment, assignment.value, "libraries", text, stage.value("from"))


def _worked_out(word: Word, name: str, known: dict[str, str | None]) -> str | None:
    """The value of a word with the variables put in that the section sets; None where something of it is not known."""
    parts = []
    for part in word.parts:
        if part.kind in ("literal", "ansi"):
            parts.append(part.value or "")
        elif part.kind == "variable" and _names(part, name):
            before = known.get(name, _OLD)
            if before is None:
                return None
            parts.append(
                before if part.name == name and not part.expansion else _OLD if _OLD in before else before
            )
        elif part.kind == "variable" and part.name in known and not part.expansion:
            inner = known[part.name]
            if inner is None:
                return None
            parts.append(inner)
        elif part.kind == "variable" and part.name in ("PATH", "LD_LIBRARY_PATH") and not part.expansion:
            parts.append(_OLD)
        else:
            return None
    return "".join(parts)


def _names(part: Part, name: str) -> bool:
    """Whether an expansion gives the value of a variable, be it in a default: `${X:+:$X}`."""
    return part.name == name or re.search(rf"\$\{{?{name}\b", part.text) is not None


def _overwritten(assignment: Assignment, word: Word, key: str, addition: str, base: str = "") -> Draft:
    end = word.span.end - (1 if word.quoted == "double" and word.text.endswith('"') else 0)
    value = word.text.strip("\"'")
    confidence: Confidence | None = "medium" if key == "libraries" else None
    fix = Edit(end, end, addition)
    return finding(assignment, key, fix=fix, confidence=confidence, value=value, base=base)


_LIBRARY_BASES = pattern(
    r"(?:^|/)nvidia/|nvcr\.io/|(?:^|/)intel/(?:oneapi|hpckit|basekit)|oneapi|(?:^|/)rocm/|pytorch/pytorch|tensorflow/tensorflow"
)


def _sets_libraries(stage: Stage) -> bool:
    """Whether the base image is one of those that are known to set LD_LIBRARY_PATH."""
    base = stage.base
    if base is None or not _LIBRARY_BASES.search(base.name):
        return False
    return "tensorflow/tensorflow" not in base.name or "gpu" in (base.tag or "")


def _empty_elements(
    assignment: Assignment, word: Word, known: dict[str, str | None], libraries: bool
) -> Iterator[Draft]:
    name = assignment.name
    text = "".join(
        (part.value or "")
        if part.kind in ("literal", "ansi")
        else _OLD
        if part.name == name and not part.expansion
        else "\1"
        for part in word.parts
    )
    if text.startswith(":") or text.endswith(":") or "::" in text:
        yield finding(assignment, "empty", severity="info", profile="strict", name=name)
    elif name == "LD_LIBRARY_PATH" and not libraries and name not in known and re.search("^\0:|:\0$", text):
        yield finding(assignment, "unset", severity="info", profile="strict", name=name)


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
@bad("""
    %post
        echo 'export SOLVER_HOME=/opt/solver' >> ~/.bashrc
                                                 ^^^^^^^^^
        cat > /etc/profile.d/solver.sh <<EOF
              ^^^^^^^^^^^^^^^^^^^^^^^^
    export SOLVER_LEVEL=3
    EOF
    """)
@bad("""
    %post
        make -C /opt/solver install
        export PATH=/opt/solver/bin:$PATH
               ^^^^^^^^^^^^^^^^^^^^^^^^^^
        solver --version
    %runscript
        exec solver "$@"
    """)
@good("""
    %post
        export SOLVER_HOME=/opt/solver MODE=fast LEVEL=3
        echo "export MODE=$MODE" >> $SINGULARITY_ENVIRONMENT
        echo 'export PATH=/opt/solver/bin:$PATH' >> /etc/profile.d/solver.sh
    %environment
        export SOLVER_HOME=/opt/solver
        export PATH=/opt/solver/bin:$PATH
    %runscript
        LEVEL=${1:-2}
        exec $SOLVER_HOME/bin/solver --mode $MODE --level $LEVEL
    """)
@good("""
    %post
        echo 'alias solve="solver --all"' >> ~/.bashrc
        export PATH=/opt/conda/bin:$PATH
        pip install solver
    %runscript
        exec python -m solver "$@"
    """)
@good("""
    %post
        export SOLVER_HOME=/opt/solver
    %runscript
        exec ${SOLVER_HOME:-/opt/solver}/bin/solver "$@"
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
_RUN_SECTIONS = ("runscript", "startscript", "test", "apprun", "appstart", "apptest")
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
    for section in stage.named(*_RUN_SECTIONS):
        if name not in section.body or not is_shell(section):
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


_PROFILE_NAME = re.compile(r"(?:^|[;&\"'])[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=", re.M)


def _profile_files(stage: Stage, posts: list[Script], kept: set[str]) -> Iterator[Draft]:
    """Variables written to files that login shells read."""
    run_text = "\n".join(section.body for section in stage.named("environment", *_RUN_SECTIONS))
    if re.search(r"\bbash\s+(?:-\w*l|--login)|\bsu\s+-|-l\w*c\b", run_text):
        return
    for script in posts:
        for word, command in _written_files(script):
            file = word.text.strip("\"'")
            if not _PROFILE.fullmatch(file) or file.rpartition("/")[2] in run_text:
                continue
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
    for redirection in script.redirections:
        command, target = redirection.command, redirection.target
        if redirection.writes and target is not None and command is not None and command.program in _WRITERS:
            yield target, command
    for command in script.commands("tee"):
        if command.piped_from is not None:
            for word in command.operands():
                yield word, command.piped_from


def _lost_path(stage: Stage, script: Script) -> Iterator[Draft]:
    """A folder that %post alone puts into PATH, and a run script that calls what lies there by its bare name."""
    assignment = next(export.assignment for export in reversed(script.exports("PATH")))
    text = build_text(stage)
    folders = [folder for folder in _new_folders(assignment) if text.count(folder.removesuffix("/bin")) > 1]
    base = base_of(stage)
    if not folders or assignment is None or base.distribution is None:
        return
    for section in stage.named(*_RUN_SECTIONS):
        if "PATH=" in section.body or not is_shell(section) or section.script.commands("source", "."):
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


@rule(
    "DEF608",
    severity="info",
    confidence="medium",
    fix="safe",
    message={
        "missing": "{base} has no locale `{value}`, and nothing in %post makes it",
        "old": "{base} has no locale `{value}`: its C library is too old",
    },
    help={
        "missing": "`export {name}=C.UTF-8`, or `{make}` in %post",
        "old": "`export {name}=en_US.UTF-8`, which it has",
    },
)
@bad(
    """
    %environment
        export LC_ALL=en_US.utf-8
               ^^^^^^^^^^^^^^^^^^
    """,
    fixed="""
    %environment
        export LC_ALL=C.UTF-8
    """,
)
@bad(
    """
    %environment
        export LANG="ja_JP.UTF-8"
               ^^^^^^^^^^^^^^^^^^
    """,
    base="debian:12",
)
@bad(
    """
    %environment
        export LC_ALL=C.UTF-8
               ^^^^^^^^^^^^^^
    """,
    base="centos:7",
)
@good("""
    %environment
        export LC_ALL=C.UTF-8 LANG=C
    """)
@good("""
    %post
        dnf install -y glibc-langpack-en
    %environment
        export LC_ALL=en_US.UTF-8
    """)
@good(
    """
    %post
        locale-gen en_US.UTF-8
    %environment
        export LC_ALL=en_US.UTF-8
    """,
    base="ubuntu:24.04",
)
@good(
    """
    %environment
        export LC_ALL=en_US.UTF-8
    """,
    base="alpine:3.20",
)
@good(
    """
    %environment
        export LANG=en_US.UTF-8 LC_ALL=C
    """,
    base="ubuntu:24.04",
)
def locale_not_in_image(stage: Stage) -> Findings:
    """A locale is set that the image does not have.

    Small images hold C, POSIX and C.UTF-8 only.  Perl and R then complain at every start, and Python reads files as ASCII.
    Images of EL 7 hold English ones and no C.UTF-8; the C library of Alpine takes any name.  Source: the guides of RIKYU and
    CodeRefinery; the guide of RIKEN on images sets `en_US.utf-8`; 2.5 % of 7,815 public files.
    """
    for section in stage.named("environment"):
        if "LANG" not in section.body and "LC_ALL" not in section.body:
            continue
        base = base_of(stage)
        if (
            base.family not in ("debian", "rhel")
            or base.distribution in ("amazon", None)
            or _makes_locales(stage)
        ):
            return
        set_here = {one.name: one for one in section.script.assignments if one.name in ("LANG", "LC_ALL")}
        overruled = "LC_ALL" in set_here and _is_plain(set_here["LC_ALL"].value)
        for name, assignment in set_here.items():
            word = assignment.value
            if word is not None and word.value and not (overruled and name == "LANG"):
                yield from _missing_locale(assignment, word, base)


_MAKES = pattern(
    r"locale-?gen|localedef|language-pack|locales-all|langpack|glibc-locale|update-locale|dpkg-reconfigure[^\n]*locales|/etc/locale|localectl"
)


def _makes_locales(stage: Stage) -> bool:
    return _MAKES.search(build_text(stage)) is not None or "locale" in stage.value("include")


def _is_plain(word: Word | None) -> bool:
    """Whether a locale is one that every C library has."""
    return word is not None and (word.value or "").lower().replace("-", "") in ("c", "posix", "c.utf8")


def _missing_locale(assignment: Assignment, word: Word, base: Base) -> Iterator[Draft]:
    value = word.value or ""
    plain = value.lower().replace("-", "")
    old = (
        base.family == "rhel" and base.major is not None and base.major <= 7 and base.distribution != "fedora"
    )
    english = re.fullmatch(r"en_[A-Za-z]{2}(?:\.\S+)?", value) is not None
    if plain in ("c", "posix") or (old and english):
        return
    if plain == "c.utf8":
        if old:
            yield finding(assignment, "old", name=assignment.name, value=value, base=base.title)
        return
    if not re.fullmatch(r"[A-Za-z]{2,3}_[A-Za-z]{2}(?:\.\S+)?", value):
        return
    language = value[:2].lower()
    make = (
        f"dnf install -y glibc-langpack-{language}"
        if base.family == "rhel"
        else f"localedef -i {value.split('.')[0]} -f UTF-8 {value}"
    )
    fix = (
        replace(word, word.text.replace(value, "C.UTF-8"))
        if english and plain.endswith("utf8") and not old
        else None
    )
    yield finding(
        assignment, "missing", fix=fix, name=assignment.name, value=value, base=base.title, make=make
    )


@rule(
    "DEF609",
    severity="info",
    confidence="medium",
    fix="safe",
    message="what `{call}` brings gives way to Python packages in the user's ~/.local",
    help="`export PYTHONNOUSERSITE=1` in %environment",
)
@bad(
    """
    %post
        pip install --no-cache-dir numpy==2.1.0
    %environment
    ^^^^^^^^^^^^
        export LC_ALL=C.UTF-8
    """,
    base="python:3.12",
    fixed="""
    %post
        pip install --no-cache-dir numpy==2.1.0
    %environment
        export LC_ALL=C.UTF-8
        export PYTHONNOUSERSITE=1
    """,
)
@bad(
    """
    %post
        conda install -y numpy && conda clean -afy
        ^^^^^^^^^^^^^^^^^^^^^^
    """,
    fixed="""
    %post
        conda install -y numpy && conda clean -afy

    %environment
        export PYTHONNOUSERSITE=1
    """,
)
@good("""
    %post
        pip install numpy==2.1.0
    %environment
        export PYTHONNOUSERSITE=True
    """)
@good("""
    %post
        pip install numpy==2.1.0
    %runscript
        exec python3 -s /opt/solver.py "$@"
    """)
@good("""
    %post
        python3 -m venv /opt/venv
        /opt/venv/bin/pip install numpy==2.1.0
        pip install --upgrade pip setuptools
    """)
def user_python_leaks_in(stage: Stage) -> Findings:
    """What users have installed for themselves comes before what the image brings.

    Home folders are bound into the container, and Python looks into ~/.local first: the image then runs with packages that
    nobody tested it with, on one user's account only.  A virtual environment does not look there.  Source:
    nipreps/mriqc#775, singularity#2600, singularity#476, singularity#5592, msprime#809, fmriprep#1103.
    """
    if not stage.is_last:
        return
    call = next((call for call in package_calls(stage) if _for_users(call)), None)
    if call is None or _OTHER_SITE.search(build_text(stage)):
        return
    if any(_OTHER_SITE.search(section.body) for section in stage.sections if section.is_script):
        return
    if any(_ISOLATED.search(section.body) for section in stage.named(*_RUN_SECTIONS)):
        return
    sections = [section for section in stage.named("environment") if section.body.strip()]
    place = sections[-1].name_span if sections else call.command.span
    called = f"{call.tool} {call.verb.value}"
    yield finding(place, fix=exported_line(stage, "export PYTHONNOUSERSITE=1"), call=called)


_OTHER_SITE = pattern(r"PYTHONNOUSERSITE|PYTHONUSERBASE|\bactivate\b(?! )[^\n]*venv|venv[^\n]*/activate")
_ISOLATED = pattern(r"\bpython[\d.]*\s+(?:-\w+\s+)*-\w*[sIE]")
_BUILD_TOOLS = frozenset(
    "pip setuptools wheel virtualenv venv pipenv poetry meson ninja cmake scons conan cython build uv".split()
)


def _for_users(call: PackageCall) -> bool:
    """Whether a call installs Python packages that programs of the image will use."""
    if call.action != "install" or call.family not in ("pip", "conda"):
        return False
    if call.family == "conda":
        return call.verb.value != "create" or bool(call.names) or call.option("-f", "--file") is not None
    word = call.command.program_word
    path = (word.value or "") if word is not None else ""
    if re.search(r"env/", path) or call.option("-t", "--target", "--prefix", "--root") is not None:
        return False
    return (
        not call.names
        or any(name not in _BUILD_TOOLS for name, _ in call.packages)
        or len(call.packages) < len(call.names)
    )
