"""One call of singularity or apptainer: its command, options and operands, and what starts it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sifcheck.base.source import Span, shown
from sifcheck.base.startup import pattern
from sifcheck.runtime.options import RUN_COMMANDS, Since, flags, since, value_options

if TYPE_CHECKING:
    from sifcheck.base.findings import Severity
    from sifcheck.runtime.arguments import CallOption
    from sifcheck.runtime.versions import Runtime, Target
    from sifcheck.shell import Command, Script, Word

RUNTIMES = ("singularity", "apptainer")

SIFCHECK = "sifcheck"
"""Our own program, whose `build` hands over to one of these."""

LAUNCHERS = frozenset(
    "srun mpirun mpiexec mpiexec.hydra mpiexec.mpich mpirun.mpich mpirun_rsh orterun prterun prun aprun jsrun ibrun "
    "mpirun.openmpi mpiexec.openmpi".split()
)
"""Programs that start a command on several cores or nodes."""

# Programs that put words of their own in the place of `{}`.
_PUT_IN = frozenset(("find", "xargs", "parallel"))
_URI = pattern(r"(?:docker|library|oras|shub|docker-daemon|http|https)://")


IMAGE_ENDINGS = (".sif", ".simg", ".img", ".aimg", ".sqsh", ".squashfs")
"""How the names of image files end."""

DEFINITION_ENDINGS = (".def", ".recipe", ".singularity")
"""How the names of definition files end, besides those that begin with `Singularity` or `Apptainer`."""


def may_be_definition(path: str) -> bool:
    """Whether a name is one that definition files often have."""
    name = path.rpartition("/")[2]
    often = name.endswith(DEFINITION_ENDINGS) or name.startswith(("Singularity", "Apptainer"))
    return often and not name.endswith(IMAGE_ENDINGS)


class RuntimeCall:
    """One call of the container runtime, wherever it stands.

    `program` is singularity or apptainer, or sifcheck, whose `build` calls one of them.  `outer` are the commands in
    whose words or here-documents the call stands (`sg GROUP -c '...'`), from the outside; `wrappers` the programs on the
    call's own command line before it (`sudo`, `srun`).  `subcommand` is None where it hangs on something unknown or is
    missing; of `instance start` it is `instance`, and `action` is `start`; of `keys` it is `key`.  `unsure` is true where
    words that are not known may hold options.  `late` are those of the `options` that stand behind an operand, where no
    command takes one any more (Apptainer 1.4.5, measured): they are read for what their author means.
    """

    __slots__ = (
        "action",
        "command",
        "global_options",
        "job",
        "late",
        "operands",
        "options",
        "outer",
        "place",
        "program",
        "program_word",
        "subcommand",
        "subcommand_word",
        "unsure",
        "values",
        "words",
        "wrappers",
    )

    def __init__(
        self,
        job: Any,
        command: Command,
        place: Word,
        words: tuple[Word, ...],
        wrappers: tuple[str, ...],
        outer: tuple[Command, ...],
    ) -> None:
        self.job = job  # the batch script that it stands in (sifcheck.job.model.JobScript); None in a definition file
        self.command = command
        self.place = place  # the word of the command that names the program, or the variable that holds it
        self.program_word = words[0]
        self.program = ""
        self.words = words
        self.wrappers = wrappers
        self.outer = outer
        self.global_options: tuple[CallOption, ...] = ()
        self.subcommand: str | None = None
        self.subcommand_word: Word | None = None
        self.action: str | None = None
        self.options: tuple[CallOption, ...] = ()
        self.late: tuple[CallOption, ...] = ()
        self.operands: tuple[Word, ...] = ()
        self.unsure = False
        self.values: Mapping[str, str] = {}

    def __repr__(self) -> str:
        return f"RuntimeCall({self.program} {self.subcommand} {[word.text for word in self.operands]})"

    # -- where it stands

    @property
    def script(self) -> Script:
        """The script it stands in, which is the string of `sg GROUP -c '...'` where it stands in one."""
        return self.command.script

    @property
    def span(self) -> Span:
        """From the program's word to the end of the command."""
        return Span(self.place.span.start, max(self.command.span.end, self.place.span.end))

    @property
    def outermost(self) -> Command:
        """The command of the script itself that the call is part of."""
        return self.outer[0] if self.outer else self.command

    @property
    def scripts(self) -> tuple[Script, ...]:
        """The texts that it stands in, from the outside: the file, and the strings and here-documents in it."""
        return tuple(dict.fromkeys((*(command.script for command in self.outer), self.script)))

    @property
    def group(self) -> str | None:
        """The group that the call runs under, of `sg GROUP -c '...'` or a here-document of newgrp."""
        for command in self.outer:
            if command.program in ("sg", "newgrp") and command.arguments:
                named = next((w.value for w in command.arguments if w.value and w.value[0] != "-"), None)
                if named:
                    return named
        return None

    @property
    def remote(self) -> bool:
        """Whether it is made on another machine, by `ssh`: what is known of this one, and set here, is not known of that."""
        return "ssh" in self.wrappers or any(command.program == "ssh" for command in self.outer)

    @property
    def launcher(self) -> str | None:
        """The program that starts it on several cores or nodes; None where none does."""
        outer = [command.program for command in self.outer]
        return next((name for name in (*self.wrappers, *outer) if name in LAUNCHERS), None)

    @property
    def launching_command(self) -> Command | None:
        """The command that the launcher stands in."""
        for command in (*self.outer, self.command):
            if any(word.value and word.value.rpartition("/")[2] in LAUNCHERS for word in command.words[:8]):
                return command
        return None

    # -- what it says

    @property
    def tmpdir_variable(self) -> str:
        """The runtime's own variable for the folder of temporary files."""
        return "APPTAINER_TMPDIR" if self.program == "apptainer" else "SINGULARITY_TMPDIR"

    def option(self, *names: str) -> CallOption | None:
        """The first of the options of that name in full."""
        return next((option for option in self.options if option.name in names), None)

    def option_values(self, *names: str) -> list[str]:
        """The known values of options, those of `--bind a,b` one by one."""
        found = []
        for option in self.options:
            value = self.value_of(option.value) if option.name in names and option.value else None
            found.extend(value.split(",") if value is not None else [])
        return found

    def option_names(self) -> dict[str, str]:
        """The options that some runtime has for the command: each way to write one, and its name in full."""
        command = self.subcommand or ""
        return {**flags(command, self.action), **value_options(command, self.action)}

    def takes_value(self, name: str) -> bool:
        """Whether an option of the command, by its name in full, has a value."""
        return name in value_options(self.subcommand or "", self.action)

    def since(self, name: str) -> Since | None:
        """The first version of each family that has an option of the command; None where all have it."""
        return since(self.subcommand or "", name)

    @property
    def runs_image(self) -> bool:
        """Whether the call runs something in an image."""
        return self.subcommand in RUN_COMMANDS or (
            self.subcommand == "instance" and self.action in ("start", "run")
        )

    @property
    def image(self) -> Word | None:
        """The image that is run, built or pulled; None without one."""
        if self.subcommand == "pull":
            return self.operands[0] if len(self.operands) > 1 else None
        if self.subcommand == "build":
            return self.operands[0] if self.operands else None
        if self.runs_image or self.subcommand in ("inspect", "sign", "verify", "push", "run-help"):
            return self.operands[0] if self.operands else None
        return None

    @property
    def made(self) -> str | None:
        """The image that a build or pull makes; None for another call, and where its name is not known.

        A pull without a name makes `b_1.2.sif` of `docker://a/b:1.2`.
        """
        if self.subcommand not in ("build", "pull"):
            return None
        if self.subcommand == "build" or self.image is not None:
            return self.value_of(self.image)
        name, _, tag = (self.value_of(self.base) or "").rpartition("/")[2].partition(":")
        return f"{name}_{tag or 'latest'}.sif" if name else None

    @property
    def base(self) -> Word | None:
        """What a build or pull starts from: a definition file, an image, an address."""
        if self.subcommand == "build":
            return self.operands[1] if len(self.operands) > 1 else None
        return self.operands[-1] if self.subcommand == "pull" and self.operands else None

    @property
    def definition(self) -> Word | None:
        """The definition file of a build, as far as its name tells that it is one."""
        base = self.base if self.subcommand == "build" else None
        path = self.value_of(base) if base is not None else None
        if path is None or _URI.match(path) or ":" in path.partition("/")[0]:
            return None
        return base if may_be_definition(path) else None

    def may_give_argument(self, name: str) -> bool:
        """Whether a build gives a build variable, or may do so in words or a file that are not known."""
        if self.unsure or self.option("--build-arg-file") is not None:
            return True
        given = [one.value for one in self.options if one.name == "--build-arg" and one.value is not None]
        for word in given:
            value = self.value_of(word)
            text = (value if value is not None else word.prefix).strip('"')
            if f",{name}=" in f",{text}" or (value is None and "=" not in text):
                return True
        return False

    @property
    def inner_words(self) -> tuple[Word, ...]:
        """The program and its arguments that `exec` starts in the image, or the arguments of `run`."""
        return self.operands[1:] if self.runs_image else ()

    def value_of(self, word: Word | None) -> str | None:
        """What a word stands for, variables put in that the script sets once; None where that is not known."""
        value = word.substituted(self.values) if word is not None else None
        # `find` and its like put something into the braces.
        return None if value and "{}" in value and _PUT_IN.intersection(self.wrappers) else value

    @property
    def fetches(self) -> bool:
        """Whether the call gets an image from a registry and makes a SIF of it."""
        if self.subcommand == "pull":
            return True
        source = self.base if self.subcommand == "build" else self.image if self.runs_image else None
        value = self.value_of(source)
        if value is None and source is not None:
            value = source.prefix
        return bool(value) and _URI.match(value or "") is not None

    # -- which runtimes it can be of

    def runtimes(self, target: Target) -> tuple[Runtime, ...]:
        """The runtimes of the target that it can be of: Apptainer is called `singularity` too, and no other `apptainer`."""
        if self.program != "apptainer":
            return target.runtimes
        return tuple(runtime for runtime in target.runtimes if runtime.family == "apptainer")

    def severity(self, target: Target, concerned: tuple[Runtime, ...], level: Severity) -> Severity | None:
        """How bad it is that it fails on some of the runtimes: as `Target.severity`, of those that it can be of."""
        return target._replace(runtimes=self.runtimes(target)).severity(concerned, level)

    # -- changing it

    @property
    def option_place(self) -> int:
        """Where an option can be put in: behind its command, and behind sifcheck's own options."""
        given = [option.word for option in self.options if option not in self.late] or list(self.operands)
        if self.program == SIFCHECK and given:
            return self.words[self.words.index(given[0]) - 1].span.end
        if self.action is not None:
            word = next(word for word in self.words if word.value == self.action)
        else:
            word = self.subcommand_word or self.program_word
        return word.span.end

    def stands_as_seen(self, words: Iterable[Word]) -> bool:
        """Whether words stand on the call's own command line, rather than in the value of a variable."""
        whole = self.command.span
        return self.job is not None and all(
            whole.start <= word.span.start and word.span.end <= whole.end for word in words
        )

    def with_spaces_before(self, word: Word) -> Span:
        """The place of a word with the spaces and continued line ends before it; only in a batch script."""
        text, start = self.job.source.text, word.span.start
        while start:
            if text[start - 1] in " \t":
                start -= 1
            elif text[max(start - 2, 0) : start] == "\\\n":
                start -= 2
            else:
                break
        return Span(start, word.span.end)

    @property
    def shown_text(self) -> str:
        """The script of a call, in which names are written as words have them: each character as it is shown."""
        return shown(self.job.text) if self.job is not None else ""
