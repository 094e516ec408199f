"""Where a digest goes in a header, and what is left as it is."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Source
from sifcheck.definition.reader import read_definition
from sifcheck.lint.fixes import apply_edits
from sifcheck.registry.pinning import header_fault, pinned_edit, places_in

NEW = "sha256:" + "a" * 64
OLD = "sha256:" + "b" * 64


def pinned(text: str, *, both: bool = False) -> str:
    data = text.encode("latin-1")
    definition = read_definition(Source("a.def", data), {})
    edits = [
        pinned_edit(place.field, NEW, both=both) for place in places_in(definition) if place.state != "left"
    ]
    return apply_edits(data, edits).decode("latin-1")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("rockylinux:9.4", f"rockylinux@{NEW}  # 9.4"),
        ("rockylinux", f"rockylinux@{NEW}  # latest"),
        ("ghcr.io:443/team/tool:1.2  # ours", f"ghcr.io:443/team/tool@{NEW}  # 1.2  # ours"),
        ("rockylinux:9.4# ours", f"rockylinux@{NEW}  # 9.4# ours"),
        ("rockylinux:9.4\t", f"rockylinux@{NEW}  # 9.4\t"),
        (f"rockylinux@{OLD}  # 9.4", f"rockylinux@{NEW}  # 9.4"),
        (f"rockylinux:9.4@{OLD}", f"rockylinux:9.4@{NEW}"),
        (f"rockylinux@{OLD}", f"rockylinux@{NEW}"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_the_digest_and_the_tag_behind_it(before: str, after: str, end: str) -> None:
    head = "# \xe4\xff\nBootstrap: docker\nFrom:  "
    assert pinned(f"{head}{before}{end}") == f"{head}{after}{end}"
    # Once more is the same once more.
    assert pinned(f"{head}{after}{end}") == f"{head}{after}{end}"


def test_tag_and_digest_together_where_the_target_takes_both() -> None:
    assert (
        pinned("Bootstrap: docker\nFrom: a:1 # x\n", both=True) == f"Bootstrap: docker\nFrom: a:1@{NEW} # x\n"
    )
    # Of no tag there is none to keep beside it.
    assert (
        pinned("Bootstrap: docker\nFrom: a\n", both=True) == f"Bootstrap: docker\nFrom: a@{NEW}  # latest\n"
    )


@pytest.mark.parametrize(
    ("header", "state", "at", "tag"),
    [
        ("Bootstrap: docker\nFrom: debian:12", "open", "docker.io/library/debian:12", "12"),
        ("Bootstrap: docker\nFrom: debian", "open", "docker.io/library/debian:latest", "latest"),
        ("Bootstrap: docker\nRegistry: ghcr.io\nNamespace: t\nFrom: a:1", "open", "ghcr.io/t/a:1", "1"),
        (f"Bootstrap: docker\nFrom: debian@{OLD} # 12", "pinned", "docker.io/library/debian:12", "12"),
        (f"Bootstrap: docker\nFrom: debian@{OLD}  #  12, of May", "pinned", "", ""),
        (
            f"Bootstrap: docker\nFrom: debian@{OLD}  # 12 # of May",
            "pinned",
            "docker.io/library/debian:12",
            "12",
        ),
        (f"Bootstrap: docker\nFrom: debian@{OLD}  # do not touch", "pinned", "", ""),
        (f"Bootstrap: docker\nFrom: debian:12@{OLD}  # 11", "pinned", "docker.io/library/debian:12", "12"),
        (f"Bootstrap: docker\nFrom: debian@{OLD}", "pinned", "", ""),
        ("Bootstrap: docker\nFrom: debian:{{ V }}", "left", "", ""),
        ("Bootstrap: docker\nFrom: debian:{{ V }}\n%arguments\n    V=12", "left", "", ""),
        ("Bootstrap: docker\nFrom: docker://debian:12", "left", "", ""),
        ("Bootstrap: docker\nFrom: debian 12", "left", "", ""),
        ("Bootstrap: docker\nFrom: deb\\\nian:12", "left", "", ""),
        ("Bootstrap: library\nFrom: debian:12", "left", "", ""),
        ("Bootstrap: oras\nFrom: ghcr.io/t/a:1", "left", "", ""),
    ],
)
def test_what_is_asked_about(header: str, state: str, at: str, tag: str) -> None:
    definition = read_definition(Source("a.def", header.encode() + b"\n"), {})
    (place,) = places_in(definition)
    assert (place.state, place.at, place.tag) == (state, at, tag)
    assert bool(place.why) == (state == "left")


@pytest.mark.parametrize(
    "header", ["Bootstrap: localimage\nFrom: a.sif", "Bootstrap: scratch", "Bootstrap: docker"]
)
def test_what_comes_from_no_registry_is_no_place(header: str) -> None:
    assert list(places_in(read_definition(Source("a.def", header.encode()), {}))) == []


@pytest.mark.parametrize(
    "text",
    [
        "Bootstrap: scratch\n",
        "Bootstrap: localimage\nFrom: base.sif\n",
        "Bootstrap: debootstrap\nMirrorURL: http://deb.debian.org/debian/\n",
        "Bootstrap: {{ agent }}\nFrom: alpine:3\n",
        # Prose behind the first stage.
        "Bootstrap: docker\nFrom: alpine:3\n%post\n    true\n\nBootstrap: see above\n",
    ],
)
def test_headers_that_say_what_the_build_starts_from(text: str) -> None:
    assert header_fault(read_definition(Source("a.def", text.encode()), {})) == ""
