"""The values that options of one call of the runtime have: what is bound into the image, and build arguments."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sifcheck.api import (
    NOWHERE,
    Draft,
    Edit,
    Findings,
    NamedTuple,
    Severity,
    Stage,
    Word,
    bad,
    base_of,
    families,
    finding,
    good,
    pattern,
    replace,
    rule,
    within_two_edits,
)

if TYPE_CHECKING:
    from sifcheck.api import CalledFolder, CallOption, Definition, RuntimeCall, Target

# -- BLD304

_ROOT_FOLDERS = frozenset(
    "bin boot data dev etc home lib lib64 media mnt opt proc root run sbin scratch srv sys tmp usr var work".split()
)
_EMPTY_FOLDERS = ("mnt", "opt", "srv", "media")
_MODES = ("ro", "rw")
_UNKNOWN = "\0"
"""Stands in a value for what is not known before the script runs."""

_SOURCES = ("source", "src")
_DESTINATIONS = ("destination", "dst", "target")
_MOUNT_KEYS = ("type", *_SOURCES, *_DESTINATIONS, "ro", "readonly", "image-src", "id")


class _Bind(NamedTuple):
    """One bind of an option: where from, where to (None where that is not said), how."""

    option: CallOption
    text: str
    source: str
    destination: str | None
    mode: str | None


@rule(
    "BLD304",
    severity="error",
    tags="call",
    profile="minimal",
    fix="safe",
    sections="job",
    message={
        "relative": "a build looks for `{source}` under `/`, and not in the current folder",
        "inside": "`{destination}` is where it is bound to in the image, and no path from `/`",
        "mode": "`{mode}` is no way to bind: there are `ro` and `rw`",
        "parts": "`{text}` has {count} parts, and a bind three at the most",
        "empty": "nothing stands behind the colon of `{text}`: the bind has no place in the image",
        "mount": "`{text}` has no {lacking}: a mount needs a source and a destination",
        "kind": "the runtimes mount `type=bind` only, and no `{value}`",
        "key": "`{name}` is no part of a mount",
        "source": "`{source}` is bound into the build, and is not there",
        "target": "nothing makes `{destination}` in the image: a build binds to what is there, and makes no folder",
    },
    help={
        "relative": "write the whole path: `$PWD/{source}`",
        "inside": "write `SOURCE:/PATH/IN/THE/IMAGE`",
        "mode": "write `SOURCE:DESTINATION`, or `:ro` behind them",
        "parts": "write `SOURCE:DESTINATION`, or `:ro` behind them; commas part several binds",
        "empty": "write `SOURCE:DESTINATION`, or the source alone for the same path inside",
        "mount": "write `type=bind,source=SOURCE,destination=/PATH/IN/THE/IMAGE`",
        "kind": "write `type=bind`; for an empty folder a run has `--scratch /PATH`",
        "key": "{advice}",
        "source": "name what is to be bound by its whole path",
        "target": "in {file}:\n%setup\n    mkdir -p ${{SINGULARITY_ROOTFS}}{destination}",
    },
)
@bad(
    """
    #!/bin/bash
    apptainer build --bind packages:/mnt app.sif app.def
                           ^^^^^^^^^^^^^
    """,
    fixed="""
    #!/bin/bash
    apptainer build --bind $PWD/packages:/mnt app.sif app.def
    """,
)
@good("""
    #!/bin/bash
    apptainer build --bind $PWD/packages:/mnt app.sif app.def
    apptainer build -B /home/apps:/opt,/data:/srv:ro app.sif app.def
    apptainer exec -B results:/results -B "$DATA" -B ~/x:/x app.sif python3 train.py
    apptainer exec --mount type=bind,source="$PWD",destination=/data,ro app.sif python3 train.py
    """)
def bind_target_missing(call: RuntimeCall, folder: CalledFolder | None = None) -> Findings:
    """A bind cannot be made: what is bound, or where to, is not there, or the words are no bind.

    During a build the current folder is `/`, so `packages` is `/packages`: "mount source /packages doesn't exist".  When
    an image is run a source may be relative, the place in the image may not: "destination must be an absolute path".  A
    bind has three parts at the most ("bad bind syntax"), a mount a source, a destination and the kind `bind`.  Of
    `:/data` the runtime makes `/data`, and says nothing; nor does this rule.

    Source: Apptainer 1.4.5, measured for `build` and `exec`; `pkg/util/bind/mount.go` of SingularityCE 4.5 (read).
    """
    if call.subcommand != "build" and not call.runs_image:
        return
    for option in call.options:
        shape = _shape(call, option)
        wrong = _no_mount(option, shape) if option.name == "--mount" and shape else None
        if wrong is not None:
            yield wrong
    for bind in (*_binds(call), *_mounts(call)):
        yield from _judged(call, bind, folder)


def _judged(call: RuntimeCall, bind: _Bind, folder: CalledFolder | None) -> Iterator[Draft]:
    place = bind.option.value or bind.option.word
    mode = bind.mode
    if mode is not None and mode.count(":"):
        text = bind.text.replace(_UNKNOWN, "...")
        yield finding(place, "parts", text=text, count=mode.count(":") + 3)
        return
    if mode is not None and not all(
        one in _MODES or "=" in one or _UNKNOWN in one for one in mode.split(",")
    ):
        yield finding(place, "mode", mode=mode)
        return
    if bind.destination == "":
        yield finding(place, "empty", text=bind.text.replace(_UNKNOWN, "..."))
        return
    destination = bind.destination or bind.source
    if call.subcommand == "build" and _is_relative(bind.source):
        yield finding(place, "relative", source=bind.source, fix=_whole_path(call, bind))
    elif destination[0] not in f"/~${_UNKNOWN}" and destination not in _MODES:
        yield finding(place, "inside", destination=destination.replace(_UNKNOWN, "..."))
    elif call.subcommand == "build" and folder is not None and _UNKNOWN not in bind.source + destination:
        yield from _not_there(call, bind, destination, folder)


def _not_there(call: RuntimeCall, bind: _Bind, destination: str, folder: CalledFolder) -> Iterator[Draft]:
    """What is said of a bind of which it can be looked up what is at both ends."""
    place = bind.option.value or bind.option.word
    source = folder.at(bind.source.rstrip("/") or "/")
    script = call.shown_text
    if source is not None and source.kind in ("", "dangling"):
        # Named a second time it may be made by the script itself.
        if script.count(bind.source) == 1:
            yield finding(place, "source", source=bind.source)
        return
    definition = folder.definition(call)
    path = destination.rstrip("/")
    if definition is None or not _may_lack(path) or script.count("cp ") or script.count("sed "):
        return
    if any(_lacks(stage, path) for stage in definition.stages):
        file = definition.source.path.rpartition("/")[2]
        yield finding(place, "target", severity="warning", confidence="medium", destination=path, file=file)


def _may_lack(path: str) -> bool:
    """Whether the images of distributions lack a folder, by its place; the host's own are there in a build."""
    first, _, rest = path.lstrip("/").partition("/")
    return bool(rest) if first in _EMPTY_FOLDERS else first not in _ROOT_FOLDERS


