"""`sifcheck pin`, asking a registry of this machine over real sockets."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from registry.stub import Reply, Stub, running

from sifcheck.cli import main

TAR = b"a tar archive " * 1000


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running() as made:
        yield made


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stub: Stub) -> Callable[..., Path]:
    """Writes a definition file; REGISTRY stands for the stub's address."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.replace("REGISTRY", stub.address).encode("latin-1"))
        return path

    return write


def pin(*words: str) -> int:
    return main(["pin", "--isolated", *words])


def test_a_tag_becomes_a_digest_and_stays_as_a_comment(
    stub: Stub, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    digest = stub.hold("team/tool:1.2", {"amd64": [TAR], "arm64": [TAR]})
    path = write(
        "a.def", "# \xe4\r\nBootstrap: docker\r\nFrom: REGISTRY/team/tool:1.2\r\n%post\r\n    true\r\n"
    )
    path.chmod(0o640)
    assert pin("a.def") == 0
    assert capsys.readouterr().out == f"a.def:3: {stub.address}/team/tool:1.2 is {digest}\n"
    after = f"# \xe4\r\nBootstrap: docker\r\nFrom: {stub.address}/team/tool@{digest}  # 1.2\r\n%post\r\n    true\r\n"
    assert path.read_bytes() == after.encode("latin-1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    # Once more there is nothing to do, and nobody is asked.
    asked = len(stub.log)
    assert pin("a.def") == 0
    assert path.read_bytes() == after.encode("latin-1")
    assert len(stub.log) == asked


def test_several_files_and_folders_each_image_asked_once(stub: Stub, write: Callable[..., Path]) -> None:
    digest = stub.hold("team/tool:1", {"amd64": [TAR]})
    text = "Bootstrap: docker\nFrom: REGISTRY/team/tool:1\nStage: a\n\nBootstrap: docker\nFrom: REGISTRY/team/tool:1\n"
    paths = [write("recipes/a.def", text), write("recipes/Singularity", text), write("b.def", text)]
    write("recipes/notes.txt", "From: REGISTRY/team/tool:1\n")
    assert pin("recipes", "b.def") == 0
    assert len(stub.log) == 1
    assert all(path.read_text().count(f"tool@{digest}  # 1\n") == 2 for path in paths)


def test_check_in_ci_asks_nobody(
    stub: Stub, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    digest = stub.hold("team/tool:1", {"amd64": [TAR]})
    path = write("a.def", "Bootstrap: docker\nFrom: REGISTRY/team/tool:1\n")
    before = path.read_bytes()
    assert pin("--check") == 1
    assert pin("--check", "--offline", ".") == 1
    assert "a.def:2: " in capsys.readouterr().out
    assert path.read_bytes() == before
    assert stub.log == []
    write("a.def", f"Bootstrap: docker\nFrom: REGISTRY/team/tool@{digest}\n")
    assert pin("--check", "--offline") == 0


def test_update_asks_anew_for_the_tag_in_the_comment(
    stub: Stub, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old = stub.hold("team/tool:1", {"amd64": [TAR]})
    path = write("a.def", f"Bootstrap: docker\nFrom: REGISTRY/team/tool@{old}  # 1\n")
    assert pin("--update", "--check") == 0
    new = stub.hold("team/tool:1", {"amd64": [TAR + b"more"]})
    before = path.read_text()
    assert pin("--check") == 0
    assert pin("--update", "--check") == 1
    assert path.read_text() == before
    assert pin("--update") == 0
    assert f"a.def:2: 1 is {new} now, and was {old}" in capsys.readouterr().out
    assert path.read_text() == before.replace(old, new)


def test_a_digest_whose_tag_is_not_known_stays(
    stub: Stub, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"Bootstrap: docker\nFrom: REGISTRY/team/tool@sha256:{'0' * 64}\n"
    path = write("a.def", text)
    assert pin("--update") == 0
    assert path.read_text() == text.replace("REGISTRY", stub.address)
    assert "no comment says what tag it was" in capsys.readouterr().err


def test_diff_shows_and_changes_nothing(
    stub: Stub, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    digest = stub.hold("team/tool:1", {"amd64": [TAR]})
    path = write("a.def", "Bootstrap: docker\nFrom: REGISTRY/team/tool:1\n")
    before = path.read_bytes()
    assert pin("--diff") == 0
    assert path.read_bytes() == before
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "--- a/a.def"
    assert f"+From: {stub.address}/team/tool@{digest}  # 1" in lines
    assert pin("--diff", "--check") == 1


def test_what_the_target_takes(stub: Stub, write: Callable[..., Path]) -> None:
    digest = stub.hold("team/tool:1", {"amd64": [TAR]})
    text = "Bootstrap: docker\nFrom: REGISTRY/team/tool:1\n"
    for target, written in (
        ("apptainer-1.4", f"tool:1@{digest}\n"),
        ("singularity-ce-4.1", f"tool:1@{digest}\n"),
        ("apptainer-1.3", f"tool@{digest}  # 1\n"),
        ("apptainer-1.4,singularity-3.8", f"tool@{digest}  # 1\n"),
    ):
        path = write("a.def", text)
        assert pin("--target", target, "a.def") == 0
        assert path.read_text().endswith(written)


@pytest.mark.parametrize(
    "header",
    [
        "Bootstrap: docker\nFrom: REGISTRY/team/tool:1  # sifcheck: ignore[DEF212] moves with us\n",
        "Bootstrap: docker\n# sifcheck: ignore[DEF201] wanted\nFrom: REGISTRY/team/tool:latest\n",
        "# sifcheck: ignore-file[DEF212] ours\nBootstrap: docker\nFrom: REGISTRY/team/tool:1\n",
        "Bootstrap: docker\nFrom: REGISTRY/team/tool:{{ VERSION }}\n%arguments\n    VERSION=1\n",
        "Bootstrap: library\nFrom: library://team/tool:1\n",
    ],
)
def test_what_is_left_is_told(
    header: str, stub: Stub, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for tag in ("1", "latest"):
        stub.hold(f"team/tool:{tag}", {"amd64": [TAR]})
    path = write("a.def", header)
    before = path.read_bytes()
    assert pin("a.def") == 0
    assert path.read_bytes() == before
    assert "was left as it is" in capsys.readouterr().err
    assert pin("-q", "--check", "a.def") == 0
    assert capsys.readouterr().err == ""


def test_a_comment_about_something_else_does_not_matter(stub: Stub, write: Callable[..., Path]) -> None:
    digest = stub.hold("team/tool:1", {"amd64": [TAR]})
    path = write("a.def", "Bootstrap: docker\nFrom: REGISTRY/team/tool:1  # sifcheck: ignore[DEF207] ours\n")
    assert pin("a.def") == 0
    assert path.read_text().endswith(f"tool@{digest}  # 1  # sifcheck: ignore[DEF207] ours\n")


def test_what_cannot_be_pinned_is_said_and_the_rest_is_done(
    stub: Stub, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    digest = stub.hold("team/tool:1", {"amd64": [TAR]})
    path = write(
        "a.def",
        "Bootstrap: docker\nFrom: REGISTRY/team/gone:1\nStage: a\n\nBootstrap: docker\nFrom: REGISTRY/team/tool:1\n",
    )
    assert pin("a.def") == 1
    assert (
        f"{stub.address}/team/gone:1 was not pinned: 404: there is no such image" in capsys.readouterr().err
    )
    assert f"tool@{digest}  # 1" in path.read_text()
    stub.before = lambda _: Reply(429, b"", {"Retry-After": "30"})
    assert pin("a.def") == 1
    assert "it may be asked again in 30 s" in capsys.readouterr().err


def test_a_file_that_may_not_be_changed_is_left(
    stub: Stub, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    stub.hold("team/tool:1", {"amd64": [TAR]})
    path = write("a.def", "Bootstrap: docker\nFrom: REGISTRY/team/tool:1\n")
    path.chmod(0o444)
    before = path.read_bytes()
    assert pin("a.def") == 1
    assert path.read_bytes() == before
    assert "a.def was left as it is: it is marked as read-only" in capsys.readouterr().err


def test_no_login_of_the_environment_is_handed_out(
    stub: Stub,
    write: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("APPTAINER_DOCKER_USERNAME", "me")
    monkeypatch.setenv("APPTAINER_DOCKER_PASSWORD", "secret")
    stub.before = lambda _: Reply(401, b"", {"WWW-Authenticate": 'Basic realm="x"'})
    write("a.def", "Bootstrap: docker\nFrom: REGISTRY/team/tool:1\n")
    assert pin("a.def") == 1
    assert not [one for one in stub.log if "authorization" in one.headers]
    assert "is used for builds alone" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["missing.def"], 2),
        (["empty"], 2),
        (["notes.txt"], 2),
        (["--offline", "a.def"], 3),
        (["--offline", "--check", "--update", "a.def"], 3),
        (["-"], 3),
        (["--nonsense"], 3),
    ],
)
def test_wrong_use(words: list[str], code: int, write: Callable[..., Path]) -> None:
    write("a.def", "Bootstrap: scratch\n")
    write("notes.txt", "nothing\n")
    os.mkdir("empty")
    assert pin(*words) == code


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("hello\n", "no `Bootstrap:` can be read in it"),
        ("Bootstrap docker\nFrom alpine:3\n", "no `Bootstrap:` can be read in it"),
        ("Bootstrap: dcoker\nFrom: alpine:3\n", "unknown bootstrap agent `dcoker`: did you mean `docker`?"),
        ("Bootstrap: docker://alpine\n", "unknown bootstrap agent `docker://alpine`"),
        ("Bootstrap: docker\nForm: alpine:3\n", "no `From:` can be read below its `Bootstrap: docker`"),
    ],
)
def test_a_header_that_cannot_be_read_is_told_where_the_file_was_named(
    text: str, why: str, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write("recipes/a.def", text)
    assert pin("--check", "--offline", "recipes") == 0
    assert capsys.readouterr().err == ""
    assert pin("--check", "--offline", "recipes/a.def") == 2
    assert capsys.readouterr().err == f"sifcheck: recipes/a.def cannot be pinned: {why}\n"


def test_the_stages_beside_a_header_that_cannot_be_read_are_pinned(
    stub: Stub, write: Callable[..., Path]
) -> None:
    digest = stub.hold("team/tool:1", {"amd64": [TAR]})
    path = write(
        "a.def", "Bootstrap: docker\nFrom: REGISTRY/team/tool:1\nStage: a\n\nBootstrap: dcoker\nFrom: x:1\n"
    )
    assert pin("a.def") == 2
    assert f"tool@{digest}  # 1\n" in path.read_text()


def test_what_nobody_can_pin_is_told(write: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    write("a.def", "Bootstrap: docker\nFrom: alpine@sha256:12\n")
    write("b.def", "Bootstrap: {{ agent }}\nFrom: alpine:3\n")
    assert pin("--check", "--offline", "a.def", "b.def") == 0
    said = capsys.readouterr().err
    assert "a.def:2: alpine@sha256:12 was left as it is: it is no image reference: its digest is none" in said
    assert "b.def:2: alpine:3 was left as it is: its `Bootstrap:` hangs on a build variable" in said
