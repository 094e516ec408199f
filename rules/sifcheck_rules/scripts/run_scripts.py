"""What happens when the image is run as a program: run scripts, the arguments they pass on, and apps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sifcheck.api import (
    Command,
    Draft,
    Edit,
    FileCopy,
    Findings,
    Part,
    Script,
    Section,
    Severity,
    Span,
    Stage,
    Word,
    bad,
    body_indent,
    delete,
    finding,
    good,
    pattern,
    replace,
    rule,
)


@rule(
    "DEF701",
    severity="warning",
    supersedes=("SC2048", "SC2068", "SC2086", "SC2145"),
    fix="safe",
    message={
        "split": "`{written}` without quotes: an argument with a space in it is split",
        "joined": '`"$*"` hands all arguments to `{program}` as a single one',
    },
    help='pass them on as `"$@"`, with the quotes{call}',
)
@bad(
    """
    %runscript
        python $*
               ^^
    """,
    fixed="""
    %runscript
        python "$@"
    """,
)
@good("""
    %runscript
        exec python "$@"
    """)
def unquoted_arguments(script: Script) -> Findings:
    """The user's arguments do not arrive as they were given.

    Unquoted `$*` and `$@` are split at every blank and expanded as file patterns, `"$*"` melts all arguments into one: a
    file called `my data.txt` becomes two files or part of a word.  Source: Apptainer 1.4.5, measured; the guide of RIKEN on
    images shows `python $*`; of 2,639 public files 0.8 % hand `$*` on, 4.6 % a bare `$@`.
    """
    if (
        script.section.name not in _RUN_SECTIONS
        or not _ALL_ARGUMENTS.search(script.text)
        or not script.section.is_shell
    ):
        return
    for command in script.commands():
        if not _ALL_ARGUMENTS.search(script.text, command.start, command.end) or not _takes_arguments(
            command
        ):
            continue
        found = [(word, part) for word in _passed_words(command) for part in _all_arguments(word)]
        # All of them twice in one call can hardly be meant, and nobody can say what is.
        once = sum(part.span == word.span and not part.expansion for word, part in found) < 2
        call = _with_all_arguments(command, found[0][0]) if len(found) == 1 else ""
        for word, part in found:
            if not part.quoted:
                fix = replace(word, _quoted(part)) if part.span == word.span and once else None
                yield finding(part.span, "split", fix=fix, written=part.text, call=call)
            elif word.text in ('"$*"', '"${*}"'):
                program, fix = command.program or "a program", replace(word, '"$@"') if once else None
                yield finding(word, "joined", fix=fix, program=program, call=call)


def _with_all_arguments(command: Command, arguments: Word) -> str:
    """The call as it should be, where a line holds it."""
    words = ['"$@"' if word is arguments else word.text for word in command.words]
    text = " ".join(words)
    return (
        f": `{text}`" if '"$@"' in words and len(text) <= 80 and "\n" not in text and "`" not in text else ""
    )


_RUN_SECTIONS = frozenset(("runscript", "startscript", "apprun", "appstart"))


def _quoted(part: Part) -> str:
    return '"$@"' if not part.expansion else f'"{part.text.replace("*", "@", 1)}"'


@rule(
    "DEF702",
    severity="error",
    profile="minimal",
    fix="safe",
    message={
        "words": "`{words}` goes onto the `#!` line of the script, which cannot be started then: `{line}`",
        "late": "`{line}` is not the first line below `%{name}`: sh runs the script",
        "app": "nothing looks at `{line}` in %{name}: sh runs the script",
    },
    help={
        "words": "the shell of a run script is its first line, `#!/bin/bash`, directly below `%{name}`; a command belongs on the next line",
        "late": "put it directly below `%{name}`",
        "app": 'call the interpreter in the script: `exec {interpreter} FILE "$@"`',
    },
)
@bad(
    """
    %runscript -c /bin/bash
               ^^^^^^^^^^^^
        exec solver "$@"
    """,
    fixed="""
    %runscript
        #!/bin/bash
        exec solver "$@"
    """,
)
@good("""
    %runscript
        #!/bin/bash
        exec solver "$@"
    """)
def runscript_interpreter_lost(section: Section) -> Findings:
    """The run script is not run by the program that was meant.

    What stands behind the section's name is written behind the `#!` of the script, where the kernel takes all of it for one
    argument.  A `#!` counts only as the first line, and in an app's sections not at all.  Source: Apptainer 1.4.5, measured
    (build and run, 9 forms); below 0.1 % of 2,639 public files.
    """
    if section.name in ("runscript", "startscript", "test"):
        words = section.words.partition("#")[0].strip()
        if words and section.body.strip() and not _is_one_flag(section, words):
            yield _misplaced_words(section, words)
        key = "late"
    elif section.name in ("apprun", "appstart", "apptest"):
        key = "app"
    else:
        return
    late = _ignored_interpreter(section, first_counts=key == "late")
    if late is not None:
        span, line = late
        interpreter = line[2:].split()[-1].rsplit("/", 1)[-1] if line[2:].split() else "sh"
        severity: Severity = (
            "warning" if interpreter in _SHELL_NAMES or line[2:].strip().startswith("/bin/sh ") else "error"
        )
        fix = _moved_up(section, span, line) if key == "late" else None
        yield finding(
            span, key, severity=severity, fix=fix, line=line, name=section.name, interpreter=interpreter
        )


_SHELL_NAMES = frozenset("sh bash dash ash ksh mksh zsh busybox".split())


def _is_one_flag(section: Section, words: str) -> bool:
    """Whether the words are one option of the shell, as in `%test -e`: that works, unless the `#!` line has options too."""
    return (
        re.fullmatch(r"-[a-zA-Z]+", words) is not None
        and not set("cos") & set(words)
        and len(section.shell.split()) == 1
    )


def _misplaced_words(section: Section, words: str) -> Draft:
    at = section.words_span
    written = section.stage.definition.source.text[at.start : at.end]
    begin = at.start + len(written) - len(written.lstrip())
    span = Span(begin, begin + len(written.partition("#")[0].strip()))
    shown = section.stage.definition.source.slice(span)
    return finding(
        span,
        "words",
        fix=_moved_down(section, span, words),
        words=shown,
        line=f"#!{section.shell} {shown}",
        name=section.name,
    )


def _moved_down(section: Section, span: Span, words: str) -> list[Edit] | None:
    """The words as the first line of the body; `-c SHELL` as its `#!` line."""
    text = section.stage.definition.source.text
    shell = re.fullmatch(r"-c\s+(/\S+)", words)
    own = section.body.lstrip().startswith("#!")
    if (words.startswith("-") and shell is None) or own:
        return None
    line = f"#!{shell[1]}" if shell else text[span.start : span.end]
    gap = len(text[: span.start]) - len(text[: span.start].rstrip(" "))
    start = section.body_span.start
    glued = text[span.end : section.line_span.end][:1] == "#"  # the comment must not touch the name
    cut = Edit(span.start - (0 if glued else gap), span.end, "")
    return [cut, Edit(start, start, f"{body_indent(section)}{line}\n")]


def _ignored_interpreter(section: Section, first_counts: bool) -> tuple[Span, str] | None:
    """A `#!` line above all commands that nothing looks at, unless it names what runs the script anyway."""
    at = 0
    for number, line in enumerate(section.body.split("\n")):
        bare = line.strip(" \t\r\v\f")
        if re.match(r"#![ \t]*/", bare) and not (number == 0 and first_counts):
            start = section.text_start + at + line.index("#")
            span = section.stage.text.place(start, start + len(bare))
            return (
                None
                if re.fullmatch(r"#![ \t]*/bin/sh", bare)
                else (span, section.stage.definition.source.slice(span))
            )
        if (bare and bare[0] != "#") or (number == 0 and bare.startswith("#!")):
            return None
        at += len(line) + 1
    return None


def _moved_up(section: Section, span: Span, line: str) -> list[Edit]:
    source = section.stage.definition.source
    whole = source.line_span(source.line_of(span.start))
    indent = source.text[whole.start : span.start]
    start = section.body_span.start
    return [Edit(start, start, f"{indent}{line}\n"), Edit(whole.start, whole.end, "")]


@rule(
    "DEF704",
    severity="info",
    fix="unsafe",
    message="%{name} is empty: it takes the place of the base image's, and `{verb}` does nothing",
    help='delete the section, or end it in `exec PROGRAM "$@"`',
)
@bad("%startscript\n\n\n%labels\n    version 1\n")
@good("""
    %post
        make install
    %runscript
    %labels
        version 1
    """)
def empty_runscript(stage: Stage) -> Findings:
    """A run script that holds no command.

    A section without any line leaves what the base image has; one blank line is enough to replace it by a script that does
    nothing and says nothing.  Source: Apptainer 1.4.5, measured; 4.6 % of 7,815 public files.
    """
    if not stage.is_last:
        return
    for name in ("runscript", "startscript"):
        sections = stage.named(name)
        if any(_has_code(section) or section.option_words for section in sections):
            continue
        for section in sections:
            if section.body:
                yield finding(
                    section.name_span,
                    fix=delete(section.span),
                    name=name,
                    verb="run" if name == "runscript" else "instance start",
                )


def _has_code(section: Section) -> bool:
    return any(line.strip() and line.strip()[0] != "#" for line in section.body.split("\n"))


@rule(
    "DEF705",
    severity="info",
    confidence="medium",
    joins=("SC2164",),
    message="from here on the user's relative paths are looked up in {folder}, not where the user is",
    help="call the program by its full path and stay where the user is",
)
@bad("""
    %runscript
        cd /opt/solver
        ^^^^^^^^^^^^^^
        exec ./solver "$@"
    """)
@good("""
    %runscript
        cd /opt/solver
        ./prepare
        cd "$OLDPWD"
        exec /opt/solver/solver "$@"
    """)
def working_directory_changed(script: Script) -> Findings:
    """The run script leaves the user's folder before it hands the arguments on.

    `run IMAGE data.txt` then looks for data.txt inside the image.  Source: Apptainer 1.4.5, measured; 1.8 % of 7,815 public
    files.
    """
    if (
        script.section.name not in ("runscript", "apprun")
        or "cd " not in script.text
        or not script.section.is_shell
    ):
        return
    here: Command | None = None
    for command in script.commands():
        if command.subshell or command.substitution or command.function:
            continue
        if command.program in ("cd", "pushd", "popd"):
            here = command if _is_fixed_folder(command) else None
        elif here is not None and _gets_arguments(command):
            yield finding(here, folder=here.operands()[0].value)
            return


def _is_fixed_folder(command: Command) -> bool:
    """Whether `cd` goes to a folder that is written out."""
    words = command.operands()
    # Of two folders dash takes the first, and bash none.
    if command.program == "popd" or len(words) != 1 or command.branch or command.loop:
        return False
    value = words[0].value
    return value is not None and value not in ("-", ".") and not words[0].starts_with_tilde


@rule(
    "DEF706",
    severity="info",
    confidence="medium",
    profile="strict",
    fix="unsafe",
    message={
        "arguments": "`{program}` gets none of the arguments of `run`",
        "exec": "`{program}` is not started with `exec`: signals of the scheduler reach the shell instead",
        "both": "`{program}` gets none of the arguments of `run` and is not started with `exec`",
    },
    help="end the script in `{line}`",
)
@bad(
    """
    %runscript
        python3 /opt/solver.py
        ^^^^^^^^^^^^^^^^^^^^^^
    """,
    fixed="""
    %runscript
        exec python3 /opt/solver.py "$@"
    """,
)
@good("""
    %runscript
        exec solver "$@"
    """)
def opaque_runscript(script: Script) -> Findings:
    """The run script does not stand for its program.

    Without the arguments `run IMAGE --help` does nothing of the kind; without `exec` a shell stays in between, and a job's
    termination signal does not reach the program.  Source: the guides of Satellite Fugaku and VSC, the definition file
    pages of both user guides; of 2,639 public files 14.9 % use no arguments, 22.9 % no `exec`.
    """
    if script.section.name != "runscript" or not script.section.stage.is_last or not script.section.is_shell:
        return
    command = _final_program(script)
    if command is None:
        return
    arguments = any(_ARGUMENT.fullmatch(part.name or "") for part in script.variables)
    with_exec = command.name == "exec"
    key = {(False, False): "both", (False, True): "arguments", (True, False): "exec"}.get(
        (arguments, with_exec)
    )
    if key is None:
        return
    edits = [] if with_exec else [Edit(command.name_span.start, command.name_span.start, "exec ")]
    if not arguments:
        edits.append(Edit(command.span.end, command.span.end, ' "$@"'))
    program = command.program or ""
    yield finding(command, key, fix=edits, program=program, line=f'exec {program} ... "$@"')


_BUILTINS = frozenset(
    "cd echo printf cat true false : exit return . source export unset set wait read trap sleep date test [ [[ shift ls pwd env "
    "hash alias umask kill ulimit exec eval printenv column fold".split()
)
_STRAY = frozenset(("EOF", "EOT", "END"))  # left over from a here-document
_ARGUMENT = pattern(r"[@*#]|[1-9][0-9]*")
_INTERACTIVE = frozenset("sh bash dash ash zsh ksh fish tcsh csh".split())


def _final_program(script: Script) -> Command | None:
    """The program that the script ends in; None where it ends in anything else."""
    commands = script.commands()
    command = commands[-1] if commands else None
    if command is None or not command.last or command.background or command.loop or script.problems:
        return None
    program = command.program
    if (
        program is None
        or "$" in program
        or program in _BUILTINS
        or program in _STRAY
        or program in script.functions
        or len(command.pipeline) > 1
    ):
        return None
    if any(redirection.heredoc is not None for redirection in command.redirections) or _is_interactive(
        command.arguments, program
    ):
        return None
    return command


def _is_interactive(arguments: Iterable[Word], program: str) -> bool:
    return program in _INTERACTIVE and all(
        (word.value or "").startswith("-") and "c" not in (word.value or "") for word in arguments
    )


# -- how a run script passes on the user's arguments

_MESSAGES = frozenset("echo printf print logger log tee usage die warn error info msg message debug".split())
_NO_ARGUMENTS = frozenset(
    "[ [[ test eval export local declare typeset readonly return exit shift : true false".split()
)
_CODE_OPTION = pattern(r"-[a-z]{0,2}[ce]|--(?:command|eval|execute)")
_ALL_ARGUMENTS = pattern(r"\$\{?[*@]")
_SLICE = pattern(r"(?::[^-+=?].*)?", re.S)


def _passed_words(command: Command) -> Iterator[Word]:
    """The words of a command but those that are code, as in `sh -c "$*"`."""
    before = ""
    for word in command.words:
        if not _CODE_OPTION.fullmatch(before):
            yield word
        before = word.value or ""


def _all_arguments(word: Word) -> Iterator[Part]:
    """The parts of a word that stand for all arguments: `$*`, `$@`, or all from one on."""
    for part in word.parts:
        if part.kind == "variable" and part.name in ("*", "@") and _SLICE.fullmatch(part.expansion):
            yield part


def _takes_arguments(command: Command) -> bool:
    """Whether a command is a program that may be handed arguments: no message, no builtin that looks at them."""
    return command.program not in _MESSAGES and command.program not in _NO_ARGUMENTS


def _gets_arguments(command: Command) -> bool:
    """Whether a program gets the user's arguments, besides to print or to look at them."""
    if not _takes_arguments(command) or command.program == "set":
        return False
    return any(part.name in ("@", "*") for word in command.words for part in word.parts)


