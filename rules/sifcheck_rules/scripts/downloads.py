"""What is fetched from the network: whether it is the same next year, whether it is what it should be, whether it is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from sifcheck.api import (
    Assignment,
    Command,
    Downloaded,
    Edit,
    Findings,
    NamedTuple,
    Script,
    Span,
    Word,
    bad,
    base_name,
    effects_of,
    finding,
    good,
    pattern,
    replace,
    rule,
    unquoted,
)
from sifcheck_rules._failures import severity_of_failure

_BUILD = "pre setup post appinstall"
_GIT_VALUES = ("-C", "-c", "--git-dir", "--work-tree")
_CLONE_VALUES = ("-b", "--branch", "-o", "--origin", "--depth", "-j", "--jobs", "-c", "--config", "--reference", "--filter",
                 "--revision", "--shallow-since", "--template", "-u", "--separate-git-dir", "--bundle-uri")  # fmt: skip
_REMOTE = pattern(r"(?:https?|git|ssh|ftp)://|[\w.-]+@[\w.-]+:")
_FROM_GIT = pattern(r"git\+[a-z]+://(?:[^/@\s\"']*@)?[^/\s\"']+(/[^#\s\"';]*)?")

# Names of branches that go on, and words that mean whatever is newest.
_BRANCHES = frozenset("main master develop development dev devel trunk head latest nightly".split())
_CHECKS = (
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


def _downloads(script: Script) -> Iterator[Downloaded]:
    """What a script fetches, but by git."""
    found = effects_of(script, Downloaded) if "://" in script.text else ()
    return (download for download in found if download.command.program != "git")


@rule(
    "DEF903",
    severity="warning",
    confidence="medium",
    sections=_BUILD,
    joins=("DEF903.branch", "DEF903.pip", "DEF904", "DEF905.http"),
    message={
        "clone": "`{url}` is cloned from whatever its branch holds on the day of the build",
        "branch": "`{ref}` is a branch: `{url}` may be different tomorrow",
        "pip": "`{url}` is installed from whatever its branch holds on the day of the build",
    },
    help={
        "": "name a release, `git clone --branch v1.2.3 …`, or add `git checkout COMMIT` after it",
        "pip": "name a release or a commit: `git+https://…@v1.2.3`",
    },
)
@bad("""
    %post
        git clone --depth 1 https://git.example.org/app.git /opt/app
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """)
@good("""
    %post
        git clone --branch v1.2.3 https://git.example.org/app.git
        git clone https://git.example.org/lib.git /opt/lib
        cd /opt/lib
        git checkout 3f2a9c1
        pip install "app @ git+https://git.example.org/app.git@v1.2.3"
    """)
def unpinned_clone(script: Script) -> Findings:
    """Source code is taken at whatever state its branch is in.

    The image of next month is built from other sources and may not build at all; which commit went into this one is
    written nowhere.  Source: CodeRefinery and VSC guides; 9.5 % of 7,815 public files.
    """
    if "clone" not in script.text and "git+" not in script.text:
        return
    commands = script.commands("git", "cd", "pushd")
    for number, command in enumerate(commands):
        clone = _clone(command)
        if clone is None:
            continue
        url, ref = clone
        if (ref is None or ref.lower() in _BRANCHES) and not _is_pinned_later(
            command, url, commands[number + 1 :]
        ):
            yield finding(command, "clone" if ref is None else "branch", url=_short(url), ref=ref or "")
    for word in _pip_words(script):
        match = _FROM_GIT.search(unquoted(word))
        if match is not None:
            _, at, ref = (match[1] or "").partition("@")
            if not at or ref.lower() in _BRANCHES:
                yield finding(word, "pip", url=_short(match[0]))


def _subcommand(command: Command) -> tuple[str, tuple[Word, ...]]:
    """What git is asked to do, and the words behind it."""
    if command.program != "git":
        return "", ()
    skip = False
    for number, word in enumerate(command.arguments):
        if skip:
            skip = False
        elif word.value in _GIT_VALUES:
            skip = True
        elif word.prefix[:1] != "-":
            return word.value or "", command.arguments[number + 1 :]
    return "", ()


def _clone(command: Command) -> tuple[str, str | None] | None:
    """The address that is cloned and the branch or tag that is named; "?" for one that cannot be told."""
    name, _ = _subcommand(command)
    if name != "clone":
        return None
    operands = command.operands((*_GIT_VALUES, *_CLONE_VALUES))[1:]
    url = unquoted(operands[0]) if operands else ""
    if not _REMOTE.match(url):
        return None
    ref = command.option_value("-b", "--branch", "--revision", takes_value=_CLONE_VALUES)
    return url, None if ref is None else ref.value or "?"


def _is_pinned_later(clone: Command, url: str, following: tuple[Command, ...]) -> bool:
    """Whether a later command takes a commit or tag in the folder of the clone."""
    operands = clone.operands((*_GIT_VALUES, *_CLONE_VALUES))[1:]
    folder = (
        unquoted(operands[1])
        if len(operands) > 1
        else url.rstrip("/").rpartition("/")[2].removesuffix(".git")
    ).rstrip("/")
    name = base_name(folder)
    entered, moved, only = False, False, True
    for command in following:
        asked, rest = _subcommand(command)
        if asked == "":
            words = command.operands()
            place = unquoted(words[0]).rstrip("/") if words else "~"
            named = place == folder or name in place.split("/")
            below = entered and place[:1] not in "/~." and place != "-"
            entered, moved = named or below or place[:1] == "$", True
        elif asked == "clone":
            only = False
        elif asked in ("checkout", "reset", "switch") and _names_a_state(rest):
            other = command.option_value("-C", "--work-tree")
            if entered or (only and not moved) if other is None else base_name(unquoted(other)) == name:
                return True
    return False


def _names_a_state(words: tuple[Word, ...]) -> bool:
    refs = [word for word in words if word.prefix[:1] != "-" or word.value is None]
    return bool(refs) and (refs[0].value or "?").lower() not in _BRANCHES and refs[0].value != "HEAD"


def _pip_words(script: Script) -> Iterator[Word]:
    if "git+" not in script.text:
        return
    for command in script.commands():
        if command.program is not None and command.program not in ("echo", "printf", "cat", "sed", "grep"):
            yield from (word for word in command.arguments if "git+" in word.text and "\n" not in word.text)


def _short(url: str) -> str:
    """An address without the part that may hold a name and a password."""
    return re.sub(r"//[^/@]*@", "//", url.removeprefix("git+"))


_OFF = pattern(r"-\w*k|insecure|no-check")
_CURL_VALUES = ("-o", "-H", "-d", "-A", "-u", "-e", "-x")
_NEWEST = pattern(r"(?:^|[-_.])(?:latest|nightly)(?:[-_.]|$)", re.I)
_BRANCH_FILE = pattern(r"(?:^|[-_.])(?:main|master|HEAD|develop)\.(?:zip|tar\.\w+|tgz|tbz2?|txz)$")
_SIGNING_KEYS = (".asc", ".gpg", ".key", ".pub")
_BRANCH_PLACES = frozenset("raw blob archive tree resolve heads tarball zipball download".split())


@rule(
    "DEF904",
    severity="warning",
    confidence="medium",
    sections=_BUILD,
    joins=("DEF904.branch", "DEF905.http"),
    message={
        "newest": "`{part}` in the address means whatever is newest on the day of the build",
        "branch": "`{part}` in the address is a branch: the file may be a different one tomorrow",
    },
    help={
        "": "fetch a numbered release",
        "newest": "fetch a numbered release, as in `Miniforge3-24.11.0-0-Linux-$(uname -m).sh`",
        "branch": "put a tag or a commit in its place",
    },
)
@bad("""
    %post
        wget https://repo.example.org/Miniconda3-latest-Linux-x86_64.sh
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """)
@good("""
    %post
        wget https://repo.example.org/Miniforge3-24.11.0-0-Linux-x86_64.sh
        wget http://deb.debian.org/debian/pool/main/z/zlib/zlib1g_1.2.13.dfsg-1_amd64.deb
        curl -LO https://raw.githubusercontent.com/example/app/v1.0/main.py
        curl -LO https://example.org/master-thesis/data.txt
    """)
def moving_download(script: Script) -> Findings:
    """A download whose address names no version.

    Each build gets another file, and one day one that the rest of the script cannot handle.  Source: VSC and NIH-HPC
    notes; 8.3 % of 7,815 public files (5.0 % fetch the latest Miniconda).
    """
    for download in _downloads(script):
        moving = _moving_part(download.url)
        # A key that signs is replaced by its owner: there the newest is the right one.
        if moving is not None and not download.name.endswith(_SIGNING_KEYS):
            yield finding(download.address, moving[0], part=moving[1])


def _moving_part(url: str) -> tuple[str, str] | None:
    parts = re.split(r"[?#]", url)[0].partition("://")[2].split("/")
    *folders, name = parts[1:] or [""]
    host = parts[0]
    for number, folder in enumerate(folders):
        if folder.lower() in ("latest", "nightly") or _NEWEST.search(folder):
            return "newest", folder
        before = folders[number - 1] if number else ""
        if folder in ("main", "master", "HEAD", "develop") and (
            before in _BRANCH_PLACES or (host.startswith("raw.") and number == 2)
        ):
            return "branch", folder
    if _NEWEST.search(name):
        return "newest", name
    if _BRANCH_FILE.search(name) or (
        name in ("main", "master", "HEAD") and folders and folders[-1] in _BRANCH_PLACES
    ):
        return "branch", name
    return None


@rule(
    "DEF905",
    severity="warning",
    fix="unsafe",
    joins=("DEF905.http",),
    message={
        "flag": "`{flag}` accepts whatever anyone on the way sends",
        "setting": "`{flag}` accepts whatever anyone on the way sends",
        "http": "`{url}` comes over plain http, and nothing checks what arrives",
    },
    help={
        "flag": "install `ca-certificates` and drop `{flag}`",
        "setting": "install `ca-certificates` and drop `{flag}`",
        "http": 'fetch it by https, or compare its checksum: `echo "SUM  FILE" | sha256sum -c`',
    },
)
@bad(
    """
    %post
        curl -kLO https://example.org/app-1.0.tar.gz
             ^^^^
    """,
    fixed="""
    %post
        curl -LO https://example.org/app-1.0.tar.gz
    """,
)
@good("""
    %post
        curl -fsSLO https://example.org/app-1.0.tar.gz
        wget http://example.org/data.tar.gz
        echo "0f1e2d  data.tar.gz" | sha256sum -c
        curl http://localhost:8080/health
    """)
def tls_check_disabled(script: Script) -> Findings:
    """A download whose sender is not checked.

    Who controls a network on the way chooses what is installed, as root.  Mostly the flag hides that the base lacks
    `ca-certificates`.  Source: 1.8 % of 2,639 public files; 8.6 % of 7,815 fetch by plain http.
    """
    for command in script.commands("curl", "wget"):
        # Without this the options of every download would be taken apart.
        if not any(word.prefix[:1] == "-" and _OFF.search(word.prefix) for word in command.arguments):
            continue
        names = (
            ("-k", "--insecure", "--proxy-insecure")
            if command.program == "curl"
            else ("--no-check-certificate",)
        )
        word = command.option(*names, takes_value=_CURL_VALUES if command.program == "curl" else ())
        # Over plain http nothing is checked with or without it.
        plain = [one for one in command.arguments if "://" in one.prefix]
        if plain and all(one.prefix.lower().startswith("http://") for one in plain):
            continue
        if word is not None and word.value is not None:
            flag = next((name for name in names if word.value.startswith(name)), "-k")
            yield finding(word, "flag", flag=flag, fix=_without(word, flag))
    yield from _settings(script)
    for download in _downloads(script):
        if (
            download.url.lower().startswith("http://")
            and not _is_near(download.url)
            and not _is_checked(script, download)
        ):
            yield finding(download.address, "http", severity="info", url=_short(download.url))


def _without(word: Word, flag: str) -> Edit:
    """The edit that takes an option out of a command, or its letter out of combined ones."""
    value = word.value or ""
    if value == flag or flag.startswith("--"):
        text, span = word.script.text, word.span
        gap = len(text[: word.start]) - len(text[: word.start].rstrip(" \t"))
        return Edit(span.start - gap, span.end, "")
    return replace(word, value.replace(flag[1], "", 1))


def _settings(script: Script) -> Findings:
    if "verify" not in script.text.lower():
        return
    for command in script.commands("git", "conda", "mamba", "micromamba"):
        words = [word.value.lower() for word in command.arguments if word.value is not None]
        off = any(word in ("false", "0", "no") for word in words)
        if command.program == "git":
            setting = next((word for word in words if word.startswith("http.sslverify")), None)
            if setting is not None and (off or setting.endswith(("=false", "=0", "=no"))):
                yield finding(command, "setting", flag="http.sslVerify false")
        elif "ssl_verify" in words and off:
            yield finding(command, "setting", flag="ssl_verify false")
    for assignment in script.assignments if "GIT_SSL_NO_VERIFY" in script.text else ():
        if assignment.name == "GIT_SSL_NO_VERIFY" and _is_set(assignment):
            yield finding(assignment, "setting", flag="GIT_SSL_NO_VERIFY")


def _is_set(assignment: Assignment) -> bool:
    value = assignment.value.value if assignment.value is not None else ""
    return value not in ("", "0", "false")


def _is_near(url: str) -> bool:
    """Whether the address is this machine's or hangs on a variable."""
    host = url.partition("://")[2]
    return host.startswith(("localhost", "127.", "[::1]", "$", "10.", "192.168.", "169.254.", "{"))


