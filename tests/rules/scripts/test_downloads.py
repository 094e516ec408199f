"""DEF903 to DEF907: what is fetched from the network."""

from __future__ import annotations

import re

import pytest

from sifcheck.base.findings import Finding, Fix
from sifcheck.lint.rule import Rule
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.scripts import downloads

HEAD = "Bootstrap: docker\nFrom: debian:12.5\n"


def fix_of(finding: Finding) -> Fix:
    assert finding.fix is not None
    return finding.fix


def found(rule: Rule, post: str, section: str = "%post") -> list[Finding]:
    return check_text(f"{HEAD}{section}\n    {post}\n", rule)


def after_fix(rule: Rule, post: str) -> str:
    text = f"{HEAD}%post\n    {post}\n"
    (finding,) = check_text(text, rule)
    assert finding.fix is not None
    return apply_edits(text, fix_of(finding).edits).split("%post\n    ")[1].rstrip("\n")


# -- clones


CLONE = "git clone https://git.example.org/app.git"


@pytest.mark.parametrize(
    "post",
    [
        CLONE,
        f"{CLONE} /opt/app",
        "git clone --depth 1 --recursive https://git.example.org/app",
        "git clone -b main https://git.example.org/app.git",
        "git clone --branch=develop https://git.example.org/app.git",
        "git clone git@git.example.org:x/app.git",
        "git -c http.postBuffer=1 clone https://git.example.org/app.git",
        f"{CLONE} && cd app && make",
        f"{CLONE}\n    cd app && git checkout master",
        f"{CLONE}\n    cd app && git submodule update --init",
        f"git clone https://git.example.org/lib.git && cd lib && git checkout v1 && cd ..\n    {CLONE}",
        f"{CLONE}\n    git clone https://git.example.org/lib.git\n    cd lib && git checkout v1",
        f"{CLONE}\n    cd /opt/other && git checkout v1",
        f"{CLONE}\n    git -C other checkout v1",
        "git clone https://git.example.org/$PROJECT.git",
    ],
)
def test_a_clone_of_whatever_is_there(post: str) -> None:
    assert [f.severity for f in found(downloads.unpinned_clone, post)] == ["warning"]


@pytest.mark.parametrize(
    "post",
    [
        "git clone -b v1.0 https://git.example.org/app.git",
        "git clone --branch $VERSION https://git.example.org/app.git",
        "git clone -bv1.0 https://git.example.org/app.git",
        f"{CLONE} && cd app && git checkout v1.0",
        f"{CLONE}\n    cd app\n    git checkout -q 3f2a9c1\n    make",
        f"{CLONE} /opt/src\n    cd /opt/src && git reset --hard $COMMIT",
        f"{CLONE}\n    git -C app checkout v1.0",
        f"{CLONE}\n    cd app && git switch --detach v1.0",
        f"{CLONE} && cd app/lib && git checkout tags/v1.0",
        f"pushd /opt && {CLONE} && pushd app && git checkout 1.0",
        f"{CLONE}\n    cd $SOURCES\n    git checkout v1.0",
        "git clone /opt/src/app.git",
        "git clone ./app",
        "git clone $URL",
        "git pull",
        "echo git clone https://git.example.org/app.git",
    ],
)
def test_a_clone_that_is_pinned(post: str) -> None:
    assert [f.message for f in found(downloads.unpinned_clone, post)] == []


@pytest.mark.parametrize(
    ("word", "moving"),
    [
        ("git+https://git.example.org/a.git", True),
        ("git+https://git.example.org/a.git@main", True),
        ("git+https://git.example.org/a.git#egg=a", True),
        ("'a @ git+https://git.example.org/a.git'", True),
        ("git+ssh://git@git.example.org/a.git", True),
        ("git+https://git.example.org/a.git@v1.0", False),
        ("git+ssh://git@git.example.org/a.git@3f2a9c1", False),
        ("git+https://git.example.org/a.git@$TAG", False),
        ("'a @ git+https://git.example.org/a.git@v1.0#egg=a'", False),
    ],
)
def test_python_packages_from_git(word: str, moving: bool) -> None:
    assert bool(found(downloads.unpinned_clone, f"python3 -m pip install {word}")) is moving


def test_a_password_in_an_address_is_not_repeated() -> None:
    (finding,) = found(downloads.unpinned_clone, "git clone https://jane:tulip@git.example.org/app.git")
    assert "tulip" not in finding.message


def test_scripts_that_run_later_are_not_judged() -> None:
    assert found(downloads.unpinned_clone, CLONE, "%runscript") == []
    assert found(downloads.moving_download, "curl https://x.example.org/latest/a", "%runscript") == []


