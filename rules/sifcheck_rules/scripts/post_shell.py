"""How %post and its like are run: by which shell, until which failure, and what that shell cannot read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sifcheck.api import (
    Assignment,
    Command,
    Edit,
    Findings,
    NamedTuple,
    Script,
    Section,
    Span,
    bad,
    base_of,
    body_indent,
    delete,
    finding,
    first_line,
    good,
    pattern,
    refusal_of,
    related,
    replace,
    rule,
    sets_errexit,
)
from sifcheck_rules._failures import ends_build

_HARMLESS = frozenset("set echo export : umask date trap shopt printf true readonly ulimit alias".split())


@rule(
    "DEF501",
    severity="warning",
    fix="unsafe",
    joins=("SC2164", "SC2103"),
    message={
        "shell": "`-c {shell}` replaces the shell that ends %{section} at the first failure",
        "off": "`+e` lets %{section} go on after a failure, and the build succeeds",
        "undone": "nothing undoes this `set +e`: failures below it are passed over, and the build succeeds",
    },
    help={
        "shell": "make `set -e` (or `set -euo pipefail`) the first line of the body",
        "off": "leave `+e` out, and put `|| true` behind the commands that may fail",
        "undone": "put `set -e` below the commands that may fail, or write `|| true` behind them",
    },
)
@bad(
    """
    %post -c /bin/bash
          ^^^^^^^^^^^^
        source /opt/env.sh
        make install
    """,
    fixed="""
    %post -c /bin/bash
        set -e
        source /opt/env.sh
        make install
    """,
)
@good("""
    %post -c /bin/bash
        echo "starting"
        set -euo pipefail
        make install
        cp a /opt/
    """)
def errexit_lost(section: Section) -> Findings:
    """The shell no longer stops at a failing command.

    The runtime runs %post as `/bin/sh -ex`.  With `-c SHELL` these options belong to the shell that was replaced; the
    new one gets none, so a failed download or compilation is passed over and an image without it is made.  Source:
    Apptainer 1.4.5, measured; 344 of 348 public files with `-c` lose it (4.4 % of 7,815).
    """
    if section.name not in ("pre", "setup", "post", "appinstall") or not section.body.strip():
        return
    if not section.deciding.is_shell:
        return
    if section.name != "appinstall" and section.deciding is section and not section.has_errexit:
        lost = list(_lost_by_words(section))
        yield from lost
        if lost:
            return
    yield from _never_undone(section.script)


def _lost_by_words(section: Section) -> Findings:
    bodies = [part for part in section.stage.named(section.name) if part.body.strip()]
    commands = [command for part in bodies for command in part.script.commands()]
    for command in commands:
        if command.program == "set" and sets_errexit(command):
            return
        if command.program not in _HARMLESS:
            break
    # The status of the last statement is that of the whole.
    if all(command.last or command.substitution for command in commands) and len(bodies) == 1:
        return
    words = section.option_words
    at = _words_span(section)
    if "-c" not in words:
        source = section.stage.definition.source
        minus = next((word for word in words if word[0] == "+" and "e" in word), None)
        if minus is not None:
            found = source.text.find(minus, at.start)
            at = Span(found, found + len(minus))
            gap = Span(section.name_span.end, at.end) if words == [minus] else at
            fix = replace(gap, "") if words == [minus] else None
            yield finding(at, "off", fix=fix, section=section.name)
        return
    shell = " ".join(words[words.index("-c") + 1 :])
    yield finding(at, "shell", fix=first_line(bodies[0], "set -e"), section=section.name, shell=shell)


def _never_undone(script: Script) -> Findings:
    off: Command | None = None
    for command in script.commands("set"):
        if command.subshell or command.substitution or command.function or command.branch:
            continue
        turned = sets_errexit(command)
        if turned is not None:
            off = None if turned else (off or command)
    if off is None or any(
        sets_errexit(command) for command in script.commands("set") if command.start > off.start
    ):
        return
    below = [command for command in script.commands() if command.start > off.start and not command.handled]
    if sum(command.program not in _HARMLESS and command.program != "exit" for command in below) > 1:
        yield finding(off, "undone", fix=delete(off))


@rule(
    "DEF503",
    severity="error",
    confidence="medium",
    fix="unsafe",
    message={
        "": "{what} is bash's, and /bin/sh of {base} is {sh}",
        "unknown": "{what} is bash's, and /bin/sh of the base may be another shell",
    },
    help="write it for sh (`. FILE` for `source FILE`, `[ ]` for `[[ ]]`), or run the section by bash: {how}",
)
@bad(
    """
    %post
        source /opt/env.sh
        ^^^^^^
        make
    """,
    base="debian:12",
    fixed="""
    %post
        . /opt/env.sh
        make
    """,
)
@good(
    """
    %post
        source /opt/env.sh
        [[ -f /etc/x ]] && make
    """,
    base="rockylinux:9.4",
)
def bash_syntax_under_sh(script: Script) -> Findings:
    """A script that /bin/sh runs is written for bash.

    On Debian and Ubuntu /bin/sh is dash, on Alpine ash: `source: not found`, `[[: not found` or a syntax error end the
    build, or a condition is silently false.  A `#!/bin/bash` line inside %post is a comment.  Not in %environment, which
    the runtime reads by an interpreter of its own.  A /bin/sh that %post makes a link to bash serves the run scripts, not
    %post itself.  Busybox reads `function`, `[[`, `source`, `${x//a/b}` and process substitution.  Source: singularity#5284, sylabs#1775, sylabs#274; measured;
    `source` in 2.3 % and other forms in 2.1 % of 2,639 public files.
    """
    section = script.section
    if section.name in ("pre", "setup", "environment", "appenv"):
        return
    sh = _shell_of(section)
    if sh == "bash":
        return
    base = base_of(section.stage)
    known = sh in ("dash", "ash")
    seen: dict[str, list[_Bashism]] = {}
    for bashism in _bashisms(script):
        if (sh != "ash" or bashism.in_ash) and (known or (bashism.fails and bashism.kind != "pipefail")):
            seen.setdefault(bashism.kind, []).append(bashism)
    if not seen:
        return
    line = _useless_shebang(section)
    beside = [related(line, "this line is a comment here")] if line is not None else []
    refusal = refusal_of(section)
    told = ("DEF518",) if refusal is not None and refusal.bash_takes_it else ()
    for places in seen.values():
        first = places[0]
        safe, edits = _for_sh(places) or (False, _by_bash(section))
        yield finding(
            first.span,
            "" if known else "unknown",
            severity="error" if known and any(map(_ends_it, places)) else "warning",
            related=beside,
            fix=edits,
            safe=safe,
            profile="minimal" if told else None,
            supersedes=told,
            within=script.span,
            what=first.what,
            base=base.title or "the base",
            sh=sh or "",
            how=_HOW.get(section.name, _HOW_RUN),
        )


def _ends_it(bashism: _Bashism) -> bool:
    """Whether the script ends there: by a syntax error, or by a command that is not found and whose failure counts."""
    if bashism.kind == "expansion":
        return _is_evaluated(bashism)
    command = bashism.command
    return bashism.fails and (command is None or bashism.kind == "process" or ends_build(command))


def _is_evaluated(bashism: _Bashism) -> bool:
    """Whether the script comes by each time: `Bad substitution` ends it then, be the failure handled or not."""
    script, span = bashism.script, bashism.span
    if script is None:
        return False
    places: list[Command | Assignment] = [*script.commands(), *script.assignments]
    around = [one for one in places if one.span.start <= span.start and span.end <= one.span.end]
    inner = max(around, key=lambda one: one.span.start, default=None)
    if inner is None or inner.function or inner.branch or inner.substitution:
        return False
    return not inner.subshell or (isinstance(inner, Command) and ends_build(inner))


_HOW_RUN = "`#!/bin/bash` as its first line"
# Nothing looks at the first line of what an app runs.
_HOW_APP = 'put it into a file that %appfiles or %appinstall makes, and `exec bash FILE "$@"`'
_HOW_POST = "`%post -c /bin/bash`, and `set -e` as its first line"
_HOW = {"post": _HOW_POST, "appinstall": _HOW_POST} | dict.fromkeys(
    ("apprun", "appstart", "apptest"), _HOW_APP
)
_MAKES_BASH_SH = pattern(
    r"\bln\b[^\n;&|]*\bbash[ \t]+(?:/usr)?/bin/sh\b|\b(?:mv|cp)\b[^\n;&|]*\bbash[ \t]+(?:/usr)?/bin/sh\b"
    r"|\bdash/sh\b[^\n]*\bfalse\b|\bdpkg-divert\b[^\n]*/bin/sh\b|\bupdate-alternatives\b[^\n]*/bin/sh\b"
)


def _shell_of(section: Section) -> str | None:
    """The shell that reads a section: bash (or another that reads all that), dash, ash; None if that is not known."""
    words = section.deciding.shell.split()
    program = words[0].rsplit("/", 1)[-1] if words else ""
    if program in ("dash", "ash"):
        return program
    if program != "sh":
        return "bash"
    # The shell that runs %post was started before %post makes another one of /bin/sh.
    if section.name not in ("post", "appinstall") and _MAKES_BASH_SH.search(section.stage.build_text):
        return "bash"
    return base_of(section.stage).sh


def _useless_shebang(section: Section) -> Span | None:
    """A `#!` line for bash in a section that does not look at it."""
    bare = section.body.lstrip()
    if not bare.startswith("#!") or section.name not in ("post", "appinstall"):
        return None
    line = bare.split("\n", 1)[0].rstrip()
    at = len(section.body) - len(bare)
    return section.script.place(at, at + len(line)) if "bash" in line else None


def _for_sh(places: list[_Bashism]) -> tuple[bool, tuple[Edit, ...]] | None:
    """`. /a/b` for each `source /a/b`; None where one is more than that."""
    edits = []
    for place in places:
        words = place.command.arguments if place.command is not None else ()
        value = words[0].value if len(words) == 1 else None
        if place.kind != "source" or value is None or value[:1] != "/" or "bash" in value or "zsh" in value:
            return None
        edits.append(replace(place.span, "."))
    return True, tuple(edits)


def _by_bash(section: Section) -> tuple[Edit, ...]:
    """The section run by bash, where the base is known to have it."""
    if not base_of(section.stage).has("bash"):
        return ()
    if section.name == "post":
        sections = section.stage.named("post")
        line = first_line(section, "set -e")
        if len(sections) == 1 and not section.words.strip() and line is not None:
            return Edit(section.name_span.end, section.name_span.end, " -c /bin/bash"), line
    elif section.name in ("runscript", "startscript", "test") and not section.body.lstrip().startswith("#!"):
        line = first_line(section, "#!/bin/bash") if not section.words.strip() else None
        if line is not None:
            return (line,)
    return ()


@rule(
    "DEF509",
    severity="warning",
    fix="unsafe",
    message="`{word}` ends %{section} here: {lost} never run, and the build succeeds",
    help="delete it, or put the part that it is about into an `if`",
)
@bad(
    """
    %post
        make
        exit 0
        ^^^^^^
        make install
    """,
    fixed="""
    %post
        make
        make install
    """,
)
@good("""
    %setup
        exit 1
        make
    """)
def early_exit(script: Script) -> Findings:
    """The script ends in the middle, as if all had gone well.

    `exit` without a status, `exit 0` and `exec` end the section with success: what stands below was never run, and the
    image lacks it.  Source: measured; 0.2 % of 7,815 public files.
    """
    section = script.section
    if section.name not in ("post", "setup", "appinstall"):
        return
    for command in script.commands("exit") + _replacing(script):
        if not command.top_level or command.background or command.piped_into or command.handled:
            continue
        listed = command.list
        if listed is not None and command is not listed.elements[0].commands[0]:
            continue
        values = [word.value for word in command.arguments]
        if (command.name == "exit" and values not in ([], ["0"])) or not section.deciding.is_shell:
            continue
        lost = _lost_below(command, section)
        if lost:
            fix = delete(command) if command.name == "exit" else _without_exec(command)
            word = "exec" if command.name == "exec" else "exit"
            yield finding(command, fix=fix, word=word, section=section.name, lost=lost)
            return


def _replacing(script: Script) -> tuple[Command, ...]:
    if "exec " not in script.text:
        return ()
    return tuple(
        command for command in script.commands() if command.name == "exec" and len(command.words) > 1
    )


def _without_exec(command: Command) -> Edit | None:
    inner = command.words[1]
    if inner.text.startswith("-"):
        return None
    return replace(Span(command.name_span.start, inner.span.start), "")


def _lost_below(command: Command, section: Section) -> str:
    """What is not run for an end at a command, "" where that is nothing."""
    if any(other.start > command.end and not other.function for other in command.script.commands()):
        return "the commands below it"
    same = section.stage.named(section.name) if section.name != "appinstall" else []
    at = same.index(section) + 1 if section in same else 0
    if any(later.script.commands() for later in same[at:]) and same:
        return f"the commands of the next %{section.name}"
    if section.name == "post" and any(app.body.strip() for app in section.stage.named("appinstall")):
        return "the %appinstall scripts"
    return ""


@rule(
    "DEF517",
    severity="error",
    profile="minimal",
    fix="safe",
    message={
        "": "`{word}` behind %{section} is taken for the name of a script to run",
        "nothing": "no shell stands behind `-c`",
    },
    help={
        "": "put the command on the next line",
        "nothing": "name it: `%{section} -c /bin/bash`, and begin the body with `set -e`",
    },
)
@bad(
    """
    %post dnf install -y gcc
          ^^^^^^^^^^^^^^^^^^
        make
    """,
    fixed="""
    %post
        dnf install -y gcc
        make
    """,
)
@good("""
    %post -c /bin/bash
        set -e
        make
    """)
def script_named_on_section_line(section: Section) -> Findings:
    """The line of %post, %pre or %setup holds a command.

    The words behind these names are handed to `sh` before the script, so a word that is no option is the file to read:
    `sh: can't open 'echo'`.  Source: Apptainer 1.4.5, measured, and the sources of both runtimes.
    """
    if section.name not in ("pre", "setup", "post") or not section.option_words or not section.body.strip():
        return
    if section.stage.named(section.name)[-1] is not section or "{{" in section.words:
        return
    kind = _named_script(section.option_words)
    if kind is None:
        return
    at = _words_span(section)
    whole = section.stage.definition.source.slice(section.words_span).strip()
    if kind == "-c":
        yield finding(at, "nothing", section=section.name)
        return
    fix = None
    if kind == section.option_words[0]:
        start = at.start
        fix = replace(Span(section.name_span.end, start), f"\n{body_indent(section)}")
    yield finding(at, fix=fix, safe=whole.isprintable(), word=kind, section=section.name)


def _named_script(words: list[str]) -> str | None:
    """The word that `sh` takes for a script; "-c" where that has nothing behind it; None where all is well."""
    rest = iter(words)
    for word in rest:
        if word == "-c":
            return None if next(rest, None) is not None else "-c"
        if word[:1] not in ("-", "+") or len(word) < 2:
            return word
        if word[-1] == "o" and not word.startswith("--"):
            next(rest, None)
    return None


def _words_span(section: Section) -> Span:
    """Where the words behind the section's name stand, without blanks and comment."""
    source = section.stage.definition.source
    text = source.text[section.words_span.start : section.words_span.end].partition("#")[0]
    start = section.words_span.start + len(text) - len(text.lstrip())
    return Span(start, section.words_span.start + len(text.rstrip()))


