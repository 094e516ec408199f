"""What a script takes for granted: commands of the base image, and that it may make users."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from sifcheck.api import (
    PACKAGE_MANAGERS,
    Base,
    Command,
    Draft,
    Edit,
    Findings,
    PackageCall,
    Script,
    Stage,
    bad,
    base_of,
    finding,
    good,
    lines_before,
    package_calls,
    pattern,
    related,
    rule,
)
from sifcheck_rules._build_host import ALL_IDS, mode_of
from sifcheck_rules._failures import ends_build

if TYPE_CHECKING:
    from sifcheck.api import Host, Severity

_STAND_IN = "for name in useradd groupadd; do cp /usr/bin/true /usr/sbin/$name; done"
_SERVICES = (
    "openssh dbus systemd sssd munge slurm slurm-wlm slurmd slurmctld slurmdbd postgresql mysql mariadb apache2 httpd nginx "
    "redis rabbitmq postfix exim4 avahi cups ntp chrony rpcbind tcpdump polkit policykit-1 memcached mongodb nscd nslcd slapd "
    "openldap-servers nfs nfs-utils tomcat9 mosquitto bind9 dnsmasq"
)
_ADDS_USERS = pattern(
    rf"(?:(?:{'|'.join(map(re.escape, _SERVICES.split()))})(?:-server|-daemon|-common)?(?:-[\d.]+)?|openssh-client)"
)
# Not so, although the name has the form: these hold configuration only.
_NO_USERS = {
    "apt": frozenset(("mysql-common", "mariadb-common")),
    # The plain names are the clients' there.
    "dnf": frozenset(("mysql", "mariadb", "postgresql", "mysql-common", "mariadb-common", "cups")),
    "zypper": frozenset(("mysql", "mariadb", "postgresql")),
}


@rule(
    "DEF402",
    severity="info",
    confidence="medium",
    fix="unsafe",
    gathers=("DEF402.account", "DEF402.owner", "DEF402.user"),
    message={
        "account": "`{program}` may fail where the build has a single user id",
        "needed": "`{program}` may fail where the build has a single user id",
        "owner": "`{program}` to `{owner}` fails where the build has a single user id",
        "user": "`{program}` to `{owner}` fails where the build has a single user id",
        "package": "the scripts of {package} add a user or group, which may fail where the build has a single user id",
        "package-needed": "the scripts of {package} add a user or group, which may fail where the build has a single user id",
    },
    help={
        "": "harmless as root and where `/etc/subuid` lists you: build there",
        "account": "harmless as root and where `/etc/subuid` lists you; elsewhere stand-ins help: `{line}`",
        "package": "harmless as root and where `/etc/subuid` lists you; elsewhere stand-ins help, before the install: `{line}`",
    },
)
@bad(
    """
    %post
        apt-get update
        apt-get install -y gcc openssh-server
                               ^^^^^^^^^^^^^^
    """,
    base="debian:12",
    fixed="""
    %post
        apt-get update
        for name in useradd groupadd; do cp /usr/bin/true /usr/sbin/$name; done
        apt-get install -y gcc openssh-server
    """,
)
@good("""
    %post
        chown -R root:root /opt/solver
        chgrp 0 /opt/solver
        su - -c make
        useradd solver || true
        dnf install -y openssh-clients libdbus mysql-common
    """)
def users_added_in_build(stage: Stage, host: Host | None = None) -> Findings:
    """The build makes users, or gives files to them.

    As root and with subordinate ids all of it works.  A build that has only the caller's own id cannot give a file to
    anybody else: chown and su fail there, while the tools for accounts pass or fail by distribution.  Source: Apptainer
    1.4.5, measured in all modes; apptainer#2153, apptainer#3753, singularity#3842, sylabs#1812; the guides of OLCF, CSC and
    ALCF; of 7,815 public files 4.1 % install such packages, 1.8 % call the tools.
    """
    scripts = stage.build_scripts
    mode = mode_of(host)
    if not scripts or mode in ALL_IDS:
        return
    for key, names in _ACCOUNT_TOOLS.items():
        level = _level(key, mode)
        if level is None:
            continue
        found = next((draft for script in scripts for draft in _accounts(script, key, names)), None)
        if found is not None and not (key == "account" and _stood_in(stage)):
            yield found._replace(severity=level)
    package = next(_service_packages(stage), None)
    if package is not None and not _stood_in(stage):
        yield package._replace(severity=_level("package", mode))


def _level(key: str, mode: str | None) -> Severity | None:
    """How bad it is by the way to root, None where all goes well: the host's fakeroot command only pretends to give away."""
    if mode is None:
        return "info"
    if key in ("owner", "user") and mode in ("single", "fakeroot-in-namespace"):
        return "error" if mode == "single" else None
    return "warning"


