"""Whether the failure of a command ends its script, and with it the build."""

from __future__ import annotations

from sifcheck.api import APP_SECTIONS, Command, Severity, sets_errexit


def errexit_at(command: Command) -> bool:
    """Whether a failure ends the script where a command stands."""
    errexit: bool = command.script.section.has_errexit
    for other in command.script.commands("set"):
        if other.start > command.start:
            break
        turned = None if other.subshell or other.function or other.substitution else sets_errexit(other)
        errexit = errexit if turned is None else turned
    return errexit


def ends_script(command: Command) -> bool:
    """Whether a command belongs to the last statement that is run, whose status is that of the whole.

    Where a stage has apps, the runtime adds lines of its own behind %post and behind each %appinstall.
    """
    section = command.script.section
    if not command.last or section.name == "appinstall":
        return False
    if section.name != "post":
        return True
    return section.stage.build_scripts[-1] is command.script and not section.stage.named(*APP_SECTIONS)


def ends_build(command: Command) -> bool:
    """Whether the build ends where a command fails, as far as that is sure.

    errexit looks at the last program of a pipe, and at the last command of an `A && B` list.
    """
    if command.handled or command.background or command.branch or command.function or command.substitution:
        return False
    if command.pipeline[-1] is not command and "pipefail" not in command.script.text:
        return False
    if ends_script(command):
        return True
    if not errexit_at(command):
        return False
    listed = command.list
    if listed is None or "&&" not in listed.operators:
        return True
    return command in listed.elements[-1].commands or (listed.last and bool(command.subshell))


def severity_of_failure(command: Command) -> Severity:
    """An error where the failure ends the build; else the image lacks what was meant, a warning."""
    return "error" if ends_build(command) else "warning"
