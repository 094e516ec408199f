"""What is wrong with the text of `From:` and `Registry:`, judged as the runtimes' own reference parsers do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.runtime.versions import AGENTS

if TYPE_CHECKING:
    from sifcheck.definition.model import HeaderField, Stage

PATH_AGENTS = ("localimage", "docker-archive", "oci", "oci-archive")
"""The agents whose `From:` is a path on the machine that builds."""

_SCHEME = pattern(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_REPOSITORY = pattern(r"[a-z0-9_./-]+")
_TAG = pattern(r"[A-Za-z0-9_.-]{1,128}")
_DIGEST = pattern(r"sha256:[0-9a-f]{64}")
_TAGGED_PATH = pattern(r"(.*[^/:]):([A-Za-z0-9_][A-Za-z0-9_.-]*)")
_WEB = ("http", "https")


class ReferenceFault(NamedTuple):
    """One fault of a value.  `better` is the value without it; `fixes` is whether that can be written in its place."""

    kind: str
    better: str
    fixes: bool
    safe: bool
    values: dict[str, str]


def reference_fault(field: HeaderField) -> ReferenceFault | None:
    """The first thing that is wrong with a value, None where nothing is or a build variable hides it."""
    value, agent = field.value, field.stage.agent
    if not value or field.has_unknown or agent not in AGENTS:
        return None
    if field.key == "registry":
        match = _SCHEME.match(value)
        if match is None or agent != "docker":
            return None
        return ReferenceFault("scheme", value[match.end() :].rstrip("/"), True, True, {"scheme": match[1]})
    if agent in PATH_AGENTS or agent == "docker-daemon":
        return _path_fault(agent, value)
    if agent in ("docker", "oras", "library", "shub"):
        return _reference_fault(agent, value)
    return None


def _path_fault(agent: str, value: str) -> ReferenceFault | None:
    if value[0] in "\"'" and value[-1] == value[0] and len(value) > 2:
        return ReferenceFault("quotes", value[1:-1], True, True, {})
    scheme = _scheme_fault(agent, value)
    if scheme is not None or agent not in ("oci", "oci-archive"):
        return scheme
    tagged = _TAGGED_PATH.fullmatch(value)
    if tagged is None or "@" in value:
        return None
    return ReferenceFault("oci" if agent == "oci" else "archive", tagged[1], False, False, {"tag": tagged[2]})


def _scheme_fault(agent: str, value: str) -> ReferenceFault | None:
    match = _SCHEME.match(value)
    if match is None or match[1] == agent == "library" or agent == "shub":
        return None
    scheme, better = match[1], value[match.end() :]
    own = scheme.lower() == agent or (scheme == "file" and agent in PATH_AGENTS)
    if own:
        return ReferenceFault("scheme", better, True, True, {"scheme": scheme})
    if scheme in _WEB and agent in ("docker", "oras"):
        fixes = not better.startswith("hub.")
        return ReferenceFault("scheme", better if fixes else "NAME:TAG", fixes, False, {"scheme": scheme})
    if scheme.lower() in AGENTS:
        return ReferenceFault("other", better, False, False, {"scheme": scheme.lower()})
    return ReferenceFault("scheme", better, False, False, {"scheme": scheme})


def _reference_fault(agent: str, value: str) -> ReferenceFault | None:
    """The faults of a reference to a registry; the library takes nearly everything and then finds nothing."""
    if any(quote in value for quote in "\"'"):
        better = value.replace('"', "").replace("'", "")
        return ReferenceFault("quotes", better, bool(better), True, {})
    scheme = _scheme_fault(agent, value)
    if scheme is not None:
        return scheme
    if "$" in value:
        return ReferenceFault("variable", value, False, False, {})
    words = value.split()
    if len(words) > 1:
        joined = (
            f"{words[0]}:{words[1]}"
            if len(words) == 2 and ":" not in words[0] and words[1][0].isdigit()
            else words[0]
        )
        return ReferenceFault("blank", joined, False, False, {})
    return _grammar_fault(value) if agent in ("docker", "oras") else None


def _grammar_fault(value: str) -> ReferenceFault | None:
    """Faults by the grammar that Apptainer 1.4 and SingularityCE 4.1 take references apart with."""
    name, at, digest = value.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        return ReferenceFault("digest", value, False, False, {"digest": digest})
    head, slash, last = name.rpartition("/")
    last, colon, tag = last.partition(":")
    path = f"{head}{slash}{last}"
    first, _, others = path.partition("/")
    if others and ("." in first or ":" in first or first == "localhost"):
        host, repository = f"{first}/", others
    else:
        host, repository = "", path
    if tag and not _TAG.fullmatch(tag):
        return ReferenceFault("malformed", value, False, False, {})
    if not _REPOSITORY.fullmatch(repository):
        lowered = repository.lower()
        if not _REPOSITORY.fullmatch(lowered):
            return ReferenceFault("malformed", value, False, False, {})
        return ReferenceFault("capitals", f"{host}{lowered}{colon}{tag}{at}{digest}", True, False, {})
    if at and tag:
        return ReferenceFault("both", f"{path}@{digest}  # {tag}", False, False, {})
    return None


class NamedImage(NamedTuple):
    """The image in a registry that a stage starts from, by all the names that a person may give it."""

    written: str
    registry: str
    names: tuple[str, ...]


def named_image(stage: Stage) -> NamedImage | None:
    """The image that a stage names in a registry, None where it names none or a build variable hides it.

    `names` are those with and without the registry of Docker Hub, each with and without tag.  Docker Hub is `docker.io`;
    an image of the agents library and shub that names no registry comes from `library` and `shub`.
    """
    base = stage.base
    if base is None or base.unknown:
        return None
    if base.registry is None and stage.agent not in ("docker", "oras"):
        registry = stage.agent
    else:
        registry = "docker.io" if base.on_hub else base.registry or ""
    names = [f"{registry}/{base.repository}"]
    if registry == "docker.io":
        short = base.repository.removeprefix("library/")
        names += [short, f"docker.io/{short}"] + ([f"docker.io/library/{short}"] if "/" not in short else [])
    tag = f":{base.tag}" if base.tag else ""
    return NamedImage(base.written, registry, tuple(dict.fromkeys([*names, *(name + tag for name in names)])))
