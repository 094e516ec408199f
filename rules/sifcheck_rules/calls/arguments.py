"""The words of one call of the runtime: too few, too many, in the wrong order, or taken for something else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.api import (
    DEFINITION_ENDINGS,
    IMAGE_ENDINGS,
    NOWHERE,
    Draft,
    Edit,
    Findings,
    NamedTuple,
    Word,
    bad,
    finding,
    good,
    insert_before,
    may_be_definition,
    may_bring,
    pattern,
    replace,
    rule,
)

if TYPE_CHECKING:
    from sifcheck.api import CalledFolder, RuntimeCall

# -- BLD303

_REFUSING = frozenset("build pull push sign verify inspect".split())
# What only the runtime has; other options behind an image may be meant for the program in it.
_OURS = frozenset(
    "--nv --nvccli --rocm --cleanenv --containall --fakeroot --writable-tmpfs --no-home --bind -B".split()
)
_PATHS = pattern(r"[/~$.][^:\s]*:/")
_ADDRESS = pattern(r"[a-z][a-z0-9+.-]*://")
_VARIABLE = pattern(r"[A-Za-z_]\w*=")
_RUN_DEFINITIONS = (".def", ".recipe")


class _Words(NamedTuple):
    """How many words a command takes, in figures and in words, and how it is written."""

    least: int
    most: int
    wanted: str
    usage: str


_ANY = 1 << 16
_ONE_IMAGE = _Words(1, 1, "an image", "IMAGE")
_RUN_IMAGE = _Words(1, _ANY, "an image", "IMAGE")
_INSTANCE = _Words(2, _ANY, "an image and a name for the instance", "IMAGE NAME")
_TAKEN = {
    "build": _Words(2, 2, "an image and what to build it from", "IMAGE FILE"),
    "pull": _Words(1, 2, "an address, and before it the name of the file", "FILE ADDRESS"),
    "push": _Words(2, 2, "an image and an address", "IMAGE ADDRESS"),
    "exec": _Words(2, _ANY, "an image and a program", "IMAGE PROGRAM"),
    "run": _RUN_IMAGE,
    "shell": _RUN_IMAGE,
    "test": _RUN_IMAGE,
    "sign": _ONE_IMAGE,
    "verify": _ONE_IMAGE,
    "inspect": _ONE_IMAGE,
    "run-help": _ONE_IMAGE,
    "instance start": _INSTANCE,
    "instance run": _INSTANCE,
}


@rule(
    "BLD303",
    severity="error",
    tags="call operands",
    profile="minimal",
    fix="safe",
    sections="job",
    message={
        "": "the definition file stands where the image goes: `{first}` would be overwritten",
        "address": "the address stands where the name of the image goes, and `{second}` where the address goes",
        "definition": "`{image}` is a definition file, and `{command}` takes an image",
        "image": "`{word}` is taken for the image: {option} {takes}",
        "count": "`{command}` takes {wanted}, and {given}",
        "late": "`{option}` stands behind the arguments: `{command}` takes no options there, and refuses it",
        "program": "`{option}` stands behind the image: it is taken for the program to start in it",
        "runscript": "`{option}` stands behind the image: it is handed to what runs in it",
        "nothing": "`{file}` is not there: the build has nothing to start from",
    },
    help={
        "nothing": "name the file that is there, from the folder where the job starts",
        "": "the image comes first: `{program} build {second} {first}`",
        "address": "the name comes first: `{program} {command} {second} {first}`",
        "definition": "build the image first: `{program} build IMAGE {image}`",
        "image": "write `{near}`",
        "count": "`{program} {usage}`, options before that",
        "late": "write it before them: `{program} {command} {option} ...`",
        "program": "write it before the image: `{program} {command} {option} ... {image}`",
        "runscript": "for the runtime, write it before the image: `{program} {command} {option} ... {image}`",
    },
)
@bad(
    """
    #!/bin/bash
    apptainer build app.def app.sif
                    ^^^^^^^
    """,
    fixed="""
    #!/bin/bash
    apptainer build app.sif app.def
    """,
)
@good("""
    #!/bin/bash
    apptainer build --force app.sif app.def
    apptainer build --sandbox folder/ Singularity
    apptainer build app.sif docker://rockylinux:9
    apptainer build $ARGUMENTS
    apptainer build "$@"
    apptainer build --help
    apptainer exec --nv app.sif python3 train.py --bind 0.0.0.0:80
    apptainer exec $GPU --bind /data app.sif python3 train.py
    apptainer run app.sif --help
    apptainer run app.sif --bind 0.0.0.0:8080
    ls *.def | xargs -n 1 apptainer build app.sif
    """)
def swapped_arguments(call: RuntimeCall, folder: CalledFolder | None = None) -> Findings:
    """The arguments of a call stand in the wrong order, are too few or too many, or have options behind them.

    The image comes first, what it is made from second.  Of swapped arguments the definition file is what is deleted, by
    who says yes or gives `--force`.  Options end at the first argument: `build` says that it accepts two arguments and
    received three; `exec` looks for a program called `--nv`; `run` hands it to the runscript silently, and the GPUs
    are not there.  A second word behind `--bind` is looked for as the image, and `-e` is `--cleanenv`, which takes none.

    Source: Apptainer 1.4.5, measured for `build`, `pull`, `push`, `sign`, `verify`, `inspect`, `run-help`, `exec`, `run`,
    `shell`, `test`, `instance start`; the command sources of SingularityCE take the same library and the same numbers of
    arguments (4.5, read).
    """
    if call.unsure or call.option("--help") is not None or _may_take_values(call):
        return
    wrong = _in_wrong_order(call) or _not_an_image(call)
    if wrong is not None:
        yield wrong
    elif call.late and call.subcommand in _REFUSING:
        yield from _late(call)
    else:
        if folder is not None and _has_no_source(call, folder):
            yield finding(call.operands[1], "nothing", file=call.value_of(call.operands[1]))
        yield from _miscounted(call)
        if call.runs_image and call.subcommand != "instance":
            yield from _behind_image(call)


def _has_no_source(call: RuntimeCall, folder: CalledFolder) -> bool:
    """Whether what a build starts from is a file that is not there, and that nothing in the script may bring."""
    job, base = call.job, call.base
    entry = folder.entry(call, base) if len(call.operands) == 2 else None
    if job is None or entry is None or entry.kind not in ("", "dangling") or call.outer or call.remote:
        return False
    command = call.outermost
    starts_elsewhere = job.given("--chdir", "-d", "-w") or (
        job.scheduler == "pbs" and not job.script.commands("cd")
    )
    if (
        starts_elsewhere
        or command.branch
        or command.handled
        or command.loop
        or command.function
        or job.is_csh
    ):
        return False
    return not may_bring(call, entry.path)


def _may_take_values(call: RuntimeCall) -> bool:
    """Whether an option that nobody knows stands before the arguments: the next word may be its value."""
    known = call.option_names().values()
    return any(option not in call.late and option.name not in known for option in call.options)


def _in_wrong_order(call: RuntimeCall) -> Draft | None:
    """What is said of a definition file, or an address, before its image."""
    if call.subcommand not in ("build", "pull") or len(call.operands) != 2:
        return None
    first, second = call.operands
    one, other = call.value_of(first) or first.suffix, call.value_of(second) or second.suffix
    if may_be_definition(other) or "://" in (second.prefix or other):
        return None
    is_image = other.endswith(IMAGE_ENDINGS)
    key = ""
    if _ADDRESS.match(call.value_of(first) or first.prefix):
        key = "address"
        # A word with a colon may be a source as well, as `oci-archive:FILE`.
        if not (is_image or (call.subcommand == "pull" and call.value_of(second))) or ":" in other:
            return None
    # `Singularity` and the like may be the name of a folder as well.
    elif call.subcommand == "pull" or not (
        one.endswith(DEFINITION_ENDINGS) or (is_image and may_be_definition(one))
    ):
        return None
    fix = _swapped(call, first, second)
    return finding(
        first,
        key,
        first=first.text,
        second=second.text,
        program=call.program,
        command=call.subcommand,
        fix=fix,
    )


def _not_an_image(call: RuntimeCall) -> Draft | None:
    """What is said of a word that stands for the image of a run, and cannot be one."""
    image = call.image if call.runs_image else None
    if image is None:
        return None
    value = call.value_of(image) or image.suffix
    if value.endswith(_RUN_DEFINITIONS) and "://" not in (image.prefix or value):
        return finding(image, "definition", image=image.text, command=call.subcommand, program=call.program)
    return _behind_value(call, image)


def _behind_value(call: RuntimeCall, image: Word) -> Draft | None:
    """What is said of a second word behind an option, which the runtime takes for the image."""
    last = call.options[-1] if call.options else None
    if last is None or call.words[call.words.index(image) - 1] not in (last.value, last.word):
        return None
    text = image.text.strip("\"'")
    if last.name == "--bind" and last.value is not None:
        if not _PATHS.match(text) and not _is_before_image(call, image):
            return None
        option, written = "--bind", "`--bind`"
    elif _VARIABLE.match(text) and (last.name == "--env" or last.word.text == "-e"):
        option = "--env"
        written = "`--env`" if last.name == "--env" else "`-e` is `--cleanenv`, and"
    else:
        return None
    fix = NOWHERE
    if call.stands_as_seen((image, last.word)):
        fix = insert_before(image, f"{option} ") if last.value is not None else replace(last.word, option)
    takes = "takes one word" if last.value is not None else "takes no value"
    near = f"{option} {image.text}"
    return finding(image, "image", word=image.text, option=written, takes=takes, near=near, fix=fix)


def _is_before_image(call: RuntimeCall, word: Word) -> bool:
    """Whether the path in the place of the image is followed by an image in the place of the program."""
    value = call.value_of(word) or ""
    program = call.inner_words[0].value if call.subcommand == "exec" and call.inner_words else None
    return (
        value.startswith(("/", ".", "~"))
        and not value.endswith(IMAGE_ENDINGS)
        and ((program or "").endswith(IMAGE_ENDINGS))
    )


def _late(call: RuntimeCall) -> Iterator[Draft]:
    words = _with_values(call)
    known = call.option_names().values()
    if all(option.name in known for option in call.late):
        fix = _moved(call, words)
    else:
        fix = [NOWHERE]
    word = call.late[0].word
    yield finding(word, "late", option=word.text, command=call.subcommand, program=call.program, fix=fix)


def _with_values(call: RuntimeCall) -> list[Word]:
    """The words of the options behind the operands, those of their values included."""
    words: list[Word] = []
    for option in call.late:
        words += [option.word] if option.word not in words else []
        if option.value is not None and option.value in call.words:
            words.append(option.value)
    return words


def _miscounted(call: RuntimeCall) -> Iterator[Draft]:
    name = f"instance {call.action}" if call.subcommand == "instance" else call.subcommand or ""
    taken = _TAKEN.get(name)
    count = len(call.operands)
    if taken is None or taken.least <= count <= taken.most or not _all_sure(call):
        return
    if count == 0 and not call.options and _asks_for_usage(call):
        return
    given = f"{count} words are given"
    if count < taken.least:
        given = f"only `{call.operands[0].text}` is given" if count else "nothing is given"
    usage = f"{name} {taken.usage}"
    yield finding(
        call,
        "count",
        command=name,
        wanted=taken.wanted,
        given=given,
        program=call.program,
        usage=usage,
    )


def _asks_for_usage(call: RuntimeCall) -> bool:
    """Whether a bare command may be there for what it prints, or has its words put to it elsewhere."""
    command = call.command
    looked_at = command.handled or command.substitution or len(command.pipeline) > 1 or command.redirections
    return bool(looked_at) or call.program == "sifcheck" or _adds_words(call)


def _behind_image(call: RuntimeCall) -> Iterator[Draft]:
    """Options of the runtime that stand where the words for the program in the image begin."""
    inner = call.inner_words
    if not inner or call.image is None or not _is_one_word(call, call.image) or not inner[0].value:
        return
    first = inner[0]
    word = first.value or ""
    if call.subcommand == "exec":
        if not word.startswith("-"):
            return
        key = "program"
        fix = [Edit(*call.with_spaces_before(first), "")] if word == "--" and call.job else None
    else:
        if word not in _OURS or (word in ("--bind", "-B") and not _takes_paths(inner)):
            return
        key, fix = "runscript", [NOWHERE]
    yield finding(
        first,
        key,
        severity="warning" if key == "runscript" else None,
        confidence="medium" if key == "runscript" else None,
        option=first.text,
        command=call.subcommand,
        program=call.program,
        image=call.image.text,
        fix=fix or _before_image(call, inner),
    )


def _takes_paths(words: tuple[Word, ...]) -> bool:
    """Whether what follows `--bind` are paths, rather than the address that a server of that option takes."""
    return len(words) > 1 and _PATHS.match(words[1].text.strip("\"'")) is not None


def _before_image(call: RuntimeCall, inner: tuple[Word, ...]) -> list[Edit]:
    """The edits that put the options at the beginning of some words before the image."""
    names = call.option_names()
    words = list(inner)
    taken: list[Word] = []
    while words and (words[0].value or "").startswith("-"):
        word = words.pop(0)
        name, equals, _ = (word.value or "").partition("=")
        if name not in names:
            return [NOWHERE]
        taken.append(word)
        if call.takes_value(names[name]) and not equals and words:
            taken.append(words.pop(0))
    if not words:
        return [NOWHERE]
    return _moved(call, taken)


# -- which words are sure, and edits that move or swap them

# They put words of their own behind those of the call.
_ADD_WORDS = frozenset(("xargs", "parallel", "find"))


def _adds_words(call: RuntimeCall) -> bool:
    """Whether a program before the call puts words behind it that are not seen here."""
    return bool(_ADD_WORDS & {*call.wrappers, *(command.program for command in call.outer)})


def _is_one_word(call: RuntimeCall, word: Word) -> bool:
    """Whether a word is exactly one when the call is made: an unquoted variable may be none or several."""
    if word.has_glob or word.has_braces:
        return False
    value = call.value_of(word)
    if value is not None:
        return word.value is not None or word.quoted == "double" or (value != "" and " " not in value)
    spread = any(part.name in ("@", "*") or part.expansion[:3] in ("[@]", "[*]") for part in word.parts)
    static = any(part.value for part in word.parts)
    return not spread and (static or all(part.quoted for part in word.parts))


def _all_sure(call: RuntimeCall) -> bool:
    """Whether the operands of a call are the ones that are seen, neither more nor fewer."""
    known = {*call.option_names().values()}
    plain = all(option.name in known for option in call.options)
    sure = not call.unsure and not _adds_words(call) and plain
    return sure and all(_is_one_word(call, word) for word in call.operands)


def _swapped(call: RuntimeCall, one: Word, other: Word) -> list[Edit]:
    """The edits that put each of two words in the place of the other."""
    if not call.stands_as_seen((one, other)):
        return [NOWHERE]
    return [
        Edit(one.span.start, one.span.end, other.text),
        Edit(other.span.start, other.span.end, one.text),
    ]


def _moved(call: RuntimeCall, words: list[Word]) -> list[Edit]:
    """The edits that move options of a call, with their values, to the place behind its command."""
    if call.job is None or not call.stands_as_seen(words) or call.subcommand_word is None:
        return [NOWHERE]
    if not call.stands_as_seen([call.subcommand_word]):
        return [NOWHERE]
    to = call.option_place
    edits = [Edit(to, to, "".join(f" {word.text}" for word in words))]
    return [*edits, *(Edit(*call.with_spaces_before(word), "") for word in words)]
