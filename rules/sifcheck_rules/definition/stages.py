"""The line of %files: from the host, from an earlier stage, or from nowhere."""

from __future__ import annotations

from sifcheck.api import (
    Definition,
    Edit,
    Findings,
    HeaderField,
    Section,
    Span,
    Target,
    bad,
    edit_distance,
    finding,
    good,
    related,
    replace,
    rule,
)

_STAGES = "a stage is known by what its `Stage:` line says, capitals included"


@rule(
    "DEF302",
    severity="error",
    fix="safe",
    message={
        "misspelt": "no earlier stage is called `{name}`; there is one called `{nearest}`",
        "undefined": "no earlier stage is called `{name}`",
        "number": "stages have no numbers, and no earlier one is called `{name}`",
        "later": "the stage `{name}` comes later in the file: nothing of it is there yet",
        "own": "`{name}` is this stage itself, so nothing comes from another one",
        "blank": "the stage name `{name}` holds a blank, so no %files line can refer to it",
        "twice": "two stages are called `{name}`, and %files takes the first of them",
        "unused": "the stage `{name}` is built, and nothing is copied from it",
    },
    help={
        "misspelt": "write `%files from {nearest}`; " + _STAGES,
        "undefined": "give the stage to copy from a line `Stage: {name}` in its header, above this stage",
        "number": "give the stage to copy from a name, as in `Stage: build`, and write `%files from build`",
        "later": "move the stage `{name}` above this one: stages are built in the order of the file",
        "own": "name an earlier stage, or write `%files` alone to copy from the host",
        "blank": "write a name of one word, as in `Stage: {joined}`, here and behind `from`",
        "twice": "give each stage a name of its own",
        "unused": "copy what is needed from it with `%files from {name}`, or delete the stage",
    },
)
@bad("""
    Bootstrap: docker
    From: golang:1.22
    Stage: build

    Bootstrap: docker
    From: debian:12.5
    %files from Build
                ^^^^^
        /go/bin/tool /usr/local/bin/tool
    """)
@good("""
    Bootstrap: docker
    From: golang:1.22
    Stage: {{ name }}

    Bootstrap: docker
    From: debian:12.5
    %files from build
        /go/bin/tool /usr/local/bin/tool
    """)
def undefined_stage(definition: Definition) -> Findings:
    """Files are copied from a stage that is not there, or a stage is built for nothing.

    The build of all earlier stages is done before it ends at `stage X was not found`.  A stage is found by its name
    alone, never by its number; of two with one name the first counts; and one that nobody copies from still costs its
    time.  Source: Apptainer 1.4.5, measured; singularity#3848; 1.7 % of 2,639 public files copy from a stage.
    """
    if len(definition.stages) < 2 and not any(section.from_stage for section in definition.sections("files")):
        return
    wrong = [draft for section in definition.sections("files") for draft in _from_stage(section)]
    yield from wrong
    refused = any(problem.kind != "undefined-variable" for problem in definition.problems)
    yield from _stage_names(definition, unused=not wrong and not refused)


def _from_stage(section: Section) -> Findings:
    wanted = section.from_stage
    stage = section.stage
    stages = stage.definition.stages
    earlier = [other.name for other in stages[: stage.index] if other.name]
    if wanted is None or wanted in earlier or any("{{" in name for name in (wanted, *earlier)):
        return
    at = _wanted_span(section, wanted)
    nearest = [name for name in dict.fromkeys(earlier) if _is_meant(wanted, name)]
    if wanted == stage.name:
        yield finding(at, "own", name=wanted, severity="warning")
    elif len(nearest) == 1:
        yield finding(at, "misspelt", name=wanted, nearest=nearest[0], fix=replace(at, nearest[0]))
    elif any(other.name == wanted for other in stages[stage.index :]):
        yield finding(at, "later", name=wanted)
    else:
        yield finding(at, "number" if wanted.isdigit() else "undefined", name=wanted)