_STANDS_IN = pattern(
    r"\b(?:cp|ln|install)\b[^\n;&|]*/true\s[^\n;&|]*(?:useradd|groupadd|adduser|addgroup|/\$)"
)


def _stood_in(stage: Stage) -> bool:
    """Whether the tools for accounts were replaced by ones that do nothing."""
    text = stage.build_text
    return "/true" in text and _STANDS_IN.search(text) is not None


_USERS_OF_ACCOUNTS = tuple(
    "su runuser usermod groupmod chpasswd passwd gpasswd chage chown chgrp chfn chsh gosu su-exec setpriv getent id sudo".split()
)


def _needs_account(stage: Stage) -> bool:
    """Whether the build goes on to use an account that it makes: a tool that made none breaks that."""
    return any(
        _owner(command) is not None
        if command.program in ("chown", "chgrp")
        else command.program != "sudo" or command.option("-u", "--user") is not None
        for script in stage.build_scripts
        for command in script.commands(*_USERS_OF_ACCOUNTS)
        if command.arguments
    )


_ACCOUNT_TOOLS = {
    "account": ("useradd", "groupadd", "adduser", "addgroup"),
    "owner": ("chown", "chgrp"),
    "user": ("su", "runuser"),
}


def _accounts(script: Script, key: str, names: tuple[str, ...]) -> Iterator[Draft]:
    for command in script.commands(*names):
        if command.handled or not command.arguments:
            continue
        if key == "account":
            stands_in = not _needs_account(command.script.section.stage)
            yield finding(
                command,
                key if stands_in else "needed",
                fix=lines_before(command, _STAND_IN) if stands_in else None,
                program=command.program,
                line=_STAND_IN,
            )
            continue
        owner = _owner(command) if key == "owner" else _other_user(command)
        if owner is not None:
            yield finding(command, key, program=command.program, owner=owner)


def _owner(command: Command) -> str | None:
    """The user or group other than root that files are given to; None where there is none or nobody can say."""
    operands = command.operands()
    if not operands or command.option("--reference") is not None:
        return None
    value = operands[0].value
    if not value or all(part in ("root", "0", "") for part in re.split("[:.]", value)):
        return None
    return value


def _other_user(command: Command) -> str | None:
    """The user other than root that a command is run as."""
    words = "-c --command -s --shell -g --group -G --supp-group -w --whitelist-environment -u --user"
    options = tuple(words.split())
    user = command.option_value("-u", "--user", takes_value=options) if command.program == "runuser" else None
    operands = [word for word in command.operands(takes_value=options) if word.value != "-"]
    word = user or (operands[0] if operands else None)
    value = word.value if word is not None else None
    return (
        value
        if value and value not in ("root", "0") and re.fullmatch(r"[A-Za-z_][\w.-]*|\d+", value)
        else None
    )


def _service_packages(stage: Stage) -> Iterator[Draft]:
    for call in package_calls(stage.build_scripts):
        if call.family not in ("apt", "dnf", "zypper") or call.action != "install" or call.command.handled:
            continue
        found = [
            (name, word)
            for name, word in call.packages
            if _ADDS_USERS.fullmatch(name) and name not in _NO_USERS[call.family]
        ]
        if found:
            name, word = found[0]
            more = [related(other, "and so do its") for _, other in found[1:]]
            stands_in = not _needs_account(stage)
            fix = lines_before(call.command, _STAND_IN) if stands_in else None
            key = "package" if stands_in else "package-needed"
            yield finding(word, key, fix=fix, related=more, package=name, line=_STAND_IN)
            return