def _lacks(stage: Stage, path: str) -> bool:
    """Whether a stage runs scripts, starts from a distribution's image, and does not name the folder before them."""
    if base_of(stage).distribution is None or not base_of(stage).bare:
        return False
    if not any(section.body.strip() for section in stage.named("post", "test")):
        return False
    name = path.rpartition("/")[2]
    return not any(name in section.body for section in stage.named("pre", "setup", "files"))


def _shape(call: RuntimeCall, option: CallOption) -> str:
    """The value of an option, with a sign where it is not known; "" for none."""
    word = option.value
    if word is None:
        return ""
    value = call.value_of(word)
    if value is not None:
        return value
    known = (call.values.get(part.name or "") if not part.expansion else None for part in word.parts)
    return "".join(
        part.value if part.value is not None else (value or _UNKNOWN)
        for part, value in zip(word.parts, known, strict=True)
    )


def _binds(call: RuntimeCall) -> Iterator[_Bind]:
    for option in call.options:
        text = _shape(call, option) if option.name == "--bind" else ""
        # A backslash takes its meaning from a colon or comma; an image is bound with words of its own.
        if not text or "\\" in text or "=" in text:
            continue
        mode = None
        for part in text.split(","):
            source, colon, rest = part.partition(":")
            # Behind a mode a comma may begin another one.
            if source and (mode is None or "/" in part):
                destination, second, mode_given = rest.partition(":")
                mode = mode_given if second else None
                yield _Bind(option, part, source, destination if colon else None, mode)


def _mounts(call: RuntimeCall) -> Iterator[_Bind]:
    """The binds of `--mount` that say where from and where to."""
    for option in call.options:
        text = _shape(call, option) if option.name == "--mount" else ""
        given = dict(_fields(text) or ()) if text else {}
        source = next((given[name] for name in _SOURCES if given.get(name)), "")
        destination = next((given[name] for name in _DESTINATIONS if given.get(name)), "")
        if source and destination and "image-src" not in given and "id" not in given:
            yield _Bind(option, text, source, destination, None)


def _fields(text: str) -> list[tuple[str, str]] | None:
    """The names and values of a mount; None where its form is not known or cannot be read."""
    parts = None if "\n" in text else _listed(text)
    if parts is None or any(_UNKNOWN in part.partition("=")[0] for part in parts):
        return None
    return [(part.partition("=")[0], part.partition("=")[2]) for part in parts]


