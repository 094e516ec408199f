"""Who would build: user, groups, and the subordinate ids that belong to them."""

from __future__ import annotations

import os
from collections.abc import Iterable

from sifcheck.base.asking import reason, run_program
from sifcheck.base.facts import Unknown
from sifcheck.host.snapshot import Group, Identity, IdRange

__all__ = ["local_groups", "look_at_identity", "parse_ranges", "unanswered_identity"]


def look_at_identity() -> Identity:
    """The identity of this process.  May wait for a directory service: to be asked within a Question."""
    import grp
    import pwd

    def named(number: int) -> Group:
        try:
            return Group(number, grp.getgrgid(number).gr_name)
        except KeyError:
            return Group(number)

    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:
        entry = None
    name = entry.pw_name if entry else None
    effective = os.getegid()
    return Identity(
        user_id=os.getuid(),
        user_name=name,
        in_passwd=entry is not None,
        group=named(effective),
        account_group=named(entry.pw_gid) if entry else None,
        groups=tuple(named(number) for number in sorted(set(os.getgroups()) - {effective})),
        home=entry.pw_dir if entry else None,
        subuids=_ranges("/etc/subuid", name, []),
        subgids=_ranges("/etc/subgid", name, ["-g"]),
        grants_group_subids=_grants_group_subids(),
        umask=_umask(),
    )


def unanswered_identity(why: Unknown) -> Identity:
    """What the process knows of itself when no directory service answers."""
    effective = os.getegid()
    return Identity(
        user_id=os.getuid(),
        user_name=None,
        in_passwd=why,
        group=Group(effective),
        account_group=why,
        groups=tuple(Group(number) for number in sorted(set(os.getgroups()) - {effective})),
        home=why,
        subuids=why,
        subgids=why,
        grants_group_subids=why,
        umask=_umask(),
    )


def local_groups(known: Iterable[Group]) -> dict[int, str]:
    """Names of groups by id: those already known and those of /etc/group, without asking a directory service."""
    names: dict[int, str] = {}
    try:
        with open("/etc/group", encoding="utf-8", errors="surrogateescape") as lines:
            for line in lines:
                name, _, rest = line.partition(":")
                number = rest.split(":")[1:2]
                if number and number[0].isdigit():
                    names.setdefault(int(number[0]), name)
    except OSError:
        pass
    return names | {group.id: group.name for group in known if group.name is not None}


def _umask() -> int:
    # Two calls, since the kernel tells the mask only in exchange for another.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _ranges(path: str, name: str | None, option: list[str]) -> tuple[IdRange, ...] | Unknown:
    """The user's ranges: of the file, or of a directory service where nsswitch.conf says that it keeps them (libsubid)."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as lines:
            found = parse_ranges(lines, name, os.getuid())
    except FileNotFoundError:
        found = ()
    except OSError as error:
        return Unknown(reason(error))
    if found or name is None or not _kept_elsewhere():
        return found
    said = run_program(["getsubids", *option, name])
    if isinstance(said, Unknown):
        return said
    words = [line.split() for line in said.out.splitlines()]
    return tuple(
        IdRange(int(line[-2]), int(line[-1]))
        for line in words
        if len(line) >= 3 and line[-2].isdigit() and line[-1].isdigit()
    )


def parse_ranges(lines: Iterable[str], name: str | None, number: int) -> tuple[IdRange, ...]:
    """The ranges of a user in lines of /etc/subuid or /etc/subgid, by name or by number; one switched off by `!` is none."""
    found = []
    for line in lines:
        parts = line.strip().split(":")
        if (
            len(parts) == 3
            and parts[0] in (name, str(number))
            and parts[1].isdecimal()
            and parts[2].isdecimal()
        ):
            found.append(IdRange(int(parts[1]), int(parts[2])))
    return tuple(found)


def _kept_elsewhere() -> bool:
    return any(
        words[0] == "subid:" and words[1:] != ["files"]
        for words in _words_of("/etc/nsswitch.conf")
        if len(words) > 1
    )


def _grants_group_subids() -> bool:
    return ["GRANT_AUX_GROUP_SUBIDS", "yes"] in [words[:2] for words in _words_of("/etc/login.defs")]


def _words_of(path: str) -> list[list[str]]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as lines:
            return [words for line in lines if (words := line.split("#")[0].split())]
    except OSError:
        return []
