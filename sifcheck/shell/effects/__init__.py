"""What a script does: the files that it writes, copies, removes and fetches, and the packages that it installs."""

from __future__ import annotations

from sifcheck.shell.effects.commands import DOWNLOADERS
from sifcheck.shell.effects.model import (
    ChangedFolder,
    Copied,
    Downloaded,
    Effect,
    Linked,
    MadeFolder,
    Moved,
    Removed,
    Unpacked,
    Written,
    effects_of,
    effects_of_command,
    first_unknown,
    is_sure,
    names_made,
    sets_errexit,
    words_of_text,
)
from sifcheck.shell.effects.packages import PACKAGE_MANAGERS, PackageCall, package_call, package_calls
from sifcheck.shell.effects.paths import known_value, lies_in, path_start, unquoted

__all__ = [
    "DOWNLOADERS",
    "PACKAGE_MANAGERS",
    "ChangedFolder",
    "Copied",
    "Downloaded",
    "Effect",
    "Linked",
    "MadeFolder",
    "Moved",
    "PackageCall",
    "Removed",
    "Unpacked",
    "Written",
    "effects_of",
    "effects_of_command",
    "first_unknown",
    "is_sure",
    "known_value",
    "lies_in",
    "names_made",
    "package_call",
    "package_calls",
    "path_start",
    "sets_errexit",
    "unquoted",
    "words_of_text",
]
