"""BLD301-BLD308: the arguments and options of one call of the runtime, beside what their examples prove."""

from __future__ import annotations

from typing import Any

import pytest

from sifcheck.base.findings import Finding
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.calls import arguments, options, values
from sifcheck_rules.calls import line as command_line
from sifcheck_rules.calls import line as command_routes

TEXT_RULES = (
    command_line.fakeroot_missing,
    arguments.swapped_arguments,
    command_line.overwrite_not_forced,
    options.option_not_in_runtime,
    values.bind_target_missing,
    values.build_argument_unusable,
)
CE = "singularity-ce-4.1"
MODE_3 = command_routes._MODE_3


def found(rule: Any, text: str, **settings: Any) -> list[Finding]:
    return check_text(f"#!/bin/bash\n{text}\n", rule, **settings)


def after_fix(rule: Any, text: str, **settings: Any) -> str:
    """The text with the only finding's fix put in."""
    (one,) = found(rule, text, **settings)
    assert one.fix is not None
    return apply_edits(f"#!/bin/bash\n{text}\n", one.fix.edits).removeprefix("#!/bin/bash\n").rstrip("\n")


def definition(*lines: str, base: str = "rockylinux:9.4") -> dict[str, Any]:
    return {"app.def": {"text": "\n".join(["Bootstrap: docker", f"From: {base}", *lines, ""])}}


# Calls as public scripts have them.
WILD = r"""
singularity build --fakeroot app.sif SingularityFile_app
singularity build --fakeroot "${APP_SIF}" "${APP_IMAGE}"
apptainer build --bind `pwd`/source:/app source.sif source/app.def
apptainer build --bind /tmp/off:/proc/sys/crypto/fips_enabled images/app.sif containers/app.def
apptainer build --ignore-subuid images/sra.sif containers/sra.def
apptainer build --bind "$(pwd)/.git:/project/.git" area.sif ./Apptainer
mpirun -n 4 singularity run --nv -B "./data:/my-files" hpc\:21.4.sif hpl.sh --dat "/my-files/HPL.dat"
singularity run --nv --home `pwd` ../server_latest.sif model_server --port=8500 >& log &
singularity run --nv ../private/container.sif -c "conda activate gpulibs && pip install ."
apptainer build --build-arg SIM_PATH=~/sim sim-full.sif sim-full.def
apptainer build --build-arg N_CPUS=16 --build-arg BRANCH=update_decoding --force are.sif are.def
apptainer run -B /cvmfs/example.org/data:/data:ro app.sif macro/bic.mac
START="singularity exec --bind /home/users/scratch:/mnt /home/users/gatk.sif"
$START gatk CreateSequenceDictionary --REFERENCE /mnt/inputs
singularity exec --bind ${outDir},${wd},${ASSEMBLY} ${APP_SIF} configure --list x
singularity build --sandbox $sandbox docker://nvcr.io/nvidia/pytorch:18.09-py3
singularity exec --pwd $PWD -B $PWD,/scratch --cleanenv -H $PWD img.sif bash -c 'x --nv'
apptainer exec --env-file .env --no-home --compat img.sif sh
apptainer build -s sandbox/ ubuntu.sif
singularity exec $OPTIONS -B a/b:/c,d:/e x.sif ls
singularity build $BUILD_OPTIONS x.sif Singularity
apptainer build $FORCE y.sif y.def
apptainer build z.sif $DEFINITIONS
parallel apptainer build {}.sif {} ::: *.def
apptainer build --help
apptainer instance start web.sif --nv
srun singularity exec --mount type=bind,src=/scratch/p,dst=/users/$2/mnt containers/nsrr.sif bash $1
apptainer exec --mount type=bind,source=.,dst=/mnt/data /x/t.sif gunicorn t:app --bind=p-n:56733:80 &
singularity exec --bind $HOME:$HOME,$SCRATCH:$SCRATCH --nv $SINGULARITY_IMAGE_PATH xvfb-run -a python x.py
singularity instance start --env ${ENV_VARS} -B $MOUNT_LOG:$LOGOUT ${IMAGE_PATH} ${PROXY_NAME}
nohup singularity run instance://${PROXY_NAME} > /dev/null 2>&1 &
singularity pull --name "$img" "docker://$uri" || { echo FAIL; fail=1; }
apptainer run --nv "${overlay[@]}" "${binds[@]}" -W "${SLURM_TMPDIR:-/tmp}" --env HF_HOME="${HF_HOME}" a.sif
apptainer run --nv ${TOKEN:+--env TOKEN="$TOKEN"} --env PYTHONUNBUFFERED=1 /shared/latest.sif python x.py
singularity exec -e --pwd /app -B /ceph/logs:/app/logs --nv docker://a/b:dnnae python ./run.py
singularity shell --bind ${A}:/b "$IMAGE"
singularity build my-app.sif docker-archive://my-app.tar
singularity pull --hash shub://vsoch/singularity-images
""".strip()


