"""The pack's rules prove themselves by their examples."""

from sifcheck_our import images

from sifcheck.testing import check_text, prove


def test_examples() -> None:
    prove(images.foreign_registry)
    prove(images.licensed_program_in_build)


def test_options() -> None:
    options = {"OUR001": images.Registries(allowed=("quay.io",))}
    found = check_text("Bootstrap: docker\nFrom: debian:12\n", images.foreign_registry, options=options)
    assert [finding.code for finding in found] == ["OUR001"]
