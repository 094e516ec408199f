"""The options of one call of the runtime: those that it has not, and those that exclude each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.api import (
    GLOBAL_FLAGS,
    NOWHERE,
    Draft,
    Edit,
    Findings,
    bad,
    families,
    finding,
    good,
    related,
    replace,
    rule,
)
from sifcheck_rules._calls import level_of, runtimes_of, stands_as_seen, with_blanks
from sifcheck_rules._jobs import exported
from sifcheck_rules._nearest import within_two_edits

if TYPE_CHECKING:
    from sifcheck.api import CallOption, Runtime, RuntimeCall, Target

# -- BLD305

_NOT_REMOTELY = "--nv --nvccli --rocm --bind --mount --writable-tmpfs --encrypt --build-arg".split()
_ALONE = ("all", "none")
_ARCHITECTURES = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "x86-64": "amd64",
    "armv8": "arm64",
    "i386": "386",
}
_ADVICE = {
    "--no-setgroups": "leave it out",
    "--ignore-fakeroot-command": "leave it out",
    "--warn-unused-build-args": "leave it out: the others warn only anyway",
    "--remote": "leave it out: Apptainer builds here, with fakeroot",
    "--detached": "leave it out: Apptainer builds here",
    "--builder": "leave it out: Apptainer builds here",
}


@rule(
    "BLD305",
    severity="error",
    profile="minimal",
    fix="safe",
    sections="job",
    message={
        "": "`{command}` has no option `{option}` in {families}",
        "misspelt": "`{command}` has no option `{option}`",
        "global": "`{option}` is an option of {program} itself, and `{command}` does not know it",
        "remote": "a build with `--remote` takes no `{option}`",
        "section": "`{word}` goes with no other section",
        "update": "`--update` is for sandboxes only",
        "architecture": "`{value}` is no architecture: the runtimes call it `{near}`",
    },
    help={
        "": "{advice}",
        "misspelt": "did you mean `{near}`?",
        "global": "write it before the command: `{program} {option} {command} ...`",
        "remote": "leave one of the two out",
        "section": "leave it out, or the others",
        "update": "add `--sandbox`, or build the image anew",
        "architecture": "write `--arch {near}`",
    },
)
@bad(
    """
    #!/bin/bash
    apptainer build --no-setgroups app.sif app.def
                    ^^^^^^^^^^^^^^
    """
)
@bad(
    """
    #!/bin/bash
    singularity build --ignore-fakeroot-command app.sif app.def
                      ^^^^^^^^^^^^^^^^^^^^^^^^^
    """,
    target="singularity-ce-4.1",
)
@bad(
    """
    #!/bin/bash
    apptainer build --fakerot app.sif app.def
                    ^^^^^^^^^
    """,
    fixed="""
    #!/bin/bash
    apptainer build --fakeroot app.sif app.def
    """,
)
@bad(
    """
    #!/bin/bash
    apptainer exec --debug app.sif python3 train.py
                   ^^^^^^^
    """,
    fixed="""
    #!/bin/bash
    apptainer --debug exec app.sif python3 train.py
    """,
)
@bad("""
    #!/bin/bash
    apptainer build --section all,post app.sif app.def
                              ^^^^^^^^
    """)
@bad("""
    #!/bin/bash
    apptainer build --update app.sif app.def
                    ^^^^^^^^
    """)
@bad(
    """
    #!/bin/bash
    singularity build --remote --nv app.sif app.def
                               ^^^^
    """,
    target="singularity-ce-4.1",
)
@bad(
    """
    #!/bin/bash
    apptainer build --arch x86_64 app.sif app.def
                           ^^^^^^
    """,
    fixed="""
    #!/bin/bash
    apptainer build --arch amd64 app.sif app.def
    """,
    target="apptainer-1.4",
)
@good("""
    #!/bin/bash
    apptainer --debug build --ignore-fakeroot-command app.sif app.def
    apptainer build --section post,files app.sif app.def
    apptainer build --update --sandbox folder app.def
    apptainer exec --nv app.sif python3 train.py --debug
    apptainer build --fakeroot --writable-tmpfs app.sif app.def
    """)
def option_not_in_runtime(call: RuntimeCall, target: Target) -> Findings:
    """An option that the runtime does not have, or two that exclude each other.

    It is refused in the first second ("unknown flag"), which comes after the wait in the queue.  An option that one family
    only lacks is told for a named target, and as an info otherwise.

    Source: Apptainer 1.4.5, measured; the change logs of SingularityCE 3.11.4 and 4.0, of Apptainer 1.1, 1.2 and 1.4; for
    `--remote` `cmd/internal/cli/build_linux.go` of SingularityCE (read), and Pawsey's guide.
    """
    if call.subcommand is None or call.program_word is None:
        return
    known = call.option_names()
    for option in call.options:
        if option.name in known.values():
            if not call.command.handled:
                yield from _lacking(call, option, target)
        elif known:
            yield from _unknown(call, option, known)
    if call.subcommand == "build":
        yield from _excluding(call, target)


def _lacking(call: RuntimeCall, option: CallOption, target: Target) -> Iterator[Draft]:
    first = call.since(option.name)
    if first is None:
        return
    meant = runtimes_of(call, target)
    concerned = tuple(one for one in meant if not _has(one, first.get(one.family)))
    level = level_of(call, target, concerned, "error")
    if level is None:
        return
    advice = _ADVICE.get(option.name) or f"{_versions(first)} have it"
    yield finding(
        option.word,
        severity=level,
        families=_named(concerned, first),
        option=option.name,
        command=call.subcommand,
        advice=advice,
    )


def _has(runtime: Runtime, first: tuple[int, ...] | None) -> bool:
    # A target of fewer digits means the newest of its line.
    return first is not None and runtime.version >= first[: len(runtime.version)]


def _named(concerned: tuple[Runtime, ...], first: dict[str, tuple[int, ...]]) -> str:
    """The families that lack an option, with the version where others of the family have it."""
    if any(one.family in first for one in concerned):
        return ", ".join(str(one) for one in concerned)
    return families(concerned)


def _versions(first: dict[str, tuple[int, ...]]) -> str:
    names = {
        "apptainer": "Apptainer",
        "singularity-ce": "SingularityCE",
        "singularity-pro": "SingularityPRO",
        "singularity": "Singularity",
    }
    return ", ".join(
        f"{names[family]} from {'.'.join(map(str, version))}" for family, version in first.items()
    )


def _unknown(call: RuntimeCall, option: CallOption, known: dict[str, str]) -> Iterator[Draft]:
    """An option that no runtime has: one of the runtime's own, or a slip."""
    name = option.name
    if name in GLOBAL_FLAGS and call.program != "sifcheck":
        yield finding(
            option.word,
            "global",
            option=name,
            program=call.program,
            command=call.subcommand,
            fix=_before_command(call, option),
        )
        return
    near = within_two_edits(name, sorted(one for one in known if one.startswith("--")))
    if near is None or not name.startswith("--") or len(name) < 6:
        return
    text = option.word.text
    whole = text == name or text.startswith(f"{name}=")
    fix = replace(option.word, near + text[len(name) :]) if whole else NOWHERE
    yield finding(option.word, "misspelt", option=name, command=call.subcommand, near=near, fix=fix)


