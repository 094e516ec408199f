"""Requests to registries: redirects, proxies, time limits and sizes, and in plain words why an answer did not come.

Everything that arrives is somebody else's: it is bounded in size and in time, and no text of it is passed on.
"""

from __future__ import annotations

import http.client
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from sifcheck.base.startup import NamedTuple, pattern

if TYPE_CHECKING:
    import ssl

__all__ = ["LARGEST", "Answer", "AskError", "RequestLimits", "is_loopback", "request"]

LARGEST = 4 << 20
"""Bytes; a registry takes no larger manifest (distribution specification)."""
MOST_REDIRECTS = 5
_CHUNK = 1 << 16
_LOOPBACK = pattern(r"127(?:\.\d{1,3}){3}")
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_OVERLOADED = frozenset((500, 502, 503, 504))
# What a second try may fix; a name that is not known, a refused connection and silence it does not.
_PASSING = (ConnectionResetError, BrokenPipeError, http.client.BadStatusLine, http.client.IncompleteRead)


class AskError(Exception):
    """No answer came; the text says why.

    `silent`: nobody can tell whether something is there; `deaf`: nobody there understood, so that it may be said otherwise.
    """

    def __init__(self, why: str, *, silent: bool = False, deaf: bool = False) -> None:
        super().__init__(why)
        self.silent = silent
        self.deaf = deaf


class Answer(NamedTuple):
    """What came back: `headers` by their lower-case names, of the body only what was asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class RequestLimits(NamedTuple):
    """How long to wait: `seconds` for a request, and for nothing after `until` (of the monotonic clock).

    `plain`: HTTP without encryption, and certificates that nobody vouches for, will do (the runtime's --no-https).
    """

    until: float
    seconds: float = 3.0
    plain: bool = False


def request(
    url: str,
    headers: Mapping[str, str],
    limits: RequestLimits,
    *,
    method: str = "GET",
    most: int = LARGEST,
) -> Answer:
    """The answer to a request, after redirects; one that breaks off or is overloaded is asked a second time.

    Of a part that was asked for by `Range` the body is read only where the server gives parts (status 206).  Raises
    AskError.
    """
    answer = None
    for last in (False, True):
        try:
            answer = _follow(url, headers, limits, method, most)
        except _PASSING as error:
            if last:
                raise AskError(_words(error, limits), deaf=True) from None
            continue
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise AskError(
                _words(error, limits), silent=isinstance(error, TimeoutError), deaf=_is_deaf(error)
            ) from None
        if answer.status not in _OVERLOADED:
            break
    assert answer is not None
    return answer


def is_loopback(host: str) -> bool:
    """Whether a host, with or without port, is this machine: the one that runtimes reach without encryption too."""
    name = urlsplit(f"//{host}").hostname or ""
    return name in ("localhost", "::1") or _LOOPBACK.fullmatch(name) is not None


def _follow(url: str, headers: Mapping[str, str], limits: RequestLimits, method: str, most: int) -> Answer:
    sent = dict(headers)
    for _ in range(MOST_REDIRECTS + 1):
        answer = _once(url, sent, limits, method, most)
        location = answer.headers.get("location")
        if answer.status not in _REDIRECTS or not location:
            return answer
        there = urljoin(url, location)
        old, new = urlsplit(url), urlsplit(there)
        if new.scheme not in ("http", "https") or not new.hostname:
            raise AskError("it sends on to what is no web address")
        if old.scheme == "https" and new.scheme == "http":
            raise AskError("it sends on to an address without encryption")
        if old.netloc != new.netloc:
            # What is signed in the address itself refuses a login beside; and it is not for that host.
            sent.pop("Authorization", None)
        url = there
    raise AskError(f"it sends on more than {MOST_REDIRECTS} times")


def _once(url: str, headers: Mapping[str, str], limits: RequestLimits, method: str, most: int) -> Answer:
    until = min(time.monotonic() + limits.seconds, limits.until)
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    asked = urllib.request.Request(url, headers=dict(headers), method=method)  # noqa: S310 - http and https alone
    try:
        opener = _opener(is_loopback(asked.host), asked.type == "https", limits.plain)
        response = opener.open(asked, timeout=left)
    except urllib.error.URLError as error:
        raise error.reason if isinstance(error.reason, OSError) else OSError(str(error.reason)) from None
    if response is None:
        raise AskError("no web address")
    with response:
        found = {name.lower(): value for name, value in response.headers.items()}
        wants_body = method != "HEAD" and not ("Range" in headers and response.status != 206)
        body = _read(response, most, until, found) if wants_body else b""
        return Answer(response.status, found, body)


def _read(response: http.client.HTTPResponse, most: int, until: float, headers: Mapping[str, str]) -> bytes:
    body = bytearray()
    while chunk := response.read1(_CHUNK):
        body += chunk
        if len(body) > most:
            raise AskError(f"an answer of more than {most} bytes")
        if time.monotonic() > until:
            raise TimeoutError
    length = headers.get("content-length", "")
    if length.isdecimal() and len(length) < 20 and len(body) < int(length):
        raise http.client.IncompleteRead(bytes(body), int(length) - len(body))
    return bytes(body)


@cache
def _opener(loopback: bool, encrypted: bool, plain: bool) -> urllib.request.OpenerDirector:
    """What opens addresses: all statuses are answers, and nothing but http and https is an address.

    This machine is never asked by a proxy, as the runtimes do not (golang.org/x/net/http/httpproxy).
    """
    opener = urllib.request.OpenerDirector()
    opener.addheaders = [("User-Agent", "sifcheck")]
    opener.add_handler(urllib.request.ProxyHandler({} if loopback else None))
    # Reading all certificates that are trusted takes a while.
    by_kind = (
        urllib.request.HTTPSHandler(context=_trust(plain)) if encrypted else urllib.request.HTTPHandler()
    )
    opener.add_handler(by_kind)
    opener.add_handler(urllib.request.UnknownHandler())
    return opener


@cache
def _trust(plain: bool) -> ssl.SSLContext:
    import ssl

    context = ssl.create_default_context()
    if plain:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _is_deaf(error: Exception) -> bool:
    import ssl

    return isinstance(error, (http.client.HTTPException, ConnectionRefusedError, ssl.SSLError))


def _words(error: Exception, limits: RequestLimits) -> str:
    """Why nothing came, in words of our own as far as they go."""
    import ssl

    if isinstance(error, TimeoutError):
        return f"no answer within {limits.seconds:g} s"
    if isinstance(error, socket.gaierror):
        return "no such host"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "no encrypted connection"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, ConnectionResetError) and not isinstance(error, http.client.RemoteDisconnected):
        return "connection reset"
    if isinstance(error, (http.client.RemoteDisconnected, http.client.IncompleteRead, BrokenPipeError)):
        return "the answer broke off"
    if isinstance(error, http.client.HTTPException):
        return "the answer is not HTTP"
    if isinstance(error, OSError):
        # Such as "Tunnel connection failed: 403 Forbidden" of a proxy.
        return (error.strerror or str(error) or type(error).__name__).lower()
    return "no web address"
