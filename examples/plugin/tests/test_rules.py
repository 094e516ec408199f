"""The pack's rules prove themselves by their examples; what options and fixes do is tested besides."""

from __future__ import annotations

import pytest
import sifcheck_our
from sifcheck_our import images, packages

from sifcheck.api import Rule
from sifcheck.testing import apply_edits, check_text, prove

MODULES: list[object] = []
sifcheck_our.register_rules(MODULES.append)
RULES = [value for module in MODULES for value in vars(module).values() if isinstance(value, Rule)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_examples(rule: Rule) -> None:
    prove(rule)


def test_another_list_of_registries() -> None:
    options = {"OUR001": images.Registries(allowed=("images.example.net",))}
    found = check_text("Bootstrap: docker\nFrom: debian:12\n", images.foreign_registry, options=options)
    assert [finding.message for finding in found] == ["images do not come from `docker.io` here"]


def test_another_form_of_projects() -> None:
    text = "Bootstrap: docker\nFrom: debian:12\n%labels\n    Grant X-1\n"
    options = {"OUR003": images.Projects(label="Grant", form="X-[0-9]")}
    assert check_text(text, images.image_without_project)
    assert not check_text(text, images.image_without_project, options=options)


def test_the_fix_leaves_the_rest_of_the_line() -> None:
    text = "Bootstrap: docker\nFrom: debian:12\n%post\n    cd /opt && pip install -r needs.txt  # all\n"
    (found,) = check_text(text, packages.pip_without_mirror)
    assert found.fix is not None
    fixed = apply_edits(text, found.fix.edits)
    assert fixed == text.replace("install", f"install --index-url {packages.MIRROR}")
