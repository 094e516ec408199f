"""The jobs that `sifcheck job new` writes, run with the real Apptainer in place of a cluster's: the image is where it is to be."""

from __future__ import annotations

from pathlib import Path

import pytest
from integration.test_build_real import RUN, Place, place  # noqa: F401 - the fixture

pytestmark = pytest.mark.integration

POST = '    echo "$MESSAGE" > /etc/message\n    mkdir /d && touch /d/f && chown -R 5:5 /d\n'


@pytest.mark.parametrize("site", ["slurm", "rikyu"])
def test_the_image_is_made_and_nothing_is_left(place: Place, site: str) -> None:  # noqa: F811 - the fixture
    place.write("app $x.def", "    export MESSAGE='{{ message }}'\n" + POST)
    programs = place.folder / "bin"
    programs.mkdir()
    (programs / "sifcheck").write_text(f"#!/bin/sh\nexec {place.python} -c '{RUN}' \"$@\"\n")
    (programs / "sifcheck").chmod(0o755)
    place.environment["PATH"] = f"{programs}:{place.environment['PATH']}"
    place.environment["TMPDIR"] = place.environment.pop("APPTAINER_TMPDIR")
    words = [
        "--isolated",
        "--site",
        site,
        "--group",
        "a12",
        "--build-arg",
        "message=a $HOME; b",
        "app $x.def",
    ]
    status, script = place.sifcheck("job", "new", *words)
    assert status == 0, script
    # A cluster's folder for each job is one of this test.
    script = script.replace("APPTAINER_TMPDIR=/tmp", f"APPTAINER_TMPDIR={place.temporary}")
    (place.folder / "job.sh").write_text(script)
    status, said = place.run("bash", "job.sh")
    assert status == 0, said
    image = "./app $x.sif"
    status, said = place.run(
        "apptainer", "exec", image, "/bin/sh", "-c", "read line </etc/message; echo $line"
    )
    assert (status, said.splitlines()[-1:]) == (0, ["a $HOME; b"]), said
    left = [name for name in place.left() if not name.endswith(".sif")]
    assert left == [], "the job's own folder is removed, the runtime's with it"

    # Once more: the old image is replaced, and the exit code of a build that fails is the job's.
    status, said = place.run("bash", "job.sh")
    assert status == 0, said
    place.write("app $x.def", "    exit 7\n")
    before = Path(place.folder / image).stat().st_mtime_ns
    status, said = place.run("bash", "job.sh")
    assert status not in (0, 127), said
    assert Path(place.folder / image).stat().st_mtime_ns == before
