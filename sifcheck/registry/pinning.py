"""Where a definition file says its base images, and how today's digest is put there.

The tag stays as a comment, which every version of every runtime cuts off at the `#` (measured), so that a later call knows
what the digest was the digest of.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from sifcheck.base.findings import Edit
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.image.reference import parse_reference
from sifcheck.registry.model import address, written_out
from sifcheck.runtime.versions import AGENTS

if TYPE_CHECKING:
    from sifcheck.definition.model import Definition, HeaderField, Stage

__all__ = ["FromReference", "header_fault", "pinned_edit", "places_in"]

State = Literal["open", "pinned", "left"]

_REGISTRIES = ("docker", "library", "oras", "shub")
# A word alone: one that begins a sentence ("do not touch") is no tag.
_KEPT_TAG = pattern(r"#[ \t]*([A-Za-z0-9_][A-Za-z0-9._-]{0,127})(?=[ \t]*(?:#|$))")
_REFERENCE = pattern(r"[A-Za-z0-9_./:@\[\]-]+")
_DIGEST = pattern(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


class FromReference(NamedTuple):
    """A `From:` that names an image in a registry.

    `state`: "open" without a digest, "pinned" with one, "left" where nothing can be put there, and `why` says why.  `at` is
    the image to ask about for the digest of its tag, "" where no tag is known; `tag` that tag, `digest` what stands there.
    """

    field: HeaderField
    state: State
    at: str = ""
    tag: str = ""
    digest: str = ""
    why: str = ""


def places_in(definition: Definition) -> Iterator[FromReference]:
    """The base images of a definition file's stages that are fetched from registries, in the order of the file."""
    for stage in definition.stages:
        field = stage.field("from")
        if field is None or not field.value:
            continue
        if stage.agent in _REGISTRIES:
            yield _place(stage, field)
        elif "{{" in stage.agent:
            yield FromReference(field, "left", why="its `Bootstrap:` hangs on a build variable")


def header_fault(definition: Definition) -> str:
    """Why the header does not say what the build starts from, so that nobody can say whether that is pinned; "" if it does.

    Behind the first stage a line of prose may have begun one: such a stage is judged only where it has a `From:`, too.
    """
    if not any(stage.agent for stage in definition.stages):
        return "no `Bootstrap:` can be read in it"
    for stage in definition.stages:
        agent, has_base = stage.agent, bool(stage.value("from"))
        if not agent or "{{" in agent or not (has_base or stage is definition.stages[0]):
            continue
        if agent not in AGENTS:
            return f"unknown bootstrap agent `{agent}`{_meant(agent)}"
        if agent in _REGISTRIES and not has_base:
            return f"no `From:` can be read below its `Bootstrap: {agent}`"
    return ""


def _meant(agent: str) -> str:
    from sifcheck.base.text import nearest

    near = nearest(agent, AGENTS) if agent.replace("-", "").isalpha() else None
    return f": did you mean `{near}`?" if near is not None else ""


def _place(stage: Stage, field: HeaderField) -> FromReference:
    uses = stage.definition.uses
    if any(use.span.start < field.value_span.end and field.value_span.start < use.span.end for use in uses):
        return FromReference(field, "left", why="it hangs on a build variable")
    if stage.agent != "docker":
        return FromReference(field, "left", why=f"images of the agent {stage.agent} are not asked about")
    base = stage.base
    if base is None or base.scheme or not _REFERENCE.fullmatch(field.value):
        return FromReference(field, "left", why="it is no image reference")
    if field.folded:
        return FromReference(field, "left", why="it goes over several lines")
    if base.digest and not _DIGEST.fullmatch(base.digest):
        return FromReference(field, "left", why="it is no image reference: its digest is none")
    if not base.digest:
        return FromReference(field, "open", address(stage) or "", base.tag or "latest")
    tag = base.tag or _kept_tag(field)
    at = written_out(base._replace(tag=tag, digest=None)) if tag else ""
    return FromReference(field, "pinned", at, tag, base.digest)


def _kept_tag(field: HeaderField) -> str:
    """The tag in the comment behind a digest, "" without one."""
    if field.comment_span is None:
        return ""
    source = field.stage.definition.source
    found = _KEPT_TAG.match(source.text[field.comment_span.start : field.comment_span.end].rstrip("\r\n"))
    return found[1] if found else ""


def pinned_edit(field: HeaderField, digest: str, *, both: bool = False) -> Edit:
    """The edit that puts a digest into a `From:`; `both`: the target takes tag and digest together.

    A digest that stands there already is replaced, whatever stands behind it kept.
    """
    written = parse_reference(field.value)
    if written.digest:
        at = field.value_span.end - len(written.digest)
        return Edit(at, field.value_span.end, digest)
    if both and written.tag:
        return Edit(field.value_span.end, field.value_span.end, f"@{digest}")
    start = field.value_span.start + len(written.name)
    return Edit(start, field.value_span.end, f"@{digest}  # {written.tag or 'latest'}")
