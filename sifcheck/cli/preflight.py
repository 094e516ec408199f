"""What is looked at before a build: the definition file or image it starts from, this machine, and what would help."""

from __future__ import annotations

import argparse
import os
import stat
from collections.abc import Iterable, Mapping
from typing import Any

from sifcheck.build.command import BuildCommand
from sifcheck.cli.comparing import Comparing
from sifcheck.cli.mending import Wish
from sifcheck.cli.session import Session
from sifcheck.engine.discover import HEAD_SIZE, Found, kind_of
from sifcheck.engine.layers import Configuration
from sifcheck.engine.plugins import Loaded, load
from sifcheck.engine.settings import Settings
from sifcheck.findings import Finding
from sifcheck.host.exports import Remedy, remedies
from sifcheck.host.snapshot import Host, known
from sifcheck.report.color import Paint
from sifcheck.startup import NamedTuple, pattern

__all__ = ["Looked", "look", "squashfs_options", "told"]

_MOST_WARNINGS = 12


class Looked(NamedTuple):
    """What was found before a build.

    `remedies` are changes to the environment, `options` are for the command; what they answer is no finding any more.
    """

    findings: list[Finding]
    remedies: list[Remedy]
    options: list[str]
    settings: Settings
    loaded: Loaded

    @property
    def errors(self) -> list[Finding]:
        """The findings with which no build is started."""
        return [finding for finding in self.findings if finding.severity == "error"]

    @property
    def warnings(self) -> list[Finding]:
        """The findings that are told and stop nothing."""
        return [finding for finding in self.findings if finding.severity == "warning"]


def look(given: argparse.Namespace, command: BuildCommand, program: str) -> Looked:
    """Check what is to be built and where.  Raises SettingsError and UsageError."""
    flags = {**vars(given), "host": "auto", "no_shellcheck": True}
    settings = _configuration(given, flags).for_folder()
    if settings.origin("site").layer == "default":
        flags["site"] = "auto"
        settings = _configuration(given, flags).for_folder()
    loaded = load(rule_files=settings.rule_files)
    session = Session(_configuration(given, flags), loaded)
    machine = _Machine(session, settings, command, program)
    host, about_host = machine.look(os.environ)
    chosen: list[Remedy] = []
    if not given.no_remedies:
        chosen = _usable(remedies(host, [finding.code for finding in about_host]), command)
        if chosen:
            # What is cured is no trouble any more, and what is not is told as it will be.
            host, about_host = machine.look(_changed(os.environ, chosen))
    options = [] if given.no_remedies else squashfs_options(about_host, command)
    if options:
        about_host = [finding for finding in about_host if finding.code != "ENV301"]
    about_source = _check_source(given, flags, command, host, loaded)
    if not _is_definition(command.source):
        about_host = [_milder(finding) for finding in about_host]
    return Looked([*about_source, *about_host], chosen, options, settings, loaded)


def _configuration(given: argparse.Namespace, flags: Mapping[str, Any]) -> Configuration:
    return Configuration(flags, config=given.config, isolated=given.isolated)


class _Machine:
    """This machine, looked at with one environment or another."""

    def __init__(self, session: Session, settings: Settings, command: BuildCommand, program: str) -> None:
        self.session, self.settings = session, settings
        self.temporary = command.value("--tmpdir")
        image = command.image
        self.output = (os.path.dirname(image.rstrip("/")) or ".") if image and "://" not in image else None
        self.folder = os.path.dirname(os.path.abspath(program))

    def look(self, environment: Mapping[str, str]) -> tuple[Host, list[Finding]]:
        """The machine, and what is found about it."""
        from sifcheck.cli.hosting import snapshot_here

        # The runtime that was chosen is the one to look at, wherever it lies.
        search = os.pathsep.join([self.folder, environment.get("PATH", "")])
        host = snapshot_here(
            self.session.site(self.settings),
            output=self.output,
            temporary=self.temporary,
            environment={**environment, "PATH": search},
        )
        return host, self.session.checker_of_machine(self.settings, host).check_host(host)


def _usable(offered: list[Remedy], command: BuildCommand) -> list[Remedy]:
    """Without what an option on the command line decides anyway."""
    if command.value("--tmpdir") is None:
        return offered
    return [remedy for remedy in offered if not remedy.name.endswith("_TMPDIR")]


_SQUASHFS = pattern(r'`apptainer build (--mksquashfs-args) "([^"`]+)" IMAGE FILE`')


def squashfs_options(about_host: Iterable[Finding], command: BuildCommand) -> list[str]:
    """What holds mksquashfs to the memory and the cores of this session, as the rule says to type it.

    What is in the image stays the same: they are limits only.
    """
    if not command.makes_sif or command.value("--mksquashfs-args") is not None:
        return []
    typed = [_SQUASHFS.search(one.help) for one in about_host if one.code == "ENV301"]
    return next(([found[1], found[2]] for found in typed if found), [])


