"""Real machines in trouble, as far as Linux lets one be made: each shows in the snapshot, and nothing else does."""

from __future__ import annotations

import os
import resource
import shutil
import time

import pytest
from host.situation import (
    BIND,
    HERE,
    LIBRARY,
    NO_NEW_PRIVS,
    NODEV,
    NOEXEC,
    NOSUID,
    PATH,
    REMOUNT,
    RO,
    account,
    beside,
    free_group,
    fresh,
    inside,
    mount,
    moved_home,
    replaced,
    silent_mount,
    snapshot,
    tmpfs,
)

from sifcheck.base.facts import Outcome, Unknown, known
from sifcheck.config.layers import Configuration
from sifcheck.host.probes.taking import SnapshotRequest, take_snapshot
from sifcheck.host.snapshot import Group, IdRange
from sifcheck.plan.remembered import BuildKey, recall, remember

WORKED = Outcome(True)


def at(path):
    return {"APPTAINER_TMPDIR": path}


def test_a_folder_where_everything_works():
    entry = account()
    host = snapshot(fresh(), environment=at(HERE))
    place = host.place("tmpdir")
    assert (place.path, place.origin, place.real_path) == (HERE, "APPTAINER_TMPDIR", HERE)
    assert (place.exists, place.is_directory, place.readable, place.mounted) == (True, True, True, True)
    assert (place.filesystem, place.mount_point, place.mode, place.owner_id) == ("tmpfs", HERE, 0o1777, 0)
    assert place.needs_groups == ()
    assert place.writable == WORKED
    assert (place.rehearsal.maps, place.rehearsal.mkdir, place.rehearsal.chown) == (
        "subordinate",
        WORKED,
        WORKED,
    )
    assert place.rehearsal.execute == WORKED
    assert host.identity.user_id == entry.pw_uid
    assert host.identity.user_name == entry.pw_name
    assert host.identity.home == entry.pw_dir
    assert known(host.identity.subuids)[0].size >= 65536
    for fact in (
        "user",
        "mount",
        "pid",
        "nested",
        "subordinate_maps",
        "home_mount",
        "home_mount_without_groups",
    ):
        assert getattr(host.namespaces, fact) == WORKED, fact
    assert host.identity.is_root is False


def test_nothing_is_left_behind():
    def limited():
        tmpfs("/mnt", "mode=755")
        tmpfs(HERE, "mode=1777,nr_inodes=20")

    def twice():
        first = take_snapshot(SnapshotRequest(scratch=(HERE,)), {"PATH": PATH}, 20.0).place("scratch")
        assert first.rehearsal.chown == WORKED

    place = snapshot(limited, environment=at(HERE), wanted=SnapshotRequest(writing=False), last=twice).place(
        "tmpdir"
    )
    # Of 20 the root of the file system has one: every folder that the first one made has gone.
    assert (place.total_inodes, place.available_inodes) == (20, 19)
    assert place.writable == Unknown("not tried")


def test_a_small_mount_with_every_option():
    place = snapshot(fresh("mode=1777,size=50m", NODEV | NOEXEC | NOSUID), environment=at(HERE)).place(
        "tmpdir"
    )
    assert {"nodev", "noexec", "nosuid", "rw"} <= set(place.options)
    assert place.has_option("noexec") is True
    assert place.total_bytes == 50 << 20
    assert place.available_bytes <= 50 << 20
    assert place.rehearsal.chown == WORKED
    assert place.rehearsal.execute == Outcome(False, "Permission denied")


def test_a_mount_without_inodes_left():
    place = snapshot(fresh("mode=1777,nr_inodes=1"), environment=at(HERE)).place("tmpdir")
    assert (place.total_inodes, place.available_inodes) == (1, 0)
    assert place.writable == Outcome(False, "No space left on device")


def test_a_mount_for_reading_only():
    place = snapshot(fresh(flags=RO), environment=at(HERE)).place("tmpdir")
    assert place.has_option("ro") is True
    assert place.writable == Outcome(False, "Read-only file system")
    assert place.rehearsal.mkdir == Outcome(False, "Read-only file system")
    assert isinstance(place.rehearsal.chown, Unknown)


