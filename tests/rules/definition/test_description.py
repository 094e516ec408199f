"""DEF801 to DEF805: labels, help and test."""

from __future__ import annotations

import pytest

from sifcheck.base.findings import Finding, Fix
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.definition import description

HEAD = "Bootstrap: docker\nFrom: debian:12.5\n"


def fix_of(finding: Finding) -> Fix:
    assert finding.fix is not None
    return finding.fix


def labelled(line: str, more: str = "") -> list[Finding]:
    return check_text(f"{HEAD}{more}%labels\n    {line}\n", description.label_misread)


@pytest.mark.parametrize(
    ("line", "severity", "right"),
    [
        ("Version=1.0", "warning", "Version 1.0"),
        ('Author="Jane Doe"', "warning", "Author Jane Doe"),
        ("Author=Jane Doe", "warning", "Author Jane Doe"),
        ("Author: Jane Doe", "warning", "Author Jane Doe"),
        ("Author:", "warning", "Author"),
        ("Author\tJane Doe", "warning", "Author Jane Doe"),
        ("Author\t\t Jane Doe", "warning", "Author Jane Doe"),
        ("Author = Jane", "warning", "Author Jane"),
        ("Author : Jane", "warning", "Author Jane"),
        ('Author "Jane Doe"', "info", "Author Jane Doe"),
        ("Author 'Jane Doe'", "info", "Author Jane Doe"),
    ],
)
def test_a_label_that_is_misread(line: str, severity: str, right: str) -> None:
    (finding,) = labelled(line)
    assert (finding.severity, finding.profile) == (severity, "standard")
    text = f"{HEAD}%labels\n    {line}\n"
    assert fix_of(finding).safe
    fixed = apply_edits(text, fix_of(finding).edits)
    assert fixed == f"{HEAD}%labels\n    {right}\n"
    assert check_text(fixed, description.label_misread) == []


@pytest.mark.parametrize(
    "line",
    [
        "Author Jane Doe",
        "Author",
        "URL https://example.org/?a=b",
        "Ratio 1 = 1",
        'Note says "yes" and "no"',
        "Author  Jane",
        "org.opencontainers.image.version 1.0",
        "Time 12:30",
        "{{ name }}=x",
        "# Author=Jane",
    ],
)
def test_a_label_that_is_read_as_meant(line: str) -> None:
    assert labelled(line) == []


def test_labels_of_apps_are_read_the_same_way() -> None:
    assert len(check_text(f"{HEAD}%applabels tool\n    Version=1.0\n", description.label_misread)) == 1


def test_a_label_that_post_writes_too() -> None:
    def found(post: str) -> list[str]:
        return [f.severity for f in labelled("version 1.0", f"%post\n    {post}\n")]

    assert found("echo version 2 >> $APPTAINER_LABELS") == ["info"]
    assert found('echo "version 2" >> "$APPTAINER_LABELS"') == ["info"]
    assert found('printf "version %s\\n" "$V" >> ${SINGULARITY_LABELS}') == ["info"]
    assert found('echo "Version 2" >> $SINGULARITY_LABELS') == []
    assert found('echo "$key 2" >> $SINGULARITY_LABELS') == []


# -- %test


def tried(body: str, line: str = "%test") -> list[Finding]:
    rules = (description.test_ignores_failure, description.test_needs_hardware)
    return check_text(f"{HEAD}{line}\n{body}\n", *rules)


@pytest.mark.parametrize(
    "body",
    [
        "    a\n    set -e\n    b",
        "    set -euo pipefail\n    a\n    b",
        "    set -o errexit\n    a\n    b",
        "#!/bin/bash -e\n    a\n    b",
        "    a && b",
        "    if a; then b; fi",
        "    a || exit 1\n    b",
        "    a\n    if [ $? -ne 0 ]; then exit 1; fi",
        "    cd /opt\n    echo now\n    a",
        "#!/usr/bin/env python3\n    import a\n    import b",
        "    a\n",
        "",
    ],
)
def test_a_test_that_fails_when_it_should(body: str) -> None:
    assert [f.message for f in tried(body)] == []


def test_a_test_line_with_the_option() -> None:
    assert tried("    a\n    b", "%test -e") == []


@pytest.mark.parametrize("body", ["    a\n    b", "    a\n    echo done", "    a | b\n    c"])
def test_a_test_that_passes_over_failures(body: str) -> None:
    (finding,) = tried(body)
    assert (finding.code, finding.severity) == ("DEF802", "info")
    assert not fix_of(finding).safe
    text = f"{HEAD}%test\n{body}\n"
    assert apply_edits(text, fix_of(finding).edits) == f"{HEAD}%test\n    set -e\n{body}\n"


def test_set_e_in_a_file_with_crlf() -> None:
    text = f"{HEAD}%test\n    a\n    b\n".replace("\n", "\r\n")
    (finding,) = check_text(text, description.test_ignores_failure)
    assert apply_edits(text, fix_of(finding).edits) == text.replace("%test\r\n", "%test\r\n    set -e\r\n")


def test_set_e_goes_below_the_interpreter() -> None:
    text = f"{HEAD}%test\n#!/bin/bash\n\ta\n\tb\n"
    (finding,) = tried("#!/bin/bash\n\ta\n\tb")
    assert apply_edits(text, fix_of(finding).edits) == text.replace("bash\n", "bash\n\tset -e\n")


