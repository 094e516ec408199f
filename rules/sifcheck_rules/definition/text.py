"""The text as a whole: build variables, characters that mislead, files of another kind, unfinished merges."""

from __future__ import annotations

from itertools import pairwise

from sifcheck.api import (
    AGENTS,
    LOOKALIKES,
    Definition,
    Draft,
    Edit,
    Findings,
    HeaderField,
    Section,
    Severity,
    Span,
    Stage,
    Target,
    Use,
    bad,
    families,
    finding,
    good,
    lookalikes,
    merge_conflicts,
    other_kind,
    pattern,
    related,
    rule,
    within_two_edits,
)

_PAIR = pattern(r"([0-9A-Za-z_]+)(?:[ \t]*:[ \t]*|[ \t]+)(\S.*)")


@rule(
    "DEF104",
    severity="warning",
    profile="minimal",
    fix="safe",
    message={
        "undefined": "nothing defines the build variable `{name}`",
        "skipped": "nothing defines the build variable `{name}`: its line in %arguments is skipped because `=` is missing",
        "open": "`{key}:` gets no value: the default of `{name}` is empty",
        "empty": "nothing defines the build variable `{name}` in {lacking}: `{name}=` has no value, and is skipped there",
        "second": "nothing defines the build variable `{name}`: Apptainer 1.2 skips a line with a second `=`",
        "unused": "Apptainer 1.2 refuses the file: nothing uses the build variable `{name}`",
        "broken": 'Apptainer 1.2 refuses the file: it puts the value of `{name}` into JSON text, and `"` or a backslash breaks that',
        "not-used": "the file uses no build variable `{name}`, which `--build-arg` gives",
        "no-value": "`--build-arg {name}=` gives no value, and that is refused by {families}",
        "commented": "{families} put build variables behind a `#` too, and nothing defines `{name}`",
        "literal": "`{{{{ {name} }}}}` stays as it is: a `#` stands before it on its line",
    },
    help={
        "undefined": "add `{name}=VALUE` under %arguments or pass `--build-arg {name}=VALUE`; braces that are meant for another "
        "program's templates: bring that file in with %files",
        "skipped": "write `{name}=VALUE`",
        "open": "pass `--build-arg {name}=VALUE`, or write a default",
        "empty": "write a value there, or pass `--build-arg {name}=VALUE`",
        "second": "pass `--build-arg {name}=VALUE`, without a `=` in the value",
        "unused": "take the line out, or use the variable",
        "broken": "write a value without quotes and backslashes",
        "not-used": "{advice}",
        "no-value": "give it a value, or leave it out where the file has a default for it",
        "commented": "take the braces out of the comment, or define the variable under %arguments",
        "literal": "put the variable before the `#`, or into a shell variable first: the runtime takes the rest of the line "
        "for a comment",
    },
)
@bad("""
    %arguments
        version: 1.2
        ^^^^^^^^^^^^
    %post
        echo {{ version }}
    """)
@good("""
    %post
        docker inspect -f '{{ .Id }}' x
        echo '{{ a.b }} {{- x -}}'
    """)
def undefined_build_variable(definition: Definition, target: Target) -> Findings:
    """A word between double braces that no build argument defines.

    The build ends at once, also if the braces stand in %help or a here-document and belong to another program; only the
    author can know whether `--build-arg` is meant to give it, so it is a warning.  From Apptainer 1.3 a variable stays
    literal behind a `#` followed by anything but `!`, whether that begins a comment or not; SingularityCE replaces in
    comments as well, and takes no empty default.  Source: Apptainer 1.4.5, measured (over 30 forms); the readers of build
    arguments of Apptainer 1.2 to 1.5 and SingularityCE 4.0 to 4.5, read; 0.3 % of 8,394 public files.
    """
    for problem in definition.problems_of("unused-default"):
        yield finding(problem.span, "unused", severity="error", name=problem.text)
    for problem in definition.problems_of("broken-value"):
        yield finding(problem.span, "broken", severity="error", name=problem.text)
    if definition.asked_arguments and definition.runtime.has("build arguments"):
        yield from _given(definition, target)
    for one in definition.stages:
        yield from _open_header(one)
    seen: set[tuple[int, str]] = set()
    for use in definition.uses:
        stage = definition.stage_at(use.span.start)
        key = (stage.index if stage is not None else -1, use.name)
        if use.hidden:
            yield from _hidden(definition, use, target)
        elif use.value is None and key not in seen and not _is_given(definition, use.name):
            seen.add(key)
            yield _undefined(stage, use, target)


