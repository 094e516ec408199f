"""What a build needs, phase by phase, from the sizes of what it starts from and of what is added.

The model and its figures are measured: 24 builds with Apptainer 1.4.5 and mksquashfs 4.5.1, each on file systems of its
own, sampled every 50 ms; the space held to 0.1 MB.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sifcheck.base.startup import NamedTuple
from sifcheck.plan.model import NOTHING, How, Phase, PlannedBase, PlanPart, Range, Role, scaled, total

__all__ = ["MB", "Building", "Growth", "StageSizes", "inodes_of", "phases_of"]

MB = 1_000_000

# The runtime's own process: 37 to 60 MB in all builds, at times two of them.
_RUNTIME = Range(30 * MB, 50 * MB, 100 * MB)
# Folders, labels and scripts that the runtime adds to any tree, and the copies that it keeps of what it reads.
_OWN_FILES = Range(0, 50_000, 400_000)
# Empty folders of the build, and lists of what the cache holds.
_FOLDERS = Range(0, 10_000, 100_000)
# What unsquashfs may buffer.
_UNSQUASHFS_MOST = 600 * MB
# Distributions have 32 to 56 kB for each file, trees of small files 7 (measured), one of model weights has a few large ones.
_USUAL_FILE = 100_000
_SMALL_FILE = 7_000


class Growth(NamedTuple):
    """What scripts add to a tree: what stays, what there is at the most in between, and how that is known.

    `size` None: the scripts are not known at all.
    """

    kept: Range = NOTHING
    peak: Range = NOTHING
    how: How = "exact"


class StageSizes(NamedTuple):
    """A stage: its base, what `%files` copies from the machine (and from other stages), and what its scripts add.

    `more_files`: something is copied besides of which nobody can tell how large it is.
    """

    base: PlannedBase
    files: Range = NOTHING
    files_how: How = "exact"
    growth: Growth = Growth()
    more_files: bool = False

    @property
    def tree(self) -> Range:
        """The tree when the stage is done, as far as it is known."""
        return total([self.base.kept or NOTHING, self.files, self.growth.kept])


class Building(NamedTuple):
    """How it is built.  `cached`: whether layers go to the cache; else they stay in the temporary folder to the end.

    `squashfs_memory` is what mksquashfs limits itself to, None where nobody can tell.  `finished` is a measured size of the
    image as an earlier build made it, None without one.
    """

    sandbox: bool = False
    cached: bool = True
    squashfs_memory: int | None = None
    finished: Range | None = None


def phases_of(stages: Sequence[StageSizes], how: Building) -> tuple[Phase, ...]:
    """The phases of a build of these stages, in order."""
    # The trees of all stages stay until the end; those of a sandbox grow in the folder that it will lie in (measured).
    trees: Role = "output" if how.sandbox else "temporary"
    phases: list[Phase] = []
    held: list[PlanPart] = []
    layers: list[PlanPart] = []
    for stage in stages:
        base = stage.base
        if base.agent != "scratch":
            layers += _layers(base, how)
            fetched = PlanPart("temporary", "what is fetched", base.fetched, base.how)
            phases.append(Phase("fetch", (*held, *layers, *_if_any([fetched]), *_runtime())))
            phases.append(Phase("unpack", (*held, *layers, *_unpacked(base, trees))))
        held += _done(stage, trees)
        if stage.growth.peak.high:
            extra = PlanPart(trees, "what scripts hold in between", _extra(stage.growth), stage.growth.how)
            phases.append(Phase("post", (*held, *layers, extra, *_runtime())))
        else:
            phases.append(Phase("post", (*held, *layers, *_runtime())))
    if how.sandbox:
        return tuple(phases)
    last = stages[-1]
    image = how.finished or _image(last)
    sure: How = "remembered" if how.finished is not None else _least_sure(last)
    packed = PlanPart("temporary", "the image while it is packed", image, sure)
    squashing = (*_runtime(), PlanPart("memory", "mksquashfs", _mksquashfs(last, how), sure))
    phases.append(Phase("pack", (*held, *layers, packed, *squashing)))
    written = PlanPart("output", "the finished image", image, sure)
    phases.append(Phase("write", (*held, *layers, packed, written, *_runtime())))
    return tuple(phases)


def _if_any(parts: Sequence[PlanPart]) -> Iterator[PlanPart]:
    return (part for part in parts if part.size is None or part.size.high)


def _runtime() -> tuple[PlanPart, ...]:
    return (
        PlanPart("memory", "the runtime", _RUNTIME, "assumed"),
        PlanPart("temporary", "folders of the build", _FOLDERS, "assumed"),
    )


def _layers(base: PlannedBase, how: Building) -> Iterator[PlanPart]:
    if how.cached:
        yield from _if_any([PlanPart("cache", "layers", base.to_fetch, base.how)])
    else:
        yield from _if_any(
            [PlanPart("temporary", "layers, since the cache is off", base.compressed, base.how)]
        )


def _unpacked(base: PlannedBase, trees: Role) -> Iterator[PlanPart]:
    yield PlanPart(trees, "the unpacked base", base.unpacked, base.how)
    yield from _if_any([PlanPart(trees, "a copy of the source image", base.copy, base.how)])
    yield from _runtime()
    if base.copy.high:
        # 209 MB for a tree of 216 MB, 436 MB for one of 1,137 MB (measured).
        tree = base.unpacked or NOTHING
        buffers = Range(0, int(0.3 * tree.likely) + 100 * MB, int(0.5 * tree.high) + 150 * MB)
        most = Range(0, min(buffers.likely, _UNSQUASHFS_MOST), min(buffers.high, _UNSQUASHFS_MOST))
        yield PlanPart("memory", "unsquashfs", most, base.how)


def _done(stage: StageSizes, trees: Role) -> Iterator[PlanPart]:
    """What a stage holds once its scripts are done."""
    base, growth = stage.base, stage.growth
    yield PlanPart(
        trees, "the tree of its base" if base.agent != "scratch" else "an empty tree", base.kept, base.how
    )
    yield PlanPart(trees, "the runtime's own files", _OWN_FILES, "assumed")
    yield from _if_any([PlanPart(trees, "what %files copies", stage.files, stage.files_how)])
    if stage.more_files:
        yield PlanPart(trees, "what else %files copies", None, "unknown")
    yield from _if_any([PlanPart(trees, "what scripts add", growth.kept, growth.how)])


def _extra(growth: Growth) -> Range:
    low, likely, high = (max(0, peak - kept) for peak, kept in zip(growth.peak, growth.kept, strict=True))
    return Range(low, likely, high)


def _least_sure(stage: StageSizes) -> How:
    order: tuple[How, ...] = ("exact", "layers", "remembered", "declared", "compressed", "assumed", "unknown")
    used = [stage.base.how]
    used += [stage.files_how] if stage.files.high else []
    used += [stage.growth.how] if stage.growth.kept.high else []
    return max(used, key=order.index)


def _image(stage: StageSizes) -> Range | None:
    """The packed image: what the base took packed, and of what is added nothing to all of it.

    Text and programs shrink to a half or less, what is compressed or random not at all, zeros to nothing (measured).
    """
    if stage.base.image is None:
        return None
    added = total([stage.files, stage.growth.kept])
    return total([stage.base.image, scaled(added, 0.0, 0.5, 1.02), Range(0, 40_000, 300_000)])


def _mksquashfs(stage: StageSizes, how: Building) -> Range | None:
    """What mksquashfs takes: all of the tree up to its limit, and at most 0.2 GB more.

    Measured: from 0.83 times the tree for two gigabytes to the tree and 0.12 GB; 0.56 of a limit of 256 MB.
    """
    if stage.base.kept is None:
        return None
    tree, limit = stage.tree, how.squashfs_memory
    if limit is None:
        return Range(0, tree.likely + 100 * MB, tree.high + 200 * MB)
    return Range(
        min(int(0.8 * tree.low), int(0.5 * limit)),
        min(tree.likely, limit) + 100 * MB,
        min(tree.high, limit) + 200 * MB,
    )


def inodes_of(stages: Sequence[StageSizes], files: int) -> Range | None:
    """How many files and folders the trees of all stages hold; None where the base of one is not known."""
    counts = []
    for stage in stages:
        base = stage.base.inodes
        if base is None and stage.base.kept is not None:
            tree = stage.base.kept
            base = Range(0, tree.likely // _USUAL_FILE, tree.high // _SMALL_FILE)
        if base is None:
            return None
        added = stage.growth.kept
        counts.append(total([base, Range(0, added.likely // _USUAL_FILE, added.high // _SMALL_FILE)]))
    # 14 to 50 for the runtime's own files.
    return total([*counts, Range(files, files + 20, files + 60)])
