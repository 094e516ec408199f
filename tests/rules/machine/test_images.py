"""The rules about images: what their examples do not show."""

from __future__ import annotations

from typing import Any

import pytest

from sifcheck.base.findings import Finding
from sifcheck.image.image import Unknown
from sifcheck.testing import all_rules, check_image
from sifcheck.testing.healthy_image import FINGERPRINT, healthy_image
from sifcheck.testing.image_overlay import lay
from sifcheck_rules.image import content, format_and_signatures

RULES = [rule for rule in all_rules() if rule.node == "Image"]
ASKS = '[site]\nname = "example"\n[policy]\nsignatures = true\n'


def said(image: dict[str, Any], *rules: Any, **settings: Any) -> list[Finding]:
    return check_image(image, *(rules or RULES), **settings)


def test_nothing_is_said_about_a_healthy_image() -> None:
    assert said({}) == []
    assert said({}, host={}, arch="x86_64", target="apptainer-1.4,singularity-ce-4.1", site=ASKS) == []


@pytest.mark.parametrize("name", ["files", "unpacked_bytes", "unpacked_files"])
def test_what_is_not_known_is_not_judged(name: str) -> None:
    assert said({name: {"unknown": "not read"}}, host={}, arch="x86_64", site=ASKS) == []


def test_a_finding_stands_at_the_image() -> None:
    (found,) = said({"signatures": [], "path": "a b.sif"}, format_and_signatures.unsigned_image)
    assert found.source is not None
    assert (found.source.path, found.span, found.source.data) == ("a b.sif", (0, 0), b"")
    assert "singularity sign 'a b.sif'" in found.help


class TestArchitecture:
    def test_a_target_goes_before_the_machine(self) -> None:
        foreign = {"architecture": "aarch64", "header_architecture": "aarch64"}
        assert said(foreign, format_and_signatures.wrong_architecture, arch="aarch64", host={}) == []
        (found,) = said(foreign, format_and_signatures.wrong_architecture, host={})
        assert found.severity == "error"
        assert "this machine is x86_64" in found.message
        assert "--arch amd64" in found.help

    def test_both_are_told(self) -> None:
        found = said({"architecture": "aarch64"}, format_and_signatures.wrong_architecture, arch="x86_64")
        assert sorted(one.severity for one in found) == ["error", "info"]


class TestDamage:
    def test_one_finding_a_kind(self) -> None:
        problems = ["short: object 3 ends", "short: object 4 ends", "layout: objects lie over each other"]
        found = said({"problems": problems}, format_and_signatures.damaged_image)
        assert [one.message for one in found] == [
            "the image is cut off: object 3 ends (and 1 more)",
            "the image is damaged: objects lie over each other",
        ]

    def test_a_folder_without_programs_has_no_partition(self) -> None:
        (found,) = said(
            {"kind": "sandbox", "problems": ["empty: there are no programs in it"]},
            format_and_signatures.damaged_image,
        )
        assert found.message == "no container can run from this folder: there are no programs in it"
        assert "partition" not in found.help

    def test_a_damaged_image_is_not_told_to_lack_its_definition(self) -> None:
        found = said({"problems": ["short: it ends"], "definition": "none"})
        assert [one.code for one in found] == ["IMG102"]


class TestFormat:
    def test_levels(self) -> None:
        assert [one.severity for one in said({"kind": "oci-sif"}, format_and_signatures.format_too_new)] == [
            "info"
        ]
        (found,) = said(
            {"kind": "oci-sif"},
            format_and_signatures.format_too_new,
            target="apptainer-1.4,singularity-ce-4.1",
        )
        assert (found.severity, found.message.rpartition("not by ")[2]) == ("warning", "Apptainer 1.4")

    @pytest.mark.parametrize(
        ("kernel", "count"), [("4.13.9", 1), ("4.14.0-1", 0), ("6.1.0-18-amd64", 0), ("?", 0)]
    )
    def test_kernels(self, kernel: str, count: int) -> None:
        host = {"platform": {"kernel": kernel}, "runtimes": {"apptainer": {"setuid_starter": True}}}
        assert len(said({"compression": "zstd"}, format_and_signatures.format_too_new, host=host)) == count

    def test_an_unknown_starter_is_silent(self) -> None:
        host = {
            "platform": {"kernel": "3.10.0"},
            "runtimes": {"apptainer": {"setuid_starter": {"unknown": "no"}}},
        }
        assert said({"compression": "zstd"}, format_and_signatures.format_too_new, host=host) == []


