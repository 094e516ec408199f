"""The Fugaku pack: volumes, groups, the node's own disk, its packages."""

from __future__ import annotations

from typing import Any

import pytest

from sifcheck.base.findings import Finding
from sifcheck.testing import check_text
from sifcheck_fugaku import jobs, packages

RUN = "singularity exec a.sif ls"
GFSCACHE = "#PJM -x PJM_LLIO_GFSCACHE=/vol0004"


def found(rule: Any, text: str, **settings: Any) -> list[Finding]:
    return check_text(f"#!/bin/bash\n{text}\n", rule, **settings)


@pytest.mark.parametrize(
    ("text", "volumes"),
    [
        (f"{GFSCACHE}\ncd /vol0004/g\n{RUN}", []),
        (f"{GFSCACHE}\ncd /vol0403/data/g\n{RUN}", []),
        (f"{GFSCACHE}\ncd /vol0003/g\nls /vol0003/h\n{RUN}", ["/vol0003"]),
        (f"{GFSCACHE}\ncd /vol0305/data/g\n{RUN}", ["/vol0003"]),
        (f"#PJM -L node=1\nexport A=/vol0002/g B=/vol0005/g\n{RUN}", ["/vol0002", "/vol0005"]),
        (f"{GFSCACHE}\nls /vol0001/x /2ndfs/x /mnt/vol0003/x /vol00034/x\n{RUN}", []),
        (f"{GFSCACHE}\n# cd /vol0003/g\n{RUN}", []),
        (f"cd /vol0003/g\n{RUN}", []),
        (f"{GFSCACHE}\n# PJM -x PJM_LLIO_GFSCACHE=/vol0003\ncd /vol0003/g\n{RUN}", ["/vol0003"]),
        (f"{GFSCACHE}\n{RUN}\n#PJM -x PJM_LLIO_GFSCACHE=/vol0003\ncd /vol0003/g", []),
        (f"#PJM -L node=1\ncd /vol0003/mdt1/home/u00000/run\nls /vol0003/g\n{RUN}", []),
        (f'{GFSCACHE}\necho "it lies on /vol0006/g"\nprintf "%s\\n" /vol0005/g\n{RUN}', []),
        (f"{GFSCACHE}\necho $(ls /vol0006/g) >/vol0005/g/list\n{RUN}", ["/vol0006", "/vol0005"]),
        (f"{GFSCACHE}\ncat >a.sh <<E\n#PJM -x PJM_LLIO_GFSCACHE=/vol0005\nls /vol0006/g\nE\n{RUN}", []),
        (f"{GFSCACHE}\n: <<E\nls /vol0006/g\nE\ncat <<E | tee a\n/vol0005/g\nE\n{RUN}", []),
        (
            f"{GFSCACHE}\nbash <<E\nls /vol0006/g\nE\ncat <<E | bash\nls /vol0005/g\nE\n{RUN}",
            ["/vol0006", "/vol0005"],
        ),
    ],
)
def test_volumes(text: str, volumes: list[str]) -> None:
    messages = [one.message for one in found(jobs.volume_not_listed, text)]
    assert len(messages) == len(volumes)
    assert all(f"ask for {volume}," in message for volume, message in zip(volumes, messages, strict=True))


@pytest.mark.parametrize(
    ("path", "submit", "refused"),
    [
        ("/home/u00000/job.sh", "pjsub -g hp000000 ./job.sh", True),
        ("/vol0004/mdt0/home/u00000/runs/job.sh", "pjsub -g hp000000 job.sh", True),
        ("/home/u00000/job.sh", "pjsub -g hp000000 --no-check-directory job.sh", False),
        ("/home/u00000/job.sh", "pjsub -g hp000000 /home/u00000/job.sh", False),
        ("/home/u00000/job.sh", "pjsub -g hp000000", False),
        ("/vol0004/data/hp000000/home/job.sh", "pjsub -g hp000000 job.sh", False),
        ("job.sh", "pjsub -g hp000000 job.sh", False),
    ],
)
def test_a_job_that_starts_in_the_home(path: str, submit: str, refused: bool) -> None:
    from sifcheck.base.source import Source
    from sifcheck.job import read_job

    job = read_job(Source(path, f"#!/bin/bash\n{GFSCACHE}\n{RUN}\n".encode()), submit)
    assert jobs.submission_refused.function is not None
    drafts = list(jobs.submission_refused.function(job, None))
    assert [draft.key for draft in drafts] == (["home"] if refused else [])


def test_another_site_has_no_such_volumes() -> None:
    assert found(jobs.volume_not_listed, f"#PJM -L node=1\nls /vol0003/g\n{RUN}", site="pjm") == []


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ("#PJM -g fugaku", "with the group `fugaku`"),
        ("#PJM -g trial\n#PJM -L rscgrp=small", "`spot-`"),
        ("#PJM -g trial\n#PJM -L rscgrp=spot-small", None),
        ("#PJM -g hp000000\n#PJM -L node=13,rscgrp=int", "12 nodes"),
        ("#PJM -g hp000000\n#PJM -L node=20x20,rscgrp=small", "384 nodes"),
        ("#PJM -g hp000000\n#PJM -L node=400,rscgrp=large", None),
        ("#PJM -L node=1", "has no group"),
    ],
)
def test_groups_and_sizes(lines: str, word: str | None) -> None:
    messages = [one.message for one in found(jobs.submission_refused, f"{lines}\n{RUN}", site="fugaku")]
    assert len(messages) == (word is not None)
    assert word is None or word in messages[0]


