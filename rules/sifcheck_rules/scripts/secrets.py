"""What must not be in an image that is passed on: passwords, tokens, keys."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from sifcheck.api import (
    Definition,
    FileCopy,
    Findings,
    Removed,
    Span,
    bad,
    finding,
    good,
    last_line,
    pattern,
    rule,
    taken_away,
    written_path,
)
from sifcheck_rules._secret_names import names_secret

# Each kind has a beginning of its own, which its issuer documents so that scanners can find it.
_TOKENS = pattern(
    r"(?<![A-Za-z0-9_-])(?:"
    r"gh[pousr]_[A-Za-z0-9]{36,}"
    r"|github_pat_[A-Za-z0-9_]{40,}"
    r"|glpat-[A-Za-z0-9_-]{20,}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}"
    r"|AIza[0-9A-Za-z_-]{35}"
    r"|hf_[A-Za-z0-9]{30,}"
    r"|npm_[A-Za-z0-9]{36}"
    r"|pypi-AgE[A-Za-z0-9_-]{50,}"
    r"|dckr_pat_[A-Za-z0-9_-]{20,}"
    r"|sk-(?:proj-|ant-)?[A-Za-z0-9_-]{32,}"
    r"|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"
    r")"
)
# Looked for first, as plain text: that costs a tenth of a search by pattern.
_TOKEN_STARTS = (
    *(
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat_",
        "glpat-",
        "AKIA",
        "ASIA",
        "xox",
        "AIza",
        "hf_",
        "npm_",
    ),
    *("pypi-AgE", "dckr_pat_", "sk-", "eyJ"),
)
_KEY_BLOCK = pattern(
    r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----\s[^-]{40,}(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----)?"
)
_IN_URL = pattern(r"://([^\s/:@\"'`${}<>]*):([^\s/@\"'`${}<>]+)@")
_WORDS = ("passw", "token", "secret", "api_key", "apikey")
_ASSIGNED = pattern(
    r"(?<![A-Za-z0-9_$.{-])([A-Za-z_][A-Za-z0-9_]*)(?:=|[ \t]+=[ \t]*(?=[\"'])|[ \t]*=[ \t]*(?=[\w]))"
    r"(\"[^\"\n]*\"|'[^'\n]*'|[^\s\"';&|()<>,]+)"
)
_PLACEHOLDER = pattern(
    r"change|x{3,}|\*{2,}|example|placeholder|dummy|redacted|your|insert|replace|here$|\.\.\.|<|^(?:none|null|undefined|todo|tbd|n/?a)$",
    re.I,
)
_NO_SECRET = pattern(r"[+-]?\d+(?:\.\d+)*|true|false|yes|no|on|off", re.I)
_WELL_KNOWN = frozenset("pass password passwd pw pwd secret token".split())


@rule(
    "DEF901",
    severity="warning",
    confidence="medium",
    message={
        "token": "this looks like a token or access key, and the definition is stored in the image",
        "key": "this is a private key, and the definition is stored in the image",
        "url": "this address holds a password, and the definition is stored in the image",
        "literal": "`{name}` is given as text, and the definition is stored in the image",
        "variable": "the value of the build variable `{name}` is stored in the image with the definition",
        "regcode": "the registration code becomes a label of the image",
    },
    help={
        "": "revoke it, and for the build bind a file that holds the new one, as with `--bind token:/run/token`, and read it there",
        "variable": "for the build bind a file that holds it, as with `--bind token:/run/token`, and read it there",
    },
)
@bad("%post\n    curl -H 'Authorization: Bearer ghp_" + "a1B2c3D4e5F6" * 3 + "' https://api.example.org/\n")
@good("""
    %arguments
        TOKEN_FILE=/run/token
    %post
        export API_TOKEN="$(cat /run/token)"
        export DB_PASSWORD=changeme TOKEN_PATH=/run/t SECRET_COUNT=3 USE_TOKEN=true
        git clone https://user:$PASSWORD@git.example.org/app.git
        docker run -e PASSWORD=<your password> postgres://user:pass@host/db
    """)
def secret_in_definition(definition: Definition) -> Findings:
    """A password, token or key stands in the file.

    The runtime stores the definition, build variables put in, in every image: `apptainer inspect --deffile` shows it to
    whoever gets one, and header values become labels.  Source: the user guides' pages on definition files; Apptainer 1.4.5,
    measured (the text stored is the one with the values put in); 0.1 % of 7,815 public files.
    """
    taken: list[Span] = []
    for key, span, name in _literals(definition.source.text):
        if not any(span.start < other.end and other.start < span.end for other in taken):
            taken.append(span)
            yield finding(span, key, secret=True, name=name)
    for stage in definition.stages:
        field = stage.field("regcode")
        if field is not None and field.value and not field.has_unknown and not _is_placeholder(field.value):
            yield finding(field.value_span, "regcode", secret=True)
    yield from _variables(definition)


def _literals(text: str) -> Iterator[tuple[str, Span, str]]:
    """What looks like a secret, the surest kind first: the kind, its place, the name it is given to."""
    if "PRIVATE KEY" in text:
        for match in _KEY_BLOCK.finditer(text):
            yield "key", Span(*match.span()), ""
    if any(start in text for start in _TOKEN_STARTS):
        for match in _TOKENS.finditer(text):
            if not _is_placeholder(match[0]) and len(set(match[0][8:])) > 4:
                yield "token", Span(*match.span()), ""
    if "@" in text and "://" in text:
        for match in _IN_URL.finditer(text):
            known = match[2].lower() in _WELL_KNOWN or match[1] in ("anonymous", "ftp")
            if not known and not _is_placeholder(match[2]):
                yield "url", Span(*match.span(2)), ""
    lower = text.lower()
    if any(word in lower for word in _WORDS):
        yield from _assigned(text, lower)


def _assigned(text: str, lower: str) -> Iterator[tuple[str, Span, str]]:
    """What is given as text to a name that says it is a secret."""
    begin = 0
    for line in lower.split("\n"):
        end = begin + len(line)
        if "=" in line and any(word in line for word in _WORDS):
            for match in _ASSIGNED.finditer(text, begin, end):
                value = match[2]
                start, stop = match.span(2)
                if value[0] in "\"'":
                    value, start, stop = value[1:-1], start + 1, stop - 1
                if names_secret(match[1]) and _is_secret(match[1], value):
                    yield "literal", Span(start, stop), match[1]
        begin = end + 1


def _is_secret(name: str, value: str) -> bool:
    if not value.strip() or value[0] in "=$`/~.%" or value.lower() == name.lower():
        return False
    if any(mark in value for mark in ("$", "`", "{{", "://", "os.environ", "getenv")) or value.endswith(
        ("[", "]")
    ):
        return False
    return not _NO_SECRET.fullmatch(value) and not _is_placeholder(value)


def _is_placeholder(value: str) -> bool:
    return _PLACEHOLDER.search(value) is not None


def _variables(definition: Definition) -> Findings:
    """The first use of each build variable whose name says that its value is a secret."""
    seen: set[str] = set()
    for use in definition.uses:
        if use.hidden or use.name in seen or not names_secret(use.name):
            continue
        section = definition.section_at(use.span.start)
        if section is None or section.name != "arguments":
            seen.add(use.name)
            yield finding(use.span, "variable", name=use.name)


_KEYS = pattern(r"id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?(?:\.[^/]*)?")
_FILES = frozenset((".netrc", ".git-credentials", ".env", ".pgpass", ".npmrc", ".pypirc"))
_FOLDERS = (".ssh", ".aws", ".gnupg")
_PUBLIC = frozenset(("known_hosts", "authorized_keys", "config"))
_SUBSCRIPTION = ("/etc/pki/entitlement", "/etc/pki/consumer", "/etc/rhsm")


@rule(
    "DEF902",
    severity="warning",
    fix="unsafe",
    message="`{source}` holds {what}, and whoever gets the image can read it",
    help="remove it at the end of %post, `rm -rf {path}`, or bind it for the build instead",
)
@bad("""
    %files
        ~/.ssh/id_ed25519 /root/.ssh/id_ed25519
        ^^^^^^^^^^^^^^^^^
    %post
        git clone git@git.example.org:app.git /opt/app
    """)
@good("""
    %files
        /etc/pki/entitlement /etc/pki/entitlement
        keys/id_rsa.pub /opt/keys/
    %post
        dnf install -y gcc
        rm -rf /etc/pki/entitlement
    """)
def credential_file_copied(copy: FileCopy) -> Findings:
    """A private key or a file of passwords is copied into the image.

    An image has no layers: what %post removes is really gone, and what it does not is passed on with every copy.
    Source: RIKEN ondemand definitions (they remove theirs); 0.1 % of 7,815 public files.
    """
    source = copy.source
    if source is None or source.has_unknown or not copy.section.stage.is_last:
        return
    what = _credential(source.text)
    if what is None or taken_away(copy, Removed):
        return
    path = written_path(copy)
    scripts = [section.script for section in copy.section.stage.named("post") if section.body.strip()]
    plain = re.fullmatch(r"[\w./+-]+", path) is not None
    added = (
        last_line(scripts[-1], f"rm -rf {path}")
        if scripts and plain and copy.section.name == "files"
        else None
    )
    fix = added[0] if added is not None else None
    # A destination is taken literally, and the shell of %post would expand a `$` in it.
    yield finding(source, source=source.text, what=what, path=f"'{path}'" if "$" in path else path, fix=fix)


def _credential(path: str) -> str | None:
    """What kind of secret a file of that name holds."""
    parts = path.rstrip("/").split("/")
    name = parts[-1]
    if _KEYS.fullmatch(name) and not name.endswith(".pub"):
        return "a private key"
    if name in _FILES or path.endswith(".docker/config.json"):
        return "passwords or tokens"
    if any(part in _FOLDERS for part in parts) and name not in _PUBLIC and not name.endswith(".pub"):
        return "private keys" if ".aws" not in parts else "access keys"
    if posixpath.normpath(path).startswith(_SUBSCRIPTION):
        return "the certificates of a subscription"
    return None