def _no_mount(option: CallOption, text: str) -> Draft | None:
    """What is said of a value of `--mount` that the runtimes cannot read."""
    place = option.value or option.word
    fields = _fields(text)
    if fields is None:
        return None
    for name, value in fields:
        if name == "type" and value != "bind" and _UNKNOWN not in value:
            return finding(place, "kind", value=value)
        if name not in _MOUNT_KEYS:
            near = within_two_edits(name.strip(), _MOUNT_KEYS)
            advice = f"did you mean `{near}`?" if near else f"there are `{'`, `'.join(_MOUNT_KEYS)}`"
            return finding(place, "key", name=name, advice=advice)
    names = {name for name, value in fields if value}
    sides = {"source": _SOURCES, "destination": _DESTINATIONS}
    lacking = [side for side, words in sides.items() if not names.intersection(words)]
    shown = text.replace(_UNKNOWN, "...")
    return finding(place, "mount", text=shown, lacking=" and no ".join(lacking)) if lacking else None


def _is_relative(path: str) -> bool:
    """Whether a path is seen from the current folder, and from nowhere else: `tmp` may be meant as `/tmp`."""
    first = path.partition("/")[0]
    return path[:1] not in f"/~${_UNKNOWN}" and first not in _ROOT_FOLDERS


def _whole_path(call: RuntimeCall, bind: _Bind) -> Edit:
    word = bind.option.value
    if word is None or not call.stands_as_seen([word]) or word.quoted not in ("none", "double"):
        return NOWHERE
    at = word.span.start + (word.quoted == "double" and word.text.startswith('"'))
    return Edit(at, at, "$PWD/") if word.value and word.value.startswith(bind.text) else NOWHERE


# -- BLD306

_CSV = pattern(r'(?:"(?:[^"]|"")*"|[^",]*)(?:,(?:"(?:[^"]|"")*"|[^",]*))*')


@rule(
    "BLD306",
    severity="error",
    tags="call",
    profile="minimal",
    fix="unsafe",
    sections="job",
    message={
        "": "`{value}` is no build argument: it has no `=`",
        "name": "`{value}` is no build argument: nothing stands before the `=`",
        "comma": "commas part build arguments, and `{part}` has no `=`",
        "quote": "the quotation mark in `{value}` is read as part of a list, where it cannot stand",
        "unused": "{file} uses no variable `{name}`",
        "empty": "`{name}=` gives no value, and that is refused by {lacking}",
        "file": "`{name}` is no file with build arguments: {why}",
        "line": "line {number} of {name} is no NAME=VALUE and is passed over",
    },
    help={
        "": "write `--build-arg {value}=VALUE`",
        "name": "write `--build-arg NAME{value}`",
        "comma": "quotation marks that the runtime sees keep them together: `--build-arg '\"{value}\"'`",
        "quote": "the marks stand round all of it: `--build-arg '\"NAME=A,B\"'`",
        "unused": "{advice}",
        "empty": "give it a value, or leave it out where the file has a default for it",
        "file": "name a file of NAME=VALUE lines",
        "line": "write NAME=VALUE, one on a line",
    },
)
@bad(
    """
    #!/bin/bash
    apptainer build --build-arg FLAGS=-O2,-g app.sif app.def
                                ^^^^^^^^^^^^
    """,
    fixed="""
    #!/bin/bash
    apptainer build --build-arg '"FLAGS=-O2,-g"' app.sif app.def
    """,
)
@good("""
    #!/bin/bash
    apptainer build --build-arg VERSION=1.2 --build-arg EMPTY= app.sif app.def
    apptainer build --build-arg A=1,B=2 --build-arg '"FLAGS=-O2,-g"' app.sif app.def
    apptainer build --build-arg "$NAME" --build-arg V=$V app.sif app.def
    """)
def build_argument_unusable(
    call: RuntimeCall, target: Target, folder: CalledFolder | None = None
) -> Findings:
    """What `--build-arg` is given is no `NAME=VALUE`.

    The option takes a list in the form of CSV: a comma in a value begins the next argument, and quotation marks protect it
    only where they stand round the whole `NAME=VALUE` and come through the shell.  The build stops before the file is
    opened: "is not a key=value pair".  A name that the file does not use stops Apptainer as well ("unused build args");
    SingularityCE warns, but takes no empty value.  A default in %arguments is no use, nor is a name in a comment.

    Source: Apptainer 1.4.5, measured (over twenty forms); the code of SingularityCE 4.5, which reads it with the same library.
    """
    if call.subcommand != "build" or not target.having("build arguments"):
        return
    for option in call.options:
        if option.name != "--build-arg" or option.value is None:
            continue
        value = call.value_of(option.value)
        if value:
            wrong = list(_argument(call, option.value, value)) or list(
                _empty(call, option.value, value, target)
            )
            yield from wrong or _unused(call, option.value, value, target, folder)
    if folder is not None:
        yield from _file(call, folder)