def _before_command(call: RuntimeCall, option: CallOption) -> list[Edit]:
    word = call.subcommand_word
    if word is None or call.job is None or not stands_as_seen(call, (word, option.word)):
        return [NOWHERE]
    taken = with_blanks(call.job.source.text, option.word.span)
    return [Edit(word.span.start, word.span.start, f"{option.word.text} "), Edit(*taken, "")]


def _excluding(call: RuntimeCall, target: Target) -> Iterator[Draft]:
    remote = call.option("--remote")
    if remote is not None:
        yield from _not_remotely(call, remote, target)
    sections = call.option_values("--section")
    alone = next((word for word in _ALONE if word in sections), None)
    given = call.option("--section")
    if given is not None and given.value is not None and alone is not None and len(sections) > 1:
        yield finding(given.value, "section", word=alone)
    update = call.option("--update")
    if update is not None and not _makes_sandbox(call):
        yield finding(update.word, "update")
    architecture = call.option("--arch")
    word = architecture.value if architecture is not None else None
    near = _ARCHITECTURES.get(call.value_of(word) or "")
    if word is not None and near is not None:
        value = call.value_of(word)
        fix = replace(word, near) if word.text == value else NOWHERE
        yield finding(word, "architecture", value=value, near=near, fix=fix)


def _makes_sandbox(call: RuntimeCall) -> bool:
    names = ("SINGULARITY_SANDBOX", "APPTAINER_SANDBOX")
    by_variable = call.job is not None and any(exported(call.job, call, *names))
    return call.unsure or by_variable or call.option("--sandbox") is not None


def _not_remotely(call: RuntimeCall, remote: CallOption, target: Target) -> Iterator[Draft]:
    concerned = tuple(one for one in runtimes_of(call, target) if one.family != "apptainer")
    level = level_of(call, target, concerned, "error")
    for option in call.options if level is not None else ():
        if option.name in _NOT_REMOTELY:
            note = related(remote.word, "built elsewhere by this")
            yield finding(option.word, "remote", option=option.name, severity=level, related=[note])
