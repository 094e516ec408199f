"""Tokens, logins, redirects and encryption, over real sockets of this machine: what is sent to whom."""

from __future__ import annotations

import base64
import json
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from registry.stub import Asked, Reply, Stub, part_of, running

from sifcheck.host.probes.registries import probe_registries
from sifcheck.registry.asking import RegistryAccess, ask_registries
from sifcheck.registry.credentials import Login, Logins
from sifcheck.registry.http import is_loopback
from sifcheck.registry.model import BaseImage, Manifest, Refused, Unknown

QUICK = RegistryAccess(seconds=2.0, bound=6.0)
TAR = b"a tar archive " * 1000
BASIC = "Basic " + base64.b64encode(b"me:secret").decode()


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running() as made:
        yield made


@pytest.fixture
def other() -> Iterator[Stub]:
    """A second host: the server of tokens, or that of blobs."""
    with running() as made:
        yield made


def ask(stub: Stub, access: RegistryAccess = QUICK, name: str = "team/tool:1") -> BaseImage | Unknown:
    at = f"{stub.address}/{name}"
    return ask_registries([at], "x86_64", "sizes", access).answers[at]


def with_login(stub: Stub) -> RegistryAccess:
    return QUICK._replace(logins=Logins({stub.address: Login("me", "secret")}))


def wants_token(stub: Stub, realm: str) -> None:
    """Let a registry ask for a token of another server."""
    challenge = f'Bearer realm="{realm}",service="the registry",scope="repository:team/tool:pull"'

    def before(asked: Asked) -> Reply | None:
        if asked.headers.get("authorization") == "Bearer abc.def":
            return None
        return Reply(401, b"{}", {"WWW-Authenticate": challenge})

    stub.before = before


def gives_token(other: Stub, **content: str) -> str:
    """Let a server give tokens out; its address."""
    other.before = lambda _: Reply(200, json.dumps(content or {"token": "abc.def"}).encode())
    return f"http://{other.address}/token"