def test_a_project_folder_of_another_group():
    project = free_group()

    def prepare():
        fresh()()
        os.mkdir(f"{HERE}/project")
        os.chown(f"{HERE}/project", 0, project)
        os.chmod(f"{HERE}/project", 0o2770)

    place = snapshot(prepare, groups=[project], environment=at(f"{HERE}/project")).place("tmpdir")
    assert place.setgid is True
    assert place.group == Group(project)
    assert place.needs_groups == (Group(project),)
    assert place.writable == WORKED
    assert place.rehearsal.mkdir == WORKED
    assert place.rehearsal.chown == Outcome(False, "Operation not permitted")

    def cured():
        prepare()
        os.chmod(f"{HERE}/project", 0o770)

    assert (
        snapshot(cured, groups=[project], environment=at(f"{HERE}/project")).place("tmpdir").rehearsal.chown
        == WORKED
    )


def test_a_folder_that_is_missing_and_one_that_is_a_file():
    def prepare():
        fresh()()
        with open(f"{HERE}/file", "w"):
            pass

    missing = snapshot(prepare, environment=at(f"{HERE}/no/such")).place("tmpdir")
    assert (missing.exists, missing.is_directory, missing.nearest) == (False, False, HERE)
    assert missing.rehearsal.chown == Unknown("not tried: no such folder")
    file = snapshot(prepare, environment=at(f"{HERE}/file")).place("tmpdir")
    assert (file.exists, file.is_directory) == (True, False)
    assert file.writable == Outcome(False, "Not a directory")
    below = snapshot(prepare, environment=at(f"{HERE}/file/below")).place("tmpdir")
    assert (below.exists, below.nearest) == (False, HERE)


def test_a_relative_path_and_a_link():
    def prepare():
        fresh()()
        os.symlink(HERE, "/mnt/link")

    relative = snapshot(prepare, environment=at("mnt/link")).place("tmpdir")
    assert (relative.is_absolute, relative.real_path, relative.filesystem) == (False, HERE, "tmpfs")


def test_no_subordinate_ids():
    def prepare():
        fresh()()
        for name in ("/etc/subuid", "/etc/subgid"):
            mount("/dev/null", name, flags=BIND)

    host = snapshot(prepare, environment=at(HERE))
    assert (host.identity.subuids, host.identity.subgids) == ((), ())
    rehearsal = host.place("tmpdir").rehearsal
    assert (rehearsal.maps, rehearsal.mkdir, rehearsal.execute) == ("single", WORKED, WORKED)
    assert rehearsal.chown == Unknown("not tried: only root is mapped")
    assert isinstance(host.namespaces.subordinate_maps, Unknown)
    assert host.namespaces.user == WORKED
    assert host.namespaces.home_mount == WORKED


def test_a_range_that_is_too_short():
    name = account().pw_name

    def prepare():
        fresh()()
        replaced("/etc/subuid", f"{name}:100000:1000\n")

    host = snapshot(prepare, environment=at(HERE))
    assert host.identity.subuids == (IdRange(100000, 1000),)
    assert host.place("tmpdir").rehearsal.maps == "single"
    assert "65536" in host.namespaces.subordinate_maps.why


def test_a_home_that_hangs_on_a_supplementary_group():
    group = free_group()
    host = snapshot(moved_home(0o750, group), groups=[group])
    assert host.identity.home == "/mnt/vol/u1"
    assert host.place("home").needs_groups == (Group(group),)
    assert host.namespaces.home_mount == WORKED
    assert host.namespaces.home_mount_without_groups == Outcome(False, "Permission denied")


def test_a_home_that_is_closed():
    host = snapshot(moved_home(0o700, 0))
    assert host.namespaces.home_mount == Outcome(False, "Permission denied")
    assert host.place("home").exists == Unknown("Permission denied")
    assert host.place("home").writable == Outcome(False, "Permission denied")
    assert host.place("tmpdir").rehearsal.chown == WORKED


def test_a_home_that_does_not_exist():
    entry = account()

    def prepare():
        moved_home(0o755, 0)()
        shutil.rmtree("/mnt/vol/u1")

    host = snapshot(prepare)
    assert host.place("home").exists is False
    assert host.namespaces.home_mount == Outcome(False, "No such file or directory")
    assert host.identity.user_name == entry.pw_name


def test_an_account_that_nobody_knows():
    entry = account()

    def prepare():
        fresh()()
        replaced("/etc/passwd", "root:x:0:0::/root:/bin/sh\n")

    host = snapshot(prepare)
    if host.identity.in_passwd:
        pytest.skip("the account is known to a directory service too")
    assert (host.identity.user_id, host.identity.user_name, host.identity.home) == (entry.pw_uid, None, None)
    assert host.identity.account_group is None
    assert host.place("home") is None
    assert host.namespaces.home_mount == Unknown("not tried: the account has no home")


