"""Key rings and stored logins: that they are there, and who may read them.

What they hold is counted, never kept; of public keys the fingerprints are, which tell whose signatures can be verified.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

from sifcheck.base.asking import reason
from sifcheck.base.facts import Unknown
from sifcheck.base.startup import NamedTuple
from sifcheck.host.precedence import config_folder
from sifcheck.host.probes.remotes import Remotes, read_remotes
from sifcheck.host.snapshot import CredentialFile, Keyring

__all__ = [
    "KeyFiles",
    "count_keys",
    "count_locked",
    "count_logins",
    "fingerprints_in",
    "look_at_keys",
    "unanswered_keys",
]

LONGEST = 4 << 20


class KeyFiles(NamedTuple):
    """The key rings, the files of logins, and the user's own remote endpoints; None without a file of these."""

    keyrings: tuple[Keyring, ...]
    credentials: tuple[CredentialFile, ...]
    remotes: Remotes | Unknown | None


def look_at_keys(environment: Mapping[str, str], family: str, home: str) -> KeyFiles:
    """The files as the runtime of that family finds them.  Touches the home: for a Question."""
    rings, logins = _paths(environment, family, home)
    return KeyFiles(
        keyrings=tuple(_keyring(kind, path) for kind, path in rings),
        credentials=tuple(_credentials(path) for path in logins),
        remotes=read_remotes(f"{config_folder(home, family, environment)}/remote.yaml"),
    )


def unanswered_keys(environment: Mapping[str, str], family: str, home: str, why: Unknown) -> KeyFiles:
    """The same files where nothing was learnt of them."""
    rings, logins = _paths(environment, family, home)
    return KeyFiles(
        keyrings=tuple(Keyring(kind, path, why, why, why, why, why, why) for kind, path in rings),
        credentials=tuple(CredentialFile(path, why, why, why, why) for path in logins),
        remotes=why,
    )


