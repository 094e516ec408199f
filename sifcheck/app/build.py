"""What is looked at before a build: the call, the definition file or image it starts from, this machine, the plan."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sifcheck.app.check import check_inputs
from sifcheck.app.context import Context
from sifcheck.app.discover import Found
from sifcheck.app.machine import snapshot_here, with_remedies
from sifcheck.app.outcome import tell
from sifcheck.app.plan import LONGEST, Planned, plan_before
from sifcheck.app.sources import Sources
from sifcheck.app.told import (
    about_call,
    added_options,
    milder,
    without_answered,
    words_of,
)
from sifcheck.base.facts import known
from sifcheck.base.findings import AddOption, Finding
from sifcheck.base.startup import NamedTuple
from sifcheck.config.settings import Settings
from sifcheck.host.exports import Change, changes, environment_with
from sifcheck.host.snapshot import Host
from sifcheck.host.written import builds_in_namespace
from sifcheck.launch.command import BuildCommand
from sifcheck.launch.output import is_written_over
from sifcheck.lint.superseding import without_cured, without_superseded
from sifcheck.report.color import Paint
from sifcheck.runtime.argument_file import arguments_in_file

if TYPE_CHECKING:
    from sifcheck.app.registries import RegistryReader
    from sifcheck.launch.output import OutputFault

__all__ = [
    "BuildOptions",
    "Preflight",
    "examine",
    "preflight_text",
    "variables_for_options",
    "written_arguments",
]

_MOST_WARNINGS = 12
# What stands for a path in the findings, which have columns in the call as it would be typed.
_PLACE = "the command"
_SPEAKING = ("FAKEROOT", "REMOTE", "BUILDER", "SANDBOX", "IGNORE_FAKEROOT_COMMAND")


class BuildOptions(NamedTuple):
    """What the user says of looking at a build.

    `plans`: work out whether it fits; `remedies`: change the environment where that helps; `offline`: ask no registry;
    `signs`: the image is to be signed.
    """

    plans: bool = True
    remedies: bool = True
    offline: bool = False
    signs: bool = False


class Preflight(NamedTuple):
    """What was found before a build.

    `changes` are made to the environment, `added` options to the command; what they cure is no finding any more.
    `planned` is the plan, None without one.  `wrong` is what is wrong with the output for the
    rights that the build has.
    """

    findings: list[Finding]
    changes: list[Change]
    added: list[AddOption]
    settings: Settings
    planned: Planned | None = None
    wrong: Sequence[OutputFault] = ()

    @property
    def options(self) -> list[str]:
        """The words that are put before those of the command."""
        return words_of(self.added)

    @property
    def errors(self) -> list[Finding]:
        """The findings with which no build is started."""
        return [finding for finding in self.findings if finding.severity == "error"]

    @property
    def warnings(self) -> list[Finding]:
        """The findings that are told and stop nothing."""
        return [finding for finding in self.findings if finding.severity == "warning"]


def examine(
    context: Context,
    command: BuildCommand,
    program: str,
    options: BuildOptions,
    wrong: Sequence[OutputFault] = (),
) -> Preflight:
    """Check what is to be built and where; `wrong` is what was found to be wrong with the output.

    Raises SettingsError and UsageError.
    """
    settings = context.settings
    for note in dict.fromkeys(context.configuration.notes):
        tell(note)
    environment = _environment(program)
    host = _host(context, command, environment)
    about_host = context.machine_checker(settings, host).check_host(host)
    chosen: list[Change] = []
    if options.remedies:
        chosen = _usable(changes(about_host), command)
        if chosen:
            # What is cured is no trouble any more, and what is not is told as it will be.
            host = with_remedies(host, chosen, environment_with(environment, chosen))
            about_host = context.machine_checker(settings, host).check_host(host)
    added = added_options(about_host, command) if options.remedies else []
    context.use_host(host)
    context.assume(target=_target(host), arch=command.value("--arch") or "")
    found = _found(context, command.source)
    context.judges_call = True
    about_source = _check_call(context, command)
    if not options.offline:
        context.registries = _registries(command, plans=options.plans)
    in_namespace = found is not None and found.kind == "definition" and builds_in_namespace(host)
    if found is not None:
        about_source += [
            _unread(finding, found.path, in_namespace) for finding in _check_source(context, command, found)
        ]
    planned = _plan(context, command, host, added, options) if options.plans else None
    if planned is not None:
        # What is about to be built bears on what is wrong with the machine.
        about_host = context.machine_checker(settings, host, planned.plan).check_host(host)
    about_plan = list(planned.findings) if planned is not None else []
    about_host = without_superseded(without_cured(about_host, added.__contains__), about_plan)
    # What makes a folder useless is told of the machine.
    useless = [finding for finding in about_host if finding.severity == "error"]
    about_plan = without_superseded(about_plan, useless)
    wrong = [fault for fault in wrong if not (fault.by_mode and in_namespace)]
    if wrong or is_written_over(command):
        about_plan = [finding for finding in about_plan if "output" not in finding.tags]
    if found is None or found.kind != "definition":
        about_host = [milder(finding) for finding in about_host]
    return Preflight([*about_source, *about_host, *about_plan], chosen, added, settings, planned, wrong)


# -- the machine


def _environment(program: str) -> dict[str, str]:
    """The environment in which the machine is looked at: the runtime that was chosen is the first, wherever it lies."""
    search = os.pathsep.join([os.path.dirname(os.path.abspath(program)), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": search}


def _host(context: Context, command: BuildCommand, environment: Mapping[str, str]) -> Host:
    """This machine, with the folders that the build will use."""
    image = command.image
    return snapshot_here(
        context.site(context.settings),
        output=(os.path.dirname(image.rstrip("/")) or ".") if image and "://" not in image else None,
        temporary=command.value("--tmpdir"),
        environment=environment,
    )


def _usable(offered: list[Change], command: BuildCommand) -> list[Change]:
    """Without what an option on the command line decides anyway."""
    if command.value("--tmpdir") is None:
        return offered
    return [change for change in offered if not change.name.endswith("_TMPDIR")]


def _target(host: Host) -> str:
    """The runtime here as `--target` names it; "" where it cannot be told."""
    from sifcheck.runtime.versions import parse_target

    runtime = host.runtime
    family = known(runtime.family) if runtime is not None else None
    version = known(runtime.version) if runtime is not None else None
    if not family or not version:
        return ""
    # SingularityPRO numbers its own fixes: its third number says nothing of the base.
    numbers = version[: 2 if family == "singularity-pro" else 3]
    target = f"{family}-{'.'.join(map(str, numbers))}"
    try:
        parse_target(target)
    except ValueError:
        return ""
    return target


# -- the call itself


def _check_call(context: Context, command: BuildCommand) -> list[Finding]:
    """What the rules on calls (BLD3) say of the words that the runtime's `build` is given."""
    # The family says more than the name: Apptainer answers to `singularity` too.
    checker = context.checker(context.settings, "job")
    program = "singularity" if context.settings.target.startswith("singularity") else "apptainer"
    call = command.call(_PLACE, program, variables_for_options(os.environ))
    return about_call(checker.check(call))