def _is_checked(script: Script, download: Downloaded) -> bool:
    """Whether a checksum or signature is looked at after the download; which file it is for is not always to be told."""
    return _last_check(script) > download.address.start


# Commands in whose words an address is text to be changed or written, not one to be asked.
_TEXT_PROGRAMS = frozenset(
    "sed perl grep awk echo printf cat tee export test [ [[ dnf-config-manager crudini".split()
)


@rule(
    "DEF906",
    severity="error",
    profile="minimal",
    fix="safe",
    sections=_BUILD,
    message={
        "": "`{what}` has been gone since {since}: the build stops here",
        "missing": "`{what}` has been gone since {since}: the build continues without what it should have fetched",
    },
    help="{instead}",
)
@bad(
    """
    %post
        git clone --branch v1.2.3 git://github.com/example/app.git
                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """,
    fixed="""
    %post
        git clone --branch v1.2.3 https://github.com/example/app.git
    """,
)
@good("""
    %post
        sed -i 's|mirrorlist.centos.org|vault.centos.org|' /etc/yum.repos.d/*.repo
        git config --global url."https://github.com/".insteadOf git://github.com/
        wget https://dl.bintray.com/example/app.tar.gz || wget https://example.org/app.tar.gz
    """)
def dead_url(script: Script) -> Findings:
    """An address that has gone.

    The command fails and the build with it.  The table of such addresses has a date and for each a public report.
    Source: sig-cloud-instance-images#190, a comment in a RIKEN ondemand definition; 0.9 % of 2,639 public files clone from
    `git://`.
    """
    if not _names_gone(script.text):
        return
    for command in script.commands():
        if command.handled or command.loop or command.program in _TEXT_PROGRAMS:
            continue
        asked, _ = _subcommand(command)
        if asked == "config" or command.option("-r", "--remove") is not None:
            continue
        for word in command.arguments:
            entry = _gone(unquoted(word)) if "\n" not in word.text else None
            if entry is None or (entry.mark == "git://" and _is_rewritten(script)):
                continue
            fix = _by_https(word) if asked else None
            level = severity_of_failure(command)
            yield finding(
                word,
                "" if level == "error" else "missing",
                severity=level,
                what=_named(entry, unquoted(word)),
                since=entry.since,
                instead=entry.instead,
                fix=fix,
                safe=level == "error",
            )


