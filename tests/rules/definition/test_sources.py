"""DEF301 and the folder part of DEF208, DEF307, DEF516: what examples cannot show."""

from __future__ import annotations

from typing import Any

import pytest

from sifcheck.base.findings import Finding
from sifcheck.testing import apply_edits, check_text
from sifcheck.testing.folder_facts import START
from sifcheck_rules.definition import files, sources
from sifcheck_rules.scripts import post_failures

HEAD = "Bootstrap: docker\nFrom: debian:12.5\n"


def missing(body: str, head: str = HEAD, **settings: Any) -> list[Finding]:
    return check_text(f"{head}{body}", sources.files_source_missing, **{"folder": {}, **settings})


def test_where_it_was_looked_for_and_where_to_start() -> None:
    (finding,) = missing("%files\n    ./a.txt /opt/\n")
    assert f"{START}/a.txt" in finding.message
    assert finding.help.endswith(START)
    (finding,) = missing("%files\n    a.txt /opt/\n", folder={"a.txt": {"beside": "/home/builder/recipes"}})
    assert finding.help == "the build must start in /home/builder/recipes, where the file lies"
    (finding,) = missing("%files\n    {a,b}.txt /opt/\n", folder={"a.txt": "file"})
    assert "`b.txt`" in finding.message


@pytest.mark.parametrize(
    "line",
    [
        "'a b.txt' /opt/",
        "a\\ b.txt /opt/",
        "-r /opt/",
        "https://example.org/a /opt/",
        "a.txt:/opt/a.txt",
        "my data.txt /opt/",
        "$A/b /opt/",
        "`pwd`/b /opt/",
    ],
)
def test_what_other_rules_say_of_a_line_is_not_said_again(line: str) -> None:
    assert missing(f"%files\n    {line}\n") == [] or line == "my data.txt /opt/"
    if "$" not in line and "`" not in line:
        assert check_text(f"{HEAD}%files\n    {line}\n", files.files_line_misread)


def test_a_source_that_nobody_could_look_up() -> None:
    assert (
        missing("%files\n    /dead/a /opt/\n", folder={"/dead/a": {"unknown": "timed out after 3 s"}}) == []
    )


@pytest.mark.parametrize(
    ("name", "target", "count"),
    [
        ("files", None, 1),
        ("files # of the host", None, 1),
        ("files from build", None, 0),
        ("files stray", None, 0),
        ("files stray", "apptainer-1.4", 0),
        ("files stray", "singularity-ce-4.1", 1),
        ("appfiles solver", None, 1),
    ],
)
def test_lists_that_are_copied_from_the_host(name: str, target: str | None, count: int) -> None:
    settings = {"target": target} if target else {}
    assert len(missing(f"%{name}\n    a.txt /opt/\n", **settings)) == count


@pytest.mark.parametrize(
    ("script", "silent"),
    [
        ("%setup\n    make\n", True),
        ("%pre\n    wget https://example.org/data.txt\n", True),
        ("%pre\n    date > data.txt\n", True),
        ("%pre\n    cp -r /srv/inputs/. .\n", True),
        ("%pre\n    echo x > $FILE\n", True),
        ("%pre\n    ./fetch.sh\n", True),
        ("%pre -c /usr/bin/python3\n    import urllib\n", True),
        ("%setup\n    mkdir -p ${SINGULARITY_ROOTFS}/opt/x\n", False),
        ("%setup\n    cp -r app ${SINGULARITY_ROOTFS}/opt/\n", False),
        ("%setup\n    echo hello\n    touch marker\n", False),
        ("%setup\n", False),
        ("%post\n    wget https://example.org/data.txt\n", False),
    ],
)
def test_what_a_script_of_the_host_may_make_is_not_missed(script: str, silent: bool) -> None:
    found = missing(f"%files\n    data.txt /opt/\n{script}")
    assert len(found) == (0 if silent else 1)