def test_calls_of_public_scripts_are_fine() -> None:
    text = "#!/bin/bash\n#SBATCH --nodes=1\n" + WILD + "\n"
    said = check_text(text, *TEXT_RULES, target="apptainer-1.4")
    assert [one for one in said if one.profile != "strict"] == []


# -- BLD301


def test_fakeroot_hangs_on_the_target() -> None:
    text = "#SBATCH --nodes=1\nsingularity build app.sif app.def"
    (unnamed,) = found(command_line.fakeroot_missing, text)
    (named,) = found(command_line.fakeroot_missing, text, target=CE)
    assert (unnamed.severity, named.severity) == ("info", "error")
    assert "SingularityCE and SingularityPRO" in unnamed.message
    # Who runs a script that nobody submits is not known.
    (plain,) = found(command_line.fakeroot_missing, "singularity build app.sif app.def", target=CE)
    assert plain.severity == "info"


@pytest.mark.parametrize(
    "text",
    [
        "export SINGULARITY_FAKEROOT=1\nsingularity build app.sif app.def",
        "SINGULARITY_REMOTE=1 singularity build app.sif app.def",
        "module load proot\nsingularity build app.sif app.def",
        'if [ "$(id -u)" = 0 ]; then\nsingularity build app.sif app.def\nfi',
        "singularity build --builder https://b.example.org app.sif app.def",
        "singularity build $FLAGS app.sif app.def",
        "singularity build app.sif app.def || true",
    ],
)
def test_another_way_to_root(text: str) -> None:
    assert found(command_line.fakeroot_missing, f"#SBATCH -N 1\n{text}", target=CE) == []


@pytest.mark.parametrize(
    ("host", "count"),
    [
        ({}, 0),
        ({"runtimes": {"apptainer": "none", "singularity": {"flavour": "singularity-ce"}}}, 1),
        (command_routes._PROOT, 0),
        (
            {
                "identity": {"user_id": 0},
                "runtimes": {"apptainer": "none", "singularity": {"flavour": "singularity-ce"}},
            },
            0,
        ),
    ],
)
def test_the_machine_knows_more(host: Any, count: int) -> None:
    text = "#SBATCH -N 1\nsingularity build app.sif app.def"
    host = {"programs": {"proot": None}, **host} if "programs" not in host else host
    assert len(found(command_line.fakeroot_missing, text, target=CE, host=host)) == count


# -- BLD303


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("apptainer build app.def app.sif", "apptainer build app.sif app.def"),
        ("apptainer build -F Singularity app.sif", "apptainer build -F app.sif Singularity"),
        ('F=app.def\napptainer build "$F" app.sif', 'F=app.def\napptainer build app.sif "$F"'),
        ("apptainer build app.sif app.def -F", "apptainer build -F app.sif app.def"),
        (
            "apptainer build -s box app.def \\\n    --nv -B /a:/b",
            "apptainer build --nv -B /a:/b -s box app.def",
        ),
        ("apptainer pull app.sif docker://a:1 --force", "apptainer pull --force app.sif docker://a:1"),
        ("apptainer exec app.sif --nv --bind /a ls", "apptainer exec --nv --bind /a app.sif ls"),
        ("apptainer exec app.sif -- ls", "apptainer exec app.sif ls"),
        ("apptainer pull docker://a:1 app.sif", "apptainer pull app.sif docker://a:1"),
        ("apptainer pull oras://a/b:1 app", "apptainer pull app oras://a/b:1"),
        ('apptainer pull docker://a:1 "$D/app.sif"', 'apptainer pull "$D/app.sif" docker://a:1'),
        ("apptainer build docker://a:1 app.sif", "apptainer build app.sif docker://a:1"),
        ("apptainer run -B /a:/b $D:/d x.sif", "apptainer run -B /a:/b --bind $D:/d x.sif"),
        ("apptainer run --bind=/a:/b /c:/d:ro x.sif", "apptainer run --bind=/a:/b --bind /c:/d:ro x.sif"),
        ("apptainer exec --bind /a /data app.sif ls", "apptainer exec --bind /a --bind /data app.sif ls"),
        ("apptainer exec --env A=1 B=2 app.sif ls", "apptainer exec --env A=1 --env B=2 app.sif ls"),
        ("apptainer exec -e A=1 app.sif ls", "apptainer exec --env A=1 app.sif ls"),
    ],
)
def test_words_in_the_wrong_order(text: str, fixed: str) -> None:
    assert after_fix(arguments.swapped_arguments, text) == fixed


