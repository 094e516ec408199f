"""DEF204, DEF206, DEF208, DEF209, DEF210: what the examples of the rules cannot show."""

from __future__ import annotations

from typing import Any

import pytest

from sifcheck.base.findings import Finding
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.definition import agents, header, sources

UNKNOWN = agents.unknown_bootstrap_agent
INCOMPLETE = agents.header_incomplete


def one(text: str, rule: Any, **settings: Any) -> Finding:
    (finding,) = check_text(text, rule, **settings)
    return finding


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("Docker", "docker"),
        ("LocalImage", "localimage"),
        ('"docker"', "docker"),
        ("'Docker'", "docker"),
        ("docker,", "docker"),
        (": docker", "docker"),
    ],
)
def test_an_agent_is_written_as_the_runtime_wants_it(value: str, right: str) -> None:
    text = f"Bootstrap: {value}  # c\nFrom: a:1\n"
    finding = one(text, UNKNOWN)
    assert (finding.severity, finding.profile) == ("error", "minimal")
    assert finding.fix is not None
    assert finding.fix.safe
    assert apply_edits(text, finding.fix.edits) == f"Bootstrap: {right}  # c\nFrom: a:1\n"


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ("docker://alpine:3.22", "`Bootstrap: docker` and `From: alpine:3.22`"),
        ("docker From: alpine:3.22", "`Bootstrap: docker` and `From: alpine:3.22`"),
        ("self", "localimage"),
        ("ubuntu", "`Bootstrap: docker`"),
        ("dcoker", "did you mean `Bootstrap: docker`"),
        ("dockerhub", "did you mean `Bootstrap: docker`"),
        ("https", "the agents are docker"),
    ],
)
def test_an_agent_that_is_something_else(value: str, advice: str) -> None:
    finding = one(f"Bootstrap: {value}\n", UNKNOWN)
    assert advice in finding.help
    assert finding.fix is None or not finding.fix.safe
    # One owner: nobody asks for the image that stands in the agent's place.
    assert check_text(f"Bootstrap: {value}\n", INCOMPLETE) == []


@pytest.mark.parametrize("value", ["{{ agent }}", ""])
def test_an_agent_that_nobody_can_know(value: str) -> None:
    assert check_text(f"Bootstrap: {value}\nFrom: a:1\n", UNKNOWN) == []


@pytest.mark.parametrize(
    ("agent", "target", "severity"),
    [
        ("dnf", "apptainer-1.3", "error"),
        ("dnf", "apptainer-1.4", None),
        ("dnf", "singularity-ce-4.2", "error"),
        ("dnf", "singularity-ce-4.3", None),
        ("dnf", "apptainer-1.4,singularity-ce-4.1", "error"),
        ("dnf", None, "info"),
        ("buildkit", "apptainer-1.5", None),
        ("buildkit", "singularity-ce-4.5", "error"),
        ("oras", "singularity-3.2", "error"),
        ("docker", "singularity-3.2", None),
    ],
)
def test_an_agent_that_the_target_does_not_have(agent: str, target: str | None, severity: str | None) -> None:
    settings = {} if target is None else {"target": target}
    found = check_text(f"Bootstrap: {agent}\nFrom: a:1\nMirrorURL: x\n", UNKNOWN, **settings)
    assert [finding.severity for finding in found] == ([severity] if severity else [])
    assert all((finding.profile == "minimal") is (finding.severity == "error") for finding in found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Bootstrap: oras\n", "`From:`"),
        ("Bootstrap: docker\nFrom: # nothing\n", "`From:`"),
        ("Bootstrap: oci-archive\n", "`From:`"),
        ("Bootstrap: localimage\n", "the folder that the build starts in"),
        ("Bootstrap: busybox\n", "`MirrorURL:`"),
        ("Bootstrap: dnf\n", "`MirrorURL:`"),
        ("Bootstrap: debootstrap\nMirrorURL: http://example.org/\n", "`OSVersion:`"),
        (
            "Bootstrap: yum\nMirrorURL: http://example.org/\nUpdateURL: http://example.org/%{osversion}/\n",
            "OSVERSION",
        ),
        ("Bootstrap: zypper\nProduct: SLES\nUser: x\nOSVersion: 15.6\n", "`Regcode:` is not there"),
        ("Bootstrap: zypper\nProduct: SLES\nUser: x\nRegcode: y\n", "`OSVersion:`"),
    ],
)
def test_a_key_that_the_agent_cannot_do_without(text: str, words: str) -> None:
    finding = one(text, INCOMPLETE)
    assert (finding.severity, finding.profile) == ("error", "standard")
    assert words in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "Bootstrap: arch\n",
        "Bootstrap: scratch\n",
        "Bootstrap: docker\nFrom: {{ image }}\n",
        "Bootstrap: debootstrap\nMirrorURL:\nOSVersion: bookworm\n",
        # Somebody else's finding: a mistyped key, a joined line, a key above its stage, an empty stage.
        "Bootstrap: docker\nForm: a:1\n",
        "Bootstrap: docker\nFrom a:1\n",
        "Bootstrap: docker\nFrom=a:1\n",
        "Bootstrap: docker\nStage: x \\\nFrom: a:1\n",
        "Bootstrap: docker\nFrom: a:1 \\\n",
        "From: a:1\nBootstrap: docker\n",
        "Bootstrap: docker\nFrom: a:1\n%post\n    make\nFrom: b:1\nBootstrap: docker\n",
        "Bootstrap: docker\nBootstrap: docker\nFrom: a:1\n",
    ],
)
def test_nothing_is_missed_that_another_rule_has_found(text: str) -> None:
    assert check_text(text, INCOMPLETE) == []


