"""Asking registries, over real sockets of this machine: what is learnt, and that every failure is said in plain words."""

from __future__ import annotations

import gzip
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry.stub import CONFIG, INDEX, LAYER, MANIFEST, Asked, Reply, Stub, running

from sifcheck.base.source import Source
from sifcheck.definition.reader import read_definition
from sifcheck.registry.asking import RegistryAccess, Wanted, addresses_in, ask_registries
from sifcheck.registry.mirrors import Mirrors, RegistryMirror
from sifcheck.registry.model import BaseImage, Manifest, Refused, Unknown

QUICK = RegistryAccess(seconds=0.5, bound=2.0)
TAR = b"a tar archive " * 1000


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running() as made:
        yield made


def ask(
    stub: Stub, name: str = "team/tool:1", wanted: Wanted = "image", arch: str | None = "x86_64"
) -> BaseImage | Unknown:
    at = f"{stub.address}/{name}"
    return ask_registries([at], arch, wanted, QUICK).answers[at]


def why(answer: BaseImage | Unknown) -> str:
    assert isinstance(answer, Unknown)
    return answer.why


def base(answer: BaseImage | Unknown) -> BaseImage:
    assert isinstance(answer, BaseImage), answer
    return answer


def image(answer: BaseImage | Unknown) -> Manifest:
    found = base(answer).manifest
    assert isinstance(found, Manifest), found
    return found