@pytest.mark.parametrize(
    "text",
    [
        "apptainer build app.sif",
        "apptainer build -F app.def",
        "apptainer build app.def app",
        "apptainer build app.sif app.def other.def",
        "apptainer build --notest true app.sif app.def",
        "apptainer verify app.sif --all",
        "apptainer build",
        "apptainer exec",
        "apptainer pull",
        "apptainer exec --nv app.sif",
        'apptainer exec "$IMAGE"',
        "IMAGE=app.sif\napptainer exec $IMAGE",
        "srun -n 4 apptainer exec app.sif",
        "apptainer push app.sif",
        "apptainer sign",
        "apptainer inspect a.sif b.sif",
        "apptainer pull a.sif b.sif docker://x:1",
        "apptainer instance start app.sif",
        "apptainer exec app.def ls",
        "apptainer run images/app.def",
        "apptainer run app.sif --bind /data:/data x",
        "apptainer shell app.sif --nv",
    ],
)
def test_words_that_nobody_can_put_right(text: str) -> None:
    (one,) = found(arguments.swapped_arguments, text)
    handed_on = (" run " in text or " shell " in text) and not text.endswith(".def")
    assert one.severity == ("warning" if handed_on else "error")


@pytest.mark.parametrize(
    "text",
    [
        "apptainer build --new x app.sif app.def",
        "apptainer build Singularity folder",
        "apptainer run $IMAGE --nv",
        "apptainer run app.sif --network host --contain",
        "apptainer exec app.sif python --nv",
        "apptainer exec $IMAGE",
        'apptainer exec "$@"',
        "apptainer exec $OPTIONS app.sif",
        "apptainer build || true",
        "apptainer build > usage.txt",
        "apptainer pull 2>&1 | grep -q arch",
        "usage=$(apptainer exec)",
        "ls | xargs apptainer exec app.sif",
        "parallel apptainer run ::: *.sif",
        "apptainer shell app.sif",
        "apptainer test app.sif",
        "apptainer instance list",
        "apptainer instance stop web",
        "apptainer instance start app.sif web",
        "apptainer exec app.sif $COMMAND",
        "apptainer exec app.definition ls",
        "apptainer run docker://example/app.def",
        "apptainer exec --bind /a /data ls app.sif",
        "apptainer exec --bind /a old.sif new.sif",
        "apptainer exec --bind /a $IMAGE app.sif",
        "apptainer exec -e ./A=1 ls",
        "apptainer pull docker://a:1 oci-archive:x.tar",
        "apptainer pull docker://a:1 $NAME",
        "apptainer pull $ADDRESS app.sif",
        "apptainer build docker://a:1 b",
    ],
)
def test_what_is_not_sure(text: str) -> None:
    assert found(arguments.swapped_arguments, text) == []


def test_what_sifcheck_hands_over() -> None:
    text = "#SBATCH -N 1\nsifcheck build --site fugaku app.sif app.def"
    assert after_fix(command_line.fakeroot_missing, text, target=CE).endswith(
        "sifcheck build --site fugaku --fakeroot app.sif app.def"
    )
    late = "sifcheck build --site fugaku app.sif app.def --nv"
    assert after_fix(arguments.swapped_arguments, late) == "sifcheck build --site fugaku --nv app.sif app.def"
    assert found(arguments.swapped_arguments, "sifcheck build --dry-run -- app.sif app.def") == []


