"""What is looked at before a build: the definition file or image it starts from, this machine, and what would help."""

from __future__ import annotations

import argparse
import os
import stat
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sifcheck.app.comparing import Comparing
from sifcheck.app.discover import HEAD_SIZE, Found, kind_of
from sifcheck.app.fixing import Wish
from sifcheck.app.outcome import tell
from sifcheck.app.preplanned import Planned, plan_before
from sifcheck.app.session import Session
from sifcheck.app.told import (
    milder,
    of_plan,
    squashfs_options,
    without_answered,
    without_cured,
    without_doubles,
)
from sifcheck.base.facts import known
from sifcheck.base.findings import Finding
from sifcheck.base.startup import NamedTuple
from sifcheck.config.layers import Configuration
from sifcheck.config.settings import Settings
from sifcheck.host.exports import Remedy, remedies, to_be_cured
from sifcheck.host.snapshot import Host
from sifcheck.launch.command import BuildCommand
from sifcheck.lint.plugins import Loaded, load
from sifcheck.report.color import Paint

if TYPE_CHECKING:
    from sifcheck.app.registries import RegistryReader
    from sifcheck.plan.model import Plan

__all__ = ["Looked", "look", "told"]

_MOST_WARNINGS = 12


class Looked(NamedTuple):
    """What was found before a build.

    `remedies` are changes to the environment, `options` are for the command; what they answer is no finding any more.
    `planned` is the plan, None without one.
    """

    findings: list[Finding]
    remedies: list[Remedy]
    options: list[str]
    settings: Settings
    loaded: Loaded
    planned: Planned | None = None

    @property
    def errors(self) -> list[Finding]:
        """The findings with which no build is started."""
        return [finding for finding in self.findings if finding.severity == "error"]

    @property
    def warnings(self) -> list[Finding]:
        """The findings that are told and stop nothing."""
        return [finding for finding in self.findings if finding.severity == "warning"]


def look(given: argparse.Namespace, command: BuildCommand, program: str, *, spoilt: bool = False) -> Looked:
    """Check what is to be built and where; `spoilt`: that the image cannot be written was found already.

    Raises SettingsError and UsageError.
    """
    flags = {**vars(given), "host": "auto", "no_shellcheck": True}
    configuration = _configuration(given, flags)
    settings = configuration.for_folder()
    for note in dict.fromkeys(configuration.notes):
        tell(note)
    if settings.origin("site").layer == "default":
        flags["site"] = "auto"
        settings = _configuration(given, flags).for_folder()
    loaded = load(rule_files=settings.rule_files)
    session = Session(_configuration(given, flags), loaded)
    machine = _Machine(session, settings, command, program)
    host, about_host = machine.look(os.environ)
    chosen: list[Remedy] = []
    if not given.no_remedies:
        chosen = _usable(remedies(host, to_be_cured(about_host), session.site(settings)), command)
        if chosen:
            # What is cured is no trouble any more, and what is not is told as it will be.
            host, about_host = machine.look(_changed(os.environ, chosen))
    options = [] if given.no_remedies else squashfs_options(about_host, command)
    about_host = without_cured(about_host, options)
    registries = _registries(given, command)
    about_source = [
        *_check_call(given, flags, command, host, loaded),
        *_check_source(given, flags, command, host, loaded, registries),
    ]
    planned = None if given.no_plan else _plan(given, flags, command, host, loaded, options, registries)
    if planned is not None:
        # What is about to be built bears on what is wrong with the machine.
        about_host = without_cured(machine.judged(host, planned.plan), options)
    about_host = without_doubles(about_host, planned)
    about_plan = of_plan(planned.findings if planned is not None else (), about_host, unwritable=spoilt)
    if not _is_definition(command.source):
        about_host = [milder(finding) for finding in about_host]
    found = [*about_source, *about_host, *about_plan]
    return Looked(found, chosen, options, settings, loaded, planned)


def _configuration(given: argparse.Namespace, flags: Mapping[str, Any]) -> Configuration:
    return Configuration(flags, config=given.config, isolated=given.isolated, patience=2.0)


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
        from sifcheck.app.hosting import snapshot_here

        # The runtime that was chosen is the one to look at, wherever it lies.
        search = os.pathsep.join([self.folder, environment.get("PATH", "")])
        host = snapshot_here(
            self.session.site(self.settings),
            output=self.output,
            temporary=self.temporary,
            environment={**environment, "PATH": search},
        )
        return host, self.judged(host)

    def judged(self, host: Host, plan: Plan | None = None) -> list[Finding]:
        """What is found about the machine, for the build that is planned."""
        return self.session.checker_of_machine(self.settings, host, plan).check_host(host)


