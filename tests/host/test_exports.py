"""The lines that make a shell fit for a build, and the place that is chosen to build in."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from sifcheck.base.facts import Outcome, Unknown
from sifcheck.base.findings import Finding, Remedy, SetVariable, Span, UnsetVariable
from sifcheck.host.exports import best_temporary_place, changes, export_line, temporary_remedy
from sifcheck.host.site_paths import expanded
from sifcheck.host.snapshot import Host, Storage, Variable
from sifcheck.host.temporary_folders import temporary_folders
from sifcheck.site.model import Site
from sifcheck.site.reader import parse_site
from sifcheck.testing.healthy_host import healthy_host, healthy_storage
from sifcheck.testing.host_overlay import lay

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


def export_lines(host: Host) -> list[str]:
    return [export_line(change) for change in temporary_remedy(host)]


def found(*remedies: Remedy, severity: Any = "warning") -> Finding:
    return Finding("XYZ101", "x", severity, "high", "standard", "", "", None, Span(0, 0), remedies=remedies)


def test_the_variable_is_that_of_the_runtime() -> None:
    host = lay(with_places(disk("/nowhere", "tmpdir", exists=False), disk("/local")), {})
    assert export_lines(host)[0].startswith("export APPTAINER_TMPDIR=/local  #")
    runtime = host.runtime
    assert runtime is not None
    other = host._replace(runtimes=(runtime._replace(family="singularity-ce"),))
    assert export_lines(other)[0].startswith("export SINGULARITY_TMPDIR=/local  #")
    assert changes([]) == changes([found()]) == []


def test_a_name_can_do_nothing_in_the_shell() -> None:
    odd = "/a b/$(touch pwned)'; rm -rf x\n# "
    host = with_places(disk("/x\ny", "tmpdir", exists=False), disk(odd))
    bad_name = UnsetVariable("APPTAINER_BIND; reboot", "it holds for %post, too")
    lines = [export_line(change) for change in changes([found(bad_name), found(*temporary_remedy(host))])]
    script = "\n".join(lines).replace("unset ", "printf '<%s>' ") + '\nprintf "%s" "$APPTAINER_TMPDIR"\n'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"<APPTAINER_BIND; reboot>{odd}"


def test_only_plain_variables_are_put_into_a_path() -> None:
    assert expanded("$PJM_LOCALTMP/x", {"PJM_LOCALTMP": "/llio"}) == "/llio/x"
    assert expanded("/worktmp/${SLURM_JOBID}", {"SLURM_JOBID": "7"}) == "/worktmp/7"
    assert expanded("$PJM_LOCALTMP/x", {}) is None
    assert expanded("/tmp/$(id)", {}) is None


SITE = """
[site]
name = "x"
[nodes.login]
[nodes.compute]
[[tmp.candidates]]
path = "/worktmp"
where = "compute"
counts_as_memory = true
[[tmp.candidates]]
path = "$LOCALTMP"
where = "compute"
"""


def site(role: str = "compute") -> Site:
    return parse_site(SITE, "x.toml")._replace(role=role)


def test_the_site_s_folders_come_first_and_only_if_they_passed() -> None:
    memory = disk("/worktmp", filesystem="tmpfs")
    host = with_places(disk("/home/u", "tmpdir", filesystem="nfs"), memory, disk("/tmp", "tmp"))
    assert best_temporary_place(host, site()) is memory
    assert best_temporary_place(host, site("login")).path == "/tmp"  # type: ignore[union-attr]
    assert best_temporary_place(host, site(), disk=True).path == "/tmp"  # type: ignore[union-attr]
    untried = memory._replace(rehearsal=memory.rehearsal._replace(chown=Unknown("not asked for")))
    again = host._replace(storage=(host.storage[0], untried, host.storage[2]))
    assert best_temporary_place(again, site()).path == "/tmp"  # type: ignore[union-attr]
    assert temporary_folders(again, site())[0].path == "/worktmp"


def test_what_the_site_names_by_a_variable_comes_behind_what_is_there() -> None:
    host = with_places(disk("/tmp", "tmpdir"), disk("/vartmp", "vartmp"))
    found = temporary_folders(host, site(), disk=True)
    assert [(one.path, one.candidate is not None) for one in found] == [(None, True), ("/vartmp", False)]
    there = host._replace(environment=(Variable("LOCALTMP", "/local/7"),))
    assert temporary_folders(there, site(), disk=True)[0].path == "/local/7"


@pytest.mark.parametrize("free", [(9 << 30, 10 << 30), (10 << 30, 9 << 30)])
def test_what_is_free_at_the_moment_does_not_change_the_choice(free: tuple[int, int]) -> None:
    host = with_places(
        disk("/nowhere", "tmpdir", exists=False),
        disk("/tmp", "tmp", available_bytes=free[0]),
        disk("/var/tmp", "vartmp", available_bytes=free[1]),
    )
    assert best_temporary_place(host).path == "/tmp"  # type: ignore[union-attr]


def test_the_folder_in_use_is_no_other_by_another_name() -> None:
    used = disk("/var/tmp", "tmpdir", real_path="/data/tmp")
    assert best_temporary_place(with_places(used, disk("/tmp", "tmp", real_path="/data/tmp"))) is None


def test_what_is_only_told_is_not_cured() -> None:
    local, disk = SetVariable("APPTAINER_TMPDIR", "/local", "why"), SetVariable("OTHER", "/disk", "why")
    assert changes([found(local, severity="info"), found(disk)]) == [disk]


def test_of_several_values_the_last_holds_and_what_is_set_comes_first() -> None:
    memory, disk = (SetVariable("APPTAINER_TMPDIR", path, "why") for path in ("/ram", "/disk"))
    bind = UnsetVariable("APPTAINER_BIND", "why")
    assert changes([found(bind), found(memory, bind), found(disk)]) == [disk, bind]