class TestSignatures:
    def test_levels_of_a_site(self) -> None:
        (found,) = said({"signatures": []}, format_and_signatures.unsigned_image, site=ASKS)
        assert found.severity == "warning"
        broken = {"signatures": [{"differences": ["object 3"]}]}
        assert [one.severity for one in said(broken, format_and_signatures.broken_signature)] == ["warning"]
        assert [one.severity for one in said(broken, format_and_signatures.broken_signature, site=ASKS)] == [
            "error"
        ]
        legacy = {"signatures": [{"form": "legacy"}]}
        assert [one.severity for one in said(legacy, format_and_signatures.broken_signature, site=ASKS)] == [
            "warning"
        ]

    def test_all_differences_are_told(self) -> None:
        differences = ["header", "object 1", "object 3", "added 5", "removed 2", "descriptor 3"]
        (found,) = said(
            {"signatures": [{"differences": differences}]}, format_and_signatures.broken_signature
        )
        assert found.message.partition(": ")[2] == (
            "its header was changed; the description of object 3 was changed; objects 1 and 3 were changed; "
            "object 5 is not among what was signed; object 2 was removed"
        )

    def test_one_of_several_that_count_is_enough(self) -> None:
        options = {"IMG203": format_and_signatures.Signers((FINGERPRINT,))}
        two = {"signatures": [{"fingerprint": "F" * 40}, {"fingerprint": FINGERPRINT}]}
        assert said(two, format_and_signatures.unknown_signer, options=options) == []

    def test_a_short_key_is_none(self) -> None:
        options = {"IMG203": format_and_signatures.Signers((FINGERPRINT[-8:],))}
        assert len(said({}, format_and_signatures.unknown_signer, options=options)) == 1


class TestContent:
    def test_several_files_of_one_kind_are_one_finding(self) -> None:
        files = {f"/root/.ssh/id_key{number}": "0600" for number in range(8)}
        (found,) = said({"files": files}, content.secret_in_image)
        assert found.message.count("id_key") == 5
        assert "and 3 more" in found.message

    def test_what_lies_in_a_closed_folder_is_not_told_too(self) -> None:
        files = {
            "/opt/tool/": "0700",
            "/opt/tool/bin/": "0700",
            "/opt/tool/bin/tool": "0700",
            "/opt/x": "0600",
        }
        found = said({"files": files}, content.unreadable_for_others)
        assert [one.message.rpartition(" ")[2] for one in found] == ["/opt/tool", "/opt/x"]

    def test_an_incomplete_list_says_nothing_of_what_is_missing(self) -> None:
        image = lay(healthy_image(), {"files": {"/usr/bin/bash": "none"}})
        assert not isinstance(image.files, Unknown)
        image.files.complete = False
        assert check_image(image, content.runscript_interpreter_missing) == []
        image.files.complete = True
        assert len(check_image(image, content.runscript_interpreter_missing)) == 1

    @pytest.mark.parametrize(
        "source", ["docker\nfrom: alpine", "library\nfrom: a/b/c:1", "oras\nfrom: x.example.org/a:1"]
    )
    def test_a_conversion_is_its_own_record(self, source: str) -> None:
        assert said({"definition": f"bootstrap: {source}\n\n"}, content.no_definition_inside) == []


def test_facts_that_an_image_has_not() -> None:
    for facts in ({"colour": "red"}, {"bytes": "many"}, {"bytes": True}, {"signatures": [{"colour": 1}]}):
        with pytest.raises(ValueError, match=r"has no|is not a whole number"):
            said(facts)
    with pytest.raises(ValueError, match="problems"):
        said({"problems": 5})
