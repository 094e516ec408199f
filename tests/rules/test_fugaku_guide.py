"""The commands of RIKEN's guide on Singularity, as jobs: at the site that it is written for nothing speaks against them.

The guide (March 2025, seven chapters) is followed in scripts of this project's own; its slips are left out: `biuld`, `-B`
behind the image, `-writable-tmpfs` with one dash.
"""

from __future__ import annotations

import pytest

from sifcheck.base.findings import Finding
from sifcheck.base.source import Source
from sifcheck.lint.check import make_checker
from sifcheck.lint.plugins import load
from sifcheck.lint.run import RuleContext
from sifcheck.lint.selection import select
from sifcheck.runtime.versions import parse_target
from sifcheck.site.lookup import find_site, load_sites

HEAD = """#!/bin/bash
#PJM -L "node=1"
#PJM -L "rscunit=rscunit_ft01"
#PJM -L "rscgrp=small"
#PJM -L "elapse=15:00"
#PJM -g hp000000
"""
SCRIPTS = {
    "getting_started_pull": """
singularity --version
/opt/singularitypro311/bin/singularity --version
singularity pull centos_latest.sif docker://centos:latest
singularity pull ubuntu2004.sif docker://ubuntu:20.04
singularity pull ubi8-python38.sif docker://registry.access.redhat.com/ubi8/python-38
""",
    "getting_started_sandbox": """
singularity build --sandbox ubuntu2004 docker://ubuntu:20.04
cd ubuntu2004
touch foobar
ls -l
cd ..
singularity build from_sandbox.sif ubuntu2004
singularity exec from_sandbox.sif ls -l /foobar
""",
    "getting_started_back": """
singularity build --sandbox from_SIF ubuntu2004.sif
""",
    "getting_started_run": """
singularity exec ubuntu2004.sif cat /etc/os-release
singularity exec ubuntu2020 cat /etc/os-release
singularity exec docker://centos:latest cat /etc/passwd
singularity exec ubuntu2004.sif head -n 1 ubuntu2004.sif
./ubuntu2004.sif cat /etc/os-release
""",
    "creating_without_a_start": """
singularity build --sandbox ubi_py38 docker://registry.access.redhat.com/ubi8/python-38
tar xvzf ~/application.tar.gz -C ubi_py38
cp ~/tmp/config.json ubi_py38/usr/local/etc
singularity build appl.sif ubi_py38
singularity exec appl.sif /usr/local/bin/application
""",
    "creating_writable": """
singularity exec --writable ubuntu2004 touch /hello
singularity build from_sandbox.sif ubuntu2004
./from_sandbox.sif ls -l /hello
""",
    "creating_in_worktmp": """
newgrp fugaku <<'END'
singularity build --sandbox /worktmp/ubuntu-sandbox ubuntu2004.sif
singularity exec --fakeroot --writable /worktmp/ubuntu-sandbox apt install -y vim
singularity build ~/from-sandbox.sif /worktmp/ubuntu-sandbox
END
""",
    "creating_in_worktmp_without_groups": """
singularity build --sandbox /worktmp/ubuntu-sandbox ubuntu2004.sif
singularity exec --fakeroot --no-setgroups --writable /worktmp/ubuntu-sandbox apt install -y vim
singularity build ~/from-sandbox.sif /worktmp/ubuntu-sandbox
""",
    "creating_by_definition": """
export TMPDIR=/worktmp
newgrp fugaku <<'END'
export TMPDIR=/worktmp
singularity build --fakeroot ~/from_def.sif example.def
END
""",
    "creating_by_definition_own_variable": """
export SINGULARITY_TMPDIR=/worktmp
sg fugaku -c 'singularity build --fakeroot create_job.sif example.def'
""",
    "creating_by_definition_without_groups": """
export TMPDIR=/worktmp
singularity build --fakeroot --no-setgroups create_job.sif example.def
singularity exec create_job.sif python hoge.py 1024
./create_job.sif hoge.py 1024
""",
    "creating_not_exported": """
TMPDIR=/worktmp
singularity build --fakeroot --no-setgroups create_job.sif example.def
""",
    "creating_with_compilers": """
export TMPDIR=/worktmp
cd /worktmp
cp ~/tcs.repo /tmp
singularity build --sandbox -f --no-setgroups source docker://registry.access.redhat.com/ubi8/python-38
mkdir source/opt/repo
singularity exec --no-setgroups --writable --fakeroot -B /home/apps/singularity:/opt/repo source dnf config-manager --add-repo=/tmp/tcs.repo
singularity exec --no-setgroups --writable --fakeroot -B /home/apps/singularity:/opt/repo source dnf install -y FJSVxtclanga-fc-compiler-CECA023.aarch64
singularity exec --no-setgroups --writable --fakeroot source dnf clean all
singularity build -f --no-setgroups ~/tcs-installed.sif source
""",
    "creating_with_compilers_in_group": """
newgrp fugaku <<'END'
export TMPDIR=/worktmp
cd /worktmp
singularity build --sandbox -f source docker://registry.access.redhat.com/ubi8/python-38
mkdir source/opt/repo
singularity exec --writable --fakeroot -B /home/apps/singularity:/opt/repo source dnf install -y FJSVxtclanga-fc-compiler-CECA023.aarch64
singularity build -f ~/tcs-installed.sif source
END
""",
    "creating_from_source": """
export TMPDIR=/worktmp
singularity build -f --no-setgroups ~/from_def_with_tcs.sif from_source.def
""",
    "creating_direct": """
export TMPDIR=/worktmp
singularity build --sandbox ubi_py38 docker://registry.access.redhat.com/ubi8/python-38
mkdir ubi_py38/opt/repo
singularity build -f --no-setgroups -B /home/apps/singularity:/opt/repo ubi_tcs.sif direct_build.def
""",
    "creating_signed": """
singularity key newpair
singularity key list
singularity key list --secret
singularity sign ubuntu2004.sif
singularity verify ubuntu2004.sif
singularity key export ./public.asc
singularity key import ./public.asc
""",
    "execution_environment": """
singularity exec ubuntu2004.sif env
export WORKFILE=/workdir/workfile
export SINGULARITYENV_WORKFILE=/workdir/work_defined_by_SINGULARITYENV
~/example.sif
""",
    "execution_binds": """
singularity exec -B /worktmp:/scratch ubuntu2004.sif ls -al /scratch
singularity exec -B /system/reference:/opt/data:ro ubuntu2004.sif ls -al /opt/data
singularity exec -B /worktmp:/scratch,/system/reference:/opt/data:ro ubuntu2004.sif ls
""",
    "execution_instances": """
singularity instance start ubuntu2004.sif Focal
singularity instance list
singularity exec instance://Focal cat /etc/os-release
for data in data.*
do
    singularity exec instance://Focal appl ${data}
done
singularity instance stop Focal
for data in data.*
do
    singularity exec jammy.sif appl ${data}
done
""",
    "execution_from_registry": """
singularity exec docker://ubuntu:latest head -n 5 /etc/os-release
singularity exec docker://ubuntu:latest head -n 5 /etc/os-release
singularity cache list -v
singularity cache clean
""",
    "execution_overlays": """
singularity exec --writable-tmpfs something.sif sh -c 'echo x > /etc/testfile'
singularity overlay create --size 1024 --create-dir /usr/share/apps overlay.img
singularity exec --overlay overlay.img core.sif tar xzf reference-data.tar.gz -C /usr/share/apps
singularity exec --overlay overlay.img core.sif ls -al /usr/share/apps
e2fsck -f overlay.img && resize2fs overlay.img 4096M
singularity sif list ubuarm20.sif
singularity sif add --datatype 4 --partfs 2 --parttype 4 --partarch 4 ubuarm20.sif overlay.img
singularity sif list ubuarm20.sif
singularity sif dump 4 ubuarm20.sif  > ovl.img
singularity sif del 4 ubuarm20.sif
""",
    "execution_one_node": """
singularity exec mpi-apps.sif mpiexec -np 8 ~/myapps/hoge inputfile
""",
    "submitting": """
export OMP_NUM_THREADS=8
export MYCODE_CONFIG=/usr/share/MyApps/config.json
singularity exec ~/ubuntu2004.sif python3 ~/mycode/test.py
hoge input.txt
""",
    "appendix_proot": """
export PATH=~/.local/$(arch)/bin:$PATH
singularity build p.sif p.def
""",
    "appendix_proot_elsewhere": """
PATH=$HOME/tools/$(uname -m):$PATH
singularity build p.sif p.def
""",
    "appendix_versions": """
export PATH=/opt/singularitypro311/bin:$PATH
singularity sif list sample-arm.sif
/opt/singularitypro41/bin/singularity exec sample-arm.sif uname -m
""",
}
SEVERAL_NODES = """
export SINGULARITY_BIND='/opt/FJSVxtclanga,/var/opt/FJSVtcs,/run,/sys/devices/system/cpu,/sys/fs/cgroup'
mpifcc -o sample sample.c
mpiexec -n 2 singularity exec --env LD_LIBRARY_PATH=$LD_LIBRARY_PATH sample.sif ./sample
mpiexec -np 2 singularity exec -B '/opt/FJSVxtclanga,/var/opt/FJSVtcs,/run,/sys/devices/system/cpu,/sys/fs/cgroup' sample.sif ./appbin
mpiexec -np 32 --machinefile nodefile singularity exec mpi-apps.sif ~/myapps/hoge inputfile
"""
ON_A_LOGIN_NODE = """
singularity pull --arch=arm64 ubuntu2004.sif docker://ubuntu:20.04
pjsub --interact --sparam wait-time=30 -L "rscunit=rscunit_ft01,rscgrp=int,node=2,elapse=0:30:00"
pjsub -L "rscunit=rscunit_ft01,rscgrp=small,node=1,elapse=0:15:00" ./job.sh
"""
DEFINITIONS = {
    "example.def": """
Bootstrap: docker
From: registry.access.redhat.com/ubi8/python-38

%files
    some_data.tar.gz  /

%post
    dnf install -y python3-libxml2
    tar xzf /some_data.tar.gz -C /usr/share
    rm -f /some_data.tar.gz
    dnf clean all

%environment
    export LC_ALL=en_US.utf-8
    export CONFIG_FILE=~/application/etc/some.config

%runscript
    python "$@"

%labels
    Author Tarou.Fugaku@fugaku.org
    Version v0.99.1
""",
    "p.def": """
Bootstrap: localimage
From: alma.sif

%post
    yum -y install python3-pip
    pip3 install numpy scipy
    yum clean all
""",
    "from_source.def": """
Bootstrap: localimage
From: /worktmp/source

%post
    dnf install -y FJSVxtclanga-fc-compiler-CECA023.aarch64
    dnf clean all
""",
    "direct_build.def": """
Bootstrap: localimage
From: ubi_py38

%files
    tcs.repo /

%post
    dnf config-manager --add-repo=/tcs.repo
    dnf install -y FJSVxtclanga-fc-compiler-CECA023.aarch64
    dnf clean all
    rm -f /tcs.repo
""",
    "mpi.def": """
Bootstrap: docker
From: redhat/ubi8:8.9

%post
    echo 'timeout=14400' >> /etc/yum.conf
    dnf --noplugins --releasever=8.9 -y install https://dl.fedoraproject.org/pub/epel/epel-release-latest-8.noarch.rpm
    cat <<EOF > /etc/yum.repos.d/fugaku.repo
[FUGAKU-AppStream]
name=FUGAKU-AppStream
baseurl=http://10.4.38.1/pxinst/repos/FUGAKU/AppStream
enabled=1
gpgcheck=0
[FUGAKU-BaseOS]
name=FUGAKU-BaseOS
baseurl=http://10.4.38.1/pxinst/repos/FUGAKU/BaseOS
enabled=1
gpgcheck=0
EOF
    dnf --noplugins --releasever=8.9 -y install xpmem libevent tcl less hwloc openssh-clients gcc-c++ elfutils-libelf-devel FJSVpxtof FJSVpxple FJSVpxpsm FJSVpxkrm FJSVxoslibmpg papi-devel
    dnf --noplugins clean all

%environment
    export LD_LIBRARY_PATH=/opt/FJSVxtclanga/tcsds-1.2.39/lib64:$LD_LIBRARY_PATH

%runscript
    export LD_LIBRARY_PATH=$FJSVXTCLANGA/lib64:$LD_LIBRARY_PATH
    export PATH=$FJSVXTCLANGA/bin:$PATH
    application "$@"
""",
}
# What the guide itself warns of where it shows it.
SAID = {"example.def": {"DEF201", "DEF207"}}


