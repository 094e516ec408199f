"""`sifcheck check` with batch scripts: found, checked, suppressed, fixed, and the definition files that they build."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# The job script of a guide as it was printed: a merge that was not finished, newgrp as a line, a misspelt command.
GUIDE = """#!/bin/bash

export TMPDIR=/worktmp
<<<<<<< a8c8547
newgrp fugaku
singularity biuld --fakeroot create_job.sif example.def
=======
singularity build --fakeroot create_job.sif example.def
>>>>>>> 62ce007
"""
RECIPE = "Bootstrap: docker\nFrom: ubuntu\n%post\n    true\n"


def run(folder: Path, *words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sifcheck", "check", "--isolated", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, input=given)


def concise(folder: Path, *words: str, given: str | None = None) -> list[str]:
    done = run(folder, "--no-shellcheck", "--output-format", "concise", *words, given=given)
    assert done.returncode in (0, 1), done.stderr
    return [
        line.partition(": ")[0] + " " + line.split(": ")[1].split()[0] for line in done.stdout.splitlines()
    ]


def findings(folder: Path, *words: str) -> list[dict[str, Any]]:
    done = run(folder, "--no-shellcheck", "--output-format", "json", *words)
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "job.sh").write_text(GUIDE)
    return tmp_path


def test_the_guides_script_is_told_line_by_line(folder: Path) -> None:
    assert concise(folder, "job.sh") == ["job.sh:4:1 JOB102", "job.sh:5:1 JOB101", "job.sh:6:13 JOB103"]
    assert concise(folder) == concise(folder, "job.sh")


def test_standard_input_goes_by_name_and_content(folder: Path) -> None:
    assert len(concise(folder, "--stdin-filename", "job.sh", "-", given=GUIDE)) == 3
    assert len(concise(folder, "-", given=GUIDE)) == 3
    assert concise(folder, "-", given=RECIPE) == ["<stdin>:2:7 DEF201"]


def test_after_the_remedies_it_is_clean(folder: Path) -> None:
    lines = GUIDE.splitlines(keepends=True)
    (folder / "job.sh").write_text("".join([*lines[:3], *lines[4:6]]))
    done = run(folder, "--no-shellcheck", "--fix", "--unsafe-fixes", "job.sh")
    assert done.returncode == 0, done.stdout
    text = (folder / "job.sh").read_text()
    assert text.endswith("sg fugaku -c 'singularity build --fakeroot create_job.sif example.def'\n")
    assert concise(folder, "job.sh") == []


def test_only_what_is_safe_is_mended_by_itself(folder: Path) -> None:
    run(folder, "--no-shellcheck", "--fix", "job.sh")
    assert (folder / "job.sh").read_text() == GUIDE.replace("biuld", "build")


def test_directives_are_moved_up_in_their_order(tmp_path: Path) -> None:
    text = "#!/bin/bash\n#SBATCH -N 1\nA=1\n#SBATCH -n 2\n#SBATCH -t 30\nsingularity exec a.sif ls\n"
    (tmp_path / "job.sh").write_text(text)
    assert run(tmp_path, "--no-shellcheck", "--fix", "--unsafe-fixes", "job.sh").returncode == 0
    expected = "#!/bin/bash\n#SBATCH -N 1\n#SBATCH -n 2\n#SBATCH -t 30\nA=1\nsingularity exec a.sif ls\n"
    assert (tmp_path / "job.sh").read_text() == expected


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("newgrp g  # sifcheck: ignore[JOB101] tried\n", []),
        ("# sifcheck: ignore[JOB101] tried\nnewgrp g\n", []),
        ("# sifcheck: ignore-file[JOB101] tried\n\nls\nnewgrp g\n", []),
        ("newgrp g  # sifcheck: ignore[JOB103] not this one\n", ["JOB101", "SIF101"]),
        ("echo '# sifcheck: ignore[JOB101]'\nnewgrp g\n", ["JOB101"]),
        ("newgrp g  # sifcheck: ignore[JOB999]\n", ["JOB101", "SIF102"]),
        ("#SBATCH -t 0:30  # sifcheck: ignore[JOB302] it is short\n", []),
        ("# sifcheck: ignore[JOB302] it is short\n#SBATCH -t 0:30\n", []),
        ("newgrp g\nls  # sifcheck: ignore[JOB101] wrong line\n", ["JOB101", "SIF101"]),
        # Of a rule that a site would let say more nobody can tell that an ignore is of no use.
        ("#SBATCH -t 0:30\n#SBATCH -N 1  # sifcheck: ignore[JOB302] wrong line\n", ["JOB302"]),
        ("# sifcheck: ignore-section[JOB101] there is none\nnewgrp g\n", ["JOB101", "SIF101"]),
    ],
)
def test_suppressions(tmp_path: Path, text: str, left: list[str]) -> None:
    (tmp_path / "job.sh").write_text(f"#!/bin/bash\n{text}singularity exec a.sif ls\n")
    assert sorted(one["code"] for one in findings(tmp_path, "job.sh")) == left


def test_suppressions_that_are_added(folder: Path) -> None:
    done = run(folder, "--no-shellcheck", "--add-ignore", "known", "job.sh")
    assert done.returncode in (0, 1), done.stderr
    assert (folder / "job.sh").read_text().startswith("#!/bin/bash\n")
    assert concise(folder, "job.sh") == []


def test_selection_and_severity_hold_for_batch_scripts(folder: Path) -> None:
    assert concise(folder, "--select", "JOB103", "job.sh") == ["job.sh:6:13 JOB103"]
    assert concise(folder, "--ignore", "newgrp-in-batch,JOB102", "job.sh") == ["job.sh:6:13 JOB103"]
    assert findings(folder, "--severity", "JOB103=info", "--select", "JOB103")[0]["severity"] == "info"


def test_a_site_says_what_a_job_needs(tmp_path: Path) -> None:
    (tmp_path / "job.sh").write_text("#!/bin/bash\n#PJM -L node=1\nsingularity build -f a.sif a.def\n")
    codes = [one["code"] for one in findings(tmp_path, "--site", "fugaku", "job.sh")]
    assert sorted(set(codes)) == ["FUG302", "JOB105", "JOB202"]
    assert findings(tmp_path, "job.sh") == []


def test_the_command_line_that_submits_it(tmp_path: Path) -> None:
    (tmp_path / "job.sh").write_text(
        "#!/bin/bash\nexport TMPDIR=/worktmp\nsingularity build -f a.sif a.def\n"
    )
    submit = 'pjsub -L "rscunit=rscunit_ft01,rscgrp=small,node=1,elapse=0:15:00" ./job.sh'
    (one,) = findings(tmp_path, "--submit", submit, "job.sh")
    assert (one["code"], one["severity"]) == ("FUG302", "error")
    assert findings(tmp_path, "--submit", submit.replace("-L", "-g hp000000 -L"), "job.sh") == []
    assert findings(tmp_path, "job.sh") == []
    assert run(tmp_path, "--submit", "run -x", "job.sh").returncode == 3


def test_what_is_asked_for_on_the_command_line_counts(tmp_path: Path) -> None:
    (tmp_path / "job.sh").write_text("#!/bin/bash\n#SBATCH -t 0:30\nsingularity exec a.sif solve\n")
    assert [one["code"] for one in findings(tmp_path, "job.sh")] == ["JOB302"]
    assert findings(tmp_path, "--submit", "sbatch --time=1:00:00", "job.sh") == []
    codes = [one["code"] for one in findings(tmp_path, "--submit", "sbatch -t 30 --gres=gpu:1", "job.sh")]
    assert codes == ["JOB107"]


def test_the_definition_file_that_a_script_builds_is_checked_along(tmp_path: Path) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "app.def").write_text(RECIPE)
    (tmp_path / "job.sh").write_text(
        '#!/bin/bash\n#SBATCH -N 1\ncd "$SLURM_SUBMIT_DIR"\nD=recipes/app.def\napptainer build app.sif $D\n'
    )
    (one,) = findings(tmp_path, "job.sh")
    assert (one["code"], one["location"]["path"]) == ("DEF201", os.path.join("recipes", "app.def"))
    (where,) = one["related"]
    assert (where["location"]["path"], where["location"]["start"]["line"]) == ("job.sh", 5)


@pytest.mark.parametrize("line", ["cd $SOMEWHERE", "cd", "cd ~/x", "cd recipes"])
def test_what_lies_elsewhere_is_not_looked_for(tmp_path: Path, line: str) -> None:
    (tmp_path / "app.def").write_text(RECIPE)
    (tmp_path / "job.sh").write_text(f"#!/bin/bash\n#SBATCH -N 1\n{line}\napptainer build app.sif app.def\n")
    assert findings(tmp_path, "job.sh") == []


def test_a_definition_file_that_is_named_is_checked_once(tmp_path: Path) -> None:
    (tmp_path / "app.def").write_text(RECIPE)
    (tmp_path / "job.sh").write_text("#!/bin/bash\n#SBATCH -N 1\napptainer build app.sif app.def\n")
    assert [one["code"] for one in findings(tmp_path, "job.sh", "app.def")] == ["DEF201"]
    assert [one["code"] for one in findings(tmp_path)] == ["DEF201"]


def test_mending_a_script_leaves_the_definition_file_alone(tmp_path: Path) -> None:
    recipe = "Bootstrap: docker\nFrom: ubuntu:24.04\n%post\n    true\n%runscript\n    exec python3 $*\n"
    (tmp_path / "app.def").write_text(recipe)
    (tmp_path / "job.sh").write_text("#!/bin/bash\nsingularity biuld app.sif app.def\n")
    run(tmp_path, "--no-shellcheck", "--fix", "job.sh")
    assert "build app.sif" in (tmp_path / "job.sh").read_text()
    assert (tmp_path / "app.def").read_text() == recipe


def test_shellcheck_reads_the_script_too(tmp_path: Path) -> None:
    (tmp_path / "job.sh").write_text(
        '#!/bin/bash\n#SBATCH -N 1\ncd "$SLURM_SUBMIT_DIR"\nls $UNQUOTED\nsingularity exec a.sif ls\n'
    )
    done = run(tmp_path, "--output-format", "json", "job.sh")
    if "ShellCheck was left out" in done.stderr:
        pytest.skip("no ShellCheck is here")
    found = [(one["code"], one["location"]["start"]) for one in json.loads(done.stdout)["findings"]]
    assert [(code, place["line"], place["column"]) for code, place in found] == [("SC2086", 4, 4)]


@pytest.mark.parametrize(
    "content",
    [
        "#!/bin/tcsh\n#SBATCH -N 1\nsetenv A 1\nsingularity exec a.sif ls\n",
        "#!/bin/bash\n#SBATCH -N 1\nif [\n",
    ],
)
def test_odd_scripts_are_no_trouble(tmp_path: Path, content: str) -> None:
    (tmp_path / "job.sh").write_text(content)
    done = run(tmp_path, "job.sh")
    assert done.returncode in (0, 1), done.stderr


def test_a_check_of_definition_files_takes_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "app.def").write_text(RECIPE)
    command = [
        sys.executable,
        "-X",
        "importtime",
        "-m",
        "sifcheck",
        "check",
        "--isolated",
        "--no-shellcheck",
        "app.def",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}
    assert "sifcheck.lint.check" in loaded
    assert not {
        name
        for name in loaded
        if name.startswith(("sifcheck.job", "sifcheck_rules.batch", "sifcheck_fugaku.jobs"))
    }


def test_an_odd_size_crashes_nothing(folder: Path) -> None:
    (folder / "odd.sh").write_text("#!/bin/bash\n#PJM --llio localtmp-size=20i\nls $PJM_LOCALTMP\n")
    assert "SIF900" not in {one["code"] for one in findings(folder, "--site", "fugaku", "odd.sh")}


def test_nodes_of_older_scripts_stand_for_chunks(folder: Path) -> None:
    (folder / "old.sh").write_text("#!/bin/bash\n#PBS -l nodes=1:ppn=8\napptainer exec app.sif true\n")
    told = findings(folder, "--site", "polaris", "--select", "JOB403", "old.sh")
    assert told
    assert not any("select=" in one["help"] + one["message"] for one in told)


NEEDS = "Bootstrap: docker\nFrom: {{ BASE }}\n"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("", True),
        ("--build-arg BASS=debian:12", True),
        ("--build-arg BASE=debian:12", False),
        ("--build-arg A=1,BASE=debian:12", False),
        ("--build-arg BASE=$BASE", False),
        ('--build-arg "$GIVEN"', False),
        ("--build-arg-file values", False),
    ],
)
def test_build_variables_that_a_script_gives(tmp_path: Path, options: str, told: bool) -> None:
    (tmp_path / "a.def").write_text(NEEDS)
    (tmp_path / "job.sh").write_text(f"#!/bin/bash\napptainer build {options} a.sif a.def\n")
    assert ("a.def:2:7 DEF104" in concise(tmp_path, "job.sh")) is told


def test_build_variables_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.def").write_text(NEEDS)
    (tmp_path / "values").write_text("# the base\nBASE = debian:latest\nno value\n")
    assert concise(tmp_path, "--build-arg-file", "values", "a.def") == ["a.def:2:7 DEF201"]
    file = ("--build-arg-file", "values", "--build-arg", "BASE=debian:12")
    assert concise(tmp_path, *file, "a.def") == []
    done = run(tmp_path, "--build-arg-file", "none", "a.def")
    assert (done.returncode, "--build-arg-file: none: no such file" in done.stderr) == (3, True)


def test_a_build_starts_where_its_script_goes(tmp_path: Path) -> None:
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "data.txt").write_text("x")
    (tmp_path / "a.def").write_text("Bootstrap: docker\nFrom: debian:12\n%files\n    data.txt /opt\n")
    builds = {
        "apptainer build a.sif a.def": 1,
        "(cd build; ls)\napptainer build a.sif a.def": 1,
        "cd build && apptainer build a.sif ../a.def": 0,
        "(cd build; apptainer build a.sif ../a.def)": 0,
        "tar xf data.tar\napptainer build a.sif a.def": 0,
        "cp /data/data.txt .\napptainer build a.sif a.def": 0,
    }
    for text, number in builds.items():
        (tmp_path / "job.sh").write_text(f"#!/bin/bash\n{text}\n")
        said = concise(tmp_path, "--host", "auto", "--select", "DEF301", "job.sh")
        assert said == ["a.def:4:5 DEF301"] * number, text