@rule(
    "DEF703",
    severity="error",
    profile="minimal",
    fix="safe",
    message={
        "name": "`{line}` names no app: the name is what stands between the first two blanks",
        "hash": "this app is called `{app}`",
        "files": "%appfiles does not know {what}: this line copies `{source}` as it is written",
        "cut": "%appfiles cuts a line at `#`: `{source}` is all that is left",
        "stage": "%appfiles copies from the host whatever stands behind the name of the app",
        "variable": "`${variable}` is the path of a folder that does not exist: the app is called `{app}`",
    },
    help={
        "name": "write `%{section} {name}`",
        "hash": "write `%{section} NAME`",
        "files": "%appfiles takes plain names, one blank between source and destination; use `%files` for the rest",
        "cut": "use `%files` for a name with `#` in it",
        "stage": "use `%files from {stage}` with a destination below /scif/apps/{app}",
        "variable": "give the app a name of letters, digits and underscores, or write /scif/apps/{app} yourself",
    },
)
@bad(
    """
    %apprun  solver
    ^^^^^^^^^^^^^^^
        exec solver "$@"
    """,
    fixed="""
    %apprun solver
        exec solver "$@"
    """,
)
@bad("%appfiles solver\n    a.txt\tb.txt\n")
@good("""
    %appfiles solver
        # the input
        data.txt input/data.txt
    %apprun solver # runs it
        exec "$SCIF_APPBIN_solver/solver" "$@"
    """)