# -- BLD308


@pytest.mark.parametrize(
    "text",
    [
        "apptainer build a.sif a.def\nrm a.sif\napptainer build a.sif b.def",
        "apptainer build a.sif a.def\nmv a.sif old.sif\napptainer build a.sif b.def",
        "apptainer build a.sif a.def\ncd other\napptainer build a.sif b.def",
        "apptainer build a.sif a.def || apptainer build a.sif b.def",
        "if [ -n $A ]; then\napptainer build a.sif a.def\nelse\napptainer build a.sif b.def\nfi",
        "apptainer build a.sif a.def\napptainer build b.sif b.def",
        "for f in *.def; do\napptainer build $f.sif $f\ndone",
        "apptainer build -s a a.def\napptainer build -u -s a b.def",
    ],
)
def test_an_image_that_is_not_made_twice(text: str) -> None:
    assert found(command_line.overwrite_not_forced, text) == []


def test_an_image_that_is_there() -> None:
    folder = {"app.sif": "file"}
    (job,) = found(
        command_line.overwrite_not_forced, "#SBATCH -N 1\napptainer build app.sif app.def", folder=folder
    )
    (typed,) = found(command_line.overwrite_not_forced, "apptainer build app.sif app.def", folder=folder)
    assert (job.severity, typed.severity) == ("error", "info")
    assert job.profile == "minimal"
    gone = found(
        command_line.overwrite_not_forced, "#SBATCH -N 1\napptainer build app.sif app.def", folder={}
    )
    assert gone == []


# -- BLD305


@pytest.mark.parametrize(
    ("text", "target", "severity"),
    [
        ("singularity build --no-setgroups a.sif a.def", "apptainer-1.4", "error"),
        ("singularity build --no-setgroups a.sif a.def", "singularity-pro-3.11.3", "error"),
        ("singularity build --no-setgroups a.sif a.def", "singularity-pro-3.11.4", None),
        ("singularity build --no-setgroups a.sif a.def", "singularity-pro-3.11", None),
        ("singularity build --no-setgroups a.sif a.def", None, "info"),
        ("apptainer build --no-setgroups a.sif a.def", None, "error"),
        ("singularity build --mksquashfs-args x a.sif a.def", "apptainer-1.3", "error"),
        ("singularity build --mksquashfs-args x a.sif a.def", "apptainer-1.4", None),
        ("singularity build --mksquashfs-args x a.sif a.def", CE, "error"),
        ("singularity build --build-arg V=1 a.sif a.def", "singularity-ce-3.11", "error"),
        ("singularity build --arch arm64 a.sif a.def", "apptainer-1.3", "error"),
        ("singularity build --arch arm64 a.sif a.def", CE, None),
        ("singularity build -r a.sif a.def", "apptainer-1.4", "error"),
        ("singularity build -r a.sif a.def", CE, None),
        ("singularity exec --oci a.sif ls", "apptainer-1.4", "error"),
        ("singularity exec --oci a.sif ls", CE, None),
        ("singularity exec --sharens a.sif ls", CE, "error"),
        ("singularity build --userns a.sif a.def", CE, "error"),
        ("singularity exec --userns a.sif ls", CE, None),
        ("apptainer build --no-setgroups a.sif a.def", CE, None),
        ("singularity build --no-setgroups a.sif a.def || true", "apptainer-1.4", None),
    ],
)
def test_options_and_targets(text: str, target: str | None, severity: str | None) -> None:
    settings = {"target": target} if target else {}
    said = [one.severity for one in found(options.option_not_in_runtime, text, **settings)]
    assert said == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("apptainer build --debug a.sif a.def", "apptainer --debug build a.sif a.def"),
        ("apptainer exec --clenaenv a.sif ls", "apptainer exec --cleanenv a.sif ls"),
        ("apptainer build --buildarg=V=1 a.sif a.def", "apptainer build --build-arg=V=1 a.sif a.def"),
        ("apptainer build --arch=aarch64 a.sif a.def", "apptainer build --arch=arm64 a.sif a.def"),
    ],
)
def test_options_that_are_mended(text: str, fixed: str) -> None:
    assert after_fix(options.option_not_in_runtime, text, target="apptainer-1.4") == fixed


