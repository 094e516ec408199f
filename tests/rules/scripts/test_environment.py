"""DEF6: what the environment of an image holds in the end, and what is left of %post."""

from __future__ import annotations

from pathlib import Path

import pytest

from sifcheck.base.findings import Finding
from sifcheck.lint.rule import Rule
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.scripts import environment, lost_variables, variables

HEAD = "Bootstrap: docker\nFrom: {}\n"


def lines(body: str) -> str:
    return "".join(f"    {line}\n" for line in body.split("\n"))


def check(rule: Rule, body: str, base: str = "debian:12", rest: str = "", **settings: str) -> list[Finding]:
    return check_text(f"{HEAD.format(base)}{rest}%environment\n{lines(body)}", rule, **settings)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("A=1", ["A"]),
        ("A=1\nB=$A", ["B"]),
        ("A=1\nexport B=$A", []),
        ("A=1\nexport A", []),
        ("export A\nA=1", []),
        ("declare -x A=1", []),
        ("A=1 solver", []),
        ("A=(1 2)", []),
        ("f() { A=1; }", []),
        ("if true; then A=1; fi", ["A"]),
        ("A=1; unset A", []),
        ("set -o allexport\nA=1", []),
        ("set -xa\nA=1", []),
        ("PATH=/opt/bin:$PATH", []),
        ("A='x y'; B=2", ["A", "B"]),
        ("# A=1", []),
    ],
)
def test_what_is_never_exported(body: str, names: list[str]) -> None:
    found = check(environment.environment_not_exported, body)
    assert [finding.message.split("`")[1] for finding in found] == names


def test_sections_of_one_stage_belong_together() -> None:
    text = f"{HEAD.format('debian:12')}%environment\n    A=1\n%post\n    ls\n%environment\n    export A\n"
    assert not check_text(text, environment.environment_not_exported)


def test_fix_of_a_line_with_a_helper() -> None:
    [found] = check(environment.environment_not_exported, "ROOT=/opt A=1\nexport PATH=$ROOT/bin:$PATH")
    assert found.fix is None


@pytest.mark.parametrize(
    ("body", "after"),
    [
        (". /opt/conda/etc/profile.d/conda.sh", "/opt/conda"),
        (". /opt/conda/etc/profile.d/conda.sh\nconda activate", "/opt/conda"),
        ("source /opt/conda/bin/activate solver", "/opt/conda/envs/solver"),
        (". /opt/conda/etc/profile.d/conda.sh\nconda activate /opt/env", "/opt/env"),
        ("source activate solver", None),
        ("conda activate $NAME", None),
        (". /opt/conda/etc/profile.d/conda.sh && conda activate solver", None),
        ('eval "$(conda shell.bash hook)"\nconda activate solver', None),
    ],
)
def test_conda_as_variables(body: str, after: str | None) -> None:
    text = f"{HEAD.format('debian:12')}%environment\n{lines(body)}    export A=1\n"
    [found] = check_text(text, environment.shell_state_in_environment)
    if after is None:
        assert found.fix is None
        return
    assert found.fix is not None
    assert not found.fix.safe
    expected = lines(f"export CONDA_PREFIX={after}\nexport PATH={after}/bin:$PATH\nexport A=1")
    assert apply_edits(text, found.fix.edits).endswith(f"%environment\n{expected}")


@pytest.mark.parametrize(
    "body",
    [
        "source /opt/venv/bin/activate",
        "source /opt/intel/setvars.sh",
        "export PATH=/opt/conda/bin:$PATH",
        "f() { export A=1; }\nf",
        "export -p",
        "declare -a LIST",
    ],
)
def test_state_that_arrives(body: str) -> None:
    assert not check(environment.shell_state_in_environment, body)


@pytest.mark.parametrize(
    ("body", "severity"),
    [
        ("export A='x", "error"),
        ("if true; then", "error"),
        ("export A=1\nfi", "error"),
        ("cat <<E\nx", "error"),
        ("exit", "error"),
        ("exit 1; export A=1", "error"),
        ("set -e", "warning"),
        ("set -o nounset", "warning"),
        ("set -euo pipefail", "warning"),
        ("[ -d /opt ] || exit 1", None),
        ("if true; then exit; fi", None),
        ("set -x", None),
        ("set +e", None),
        ("set -- a -e", None),
        ("[[ -d /opt ]] && A=(1 2)", None),
    ],
)
def test_broken_section(body: str, severity: str | None) -> None:
    found = check(environment.broken_environment, body)
    assert [(finding.severity, finding.profile) for finding in found] == (
        [(severity, "minimal")] if severity else []
    )


