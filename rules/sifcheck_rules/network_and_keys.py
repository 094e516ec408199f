"""The way to the registry, and the keys and logins that a build or its signing needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sifcheck.api import Draft, Findings, Unknown, bad, finding, good, known, rule
from sifcheck_rules._machine import command, is_apptainer, listed, quoted, refused, site_word, version

if TYPE_CHECKING:
    from sifcheck.api import Host, Site

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
@bad(
    "",
    host={
        "network": {
            "registries": [_UNREACHABLE],
            "proxies": [
                {"name": "https_proxy", "value": "http://proxy.example.org:3128"},
                {"name": "http_proxy", "value": "http://proxy.example.org:3128"},
            ],
        }
    },
)
@bad("", host={"network": {"proxies": [{"name": "http_proxy", "value": "http://proxy.example.org:3128"}]}})
@bad("", host={"network": {"proxies": [{"name": "HTTPS_PROXY", "value": "http://proxy.example.org:3128"}]}})
@bad("", site="polaris:compute")
@bad("", host={"platform": {"role": "compute"}}, site='[nodes.compute]\nnetwork = "none"\n')
@good("")
@good(
    "",
    host={
        "network": {
            "proxies": [
                {"name": "http_proxy", "value": "http://proxy.example.org:3128"},
                {"name": "HTTPS_PROXY", "value": "http://proxy.example.org:3128"},
            ]
        }
    },
    site="polaris:compute",
)
@good("", host={"network": {"registries": [{**_UNREACHABLE, "reachable": "ok"}]}}, site="polaris:compute")
@good(
    "", host={"network": {"registries": [{**_UNREACHABLE, "reachable": {"unknown": "timed out after 2 s"}}]}}
)
@good("", host={"network": {"proxies": [{"name": "no_proxy", "value": "localhost"}]}})
@good("", site="lumi:compute")
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
@good("", host={"network": {"registries": [{"registry": "docker.io", "reachable": "ok", "pulls_left": 80}]}})
@good("", host={"network": {"registries": [{"registry": "quay.io", "reachable": "ok", "pulls_left": None}]}})
@good(
    "",
    host={
        "network": {"registries": [{"registry": "docker.io", "reachable": "ok", "pulls_left": 3}]},
        "keys": {
            "credentials": [
                {
                    "path": "/home/builder/.apptainer/docker-config.json",
                    "exists": True,
                    "mode": 0o600,
                    "owner_id": 1001,
                    "logins": 1,
                }
            ]
        },
    },
)
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
    line = f"`{runtime} {verb} --username NAME {quoted(f'docker://{registry}')}`"
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
@bad(
    "",
    host={
        "keys": {
            "credentials": [
                {
                    "path": "/home/builder/.docker/config.json",
                    "exists": True,
                    "mode": 0o640,
                    "owner_id": 1001,
                    "logins": 2,
                }
            ]
        }
    },
)
@good("")
@good("", host={"keys": {"keyrings": {"public": {"mode": 0o644}}}})
@good("", host={"keys": {"keyrings": {"secret": {"mode": 0o644, "keys": 0}}}})
@good(
    "",
    host={
        "keys": {
            "credentials": [
                {
                    "path": "/home/builder/.docker/config.json",
                    "exists": True,
                    "mode": 0o644,
                    "owner_id": 1001,
                    "logins": 0,
                }
            ]
        }
    },
)
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
        yield finding(host, key, who=who, path=file.path, word=quoted(file.path))


# -- ENV404


@rule(
    "ENV404",
    severity="error",
    profile="minimal",
    message={
        "": "{site} asks for signed images, and the secret key ring {path} {state}",
        "locked": "{site} asks for signed images, and the keys in {path} want a passphrase, which nobody can type here",
    },
    help={
        "": "before the build, `{runtime} key newpair`; a key that you have elsewhere: `{runtime} key import FILE`",
        "locked": "build here, and sign where there is a terminal, as on a login node: `{runtime} sign IMAGE`",
    },
)
@bad("", host={"keys": {"keyrings": {"secret": {"keys": 0}}}}, site="[policy]\nsignatures = true\n")
@bad(
    "",
    host={"keys": {"keyrings": {"secret": {"exists": False, "mode": None, "keys": None}}}},
    site="[policy]\nsignatures = true\n",
)
@bad(
    "",
    host={"keys": {"keyrings": {"secret": {"keys": 1, "locked": 1}}, "terminal": False}},
    site="[policy]\nsignatures = true\n",
)
@good("", site="[policy]\nsignatures = true\n")
@good("", host={"keys": {"keyrings": {"secret": {"keys": 0}}}})
@good(
    "",
    host={"keys": {"keyrings": {"secret": {"keys": 1, "locked": 1}}}},
    site="[policy]\nsignatures = true\n",
)
@good(
    "",
    host={"keys": {"keyrings": {"secret": {"keys": 2, "locked": 1}}, "terminal": False}},
    site="[policy]\nsignatures = true\n",
)
@good("", host={"keys": {"keyrings": {"secret": {"keys": 0}}}}, site="fugaku:compute")
@good(
    "",
    host={"keys": {"keyrings": {"secret": {"keys": {"unknown": "Permission denied"}}}}},
    site="[policy]\nsignatures = true\n",
)
def no_signing_key(host: Host, site: Site | None = None) -> Findings:
    """The image has to be signed, and there is no key to sign it with.

    Signing comes after the build, and is then refused: "Failed to sign container: keyring is empty" (measured).  A key that a
    passphrase locks is of no use where there is no terminal to type it in, as in a job: "openpgp: invalid data: private key
    checksum failure" (measured).  Source: RIKEN guide on images; measured.
    """
    ring = host.keys.keyring("secret")
    if site is None or site.policy.signatures is not True or ring is None:
        return
    if ring.exists is False or known(ring.keys, 1) == 0:
        state = "does not exist" if ring.exists is False else "is empty"
        yield finding(host, site=site.name, path=ring.path, state=state, runtime=command(host, site))
    elif not host.keys.terminal and (known(ring.locked) or 0) >= (known(ring.keys) or 1):
        values: dict[str, Any] = {"site": site.name, "path": ring.path, "runtime": command(host, site)}
        yield finding(host, "locked", severity="warning", confidence="medium", **values)
