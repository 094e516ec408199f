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
    BUILD_SECTIONS,
    RUN_SECTIONS,
    Definition,
    FileCopy,
    FileWord,
    HeaderField,
    Label,
    Problem,
    Section,
    Stage,
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
from sifcheck.runtime.versions import (
    AGENTS,
    APP_SECTIONS,
    KEY_SPELLINGS,
    KEYS,
    KEYS_OF_AGENT,
    SECTIONS,
    Runtime,
    Target,
    families,
)
from sifcheck.shell import Assignment, Command, Heredoc, List, Part, Redirection, Script, Word

if TYPE_CHECKING:
    from sifcheck.base.facts import Outcome, Unknown, known
    from sifcheck.base.text import edit_distance, nearest_by_edits, quote, size_text, within_two_edits
    from sifcheck.bases.model import Base, base_of, is_distribution
    from sifcheck.bases.reading_shell import refusal_of
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
    from sifcheck.definition.lookalikes import (
        LOOKALIKES,
        accidental_stage,
        is_conflict_marker,
        is_meant,
        lookalike,
        lookalikes,
        merge_conflicts,
        other_kind,
    )
    from sifcheck.definition.references import PATH_AGENTS, ReferenceFault, named_image, reference_fault
    from sifcheck.host.exports import temporary_remedy
    from sifcheck.host.flags import flag_variable
    from sifcheck.host.room import bytes_left, files_left, memory_left
    from sifcheck.host.route import route, setuid_works
    from sifcheck.host.site_paths import expanded_there
    from sifcheck.host.snapshot import Host, Storage
    from sifcheck.host.temporary_folders import TemporaryFolder, candidate_of, temporary_folders
    from sifcheck.host.written import writable_in_build
    from sifcheck.image.image import Files, Image, ImageEntry, Signature
    from sifcheck.job.brought import may_bring, may_bring_before
    from sifcheck.job.environment import (
        TMPDIRS,
        Given,
        exported,
        given_by_directives,
        may_find_more,
        may_have_tmpdir,
        sets_all_in,
        tmpdir_lost_in_group,
        value_of,
    )
    from sifcheck.job.folders import SUBMIT_FOLDERS
    from sifcheck.job.model import Directive, DirectiveLine, JobScript, Resource
    from sifcheck.job.order import first_run, reached
    from sifcheck.job.placeholders import has_placeholder
    from sifcheck.job.reading_shell import refusal_of_job
    from sifcheck.plan.model import Alternative, Place, Plan, Range
    from sifcheck.registry.model import BaseImage, Refused, Registry
    from sifcheck.registry.pinning import pinned_edit
    from sifcheck.runtime.arguments import CallOption
    from sifcheck.runtime.call import DEFINITION_ENDINGS, IMAGE_ENDINGS, RuntimeCall, may_be_definition
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
        known_value,
        lies_in,
        names_made,
        package_call,
        package_calls,
        path_start,
        sets_errexit,
        unquoted,
    )
    from sifcheck.shell.refusing import Refusal
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
    "BUILD_SECTIONS",
    "COMMAND_GROUPS",
    "DEFINITION_ENDINGS",
    "DOWNLOADERS",
    "FAMILY_COMMANDS",
    "GLOBAL_FLAGS",
    "HOST_TMP",
    "IMAGE_ENDINGS",
    "KEYS",
    "KEYS_OF_AGENT",
    "KEY_SPELLINGS",
    "LOOKALIKES",
    "NOWHERE",
    "OLD_COMMANDS",
    "PACKAGE_MANAGERS",
    "PATH_AGENTS",
    "RUN_SECTIONS",
    "SECTIONS",
    "SUBMIT_FOLDERS",
    "TMPDIRS",
    "USUAL_FOLDERS",
    "AddOption",
    "Alternative",
    "Assignment",
    "Base",
    "BaseImage",
    "CallOption",
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
    "ReferenceFault",
    "Refusal",
    "Refused",
    "Registry",
    "Related",
    "Remedy",
    "Removed",
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
    "Unpacked",
    "UnsetVariable",
    "Use",
    "Word",
    "Written",
    "accidental_stage",
    "bad",
    "base_name",
    "base_of",
    "body_indent",
    "bytes_left",
    "candidate_of",
    "commands_of",
    "delete",
    "edit_distance",
    "effects_of",
    "effects_of_command",
    "expanded_there",
    "exported",
    "exported_line",
    "families",
    "files_left",
    "finding",
    "first_line",
    "first_run",
    "flag_variable",
    "given_by_directives",
    "good",
    "has_glob",
    "has_placeholder",
    "hidden_uses",
    "hookimpl",
    "host_mount",
    "image_path",
    "insert_after",
    "insert_before",
    "is_conflict_marker",
    "is_copied",
    "is_distribution",
    "is_for_build_only",
    "is_meant",
    "known",
    "known_value",
    "last_line",
    "lies_in",
    "line_after",
    "lines_before",
    "lookalike",
    "lookalikes",
    "may_be_definition",
    "may_bring",
    "may_bring_before",
    "may_find_more",
    "may_have_tmpdir",
    "memory_left",
    "merge_conflicts",
    "named_image",
    "names_made",
    "nearest_by_edits",
    "other_kind",
    "package_call",
    "package_calls",
    "path_start",
    "pattern",
    "pinned_edit",
    "quote",
    "reached",
    "reference_fault",
    "refusal_of",
    "refusal_of_job",
    "related",
    "replace",
    "route",
    "rule",
    "sets_all_in",
    "sets_errexit",
    "setuid_works",
    "size_text",
    "taken_away",
    "temporary_folders",
    "temporary_remedy",
    "tmp_folder",
    "tmpdir_lost_in_group",
    "unquoted",
    "value_of",
    "within_two_edits",
    "writable_in_build",
    "written_path",
]