def said(name: str, text: str, target: str) -> list[Finding]:
    """What the standard profile says at Fugaku, infos aside."""
    loaded = load()
    site = find_site("fugaku", load_sites(loaded.sites))
    context = RuleContext(site=site, target=parse_target(target or "singularity-ce-4.1"))
    checker = make_checker(loaded.registry, select(loaded.registry), context)
    checker = checker if name.endswith(".def") else checker._replace(kind="job")
    found = checker.check_definition(Source(name, text.encode()))
    return [one for one in found if one.severity != "info"]


TARGETS = ["", "singularity-pro-4.1", "singularity-pro-3.11"]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", SCRIPTS)
def test_jobs(name: str, target: str) -> None:
    assert said("job.sh", HEAD + SCRIPTS[name], target) == []


@pytest.mark.parametrize("target", TARGETS)
def test_jobs_on_several_nodes(target: str) -> None:
    assert said("job.sh", HEAD.replace("node=1", "node=2") + SEVERAL_NODES, target) == []


def test_commands_on_a_login_node() -> None:
    assert said("commands.sh", "#!/bin/bash\n" + ON_A_LOGIN_NODE, "") == []


@pytest.mark.parametrize("name", DEFINITIONS)
def test_definition_files(name: str) -> None:
    assert {one.code for one in said(name, DEFINITIONS[name], "")} == SAID.get(name, set())


def test_what_the_guide_warns_of_is_told() -> None:
    """A definition file is built with --fakeroot, and not with the home as the folder for temporary files."""
    (one,) = said("job.sh", f"{HEAD}singularity build --fakeroot --no-setgroups a.sif a.def\n", "")
    assert one.code == "JOB105"
    (one,) = said(
        "job.sh", f"{HEAD}singularity build a.sif a.def\nexport PATH=~/bin:$PATH\n", "singularity-pro-4.1"
    )[:1]
    assert one.code == "BLD301"
