"""`sifcheck plan` against what real builds take: each place a file system of its own, watched while Apptainer builds."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pwd
import shutil
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from host.situation import PATH, account
from integration.loopback_registry import started
from integration.test_build_real import RUN, python_of, search_path

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "plan.md"
PLACES = ("tmp", "cache", "out")
ROLES = {"tmp": "temporary", "cache": "cache", "out": "output"}
EVERY = 0.003
FOLDERS = "bin etc tmp var/tmp proc sys dev root home"
LAYERS = ("bin etc tmp var proc sys dev root home", "random", "text")


class Case(NamedTuple):
    """A build: what it is, its source, and the options of plan and build."""

    what: str
    source: str
    options: tuple[str, ...] = ()
    plan: tuple[str, ...] = ()
    sandbox: bool = False
    remembered: bool = False


GROWS = ("--expect-growth", "8MB")
CASES = [
    Case("squashfs file", "root.sqsh"),
    Case("SIF", "base.sif"),
    Case("SIF to a sandbox", "base.sif", sandbox=True),
    Case("sandbox", "box"),
    Case("sandbox to a sandbox", "box", sandbox=True),
    Case("definition file on a SIF, %post adds 8 MB", "add.def", plan=GROWS),
    Case("the same to a sandbox", "add.def", plan=GROWS, sandbox=True),
    Case("the same, remembered", "add.def", remembered=True),
    Case("%files of 9 MB", "files.def"),
    Case("two stages, 6 MB copied", "stages.def"),
    Case("nothing but %setup", "scratch.def", plan=("--expect-growth", "9MB")),
    Case("docker-archive", "docker-archive:image.tar"),
    Case("docker-archive, no cache", "docker-archive:image.tar", ("--disable-cache",)),
    Case("oci-archive", "oci-archive:oci.tar"),
    Case("oci-archive, no cache", "oci-archive:oci.tar", ("--disable-cache",)),
    Case("oci layout to a sandbox", "oci:layout", sandbox=True),
    Case("registry", "docker://REGISTRY/image:1"),
    Case("registry, no cache", "docker://REGISTRY/image:1", ("--disable-cache",)),
    Case("registry to a sandbox", "docker://REGISTRY/image:1", sandbox=True),
]

DEFINITIONS = {
    "add.def": """Bootstrap: localimage
From: base.sif

%post
    dd if=/dev/urandom of=/added bs=1000000 count=8
""",
    "files.def": """Bootstrap: localimage
From: base.sif

%files
    payload /opt/payload
""",
    "stages.def": """Bootstrap: localimage
From: base.sif
Stage: first

Bootstrap: localimage
From: base.sif
Stage: last

%files from first
    /random /copied
""",
    "scratch.def": """Bootstrap: scratch

%setup
    cp -a tree/. "$APPTAINER_ROOTFS/"
    head -c 9000000 /dev/urandom > "$APPTAINER_ROOTFS/random"
