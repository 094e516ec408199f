"""What is said to one registry about one repository: the host to ask, the token it wants, and what its refusals mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from sifcheck.base.startup import pattern
from sifcheck.registry.credentials import Login
from sifcheck.registry.http import Answer, AskError, RequestLimits, is_loopback, request
from sifcheck.registry.model import Refused, Unknown

__all__ = ["Conversation", "RefusedError", "pulls_left"]

_CHALLENGE = pattern(r'(\w+)\s*=\s*"((?:[^"\\]|\\.)*)"')
_TOKEN = pattern(r"[\x21-\x7e]+")
_HUB = "registry-1.docker.io"


class RefusedError(Exception):
    """An answer that means no; `answer` is what is known then."""

    def __init__(self, answer: Unknown) -> None:
        super().__init__(answer.why)
        self.answer = answer


class Conversation:
    """The requests about one repository; a token that was fetched serves all of them.

    `left_out` says which login is not used, for the words of a refusal.  Not for several threads before the first answer.
    """

    def __init__(
        self, registry: str, repository: str, login: Login | None, limits: RequestLimits, left_out: str = ""
    ) -> None:
        self.registry = registry
        self.host = _HUB if registry == "docker.io" else registry
        self.repository = repository
        self.login = login
        self.limits = limits
        self.left_out = left_out
        self._authorization: str | None = None
        # With and without encryption: of this machine without comes first, elsewhere it is a last resort.
        on_this = is_loopback(self.host)
        self._scheme = "http" if on_this else "https"
        self._other = "https" if on_this else "http" if limits.plain else ""

    def ask(
        self,
        path: str,
        accept: str = "",
        *,
        method: str = "GET",
        part: tuple[int, int] | None = None,
    ) -> Answer:
        """The answer about `path` of the repository, as `manifests/12`; `part` are the first and last byte that are wanted.

        Raises AskError, and RefusedError for an answer that says no.
        """
        headers = {"Accept": accept} if accept else {}
        if part is not None:
            headers["Range"] = f"bytes={part[0]}-{part[1]}"
        answer = self._said(path, headers, method)
        if answer.status == 401:
            answer = self._with_login(path, headers, method, answer)
        if 200 <= answer.status < 300:
            return answer
        raise RefusedError(self._refusal(answer))

    def _said(self, path: str, headers: Mapping[str, str], method: str) -> Answer:
        url = f"{self._scheme}://{self.host}/v2/{self.repository}/{path}"
        sent = dict(headers)
        if self._authorization is not None:
            sent["Authorization"] = self._authorization
        other, self._other = self._other, ""
        if not other:
            return request(url, sent, self.limits, method=method)
        # The first request tells which of both is spoken.
        try:
            answer = request(url, sent, self.limits, method=method)
            # "Client sent an HTTP request to an HTTPS server"
            if answer.status != 400:
                return answer
            why = AskError("the registry answers with status 400")
        except AskError as error:
            if not error.deaf:
                raise
            why = error
        self._scheme = other
        try:
            return self._said(path, headers, method)
        except AskError:
            raise why from None

    def _with_login(self, path: str, headers: Mapping[str, str], method: str, challenge: Answer) -> Answer:
        said = challenge.headers.get("www-authenticate", "")
        kind = said.split(None, 1)[0].lower() if said.strip() else ""
        if kind == "bearer":
            self._authorization = f"Bearer {self._token(dict(_CHALLENGE.findall(said)))}"
        elif kind == "basic" and self.login is not None:
            self._authorization = self.login.basic
        else:
            return challenge
        return self._said(path, headers, method)

    def _token(self, challenge: Mapping[str, str]) -> str:
        """The token that the registry's own server gives out, without a login to anybody.

        Source: the token specification of the distribution project.
        """
        realm = challenge.get("realm", "")
        at = urlsplit(realm)
        if at.scheme != "https" and not (at.scheme == "http" and self._scheme == "http"):
            raise AskError("it names no server that gives out tokens safely")
        query = {"scope": f"repository:{self.repository}:pull"}
        if challenge.get("service"):
            query["service"] = challenge["service"]
        headers = {"Authorization": self.login.basic} if self.login is not None else {}
        answer = request(f"{realm}{'&' if at.query else '?'}{urlencode(query)}", headers, self.limits)
        if answer.status in (401, 403) and self.login is not None:
            raise RefusedError(Refused(f"{answer.status}: the stored login is refused", "denied"))
        if answer.status != 200:
            raise RefusedError(self._refusal(answer))
        read = _json(answer.body)
        token = (read.get("token") or read.get("access_token")) if isinstance(read, dict) else None
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise AskError("its answer holds no token")
        return token

    def _refusal(self, answer: Answer) -> Unknown:
        """What a status that is no success means."""
        status = answer.status
        if status == 429:
            after = answer.headers.get("retry-after", "").strip()
            until = f"; it may be asked again in {after} s" if after.isdecimal() and len(after) < 8 else ""
            return Unknown(f"429: too many requests from here{until}{self._not_used()}")
        if status in (401, 403):
            who = "" if self.login is None else ", also with the stored login"
            why = f"{status}: private, or it does not exist{who}{self._not_used()}"
            # With the login that is not used here the runtime may get it.
            return Unknown(why) if self._not_used() else Refused(why, "denied")
        if status == 404:
            unknown = b"NAME_UNKNOWN" in answer.body
            return Refused(f"404: there is no such {'repository' if unknown else 'image'}", "missing")
        return Unknown(f"the registry answers with status {status}")

    def _not_used(self) -> str:
        return f" ({self.left_out})" if self.left_out and self.login is None else ""


def pulls_left(answer: Answer) -> int | None:
    """How many more pulls the registry allows this address, None where it does not say.

    Source: Docker Hub's page on pull limits (`ratelimit-remaining: 76;w=21600`).
    """
    told = answer.headers.get("ratelimit-remaining", "").partition(";")[0].strip()
    return int(told) if told.isdecimal() and len(told) < 10 else None


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
