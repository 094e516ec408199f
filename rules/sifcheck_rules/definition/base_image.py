"""The base image: whether it can be fetched, will be the same one next month, and is one that the site allows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sifcheck.api import (
    Base,
    Edit,
    Findings,
    HeaderField,
    NamedTuple,
    PackageCall,
    ReferenceFault,
    Severity,
    Span,
    Stage,
    Target,
    accidental_stage,
    bad,
    base_of,
    families,
    finding,
    first_line,
    good,
    named_image,
    package_calls,
    pattern,
    reference_fault,
    related,
    replace,
    rule,
)

if TYPE_CHECKING:
    from sifcheck.api import Registry


MOVING_TAGS = frozenset(
    "latest stable testing unstable sid rolling devel edge nightly main master dev current lts".split()
)

# What a person who wrote the bare name may mean today: an example for the advice, no judgement.
_EXAMPLES = {
    "ubuntu": "24.04",
    "debian": "12",
    "rockylinux": "9.4",
    "almalinux": "9.4",
    "alpine": "3.22",
    "python": "3.12",
    "opensuse/leap": "16.0",
}
_NO_REFERENCE = pattern(r"[\s\"'$<>]")


@rule(
    "DEF201",
    severity="warning",
    tags="moving",
    message={
        "no-tag": "`{reference}` names no release: the registry hands out whatever `latest` is on that day",
        "moving": "the tag `{tag}` of `{reference}` moves: the same file gives another image next month",
    },
    help="name a release, as in `From: {example}`, or add the digest of the image you tested (`@sha256:...`)",
)
@bad("""
    Bootstrap: docker
    From: rockylinux
          ^^^^^^^^^^
    """)
@good("""
    Bootstrap: docker
    From: rockylinux:9.4
    """)
def moving_base(field: HeaderField) -> Findings:
    """The base image is not the same one tomorrow.

    A tag such as `latest`, or no tag, names whatever was pushed last: the build that worked in spring gives another image
    in autumn, or fails.  A digest fixes it, whatever the tag says.  Source: 13.0 % of 2,639 public files name no tag, 11.1 %
    `latest`; 0.3 % use a digest.
    """
    if field.key != "from":
        return
    stage: Stage = field.stage
    base = stage.base
    if (
        base is None
        or field is not stage.field("from")
        or base.digest
        or base.unknown
        or stage.agent == "shub"
    ):
        return
    if _NO_REFERENCE.search(base.written) or accidental_stage(stage):
        return
    name = base.written.rpartition(":")[0] if base.tag is not None else base.written
    example = f"{name}:{_EXAMPLES.get(base.short, 'RELEASE')}"
    if not base.tag:
        yield finding(base, "no-tag", reference=base.written, example=example)
    elif is_moving(base.tag):
        yield finding(base, "moving", reference=base.written, tag=base.tag, example=example)


def is_moving(tag: str) -> bool:
    """Whether a tag is moved on to newer images by whoever publishes it."""
    if tag in MOVING_TAGS or tag.startswith("latest-") or tag.endswith("-latest"):
        return True
    first, dash, rest = tag.partition("-")
    return bool(dash) and first in MOVING_TAGS and not re.search(r"\d", rest)


@rule(
    "DEF205",
    severity="error",
    tags="reference",
    fix="safe",
    message={
        "scheme": "`{scheme}://` does not belong in `{key}:`: the runtime takes `{scheme}` for a part of the name",
        "other": "`{scheme}://` does not belong in `From:` of the agent `{agent}`, which looks for `{scheme}:` there",
        "quotes": "the quotes in `{key}: {value}` are kept and belong to the name",
        "blank": "`{value}` is no image reference: a blank stands in it",
        "variable": "`{value}` is no image reference: shell variables are not replaced in a header",
        "capitals": "`{value}` is no image reference: the name of a repository has no capitals",
        "digest": "`@{digest}` is no digest: that is `sha256:` and 64 hexadecimal digits",
        "malformed": "`{value}` is no image reference",
        "both": "for {lacking} it is a tag or a digest, not both: taking both came with {since}",
        "oci": "the tag `{tag}` belongs to the folder's name for {having}: since {since} only `FOLDER@DIGEST` picks an image",
        "archive": "{having} does not find the image `{tag}` in the archive, or any other, once a tag is given",
    },
    help={
        "scheme": "write `{key}: {better}`",
        "other": "write `Bootstrap: {scheme}` and `From: {better}`",
        "quotes": "write `{key}: {better}`",
        "blank": "write one reference and nothing behind it, as in `From: {better}`",
        "variable": "write `{{{{ NAME }}}}` there, and `NAME=...` under %arguments",
        "capitals": "write `From: {better}`",
        "digest": "copy the whole digest: 64 digits after `sha256:`",
        "malformed": "write it as `From: NAME:TAG` or `From: HOST/NAME:TAG`",
        "both": "leave the tag out, or move it into a comment: `From: {better}`",
        "oci": "write `From: {better}`",
        "archive": "write `From: {better}`",
    },
)
@bad(
    """
    Bootstrap: docker
    From: docker://ubuntu:24.04
          ^^^^^^^^^^^^^^^^^^^^^
    """,
    fixed="""
    Bootstrap: docker
    From: ubuntu:24.04
    """,
)
@good("""
    Bootstrap: library
    From: library://ubuntu:24.04
    """)
def bad_image_reference(field: HeaderField, target: Target) -> Findings:
    """The text of `From:` is no reference to an image.

    With a scheme in front the runtime looks up a host called `docker`; capitals, blanks, quotes and cut digests are
    refused by the reference grammar, after %pre has run and often after hours in a queue.  `library://` is accepted under
    the agent `library` alone.  Source: Apptainer 1.4.5, measured (`could not parse reference`, `lookup docker`); tag with
    digest: change logs of Apptainer 1.4 and SingularityCE 4.1; singularity#1616; of 8,394 public files 0.6 % have a scheme
    and 0.2 % capitals.
    """
    if field.key not in ("from", "registry"):
        return
    fault = reference_fault(field)
    if fault is None or field is not field.stage.field(field.key) or accidental_stage(field.stage):
        return
    values: dict[str, Any] = {
        "key": field.written,
        "value": field.value,
        "agent": field.stage.agent,
        **fault.values,
    }
    fix = _mended(field, fault)
    if fault.kind not in ("both", "oci", "archive"):
        yield finding(field.value_span, fault.kind, fix=fix, safe=fault.safe, better=fault.better, **values)
        return
    if fault.kind == "both":
        feature, concerned = "tag with digest", target.lacking("tag with digest")
    else:
        feature, concerned = "oci digest", target.having("oci digest")
    if fault.kind == "archive":
        concerned = tuple(runtime for runtime in concerned if runtime.family == "apptainer")
    level = target.severity(concerned, "error")
    if level is not None:
        named = families(concerned)
        values.update(lacking=named, having=named, since=target.since(feature))
        yield finding(field.value_span, fault.kind, severity=level, better=fault.better, **values)


def _mended(field: HeaderField, fault: ReferenceFault) -> Edit | None:
    """The edit that writes the better value, if it is one and the value stands on one line."""
    return replace(field.value_span, fault.better) if fault.fixes and not field.folded else None


_NEWER_RELEASE = "name a newer release in `OSVersion:` and `MirrorURL:`, or start from {successor} with `Bootstrap: docker`"


@rule(
    "DEF207",
    severity="warning",
    confidence="medium",
    fix="unsafe",
    joins=("DEF201", "DEF209"),
    message={
        "gone": "{title} ended on {day} and its package servers are gone: `{install}` fails",
        "bootstrap": "{title} ended on {day} and its package servers are gone: `{install}` finds nothing there",
        "archived": "{title} ended on {day}: an archive without updates is all that is left of its packages",
        "served": "{title} ended on {day}: it has had no security fixes since",
        "archived-release": "{title} ended on {day}: an archive without updates is all that is left of its packages",
        "served-release": "{title} ended on {day}: it has had no security fixes since",
        "hub": "Singularity Hub has been a read-only archive since April 2021: what it lost nobody can put back",
    },
    help={
        "gone": "start from {successor}, or take the packages from the archive: `{archive}`",
        "bootstrap": "name a newer release in `OSVersion:`, or the archive in `MirrorURL:`; or start from {successor} with `Bootstrap: docker`",
        "archived": "start from {successor}",
        "archived-release": _NEWER_RELEASE,
        "served-release": _NEWER_RELEASE,
        "served": "start from {successor}",
        "hub": "take the image from a registry that is kept, or build it from its definition file",
    },
)
@bad("""
    Bootstrap: docker
    From: centos:7
          ^^^^^^^^
    %post
        yum install -y gcc
    """)
@good("""
    Bootstrap: docker
    From: rockylinux:8
    %post
        dnf install -y gcc && dnf clean all
    """)
def retired_base(stage: Stage) -> Findings:
    """The distribution or the registry of the base has ended.

    Once the servers of a release are switched off, every install in the build fails; until then it works, but nobody fixes
    its holes.  Judged by a dated table: what still has servers is named two years after its end.  A line that points the
    package manager to the archive before the first install makes it a warning.  Source: the distributions' release pages;
    sylabs#542, singularity#6361, singularity#6095, CentOS/sig-cloud-instance-images#190, epics-base#524, tonistiigi/xx#167;
    35.5 % of 2,639 public files, and 3.3 % use the hub.
    """
    if accidental_stage(stage):
        return
    field = stage.field("bootstrap")
    if stage.agent == "shub" and field is not None:
        yield finding(field.value_span, "hub")
        return
    base = base_of(stage)
    at = (
        stage.field("from")
        if stage.base is not None
        else stage.field("osversion") or stage.field("mirrorurl") or field
    )
    if base.distribution is None or at is None:
        return
    ending = base.ending
    if ending is not None and ending.gone:
        yield from _without_servers(stage, at, base)
    elif ending is not None and ending.long_ago:
        yield finding(
            at.value_span,
            "served" if stage.base is not None else "served-release",
            title=base.title,
            day=ending.day,
            successor=_successor(base, ending.successor),
        )
    elif base.language is not None and base.language[0] == "python":
        ending = base.language_ending
        if ending is not None and ending.long_ago:
            title = f"Python {base.language[1]}"
            yield finding(at.value_span, "served", title=title, day=ending.day, successor="a newer Python")


def _without_servers(stage: Stage, at: HeaderField, base: Base) -> Findings:
    """A base whose package servers are gone: an error where something is installed from them."""
    assert base.ending is not None
    successor = _successor(base, base.ending.successor)
    values: dict[str, Any] = {"title": base.title, "day": base.ending.day, "successor": successor}
    if stage.base is None:
        key = "bootstrap" if _mirror_is_gone(stage.value("mirrorurl")) else "archived-release"
        level: Severity = "error" if key == "bootstrap" else "warning"
        yield finding(at.value_span, key, severity=level, install=stage.agent, **values)
        return
    install = _first_install(stage, base)
    if install is None or _is_switched(stage, install):
        yield finding(at.value_span, "archived", **values)
        return
    archive = base.archive_line
    fix = first_line(install.command.script.section, archive) if archive else None
    start = (install.command.program_word or install.verb).span.start
    places = [related(Span(start, install.verb.span.end), "installed here")]
    values.update(install=f"{install.tool} {install.verb.value}", archive=archive)
    yield finding(at.value_span, "gone", severity="error", fix=fix, related=places, **values)


def _successor(base: Base, successor: str) -> str:
    if " " in successor:
        return successor
    return f"`{successor}`" if base.bare else f"an image on `{successor}`"


@rule(
    "DEF212",
    severity="info",
    tags="moving",
    profile="strict",
    fix="unsafe",
    message={
        "": "the tag `{tag}` of `{name}` can be moved: only a digest names one image for good",
        "today": "the tag `{tag}` of `{name}` can be moved: today it is {digest}",
    },
    help={
        "": "write `From: {name}@sha256:...  # {tag}` (`sifcheck pin` does it for the agent docker): every version cuts what follows the `#`",
        "today": "write `From: {name}@{digest}  # {tag}`, as `sifcheck pin` does: every version cuts what follows the `#`",
    },
)
@bad(
    """
    Bootstrap: docker
    From: rockylinux:9.4
          ^^^^^^^^^^^^^^
    """,
    registry={"rockylinux:9.4": {}},
    fixed="""
    Bootstrap: docker
    From: rockylinux@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef  # 9.4
    """,
)
@good("""
    Bootstrap: docker
    From: rockylinux@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef  # 9.4
    """)
def tag_without_digest(field: HeaderField, registry: Registry | None = None) -> Findings:
    """A release is named by its tag alone.

    Whoever publishes an image can push another one under the same tag, and the official images are rebuilt every few
    weeks.  For a result that has to be repeated years later the digest is the name.  Source: notes of VSC and NIH on
    rebuilding containers; 0.4 % of 7,815 public files pin a digest.
    """
    if field.key != "from":
        return
    stage = field.stage
    base = stage.base
    if base is None or stage.agent not in ("docker", "oras") or field is not stage.field("from"):
        return
    if (
        base.digest
        or base.unknown
        or not base.tag
        or is_moving(base.tag)
        or _NO_REFERENCE.search(base.written)
    ):
        return
    if accidental_stage(stage):
        return
    name = base.written.rpartition(":")[0]
    digest = _digest_of(stage, registry)
    if not digest:
        yield finding(base, name=name, tag=base.tag)
        return
    from sifcheck.api import pinned_edit

    # One that is put together by a variable, or goes over several lines, is its author's to write anew.
    whole = field.stage.definition.source.text[field.value_span.start : field.value_span.end] == field.value
    fix = pinned_edit(field, digest) if whole else None
    yield finding(base, "today", name=name, tag=base.tag, digest=digest, fix=fix)


def _digest_of(stage: Stage, registry: Registry | None) -> str:
    """Today's digest of a stage's base, "" where no registry told it."""
    if registry is None:
        return ""
    from sifcheck.api import Unknown

    said = registry.base(stage)
    return "" if said is None or isinstance(said, Unknown) else said.digest


# -- bases whose package servers are gone: what a build installs from them, and whether it goes to the archive first

_MANAGERS = {"debian": "apt", "rhel": "dnf"}
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


def _first_install(stage: Stage, base: Base) -> PackageCall | None:
    """The first command of %post (or of an app) that takes packages from the distribution's servers."""
    family = _MANAGERS.get(base.family or "")
    for call in package_calls(stage.build_scripts):
        asks = call.action in ("install", "upgrade", "update")
        if call.family == family and asks and not call.command.handled:
            return call
    return None