def _is_meant(written: str, name: str) -> bool:
    return " " not in name and (
        written.lower() == name.lower() or (len(name) > 2 and edit_distance(written, name) <= 1)
    )


def _wanted_span(section: Section, wanted: str) -> Span:
    """Where the name stands behind `from`; the whole words where build variables were put in."""
    span = section.words_span
    if span.end - span.start != len(section.words):
        return span
    written = wanted.encode().decode("latin-1")
    at = section.words.partition("#")[0].rfind(written)
    at = at if at >= 0 else section.words.rfind(written)
    return Span(span.start + at, span.start + at + len(written)) if at >= 0 else span


def _stage_names(definition: Definition, unused: bool) -> Findings:
    sections = list(definition.sections("files"))
    used = {word for section in sections for word in section.words.partition("#")[0].split()}
    used |= {section.from_stage for section in sections if section.from_stage}
    unsure = any("{{" in section.words for section in sections)
    first: dict[str, HeaderField] = {}
    for stage in definition.stages:
        field = stage.field("stage")
        if field is None or not field.value or field.has_unknown:
            continue
        name = field.value
        at = field.value_span
        if name in first:
            before = related(first[name].value_span, "the first of that name")
            yield finding(at, "twice", name=name, severity="warning", related=[before])
        elif (
            not stage.is_last and len(name.split()) > 1 and any(name in section.words for section in sections)
        ):
            yield finding(at, "blank", name=name, joined="-".join(name.split()))
        elif unused and not unsure and not stage.is_last and name not in used:
            yield finding(at, "unused", name=name, severity="info")
        first.setdefault(name, field)


@rule(
    "DEF303",
    severity="warning",
    fix="safe",
    message={
        "words": "the list below is skipped silently: `{words}` behind `%files` is not `from STAGE`",
        "blanks": "the list below is skipped silently: more than one space stands behind `%files`",
        "host": "`{words}` behind `%files` is passed over, and the list is copied from the host",
    },
    help="write `%files` alone to copy from the host, or `%files from STAGE`",
)
@bad("%files \x20\n    data.txt /opt/data.txt\n", fixed="%files\n    data.txt /opt/data.txt\n")
@good("%files \n    data.txt /opt/data.txt\n")
def files_section_ignored(section: Section, target: Target) -> Findings:
    """Words behind `%files` that are not `from STAGE`: nothing of the list is copied, and nothing is said.

    Apptainer, and SingularityCE before 3.10, take the list only if nothing, one blank or exactly two words follow the
    name, with any white space between; with anything else the build goes on without the files.  Later SingularityCE copies
    such a list from the host, and one behind `stage NAME` too.  Source: Apptainer 1.4.5, measured (11 forms);
    SingularityCE 3.10 to 4.5, read.
    """
    words = section.words.partition("#")[0]
    if section.name != "files" or not words or section.from_stage is not None:
        return
    if "{{" in section.words or not section.copies:
        return
    split = words.split()
    named = " ".join(split)
    at = Span(section.words_span.start, section.words_span.start + len(words.rstrip()))
    if not target.lacking("stray files words copy"):
        if split:
            yield finding(at, "host", words=named, severity="info", fix=_plain_line(section, split))
    elif split:
        yield finding(at, "words", words=named, fix=_plain_line(section, split))
    else:
        yield finding(section.line_span, "blanks", words=named, fix=_plain_line(section, split))


def _plain_line(section: Section, split: list[str]) -> Edit | None:
    """The section's line as it was surely meant; None where that is not sure."""
    _, mark, comment = section.words.partition("#")
    earlier = {stage.name for stage in section.stage.definition.stages[: section.stage.index]}
    name = section.line[: len(section.line) - len(section.words) - 1]
    if not split:
        return replace(section.line_span, f"{name} #{comment}" if mark else name)
    named = [word for word in split if word in earlier]
    if len(named) != 1:
        return None
    line = f"{name} from {named[0]}"
    return replace(section.line_span, f"{line}\n    #{comment}" if mark else line)
