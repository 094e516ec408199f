"""The header: lines that no parser reads, stages without a beginning, values that are not what they look like."""

from __future__ import annotations

import re

from sifcheck.api import (
    AGENTS,
    KEY_SPELLINGS,
    KEYS_OF_AGENT,
    Definition,
    Draft,
    Findings,
    HeaderField,
    Problem,
    Severity,
    Stage,
    Target,
    bad,
    finding,
    good,
    is_meant,
    lookalike,
    merge_conflicts,
    related,
    rule,
)
from sifcheck_rules.definition._header import (
    Slip,
    begins,
    bootstrap_moved_up,
    header_moved_up,
    is_left_alone,
    keys_above,
    meant_keys,
    moved_up,
    shortened,
    slips,
    stage_of,
    swallowed_keys,
    unreadable,
    whole_value,
)

_HARMLESS = frozenset(("include", "mirrorurl", "osversion", "includecmd"))


@rule(
    "DEF202",
    severity="error",
    profile="minimal",
    fix="safe",
    joins=("DEF206",),
    message={
        "equals": "`{sign}` stands behind `{key}` where a colon belongs",
        "no-colon": "there is no colon after `{key}`",
        "near": "`{line}:` is not a header key",
        "unknown": "`{line}:` is not a header key",
        "label": "`{line}:` is not a header key",
        "image": "`{line}:` is not a header key",
        "none": "`{line}:` is not a header key: nothing of a base can be left out by its header",
        "text": "`{line}` is not a header line{more}",
        "young": "the header key `{line}:`, which came with {since}, is refused by {lacking}",
        "folded": "the backslash joins the next line to `{key}:`, and that is {next}: the parsers crash on it",
    },
    help={
        "equals": "write `{key}: {value}`",
        "no-colon": "write `{key}: {value}`",
        "near": "did you mean `{key}:`?",
        "unknown": "the keys are Bootstrap, From, Stage and those of each agent, such as MirrorURL, OSVersion and Include",
        "label": "an author, a name or a version belongs under %labels",
        "image": "the image is named by `From: NAME:TAG`",
        "none": "remove it under %post",
        "text": "a command belongs under %post, a remark behind a `#`",
        "young": "leave it out, or build with a version that knows it",
        "folded": "take the backslash away, or the line below it",
    },
)
@bad("""
    Bootstrap: docker
    Form: rockylinux:9.4
    ^^^^
    """)
@good("""
      bootstrap : docker
      FROM:rockylinux:9.4   # the last one
    """)
def header_line_unreadable(definition: Definition, target: Target) -> Findings:
    """A line of the header is no `Key: value` with a key that the runtime knows.

    Keys are compared without regard to case; blanks round the colon and before the key are fine.  Anything else ends the
    build, and a value that ends in a backslash before a comment or blank line makes every parser since 3.4 crash.  Source:
    Apptainer 1.4.5, measured (`had no val`, `invalid header keyword found`, `assignment to entry in nil map`);
    singularity#4815, singularity#5260; 0.3 % of 2,639 public files.
    """
    if definition.problems and not unreadable(definition):
        yield from _refused_lines(definition)
    for stage in definition.stages:
        for field in stage.fields:
            if field.known:
                lacking = target.lacking(field.feature)
                level = target.severity(lacking, "error") if lacking else None
                if level is not None and is_meant(stage):
                    yield finding(
                        field.key_span,
                        "young",
                        severity=level,
                        profile="minimal" if level == "error" else "standard",
                        line=field.written,
                        lacking=target.refusing(field.feature),
                        since=target.since(field.feature),
                    )


def _refused_lines(definition: Definition) -> Findings:
    """The lines that are refused; of several lines of plain text below each other the first speaks for all."""
    group: list[Slip] = []
    for slip in slips(definition):
        if slip.kind == "text":
            group.append(slip)
            continue
        key = slip.hint if slip.kind == "unknown" and slip.hint else slip.kind
        key_name = KEY_SPELLINGS[slip.key] if slip.key else slip.line
        yield finding(
            slip.span,
            key,
            fix=slip.edits,
            safe=slip.safe,
            line=shortened(slip.line),
            key=key_name,
            sign=slip.hint,
            value=shortened(whole_value(slip, definition)) if slip.value else "",
        )
    if group:
        more = (
            ", and neither is the next one"
            if len(group) == 2
            else f", and neither are {len(group) - 1} more"
            if group[1:]
            else ""
        )
        others = [related(slip.span, "neither is this") for slip in group[1:6]]
        yield finding(group[0].span, "text", line=shortened(group[0].line), more=more, related=others)
    for problem in definition.problems_of("folded-into-blank"):
        stage = stage_of(problem)
        if stage is None or is_meant(stage):
            yield finding(problem.span, "folded", key=problem.text, next=_line_below(definition, problem))


def _line_below(definition: Definition, problem: Problem) -> str:
    source = definition.source
    below = source.line(source.line_of(max(problem.span.end - 1, 0)) + 1)
    return "a comment" if below.strip().startswith("#") else "a blank line"


