"""A registry on this machine that answers as a test tells it to, over real sockets; and images for it to hold."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


class Asked(NamedTuple):
    """A request as it came: `headers` by their lower-case names."""

    method: str
    path: str
    headers: Mapping[str, str]


class Reply(NamedTuple):
    """What is sent back; `delay` is slept before, `raw` is sent in place of anything that is HTTP."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}
    raw: bytes | None = None


Answering = Callable[[Asked], Reply | None]


class Stub:
    """One that runs: `address` is host and port; `before` may answer in place of what it holds; `log` is what was asked."""

    def __init__(self) -> None:
        self.log: list[Asked] = []
        self.manifests: dict[str, tuple[str, bytes]] = {}
        self.blobs: dict[str, bytes] = {}
        self.before: Answering = lambda asked: None
        self.released = threading.Event()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                stub.serve(self)

            do_HEAD = do_GET  # noqa: N815 - its name in the standard library

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        # A client that has read enough goes away: no trouble of ours.
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.address = f"127.0.0.1:{self.server.server_port}"

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        asked = Asked(handler.command, handler.path, headers)
        self.log.append(asked)
        reply = self.before(asked) or self.held(asked)
        handler.close_connection = True
        if reply.raw is not None:
            handler.wfile.write(reply.raw)
            return
        handler.send_response(reply.status)
        sent = {"Content-Length": str(len(reply.body)), **reply.headers}
        for name, value in sent.items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(reply.body)

    def held(self, asked: Asked) -> Reply:
        """What a registry answers that holds the images and asks for no login."""
        _, _, rest = asked.path.partition("/v2/")
        kind, _, name = rest.partition("/manifests/")
        if name:
            found = self.manifests.get(f"{kind}:{name}") or self.manifests.get(f"{kind}@{name}")
            if found is None:
                return Reply(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
            digest = f"sha256:{hashlib.sha256(found[1]).hexdigest()}"
            return Reply(200, found[1], {"Content-Type": found[0], "Docker-Content-Digest": digest})
        kind, _, digest = rest.partition("/blobs/")
        if digest in self.blobs:
            return part_of(self.blobs[digest], asked)
        if rest.partition("?")[0].endswith("/tags/list"):
            repository = rest.partition("/tags/")[0]
            tags = [key.rpartition(":")[2] for key in self.manifests if key.startswith(f"{repository}:")]
            return Reply(200, json.dumps({"tags": tags}).encode())
        return Reply(404, b"{}")

    def hold(self, name: str, images: Mapping[str, Sequence[bytes]], **config: Any) -> str:
        """Hold an image: by processor (amd64) the tar archives of its layers; a list if there are several.  Gives the digest."""
        repository, _, tag = name.rpartition(":")
        listed = []
        for processor, tars in images.items():
            described = {"architecture": processor, "os": "linux", "config": config}
            layers = [self.blob(gzip.compress(tar, mtime=0), LAYER) for tar in tars]
            manifest = {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": self.blob(json.dumps(described).encode(), CONFIG),
                "layers": layers,
            }
            entry = self.manifest(f"{repository}:{tag}", manifest, MANIFEST)
            listed.append({**entry, "platform": {"os": "linux", "architecture": processor}})
        if len(listed) == 1:
            return str(listed[0]["digest"])
        whole = {"schemaVersion": 2, "mediaType": INDEX, "manifests": listed}
        return str(self.manifest(f"{repository}:{tag}", whole, INDEX)["digest"])

    def manifest(self, name: str, content: Mapping[str, Any], kind: str) -> dict[str, Any]:
        """Hold a manifest or list under a tag and under its digest."""
        data = json.dumps(content).encode()
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self.manifests[name] = (kind, data)
        self.manifests[f"{name.rpartition(':')[0]}@{digest}"] = (kind, data)
        return {"mediaType": kind, "digest": digest, "size": len(data)}

    def blob(self, data: bytes, kind: str) -> dict[str, Any]:
        """Hold a blob."""
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self.blobs[digest] = data
        return {"mediaType": kind, "digest": digest, "size": len(data)}

    def asked(self, method: str = "") -> list[str]:
        """The paths that were asked for, in the order of the requests."""
        return [one.path for one in self.log if not method or one.method == method]


def part_of(data: bytes, asked: Asked) -> Reply:
    """A blob, or the part of it that `Range` asks for."""
    told = asked.headers.get("range", "")
    if not told.startswith("bytes="):
        return Reply(200, data)
    first, last = map(int, told[6:].split("-"))
    return Reply(206, data[first : last + 1], {"Content-Range": f"bytes {first}-{last}/{len(data)}"})


@contextmanager
def running() -> Iterator[Stub]:
    """A stub as long as the block lasts; what waits in it is let go at the end."""
    stub = Stub()
    thread = threading.Thread(target=stub.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        stub.released.set()
        stub.server.shutdown()
        stub.server.server_close()
        thread.join()
