"""A snapshot without names: of people, groups, hosts and addresses, each replaced by the same word wherever it stands.

What rules judge stays: ids and modes, types and options of file systems, sizes, the shape of paths (/vol0004, /worktmp), and
whether two names are the same.  A folder that carries somebody else's name is known as such only below /home and its like;
a name of a project is known if it is a group of this user.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from sifcheck.base.facts import known
from sifcheck.base.records import decode, encode
from sifcheck.host.snapshot import Group, Host

__all__ = ["redact"]

# Below this id groups belong to the distribution and say nothing of the site.
_FIRST_GROUP = 1000

_KEPT_FIELDS = frozenset(
    (
        "name variable purpose filesystem options flavour kind role architecture kernel distribution "
        "distribution_version libc version_text maps taken origin commands apparmor_profiles"
    ).split()
)
_SHARED_FOLDERS = frozenset(
    "apps app shared share public software sw opt groups group projects data local".split()
)
_PUBLIC_REGISTRIES = frozenset(
    "docker.io registry-1.docker.io ghcr.io quay.io nvcr.io gcr.io cloud.sylabs.io".split()
)

_HOST_VARIABLE = re.compile(r"_(?:HOST|HOSTNAME|NODELIST|NODENAME|SERVER|NODEFILE|CLUSTER_NAME|ADDR)$|_HOST_")
_PERSONS_AND_PROJECTS = re.compile(r"_(?:USER|LOGNAME|ACCOUNT|GROUP|PROJECT|RESERVATION)$")
_NAME_VARIABLE = re.compile(r"_(?:USER|LOGNAME|ACCOUNT|GROUP|PROJECT|JOB_NAME|JOBNAME|RESERVATION)$")
_PROXY_VARIABLE = re.compile(r"(?:^|_)proxy$", re.I)

_URL = re.compile(r"\b([A-Za-z][A-Za-z0-9+.-]*://)(?:[^/\s]*@)?(\[[0-9A-Fa-f:.%]+\]|[^/\s:,;\"']+)")
_QUAD = r"(?:\d{1,3}\.){3}\d{1,3}"
_IPV4 = re.compile(rf"(?<![\w.]){_QUAD}(?![\w.])")
_IPV6 = re.compile(
    rf"(?<![\w:])(?:[0-9A-Fa-f]{{0,4}}:){{2,7}}(?:{_QUAD}|[0-9A-Fa-f]{{0,4}})(?:%\w+)?(?![\w:])"
)
# A name of a host in what a program said; behind a slash it would be a file's.
_DOMAIN = re.compile(
    r"(?<![\w./@-])(?:[A-Za-z0-9-]+\.)+(?:(?:com|org|net|edu|gov|int|io)|[A-Za-z0-9-]+\.[a-z]{2})(?![\w-]|\.\w)"
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PERSONAL = re.compile(r"(/(?:home\d*|users?|u|Users)/)([^/\s:,;\"']+)")
# nas:/export, //nas/share
_SERVER = re.compile(r"^(//)?([^/\s]+)(?(1)(?=/|$)|(?=:/))")
_JOB_SERVER = re.compile(r"^(\d+(?:\[\d*\])?)\.(\S+)$")


def redact(host: Host, keep: Collection[str] = ()) -> Host:
    """The snapshot with names replaced; `keep` are names that stay, such as the group that a site requires."""
    names = _Names(host, frozenset(keep))
    redacted: Host = decode(_walk(encode(host), "", names), Host, "")
    return redacted


class _Names:
    """The replacements: given out in the order of meeting, the same for the same name."""

    def __init__(self, host: Host, keep: frozenset[str]) -> None:
        self.keep = keep | {"root", "localhost", "127.0.0.1", "::1", "0.0.0.0"}  # noqa: S104 - no address to listen on
        self._given: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        words = {name: instead for name, instead in self._known(host) if name}
        self._words = words
        ordered = sorted(map(re.escape, words), key=len, reverse=True)
        self._pattern = (
            re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(ordered)})(?![A-Za-z0-9])") if ordered else None
        )

    def _known(self, host: Host) -> Iterator[tuple[str, str]]:
        """The names that are known to be such: the account, its home's folder, its groups, this host."""
        account = host.identity.user_name
        if account and account not in self.keep:
            yield account, self.instead_of(account, "user")
        for home in (
            known(host.identity.home),
            *(one.value for one in host.environment if one.name == "HOME"),
        ):
            last = (home or "").rstrip("/").rpartition("/")[2]
            if last and last not in self.keep:
                yield last, self.instead_of(last, "user")
        for group in self._groups(host):
            if group.name and group.id >= _FIRST_GROUP and group.name not in self.keep:
                yield group.name, self.instead_of(group.name, "group")
        for variable in host.environment:
            name = variable.value or ""
            # The name of a project is that of its folders, too.
            if _PERSONS_AND_PROJECTS.search(variable.name) and name not in self.keep | _SHARED_FOLDERS:
                yield name, self.instead_of(name, "name")
        for name in (host.platform.host_name, host.platform.host_name.partition(".")[0]):
            if name and name not in self.keep:
                yield name, self.instead_of(host.platform.host_name, "host")
        domain = host.platform.host_name.partition(".")[2]
        if domain:
            yield domain, self.instead_of(domain, "domain")

    @staticmethod
    def _groups(host: Host) -> Iterator[Group]:
        yield host.identity.group
        account_group = known(host.identity.account_group)
        if account_group:
            yield account_group
        yield from host.identity.groups
        for storage in host.storage:
            group = known(storage.group)
            if group:
                yield group

    def instead_of(self, name: str, kind: str) -> str:
        """The word that stands for a name; a name that was met before keeps its word, whatever it is taken for now."""
        if name in self.keep or not name:
            return name
        if name not in self._given:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._given[name] = f"{kind}{self._counts[kind]}"
        return self._given[name]

    def text(self, text: str) -> str:
        """A text with all names in it replaced."""
        text = _MAIL.sub(lambda found: self.instead_of(found[0], "mail"), text)
        text = _URL.sub(lambda found: found[1] + self.host(found[2]), text)
        text = _IPV6.sub(self._address, text)
        text = _IPV4.sub(self._address, text)
        text = _DOMAIN.sub(lambda found: self.host(found[0]), text)
        if self._pattern:
            text = self._pattern.sub(lambda found: self._words[found[0]], text)
        return _PERSONAL.sub(self._person, text)

    def host(self, name: str) -> str:
        """A name that is known to be a host's; one that stands for another already stays."""
        if name in self._given.values() or name in _PUBLIC_REGISTRIES:
            return name
        return self.instead_of(name, "host")

    def _address(self, found: re.Match[str]) -> str:
        # `::` alone and times of day have the form of an address.
        if found[0].strip(":") == "" or re.fullmatch(r"\d{1,2}(?::\d{2}){1,2}", found[0]):
            return found[0]
        return self.instead_of(found[0], "address")

    def _person(self, found: re.Match[str]) -> str:
        name = found[2]
        if name in _SHARED_FOLDERS or name in self._given.values():
            return found[0]
        return found[1] + self.instead_of(name, "person")


