"""Calls of the runtime: where they hide, and what they say."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Source
from sifcheck.job import RuntimeCall, read_job


def calls(body: str) -> tuple[RuntimeCall, ...]:
    return read_job(Source("job.sh", f"#!/bin/bash\n{body}\n".encode())).calls


def call(body: str) -> RuntimeCall:
    (found,) = calls(body)
    return found


def said(found: RuntimeCall) -> str:
    return f"{found.program} {found.subcommand}"


@pytest.mark.parametrize(
    "body",
    [
        "singularity build a.sif a.def",
        "/opt/singularitypro41/bin/singularity build a.sif a.def",
        "sudo -E singularity build a.sif a.def",
        "env TMPDIR=/x singularity build a.sif a.def",
        "TMPDIR=/x singularity build a.sif a.def",
        "time singularity build a.sif a.def",
        "timeout 3600 nice -n 10 singularity build a.sif a.def",
        "srun -n 1 singularity build a.sif a.def",
        "srun --nodes=1 numactl -N 0 singularity build a.sif a.def",
        "mpiexec -n 2 env A=b singularity build a.sif a.def",
        "sg fugaku -c 'singularity build a.sif a.def'",
        'sg fugaku "singularity build a.sif a.def"',
        "bash -c 'cd /x && singularity build a.sif a.def'",
        "srun bash -lc 'singularity build a.sif a.def'",
        "newgrp fugaku <<'EOF'\nsingularity build a.sif a.def\nEOF",
        "bash <<EOF\nsingularity build a.sif a.def\nEOF",
        "if ! singularity build a.sif a.def; then exit 1; fi",
        "for i in 1 2; do singularity build a.sif a.def & done",
        "out=$(singularity build a.sif a.def)",
        "S=singularity\n$S build a.sif a.def",
        'S=/usr/bin/singularity\n"$S" build a.sif a.def',
        'S="singularity build"\n$S a.sif a.def',
        'S="singularity build"\nsrun $S a.sif a.def',
        "ARGS=(a.sif a.def)\nsingularity build ${ARGS[@]}",
        "singularity -q --debug build a.sif a.def",
        "singularity -c /etc/x.conf build a.sif a.def",
        "true && singularity build a.sif a.def || exit 1",
        "find . -name '*.def' -exec singularity build a.sif a.def \\; -print",
        "find . -exec sh -c 'singularity build a.sif a.def' \\;",
        'bash <<< "singularity build a.sif a.def"',
        "cat <<'E' | bash\nsingularity build a.sif a.def\nE",
        "coproc singularity build a.sif a.def",
        "ssh -p 22 -i key host singularity build a.sif a.def",
    ],
)
def test_a_call_is_found(body: str) -> None:
    found = call(body)
    assert said(found) == "singularity build"
    assert [found.value_of(word) for word in found.operands] == ["a.sif", "a.def"]
    assert (found.value_of(found.image), found.value_of(found.definition)) == ("a.sif", "a.def")


@pytest.mark.parametrize(
    "body",
    [
        "module load singularity",
        "which apptainer",
        "command -v singularity",
        "echo singularity build a.sif a.def",
        "cat > a.sh <<EOF\nsingularity build a.sif a.def\nEOF",
        "# singularity build a.sif a.def",
        "ls /opt/singularity/bin",
        "export PATH=/opt/apptainer/bin:$PATH",
        "mysingularity build a.sif a.def",
        "find /opt -name singularity -print",
        "find . -exec grep singularity {} +",
        "ssh host which singularity",
        "cat <<'E' | bash script.sh\nsingularity build a.sif a.def\nE",
    ],
)
def test_what_is_no_call(body: str) -> None:
    assert calls(body) == ()


def test_what_the_image_runs_is_no_call() -> None:
    found = call("singularity exec a.sif bash -c 'singularity --version'")
    assert [word.value for word in found.inner_words][:1] == ["bash"]


def test_options_and_their_values() -> None:
    found = call("apptainer exec --nv -B /a,/b --bind=/c -eC --env A=1 a.sif prog -B /d --nv")
    given = [(option.name, option.value.value if option.value else None) for option in found.options]
    assert given == [
        ("--nv", None),
        ("--bind", "/a,/b"),
        ("--bind", "/c"),
        ("--cleanenv", None),
        ("--containall", None),
        ("--env", "A=1"),
    ]
    assert found.option_values("--bind") == ["/a", "/b", "/c"]
    assert found.value_of(found.image) == "a.sif"
    assert [word.value for word in found.inner_words] == ["prog", "-B", "/d", "--nv"]


def test_options_behind_an_operand_are_read_and_late() -> None:
    found = call("singularity build --nv a.sif --fakeroot a.def -B /a -F")
    assert [option.name for option in found.options] == ["--nv", "--fakeroot", "--bind", "--force"]
    assert [option.name for option in found.late] == ["--fakeroot", "--bind", "--force"]
    assert found.value_of(found.definition) == "a.def"
    assert call("singularity build --nv a.sif a.def").late == ()
    # What stands behind an image that is run is for what runs in it.
    assert call("singularity exec a.sif ls --nv").late == ()


def test_what_is_known_of_options() -> None:
    found = call("singularity build a.sif a.def")
    assert found.option_names()["-B"] == "--bind"
    assert (found.takes_value("--bind"), found.takes_value("--nv")) == (True, False)
    assert (found.since("--bind"), found.since("--userns")) == (None, {"apptainer": (1, 1)})
    # What only one command has is told of that command.
    assert call("singularity exec a.sif ls").since("--userns") is None


@pytest.mark.parametrize(
    ("body", "image", "base", "fetches"),
    [
        ("singularity pull docker://alpine", None, "docker://alpine", True),
        ("singularity pull a.sif docker://alpine", "a.sif", "docker://alpine", True),
        ("singularity pull --name a.sif docker://alpine", None, "docker://alpine", True),
        ("singularity build a.sif docker://alpine", "a.sif", "docker://alpine", True),
        ("singularity build a.sif b.sif", "a.sif", "b.sif", False),
        ("singularity exec docker://alpine ls", "docker://alpine", None, True),
        ("I=library://x/y\nsingularity run $I", "library://x/y", None, True),
        ("singularity run $I", None, None, False),
        ("singularity instance start --nv a.sif web", "a.sif", None, False),
    ],
)
def test_images(body: str, image: str | None, base: str | None, fetches: bool) -> None:
    found = call(body)
    assert (found.value_of(found.image), found.value_of(found.base), found.fetches) == (image, base, fetches)


@pytest.mark.parametrize(
    ("body", "unsure"),
    [
        ('singularity exec "${ARGS[@]}" a.sif ls', True),
        ("singularity exec $OPTIONS a.sif ls", True),
        ('singularity exec ${A[@]+"${A[@]}"} a.sif ls', True),
        ("singularity build $BUILD_OPTIONS a.sif a.def", True),
        ('singularity build "$BUILD_OPTIONS" a.sif a.def', False),
        ("singularity build a.sif $OPTIONS", False),
        ("singularity exec $IMAGE ls", False),
        ('singularity exec "$IMAGE" ls', False),
        ("singularity $VERB a.sif", True),
    ],
)
def test_words_that_may_be_options(body: str, unsure: bool) -> None:
    assert call(body).unsure is unsure


@pytest.mark.parametrize(
    ("body", "launcher", "wrappers", "group"),
    [
        ("srun -n 4 singularity run a.sif", "srun", ("srun",), None),
        ("sudo srun singularity run a.sif", "srun", ("sudo", "srun"), None),
        ("srun bash -c 'singularity run a.sif'", "srun", (), None),
        ("sg fugaku -c 'singularity run a.sif'", None, (), "fugaku"),
        ("newgrp fugaku <<EOF\nsingularity run a.sif\nEOF", None, (), "fugaku"),
    ],
)
def test_what_starts_a_call(
    body: str, launcher: str | None, wrappers: tuple[str, ...], group: str | None
) -> None:
    found = call(body)
    assert (found.launcher, found.wrappers, found.group) == (launcher, wrappers, group)


def test_places_are_those_of_the_file() -> None:
    text = "#!/bin/bash\n# é\nsg g -c 'singularity biuld a.sif'\n"
    source = Source("job.sh", text.encode())
    (found,) = read_job(source).calls
    assert found.subcommand_word is not None
    assert source.slice(found.subcommand_word.span) == "biuld"
    assert source.slice(found.span) == "singularity biuld a.sif"
    assert source.slice(found.outermost.span) == "sg g -c 'singularity biuld a.sif'"


def test_actions_of_groups_of_commands() -> None:
    found = call("apptainer instance start --bind /a a.sif web")
    assert (found.subcommand, found.action) == ("instance", "start")
    assert [word.value for word in found.operands] == ["a.sif", "web"]
    assert call("apptainer keys list").subcommand == "key"
    assert call("apptainer siftool list a.sif").action == "list"


def test_options_of_an_action_of_its_own() -> None:
    found = call("apptainer instance stop -t 3 --user me -F web")
    assert [(option.name, found.value_of(option.value)) for option in found.options] == [
        ("--timeout", "3"),
        ("--user", "me"),
        ("--force", None),
    ]
    assert [word.value for word in found.operands] == ["web"]
    assert "--bind" not in found.option_names()
    assert call("apptainer instance start --bind /a a.sif web").option_names()["-B"] == "--bind"


@pytest.mark.parametrize(
    ("body", "image"),
    [
        ("sg g <<'E'\nI=a.sif\napptainer run $I\nE", "a.sif"),
        ("sg g -c 'I=a.sif; apptainer run $I'", "a.sif"),
        ("I=a.sif\nbash <<E\napptainer run $I\nE", "a.sif"),
        # The shell outside puts its own in, which is none.
        ("bash <<E\nI=a.sif\napptainer run $I\nE", None),
        ("bash <<'E'\nI=a.sif\nE\napptainer run $I", None),
    ],
)
def test_variables_of_the_text_that_a_call_stands_in(body: str, image: str | None) -> None:
    found = call(body)
    assert found.value_of(found.image) == image


def test_the_texts_that_a_call_stands_in() -> None:
    (inner,) = calls("sg g <<'E'\nA=1\nbash -c 'apptainer run a.sif'\nE")
    assert inner.job is not None
    assert len(inner.scripts) == 3
    assert inner.scripts[0] is inner.job.script
    assert [one.name for one in inner.scripts[1].assignments] == ["A"]
    assert inner.scripts[2] is inner.script
    plain = call("apptainer run a.sif")
    assert plain.scripts == (plain.script,)


def test_what_another_program_puts_in_is_not_known() -> None:
    found = call("find . -exec singularity build {}.sif {} \\;")
    assert [found.value_of(word) for word in found.operands] == [None, None]


@pytest.mark.parametrize("body", ["ssh h apptainer run a.sif", "ssh h 'apptainer run a.sif'"])
def test_a_call_on_another_machine(body: str) -> None:
    assert call(body).remote
    assert not call("apptainer run a.sif").remote