# -- moving addresses


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("https://repo.example.org/Miniconda3-latest-Linux-x86_64.sh", "Miniconda3-latest-Linux-x86_64.sh"),
        ("https://x.example.org/latest/app.tgz", "latest"),
        ("https://x.example.org/app/latest", "latest"),
        ("https://github.com/a/b/releases/latest/download/c.tgz", "latest"),
        ("https://x.example.org/nightly/app", "nightly"),
        ("https://x.example.org/plink_latest.zip", "plink_latest.zip"),
        ("https://github.com/a/b/archive/main.zip", "main.zip"),
        ("https://github.com/a/b/archive/refs/heads/master.tar.gz", "master.tar.gz"),
        ("https://github.com/a/b/archive/HEAD.tar.gz", "HEAD.tar.gz"),
        ("https://raw.githubusercontent.com/a/b/master/c.py", "master"),
        ("https://github.com/a/b/raw/main/c.py", "main"),
        ("https://github.com/a/b/tarball/master", "master"),
        ("https://huggingface.co/a/b/resolve/main/m.bin", "main"),
        ("https://x.example.org/latest/app-$V.tgz?x=1", "latest"),
    ],
)
def test_an_address_that_moves(url: str, part: str) -> None:
    for program in ("wget", "curl -fsSL", "curl -o x", "aria2c"):
        (finding,) = found(downloads.moving_download, f"{program} '{url}'")
        assert f"`{part}`" in finding.message


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example.org/app-1.0.tar.gz",
        "http://deb.debian.org/debian/pool/main/z/zlib/zlib.deb",
        "https://repo.anaconda.com/pkgs/main/linux-64/a.conda",
        "https://raw.githubusercontent.com/a/b/v1.0/main.py",
        "https://x.example.org/masterclass/main.c",
        "https://x.example.org/latestnews.html",
        "https://raw.githubusercontent.com/ros/rosdistro/master/ros.key",
        "https://x.example.org/a?branch=main",
    ],
)
def test_an_address_that_stays(url: str) -> None:
    assert found(downloads.moving_download, f"wget '{url}'") == []


def test_values_of_options_are_no_downloads() -> None:
    post = "curl -e https://x.example.org/latest/ -x http://proxy.example.org:1 https://x.example.org/a-1.tgz"
    assert found(downloads.moving_download, post) == []
    assert found(downloads.tls_check_disabled, post) == []


# -- the check of the sender


@pytest.mark.parametrize(
    ("post", "right"),
    [
        ("curl -k https://x.example.org/a", "curl https://x.example.org/a"),
        ("curl -kL https://x.example.org/a", "curl -L https://x.example.org/a"),
        ("curl -Lk https://x.example.org/a", "curl -L https://x.example.org/a"),
        ("curl --insecure -O https://x.example.org/a", "curl -O https://x.example.org/a"),
        ("wget -q --no-check-certificate https://x.example.org/a", "wget -q https://x.example.org/a"),
        ("wget https://x.example.org/a --no-check-certificate", "wget https://x.example.org/a"),
    ],
)
def test_flags_that_switch_the_check_off(post: str, right: str) -> None:
    assert [(f.severity, fix_of(f).safe) for f in found(downloads.tls_check_disabled, post)] == [
        ("warning", False)
    ]
    assert after_fix(downloads.tls_check_disabled, post) == right


@pytest.mark.parametrize(
    ("post", "wrong"),
    [
        ("git config --global http.sslVerify false", True),
        ("git config http.sslverify=false", True),
        ("git -c http.sslVerify=false clone -b v1 https://x.example.org/a", True),
        ("git config --global http.sslVerify true", False),
        ("GIT_SSL_NO_VERIFY=1 git fetch", True),
        ("export GIT_SSL_NO_VERIFY=true", True),
        ("export GIT_SSL_NO_VERIFY=", False),
        ("conda config --set ssl_verify false", True),
        ("conda config --set ssl_verify true", False),
        ("curl -fsSL https://x.example.org/a", False),
        ("curl -o -k https://x.example.org/a", False),
        ("tar -k xf a", False),
    ],
)
def test_settings_that_switch_the_check_off(post: str, wrong: bool) -> None:
    assert bool(found(downloads.tls_check_disabled, post)) is wrong


@pytest.mark.parametrize(
    ("post", "wrong"),
    [
        ("wget http://x.example.org/a.tgz", True),
        ("curl -O HTTP://x.example.org/a.tgz", True),
        ("wget http://x.example.org/a.tgz\n    echo 'ab  a.tgz' | sha256sum -c", False),
        ("echo 'ab  a.tgz' | sha256sum -c\n    wget http://x.example.org/a.tgz", True),
        ("wget http://x.example.org/a.tgz\n    gpg --verify a.tgz.sig", False),
        ("wget http://localhost:80/a", False),
        ("wget http://$HOST/a", False),
        ("wget http://192.168.1.5/a", False),
    ],
)
def test_plain_http(post: str, wrong: bool) -> None:
    assert [f.severity for f in found(downloads.tls_check_disabled, post)] == (["info"] if wrong else [])


# -- addresses that have gone