@pytest.mark.parametrize(
    "text",
    [
        "apptainer build --section post,files a.sif a.def",
        "apptainer build --section all a.sif a.def",
        "apptainer build --update --sandbox a a.def",
        "export APPTAINER_SANDBOX=1\napptainer build --update a a.def",
        "apptainer build --fakeroot --writable-tmpfs a.sif a.def",
        "apptainer exec --some-option-of-a-plugin a.sif ls",
        "apptainer build --tmpdir /x a.sif a.def",
    ],
)
def test_options_that_go_together(text: str) -> None:
    assert found(options.option_not_in_runtime, text, target="apptainer-1.4") == []


@pytest.mark.parametrize(
    ("text", "advice", "fixed"),
    [
        ("apptainer exec --gpu a.sif ls", "`--nv` (NVIDIA) or `--rocm`", None),
        ("apptainer exec --gpus all a.sif ls", "`--nv` (NVIDIA) or `--rocm`", None),
        ("apptainer run --rm a.sif", "nothing is left behind", None),
        ("apptainer run -it a.sif", "the program's own", None),
        ("apptainer run -ti a.sif", "the program's own", None),
        ("apptainer exec -v /a:/b a.sif ls", "write `--bind`", "apptainer exec --bind /a:/b a.sif ls"),
        ("apptainer exec -v a.sif ls", "before the command", "apptainer -v exec a.sif ls"),
        ("apptainer exec --volume=/a:/b a.sif ls", "`--bind`", "apptainer exec --bind=/a:/b a.sif ls"),
        ("apptainer exec --user 1 a.sif ls", "who one is outside", None),
        ("apptainer instance start --rm a.sif x", "nothing is left behind", None),
        ("apptainer build --tag x .", "the file that is written", None),
        ("apptainer build -t x .", "the file that is written", None),
        ("apptainer build --no-cache a.sif a.def", "", "apptainer build --disable-cache a.sif a.def"),
        ("apptainer pull --tag 1 docker://a", "`docker://NAME:TAG`", None),
        ("apptainer exec -nv a.sif ls", "`--nv`", "apptainer exec --nv a.sif ls"),
        ("apptainer exec -bind=/a:/b a.sif ls", "`--bind`", "apptainer exec --bind=/a:/b a.sif ls"),
        ("apptainer build -sandbox a a.def", "`--sandbox`", "apptainer build --sandbox a a.def"),
    ],
)
def test_habits_and_single_dashes(text: str, advice: str, fixed: str | None) -> None:
    (one,) = found(options.option_not_in_runtime, text, target="apptainer-1.4")
    assert one.severity == "error"
    assert advice in (one.help or "")
    if fixed:
        assert after_fix(options.option_not_in_runtime, text, target="apptainer-1.4") == fixed
    else:
        assert one.fix is None


@pytest.mark.parametrize(
    "text",
    [
        "apptainer exec -ipc a.sif ls",  # --ipc, --pid, --contain
        "apptainer exec -eC -B/a a.sif ls",
        "apptainer exec a.sif docker run --rm -it",
        "apptainer cache list --verbose",
        "apptainer cache clean -f --days 3",
        "apptainer instance list --user me",
        "apptainer instance stop -t 3 --signal TERM web",
        "apptainer inspect -d --list-apps a.sif",
        "apptainer key list -s",
        "apptainer exec --data a:/b a.sif ls",
    ],
)
def test_short_options_that_are_some(text: str) -> None:
    assert found(options.option_not_in_runtime, text, target="apptainer-1.4") == []