def _by_https(word: Word) -> Edit | None:
    at = word.text.find("git://github.com")
    if at < 0:
        return None
    start = word.span.start + len(word.text[:at].encode())
    return replace(Span(start, start + len("git")), "https")


def _is_rewritten(script: Script) -> bool:
    """Whether git is told to take another address instead."""
    return any(
        "insteadof" in word.text.lower() for command in script.commands("git") for word in command.arguments
    )


_INSTALLERS = pattern(
    r"\.(?:tar(?:\.\w+)?|tgz|tbz2?|txz|zip|gz|bz2|xz|zst|7z|sh|run|bin|deb|rpm|whl|jar|py|pl|AppImage|exe)$",
    re.I,
)
_INTERPRETERS = pattern(r"(?:ba|da|z|k)?sh|ash|python[0-9.]*|perl|ruby|node|Rscript")


@rule(
    "DEF907",
    severity="info",
    profile="strict",
    sections=_BUILD,
    message={
        "file": "`{name}` is used as it arrives: no checksum or signature is compared",
        "piped": "what `{url}` sends is run as it arrives",
    },
    help={
        "file": 'compare its checksum first: `echo "SUM  {name}" | sha256sum -c`',
        "piped": "fetch it to a file, compare its checksum, then run it",
    },
)
@bad("""
    %post
        wget https://example.org/app-1.0.tar.gz
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        tar xzf app-1.0.tar.gz
    """)
