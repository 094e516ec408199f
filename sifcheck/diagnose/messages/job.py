"""What batch systems say of a job that they ended, and shells of a script that they cannot run."""

from __future__ import annotations

from sifcheck.base.startup import pattern
from sifcheck.diagnose.message import READ, REPORTED, Message

_MORE_MEMORY = (
    "ask for more memory, keep the temporary folder out of memory, and hold mksquashfs to a size of its own"
)
_SQUASHFS = 'apptainer build --mksquashfs-args "-mem 1G" IMAGE.sif FILE.def'
_MEMORY_RULES = ("BLD101", "ENV204", "ENV301")

MESSAGES = (
    Message(
        "job-out-of-memory",
        pattern(
            r"[Dd]etected \d+ oom[-_]kill event|oom-kill event\(s\)|: Out Of Memory|[Ee]xceeded (?:job|step) "
            r"memory limit|killed due to memory|job killed: (?:mem|vmem) |memory limit exceeded"
        ),
        "job",
        (
            "the batch system killed the job's processes: they used more memory than was asked for; files in "
            "a temporary folder that is memory count too"
        ),
        _MORE_MEMORY,
        (
            (
                "slurmstepd: error: Detected 1 oom-kill event(s) in StepId=14604003.batch cgroup. Some of your "
                "processes may have been killed by the cgroup out-of-memory handler."
            ),
            (
                "slurmstepd: error: Detected 1 oom_kill event in StepId=370626.batch. Some of the step tasks "
                "have been OOM Killed."
            ),
            "slurmstepd: error: Exceeded job memory limit at some point.",
            "=>> PBS: job killed: mem 4195000kb exceeded limit 4194304kb",
            "[WARN] job was killed due to memory limit",
        ),
        commands=(_SQUASHFS,),
        rules=_MEMORY_RULES,
        kind="batch",
        weight=9,
        source=REPORTED,
        words=(
            " memory limit",
            ": Out Of Memory",
            "job killed: ",
            "kill event",
            "killed due to memory",
            "memory limit exceeded",
            "oom-kill event(s)",
        ),
    ),
    Message(
        "job-time-limit",
        pattern(r"DUE TO TIME LIMIT|job killed: walltime|elapsed? time limit exceeded"),
        "job",
        "the job reached its time limit",
        "ask for more time; a build that is killed leaves its temporary folders behind",
        (
            "slurmstepd: error: *** JOB 1234 ON n01 CANCELLED AT 2026-01-01T10:00:00 DUE TO TIME LIMIT ***",
            "=>> PBS: job killed: walltime 3610 exceeded limit 3600",
        ),
        rules=("JOB302", "ENV206"),
        kind="batch",
        weight=9,
        source=REPORTED,
        words=(
            " time limit exceeded",
            "DUE TO TIME LIMIT",
            "job killed: walltime",
        ),
    ),
    Message(
        "job-preempted",
        pattern(
            r"DUE TO (?P<why>PREEMPTION|NODE FAILURE|TASK FAILURE)|(?:JOB|STEP) \S+ ON \S+ CANCELLED AT \S+ "
            r"\*\*\*|CANCELLED (?P<again>DUE TO \S+)"
        ),
        "job",
        "the job was cancelled from outside: by somebody, for another job, or because its node failed",
        "submit it again",
        (
            "slurmstepd: error: *** JOB 1234 ON n01 CANCELLED AT 2026-01-01T10:00:00 DUE TO PREEMPTION ***",
            "slurmstepd: error: *** JOB 1234 ON n01 CANCELLED AT 2026-01-01T10:00:00 ***",
        ),
        rules=("ENV206",),
        kind="batch",
        weight=8,
        source=REPORTED,
        words=(
            " CANCELLED AT ",
            "CANCELLED ",
            "NODE FAILURE",
            "PREEMPTION",
            "TASK FAILURE",
        ),
    ),
    Message(
        "pjm-memory",
        pattern(r"PJM CODE +: *(?P<code>12|23)\b"),
        "job",
        (
            "PJM ended the job for its use of memory (code {code}); files in a temporary folder that is "
            "memory count too"
        ),
        _MORE_MEMORY,
        ("PJM CODE                      : 12",),
        commands=(_SQUASHFS,),
        rules=_MEMORY_RULES,
        kind="batch",
        weight=9,
        source="user's guide of Fugaku, job manager exit codes",
        words=("PJM CODE",),
    ),
    Message(
        "pjm-time-limit",
        pattern(r"PJM CODE +: *11\b"),
        "job",
        "PJM ended the job at its time limit (code 11)",
        "ask for more with elapse=; a build that is killed leaves its temporary folders behind",
        ("PJM CODE                      : 11",),
        rules=("JOB202", "ENV206"),
        kind="batch",
        weight=9,
        source="user's guide of Fugaku, job manager exit codes",
        words=("PJM CODE",),
    ),
    Message(
        "pjm-other",
        pattern(r"PJM CODE +: *(?P<code>13|16|20|21|26|28)\b"),
        "job",
        (
            "PJM ended the job (code {code}; 13: too much disk, 16: working folder or output file out of "
            "reach, 20: the node went down, 21: the shell could not be started, 26: prologue or epilogue)"
        ),
        "with 16 name the volumes that the job uses in PJM_LLIO_GFSCACHE; with 20 submit it again",
        ("PJM CODE                      : 16",),
        rules=("JOB202",),
        kind="batch",
        weight=8,
        source="user's guide of Fugaku, job manager exit codes",
        words=("PJM CODE",),
    ),
    Message(
        "process-killed-by-kernel",
        pattern(
            r"[Oo]ut of memory: Kill(?:ed)? process \d+ \((?P<program>[^)]*)\)|Memory cgroup out of memory"
        ),
        "job",
        "the kernel killed {program} for want of memory",
        _MORE_MEMORY,
        ("Memory cgroup out of memory: Killed process 4711 (mksquashfs) total-vm:1000kB",),
        commands=(_SQUASHFS,),
        rules=_MEMORY_RULES,
        kind="batch",
        weight=9,
        source=READ,
        words=(
            "Memory cgroup out of memory",
            "ut of memory: Kill",
        ),
    ),
    Message(
        "module-missing",
        pattern(
            r"module: (?:command )?not found|Unable to locate a modulefile for '(?P<name>[^']*)'|following "
            r"module\(s\) are unknown: (?P<lmod>.*)"
        ),
        "job",
        (
            "the module {name}{lmod} could not be loaded here: the name differs between kinds of nodes, or "
            "the shell does not know `module`"
        ),
        "begin the job script with `#!/bin/bash -l`, and look which modules this kind of node has",
        ("/var/spool/job1/script: line 3: module: command not found",),
        commands=("module avail apptainer singularity",),
        rules=("ENV106",),
        kind="cause",
        weight=8,
        source=REPORTED,
        words=(
            "Unable to locate a modulefile for '",
            "following module(s) are unknown: ",
            "not found",
        ),
    ),
)