def _paths(
    environment: Mapping[str, str], family: str, home: str
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    folder = config_folder(home, family, environment)
    name, variable = (
        ("keys", "APPTAINER_KEYSDIR") if family == "apptainer" else ("sypgp", "SINGULARITY_SYPGPDIR")
    )
    rings = environment.get(variable) or f"{folder}/{name}"
    docker = environment.get("DOCKER_CONFIG") or f"{home}/.docker"
    return (
        tuple((kind, f"{rings}/pgp-{kind}") for kind in ("secret", "public")),
        (f"{folder}/docker-config.json", f"{folder}/remote.yaml", f"{docker}/config.json"),
    )


def _keyring(kind: str, path: str) -> Keyring:
    about = _look(path)
    if not isinstance(about, os.stat_result):
        there = False if about is None else about
        return Keyring(kind, path, there, about, about, about, () if about is None else about, about)
    content = _content(path)
    keys = content if isinstance(content, Unknown) else count_keys(content)
    fingerprints = content if isinstance(content, Unknown) else fingerprints_in(content)
    locked = None if kind == "public" else content if isinstance(content, Unknown) else count_locked(content)
    mode = stat.S_IMODE(about.st_mode)
    return Keyring(kind, path, True, mode, about.st_uid, keys, fingerprints, locked)


def _credentials(path: str) -> CredentialFile:
    about = _look(path)
    if not isinstance(about, os.stat_result):
        there = False if about is None else about
        return CredentialFile(path, there, about, about, about)
    content = _content(path)
    logins = content if isinstance(content, Unknown) else count_logins(content)
    return CredentialFile(path, True, stat.S_IMODE(about.st_mode), about.st_uid, logins)


def _look(path: str) -> os.stat_result | Unknown | None:
    try:
        about = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return Unknown(reason(error))
    return about if stat.S_ISREG(about.st_mode) else Unknown("not a regular file")


def _content(path: str) -> bytes | Unknown:
    try:
        with open(path, "rb") as stream:
            return stream.read(LONGEST)
    except OSError as error:
        return Unknown(reason(error))


def count_logins(content: bytes) -> int | Unknown:
    """The logins in a file in the form of Docker's (JSON), or with tokens in the runtime's own (YAML)."""
    import json

    if not content.lstrip().startswith(b"{"):
        return sum(
            line.strip().startswith(b"Token:") and len(line.split()) > 1 for line in content.splitlines()
        )
    try:
        read = json.loads(content)
        entries = read.get("auths", {})
        return sum(1 for entry in entries.values() if entry)
    except (ValueError, AttributeError, RecursionError):
        return Unknown("not in the form of Docker's file of logins")


_SECRET_KEY, _PUBLIC_KEY = 5, 6


def count_keys(content: bytes) -> int | Unknown:
    """The primary keys in an OpenPGP key ring, by its packets' headers (RFC 9580, section 4.2)."""
    packets = _packets(content)
    if isinstance(packets, Unknown):
        return packets
    return len(packets)


def count_locked(content: bytes) -> int | Unknown:
    """The primary secret keys in a key ring that a passphrase locks (RFC 9580, section 5.5.3)."""
    packets = _packets(content)
    if isinstance(packets, Unknown):
        return packets
    uses = [_protection(body) for tag, body in packets if tag == _SECRET_KEY]
    return Unknown("a key of a kind that is not known") if None in uses else sum(map(bool, uses))


# How many numbers the public part of a key of version 4 has, and whether a name of a curve stands before them, by
# algorithm: RSA, DSA, ECDSA and the older EdDSA (RFC 9580, section 9.1).  Ed25519 and Ed448 have as many bytes.
_NUMBERS = {1: (0, 2), 2: (0, 2), 3: (0, 2), 17: (0, 4), 19: (1, 1), 22: (1, 1)}
_BYTES = {27: 32, 28: 57}


def _protection(body: bytes) -> int | None:
    """The byte of a secret key of version 4 that says how it is locked, 0 for not; None where it was not found."""
    if body[:1] != b"\4" or len(body) < 6:
        return None
    algorithm, at = body[5], 6
    if algorithm in _BYTES:
        at += _BYTES[algorithm]
    elif algorithm in _NUMBERS:
        curve, numbers = _NUMBERS[algorithm]
        if curve:
            at += 1 + body[at] if at < len(body) else 0
        for _ in range(numbers):
            at += 2 + (int.from_bytes(body[at : at + 2], "big") + 7) // 8
    else:
        return None
    return body[at] if at < len(body) else None


def fingerprints_in(content: bytes) -> tuple[str, ...] | Unknown:
    """The fingerprints of the primary public keys in a key ring (RFC 9580, section 5.5.4)."""
    packets = _packets(content)
    if isinstance(packets, Unknown):
        return packets
    made = [_fingerprint(body) for tag, body in packets if tag == _PUBLIC_KEY]
    return tuple(fingerprint for fingerprint in made if fingerprint)


def _fingerprint(body: bytes) -> str:
    """The fingerprint of a key of version 4 or 6, "" for what is none."""
    import hashlib

    if body[:1] == b"\4" and len(body) < 1 << 16:
        signed = b"\x99" + len(body).to_bytes(2, "big") + body
        return hashlib.sha1(signed, usedforsecurity=False).hexdigest().upper()
    if body[:1] == b"\6":
        return hashlib.sha256(b"\x9b" + len(body).to_bytes(4, "big") + body).hexdigest().upper()
    return ""


def _packets(content: bytes) -> list[tuple[int, bytes]] | Unknown:
    """The primary keys in an OpenPGP file: the kind of each packet, and what it holds."""
    at = 0
    packets = []
    while at < len(content):
        head = content[at]
        if not head & 0x80:
            return Unknown("not an OpenPGP key ring")
        new = bool(head & 0x40)
        packet = _new_length(content, at) if new else _old_length(content, at)
        if packet is None:
            return Unknown("not an OpenPGP key ring that could be read to its end")
        tag = head & 0x3F if new else (head & 0x3C) >> 2
        if tag in (_SECRET_KEY, _PUBLIC_KEY):
            packets.append((tag, content[at + _head_length(content, at) : at + packet]))
        at += packet
    return packets


def _head_length(content: bytes, at: int) -> int:
    """How many bytes stand before what a packet holds."""
    head = content[at]
    if not head & 0x40:
        return 1 + {0: 1, 1: 2, 2: 4}[head & 3]
    first = content[at + 1]
    return 2 if first < 192 else 3 if first < 224 else 6


def _old_length(content: bytes, at: int) -> int | None:
    size = {0: 1, 1: 2, 2: 4}.get(content[at] & 3)
    if size is None or at + 1 + size > len(content):
        return None
    return 1 + size + int.from_bytes(content[at + 1 : at + 1 + size], "big")


def _new_length(content: bytes, at: int) -> int | None:
    first = content[at + 1] if at + 1 < len(content) else 255
    if first < 192:
        return 2 + first
    if first < 224 and at + 2 < len(content):
        return 3 + ((first - 192) << 8) + content[at + 2] + 192
    if first == 255 and at + 6 <= len(content):
        return 6 + int.from_bytes(content[at + 2 : at + 6], "big")
    return None
