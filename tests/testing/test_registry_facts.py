"""What registries say, from the few facts of a rule's example."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Source
from sifcheck.definition.reader import read_definition
from sifcheck.registry.model import BaseImage, Manifest, Refused, Unknown
from sifcheck.testing.registry_facts import DIGEST, registry_from


def test_images_are_named_as_from_names_them() -> None:
    registry = registry_from({"rockylinux:9.4": {}, "ghcr.io/t/a": {"architectures": ["x86_64"]}}, "aarch64")
    text = "Bootstrap: docker\nFrom: docker.io/library/rockylinux:9.4\nStage: a\n\nBootstrap: docker\nRegistry: ghcr.io\nFrom: t/a:latest\n"
    first, second = (registry.base(stage) for stage in read_definition(Source("a", text.encode()), {}).stages)
    assert isinstance(first, BaseImage)
    assert (first.digest, first.is_list, first.asked_for) == (DIGEST, True, "aarch64")
    assert isinstance(first.manifest, Manifest)
    assert first.manifest.architecture == "aarch64"
    assert isinstance(second, BaseImage)
    assert (second.is_list, second.architectures) == (False, ("x86_64",))
    assert isinstance(second.manifest, Manifest)


def test_what_is_not_there() -> None:
    answers = registry_from(
        {
            "a:1": {"refused": "missing", "near": ["2"]},
            "b:1": {"unknown": "no answer"},
            "c:1": {"architectures": ["x86_64", "s390x"]},
        },
        "aarch64",
    ).answers
    missing = answers["docker.io/library/a:1"]
    assert isinstance(missing, Refused)
    assert (missing.kind, missing.near) == ("missing", ("2",))
    assert answers["docker.io/library/b:1"] == Unknown("no answer")
    lacking = answers["docker.io/library/c:1"]
    assert isinstance(lacking, BaseImage)
    assert isinstance(lacking.manifest, Unknown)


@pytest.mark.parametrize(
    "given", [{"arch": ["x86_64"]}, {"refused": "gone"}, {"refused": "missing", "digest": "x"}]
)
def test_what_makes_no_answer_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="registry: a:1"):
        registry_from({"a:1": given})