def test_the_scripts_of_earlier_stages_run_first_and_setup_after_the_files_of_apps() -> None:
    first = "Bootstrap: docker\nFrom: golang:1.22\nStage: build\n%setup\n    make\n\n"
    assert missing("%files\n    a.txt /opt/\n", head=first + HEAD) == []
    later = HEAD + "%files\n    a.txt /opt/\n\nBootstrap: docker\nFrom: golang:1.22\n%setup\n    make\n"
    assert len(missing("", head=later)) == 1
    assert missing("%appfiles x\n    a.txt y\n%pre\n    make\n") == []
    assert len(missing("%appfiles x\n    a.txt y\n%setup\n    make\n")) == 1


def based(header: str, **settings: Any) -> list[Finding]:
    return check_text(header, sources.base_not_found, **settings)


def test_a_base_image_that_is_not_there() -> None:
    header = "Bootstrap: localimage\nFrom: base.sif\n"
    assert based(header) == []
    assert based(header, folder={"base.sif": "file"}) == []
    (finding,) = based(header, folder={})
    assert (finding.severity, finding.profile) == ("error", "standard")
    assert f"{START}/base.sif" in finding.message
    (finding,) = based(header, folder={"base.sif": {"beside": "recipes"}})
    assert "must start in recipes" in finding.help
    (finding,) = based(header, folder={"base.sif": "dangling"})
    assert "leads nowhere" in finding.message
    assert based(header, folder={"base.sif": {"unknown": "timed out"}}) == []
    assert based(f"{header}%pre\n    make base.sif\n", folder={}) == []


@pytest.mark.parametrize(
    "header",
    [
        'Bootstrap: localimage\nFrom: "base.sif"\n',
        "Bootstrap: localimage\nFrom: localimage://base.sif\n",
        "Bootstrap: localimage\nFrom: {{ base }}\n",
        "Bootstrap: localimage\n",
        "Bootstrap: docker\nFrom: base.sif\n",
    ],
)
def test_a_base_that_other_rules_speak_of(header: str) -> None:
    assert based(header, folder={}) == []


def test_a_base_that_is_not_expanded_is_said_once() -> None:
    (finding,) = based("Bootstrap: localimage\nFrom: ~/base.sif\n", folder={})
    assert "not expanded" in finding.message


def copied(line: str, **settings: Any) -> list[Finding]:
    return check_text(f"{HEAD}%files\n    {line}\n", files.copies_whole_folder, **settings)


def test_what_a_folder_holds_is_named() -> None:
    held = {"holds": [".git", ".ssh", "a.sif", "b.sif", "c.sif"], "bytes": 2 << 20}
    (finding,) = copied(". /opt/app", folder={".": held})
    assert finding.severity == "warning"
    assert "`.git`, `.ssh`, `a.sif` and 2 more" in finding.message
    assert "2 MiB" in finding.message
    (finding,) = copied(
        "data /opt/", folder={"data": {"largest": {"run1": 3 << 30, "run2": 1 << 20}, "complete": False}}
    )
    assert "at least 3 GiB" in finding.message
    assert "`run1` (3 GiB), `run2` (1 MiB)" in finding.message


def test_the_folder_of_the_build_without_anything_odd_stays_an_info() -> None:
    (finding,) = copied(". /opt/app", folder={"a.txt": "file"})
    assert finding.severity == "info"
    assert copied("data /opt/", folder={"data/a.txt": "file"}) == []
    assert copied("big.tar /opt/", folder={"big.tar": {"bytes": 9 << 30}}) == []


def test_how_large_is_too_large_can_be_set() -> None:
    facts = {"data": {"largest": {"x": 20 << 20}}}
    assert copied("data /opt/", folder=facts) == []
    options = {"DEF307": files.CopiedFolders(largest_mib=10)}
    assert len(copied("data /opt/", folder=facts, options=options)) == 1


def closed(line: str, post: str, mode: int = 0o600, **settings: Any) -> list[Finding]:
    text = f"{HEAD}%files\n    {line}\n%post\n    {post}\n"
    return check_text(
        text, post_failures.restrictive_permissions, folder={"a.ini": {"mode": mode}}, **settings
    )


