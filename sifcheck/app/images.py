"""Images on the command line of `sifcheck check`: read, checked, and the definition file in each checked along."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sifcheck.app.outcome import tell
from sifcheck.base.findings import Finding
from sifcheck.base.source import Source, Span
from sifcheck.base.startup import NamedTuple
from sifcheck.lint.completing import internal

if TYPE_CHECKING:
    from sifcheck.lint.check import Checker
    from sifcheck.lint.selection import Reported


class ImageCheckers(NamedTuple):
    """How an image is checked, and how the definition file in it."""

    image: Checker
    definition: Checker


class CheckedImage(NamedTuple):
    """What was found; `checked` is which checker looked at which path, empty where the image could not be read."""

    findings: tuple[Finding, ...]
    checked: dict[str, Checker]


CheckDefinition = Callable[[Source], Iterable[Finding]]


def check_image(
    name: str,
    checkers: ImageCheckers,
    ignored: frozenset[str],
    keep: Reported,
    check_definition: CheckDefinition,
    *,
    quiet: bool,
    here: bool,
) -> CheckedImage:
    """Check an image, and what its author wrote to build it.

    The definition file stands under the name `IMAGE!definition`, so that lines and excerpts are its own; it cannot be
    fixed there, and what a conversion wrote in place of one is nobody's to fix at all.  Where the machine is this one
    (`here`), its runtime is asked to verify a signed image.
    """
    from sifcheck.image.reading import read_image

    image = read_image(name)
    if isinstance(image, str):
        return CheckedImage((internal("SIF001", Source(name, b""), Span(0, 0), path=name, why=image),), {})
    left_out = image.left_out
    host = checkers.image.runner.context.host
    if here and image.signatures and host is not None and host.runtime is not None:
        from sifcheck.image.image import Unknown
        from sifcheck.image.verifying import verify

        image = image._replace(verified=verify(host.runtime.path, name))
        if isinstance(image.verified, Unknown):
            left_out = (*left_out, f"its signature was not verified: {image.verified.why}")
    for words in () if quiet else left_out:
        tell(f"{name}: {words}")
    findings = keep(checkers.image.check_image(image, ignored))
    checked = {name: checkers.image}
    if image.definition is not None and image.origin is None:
        inner = check_definition(image.definition)
        findings = [*findings, *(finding._replace(fix=None) for finding in inner)]
        checked[image.definition.path] = checkers.definition
    return CheckedImage(tuple(findings), checked)