@pytest.mark.parametrize(
    ("body", "flagged"),
    [
        ("export PATH=/opt/x/bin", True),
        ("export PATH='/opt/x/bin'", True),
        ("X=/opt/x\nexport PATH=$X/bin:${X}/sbin", True),
        ("export PATH=/opt/x\nexport PATH=/opt/y:$PATH", True),
        ("export PATH=/usr/bin/:/opt/x", False),
        ("export PATH=/opt/x:${PATH}", False),
        ("export PATH=/opt/x\nexport PATH=$PATH:/usr/bin:/bin", False),
        ("export PATH=/opt/x:$UNKNOWN", False),
        ("export PATH=$(solver --path)", False),
        ("export PATH=${PATH:+$PATH:}/opt/x", False),
        ("if true; then export PATH=/opt/x; fi", False),
        ("PATH=/opt/x solver", False),
        ("export PATH+=:/opt/x", False),
        ("export MYPATH=/opt/x", False),
    ],
)
def test_path_that_loses_its_commands(body: str, flagged: bool) -> None:
    found = [
        finding for finding in check(variables.search_path_overwritten, body) if finding.profile == "standard"
    ]
    assert bool(found) is flagged


@pytest.mark.parametrize(
    ("base", "flagged"),
    [
        ("nvidia/cuda:12.4.1-devel-ubuntu22.04", True),
        ("nvcr.io/nvidia/pytorch:24.01-py3", True),
        ("intel/oneapi-hpckit:2024.0.1-devel-ubuntu22.04", True),
        ("tensorflow/tensorflow:2.15.0-gpu", True),
        ("tensorflow/tensorflow:2.15.0", False),
        ("ubuntu:22.04", False),
    ],
)
def test_libraries_of_the_base(base: str, flagged: bool) -> None:
    found = check(variables.search_path_overwritten, "export LD_LIBRARY_PATH=/opt/x/lib", base)
    assert bool(found) is flagged
    assert all((finding.severity, finding.confidence) == ("warning", "medium") for finding in found)
    assert (
        not check(variables.search_path_overwritten, "export LD_LIBRARY_PATH=/opt/x:$LD_LIBRARY_PATH", base)
        or not flagged
    )


@pytest.mark.parametrize(
    ("written", "after"),
    [
        ("/opt/x", "/opt/x:$PATH"),
        ('"/opt/x"', '"/opt/x:$PATH"'),
        ("'/opt/x'", "'/opt/x':$PATH"),
    ],
)
def test_old_value_is_put_behind(written: str, after: str) -> None:
    text = f"{HEAD.format('debian:12')}%environment\n    export PATH={written}\n"
    [found] = check_text(text, variables.search_path_overwritten)
    assert found.fix is not None
    assert apply_edits(text, found.fix.edits).endswith(f"export PATH={after}\n")


@pytest.mark.parametrize("value", [":/opt/x:$PATH", "/opt/x::$PATH", "$PATH:/opt/x:"])
def test_empty_elements_are_for_the_strict(value: str) -> None:
    [found] = check(variables.search_path_overwritten, f"export PATH={value}")
    assert (found.severity, found.profile) == ("info", "strict")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("SINGULARITYENV_A", "A"),
        ("APPTAINERENV_A", "A"),
        ("SINGULARITY_ENV_A", "A"),
        ("SINGULARTYENV_A", "A"),
        ("APPTAINER_ENV_A", "A"),
        ("SINGULARITYENV_PREPEND_PATH", None),
        ("SINGULARITY_BIND", ""),
        ("SINGULARITY_ENVIRONMENT", ""),
        ("CONDA_ENV_PATH", ""),
        ("MY_APPTAINERENV_A", ""),
    ],
)
def test_prefix_of_the_host(name: str, written: str | None) -> None:
    """`written` is the name after the fix, None where there is none, "" where nothing is found."""
    text = f"{HEAD.format('debian:12')}%environment\n    export {name}=1\n"
    found = check_text(text, variables.host_prefix_in_image)
    if written == "":
        assert not found
    elif written is None:
        assert found[0].fix is None
    else:
        assert found[0].fix is not None
        assert apply_edits(text, found[0].fix.edits).endswith(f"export {written}=1\n")