# -- BLD304


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("apptainer build -B ./data:/mnt a.sif a.def", "under `/`"),
        ("apptainer build -B results:/mnt a.sif a.def", "under `/`"),
        ("apptainer build -B tmp a.sif a.def", "no path from `/`"),
        ("apptainer build -B /data:mnt a.sif a.def", "no path from `/`"),
        ("apptainer exec -B data a.sif ls", "no path from `/`"),
        ("apptainer run --bind /data:/mnt:z a.sif", "no way to bind"),
        ('apptainer exec -B "$PWD:data" a.sif ls', "no path from `/`"),
        ("apptainer exec -B $(pwd):data:ro a.sif ls", "no path from `/`"),
        ("apptainer build -B $PWD:mnt a.sif a.def", "no path from `/`"),
        ("apptainer exec -B /a:/b:ro:rw a.sif ls", "has 4 parts"),
        ("apptainer exec -B $A:/b:/c:/d a.sif ls", "has 4 parts"),
        ("apptainer exec -B $A:/b:/c a.sif ls", "no way to bind"),
        ("apptainer exec -B /a: a.sif ls", "nothing stands behind the colon"),
        ('apptainer exec -B "$A:" a.sif ls', "nothing stands behind the colon"),
        ("apptainer exec -B /a::ro a.sif ls", "nothing stands behind the colon"),
        ("apptainer exec --mount type=bind,source=/a a.sif ls", "has no destination"),
        ("apptainer exec --mount type=bind,src=$A a.sif ls", "has no destination"),
        ("apptainer exec --mount type=bind,dst=/a a.sif ls", "has no source"),
        ("apptainer exec --mount type=bind,src=,dst=/a a.sif ls", "has no source"),
        ("apptainer exec --mount type=bind a.sif ls", "has no source and no destination"),
        ("apptainer exec --mount type=tmpfs,dst=/a a.sif ls", "no `tmpfs`"),
        ("apptainer exec --mount type=bind,src=/a,dst=/b,rw a.sif ls", "`rw` is no part"),
        ("apptainer exec --mount 'type=bind, src=/a,dst=/b' a.sif ls", "` src` is no part"),
        ("apptainer exec --mount /a:/b a.sif ls", "`/a:/b` is no part"),
        ("apptainer exec --mount type=bind,src=/a,dst=b a.sif ls", "no path from `/`"),
        ("apptainer build --mount type=bind,src=a,dst=/b a.sif a.def", "under `/`"),
    ],
)
def test_binds_that_cannot_be_made(text: str, key: str) -> None:
    (one,) = found(values.bind_target_missing, text)
    assert key in one.message


@pytest.mark.parametrize(
    "text",
    [
        "apptainer build -B tmp:/mnt a.sif a.def",
        "apptainer exec -B data:/mnt a.sif ls",
        "apptainer exec -B /a:/b:ro,/c a.sif ls",
        "apptainer exec -B /a:/b:ro,rw a.sif ls",
        "apptainer exec -B image.sqsh:/b:image-src=/ a.sif ls",
        "apptainer exec -B '/a\\:b:/c' a.sif ls",
        "apptainer build -B $HERE:/mnt -B ~/x:/mnt a.sif a.def",
        "apptainer exec -B $BINDS:ro a.sif ls",
        'apptainer exec -B "$A:$B,$C" a.sif ls',
        "apptainer exec -B $A:$B:$C a.sif ls",
        "apptainer exec -B $A:$B,$C:rw -B ${A}x:/b a.sif ls",
        "apptainer exec -B ${A:+$A:}/b a.sif ls",
        "apptainer exec -B :/data a.sif ls",
        "apptainer exec -B /a,/b, a.sif ls",
        "apptainer exec --mount $MOUNT a.sif ls",
        "apptainer exec --mount type=bind,$MORE a.sif ls",
        'apptainer exec --mount type=bind,source="$A",destination=$B,ro a.sif ls',
        "apptainer exec --mount src=a,dst=/b,readonly=1 a.sif ls",
        "apptainer exec --mount type=bind,src=a.sqsh,dst=/b,image-src=/ a.sif ls",
    ],
)
def test_binds_that_can(text: str) -> None:
    assert found(values.bind_target_missing, text) == []


@pytest.mark.parametrize(
    ("destination", "lines", "base", "count"),
    [
        ("/opt/repo", ["%post", "    ls"], "rockylinux:9.4", 1),
        ("/repo", ["%post", "    ls"], "debian:12", 1),
        ("/opt", ["%post", "    ls"], "rockylinux:9.4", 0),
        ("/usr/local/x", ["%post", "    ls"], "rockylinux:9.4", 0),
        ("/opt/repo", ["%runscript", "    ls"], "rockylinux:9.4", 0),
        ("/opt/repo", ["%post", "    ls"], "example/app:1", 0),
        ("/opt/repo", ["%files", "    x /opt/repo/x", "%post", "    ls"], "rockylinux:9.4", 0),
        ("/opt/repo", ["%setup", "    mkdir ${A}/opt/repo", "%post", "    ls"], "rockylinux:9.4", 0),
    ],
)
def test_the_folder_that_is_bound_to(destination: str, lines: list[str], base: str, count: int) -> None:
    folder = {"/data": "folder", **definition(*lines, base=base)}
    text = f"apptainer build -B /data:{destination} app.sif app.def"
    said = found(values.bind_target_missing, text, folder=folder)
    assert [one.severity for one in said] == ["warning"] * count


