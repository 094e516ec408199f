"""All that an author of rules imports; see docs/writing-rules.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sifcheck.base.findings import Confidence, Edit, Profile, Related, Severity
from sifcheck.base.source import Source, Span
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.definition.model import (
    BUILD_SECTIONS,
    RUN_SECTIONS,
    Argument,
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
    from sifcheck.bases.model import Base, base_of, is_distribution
    from sifcheck.definition.added_lines import (
        body_indent,
        exported_line,
        first_line,
        last_line,
        line_after,
        lines_before,
    )
    from sifcheck.definition.copies import (
        HOST_TMP,
        USUAL_FOLDERS,
        CopyUse,
        base_name,
        has_glob,
        hidden_uses,
        host_mount,
        image_path,
        is_copied,
        is_for_build_only,
        taken_away,
        tmp_folder,
        written_path,
    )
    from sifcheck.host.better_folder import BetterFolder, better_folders
    from sifcheck.host.flags import flag_state, flag_variable
    from sifcheck.host.mounts import MEMORY_TYPES, SHARED_TYPES
    from sifcheck.host.route import Route, route, setuid_works
    from sifcheck.host.site_paths import expanded_there
    from sifcheck.host.snapshot import Host, Storage
    from sifcheck.image.image import Entry, Files, Image, Signature
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
    from sifcheck.runtime.arguments import CallOption
    from sifcheck.runtime.call import RuntimeCall
    from sifcheck.runtime.options import (
        COMMAND_GROUPS,
        FAMILY_COMMANDS,
        GLOBAL_FLAGS,
        OLD_COMMANDS,
        commands_of,
    )
    from sifcheck.shell.effects import (
        DOWNLOADERS,
        PACKAGE_MANAGERS,
        ChangedFolder,
        Copied,
        Downloaded,
        Effect,
        Linked,
        MadeFolder,
        Moved,
        PackageCall,
        Removed,
        Unpacked,
        Written,
        effects_of,
        effects_of_command,
        is_sure,
        known_value,
        lies_in,
        names_made,
        package_call,
        package_calls,
        path_start,
        sets_errexit,
        unquoted,
    )
    from sifcheck.site.model import Site
    from sifcheck.workspace.called import Called, CalledFolder
    from sifcheck.workspace.folder import Folder

Findings = Iterable[Draft]
"""What a rule's function gives back: what `finding()` makes, usually by `yield`."""

__all__ = [
    "AGENTS",
    "APP_SECTIONS",
    "BUILD_SECTIONS",
    "COMMAND_GROUPS",
    "DOWNLOADERS",
    "FAMILY_COMMANDS",
    "GLOBAL_FLAGS",
    "HOST_TMP",
    "KEYS",
    "MEMORY_TYPES",
    "NOWHERE",
    "OLD_COMMANDS",
    "PACKAGE_MANAGERS",
    "RUN_SECTIONS",
    "SECTIONS",
    "SHARED_TYPES",
    "TMPDIRS",
    "USUAL_FOLDERS",
    "Alternative",
    "Argument",
    "Assignment",
    "Base",
    "BaseImage",
    "BetterFolder",
    "CallOption",
    "Called",
    "CalledFolder",
    "ChangedFolder",
    "Command",
    "Confidence",
    "Copied",
    "CopyUse",
    "Definition",
    "Directive",
    "DirectiveLine",
    "Downloaded",
    "Draft",
    "Edit",
    "Effect",
    "Entry",
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
    "JobScript",
    "Label",
    "Linked",
    "List",
    "MadeFolder",
    "Moved",
    "NamedTuple",
    "Outcome",
    "PackageCall",
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
    "Removed",
    "Resource",
    "Route",
    "Rule",
    "Runtime",
    "RuntimeCall",
    "Script",
    "Section",
    "Severity",
    "Signature",
    "Site",
    "Source",
    "Span",
    "Stage",
    "Storage",
    "Target",
    "Unknown",
    "Unpacked",
    "Use",
    "Word",
    "Written",
    "bad",
    "base_name",
    "base_of",
    "better_folders",
    "body_indent",
    "commands_of",
    "delete",
    "effects_of",
    "effects_of_command",
    "expanded_there",
    "exported",
    "exported_line",
    "families",
    "finding",
    "first_line",
    "first_run",
    "flag_state",
    "flag_variable",
    "given_by_directives",
    "good",
    "has_glob",
    "hidden_uses",
    "hookimpl",
    "host_mount",
    "image_path",
    "insert_after",
    "insert_before",
    "is_copied",
    "is_distribution",
    "is_for_build_only",
    "is_sure",
    "known",
    "known_value",
    "last_line",
    "lies_in",
    "line_after",
    "lines_before",
    "may_have_tmpdir",
    "names_made",
    "open_before_stage",
    "outside_group",
    "package_call",
    "package_calls",
    "path_start",
    "pattern",
    "pinned_edit",
    "reached",
    "related",
    "replace",
    "route",
    "rule",
    "sets_all_in",
    "sets_errexit",
    "setuid_works",
    "taken_away",
    "tmp_folder",
    "unquoted",
    "value_of",
    "written_path",
]