def _is_switched(stage: Stage, install: PackageCall) -> bool:
    """Whether something points the package manager elsewhere before the install."""
    for copy in (copy for section in stage.named("files") for copy in section.copies):
        if copy.target_path.startswith(_REPOSITORY_FILES):
            return True
    texts = [section.code for section in stage.named("pre", "setup")]
    texts.append(stage.code_before(install.command))
    return install.option("--disablerepo") is not None or any(map(_SWITCH.search, texts))


def _mirror_is_gone(mirror: str) -> bool:
    """Whether a `MirrorURL:` names the servers that were switched off, not an archive or somebody's own copy."""
    return _SERVED_FROM.search(mirror) is not None


class BasePolicy(NamedTuple):
    """Which base images are wanted; an empty entry asks nothing.

    `agents`: the bootstrap agents that may be used.  `registries`: the registries that images may come from, as
    `docker.io` or `*.example.org`; Docker Hub is `docker.io`, an image of the agent library without a registry comes from
    `library`.  `images`: the images that may be used, as `rockylinux:9*` or `registry.example.org/base/*`; one without a
    tag means all its tags.  `refused`: images that may not be used although the others would let them, each with what to
    do instead.  A `*` stands for any letters.
    """

    agents: tuple[str, ...] = ()
    registries: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    refused: dict[str, str] = {}  # noqa: RUF012 - options are never written to