class TestTokens:
    def test_one_token_serves_all_requests(self, stub: Stub, other: Stub) -> None:
        stub.hold("team/tool:1", {"amd64": [TAR, TAR * 2], "arm64": [TAR]})
        wants_token(stub, gives_token(other))
        answer = ask(stub)
        assert isinstance(answer, BaseImage)
        assert isinstance(answer.manifest, Manifest)
        assert answer.manifest.unpacked == 3 * len(TAR)
        asked = urlsplit(other.log[0].path)
        assert parse_qs(asked.query) == {"service": ["the registry"], "scope": ["repository:team/tool:pull"]}
        assert len(other.log) == 1
        assert "authorization" not in other.log[0].headers
        # The first request alone came without it.
        assert [one.headers.get("authorization") for one in stub.log].count(None) == 1

    def test_the_other_name_of_a_token(self, stub: Stub, other: Stub) -> None:
        stub.hold("team/tool:1", {"amd64": [TAR]})
        wants_token(stub, gives_token(other, access_token="abc.def"))
        assert isinstance(ask(stub), BaseImage)

    def test_a_login_goes_to_the_server_of_tokens_and_not_to_the_registry(
        self, stub: Stub, other: Stub
    ) -> None:
        stub.hold("team/tool:1", {"amd64": [TAR]})
        wants_token(stub, gives_token(other))
        assert isinstance(ask(stub, with_login(stub)), BaseImage)
        assert [one.headers.get("authorization") for one in other.log] == [BASIC]
        assert BASIC not in {one.headers.get("authorization") for one in stub.log}

    def test_a_login_for_another_registry_is_sent_nowhere(self, stub: Stub, other: Stub) -> None:
        stub.hold("team/tool:1", {"amd64": [TAR]})
        wants_token(stub, gives_token(other))
        assert isinstance(ask(stub, with_login(other)), BaseImage)
        assert not [one for one in (*stub.log, *other.log) if one.headers.get("authorization") == BASIC]

    def test_a_login_for_a_registry_that_wants_it_itself(self, stub: Stub) -> None:
        stub.hold("team/tool:1", {"amd64": [TAR]})

        def before(asked: Asked) -> Reply | None:
            if asked.headers.get("authorization") == BASIC:
                return None
            return Reply(401, b"", {"WWW-Authenticate": 'Basic realm="x"'})

        stub.before = before
        assert isinstance(ask(stub), Refused)
        assert isinstance(ask(stub, with_login(stub)), BaseImage)

    def test_private_in_spite_of_the_login(self, stub: Stub, other: Stub) -> None:
        wants_token(stub, gives_token(other, token="another"))
        answer = ask(stub, with_login(stub))
        assert isinstance(answer, Refused)
        assert answer.why == "401: private, or it does not exist, also with the stored login"

    def test_a_login_that_is_refused(self, stub: Stub, other: Stub) -> None:
        wants_token(stub, f"http://{other.address}/token")
        other.before = lambda _: Reply(401)
        answer = ask(stub, with_login(stub))
        assert isinstance(answer, Refused)
        assert answer.why == "401: the stored login is refused"

    def test_with_a_login_that_is_not_used_nobody_can_tell(self, stub: Stub, other: Stub) -> None:
        wants_token(stub, gives_token(other, token="another"))
        logins = Logins(not_used={stub.address: "the login is kept by a program"})
        answer = ask(stub, QUICK._replace(logins=logins))
        assert answer == Unknown("401: private, or it does not exist (the login is kept by a program)")
        assert not isinstance(answer, Refused)

    @pytest.mark.parametrize(
        "content",
        [b"", b"[]", b"{}", b'{"token": 5}', b'{"token": "a\\r\\nX: y"}', b'{"token": ""}', b"[" * 90_000],
    )
    def test_what_is_no_token(self, stub: Stub, other: Stub, content: bytes) -> None:
        wants_token(stub, f"http://{other.address}/token")
        other.before = lambda _: Reply(200, content)
        assert ask(stub) == Unknown("its answer holds no token")

    @pytest.mark.parametrize(
        "realm", ["", "file:///etc/passwd", "ftp://example.org/x", "no address", "http:"]
    )
    def test_no_token_is_asked_of_what_is_no_server(self, stub: Stub, realm: str) -> None:
        wants_token(stub, realm)
        assert isinstance(ask(stub, with_login(stub)), Unknown)

    @pytest.mark.parametrize("challenge", ["", "Bearer", "Negotiate", "  ", 'Bearer realm="', "Basic"])
    def test_a_challenge_that_is_none(self, stub: Stub, challenge: str) -> None:
        stub.before = lambda _: Reply(401, b"", {"WWW-Authenticate": challenge})
        assert isinstance(ask(stub), Unknown)


class TestRedirects:
    def test_a_token_is_not_handed_to_another_host_and_the_part_is(self, stub: Stub, other: Stub) -> None:
        """Addresses with a signature of their own refuse a login beside it."""
        stub.hold("team/tool:1", {"amd64": [TAR]})
        with running() as blobs:
            wants_token(stub, gives_token(other))
            asks_for_token = stub.before

            def before(asked: Asked) -> Reply | None:
                refused = asks_for_token(asked)
                if refused is None and "/blobs/" in asked.path:
                    there = f"http://{blobs.address}/cdn/{asked.path.rpartition('/')[2]}?signature=x"
                    return Reply(307, b"", {"Location": there})
                return refused

            def cdn(asked: Asked) -> Reply | None:
                if "authorization" in asked.headers:
                    return Reply(400)
                return part_of(stub.blobs[urlsplit(asked.path).path.rpartition("/")[2]], asked)

            stub.before, blobs.before = before, cdn
            answer = ask(stub)
            assert isinstance(answer, BaseImage)
            assert isinstance(answer.manifest, Manifest)
            assert answer.manifest.unpacked == len(TAR)
            assert answer.architectures == ("x86_64",)
            assert [one for one in blobs.log if "range" in one.headers]

    def test_on_the_same_host_the_token_stays(self, stub: Stub, other: Stub) -> None:
        stub.hold("team/tool:1", {"amd64": [TAR]})
        wants_token(stub, gives_token(other))
        asks_for_token = stub.before

        def before(asked: Asked) -> Reply | None:
            refused = asks_for_token(asked)
            if refused is None and "/blobs/" in asked.path and not asked.path.endswith("?moved"):
                return Reply(302, b"", {"Location": f"{asked.path}?moved"})
            return refused or (
                part_of(stub.blobs[asked.path[-77:-6]], asked) if "?moved" in asked.path else None
            )

        stub.before = before
        answer = ask(stub)
        assert isinstance(answer, BaseImage)
        assert answer.architectures == ("x86_64",)

    @pytest.mark.parametrize(
        ("location", "words"),
        [
            ("file:///etc/passwd", "it sends on to what is no web address"),
            ("ftp://127.0.0.1/x", "it sends on to what is no web address"),
            ("/v2/again", "it sends on more than 5 times"),
        ],
    )
    def test_where_nobody_follows(self, stub: Stub, location: str, words: str) -> None:
        stub.before = lambda _: Reply(307, b"", {"Location": location})
        assert ask(stub) == Unknown(words)