def test_a_pjm_script_of_another_site_needs_no_group() -> None:
    assert found(jobs.submission_refused, f"#PJM -L rscgrp=cx-single\n{RUN}") == []
    assert found(jobs.submission_refused, f"#PJM -L rscgrp=cx-single\n{RUN}", site="pjm") == []


@pytest.mark.parametrize(
    ("sizes", "flagged"),
    [
        ("localtmp-size=40Gi", False),
        ("localtmp-size=87Gi", True),
        ("localtmp-size=50Gi,sharedtmp-size=36Gi", False),
    ],
)
def test_sizes_of_the_first_layer(sizes: str, flagged: bool) -> None:
    text = f"#PJM --llio {sizes}\nexport TMPDIR=$PJM_LOCALTMP\n{RUN}"
    if "shared" in sizes:
        text += "\nls $PJM_SHAREDTMP"
    assert bool(found(jobs.localtmp_not_requested, text)) is flagged


def test_an_option_beside_others_is_taken_out_alone() -> None:
    (one,) = found(jobs.command_line_only_option, f"#PJM -L node=1 --no-check-gfscache\n{RUN}")
    assert one.fix is not None
    assert one.severity == "error"


@pytest.mark.parametrize("base", ["debian:12.5", "python:3.12-slim", "library/ubuntu:24.04", "alpine:3.20"])
def test_bases_that_take_no_rpm(base: str) -> None:
    text = f"Bootstrap: docker\nFrom: {base}\n%files\n    tcs.repo /etc/yum.repos.d/\n"
    assert len(check_text(text, packages.tcs_on_debian)) == 1


@pytest.mark.parametrize("base", ["rockylinux:8", "redhat/ubi8:8.10", "ghcr.io/x/y:1"])
def test_bases_that_do_or_may(base: str) -> None:
    text = f"Bootstrap: docker\nFrom: {base}\n%post\n    dnf install -y FJSVxtclanga\n"
    assert check_text(text, packages.tcs_on_debian) == []
    assert check_text(text, packages.tcs_on_debian, arch="aarch64") == []


def test_the_path_in_a_comment_is_no_path() -> None:
    text = "Bootstrap: docker\nFrom: rockylinux:8\n%post\n    # see /home/apps/singularity/tcs\n    true\n"
    assert check_text(text, packages.tcs_repository_hidden) == []


@pytest.mark.parametrize(
    "line",
    ["#PJM -x PJM_LLIO_GFSCACHE=/vol0003", "#PJM -g hp000000", "#PJM --llio localtmp-size=40Gi"],
)
@pytest.mark.parametrize("misspelt", [True, False])
def test_what_is_given_in_a_line_that_is_not_read(line: str, misspelt: bool) -> None:
    """JOB201 moves such a line; one more with the same option is too many."""
    text = f"#PJM -L rscunit=rscunit_ft01\nls /vol0003/g $PJM_LOCALTMP\n{RUN}"
    rules = (jobs.volume_not_listed, jobs.submission_refused, jobs.localtmp_not_requested)
    whole = f"{line.replace('#', '# ')}\n{text}" if misspelt else f"{text}\n{line}"
    told = {one.code for rule in rules for one in found(rule, text)}
    assert told == {"FUG301", "FUG302", "FUG304"}
    left = {one.code for rule in rules for one in found(rule, whole)}
    assert len(left) == 2
    assert told - left == {{"-x": "FUG301", "-g": "FUG302", "--llio": "FUG304"}[line.split()[1]]}


def test_a_line_that_is_to_move_is_not_changed() -> None:
    text = f"#PJM -L node=1\n# PJM -x PJM_LLIO_GFSCACHE=/vol0003\nls /vol0003/g /vol0005/g\n{RUN}"
    (one,) = found(jobs.volume_not_listed, text)
    assert one.fix is None
    assert one.help == "`#PJM -x PJM_LLIO_GFSCACHE=/vol0003:/vol0005`"


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("-g $GROUP -L node=1", 2),
        ('-g "$GROUP" -L "node=$NODES"', 2),
        ("-g$GROUP --mpi proc=$N", 2),
        ("-g $GROUP $MORE", 0),
        ("$(options)", 0),
        ('"$@"', 0),
        ('"${MORE[@]}"', 0),
        ('-L "$RESOURCES"', 1),
        ("--rsc-list=$RESOURCES", 1),
        ("-L node=1,$MORE", 1),
        ("--sparam $WAIT -L elapse=$TIME", 0),
    ],
)
def test_variables_of_an_interactive_job(words: str, count: int) -> None:
    assert len(found(jobs.interactive_defaults, f"pjsub --interact {words}")) == count


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("dnf install -y FJSVxtclanga", "`FJSVxtclanga` is an rpm file"),
        ("ls /opt/repo/tcs", "`/opt/repo/tcs` is a repository of rpm files"),
    ],
)
def test_what_a_base_does_not_take(line: str, said: str) -> None:
    (one,) = check_text(f"Bootstrap: docker\nFrom: debian:12.5\n%post\n    {line}\n", packages.tcs_on_debian)
    assert one.message.startswith(said)