def test_a_shell_of_newgrp():
    entry = account()
    group = free_group()

    def prepare():
        fresh()()
        replaced("/etc/login.defs", "# GRANT_AUX_GROUP_SUBIDS yes\n")

    host = snapshot(prepare, primary=group, groups=[entry.pw_gid])
    assert host.identity.group == Group(group)
    assert known(host.identity.account_group).id == entry.pw_gid
    assert host.identity.grants_group_subids is False
    assert host.namespaces.subordinate_maps.ok is False
    assert "newgidmap" in host.namespaces.subordinate_maps.why
    assert host.place("tmpdir").rehearsal.chown.why.startswith("not tried: no id maps (newgidmap")


def test_programs_that_may_not_map():
    def prepare():
        fresh()()
        mount("/usr/bin", "/mnt/bin", flags=BIND)
        mount("none", "/mnt/bin", flags=BIND | REMOUNT | NOSUID)

    host = snapshot(prepare, environment={"PATH": f"/mnt/bin:{os.defpath}"})
    program = host.program("newuidmap")
    assert program.path == "/mnt/bin/newuidmap"
    assert program.nosuid is True
    assert program.privileged is False
    assert host.namespaces.subordinate_maps.ok is False


def test_programs_without_their_bit():
    def prepare():
        fresh()()
        for name in ("newuidmap", "newgidmap"):
            shutil.copy(str(shutil.which(name)), f"{HERE}/{name}")
        os.chmod(f"{HERE}/newuidmap", 0o755)

    host = snapshot(prepare, environment={"PATH": f"{HERE}:{os.defpath}"})
    program = host.program("newuidmap")
    assert (program.path, program.setuid, program.privileged) == (f"{HERE}/newuidmap", False, False)
    assert host.namespaces.subordinate_maps.ok is False


def test_no_new_privileges():
    host = snapshot(fresh(), last=lambda: LIBRARY.prctl(NO_NEW_PRIVS, 1, 0, 0, 0))
    assert host.namespaces.no_new_privs is True
    assert host.namespaces.user == WORKED
    assert host.namespaces.subordinate_maps.ok is False


@pytest.mark.parametrize(
    ("name", "field", "working"),
    [
        ("max_user", "user", ()),
        ("max_mnt", "mount", ("user", "nested", "pid")),
        ("max_pid", "pid", ("user", "nested", "mount")),
    ],
)
def test_namespaces_switched_off(name, field, working):
    host = snapshot(fresh(), user_settings={f"user/{name}_namespaces": "0"})
    assert getattr(host.namespaces, field) == Outcome(False, "No space left on device")
    for other in working:
        assert getattr(host.namespaces, other) == WORKED, other


def test_one_namespace_left():
    # What else is tried at the same time may take it, so which of the two is refused is not certain.
    namespaces = snapshot(fresh(), user_settings={"user/max_user_namespaces": "1"}).namespaces
    assert namespaces.max_user == 1
    assert False in (namespaces.user.ok, known(namespaces.nested, WORKED).ok)


def test_a_proc_that_is_covered():
    host = snapshot(lambda: tmpfs("/proc/sys/kernel"))
    assert host.namespaces.proc_mount == Outcome(False, "Operation not permitted")
    assert host.namespaces.pid == WORKED


def test_a_mount_that_never_answers():
    if not os.path.exists("/dev/fuse"):
        pytest.skip("needs /dev/fuse")

    def prepare():
        tmpfs("/mnt", "mode=755")
        silent_mount("/mnt/dead")

    host = snapshot(
        prepare,
        environment={
            "APPTAINER_TMPDIR": "/mnt/dead",
            "APPTAINER_CACHEDIR": "/mnt/dead/cache",
            "APPTAINER_BIND": "/mnt/dead/data,/usr",
        },
        wanted=SnapshotRequest(output="/mnt/dead/x"),
        timeout=3.0,
    )
    silence = Unknown("timed out after 3 s")
    for purpose in ("tmpdir", "cache", "output"):
        place = host.place(purpose)
        assert (place.exists, place.filesystem, place.writable) == (silence,) * 3
        assert place.path.startswith("/mnt/dead")
        assert isinstance(place.rehearsal.chown, Unknown)
    assert [bind.exists for bind in host.binds] == [silence, True]
    assert host.place("home").writable == WORKED
    assert host.place("tmp").rehearsal.chown == WORKED
    assert host.namespaces.subordinate_maps == WORKED
    assert host.leftovers == () or isinstance(host.leftovers, tuple)