@pytest.mark.parametrize(
    ("line", "post", "mode", "count"),
    [
        ("a.ini /opt/a.ini", "true", 0o600, 1),
        ("a.ini /opt/", "true", 0o640, 1),
        ("a.ini /opt/", "true", 0o644, 0),
        ("a.ini /root/a.ini", "true", 0o600, 0),
        ("a.ini /etc/ssh/a.ini", "true", 0o600, 0),
        ("a.ini /opt/my.key", "true", 0o600, 0),
        ("a.ini /opt/", "chmod -R a+rX /opt", 0o600, 0),
        ("a.ini /opt/", "chmod 644 /opt/a.ini", 0o600, 0),
        ("a.ini /opt/", "chmod 700 /opt/a.ini", 0o600, 1),
        ("a.ini /opt/", "rm /opt/a.ini", 0o600, 0),
    ],
)
def test_files_that_other_users_cannot_read(line: str, post: str, mode: int, count: int) -> None:
    assert len(closed(line, post, mode)) == count


def test_the_line_that_opens_a_copy_holds_plain_names_only() -> None:
    text = f"{HEAD}%files\n    a.ini /opt/a.ini\n%post\n    make\n"
    (finding,) = closed("a.ini /opt/a.ini", "make")
    assert finding.fix is not None
    assert apply_edits(text, finding.fix.edits).endswith("    make\n    chmod -R a+rX /opt/a.ini\n")
    for odd in ("/opt/$(id)", "/opt/`id`", '"/opt/a b"', "/opt/a;id"):
        assert all(finding.fix is None for finding in closed(f"a.ini {odd}", "make"))


def test_a_folder_with_something_closed_in_it() -> None:
    text = f"{HEAD}%files\n    app /opt/app\n"
    rule = post_failures.restrictive_permissions
    (finding,) = check_text(text, rule, folder={"app": {"closed": [".ssh/id_rsa", "run.sh"]}})
    assert f"{START}/app/run.sh" in finding.message
    assert check_text(text, rule, folder={"app": {"closed": [".ssh/id_rsa"]}}) == []
    assert len(check_text(text, rule, folder={"app": {"files": 1, "mode": 0o700}})) == 1


def test_an_earlier_stage_is_thrown_away() -> None:
    text = f"{HEAD}Stage: one\n%files\n    a.ini /opt/\n\nBootstrap: docker\nFrom: a:1\n"
    assert check_text(text, post_failures.restrictive_permissions, folder={"a.ini": {"mode": 0o600}}) == []


@pytest.mark.parametrize(
    ("facts", "silent"),
    [
        ({}, False),
        ({"identity": {"user_id": 0}}, True),
        # The user's own, and that of his subordinate ids, he can read as root of the namespace of a build.
        ({"identity": {"user_id": 777}}, True),
        ({"identity": {"subuids": [{"first": 700, "size": 100}]}}, True),
        ({"identity": {"subuids": {"unknown": "timed out"}}}, True),
        ({"identity": {"subuids": []}}, False),
    ],
)
def test_a_source_that_who_builds_may_not_read(facts: dict[str, Any], silent: bool) -> None:
    body, folder = "%files\n    a.txt /opt/\n", {"a.txt": {"closed_by": 777, "mode": 0o600}}
    found = missing(body, folder=folder, host=facts)
    assert [one.severity for one in found] == ([] if silent else ["error"])
    assert not missing(body, folder=folder)
    assert not missing(f"%setup\n    cp /x a.txt\n{body}", folder=folder, host=facts)


def test_a_base_that_is_no_image() -> None:
    header = "Bootstrap: localimage\nFrom: base.sif\n"
    folder = {"base.sif": {"fault": "it is empty"}}
    (found,) = based(header, folder=folder)
    assert found.message == "nothing can be built on `base.sif`: it is empty"
    assert not based(f"{header}%pre\n    cp /x base.sif\n", folder=folder)