def app_section_syntax(stage: Stage) -> Findings:
    """The section of an app is read otherwise than it was meant.

    An app section splits its line at every SPACE, so that a second blank gives an app without a name, on which the build
    ends.  %appfiles is simpler than %files: no quotes, no patterns, no TAB, no stages, and `#` cuts anywhere.  In the names
    and in the paths of the `SCIF_APP..._NAME` variables every other character is an underscore.  Source: Apptainer 1.4.5,
    measured (15 forms).
    """
    odd: dict[str, str] = {}
    for section in stage.sections:
        if section.app is None or not section.known:
            continue
        if not section.app:
            yield from _unnamed_app(section)
        elif section.app.startswith("#"):
            yield finding(section.line_span, "hash", app=section.app, section=section.name)
        elif re.search(r"\W", section.app, re.A):
            odd[re.sub(r"\W", "_", section.app, flags=re.A)] = section.app
        if section.name == "appfiles":
            yield from _app_files(section)
    if odd:
        yield from _odd_variables(stage, odd)


def _unnamed_app(section: Section) -> Findings:
    if not section.words:  # one blank and nothing more is DEF102's
        return
    name = section.words.partition("#")[0].strip(" ")
    source = section.stage.definition.source
    line = source.slice(section.line_span).strip()
    fix = None
    if name:
        gap = source.text.index(section.words.lstrip(" "), section.name_span.end)
        fix = replace(Span(section.name_span.end, gap), " ")
    at = section.line_span if name else section.name_span
    yield finding(at, "name", fix=fix, line=line, section=section.name, name=name or "NAME")


