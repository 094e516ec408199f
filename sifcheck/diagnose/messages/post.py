"""How scripts end: %post, %setup, %pre and %test, and what their exit codes say."""

from __future__ import annotations

from sifcheck.base.startup import pattern
from sifcheck.diagnose.message import READ, REPORTED, Message

# The ways in which the runtimes, old and new, tell how %post ended.
_POST = (
    r"(?:while running %post section|(?:failed to execute %post|post) proc|while running engine): "
    r"exit status "
)
LAST = "the last command of the trace is the one that failed"

MESSAGES = (
    Message(
        "post-status-126",
        pattern(_POST + r"126\b"),
        "post",
        (
            "a command of %post was found and could not be run: no execute permission, a folder, or a "
            "program of another architecture"
        ),
        LAST,
        (
            (
                "FATAL:   While performing build: while running engine: while running %post section: exit status "
                "126"
            ),
        ),
        rules=("BLD202",),
        weight=2,
        words=(": exit status 126",),
    ),
    Message(
        "post-status-127",
        pattern(_POST + r"127\b"),
        "post",
        "a command of %post was not found in the image",
        "install the package that brings it first, or mend PATH; " + LAST,
        (
            (
                "FATAL:   While performing build: while running engine: while running %post section: exit status "
                "127"
            ),
        ),
        rules=("DEF405",),
        weight=2,
        words=(": exit status 127",),
    ),
    Message(
        "post-status-137",
        pattern(_POST + r"137\b|while running (?:%post section|engine): signal: killed"),
        "post",
        (
            "a command of %post was killed (signal 9): almost always for want of memory, seldom by a limit "
            "on CPU time (ulimit -t)"
        ),
        "ask for more memory, or start fewer compilers at once (`make -j4` in place of `make -j`)",
        (
            (
                "FATAL:   While performing build: while running engine: while running %post section: exit status "
                "137"
            ),
        ),
        rules=("DEF513", "ENV204", "ENV301"),
        weight=4,
        words=(
            ": exit status 137",
            ": signal: killed",
        ),
    ),
    Message(
        "post-status-153",
        pattern(_POST + r"153\b"),
        "post",
        (
            "a command of %post wrote a file larger than the limit on file sizes allows (128 + signal 25; "
            "ulimit -f)"
        ),
        "raise the limit, or build inside a batch job",
        (
            (
                "FATAL:   While performing build: while running engine: while running %post section: exit status "
                "153"
            ),
        ),
        commands=("ulimit -f unlimited",),
        rules=("ENV302",),
        weight=6,
        words=(": exit status 153",),
    ),
    Message(
        "post-status-152",
        pattern(_POST + r"152\b"),
        "post",
        "a command of %post used more CPU time than the limit allows (128 + signal 24; ulimit -t)",
        "build inside a batch job: login nodes keep such limits",
        (
            (
                "FATAL:   While performing build: while running engine: while running %post section: exit status "
                "152"
            ),
        ),
        commands=("ulimit -t",),
        rules=("ENV302", "ENV303"),
        weight=6,
        source=READ,
        words=(": exit status 152",),
    ),
    Message(
        "post-status-139",
        pattern(_POST + r"(?:139|132|134|135|136)\b"),
        "post",
        (
            "a command of %post crashed (139: bad memory access, 132: an instruction that this processor has "
            "not, 134: it gave up itself)"
        ),
        (
            "with 132 the base or a wheel is built for a newer processor; Apptainer 1.5.0 and 1.5.1 crash "
            "through proot: update, or use --fakeroot"
        ),
        (
            (
                "FATAL:   While performing build: while running engine: while running %post section: exit status "
                "139"
            ),
        ),
        rules=("BLD203", "DEF512"),
        weight=4,
        source=READ,
        words=(": exit status 13",),
    ),
    Message(
        "post-status-143",
        pattern(_POST + r"(?:143|130|129)\b"),
        "post",
        (
            "%post was ended from outside (143: asked to end, as at the time limit of a job; 130: Ctrl-C; "
            "129: the terminal went away)"
        ),
        "give the job more time; start long builds in tmux or as a job",
        (
            (
                "FATAL:   While performing build: while running engine: while running %post section: exit status "
                "143"
            ),
        ),
        rules=("ENV303",),
        weight=4,
        source=READ,
        words=(": exit status 1",),
    ),
    Message(
        "post-status-100",
        pattern(_POST + r"100\b"),
        "post",
        "apt failed (100 is its exit code); its words, which begin with E:, stand above",
        "run `apt-get update` before `apt-get install` in %post",
        (
            (
                "FATAL:   While performing build: while running engine: while running %post section: exit status "
                "100"
            ),
        ),
        rules=("DEF406",),
        weight=3,
        words=(": exit status 100",),
    ),
    Message(
        "post-not-started",
        pattern(_POST + r"255\b"),
        "post",
        "%post was not even started, or its last command ended with 255; the line above says more",
        "read the FATAL or ERROR line above it",
        (
            (
                "FATAL:   While performing build: while running engine: while running %post section: exit status "
                "255"
            ),
            "FATAL:   While performing build: while running engine: exit status 255",
        ),
        weight=1,
        words=(": exit status 255",),
    ),
    Message(
        "post-failed",
        pattern(_POST + r"(?P<status>\d+)"),
        "post",
        "a command of %post failed with exit code {status}; the runtime says no more than that",
        LAST
        + "; its own words stand between it and this line.  A full temporary folder says nothing else either",
        (
            (
                "FATAL:   While performing build: while running engine: while running %post section: exit status "
                "1"
            ),
            "FATAL:   failed to execute %post proc: exit status 2",
            "FATAL:   post proc: exit status 1",
            "FATAL:   While performing build: while running engine: exit status 1",
        ),
        commands=("df -h FOLDER",),
        rules=("DEF502",),
        weight=1,
        words=(": exit status ",),
    ),
    Message(
        "post-signal",
        pattern(r"while running (?:%post section|engine): signal: (?P<signal>.*)"),
        "post",
        (
            "%post was ended by a signal: {signal} (bad system call: the base is too new for the kernel or "
            "the filter of this host)"
        ),
        "take an older release of the base, or build on a newer host",
        ("FATAL:   While performing build: while running engine: signal: bad system call",),
        rules=("BLD203",),
        weight=3,
        source=REPORTED,
        words=("while running ",),
    ),
    Message(
        "setup-failed",
        pattern(r"failed to run %(?P<section>setup|pre) script: exit status (?P<status>\d+)"),
        "post",
        "a command of %{section} failed with exit code {status}; it runs on the host, not in the image",
        LAST + "; paths inside of the image begin with $APPTAINER_ROOTFS there",
        ("FATAL:   While performing build: failed to run %setup script: exit status 1",),
        rules=("DEF306",),
        weight=2,
        words=(" script: exit status ",),
    ),
    Message(
        "test-failed",
        pattern(r"failed to execute %test (?:script|proc): exit status (?P<status>\d+)"),
        "test",
        "%test failed with exit code {status}: the image was built, and thrown away for its test",
        (
            "run %test in a sandbox to see why; a test that needs a GPU, a network or a file of the host "
            "does not belong into the build"
        ),
        ("FATAL:   While performing build: failed to execute %test script: exit status 1",),
        commands=("apptainer build --notest --sandbox try/ FILE.def", "apptainer test try/"),
        rules=("DEF803",),
        weight=2,
        words=("failed to execute %test ",),
    ),
    Message(
        "no-shell-in-image",
        pattern(r"FATAL\b.{0,80}? stat (?P<path>/bin/\S*sh): no such file or directory"),
        "post",
        "the base image has no {path}: it is empty, without a shell by design, or unpacked in a wrong way",
        "take a base with a shell, or copy a static one in with %files",
        ("FATAL:   stat /bin/sh: no such file or directory",),
        rules=("DEF405",),
        words=(": no such file or directory",),
    ),
)
