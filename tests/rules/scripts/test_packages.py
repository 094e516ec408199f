"""DEF4 but the caches: what is understood of calls of package managers, and the exceptions of each rule."""

from __future__ import annotations

import pytest

from sifcheck.base.findings import Finding
from sifcheck.base.source import Source
from sifcheck.definition.reader import read_definition
from sifcheck.shell.effects import PackageCall, package_calls
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.scripts import base_commands, package_sources, packages

HEAD = "Bootstrap: docker\nFrom: {}\n"


def check(rule: object, body: str, base: str = "debian:12", before: str = "") -> list[Finding]:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return check_text(f"{HEAD.format(base)}{before}%post\n{lines}", rule)  # type: ignore[arg-type]


def call(words: str) -> PackageCall:
    source = Source("x.def", f"{HEAD.format('debian:12')}%post\n    {words}\n".encode())
    [found] = package_calls(read_definition(source).stages[0].build_scripts)
    return found


@pytest.mark.parametrize(
    ("words", "family", "action", "names"),
    [
        ("apt-get -qq -y install gcc", "apt", "install", ["gcc"]),
        ("apt-get -o Dpkg::Use-Pty=0 -t stable install gcc=1.2", "apt", "install", ["gcc=1.2"]),
        ("DEBIAN_FRONTEND=noninteractive sudo -E /usr/bin/apt install gcc", "apt", "install", ["gcc"]),
        ("dnf --enablerepo crb -y group install Tools", "dnf", "install", ["Tools"]),
        ("yum clean all", "dnf", "clean", ["all"]),
        ("zypper -n in gcc", "zypper", "install", ["gcc"]),
        ("apk add --no-cache -t .build gcc", "apk", "install", ["gcc"]),
        ("python3 -m pip install -r req.txt numpy", "pip", "install", ["numpy"]),
        ("/opt/venv/bin/pip3.11 install numpy", "pip", "install", ["numpy"]),
        ("pip cache purge", "pip", "clean", []),
        ("conda install -yc conda-forge numpy", "conda", "install", ["numpy"]),
        ("conda env create -f env.yml", "conda", "install", []),
        ("micromamba run -n base pip install numpy", "pip", "install", ["numpy"]),
        ("npm install -g tool@1", "npm", "install", ["tool@1"]),
        ("apt-get install -- -odd", "apt", "install", ["-odd"]),
    ],
)
def test_reading_a_call(words: str, family: str, action: str, names: list[str]) -> None:
    found = call(words)
    assert (found.family, found.action) == (family, action)
    assert [word.value for word in found.names] == names


def test_packages_of_a_call() -> None:
    found = call("apt-get install -y gcc=12 libc6:arm64 ./x.deb 'lib*' $MORE numpy[extra]==1")
    assert [name for name, _ in found.packages] == ["gcc", "libc6", "numpy"]
    assert [word.text for word in found.open] == ["$MORE"]


@pytest.mark.parametrize(
    "words",
    [
        "dnf install gcc",
        "yum update",
        "yum remove gcc",
        "microdnf install gcc",
        "zypper install gcc",
        "dnf install $PACKAGES",
        "sudo dnf install gcc",
    ],
)
def test_rpm_tools_that_ask(words: str) -> None:
    [found] = check(packages.interactive_install, words, "rockylinux:9.4")
    assert (found.severity, found.confidence) == ("error", "high")


@pytest.mark.parametrize(
    "body",
    [
        "dnf makecache",
        "dnf clean all",
        "dnf $OPTIONS install gcc",
        'FLAGS="-y -q"\ndnf $FLAGS install gcc',
        'install() { dnf install "$@"; }\ninstall -y gcc',
        "yes | yum install gcc",
        "yum install gcc < /dev/null",
        "if yum install gcc; then ls; fi",
        "echo 'APT::Get::Assume-Yes \"true\";' > /etc/apt/apt.conf.d/90yes\napt-get install gcc",
        "apt-get -o APT::Get::Assume-Yes=true install gcc",
        "apt-get install -s gcc",
        "apt-get -q=2 install gcc",
        "apt-get update",
        "apt-get remove gcc",
        "apt-get install -y gcc",
        "DEBIAN_FRONTEND=noninteractive apt-get install -y tzdata",
        "env DEBIAN_FRONTEND=noninteractive apt-get install -y tzdata",
        "echo 'tzdata tzdata/Areas select Etc' | debconf-set-selections\napt-get install -y tzdata",
    ],
)
def test_nothing_asks(body: str) -> None:
    assert not check(packages.interactive_install, body)


