"""How a plan is put together: sizes of sources, what is guessed, what there is on a machine and at a site."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sifcheck.app.plan import read_source
from sifcheck.app.sources import Sources
from sifcheck.base.facts import Unknown
from sifcheck.base.source import Source
from sifcheck.definition.model import Definition
from sifcheck.definition.reader import read_definition
from sifcheck.host.snapshot import Host
from sifcheck.lint.plugins import load
from sifcheck.plan.growing import assumed
from sifcheck.plan.model import Plan, Range, exactly
from sifcheck.plan.planning import BuildRequest, definition_of_address, make_plan, squashfs_limit
from sifcheck.plan.remembered import EarlierBuild
from sifcheck.plan.rooms import PlaceRequest, memory_of, places_of
from sifcheck.plan.sources import without_tag
from sifcheck.registry.model import BaseImage, ImageLayer, Manifest, Registry
from sifcheck.site.lookup import find_site, load_sites
from sifcheck.site.model import Site
from sifcheck.testing.healthy_host import healthy_host
from sifcheck.testing.host_overlay import lay
from sifcheck.testing.plan_facts import plan_from
from sifcheck.workspace.folder import FolderReader

GIB, MB = 1 << 30, 1_000_000
BASE = "Bootstrap: docker\nFrom: debian:12\n"


def defined(text: str) -> Definition:
    return read_definition(Source("a.def", text.encode()))


def host(**facts: Any) -> Host:
    return lay(healthy_host(), facts)


def site(name: str) -> Site:
    return find_site(name, load_sites(load().sites))


def grown(script: str) -> tuple[str, Range]:
    growth = assumed(defined(f"{BASE}\n%post\n{script}").stages[-1])
    return growth.how, growth.kept


@pytest.mark.parametrize(
    ("script", "least", "most"),
    [
        ("    # nothing\n", 0, 0),
        ("    mkdir -p /opt/x && ln -s /opt/x /x\n", 1, 10 * MB),
        ("    X=1\n    echo $X > /x\n", 1, 10 * MB),
        ("    ./configure\n", 20 * MB, 1000 * MB),
        ("    apt-get update && apt-get install -y gcc\n", 1000 * MB, 3000 * MB),
        ("    if true; then python3 -m pip install numpy; fi\n", 1000 * MB, 3000 * MB),
        ("    curl -L https://example.org/x | tar -xz\n", 1000 * MB, 3000 * MB),
    ],
)
def test_what_scripts_add_is_guessed_by_their_commands(script: str, least: int, most: int) -> None:
    how, size = grown(script)
    assert size.low == 0
    assert least <= size.high <= most
    assert how == ("assumed" if most else "exact")


def test_scripts_of_other_shells_are_guessed_too() -> None:
    stage = defined(f"{BASE}\n%post -c /usr/bin/python3\nimport os\n").stages[-1]
    assert assumed(stage).kept.high > 100 * MB


def registry(unpacked: int | Unknown = 117 * MB) -> Registry:
    layer = ImageLayer("sha256:" + "a" * 64, "application/vnd.oci.image.layer.v1.tar+gzip", 48 * MB, unpacked)
    manifest = Manifest("sha256:" + "b" * 64, "x86_64", (layer,))
    found = BaseImage("debian:12", "sha256:" + "c" * 64, True, ("x86_64",), "x86_64", manifest)
    return Registry({"docker.io/library/debian:12": found})


def plan(text: str = BASE, said: Registry | None = None, machine: Host | None = None, **asked: Any) -> Plan:
    built = BuildRequest("a.def", definition=defined(text), **asked)
    return make_plan(built, machine or host(), None, registry() if said is None else said)


def test_what_a_registry_says() -> None:
    (base,) = plan().bases
    assert base.how == "layers"
    assert base.compressed is not None
    assert base.compressed.low == 48 * MB
    (base,) = plan(said=registry(Unknown("no parts"))).bases
    assert base.how == "compressed"
    (base,) = plan(said=Registry()).bases
    assert (base.how, base.kept, base.why) == ("unknown", None, "debian:12: not asked")


def test_layers_that_are_cached_are_not_fetched(tmp_path: Path) -> None:
    blob = tmp_path / "blob/blobs/sha256"
    blob.mkdir(parents=True)
    machine = host(storage={"cache": {"path": str(tmp_path)}})
    assert plan(machine=machine, here=True).need("cache").size.low == 48 * MB
    (blob / ("a" * 64)).write_text("")
    assert plan(machine=machine, here=True).need("cache").size.high == 0
    # Of a machine elsewhere nobody can tell.
    assert plan(machine=machine).need("cache").size.low == 48 * MB


@pytest.mark.parametrize(
    "facts",
    [
        {"environment": {"APPTAINER_DISABLE_CACHE": "1"}},
        {"environment": {"SINGULARITY_DISABLE_CACHE": "yes"}},
        {"storage": {"cache": {"writable": "Permission denied"}}},
    ],
)
def test_without_a_cache_layers_stay_in_the_temporary_folder(facts: dict[str, Any]) -> None:
    with_cache, without = plan(), plan(machine=host(**facts))
    assert without.need("cache").size.high == 0
    assert without.need("temporary").size.low == with_cache.need("temporary").size.low + 48 * MB


def test_an_earlier_build_of_the_same_file() -> None:
    text = f"{BASE}\n%post\n    apt-get install -y gcc\n"
    guessed = plan(text).need("temporary").size
    same = plan(text, earlier=EarlierBuild(500 * MB, 200 * MB, 120 * MB, True)).need("temporary").size
    changed = plan(text, earlier=EarlierBuild(500 * MB, 200 * MB, 120 * MB, False)).need("temporary").size
    assert guessed.low < same.low <= 700 * MB <= same.high < guessed.high
    assert changed.low < same.low
    assert same.high < changed.high
    # With it the tree of a base is known that nobody was asked about.
    alone = plan(text, said=Registry(), earlier=EarlierBuild(500 * MB, 200 * MB, 0, True))
    assert alone.need("temporary").complete
    assert alone.need("temporary").size.low <= 700 * MB <= alone.need("temporary").size.high
    # What the user says goes before what is remembered.
    said = plan(text, growth=3 * GIB, earlier=EarlierBuild(500 * MB, 200 * MB, 120 * MB, True))
    assert said.growth == ("declared", Range(0, 3 * GIB, int(1.3 * 3 * GIB)))


def test_a_file_that_is_not_there_makes_the_plan_incomplete(tmp_path: Path) -> None:
    (tmp_path / "a.def").write_text(f"{BASE}\n%files\n    nowhere /x\n    a.def /y\n")
    asked = BuildRequest(str(tmp_path / "a.def"), start=str(tmp_path))
    source = read_source(Sources(), asked, {}, FolderReader(str(tmp_path)))
    made = make_plan(source.asked, host(), None, registry())
    assert made.left_out == ("what %files copies as nowhere: there is nothing of that name here",)
    assert not made.need("temporary").complete


@pytest.mark.parametrize(
    ("text", "agent", "name"),
    [
        ("docker://debian:12", "docker", "debian:12"),
        ("oras://example.org/a:b", "oras", "example.org/a:b"),
        ("docker-archive:dir/a.tar", "docker-archive", "dir/a.tar"),
        ("oci-archive:///x/a.tar", "oci-archive", "/x/a.tar"),
        ("docker-archive://a.tar", "docker-archive", "a.tar"),
    ],
)
def test_addresses(text: str, agent: str, name: str) -> None:
    made = definition_of_address(text)
    assert made is not None
    (stage,) = made.stages
    assert (stage.agent, stage.value("from")) == (agent, name)


@pytest.mark.parametrize(
    "text", ["docker://a b", "docker://{{ x }}", "docker://a#b", "ftp://x", "docker://a\n%post"]
)
def test_what_is_no_address(text: str) -> None:
    assert definition_of_address(text) is None


@pytest.mark.parametrize(
    ("arguments", "settings", "limit"),
    [
        (None, {}, 16 * GIB),
        ("-mem 1G", {}, GIB),
        ("-comp zstd -mem 512M -processors 2", {}, 512 << 20),
        ("-mem 512", {}, 512 << 20),
        ("-mem 10%", {}, int(6.4 * GIB)),
        (None, {"mksquashfs mem": "2G"}, 2 * GIB),
        (None, {"mksquashfs mem": "0"}, 16 * GIB),
    ],
)
def test_what_mksquashfs_holds_itself_to(arguments: str | None, settings: dict[str, str], limit: int) -> None:
    machine = host(runtimes={"apptainer": {"configuration": {"settings": settings}}})
    assert squashfs_limit(BuildRequest("x", squashfs_arguments=arguments), machine, None) == limit


def test_the_tightest_limit_counts() -> None:
    assert memory_of(host(), None, (), PlaceRequest())[::2] == (56 * GIB, "the node")
    tight = host(memory={"cgroup_limit_bytes": 8 * GIB, "cgroup_used_bytes": 7 * GIB})
    # Most of what a control group counts are copies of files on disk.
    assert memory_of(tight, None, (), PlaceRequest()) == (8 * GIB, 8 * GIB, "the control group")
    job = host(scheduler={"kind": "slurm", "job": "1", "memory_bytes": 4 * GIB})
    assert memory_of(job, None, (), PlaceRequest())[::2] == (4 * GIB, "the job")
    assert memory_of(job, None, (), PlaceRequest(job_memory=2 * GIB))[::2] == (2 * GIB, "the job")
    fugaku = memory_of(None, site("fugaku:compute"), (), PlaceRequest())
    assert fugaku == (30_739_333_120, 24_910_000_000, "the site")
    unknown = memory_of(None, None, (), PlaceRequest())
    assert isinstance(unknown.limit, Unknown)


def test_files_in_memory_leave_less_of_it() -> None:
    ram = {"filesystem": "tmpfs", "mount_point": "/ram", "device": "tmpfs", "path": "/ram"}
    facts = {
        "storage": {"tmpdir": {**ram, "total_bytes": 8 * GIB, "available_bytes": 5 * GIB}},
        "memory": {"cgroup_limit_bytes": 10 * GIB, "cgroup_used_bytes": 4 * GIB},
    }
    machine = host(**facts)
    memory = memory_of(machine, None, places_of(machine, None, PlaceRequest()), PlaceRequest())
    assert memory == (10 * GIB, 7 * GIB, "the control group")


def test_a_quota_counts_where_it_leaves_less() -> None:
    quota = {
        "used_bytes": 8 * GIB,
        "limit_bytes": 10 * GIB,
        "used_inodes": 90,
        "limit_inodes": 100,
        "source": "quota",
    }
    (place, *_) = places_of(host(storage={"tmpdir": {"quota": quota}}), None, PlaceRequest())
    assert (place.free, place.free_by, place.inodes) == (2 * GIB, "quota", 10)


def test_a_site_caps_its_folders() -> None:
    machine = host(storage={"tmpdir": {"path": "/worktmp", "filesystem": "tmpfs", "mount_point": "/worktmp"}})
    (place, *_) = places_of(machine, site("fugaku:compute"), PlaceRequest())
    assert (place.free, place.free_by, place.in_memory, place.ends_with_job) == (20 * GIB, "size", True, True)


def test_all_that_is_called_tmpfs_is_not_one_place() -> None:
    ram = {"filesystem": "tmpfs", "device": "tmpfs"}
    machine = host(
        storage={
            "tmpdir": {**ram, "mount_point": "/tmp"},
            "output": {**ram, "path": "/run", "mount_point": "/run"},
        }
    )
    made = plan_from({"output": "/run/a.sif"}, host=machine)
    assert made.sharing("temporary") == ("temporary",)
    assert made.roles_in_memory == ("memory", "temporary", "output")


def test_other_folders_are_those_that_are_of_use() -> None:
    small = {"path": "/scratch", "device": "/dev/vdb1", "available_bytes": GIB}
    made = plan_from({"unpacked": 3 * GIB}, host=host(storage={"tmpdir": small}))
    assert [(one.path, one.fits) for one in made.alternatives] == [("/tmp", True)]
    refused = {"rehearsal": {"chown": "Operation not permitted"}}
    facts = {"tmpdir": small, "tmp": refused, "vartmp": refused}
    assert plan_from({"unpacked": 3 * GIB}, host=host(storage=facts)).alternatives == ()
    fugaku = plan_from({"unpacked": 3 * GIB}, site=site("fugaku:compute"))
    assert fugaku.alternatives[0].path == "$PJM_LOCALTMP"
    assert all(one.path != "/worktmp" for one in fugaku.alternatives)


def test_facts_that_there_are_not() -> None:
    with pytest.raises(ValueError, match="a plan has no 'unpaked'; did you mean 'unpacked'"):
        plan_from({"unpaked": 3})
    assert plan_from({}).need("output").size == exactly(800 * MB + 0)._replace(
        low=800 * MB, likely=800_040_000, high=800_300_000
    )


def test_a_saved_machine_knows_only_the_folders_it_was_asked_about() -> None:
    machine = host(storage={"output": {"path": "/data", "origin": "output"}})
    paths = [
        (place.role, place.path) for place in places_of(machine, None, PlaceRequest(output="/data/a.sif"))
    ]
    assert paths == [("temporary", "/tmp"), ("cache", "/home/builder/.apptainer/cache"), ("output", "/data")]
    assert [place.role for place in places_of(machine, None, PlaceRequest("/elsewhere", "/other/a.sif"))] == [
        "cache"
    ]
    (place, *_) = places_of(machine, None, PlaceRequest("/var/tmp"))
    assert place.path == "/var/tmp"
    assert places_of(host(), None, PlaceRequest(output="a.sif"))[-1].path == "/home/builder"


@pytest.mark.parametrize(
    ("path", "bare"),
    [
        ("/a:b/dir:tag", "/a:b/dir"),
        ("/u@x/dir@sha256:00ff", "/u@x/dir"),
        ("dir:tag@sha256:00ff", "dir"),
        ("a.tar", "a.tar"),
    ],
)
def test_paths_without_a_tag(path: str, bare: str) -> None:
    assert without_tag(path) == bare