class TestEncryption:
    @pytest.fixture
    def certificate(self, tmp_path: Path) -> Path:
        if shutil.which("openssl") is None:
            pytest.skip("needs openssl")
        made = tmp_path / "both.pem"
        words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
        command = ["openssl", *words.split(), "-keyout", str(made), "-out", str(tmp_path / "cert.pem")]
        subprocess.run(command, check=True, capture_output=True)
        made.write_text(made.read_text() + (tmp_path / "cert.pem").read_text())
        return made

    def test_a_certificate_that_nobody_vouches_for(self, stub: Stub, certificate: Path) -> None:
        """Asked without encryption first, as on this machine: such a server says that it does not understand."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        stub.server.socket = context.wrap_socket(stub.server.socket, server_side=True)
        digest = stub.hold("team/tool:1", {"amd64": [TAR]})
        assert isinstance(ask(stub), Unknown)
        assert stub.log == []
        # With --no-https the runtime takes it, and so do we.
        answer = ask(stub, QUICK._replace(plain=True))
        assert isinstance(answer, BaseImage)
        assert answer.digest == digest

    def test_elsewhere_nothing_goes_without_encryption(
        self, stub: Stub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stub.hold("team/tool:1", {"amd64": [TAR]})
        monkeypatch.setattr("sifcheck.registry.conversation.is_loopback", lambda _: False)
        assert ask(stub) == Unknown("no encrypted connection")
        assert stub.log == []
        assert isinstance(ask(stub, QUICK._replace(plain=True)), BaseImage)

    @pytest.mark.parametrize(
        ("host", "expected"),
        [
            ("localhost:5000", True),
            ("127.0.0.1:5000", True),
            ("127.1.2.3", True),
            ("[::1]:5000", True),
            ("localhost.example.org", False),
            ("127.example.org.", False),
            ("example.org:5000", False),
            ("10.0.0.1", False),
        ],
    )
    def test_what_this_machine_is_called(self, host: str, expected: bool) -> None:
        assert is_loopback(host) is expected


class TestProxies:
    def test_this_machine_is_not_asked_through_a_proxy(
        self, stub: Stub, other: Stub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("http_proxy", f"http://{other.address}")
        stub.hold("team/tool:1", {"amd64": [TAR]})
        assert isinstance(ask(stub), BaseImage)
        assert other.log == []


class TestProbing:
    def test_any_answer_is_one(self, stub: Stub, other: Stub) -> None:
        other.before = lambda _: Reply(200, b"", {"RateLimit-Remaining": "12;w=21600"})
        with running() as limited:
            limited.before = lambda _: Reply(429)
            first, second, third = probe_registries([stub.address, other.address, limited.address], QUICK)
        assert (bool(first.reachable), first.pulls_left) == (True, None)
        assert (bool(second.reachable), second.pulls_left) == (True, 12)
        assert (bool(third.reachable), third.pulls_left) == (True, 0)

    def test_none_and_silence_are_two_things(self, stub: Stub) -> None:
        def wait(_: Asked) -> None:
            stub.released.wait(30)

        stub.before = wait
        access = RegistryAccess(seconds=0.3, bound=1.0)
        refused, silent = probe_registries(["127.0.0.1:1", stub.address], access)
        assert not isinstance(refused.reachable, Unknown)
        assert (refused.reachable.ok, refused.reachable.why) == (False, "connection refused")
        assert silent.reachable == Unknown("no answer within 0.3 s")