def test_debconf_is_told_once() -> None:
    found = check(packages.interactive_install, "apt-get install -y tzdata\napt-get install -y krb5-user")
    assert len(found) == 1


@pytest.mark.parametrize(
    ("base", "body", "flagged"),
    [
        ("ubuntu:22.04", "apt-get install -y gcc", True),
        ("docker.io/library/debian:bookworm-slim", "apt install -y gcc", True),
        ("ubuntu:22.04", "# apt-get update\napt-get install -y gcc", True),
        ("ubuntu:22.04", "apt-get -qq update\napt-get install -y gcc", False),
        ("ubuntu:22.04", 'sh -c "apt-get update"\napt-get install -y gcc', False),
        ("ubuntu:22.04", "./setup.sh\napt-get install -y gcc", False),
        ("ubuntu:22.04", "if true; then apt-get install -y gcc; fi", False),
        ("ubuntu:22.04", "apt-get install -y gcc || apt-get update", False),
        ("ubuntu:22.04", "apt-get upgrade -y", False),
        ("ubuntu:22.04", "apt-get install -y /opt/a.deb ./b.deb", False),
        ("python:3.12", "apt-get install -y gcc", False),
        ("rocker/r-ver:4.3.0", "apt-get install -y gcc", False),
    ],
)
def test_lists_before_the_first_install(base: str, body: str, flagged: bool) -> None:
    assert bool(check(packages.apt_without_update, body, base)) is flagged


@pytest.mark.parametrize(
    ("name", "flagged"),
    [
        ("nvidia-driver-535", True),
        ("nvidia-driver-535=535.1", True),
        ("nvidia-utils-470", True),
        ("nvidia-compute-utils-470", True),
        ("libcuda1", True),
        ("libcuda1-340", True),
        ("libnvidia-compute-430", True),
        ("xorg-x11-drv-nvidia-cuda", True),
        ("'nvidia-driver*'", True),
        ("amdgpu-dkms", True),
        ("nvidia-cuda-toolkit", False),
        ("cuda-compat-12-4", False),
        ("cuda-driver-dev-12-4", False),
        ("libcuda1000", False),
        ("nvidia-container-toolkit", False),
        ("libnvidia-container1", False),
    ],
)
def test_parts_of_the_driver(name: str, flagged: bool) -> None:
    assert bool(check(packages.gpu_driver_in_image, f"apt-get install -y gcc {name}")) is flagged


def test_several_parts_of_the_driver_are_one_finding() -> None:
    body = "apt-get install -y libcuda1 gcc nvidia-utils-470"
    text = f"{HEAD.format('debian:12')}%post\n    {body}\n"
    [found] = check_text(text, packages.gpu_driver_in_image)
    assert found.fix is not None
    assert not found.fix.safe
    assert apply_edits(text, found.fix.edits).endswith("apt-get install -y gcc\n")


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("pip install a b c d e", "a, b, c and 2 more"),
        ("pip install 'a[x]' b==1", "a[x]"),
        ("conda install -y 'a>1' b", "b"),
        ("npm i -g @scope/tool", "@scope/tool"),
        ("cargo install --locked tool", "tool"),
    ],
)
def test_unpinned(words: str, names: str) -> None:
    [found] = check(packages.unpinned_packages, words)
    assert f" {names}:" in found.message


@pytest.mark.parametrize(
    "words",
    [
        "pip install .",
        "pip install -e .",
        "pip install $NAME",
        "pip install a==$VERSION",
        "pip install https://example.org/a.whl",
        "npm ci",
        "npm install",
        "cargo install --path .",
        "conda update -y conda",
        'Rscript -e \'install.packages("a", repos="https://example.org/2024-01-01")\'',
    ],
)
def test_pinned(words: str) -> None:
    assert not check(packages.unpinned_packages, words)


def test_recommended_packages_is_quiet_where_the_author_chose() -> None:
    assert not check(packages.recommended_packages, "apt-get install -y --install-recommends gcc")
    assert not check(packages.recommended_packages, "apt-get build-dep -y gcc")


