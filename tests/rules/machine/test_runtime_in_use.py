"""ENV105-108: the runtime that is found, and what the environment tells it."""

from __future__ import annotations

import pytest
from rules.host_findings import CE, MODES, NOT_LISTED, UNKNOWN, advice, found, levels, runtime

from sifcheck.testing import check_host
from sifcheck_rules.machine.runtime_in_use import Allowed


def bind(source, target=None, exists=True, variable="APPTAINER_BIND"):
    return {"variable": variable, "source": source, "target": target or source, "exists": exists}


@pytest.mark.parametrize(
    ("binds", "severity"),
    [
        ([bind("/vol0004", exists=False)], "error"),
        ([bind("/vol0004", exists=False), bind("/opt")], "error"),
        ([bind("/vol0004")], "warning"),
        ([bind("/vol0004", exists=UNKNOWN)], "warning"),
        ([bind("/scratch", "/home/"), bind("/vol0004", "/data")], "warning"),
        ([bind("/scratch", "/home/"), bind("/root")], "info"),
        ([bind("/scratch", "/var")], "warning"),
        ([], None),
    ],
)
def test_what_a_bind_does_to_a_build(binds, severity):
    assert levels({"binds": binds}, "ENV105") == ([("ENV105", severity)] if severity else [])


def test_all_bind_variables_are_taken_away_at_once():
    facts = {"binds": [bind("/a", exists=False), bind("/b", variable="APPTAINER_BINDPATH")]}
    first, second = found(facts, "ENV105")
    line = "build without it: `env -u APPTAINER_BIND -u APPTAINER_BINDPATH apptainer build IMAGE FILE`"
    assert first.help == second.help == line
    assert first.message == "APPTAINER_BIND binds /a, not on this machine: %post will not start"


def test_a_variable_that_the_snapshot_only_has_the_value_of():
    assert levels({"environment": {"APPTAINER_BIND": "/vol0004"}}, "ENV105") == [("ENV105", "warning")]
    assert levels({"environment": {"APPTAINER_BIND": "/x:/tmp:ro,/y:/root"}}, "ENV105") == [
        ("ENV105", "info")
    ]
    ce = {"environment": {"APPTAINER_BIND": "/vol0004"}, "runtimes": CE}
    assert levels(ce, "ENV105") == []


def test_a_bind_over_what_the_base_needs():
    (one,) = found({"binds": [bind("/scratch", "/usr/"), bind("/data")]}, "ENV105")
    assert one.message.endswith("binds to /usr in the build as well, which hides what the base has there")


def test_a_site_that_sets_the_variable_itself_is_named():
    site = '[runtime]\nvariables = ["APPTAINER_BIND"]\n'
    (one,) = found({"binds": [bind("/vol0004")]}, "ENV105", site=site)
    assert advice(one).endswith("; example sets it by itself")


def test_no_runtime():
    assert advice(found({"runtimes": []}, "ENV106")[0]) == "the package `apptainer`, or SingularityCE"
    cluster = {"runtimes": [], "scheduler": {"kind": "slurm", "commands": ["sbatch"]}}
    assert "`module avail apptainer singularity`" in advice(found(cluster, "ENV106")[0])
    assert [one.code for one in found({"runtimes": []})] == ["ENV106"]


@pytest.mark.parametrize(
    ("distribution", "line"),
    [
        ("ubuntu", "`apt-get install"),
        ("rocky", "`dnf install"),
        ("opensuse-leap", "`zypper install squashfs`"),
        (None, "package"),
    ],
)
def test_how_squashfs_tools_are_installed(distribution, line):
    facts = {"programs": {"mksquashfs": "none"}, "platform": {"distribution": distribution}}
    (one,) = found(facts, "ENV106")
    assert one.severity == "error"
    assert line in advice(one)


@pytest.mark.parametrize(
    ("runtimes", "mode", "flagged"),
    [
        (runtime("apptainer", "1.5.0"), "subordinate", True),
        (runtime("apptainer", "1.5.1"), "subordinate", False),
        (runtime("apptainer", "1.4.5"), "subordinate", False),
        (runtime("apptainer", "1.5.0"), "root", False),
        (CE, "subordinate", False),
    ],
)
def test_proot_of_apptainer_1_5_0(runtimes, mode, flagged):
    facts = {**MODES[mode], "runtimes": runtimes, "programs": {"proot": "/usr/bin/proot"}}
    assert levels(facts, "ENV106") == ([("ENV106", "warning")] if flagged else [])


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SINGULARITY_TEMPDIR", "SINGULARITY_TMPDIR"),
        ("APPTAINER_TMP_DIR", "APPTAINER_TMPDIR"),
        ("SINGULARITY_CACHE_DIR", "SINGULARITY_CACHEDIR"),
        ("SINGULARITY_BIND_PATH", "SINGULARITY_BINDPATH"),
        ("APPTAINER_BINDS", "APPTAINER_BIND"),
        ("SINGULARITY_LOCALCACHEDIR", "SINGULARITY_CACHEDIR"),
        ("APPTAINER_DISABLECACHE", "APPTAINER_DISABLE_CACHE"),
        ("SINGULARITY_NOHTTP", "SINGULARITY_NOHTTPS"),
    ],
)
def test_a_name_that_was_meant_otherwise(name, meant):
    (one,) = found({"environment": {name: "/x"}}, "ENV107")
    assert name in one.message
    assert f'`export {meant}="${name}"; unset {name}`' in advice(one)


