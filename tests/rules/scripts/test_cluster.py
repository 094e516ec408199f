"""The rules on what a definition file expects of a cluster; examples of each are proved elsewhere."""

from __future__ import annotations

import pytest

from sifcheck.testing import check_text
from sifcheck_rules.scripts.cluster import host_path_in_script, mpi_family_mismatch

MPICH = '[mpi]\nfamily = "mpich"\nminimum = "3.4"\nshared = true'
OPENMPI = '[mpi]\nfamily = "openmpi"'
HOST = '[filesystems]\nhost_only = ["/vol0[0-9]0[0-9]", "/opt/FJSV*", "/scratch"]'


def mpi(body: str, site: str = MPICH, base: str = "rockylinux:9.4") -> list[str]:
    text = f"Bootstrap: docker\nFrom: {base}\n\n%post\n{body}\n"
    return [found.message for found in check_text(text, mpi_family_mismatch, site=site)]


def paths(text: str, site: str = HOST) -> list[str]:
    found = check_text(f"Bootstrap: docker\nFrom: rockylinux:9.4\n\n{text}\n", host_path_in_script, site=site)
    return [one.message for one in found]


# -- DEF412


@pytest.mark.parametrize(
    "line",
    [
        "apt-get install -y libopenmpi-dev openmpi-bin",
        "dnf install -y openmpi-devel",
        "yum -y install openmpi3-devel",
        "conda install -y openmpi",
        "wget https://download.open-mpi.org/release/open-mpi/v4.1/openmpi-4.1.6.tar.bz2",
        "git clone -b v5.0.x https://github.com/open-mpi/ompi.git",
    ],
)
def test_openmpi_where_mpich_is_asked_for(line: str) -> None:
    (message,) = mpi(f"    {line}")
    assert message.startswith("OpenMPI")
    assert message.endswith("is installed, and on example an image is to bring MPICH")


@pytest.mark.parametrize(
    "line",
    [
        "apt-get install -y libmpich-dev mpich",
        "dnf install -y mvapich2-devel",
        "dnf install -y intel-oneapi-mpi-devel",
        "wget https://www.mpich.org/static/downloads/3.4/mpich-3.4.tar.gz",
        "git clone https://github.com/pmodels/mpich",
        "pip install mpi4py",
        "apt-get install -y mpi-default-dev",
        "dnf install -y openmpi-devel || true",
        # Whoever brings both lets the user choose.
        "dnf install -y openmpi-devel mpich-devel",
        "echo openmpi-4.1.6",
    ],
)
def test_what_fits_or_says_nothing(line: str) -> None:
    assert mpi(f"    {line}") == []


@pytest.mark.parametrize(
    ("version", "flagged"), [("3.3.2", True), ("3.4", False), ("3.10", False), ("4.2.2", False)]
)
def test_the_oldest_version(version: str, flagged: bool) -> None:
    line = "curl -O https://www.mpich.org/static/downloads/{0}/mpich-{0}.tar.gz"
    assert bool(mpi(f"    {line.format(version)}")) is flagged
    assert bool(mpi(f"    MPICH={version}\n    {line.format('$MPICH')}")) is flagged
    assert mpi(f"    MPICH={version}\n    MPICH=4.0\n    {line.format('${MPICH}')}") == []


def test_mpich_where_openmpi_is_asked_for() -> None:
    assert mpi("    dnf install -y mpich-devel", OPENMPI) == [
        "MPICH is installed, and on example an image is to bring OpenMPI"
    ]
    assert mpi("    dnf install -y openmpi-devel", OPENMPI) == []


@pytest.mark.parametrize(
    "site", ['[mpi]\nfamily = "unknown"', 'mpi = "unknown"', '[arch]\ncompute = "aarch64"']
)
def test_a_site_that_does_not_say_is_not_guessed_at(site: str) -> None:
    assert mpi("    dnf install -y openmpi-devel", site) == []