class TestWhatIsLearnt:
    def test_a_list_names_its_processors_and_the_one_asked_for_is_read(self, stub: Stub) -> None:
        digest = stub.hold(
            "team/tool:1", {"amd64": [TAR], "arm64": [TAR, TAR * 2]}, Labels={"a": "b"}, Env=["P=/b"]
        )
        answer = base(ask(stub, arch="aarch64"))
        assert (answer.digest, answer.is_list, answer.asked_for) == (digest, True, "aarch64")
        assert answer.architectures == ("x86_64", "aarch64")
        manifest = image(answer)
        assert manifest.architecture == "aarch64"
        assert [layer.size for layer in manifest.layers] == [
            len(gzip.compress(TAR)),
            len(gzip.compress(TAR * 2)),
        ]
        assert (manifest.labels, manifest.environment) == ({"a": "b"}, ("P=/b",))
        assert manifest.unpacked == Unknown("not asked")

    def test_a_single_image_is_taken_whatever_it_is_for(self, stub: Stub) -> None:
        digest = stub.hold("team/tool:1", {"amd64": [TAR]})
        answer = base(ask(stub, arch="aarch64"))
        assert (answer.digest, answer.is_list, answer.architectures) == (digest, False, ("x86_64",))
        assert image(answer).architecture == "x86_64"

    def test_a_list_without_the_processor(self, stub: Stub) -> None:
        stub.hold("team/tool:1", {"amd64": [TAR], "ppc64le": [TAR]})
        assert base(ask(stub, arch="aarch64")).manifest == Unknown(
            "no image for aarch64, only for x86_64, ppc64le"
        )

    def test_without_a_processor_that_of_this_machine_is_read(self, stub: Stub) -> None:
        stub.hold("team/tool:1", {"s390x": [TAR], "amd64": [TAR], "arm64": [TAR]})
        assert image(ask(stub, arch=None)).architecture == os.uname().machine

    def test_attestations_and_other_systems_are_no_processors(self, stub: Stub) -> None:
        stub.hold("team/tool:1", {"amd64": [TAR], "arm64": [TAR]})
        listed = json.loads(stub.manifests["team/tool:1"][1])
        listed["manifests"][0]["platform"] = {"os": "unknown", "architecture": "unknown"}
        listed["manifests"].append(
            {**listed["manifests"][1], "platform": {"os": "windows", "architecture": "amd64"}}
        )
        stub.manifest("team/tool:1", listed, INDEX)
        assert base(ask(stub, arch="aarch64")).architectures == ("aarch64",)

    def test_sizes_are_exact_by_the_ends_of_the_layers(self, stub: Stub) -> None:
        stub.hold("team/tool:1", {"amd64": [TAR, TAR * 3]})
        assert image(ask(stub, wanted="sizes")).unpacked == 4 * len(TAR)
        parts = [one.headers["range"] for one in stub.log if "range" in one.headers]
        size = len(gzip.compress(TAR, mtime=0))
        assert f"bytes={size - 4}-{size - 1}" in parts
        assert len(parts) == 2

    def test_a_registry_without_parts_does_not_tell_sizes_and_sends_no_layer(self, stub: Stub) -> None:
        stub.hold("team/tool:1", {"amd64": [TAR]})

        def whole(asked: Asked) -> Reply | None:
            return Reply(200, b"x", {"Content-Length": str(1 << 40)}) if "range" in asked.headers else None

        stub.before = whole
        assert why(image(ask(stub, wanted="sizes")).unpacked) == "the registry hands out no parts of a layer"  # type: ignore[arg-type]

    def test_a_digest_alone_takes_one_request_that_is_no_pull(self, stub: Stub) -> None:
        digest = stub.hold("team/tool:1", {"amd64": [TAR], "arm64": [TAR]})
        answer = base(ask(stub, wanted="digest"))
        assert (answer.digest, answer.is_list) == (digest, True)
        assert [one.method for one in stub.log] == ["HEAD"]

    def test_a_registry_that_tells_no_digest_is_asked_for_the_whole(self, stub: Stub) -> None:
        digest = stub.hold("team/tool:1", {"amd64": [TAR]})
        stub.before = lambda asked: Reply(200) if asked.method == "HEAD" else None
        assert base(ask(stub, wanted="digest")).digest == digest

    def test_each_image_is_asked_about_once(self, stub: Stub) -> None:
        stub.hold("team/tool:1", {"amd64": [TAR]})
        at = f"{stub.address}/team/tool:1"
        ask_registries([at, at, at], "x86_64", "digest", QUICK)
        assert len(stub.log) == 1

    def test_what_stages_start_from(self) -> None:
        text = b"""Bootstrap: docker
From: rockylinux:9.4

Bootstrap: docker
Registry: ghcr.io
Namespace: team
From: tool

Bootstrap: library
From: library://default/debian:12

Bootstrap: docker
From: {{ BASE }}

Bootstrap: docker
From: rockylinux:9.4
"""
        definition = read_definition(Source("a.def", text), {})
        assert addresses_in([definition]) == ["docker.io/library/rockylinux:9.4", "ghcr.io/team/tool:latest"]

    def test_a_mirror_is_asked_in_place_of_the_registry(self, stub: Stub) -> None:
        digest = stub.hold("copies/library/debian:12", {"amd64": [TAR]})
        access = QUICK._replace(mirrors=Mirrors({"docker.io": RegistryMirror(stub.address, "copies")}))
        asked = ["docker.io/library/debian:12", "docker.io/library/debian:13"]
        answers = ask_registries(asked, "x86_64", "digest", access).answers
        assert base(answers[asked[0]]).digest == digest
        # Another runtime may ask the registry itself, so that this is no answer of it.
        assert not isinstance(answers[asked[1]], Refused)
        assert (
            why(answers[asked[1]]) == f"{stub.address}, which stands for it here: 404: there is no such image"
        )