@rule(
    "DEF405",
    severity="error",
    fix="unsafe",
    message={
        "manager": "{base} has no `{program}`: its package manager is `{manager}`",
        "no-manager": "{base} has no `{program}`, nor any other package manager",
        "sudo": "{base} has no `sudo`, and needs none: %post is root already",
        "apt-key": "{base} has no `apt-key` any more",
        "shell": "%post needs a /bin/sh, and {base} has none",
        "tool": "{base} has no `{program}`, and nothing above installs it",
        "certificates": "nothing has brought the certificates that `{program}` needs for https: `--no-install-recommends` leaves them out",
    },
    help={
        "manager": "write `{manager}`",
        "no-manager": "start from an image that has one",
        "sudo": "drop `sudo`",
        "apt-key": "put the key into /etc/apt/keyrings and name it in the source: `[signed-by=/etc/apt/keyrings/NAME.gpg]`",
        "shell": "start from an image with a shell, or bring one in with `%files` or `%setup`",
        "tool": "add `{package}` to the install above",
        "certificates": "add `ca-certificates` to the install above",
    },
)
@bad(
    """
    %post
        sudo apt-get update
        ^^^^
        sudo apt-get install -y gcc && sudo ldconfig
    """,
    base="debian:12",
    fixed="""
    %post
        apt-get update
        apt-get install -y gcc && ldconfig
    """,
)
@good(
    """
    %post
        apt-get update && apt-get install -y sudo && sudo -u nobody true
    """,
    base="debian:12",
)
def command_not_in_base(stage: Stage) -> Findings:
    """A command that the base image does not have.

    Published images of distributions are small: no sudo, mostly no wget, git or compiler, one package manager.  The build
    ends with `not found`, after the base was fetched.  Source: Apptainer 1.4.5, measured (`sudo: not found`, scratch);
    singularity#4969, apptainer#783; sudo in 1.6 % of 2,639 public files, missing certificates in 1.3 % of 7,815.
    """
    posts = [section for section in stage.named("post") if section.body.strip()]
    if not posts:
        return
    if _has_no_shell(stage):
        title = "a scratch image" if stage.agent == "scratch" else f"`{stage.value('from')}`"
        yield finding(posts[0].name_span, "shell", base=title)
        return
    base = base_of(stage)
    if base.distribution is None:
        return
    if base.bare and base.has("sudo") is False:
        yield from _sudo(stage, base)
    seen: set[str] = set()
    names = _lacking(base)
    for script in stage.build_scripts if names else ():
        for command in script.commands(*names):
            name = command.program or ""
            if name in seen or _is_guarded(command) or _is_redefined(command, name):
                continue
            if _is_provided(stage, command, name):
                continue
            seen.add(name)
            yield from _missing(stage, base, command, name)
    if base.bare and base.family == "debian":
        yield from _certificates(stage)


_TOOLS = {
    "wget": r"wget",
    "curl": r"curl",
    "git": r"git|git-(?:core|all|lfs|man)|.*development tools?.*|autopoint|devscripts|npm|golang.*",
    "make": r".*(?:make|build|dev|essential|compiler|g\+\+|gcc|dkms|tools?|r-base|golang|pip|ghc|ocaml|debhelper).*",
    "gcc": r".*(?:build|dev|essential|compiler|g\+\+|gcc|fortran|libtool|dkms|tools?|r-base|golang|pip|ghc|ocaml|cuda|rust|cargo).*",
    "unzip": r"unzip|zip|bazel|gradle|maven|ant|npm|.*texlive.*",
    "bzip2": r"bzip2|dpkg-dev|build-essential|.*tools?.*",
    "python3": r".*",
}
_PACKAGE_MANAGERS = frozenset(
    tool for tool, family in PACKAGE_MANAGERS.items() if family in ("apt", "dnf", "zypper", "apk")
) - {"apt-fast"}
_WATCHED = (*_TOOLS, *sorted(_PACKAGE_MANAGERS), "apt-key")
_SAME_FAMILY = {"debian": "apt", "rhel": "dnf", "alpine": "apk", "suse": "zypper"}


@lru_cache(maxsize=64)
def _lacking(base: Base) -> tuple[str, ...]:
    """The watched commands that a base is known to have not."""
    return tuple(name for name in _WATCHED if base.has(name) is False or _is_foreign(base, name))


