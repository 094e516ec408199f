"""Where packages come from and go to: sources that nobody vouches for or one site has, a Python that refuses them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.api import (
    BUILD_SECTIONS,
    Command,
    Downloaded,
    Edit,
    Findings,
    Heredoc,
    NamedTuple,
    PackageCall,
    Removed,
    Script,
    Span,
    Stage,
    bad,
    base_of,
    effects_of,
    finding,
    good,
    last_line,
    package_calls,
    pattern,
    rule,
)
from sifcheck_rules._failures import severity_of_failure

if TYPE_CHECKING:
    from sifcheck.api import Site

_UNCHECKED = pattern(
    r"(?<![\w-])(?P<flag>--nogpgcheck|--no-gpg-?checks?|--allow-unauthenticated|--force-yes|--allow-untrusted)(?![\w-])"
    r"|(?<![\w-])(?P<host>--trusted-host)(?:=|[ \t]+)(?P<name>[^\s;&|'\"]+)"
    r"|(?P<trusted>\[[^\]\n]*\btrusted=yes\b[^\]\n]*\])"
    r"|(?<![\w])(?P<setting>gpgcheck[ \t]*=[ \t]*(?:0|no|false|off|False)\b)"
)
# On the disk of the site, or in its own network.
_PRIVATE = r"(?:10(?:\.\d{1,3}){3}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}|192\.168(?:\.\d{1,3}){2})"
_ON_DISK = pattern(r"\bfile:/", re.I)
_OF_THE_SITE = pattern(rf"\bfile:/|\b(?:https?|ftp)://{_PRIVATE}(?![\d.])", re.I)
_HINTS = ("gpg", "--allow-un", "--force-yes", "--trusted-host", "trusted=yes")


_APT_KEY = "name the key of the repository in its source: `[signed-by=/etc/apt/keyrings/NAME.gpg]`"
_FLAG_KEYS = {
    "--allow-unauthenticated": "flag-apt",
    "--force-yes": "flag-apt",
    "--allow-untrusted": "flag-apk",
}


@rule(
    "DEF408",
    severity="warning",
    fix="unsafe",
    message={
        "flag": "`{written}` installs packages whatever they are signed with",
        "flag-apt": "`{written}` installs packages whatever they are signed with",
        "flag-apk": "`{written}` installs packages whatever they are signed with",
        "host": "`{written}` takes packages from {name} without checking that it is {name}",
        "trusted": "`trusted=yes` installs packages of this source whatever they are signed with",
        "setting": "`{written}` installs packages of this repository whatever they are signed with",
    },
    help={
        "": "import the key of the repository: `rpm --import URL`",
        "flag-apt": _APT_KEY,
        "trusted": _APT_KEY,
        "flag-apk": "put the key of the repository in /etc/apk/keys",
        "host": "drop it and install `ca-certificates`, or add the certificate of the host",
    },
)
@bad(
    """
    %post
        dnf install -y --nogpgcheck gcc
                       ^^^^^^^^^^^^
    """,
    fixed="""
    %post
        dnf install -y gcc
    """,
)
@good("""
    %post
        # not with --nogpgcheck
        dnf install -y gcc
        cat > /etc/yum.repos.d/extra.repo <<EOF
    [extra]
    baseurl=https://mirror.example.org/extra
    gpgcheck=1
    repo_gpgcheck=0
    EOF
    """)
def unauthenticated_packages(script: Script) -> Findings:
    """Packages are installed without a look at their signature.

    Whoever stands between the build and the server, or has taken the server over, decides what root runs in the build and
    everybody runs later.  On the disk of the site itself (a `file:` address), and in its own network, that matters less.
    Source: the guide of RIKEN on images (`gpgcheck=0` for its repositories); 1.2 % of 7,815 public files.
    """
    section = script.section
    if section.name not in BUILD_SECTIONS or not any(hint in script.text for hint in _HINTS):
        return
    start = section.body_span.start
    code = section.code
    for match in _UNCHECKED.finditer(code):
        kind = match.lastgroup if match.lastgroup != "name" else "host"
        whole = Span(start + match.start(), start + match.end())
        if _is_talk(script, whole) or (kind == "flag" and _fetches_lists(script, whole)):
            continue
        span = Span(start + match.start(kind or ""), start + match.end())
        if kind == "trusted":
            span = Span(start + match.start(), start + match.end())
        fix = (
            Edit(span.start - _blank_before(code, match.start()), span.end, "")
            if kind in ("flag", "host")
            else None
        )
        yield finding(
            span,
            _FLAG_KEYS.get(match["flag"] or "", kind or ""),
            fix=fix,
            severity="info" if _is_local(script, code, span) else None,
            written=code[match.start() : match.end()],
            name=match["name"],
        )


def _blank_before(code: str, at: int) -> int:
    return len(code[:at]) - len(code[:at].rstrip(" \t"))


def _fetches_lists(script: Script, span: Span) -> bool:
    """Whether it stands in an `apt-get update`, where it does nothing."""
    calls = (call for call in package_calls((script,)) if call.action == "update" and call.family == "apt")
    return any(call.command.span.start <= span.start < call.command.span.end for call in calls)


def _is_talk(script: Script, span: Span) -> bool:
    """Whether the words are only printed, or are what `sed` looks for."""
    for command in script.commands("echo", "printf", "grep"):
        if command.span.start <= span.start < command.span.end:
            return (
                not any(redirection.writes for redirection in command.redirections)
                and command.piped_into is None
            )
    return False


def _is_local(script: Script, code: str, span: Span) -> bool:
    """Whether the repository in question is the site's, by a `file:` or private address: in the same here-document, else anywhere in the script."""
    for heredoc in script.heredocs:
        if heredoc.span.start <= span.start < heredoc.span.end:
            block = _block(heredoc, span.start - heredoc.span.start)
            return _OF_THE_SITE.search(block) is not None
    return _ON_DISK.search(code) is not None


