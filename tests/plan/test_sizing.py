"""The size model against what real builds took: Apptainer 1.4.5, mksquashfs 4.5.1, each place a file system of its own."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from sifcheck.base.facts import Unknown
from sifcheck.plan.growing import declared
from sifcheck.plan.model import NOTHING, MemoryRoom, Plan, PlannedBase, Range, exactly, largest, scaled, total
from sifcheck.plan.sizing import Building, Growth, StageSizes, phases_of
from sifcheck.plan.sources import Layers, of_layers

MB = 1_000_000

# Compressed size and tar length of the layers of each image, in MB.
IMAGES = {
    "mb": [(93.3, 210.7)],
    "dev": [(503.9, 1118.5)],
    "tf": [(93.3, 210.7), (395.2, 1737.9)],
    "txt": [(93.3, 210.7), (141.8, 600.3)],
    "small": [(93.3, 210.7), (44.5, 195.8)],
    "rnd": [(93.3, 210.7), (524.4, 524.3)],
    "multi": [(93.3, 210.7), (314.6, 314.6), (314.6, 314.6), (0.01, 0.01)],
}


class Measured(NamedTuple):
    """A build and its peaks in MB."""

    name: str
    image: str
    tmp: float
    cache: float
    out: float
    mksquashfs: float = 0
    cached: bool = True
    memory: int = 6_318_718_976
    sandbox: bool = False


MEASURED = [
    Measured("mb", "mb", 307.1, 93.3, 91.7, 327.9),
    Measured("mb, no cache", "mb", 400.4, 0, 91.7, 324.6, cached=False),
    Measured("small", "small", 591.3, 137.9, 127.8, 444.6),
    Measured("small, no cache", "small", 729.2, 0, 127.8, 448.1, cached=False),
    Measured("multi", "multi", 530.0, 722.6, 91.7, 330.9),
    Measured("multi, no cache", "multi", 1252.5, 0, 91.7, 323.0, cached=False),
    Measured("rnd", "rnd", 1355.7, 617.7, 616.0, 826.8),
    Measured("rnd, no cache", "rnd", 1973.4, 0, 616.0, 807.2, cached=False),
    Measured("txt", "txt", 1048.1, 235.2, 232.4, 920.1),
    Measured("txt, no cache", "txt", 1283.2, 0, 232.4, 916.8, cached=False),
    Measured("txt, -mem 256M", "txt", 1048.1, 235.2, 232.4, 149.8, memory=256 << 20),
    Measured("txt, oci-archive", "txt", 1048.1, 235.2, 232.4, 931.5),
    Measured("txt, oci-archive, no cache", "txt", 1283.2, 0, 232.4, 926.3, cached=False),
    Measured("dev", "dev", 1629.7, 504.0, 493.1, 1133.7),
    Measured("dev, fakeroot", "dev", 1629.7, 504.0, 493.1, 1143.0),
    Measured("tf", "tf", 2459.9, 488.6, 485.6, 1631.9),
    Measured("mb, sandbox", "mb", 0.004, 93.3, 215.4, sandbox=True),
]


def base_of(image: str, *, known: bool = True) -> PlannedBase:
    layers = IMAGES[image]
    sizes = tuple(int(size * MB) for size, _ in layers)
    unpacked = tuple(int(length * MB) if known else None for _, length in layers)
    return of_layers("docker", image, Layers(sizes, unpacked))


def plan_of(stages: list[StageSizes], how: Building) -> Plan:
    unknown = Unknown("not asked")
    return Plan(
        source="x",
        output="",
        sandbox=how.sandbox,
        definition=None,
        bases=tuple(stage.base for stage in stages),
        phases=phases_of(stages, how),
        inodes=None,
        places=(),
        memory=MemoryRoom(unknown, unknown, ""),
    )


def holds(need: Range, truth: float) -> bool:
    # The table's figures are rounded.
    return need.low - MB // 5 <= truth * MB <= need.high + MB // 5


def peaks(plan: Plan) -> dict[str, Range]:
    return {role: plan.need(role).size for role in ("temporary", "cache", "output", "memory")}


@pytest.mark.parametrize("known", [True, False], ids=["layers", "compressed"])
@pytest.mark.parametrize("measured", MEASURED, ids=lambda one: one.name)
def test_the_measured_peaks_lie_in_the_range(measured: Measured, known: bool) -> None:
    how = Building(measured.sandbox, measured.cached, measured.memory)
    needs = peaks(plan_of([StageSizes(base_of(measured.image, known=known))], how))
    assert holds(needs["temporary"], measured.tmp)
    assert holds(needs["cache"], measured.cache)
    assert holds(needs["output"], measured.out)
    if measured.mksquashfs:
        assert holds(needs["memory"], measured.mksquashfs + 40)


@pytest.mark.parametrize(("known", "factor", "least"), [(True, 1.2, 14), (False, 2.5, 12)])
def test_the_upper_end_is_near_the_truth(known: bool, factor: float, least: int) -> None:
    near = 0
    for measured in MEASURED:
        how = Building(measured.sandbox, measured.cached, measured.memory)
        needs = peaks(plan_of([StageSizes(base_of(measured.image, known=known))], how))
        truth = measured.out if measured.sandbox else measured.tmp
        near += needs["output" if measured.sandbox else "temporary"].high <= factor * truth * MB
    assert near >= least, near


def test_a_local_image_is_known_but_for_a_hundredth() -> None:
    """493 MB, read off its table of inodes as 1,136.3 MB: 1,629.7 MB at the worst."""
    tree, image = exactly(int(1136.3 * MB)), exactly(int(493.0 * MB))
    base = PlannedBase(
        "localimage", "dev.sif", "exact", scaled(tree, 0.97, 1.0, 1.01), scaled(tree, 0.97, 1.0, 1.01)
    )
    plan = plan_of(
        [StageSizes(base._replace(image=image, copy=image))], Building(squashfs_memory=6_318_718_976)
    )
    need = plan.need("temporary").size
    assert holds(need, 1629.7)
    assert need.high < 1.02 * 1629.7 * MB
    assert abs(need.likely - 1629.7 * MB) < 0.001 * need.likely
    assert holds(plan.need("output").size, 493.1)
    assert plan.need("cache").size == NOTHING
    assert holds(plan.need("memory").size, 1271.6 + 40)


def test_what_scripts_add_counts_twice() -> None:
    """%post writes 410 MB that do not shrink: in the tree, and in the image beside it."""
    stage = StageSizes(base_of("dev"), growth=declared(410 * MB))
    plan = plan_of([stage], Building(squashfs_memory=6_318_718_976))
    assert holds(plan.need("temporary").size, 2455.3)
    assert holds(plan.need("output").size, 908.5)
    assert holds(plan.need("memory").size, 1363.3 + 40)


def test_no_stage_is_freed_before_the_end() -> None:
    """Two stages, of which the second copies 52 MB from the first."""
    first = StageSizes(base_of("dev"))
    copied = scaled(first.tree, 0.0, 0.1, 1.0)
    plan = plan_of(
        [first, StageSizes(base_of("mb"), copied, "assumed")], Building(squashfs_memory=6_318_718_976)
    )
    need = plan.need("temporary").size
    assert holds(need, 1601.1)
    assert need.low > (1118 + 200) * 0.9 * MB
    assert holds(plan.need("cache").size, 597.3)
    assert holds(plan.need("output").size, 144.1)
    # mksquashfs sees the last stage only.
    assert holds(plan.need("memory").size, 382.3 + 40)


def test_the_archive_lies_in_the_temporary_folder_while_it_is_fetched() -> None:
    base = base_of("mb")._replace(fetched=exactly(900 * MB))
    plan = plan_of([StageSizes(base)], Building())
    need = plan.need("temporary")
    assert need.phase == "fetch"
    assert abs(need.size.likely - 900 * MB) < MB


def test_places_that_share_a_file_system_add_up() -> None:
    """At the end of a cached build: the tree, the layers, and the image twice."""
    plan = plan_of([StageSizes(base_of("mb"))], Building())
    assert holds(plan.need("temporary", "cache", "output").size, 307.1 + 93.3 + 91.7)
    # The peaks of each do not come at one time: what is fetched is gone when the image is written.
    apart = total(plan.need(role).size for role in ("temporary", "cache", "output"))
    assert plan.need("temporary", "cache", "output").size.high <= apart.high


def test_nothing_of_an_unknown_size_counts() -> None:
    base = PlannedBase("docker", "x", "unknown", None, None, None, None, None, why="x: no registry was asked")
    plan = plan_of([StageSizes(base, growth=Growth(exactly(5 * MB), exactly(5 * MB)))], Building())
    need = plan.need("temporary")
    assert not need.complete
    assert need.size.low == 5 * MB
    assert plan.need("output").size == NOTHING


def test_the_phase_that_fails_first_is_told() -> None:
    plan = plan_of([StageSizes(base_of("mb"))], Building())
    assert plan.fails_in(100 * MB, "temporary") == "unpack"
    assert plan.fails_in(250 * MB, "temporary") == "pack"
    assert plan.fails_in(400 * MB, "temporary") == ""


def test_ranges() -> None:
    assert total([Range(1, 2, 3), Range(10, 20, 30)]) == Range(11, 22, 33)
    assert largest([Range(1, 20, 3), Range(10, 2, 30)]) == Range(10, 20, 30)
    assert largest([]) == NOTHING
