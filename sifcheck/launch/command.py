"""The arguments of a `singularity build` / `apptainer build` as a model: what is built, from what, with which options.

They are read for what their author means: options behind the image too, which the runtimes refuse.  `--` ends
them, short ones may be joined (`-Fs`, `-B/data`).  Sources: `apptainer build --help` and hidden options of Apptainer 1.4.5
(measured), the command sources of SingularityCE 3.8-4.3 (read).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.runtime.options import flags, value_options

__all__ = ["BuildCommand", "Option", "read_command"]

_TRUE = frozenset("1 t T true TRUE True".split())
_FALSE = frozenset("0 f F false FALSE False".split())
_URI = pattern(r"[A-Za-z][A-Za-z0-9+.-]*:")

# What gives a key by being there, whatever it holds (Apptainer 1.4.5, measured; of SINGULARITY_ it reads none).
_KEYS = ("ENCRYPTION_PASSPHRASE", "ENCRYPTION_PEM_PATH", "ENCRYPTION_PEM_DATA")
# Flags that a variable may give as well, of those that say what becomes of the output.
_BY_VARIABLE = {"--sandbox": "SANDBOX", "--force": "FORCE", "--update": "UPDATE"}


class Option(NamedTuple):
    """An option with its name in full (`--bind` for `-B`) and its value, None without one."""

    name: str
    value: str | None


class BuildCommand(NamedTuple):
    """The arguments behind `build`.  `words` are as they were given; `image_at` is the number of the image's word.

    `image` and `source` are None where the arguments are not the two operands that a build takes, which the runtime says
    better than anybody else.  `environment` are the flags that variables give.
    """

    words: tuple[str, ...]
    options: tuple[Option, ...]
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
    options, operands, unsure = _split(words)
    # A word behind an option that nobody knows may be its value.
    for place in unsure:
        if len(operands) > 2:
            operands.remove(place)
    set_by = frozenset(_flags_of(environment or {}, program))
    if len(operands) != 2 or not words[operands[0]]:
        return BuildCommand(tuple(words), tuple(options), -1, None, None, set_by)
    image, source = operands
    return BuildCommand(tuple(words), tuple(options), image, words[image], words[source], set_by)


def _split(words: Sequence[str]) -> tuple[list[Option], list[int], list[int]]:
    """The options, the places of the operands, and those of operands that an unknown option may have as its value."""
    valued, known = value_options("build"), flags("build")
    options: list[Option] = []
    operands: list[int] = []
    unsure: list[int] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            operands += range(at, len(words))
            break
        if word == "-" or not word.startswith("-"):
            operands.append(at - 1)
            continue
        unknown = False
        for name, value in _options_in(word, valued, known):
            if value is None and name in valued.values():
                value = words[at] if at < len(words) else None
                at += 1
            unknown = value is None and name not in known.values()
            options.append(Option(name, value))
        if unknown and at < len(words):
            unsure.append(at)
    operands = [place for place in operands if place < len(words)]
    return options, operands, [place for place in unsure if place in operands]


def _options_in(
    word: str, valued: Mapping[str, str], known: Mapping[str, str]
) -> Iterator[tuple[str, str | None]]:
    """The options that one word holds, with the values that stand in the same word."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        yield valued.get(name) or known.get(name) or name, value if equals else None
        return
    for index, letter in enumerate(word[1:], 2):
        short = f"-{letter}"
        rest = word[index:]
        if short in valued:
            yield valued[short], rest.removeprefix("=") if rest else None
            return
        if rest.startswith("="):
            yield known.get(short, short), rest[1:]
            return
        yield known.get(short, short), None


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
