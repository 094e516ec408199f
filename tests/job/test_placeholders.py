"""What is to be filled in of a template, and what only looks like it."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Source
from sifcheck.job import read_job
from sifcheck.job.placeholders import has_placeholder, is_only_placeholders, placeholders_in


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("-B <DATA_DIR>:/x", ["<DATA_DIR>"]),
        ("-B <folder of a>,<b c>:/e", ["<folder of a>", "<b c>"]),
        ("a.sif <input.txt> out", ["<input.txt>"]),
        ('"<PATH>/x"', ["<PATH>"]),
        ("export ID=<????> B=<...>", ["<????>", "<...>"]),
        ("{x} {slurm.sbatch}", ["{x}", "{slurm.sbatch}"]),
        ("--time={time.{model}}", ["{time.{model}}"]),
        ("{{ x }} ${{ y }}", ["{{ x }}", "${{ y }}"]),
        ("%NAME% @NAME@", ["%NAME%", "@NAME@"]),
    ],
)
def test_placeholders(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in placeholders_in(text)] == found
    assert has_placeholder(text)


@pytest.mark.parametrize(
    "text",
    [
        "sort <a >b",
        "sort <a>b",
        "cat <<EOF>x",
        "diff <(a) <(b)",
        "${x} ${x[@]} $x",
        "awk '{print}'",
        "{a,b} {1..3} {}",
        "parallel echo {%}",
        "date +%Y_%m_%d",
        "squeue -o %A_%a",
        "me@HOST",
        "find . -exec ls {} +",
        "[ 1 <2 ] && x<y>z",
    ],
)
def test_what_is_none(text: str) -> None:
    assert placeholders_in(text) == []


def test_lines_of_nothing_else() -> None:
    assert is_only_placeholders("{slurm.sbatch}")
    assert is_only_placeholders("{% if gpus %}")
    assert not is_only_placeholders("{program} -x")
    assert not is_only_placeholders("")


def test_what_is_filled_in_is_not_known() -> None:
    text = "#!/bin/bash\n{% if nv %}\nsingularity exec -B <D>:/d {image} ls\n{% endif %}\nbash -c 'apptainer run {x} ls'\n"
    job = read_job(Source("a.sh", text.encode()))
    first, second = job.calls
    assert not job.script.redirections
    assert first.unsure
    assert (first.value_of(first.image), second.value_of(second.image)) == (None, None)
    assert first.image is not None
    assert first.image.text == "{image}"


def test_many_placeholders_are_read_in_linear_time() -> None:
    job = read_job(Source("a.sh", b"#!/bin/bash\n" + b"singularity exec {a} {b} <c d>\n" * 4000))
    assert len(job.calls) == 4000
