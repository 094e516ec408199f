"""The image while it is built: its files, as far as a script tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeVar

from sifcheck.base.startup import NamedTuple

if TYPE_CHECKING:
    from sifcheck.base.source import Span

Value = TypeVar("Value")

Kind = Literal["file", "folder", "link", "none"]


class File(NamedTuple):
    """What is known of one path.  `executable` None: unknown.  `origin` is the place that made it so.

    `bare`: nothing lies in the folder but what is known.  `epoch` is that of the world when it was seen to be missing: what
    ran since may have made it.
    """

    kind: Kind
    origin: Span | None = None
    executable: bool | None = None
    bare: bool = False
    epoch: int = 0


class World:
    """The files of the image; of a path that is not in the table, nor below a folder that is bare, nothing is known."""

    __slots__ = ("epoch", "files")

    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self.epoch = 0

    def copy(self) -> World:
        """One that can be changed without this one."""
        made = World()
        made.files = self.files.copy()
        made.epoch = self.epoch
        return made

    def joined(self, other: World) -> World:
        """What holds in both."""
        self.files = common(self.files, other.files)
        self.epoch = max(self.epoch, other.epoch)
        return self

    def anything_may_have_been_made(self) -> None:
        """Something ran of which nothing is known: what was missing may be there now."""
        self.epoch += 1

    def put(self, path: str, file: File) -> None:
        """Say what is at a path; the folders above it are there, too."""
        self.files[path] = file
        above = path.rpartition("/")[0]
        while above:
            known = self.files.get(above)
            if known is not None and known.kind != "none":
                break
            self.files[above] = File("folder", file.origin)
            above = above.rpartition("/")[0]

    def at(self, path: str) -> File | None:
        """What is known of a path, None for nothing; no link is followed."""
        found = self.files.get(path)
        if found is None:
            found = self._below(path)
        if found is None or (found.kind == "none" and found.epoch != self.epoch):
            return None
        return found

    def _below(self, path: str) -> File | None:
        """A path that is not in the table, by the nearest folder above that is."""
        above = path
        while above not in ("/", ""):
            above = above.rpartition("/")[0] or "/"
            found = self.files.get(above)
            if found is None:
                continue
            if found.kind in ("none", "file"):
                return File("none", found.origin, epoch=found.epoch if found.kind == "none" else self.epoch)
            return File("none", found.origin, epoch=found.epoch) if found.bare else None
        return None


def common(first: dict[str, Value], second: dict[str, Value]) -> dict[str, Value]:
    """What two tables have alike."""
    if first == second:
        return first
    return {name: value for name, value in first.items() if name in second and second[name] == value}