def _block(heredoc: Heredoc, at: int) -> str:
    """The part of a repository file that a place of it belongs to: from one `[name]` to the next."""
    text = heredoc.text
    start = max(text.rfind("\n[", 0, at), 0)
    end = text.find("\n[", at)
    return text[start : len(text) if end < 0 else end]


@rule(
    "DEF413",
    severity="info",
    confidence="medium",
    fix="safe",
    message={
        "used": "`{address}` exists on this site only: the image cannot be built elsewhere",
        "left": "{path} stays in the image and names `{address}`, which exists on this site only: every later install fails",
    },
    help={
        "used": "say so in `%help`, and keep a copy of what it gives",
        "left": "remove it in the same %post: `rm -f {path}`",
    },
)
@bad(
    """
    %post
        dnf config-manager --add-repo=file:///opt/repo/tcs/
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        dnf install -y FJSVxos
        dnf clean all
    """,
    fixed="""
    %post
        dnf config-manager --add-repo=file:///opt/repo/tcs/
        dnf install -y FJSVxos
        dnf clean all
        rm -f /etc/yum.repos.d/opt_repo_tcs_.repo
    """,
)
@good("""
    %post
        dnf config-manager --add-repo https://mirror.example.org/extra.repo
        export http_proxy=http://10.0.0.1:3128
        echo "server at http://192.168.0.1"
    """)
def site_only_repository(stage: Stage, site: Site | None = None) -> Findings:
    """Packages come from a place that only one site has.

    That is fine for the site's own packages; but a repository file that stays in the image breaks every later install in
    it, by its users too.  `config-manager --add-repo` keeps a copy in /etc/yum.repos.d, also of a file that is deleted
    afterwards.  Source: the guide of RIKEN on images; dnf-plugins-core, read (the name of the copy); 0.1 % of 7,815 files.
    """
    brought = [
        copy.target_path for section in stage.named("files") for copy in section.copies if copy.target_path
    ]
    scripts = stage.build_scripts
    for script in scripts:
        if not any(hint in script.text for hint in _SITE_HINTS):
            continue
        for use in (*_added(script), *_written(script), *_downloaded(script)):
            path = re.sub(r"^file:/*", "/", use.address)
            if any(path == there or path.startswith(there.rstrip("/") + "/") for there in brought):
                continue
            if use.kept and not _taken_away(scripts, use.kept):
                made = last_line(
                    scripts[-1] if use.script is scripts[-1] else use.script, f"rm -f {use.kept}"
                )
                edits, safe = made if made is not None else (None, None)
                yield finding(
                    use.span,
                    "left",
                    fix=edits,
                    safe=safe,
                    # Where the image is meant for the site its network is there later, too.
                    severity="warning" if site is None or use.address.startswith("file:") else None,
                    path=use.kept,
                    address=use.address,
                )
            else:
                yield finding(use.span, "used", address=use.address)


_SITE_ADDRESS = pattern(
    rf"(?:file:/[^\s'\"\\;,)\]]+|(?:https?|ftp)://(?:[\w.-]+@)?{_PRIVATE}(?![\d.])[^\s'\"\\;,)\]]*)", re.I
)
_SITE_HINTS = ("file:/", "://1", "@1", "--add-repo")
_SOURCE_FILE = pattern(
    r"/etc/(?:yum\.repos\.d|dnf/repos\.d|zypp/repos\.d)/[^/]+\.repo|/etc/apt/sources\.list(?:\.d/[^/]+)?"
)


class _Use(NamedTuple):
    """One use of a site's own address; `kept` is the repository file that holds it from then on."""

    script: Script
    span: Span
    address: str
    kept: str | None


def _added(script: Script) -> Iterator[_Use]:
    """Repositories that `config-manager` adds; a plain path is a `file:` address to it."""
    for command in script.commands("dnf", "yum", "yum-config-manager", "dnf-3", "dnf5"):
        value = command.option_value("--add-repo", takes_value=("--add-repo",))
        address = value.value if value is not None else None
        if not address or command.handled:
            continue
        if address.startswith("/") and address.endswith(".repo"):
            if not _is_written_here(script, address):
                yield _Use(script, command.span, address, f"/etc/yum.repos.d/{address.rpartition('/')[2]}")
        elif _SITE_ADDRESS.match(address):
            yield _Use(script, command.span, address, f"/etc/yum.repos.d/{_file_name(address)}")