def _given(definition: Definition, target: Target) -> Findings:
    """What is wrong with the build arguments that the file is checked with."""
    used = {use.name: use for use in reversed(definition.uses) if not use.hidden}
    refusing = tuple(
        one for one in target.runtimes if one.has("build arguments") and not one.has("empty --build-arg")
    )
    level = target.severity(refusing, "error")
    for name in sorted(definition.asked_arguments & used.keys()):
        if level is not None and not definition.build_arguments[name].strip():
            yield finding(used[name].span, "no-value", severity=level, name=name, families=families(refusing))
    ending = target.severity(target.having("unused --build-arg refused"), "error")
    for name in sorted(definition.asked_arguments - used.keys()):
        near = within_two_edits(name, sorted(used.keys() - definition.build_arguments.keys()))
        yield finding(
            definition,
            "not-used",
            severity="error" if ending == "error" else "warning",
            name=name,
            advice=f"did you mean `{near}`?" if near else "leave it out",
        )


# The keys that are useless without a value.
_NEEDED = ("from", "mirrorurl", "osversion")


def _open_header(stage: Stage) -> Findings:
    """The defaults that are empty, so that a header lacks a value until `--build-arg` gives it."""
    for key in _NEEDED:
        field = stage.field(key)
        use = field.emptied_by if field is not None else None
        if field is None or use is None or _is_given(stage.definition, use.name):
            continue
        pair = stage.pairs.get(use.name)
        used = [related(use.span, "used here")]
        yield finding(pair or use.span, "open", related=used, key=field.written, name=use.name)


def _undefined(stage: Stage | None, use: Use, target: Target) -> Draft:
    """What is said of a variable that nothing defines: of the line that was meant to, if there is one."""
    used = [related(use.span, "used here")]
    skipped = _skipped_line(stage, use.name) if stage is not None else None
    if skipped is not None:
        fix = Edit(skipped[0].start, skipped[0].end, f"{use.name}={skipped[1]}")
        return finding(skipped[0], "skipped", fix=fix, related=used, name=use.name)
    for section in stage.named("arguments") if stage is not None else ():
        for pair in section.arguments:
            if pair.name == use.name and pair.value is None:
                key = "empty" if pair.is_empty else "second"
                lacking = target.refusing("empty build arguments")
                return finding(pair.span, key, related=used, name=use.name, lacking=lacking)
    return finding(use.span, "undefined", name=use.name)


def _is_given(definition: Definition, name: str) -> bool:
    """Whether the batch script that builds the file gives a variable."""
    return definition.call is not None and definition.call.may_give_argument(name)


def _hidden(definition: Definition, use: Use, target: Target) -> Findings:
    replacing = tuple(r for r in target.lacking("comments not substituted") if r.has("build arguments"))
    if use.value is None:
        severity = target.severity(replacing, "warning") if not _is_given(definition, use.name) else None
        if severity is not None:
            yield finding(
                use.span, "commented", severity=severity, families=families(replacing), name=use.name
            )
        return
    keeping = target.having("comments not substituted")
    level = target.severity(keeping, "warning")
    if level is not None and not _in_comment(definition, use.span.start):
        yield finding(use.span, "literal", severity="warning", name=use.name)


def _in_comment(definition: Definition, offset: int) -> bool:
    """Whether a place lies in what the reader of that part of the file takes for a comment."""
    source = definition.source
    line = source.line_span(source.line_of(offset))
    before = source.text[line.start : offset]
    if before.lstrip(" \t").startswith("#"):
        return True
    section = definition.section_at(offset)
    if section is None or offset < section.body_span.start:
        return "#" in before
    if not section.is_script:
        return False
    return any(comment.start <= offset < comment.end for comment in section.script.comments)


def _skipped_line(stage: Stage, name: str) -> tuple[Span, str] | None:
    """A line of %arguments that means to define `name` and has no `=`: its place and its value."""
    for section in stage.named("arguments"):
        at = section.body_span.start
        for line in stage.definition.source.slice(section.body_span).splitlines(keepends=True):
            bare = line.strip()
            match = _PAIR.fullmatch(bare)
            if match is not None and match[1] == name and "=" not in bare:
                start = at + len(line[: line.index(bare)].encode())
                return Span(start, start + len(bare.encode())), match[2]
            at += len(line.encode())
    return None