# -- what bash reads and dash or busybox's ash do not: the places in a script, kind by kind

_FUNCTION = pattern(r"function[ \t]")
_PROCESS = pattern(r"[<>]\(")
_BRACES = pattern(r"\{[^{}\s]*,[^{}\s]*\}")
# Without one of these a script holds nothing of it; plain words are looked for ten times as quickly as a pattern.
_MARKS = "source [[ <<< <( >( function ${ =( ]= pushd popd shopt &> == pipefail declare mapfile readarray let".split()
_LISTED = pattern(r"\{[^{}\s]*,")
# A script that asks for its shell has thought of it.
_ASKS = pattern(r"\$\{?BASH(?:_VERSION)?\b")
_ONLY_BASH = ("pushd", "popd", "shopt", "declare", "mapfile", "readarray", "let")
_ASH_TOO = ("let",)


class _Bashism(NamedTuple):
    """One place: its kind, what it is called, where it stands, and whether it fails (or is only taken otherwise)."""

    kind: str
    what: str
    span: Span
    fails: bool
    in_ash: bool
    command: Command | None = None
    script: Script | None = None


def _bashisms(script: Script) -> Iterator[_Bashism]:
    """The places of a script that only bash reads; `in_ash` is whether busybox's ash stumbles too."""
    text = script.text
    if not any(mark in text for mark in _MARKS) and not ("{" in text and _LISTED.search(text)):
        return
    if "BASH" in text and _ASKS.search(text):
        return
    yield from _commands(script, text)
    if "[[" in text:
        for command in script.commands("[["):
            yield _Bashism("test", "`[[`", command.name_span, True, False, command)
    for assignment in script.assignments if "=(" in text or "]=" in text else ():
        if assignment.array or assignment.index is not None:
            yield _Bashism("array", "an array", assignment.span, True, True)
    for redirection in script.redirections if "<<<" in text or "&>" in text else ():
        if redirection.operator == "<<<":
            yield _Bashism("string", "`<<<`", redirection.span, True, True)
        elif redirection.operator in ("&>", "&>>"):
            yield _Bashism("both", f"`{redirection.operator}`", redirection.span, False, False)
    yield from _functions(script, text)
    yield from _words(script, text)


