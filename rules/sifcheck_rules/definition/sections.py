"""Section lines: names that no runtime knows, lines of the wrong shape, text that is taken for a section."""

from __future__ import annotations

import re
from functools import lru_cache

from sifcheck.api import (
    AGENTS,
    APP_SECTIONS,
    SECTIONS,
    Definition,
    Draft,
    Edit,
    Findings,
    NamedTuple,
    Profile,
    Section,
    Severity,
    Span,
    Stage,
    Target,
    accidental_stage,
    bad,
    body_indent,
    families,
    finding,
    good,
    is_conflict_marker,
    other_kind,
    pattern,
    related,
    replace,
    rule,
    within_two_edits,
)

_LINE_HELP = "let the line start with something else: `printf '%s\\n' '%wheel ...' >> FILE`; or bring the text in with `%files`"


@rule(
    "DEF101",
    severity="error",
    profile="minimal",
    fix="safe",
    message={
        "near": "`%{written}` is not a section",
        "unknown": "`%{written}` is not a section, and no runtime builds a file that has it",
        "young": "`%{written}` is not a section for {lacking}; it came with {since}",
    },
    help={
        "near": "did you mean `%{name}`?",
        "unknown": "sections are help, setup, files, labels, environment, pre, post, runscript, test, startscript, "
        "arguments, and the app sections such as `%apprun NAME`",
        "young": "leave it out, or build with a version that knows it",
    },
)
@bad("""
    %file
    ^^^^^
        data.tar.gz /opt/data.tar.gz
    """)
@good("""
    %Files
        data.tar.gz /opt/data.tar.gz
    %%post
        echo hello
    """)
def unknown_section(section: Section, target: Target) -> Findings:
    """A line starts with a percent sign and a word that is not a section.

    Every runtime since Singularity 3.1 refuses the whole file, usually after the wait in the queue.  Names are compared
    in lower case, but those of app sections as they stand.  Source: Apptainer 1.4.5, measured (`invalid section(s)
    specified`); singularity#2308, singularity#1097; two files of the guide this project grew from say `%file`; 0.6 % of
    2,639 public files.
    """
    if not section.known:
        if _is_others(section):
            return
        verdict = _judge(section)
        if verdict.kind == "unknown":
            written = section.written.strip()
            fix = replace(section.name_span, f"%{verdict.name}") if verdict.name else None
            yield finding(
                section.name_span,
                "near" if verdict.name else "unknown",
                fix=fix,
                written=written,
                name=verdict.name,
            )
        return
    feature = f"section {section.name}"
    lacking = target.lacking(feature) if section.name in ("arguments", "appstart") else ()
    severity = target.severity(lacking, "error")
    if severity is not None:
        yield finding(
            section.name_span,
            "young",
            severity=severity,
            written=section.written,
            lacking=families(lacking),
            since=target.since(feature),
        )


@rule(
    "DEF102",
    severity="error",
    profile="minimal",
    fix="safe",
    message={
        "": "this is not a section line: {why}",
        "app": "`%{written}` names no app",
    },
    help={
        "": "write `%{name}` at the start of the line, and nothing but a blank after the name",
        "app": "write `%{written} NAME`",
    },
)
@bad("""
    %post:
    ^^^^^^
        echo hello
    """)
@good("%post \n    echo hello\n")
def malformed_section_line(section: Section) -> Findings:
    """The name of a section is right and its line is not.

    A name ends at the first SPACE and at nothing else, so a TAB, a colon or a comment glued to it belongs to the name; and
    percent signs are taken off only in column 1.  The file is refused.  Source: Apptainer 1.4.5, measured (11 forms);
    singularity#5196, singularity#2767; 0.4 % of 2,639 public files.
    """
    if section.known:
        if section.app is not None and not section.words:
            # Behind a blank the empty name is noticed only when the apps are made, after the base was fetched.
            profile: Profile = "standard" if " " in section.line else "minimal"
            yield finding(section.name_span, "app", profile=profile, written=section.written)
        return
    if _is_others(section):
        return
    verdict = _judge(section)
    if verdict.kind == "malformed":
        line = section.stage.definition.source.slice(section.line_span)
        begin = section.line_span.start + len(line.encode()) - len(line.lstrip().encode())
        at = Span(begin, max(section.name_span.end, begin + 1))
        yield finding(
            at, fix=_normalised(section, verdict.name or "", verdict.rest), why=verdict.why, name=verdict.name
        )