def _usable(offered: list[Remedy], command: BuildCommand) -> list[Remedy]:
    """Without what an option on the command line decides anyway."""
    if command.value("--tmpdir") is None:
        return offered
    return [remedy for remedy in offered if not remedy.name.endswith("_TMPDIR")]


def _changed(environment: Mapping[str, str], chosen: Iterable[Remedy]) -> dict[str, str]:
    changed = dict(environment)
    for remedy in chosen:
        changed.pop(remedy.name, None)
        if remedy.value is not None:
            changed[remedy.name] = remedy.value
    return changed


def _registries(given: argparse.Namespace, command: BuildCommand) -> RegistryReader | None:
    """What asks the registries of the bases, once for the rules and the plan; None where none is to be asked."""
    if given.offline:
        return None
    from sifcheck.app.planned import LONGEST
    from sifcheck.app.registries import RegistryReader, access_here

    plain = command.has("--no-https") or command.has("--nohttps")
    access = access_here(building=True, plain=plain)._replace(bound=LONGEST)
    # What was not learnt the plan says.
    return RegistryReader(access, "image" if given.no_plan else "sizes", quiet=not given.no_plan)


# -- the call itself


def _check_call(
    given: argparse.Namespace,
    flags: Mapping[str, Any],
    command: BuildCommand,
    host: Host,
    loaded: Loaded,
) -> list[Finding]:
    from sifcheck.app.own_call import check_call

    target = _target(host)
    named = _configuration(given, flags).for_folder()
    more = {"target": target} if target and not named.target else {}
    session = Session(_configuration(given, {**flags, **more}), loaded)
    session.use_host(host)
    # The family says more than the name: Apptainer answers to `singularity` too.
    program = "singularity" if target.startswith("singularity") else "apptainer"
    checker = session.checker(session.configuration.for_folder(), "job")
    return check_call(checker, command, program, os.environ)


# -- what the build starts from


def _check_source(
    given: argparse.Namespace,
    flags: Mapping[str, Any],
    command: BuildCommand,
    host: Host,
    loaded: Loaded,
    registries: RegistryReader | None,
) -> list[Finding]:
    found = _found(command.source)
    if found is None:
        return []
    session = _session_for(found.path, given, flags, command, host, loaded)
    session.registries = registries
    comparing = Comparing()
    named = session.configuration.for_file(found.path)
    if named.baseline:
        from sifcheck.app.comparing import start_comparing

        comparing = start_comparing(named.baseline, None, [found.path])
    done = session.check([found], None, Wish(False, False, False, None), comparing)
    return without_answered(done.results.findings, command)


def _session_for(
    path: str,
    given: argparse.Namespace,
    flags: Mapping[str, Any],
    command: BuildCommand,
    host: Host,
    loaded: Loaded,
) -> Session:
    """A session with what the command says of build arguments and the target, where no configuration says it."""
    named = _configuration(given, flags).for_file(path)
    more: dict[str, Any] = {"build_args": [*_written_arguments(command), *command.build_arguments]}
    if not named.target and (target := _target(host)):
        more["target"] = target
    if not named.arch and command.value("--arch"):
        more["arch"] = command.value("--arch")
    session = Session(_configuration(given, {**flags, **more}), loaded)
    session.use_host(host)
    return session


def _plan(
    given: argparse.Namespace,
    flags: Mapping[str, Any],
    command: BuildCommand,
    host: Host,
    loaded: Loaded,
    options: list[str],
    registries: RegistryReader | None,
) -> Planned | None:
    """The plan of the build; None for a source that cannot be read."""
    if command.source is None:
        return None
    session = _session_for(command.source, given, flags, command, host, loaded)
    session.registries = registries
    settings = session.configuration.for_file(command.source)
    return plan_before(command, session, settings, host, options, offline=given.offline, signs=given.sign)


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
    from sifcheck.runtime.versions import parse_target

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


# -- what is said of it


def told(looked: Looked, paint: Paint, *, errors_only: bool) -> str:
    """The errors and the warnings, grouped by what they are about; an error with what to do."""
    from sifcheck.report.harmless import harmless
    from sifcheck.report.place import path_of

    warnings = [] if errors_only else looked.warnings
    groups: dict[str, list[Finding]] = {}
    for finding in [*looked.errors, *warnings[:_MOST_WARNINGS]]:
        heading = path_of(finding) or ("the plan" if finding.subject == "plan" else "this machine")
        groups.setdefault(heading, []).append(finding)
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