def _commands(script: Script, text: str) -> Iterator[_Bashism]:
    for command in script.commands("source") if "source" in text else ():
        if not command.handled and "source" not in script.functions and command.name == "source":
            yield _Bashism("source", "`source`", command.name_span, True, False, command)
    for command in script.commands(*_ONLY_BASH):
        name = command.name or ""
        if name in _ONLY_BASH and not command.handled and name not in script.functions:
            in_ash = name not in _ASH_TOO
            yield _Bashism("command", f"`{name}`", command.name_span, True, in_ash, command)
    for command in script.commands("set") if "pipefail" in text else ():
        if any(word.value == "pipefail" for word in command.arguments) and not command.handled:
            yield _Bashism("pipefail", "`set -o pipefail`", command.span, True, False, command)
    for command in script.commands("[", "test") if "==" in text else ():
        for word in command.arguments:
            if word.text == "==":
                yield _Bashism("equal", "`==` in a test", word.span, False, False, command)


def _functions(script: Script, text: str) -> Iterator[_Bashism]:
    if "function" in text:
        source = script.section.stage.definition.source.text
        for span in script.functions.values():
            if _FUNCTION.match(source, span.start):
                yield _Bashism("function", "`function`", Span(span.start, span.start + 8), True, False)


def _words(script: Script, text: str) -> Iterator[_Bashism]:
    if "${" in text:
        for part in script.variables:
            expansion = part.expansion
            if expansion[:1] in ("/", "^", ",") or re.match(r":[ \d(]", expansion):
                in_ash = expansion[:1] in ("^", ",")
                yield _Bashism("expansion", f"`{part.text}`", part.span, True, in_ash, None, script)
            elif expansion[:1] == "[":
                yield _Bashism("array", f"`{part.text}`", part.span, True, True)
            elif expansion == "!":
                yield _Bashism("expansion", f"`{part.text}`", part.span, True, True, None, script)
    process, braces = _PROCESS.search(text), _BRACES.search(text)
    if process is None and braces is None:
        return
    for command in script.commands():
        if (
            script.text.find("(", command.start, command.end) < 0
            and "{" not in text[command.start : command.end]
        ):
            continue
        for word in command.arguments:
            if process is not None and any(part.kind == "process" for part in word.parts):
                yield _Bashism("process", f"`{word.text[:2]}…)`", word.span, True, False, command)
            elif braces is not None and word.has_braces and ".." not in word.text:
                yield _Bashism("braces", f"`{word.text}`", word.span, False, True, command)
