"""Which GPUs a batch script asks for, whose they are, and whether a call has a use for them: what JOB107 asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.api import Directive, Resource, Word, has_placeholder, pattern

if TYPE_CHECKING:
    from sifcheck.api import JobScript, RuntimeCall, Site

_GPU = pattern(r"(?:^|,)gpu(?:$|,|[:=](?!0(?:$|,)))")
_BOUND = pattern(r"nvidia|/dev/dri|/dev/kfd|rocm|cuda", 2)  # 2: re.I
# AMD's names for its stack and its cards, and the machines that have no other: LUMI, Frontier and Crusher, Setonix, Adastra,
# Dardel; `.amd1` ends the names of AMD's own images.
_AMD = pattern(
    r"rocm|rocr_visible|hip_visible|hip_platform|miopen|amdgpu|gfx9\d|accel-amd|/dev/kfd|[._-]amd\d*[._]"
    r"|(?<![a-z0-9])mi(?:25|50|60|100|200|210|250x?|300[axc]?|325x|355x)(?![a-z0-9])"
    r"|(?<![a-z])(?:lumi(?:-?g)?|frontier|crusher|setonix|adastra|dardel)(?![a-z])"
    r"|(?:small|standard|dev)-g(?![a-z])|gpus?[:_-]amd|amd[_-]gpu|project_46[25]\d{6}|/lustre/orion/|pawsey\d{4}-gpu",
    2,
)
# The author knows the option: it stands under a condition, behind a placeholder, in another call.
_KNOWN = pattern(
    r"(?:^|[\s\"'=(])(?:--?|\xe2\x80[\x93\x94])(?:nv|nvccli|rocm)(?![\w-])|(?:SINGULARITY|APPTAINER)_(?:NV|NVCCLI|ROCM)\b"
)
# Machines whose configuration says `always use nv`, by what names them: HCC's guide (Nebraska) runs its images
# docker://unlhcc/... on GPUs without an option, as do all scripts that were looked at for the queue volta_gpu of NUS.
_ALWAYS_BOUND = pattern(
    r"docker://unlhcc/|/app1/common/singularity-img/3|^#PBS[ \t]+-q[ \t]+volta_gpu\b", 8
)  # 8: re.M

_USE_NONE = frozenset(
    "cp mv rm mkdir rmdir ln chmod tar gzip gunzip zip unzip bzip2 xz cat ls find grep sed awk head tail wc sort uniq cut tr "
    "echo printf pwd hostname date uname whoami id env printenv which type test true touch stat du df diff md5sum sha256sum "
    "rsync scp curl wget git pip pip3 conda mamba micromamba ldd nproc lscpu free sleep xvfb-run Xvfb".split()
)
_ASKS = ("--version", "-V", "--help", "-h")


def gpu_request(job: JobScript, site: Site | None) -> Directive | Resource | None:
    """What asks for GPUs: a directive, a resource, or a queue whose nodes have them by what the site says."""
    for directive in job.asked:
        value = directive.value or ""
        if has_placeholder(value):
            continue
        if directive.option.startswith("--gpus") and value not in ("", "0"):
            return directive
        if directive.option in ("--gres", "--tres-per-task") and _GPU.search(value.replace("gres/", "")):
            return directive
    for name in ("gpu", "ngpus", "gpus"):
        found = job.resource(name)
        if found is not None and found.value not in ("", "0") and not has_placeholder(found.value):
            return found
    if site is None:
        return None
    for directive in job.given("--partition", "-q"):
        if (directive.value or "") in site.scheduler.gpu_queues:
            return directive
    found = job.resource("rscgrp", "rg")
    return found if found is not None and found.value in site.scheduler.gpu_queues else None


def brings_gpus(call: RuntimeCall) -> bool:
    """Whether a call makes the host's GPUs seen in the image."""
    if call.option("--nv", "--nvccli", "--rocm", "--device", "--cdi-dirs"):
        return True
    return any(_BOUND.search(option.value.text) for option in call.options if option.value is not None)


def needs_no_option(job: JobScript, site: Site | None) -> bool:
    """Whether the GPUs are seen as it is: AMD's need the device files alone, which are there, and centres may set it."""
    text = job.source.text
    if site is not None and site.gpu.vendor == "amd":
        return True
    return any(sign.search(text) is not None for sign in (_AMD, _KNOWN, _ALWAYS_BOUND))


def uses_no_gpu(call: RuntimeCall) -> bool:
    """Whether a call does something in the image that has no use for a GPU, as a copy or a question."""
    words = call.inner_words
    if not words:
        return False
    asks = len(words) == 2 and words[1].value in _ASKS
    return asks or _name(words[0]) in _USE_NONE


def _name(word: Word) -> str:
    return (word.value or "").rpartition("/")[2]
