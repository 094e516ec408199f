"""The way to the registry, and the keys and logins that a build or its signing needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sifcheck.api import (
    Draft,
    Findings,
    Host,
    Redirection,
    RuntimeCall,
    Unknown,
    bad,
    finding,
    good,
    known,
    pattern,
    quote,
    rule,
)
from sifcheck_rules._machine import command, is_apptainer, listed, refused, site_word, version

if TYPE_CHECKING:
    from sifcheck.api import Plan, RuntimeCall, Site

# -- ENV401

_UNREACHABLE = {
    "registry": "docker.io",
    "reachable": "Connection timed out",
    "pulls_left": {"unknown": "no answer"},
}


@rule(
    "ENV401",
    severity="error",
    confidence="medium",
    profile="minimal",
    message={
        "unreachable": "no connection to {registry}: {why}",
        "behind": "no connection to {registry} through the proxy {proxy}: {why}",
        "half": "{there} is set and {missing} is not: what goes over the other protocol finds no way out",
        "site": "the {role} nodes of {site} reach the internet by a proxy, and none is set",
        "none": "the {role} nodes of {site} have no way to the internet",
    },
    help={
        "unreachable": "set the proxy, or take another way: {line}",
        "behind": "try another proxy, or take another way: {line}",
        "half": '`export {missing}="${there}"`',
        "site": "set it: {line}",
        "none": "fetch the base image elsewhere: {line}",
    },
)
@bad("", host={"network": {"registries": [_UNREACHABLE]}})
@bad("", host={"network": {"proxies": [{"name": "http_proxy", "value": "http://proxy.example.org:3128"}]}})
@good("")
def registry_unreachable(host: Host, site: Site | None = None) -> Findings:
    """There is no way from this machine to the registry.

    A build then ends when it begins to fetch ("dial tcp ...: connect: connection refused", "lookup ... no such host",
    "proxyconnect tcp", measured).  The runtime and most programs take the proxy for each protocol from a variable of its own, in
    small or capital letters, and these variables pass into %post.  Source: guides of Hokusai, ALCF and RIKYU; code of
    both runtimes; measured.
    """
    proxies = {one.name.lower(): one.value for one in host.network.proxies if one.value}
    there = [name for name in ("http_proxy", "https_proxy") if name in proxies]
    answers = known(host.network.registries, ())
    for answer in answers:
        why = refused(answer.reachable)
        if why is not None and there:
            line = _without_network(host, site)
            yield finding(
                host, "behind", registry=answer.registry, proxy=proxies[there[-1]], why=why, line=line
            )
        elif why is not None:
            yield finding(host, "unreachable", registry=answer.registry, why=why, line=_ways_out(host, site))
    if len(there) == 1:
        missing = "https_proxy" if there == ["http_proxy"] else "http_proxy"
        name = next(one.name for one in host.network.proxies if one.name.lower() == there[0])
        yield finding(host, "half", severity="warning", there=name, missing=missing)
    elif not there and not any(not isinstance(answer.reachable, Unknown) for answer in answers):
        yield from _by_site(host, site)


def _role(host: Host, site: Site) -> str:
    """The kind of node that this is at the site, "" where that is unknown."""
    return site.role or (host.platform.role if host.platform.role in ("login", "compute") else "")


def _by_site(host: Host, site: Site | None) -> Iterator[Draft]:
    """What the site says of the network, where nothing was tried."""
    role = _role(host, site) if site is not None else "compute"
    if site is None or not role:
        return
    network = getattr(site.nodes, role).network
    if network == "proxy":
        yield finding(host, "site", role=role, site=site.name, line=_ways_out(host, site))
    elif network == "none":
        yield finding(host, "none", role=role, site=site.name, line=_without_network(host, site))


def _ways_out(host: Host, site: Site | None) -> str:
    role = _role(host, site) if site is not None else ""
    proxy = getattr(site.nodes, role).proxy if site is not None and role else None
    if isinstance(proxy, str):
        word = site_word(proxy)
        return f"`export http_proxy={word} https_proxy={word}`"
    if site is not None and (mirror := _mirror(site, "docker.io")):
        return f"take images from the site's mirror, {mirror}"
    return f"`export https_proxy=http://PROXY:PORT http_proxy=http://PROXY:PORT`, or {_without_network(host, site)}"


def _without_network(host: Host, site: Site | None) -> str:
    runtime = command(host, site)
    return (
        f"where there is a way out, `{runtime} pull base.sif docker://IMAGE`, and build here with `Bootstrap: localimage` and "
        "`From: base.sif`"
    )


def _mirror(site: Site, registry: str) -> str | None:
    return next(
        (
            one.mirror
            for one in site.registries.mirrors
            if one.registry == registry and isinstance(one.mirror, str)
        ),
        None,
    )


# -- ENV402


@rule(
    "ENV402",
    severity="warning",
    message={
        "few": "{registry} lets this address pull {left} more times without a login",
        "none": "{registry} lets this address pull nothing more without a login for some hours",
    },
    help="a login has a count of its own: {line}",
)
@bad("", host={"network": {"registries": [{"registry": "docker.io", "reachable": "ok", "pulls_left": 12}]}})
@bad("", host={"network": {"registries": [{"registry": "docker.io", "reachable": "ok", "pulls_left": 0}]}})
@good("")
def pull_rate_limit(host: Host, site: Site | None = None) -> Findings:
    """The registry will soon refuse this address, or does so already.

    Registries count pulls without a login by address, and all users of a cluster come from few addresses: the build then ends
    with "toomanyrequests".  A login has a count of its own.  Source: issues of shpc-registry and Docker Hub's feedback.
    """
    if _may_have_login(host):
        return
    for answer in known(host.network.registries, ()):
        left = known(answer.pulls_left)
        if left is None or left >= 20:
            continue
        key = "few" if left else "none"
        line = _login_line(host, site, answer.registry)
        yield finding(
            host, key, severity="warning" if left else "error", registry=answer.registry, left=left, line=line
        )


def _may_have_login(host: Host) -> bool:
    """Whether a login is stored, or that is not known; variables may hold one too."""
    named = any(
        host.variable(f"{prefix}_DOCKER_USERNAME") is not None for prefix in ("APPTAINER", "SINGULARITY")
    )
    return named or any(
        one.exists is not False and (isinstance(one.logins, Unknown) or bool(one.logins))
        for one in host.keys.credentials
    )


def _login_line(host: Host, site: Site | None, registry: str) -> str:
    runtime, told = command(host, site), version(host) or (0,)
    newer = told >= ((1, 3) if is_apptainer(host) else (4, 0))
    verb = "registry login" if newer else "remote login"
    line = f"`{runtime} {verb} --username NAME {quote(f'docker://{registry}')}`"
    mirror = _mirror(site, registry) if site is not None else None
    return f"{line}, or take images from the site's mirror, {mirror}" if mirror else line


# -- ENV403


@rule(
    "ENV403",
    severity="warning",
    message={
        "keys": "{who} can read the secret keys in {path}",
        "logins": "{who} can read the logins in {path}",
    },
    help="`chmod 600 {word}`",
)
@bad("", host={"keys": {"keyrings": {"secret": {"mode": 0o644}}}})
@good("")
def exposed_credentials(host: Host) -> Findings:
    """Secret keys or stored logins can be read by others.

    The runtime makes its key rings for the owner alone (0600) and signs with one that everybody can read, too (measured).  In a
    home that a group shares, whoever reads the file can sign or fetch in the user's name.  Source: RIKEN guide on images,
    which shows the key rings as 0600; inference.
    """
    ring = host.keys.keyring("secret")
    files: list[tuple[str, Any, Any]] = [("keys", ring, ring.keys)] if ring is not None else []
    files += [("logins", one, one.logins) for one in host.keys.credentials]
    for key, file, count in files:
        mode = known(file.mode)
        if mode is None or not mode & 0o044 or not known(count):
            continue
        who = listed(word for bit, word in ((0o040, "the group"), (0o004, "everybody")) if mode & bit)
        yield finding(host, key, who=who, path=file.path, word=quote(file.path))


# -- ENV404

_ASKED = "[policy]\nsignatures = true\n"
_EMPTY = {"keys": {"keyrings": {"secret": {"keys": 0}}}}


@rule(
    "ENV404",
    severity="error",
    profile="minimal",
    sections="job",
    message={
        "": "{why}, and the secret key ring {path} {state}",
        "locked": "{why}, and the keys in {path} want a passphrase, which nobody can type here",
        "job": "{why}, and the keys in {path} want a passphrase, which nobody can type in a job",
    },
    help={
        "": "{before}, `{runtime} key newpair`; a key that you have elsewhere: `{runtime} key import FILE`",
        "locked": "build here, and sign where there is a terminal, as on a login node: `{runtime} sign IMAGE`",
        "job": "sign when the job is done, where there is a terminal, as on a login node: `{runtime} sign IMAGE`",
    },
)
@bad("", host=_EMPTY, site=_ASKED)
@good("", site=_ASKED)
def no_signing_key(
    looked_at: Host | RuntimeCall, host: Host, site: Site | None = None, plan: Plan | None = None
) -> Findings:
    """The image has to be signed, and there is no key to sign it with.

    Signing comes after the build, and is then refused: "Failed to sign container: keyring is empty" (measured).  A key that a
    passphrase locks is of no use where nobody can type it, as in a job: "openpgp: invalid data: private key checksum
    failure" (measured); a pipe or a file as standard input hands it over.  A key in a PEM file (`sign --key`) needs no key
    ring.  Source: RIKEN guide on images; Apptainer 1.4.5, measured.
    """
    ring = host.keys.keyring("secret")
    if ring is None or any(host.variable(name) is not None for name in _PEM_VARIABLES):
        return
    if not isinstance(looked_at, Host):
        yield from _for_call(looked_at, ring, host, site)
        return
    if plan is not None and plan.signs:
        why = "the image is to be signed"
    elif site is not None and site.policy.signatures is True:
        why = f"{site.name} asks for signed images"
    else:
        return
    runtime = command(host, site)
    if (state := _state(ring)) is not None:
        yield finding(
            looked_at, why=why, path=ring.path, state=state, runtime=runtime, before="before the build"
        )
    elif not host.keys.terminal and _all_locked(ring):
        yield finding(
            looked_at,
            "locked",
            severity="warning",
            confidence="medium",
            why=why,
            path=ring.path,
            runtime=runtime,
        )


def _for_call(call: RuntimeCall, ring: Any, host: Host, site: Site | None) -> Iterator[Draft]:
    """What a call in a batch script finds, if it signs with a key of the user's ring."""
    if not _signs_with_ring(call):
        return
    runtime = call.program if call.subcommand == "sign" else command(host, site)
    submitted = call.job is not None and call.job.is_submitted
    values: dict[str, Any] = {"why": "this signs the image", "path": ring.path, "runtime": runtime}
    if (state := _state(ring)) is not None:
        before = "before the job is submitted" if submitted else "before it"
        # A job may run on a machine with another home.
        values |= {"before": before, "confidence": "medium" if submitted else None}
        yield finding(call, state=state, severity="warning" if call.outermost.handled else None, **values)
    elif _all_locked(ring) and (submitted or not host.keys.terminal) and not _is_fed(call):
        key = "job" if submitted else "locked"
        yield finding(call, key, severity="warning", confidence="medium", **values)