# -- BLD306


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("V", "it has no `=`"),
        ("=x", "nothing stands before"),
        ("V=a,b", "`b` has no `=`"),
        ("V=1,", "`` has no `=`"),
        ("'V=\"a,b\"'", "quotation mark"),
        ("'a\"b=1'", "quotation mark"),
        ("'V=a\"b'", "quotation mark"),
    ],
)
def test_arguments_that_cannot_be_read(value: str, words: str) -> None:
    (one,) = found(values.build_argument_unusable, f"apptainer build --build-arg {value} app.sif app.def")
    assert words in one.message
    assert one.severity == "error"


@pytest.mark.parametrize("value", ["V=1", "V=", "V=a=b", "V=1,W=2", "'\"V=a,b\"'", "'V = 1'", "' V=1'", "''"])
def test_arguments_that_can(value: str) -> None:
    text = f"apptainer build --build-arg {value} app.sif app.def"
    assert found(values.build_argument_unusable, text) == []


@pytest.mark.parametrize(
    ("target", "line", "severity"),
    [
        ("apptainer-1.4", "    echo {{ OTHER }}", "error"),
        (CE, "    echo {{ OTHER }}", "warning"),
        ("apptainer-1.4", "    # {{ V }}", "error"),
        (CE, "    # {{ V }}", None),
        ("apptainer-1.4", "    echo {{ V }}", None),
        ("apptainer-1.4", "%arguments\n    V=2", "error"),
    ],
)
def test_arguments_that_the_file_does_not_use(target: str, line: str, severity: str | None) -> None:
    folder = definition("%post", line)
    text = "singularity build --build-arg V=1 app.sif app.def"
    said = found(values.build_argument_unusable, text, folder=folder, target=target)
    assert [one.severity for one in said] == ([severity] if severity else [])


def test_files_of_arguments() -> None:
    text = "apptainer build --build-arg-file values app.sif app.def"
    rule = values.build_argument_unusable
    (gone,) = found(rule, text, folder={})
    assert "it is not there" in gone.message
    (shaped,) = found(rule, text, folder={"values": {"text": "# a comment\n\nV=1\nW\n"}})
    assert (shaped.severity, "line 4 of values" in shaped.message) == ("warning", True)
    assert found(rule, text, folder={"values": {"text": "# a comment\n\nV=1\n"}}) == []
    assert found(rule, f"echo V=1 > values\n{text}", folder={}) == []


# -- BLD302, BLD307


@pytest.mark.parametrize(
    ("base", "libc", "more", "count"),
    [
        ("debian:11", "glibc 2.36", "", 1),
        ("ubuntu:20.04", "glibc 2.39", "", 1),
        ("ubuntu:22.04", "glibc 2.39", "", 0),
        ("centos:7", "glibc 2.28", "", 0),
        ("alpine:3.20", "glibc 2.28", "", 1),
        ("debian:11", None, "", 0),
        ("example/app:1", "glibc 2.36", "", 0),
        ("debian:11", "glibc 2.36", "--ignore-fakeroot-command", 0),
    ],
)
def test_the_hosts_fakeroot(base: str, libc: str | None, more: str, count: int) -> None:
    folder = definition("%post", "    ls", base=base)
    host = {**MODE_3, "platform": {"libc": libc}}
    text = f"apptainer build {more} app.sif app.def"
    assert len(found(command_routes.host_fakeroot_newer_than_base, text, folder=folder, host=host)) == count