@pytest.mark.parametrize(
    "name",
    "SINGULARITY_TMPDIR APPTAINER_CACHEDIR SINGULARITY_IMAGE SINGULARITY_DIR APPTAINER_IMAGES SINGULARITY_VERSION "
    "SINGULARITY_CONTAINERS SINGULARITY_ROOT SINGULARITY_BUILDDIR SINGULARITY_OPTS APPTAINER_MODULE SINGULARITY_PREFIX "
    "APPTAINER_ENCRYPTION_PASSPHRASE SINGULARITY_DOCKER_PASSWORD APPTAINER_CONTAINER TMPDIR XDG_RUNTIME_DIR".split(),
)
def test_a_name_that_is_no_slip(name):
    assert found({"environment": {name: "x"}}, "ENV107") == []


def test_names_for_the_other_runtime():
    apptainer = {"environment": {"APPTAINER_TMPDIR": "/x", "SINGULARITY_CACHEDIR": "/y"}}
    assert found(apptainer, "ENV107") == []
    (one,) = found({**apptainer, "runtimes": CE}, "ENV107")
    assert "APPTAINER_TMPDIR" in one.message
    assert "SINGULARITY_TMPDIR" in advice(one)
    beside = {**apptainer, "runtimes": {"singularity": CE["singularity"]}}
    assert found(beside, "ENV107") == []


def test_a_site_and_a_configuration_allow_names():
    facts = {"environment": {"SINGULARITY_TMPDIRS": "/x"}}
    assert found(facts, "ENV107", site='[runtime]\nvariables = ["SINGULARITY_TMPDIRS"]\n') == []
    (rule,) = [
        one for one in __import__("rules.host_findings", fromlist=["RULES"]).RULES if one.code == "ENV107"
    ]
    for allow, flagged in ((("SINGULARITY_TMPDIRS",), 0), (("SINGULARITY_*",), 0), (("SINGULARITY_TMP",), 1)):
        assert len(check_host(facts, rule, options={"ENV107": Allowed(allow)})) == flagged


@pytest.mark.parametrize(
    ("site", "role", "architecture", "flagged"),
    [
        ("fugaku:login", "unknown", "x86_64", True),
        ("fugaku:prepost", "unknown", "x86_64", True),
        ("fugaku:login", "unknown", "aarch64", False),
        ("fugaku:compute", "login", "x86_64", False),
        ("fugaku", "login", "x86_64", True),
        ("fugaku", "compute", "x86_64", False),
        ("fugaku", "laptop", "x86_64", False),
        ("slurm", "login", "x86_64", False),
    ],
)
def test_the_architecture_of_the_compute_nodes(site, role, architecture, flagged):
    facts = {"platform": {"role": role, "architecture": architecture}}
    assert bool(found(facts, "ENV108", site=site)) is flagged


@pytest.mark.parametrize(
    ("variables", "facts", "expected"),
    [
        ({"APPTAINER_FAKEROOT": "1"}, {}, ["error"]),
        ({"APPTAINER_FAKEROOT": "0"}, {}, []),
        ({"APPTAINER_FAKEROOT": ""}, {}, []),
        ({"APPTAINER_FAKEROOT": "maybe"}, {}, ["error"]),
        ({"APPTAINER_FAKEROOT": "1"}, {"runtimes": {"apptainer": {"setuid_starter": True}}}, []),
        ({"APPTAINER_FAKEROOT": "1"}, {"identity": {"user_id": 0}}, []),
        ({"SINGULARITY_FAKEROOT": "1"}, {"runtimes": CE}, []),
        ({"APPTAINER_USERNS": "1"}, {}, ["warning"]),
        ({"APPTAINER_IGNORE_SUBUID": "1"}, {}, ["warning"]),
        ({"APPTAINER_IGNORE_SUBUID": "1"}, {"identity": NOT_LISTED}, []),
        ({"APPTAINER_IGNORE_FAKEROOT_COMMAND": "1"}, {}, []),
        (
            {"APPTAINER_IGNORE_FAKEROOT_COMMAND": "1"},
            {"identity": NOT_LISTED, "programs": {"fakeroot": "/usr/bin/fakeroot"}},
            ["info"],
        ),
        ({"APPTAINER_CWD": "/data"}, {}, ["warning"]),
        ({"APPTAINER_NV": "1", "APPTAINER_UNSQUASH": "1", "APPTAINER_DISABLE_CACHE": "1"}, {}, []),
    ],
)
def test_variables_that_act_as_flags(variables, facts, expected):
    told = found({**facts, "environment": variables}, "ENV107")
    assert [one.severity for one in told] == expected
    for one in told:
        assert f"`unset {next(iter(variables))}`" in one.help
