"""Bases whose package servers are gone: what a build installs from them, and whether it goes to the archive first."""

from __future__ import annotations

import re

from sifcheck.api import Base, NamedTuple, Section, Span, Stage, pattern

_MANAGERS = {"debian": "apt-get|apt|aptitude", "rhel": "yum|dnf|microdnf"}
_INSTALLS = {
    family: pattern(
        rf"\b({managers})\b((?:[^\n;&|#\\]|\\.|\\\n)*?[ \t](?:install|update|upgrade|dist-upgrade|groupinstall|build-dep|reinstall))\b"
    )
    for family, managers in _MANAGERS.items()
}
_HANDLED = pattern(r"\|\|[ \t]*(?:true|:)")
# What makes the package manager look elsewhere: the archives' own names, the old list written anew or edited.
_SWITCH = pattern(
    r"\bvault\b|archive\.debian|old-releases|snapshot\.debian|centos-vault|--disablerepo"
    r"|(?:\bsed|\brm|\bmv|\bperl)\b[^\n]*/etc/(?:yum\.repos\.d|apt/sources\.list)"
    r"|(?:^|[^>])>[ \t]*/etc/apt/sources\.list(?![.\w])",
    re.M,
)
_REPOSITORY_FILES = ("/etc/yum.repos.d", "/etc/apt/sources.list")
_SERVED_FROM = pattern(
    r"//(?:mirror(?:list)?\.centos\.org|(?:deb|http|httpredir|security|ftp(?:\.\w\w)?)\.debian\.(?:org|net)"
    r"|(?:\w\w\.)?(?:archive|security)\.ubuntu\.com)/",
    re.I,
)


class Install(NamedTuple):
    """The first install of a stage: its words, its place, and the body that it stands in."""

    words: str
    span: Span
    section: Section
    at: int
    body_start: int
    indent: str


def first_install(stage: Stage, base: Base) -> Install | None:
    """The first command of %post (or of an app) that takes packages from the distribution's servers."""
    pattern = _INSTALLS.get(base.family or "")
    if pattern is None:
        return None
    for section in (*stage.named("post"), *stage.named("appinstall")):
        body = section.body
        for match in pattern.finditer(body):
            line = body.rfind("\n", 0, match.start()) + 1
            end = body.find("\n", match.end())
            rest = body[match.end() : end if end >= 0 else len(body)]
            if "#" in body[line : match.start()] or _HANDLED.search(rest):
                continue
            start = section.text_start + match.start()
            span = stage.text.place(start, start + len(match[0]))
            words = f"{match[1]} {match[2].split()[-1]}"
            return Install(words, span, section, match.start(), _below(section), _indent(body))
    return None


def _below(section: Section) -> int:
    """Where the line below the section's name line begins."""
    source = section.stage.definition.source
    return source.line_span(source.line_of(section.line_span.start)).end


def is_switched(stage: Stage, install: Install) -> bool:
    """Whether something points the package manager elsewhere before the install."""
    for copy in (copy for section in stage.named("files") for copy in section.copies):
        if copy.target_path.startswith(_REPOSITORY_FILES):
            return True
    for section in (*stage.named("pre", "setup"), *stage.named("post"), *stage.named("appinstall")):
        if section is install.section:
            return _SWITCH.search(_code(section.body[: install.at])) is not None or _on_line(
                section.body, install.at
            )
        if _SWITCH.search(_code(section.body)):
            return True
    return False


def mirror_is_gone(mirror: str) -> bool:
    """Whether a `MirrorURL:` names the servers that were switched off, not an archive or somebody's own copy."""
    return _SERVED_FROM.search(mirror) is not None


def _on_line(body: str, at: int) -> bool:
    end = body.find("\n", at)
    return "--disablerepo" in body[at : end if end >= 0 else len(body)]


def _code(body: str) -> str:
    return "\n".join(line for line in body.split("\n") if not line.lstrip().startswith("#"))


def _indent(body: str) -> str:
    for line in body.split("\n"):
        if line.strip():
            return line[: len(line) - len(line.lstrip(" \t"))]
    return "    "