def _walk(value: Any, field: str, names: _Names) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"name", "value"}:
            return {"name": value["name"], "value": _variable(value["name"], value["value"], names)}
        if value.keys() == {"id", "name"}:
            return {"id": value["id"], "name": _group(value, names)}
        return {name: _walk(part, name, names) for name, part in value.items()}
    if isinstance(value, list):
        return [_walk(part, field, names) for part in value]
    if not isinstance(value, str) or field in _KEPT_FIELDS:
        return value
    return _OF_FIELD.get(field, _plain_text)(value, names)


def _plain_text(value: str, names: _Names) -> str:
    return names.text(value)


def _group(value: dict[str, Any], names: _Names) -> Any:
    system = value["name"] is None or value["id"] < _FIRST_GROUP
    return value["name"] if system else names.instead_of(value["name"], "group")


def _variable(name: str, value: str | None, names: _Names) -> str | None:
    if not value:
        return value
    if _PROXY_VARIABLE.search(name):
        return "".join(_proxy(word, names) for word in re.split(r"([,\s]+)", value))
    if _HOST_VARIABLE.search(name) and "/" not in value:
        return names.host(value)
    if _NAME_VARIABLE.search(name):
        return names.instead_of(value, "name")
    if name.endswith(("JOBID", "JOB_ID")):
        return _job(value, names)
    return names.text(value)


_PROXY = re.compile(r"([\w+.-]+://)?(?:.*@)?([*.]*)(\[[^\]]*\]|[^:/\s,]+)((?::\d*)?(?:/.*)?)", re.S)


def _proxy(word: str, names: _Names) -> str:
    """http://HOST:PORT, HOST:PORT, or of no_proxy an address, a domain, or what separates them."""
    if not word.strip(", \t\n*"):
        return word
    if _IPV6.fullmatch(word.partition("/")[0]):
        return names.text(word)
    found = _PROXY.fullmatch(word)
    if found is None:
        return names.host(word)
    return (found[1] or "") + found[2] + names.host(found[3]) + names.text(found[4])


def _job(value: str, names: _Names) -> str:
    return _JOB_SERVER.sub(lambda found: f"{found[1]}.{names.host(found[2])}", value)


def _device(value: str, names: _Names) -> str:
    server = _SERVER.match(value)
    if server is None:
        return names.text(value)
    return (server[1] or "") + names.host(server[2]) + names.text(value[server.end(2) :])


def _registry(value: str, names: _Names) -> str:
    return value if value in _PUBLIC_REGISTRIES else names.host(value)


def _host_name(value: str, names: _Names) -> str:
    return names.host(value)


_OF_FIELD: dict[str, Callable[[str, _Names], str]] = {
    "device": _device,
    "job": _job,
    "registry": _registry,
    "host_name": _host_name,
    "user_name": lambda value, names: names.instead_of(value, "user"),
    "fingerprints": lambda value, names: names.instead_of(value, "key"),
}
