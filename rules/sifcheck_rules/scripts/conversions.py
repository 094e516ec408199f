"""What is left of a Dockerfile in a script: its instructions, and comments that only its reader drops."""

from __future__ import annotations

from collections.abc import Iterator

from sifcheck.api import (
    Command,
    Draft,
    Edit,
    FileCopy,
    Findings,
    NamedTuple,
    Script,
    Span,
    Stage,
    bad,
    delete,
    finding,
    good,
    pattern,
    replace,
    rule,
)
from sifcheck_rules._failures import severity_of_failure

_DOCKERFILE = ("RUN", "COPY", "ADD", "ENV", "WORKDIR", "ENTRYPOINT", "CMD", "USER", "ARG", "EXPOSE")


@rule(
    "DEF506",
    severity="error",
    supersedes=("SC2215",),
    profile="minimal",
    fix="safe",
    message={
        "": "this comment ends the command above it, and `{start}` below is run as one of its own",
        "operator": "this comment ends the command above it, and `{start}` at the beginning of a line is a syntax error",
    },
    help="put the comment above the command",
)
@bad(
    """
    %post
        dnf install -y gcc \\
            # for the tests
            ^^^^^^^^^^^^^^^
            make
    """,
    fixed="""
    %post
        # for the tests
        dnf install -y gcc \\
            make
    """,
)
@good("""
    %post
        make && \\
        # then install it
        make install
    """)
def comment_in_continuation(script: Script) -> Findings:
    """A comment stands between the lines of one command.

    A backslash joins the comment to the command, and a comment goes on to the end of its line: there the command ends.
    The rest of the arguments is run as a command (`make: not found`, or something worse).  Docker drops such lines
    before the shell sees them, so converted Dockerfiles have them.  Source: measured (exit 127); singularity#4016;
    0.1 % of 7,815 public files.
    """
    if not script.section.deciding.is_shell:
        return
    for cut in _cuts(script):
        source = script.section.stage.definition.source
        start = next(iter(source.slice(cut.next_span).split()), "")
        if start.startswith(("&&", "||", "|", ";")):
            told = Span(cut.span.start, cut.next_span.end)
            yield finding(
                cut.span, "operator", fix=cut.edits or (), supersedes=("DEF518",), within=told, start=start
            )
            continue
        run = next((one for one in script.commands() if one.span.start >= cut.next_span.start), None)
        level = severity_of_failure(run) if run is not None else "error"
        yield finding(cut.span, severity=level, fix=cut.edits or (), safe=level == "error", start=start)


@rule(
    "DEF507",
    severity="error",
    profile="minimal",
    fix="unsafe",
    message={
        "": "`{name}` is an instruction of Dockerfiles: here it is run as a command",
        "place": "`{path}` counts from `/`: the converter has left WORKDIR out",
    },
    help={
        "": "{how}",
        "place": "write the whole path that WORKDIR made of it",
    },
)
@bad(
    """
    %post
        RUN make install
        ^^^
    """,
    fixed="""
    %post
        make install
    """,
)
@good("""
    %post
        USER=me
        ARG="a b"
        make
        EXPOSE() { :; }
        EXPOSE 80
    """)
def dockerfile_leftover(stage: Stage) -> Findings:
    """An instruction of a Dockerfile was left in a script.

    The shell looks for a program of that name and ends the build with `RUN: not found`.  Source: the ABCI guide; 28 of
    8,394 public files (0.3 %), and converted stages with places that hang on WORKDIR in 0.9 %.
    """
    for section in stage.sections:
        if section.is_script and section.body.strip() and section.deciding.is_shell:
            script = section.script
            for command in script.commands(*_DOCKERFILE):
                if not command.arguments or command.handled or command.name in script.functions:
                    continue
                if command.name in _DOCKERFILE:
                    yield _leftover(command)
    if (stage.name or "").startswith("spython"):
        for copy in (copy for section in stage.named("files") for copy in section.copies):
            yield from _relative(copy)