class TestWhatIsRefused:
    @pytest.mark.parametrize("status", [401, 403])
    def test_private_or_not_there(self, stub: Stub, status: int) -> None:
        stub.before = lambda asked: Reply(status, b"{}")
        answer = ask(stub)
        assert isinstance(answer, Refused)
        assert (answer.kind, answer.why) == ("denied", f"{status}: private, or it does not exist")

    def test_a_tag_that_is_not_there_with_those_like_it(self, stub: Stub) -> None:
        for tag in ("9.4", "9.3", "8", "latest"):
            stub.hold(f"team/tool:{tag}", {"amd64": [TAR]})
        answer = ask(stub, "team/tool:9.44")
        assert isinstance(answer, Refused)
        assert (answer.kind, answer.why) == ("missing", "404: there is no such image")
        assert answer.near[0] == "9.4"

    def test_a_repository_that_is_not_there(self, stub: Stub) -> None:
        stub.before = lambda asked: Reply(404, b'{"errors":[{"code":"NAME_UNKNOWN"}]}')
        assert why(ask(stub)) == "404: there is no such repository"

    def test_an_image_of_the_old_form(self, stub: Stub) -> None:
        stub.manifest("team/tool:1", {"schemaVersion": 1, "fsLayers": []}, "application/json")
        answer = ask(stub)
        assert isinstance(answer, Refused)
        assert answer.kind == "unfit"
        assert "schema 1" in answer.why

    @pytest.mark.parametrize(
        ("kind", "words"),
        [
            ("application/vnd.sylabs.sif.config.v1+json", "it is a SIF file"),
            ("application/vnd.cncf.helm.config.v1+json", "it is something else"),
        ],
    )
    def test_what_is_no_container_image(self, stub: Stub, kind: str, words: str) -> None:
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": stub.blob(b"{}", kind), "layers": []}
        stub.manifest("team/tool:1", manifest, MANIFEST)
        answer = ask(stub)
        assert isinstance(answer, Refused)
        assert answer.kind == "unfit"
        assert answer.why.startswith(words)


