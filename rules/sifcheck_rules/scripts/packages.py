"""Installing packages: questions that nobody answers, lists that are missing, what does not belong in an image."""

from __future__ import annotations

import re

from sifcheck.api import (
    Draft,
    Edit,
    Findings,
    PackageCall,
    Stage,
    Word,
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
from sifcheck_rules._failures import severity_of_failure

_ANSWERED = (
    "-y",
    "--yes",
    "--assume-yes",
    "--assumeyes",
    "--no-confirm",
    "-n",
    "--non-interactive",
    "--assumeno",
)
_TRIAL = ("-s", "--simulate", "--dry-run", "--just-print", "--no-act", "--print-uris", "--help", "-h")
_ASKING = pattern(
    r"(?:tzdata|keyboard-configuration|console-setup|krb5-(?:user|config)|postfix|wireshark(?:-common)?|tshark"
    r"|ttf-mscorefonts-installer|iptables-persistent|slapd|mysql-server(?:-[\d.]+)?|davfs2|libpam-krb5|localepurge)"
)
_CONFIGURED = pattern(r"DEBIAN_FRONTEND|debconf-set-selections|dpkg-preconfigure")
# tzdata takes the zone that is set already.
_ZONE_SET = pattern(r"/etc/localtime|/etc/timezone")
# In every Debian and Ubuntu image, the smallest ones included.
_ESSENTIAL = frozenset(
    "apt base-files base-passwd bash bsdutils coreutils dash debconf debianutils diffutils dpkg findutils gpgv grep gzip hostname "
    "init-system-helpers libc-bin login mawk mount ncurses-base ncurses-bin passwd perl-base sed sysvinit-utils tar util-linux".split()
)
# They need nothing that the smallest image lacks, so that apt does not ask.  Measured with Debian 12.
_ALONE = frozenset(
    "apt-utils bash-completion bzip2 cpio debconf-utils hello less lsb-release make net-tools netcat-traditional patch psmisc sudo "
    "tcsh time tree unzip which xz-utils zip".split()
)
_ASSUMED = pattern(r"(?<!-)assumeyes|APT::Get::Assume-Yes", re.I)
_OPTION_NAME = pattern(r"opt|flag|arg|param|yes", re.I)


@rule(
    "DEF403",
    severity="warning",
    confidence="medium",
    fix="safe",
    message={
        "rpm": "`{tool} {verb}` asks before it goes on, and nobody answers during a build",
        "apt": "`{tool} {verb}` may ask before it goes on, and nobody answers during a build",
        "debconf": "{package} asks a question while it is installed, and takes its default: nobody answers during a build",
    },
    help={
        "": "`{tool} {verb} -y`: a build reads from the null device, so that every question is a refusal",
        "debconf": "put `{line}` above the first install",
    },
)
@bad(
    """
    %post
        dnf install gcc && dnf clean all
        ^^^^^^^^^^^^^^^
    """,
    fixed="""
    %post
        dnf install -y gcc && dnf clean all
    """,
)
@good("""
    %post
        dnf -qy install gcc
        yum --assumeyes update
        yum group install -y "Development Tools"
    """)
def interactive_install(stage: Stage) -> Findings:
    """An install that asks a question, which is a refusal during a build.

    %post reads from the null device.  dnf, yum and zypper always ask, microdnf since 3.7; apt asks as soon as anything more
    than what is named is to be installed, and ends the build.  Some Debian packages ask while they are set up: debconf finds
    nobody and takes the default, an info.  Source: the stage runner of both runtimes, and measured (no input; tzdata,
    krb5-config, postfix, slapd and six others are installed all the same); of 2,639 public files 2.0 % call apt so, 0.2 % the
    tools for rpm, 0.35 % name tzdata without telling debconf.
    """
    told = False
    for call in package_calls(stage.build_scripts):
        if call.action not in ("install", "upgrade") and not (
            call.action == "remove" and call.family != "apt"
        ):
            continue
        if call.family == "apt":
            if _asks(stage, call):
                yield _question(call, "apt")
            asking = None if told or call.action != "install" else _asking_package(stage, call)
            if asking is not None:
                told = True
                yield _debconf(call, *asking)
        elif call.family in ("dnf", "zypper") and _asks(stage, call):
            yield _question(call, "rpm")


def _question(call: PackageCall, key: str) -> Draft:
    end, level = call.verb.span.end, severity_of_failure(call.command)
    return finding(
        call.command,
        key,
        fix=Edit(end, end, " -y"),
        # Where the build goes on, what was refused so far has never been installed.
        safe=level == "error",
        severity=level if key == "rpm" else None,
        confidence="high" if key == "rpm" else None,
        tool=call.tool,
        verb=call.verb.value,
    )


def _debconf(call: PackageCall, package: str, word: Word) -> Draft:
    line = "export DEBIAN_FRONTEND=noninteractive" + (" TZ=Etc/UTC" if package == "tzdata" else "")
    fix = lines_before(call.command, line)
    return finding(word, "debconf", severity="info", fix=fix, safe=False, package=package, line=line)


def _asks(stage: Stage, call: PackageCall) -> bool:
    """Whether a call waits for an answer that it does not get."""
    if (
        call.option(*_ANSWERED, *_TRIAL) is not None
        or call.command.handled
        or call.command.piped_from is not None
    ):
        return False
    if sum(option.name == "-q" for option in call.options) > 1 or "2" in call.values("-q", "--quiet"):
        return False
    if any(option.value and "assume" in option.value.lower() for option in call.options):
        return False
    if call.action == "install" and not call.names:
        return False
    if call.family == "apt" and call.action == "install" and _brings_no_more(stage, call):
        return False
    if any(redirection.operator.startswith("<") for redirection in call.command.redirections):
        return False
    return not any(_may_be_option(stage, word) for word in call.open) and not _ASSUMED.search(
        stage.build_text
    )


def _brings_no_more(stage: Stage, call: PackageCall) -> bool:
    """Whether all that is named is there already, or needs nothing else."""
    there = set(_ESSENTIAL | _ALONE)
    for other in package_calls(stage.build_scripts):
        if other.command.script is call.command.script and other.command.start >= call.command.start:
            break
        if other.family == "apt" and other.action == "install":
            there.update(word.value or "" for word in other.names)
    return bool(call.names) and all((word.value or " ") in there for word in call.names)


def _may_be_option(stage: Stage, word: Word) -> bool:
    """Whether a word that hangs on a variable may hold an option such as `-y`."""
    for name in word.variables:
        if name in ("@", "*") or _OPTION_NAME.search(name):
            return True
        for script in stage.build_scripts:
            for assignment in script.assignments:
                if assignment.name == name and assignment.value is not None and "-y" in assignment.value.text:
                    return True
    return not word.variables


def _asking_package(stage: Stage, call: PackageCall) -> tuple[str, Word] | None:
    """The first package of a call that asks while it is set up, unless debconf was told not to."""
    for name, word in call.packages:
        if _ASKING.fullmatch(name):
            handed = any(assignment.name == "DEBIAN_FRONTEND" for assignment in call.command.prefix)
            earlier = stage.code_before(call.command) + call.command.script.text[: call.command.start]
            # The images of Debian hold tzdata, those of Ubuntu do not.
            there = name == "tzdata" and (
                _ZONE_SET.search(earlier) or base_of(stage).distribution == "debian"
            )
            told = _CONFIGURED.search(earlier) or there
            return None if handed or told else (name, word)
    return None


@rule(
    "DEF406",
    severity="error",
    confidence="medium",
    fix="safe",
    message="nothing has fetched the package lists before this first `{tool} {verb}`, and {base} carries none",
    help="run `apt-get update` first",
)
@bad(
    """
    %post
        apt-get install -y gcc
        ^^^^^^^^^^^^^^^^^^^^^^
        apt-get update
    """,
    base="debian:12",
    fixed="""
    %post
        apt-get update
        apt-get install -y gcc
        apt-get update
    """,
)
@good(
    """
    %post
        apt-get update && apt-get install -y gcc
    """,
    base="debian:12",
)
def apt_without_update(stage: Stage) -> Findings:
    """The first install of a stage on an official Debian or Ubuntu image has no package lists to look into.

    Published images are stripped of the lists, so apt does not know of any package (`Unable to locate package`) and the build
    ends.  An image derived from them, or one of a library, may hold lists and is not judged.  Source: 1.4 % of 7,815 public
    files, 1.2 % of 2,639.
    """
    calls = package_calls(stage.build_scripts)
    if not any(call.family == "apt" for call in calls):
        return
    base = base_of(stage)
    if base.lists is not False:
        return
    first = next(
        (call for call in calls if call.family == "apt" and call.action in ("install", "update")), None
    )
    if first is None or first.action == "update" or first.verb.value not in ("install", "build-dep"):
        return
    command = first.command
    if command.handled or command.branch or command.function or command.loop:
        return
    named = any("/" not in (word.value or "/") for word in first.names)
    if named and not _fetched_before(stage, first):
        fix = lines_before(command, "apt-get update")
        yield finding(
            command,
            severity=severity_of_failure(command),
            fix=fix,
            tool=first.tool,
            verb=first.verb.value,
            base=base.title,
        )


_FETCHES = pattern(r"\bapt(?:-get|itude)?\s+(?:-\S+\s+)*update\b|/var/lib/apt/lists")


def _fetched_before(stage: Stage, call: PackageCall) -> bool:
    """Whether something before a call may have brought the package lists."""
    command = call.command
    for script in stage.build_scripts:
        for other in script.commands("add-apt-repository", "apt-add-repository"):
            before = script is not command.script or other.start < command.start
            if before and other.option("-n", "--no-update") is None:
                return True
        if script is command.script:
            break
    if stage.unknown_before(command):
        return True
    return _FETCHES.search(stage.code_before(call.command)) is not None


@rule(
    "DEF411",
    severity="warning",
    confidence="medium",
    fix="unsafe",
    message="{package} is a part of the host's driver: in the image it fits one version of the kernel module only",
    help="leave it out: `--nv` (NVIDIA) and `--rocm` (AMD) bring the host's own",
)
@bad(
    """
    %post
        apt-get install -y gcc nvidia-driver-535 make
                               ^^^^^^^^^^^^^^^^^
    """,
    base="ubuntu:22.04",
    fixed="""
    %post
        apt-get install -y gcc make
    """,
)
@good("""
    %post
        apt-get install -y nvidia-cuda-toolkit cuda-compat-12-4 cuda-driver-dev-12-4 nvidia-container-toolkit
    """)
def gpu_driver_in_image(stage: Stage) -> Findings:
    """Libraries of the GPU's driver in the image.

    They must match the kernel module of the machine to the digit; with `--nv` the host's are bound in, and those of the image
    stand in their way.  Source: the guides of RIKYU and CodeRefinery; 0.6 % of 7,815 public files.
    """
    for call in package_calls(stage.build_scripts):
        if call.family not in ("apt", "dnf", "zypper") or call.action != "install":
            continue
        parts = [
            word
            for word in call.names
            if _DRIVER.match(word.value if word.value is not None else word.prefix)
        ]
        if parts:
            words = call.command.arguments
            yield finding(
                parts[0],
                fix=[Edit(words[words.index(word) - 1].span.end, word.span.end, "") for word in parts],
                related=[related(word, "and so is this") for word in parts[1:]],
                package=re.split("[=*:]", parts[0].text)[0],
            )


_DRIVER = pattern(
    r"(?:nvidia-(?:driver|dkms|kernel-(?:common|source))|nvidia-(?:compute-)?utils|libcuda1|libnvidia-compute"
    r"|xorg-x11-drv-nvidia|cuda-drivers|amdgpu-dkms)(?=[-=*:_]|$)"
)


@rule(
    "DEF414",
    severity="info",
    confidence="medium",
    profile="strict",
    fix="unsafe",
    message="`{tool} {verb}` installs what the packages merely recommend, too",
    help="add `{flag}`{more}",
)
@bad(
    """
    %post
        apt-get update && apt-get install -y gcc
                          ^^^^^^^^^^^^^^^^^^^^^^
    """,
    fixed="""
    %post
        apt-get update && apt-get install --no-install-recommends -y gcc
    """,
)
@good("""
    %post
        apt-get install -y --no-install-recommends gcc
        apt-get install -y -o APT::Install-Recommends=0 make
        dnf install -y a b c
    """)
def recommended_packages(stage: Stage) -> Findings:
    """Packages that nothing needs come along.

    Debian's tools install recommended packages by default, dnf weak dependencies: often half of the image.  Whatever is
    downloaded by https needs `ca-certificates` to be named then.  Source: 43.7 % of 7,815 public files.
    """
    for call in package_calls(stage.build_scripts):
        if call.action != "install" or not call.names or call.verb.value not in ("install", "reinstall"):
            continue
        if call.family == "apt":
            flag, more = "--no-install-recommends", ", and name `ca-certificates` if something is downloaded"
            if call.option(*_RECOMMENDS_SAID) or _LEAN_APT.search(stage.build_text):
                continue
        elif call.family == "dnf" and len(call.names) > 20:
            flag, more = "--setopt=install_weak_deps=False", ""
            if "install_weak_deps" in stage.build_text:
                continue
        else:
            continue
        end = call.verb.span.end
        yield finding(
            call.command,
            fix=Edit(end, end, f" {flag}"),
            tool=call.tool,
            verb=call.verb.value,
            flag=flag,
            more=more,
        )


_RECOMMENDS_SAID = (
    "--no-install-recommends",
    "--install-recommends",
    "--without-recommends",
    "--with-recommends",
    "-R",
    "-r",
)
_LEAN_APT = pattern(r"APT::(?:Get::)?Install-Recommends", re.I)


@rule(
    "DEF415",
    severity="info",
    profile="strict",
    message="no version is named of {names}: the next build brings what is the newest then",
    help="name the version, as in `{example}`, or bring a lock file in with `%files`",
)
@bad("""
    %post
        pip install numpy scipy==1.14.1
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """)
@good("""
    %post
        pip install numpy==2.1.0 'scipy>=1.14' /opt/pkg ./pkg.whl git+https://example.org/x.git
        pip install -r /opt/requirements.txt
        pip install -c /opt/constraints.txt numpy
        pip install --upgrade pip setuptools wheel
    """)
def unpinned_packages(stage: Stage) -> Findings:
    """A package is installed in whatever version is the newest on the day of the build.

    Versions of Debian's and Red Hat's packages are not asked for: their servers drop old ones, so that a version named is a
    build that fails.  Source: the guides of CodeRefinery and VSC; hadolint#999 for versions that vanish; 20.7 % of 7,815
    public files for pip.
    """
    for call in package_calls(stage.build_scripts):
        if call.action == "install" and call.family in _EXAMPLES:
            names = _unpinned(call)
            if names:
                yield finding(
                    call.command, names=_listed(names), example=_EXAMPLES[call.family].format(name=names[0])
                )
    for script in stage.build_scripts:
        for command in script.commands("R", "Rscript"):
            for word in command.arguments:
                text = word.text
                if "install.packages(" in text and not _DATED.search(text):
                    packages = re.findall(r"install\.packages\(\s*(?:c\()?\s*\\?[\"']([\w.]+)", text)
                    if packages:
                        yield finding(
                            command, names=_listed(packages), example=_EXAMPLES["R"].format(name=packages[0])
                        )
                        break


_EXAMPLES = {
    "pip": "{name}==VERSION",
    "conda": "{name}=VERSION",
    "npm": "{name}@VERSION",
    "cargo": "cargo install {name} --version VERSION",
    "R": 'remotes::install_version("{name}", "VERSION")',
}
_DATED = pattern(r"\d{4}-\d\d-\d\d|repos\s*=\s*NULL|\.tar\.gz")
_TOOLS = frozenset("pip setuptools wheel".split())
_LOCKED = {
    "pip": ("-r", "--requirement", "-c", "--constraint", "-e", "--editable", "--no-index"),
    "conda": ("-f", "--file"),
    "npm": (),
    "cargo": ("--version", "--vers", "--git", "--path"),
}


def _unpinned(call: PackageCall) -> list[str]:
    """The packages of a call that have no version."""
    if call.verb.value in ("ci", "update") or call.option(*_LOCKED[call.family]) is not None:
        return []
    found = []
    for word in call.names:
        value = word.value
        if (
            value is None
            or not re.fullmatch(r"@?[\w.:/-]+(?:\[[\w,.-]*\])?", value)
            or value[0] in "./~"
            or "://" in value
        ):
            continue
        if (call.family != "npm" and "/" in value) or value.endswith(
            (".whl", ".gz", ".zip", ".bz2", ".txt", ".conda")
        ):
            continue
        if value not in _TOOLS:
            found.append(value)
    return found


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