def _leftover(command: Command) -> Draft:
    name = command.name or ""
    values = [word.value for word in command.arguments]
    words = command.arguments
    behind = Span(command.name_span.start, words[0].span.start)
    how = f"leave `{name}` out: nothing of it is kept in an image of this kind"
    fix: Edit | None = None
    if name == "RUN":
        how = "leave `RUN` out"
        fix = replace(behind, "") if words[0].text[:1] not in ("-", "[") else None
    elif name == "ENV":
        how = "write `export NAME=VALUE` here and in %environment"
        if all("=" in word.prefix for word in words):
            fix = replace(command.name_span, "export")
        elif len(words) == 2:
            fix = replace(Span(command.name_span.start, words[1].span.start), f"export {words[0].text}=")
    elif name == "ARG":
        how = "write `NAME=VALUE`, or use %arguments and `{{ NAME }}`"
        fix = replace(behind, "") if len(words) == 1 and "=" in words[0].prefix else None
    elif name == "WORKDIR":
        how = "write `mkdir -p FOLDER && cd FOLDER`"
        if len(words) == 1 and values[0]:
            fix = replace(command, f"mkdir -p {words[0].text} && cd {words[0].text}")
    elif name in ("COPY", "ADD"):
        how = "put it into %files"
    elif name in ("CMD", "ENTRYPOINT"):
        how = "put it into %runscript"
    else:
        fix = delete(command)
    level = severity_of_failure(command)
    return finding(
        command.name_span,
        severity=level,
        profile="minimal" if level == "error" else "standard",
        fix=fix,
        # Where the build goes on without it, the command has never been run.
        safe=name == "RUN" and level == "error",
        name=name,
        how=how,
    )


def _relative(copy: FileCopy) -> Findings:
    word = copy.destination
    if word is not None and not word.has_unknown and not word.text.startswith("/"):
        yield finding(word, "place", severity="info", profile="standard", path=word.text)


# -- comments in the middle of a continued command, where they end it

# What may stand before the backslash so that a comment is allowed behind it.
_OPEN = pattern(r"(?:&&|\|\|?|[{(;]|\b(?:then|do|else|in))[ \t]*\Z")
_GOES_ON = pattern(r"[ \t]*(?:--?[A-Za-z]|&&|\|)")


class _Cut(NamedTuple):
    """A comment that ends a command: its place, the line that is then run by itself, and the edits that move it up."""

    span: Span
    next_span: Span
    edits: tuple[Edit, ...] | None


def _cuts(script: Script) -> Iterator[_Cut]:
    """The comments of a script that cut a continued command in two."""
    text = script.text
    if "#" not in text or "\\\n" not in text.replace("\r\n", "\n"):
        return
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    comments = {comment.start for comment in script.comments}
    row = 1
    while row < len(lines):
        bare = lines[row].lstrip()
        at = starts[row] + len(lines[row]) - len(bare)
        if (
            not bare.startswith("#")
            or script.place(at, at).start not in comments
            or not _continues(lines[row - 1])
        ):
            row += 1
            continue
        below = row
        while below < len(lines) and lines[below].lstrip().startswith("#"):
            below += 1
        cut = _cut(script, lines, starts, row, below)
        if cut is not None:
            yield cut
        row = below + 1


def _continues(line: str) -> bool:
    """Whether a line ends in a backslash behind which no new command begins."""
    line = line.rstrip("\r")
    if not line.endswith("\\") or line.endswith("\\\\") or line.lstrip().startswith("#"):
        return False
    return _OPEN.search(line[:-1]) is None


def _cut(script: Script, lines: list[str], starts: list[int], row: int, below: int) -> _Cut | None:
    first = row - 1
    while first and lines[first - 1].rstrip("\r").endswith("\\"):
        first -= 1
    if below >= len(lines) or not lines[below].strip() or not lines[first].strip(" \t\r\\"):
        return None
    after = lines[below]
    deeper = _indent(after) > _indent(lines[first])
    if not deeper and _GOES_ON.match(after) is None:
        return None
    at = starts[row] + len(lines[row]) - len(lines[row].lstrip())
    next_at = starts[below] + len(after) - len(after.lstrip())
    span = script.place(at, starts[row] + len(lines[row].rstrip()))
    next_span = script.place(next_at, starts[below] + len(after.rstrip(" \t\r\\")))
    return _Cut(span, next_span, _moved(script, lines, starts, first, row, below))


def _indent(line: str) -> int:
    text = line.expandtabs(8)
    return len(text) - len(text.lstrip())


def _moved(
    script: Script, lines: list[str], starts: list[int], first: int, row: int, below: int
) -> tuple[Edit, ...] | None:
    """Move the comment lines above the command; None where that would alter their bytes or a template."""
    block = lines[row:below]
    if script.unknown or any("{{" in line for line in lines[first : below + 1]):
        return None
    try:
        texts = [line.strip().rstrip(" \\").encode("latin-1").decode() for line in block]
    except UnicodeDecodeError:
        return None
    head = lines[first]
    indent = head[: len(head) - len(head.lstrip(" \t"))]
    above = script.place(starts[first], starts[first]).start
    gone = script.place(starts[row], starts[below])
    return (
        Edit(above, above, "".join(f"{indent}{text}\n" for text in texts)),
        Edit(gone.start, gone.end, ""),
    )