def _normalised(section: Section, name: str, rest: str) -> Edit:
    """The edit that writes a section line as the runtimes read it, what follows the name kept."""
    rest = rest.rstrip().lstrip(":; \t\u00a0\u3000")
    return replace(section.line_span, f"%{name} {rest}".rstrip())


@rule(
    "DEF103",
    severity="error",
    profile="minimal",
    message={
        "section": "this line ends {where}: whatever starts with `%` is taken for a section, and `{line}` is not one",
        "known": "this line ends {where} and begins the section %{name}",
        "stage": "this line lies in {where} and yet begins a new stage, with the bootstrap agent `{agent}`",
    },
    help={
        "section": _LINE_HELP,
        "known": _LINE_HELP,
        "stage": "indent the line by a blank: only `bootstrap:` in column 1 begins a stage",
    },
)
@bad("""
    %post
        cat > /etc/sudoers.d/wheel <<EOF
    %wheel ALL=(ALL) NOPASSWD: ALL
    ^^^^^^
    EOF
    """)
@good("""
    %post
        printf '%s\\n' '%wheel ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/wheel
        echo "50 %"
    """)
def body_line_read_as_syntax(definition: Definition, target: Target) -> Findings:
    """A line of a script or text is taken for the start of a section or stage.

    The parsers know neither here-documents nor quotes nor continued lines: a line whose first character besides blanks is
    `%` starts a section, a line with `bootstrap:` in column 1 a stage, and nothing escapes it.  Mostly the file is
    refused; with a name that happens to be a section the script is cut in silence.  Source: Apptainer 1.4.5, measured (17
    forms); singularity#2646.
    """
    for section in definition.sections():
        if section.known:
            if section.open_before == "here-document":
                yield finding(
                    section.name_span,
                    "known",
                    severity="warning",
                    where="an open here-document",
                    name=section.name,
                )
        elif not _is_others(section):
            verdict = _judge(section)
            if verdict.kind == "text":
                line = definition.source.slice(section.line_span).strip()
                yield finding(_bare(section), "section", where=verdict.why, line=line)
    for stage in definition.stages:
        where = accidental_stage(stage)
        if where is not None:
            yield _accident(stage, where, target)


def _accident(stage: Stage, where: str, target: Target) -> Draft:
    field = stage.field("bootstrap")
    at = field.key_span if field is not None else stage.place
    severity: Severity = "error" if _is_refused(stage) or _is_too_young(stage, target) else "warning"
    return finding(at, "stage", severity=severity, where=where, agent=stage.agent)


def _is_refused(stage: Stage) -> bool:
    """Whether the runtimes refuse the file for what stands in this stage."""
    if stage.agent and stage.agent not in AGENTS:
        return True
    kinds = ("junk-line", "unknown-key", "folded-into-blank", "no-bootstrap")
    return any(
        stage.span.start <= problem.span.start < stage.span.end
        for problem in stage.definition.problems_of(*kinds)
    )


def _is_too_young(stage: Stage, target: Target) -> bool:
    """Whether the runtimes that the file is for know too little for what stands in a stage: then they refuse it."""
    features = [field.feature for field in stage.fields if field.known]
    features += [f"agent {stage.agent}"] if stage.agent in AGENTS else []
    lacking = {runtime for feature in features for runtime in target.lacking(feature)}
    return target.severity(tuple(lacking), "error") == "error"