def test_a_runtime_with_its_own_fakeroot() -> None:
    host = {**MODE_3, "programs": {"fakeroot": "/opt/apptainer/x86_64/utils/bin/fakeroot"}}
    folder = definition("%post", "    ls", base="debian:11")
    text = "apptainer build app.sif app.def"
    assert found(command_routes.host_fakeroot_newer_than_base, text, folder=folder, host=host) == []
    variable = f"export APPTAINER_IGNORE_FAKEROOT_COMMAND=1\n{text}"
    assert found(command_routes.host_fakeroot_newer_than_base, variable, folder=folder, host=MODE_3) == []


@pytest.mark.parametrize(
    ("text", "head", "count"),
    [
        ("singularity build app.sif app.def", "Bootstrap: yum\nMirrorURL: http://x/\n", 1),
        ("singularity build app.sif app.def", "Bootstrap: docker\nFrom: a\n%pre\n    ls\n", 1),
        ("singularity build -f app.sif app.def", "Bootstrap: yum\nMirrorURL: http://x/\n", 0),
        ("singularity build app.sif app.def", "Bootstrap: docker\nFrom: a\n%post\n    ls\n", 0),
        ("singularity build -r app.sif app.def", "Bootstrap: localimage\nFrom: a\n", 1),
        ("apptainer build --remote app.sif app.def", "Bootstrap: localimage\nFrom: a\n", 0),
    ],
)
def test_what_proot_and_the_remote_builder_cannot(text: str, head: str, count: int) -> None:
    folder = {"app.def": {"text": head}}
    said = found(command_routes.section_not_on_this_route, text, folder=folder, host=command_routes._PROOT)
    assert len(said) == count


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("apptainer build app.sif app.def", "which removes the old image before"),
        ("sifcheck build app.sif app.def", "with which the old image stays until the new one is whole"),
        ("sifcheck build --sandbox app.sif app.def", "which removes the old image before"),
    ],
)
def test_what_becomes_of_the_old_image(call: str, words: str) -> None:
    said = found(command_line.overwrite_not_forced, f"#SBATCH --nodes=1\n{call}", folder={"app.sif": "file"})
    assert [words in one.help for one in said] == [True]


BARG = "apptainer build --build-arg-file 変数.txt --bind /無い:/mnt a.sif app.def"


def test_names_of_any_letters_are_counted_as_they_are_shown() -> None:
    folder: dict[str, Any] = {"app.def": "file"}
    (one,) = found(values.build_argument_unusable, BARG, folder=folder)
    assert "変数.txt" in one.message
    (other,) = found(values.bind_target_missing, BARG, folder=folder)
    assert "/無い" in other.message
    text = "Bootstrap: docker\nFrom: alpine:3.20\n"
    line = "apptainer build --build-arg NOPE=1 a.sif 画像.def"
    (unused,) = found(values.build_argument_unusable, line, folder={"画像.def": {"text": text}})
    assert "NOPE" in unused.message


NOT_THERE = "apptainer build a.sif defs/none.def"


@pytest.mark.parametrize("before", ["", "module load x\ncd .\nmkdir -p defs\n"])
def test_a_build_from_nothing(before: str) -> None:
    (one,) = found(arguments.swapped_arguments, before + NOT_THERE, folder={})
    assert "`defs/none.def` is not there" in one.message
    assert found(arguments.swapped_arguments, before + NOT_THERE) == []
    there = {"defs/none.def": {"text": "Bootstrap: docker\n"}}
    assert found(arguments.swapped_arguments, before + NOT_THERE, folder=there) == []


@pytest.mark.parametrize(
    "body",
    [
        f"cat > defs/none.def <<E\nBootstrap: docker\nE\n{NOT_THERE}",
        f"git clone https://example.org/defs\n{NOT_THERE}",
        f"echo x > $FILE\n{NOT_THERE}",
        f"cd $WHERE\n{NOT_THERE}",
        f"./make-definitions\n{NOT_THERE}",
        f"test -f defs/none.def || exit 1\n{NOT_THERE}",
        f"if a; then {NOT_THERE}; fi",
        f"{NOT_THERE} || true",
        f"ssh other {NOT_THERE}",
        f"#SBATCH --chdir=/data\n{NOT_THERE}",
        "apptainer build a.sif docker://alpine:3.20",
    ],
)
def test_a_build_from_what_may_be_there(body: str) -> None:
    assert found(arguments.swapped_arguments, body, folder={}) == []