_LATER = {
    "DOWNLOADERS": "sifcheck.shell.effects",
    **dict.fromkeys(
        (
            "HOST_TMP",
            "USUAL_FOLDERS",
            "CopyUse",
            "base_name",
            "has_glob",
            "hidden_uses",
            "host_mount",
            "image_path",
            "is_copied",
            "is_for_build_only",
            "taken_away",
            "tmp_folder",
            "written_path",
        ),
        "sifcheck.definition.copies",
    ),
    "Effect": "sifcheck.shell.effects",
    "sets_errexit": "sifcheck.shell.effects",
    **dict.fromkeys(
        (
            "line_after",
            "last_line",
            "lines_before",
            "exported_line",
            "first_line",
            "body_indent",
        ),
        "sifcheck.definition.added_lines",
    ),
    **dict.fromkeys(
        (
            "PACKAGE_MANAGERS",
            "ChangedFolder",
            "Copied",
            "Downloaded",
            "Linked",
            "MadeFolder",
            "Moved",
            "PackageCall",
            "Removed",
            "Unpacked",
            "Written",
            "effects_of",
            "effects_of_command",
            "is_sure",
            "known_value",
            "lies_in",
            "names_made",
            "package_call",
            "package_calls",
            "path_start",
            "unquoted",
        ),
        "sifcheck.shell.effects",
    ),
    **dict.fromkeys(
        (
            "Base",
            "base_of",
            "is_distribution",
        ),
        "sifcheck.bases.model",
    ),
    **dict.fromkeys(("Called", "CalledFolder"), "sifcheck.workspace.called"),
    **dict.fromkeys(("BetterFolder", "better_folders"), "sifcheck.host.better_folder"),
    "expanded_there": "sifcheck.host.site_paths",
    "Folder": "sifcheck.workspace.folder",
    **dict.fromkeys(("Alternative", "Place", "Plan", "Range"), "sifcheck.plan.model"),
    **dict.fromkeys(("Outcome", "Unknown", "known"), "sifcheck.base.facts"),
    **dict.fromkeys(("Host", "Storage"), "sifcheck.host.snapshot"),
    **dict.fromkeys(("MEMORY_TYPES", "SHARED_TYPES"), "sifcheck.host.mounts"),
    **dict.fromkeys(("flag_state", "flag_variable"), "sifcheck.host.flags"),
    **dict.fromkeys(("Route", "route", "setuid_works"), "sifcheck.host.route"),
    **dict.fromkeys(("Entry", "Files", "Image", "Signature"), "sifcheck.image.image"),
    **dict.fromkeys(("BaseImage", "Refused", "Registry"), "sifcheck.registry.model"),
    "pinned_edit": "sifcheck.registry.pinning",
    **dict.fromkeys(
        ("TMPDIRS", "Given", "exported", "given_by_directives", "may_have_tmpdir", "outside_group"),
        "sifcheck.job.environment",
    ),
    **dict.fromkeys(("sets_all_in", "value_of"), "sifcheck.job.environment"),
    **dict.fromkeys(("first_run", "reached"), "sifcheck.job.order"),
    **dict.fromkeys(("Directive", "DirectiveLine", "JobScript", "Resource"), "sifcheck.job.model"),
    "CallOption": "sifcheck.runtime.arguments",
    "RuntimeCall": "sifcheck.runtime.call",
    **dict.fromkeys(
        ("COMMAND_GROUPS", "FAMILY_COMMANDS", "GLOBAL_FLAGS", "OLD_COMMANDS", "commands_of"),
        "sifcheck.runtime.options",
    ),
    "Site": "sifcheck.site.model",
}


def __getattr__(name: str) -> Any:
    """What is imported when it is asked for: a check of files alone needs no model of machines or sites."""
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
