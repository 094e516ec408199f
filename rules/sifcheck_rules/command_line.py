"""One call of the runtime: its arguments, the way to root that a build wants, and an image that is there already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.api import (
    NOWHERE,
    Draft,
    Edit,
    Findings,
    Span,
    Word,
    bad,
    families,
    finding,
    good,
    pattern,
    related,
    rule,
)
from sifcheck_rules._calls import (
    IMAGE_ENDINGS,
    all_sure,
    behind_command,
    is_definition_name,
    is_one_word,
    level_of,
    may_be_definition,
    moved,
    runtimes_of,
    swapped,
    with_blanks,
)
from sifcheck_rules._jobs import exported

if TYPE_CHECKING:
    from sifcheck.api import CalledFolder, Host, JobScript, RuntimeCall, Site, Target

# -- BLD301

_AS_ROOT = frozenset("sudo doas su ssh fakeroot".split())
_ANOTHER_WAY = ("--fakeroot", "--remote", "--builder", "--oci")
# The script has a way of its own, or asks whether it is root.
_KNOWS_ROOT = pattern(r"\bproot\b|\bEUID\b|\bid -u\b|\bwhoami\b")
_BY_VARIABLE = ("SINGULARITY_FAKEROOT", "SINGULARITY_REMOTE", "SINGULARITY_BUILDER")


@rule(
    "BLD301",
    severity="error",
    profile="minimal",
    fix="safe",
    sections="job",
    message="on {families} a user who is not root builds a definition file with `--fakeroot` only",
    help="`{program} build --fakeroot {image} {file}` (`-f` for short; `-F` is `--force`)",
)
@bad(
    """
    #!/bin/bash
    #PJM -L node=1
    singularity build app.sif app.def
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """,
    target="singularity-ce-4.1",
    fixed="""
    #!/bin/bash
    #PJM -L node=1
    singularity build --fakeroot app.sif app.def
    """,
)
@bad(
    """
    #!/bin/bash
    #SBATCH --nodes=1
    singularity build -F app.sif Singularity
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """,
    target="singularity-pro-4.1",
)
@good(
    """
    #!/bin/bash
    #PJM -L node=1
    singularity build -f app.sif app.def
    singularity build --remote app.sif app.def
    singularity build app.sif docker://rockylinux:9
    singularity build app.sif base.sif
    sudo singularity build app.sif app.def
    apptainer build app.sif app.def
    """,
    target="singularity-ce-4.1",
)
@good(
    """
    #!/bin/bash
    #PJM -L node=1
    singularity build app.sif app.def
    """,
    target="apptainer-1.4",
)
@good(
    """
    #!/bin/bash
    #SBATCH --nodes=1
    module load LUMI systools
    singularity build app.sif app.def
    """,
    site="lumi",
)
def fakeroot_missing(
    call: RuntimeCall, target: Target, host: Host | None = None, site: Site | None = None
) -> Findings:
    """A definition file is built with SingularityCE by a user who is not root, and without `--fakeroot`.

    It stops in its first second: "--remote, --fakeroot, or the proot command are required to build this source as a
    non-root user".  Apptainer from 1.1 on takes that way by itself.  Images and addresses need no root.  Where a machine
    is known that has proot, or a user who is root, nothing is said; nor at a site whose builds take that way.

    Source: `cmd/internal/cli/build_linux.go` of SingularityCE (read); singularity#3963; the fakeroot pages of the user
    guides; the chapter on making images of the Fugaku Singularity guide.
    """
    if call.subcommand != "build" or call.definition is None or not _may_lack_fakeroot(call, host):
        return
    if site is not None and "proot" in site.build.routes:
        return
    concerned = tuple(one for one in runtimes_of(call, target) if one.family != "apptainer")
    level = level_of(call, target, concerned, "error")
    if level is None:
        return
    if host is None and (call.job is None or not call.job.is_submitted):
        # Who runs a script that is no job is not known: it may be root.
        level = "info"
    yield finding(
        call,
        severity=level,
        families=families(concerned),
        program=call.program,
        image=call.image.text if call.image is not None else "IMAGE",
        file=call.definition.text,
        # As an info it is for a runtime or a user that nobody named.
        safe=level == "error",
        fix=Edit(behind_command(call), behind_command(call), " --fakeroot"),
    )


def _may_lack_fakeroot(call: RuntimeCall, host: Host | None) -> bool:
    """Whether nothing tells of another way to root."""
    outer = {command.program for command in call.outer}
    if call.unsure or call.command.handled or _AS_ROOT & {*call.wrappers, *outer}:
        return False
    if call.option(*_ANOTHER_WAY) is not None:
        return False
    job = call.job
    if job is not None and (_KNOWS_ROOT.search(job.text) or any(exported(job, call, *_BY_VARIABLE))):
        return False
    return host is None or _is_refused(host)


def _is_refused(host: Host) -> bool:
    """Whether on this machine a SingularityCE may refuse the build of a definition file without `--fakeroot`."""
    from sifcheck.api import known

    runtime = host.runtime
    if host.identity.is_root or (runtime is not None and known(runtime.flavour, "") == "apptainer"):
        return False
    proot = host.program("proot")
    return proot is None or known(proot.found, False) is False


# -- BLD303

_REFUSING = frozenset("build pull push sign verify inspect".split())
# What only the runtime has; other options behind an image may be meant for the program in it.
_OURS = frozenset(
    "--nv --nvccli --rocm --cleanenv --containall --fakeroot --writable-tmpfs --no-home --bind -B".split()
)
_PATHS = pattern(r"[/~$.][^:\s]*:/")


@rule(
    "BLD303",
    severity="error",
    profile="minimal",
    fix="safe",
    sections="job",
    message={
        "": "the definition file stands where the image goes: `{first}` would be overwritten",
        "count": "`build` takes an image and what to build it from, and {given}",
        "late": "`{option}` stands behind the arguments: `{command}` takes no options there, and refuses it",
        "program": "`{option}` stands behind the image: it is taken for the program to start in it",
        "runscript": "`{option}` stands behind the image: it is handed to what runs in it",
    },
    help={
        "": "the image comes first: `{program} build {second} {first}`",
        "count": "`{program} build IMAGE FILE`, options before both",
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
@bad("""
    #!/bin/bash
    singularity build --fakeroot app.def
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """)
@bad(
    """
    #!/bin/bash
    apptainer build app.sif app.def --force --bind /data:/mnt
                                    ^^^^^^^
    """,
    fixed="""
    #!/bin/bash
    apptainer build --force --bind /data:/mnt app.sif app.def
    """,
)
@bad(
    """
    #!/bin/bash
    apptainer exec app.sif --nv -B /data python3 train.py
                           ^^^^
    """,
    fixed="""
    #!/bin/bash
    apptainer exec --nv -B /data app.sif python3 train.py
    """,
)
@bad("""
    #!/bin/bash
    apptainer run app.sif --nv train.py
                          ^^^^
    """)
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
def swapped_arguments(call: RuntimeCall) -> Findings:
    """The arguments of a call stand in the wrong order, are too few or too many, or have options behind them.

    The image comes first, what it is made from second.  Of swapped arguments the definition file is what is deleted, by
    who says yes or gives `--force`.  Options end at the first argument: `build` says that it accepts two arguments and
    received three; `exec` looks for a program called `--nv`; `run` hands it to the runscript without a word, and the GPUs
    are not there.

    Source: Apptainer 1.4.5, measured for `build`, `pull`, `push`, `sign`, `verify`, `inspect`, `exec`, `run`, `shell`; the
    command sources of SingularityCE take the same library.
    """
    if call.unsure or call.option("--help") is not None or _may_take_values(call):
        return
    if call.subcommand == "build":
        order = _in_wrong_order(call)
        if order is not None:
            yield order
            return
    if call.late and call.subcommand in _REFUSING:
        yield from _late(call)
    elif call.subcommand == "build":
        yield from _miscounted(call)
    elif call.runs_image and call.subcommand != "instance":
        yield from _behind_image(call)


def _may_take_values(call: RuntimeCall) -> bool:
    """Whether an option that nobody knows stands before the arguments: the next word may be its value."""
    known = call.option_names().values()
    return any(option not in call.late and option.name not in known for option in call.options)


def _in_wrong_order(call: RuntimeCall) -> Draft | None:
    """What is said of a definition file before its image."""
    if len(call.operands) != 2:
        return None
    first, second = call.operands
    one, other = call.value_of(first) or first.suffix, call.value_of(second) or second.suffix
    if may_be_definition(other) or "://" in (second.prefix or other):
        return None
    is_image = other.endswith(IMAGE_ENDINGS)
    # `Singularity` and the like may be the name of a folder as well.
    if not (is_definition_name(one) or (is_image and may_be_definition(one))):
        return None
    return finding(
        first, first=first.text, second=second.text, program=call.program, fix=swapped(call, first, second)
    )


def _late(call: RuntimeCall) -> Iterator[Draft]:
    words = _with_values(call)
    known = call.option_names().values()
    if all(option.name in known for option in call.late):
        fix = moved(call, words)
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
    count = len(call.operands)
    if count == 2 or not all_sure(call):
        return
    if count == 0 and not call.options:
        # Whoever puts the words together does it elsewhere, or wants the usage.
        return
    given = f"{count} words are given"
    if count < 2:
        given = f"only `{call.operands[0].text}` is given" if count else "neither is given"
    yield finding(call, "count", given=given, program=call.program)


def _behind_image(call: RuntimeCall) -> Iterator[Draft]:
    """Options of the runtime that stand where the words for the program in the image begin."""
    inner = call.inner_words
    if not inner or call.image is None or not is_one_word(call, call.image) or not inner[0].value:
        return
    first = inner[0]
    word = first.value or ""
    if call.subcommand == "exec":
        if not word.startswith("-"):
            return
        key = "program"
        fix = (
            [Edit(*with_blanks(call.job.source.text, first.span), "")] if word == "--" and call.job else None
        )
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
    return moved(call, taken)


# -- BLD308


@rule(
    "BLD308",
    severity="error",
    profile="minimal",
    fix="unsafe",
    sections="job",
    message={
        "": "`{image}` is made above already: without a terminal the build stops at that",
        "there": "`{image}` is there already: without a terminal the build stops at that",
        "unknown": "if `{image}` is there already, the build stops: there is nobody to ask in a batch job",
    },
    help=(
        "`{program} {command} --force ...`, which removes the old image before the new one is written; or build to "
        "another name, and `mv` it"
    ),
)
@bad("""
    #!/bin/bash
    apptainer build app.sif base.def
    apptainer build app.sif app.def
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """)
@bad("""
    #!/bin/bash
    #SBATCH --nodes=1
    apptainer pull app.sif docker://rockylinux:9
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """)
@bad(
    """
    #!/bin/bash
    #SBATCH --nodes=1
    apptainer build app.sif app.def
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """,
    folder={"app.sif": "file", "app.def": "file"},
    fixed="""
    #!/bin/bash
    #SBATCH --nodes=1
    apptainer build --force app.sif app.def
    """,
)
@good("""
    #!/bin/bash
    #SBATCH --nodes=1
    apptainer build --force app.sif base.def
    apptainer build -F app.sif app.def
    rm -f tool.sif
    apptainer build tool.sif tool.def
    if [ ! -f other.sif ]; then
        apptainer pull other.sif docker://rockylinux:9
    fi
    apptainer build "$OUT/app.sif" app.def
    """)
@good("""
    #!/bin/bash
    #SBATCH --nodes=1
    apptainer build --force app.sif app.def || apptainer build --force app.sif other.def
    """)
def overwrite_not_forced(call: RuntimeCall, folder: CalledFolder | None = None) -> Findings:
    """The image is there already, and the call does not say that it may be overwritten.

    In a terminal the runtime asks; in a batch job nobody answers, and the build stops before it begins.  That is certain
    where the script makes the same image twice.  Of an image that an earlier job may have left, a script does not tell:
    only the strict profile speaks of that.  With `--force` the old image is deleted first, so that a full disk costs both.

    Source: Apptainer 1.4.5, measured ("build target 'app.sif' already exists. Use --force if you want to overwrite it");
    singularity#5553, singularity#3848 (the prompt in their logs).
    """
    image = call.value_of(call.image)
    job = call.job
    if call.subcommand not in ("build", "pull") or not image or job is None or "://" in image:
        return
    if call.unsure or call.option("--force", "--update", "--help") or call.command.handled:
        return
    if may_be_definition(image):
        # Swapped arguments, most likely, and no image to be overwritten (BLD303).
        return
    earlier = _made_before(job, call, image)
    entry = folder.entry(call, call.image) if folder is not None else None
    key = ""
    if earlier is None:
        if not call.outermost.top_level or _is_looked_after(job, call, image):
            return
        key = "there" if entry is not None and entry.kind in ("file", "folder") else "unknown"
    certain = not key or (key == "there" and job.is_submitted)
    if key == "unknown" and (not job.is_submitted or entry is not None):
        return
    place = behind_command(call)
    yield finding(
        call,
        key,
        severity=None if certain else "info",
        confidence="medium" if key == "unknown" else None,
        profile="strict" if key == "unknown" else None,
        image=image,
        program=call.program,
        command=call.subcommand,
        related=[related(earlier, "made here")] if earlier is not None else (),
        fix=Edit(place, place, " --force"),
    )


def _made_before(job: JobScript, call: RuntimeCall, image: str) -> RuntimeCall | None:
    """The call above that makes the same image for sure, if nothing takes it away or goes elsewhere in between."""
    if not call.outermost.top_level or call.outermost.or_else is not None:
        return None
    for other in job.calls:
        if other.span.start >= call.span.start or other.subcommand not in ("build", "pull"):
            continue
        sure = other.outermost.top_level and not other.command.handled and other.outermost.or_else is None
        if not sure or other.value_of(other.image) != image or other.launcher is not None:
            continue
        between = Span(other.span.end, call.span.start)
        if not _is_touched(job, between, image):
            return other
    return None


def _is_touched(job: JobScript, where: Span, image: str) -> bool:
    """Whether a command in a stretch of the script may move the image, or change the folder."""
    name = image.rpartition("/")[2]
    for command in job.script.commands():
        if not where.start <= command.span.start < where.end:
            continue
        if command.program in ("cd", "pushd", "popd", "exit", "exec"):
            return True
        if command.program in ("rm", "mv", "rsync", "unlink", "find") and any(
            name in word.text or word.has_glob or word.value is None for word in command.arguments
        ):
            return True
    return False


def _is_looked_after(job: JobScript, call: RuntimeCall, image: str) -> bool:
    """Whether the script does something about an old image: removes it, or looks whether it is there."""
    before = Span(0, call.span.start)
    name = image.rpartition("/")[2]
    tests = job.script.commands("test", "[", "[[", "mktemp")
    return _is_touched(job, before, image) or any(
        name in word.text or word.value is None for command in tests for word in command.arguments
    )