@rule(
    "DEF203",
    severity="error",
    profile="minimal",
    fix="safe",
    message={
        "order": "`{key}:` stands before `Bootstrap:`, the word that every stage begins at",
        "missing": "the header has no `Bootstrap:`",
        "lost": "`Bootstrap:` ends in a backslash with no line to follow, and is lost",
        "section": "%{key} stands before the header",
        "none": "the file has no header",
        "later": "`{key}:` stands before the `Bootstrap:` of its stage and so belongs to %{section} of the stage above",
    },
    help={
        "order": "move `Bootstrap:` above it",
        "missing": "add `Bootstrap: docker`, or the agent that is meant, above `{key}:`",
        "lost": "take the backslash away",
        "section": "move the header to the top of the file",
        "none": "begin with `Bootstrap: docker` and `From: NAME:TAG`",
        "later": "move `Bootstrap:` above it",
    },
)
@bad(
    """
    From: rockylinux:9.4
    ^^^^^^^^^^^^^^^^^^^^
    Bootstrap: docker
    %post
        echo hello
    """,
    fixed="""
    Bootstrap: docker
    From: rockylinux:9.4
    %post
        echo hello
    """,
)
@bad("# no header here\n%post\n    echo hello\n")
@good("""
    # a comment

    Bootstrap: docker
    From: rockylinux:9.4
    """)
def bootstrap_not_first(definition: Definition) -> Findings:
    """A stage does not begin with `Bootstrap:`.

    Since Singularity 3.2 a file is cut at every line that starts with `bootstrap:` in column 1, before anything is read:
    what stands above the first cut is a stage of its own, without an agent.  Above a later cut it belongs to the section
    before it.  Source: Apptainer 1.4.5, measured (`no bootstrap specification found`, `all must have headers`); 2.1 % of
    2,639 public files, the commonest fault that ends a build.
    """
    if definition.problems:
        yield from _headless(definition)
    for stage in definition.stages[1:]:
        above = definition.stages[stage.index - 1]
        lines = keys_above(stage) if above.sections else []
        field = stage.field("bootstrap")
        if lines and field is not None and is_meant(stage):
            section = above.sections[-1]
            severity: Severity = "error" if section.is_script else "warning"
            start = definition.source.line_span(definition.source.line_of(lines[0][1].start)).start
            yield finding(
                lines[0][1],
                "later",
                severity=severity,
                profile="standard",
                fix=moved_up(field, start) if begins(field) else None,
                key=lines[0][0],
                section=section.name,
            )


def _headless(definition: Definition) -> Findings:
    lost = [problem for problem in definition.problems_of("lost-key") if _is_lost_bootstrap(problem)]
    for problem in lost:
        # A stage of which nothing is left is dropped silently, unless it is the only one.
        fatal = not definition.stages or stage_of(problem) in definition.stages
        severity: Severity = "error" if fatal else "warning"
        yield finding(
            problem.span,
            "lost",
            severity=severity,
            profile="minimal" if fatal else "standard",
            key="Bootstrap",
        )
    if unreadable(definition):
        return
    judged = {stage_of(problem) for problem in lost}
    for problem in definition.problems_of("no-header", "no-bootstrap", "first-section-empty"):
        stage = stage_of(problem)
        if stage is not None and stage not in judged and is_meant(stage) and not _is_explained(stage):
            judged.add(stage)
            yield _about(stage)


def _is_lost_bootstrap(problem: Problem) -> bool:
    field = problem.at
    if (
        not isinstance(field, HeaderField)
        or field.key != "bootstrap"
        or field.stage.field("bootstrap") is not None
    ):
        return False
    return all(other.at is not field for other in field.stage.definition.problems_of("folded-into-blank"))


def _is_explained(stage: Stage) -> bool:
    """Whether something else is to blame for the missing key: a typing mistake, an odd character, an open merge."""
    definition = stage.definition
    end = stage.sections[0].span.start if stage.sections else stage.span.end
    marks = [mark for group in merge_conflicts(definition) for mark in group]
    if "bootstrap" in meant_keys(stage) or any(stage.span.start <= mark.start < end for mark in marks):
        return True
    if stage.fields and not any(field.known for field in stage.fields):
        return stage not in definition.stages or not stage.is_last
    odd = definition.problems_of("junk-line", "unknown-key")
    return any(
        lookalike(definition.source.slice(problem.span)) for problem in odd if stage_of(problem) is stage
    )


def _about(stage: Stage) -> Draft:
    definition = stage.definition
    following = next((other for other in definition.stages if other.span.start >= stage.span.end), None)
    if not stage.fields:
        if following is None or not stage.sections:
            return finding(definition, "none")
        edits = header_moved_up(stage.sections[0], following)
        return finding(
            stage.sections[0].name_span, "section", fix=edits, safe=False, key=stage.sections[0].written
        )
    first = next((field for field in stage.fields if field.known), stage.fields[0])
    if following is None or stage.sections:
        return finding(first, "missing", key=first.written)
    return finding(first, "order", fix=bootstrap_moved_up(stage, following), key=first.written)