@pytest.mark.parametrize(
    ("target", "severity"),
    [("apptainer-1.4", None), ("singularity-ce-4.1", "warning"), ("apptainer-1.4,singularity-ce-4.1", "warning"), (None, "info")],
)  # fmt: skip
def test_name_that_one_family_sets(target: str | None, severity: str | None) -> None:
    settings = {"target": target} if target else {}
    text = f"{HEAD.format('debian:12')}%post\n    echo A 1 >> ${{APPTAINER_LABELS}}\n"
    found = check_text(text, variables.host_prefix_in_image, **settings)
    assert [finding.severity for finding in found] == ([severity] if severity else [])
    for finding in found:
        assert finding.fix is not None
        assert "${SINGULARITY_LABELS}" in apply_edits(text, finding.fix.edits)


@pytest.mark.parametrize(
    ("body", "flagged"),
    [
        ("echo hello", True),
        ("echo hello >&2", True),
        ("cat /etc/motd", True),
        ("echo hello > /dev/null", False),
        ("echo $A | grep -q x", False),
        ("export A=1", False),
        ("if [ -f x ]; then . x; fi", False),
        ("f() { echo hello; }", False),
        ("rm -f ~/.lock", True),
        ("curl -s http://example.org", True),
        ("conda activate x", False),
        ("conda config --set x y", True),
    ],
)
def test_effects_at_every_start(body: str, flagged: bool) -> None:
    found = [
        finding
        for finding in check(environment.environment_side_effects, body)
        if finding.severity == "warning"
    ]
    assert bool(found) is flagged


@pytest.mark.parametrize(
    ("base", "post", "value", "flagged"),
    [
        ("ubuntu:22.04", "", "en_US.UTF-8", True),
        ("redhat/ubi8", "", "en_US.utf-8", True),
        ("nvidia/cuda:12.4.1-devel-ubuntu22.04", "", "ja_JP.UTF-8", True),
        ("ubuntu:22.04", "", "C.UTF-8", False),
        ("ubuntu:22.04", "", "c.utf8", False),
        ("ubuntu:22.04", "", "POSIX", False),
        ("ubuntu:22.04", "", "$MINE", False),
        ("ubuntu:22.04", "apt-get install -y locales-all", "en_US.UTF-8", False),
        ("ubuntu:22.04", "localedef -i en_US -f UTF-8 en_US.UTF-8", "en_US.UTF-8", False),
        ("ubuntu:22.04", "apt-get install -y language-pack-de", "de_DE.UTF-8", False),
        ("centos:7", "", "en_US.UTF-8", False),
        ("centos:7", "", "C.UTF-8", True),
        ("alpine:3.20", "", "en_US.UTF-8", False),
        ("someone/image:1", "", "en_US.UTF-8", False),
    ],
)
def test_locales(base: str, post: str, value: str, flagged: bool) -> None:
    rest = f"%post\n    {post}\n" if post else ""
    assert bool(check(variables.locale_not_in_image, f"export LC_ALL={value}", base, rest)) is flagged


@pytest.mark.parametrize(
    ("post", "rest", "flagged"),
    [
        ("pip install a", "", True),
        ("conda env create -f x.yml", "", True),
        ("pip install --upgrade pip", "", False),
        ("pip install --target /opt/x a", "", False),
        ("python3 -m venv /opt/venv\n. /opt/venv/bin/activate\npip install a", "", False),
        ("pip install a", "%runscript\n    exec python3 -I x.py\n", False),
        ("pip install a", "%runscript\n    exec python3 -u x.py\n", True),
        ("pip install a", "%environment\n    export PYTHONUSERBASE=/opt/x\n", False),
        ("pip install a\necho 'export PYTHONNOUSERSITE=1' >> $SINGULARITY_ENVIRONMENT", "", False),
        ("apt-get install -y python3-numpy", "", False),
    ],
)
def test_python_of_the_user(post: str, rest: str, flagged: bool) -> None:
    text = f"{HEAD.format('debian:12')}%post\n{lines(post)}{rest}"
    assert bool(check_text(text, variables.user_python_leaks_in)) is flagged


