"""App sections: the name of the app, its files, and the variables that lead to it."""

from __future__ import annotations

import re

from sifcheck.api import FileCopy, Findings, Section, Span, Stage, bad, finding, good, replace, rule


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
