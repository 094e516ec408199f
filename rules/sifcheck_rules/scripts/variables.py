"""Values of the environment: search paths, names that only the host reads, locales, Python's user folder."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sifcheck.api import (
    BUILD_SECTIONS,
    RUN_SECTIONS,
    Assignment,
    Base,
    Confidence,
    Draft,
    Edit,
    Findings,
    PackageCall,
    Part,
    Script,
    Stage,
    Target,
    Word,
    bad,
    base_of,
    exported_line,
    families,
    finding,
    good,
    package_calls,
    pattern,
    related,
    replace,
    rule,
    within_two_edits,
)

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
@good("""
    %environment
        export PATH=/opt/solver/bin:$PATH
        export PATH=/usr/local/bin:/usr/bin:/bin
        export LD_LIBRARY_PATH=/opt/x/lib
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
    libraries = base_of(stage).exports("LD_LIBRARY_PATH") is True
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
        elif name == "LD_LIBRARY_PATH" and libraries and not _LISTS_BASE.search(value):
            text = "${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
            yield _overwritten(assignment, assignment.value, "libraries", text, stage.value("from"))


# Folders of such bases: who lists them has replaced the base's value on purpose.
_LISTS_BASE = pattern(
    r"(?:^|:)(?:/usr/local/(?:cuda[^/:]*|nvidia)|/opt/intel|/opt/rocm[^/:]*|/usr/local/lib/python[^:]*/torch)(?=[/:]|$)"
)


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
    return part.name == name or (name in part.text and re.search(rf"\$\{{?{name}\b", part.text) is not None)


def _overwritten(assignment: Assignment, word: Word, key: str, addition: str, base: str = "") -> Draft:
    end = word.span.end - (1 if word.quoted == "double" and word.text.endswith('"') else 0)
    value = word.text.strip("\"'")
    confidence: Confidence | None = "medium" if key == "libraries" else None
    fix = Edit(end, end, addition)
    return finding(assignment, key, fix=fix, confidence=confidence, value=value, base=base)


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
    "DEF606",
    severity="warning",
    fix="safe",
    message={
        "prefix": "`{written}` means nothing inside an image: the prefix is read on the host, before the start",
        "misspelt": "`{written}` means nothing anywhere: on the host the prefix is `{prefix}`, inside the image there is none",
        "variable": "`${written}` is empty in %post of {lacking}, which sets the SINGULARITY_ names only",
    },
    help={
        "prefix": "`export {name}=...`",
        "misspelt": "`export {name}=...`",
        "variable": "`${name}` works with all of them",
    },
)
@bad(
    """
    %environment
        export SINGULARITYENV_OMP_NUM_THREADS=4
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        APPTAINERENV_MODE=fast
        ^^^^^^^^^^^^^^^^^
    """,
    fixed="""
    %environment
        export OMP_NUM_THREADS=4
        export MODE=fast
    """,
)
@good(
    """
    %post
        echo "export MODE=fast" >> $APPTAINER_ENVIRONMENT
    """,
    target="apptainer-1.4",
)
def host_prefix_in_image(script: Script, target: Target) -> Findings:
    """A variable for the host's side of the runtime, set or read on the image's side.

    `SINGULARITYENV_X` on the host becomes X in the image when it is started; inside of it nobody reads that name.  And in
    %post SingularityCE sets the names that begin with SINGULARITY_ only, while Apptainer sets both.  Source: both runtimes,
    read; ABCI's guide (a misspelt one); 0.5 % of 7,815 public files.
    """
    if "ENV" in script.text or "_LABELS" in script.text:
        if not script.commands("singularity", "apptainer"):
            for assignment in script.assignments:
                yield from _host_prefix(assignment)
        if "APPTAINER_" in script.text and script.section.name in BUILD_SECTIONS:
            yield from _apptainer_only(script, target)


_HOST_PREFIX = pattern(r"([A-Z]{7,13}?)_?ENV_(\w+)")