def _is_foreign(base: Base, name: str) -> bool:
    """Whether a package manager belongs to another family of distributions, or a command has gone from this release."""
    if name == "apt-key":
        first = {"debian": 13.0, "ubuntu": 25.04}.get(base.distribution or "")
        return first is not None and base.release >= first
    if name not in _PACKAGE_MANAGERS:
        return False
    if base.family is None:
        return base.distribution in ("busybox", "arch")
    return PACKAGE_MANAGERS[name] != _SAME_FAMILY[base.family]


def _missing(stage: Stage, base: Base, command: Command, name: str) -> Iterator[Draft]:
    title = base.title
    word = command.program_word or command
    calls = (one for script in stage.build_scripts for one in script.commands(name) if not _is_guarded(one))
    level: Severity = "error" if any(map(ends_build, calls)) else "warning"
    if name == "apt-key":
        yield finding(command, "apt-key", severity=level, base=title)
    elif name in _PACKAGE_MANAGERS:
        yield finding(
            command,
            "manager" if base.manager else "no-manager",
            severity=level,
            base=title,
            program=name,
            manager=base.manager,
        )
    elif base.bare or base.language is not None:
        package = _PACKAGE_OF.get((name, base.family or ""), name)
        fix = _added_to_install(stage, command, package)
        yield finding(
            word,
            "tool",
            severity="warning",
            confidence="medium",
            fix=fix,
            base=title,
            program=name,
            package=package,
        )


_PACKAGE_OF = {("python3", "alpine"): "python3", ("make", "debian"): "make", ("gcc", "debian"): "gcc"}


def _is_guarded(command: Command) -> bool:
    """Whether a command runs only where something was looked at before, or may fail."""
    if command.handled or command.branch or command.condition or command.function or command.loop:
        return True
    listed = command.list
    if listed is None:
        return False
    for index, element in enumerate(listed.elements):
        if command in element.commands:
            before = listed.elements[:index]
            tested = any(other.program in _LOOKS for part in before for other in part.commands)
            return tested or "||" in listed.operators[:index]
    return False


def _is_redefined(command: Command, name: str) -> bool:
    """Whether the script has made an alias or a function of that name by then."""
    script = command.script
    made = script.functions.get(name)
    if made is not None and made.start < command.span.start:
        return True
    return "alias" in script.text and any(
        word.prefix.startswith(f"{name}=")
        for other in script.commands("alias")
        if other.start < command.start
        for word in other.arguments
    )


_LOOKS = frozenset("command which type hash [ [[ test".split())


def _is_provided(stage: Stage, command: Command, name: str) -> bool:
    """Whether something above may have brought a command."""
    wanted = pattern(_TOOLS.get(name, re.escape(name)))
    if name in _TOOLS and stage.unknown_before(command):
        return True
    for call in package_calls(stage.build_scripts):
        if call.command.script is command.script and call.command.start >= command.start:
            break
        if call.action == "install" and (
            call.open
            or _brings_much(call)
            or any(wanted.fullmatch((word.value or word.prefix).lower()) for word in call.names)
        ):
            return True
    before = stage.code_before(command)
    made = rf"(?:cp|mv|ln|install|chmod|tar|-o|>)\s[^\n]*\b{re.escape(name)}\b|/{re.escape(name)}\b"
    return name in _TOOLS and re.search(made, before) is not None


# R of EL, Debian's desktops, TeX and Octave draw compilers, make, wget, curl and the like in.
_MUCH = pattern(
    r"@.*|r|r-(?:base|core|recommended|devel).*|r-.*-devel|texlive.*|octave.*|.*-desktop|.*(?:server|base)-(?:gui|environment)"
    r"|task-.*|.*-full|rpm-build|redhat-rpm-config|fedora-packager|ros-.*|spack|nodejs|root|geant4.*|openfoam.*|paraview.*"
)
# So many packages bring some of all.
_LARGE = 40


def _brings_much(call: PackageCall) -> bool:
    """Whether nobody can say what else an install brings: a group, a very large one, packages with a long tail."""
    if "group" in (call.verb.value or "") or call.command.arguments[0].value in ("group", "groups", "module"):
        return True
    if call.family == "zypper" and "pattern" in call.values("-t", "--type"):
        return True
    return len(call.names) >= _LARGE or any(
        _MUCH.fullmatch((word.value or word.prefix).lower()) for word in call.names
    )