def _bare(section: Section) -> Span:
    """The first word of a section line, without the blanks before it."""
    source = section.stage.definition.source
    line = source.slice(section.line_span)
    start = section.line_span.start + len(line.encode()) - len(line.lstrip().encode())
    word = line.split()[0] if line.split() else "%"
    return Span(start, start + len(word.encode()))


@rule(
    "DEF107",
    severity="warning",
    fix="unsafe",
    message="the words behind `%{name}` are dropped silently",
    help="put them on the next line",
)
@bad(
    """
    %environment export LC_ALL=C.UTF-8
                 ^^^^^^^^^^^^^^^^^^^^^
        export PATH=/opt/x/bin:$PATH
    """,
    fixed="""
    %environment
        export LC_ALL=C.UTF-8
        export PATH=/opt/x/bin:$PATH
    """,
)
@good("""
    %help # how to use it
        Run it.
    """)
def dropped_section_text(section: Section) -> Findings:
    """Text on the line of a section that no runtime looks at.

    Only %post, %pre, %setup, the run scripts and %files use the words behind their name.  Behind %help, %labels,
    %environment and %arguments, and behind a script section without a body, they are ignored.  Source: Apptainer 1.4.5,
    measured (6 forms).
    """
    words = section.words.partition("#")[0].strip()
    if not words or not section.known or section.app is not None or section.name == "files":
        return
    if (
        section.is_script
        and section.name != "environment"
        and (section.body.strip() or words.startswith(("-", "+")))
    ):
        return
    text = section.stage.definition.source.slice(section.words_span)
    start = section.words_span.start + len(text.encode()) - len(text.lstrip().encode())
    at = Span(start, section.words_span.end - (len(text.encode()) - len(text.rstrip().encode())))
    gap = Span(section.name_span.end, start)
    yield finding(at, fix=replace(gap, f"\n{body_indent(section)}"), name=section.name)


@rule(
    "DEF109",
    severity="info",
    fix="unsafe",
    message={
        "": "%{name} appears {count} times: the bodies are joined",
        "run": "%{name} appears {count} times: the bodies are joined, and what follows the `exec` or `exit` of the first never runs",
        "words": "%{name} appears {count} times, and not with the same words behind it: the last ones hold for all bodies",
    },
    help="make one section of them",
)
@bad("""
    %runscript
        exec python "$@"
    %runscript
    ^^^^^^^^^^
        exec bash "$@"
    """)
@good("""
    %files
        a /opt/a
    %post
        ls /opt
    %files
        b /opt/b
    %apprun one
        exec one
    %apprun two
        exec two
    """)
def repeated_section(stage: Stage) -> Findings:
    """One section twice in a stage.

    The bodies are joined in their order, and the words behind the last name that has some hold for all of it; Singularity
    3.0 kept the last one only.  Source: Apptainer 1.4.5, measured; singularity#2349; 2.3 % of 2,639 public files.
    """
    several: dict[str, list[Section]] = {}
    for section in stage.sections:
        if section.known and section.app is None and section.name != "files":
            several.setdefault(section.name, []).append(section)
    for name, sections in several.items():
        if len(sections) > 1:
            yield _repeated(name, sections)


def _ends_in_exec(section: Section) -> bool:
    """Whether a body always gives the shell up, so that no later one is reached."""
    return section.is_shell and any(
        command.top_level
        and command.name in ("exec", "exit")
        and (command.name == "exit" or len(command.words) > 1)
        for command in section.script.commands()
    )


def _repeated(name: str, sections: list[Section]) -> Draft:
    first, again, *others = sections
    key, severity = "", "info"
    if any(section.option_words != first.option_words for section in sections):
        key, severity = "words", "warning"
    elif name in ("runscript", "startscript") and any(map(_ends_in_exec, sections[:-1])):
        key, severity = "run", "warning"
    level: Severity = "warning" if severity == "warning" else "info"
    places = [
        related(first.name_span, "the first one"),
        *(related(other.name_span, "and again") for other in others),
    ]
    fix = None if key == "words" else _joined(first, again)
    return finding(
        again.name_span, key, severity=level, fix=fix, related=places, name=name, count=len(sections)
    )