def _changed(environment: Mapping[str, str], chosen: Iterable[Remedy]) -> dict[str, str]:
    changed = dict(environment)
    for remedy in chosen:
        changed.pop(remedy.name, None)
        if remedy.value is not None:
            changed[remedy.name] = remedy.value
    return changed


# -- what the build starts from


def _check_source(
    given: argparse.Namespace,
    flags: Mapping[str, Any],
    command: BuildCommand,
    host: Host,
    loaded: Loaded,
) -> list[Finding]:
    found = _found(command.source)
    if found is None:
        return []
    named = _configuration(given, flags).for_file(found.path)
    more: dict[str, Any] = {"build_args": [*_written_arguments(command), *command.build_arguments]}
    if not named.target and (target := _target(host)):
        more["target"] = target
    if not named.arch and command.value("--arch"):
        more["arch"] = command.value("--arch")
    session = Session(_configuration(given, {**flags, **more}), loaded)
    session.use_host(host)
    comparing = Comparing()
    if named.baseline:
        from sifcheck.cli.comparing import start_comparing

        comparing = start_comparing(named.baseline, None, [found.path])
    done = session.check([found], None, Wish(False, False, False, None), comparing)
    return list(done.results.findings)


def _found(source: str | None) -> Found | None:
    """What a source is; None for an address, and for a pipe, which can be read only once."""
    if source is None:
        return None
    try:
        mode = os.stat(source).st_mode
    except (OSError, ValueError):
        return None
    if stat.S_ISDIR(mode):
        return Found(source, "sandbox", True, "")
    if not stat.S_ISREG(mode):
        return None
    return Found(source, "definition" if _is_definition(source) else "image", True, "")


def _is_definition(source: str | None) -> bool:
    """Whether a source is a file that is no image: that is what the runtimes take for a definition file."""
    if source is None or not os.path.isfile(source):
        return False
    try:
        with open(source, "rb") as stream:
            return kind_of(source, stream.read(HEAD_SIZE)) != "image"
    except OSError:
        return True


def _written_arguments(command: BuildCommand) -> list[str]:
    """The NAME=VALUE lines of --build-arg-file, as far as it can be read."""
    path = command.value("--build-arg-file")
    if not path:
        return []
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            lines = stream.read(1 << 20).splitlines()
    except (OSError, ValueError):
        return []
    return [line.strip() for line in lines if "=" in line and not line.lstrip().startswith("#")]


def _target(host: Host) -> str:
    """The runtime here as `--target` names it; "" where it cannot be told."""
    from sifcheck.definition.runtimes import parse_target

    runtime = host.runtime
    flavour = known(runtime.flavour) if runtime is not None else None
    version = known(runtime.version) if runtime is not None else None
    if not flavour or not version:
        return ""
    target = f"{flavour}-{version[0]}.{version[1] if len(version) > 1 else 0}"
    try:
        parse_target(target)
    except ValueError:
        return ""
    return target


def _milder(finding: Finding) -> Finding:
    """The way to root is a matter of definition files: what stops them need not stop a conversion."""
    if finding.severity == "error" and finding.code.startswith("ENV1"):
        return finding._replace(severity="warning")
    return finding


# -- what is said of it


def told(looked: Looked, paint: Paint, *, errors_only: bool) -> str:
    """The errors and the warnings, grouped by what they are about; an error with what to do."""
    from sifcheck.report.harmless import harmless
    from sifcheck.report.place import path_of

    warnings = [] if errors_only else looked.warnings
    groups: dict[str, list[Finding]] = {}
    for finding in [*looked.errors, *warnings[:_MOST_WARNINGS]]:
        groups.setdefault(path_of(finding) or "this machine", []).append(finding)
    lines = []
    for heading, findings in groups.items():
        lines.append(paint(harmless(heading), "strong"))
        for finding in findings:
            lines += _rows(finding, paint)
    if len(warnings) > _MOST_WARNINGS:
        lines.append(f"and {len(warnings) - _MOST_WARNINGS} more warnings, which `sifcheck check` tells")
    return "".join(f"{line}\n" for line in lines)


def _rows(finding: Finding, paint: Paint) -> list[str]:
    from sifcheck.report.harmless import harmless
    from sifcheck.report.place import path_of, positions

    place = ""
    if path_of(finding) is not None and finding.source is not None:
        line, column, _ = positions(finding.source, finding.span)[0]
        place = f"{line}:{column}  "
    severity = paint(f"{finding.severity:7}", finding.severity)
    rows = [f"  {place}{severity}  {finding.code} {finding.name}: {harmless(finding.message)}"]
    if finding.severity == "error" and finding.help:
        rows += [f"      {paint('help:', 'help')} {harmless(line)}" for line in finding.help.split("\n")]
    return rows
