"""Logins and mirrors from the files of the runtime, of Docker and of the container libraries."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from sifcheck.registry.credentials import Login, read_logins
from sifcheck.registry.mirrors import RegistryMirror, read_mirrors

ME = base64.b64encode(b"me:se:cret").decode()


def home_with(folder: Path, **files: Any) -> dict[str, str]:
    """An environment whose home has these files; `_` is a slash in their names, `__` a dot in front."""
    for name, content in files.items():
        path = folder / name.replace("__", ".").replace("_", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return {"HOME": str(folder)}


def test_a_login_is_for_its_registry(tmp_path: Path) -> None:
    config = {
        "auths": {"ghcr.io": {"auth": ME}, "https://index.docker.io/v1/": {"username": "a", "password": "b"}}
    }
    environment = home_with(tmp_path, **{"__docker_config.json": config})
    logins = read_logins(environment, building=False)
    assert logins.of("ghcr.io") == Login("me", "se:cret")
    assert logins.of("docker.io") == Login("a", "b")
    assert logins.of("quay.io") is None
    assert logins.left_out("ghcr.io") == ""


def test_the_runtimes_own_file_comes_first(tmp_path: Path) -> None:
    other = base64.b64encode(b"other:x").decode()
    environment = home_with(
        tmp_path,
        **{
            "__apptainer_docker-config.json": {"auths": {"ghcr.io": {"auth": ME}}},
            "__singularity_docker-config.json": {
                "auths": {"ghcr.io": {"auth": other}, "quay.io": {"auth": other}}
            },
            "__docker_config.json": {"auths": {"ghcr.io": {"auth": other}}, "credHelpers": {"ghcr.io": "x"}},
        },
    )
    logins = read_logins(environment, building=False)
    assert logins.of("ghcr.io") == Login("me", "se:cret")
    assert logins.of("quay.io") == Login("other", "x")
    assert logins.left_out("ghcr.io") == ""


def test_the_folders_can_be_elsewhere(tmp_path: Path) -> None:
    home_with(tmp_path, **{"d_config.json": {"auths": {"ghcr.io": {"auth": ME}}}})
    assert read_logins({"HOME": "/nonexistent", "DOCKER_CONFIG": str(tmp_path / "d")}, building=False).of(
        "ghcr.io"
    )
    home_with(tmp_path, **{"a_docker-config.json": {"auths": {"quay.io": {"auth": ME}}}})
    found = read_logins({"HOME": "/nonexistent", "APPTAINER_CONFIGDIR": str(tmp_path / "a")}, building=False)
    assert found.of("quay.io") == Login("me", "se:cret")


def test_no_credential_helper_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "docker-credential-mine"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-run\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    config = {"credHelpers": {"ghcr.io": "mine"}, "credsStore": "mine", "auths": {"quay.io": {}}}
    logins = read_logins(home_with(tmp_path, **{"__docker_config.json": config}), building=True)
    assert logins.of("ghcr.io") is None
    assert "which is not run" in logins.left_out("ghcr.io")
    assert "which is not run" in logins.left_out("quay.io")
    assert not (tmp_path / "was-run").exists()


def test_the_login_of_the_environment_is_for_builds_alone(tmp_path: Path) -> None:
    """It names no registry: who checks a stranger's file must not hand it to whatever registry that names."""
    environment = {"HOME": str(tmp_path), "APPTAINER_DOCKER_USERNAME": "me", "APPTAINER_DOCKER_PASSWORD": "x"}
    assert read_logins(environment, building=True).of("any.example.org") == Login("me", "x")
    checking = read_logins(environment, building=False)
    assert checking.of("any.example.org") is None
    assert "used for builds alone" in checking.left_out("any.example.org")


def test_a_login_shows_nothing_when_it_is_printed() -> None:
    assert "secret" not in repr(Login("me", "secret"))
    assert "secret" not in f"{Login('me', 'secret')}"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no JSON",
        "[]",
        "[" * 100_000,
        '{"auths": []}',
        '{"auths": {"ghcr.io": 5}}',
        '{"auths": {"ghcr.io": {"auth": "%%%"}}}',
        '{"auths": {"ghcr.io": {"auth": 7, "username": 1, "password": 2}}}',
        '{"auths": {"ghcr.io": {"auth": "//79"}}, "credHelpers": 5}',
    ],
)
def test_a_file_that_is_none_holds_no_login(tmp_path: Path, content: str) -> None:
    environment = home_with(tmp_path, **{"__docker_config.json": content})
    assert read_logins(environment, building=False).of("ghcr.io") is None


def test_a_pipe_in_the_place_of_a_file_makes_nobody_wait(tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    os.mkfifo(tmp_path / ".docker/config.json")
    assert read_logins({"HOME": str(tmp_path)}, building=False).by_registry == {}


CONF = """
unqualified-search-registries = ["docker.io"]

[[registry]]
location = "docker.io"
[[registry.mirror]]
location = "mirror.example.org/hub"
[[registry.mirror]]
location = "second.example.org"

[[registry]]
prefix = "*.example.org"
location = "example.org"
[[registry.mirror]]
location = "cache.example.net"

[[registry]]
prefix = "quay.io/team"
location = "quay.io/team"
[[registry.mirror]]
location = "cache.example.net"

[[registry]]
location = "ghcr.io"
blocked = true
"""


def test_mirrors_as_apptainer_takes_them(tmp_path: Path) -> None:
    """The first one of a whole registry, with a folder before the repository (measured, see the module)."""
    folder = tmp_path / ".config/containers"
    folder.mkdir(parents=True)
    (folder / "registries.conf").write_text(CONF)
    mirrors = read_mirrors({"HOME": str(tmp_path)}, str(tmp_path / "none"))
    hub = mirrors.of("docker.io")
    assert hub == RegistryMirror("mirror.example.org", "hub")
    assert hub.repository("library/debian") == "hub/library/debian"
    assert mirrors.of("r.example.org") == RegistryMirror("cache.example.net", "")
    for registry in ("example.org", "quay.io", "ghcr.io", "nvcr.io"):
        assert mirrors.of(registry) is None


def test_the_users_file_stands_for_the_systems_and_more_files_add_to_both(tmp_path: Path) -> None:
    def mirrored(path: Path, registry: str, mirror: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f'[[registry]]\nlocation = "{registry}"\n[[registry.mirror]]\nlocation = "{mirror}"\n'
        )

    system, own = tmp_path / "system", tmp_path / ".config/containers"
    mirrored(system / "registries.conf", "a.org", "system.org")
    mirrored(system / "registries.conf.d/1.conf", "b.org", "more.org")
    mirrored(system / "registries.conf.d/2.conf.off", "c.org", "off.org")
    environment = {"HOME": str(tmp_path)}
    assert set(read_mirrors(environment, str(system)).by_registry) == {"a.org", "b.org"}
    mirrored(own / "registries.conf", "d.org", "own.org")
    assert set(read_mirrors(environment, str(system)).by_registry) == {"b.org", "d.org"}


@pytest.mark.parametrize(
    "content",
    ["[[registry", "registry = 5", "[[registry]]\nlocation = 3\nmirror = [4]", "\xff", "x = 1\n" * 3],
)
def test_a_file_that_cannot_be_read_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    folder = tmp_path / ".config/containers"
    folder.mkdir(parents=True)
    (folder / "registries.conf").write_bytes(content.encode("latin-1"))
    assert read_mirrors({"HOME": str(tmp_path)}, str(tmp_path / "none")).by_registry == {}