@pytest.mark.parametrize(
    ("body", "severities"),
    [
        ("zypper --no-gpg-checks in -y a", ["warning"]),
        ("apk add --allow-untrusted a.apk", ["warning"]),
        ("dnf install -y a --setopt=gpgcheck=0", ["warning"]),
        ("sed -i 's/gpgcheck=1/gpgcheck=0/' /etc/yum.repos.d/a.repo", ["warning"]),
        ("pip install --trusted-host=pypi.org a", ["warning"]),
        ("dnf --nogpgcheck --repofrompath=x,file:///opt/x install -y a", ["info"]),
        ("echo 'run it with --nogpgcheck'", []),
        ("repo_gpgcheck=0", []),
        ("printf 'gpgcheck=0\\n' >> /etc/yum.repos.d/a.repo", ["warning"]),
        ("ls # --force-yes", []),
    ],
)
def test_unchecked_packages(body: str, severities: list[str]) -> None:
    found = check(package_sources.unauthenticated_packages, body, "rockylinux:9.4")
    assert [finding.severity for finding in found] == severities


def test_repository_file_with_a_local_and_a_public_part() -> None:
    body = (
        "cat > /etc/yum.repos.d/a.repo <<E\n[a]\nbaseurl=file:///opt/a\ngpgcheck=0\n"
        "[b]\nbaseurl=https://example.org/b\ngpgcheck=0\nE"
    )
    text = f"{HEAD.format('rockylinux:9.4')}%post\n{body}\n"
    found = check_text(text, package_sources.unauthenticated_packages)
    assert [finding.severity for finding in found] == ["info", "warning"]


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("file:///opt/repo/tcs/", "opt_repo_tcs_.repo"),
        ("http://10.0.0.1:8080/repo", "10.0.0.1_8080_repo.repo"),
        ("http://192.168.1.2/site.repo", "site.repo"),
        ("/site.repo", "site.repo"),
    ],
)
def test_name_of_the_copy_that_stays(address: str, file: str) -> None:
    [found] = check(package_sources.site_only_repository, f"dnf config-manager --add-repo {address}")
    assert found.severity == "warning"
    assert f"/etc/yum.repos.d/{file} " in found.message


@pytest.mark.parametrize(
    ("body", "severities"),
    [
        ("dnf config-manager --add-repo file:///opt/x\nrm -f /etc/yum.repos.d/opt_x.repo", ["info"]),
        ("dnf config-manager --add-repo file:///opt/x\nrm -f /etc/yum.repos.d/*.repo", ["info"]),
        ("dnf config-manager --add-repo file:///opt/x\ndnf config-manager --set-disabled opt_x", ["info"]),
        ("dnf config-manager --add-repo https://example.org/x", []),
        ("wget http://172.15.0.1/x http://11.0.0.1/y", []),
        ("wget -q http://172.31.0.1/x", ["info"]),
        ("curl -x http://10.0.0.1:3128 https://example.org/x", []),
        ("git clone file:///opt/x", []),
    ],
)
def test_places_of_one_site(body: str, severities: list[str]) -> None:
    found = check(package_sources.site_only_repository, body, "rockylinux:9.4")
    assert [finding.severity for finding in found] == severities


@pytest.mark.parametrize(
    ("base", "body", "message"),
    [
        ("rockylinux:9.4", "apt-get update", "Rocky Linux 9 has no `apt-get`"),
        ("redhat/ubi9-minimal", "dnf install -y gcc", "has no `dnf`: its package manager is `microdnf`"),
        ("alpine:3.20", "apt-get update", "Alpine 3.20 has no `apt-get`"),
        ("debian:12", "yum install -y gcc", "Debian 12 has no `yum`"),
        ("busybox:1.36", "apt-get update", "nor any other package manager"),
        ("debian:13", "apt-key add x", "has no `apt-key` any more"),
        ("ubuntu:24.04", "wget http://example.org/x", "Ubuntu 24.04 has no `wget`"),
        ("debian:12", "apt-get install -y wget\ngit clone http://example.org/x", "Debian 12 has no `git`"),
        ("gcr.io/distroless/static:latest", "echo hello", "needs a /bin/sh"),
    ],
)
def test_commands_that_are_missing(base: str, body: str, message: str) -> None:
    [found] = check(base_commands.command_not_in_base, body, base)
    assert message in found.message


