"""The lines that make a shell fit for a build, and the place that is chosen to build in."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from sifcheck.host.exports import best_temporary_place, expanded, export_lines
from sifcheck.host.healthy import healthy_host, healthy_storage
from sifcheck.host.overlay import lay
from sifcheck.host.snapshot import Bind, Host, Outcome, Storage, Unknown

REFUSED = Outcome(False, "Operation not permitted")


def with_places(*places: Storage) -> Host:
    return healthy_host()._replace(storage=places)


def disk(where: str, purpose: str = "scratch", **changed: Any) -> Storage:
    return healthy_storage(purpose, where)._replace(**changed)


def test_a_disk_comes_before_memory_and_scratch_before_tmp() -> None:
    memory = disk("/worktmp", filesystem="tmpfs")
    assert best_temporary_place(with_places(memory)) is memory
    local = disk("/local")
    assert best_temporary_place(with_places(memory, local, disk("/tmp", "tmp"))) is local
    assert best_temporary_place(with_places(memory, disk("/tmp", "tmp"))).path == "/tmp"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "unfit",
    [
        {"exists": False},
        {"exists": Unknown("timed out after 2 s")},
        {"mounted": False},
        {"available_bytes": 1 << 30},
        {"path": "tmp"},
        {"path": "/a:b"},
        {"rehearsal": healthy_storage("tmp", "/tmp").rehearsal._replace(chown=REFUSED)},
        {"rehearsal": healthy_storage("tmp", "/tmp").rehearsal._replace(execute=REFUSED)},
        {"rehearsal": healthy_storage("tmp", "/tmp").rehearsal._replace(mkdir=Unknown("timed out"))},
    ],
)
def test_what_did_not_pass_is_never_proposed(unfit: dict[str, Any]) -> None:
    assert best_temporary_place(with_places(disk("/local", **unfit))) is None


def test_with_one_id_mapped_no_file_can_be_given_away() -> None:
    single = healthy_storage("tmp", "/tmp").rehearsal._replace(maps="single", chown=Unknown("not tried"))
    assert best_temporary_place(with_places(disk("/local", rehearsal=single))) is not None


def test_the_variable_is_that_of_the_runtime() -> None:
    host = lay(with_places(disk("/nowhere", "tmpdir", exists=False), disk("/local")), {})
    assert export_lines(host, ["ENV202"])[0].startswith("export APPTAINER_TMPDIR=/local  #")
    runtime = host.runtime
    assert runtime is not None
    other = host._replace(runtimes=(runtime._replace(flavour="singularity-ce"),))
    assert export_lines(other, ["ENV202"])[0].startswith("export SINGULARITY_TMPDIR=/local  #")
    assert export_lines(host, []) == []


def test_a_name_can_do_nothing_in_the_shell() -> None:
    odd = "/a b/$(touch pwned)'; rm -rf x\n# "
    host = with_places(disk("/x\ny", "tmpdir", exists=False), disk(odd))
    host = host._replace(binds=(Bind("APPTAINER_BIND; reboot", "/a", "/b", True),))
    lines = export_lines(host, ["ENV201", "ENV105"])
    script = "\n".join(lines).replace("unset ", "printf '<%s>' ") + '\nprintf "%s" "$APPTAINER_TMPDIR"\n'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"<APPTAINER_BIND; reboot>{odd}"


def test_only_plain_variables_are_put_into_a_path() -> None:
    assert expanded("$PJM_LOCALTMP/x", {"PJM_LOCALTMP": "/llio"}) == "/llio/x"
    assert expanded("/worktmp/${SLURM_JOBID}", {"SLURM_JOBID": "7"}) == "/worktmp/7"
    assert expanded("$PJM_LOCALTMP/x", {}) is None
    assert expanded("/tmp/$(id)", {}) is None
