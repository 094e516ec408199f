"""Which variables hold a secret, by their names."""

from __future__ import annotations

import re

from sifcheck.api import pattern

_SECRET = pattern(r"(?:^|_)(?:password|passwd|token|secret|api_?key)(?:_|$)", re.I)
# The name of something about a secret, not of the secret.
_ABOUT = pattern(
    r"_(?:file|path|dir|url|uri|name|type|length|len|size|host|user|realm|service|issuer|rootcertbundle|ttl|expiry|prompt|id|policy|"
    r"required|enabled|algorithm|audience|scope|header|env|var|key_id)$",
    re.I,
)


def names_secret(name: str) -> bool:
    """Whether a variable is called after a password, token or key."""
    return _SECRET.search(name) is not None and _ABOUT.search(name) is None