def _file_name(address: str) -> str:
    """The file that config-manager makes of an address: its last part, or all of it with underscores."""
    if address.endswith(".repo"):
        return address.rpartition("/")[2]
    name = re.sub(r"^\w+:/*(?:\w+:|www\.)?", "", address)
    name = re.sub(r"[?/:&#|~*\[\]()'\\]+", "_", name)
    return re.sub(r"[^\w.:-]", "", name.strip(",.")) + ".repo"


def _is_written_here(script: Script, path: str) -> bool:
    return any(
        redirection.writes and redirection.target is not None and redirection.target.value == path
        for redirection in script.redirections
    )


def _written(script: Script) -> Iterator[_Use]:
    """Repository files that a here-document or `echo` writes."""
    start = script.section.body_span.start
    code = script.section.code
    for redirection in script.redirections:
        target = redirection.target.value if redirection.target is not None and redirection.writes else None
        command = redirection.command
        if target is None or command is None or not _SOURCE_FILE.fullmatch(target):
            continue
        bodies = [other.heredoc.span for other in command.redirections if other.heredoc is not None] or [
            command.span
        ]
        for body in bodies:
            match = _SITE_ADDRESS.search(code, body.start - start, body.end - start)
            if match is not None:
                kept = None if target == "/etc/apt/sources.list" else target
                yield _Use(script, Span(start + match.start(), start + match.end()), match[0], kept)


def _downloaded(script: Script) -> Iterator[_Use]:
    """Downloads from a private address."""
    met: set[Command] = set()
    for download in effects_of(script, Downloaded):
        value = download.address.value or ""
        near = not value.startswith("file:") and _SITE_ADDRESS.match(value) is not None
        if near and download.command not in met:
            met.add(download.command)
            yield _Use(script, download.address.span, value, None)


def _taken_away(scripts: tuple[Script, ...], path: str) -> bool:
    for script in scripts:
        if any(one.takes_away(path) for one in effects_of(script, Removed)):
            return True
        for command in script.commands("dnf", "yum", "yum-config-manager"):
            if command.option("--set-disabled", "--disable") is not None:
                return True
    return False


@rule(
    "DEF407",
    severity="error",
    profile="minimal",
    message="pip refuses to install into the Python of {base}: `externally-managed-environment`",
    help="`python3 -m venv /opt/venv` and `/opt/venv/bin/pip install ...`, with /opt/venv/bin first in PATH",
)
@bad(
    """
    %post
        apt-get update && apt-get install -y python3-pip
        pip3 install numpy==2.1.0
        ^^^^^^^^^^^^^^^^^^^^^^^^^
    """,
    base="debian:12",
)
@good(
    """
    %post
        apt-get update && apt-get install -y python3-pip
        pip3 install numpy==2.1.0
    """,
    base="ubuntu:22.04",
)
def externally_managed_python(stage: Stage) -> Findings:
    """pip is to change a Python that belongs to the distribution.

    From Debian 12 and Ubuntu 23.04 on a marker file in the distribution's Python makes pip refuse, and the build ends.
    Source: PEP 668 and the packages of both; sylabs#1775; 0.1 % of 7,815 public files, most of which are older.
    """
    calls = [call for call in package_calls(stage.build_scripts) if call.family in ("pip", "apt")]
    if not any(call.family == "pip" for call in calls):
        return
    base = base_of(stage)
    first = {"debian": 12.0, "ubuntu": 23.04}.get(base.distribution or "")
    if (
        first is None
        or base.release < first
        or (base.language or ("",))[0] == "python"
        or "conda" in base.present
    ):
        return
    brought = False
    for call in calls:
        if call.family == "apt":
            brought = brought or any(
                name in ("python3-pip", "python3-full", "pip") for name, _ in call.packages
            )
        elif call.action == "install" and brought:
            elsewhere = _OTHER_PYTHON.search(stage.code_before(call.command)) or _ALLOWED.search(
                stage.build_text
            )
            if elsewhere is None and _changes_system(call):
                yield finding(call.command, severity=severity_of_failure(call.command), base=base.title)
            return


_ALLOWED = pattern(r"EXTERNALLY-MANAGED|break[-_]system[-_]packages", re.I)
_OTHER_PYTHON = pattern(
    r"venv|virtualenv|conda|mamba|pyenv|\buv\b|PATH=|activate|get-pip|ensurepip|deadsnakes|altinstall", re.I
)
_ELSEWHERE = ("-t", "--target", "--prefix", "--root", "--break-system-packages", "--python", "--dry-run")


def _changes_system(call: PackageCall) -> bool:
    """Whether pip is the distribution's, and is told of no other place."""
    word = call.command.program_word
    plain = ("pip", "pip3", "python3", "python", "/usr/bin/pip3", "/usr/bin/pip", "/usr/bin/python3")
    if word is None or word.value not in plain or call.option(*_ELSEWHERE) is not None:
        return False
    return not (call.command.handled or call.command.branch or call.command.function)