def _empty(call: RuntimeCall, word: Word, value: str, target: Target) -> Iterator[Draft]:
    """The names in a value that are given nothing, where a runtime does not take that."""
    refusing = tuple(
        one
        for one in call.runtimes(target)
        if one.has("build arguments") and not one.has("empty --build-arg")
    )
    level = call.severity(target, refusing, "error")
    for part in _listed(value) or () if level is not None else ():
        name, equals, given = part.partition("=")
        if equals and not given.strip():
            yield finding(word, "empty", severity=level, name=name.strip(), lacking=families(refusing))


def _unused(
    call: RuntimeCall, word: Word, value: str, target: Target, folder: CalledFolder | None
) -> Iterator[Draft]:
    """The names in a value that the definition file does not use."""
    definition = folder.definition(call) if folder is not None else None
    warns = call.option("--warn-unused-build-args") is not None
    if definition is None or warns or call.unsure or _makes_file(call, definition):
        return
    given = {part.partition("=")[0].strip() for part in _all_parts(call)}
    names = sorted({use.name for use in definition.uses} - given)
    for name in [part.partition("=")[0].strip() for part in _listed(value) or ()]:
        level = _level_of_unused(call, name, definition, target) if name else None
        if level is None:
            continue
        near = within_two_edits(name, names)
        plain = near is not None and word.text.startswith(f"{name}=") and call.stands_as_seen([word])
        fix = replace(word, f"{near}{word.text[len(name) :]}") if plain else NOWHERE
        advice = f"did you mean `{near}`?" if near else _LEAVE_OUT
        file = definition.source.path.rpartition("/")[2]
        yield finding(word, "unused", severity=level, name=name, file=file, advice=advice, fix=fix)


_LEAVE_OUT = "leave it out, or add `--warn-unused-build-args`"


def _level_of_unused(call: RuntimeCall, name: str, definition: Definition, target: Target) -> Severity | None:
    """How bad it is to give a variable; None where it is used.  In a comment it is used for SingularityCE only."""
    uses = [use for use in definition.uses if use.name == name]
    if any(not use.hidden for use in uses):
        return None
    stopped = tuple(one for one in call.runtimes(target) if one.has("unused --build-arg refused"))
    level = call.severity(target, stopped, "error")
    return level if uses or level is not None else "warning"


def _makes_file(call: RuntimeCall, definition: Definition) -> bool:
    """Whether the script may change the definition file before it builds it: it names the file twice."""
    text = call.shown_text
    return text.count(definition.source.path.rpartition("/")[2]) != 1


def _all_parts(call: RuntimeCall) -> Iterable[str]:
    for option in call.options:
        value = call.value_of(option.value) if option.name == "--build-arg" else None
        yield from _listed(value) or () if value else ()


def _file(call: RuntimeCall, folder: CalledFolder) -> Iterator[Draft]:
    """What is said of the file that `--build-arg-file` names."""
    option = call.option("--build-arg-file")
    entry = folder.entry(call, option.value) if option is not None else None
    if entry is None or option is None or option.value is None:
        return
    name = call.value_of(option.value) or ""
    text = call.shown_text
    if text.count(name) != 1:
        return
    if entry.kind != "file":
        why = "it is a folder" if entry.kind == "folder" else "it is not there"
        if entry.kind in ("", "dangling", "folder"):
            yield finding(option.value, "file", name=name, why=why)
        return
    for number, line in enumerate((entry.text or "").splitlines(), 1):
        # Comments and blank lines are passed over as well, and nobody misses them.
        if line.strip() and "=" not in line and not line.lstrip().startswith("#"):
            yield finding(option.value, "line", severity="warning", number=number, name=name)
            return


def _argument(call: RuntimeCall, word: Word, value: str) -> Iterator[Draft]:
    parts = _listed(value)
    if parts is None:
        yield finding(word, "quote", value=value)
        return
    wrong = next((part for part in parts if part.strip().partition("=")[0] == "" or "=" not in part), None)
    if wrong is None:
        return
    if "=" in wrong:
        yield finding(word, "name", value=wrong)
    elif len(parts) == 1:
        yield finding(word, value=value)
    else:
        plain = call.stands_as_seen([word]) and value.count("=") == 1 and not set(value) & set("'\"\\")
        fix = replace(word, f"'\"{value}\"'") if plain and parts[0] != wrong else NOWHERE
        yield finding(word, "comma", part=wrong, value=value, fix=fix)


def _listed(value: str) -> list[str] | None:
    """The arguments that the runtime sees in a value; None where it cannot read it."""
    # Of a mark inside a field Python's reader says nothing, and the runtime's does.
    return next(csv.reader([value])) if _CSV.fullmatch(value) else None
