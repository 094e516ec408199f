"""Reading site files: what is taken, what is refused and in which words, and what unknown means."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from sifcheck.site.model import NOT_SAID, UNKNOWN, Site, Unknown, known
from sifcheck.site.reader import SiteError, parse_site, read_site

WHOLE = """
[site]
name = "ours"

[[site.detect]]
role = "compute"
hostname = '^node[0-9]+$'
paths = "/scratch"
env = ["SLURM_JOB_ID", "SLURM_CLUSTER_NAME=ours"]

[arch]
login = "x86_64"
compute = "aarch64"
cpu = "unknown"

[nodes.login]
builds = "forbidden"

[nodes.compute]
memory_bytes = 1000
fakeroot = true
user_namespaces = false

[tmp]
default_ok = "unknown"

[[tmp.candidates]]
path = "/scratch"
where = "compute"
max_bytes = "unknown"

[[tmp.candidates]]
path = "/tmp"
where = ["login", "compute"]

[group]
option_since = { singularity-ce = "3.11.4" }

[mpi]
family = "mpich"

[[sources]]
document = "the guide"
date = "2026-01-16"
facts = ["arch", "tmp.candidates[/scratch]"]
"""


def site(text: str) -> Site:
    return parse_site(f'[site]\nname = "ours"\n{text}')


def faults(text: str | bytes) -> list[str]:
    with pytest.raises(SiteError) as raised:
        parse_site(text, "ours.toml")
    return [str(problem) for problem in raised.value.problems]


def test_a_whole_file() -> None:
    read = parse_site(WHOLE, "ours.toml")
    assert (read.name, read.path, read.roles) == ("ours", "ours.toml", ("login", "compute"))
    (sign,) = read.site.detect
    assert (sign.role, sign.hostname, sign.paths) == ("compute", "^node[0-9]+$", ("/scratch",))
    assert sign.env == ("SLURM_JOB_ID", "SLURM_CLUSTER_NAME=ours")
    assert (read.arch.login, read.arch.compute, read.architecture) == ("x86_64", "aarch64", "aarch64")
    assert read.nodes.compute.memory_bytes == 1000
    assert read.nodes.compute.fakeroot is True
    assert read.nodes.compute.user_namespaces is False
    assert [place.path for place in read.tmp.candidates] == ["/scratch", "/tmp"]
    assert read.tmp.candidates[0].where == ("compute",)
    assert read.group.option_since == {"singularity-ce": "3.11.4"}
    assert read.mpi.family == "mpich"


def test_the_node_and_the_folders_of_a_role() -> None:
    read = parse_site(WHOLE)
    assert read.node is read.nodes.compute
    login = read._replace(role="login")
    assert login.node is read.nodes.login
    assert [place.path for place in login.scratch] == ["/tmp"]
    assert [place.path for place in read.scratch] == ["/scratch", "/tmp"]


def test_an_image_is_for_compute_nodes_unless_it_is_for_the_prepost_ones() -> None:
    read = site('[arch]\nlogin = "x86_64"\ncompute = "aarch64"\nprepost = "ppc64le"')
    found = {role: read._replace(role=role).architecture for role in ("", "login", "compute", "prepost")}
    assert found == {"": "aarch64", "login": "aarch64", "compute": "aarch64", "prepost": "ppc64le"}
    assert site("").architecture is None


# -- unknown


def test_unknown_is_neither_true_nor_false() -> None:
    read = parse_site(WHOLE)
    assert read.tmp.default_ok is UNKNOWN
    assert read.nodes.login.fakeroot is NOT_SAID
    for fact in (read.tmp.default_ok, read.nodes.login.fakeroot):
        with pytest.raises(TypeError, match="neither true nor false"):
            bool(fact)
        assert fact != False  # noqa: E712 - what a rule might ask
        assert fact != True  # noqa: E712
        assert known(fact) is None
        assert known(fact, "x") == "x"
    assert set(read.unknown) == {"arch.cpu", "tmp.default_ok", "tmp.candidates[/scratch].max_bytes"}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[arch]\ncpu = "unknown"', "arch.cpu"),
        ('[nodes.compute]\nmemory_bytes = "unknown"', "nodes.compute.memory_bytes"),
        ('[nodes.compute]\nfakeroot = "unknown"', "nodes.compute.fakeroot"),
        ('[nodes.compute]\nbuilds = "unknown"', "nodes.compute.builds"),
        ('[filesystems]\nshared = "unknown"', "filesystems.shared"),
        ('[build]\nwhere = "unknown"', "build.where"),
        ('[group]\noption_since = "unknown"', "group.option_since"),
        ('[packages]\nrepositories = "unknown"', "packages.repositories"),
        ('[runtime]\nversion = "unknown"', "runtime.version"),
        ('detect = "unknown"', "site.detect"),
    ],
)
def test_anything_can_be_unknown(text: str, key: str) -> None:
    assert site(text).unknown == (key,)


@pytest.mark.parametrize("table", [name for name in Site._fields[:16] if name != "site"])
def test_a_whole_table_can_be_unknown(table: str) -> None:
    # Before the first table, since it is a key of none.
    read = parse_site(f'{table} = "unknown"\n[site]\nname = "ours"')
    assert read.unknown == (table,)
    assert_nothing(getattr(read, table))


def test_a_table_that_is_not_there_says_nothing() -> None:
    for value in parse_site('[site]\nname = "ours"')[1:16]:
        assert_nothing(value)


def assert_nothing(value: Any) -> None:
    """Every fact in it is unknown, every list empty."""
    if isinstance(value, Unknown) or value in ((), {}):
        return
    assert isinstance(value, tuple)
    for inner in value:
        assert_nothing(inner)


# -- what is refused


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[arhc]", "ours.toml: arhc: there is no such key; did you mean 'arch'?"),
        ('[arch]\nlogn = "x86_64"', "ours.toml: arch.logn: there is no such key; did you mean 'login'?"),
        (
            "[tmp]\ndefault-env = 'TMPDIR'",
            "ours.toml: tmp.default-env: there is no such key; did you mean 'default_env'?",
        ),
        (
            '[arch]\nlogin = "amd64"',
            "ours.toml: arch.login: 'amd64' is not known; it is one of x86_64, aarch64, ppc64le, riscv64, loongarch64",
        ),
        ("[arch]\nlogin = 64", "ours.toml: arch.login: text is wanted, not the number 64"),
        ("[arch]\nlogin = true", "ours.toml: arch.login: text is wanted, not true"),
        ("[arch]\nlogin = 2026-01-16", "ours.toml: arch.login: text is wanted, not a date or time"),
        ('[arch]\ncpu = ""', "ours.toml: arch.cpu: the text is empty; write \"unknown\", or leave the key out"),
        (
            '[nodes.compute]\nmemory_bytes = "32 GB"',
            "ours.toml: nodes.compute.memory_bytes: a whole number is wanted, not the text '32 GB'",
        ),
        (
            "[nodes.compute]\nmemory_bytes = -1",
            "ours.toml: nodes.compute.memory_bytes: a number of 0 or more, below 2^63, is wanted",
        ),
        ("[nodes.compute]\nfakeroot = 1", "ours.toml: nodes.compute.fakeroot: true or false is wanted, not the number 1"),
        (
            "[nodes.computer]",
            "ours.toml: nodes.computer: there is no such key; did you mean 'compute'?",
        ),
        ("[filesystems]\nshared = 'nfs'", "ours.toml: filesystems.shared: a list of texts is wanted, not the text 'nfs'"),
        ("[filesystems]\nshared = ['nfs', 1]", "ours.toml: filesystems.shared[1]: text is wanted, not the number 1"),
        ("[build]\nwhere = 'compte'", "ours.toml: build.where[0]: 'compte' is not known; did you mean 'compute'?"),
        ("[filesystems]\nvolumes = '^(a'", "ours.toml: filesystems.volumes: '^(a' is no regular expression: "),
        ("[[tmp.candidates]]\nkind = 'tmpfs'", "ours.toml: tmp.candidates[0].path: it is missing"),
        ("[[tmp.candidates]]\npath = 'unknown'", "ours.toml: tmp.candidates[unknown].path: it must be known"),
        (
            "[[tmp.candidates]]\npath = '/a'\nkimd = 'x'",
            "ours.toml: tmp.candidates[/a].kimd: there is no such key; did you mean 'kind'?",
        ),
        ("[tmp.candidates]\npath = '/a'", "ours.toml: tmp.candidates: a list of tables is wanted, not a table"),
        ("[tmp]\ncandidates = ['/a']", "ours.toml: tmp.candidates[0]: a table is wanted, not the text '/a'"),
        ("[group]\noption_since = ['a']", "ours.toml: group.option_since: a table of texts is wanted, not a list"),
        ("[mpi]\nminimum = 'new'", "ours.toml: mpi.minimum: 'new' has not the form of 3.4"),
        ("[[sources]]\ndocument = 'a'", "ours.toml: sources[a].facts: it is missing"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(text: str, fault: str) -> None:
    (found,) = faults(f'[site]\nname = "ours"\n{text}')
    assert found.startswith(fault)
    assert fault.endswith(": ") or found == fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "site: it is missing"),
        ("[site]", "site.name: it is missing"),
        ('site = "ours"', "site: a table is wanted, not the text 'ours'"),
        ('site = "unknown"', "site: it must be known"),
        ('[site]\nname = "unknown"', "site.name: it must be known"),
        (
            '[site]\nname = "Our Site"',
            "site.name: 'Our Site' has not the form of small letters, digits, . _ -",
        ),
        ('[site]\nname = "ours\\n"', "site.name: 'ours\\n' has not the form of small letters, digits, . _ -"),
    ],
)
def test_a_site_has_a_name(text: str, fault: str) -> None:
    assert faults(text) == [f"ours.toml: {fault}"]


def test_an_example_needs_no_name() -> None:
    assert parse_site('[arch]\ncompute = "aarch64"', name="example").name == "example"
    assert parse_site('[site]\nname = "ours"', name="example").name == "ours"


def test_all_faults_are_told_at_once() -> None:
    assert len(faults('[site]\nname = "ours"\n[arch]\na = 1\nlogin = 2\n[tmp]\ndefault_ok = 3')) == 3


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[site", "this is not TOML"),
        ("a = 1\na = 2", "this is not TOML"),
        (b"\xff\xfe", "this is not UTF-8"),
        ("a = " + "[" * 5000 + "]" * 5000, "values are nested too deeply"),
        ("a = 1" + "0" * 5000, "this is not TOML"),
        ("[site]\nname = 'ours'\n[nodes.compute]\nmemory_bytes = 0x" + "f" * 4000, "a number of 0 or more"),
        ("[site]\nname = 'ours'\n[nodes.compute]\nsystem = 0x" + "f" * 4000, "not a very large number"),
    ],
)
def test_text_that_is_no_site_file(text: str | bytes, fault: str) -> None:
    (found,) = faults(text)
    assert fault in found


def test_messages_do_not_steer_the_terminal() -> None:
    found = faults('[site]\nname = "ours"\n["a\\u001b[31m"]\nb = 1\n[arch]\nlogin = "\\u001b[2J\\u202e"')
    assert len(found) == 2
    assert all(line.isprintable() for line in found)


# -- sources


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        (["arch.login"], ""),
        (["arch"], ""),
        (["tmp.candidates[/a]", "tmp.candidates[/a].kind", "tmp", "tmp.candidates"], ""),
        (["arch.cpu"], ""),
        (["arch.lgin"], "'arch.lgin' is nothing that the file says; did you mean 'arch.login'?"),
        (["arch.compute"], "'arch.compute' is nothing that the file says"),
        (["arch.login", "arch.login"], "'arch.login' comes from two documents: 'a guide' and 'a guide'"),
    ],
)
def test_sources_name_facts_that_are_there(facts: list[str], fault: str) -> None:
    text = f"""
        [site]
        name = "ours"
        [arch]
        login = "x86_64"
        cpu = "unknown"
        [[tmp.candidates]]
        path = "/a"
        kind = "tmpfs"
        [[sources]]
        document = "a guide"
        date = "2026"
        facts = {facts}
    """
    if fault:
        (found,) = faults(text)
        assert found.startswith(f"ours.toml: sources: {fault}")
    else:
        assert parse_site(text).sources[0].facts == tuple(facts)


@pytest.mark.parametrize("date", ["2026", "2026-01", "2026-01-16"])
def test_dates(date: str) -> None:
    assert site(f"[[sources]]\ndocument = 'a'\nfacts = []\ndate = '{date}'").sources[0].date == date


# -- files


def test_a_file_has_the_name_of_its_site(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text('[site]\nname = "ours"\n')
    assert read_site(str(file)).path == str(file)
    file.rename(tmp_path / "theirs.toml")
    with pytest.raises(SiteError, match=r"site\.name: the site is called 'ours' and the file 'theirs\.toml'"):
        read_site(str(tmp_path / "theirs.toml"))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "large.toml").write_bytes(b"#" * (1 << 21))
    for name, fault in {
        "missing.toml": "it cannot be read: no such file",
        "pipe.toml": "it is no plain file",
        "folder.toml": "it cannot be read: is a directory",
        "large.toml": "it is too large",
        "nul\0.toml": "embedded null",
    }.items():
        with pytest.raises(SiteError) as raised:
            read_site(str(tmp_path / name))
        assert fault in str(raised.value)
        assert str(raised.value).isprintable()


def test_line_ends_and_a_byte_order_mark_do_no_harm() -> None:
    assert parse_site(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())._replace(path="") == parse_site(
        WHOLE
    )._replace(path="")
