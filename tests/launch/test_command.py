"""The arguments of the runtime's build, read as the runtime reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sifcheck.launch.command import BuildOption, read_command
from sifcheck.shell import given_text


@pytest.mark.parametrize(
    ("words", "image", "source"),
    [
        (["a.sif", "a.def"], "a.sif", "a.def"),
        (["--fakeroot", "a.sif", "a.def"], "a.sif", "a.def"),
        (["a.sif", "a.def", "-F"], "a.sif", "a.def"),
        (["-sF", "folder", "docker://x/y"], "folder", "docker://x/y"),
        (["-B", "/data", "a.sif", "a.def"], "a.sif", "a.def"),
        (["-B/data", "a.sif", "a.def"], "a.sif", "a.def"),
        (["-FB", "/data", "a.sif", "a.def"], "a.sif", "a.def"),
        (["--bind=/data", "a.sif", "a.def"], "a.sif", "a.def"),
        (["--tmpdir", "/x", "a.sif", "a.def"], "a.sif", "a.def"),
        (["--mksquashfs-args", "-mem 1G", "a.sif", "a.def"], "a.sif", "a.def"),
        (["--", "-odd.sif", "a.def"], "-odd.sif", "a.def"),
        (["-F", "a.sif", "--", "a.def"], "a.sif", "a.def"),
        # An option that nobody knows, with its value and without.
        (["--new", "value", "a.sif", "a.def"], "a.sif", "a.def"),
        (["--new", "a.sif", "a.def"], "a.sif", "a.def"),
        (["--new=value", "a.sif", "a.def"], "a.sif", "a.def"),
    ],
)
def test_image_and_source(words: list[str], image: str, source: str) -> None:
    command = read_command(words)
    assert (command.image, command.source) == (image, source)
    assert command.words == tuple(words)
    changed = command.with_image("NEW")
    assert [word for word in changed if word not in words] == ["NEW"]
    assert len(changed) == len(words)


@pytest.mark.parametrize(
    "words", [[], ["--help"], ["a.sif"], ["a", "b", "c"], ["--bind"], ["a.sif", "-B", "a.def"], ["", "a.def"]]
)
def test_what_is_no_build_is_left_to_the_runtime(words: list[str]) -> None:
    command = read_command(words)
    assert command.image is None
    assert command.source is None
    assert not command.makes_sif


def test_options_have_their_names_in_full() -> None:
    command = read_command(["-sFB", "/a:/b", "--build-arg", "A=1,B=2", "--build-arg=C=3", "x", "y"])
    assert command.options[:3] == (
        BuildOption("--sandbox", None),
        BuildOption("--force", None),
        BuildOption("--bind", "/a:/b"),
    )
    assert command.build_arguments == ["A=1", "B=2", "C=3"]
    assert command.has("--sandbox")
    assert not command.makes_sif


def test_a_flag_can_be_turned_off_and_on_by_a_variable() -> None:
    assert not read_command(["--force=false", "x", "y"]).has("--force")
    assert read_command(["x", "y"], "apptainer", {"APPTAINER_SANDBOX": "1"}).has("--sandbox")
    assert read_command(["x", "y"], "apptainer", {"SINGULARITY_FORCE": "true"}).has("--force")
    assert not read_command(["x", "y"], "apptainer", {"APPTAINER_FORCE": "0"}).has("--force")
    assert not read_command(["-F=0", "x", "y"], "apptainer", {"APPTAINER_FORCE": "1"}).has("--force")
    none_such = "/nowhere/singularity"
    assert not read_command(["x", "y"], none_such, {"APPTAINER_FORCE": "1"}).has("--force")
    assert read_command(["x", "y"], none_such, {"SINGULARITY_FORCE": "1"}).has("--force")


def test_an_address_is_one_where_no_file_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_command(["x", "docker://a/b"]).source_is_address
    assert read_command(["x", "oci-archive:a.tar"]).source_is_address
    assert not read_command(["x", "a.def"]).source_is_address
    Path("a:b").write_text("")
    assert not read_command(["x", "a:b"]).source_is_address


ODD = [
    "a b",
    "it's",
    "-B/x y:/z",
    "*.def",
    "$HOME",
    "`date`",
    "ä",
    "b\udcffd",
    "new\nline",
    "",
    "#x",
    "A=1",
    "~/x",
    "{a,b}",
    '"q"',
    "(x)",
]


def test_the_call_stands_for_its_words_as_they_are() -> None:
    (call,) = read_command(["-F", *ODD]).call("the command", "apptainer", {"APPTAINER_SANDBOX": "it's"}).calls
    assert [given_text(word) for word in call.words] == ["apptainer", "build", "-F", *ODD]
    assert all(word.value is not None and not word.variables and not word.has_glob for word in call.words)
    assert call.option("--bind") is not None
    (bind,) = call.option_values("--bind")
    assert bind == "/x y:/z"
    (before,) = call.command.prefix
    assert (before.name, before.value and before.value.value) == ("APPTAINER_SANDBOX", "it's")


def test_the_call_stands_at_the_places_of_the_line_that_is_shown() -> None:
    script = read_command(["--tmpdir", "/t p", "ä.sif", "a.def"]).call("the command", "apptainer", {})
    (call,) = script.calls
    shown = [script.source.slice(word.span) for word in call.words]
    assert shown == ["apptainer", "build", "--tmpdir", "'/t p'", "'ä.sif'", "a.def"]
    assert script.source.slice(call.span) == " ".join(shown)


def test_paths_that_are_no_text_stay_as_they_are() -> None:
    command = read_command(["--tmpdir", "/t\udcff", "a\udcff.sif", "b\udcff.def"])
    assert (command.image, command.source) == ("a\udcff.sif", "b\udcff.def")
    assert command.value("--tmpdir") == "/t\udcff"
