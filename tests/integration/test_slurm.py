"""The real sbatch, asked about scripts: what it reads as directives, what it refuses, how it reads times.

A controller of one node is started for the tests, without any daemon of the machine's own.  No job is ever run.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from sifcheck.base.source import Source
from sifcheck.job import read_job
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.batch import directives, shell

pytestmark = pytest.mark.integration

CONFIGURATION = """
ClusterName=test
SlurmctldHost={name}(127.0.0.1)
AuthType=auth/none
CredType=cred/none
SlurmUser={user}
SlurmctldPort={port}
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdSpoolDir={folder}/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
NodeName={name} NodeAddr=127.0.0.1 CPUs=1 State=UNKNOWN
PartitionName=main Nodes={name} Default=YES MaxTime=INFINITE State=UP
"""

Ask = Callable[[str], str]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def sbatch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """A function that asks `sbatch --test-only` about a script and gives what it says."""
    programs = {
        name: shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
        for name in ("slurmctld", "sbatch", "sinfo")
    }
    if None in programs.values():
        pytest.skip("there is no Slurm (Debian: slurm-wlm)")
    folder = tmp_path_factory.mktemp("slurm")
    for name in ("state", "spool"):
        (folder / name).mkdir()
    file = folder / "slurm.conf"
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    file.write_text(
        CONFIGURATION.format(
            name=socket.gethostname().partition(".")[0], user=user, port=free_port(), folder=folder
        )
    )
    environment = {**os.environ, "SLURM_CONF": str(file)}
    with open(folder / "log", "wb") as log:
        controller = subprocess.Popen(
            [str(programs["slurmctld"]), "-D", "-f", str(file)], stdout=log, stderr=log, env=environment
        )
    try:
        for _ in range(100):
            asked = subprocess.run([str(programs["sinfo"])], capture_output=True, env=environment, timeout=60)
            if asked.returncode == 0 or controller.poll() is not None:
                break
            time.sleep(0.1)
        if asked.returncode:
            pytest.skip(f"slurmctld does not start here: {(folder / 'log').read_text()[-300:]}")

        def ask(text: str) -> str:
            script = folder / "job.sh"
            script.write_bytes(text.encode())
            done = subprocess.run(
                [str(programs["sbatch"]), "--test-only", str(script)],
                capture_output=True,
                text=True,
                env=environment,
                timeout=60,
            )
            return done.stdout + done.stderr

        yield ask
    finally:
        controller.terminate()
        controller.wait(30)


# A time that sbatch refuses shows that it read the line.
REFUSED = "Invalid --time specification"


@pytest.mark.parametrize(
    "text",
    [
        "#!/bin/bash\n{}\nhostname\n",
        "#!/bin/bash\n\n# note\n   \n  # note\n{}\nhostname\n",
        "#!/bin/bash\nA=1\n{}\nhostname\n",
        "#!/bin/bash\nmodule load x\n{}\nhostname\n",
        "#!/bin/bash\n<<<<<<< HEAD\n{}\nhostname\n",
        "#!/bin/bash\n{{\n{}\n}}\n",
    ],
)
@pytest.mark.parametrize(
    "line",
    [
        "#SBATCH --time=bogus",
        "#SBATCH\t--time=bogus",
        "#SBATCH--time=bogus",
        "#SBATCH --nodes=1 --time=bogus",
        "#SBATCH --nodes=1 # --time=bogus",
        '#SBATCH -J "a b" -t bogus',
        "#SBATCH -tbogus",
        "  #SBATCH --time=bogus",
        "# SBATCH --time=bogus",
        "##SBATCH --time=bogus",
        "#sbatch --time=bogus",
        "#SBACTH --time=bogus",
    ],
)
def test_which_lines_are_read(sbatch: Ask, text: str, line: str) -> None:
    script = text.format(line)
    read = REFUSED in sbatch(script)
    ours = read_job(Source("job.sh", script.encode()))
    assert read == any(one.option == "--time" and one.value == "bogus" for one in ours.directives)
    told = {one.message.split()[0] for one in check_text(script, directives.slurm_directive_not_read)}
    meant = not line.startswith("##") and "<<<" not in script and "# --time" not in line
    assert bool(told) is (meant and not read) or "# --time" in line


@pytest.mark.parametrize(
    "line",
    [
        "#SBATCH --time=1:00",
        "\n#!/bin/bash\n#SBATCH --time=1:00",
        " #!/bin/tcsh\n#SBATCH --time=1:00",
        "# note\n#!/bin/tcsh\n#SBATCH --time=1:00",
        "\ufeff#!/bin/bash\n#SBATCH --time=1:00",
    ],
)
def test_a_first_line_without_an_interpreter(sbatch: Ask, line: str) -> None:
    script = f"{line}\nhostname\n"
    assert "does not look like a batch script" in sbatch(script)
    (one,) = check_text(script, directives.slurm_directive_not_read)
    assert one.severity == "error"
    if one.fix is not None:
        assert "does not look like" not in sbatch(apply_edits(script, one.fix.edits))


@pytest.mark.parametrize(
    "text", ["#!/bin/bash\r\n#SBATCH -N 1\r\nhostname\r\n", "#!/bin/bash\n#SBATCH -N 1\nhostname\r\n"]
)
def test_line_ends_of_dos(sbatch: Ask, text: str) -> None:
    assert "DOS line breaks" in sbatch(text)
    (one,) = check_text(text, shell.carriage_returns)
    assert one.severity == "error"


@pytest.mark.parametrize(
    "value", ["30", "00:30", "00:30:00", "1-0", "1-2:3", "1-2:3:4", "1:2:3:4", "x", "1-x", "-1", "10:"]
)
def test_times(sbatch: Ask, value: str) -> None:
    """What our reading of a time takes for one, sbatch takes too."""
    from sifcheck_rules.batch.directives import _seconds

    if _seconds(value) is not None:
        assert REFUSED not in sbatch(f"#!/bin/bash\n#SBATCH --time={value}\nhostname\n")


def test_a_script_that_is_clean_here_is_not_refused(sbatch: Ask) -> None:
    text = "#!/bin/bash\n#SBATCH --job-name=app --nodes=1 --ntasks=1\n#SBATCH --time=00:30:00\nsingularity exec a.sif ls\n"
    assert "error" not in sbatch(text)
    assert check_text(text, directives.slurm_directive_not_read, directives.slurm_time_in_seconds) == []


def test_jobs_that_are_written_are_taken(sbatch: Ask) -> None:
    """What `sifcheck job new` writes for sites with Slurm; queue and memory are those of the machine of this test."""
    from sifcheck.job.write.directives import JobRequest
    from sifcheck.job.write.script import NewJob, write_job
    from sifcheck.lint.plugins import load
    from sifcheck.site.lookup import find_site, load_sites

    paths = load_sites(load().sites)
    sites = [site for name in paths if (site := find_site(name, paths)).scheduler.type == "slurm"]
    assert sites
    # The node of this test never starts: what a plain job is told is as good as it gets.
    plain = sbatch("#!/bin/bash\nhostname\n")
    assert sbatch("#!/bin/bash\n#SBATCH --partition=other\nhostname\n") != plain
    for site in sites:
        wish = JobRequest("an odd name", group="a12", queue="main", elapse="1-2:30:00")
        text = write_job(site, NewJob("a $b.def", "", "a $b.sif", wish=wish)).replace("--mem=8000", "--mem=1")
        said = sbatch(text)
        assert said == plain, site.name
        ours = read_job(Source("job.sh", text.encode()))
        assert (ours.value("--time"), ours.value("--account")) == ("1-2:30:00", "a12")