_SYSTEM = ("apt", "dnf", "apk", "zypper")


def _added_to_install(stage: Stage, command: Command, package: str) -> Edit | None:
    """The package as one more of the last install above."""
    last: PackageCall | None = None
    for call in package_calls(stage.build_scripts):
        above = call.command.script is command.script and call.command.start < command.start
        certain = not call.command.branch and not call.command.function
        if above and certain and call.action == "install" and call.names and call.family in _SYSTEM:
            last = call
    if last is None:
        return None
    end = last.names[-1].span.end
    return Edit(end, end, f" {package}")


def _sudo(stage: Stage, base: Base) -> Iterator[Draft]:
    """All calls of sudo as one finding, unless it is installed first."""
    if "sudo" not in stage.build_text:
        return
    if any(
        name == "sudo"
        for call in package_calls(stage.build_scripts)
        if call.action == "install"
        for name, _ in call.packages
    ):
        return
    uses = [
        command
        for script in stage.build_scripts
        for command in script.commands()
        if command.name == "sudo" and not _is_guarded(command) and not _is_redefined(command, "sudo")
    ]
    if uses:
        first = uses[0]
        yield finding(
            first.words[0],
            "sudo",
            severity="error" if any(map(ends_build, uses)) else "warning",
            fix=[_without_sudo(command) for command in uses] if all(map(_is_plain, uses)) else None,
            safe=any(map(ends_build, uses)),
            related=[related(command.words[0], "here too") for command in uses[1:]],
            base=base.title,
        )


def _is_plain(command: Command) -> bool:
    """Whether `sudo` has no options and sets no variables."""
    text = command.words[1].text if len(command.words) > 1 else "-"
    return not text.startswith("-") and re.match(r"\w+=", text) is None


def _without_sudo(command: Command) -> Edit:
    return Edit(command.words[0].span.start, command.words[1].span.start, "")


def _has_no_shell(stage: Stage) -> bool:
    """Whether the stage starts from nothing, or from an image that is known to hold a program and no shell."""
    if any(section.body.strip() for section in stage.named("files", "setup", "pre")):
        return False
    if stage.agent == "scratch":
        return True
    base = stage.base
    return (
        base is not None
        and "distroless" in base.name
        and "debug" not in (base.tag or "")
        and not base.unknown
    )


def _certificates(stage: Stage) -> Iterator[Draft]:
    """A download by https on a bare Debian or Ubuntu whose installs all left the recommended certificates out."""
    lean: list[PackageCall] = []
    for call in package_calls(stage.build_scripts):
        if call.family != "apt" or call.action != "install":
            continue
        names = [word.value or word.prefix for word in call.names]
        if (
            call.open
            or call.option("--no-install-recommends") is None
            or any(_BRINGS_CERTIFICATES.search(name) for name in names)
        ):
            return
        lean.append(call)
    if not lean or _UNVERIFIED.search(stage.build_text):
        return
    for script in stage.build_scripts:
        for command in script.commands("wget", "curl", "git"):
            if not any(
                (word.value or word.prefix).startswith("https://") for word in command.arguments
            ) or _is_guarded(command):
                continue
            if command.option("--no-check-certificate", "--insecure", "-k") is not None or not _is_provided(
                stage, command, command.program or ""
            ):
                continue
            fix = _added_to_install(stage, command, "ca-certificates")
            word = command.program_word or command
            if fix is not None and "ca-certificates" not in stage.code_before(command):
                yield finding(
                    word,
                    "certificates",
                    severity="warning",
                    confidence="medium",
                    fix=fix,
                    program=command.program,
                )
                return


_UNVERIFIED = pattern(
    r"APT::Install-Recommends|sslVerify|GIT_SSL_NO_VERIFY|check_certificate|/etc/ssl/certs", re.I
)
_BRINGS_CERTIFICATES = pattern(
    r"certif|python3?-pip|software-properties|jdk|jre|java|requests|apt-transport|r-base|npm|openssl|full$"
)