@pytest.mark.parametrize(
    ("target", "severity"),
    [("singularity-ce-4.3", "error"), ("apptainer-1.4", None), ("apptainer-1.1.6", "error"), (None, "info")],
)
def test_zypper_without_a_mirror(target: str | None, severity: str | None) -> None:
    settings = {} if target is None else {"target": target}
    found = check_text("Bootstrap: zypper\n", INCOMPLETE, **settings)
    assert [finding.severity for finding in found] == ([severity] if severity else [])


def test_an_empty_key_is_where_the_finding_stands() -> None:
    finding = one("Bootstrap: docker\nFrom:\n", INCOMPLETE)
    assert finding.source is not None
    assert finding.source.position(finding.span.start).line == 2


@pytest.mark.parametrize("path", ["~/x.sif", "~user/x.sif", "$HOME/x.sif", "/a/${USER}/x.sif"])
def test_a_path_is_not_expanded(path: str) -> None:
    finding = one(f"Bootstrap: localimage\nFrom: {path}\n", sources.base_not_found)
    assert (finding.severity, finding.profile) == ("error", "standard")


@pytest.mark.parametrize("path", ["./x.sif", "/a/x~1.sif", "a$.sif", "{{ p }}/x.sif"])
def test_a_path_that_is_one(path: str) -> None:
    assert check_text(f"Bootstrap: localimage\nFrom: {path}\n", sources.base_not_found) == []


@pytest.mark.parametrize(
    ("target", "severity"),
    [
        ("apptainer-1.4", "warning"),
        ("apptainer-1.4,singularity-ce-4.1", "warning"),
        ("singularity-ce-4.1", None),
        ("singularity-3.8", None),
        (None, "info"),
    ],
)
def test_library_without_remote(target: str | None, severity: str | None) -> None:
    settings = {} if target is None else {"target": target}
    found = check_text("Bootstrap: library\nFrom: a/b/c:1\n", agents.library_without_remote, **settings)
    assert [finding.severity for finding in found] == ([severity] if severity else [])


def test_a_library_in_any_stage_serves_all() -> None:
    text = (
        "Bootstrap: library\nFrom: a/b/c:1\nBootstrap: library\nLibrary: https://example.org\nFrom: a/b/d:1\n"
    )
    assert check_text(text, agents.library_without_remote, target="apptainer-1.4") == []


@pytest.mark.parametrize(
    ("image", "twin"),
    [
        ("library://library/default/ubuntu:22.04", "ubuntu:22.04"),
        ("default/debian:12", "debian:12"),
        ("alpine:3.22", "alpine:3.22"),
        ("alpine", None),
        ("group/alpine:3.22", None),
        ("library.example.org/library/default/alpine:3.22", None),
        ("alpine@sha256:0123", None),
    ],
)
def test_the_twin_of_a_library_image(image: str, twin: str | None) -> None:
    text = f"Bootstrap: library\nFrom: {image}\n"
    finding = one(text, agents.library_without_remote)
    if twin is None:
        assert finding.fix is None
        return
    assert finding.fix is not None
    assert not finding.fix.safe
    assert apply_edits(text, finding.fix.edits) == f"Bootstrap: docker\nFrom: {twin}\n"


def test_a_distribution_bootstrap_and_its_published_twin() -> None:
    lines = "Bootstrap: debootstrap|# c|MirrorURL: http://x.org/debian/ # d|Stage: x|OSVersion: bookworm|"
    head = lines.replace("|", "\r\n")
    finding = one(head, agents.bootstrap_needs_host_tools)
    assert (finding.severity, finding.profile) == ("info", "strict")
    assert finding.fix is not None
    assert (
        apply_edits(head, finding.fix.edits) == "Bootstrap: docker\r\n# c\r\nFrom: debian:12\r\nStage: x\r\n"
    )


@pytest.mark.parametrize(
    "header_text",
    [
        "Bootstrap: debootstrap\nOSVersion: bookworm\nMirrorURL: x\nInclude: gcc\n",
        "Bootstrap: debootstrap\nOSVersion: stretch\nMirrorURL: x\n",
        "Bootstrap: yum\nMirrorURL: http://mirror.example.org/9/\n",
        "Bootstrap: zypper\n",
    ],
)
def test_no_twin_where_packages_or_the_release_would_get_lost(header_text: str) -> None:
    assert one(header_text, agents.bootstrap_needs_host_tools).fix is None


def test_a_folded_agent_has_one_owner() -> None:
    text = "Bootstrap: docker \\\nFrom: a:1\n"
    found = check_text(text, UNKNOWN, INCOMPLETE, header.header_line_misread)
    assert [finding.code for finding in found] == ["DEF204"]