@rule(
    "DEF105",
    severity="error",
    profile="minimal",
    fix="safe",
    message={
        "mark": "the file begins with a byte-order mark, which the runtimes take for a part of the first word",
        "utf-16": "the file is UTF-16: the runtimes read bytes and find no key in it",
        "returns": "the lines end in CR alone: to the runtimes the file is one line",
        "header": "{character} stands in the header line, where a plain character is meant",
        "value": "{character} stands in the value of `{key}:` and belongs to it",
        "indentation": "{character} indents the line: the shell takes it for a part of the command",
        "long": "this part is {size} bytes long with the next section line, more than the {limit} that the parsers can hold",
    },
    help={
        "mark": "save the file as UTF-8 without a byte-order mark",
        "utf-16": "save the file as UTF-8",
        "returns": "save the file with LF line ends",
        "header": "type it again",
        "value": "take it out",
        "indentation": "indent with blanks",
        "long": "move the text to a file of its own and copy it with %files",
    },
)
@bad("\ufeffBootstrap: docker\nFrom: rockylinux:9.4\n", fixed="Bootstrap: docker\nFrom: rockylinux:9.4\n")
@bad("%post\n" + "    echo 1234567890123456\n" * 3000)
@good("Bootstrap: docker\r\nFrom: rockylinux:9.4\r\n\r\n%post\r\n    echo hello\r\n")
def unreadable_text(definition: Definition) -> Findings:
    """A character, an encoding or a length that keeps the file from being read as it looks.

    The parsers read bytes: a byte-order mark, a zero-width space or a full-width colon is a letter of the word it stands
    in.  White space of any kind round keys and values is trimmed, and CRLF line ends are fine.  A section together with the
    next section line has to fit into 65,536 bytes, the last one into 65,535.  Source: Apptainer 1.4.5, measured;
    singularity#5260, singularity#5196; 0.2 % of 2,639 public files.
    """
    source = definition.source
    if source.data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield finding(Span(0, 2), "utf-16")
        return
    if source.data.startswith(b"\xef\xbb\xbf"):
        yield finding(Span(0, 3), "mark", fix=Edit(0, 3, ""))
    if source.text.count("\r") > 1 and "\n" not in source.text.rstrip("\n") and _is_refused(definition):
        at = source.text.index("\r")
        yield finding(Span(at, at + 1), "returns", fix=_line_ends(source.text))
        return
    for problem in definition.problems_of("too-long"):
        last = isinstance(problem.at, Section) and problem.at is problem.at.stage.sections[-1]
        yield finding(problem.span, "long", size=problem.text, limit=65_535 if last else 65_536)
    if not source.data.isascii():
        yield from _odd_header(definition)
        yield from _odd_indentation(definition)


def _is_refused(definition: Definition) -> bool:
    return bool(definition.problems) or any(stage.agent not in AGENTS for stage in definition.stages)


def _line_ends(text: str) -> list[Edit]:
    return [Edit(at, at + 1, "\n") for at, character in enumerate(text) if character == "\r"]


def _odd_header(definition: Definition) -> Findings:
    source = definition.source
    for problem in definition.problems_of("junk-line", "unknown-key"):
        if source.slice(problem.span).startswith("\ufeff") and problem.span.start == 0:
            continue
        yield from _odd_places(definition, problem.span, "header", "error", None)
    for stage in definition.stages:
        for field in stage.fields:
            if field.known:
                refused = field.key == "bootstrap"
                for draft in _odd_places(definition, field.value_span, "value", "error", field):
                    yield draft if refused else draft._replace(profile="standard")


def _odd_places(
    definition: Definition, span: Span, key: str, severity: Severity, field: HeaderField | None
) -> Findings:
    text = definition.source.slice(span)
    for at, character in lookalikes(text):
        start = span.start + len(text[:at].encode())
        place = Span(start, start + len(text[at].encode()))
        replacement = (
            ":" if text[at] == "\uff1a" else " " if "space" in character and text[at] != "\u200b" else ""
        )
        if key == "value" and text[at] == "\uff1a":
            continue
        fix = Edit(place.start, place.end, replacement) if key == "header" or not replacement else None
        yield finding(
            place, key, fix=fix, severity=severity, character=character, key=field.written if field else ""
        )


