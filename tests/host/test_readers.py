"""The small readers behind the probes: mounts, subordinate ids, control groups, quotas, key rings and the like."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sifcheck.base.facts import Outcome, Unknown
from sifcheck.base.text import parse_size
from sifcheck.host.mounts import Mount, mount_of, parse_mounts
from sifcheck.host.probes.identity import parse_ranges
from sifcheck.host.probes.keys import count_keys, count_locked, count_logins, look_at_keys
from sifcheck.host.probes.machine import parse_os_release, role_of
from sifcheck.host.probes.memory import Controls, read_controls
from sifcheck.host.probes.quota import parse_lustre_quota
from sifcheck.host.probes.remotes import may_have_library, parse_remotes
from sifcheck.host.probes.runtimes import parse_build_settings, parse_configuration, parse_refusal
from sifcheck.host.probes.scheduler import look_at_scheduler
from sifcheck.host.snapshot import IdRange, Quota, RuntimeConfiguration, Scheduler, Setting, Variable

MOUNTS = parse_mounts(
    [
        "22 1 8:2 / / rw,relatime - ext4 /dev/sda2 rw,errors=remount-ro\n",
        "30 22 0:26 / /tmp rw,nosuid,nodev - tmpfs tmpfs rw,size=20971520k\n",
        "31 30 0:31 / /tmp/in\\040side rw,noexec shared:5 master:1 - lustre 10.0.0.1@o2ib:/fs ro\n",
        "33 22 8:2 /sub /bound rw - ext4 /dev/sda2 rw\n",
        "nonsense\n",
        "34 22 8:2 /x /y rw -\n",
    ]
)


def test_mounts_are_read():
    assert [mount.point for mount in MOUNTS] == ["/", "/tmp", "/tmp/in side", "/bound"]
    assert MOUNTS[2] == Mount("0:31", "/tmp/in side", "lustre", "10.0.0.1@o2ib:/fs", ("rw", "noexec", "ro"))


@pytest.mark.parametrize(
    ("path", "device", "point", "own"),
    [
        ("/", (8, 2), "/", True),
        ("/home/x", (8, 2), "/", True),
        ("/tmp", (0, 26), "/tmp", True),
        ("/tmp/in side/x", (0, 31), "/tmp/in side", True),
        ("/tmpx", (8, 2), "/", True),
        ("/bound/x", (8, 2), "/bound", True),
        ("/home/subvolume", (0, 99), "/", False),
    ],
)
def test_the_mount_of_a_path(path, device, point, own):
    mount, is_own = mount_of(path, os.makedev(*device), MOUNTS)
    assert (mount.point, is_own) == (point, own)


def test_no_mount_at_all():
    assert mount_of("/x", 5, ()) == (None, False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("builder:100000:65536\n", [(100000, 65536)]),
        ("1001:100000:65536\n", [(100000, 65536)]),
        ("!builder:100000:65536\n", []),
        ("other:1:2\nbuilder:5:6\nbuilder:7:8", [(5, 6), (7, 8)]),
        ("builder2:100000:65536\n", []),
        ("builder:x:65536\nbuilder:1\nbuilder:1:2:3\n\n# builder:1:2\n", []),
    ],
)
def test_subordinate_ids(text, expected):
    assert parse_ranges(text.splitlines(), "builder", 1001) == tuple(IdRange(*pair) for pair in expected)


def test_os_release():
    assert parse_os_release("ID=\"rocky\"\nVERSION_ID=9.5\n# x=y\nnothing\nNAME='a b'\n") == {
        "ID": "rocky",
        "VERSION_ID": "9.5",
        "NAME": "a b",
    }


@pytest.mark.parametrize(
    ("text", "unit", "size"),
    [
        ("4000", "m", 4000 << 20),
        ("4000M", "", 4000 << 20),
        ("2.5GiB", "", 5 << 29),
        ("10kb", "m", 10240),
        ("0", "m", 0),
        ("x", "", None),
        ("", "m", None),
        ("-5", "", None),
    ],
)
def test_sizes(text, unit, size):
    assert parse_size(text, unit) == size


def test_schedulers():
    def nothing(_):
        return False

    assert look_at_scheduler({}, nothing) == Scheduler(None, None, (), None, ())
    pjm = look_at_scheduler({"PJM_JOBID": "77", "PJM_LOCALTMP": "/local/77"}, nothing)
    assert (pjm.kind, pjm.job, pjm.node_local) == ("pjm", "77", (Variable("PJM_LOCALTMP", "/local/77"),))
    slurm = look_at_scheduler({"SLURM_JOB_ID": "5", "SLURM_MEM_PER_NODE": "8000"}, nothing)
    assert slurm.memory_bytes == 8000 << 20
    assert look_at_scheduler({"SLURM_JOB_ID": "5", "SLURM_MEM_PER_NODE": "0"}, nothing).memory_bytes is None
    each = {"SLURM_JOB_ID": "5", "SLURM_MEM_PER_CPU": "1000", "SLURM_CPUS_ON_NODE": "4"}
    assert look_at_scheduler(each, nothing).memory_bytes == 4000 << 20
    assert isinstance(look_at_scheduler({"PBS_JOBID": "5.server"}, nothing).memory_bytes, Unknown)
    login = look_at_scheduler({"PATH": "/usr/bin:/opt/bin"}, {"/opt/bin/pjsub"}.__contains__)
    assert (login.kind, login.job, login.commands) == ("pjm", None, ("pjsub",))
    assert look_at_scheduler({"JOB_ID": "5"}, nothing).kind is None
    assert look_at_scheduler({"JOB_ID": "5", "SGE_ROOT": "/sge"}, nothing).kind == "sge"


def test_roles():
    job = Scheduler("pjm", "5", ("pjsub",), None, ())
    idle = Scheduler("slurm", None, ("sbatch",), None, ())
    none = Scheduler(None, None, (), None, ())
    assert role_of("docker", job, "x", laptop=True)[0] == "container"
    assert role_of(None, job, "login1", laptop=False) == ("compute", ("inside a pjm job",))
    assert role_of(None, idle, "a01", laptop=False) == ("login", ("sbatch on PATH, outside a job",))
    assert role_of(None, none, "login3", laptop=False)[0] == "login"
    assert role_of(None, none, "front-end-of-nothing", laptop=False)[0] == "login"
    assert role_of(None, none, "fedora", laptop=True) == ("laptop", ("it has a battery",))
    assert role_of(None, none, "node1", laptop=False) == ("unknown", ())


def files(root, content):
    for name, text in content.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_control_groups_of_version_2(tmp_path):
    files(
        tmp_path,
        {
            "cgroup.controllers": "memory",
            "job/memory.max": "4096",
            "job/memory.current": "100",
            "job/step/memory.max": "max",
            "job/step/pids.max": "32",
            "job/step/pids.current": "3",
            "job/cpu.max": "200000 100000",
            "job/step/cpu.max": "max 100000",
            "../membership": "0::/job/step\n",
        },
    )
    assert read_controls(str(tmp_path), str(tmp_path / "../membership")) == Controls(2, 4096, 100, 32, 3, 2.0)


def test_control_groups_of_version_1(tmp_path):
    files(
        tmp_path / "root",
        {
            "memory/memory.limit_in_bytes": "9223372036854771712",
            "memory/slurm/job/memory.limit_in_bytes": "4096",
            "memory/slurm/job/memory.usage_in_bytes": "100",
            "memory/slurm/memory.limit_in_bytes": "8192",
            "cpu/cpu.cfs_quota_us": "-1",
            "pids/pids.max": "max",
        },
    )
    (tmp_path / "membership").write_text(
        "5:memory:/slurm/job\n4:cpu,cpuacct:/gone/away\n3:pids:/../..\n0::/\n"
    )
    assert read_controls(str(tmp_path / "root"), str(tmp_path / "membership")) == Controls(
        1, 4096, 100, None, None, None
    )


def test_no_control_groups(tmp_path):
    (tmp_path / "membership").write_text("0::/\n")
    assert read_controls(str(tmp_path), str(tmp_path / "membership")) == Controls(
        None, None, None, None, None, None
    )
    assert read_controls(str(tmp_path), str(tmp_path / "none")).limit_bytes == Unknown(
        "No such file or directory"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "/vol0004 1048576 20971520 20971520 - 500 200000 200000 -",
            Quota(1 << 30, 20 << 30, 500, 200000, "lfs quota"),
        ),
        (
            "     /vol0004\n 1048576* 0 1048576 6d23h 500 0 0 -\n",
            Quota(1 << 30, 1 << 30, 500, None, "lfs quota"),
        ),
        ("/lustre [1048576] 0 0 - 500 0 0 -", None),
        ("Permission denied", Unknown("what lfs quota printed could not be read")),
    ],
)
def test_quotas_of_lustre(text, expected):
    assert parse_lustre_quota(text) == expected


def test_configuration_of_a_runtime():
    text = "# allow setuid = no\nallow setuid = yes\n mksquashfs  mem = 1G \nbind path = /a\nbind path = /b = c\nalways use nv = no\nbroken\n"
    settings = parse_configuration(text)
    assert settings == (
        Setting("allow setuid", "yes"),
        Setting("mksquashfs mem", "1G"),
        Setting("bind path", "/a"),
        Setting("bind path", "/b = c"),
    )
    configuration = RuntimeConfiguration("/x", Outcome(True), settings)
    assert configuration.values("bind path") == ("/a", "/b = c")
    assert configuration.value("bind path") == "/b = c"
    assert configuration.value("mksquashfs path") is None


def test_a_configuration_that_the_runtime_refuses():
    said = "FATAL:   While initializing: couldn't parse configuration file /etc/a.conf: "
    closed = parse_refusal(f"{said}open /etc/a.conf: permission denied\n")
    assert (closed.path, closed.readable) == ("/etc/a.conf", Outcome(False, "permission denied"))
    wrong = parse_refusal(f'{said}value authorized for directive "allow setuid" are [yes no]\n')
    assert wrong.path == "/etc/a.conf"
    assert wrong.readable.why == 'value authorized for directive "allow setuid" are [yes no]'
    assert parse_refusal("WARNING: something else\n") is None


def test_build_settings():
    text = "PREFIX=/usr\nAPPTAINER_CONF_FILE=/etc/apptainer/apptainer.conf\nSINGULARITY_SUID_INSTALL=1\nhello=x\n"
    assert parse_build_settings(text) == {
        "PREFIX": "/usr",
        "CONF_FILE": "/etc/apptainer/apptainer.conf",
        "SUID_INSTALL": "1",
    }


def packet(tag, body, *, new=True):
    if not new:
        return bytes([0x80 | tag << 2 | 1]) + len(body).to_bytes(2, "big") + body
    if len(body) < 192:
        return bytes([0xC0 | tag, len(body)]) + body
    size = len(body) - 192
    return bytes([0xC0 | tag, 192 + (size >> 8), size & 255]) + body


def test_keys_are_counted():
    ring = (
        packet(5, b"x" * 300)
        + packet(13, b"name")
        + packet(7, b"y" * 10)
        + packet(5, b"z", new=False)
        + packet(13, b"n", new=False)
    )
    assert count_keys(ring) == 2
    assert count_keys(packet(6, b"x") * 3) == 3
    assert count_keys(b"") == 0
    assert count_keys(b"-----BEGIN PGP") == Unknown("not an OpenPGP key ring")
    assert isinstance(count_keys(b"\x80"), Unknown)


def secret_key(algorithm, numbers, use):
    return packet(5, b"\4" + b"time" + bytes([algorithm]) + numbers + bytes([use]) + b"secret" * 20)


RSA = (1, b"\0\x11" + b"n" * 3 + b"\0\x03\7")
ED25519 = (22, b"\x09" + b"o" * 9 + b"\1\7" + b"p" * 33)
NEW_ED25519 = (27, b"q" * 32)


@pytest.mark.parametrize("kind", [RSA, ED25519, NEW_ED25519])
def test_keys_with_a_passphrase_are_counted(kind: tuple[int, bytes]):
    assert count_locked(secret_key(*kind, 0)) == 0
    assert count_locked(secret_key(*kind, 254) + packet(13, b"name") + secret_key(*kind, 0)) == 1
    assert count_locked(packet(6, b"x")) == 0
    assert isinstance(count_locked(secret_key(99, b"", 254)), Unknown)
    assert isinstance(count_locked(packet(5, b"\4time")), Unknown)
    assert count_locked(b"") == 0


@given(st.binary(max_size=50))
def test_any_bytes_are_a_ring_or_not(content):
    assert isinstance(count_keys(content), int | Unknown)
    assert isinstance(count_locked(packet(5, b"\4time" + content)), int | Unknown)
    assert isinstance(count_logins(content), int | Unknown)
    assert isinstance(count_logins(b"{" + content), int | Unknown)


def test_logins_are_counted():
    assert count_logins(b'{"auths": {"a.b": {"auth": "x"}, "c.d": {}}}') == 1
    assert count_logins(b'{"credsStore": "x"}') == 0
    assert isinstance(count_logins(b'{"auths": []}'), Unknown)
    assert (
        count_logins(b"Active: SylabsCloud\nRemotes:\n  SylabsCloud:\n    Token: abc\n  Other:\n    Token:\n")
        == 1
    )


def test_key_files(tmp_path):
    rings = tmp_path / ".apptainer" / "keys"
    rings.mkdir(parents=True)
    (rings / "pgp-secret").write_bytes(packet(5, b"x"))
    (rings / "pgp-secret").chmod(0o640)
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").mkdir()
    found = look_at_keys({}, "apptainer", str(tmp_path))
    secret, public = found.keyrings
    assert (secret.kind, secret.exists, secret.mode, secret.owner_id, secret.keys) == (
        "secret",
        True,
        0o640,
        os.getuid(),
        1,
    )
    assert (public.kind, public.exists, public.mode, public.keys) == ("public", False, None, None)
    assert found.credentials[-1].mode == Unknown("not a regular file")
    elsewhere = look_at_keys({"APPTAINER_KEYSDIR": str(rings)}, "apptainer", "/nowhere")
    assert elsewhere.keyrings[0].exists is True
    assert (
        look_at_keys({}, "singularity", str(tmp_path)).keyrings[0].path
        == f"{tmp_path}/.singularity/sypgp/pgp-secret"
    )


DEFAULT = """\
Active: DefaultRemote
Remotes:
  DefaultRemote:
    URI: cloud.apptainer.org
    System: true
    Exclusive: false