@pytest.mark.parametrize(
    "line",
    [
        "nvidia-smi",
        "mpirun -n 2 hostname",
        "/usr/lib/openmpi/bin/mpiexec a",
        "srun a",
        "wget https://example.org/x",
        "git clone https://example.org/x",
        "python3 -c 'import torch; assert torch.cuda.is_available()'",
        "python -c 'import torch; torch.cuda.get_device_name(0)'",
    ],
)
def test_what_the_build_node_may_lack(line: str) -> None:
    (finding,) = tried(f"    {line}")
    assert (finding.code, finding.severity, finding.confidence) == ("DEF803", "warning", "medium")


@pytest.mark.parametrize(
    "line",
    [
        "mpirun --version",
        "mpirun -V",
        "nvidia-smi || true",
        "if nvidia-smi; then a; fi",
        "command -v nvidia-smi",
        "which mpirun",
        "echo nvidia-smi",
        "python3 -c 'import torch; print(torch.cuda.is_available())'",
        "curl --version",
        "[ -e /dev/nvidia0 ] && true",
    ],
)
def test_what_needs_no_device(line: str) -> None:
    assert [f.code for f in tried(f"    {line}")] == []


def test_where_the_failure_is_passed_over_it_is_less_sure() -> None:
    found = {f.code: f.confidence for f in tried("    nvidia-smi\n    a")}
    assert found == {"DEF802": "high", "DEF803": "low"}


# -- what is not there


def test_a_bare_file_lacks_all_three() -> None:
    found = check_text(f"{HEAD}%post\n    true\n", description.no_test, description.undocumented_image)
    assert [(f.code, f.severity, f.profile, f.span.start) for f in found] == [
        ("DEF804", "info", "strict", 0),
        ("DEF805", "info", "strict", 0),
        ("DEF805", "info", "strict", 0),
    ]


def test_a_test_of_the_program_that_runs() -> None:
    def proposed(runscript: str) -> str | None:
        (finding,) = check_text(f"{HEAD}%runscript\n    {runscript}\n", description.no_test)
        return fix_of(finding).edits[0].text if finding.fix else None

    assert proposed('exec samtools "$@"') == "\n%test\n    set -e\n    samtools --version\n"
    assert "/opt/app/bin/app --version" in (proposed('/opt/app/bin/app "$@"') or "")
    assert proposed('exec "$@"') is None
    assert proposed("echo hello") is None


def test_a_section_is_added_behind_a_last_line_without_end() -> None:
    text = f'{HEAD}%runscript\n    exec samtools "$@"'
    (finding,) = check_text(text, description.no_test)
    assert apply_edits(text, fix_of(finding).edits).endswith(
        '"$@"\n\n%test\n    set -e\n    samtools --version\n'
    )


def test_a_test_of_an_app_is_no_test() -> None:
    assert len(check_text(f"{HEAD}%apptest tool\n    true\n", description.no_test)) == 1


def test_only_what_becomes_the_image_is_asked_for() -> None:
    assert check_text("just some text\n", description.no_test, description.undocumented_image) == []
    labels = "%labels\n    Author A\n    Version 1\n    Description D\n%help\n    H\n"
    early = f"{HEAD}{labels}\n{HEAD}%post\n    true\n"
    assert len(check_text(early, description.undocumented_image)) == 2


@pytest.mark.parametrize(
    "labels",
    [
        "MAINTAINER Jane\n    Image_version 1\n    about.summary x",
        "org.opencontainers.image.authors Jane\n    org.opencontainers.image.version 1\n    x.description x",
        "Author=Jane\n    Version=1\n    Description=x",
    ],
)
def test_common_spellings(labels: str) -> None:
    text = f"{HEAD}%help\n    H\n%labels\n    {labels}\n"
    assert [f.message for f in check_text(text, description.undocumented_image)] == []


def test_the_labels_that_are_asked_for_can_be_set() -> None:
    text = f"{HEAD}%help\n    H\n%labels\n    Author Jane\n    licence MIT\n"
    options: dict[str, object] = {"DEF805": description.Documentation(labels=("licence", "cost-center"))}
    (finding,) = check_text(text, description.undocumented_image, options=options)
    assert "cost-center" in finding.message
    assert "licence" not in finding.message


def test_missing_labels_are_added_to_the_others() -> None:
    text = f"{HEAD}%help\n    H\n%labels\n    Author Jane\n\n%post\n    true\n"
    (finding,) = check_text(text, description.undocumented_image)
    fixed = apply_edits(text, fix_of(finding).edits)
    assert "    Author Jane\n    Version VERSION\n    Description DESCRIPTION\n\n%post" in fixed
    assert check_text(fixed, description.undocumented_image) == []


def test_labels_that_post_writes_count() -> None:
    text = f'{HEAD}%help\n    H\n%post\n    echo "version $V" >> $SINGULARITY_LABELS\n'
    (finding,) = check_text(text, description.undocumented_image)
    assert "version" not in finding.message.partition("lacks")[2]
    unknown = f"{HEAD}%help\n    H\n%post\n    cat labels >> $SINGULARITY_LABELS\n"
    assert check_text(unknown, description.undocumented_image) == []
