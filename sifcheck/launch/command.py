"""The arguments of a `singularity build` / `apptainer build` as a model: what is built, from what, with which options.

They are read for what their author means: options behind the image too, which the runtimes refuse.  `--` ends
them, short ones may be joined (`-Fs`, `-B/data`).  Sources: `apptainer build --help` and hidden options of Apptainer 1.4.5
(measured), the command sources of SingularityCE 3.8-4.3 (read).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.job.given import given_call
from sifcheck.runtime.arguments import Arguments
from sifcheck.shell import given_text, script_of_words

if TYPE_CHECKING:
    from sifcheck.job.model import JobScript

__all__ = ["BuildCommand", "BuildOption", "read_command"]

_TRUE = frozenset("1 t T true TRUE True".split())
_FALSE = frozenset("0 f F false FALSE False".split())
_URI = pattern(r"[A-Za-z][A-Za-z0-9+.-]*:")

# What gives a key by being there, whatever it holds (Apptainer 1.4.5, measured; of SINGULARITY_ it reads none).
_KEYS = ("ENCRYPTION_PASSPHRASE", "ENCRYPTION_PEM_PATH", "ENCRYPTION_PEM_DATA")
# Flags that a variable may give as well, of those that say what becomes of the output.
_BY_VARIABLE = {"--sandbox": "SANDBOX", "--force": "FORCE", "--update": "UPDATE"}


class BuildOption(NamedTuple):
    """An option with its name in full (`--bind` for `-B`) and its value, None without one."""

    name: str
    value: str | None


class BuildCommand(NamedTuple):
    """The arguments behind `build`.  `words` are as they were given; `image_at` is the number of the image's word.

    `image` and `source` are None where the arguments are not the two operands that a build takes, which the runtime says
    better than anybody else.  `environment` are the flags that variables give.
    """

    words: tuple[str, ...]
    options: tuple[BuildOption, ...]
    image_at: int
    image: str | None
    source: str | None
    environment: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        """Whether a flag is on; what stands on the command line counts more than a variable, the last one most."""
        given = [option.value for option in self.options if option.name == name]
        return given[-1] not in _FALSE if given else name in self.environment

    def value(self, name: str) -> str | None:
        """The value of an option, the last one where it was given more than once."""
        given = [option.value for option in self.options if option.name == name]
        return given[-1] if given else None

    def values(self, name: str) -> list[str]:
        """The values of an option that may be given more than once; each may hold several, between commas."""
        import csv

        texts = [option.value for option in self.options if option.name == name and option.value]
        return [part for text in texts for row in csv.reader([text]) for part in row]

    def with_image(self, path: str) -> tuple[str, ...]:
        """The words with another path as image."""
        words = list(self.words)
        # A name that begins with a dash is an operand behind `--` only.
        words[self.image_at] = path
        return tuple(words)

    def call(self, path: str, program: str, variables: Mapping[str, str]) -> JobScript:
        """The call as the rules on calls see it, in a script of its own that is named `path`.

        `program` is what its first word is to be, `variables` are those that stand for options.
        """
        return given_call(path, [program, "build", *self.words], variables)

    @property
    def build_arguments(self) -> list[str]:
        """The NAME=VALUE of --build-arg, as far as they are of that form."""
        return [word for word in self.values("--build-arg") if "=" in word]

    @property
    def lacks_key(self) -> bool:
        """Whether the image is to be encrypted, and nothing gives a key."""
        has_key = self.has("--passphrase") or self.value("--pem-path") is not None
        return self.has("--encrypt") and not has_key

    @property
    def makes_sif(self) -> bool:
        """Whether a file is written, rather than a sandbox folder or something that is no path."""
        return self.image is not None and not self.has("--sandbox") and "://" not in self.image

    @property
    def source_is_address(self) -> bool:
        """Whether the source is an address such as docker://..., and no file of that name is there."""
        source = self.source
        return source is not None and _URI.match(source) is not None and not os.path.lexists(source)


def read_command(
    words: Sequence[str], program: str = "apptainer", environment: Mapping[str, str] | None = None
) -> BuildCommand:
    """The model of the arguments that a runtime's `build` is given.  Never raises: what is odd the runtime will tell."""
    given = script_of_words(["build", *words]).commands()[0].words[1:]
    read = Arguments(given, "build")
    operands = read.operands
    for word in read.doubtful:
        if len(operands) > 2 and word in operands:
            operands.remove(word)
    options = tuple(
        BuildOption(one.name, given_text(one.value) if one.value is not None else None)
        for one in read.options
    )
    set_by = frozenset(_flags_of(environment or {}, program))
    if len(operands) != 2 or not operands[0].value:
        return BuildCommand(tuple(words), options, -1, None, None, set_by)
    image, source = (given.index(word) for word in operands)
    return BuildCommand(tuple(words), options, image, words[image], words[source], set_by)


def _flags_of(environment: Mapping[str, str], program: str) -> Iterator[str]:
    """The flags that variables turn on; Apptainer reads those of Singularity too."""
    prefixes = ["SINGULARITY_"] if "singularity" in os.path.basename(os.path.realpath(program)) else []
    prefixes = prefixes or ["APPTAINER_", "SINGULARITY_"]
    for name, variable in _BY_VARIABLE.items():
        given = [environment[prefix + variable] for prefix in prefixes if environment.get(prefix + variable)]
        if given and given[0] in _TRUE:
            yield name
    if any(prefixes[0] + key in environment for key in _KEYS):
        yield "--passphrase"