def _host_prefix(assignment: Assignment) -> Iterator[Draft]:
    match = _HOST_PREFIX.fullmatch(assignment.name)
    if match is None:
        return
    runtime = within_two_edits(match[1], ("SINGULARITY", "APPTAINER"))
    if runtime is None:
        return
    name, prefix = re.sub("^(?:PREPEND|APPEND)_", "", match[2]), f"{runtime}ENV_"
    edits = None
    if name == match[2]:
        lone = (
            assignment.script.section.name == "environment"
            and not assignment.exported
            and not assignment.prefix
        )
        edits = replace(assignment.name_span, f"export {name}" if lone else name)
    key = "prefix" if assignment.name.startswith(prefix) else "misspelt"
    yield finding(assignment.name_span, key, fix=edits, written=assignment.name, name=name, prefix=prefix)


def _apptainer_only(script: Script, target: Target) -> Iterator[Draft]:
    lacking = target.lacking("apptainer variables")
    severity = target.severity(lacking, "warning")
    if severity is None:
        return
    for short in ("ENVIRONMENT", "LABELS"):
        uses = [part for part in script.variables if part.name == f"APPTAINER_{short}"]
        if not uses or any(part.expansion for part in uses) or f"SINGULARITY_{short}" in script.text:
            continue
        yield finding(
            uses[0].span,
            "variable",
            severity=severity,
            fix=[_singularity_name(part) for part in uses],
            related=[related(part.span, "here too") for part in uses[1:]],
            written=f"APPTAINER_{short}",
            name=f"SINGULARITY_{short}",
            lacking=families(lacking),
        )


def _singularity_name(part: Part) -> Edit:
    return replace(part.span, part.text.replace("APPTAINER_", "SINGULARITY_"))


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
@good("""
    %environment
        export LC_ALL=C.UTF-8 LANG=C
    """)
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
    return _MAKES.search(stage.build_text) is not None or "locale" in stage.value("include")


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
    fix="unsafe",
    message="packages in the user's ~/.local shadow what `{call}` put in the image",
    help="`export PYTHONNOUSERSITE=1` in %environment",
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
def user_python_leaks_in(stage: Stage) -> Findings:
    """What users have installed for themselves comes before what the image brings.

    Home folders are bound into the container, and Python looks into ~/.local first: the image then runs with packages that
    nobody tested it with, on one user's account only.  A virtual environment does not look there, and a PYTHONPATH comes before it.  The fix is not a safe one:
    who adds packages of their own with `pip install --user` no longer sees them.  Source:
    nipreps/mriqc#775, singularity#2600, singularity#476, singularity#5592, msprime#809, fmriprep#1103.
    """
    if not stage.is_last:
        return
    call = next((call for call in package_calls(stage.build_scripts) if _for_users(call)), None)
    if call is None or _has_own_site(stage.build_text):
        return
    if any(_has_own_site(section.body) for section in stage.sections if section.is_script):
        return
    if any(_ISOLATED.search(section.body) for section in stage.named(*RUN_SECTIONS)):
        return
    if any(_names_site(section.script) for section in stage.named("environment")):
        return
    sections = [section for section in stage.named("environment") if section.body.strip()]
    place = sections[-1].name_span if sections else call.command.span
    tool = call.tool if "python" in call.written else call.written
    called = f"{tool} {call.verb.value}"
    yield finding(place, fix=exported_line(stage, "export PYTHONNOUSERSITE=1"), call=called)


def _has_own_site(text: str) -> bool:
    """Whether a script keeps the user's folder out, or works in a virtual environment, which does so."""
    if "PYTHONNOUSERSITE" in text or "PYTHONUSERBASE" in text:
        return True
    if "/bin/activate" not in text:
        return False
    paths = (word.rpartition("/bin/activate")[0] for word in text.split() if "/bin/activate" in word)
    return any("env" in path and "conda" not in path for path in paths)


def _names_site(script: Script) -> bool:
    """Whether PYTHONPATH, which comes before the user's folder, names a folder that packages are installed to."""
    return any(
        assignment.name == "PYTHONPATH"
        and assignment.value is not None
        and _SITE.search(assignment.value.text) is not None
        for assignment in script.assignments
    )


_SITE = pattern(r"(?:site|dist)-packages/?(?=[:\"'}]|$)")
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