def _odd_indentation(definition: Definition) -> Findings:
    source = definition.source
    for section in definition.sections():
        if not section.is_script:
            continue
        at = section.body_span.start
        for line in source.slice(section.body_span).splitlines(keepends=True):
            bare = line.lstrip(" \t")
            indent = len(bare) - len(bare.lstrip(" \t" + "".join(LOOKALIKES)))
            if indent and bare[indent : indent + 1] not in ("#", "", "\n", "\r"):
                start = at + len(line.encode()) - len(bare.encode())
                place = Span(start, start + len(bare[:indent].encode()))
                if not section.script.inside_word_or_heredoc(start - section.body_span.start):
                    fix = Edit(place.start, place.end, _plain_indentation(bare[:indent]))
                    yield finding(
                        place,
                        "indentation",
                        fix=fix,
                        severity="warning",
                        character=LOOKALIKES.get(bare[0], "a blank"),
                    )
            at += len(line.encode())


def _plain_indentation(text: str) -> str:
    """An indentation with every odd blank made a plain one, and what has no width left out."""
    kept = (" " if "no-break" in LOOKALIKES.get(c, "") or c == "\u3000" else c for c in text)
    return "".join(c for c in kept if c not in LOOKALIKES)


@rule(
    "DEF106",
    severity="error",
    profile="minimal",
    message={
        "": "this is no definition file but {kind}",
        "docker": "this is no definition file but {kind}",
        "empty": "this is no definition file but {kind}",
    },
    help={
        "": "give the build a definition file: it begins with `Bootstrap:`",
        "docker": "write `FROM x` as `Bootstrap: docker` and `From: x`, `RUN` as lines of %post, `ENV` as exports in %environment, "
        "`COPY` as lines of %files, `ENTRYPOINT` as %runscript",
        "empty": "a definition file begins with `Bootstrap:`; there is nothing here to build",
    },
)
@bad("<!DOCTYPE html>\n<html><head><title>Not found</title></head></html>\n")
@good("""
    # This file is built on Fridays.
    Bootstrap: docker
    From: debian:12
    """)
def not_a_definition_file(definition: Definition) -> Findings:
    """A file of another kind was handed over as a definition file.

    A download that saved an error page, a Dockerfile, a configuration, or nothing but comments.  The runtimes say little
    about it: `header key <!DOCTYPE html> had no val`.  Source: Apptainer 1.4.5, measured; singularity#2440.
    """
    kind = other_kind(definition)
    if kind is not None:
        key = "docker" if "Dockerfile" in kind else "empty" if "file" in kind else ""
        yield finding(definition, key, kind=kind)


@rule(
    "DEF108",
    severity="error",
    message="a merge was never finished: this is one of {count} marker lines that it left",
    help="keep one of the two versions: {choices}",
)
@bad("""
    Bootstrap: docker
    <<<<<<< HEAD
    ^^^^^^^^^^^^
    From: rockylinux:8
    =======
    From: rockylinux:9
    >>>>>>> update
    """)
@good("""
    %help
        Title
        =======
        Text
    %post
        cat <<EOF
    <<<<<<<
    EOF
    """)
def conflict_markers_in_definition(definition: Definition) -> Findings:
    """The marker lines of a merge that was left open.

    In the header they are lines without a key, and the file is refused; in a script the shell meets `<<<<<<<` and stops the
    build.  Source: two such merges are open in the chapter of the guide that this project grew from.
    """
    for marks in merge_conflicts(definition):
        section = definition.section_at(marks[0].start)
        breaks = section is None or section.name == "files" or section.is_script
        severity: Severity = "error" if breaks else "warning"
        line = definition.source.line_of
        # Between `|||||||` and `=======` stands what both were made from, which is none to keep.
        between = [pair for pair in pairwise(marks) if definition.source.text[pair[0].start] != "|"]
        lines = [(line(one.start) + 1, line(two.start) - 1) for one, two in between]
        choices = " or ".join(f"lines {first}-{last}" for first, last in lines) or "the right one"
        yield finding(
            marks[0],
            severity=severity,
            profile="minimal" if section is None and _is_refused_at(definition, marks) else "standard",
            related=[related(mark, "and this") for mark in marks[1:]],
            count=len(marks),
            choices=choices,
        )


def _is_refused_at(definition: Definition, marks: tuple[Span, ...]) -> bool:
    """Whether a marker line is what the parsers refuse; a continued value swallows it."""
    problems = list(definition.problems_of("junk-line", "unknown-key"))
    return any(mark.start <= problem.span.start <= mark.end for mark in marks for problem in problems)