@pytest.mark.parametrize(
    ("base", "body"),
    [
        ("someone/image:1", "sudo apt-get update"),
        ("debian:12", "apt-get install -y yum && yum --version"),
        ("debian:12", "apt-key add x"),
        ("debian:12", "bash install-tools.sh\nwget http://example.org/x"),
        ("debian:12", "cp wget /usr/bin/wget\nwget http://example.org/x"),
        ("debian:12", "apt-get install -y $TOOLS\nwget http://example.org/x"),
        ("debian:12", "which yum && yum install -y x"),
        ("debian:12", "[ -x /usr/bin/yum ] && yum install -y x || true"),
        ("debian:12", "apt-get update || yum makecache"),
        ("rockylinux:9.4", "curl -O http://example.org/x"),
        ("debian:12", "apt-get install -y build-essential\nmake"),
        ("gcr.io/distroless/static:debug", "echo hello"),
    ],
)
def test_commands_that_may_be_there(base: str, body: str) -> None:
    assert not check(base_commands.command_not_in_base, body, base)


@pytest.mark.parametrize(
    ("body", "flagged"),
    [
        ("apt-get install -y --no-install-recommends curl\ncurl -O https://example.org/x", True),
        ("apt-get install -y --no-install-recommends git\ngit clone https://example.org/x", True),
        ("apt-get install -y --no-install-recommends curl\ncurl -k https://example.org/x", False),
        ("apt-get install -y --no-install-recommends curl\ncurl -O http://example.org/x", False),
        ("apt-get install -y curl\ncurl -O https://example.org/x", False),
        (
            "apt-get install -y --no-install-recommends curl ca-certificates\ncurl https://example.org/x",
            False,
        ),
        ("apt-get install -y --no-install-recommends curl python3-pip\ncurl https://example.org/x", False),
    ],
)
def test_certificates(body: str, flagged: bool) -> None:
    assert bool(check(base_commands.command_not_in_base, body)) is flagged


def test_sudo_with_options_has_no_fix() -> None:
    [found] = check(base_commands.command_not_in_base, "sudo -u nobody true\nsudo ls")
    assert found.severity == "error"
    assert found.fix is None


def test_scratch_with_something_put_in() -> None:
    for section in ("%files\n    sh /bin/sh\n", "%setup\n    cp sh $SINGULARITY_ROOTFS/bin\n"):
        text = f"Bootstrap: scratch\n{section}%post\n    echo hello\n"
        assert not check_text(text, base_commands.command_not_in_base)


@pytest.mark.parametrize(
    ("words", "flagged"),
    [
        ("chown -R solver /opt", True),
        ("chown 1000:1000 /opt", True),
        ("chown root:staff /opt", True),
        ("chgrp staff /opt", True),
        ("chown root:root /opt", False),
        ("chown 0:0 /opt", False),
        ("chown :0 /opt", False),
        ("chown $OWNER /opt", False),
        ("chown --reference=/etc /opt", False),
        ("chown solver /opt || :", False),
        ("runuser -u solver -- make", True),
        ("su -c make", False),
        ("su - root", False),
        ("adduser --disabled-password solver", True),
        ("apt-get install -y postgresql-14", True),
        ("apt-get install -y libpostgresql-jdbc-java postgresql-client", False),
        ("dnf install -y mysql mariadb-devel", False),
        ("dnf install -y mariadb-server", True),
    ],
)
def test_users(words: str, flagged: bool) -> None:
    found = check(base_commands.users_added_in_build, words)
    assert bool(found) is flagged
    assert all(finding.severity == "info" for finding in found)


@pytest.mark.parametrize(
    ("base", "body", "flagged"),
    [
        ("ubuntu:24.04", "pip3 install a", True),
        ("ubuntu:23.04", "pip install -r x.txt", True),
        ("debian:trixie", "python3 -m pip install --user a", True),
        ("ubuntu:22.10", "pip3 install a", False),
        ("debian:11", "pip3 install a", False),
        ("debian:12", "/opt/python/bin/pip install a", False),
        ("debian:12", "pip3.12 install a", False),
        ("debian:12", "export PIP_BREAK_SYSTEM_PACKAGES=1\npip3 install a", False),
        ("debian:12", "pip3 config set global.break-system-packages true\npip3 install a", False),
        ("debian:12", "export PATH=/opt/x/bin:$PATH\npip3 install a", False),
        ("debian:12", "pip3 install a || true", False),
        ("debian:12", "pip3 install --target=/opt/x a", False),
        ("continuumio/miniconda3:24.1.2-0", "pip install a", False),
    ],
)
def test_managed_python(base: str, body: str, flagged: bool) -> None:
    found = check(package_sources.externally_managed_python, f"apt-get install -y python3-pip\n{body}", base)
    assert bool(found) is flagged
    assert all((finding.severity, finding.profile) == ("error", "minimal") for finding in found)