class TestWhatFails:
    def test_nobody_listens(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            at = f"127.0.0.1:{free.getsockname()[1]}/team/tool:1"
        assert ask_registries([at], None, "image", QUICK).answers[at] == Unknown("connection refused")

    def test_no_such_host(self) -> None:
        at = "registry.invalid/team/tool:1"
        assert why(ask_registries([at], None, "image", QUICK).answers[at]) in (
            "no such host",
            "no answer within 2 s",
        )

    def test_one_that_does_not_answer(self, stub: Stub) -> None:
        def wait(_: Asked) -> None:
            stub.released.wait(30)

        stub.before = wait
        began = time.monotonic()
        assert why(ask(stub)) == "no answer within 0.5 s"
        # Silence is not asked a second time.
        assert len(stub.log) == 1
        assert time.monotonic() - began < 10

    def test_one_that_never_comes_to_an_end(self) -> None:
        """It sends a byte now and then: no single wait is long, all of them together are."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            stop = threading.Event()

            def drip() -> None:
                connection, _ = server.accept()
                with connection:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                    while not stop.wait(0.05):
                        try:
                            connection.sendall(b"{")
                        except OSError:
                            return

            thread = threading.Thread(target=drip, daemon=True)
            thread.start()
            at = f"127.0.0.1:{server.getsockname()[1]}/team/tool:1"
            try:
                assert why(ask_registries([at], None, "image", QUICK).answers[at]) == "no answer within 0.5 s"
            finally:
                stop.set()
                thread.join()

    def test_all_of_it_is_bounded(self, stub: Stub) -> None:
        stub.before = lambda _: stub.released.wait(30) and None  # type: ignore[assignment, return-value]
        asked = [f"{stub.address}/team/tool:{number}" for number in range(40)]
        access = RegistryAccess(seconds=0.4, bound=0.6)
        answers = ask_registries(asked, None, "image", access).answers
        assert set(answers) == set(asked)
        assert all(isinstance(answer, Unknown) for answer in answers.values())

    def test_too_many_requests(self, stub: Stub) -> None:
        stub.before = lambda _: Reply(429, b"", {"Retry-After": "60"})
        assert why(ask(stub)) == "429: too many requests from here; it may be asked again in 60 s"
        assert len(stub.log) == 1

    def test_an_overloaded_registry_is_asked_a_second_time(self, stub: Stub) -> None:
        digest = stub.hold("team/tool:1", {"amd64": [TAR]})
        stub.before = lambda _: Reply(503) if len(stub.log) == 1 else None
        assert base(ask(stub)).digest == digest
        stub.before = lambda _: Reply(503)
        assert why(ask(stub)) == "the registry answers with status 503"

    def test_a_connection_that_breaks_is_tried_a_second_time(self, stub: Stub) -> None:
        digest = stub.hold("team/tool:1", {"amd64": [TAR]})
        stub.before = lambda _: Reply(raw=b"") if len(stub.log) == 1 else None
        assert base(ask(stub)).digest == digest

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"\0\1\2 no HTTP at all\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 abc\r\n\r\n",
        ],
    )
    def test_what_is_no_answer(self, stub: Stub, raw: bytes) -> None:
        stub.before = lambda _: Reply(raw=raw)
        assert isinstance(ask(stub), Unknown)

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"no JSON",
            b"[]",
            b"null",
            b"{}",
            b"[" * 100_000,
            b'{"manifests": [1, null, {"platform": 3}, {"platform": {"os": "linux"}}]}',
            b'{"layers": {}, "config": {}}',
            b'{"mediaType": "DOCKER", "layers": [7], "config": {}}',
            b'{"mediaType": "DOCKER", "config": {}, "layers": [{"digest": "sha256:../x", "size": 1, "mediaType": "x"}]}',
            b'{"mediaType": "DOCKER", "config": {}, "layers": [{"digest": "DIGEST", "size": -1, "mediaType": "x"}]}',
            b'{"mediaType": "DOCKER", "config": {}, "layers": [{"digest": "DIGEST", "size": true, "mediaType": "x"}]}',
        ],
    )
    def test_a_manifest_that_is_none(self, stub: Stub, body: bytes) -> None:
        body = body.replace(b"DOCKER", b"application/vnd.docker.distribution.manifest.v2+json")
        body = body.replace(b"DIGEST", b"sha256:" + b"0" * 64)
        stub.before = lambda _: Reply(200, body, {"Content-Type": MANIFEST})
        answer = ask(stub, wanted="sizes")
        assert isinstance(answer, Unknown) or isinstance(answer.manifest, Unknown)

    def test_a_manifest_without_end(self, stub: Stub) -> None:
        stub.before = lambda _: Reply(200, b"[" * (5 << 20), {"Content-Type": MANIFEST})
        assert why(ask(stub)) == "an answer of more than 4194304 bytes"

    def test_another_manifest_than_was_asked_for(self, stub: Stub) -> None:
        stub.hold("team/tool:1", {"amd64": [TAR], "arm64": [TAR]})
        kind, data = stub.manifests["team/tool:1"]
        for name in list(stub.manifests):
            if "@" in name:
                stub.manifests[name] = (kind, data + b" ")
        found = base(ask(stub)).manifest
        assert isinstance(found, Unknown)
        assert "its digest is another" in found.why

    def test_a_configuration_that_is_none_leaves_the_rest(self, stub: Stub) -> None:
        config = stub.blob(b"no JSON", CONFIG)
        layer = stub.blob(gzip.compress(TAR), LAYER)
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}
        stub.manifest("team/tool:1", manifest, MANIFEST)
        answer = base(ask(stub, wanted="sizes"))
        assert answer.architectures == ()
        assert image(answer).labels == Unknown("the configuration is not JSON")
        assert image(answer).unpacked == len(TAR)

    @pytest.mark.parametrize(
        "at",
        [
            "registry.example.org/Team/tool:1",
            "registry.example.org/team/tool:1\r\nX: y",
            "registry.example.org/../../x:1",
            "user:secret@registry.example.org/x:1",
            "registry.example.org/team/tool:1?x=y",
            "registry.example.org/team/tool@sha256:12",
            "registry.example.org/täm/tool:1",
            "",
        ],
    )
    def test_what_is_no_address_is_never_asked(self, at: str) -> None:
        answers = ask_registries([at], None, "image", QUICK).answers
        assert answers == {at: Unknown("no address that a registry understands")}


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "schemaVersion mediaType manifests layers config digest size platform os architecture annotations tags".split()
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_json_is_an_answer(content: Any) -> None:
    from sifcheck.registry import manifest as manifests
    from sifcheck.registry.http import AskError

    data = json.dumps(content).encode()
    manifests.tags_in(data)
    manifests.with_configuration(Manifest("", None, ()), data)
    try:
        read = manifests.read(data)
        if manifests.refusal(read) is None:
            if manifests.is_list(read):
                manifests.choose(manifests.children(read), "x86_64", "x86_64")
            else:
                manifests.manifest(read, "")
                manifests.configuration_digest(read)
    except AskError:
        pass
