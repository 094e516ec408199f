"""What ends a batch script early or makes it do nothing: newgrp, merges, misspelt commands, line ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.api import (
    COMMAND_GROUPS,
    FAMILY_COMMANDS,
    NOWHERE,
    OLD_COMMANDS,
    Command,
    Draft,
    Edit,
    Findings,
    NamedTuple,
    Part,
    Severity,
    Span,
    Target,
    bad,
    commands_of,
    delete,
    finding,
    good,
    nearest_by_edits,
    pattern,
    refusal_of_job,
    related,
    replace,
    rule,
    tmpdir_lost_in_group,
    within_two_edits,
)
from sifcheck_rules._refused import HELP, MESSAGES, open_heredoc, refused

if TYPE_CHECKING:
    from sifcheck.api import JobScript, RuntimeCall, Script

# -- JOB101


@rule(
    "JOB101",
    severity="error",
    profile="minimal",
    fix="unsafe",
    sections="job",
    message={
        "": "`newgrp {group}` starts a shell that ends at once here, and the script goes on in the old group",
        "exec": "`exec newgrp {group}` ends the script here: its shell has nothing to read, and nothing below is run",
    },
    help="`sg {group} -c 'singularity build ...'`, or `newgrp {group} <<'EOF'` around the commands",
)
@bad(
    """
    #!/bin/bash
    export TMPDIR=/worktmp
    newgrp fugaku
    ^^^^^^^^^^^^^
    singularity build --fakeroot app.sif app.def
    """,
    fixed="""
    #!/bin/bash
    export TMPDIR=/worktmp
    export SINGULARITY_TMPDIR="$TMPDIR"
    sg fugaku -c 'singularity build --fakeroot app.sif app.def'
    """,
)
@good("""
    #!/bin/bash
    sg fugaku -c 'singularity build --fakeroot app.sif app.def'
    """)
def newgrp_in_batch(command: Command) -> Findings:
    """`newgrp` stands as a plain line in a batch script.

    It starts a new shell, which in a job has nothing to read and ends at once; what follows runs in the script's own
    shell, in the group that it had before.  Typed at a prompt the same line works, which is how it gets into scripts.
    A build with --fakeroot then fails in a group whose ids are not mapped.  `sg` takes the command that it is to run.

    Source: newgrp(1) and sg(1); tried in a script whose input is closed; the chapter on making images of the Fugaku
    Singularity guide has such a script.
    """
    if command.program != "newgrp" or _is_fed(command):
        return
    words = [word for word in command.arguments if word.value not in ("-", "-l")]
    if any((word.value or "").startswith("-c") for word in words):
        return
    group = words[0].value if words else None
    if command.words[0].value == "exec":
        # The shell of the script itself becomes the one that ends.
        yield finding(command, "exec", group=group or "GROUP")
        return
    yield finding(command, group=group or "GROUP", fix=_in_group(command, group))


def _is_fed(command: Command) -> bool:
    """Whether something is given to a command to read."""
    reads = any(redirection.operator in ("<", "<<", "<<-", "<<<") for redirection in command.redirections)
    return reads or command.piped_from is not None


def _in_group(command: Command, group: str | None) -> list[Edit]:
    """The edits that run the calls below `newgrp` by `sg`, and take that line away."""
    job: JobScript = command.script.section
    if group is None or not group.replace("-", "").replace("_", "").isalnum() or not command.top_level:
        return [NOWHERE]
    later = [one.span.start for one in job.script.commands("newgrp") if one.span.start > command.span.start]
    end = later[0] if later else len(job.source.data)
    calls = [one for one in job.calls if command.span.end <= one.span.start < end and one.group is None]
    if not calls or job.is_csh:
        return [NOWHERE]
    # The system takes TMPDIR away from what sg starts.
    lost = {
        call.tmpdir_variable: span for call in calls if (span := tmpdir_lost_in_group(job, call)) is not None
    }
    if any(span.end > command.span.start for span in lost.values()):
        return [NOWHERE]
    sent = "; ".join(f'export {name}="$TMPDIR"' for name in sorted(lost))
    first = replace(command.statement_span, sent) if sent else delete(command)
    return [first, *(_wrapped(call, group) for call in calls)]


def _wrapped(call: RuntimeCall, group: str) -> Edit:
    command = call.outermost
    word = _as_one_word(command) if not call.outer and len(command.pipeline) == 1 else None
    return replace(command.statement_span, f"sg {group} -c {word}") if word is not None else NOWHERE


# -- JOB102


@rule(
    "JOB102",
    severity="error",
    profile="minimal",
    message={
        "": "a merge was never finished: one version stands in {first}, the other in {second}",
        "open": "a merge was never finished: this line of git's is a command for the shell",
        "text": "a merge was never finished: this line of git's stands in a text that the script holds",
    },
    help="keep one of the two versions, and take the marker lines out",
)
@bad("""
    #!/bin/bash
    singularity build app.sif app.def
    >>>>>>> 62ce007
    ^^^^^^^^^^^^^^^
    """)
@good("""
    #!/bin/bash
    cat <<EOF > notes
    =======
    EOF
    singularity build app.sif app.def
    """)
def merge_conflict_markers(job: JobScript) -> Findings:
    """Lines that git left in the script when a merge was not finished.

    The shell takes the first for a redirection from a file that is not there, and runs both versions one after the
    other.  Directives below such a line are not read any more.  In a here-document or a string the lines are part of the
    text, and go where it goes.  Where git is told so, what both versions were made from stands between them.

    Source: git-merge(1); the job script in the chapter on making images of the Fugaku Singularity guide.
    """
    source = job.source
    for conflict in job.conflicts:
        in_text = job.script.inside_word_or_heredoc(conflict.start.start)
        severity: Severity = "warning" if in_text else "error"
        if conflict.separator is None or conflict.end is None:
            yield finding(conflict.start, "text" if in_text else "open", severity=severity)
            continue
        above = conflict.separator if conflict.base is None else conflict.base
        start, until, middle, end = (
            source.line_of(span.start) for span in (conflict.start, above, conflict.separator, conflict.end)
        )
        notes = [
            related(conflict.separator, "the other version begins"),
            related(conflict.end, "and ends here"),
        ]
        if conflict.base is not None:
            notes.insert(0, related(conflict.base, "what both were made from begins"))
        yield finding(
            conflict.start,
            first=_lines(start + 1, until - 1),
            second=_lines(middle + 1, end - 1),
            severity=severity,
            related=notes,
        )


def _lines(first: int, last: int) -> str:
    if last < first:
        return "no line at all"
    return f"line {first}" if first == last else f"lines {first} to {last}"


# -- JOB103


class Plugins(NamedTuple):
    """Commands that plugins of the runtime bring."""

    plugins: tuple[str, ...] = ()


@rule(
    "JOB103",
    severity="error",
    profile="minimal",
    fix="safe",
    sections="job",
    message={
        "": "{program} has no command `{word}`",
        "old": "`{word}` was a command of Singularity 2, and is gone",
        "other": "no {families} has the command `{word}`",
        "group": "{program} has no command `{word}`",
    },
    help={
        "": "did you mean `{near}`?",
        "group": "it has `{near}`",
        "old": "write `{near}`",
        "other": "it is a command of {owner} only",
    },
)
@bad(
    """
    #!/bin/bash
    #PJM -L node=1
    singularity biuld --fakeroot app.sif app.def
                ^^^^^
    """,
    fixed="""
    #!/bin/bash
    #PJM -L node=1
    singularity build --fakeroot app.sif app.def
    """,
)
@good("#!/bin/bash\nsingularity compose up\n", options={"JOB103": Plugins(plugins=("compose",))})
def unknown_runtime_command(call: RuntimeCall, target: Target, options: Plugins) -> Findings:
    """The word after singularity or apptainer is none of its commands.

    The program says so in its first second, which comes after the wait in the queue.  Commands such as `instance` and
    `cache` have commands of their own: of these `remote`, `sif`, `oci`, `registry`, `keyserver`, `config` and `checkpoint`
    print their help for a word that is none, do nothing, and end as if all were well.

    Source: `apptainer help` of Apptainer 1.4.5 and of each of its commands (measured); the command sources of SingularityCE
    and Singularity 3; the job script in the chapter on making images of the Fugaku Singularity guide says `biuld`.
    """
    word = call.subcommand
    if word is None or call.subcommand_word is None or word in options.plugins:
        return
    # No other family is called `apptainer`, whatever the target is.
    named = {"apptainer"} if call.program == "apptainer" else {one.family for one in target.runtimes}
    commands = frozenset[str]().union(*map(commands_of, named))
    if word in commands:
        yield from _unknown_action(call)
        return
    owner = next((family for family, own in FAMILY_COMMANDS.items() if word in own), None)
    if owner is not None:
        families = " or ".join(sorted({_TITLES[family] for family in named}))
        yield finding(
            call.subcommand_word, "other", word=word, families=families, owner=_TITLES[owner], near=""
        )
        return
    if word in OLD_COMMANDS:
        near = word.replace(".", " ") if word.startswith("instance.") else "build"
        fix = replace(call.subcommand_word, near) if word.startswith("instance.") else None
        yield finding(call.subcommand_word, "old", word=word, near=near, fix=fix)
        return
    yield from _misspelt(call, word, commands)


def _misspelt(call: RuntimeCall, word: str, commands: frozenset[str]) -> Iterator[Draft]:
    near = within_two_edits(word, sorted(commands))
    place = call.subcommand_word
    if place is None or not word.replace("-", "").isalpha():
        # A file or a number: the words were put together by something that is not seen here.
        return
    yield finding(
        place,
        program=call.program,
        word=word,
        near=near or "build`, `exec` or `run",
        fix=replace(place, near) if near is not None else None,
    )


def _unknown_action(call: RuntimeCall) -> Iterator[Draft]:
    """A word behind a command that has commands of its own, as `instance`, and is none of them."""
    known = COMMAND_GROUPS.get(call.subcommand or "")
    action = call.action
    if known is None or action is None or action in (*known, "help"):
        return
    if not action.replace("-", "").isalpha():
        return
    place = next((word for word in call.words if word.value == action), None)
    if place is None or call.command.handled:
        return
    meant = (
        [_OTHERWHERE[action]] if _OTHERWHERE.get(action) in known else nearest_by_edits(action, sorted(known))
    )
    yield finding(
        place,
        "" if meant else "group",
        program=f"{call.program} {call.subcommand}",
        word=action,
        near="` or `".join(meant) or "`, `".join(sorted(known)),
        fix=replace(place, meant[0]) if len(meant) == 1 else None,
    )


# What other programs, or shorter ones, call it.
_OTHERWHERE = {"ls": "list", "ps": "list", "rm": "remove", "prune": "clean", "kill": "stop", "clear": "clean"}


_TITLES = {
    "apptainer": "Apptainer",
    "singularity-ce": "SingularityCE",
    "singularity-pro": "SingularityPRO",
    "singularity": "Singularity",
}


# -- JOB109


@rule(
    "JOB109",
    severity="error",
    profile="minimal",
    fix="safe",
    message="the lines end in CR LF: Slurm refuses the script, and elsewhere {reader} is not found",
    help="take them out: `sed -i 's/\\r$//' {file}`",
)
@bad(
    "#!/bin/bash\r\n#SBATCH --time=1:00:00\r\nsingularity exec app.sif hostname\r\n",
    fixed="#!/bin/bash\n#SBATCH --time=1:00:00\nsingularity exec app.sif hostname\n",
)
@good("#!/bin/bash\n#SBATCH --time=1:00:00\nsingularity exec app.sif hostname\n")
def carriage_returns(job: JobScript) -> Findings:
    """The script was written on Windows: each line ends in a carriage return and a line feed.

    sbatch says that the script contains DOS line breaks and takes it not.  Where it is taken, the program of the `#!`
    line is looked for with the carriage return in its name, and the last word of each command carries one.  Definition
    files are another matter: their parsers drop it.

    Source: sbatch of Slurm 22.05 (tried); execve(2) and the shell's grammar.
    """
    text = job.source.text
    if "\r\n" not in text:
        return
    edits = []
    at = text.find("\r\n")
    first = at
    while at >= 0:
        edits.append(Edit(at, at + 1, ""))
        at = text.find("\r\n", at + 2)
    line = job.source.line_span(job.source.line_of(first))
    shell = f"`{job.shell}` with a carriage return" if job.shell else "a program with a carriage return"
    file = job.source.path.rpartition("/")[2] or "FILE"
    file = file if file.replace(".", "").replace("-", "").replace("_", "").isalnum() else "FILE"
    yield finding(Span(line.start, first), reader=shell, file=file, fix=edits)


# -- JOB111


@rule("JOB111", severity="error", profile="minimal", sections="job", message=MESSAGES, help=HELP)
@bad("""
    #!/bin/bash
    #SBATCH --time=1:00:00
    for part in 1 2 3; do
    ^^^
        singularity exec app.sif solver $part
    """)
@good("""
    #!/bin/bash
    #SBATCH --time=1:00:00
    for part in 1 2 3; do
        singularity exec app.sif solver $part
    done
    """)
def job_syntax_error(script: Script) -> Findings:
    """The shell cannot read the batch script: something is never closed, or stands where nothing of its kind can.

    A shell runs a script statement by statement while it reads it, so that the job begins, and ends with an error where its
    shell cannot read on.  The shell is that of the `#!` line, or of `-S` for PBS; for /bin/sh and for a login shell it is
    told what dash, bash and busybox's ash all refuse.  Templates that a program fills in are left out.

    Source: `dash -n` 0.5.12, `bash -n` 5.2 and `busybox ash -n` 1.35, asked about 1,385 public batch scripts.
    """
    job = script.section
    refusal = refusal_of_job(job)
    if refusal is not None:
        yield refused(refusal, job.source, script, job.shell or "the shell")
    elif job.is_shell and not job.is_csh:
        yield from filter(None, (open_heredoc(script),))


# -- a command of a batch script as the word that another shell is handed, so that it runs what it ran before

# What every shell takes as it stands, however often it reads it.
_PLAIN = pattern(r"[\w./:,@%+-]+", 256)
_ESCAPED = pattern(r"[\\$`\"]")
_OPERATORS = ("<", ">", ">>", ">&", "<&", ">|", "<>")
# The system takes these away from what a program that runs as root starts: ld.so(8), secure-execution mode.
_TAKEN = ("TMPDIR", "TZDIR", "LD_", "MALLOC_", "GLIBC_", "LOCPATH", "NLSPATH", "HOSTALIASES", "RES_OPTIONS")
# Set by bash for itself; the inner shell has its own or none.
_OF_BASH = frozenset(
    "UID EUID PPID RANDOM SECONDS LINENO HOSTNAME HOSTTYPE OSTYPE MACHTYPE OPTIND OPTARG REPLY IFS SHLVL GROUPS DIRSTACK "
    "SHELLOPTS FUNCNAME PIPESTATUS EPOCHSECONDS COLUMNS LINES".split()
)
# They set variables in a way that is not followed, or change how words are read.
_SETTING = ("source", ".", "eval", "read", "mapfile", "readarray", "getopts", "shopt", "let", "select", "set")
_NOT_INSIDE = frozenset(("exec", "time", "builtin", "coproc"))


def _as_one_word(command: Command) -> str | None:
    """The statement of a command as one word that `sh -c` runs to the same effect; None where that is not sure."""
    script = command.script
    text = script.text[command.statement_start : command.statement_end]
    if not _reads_alike(command):
        return None
    outside: list[Part] = []
    for part in script.variables_between(command.statement_start, command.statement_end):
        where = _expanded(command, part)
        if where is None:
            return None
        outside += [part] if where == "outside" else []
    if not outside and "'" not in text:
        return f"'{_shown(text)}'"
    begin = command.script.place(command.statement_start, command.statement_end).start
    word, at = [], 0
    for part in outside:
        start, end = part.span.start - begin, part.span.end - begin
        word += [_escaped(text[at:start]), text[start:end]]
        at = end
    word.append(_escaped(text[at:]))
    return '"' + _shown("".join(word)) + '"'


def _escaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: "\\" + match[0], text)


def _shown(text: str) -> str:
    return text.encode("latin-1", "replace").decode("utf-8", "replace")


def _reads_alike(command: Command) -> bool:
    """Whether sh reads the statement as the script's own shell does, and nothing is run to make its words."""
    words = [*command.words, *(one.value for one in command.statement_assignments if one.value is not None)]
    for redirection in command.redirections:
        if redirection.heredoc is not None or redirection.operator not in _OPERATORS:
            return False
        if redirection.operator in (">&", "<&") and redirection.target and not redirection.target.value:
            return False
        words += [redirection.target] if redirection.target is not None else []
    names = {word.value for word in command.words[: command.run.position + 1]}
    if names & _NOT_INSIDE or any(word.is_array or word.has_braces for word in words):
        return False
    text = command.script.text[command.statement_start : command.statement_end]
    # `$'...'` and `$"..."` are bash's; a glob hangs on its settings.
    if "$'" in text or '$"' in text or "&>" in text or any("[" in one.text and one.has_glob for one in words):
        return False
    if any(one.append or one.index for one in command.statement_assignments):
        return False
    return all(part.kind in ("literal", "variable") for word in words for part in word.parts)


def _expanded(command: Command, part: Part) -> str | None:
    """Whether the outer shell is to put a variable in ("outside"), the inner one can ("inside"), or neither may."""
    script, name = command.script, part.name or ""
    if part.expansion or not name.isidentifier():
        return None
    if script is not script.section.script or command.function is not None:
        return None
    value = script.constants.get(name)
    assigned = [one for one in script.assignments if one.name == name and not one.prefix]
    if value is not None and assigned[-1].end <= command.start and _PLAIN.fullmatch(value):
        return "outside"
    if name.startswith(_TAKEN) or name in _OF_BASH or name.startswith("BASH"):
        return None
    if any(one.name == "IFS" for one in script.assignments):
        return None
    if assigned:
        sent = any(one.command.top_level and one.command.end <= command.start for one in script.exports(name))
        return "inside" if sent and not any(one.prefix for one in command.statement_assignments) else None
    if any(loop.name == name for loop in script.loops) or any(
        one.start < command.start for one in script.commands(*_SETTING)
    ):
        return None
    # Nothing sets it here: it comes from the environment, or is nowhere.
    return "inside" if not any(one.name == name for one in command.statement_assignments) else None