def test_a_static_mpi() -> None:
    body = "    cd mpich-4.2.2\n    ./configure --prefix=/usr --disable-shared\n    cd ../solver\n    ./configure --disable-shared"
    assert mpi(body) == [
        "this builds MPI without shared libraries: on example the host's cannot take their place"
    ]
    assert mpi(body, '[mpi]\nfamily = "mpich"\nshared = "unknown"') == []


def test_the_advice_is_the_sites_own() -> None:
    text = "Bootstrap: docker\nFrom: debian:12\n\n%post\n    apt-get install -y libopenmpi-dev\n"
    (plain,) = check_text(text, mpi_family_mismatch, site=MPICH)
    assert plain.help == "install MPICH 3.4 or later with shared libraries"
    (own,) = check_text(text, mpi_family_mismatch, site=f'{MPICH}\nadvice = "load cray-mpich-abi"')
    assert own.help == "load cray-mpich-abi"


# -- DEF514


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("%post\n    . /vol0004/apps/setup.sh", "/vol0004/apps/setup.sh"),
        ("%post\n    cat '/vol0004/a b'", "/vol0004/a"),
        ("%post\n    make PREFIX=/vol0004", "/vol0004"),
        ("%test\n    ls /opt/FJSVxtclanga/bin", "/opt/FJSVxtclanga/bin"),
        ("%runscript\n    export PATH=$PATH:/vol0005/bin:/usr/bin", "/vol0005/bin"),
        ("%runscript\n    export LD_LIBRARY_PATH=/usr/lib:/vol0005/lib:/lib", "/vol0005/lib"),
        ("%appinstall a\n    ls /scratch", "/scratch"),
    ],
)
def test_paths_of_the_host(text: str, path: str) -> None:
    assert paths(text) == [f"{path} is on the machines of example, not in the image"]


@pytest.mark.parametrize(
    "text",
    [
        "%post\n    ls /opt/vol0004 /vol0004x /data/scratch $HOME/scratch ./scratch https://a/scratch",
        "%post\n    mkdir -p /scratch\n    ls /scratch/a",
        "%setup\n    mkdir -p ${SINGULARITY_ROOTFS}/vol0004\n%runscript\n    ls /vol0004/data",
        '%setup\n    mkdir -p "${APPTAINER_ROOTFS}/vol0004/data"\n%runscript\n    ls /vol0004/data',
        "%files\n    data /scratch/data\n%post\n    ls /scratch/data",
        "%post\n    dnf install -y FJSVxtclanga\n    ls /opt/FJSVxtclanga",
        "%post\n    echo /scratch",
        "%post\n    # /scratch is bound\n    true",
        "%post\n    ls /scratch || true",
        "%post\n    if [ -d /scratch ]; then ls /scratch; fi",
        "%help\n    bind /scratch",
        "%environment\n    export SCRATCH=/scratch",
        "%post -c /usr/bin/python3\n    open('/scratch')",
    ],
)
def test_what_is_no_path_of_the_host(text: str) -> None:
    assert paths(text) == []


def test_a_folder_is_told_once_a_script() -> None:
    assert len(paths("%post\n    ls /scratch/a /scratch/b\n    ls /scratch\n%test\n    ls /scratch")) == 2


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("%post\n    module load gcc", True),
        ("%post\n    ml gcc", True),
        ("%runscript\n    module purge\n    module load gcc", True),
        ("%post\n    module avail", False),
        ("%post\n    module load gcc || true", False),
        ("%post\n    dnf install -y Lmod\n%runscript\n    module load gcc", False),
        ("%post\n    . /etc/profile.d/modules.sh\n    module load gcc", False),
        ("%post\n    module() { true; }\n    module load gcc", False),
        ("%post\n    pip install module load", False),
    ],
)
def test_modules_of_the_host(text: str, flagged: bool) -> None:
    assert bool(paths(text)) is flagged


def test_where_the_site_names_no_path_only_modules_are_told() -> None:
    site = '[filesystems]\nhost_only = "unknown"'
    assert paths("%post\n    ls /scratch\n    module load gcc", site) == [
        "`module load gcc` asks for modules of example, which are not in the image"
    ]