""",
}

measured: dict[str, tuple[dict[str, int], dict[str, Any]]] = {}


class Bench:
    """A folder with sources, three places on file systems of their own, and an account that builds."""

    def __init__(self, folder: Path, entry: pwd.struct_passwd, python: str) -> None:
        self.folder, self.entry, self.python = folder, entry, python
        self.sources = folder / "sources"
        self.places = {name: folder / name for name in PLACES}
        self.registry = ""
        self.environment = {
            "PATH": PATH,
            "HOME": str(folder / "home"),
            "USER": entry.pw_name,
            "APPTAINER_TMPDIR": str(self.places["tmp"]),
            "APPTAINER_CACHEDIR": str(self.places["cache"]),
            "APPTAINER_NOHTTPS": "1",
            "PYTHONPATH": search_path(),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=self.sources,
            env=self.environment,
            user=self.entry.pw_uid,
            group=self.entry.pw_gid,
            extra_groups=[],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def sifcheck(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run(self.python, "-c", RUN, *words)

    def empty(self) -> None:
        for place in self.places.values():
            for entry in os.listdir(place):
                subprocess.run(["rm", "-rf", place / entry], check=True)

    def used(self, name: str) -> int:
        room = os.statvfs(self.places[name])
        return (room.f_blocks - room.f_bfree) * room.f_frsize

    def watched(self, *words: str) -> dict[str, int]:
        """Build, and give the most that each place held."""
        peak = dict.fromkeys(PLACES, 0)
        before = {name: self.used(name) for name in PLACES}
        done = threading.Event()

        def watch() -> None:
            while not done.wait(EVERY):
                for name in PLACES:
                    peak[name] = max(peak[name], self.used(name) - before[name])

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            built = self.run(*words)
        finally:
            done.set()
            watcher.join()
        assert built.returncode == 0, built.stderr
        return {name: max(peak[name], self.used(name) - before[name]) for name in PLACES}

    def image(self, case: Case) -> str:
        return str(self.places["out"] / ("box" if case.sandbox else "image.sif"))

    def source(self, case: Case) -> str:
        return case.source.replace("REGISTRY", self.registry)

    def planned(self, case: Case) -> dict[str, Any]:
        kind = ("--sandbox",) if case.sandbox else ()
        words = ["plan", "--isolated", "--site", "none", "--output-format", "json", *kind, *case.options]
        done = self.sifcheck(*words, *case.plan, self.source(case), self.image(case))
        assert done.returncode in (0, 1), done.stderr
        plan: dict[str, Any] = json.loads(done.stdout)
        return plan

    def built(self, case: Case) -> dict[str, int]:
        kind = ("--sandbox",) if case.sandbox else ()
        return self.watched("apptainer", "build", *kind, *case.options, self.image(case), self.source(case))


def fill(root: Path) -> None:
    """The tree of an image: a shell, what does not shrink, what does."""
    for name in FOLDERS.split():
        (root / name).mkdir(parents=True)
    shutil.copy(str(shutil.which("busybox")), root / "bin/busybox")
    for name in "sh cat cp dd mkdir true".split():
        (root / "bin" / name).symlink_to("busybox")
    (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")
    (root / "random").write_bytes(os.urandom(6_000_000))
    (root / "text").write_text("".join(f"line {at:9d} {at * 7919 % 100003:6d}\n" for at in range(500_000)))


def archive(root: Path, path: Path) -> None:
    """A docker-archive with three layers."""
    layers = []
    for names_of_one in LAYERS:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as layer:
            for name in names_of_one.split():
                layer.add(root / name, name)
        layers.append(stream.getvalue())
    digests = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
    rootfs = {"type": "layers", "diff_ids": digests}
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    config = json.dumps({"architecture": machine, "os": "linux", "config": {}, "rootfs": rootfs}).encode()
    names = [f"{at}/layer.tar" for at in range(len(layers))]
    manifest = json.dumps([{"Config": "config.json", "RepoTags": ["image:1"], "Layers": names}]).encode()
    with tarfile.open(path, "w") as whole:
        for name, content in zip(
            [*names, "config.json", "manifest.json"], [*layers, config, manifest], strict=True
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            whole.addfile(entry, io.BytesIO(content))


def make_sources(bench: Bench) -> None:
    sources = bench.sources
    root = bench.folder / "root"
    fill(root)
    packed = ["mksquashfs", str(root), str(sources / "root.sqsh"), "-quiet", "-no-progress"]
    subprocess.run(packed, check=True, capture_output=True)
    archive(root, sources / "image.tar")
    for source, target in (
        ("docker-archive:image.tar", "oci:layout:1"),
        ("oci:layout:1", "oci-archive:oci.tar"),
    ):
        subprocess.run(["skopeo", "copy", "-q", source, target], cwd=sources, check=True)
    for name, text in DEFINITIONS.items():
        (sources / name).write_text(text)
    (sources / "payload").mkdir()
    (sources / "payload/a").write_bytes(os.urandom(9_000_000))
    shutil.copytree(root, sources / "tree", symlinks=True, ignore=shutil.ignore_patterns("random", "text"))
    subprocess.run(["chmod", "-R", "a+rX", sources], check=True)
    for words in (["base.sif", "root.sqsh"], ["--sandbox", "box", "base.sif"]):
        done = bench.run("apptainer", "build", *words)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    for program in ("apptainer", "mksquashfs", "busybox", "skopeo", "docker-registry", "mount"):
        if not shutil.which(program):
            pytest.skip(f"needs {program}")
    entry = account()
    made = Bench(Path(tempfile.mkdtemp(prefix="sifcheck-plan-")), entry, python_of(entry))
    made.folder.chmod(0o755)
    mounted = []
    try:
        for place in (*made.places.values(), made.sources, made.folder / "home"):
            place.mkdir()
            if place in made.places.values():
                done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", place])
                if done.returncode != 0:
                    pytest.skip("needs the right to mount")
                mounted.append(place)
            os.chown(place, entry.pw_uid, entry.pw_gid)
        make_sources(made)
        with started(made.folder / "registry") as registry:
            target = f"docker://{registry.address}/image:1"
            pushed = ["skopeo", "copy", "-q", "--dest-tls-verify=false", "oci:layout:1", target]
            subprocess.run(pushed, cwd=made.sources, check=True)
            made.registry = registry.address
            yield made
    finally:
        for place in mounted:
            subprocess.run(["umount", "-l", place])
        subprocess.run(["rm", "-rf", made.folder])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_the_true_peak_lies_in_the_range(case: Case, bench: Bench) -> None:
    bench.empty()
    if case.remembered:
        done = bench.sifcheck("build", "--isolated", "--site", "none", bench.image(case), case.source)
        assert done.returncode == 0, done.stderr
        bench.empty()
    plan = bench.planned(case)
    peak = bench.built(case)
    for name, role in ROLES.items():
        need = plan["needs"][role]
        assert need["complete"], plan["left_out"]
        assert need["low"] <= peak[name] <= need["high"], (role, need, peak[name])
    if case.remembered:
        assert any(part["how"] == "remembered" for part in plan["needs"]["temporary"]["parts"])
    measured[case.what] = (peak, plan)


def test_the_upper_end_is_at_most_twice_the_truth_in_most() -> None:
    if len(measured) < 12:
        pytest.skip("needs the builds above")
    near = 0
    for peak, plan in measured.values():
        name = max(("tmp", "out"), key=lambda name: peak[name])
        near += plan["needs"][ROLES[name]]["high"] <= 2 * peak[name]
    assert near > 0.8 * len(measured), (near, len(measured))
    if os.environ.get("SIFCHECK_WRITE_TABLE"):
        write_table()


def write_table() -> None:
    rows = [
        "| build | temporary folder: range | true peak | image or sandbox: range | true peak |",
        "|---|---|---|---|---|",
    ]
    for what, (peak, plan) in measured.items():
        cells = [what]
        for name in ("tmp", "out"):
            need = plan["needs"][ROLES[name]]
            cells += [f"{need['low'] / 1e6:.1f} - {need['high'] / 1e6:.1f}", f"{peak[name] / 1e6:.1f}"]
        rows.append(f"| {' | '.join(cells)} |")
    start, end = "<!-- measured -->\n", "<!-- end -->"
    page = PAGE.read_text()
    before, _, rest = page.partition(start)
    _, _, after = rest.partition(end)
    table = "\n".join(rows)
    PAGE.write_text(f"{before}{start}{table}\n{end}{after}")