def _app_files(section: Section) -> Findings:
    words = section.words.partition("#")[0].split(" ")
    if len(words) > 2 and words[1] == "from":
        yield finding(section.line_span, "stage", stage=words[2], app=section.app)
    for copy in section.copies:
        what = _not_known(copy)
        source = copy.source.text if copy.source else ""
        if what is not None:
            yield finding(copy, "files", what=what, source=source)
        elif "#" in copy.line and re.search(r"\S#", copy.line):
            yield finding(copy, "cut", source=source)


def _not_known(copy: FileCopy) -> str | None:
    """What a line of %appfiles uses that is known in %files only."""
    line = copy.line.partition("#")[0].rstrip()
    if '"' in line or "'" in line:
        return "quotes"
    if "\t" in line:
        return "a TAB between names"
    source = copy.source.text if copy.source else ""
    return "patterns" if re.search(r"[*?]|\[[^\]]+\]", source) and "{{" not in source else None


def _odd_variables(stage: Stage, odd: dict[str, str]) -> Findings:
    for section in stage.sections:
        if not section.is_script or "SCIF_APP" not in section.body:
            continue
        for part in section.script.variables:
            match = re.fullmatch(r"SCIF_APP[A-Z]+_(\w+)", part.name or "")
            if match and match[1] in odd:
                yield finding(
                    part.span, "variable", severity="warning", variable=part.name, app=odd[match[1]]
                )