def variables_for_options(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of an environment that stand for options of a build, and say something."""
    names = [prefix + name for name in _SPEAKING for prefix in ("SINGULARITY_", "APPTAINER_")]
    return {name: environment[name] for name in names if environment.get(name)}


# -- what the build starts from


def _registries(command: BuildCommand, *, plans: bool) -> RegistryReader:
    """What asks the registries of the bases, once for the rules and the plan."""
    from sifcheck.app.registries import RegistryReader, access_here

    plain = command.has("--no-https") or command.has("--nohttps")
    access = access_here(building=True, plain=plain)._replace(bound=LONGEST)
    # What was not learnt the plan says.
    return RegistryReader(access, "sizes" if plans else "image", quiet=plans)


def _check_source(context: Context, command: BuildCommand, found: Found) -> list[Finding]:
    comparing = None
    settings = context.settings_for(found.path)
    if settings.baseline:
        from sifcheck.app.comparing import start_comparing

        comparing = start_comparing(settings.baseline, None, [found.path])
    done = check_inputs(context, [found], comparing=comparing)
    return without_answered(done.results.findings, command)


def _unread(finding: Finding, path: str, in_namespace: bool) -> Finding:
    """What is said of a file that only the build can read: its own of mode 000, as root of a namespace (measured)."""
    unread = finding.code == "SIF001" and finding.source is not None and finding.source.path == path
    if unread and in_namespace and os.stat(path).st_uid == os.geteuid() and not os.access(path, os.R_OK):
        return finding._replace(severity="warning")
    return finding


def _plan(
    context: Context, command: BuildCommand, host: Host, added: list[AddOption], options: BuildOptions
) -> Planned | None:
    """The plan of the build; None for a source that cannot be read."""
    if command.source is None:
        return None
    return plan_before(context, command, host, words_of(added), offline=options.offline, signs=options.signs)


def _found(context: Context, source: str | None) -> Found | None:
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
    return Found(source, "definition" if _is_definition(context, source) else "image", True, "")


def _is_definition(context: Context, source: str) -> bool:
    """Whether a file is no image: that is what the runtimes take for a definition file."""
    try:
        return context.sources.unless_image(source) is not None
    except OSError:
        return True


def written_arguments(command: BuildCommand, sources: Sources) -> list[str]:
    """The NAME=VALUE lines of --build-arg-file, as far as it can be read."""
    path = command.value("--build-arg-file")
    if not path:
        return []
    try:
        source = sources.unless_image(path)
    except (OSError, ValueError):
        return []
    return arguments_in_file(source.data) if source is not None else []


# -- what is said of it


def preflight_text(preflight: Preflight, paint: Paint, *, errors_only: bool) -> str:
    """The errors and the warnings, grouped by what they are about; an error with what to do."""
    from sifcheck.base.text import escape
    from sifcheck.report.place import path_of

    warnings = [] if errors_only else preflight.warnings
    groups: dict[str, list[Finding]] = {}
    for finding in [*preflight.errors, *warnings[:_MOST_WARNINGS]]:
        heading = path_of(finding) or ("the plan" if finding.subject == "plan" else "this machine")
        groups.setdefault(heading, []).append(finding)
    lines = []
    for heading, findings in groups.items():
        lines.append(paint(escape(heading), "strong"))
        for finding in findings:
            lines += _rows(finding, paint)
    if len(warnings) > _MOST_WARNINGS:
        lines.append(f"and {len(warnings) - _MOST_WARNINGS} more warnings, which `sifcheck check` tells")
    return "".join(f"{line}\n" for line in lines)


def _rows(finding: Finding, paint: Paint) -> list[str]:
    from sifcheck.base.text import escape
    from sifcheck.report.place import path_of, positions

    place = ""
    if path_of(finding) is not None and finding.source is not None:
        line, column, _ = positions(finding.source, finding.span)[0]
        place = f"{line}:{column}  "
    severity = paint(f"{finding.severity:7}", finding.severity)
    rows = [f"  {place}{severity}  {finding.code} {finding.name}: {escape(finding.message)}"]
    if finding.severity == "error" and finding.help:
        rows += [f"      {paint('help:', 'help')} {escape(line)}" for line in finding.help.split("\n")]
    return rows