def _joined(before: Section, section: Section) -> list[Edit]:
    text = section.stage.definition.source.slice(section.body_span)
    above = section.stage.definition.source.slice(before.body_span)
    gap = "" if above.endswith("\n") or not above else "\n"
    end = before.body_span.end
    return [Edit(end, end, f"{gap}{text}"), Edit(section.span.start, section.span.end, "")]


def _is_others(section: Section) -> bool:
    """Whether another finding says what is wrong here: the file is of another kind, or a merge was left open."""
    definition = section.stage.definition
    return other_kind(definition) is not None or is_conflict_marker(definition, section.span)


# -- why a `%` line is not a section: misspelt, misshapen, or text that was never meant as one

_NAMES = (*SECTIONS, *APP_SECTIONS)

_BLANKS = " \t\r\f\v\u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_SHAPE = pattern(rf"([{_BLANKS}]*)%+([{_BLANKS}]*)([A-Za-z]+)(.*)", re.S)
_AFTER = {"\t": "a TAB", ":": "a colon", ";": "a semicolon", "#": "a comment without a blank before it"}
_BEFORE = {
    " ": "a blank",
    "\t": "a TAB",
    "\u00a0": "a no-break space",
    "\u3000": "an ideographic space",
}


class _Verdict(NamedTuple):
    """What an unknown section is: "unknown", "malformed" or "text".

    `name` is the section that was meant (None if that is not clear), `why` what is wrong with the line or what it lies
    in, `rest` what follows the name on a malformed line.
    """

    kind: str
    name: str | None
    why: str
    rest: str = ""


@lru_cache(maxsize=64)
def _judge(section: Section) -> _Verdict:
    """Judge a section whose name no runtime knows."""
    opened = section.open_before
    if opened is not None:
        return _Verdict("text", None, f"an open {opened}")
    line = section.stage.definition.source.slice(section.line_span).rstrip("\r\n")
    shape = _SHAPE.fullmatch(line)
    if shape is not None and shape[3].lower() in _NAMES:
        malformed = _malformed(shape)
        if malformed is not None:
            return malformed
    word = shape[3] if shape is not None and not shape[4][:1].isalnum() else ""
    name = _nearest_section(section.written.strip() or word) if word else None
    inside = _inside_body(section)
    if name is None and inside is not None:
        return _Verdict("text", None, inside)
    return _Verdict("unknown", name, "")


def _nearest_section(written: str) -> str | None:
    """The one section that is nearest to a name and within two edits of it; None if there is none or are several."""
    if written.lower() in _NAMES:
        return written.lower()
    return within_two_edits(written.lower(), _NAMES)


def _malformed(shape: re.Match[str]) -> _Verdict | None:
    indent, gap, name, rest = shape[1], shape[2], shape[3].lower(), shape[4]
    if rest and rest[0] not in " \t:;#\r" + _BLANKS:
        return None
    if indent:
        return _Verdict("malformed", name, f"{_named(indent[0])} stands before the percent sign", rest)
    if gap:
        return _Verdict(
            "malformed", name, f"{_named(gap[0])} stands between the percent sign and the name", rest
        )
    if rest and rest[0] != " ":
        why = _AFTER.get(rest[0]) or _named(rest[0])
        return _Verdict("malformed", name, f"{why} stands right behind the name", rest)
    return None


def _named(character: str) -> str:
    return _BEFORE.get(character, f"white space (U+{ord(character):04X})")


def _inside_body(section: Section) -> str | None:
    """The section whose body the line stands in, as `%post`; None right below a header or an empty section."""
    above = section.known_above
    return f"%{above.name}" if above is not None and above.body.strip() else None
