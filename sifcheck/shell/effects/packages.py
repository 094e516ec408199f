"""Calls of package managers: which manager, what it is to do, with which options and to which packages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from sifcheck.base.startup import NamedTuple, pattern

if TYPE_CHECKING:
    from sifcheck.shell import Command, Script, Word

_FAMILIES = {
    "apt": "apt-get apt aptitude apt-fast",
    "dnf": "dnf yum microdnf dnf5 dnf-3 tdnf",
    "zypper": "zypper",
    "apk": "apk",
    "pip": "pip pip2 pip3 "
    + " ".join(f"pip{version}" for version in ("2.7", *(f"3.{minor}" for minor in range(5, 16)))),
    "conda": "conda mamba micromamba",
    "npm": "npm",
    "cargo": "cargo",
}
_PYTHONS = frozenset(("python", "python2", "python3", *(f"python3.{minor}" for minor in range(5, 16))))
PACKAGE_MANAGERS = {program: family for family, programs in _FAMILIES.items() for program in programs.split()}
"""The programs that install packages, each with the manager that it belongs to (`apt` of `apt-get`)."""

_PROGRAMS = (*PACKAGE_MANAGERS, *sorted(_PYTHONS))

# Options whose value is the next word, short letters first.
_TAKES_VALUE = {
    "apt": "octaP --option --config-file --target-release --default-release --host-architecture",
    "dnf": "cxdeR --config --exclude --enablerepo --disablerepo --repo --repoid --setopt --releasever --installroot "
    "--forcearch "
    "--comment --advisory --downloaddir --destdir --color --debuglevel --errorlevel --add-repo --enableplugin "
    "--disableplugin",
    "zypper": "cDCRrpt --config --reposd-dir --cache-dir --root --repo --from --type --plus-repo --plus-content --userdata "
    "--releasever --name",
    "apk": "tXp --virtual --repository --root --arch --keys-dir --repositories-file --cache-dir --wait",
    "pip": "rcetifbC --requirement --constraint --editable --target --index-url --extra-index-url --prefix --root --src "
    "--find-links --trusted-host --proxy --timeout --retries --cert --client-cert --cache-dir --log --platform "
    "--python-version "
    "--implementation --abi --no-binary --only-binary --upgrade-strategy --install-option --global-option --config-settings "
    "--progress-bar --report --exists-action --build --use-feature --use-deprecated --hash --python",
    "conda": "npcfr --name --prefix --channel --file --root-prefix --solver --experimental-solver --subdir --platform "
    "--revision --rc-file --repodata-fn --clone",
    "npm": "w --prefix --registry --workspace --loglevel --cache --userconfig",
    "cargo": "FjZ --version --vers --git --branch --tag --rev --path --root --features --bin --target --profile --registry "
    "--index --target-dir --config --jobs",
}
_TAKING: dict[str, tuple[str, frozenset[str]]] = {
    family: (words.split()[0], frozenset(words.split()[1:])) for family, words in _TAKES_VALUE.items()
}

# What the verbs of each manager do.
_VERBS = {
    "apt": {
        "install": "install reinstall build-dep satisfy",
        "upgrade": "upgrade dist-upgrade full-upgrade safe-upgrade",
        "update": "update",
        "remove": "remove purge autoremove autopurge",
        "clean": "clean autoclean distclean",
    },
    "dnf": {
        "install": "install localinstall reinstall groupinstall builddep build-dep swap downgrade debuginfo-install "
        "group_install groups_install module_install",
        "upgrade": "update upgrade update-minimal upgrade-minimal distro-sync dsync up group_update group_upgrade "
        "groupupdate",
        "update": "makecache check-update",
        "remove": "remove erase autoremove groupremove rm",
        "clean": "clean",
    },
    "zypper": {
        "install": "install in source-install si install-new-recommends inr",
        "upgrade": "update up dist-upgrade dup patch",
        "update": "refresh ref",
        "remove": "remove rm",
        "clean": "clean cc",
    },
    "apk": {"install": "add", "upgrade": "upgrade", "update": "update", "remove": "del", "clean": "cache"},
    "pip": {"install": "install", "remove": "uninstall", "clean": "cache_purge cache_remove"},
    "conda": {
        "install": "install create env_create env_update",
        "upgrade": "update upgrade",
        "remove": "remove uninstall env_remove",
        "clean": "clean",
    },
    "npm": {"install": "install i add ci in"},
    "cargo": {"install": "install"},
}
_ACTIONS: dict[str, dict[str, str]] = {
    family: {verb: action for action, verbs in actions.items() for verb in verbs.split()}
    for family, actions in _VERBS.items()
}
_PAIRED = {"dnf": ("group", "groups", "module"), "conda": ("env",), "pip": ("cache",)}
_PACKAGE = pattern(r"([A-Za-z0-9][\w.+-]*)(?:[=<>!~;:][^/*?]*|\[[\w,.-]*\][^/*?]*)?$")


class PackageOption(NamedTuple):
    """One option as given: `name` with its dashes, and its value, None where it has none or that is not known."""

    name: str
    word: Word
    value: str | None
    glued: bool


class PackageCall(NamedTuple):
    """One call of a package manager.

    `tool` is the program (`apt-get`), `family` what it belongs to (`apt`), `verb` the word that says what to do; `action`
    is install, upgrade (of everything, or of what is named), update (of the lists), remove, clean or "".  `names` are the
    words behind the verb that are no options.  `open` words hang on something unknown and might be options.
    """

    command: Command
    tool: str
    family: str
    action: str
    verb: Word
    names: tuple[Word, ...]
    options: tuple[PackageOption, ...]
    open: tuple[Word, ...]

    def option(self, *names: str) -> PackageOption | None:
        """The first of the options of these names."""
        return next((option for option in self.options if option.name in names), None)

    def values(self, *names: str) -> list[str]:
        """The known values of all options of these names."""
        return [option.value for option in self.options if option.name in names and option.value is not None]

    @property
    def packages(self) -> list[tuple[str, Word]]:
        """The packages that are named in full, without version or architecture; not files, addresses or patterns."""
        found = []
        for word in self.names:
            match = _PACKAGE.match(word.value or "")
            if match is not None:
                found.append((match[1].lower(), word))
        return found

    @property
    def written(self) -> str:
        """How the manager is called in the file, for a line that calls it again."""
        word = self.command.program_word
        text = word.value if word is not None else None
        return text if text and " " not in text else self.tool


def package_calls(scripts: tuple[Script, ...]) -> tuple[PackageCall, ...]:
    """The calls of package managers in some scripts, in the order in which they stand."""
    return tuple(call for script in scripts for call in _calls_in(script))


@lru_cache(maxsize=16)
def _calls_in(script: Script) -> tuple[PackageCall, ...]:
    calls = map(package_call, script.commands(*_PROGRAMS))
    return tuple(call for call in calls if call is not None)


def package_call(command: Command) -> PackageCall | None:
    """What a command asks a package manager to do; None for other commands and where the verb is not known."""
    tool, words = command.program or "", command.arguments
    if tool in _PYTHONS:
        at = next((index for index, word in enumerate(words) if word.value == "-m"), None)
        if at is None or at + 1 >= len(words) or words[at + 1].value != "pip":
            return None
        return _read(command, "pip", "pip", words[at + 2 :])
    family = PACKAGE_MANAGERS.get(tool)
    if family is None:
        return None
    call = _read(command, tool, family, words)
    if family == "conda" and call is not None and call.verb.value == "run":
        return _read_inner(command, words)
    return call


def _read_inner(command: Command, words: tuple[Word, ...]) -> PackageCall | None:
    """The call that `conda run -n NAME pip install ...` makes."""
    for index, word in enumerate(words):
        name = word.value or ""
        if PACKAGE_MANAGERS.get(name) == "pip":
            return _read(command, name, "pip", words[index + 1 :])
        if name in _PYTHONS and [after.value for after in words[index + 1 : index + 3]] == ["-m", "pip"]:
            return _read(command, "pip", "pip", words[index + 3 :])
    return None


def _read(command: Command, tool: str, family: str, words: tuple[Word, ...]) -> PackageCall | None:
    options, operands, unknown = _split(words, family)
    if not operands or operands[0].value is None:
        return None
    verb, names = operands[0], operands[1:]
    name = verb.value or ""
    if name in _PAIRED.get(family, ()) and names and names[0].value is not None:
        name, verb, names = f"{name}_{names[0].value}", names[0], names[1:]
    action = _ACTIONS[family].get(name, "")
    return PackageCall(command, tool, family, action, verb, tuple(names), tuple(options), tuple(unknown))


def _split(words: tuple[Word, ...], family: str) -> tuple[list[PackageOption], list[Word], list[Word]]:
    """Options, operands, and the words that may be either."""
    letters, longs = _TAKING[family]
    options: list[PackageOption] = []
    operands: list[Word] = []
    unknown: list[Word] = []
    rest = iter(words)
    for word in rest:
        known = word.value
        text = word.prefix if known is None else known
        if known is None and not text:
            unknown.append(word)
            operands.append(word)
        elif len(text) < 2 or text[0] != "-":
            operands.append(word)
        elif text == "--":
            operands.extend(rest)
        elif text.startswith("--"):
            name, equals, value = text.partition("=")
            if equals:
                options.append(PackageOption(name, word, value if known is not None else None, True))
            else:
                following = next(rest, None) if name in longs else None
                options.append(
                    PackageOption(name, word, following.value if following is not None else None, False)
                )
        else:
            _add_letters(options, word, text, letters, rest)
    return options, operands, unknown


def _add_letters(
    options: list[PackageOption], word: Word, text: str, letters: str, rest: Iterator[Word]
) -> None:
    """The options of `-qy`, `-oNAME=x` or `-c conda-forge`."""
    for index, letter in enumerate(text[1:], 1):
        if letter not in letters and text[index + 1 : index + 2] == "=":  # `-q=2`
            options.append(PackageOption(f"-{letter}", word, text[index + 2 :], True))
            return
        if letter not in letters:
            options.append(PackageOption(f"-{letter}", word, None, len(text) > 2))
            continue
        value = text[index + 1 :].removeprefix("=")
        if value:
            options.append(PackageOption(f"-{letter}", word, value, True))
        else:
            following = next(rest, None)
            options.append(
                PackageOption(
                    f"-{letter}", word, following.value if following is not None else None, index > 1
                )
            )
        return