def _state(ring: Any) -> str | None:
    """Why a key ring has no key; None where it has one, or that is not known."""
    if ring.exists is False:
        return "does not exist"
    return "is empty" if known(ring.keys, 1) == 0 else None


def _all_locked(ring: Any) -> bool:
    """Whether every key in it is known to want a passphrase."""
    keys = known(ring.keys) or 0
    return 0 < keys <= (known(ring.locked) or 0)


# -- calls of batch scripts that sign an image: whether they take a key of the user's ring, and who types its passphrase

_PEM_VARIABLES = ("APPTAINER_SIGN_KEY", "SINGULARITY_SIGN_KEY")
"""They name a PEM file to sign with, as `sign --key` does (Apptainer 1.4.5, measured)."""

# Another key ring, or a key that the script itself puts there.
_OTHER_KEYS = pattern(
    r"_(?:KEYSDIR|SYPGPDIR|CONFIGDIR|SIGN_KEY)\b|pgp-secret|\bsypgp\b|\.(?:apptainer|singularity)/keys\b"
)
# Whoever these become, or wherever they go, has another key ring.
_ELSEWHERE = frozenset("sudo doas su ssh docker podman".split())


def _signs_with_ring(call: RuntimeCall) -> bool:
    """Whether a call signs an image with a key that was in the user's own ring before the script began."""
    job = call.job
    if job is None or call.unsure or not _signs(call):
        return False
    if _ELSEWHERE & {*call.wrappers, *(command.program for command in call.outer)}:
        return False
    if any(one.subcommand == "key" and one.action in ("newpair", "import") for one in job.calls):
        return False
    return not _OTHER_KEYS.search(job.text) and not any(one.name == "HOME" for one in job.script.assignments)


def _signs(call: RuntimeCall) -> bool:
    if call.subcommand == "sign":
        return bool(call.operands) and call.option("--key", "--help", "-h") is None
    own = [word.value for word in call.words] if call.program == "sifcheck" else []
    return "--sign" in own and "--dry-run" not in own


def _is_fed(call: RuntimeCall) -> bool:
    """Whether something may be written to the standard input of a call: a pipe, a file, a here-document.

    A passphrase is then read from there (Apptainer 1.4.5, measured).
    """
    job = call.job
    if job is not None and job.given("--input", "--stdin"):
        return True
    commands = (call.command, *call.outer)
    if any(command.piped_from is not None for command in commands):
        return True
    # What belongs to no command is a loop's or a group's, and `exec < FILE` holds for all that follows.
    of_others = [
        one
        for one in (job.script.redirections if job is not None else ())
        if one.command is None or one.command.name == "exec"
    ]
    own = [one for command in commands for one in command.redirections]
    return any(_hands_over(one) for one in (*of_others, *own))


def _hands_over(redirection: Redirection) -> bool:
    target = redirection.target
    nothing = target is not None and target.value == "/dev/null"
    return redirection.operator.startswith("<") and not nothing