@rule(
    "DEF211",
    severity="warning",
    message={
        "hash": "the value of `{key}:` ends at the `#`: the runtime reads `{value}`",
        "swallowed": "the backslash joins the next line to `{key}:`: the runtime reads `{value}`",
        "lost": "`{key}:` ends in a backslash with no line to follow, and is lost",
        "twice": "`{key}:` is given twice: the runtime reads `{value}`",
        "stages": "two `Bootstrap:` lines in a row begin two stages, and the first has nothing in it",
        "unverified": "`Bootstrap: {agent}` does not look at `Fingerprints:`: nothing is verified",
        "unread": "`Bootstrap: {agent}` does not look at `{key}:`",
        "unused": "no version since Singularity 3.0 looks at `{key}:`",
    },
    help={
        "hash": "everything from a `#` on is a comment, in quotes too; leave it out, or write `%23` in a URL",
        "swallowed": "take the backslash away",
        "lost": "take the backslash away",
        "twice": "keep one of the two",
        "stages": "keep one of the two",
        "unverified": "fingerprints work for SIF images only: `Bootstrap: library`, `oras` or `localimage`; a docker image is "
        "fixed by its digest",
        "unread": "take it out, or name the agent that it is meant for",
        "unused": "take it out",
    },
)
@bad("""
    Bootstrap: debootstrap
    OSVersion: bookworm
    MirrorURL: http://mirror.example.org/debian#main
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """)
@good("""
    Bootstrap: docker#the usual one
    From: registry.example.org/\\
        tools/solver:1.2  # 1.3 does not start
    """)
def header_line_misread(stage: Stage) -> Findings:
    """A header line is accepted and does not mean what it looks like.

    A `#` cuts a value wherever it stands, a backslash at the end joins the next line whatever that is, the last of two
    equal keys wins, and a key that the agent has no use for is passed over: none of it with a word.  A value that is
    continued on purpose is documented syntax.  Source: Apptainer 1.4.5, measured (over 20 forms); the builders of
    Apptainer 1.5.3 and SingularityCE 4.3, read; 0.1 % of 7,815 public files.
    """
    if not is_meant(stage):
        return
    seen: dict[str, HeaderField] = {}
    for field in stage.fields:
        before = seen.get(field.key) if field.known else None
        if before is not None and before.value != field.value:
            last = stage.field(field.key)
            again = [related(field, "and here")]
            yield finding(
                before, "twice", related=again, key=before.written, value=last.value if last else ""
            )
        seen[field.key] = field
        yield from _cut_or_joined(field)
    for field in stage.lost:
        if field.key != "bootstrap" and not _is_crash(field):
            yield finding(field, "lost", key=field.written)
    if stage.index and is_left_alone(stage.definition.stages[stage.index - 1]):
        first = stage.definition.stages[stage.index - 1]
        # Most agents cannot be built without a second key: then the build fails.
        level: Severity = "warning" if first.agent in ("scratch", "arch", "zypper") else "error"
        yield finding(stage.place, "stages", severity=level, related=[related(first.place, "the first one")])
    yield from _unread(stage)


def _is_crash(field: HeaderField) -> bool:
    return any(problem.at is field for problem in field.stage.definition.problems_of("folded-into-blank"))


def _cut_or_joined(field: HeaderField) -> Findings:
    if field.comment_span is not None and field.value and not field.folded:
        source = field.stage.definition.source
        at = field.comment_span.start
        glued = source.text[at - 1 : at] not in (" ", "\t") and not re.match(
            r"#+(?:[ \t]|$)", source.text[at : at + 80]
        )
        quoted = any(field.value.count(quote) % 2 for quote in "\"'")
        if quoted or (glued and field.key != "bootstrap"):
            yield finding(field.value_span, "hash", key=field.written, value=shortened(field.value))
    if field.folded and swallowed_keys(field) and (field.key != "bootstrap" or field.value in AGENTS):
        yield finding(field.value_span, "swallowed", key=field.written, value=shortened(field.value))


def _unread(stage: Stage) -> Findings:
    """The keys that the agent has no use for."""
    reads = KEYS_OF_AGENT.get(stage.agent)
    if reads is None:
        return
    for field in stage.fields:
        key = "otherurl" if field.key.startswith("otherurl") else field.key
        if key in reads or not field.known:
            continue
        if key == "library" and any(other.agent == "library" for other in stage.definition.stages):
            continue  # Apptainer takes the library of any stage for all of them
        kind = "unverified" if key == "fingerprints" else "unused" if key == "includecmd" else "unread"
        level: Severity = "info" if key in _HARMLESS else "warning"
        yield finding(field.key_span, kind, severity=level, agent=stage.agent, key=field.written)
