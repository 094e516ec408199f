"""DEF505, 508: where a build script installs to, and what it takes for set."""

from __future__ import annotations

import pytest

from sifcheck.base.findings import Finding
from sifcheck.lint.rule import Rule
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.scripts import post_installs


def in_post(rule: Rule, body: str, rest: str = "") -> list[Finding]:
    return check_text(f"Bootstrap: docker\nFrom: debian:12\n\n%post\n{body}\n{rest}", rule)


@pytest.mark.parametrize(
    "line",
    [
        "bash Miniconda3-latest-Linux-x86_64.sh -b -p /root/miniconda3",
        "./Miniforge3.sh -b -p ~/conda",
        "bash /opt/Miniconda3.sh -b",
        "sh install.sh -d $HOME/tool",
        "./configure --prefix=/root/tool",
        "./configure --prefix ${HOME}/tool",
        "make PREFIX=/root/tool install",
        "cmake .. -DCMAKE_INSTALL_PREFIX:PATH=/root/tool",
        "python3 -m venv /root/venv",
        "virtualenv -p python3 ~/venv",
        "conda create -y -p /root/envs/a python",
        "pip install --prefix=/root/.local numpy",
        "pip3 install --user numpy",
        "python3 -m pip install --user numpy",
        "P=/root/tool; ./configure --prefix=$P",
        "./configure --prefix=/tmp/tool",
    ],
)
def test_installations_that_a_run_does_not_see(line: str) -> None:
    (found,) = in_post(post_installs.installs_into_home, f"    {line}\n    make install")
    assert (found.severity, found.confidence) == ("warning", "medium")


def test_below_home_it_hangs_on_the_machine() -> None:
    (found,) = in_post(post_installs.installs_into_home, "    ./configure --prefix=/home/me/tool")
    assert (found.severity, found.confidence) == ("warning", "low")


@pytest.mark.parametrize(
    "line",
    [
        "bash Miniconda3.sh -b -p /opt/conda",
        "./configure --prefix=/usr/local",
        "./configure --prefix=$UNKNOWN/tool",
        "HOME=/opt/me; ./configure --prefix=$HOME/tool",
        "HOME=$(pwd); ./configure --prefix=~/tool",
        "mkdir -p /root/tool",
        "git archive --prefix=/root/a HEAD",
        "pip install --prefix=/root/.cache/a numpy",
        "wget -P /root https://example.org/a",
        "export PYTHONUSERBASE=/opt/py; pip install --user numpy",
        "./configure --prefix=/tmp/stage && make install && mv /tmp/stage /opt/tool",
        "./configure --prefix=/root/stage && make install && rm -rf /root/stage",
        "echo --prefix=/root/tool",
    ],
)
def test_installations_that_are_seen(line: str) -> None:
    found = in_post(post_installs.installs_into_home, f"    {line}\n    make")
    assert not [one for one in found if not line.startswith("echo")]


def test_linking_to_what_lies_there_does_not_bring_it_along() -> None:
    body = "    ./configure --prefix=/root/tool\n    make install\n    ln -s /root/tool/bin/* /usr/local/bin"
    assert len(in_post(post_installs.installs_into_home, body)) == 1


def test_many_folders_below_one_variable_are_told_once() -> None:
    body = "    B=/root/libs\n    ./configure --prefix=$B/a\n    ./configure --prefix=$B/b"
    assert len(in_post(post_installs.installs_into_home, body)) == 1


def test_the_path_is_mended_wherever_it_stands() -> None:
    text = (
        "Bootstrap: docker\nFrom: debian:12\n%post\n  bash Miniconda3.sh -b -p ~/mc\n  ~/mc/bin/pip install numpy\n"
        "  echo ~/mcx\n%environment\n  export PATH=~/mc/bin:$PATH\n"
    )
    (found,) = check_text(text, post_installs.installs_into_home)
    assert found.fix is not None
    assert not found.fix.safe
    fixed = apply_edits(text, found.fix.edits)
    assert fixed == text.replace("~/mc ", "/opt/mc ").replace("~/mc/", "/opt/mc/").replace(
        "~/mc\n", "/opt/mc\n"
    )


def test_rust_only_where_it_is_used_when_the_image_is_run() -> None:
    body = "    curl -sSf https://sh.rustup.rs | sh -s -- -y"
    assert not in_post(post_installs.installs_into_home, body)
    assert len(in_post(post_installs.installs_into_home, body, "\n%runscript\n    cargo run\n")) == 1


@pytest.mark.parametrize(
    "line",
    [
        "make -C $TOOL",
        'make -C "${TOOL}/src"',
        "cat > /opt/a <<EOF\n$TOOL\nEOF",
        ". /opt/conda/bin/activate; make -C $TOOL",
    ],
)
def test_variables_that_only_the_environment_sets(line: str) -> None:
    (found,) = in_post(
        post_installs.environment_not_in_post, f"    {line}", "\n%environment\n    export TOOL=/opt/tool\n"
    )
    assert (found.severity, found.confidence) == ("warning", "medium")
    assert found.fix is not None
    assert not found.fix.safe


@pytest.mark.parametrize(
    "line",
    [
        "make -C ${TOOL:-/opt}",
        "TOOL=/opt/t; make -C $TOOL",
        "for TOOL in a b; do make -C $TOOL; done",
        "read TOOL < a; make -C $TOOL",
        '[ -z "$TOOL" ] || make -C $TOOL',
        ". /opt/settings.sh; make -C $TOOL",
        "make -C '$TOOL'",
        "make -C \\$TOOL",
        "cat > /opt/a <<'EOF'\n$TOOL\nEOF",
        "echo $PATH $LD_LIBRARY_PATH $CUDA_HOME",
    ],
)
def test_variables_that_may_be_set(line: str) -> None:
    rest = "\n%environment\n    export TOOL=/opt/tool CUDA_HOME=/usr/local/cuda LD_LIBRARY_PATH=/opt/lib\n"
    assert not in_post(post_installs.environment_not_in_post, f"    {line}", rest)


def test_a_value_that_is_no_text_is_not_copied() -> None:
    rest = "\n%environment\n    export TOOL=$(find-tool)\n"
    (found,) = in_post(post_installs.environment_not_in_post, "    make -C $TOOL", rest)
    assert found.fix is None


@pytest.mark.parametrize("folder", ["/usr/local/bin", "/opt/other/bin"])
def test_conda_that_is_found_or_that_nobody_knows(folder: str) -> None:
    prefix = "/usr/local" if folder.startswith("/usr") else "/opt/conda"
    body = f"    bash Miniconda3.sh -b -p {prefix}\n    conda install numpy"
    rest = f"\n%environment\n    export PATH={folder}:$PATH\n"
    assert not in_post(post_installs.environment_not_in_post, body, rest)