@rule(
    "DEF213",
    severity="warning",
    message={
        "agent": "the bootstrap agent `{agent}` is not among those that the policy here allows",
        "registry": "`{image}` comes from `{registry}`, which is not among the registries that the policy here allows",
        "image": "`{image}` is not among the base images that the policy here allows",
        "refused": "`{image}` is refused by the policy here",
    },
    help={
        "agent": "use one of {allowed}",
        "registry": "take the image from one of {allowed}",
        "image": "start from one of {allowed}",
        "refused": "{instead}",
    },
)
@bad(
    """
    Bootstrap: docker
    From: quay.io/someone/tool:1.2
          ^^^^^^^^^^^^^^^^^^^^^^^^
    """,
    options={"DEF213": BasePolicy(registries=("docker.io", "*.example.org"))},
)
@good("""
    Bootstrap: docker
    From: quay.io/someone/tool:1.2
    """)
def base_outside_policy(stage: Stage, options: BasePolicy) -> Findings:
    """The base image is none of those that the site or the project wants.

    A centre that supports a few base images, mirrors them, or may not build on images of strangers says so once in its
    configuration, and every recipe is held against it.  Without `[rules.DEF213]` this rule says nothing.

        [rules.DEF213]
        registries = ["docker.io", "registry.example.org"]
        refused = {"centos*" = "start from rockylinux:9.4"}

    Source: the policy is the site's own; Docker Hub's names without a registry are read as the runtimes do (measured).
    """
    if not any(options):
        return
    field = stage.field("bootstrap")
    base = stage.field("from")
    if field is None or not stage.agent or field.has_unknown:
        return
    if options.agents and stage.agent not in options.agents:
        yield finding(field.value_span, "agent", agent=stage.agent, allowed=_listed(options.agents))
    elif base is not None and not base.has_unknown:
        yield from _judged_image(stage, base, options)


def _judged_image(stage: Stage, field: HeaderField, options: BasePolicy) -> Findings:
    image = named_image(stage)
    if image is None:
        return
    for words, instead in options.refused.items():
        if _is_meant(words, image.names):
            yield finding(field.value_span, "refused", image=image.written, instead=instead)
            return
    if options.registries and not _is_meant_by_any(options.registries, (image.registry,)):
        yield finding(
            field.value_span,
            "registry",
            image=image.written,
            registry=image.registry,
            allowed=_listed(options.registries),
        )
    elif options.images and not _is_meant_by_any(options.images, image.names):
        yield finding(field.value_span, "image", image=image.written, allowed=_listed(options.images))


def _is_meant_by_any(words: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return any(_is_meant(word, names) for word in words)


def _is_meant(words: str, names: tuple[str, ...]) -> bool:
    from fnmatch import fnmatchcase

    return any(fnmatchcase(name, words) for name in names)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)