def test_a_home_that_never_answers():
    entry = account()
    if not os.path.exists("/dev/fuse"):
        pytest.skip("needs /dev/fuse")

    host = snapshot(lambda: silent_mount(entry.pw_dir), timeout=3.0)
    assert host.place("home").exists == Unknown("timed out after 3 s")
    assert host.keys.keyring("secret").exists == Unknown("timed out after 3 s")
    assert host.namespaces.user == WORKED
    assert host.place("tmpdir").rehearsal.chown == WORKED


def test_settings_that_never_answer_are_left_out():
    if not os.path.exists("/dev/fuse"):
        pytest.skip("needs /dev/fuse")

    def prepare():
        tmpfs("/mnt", "mode=755")
        silent_mount("/mnt/dead")

    def look():
        configuration = Configuration(
            {}, environment={"HOME": "/mnt/dead"}, site_file="/mnt/none", patience=1.0
        )
        configuration.for_folder("/mnt")
        configuration.for_folder("/mnt/dead/project")
        return "\n".join(dict.fromkeys(configuration.notes))

    assert inside(prepare, look).splitlines() == [
        "left out: the settings at /mnt/dead/.config/sifcheck/sifcheck.toml, which did not answer within 1 s",
        "left out: the settings at /mnt/dead/project, which did not answer within 1 s",
    ]


def test_what_earlier_builds_left_is_not_waited_for():
    if not os.path.exists("/dev/fuse"):
        pytest.skip("needs /dev/fuse")

    def prepare():
        tmpfs("/mnt", "mode=755")
        silent_mount("/mnt/dead")

    key = BuildKey("content", "place")
    assert inside(prepare, lambda: repr(recall("/mnt/dead/builds.json", key))) == "None"
    assert inside(prepare, lambda: repr(remember("/mnt/dead/builds.json", key, 1, 1, 1))) == "False"


def test_what_dead_builds_left():
    entry = account()
    with open("/etc/subuid") as lines:
        first = next(int(line.split(":")[1]) for line in lines if line.startswith(f"{entry.pw_name}:"))

    def prepare():
        fresh()()
        for name, owner in (
            ("build-temp-1", entry.pw_uid),
            ("bundle-temp-2", entry.pw_uid),
            ("build-temp-3", 0),
            ("other-4", entry.pw_uid),
        ):
            os.mkdir(f"{HERE}/{name}")
            with open(f"{HERE}/{name}/file", "wb") as stream:
                stream.write(b"x" * 100_000)
            os.chown(f"{HERE}/{name}", owner, owner)
        os.mkdir(f"{HERE}/bundle-temp-2/closed")
        os.chmod(f"{HERE}/bundle-temp-2/closed", 0o700)
        os.chown(f"{HERE}/bundle-temp-2/closed", first + 5, first + 5)
        os.utime(f"{HERE}/build-temp-1", (0, time.time() - 90000))
        os.utime(f"{HERE}/build-temp-3", (0, 0))

    def build():
        os.chdir(f"{HERE}/bundle-temp-2")

    host = snapshot(prepare, environment=at(HERE), last=lambda: beside(build))
    one, two = (left for left in host.leftovers if left.path.startswith(HERE))
    assert (one.path, one.kind, one.complete) == (f"{HERE}/build-temp-1", "build-temp", True)
    # Unknown while somebody builds with this account.
    assert not known(one.held, False)
    assert one.bytes >= 100_000
    assert 90000 <= one.age < 90000 + 3600
    # The file in it is root's here, as files of a dead build are a subordinate id's.
    assert one.subordinate is True
    assert (two.kind, two.complete, two.held) == ("bundle-temp", False, True)


def memory_group():
    """A control group of its own with a limit, entered by this process; a skip where none can be made."""
    for root, limit, process in (
        ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "cgroup.procs"),
        ("/sys/fs/cgroup", "memory.max", "cgroup.procs"),
    ):
        folder = f"{root}/sifcheck-test-{os.getpid()}"
        try:
            os.mkdir(folder)
            with open(f"{folder}/{limit}", "w") as stream:
                stream.write(str(3 << 30))
        except OSError:
            if os.path.isdir(folder):
                os.rmdir(folder)
            continue
        return folder, f"{folder}/{process}"
    pytest.skip("needs a control group that can be limited")


def test_a_limit_of_the_control_group():
    account()
    folder, processes = memory_group()

    def enter():
        with open(processes, "w") as stream:
            stream.write(str(os.getpid()))

    try:
        memory = snapshot(enter).memory
    finally:
        for _ in range(500):
            try:
                os.rmdir(folder)
                break
            except OSError:
                time.sleep(0.01)
    assert memory.cgroup_limit_bytes == 3 << 30
    assert memory.cgroup_used_bytes > 0
    assert memory.cgroup_version in (1, 2)


