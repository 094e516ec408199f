"""What the image says about itself, %labels and %help, and whether it is tried, %test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from sifcheck.api import (
    DOWNLOADERS,
    Command,
    Confidence,
    Definition,
    Edit,
    Findings,
    Label,
    NamedTuple,
    Script,
    Section,
    Span,
    Stage,
    bad,
    finding,
    good,
    pattern,
    related,
    replace,
    rule,
)

if TYPE_CHECKING:
    from sifcheck.api import Site

_LABEL_FILES = ("SINGULARITY_LABELS", "APPTAINER_LABELS")


@rule(
    "DEF801",
    severity="warning",
    fix="safe",
    message={
        "equals": "the label is called `{name}`: only white space separates name and value",
        "colon": "the label is called `{name}`, colon included",
        "tab": "the TAB separates nothing: the label is called `{name}`",
        "value": "the value begins with the `{mark}`: only white space separates name and value",
        "quoted-name": "quotes hold no name together: the label is called `{name}`",
        "quotes": "the quotes become part of the value",
        "posted": "%post writes the label `{name}` too, and what it writes stays",
    },
    help={
        "": "write `{right}`",
        "quoted-name": "write a name without blanks",
        "quotes": "leave them out: the value is the rest of the line",
        "posted": "keep one of the two",
    },
)
@bad(
    """
    %labels
        Version=1.0
        ^^^^^^^^^^^
    """,
    fixed="""
    %labels
        Version 1.0
    """,
)
@bad(
    "%labels\n    Author\tJane Doe\n",
    fixed="%labels\n    Author Jane Doe\n",
)
@good("""
    %labels
        Author Jane Doe <jane@example.org>
        Version 1.0
        org.opencontainers.image.source https://example.org/?a=b
        Note says "hello" to all
    """)
def label_misread(section: Section) -> Findings:
    """A label whose name or value is not what its line seems to say.

    The first blank parts name and value; equals signs, colons, TABs and quotes are text.  `inspect` then shows a label
    `Version=1.0` without a value, and nothing that looks for `Version` finds it.  Source: Apptainer 1.4.5, measured; of
    2,639 public files 1.2 % have `=`, 1.1 % `:`, 0.3 % a TAB, 1.9 % quotes.
    """
    if section.name not in ("labels", "applabels"):
        return
    posted: dict[str, Span] | None = None
    for label in section.labels:
        if "{{" in label.key:
            continue
        misread = list(_misread(label))
        yield from misread
        if misread or section.name != "labels":
            continue
        if posted is None:
            posted = {name: at for name, at in _posted(section.stage) if name is not None}
        if label.key in posted:
            here = related(posted[label.key], "written here")
            yield finding(label.key_span, "posted", name=label.key, severity="info", related=[here])


def _misread(label: Label) -> Findings:
    source = label.section.stage.definition.source
    written = source.slice(label.key_span)
    value = label.value
    separator = re.search(r"[\t=]", written)
    if separator is not None and separator.start():
        line = source.slice(label.span)
        name = written[: separator.start()].rstrip(" \t:")
        rest = line[separator.end() :].lstrip(" \t=").rstrip()
        right = f"{name} {_unquoted(rest)}".rstrip()
        key = "tab" if separator[0] == "\t" else "equals"
        yield finding(label.key_span, key, name=written, right=right, fix=replace(label.span, right))
    elif written.endswith(":") and len(written) > 1:
        right = f"{written.rstrip(':')} {_unquoted(value)}".rstrip()
        yield finding(label.key_span, "colon", name=written, right=right, fix=replace(label.span, right))
    elif written[:1] in ('"', "'"):
        yield finding(label.key_span, "quoted-name", name=written)
    elif value[:1] in ("=", ":") and (len(value) == 1 or value[1].isspace()):
        right = f"{written} {_unquoted(value[1:].strip())}".rstrip()
        yield finding(label.value_span, "value", mark=value[0], right=right, fix=replace(label.span, right))
    elif _unquoted(value) != value:
        yield finding(
            label.value_span, "quotes", severity="info", fix=replace(label.value_span, _unquoted(value))
        )


def _unquoted(value: str) -> str:
    """A value without the quotes round all of it."""
    if len(value) > 2 and value[0] in "\"'" and value[-1] == value[0] and value[0] not in value[1:-1]:
        return value[1:-1].strip()
    return value


def _posted(stage: Stage) -> Iterator[tuple[str | None, Span]]:
    """The names of labels that %post writes, None where the name cannot be told, and where."""
    for section in stage.named("post"):
        if "_LABELS" not in section.body:
            continue
        for redirection in section.script.redirections:
            target, command = redirection.target, redirection.command
            if target is None or not any(part.name in _LABEL_FILES for part in target.parts):
                continue
            name = None
            if command is not None and command.program in ("echo", "printf") and command.operands():
                first = command.operands()[0]
                words = first.prefix.split(None, 1)
                if words and (len(words) > 1 or first.value is not None or first.prefix[-1:].isspace()):
                    name = words[0]
            yield name, redirection.span


@rule(
    "DEF802",
    severity="info",
    fix="unsafe",
    sections="test",
    message={
        "": "`{program}` may fail unnoticed: only the last command of %test decides",
        "pipe": "`{program}` may fail unnoticed: of a pipeline only the last command decides",
    },
    help={
        "": "make `set -e` the first line of %test",
        "pipe": "make `set -e` the first line of %test, and call `{program}` outside the pipeline too",
    },
)
@bad(
    """
    %test
    ^^^^^
        python3 -c 'import numpy'
        python3 -c 'import scipy'
    """,
    fixed="""
    %test
        set -e
        python3 -c 'import numpy'
        python3 -c 'import scipy'
    """,
)
@good("""
    %test
        set -e
        python3 -c 'import numpy'
        python3 -c 'import scipy'
    """)
def test_ignores_failure(script: Script) -> Findings:
    """A %test of several commands, of which only the last one counts.

    %post is run with `-e`, %test is not: the build says that the test passed although its first commands failed.
    Source: Apptainer 1.4.5, measured; 233 of 429 public %test sections that hold something.
    """
    section: Section = script.section
    if not section.is_shell or _stops_at_errors(section):
        return
    missed = list(_missed(script))
    if not missed or section.open_before is not None:
        return
    caught = next((command for command in missed if _ends_script(command)), None)
    command = caught or next((one for one in missed if one.program not in _FILTERS), missed[0])
    program = command.program or command.name or command.words[0].text
    if caught is None:
        yield finding(section.name_span, "pipe", program=program)
    else:
        yield finding(section.name_span, program=program, fix=_set_errexit(section, command))


_FILTERS = frozenset("head tail cat tee sort uniq wc tr cut less more sed awk column".split())


def _ends_script(command: Command) -> bool:
    """Whether `set -e` would end the script where the command fails: in a pipeline the last one decides, and a filter never fails."""
    return len(command.pipeline) == 1 or (command.pipeline[-1] is command and command.program not in _FILTERS)


def _missed(script: Script) -> Iterator[Command]:
    """The commands whose failure %test passes over."""
    commands = script.commands()
    for number, command in enumerate(commands, 1):
        following = commands[number] if number < len(commands) else None
        if command.top_level and not (
            command.handled or command.last or _is_talk(command) or _asks_status(following)
        ):
            yield command


def _stops_at_errors(section: Section) -> bool:
    options = [*section.shell.split()[1:], *section.option_words]
    if any(word.startswith("-") and not word.startswith("--") and "e" in word for word in options):
        return True
    return any(
        command.option("-e") is not None or any(word.value == "errexit" for word in command.arguments)
        for command in section.script.commands("set")
    )


def _asks_status(command: Command | None) -> bool:
    """Whether a command asks how the one before it ended: `if [ $? -eq 0 ]`."""
    return command is not None and any(part.name == "?" for word in command.words for part in word.parts)


def _is_talk(command: Command) -> bool:
    """Whether nothing is tested by the command."""
    return command.program in (
        "echo",
        "printf",
        "cd",
        "export",
        "set",
        "true",
        ":",
        "exit",
        "unset",
        "source",
        ".",
        "umask",
    )


def _set_errexit(section: Section, first: Command) -> Edit | None:
    source = section.stage.definition.source
    above = section.line_span.start
    if section.body.lstrip().startswith("#!"):
        above = source.text.find("#!", section.line_span.end)
    start = source.line_span(source.line_of(above)).end
    if start > first.span.start:
        return None
    line = source.line_span(source.line_of(first.span.start))
    text = source.text[line.start : line.end]
    indentation = text[: len(text) - len(text.lstrip(" \t"))]
    return Edit(start, start, f"{indentation}set -e\n")


_DEVICES = {
    "nvidia-smi": "a GPU and its driver",
    "rocm-smi": "a GPU and its driver",
    "srun": "a job of Slurm",
}
_LAUNCHERS = ("mpirun", "mpiexec")
_GPU = pattern(
    r"assert[^;\n]*(?:is_available|is_gpu_available|list_physical_devices|device_count)|cuda\.(?:current_device|get_device_name|init)\("
)


@rule(
    "DEF803",
    severity="warning",
    confidence="medium",
    sections="test",
    message={
        "device": "`{program}` needs {what}, which the machine that builds may not have",
        "mpi": "`{program}` may find too few cores on the machine that builds, or refuse to run as root",
        "gpu": "the test asks for a GPU, which the machine that builds may not have",
        "network": "`{program}` needs the network each time the image is built",
    },
    help={
        "": "%test runs during the build: test the import instead of the device, put the command behind a check, or build with `--notest`",
        "mpi": "%test runs during the build: call the program without `{program}`, put the command behind a check, or build with `--notest`",
        "network": "%test runs during the build: put the command behind a check, or build with `--notest`",
    },
)
@bad("""
    %test
        nvidia-smi
        ^^^^^^^^^^
    """)
@good("""
    %test
        mpirun --version
        nvidia-smi || true
        if command -v nvidia-smi; then nvidia-smi; fi
        python3 -c 'import torch; print(torch.cuda.is_available())'
        curl --version
    """)
def test_needs_hardware(script: Script) -> Findings:
    """The %test calls for a device, a job or the network.

    It runs at the end of the build, often on a login or build node without any of these; if it fails, so does the build,
    after all its work.  Source: Apptainer 1.4.5, measured (a failing %test fails the build); 0.15 % of 7,815 public
    files.
    """
    section: Section = script.section
    if not section.is_shell:
        return
    stops: bool | None = None
    for command in script.commands():
        need = _need(command)
        if need is None or command.handled or command.branch or command.function:
            continue
        if stops is None:
            stops = _stops_at_errors(section)
        # Where its failure is passed over, the build goes on; it would end there with `set -e`.
        sure: Confidence = "medium" if stops or command.last else "low"
        yield finding(
            command,
            need,
            confidence=sure,
            program=command.program,
            what=_DEVICES.get(command.program or "", ""),
        )


def _need(command: Command) -> str | None:
    program = command.program
    if program in _DEVICES or program in _LAUNCHERS or (program in DOWNLOADERS and command.arguments):
        if command.option("--version", "-V", "--help", "-h") is not None and not command.operands():
            return None
        if program in _LAUNCHERS:
            # Without a number it starts as many as there are cores.
            alone = command.option("-n", "-np", "--np", "-c", "--n") is None
            return None if alone and command.option("--allow-run-as-root") is not None else "mpi"
        return "device" if program in _DEVICES else "network"
    if program == "git" and command.arguments and command.arguments[0].value in ("clone", "pull", "fetch"):
        return "network"
    if (
        program is not None
        and program.startswith("python")
        and any(_GPU.search(word.text) for word in command.arguments)
    ):
        return "gpu"
    return None


@rule(
    "DEF804",
    severity="info",
    profile="strict",
    fix="unsafe",
    message={
        "": "nothing tries the image: there is no %test",
        "program": "nothing tries the image: there is no %test that runs `{program}`",
    },
    help={
        "": "add a %test that runs the program once, with `set -e` as its first line",
        "program": "add `%test` with the lines `set -e` and `{program} --version`",
    },
)
@bad(
    """
    %runscript
        exec samtools "$@"
    """,
    fixed="""
    %runscript
        exec samtools "$@"

    %test
        set -e
        samtools --version
    """,
)
@good("""
    %runscript
        exec samtools "$@"
    %test
        samtools --version
    """)
def no_test(definition: Definition) -> Findings:
    """The image is not tried when it is built.

    %test runs at the end of the build, and later on any machine by `apptainer test IMAGE`: a library that is missing
    shows at once and not in the first job.  Source: CodeRefinery guide, RIST seminar; 91.2 % of 2,639 public files have
    none.
    """
    stage = _image_stage(definition)
    if stage is None or any(section.body.strip() for section in definition.sections("test")):
        return
    program = _run_program(stage)
    if program is None:
        yield finding(definition)
        return
    fix = _appended(definition, f"%test\n    set -e\n    {program} --version\n")
    yield finding(definition, "program", program=program, fix=fix)


def _image_stage(definition: Definition) -> Stage | None:
    """The stage that becomes the image; None for a file that is not one."""
    if not definition.stages or definition.stages[-1].field("bootstrap") is None:
        return None
    return definition.stages[-1]


def _run_program(stage: Stage) -> str | None:
    """The program that %runscript hands over to, as written there."""
    for section in stage.named("runscript"):
        commands = section.script.commands() if section.is_shell else ()
        if (
            commands
            and commands[-1].last
            and commands[-1].program not in (None, "echo", "printf", "cat", "exec", "eval")
        ):
            word = commands[-1].program_word
            return word.text if word is not None and word.value == word.text else None
    return None


def _appended(definition: Definition, text: str) -> Edit | None:
    """The edit that adds a section below all others; None where the last one does not end."""
    source = definition.source
    last = definition.stages[-1].sections[-1:]
    if last and last[0].is_script and last[0].script.open_at_end:
        return None
    end = len(source.data)
    gap = "\n" if source.text.endswith("\n") else "\n\n"
    return Edit(end, end, gap + text)


LabelType = Literal["text", "version", "date", "url", "email", "license", "commit"]


class Documentation(NamedTuple):
    """`labels`: the labels that an image is to have, each in any of its common spellings.

    `types`: what the value of a label has to be, where it is there: `text` (not empty), `version` (1.2.3), `date`
    (2026-11-24, also with a time as in RFC 3339), `url`, `email`, `license` (an SPDX expression), `commit` (of Git).
    """

    labels: tuple[str, ...] = ("author", "version", "description")
    types: dict[str, LabelType] = {}  # noqa: RUF012 - options are never written to


_TYPES: dict[str, re.Pattern[str]] = {
    "text": pattern(r".*\S.*"),
    "version": pattern(r"v?\d+(\.\d+)*([-+.]?[A-Za-z0-9]+([.+-][A-Za-z0-9]+)*)?"),
    "date": pattern(
        r"\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])([Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?)?"
    ),
    "url": pattern(r"https?://[^\s/?#]+\S*"),
    "email": pattern(r"(?:[^<>]*<)?[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+>?"),
    "license": pattern(r"\(?[A-Za-z0-9.+-]+\)?(?: (?:AND|OR|WITH) \(?[A-Za-z0-9.+-]+\)?)*"),
    "commit": pattern(r"[0-9a-f]{7,64}"),
}

_SPELLINGS = {
    "author": frozenset("author authors maintainer maintainers contact creator".split()),
    "version": frozenset(("version",)),
    "description": frozenset("description desc summary about".split()),
}


@rule(
    "DEF805",
    severity="info",
    profile="strict",
    fix="unsafe",
    message={
        "help": "`apptainer run-help` says nothing: there is no %help",
        "labels": "the image does not say who made it or what it is: %labels lacks {names}",
        "type": "the label `{name}` is to be a {type}, and `{value}` is not one",
    },
    help={
        "type": "the configuration asks for it: `[rules.DEF805]`, `types`",
        "help": "add a %help with a sentence on what the image does and how it is run",
        "labels": "add a line `Name value` for each under %labels",
    },
)
@bad("""
    %labels
        Author Jane Doe
        Version 1.0
        Description reads and sorts
    """)
@good("""
    %help
        Reads and sorts.
    %labels
        Maintainer Jane Doe
        org.opencontainers.image.version 1.0
        Summary reads and sorts
    """)
def undocumented_image(definition: Definition, options: Documentation, site: Site | None = None) -> Findings:
    """The image does not say what it is.

    A year later `apptainer inspect` and `run-help` are all that is known of a file called `final2.sif`.  Source:
    the user guides' pages on definition files; CodeRefinery and Aalto guides; of 2,639 public files 78.4 % have no help,
    52.8 % no labels.
    """
    stage = _image_stage(definition)
    if stage is None:
        return
    if not any(section.body.strip() for section in stage.named("help")):
        text = "%help\n    WHAT THE IMAGE DOES, IN A SENTENCE.\n    Usage: apptainer run IMAGE [OPTIONS]\n"
        yield finding(definition, "help", fix=_appended(definition, text))
    missing = _missing_labels(stage, (*options.labels, *(site.policy.labels if site is not None else ())))
    if missing:
        fix = _labels_added(definition, stage, missing)
        yield finding(definition, "labels", names=" and ".join(missing), fix=fix)
    yield from _mistyped_labels(stage, options.types)


def _mistyped_labels(stage: Stage, types: dict[str, LabelType]) -> Findings:
    for section in stage.named("labels") if types else ():
        for label in section.labels:
            for name, wanted in types.items():
                value = label.value.strip().strip("\"'")
                if _is_called(label.key, name) and "{{" not in value and not _TYPES[wanted].fullmatch(value):
                    yield finding(label, "type", name=label.key, type=wanted, value=value)


def _name_parts(key: str) -> frozenset[str]:
    """A label's own name without the domain before it, whole and in its words, in small letters."""
    return frozenset(re.split(r"[-_. ]+", key.rpartition(".")[2].lower())) | {key.lower()}


def _is_called(key: str, name: str) -> bool:
    return bool(_name_parts(key) & _SPELLINGS.get(name.lower(), frozenset((name.lower(),))))


def _missing_labels(stage: Stage, wanted: tuple[str, ...]) -> list[str]:
    written = [
        re.split(r"[=\t:]", label.key)[0] for section in stage.named("labels") for label in section.labels
    ]
    for name, _ in _posted(stage):
        if name is None:
            return []
        written.append(name)
    return [name for name in wanted if not any(_is_called(key, name) for key in written)]


def _labels_added(definition: Definition, stage: Stage, missing: list[str]) -> Edit | None:
    lines = "".join(f"    {name.capitalize()} {name.upper()}\n" for name in missing)
    sections = stage.named("labels")
    if not sections or not sections[-1].labels:
        return _appended(definition, f"%labels\n{lines}")
    last = sections[-1].labels[-1].span
    line = definition.source.line_span(definition.source.line_of(last.start))
    ended = definition.source.text[line.start : line.end].endswith("\n")
    return Edit(line.end, line.end, lines if ended else "\n" + lines)
