"""The runtimes on PATH: what they are, how they get their rights, what their configuration says."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

from sifcheck.base.asking import Said, attempt, run_programs
from sifcheck.base.facts import Outcome, Unknown
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.host.mounts import mount_of, read_mounts
from sifcheck.host.probes.programs import find_program, look_at_programs, search_folders
from sifcheck.host.probes.remotes import Remotes, read_remotes
from sifcheck.host.snapshot import Installation, Program, RuntimeConfiguration, Setting
from sifcheck.runtime.version_line import parse_runtime_version

__all__ = ["Tools", "look_at_tools", "parse_build_settings", "parse_configuration", "parse_refusal"]

NAMES = ("apptainer", "singularity")

# The directives of apptainer.conf and singularity.conf that bear on a build.
_SETTINGS = frozenset(
    (
        "allow setuid",
        "allow user ns",
        "allow pid ns",
        "binary path",
        "bind path",
        "limit container owners",
        "limit container groups",
        "limit container paths",
        "allow container encrypted",
        "allow container extfs",
        "allow container sif",
        "allow container squashfs",
        "allow container dir",
        "max loop devices",
        "memory fs type",
        "mksquashfs path",
        "mksquashfs procs",
        "mksquashfs mem",
        "mount proc",
        "mount home",
        "mount tmp",
        "sessiondir max size",
        "unsquashfs path",
        "user bind control",
    )
)


class Tools(NamedTuple):
    """The runtimes and the helper programs, which are looked for where the first runtime looks.

    `remotes` are the endpoints that the first runtime's installation offers; None without a file of these.
    """

    runtimes: tuple[Installation, ...]
    programs: tuple[Program, ...]
    remotes: Remotes | Unknown | None = None


def look_at_tools(environment: Mapping[str, str]) -> Tools:
    """All runtimes on PATH and all helpers.  Runs `RUNTIME --version` and `RUNTIME buildcfg`: for a Question."""
    folders = [folder for folder in environment.get("PATH", "").split(os.pathsep) if folder]
    found = [(name, path) for name in NAMES if (path := find_program(name, folders))]
    found.sort(key=lambda pair: folders.index(os.path.dirname(pair[1])))
    real_paths = list(dict.fromkeys(os.path.realpath(path) for _, path in found))
    commands = [[path, *words] for path in real_paths for words in (["--version"], ["buildcfg"])]
    answers = run_programs(commands)
    said = {path: (answers[2 * at], answers[2 * at + 1]) for at, path in enumerate(real_paths)}
    runtimes = tuple(_installation(name, path, *said[os.path.realpath(path)]) for name, path in found)
    own = [_helpers_folder(runtimes[0], said[runtimes[0].real_path][1])] if runtimes else []
    return Tools(runtimes, look_at_programs(search_folders(environment, own)), _remotes(runtimes))


def _remotes(runtimes: tuple[Installation, ...]) -> Remotes | Unknown | None:
    """The endpoints of the first runtime's installation, which stand beside its configuration."""
    configuration = runtimes[0].configuration if runtimes else Unknown("there is no runtime")
    if isinstance(configuration, Unknown):
        return configuration
    return read_remotes(f"{os.path.dirname(configuration.path)}/remote.yaml")


def _installation(name: str, path: str, version: Said | Unknown, settings: Said | Unknown) -> Installation:
    real_path = os.path.realpath(path)
    if isinstance(version, Unknown):
        text: str | Unknown = version
        parsed = parse_runtime_version("")
    else:
        text = version.out.strip()[:200] or Unknown(version.errors.strip()[:200] or "it printed nothing")
        parsed = parse_runtime_version(version.out)
    family = parsed if isinstance(parsed, Unknown) else parsed.family
    refused = None if isinstance(settings, Unknown) else parse_refusal(settings.errors)
    built = parse_build_settings("" if isinstance(settings, Unknown) else settings.out)
    return Installation(
        name=name,
        path=path,
        real_path=real_path,
        family=family,
        version_text=text,
        version=parsed if isinstance(parsed, Unknown) else parsed.version,
        setuid_starter=_setuid_starter(real_path, name, built),
        configuration=refused or _configuration(real_path, name, built),
    )


_REFUSED = pattern(r"couldn't parse configuration file (\S.*?): (?=\S)(.*)")


def parse_refusal(text: str) -> RuntimeConfiguration | None:
    """The configuration file that a runtime could not take, by what it printed; None where it said nothing of one."""
    found = _REFUSED.search(text)
    if found is None:
        return None
    # "open /etc/x.conf: permission denied": the path is said already.
    why = found[2].strip().removeprefix(f"open {found[1]}: ")
    return RuntimeConfiguration(found[1], Outcome(False, why[:200]))


def parse_build_settings(text: str) -> dict[str, str]:
    """The NAME=value lines of `buildcfg`, with the runtime's own prefix taken off the names."""
    found = {}
    for line in text.splitlines():
        name, separator, value = line.partition("=")
        if separator and name.isupper():
            found[name.removeprefix("APPTAINER_").removeprefix("SINGULARITY_")] = value.strip()
    return found


def _helpers_folder(runtime: Installation, settings: Said | Unknown) -> str:
    built = parse_build_settings("" if isinstance(settings, Unknown) else settings.out)
    return _libexec(runtime.real_path, runtime.name, built)


def _kind(real_path: str, name: str) -> str:
    base = os.path.basename(real_path)
    return "apptainer" if "apptainer" in (base, name) else "singularity"


def _prefix(real_path: str) -> str:
    return os.path.dirname(os.path.dirname(real_path))


def _libexec(real_path: str, name: str, built: Mapping[str, str]) -> str:
    folder = built.get("LIBEXECDIR") or f"{_prefix(real_path)}/libexec"
    return f"{folder}/{_kind(real_path, name)}/bin"


def _setuid_starter(real_path: str, name: str, built: Mapping[str, str]) -> bool | Unknown:
    starter = f"{_libexec(real_path, name, built)}/starter-suid"
    try:
        about = os.stat(starter)
    except (FileNotFoundError, NotADirectoryError):
        return False if built else Unknown("it did not say where its parts are")
    except OSError as error:
        return Unknown(f"{starter}: {error.strerror}")
    mount, _ = mount_of(os.path.realpath(starter), about.st_dev, read_mounts())
    return (
        bool(about.st_mode & stat.S_ISUID) and about.st_uid == 0 and not (mount and "nosuid" in mount.options)
    )


def _configuration(real_path: str, name: str, built: Mapping[str, str]) -> RuntimeConfiguration | Unknown:
    kind = _kind(real_path, name)
    prefix = _prefix(real_path)
    etc = "/etc" if prefix == "/usr" else f"{prefix}/etc"
    path = built.get("CONF_FILE") or f"{etc}/{kind}/{kind}.conf"
    text: list[str] = []

    def read() -> None:
        with open(path, encoding="utf-8", errors="replace") as stream:
            text.append(stream.read(1 << 20))

    readable = attempt(read)
    if not readable and not built:
        return Unknown(f"it did not say where it is, and {path} cannot be read")
    return RuntimeConfiguration(path, readable, parse_configuration(text[0]) if readable else ())


def parse_configuration(text: str) -> tuple[Setting, ...]:
    """The settings of an apptainer.conf or singularity.conf that bear on a build; a value ends at the line's end."""
    found = []
    for line in text.splitlines():
        if not line.lstrip().startswith("#"):
            name, separator, value = line.partition("=")
            name = " ".join(name.split())
            if separator and name in _SETTINGS:
                found.append(Setting(name, value.strip()))
    return tuple(found)