_LATER = {
    name: module
    for module, names in {
        "sifcheck.base.facts": "Outcome Unknown known",
        "sifcheck.base.text": "edit_distance nearest_by_edits quote size_text within_two_edits",
        "sifcheck.bases.model": "Base base_of is_distribution",
        "sifcheck.bases.reading_shell": "refusal_of",
        "sifcheck.definition.added_lines": "body_indent exported_line first_line last_line line_after lines_before",
        "sifcheck.definition.copies": (
            "HOST_TMP USUAL_FOLDERS CopyUse base_name has_glob hidden_uses host_mount image_path "
            "is_copied is_for_build_only taken_away tmp_folder written_path"
        ),
        "sifcheck.definition.lookalikes": (
            "LOOKALIKES accidental_stage is_conflict_marker is_meant lookalike lookalikes "
            "merge_conflicts other_kind"
        ),
        "sifcheck.definition.references": "PATH_AGENTS ReferenceFault named_image reference_fault",
        "sifcheck.host.exports": "temporary_remedy",
        "sifcheck.host.flags": "flag_variable",
        "sifcheck.host.room": "bytes_left files_left memory_left",
        "sifcheck.host.route": "route setuid_works",
        "sifcheck.host.written": "writable_in_build",
        "sifcheck.host.site_paths": "expanded_there",
        "sifcheck.host.snapshot": "Host Storage",
        "sifcheck.host.temporary_folders": "TemporaryFolder candidate_of temporary_folders",
        "sifcheck.image.image": "Files Image ImageEntry Signature",
        "sifcheck.job.brought": "may_bring may_bring_before",
        "sifcheck.job.environment": (
            "TMPDIRS Given exported given_by_directives may_find_more may_have_tmpdir "
            "sets_all_in tmpdir_lost_in_group value_of"
        ),
        "sifcheck.job.folders": "SUBMIT_FOLDERS",
        "sifcheck.job.model": "Directive DirectiveLine JobScript Resource",
        "sifcheck.job.order": "first_run reached",
        "sifcheck.job.reading_shell": "refusal_of_job",
        "sifcheck.job.placeholders": "has_placeholder",
        "sifcheck.plan.model": "Alternative Place Plan Range",
        "sifcheck.registry.model": "BaseImage Refused Registry",
        "sifcheck.registry.pinning": "pinned_edit",
        "sifcheck.runtime.arguments": "CallOption",
        "sifcheck.runtime.call": "DEFINITION_ENDINGS IMAGE_ENDINGS RuntimeCall may_be_definition",
        "sifcheck.runtime.options": "COMMAND_GROUPS FAMILY_COMMANDS GLOBAL_FLAGS OLD_COMMANDS commands_of",
        "sifcheck.shell.refusing": "Refusal",
        "sifcheck.shell.effects": (
            "DOWNLOADERS PACKAGE_MANAGERS ChangedFolder Copied Downloaded Effect Linked MadeFolder "
            "Moved PackageCall Removed Unpacked Written effects_of effects_of_command known_value "
            "lies_in names_made package_call package_calls path_start sets_errexit unquoted"
        ),
        "sifcheck.site.model": "Site",
        "sifcheck.workspace.called": "CalledFolder",
        "sifcheck.workspace.folder": "Folder",
    }.items()
    for name in names.split()
}
"""The module that each name is imported from when it is asked for."""


def __getattr__(name: str) -> Any:
    """What is imported when it is asked for: a check of files alone needs no model of machines or sites."""
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
