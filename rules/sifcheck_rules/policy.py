"""What a site or a project asks of base images; nothing is asked until the configuration says so."""

from __future__ import annotations

from sifcheck.api import (
    Findings,
    HeaderField,
    NamedTuple,
    Stage,
    bad,
    finding,
    good,
    named_image,
    rule,
)


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