def test_limits_of_the_process():
    def last():
        resource.setrlimit(resource.RLIMIT_NPROC, (5000, 6000))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 2 << 30))

    limits = snapshot(last=last).limits
    assert limits.processes == (5000, 6000)
    assert limits.file_size == (1 << 30, 2 << 30)
    assert known(limits.processes_used) >= 1


def fake_runtime(name, version, text=""):
    def prepare():
        fresh()()
        os.makedirs(f"{HERE}/opt/bin")
        os.makedirs(f"{HERE}/opt/etc/singularity")
        os.makedirs(f"{HERE}/opt/libexec/singularity/bin")
        shutil.copy("/bin/true", f"{HERE}/opt/libexec/singularity/bin/starter-suid")
        os.chmod(f"{HERE}/opt/libexec/singularity/bin/starter-suid", 0o4755)
        with open(f"{HERE}/opt/etc/singularity/singularity.conf", "w") as stream:
            stream.write(text)
        with open(f"{HERE}/opt/bin/{name}", "w") as stream:
            stream.write(
                f"#!/bin/sh\nif [ $1 = --version ]; then echo '{version}'; else echo LIBEXECDIR={HERE}/opt/libexec; echo SINGULARITY_CONF_FILE={HERE}/opt/etc/singularity/singularity.conf; fi\n"
            )
        os.chmod(f"{HERE}/opt/bin/{name}", 0o755)

    return prepare


def test_another_runtime_before_the_first():
    prepare = fake_runtime(
        "singularity", "singularity-pro version 3.11-7.el8", "allow setuid = yes\nmksquashfs mem = 1G\n"
    )
    environment = {
        "PATH": f"{HERE}/opt/bin:{os.defpath}",
        "APPTAINER_TMPDIR": "/nowhere",
        "SINGULARITY_TMPDIR": HERE,
    }
    host = snapshot(prepare, environment=environment)
    runtime = host.runtime
    assert (runtime.name, runtime.path) == ("singularity", f"{HERE}/opt/bin/singularity")
    assert (runtime.family, runtime.version) == ("singularity-pro", (3, 11, 7))
    assert runtime.setuid_starter is True
    assert runtime.uses_setuid is True
    assert runtime.configuration.value("mksquashfs mem") == "1G"
    # PRO does not read Apptainer's variable.
    assert (host.place("tmpdir").path, host.place("tmpdir").origin) == (HERE, "SINGULARITY_TMPDIR")
    assert host.place("cache").path.endswith("/.singularity/cache")
    assert host.keys.keyring("secret").path.endswith("/.singularity/sypgp/pgp-secret")


def test_a_starter_that_is_switched_off():
    host = snapshot(
        fake_runtime("singularity", "singularity-ce version 4.1.2", "allow setuid = no\n"),
        environment={"PATH": f"{HERE}/opt/bin:/bin"},
    )
    assert (host.runtime.setuid_starter, host.runtime.uses_setuid) == (True, False)


def test_a_runtime_that_hangs_and_one_that_lies():
    def prepare():
        fresh()()
        with open(f"{HERE}/apptainer", "w") as stream:
            stream.write("#!/bin/sh\nexec sleep 600\n")
        with open(f"{HERE}/singularity", "w") as stream:
            stream.write("#!/bin/sh\nprintf 'hello \\033[31m \\377'\n")
        for name in ("apptainer", "singularity"):
            os.chmod(f"{HERE}/{name}", 0o755)

    host = snapshot(prepare, environment={"PATH": f"{HERE}:{os.defpath}"})
    hanging, lying = host.runtimes  # type: ignore[misc]
    assert hanging.version == Unknown("its version could not be read")
    assert "timed out" in hanging.version_text.why
    assert isinstance(lying.family, Unknown)
    assert isinstance(lying.setuid_starter, Unknown)


def test_no_runtime():
    def prepare():
        fresh()()
        for folder in ("bin", "usr"):
            os.mkdir(f"/mnt/{folder}")

    host = snapshot(prepare, environment={"PATH": HERE})
    assert host.runtimes == ()
    assert host.runtime is None


def test_no_process_can_be_started():
    def last():
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))

    host = snapshot(last=last)
    assert host.limits.processes == (1, 1)
    assert host.runtimes == Unknown("not asked: Resource temporarily unavailable")
    assert host.memory.total_bytes == host.runtimes
    assert host.identity.user_id == account().pw_uid