"""
OWN = """\
Active: ours
Remotes:
    DefaultRemote:
        URI: cloud.apptainer.org
        System: true
    ours:
        URI: library.example.org
        Token: secret
        Exclusive: false
"""


@pytest.mark.parametrize(
    ("own", "system", "expected"),
    [
        (None, DEFAULT, False),
        ("", DEFAULT, False),
        (OWN, DEFAULT, True),
        (OWN.replace("Active: ours", "Active: DefaultRemote"), DEFAULT, False),
        (OWN.replace("Active: ours", 'Active: ""'), DEFAULT, False),
        (OWN, DEFAULT.replace("false", "true"), False),
        (DEFAULT, OWN.replace("false", "true"), True),
        (OWN, None, True),
    ],
)
def test_the_remote_endpoint_that_is_used(own, system, expected):
    read = [None if text is None else parse_remotes(text) for text in (own, system)]
    assert may_have_library(*read) is expected


@pytest.mark.parametrize("text", ["", "Active: gone\n", "Remotes: {a: {URI: b}}\n", "a\n", "- x\n"])
def test_no_remote_endpoint_that_is_known(text):
    assert isinstance(may_have_library(parse_remotes(text), None), Unknown)
    assert isinstance(may_have_library(parse_remotes(DEFAULT), Unknown("timed out")), Unknown)


def test_a_token_goes_nowhere():
    assert "secret" not in repr(parse_remotes(OWN))


@given(st.text(max_size=80))
def test_any_text_is_a_file_of_endpoints_or_not(text):
    assert isinstance(may_have_library(parse_remotes(text), None), bool | Unknown)
