"""What a script fetches from the network: the commands that do it, their addresses, and addresses that have gone."""

from __future__ import annotations

import re
from functools import lru_cache

from sifcheck.api import Command, NamedTuple, Script, Word, pattern

PROGRAMS = ("wget", "curl", "aria2c")
_URL = pattern(r"(?:https?|ftp)://[^\s\"'`|<>]+", re.I)
# The word behind one of these is no address to fetch.
_OTHER_URLS = frozenset(
    "-e --referer --referrer -x --proxy --preproxy -H --header -U -A --user-agent -d --data --resolve".split()
)
_OUTPUT = ("-o", "-O", "--output", "--output-document")
CHECKS = (
    "sha256sum",
    "sha512sum",
    "sha384sum",
    "sha224sum",
    "sha1sum",
    "md5sum",
    "shasum",
    "b2sum",
    "gpgv",
    "minisign",
    "cosign",
)

BRANCHES = frozenset("main master develop development dev devel trunk head latest nightly".split())
"""Names of branches that go on, and words that mean whatever is newest."""


class Download(NamedTuple):
    """One address that a command fetches: `url` as written without quotes, variables included."""

    command: Command
    word: Word
    url: str


class Gone(NamedTuple):
    """An address that no longer answers: what it is, since when, who says so, and what to use instead.

    `mark` is plain text that each such address holds: only a text that has it is searched by the pattern.
    """

    mark: str
    pattern: re.Pattern[str]
    what: str
    since: str
    source: str
    instead: str


CHECKED = "2026-11-01"
"""The day that GONE is read for."""

GONE = (
    # GitHub's notice of 2021-09-01 on its Git protocols: the unencrypted one was switched off for good on that day.
    Gone("git://", pattern(r"git://(?:www\.)?github\.com/"), "git://github.com", "2022-03-15", "GitHub's notice of 2021-09-01",
         "write `https://github.com/`"),
    Gone("mirrorlist.centos.org", pattern(r"//mirrorlist\.centos\.org\b"), "mirrorlist.centos.org", "2024-07-01", "epics-base#524, xx#167",
         "use `vault.centos.org`, or a base that is maintained"),
    Gone("mirror.centos.org", pattern(r"//mirror\.centos\.org\b"), "mirror.centos.org", "2024-07-01", "epics-base#524",
         "use `vault.centos.org`, or a base that is maintained"),
    Gone("bintray.com", pattern(r"//(?:dl|api|jcenter)?\.?bintray\.com\b"), "bintray.com", "2021-05-01", "boost#530",
         "fetch it from the project's own site; Boost lies on `archives.boost.io`"),
    Gone("sks-keyservers.net", pattern(r"(?:^|//|[\w.])sks-keyservers\.net\b"), "sks-keyservers.net", "2021-06-21",
         "docker-nginx#597", "use `hkps://keys.openpgp.org` or `hkps://keyserver.ubuntu.com`"),
    Gone("microsoft.com", pattern(r"//(?:mran|cran)\.microsoft\.com\b"), "mran.microsoft.com", "2023-07-01", "microsoft-r-open#144",
         "use a dated snapshot of `packagemanager.posit.co`"),
    Gone("kubernetes", pattern(r"//(?:apt|yum)\.kubernetes\.io\b|//packages\.cloud\.google\.com/(?:apt/? kubernetes|yum/repos/kubernetes)"),
         "apt.kubernetes.io", "2024-03-04", "kubernetes/release#3485", "use `pkgs.k8s.io`"),
    Gone("fedoraproject.org", pattern(r"//(?:dl|download)\.fedoraproject\.org/pub/epel/(?:epel-release-latest-)?[567]\b"), "dl.fedoraproject.org/pub/epel/7",
         "2024-08-14", "linux-system-roles/network#718", "use `archives.fedoraproject.org/pub/archive/epel`"),
)  # fmt: skip
"""Addresses that have gone for good, each with the day and a public report."""


def written(word: Word) -> str:
    """A word without the quotes round it, its variables as they are written."""
    return word.value if word.value is not None else word.text.strip("\"'")


@lru_cache(maxsize=8)
def downloads(script: Script) -> tuple[Download, ...]:
    """What wget, curl and the like fetch in a script."""
    found: list[Download] = []
    if "://" not in script.text:
        return ()
    for command in script.commands(*PROGRAMS):
        before = ""
        for word in command.arguments:
            text = written(word)
            if before not in _OTHER_URLS and "://" in text:
                match = _URL.match(text)
                if match is not None:
                    found.append(Download(command, word, match[0]))
            before = text
    return tuple(found)


def file_name(url: str) -> str:
    """The last part of the address, without query and fragment."""
    return re.split(r"[?#]", url)[0].rstrip("/").rpartition("/")[2]


def saved_as(download: Download) -> str:
    """The name of the file that a download makes, as far as it can be told."""
    output = download.command.option_value(*_OUTPUT)
    if output is not None and written(output) != "-" and "://" not in written(output):
        return written(output).rpartition("/")[2]
    return file_name(download.url)


def gone(text: str) -> Gone | None:
    """The entry of GONE that a text names."""
    return next((entry for entry in GONE if entry.mark in text and entry.pattern.search(text)), None)


def names_gone(text: str) -> bool:
    """Whether a script may name one of the addresses that have gone."""
    return any(entry.mark in text for entry in GONE)


@lru_cache(maxsize=8)
def last_check(script: Script) -> int:
    """Where in the script's text a checksum or signature is looked at last; -1 if nowhere."""
    last = -1
    for command in script.commands(*CHECKS, "gpg", "gpg2", "openssl", "rpm", "rpmkeys"):
        verb = command.arguments[0].value if command.arguments else None
        if (
            command.program in CHECKS
            or verb in ("dgst", "verify")
            or command.option("--verify", "-K", "--checksig") is not None
        ):
            last = command.start
    return last
