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
    Word,
    bad,
    exported,
    families,
    finding,
    good,
    related,
    replace,
    rule,
    within_two_edits,
)

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

# What Docker and Podman call it, and what the runtimes have: a letter or word for which another option stands, else advice.
_NO_NAME = "leave it out: nothing is left behind, and only `instance start` gives a name"
_GPUS = "write `--nv` (NVIDIA) or `--rocm` (AMD): all GPUs that the job has are there"
_NO_TERMINAL = "leave it out: the terminal, where there is one, is the program's own"
_IN_RUNS = {
    "--gpu": _GPUS,
    "--gpus": _GPUS,
    "--volume": "--bind",
    "-v": "--bind",
    "--rm": "leave it out: nothing is left behind",
    "--name": _NO_NAME,
    "--interactive": _NO_TERMINAL,
    "--tty": _NO_TERMINAL,
    "-t": _NO_TERMINAL,
    "--detach": "`instance start` goes on in the background; in a script `&` does",
    "--privileged": "leave it out; `--fakeroot` makes one root inside",
    "--user": "leave it out: inside one is who one is outside",
    "--entrypoint": "`exec` starts any program of the image",
    "--publish": "leave it out: the network is the machine's own",
}
_IN_BUILDS = {
    "--tag": "leave it out: the first word is the file that is written",
    "-t": "leave it out: the first word is the file that is written",
    "--file": "leave it out: the second word is the definition file",
    "--no-cache": "--disable-cache",
}
_IN_PULLS = {"--tag": "write it into the address: `docker://NAME:TAG`"}


@rule(
    "BLD305",
    severity="error",
    tags="call",
    profile="minimal",
    fix="safe",
    sections="job",
    message={
        "": "`{command}` has no option `{option}` in {families}",
        "misspelt": "`{command}` has no option `{option}`",
        "dash": "`{option}` is read as single letters, and `{command}` has no `-{letter}`",
        "habit": "`{command}` has no option `{option}`",
        "global": "`{option}` is an option of {program} itself, and `{command}` does not know it",
        "remote": "a build with `--remote` takes no `{option}`",
        "section": "`{word}` goes with no other section",
        "update": "`--update` is for sandboxes only",
        "architecture": "`{value}` is no architecture: the runtimes call it `{near}`",
    },
    help={
        "": "{advice}",
        "misspelt": "did you mean `{near}`?",
        "dash": "did you mean `{near}`?",
        "habit": "{advice}",
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
    apptainer build --fakerot app.sif app.def
                    ^^^^^^^^^
    """,
    fixed="""
    #!/bin/bash
    apptainer build --fakeroot app.sif app.def
    """,
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
    only lacks is told for a named target, and as an info otherwise.  Long names want two dashes: of `-nv` the runtime reads
    `-n` and `-v` ("unknown shorthand flag").  Options that Docker has and no runtime are told with what does the same;
    any other unknown one may be a plugin's.

    Source: Apptainer 1.4.5, measured; the flags of SingularityCE 4.5 (read); the change logs of SingularityCE 3.11.4 and
    4.0, of Apptainer 1.1, 1.2 and 1.4; for `--remote` `cmd/internal/cli/build_linux.go` of SingularityCE (read), and
    Pawsey's guide.
    """
    if call.subcommand is None or call.program_word is None:
        return
    known = call.option_names()
    told: list[Word] = []
    for option in call.options:
        if option.word in told:
            # Of the letters of one word the first that is unknown ends it.
            continue
        if option.name in known.values():
            if not call.command.handled:
                yield from _lacking(call, option, target)
        elif known:
            told.append(option.word)
            yield from _unknown(call, option, known)
    if call.subcommand == "build":
        yield from _excluding(call, target)


def _lacking(call: RuntimeCall, option: CallOption, target: Target) -> Iterator[Draft]:
    first = call.since(option.name)
    if first is None:
        return
    meant = call.runtimes(target)
    concerned = tuple(one for one in meant if not _has(one, first.get(one.family)))
    level = call.severity(target, concerned, "error")
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
    """An option that no runtime has: one of the runtime's own, one of Docker's, or a slip."""
    name = option.name
    text = option.word.text
    meant = _single_dash(option, known)
    if meant is not None:
        yield finding(
            option.word,
            "dash",
            option=text,
            letter=name[1:],
            command=call.subcommand,
            near=meant,
            fix=replace(option.word, f"-{text}"),
        )
        return
    advice = _habits(call).get(name)
    if advice is not None and (name != "-v" or _is_bind(call, option)):
        yield from _habit(call, option, advice)
        return
    if name in GLOBAL_FLAGS and call.program != "sifcheck" and text == name:
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
    whole = text == name or text.startswith(f"{name}=")
    fix = replace(option.word, near + text[len(name) :]) if whole else NOWHERE
    yield finding(option.word, "misspelt", option=name, command=call.subcommand, near=near, fix=fix)


def _single_dash(option: CallOption, known: dict[str, str]) -> str | None:
    """The option that a word such as `-nv` is meant for: a name behind one dash, a letter of which is no option."""
    name, _, _ = option.word.text.partition("=")
    if len(option.name) != 2 or len(name) < 3 or name.startswith("--"):
        return None
    return f"-{name}" if f"-{name}" in known else None


def _habits(call: RuntimeCall) -> dict[str, str]:
    """What people write who know Docker or Podman, for the command of a call."""
    if call.runs_image:
        return _IN_RUNS
    return {"build": _IN_BUILDS, "pull": _IN_PULLS}.get(call.subcommand or "", {})


def _is_bind(call: RuntimeCall, option: CallOption) -> bool:
    """Whether a word such as `/data:/data` follows an option."""
    index = call.words.index(option.word) + 1
    return index < len(call.words) and ":/" in call.words[index].text


def _habit(call: RuntimeCall, option: CallOption, advice: str) -> Iterator[Draft]:
    name, text = option.name, option.word.text
    fix = NOWHERE
    if advice.startswith("-"):
        if text == name or text.startswith(f"{name}="):
            fix = replace(option.word, advice + text[len(name) :])
        advice = f"write `{advice}`"
    whole = text if len(name) == 2 else name
    yield finding(option.word, "habit", option=whole, command=call.subcommand, advice=advice, fix=fix)


def _before_command(call: RuntimeCall, option: CallOption) -> list[Edit]:
    word = call.subcommand_word
    if word is None or call.job is None or not call.stands_as_seen((word, option.word)):
        return [NOWHERE]
    taken = call.with_spaces_before(option.word)
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
    concerned = tuple(one for one in call.runtimes(target) if one.family != "apptainer")
    level = call.severity(target, concerned, "error")
    for option in call.options if level is not None else ():
        if option.name in _NOT_REMOTELY:
            note = related(remote.word, "built elsewhere by this")
            yield finding(option.word, "remote", option=option.name, severity=level, related=[note])