@good("""
    %post
        wget https://example.org/app-1.0.tar.gz
        echo "0f1e2d3c  app-1.0.tar.gz" | sha256sum -c
        tar xzf app-1.0.tar.gz
    """)
def unverified_download(script: Script) -> Findings:
    """An archive or installer is unpacked or run without a look at its checksum.

    A file that was cut short, replaced or altered on the server goes into the image unseen.  Source: at least 34 % of
    7,815 public files fetch archives, and 99 % of those compare nothing; 1.7 % of 2,639 run what a pipe brings.
    """
    for download in _downloads(script):
        if _is_run(download.command):
            yield finding(download.address, "piped", url=_short(download.url))
        elif not _is_checked(script, download):
            name = download.saved_as
            if _INSTALLERS.search(name) or _INSTALLERS.search(download.name):
                yield finding(download.address, "file", name=name)


def _is_run(command: Command) -> bool:
    """Whether the command's output goes to an interpreter."""
    after = command.pipeline[command.pipeline_index + 1 :]
    if any(_INTERPRETERS.fullmatch(other.program or "") for other in after):
        return True
    within = command.within
    if within is None or not command.substitution:
        return False
    return (
        within.program in ("eval", "source", ".") or _INTERPRETERS.fullmatch(within.program or "") is not None
    )