def test_section_is_made_where_there_is_none() -> None:
    text = f"{HEAD.format('debian:12')}%post\n    pip install a\n\n# how it is run\n%runscript\n    exec a\n"
    [found] = check_text(text, variables.user_python_leaks_in)
    assert found.fix is not None
    assert apply_edits(text, found.fix.edits).endswith(
        "    pip install a\n\n%environment\n    export PYTHONNOUSERSITE=1\n\n# how it is run\n%runscript\n    exec a\n"
    )


@pytest.mark.parametrize(
    ("post", "run", "flagged"),
    [
        ("export A=/opt/a", "exec $A/bin/a", True),
        ("A=/opt/a\nexport A", 'exec "${A}"/bin/a', True),
        ("export A=/opt/a", "cat <<E\n$A\nE", True),
        ("A=/opt/a", "exec $A/bin/a", False),
        ("export A=/opt/a", "A=/opt/b\nexec $A/bin/a", False),
        ("export A=/opt/a", "exec ${A:-/opt/a}/bin/a", False),
        ("export A=/opt/a", "for A in 1 2; do a $A; done", False),
        ("export A=/opt/a", ". /opt/a.env\nexec $A/bin/a", False),
        ("export A=/opt/a", "exec '$A'", False),
        ("export HOME=/opt", "exec $HOME/bin/a", False),
        ('export A=/opt/a\necho "export A=$A" >> $SINGULARITY_ENVIRONMENT', "exec $A/bin/a", False),
        ("export A=/opt/a\necho 'export A=/opt/a' >> /environment", "exec $A/bin/a", False),
        ("export A=/opt/a\nenv >> $APPTAINER_ENVIRONMENT", "exec $A/bin/a", False),
    ],
)
@pytest.mark.parametrize("section", ["runscript", "startscript", "test", "apprun a"])
def test_variable_that_ends_with_the_build(post: str, run: str, flagged: bool, section: str) -> None:
    text = f"{HEAD.format('debian:12')}%post\n{lines(post)}%{section}\n{lines(run)}"
    if "<<E" in run:
        text = text.replace("    E\n", "E\n")
    assert bool(check_text(text, lost_variables.variable_lost_after_post)) is flagged


@pytest.mark.parametrize(
    ("post", "severities"),
    [
        ("echo 'export A=1' >> ~/.bashrc", ["warning"]),
        ("echo 'A=1' >> /etc/environment", ["warning"]),
        ("echo export A=1 | tee -a /etc/profile", ["warning"]),
        ("printf 'export A=1\\n' > /etc/profile.d/a.sh", ["warning"]),
        ("echo 'export PATH=/opt/a:$PATH' >> $HOME/.bashrc", ["info"]),
        ("echo 'alias a=b' >> ~/.bashrc", []),
        ("echo '. /opt/a.sh' >> ~/.bashrc", []),
        ("echo 'export KEPT=1' >> ~/.bashrc", []),
        ("echo 'export A=1' >> /opt/a.sh", []),
    ],
)
def test_files_that_no_run_reads(post: str, severities: list[str]) -> None:
    text = f"{HEAD.format('debian:12')}%post\n{lines(post)}%environment\n    export KEPT=1\n"
    found = check_text(text, lost_variables.variable_lost_after_post)
    assert [finding.severity for finding in found] == severities


def test_run_script_that_reads_the_profile() -> None:
    text = f"{HEAD.format('debian:12')}%post\n    echo 'export A=1' > /etc/profile.d/a.sh\n%runscript\n"
    for line in ("exec bash -l -c a", ". /etc/profile.d/a.sh", "exec bash --login"):
        assert not check_text(f"{text}    {line}\n", lost_variables.variable_lost_after_post)


def test_collected_files_keep_their_number_of_lines(corpus_files: list[Path]) -> None:
    """The fixes of this theme add or change lines, and a second round finds nothing to fix."""
    rules = (
        environment.environment_not_exported,
        variables.user_python_leaks_in,
        variables.locale_not_in_image,
    )
    for file in corpus_files[::9]:
        data = file.read_bytes()
        for _ in range(3):
            edits = [edit for found in check_text(data, *rules) if found.fix for edit in found.fix.edits]
            if not edits:
                break
            for edit in sorted(set(edits), reverse=True):
                data = data[: edit.start] + edit.text.encode() + data[edit.end :]
        assert not [found for found in check_text(data, *rules) if found.fix], file.name
