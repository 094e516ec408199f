"""All that an author of rules imports; see docs/writing-rules.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sifcheck.base.findings import (
    AddOption,
    Confidence,
    Edit,
    Profile,
    Related,
    Remedy,
    SetVariable,
    Severity,
    UnsetVariable,
)
from sifcheck.base.source import Source, Span
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.definition.model import (
    Definition,
    FileCopy,
    FileWord,
    HeaderField,
    Label,
    Problem,
    Section,
    Stage,
    open_before_stage,
)
from sifcheck.definition.variables import Use
from sifcheck.lint.draft import (
    NOWHERE,
    Draft,
    delete,
    finding,
    insert_after,
    insert_before,
    related,
    replace,
)
from sifcheck.lint.plugins import hookimpl
from sifcheck.lint.rule import Rule, bad, good, rule
from sifcheck.runtime.versions import AGENTS, APP_SECTIONS, KEYS, SECTIONS, Runtime, Target, families
from sifcheck.shell import Assignment, Command, Heredoc, List, Part, Redirection, Script, Word

if TYPE_CHECKING:
    from sifcheck.base.facts import Outcome, Unknown, known
    from sifcheck.base.text import edit_distance, nearest_by_edits, quote, size_text, within_two_edits
    from sifcheck.host.exports import temporary_remedy
    from sifcheck.host.flags import flag_variable
    from sifcheck.host.room import bytes_left, files_left, memory_left
    from sifcheck.host.route import route, setuid_works
    from sifcheck.host.site_paths import expanded_there
    from sifcheck.host.snapshot import Host, Storage
    from sifcheck.host.temporary_folders import TemporaryFolder, candidate_of, temporary_folders
    from sifcheck.image.image import Files, Image, ImageEntry, Signature
    from sifcheck.job.environment import (
        TMPDIRS,
        Given,
        exported,
        given_by_directives,
        may_have_tmpdir,
        outside_group,
        sets_all_in,
        value_of,
    )
    from sifcheck.job.model import Directive, DirectiveLine, JobScript, Resource
    from sifcheck.job.order import first_run, reached
    from sifcheck.plan.model import Alternative, Place, Plan, Range
    from sifcheck.registry.model import BaseImage, Refused, Registry
    from sifcheck.registry.pinning import pinned_edit
    from sifcheck.runtime.call import CallOption, RuntimeCall
    from sifcheck.runtime.options import (
        COMMAND_GROUPS,
        FAMILY_COMMANDS,
        GLOBAL_FLAGS,
        OLD_COMMANDS,
        commands_of,
    )
    from sifcheck.site.model import Site
    from sifcheck.workspace.called import CalledFolder
    from sifcheck.workspace.folder import Folder

API_VERSION = (1, 0)
"""Major and minor: the minor number grows when something is added, the major one when a name goes or changes its meaning."""

Findings = Iterable[Draft]
"""What a rule's function gives back: what `finding()` makes, usually by `yield`."""

__all__ = [
    "AGENTS",
    "API_VERSION",
    "APP_SECTIONS",
    "COMMAND_GROUPS",
    "FAMILY_COMMANDS",
    "GLOBAL_FLAGS",
    "KEYS",
    "NOWHERE",
    "OLD_COMMANDS",
    "SECTIONS",
    "TMPDIRS",
    "AddOption",
    "Alternative",
    "Assignment",
    "BaseImage",
    "CallOption",
    "CalledFolder",
    "Command",
    "Confidence",
    "Definition",
    "Directive",
    "DirectiveLine",
    "Draft",
    "Edit",
    "FileCopy",
    "FileWord",
    "Files",
    "Findings",
    "Folder",
    "Given",
    "HeaderField",
    "Heredoc",
    "Host",
    "Image",
    "ImageEntry",
    "JobScript",
    "Label",
    "List",
    "NamedTuple",
    "Outcome",
    "Part",
    "Place",
    "Plan",
    "Problem",
    "Profile",
    "Range",
    "Redirection",
    "Refused",
    "Registry",
    "Related",
    "Remedy",
    "Resource",
    "Rule",
    "Runtime",
    "RuntimeCall",
    "Script",
    "Section",
    "SetVariable",
    "Severity",
    "Signature",
    "Site",
    "Source",
    "Span",
    "Stage",
    "Storage",
    "Target",
    "TemporaryFolder",
    "Unknown",
    "UnsetVariable",
    "Use",
    "Word",
    "bad",
    "bytes_left",
    "candidate_of",
    "commands_of",
    "delete",
    "edit_distance",
    "expanded_there",
    "exported",
    "families",
    "files_left",
    "finding",
    "first_run",
    "flag_variable",
    "given_by_directives",
    "good",
    "hookimpl",
    "insert_after",
    "insert_before",
    "known",
    "may_have_tmpdir",
    "memory_left",
    "nearest_by_edits",
    "open_before_stage",
    "outside_group",
    "pattern",
    "pinned_edit",
    "quote",
    "reached",
    "related",
    "replace",
    "route",
    "rule",
    "sets_all_in",
    "setuid_works",
    "size_text",
    "temporary_folders",
    "temporary_remedy",
    "value_of",
    "within_two_edits",
]


_LATER = {
    "CalledFolder": "sifcheck.workspace.called",
    "temporary_remedy": "sifcheck.host.exports",
    **dict.fromkeys(("bytes_left", "files_left", "memory_left"), "sifcheck.host.room"),
    **dict.fromkeys(
        ("TemporaryFolder", "candidate_of", "temporary_folders"), "sifcheck.host.temporary_folders"
    ),
    "expanded_there": "sifcheck.host.site_paths",
    "Folder": "sifcheck.workspace.folder",
    **dict.fromkeys(("Alternative", "Place", "Plan", "Range"), "sifcheck.plan.model"),
    **dict.fromkeys(("Outcome", "Unknown", "known"), "sifcheck.base.facts"),
    **dict.fromkeys(("Host", "Storage"), "sifcheck.host.snapshot"),
    "flag_variable": "sifcheck.host.flags",
    **dict.fromkeys(("route", "setuid_works"), "sifcheck.host.route"),
    **dict.fromkeys(("ImageEntry", "Files", "Image", "Signature"), "sifcheck.image.image"),
    **dict.fromkeys(("BaseImage", "Refused", "Registry"), "sifcheck.registry.model"),
    "pinned_edit": "sifcheck.registry.pinning",
    **dict.fromkeys(
        ("TMPDIRS", "Given", "exported", "given_by_directives", "may_have_tmpdir", "outside_group"),
        "sifcheck.job.environment",
    ),
    **dict.fromkeys(("sets_all_in", "value_of"), "sifcheck.job.environment"),
    **dict.fromkeys(("first_run", "reached"), "sifcheck.job.order"),
    **dict.fromkeys(("Directive", "DirectiveLine", "JobScript", "Resource"), "sifcheck.job.model"),
    **dict.fromkeys(("CallOption", "RuntimeCall"), "sifcheck.runtime.call"),
    **dict.fromkeys(
        ("COMMAND_GROUPS", "FAMILY_COMMANDS", "GLOBAL_FLAGS", "OLD_COMMANDS", "commands_of"),
        "sifcheck.runtime.options",
    ),
    "Site": "sifcheck.site.model",
    **dict.fromkeys(
        ("edit_distance", "nearest_by_edits", "quote", "size_text", "within_two_edits"), "sifcheck.base.text"
    ),
}


def __getattr__(name: str) -> Any:
    """What is imported when it is asked for: a check of files alone needs no model of machines or sites."""
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