@pytest.mark.parametrize(
    "post",
    [
        "git clone -b v1 git://github.com/a/b.git",
        "pip install git+git://github.com/a/b.git@v1",
        "wget https://dl.bintray.com/boostorg/x.tgz",
        "apt-key adv --recv-keys --keyserver hkp://pool.sks-keyservers.net:80 0xA5D3",
        "gpg --keyserver ha.pool.sks-keyservers.net --recv-keys 1",
        "yum install -y https://dl.fedoraproject.org/pub/epel/epel-release-latest-7.noarch.rpm",
        "yum-config-manager --add-repo http://mirror.centos.org/centos/7/os/x86_64/",
        'Rscript -e \'install.packages("a", repos="https://mran.microsoft.com/snapshot/2019-01-01")\'',
        "add-apt-repository 'deb https://apt.kubernetes.io/ kubernetes-xenial main'",
    ],
)
def test_an_address_that_has_gone(post: str) -> None:
    (finding,) = found(downloads.dead_url, post)
    assert (finding.severity, finding.profile, finding.confidence) == ("error", "minimal", "high")


@pytest.mark.parametrize(
    "post",
    [
        "sed -i 's|http://mirror.centos.org|http://vault.centos.org|' /etc/yum.repos.d/*.repo",
        "git config --global url.https://github.com/.insteadOf git://github.com/\n    git clone git://github.com/a/b",
        "git clone git://github.com/a/b || true",
        "if wget https://dl.bintray.com/a; then true; fi",
        "for i in 1 2; do gpg --keyserver pool.sks-keyservers.net --recv-keys 1 && break; done",
        "echo https://dl.bintray.com/a",
        "add-apt-repository -r 'deb https://dl.bintray.com/a focal main'",
        "yum install -y https://dl.fedoraproject.org/pub/epel/epel-release-latest-9.noarch.rpm",
        "wget https://mirror.stream.centos.org/9-stream/a.rpm",
        "git clone git://git.example.org/a",
        "wget https://packages.microsoft.com/a.deb",
    ],
)
def test_addresses_that_answer_or_are_not_asked(post: str) -> None:
    assert [f.message for f in found(downloads.dead_url, post)] == []


def test_git_over_https() -> None:
    assert after_fix(downloads.dead_url, "git clone -b v1 git://github.com/a/b.git") == (
        "git clone -b v1 https://github.com/a/b.git"
    )
    assert after_fix(downloads.dead_url, 'git clone -b v1 "git://github.com/a/b.git" x') == (
        'git clone -b v1 "https://github.com/a/b.git" x'
    )
    (finding,) = found(downloads.dead_url, "git clone -b v1 git://github.com/a/b.git")
    assert fix_of(finding).safe


def test_each_entry_of_the_table_has_a_day_and_a_source() -> None:
    for entry in downloads.GONE:
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", entry.since), entry
        assert entry.since < downloads.CHECKED
        assert entry.source
        assert entry.instead
        assert entry.mark.lower() == entry.mark


# -- checksums


@pytest.mark.parametrize(
    ("post", "key"),
    [
        ("wget https://x.example.org/a-1.tar.gz", "compared"),
        ("curl -L https://x.example.org/get -o a.zip", "compared"),
        ("wget https://x.example.org/a.sh\n    sh a.sh", "compared"),
        ("curl -fsSL https://x.example.org/i.sh | sh", "run as it arrives"),
        ("wget -qO- https://x.example.org/i.sh | sudo bash -s -- -y", "run as it arrives"),
        ("curl -s https://x.example.org/i.py | python3.11 -", "run as it arrives"),
        ("bash <(curl -s https://x.example.org/i.sh)", "run as it arrives"),
        ('sh -c "$(wget -qO- https://x.example.org/i.sh)"', "run as it arrives"),
        ('eval "$(curl https://x.example.org/i)"', "run as it arrives"),
    ],
)
def test_what_is_used_as_it_arrives(post: str, key: str) -> None:
    (finding,) = found(downloads.unverified_download, post)
    assert key in finding.message
    assert (finding.severity, finding.profile) == ("info", "strict")


@pytest.mark.parametrize(
    "post",
    [
        "wget https://x.example.org/a-1.tar.gz && sha256sum -c sums",
        "wget https://x.example.org/a-1.tar.gz\n    echo 'ab a' | sha512sum --check",
        "wget https://x.example.org/a-1.rpm\n    rpm -K a-1.rpm",
        "wget https://x.example.org/a-1.tgz\n    openssl dgst -sha256 a-1.tgz",
        "curl https://x.example.org/key.asc | gpg --import",
        "wget https://x.example.org/data.csv",
    ],
)
def test_what_is_checked_or_only_data(post: str) -> None:
    assert found(downloads.unverified_download, post) == []


def test_a_download_to_standard_output_goes_by_its_address() -> None:
    (finding,) = found(downloads.unverified_download, "wget -qO - https://x.example.org/a-1.tgz | tar xz")
    assert "`a-1.tgz`" in finding.message