@lru_cache(maxsize=8)
def _last_check(script: Script) -> int:
    """Where in the script's text a checksum or signature is looked at last; -1 if nowhere."""
    last = -1
    for command in script.commands(*_CHECKS, "gpg", "gpg2", "openssl", "rpm", "rpmkeys"):
        verb = command.arguments[0].value if command.arguments else None
        if (
            command.program in _CHECKS
            or verb in ("dgst", "verify")
            or command.option("--verify", "-K", "--checksig") is not None
        ):
            last = command.start
    return last


class Gone(NamedTuple):
    """An address that has gone: what it is, since when, who says so, and what to use instead.

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
         "2024-08-14", "linux-system-roles/network#718", "look below `archives.fedoraproject.org/pub/archive/epel`"),
)  # fmt: skip
"""Addresses that have gone for good, each with the day and a public report."""


def _gone(text: str) -> Gone | None:
    """The entry of GONE that a text names."""
    return next((entry for entry in GONE if entry.mark in text and entry.pattern.search(text)), None)


def _named(entry: Gone, text: str) -> str:
    """The address as the text names it."""
    match = None if entry.what in text else entry.pattern.search(text)
    return entry.what if match is None else match[0].lstrip("/")


def _names_gone(text: str) -> bool:
    """Whether a script may name one of the addresses that have gone."""
    return any(entry.mark in text for entry in GONE)
