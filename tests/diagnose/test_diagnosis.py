"""From the text of a log to what failed: which line is chosen, what is related, and what disturbs it."""

from __future__ import annotations

import random
import shlex
from pathlib import Path

import pytest

from sifcheck.base.source import Source
from sifcheck.diagnose.diagnosis import Diagnosis, diagnose, examine
from sifcheck.diagnose.log import Log, cleaned, pieces, places
from sifcheck.diagnose.message import messages

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "logs" / "slurm-1234.out"
START = "INFO:    Starting build...\nINFO:    Fetching OCI image...\nINFO:    Running post scriptlet\n"
POST = "FATAL:   While performing build: while running engine: while running %post section: exit status "
COMPLETE = "INFO:    Creating SIF file...\nINFO:    Build complete: a.sif\n"


def only(text: str | bytes) -> Diagnosis:
    found = diagnose(text)
    assert len(found) == 1, [one.message.name for one in found]
    return found[0]


def told(text: str) -> str:
    """The part of the log that is pointed at."""
    return Source("", text.encode()).slice(only(text).span)


# -- every entry, in a log of its own


def log_of(message, example: str) -> str:
    """A log in which an entry's line is what tells the cause."""
    if message.kind == "cause":
        return f"{START}+ run\n{example}\n{POST}1\n"
    return f"some words\n{example}\n"


TELLING = [
    (message, example)
    for message in messages()
    for example in message.examples
    if message.kind != "note" and not example.startswith("+")
]
IDS = [f"{message.name}-{message.examples.index(example)}" for message, example in TELLING]


@pytest.mark.parametrize(("message", "example"), TELLING, ids=IDS)
def test_every_entry_is_the_cause_in_its_own_log(message, example) -> None:
    found = only(log_of(message, example))
    assert found.message.name == message.name
    assert "{" not in found.meaning + found.remedy + "".join(found.commands)


@pytest.mark.parametrize(("message", "example"), TELLING, ids=IDS)
def test_a_build_that_is_complete_afterwards_had_no_failure(message, example) -> None:
    if message.kind == "cause":
        assert diagnose(f"{START}+ run\n{example}\n{COMPLETE}") == ()


@pytest.mark.parametrize(
    "message", [one for one in messages() if one.kind == "note"], ids=lambda one: one.name
)
def test_what_is_harmless_is_said_beside_the_cause(message) -> None:
    example = message.examples[0]
    assert diagnose(f"{example}\n{START}{COMPLETE}") == ()
    assert diagnose(example) == ()
    found = only(f"{START}{example}\n+ false\n{POST}1\n")
    assert found.message.name == "post-failed"
    assert len(found.related) == 2


# -- what is done to logs on their way


def colours(text: str) -> str:
    return "".join(f"\x1b[31;1m{line[:7]}\x1b[0m{line[7:]}\x1b[K\n" for line in text.splitlines())


def lost_escapes(text: str) -> str:
    return colours(text).replace("\x1b[K", "").replace("\x1b", "")


def progress_bars(text: str) -> str:
    bar = "".join(f"[{'=' * (n % 40)}] {n}%\r" for n in range(200))
    return "".join(f"{bar}{line}\n" for line in text.splitlines())


def github(text: str) -> str:
    return "".join(f"build\tRun it\t2026-11-24T08:00:00.1234567Z {line}\n" for line in text.splitlines())


CHANGES = {
    "colours": colours,
    "colours without their escapes": lost_escapes,
    "progress bars": progress_bars,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "[stderr]": lambda text: "".join(f"[stderr] {line}\n" for line in text.splitlines()),
    "ISO times": lambda text: "".join(f"2026-11-24T08:22:26.123Z {line}\n" for line in text.splitlines()),
    "times in brackets": lambda text: "".join(
        f"[2026-11-24 08:22:26] {line}\n" for line in text.splitlines()
    ),
    "syslog": lambda text: "".join(f"Nov 24 08:22:26 n01 build[77]: {line}\n" for line in text.splitlines()),
    "srun -l": lambda text: "".join(f"0: {line}\n" for line in text.splitlines()),
    "mpiexec": lambda text: "".join(f"[1,0]<stderr>:{line}\n" for line in text.splitlines()),
    "buildkit": lambda text: "".join(f"#12 3.456 {line}\n" for line in text.splitlines()),
    "quoted mail": lambda text: "".join(f"> {line}\n" for line in text.splitlines()),
    "github": github,
    "colours and times": lambda text: "".join(
        f"\x1b[2m2026-11-24T08:22:26Z\x1b[0m {line}\n" for line in colours(text).splitlines()
    ),
    "NULs": lambda text: text.replace("\n", "\0\n"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_log_tells_the_same(change) -> None:
    """Every entry: the same name, the same telling words, the same last command."""
    for message, example in TELLING:
        text = log_of(message, example)
        changed = CHANGES[change](text)
        before, after = only(text), only(changed)
        assert after.message.name == before.message.name, (message.name, changed)
        assert after.meaning == before.meaning
        assert after.last_command == before.last_command
        shown = Source("", changed.encode())
        assert cleaned(shown.text[after.span.start : after.span.end]).endswith(
            cleaned(Source("", text.encode()).text[before.span.start : before.span.end])[-10:]
        ), message.name


def test_the_stretch_is_exact_among_colours() -> None:
    log = f"{START}+ x\n\x1b[91m/.post.script: line 1:\x1b[0m \x1b[1mdn\x1b[0mf: not found\n{POST}127\n".encode()
    found = only(log)
    assert found.message.name == "post-command-not-found"
    assert log[found.span.start : found.span.end] == b":\x1b[0m \x1b[1mdn\x1b[0mf: not found"


def test_other_encodings_do_no_harm() -> None:
    text = f"エラー 日本語\n{START}+ コマンド\n/.post.script: line 1: コマンド: not found\n{POST}127\n"
    found = only(text)
    assert found.meaning.startswith("the image has no command コマンド ")
    assert found.last_command == "コマンド"
    for encoding in ("shift_jis", "euc_jp", "latin-1"):
        shown = text.encode(encoding, "replace")
        assert only(shown).message.name == "post-command-not-found"


def test_any_bytes_pass() -> None:
    chance = random.Random(4)
    text = EXAMPLE.read_bytes()
    for _ in range(200):
        broken = bytearray(text)
        for _ in range(40):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        for one in diagnose(bytes(broken)):
            assert 0 <= one.span.start <= one.span.end <= len(broken)
    assert diagnose(chance.randbytes(50_000)) == ()
    assert diagnose(b"") == ()


@pytest.mark.parametrize(
    "raw", ["a\x1b[1mb\x1b[0mc", "[stderr] \x1b[1mx", "10:00:00 a", "\x1b[", "plain", "a\tb\x07"]
)
def test_places_fit_what_is_read(raw) -> None:
    there = places(raw)
    assert "".join(raw[place] for place in there[:-1]) == cleaned(raw)
    assert there[-1] == len(raw)


def test_pieces_stand_where_they_say() -> None:
    source = Source("", b"one\r\ntwo\rthree\n\n\rfour")
    assert [(piece.text, source.text[piece.start : piece.end]) for piece in pieces(source)] == [
        (word, word) for word in ("one", "two", "three", "four")
    ]


# -- which line is the cause


def test_the_cause_is_told_and_the_end_is_related() -> None:
    text = f"{START}+ apt-get install -y x\nE: Unable to locate package x\n{POST}100\n"
    found = only(text)
    assert (found.message.name, found.status, found.confidence) == ("apt-package-unknown", 100, "high")
    assert told(text) == "E: Unable to locate package x"
    source = Source("", text.encode())
    assert [(one.message, source.slice(one.span)) for one in found.related] == [
        ("the last command of the script", "+ apt-get install -y x"),
        ("the runtime gave up here", "while running %post section: exit status 100"),
    ]


def test_what_the_script_survived_is_not_the_cause() -> None:
    """With -e a command that failed is the last one: words of an earlier one were handled."""
    text = f"{START}+ which dnf\n/.post.script: line 1: dnf: not found\n+ make\n{POST}2\n"
    found = only(text)
    assert (found.message.name, found.last_command) == ("post-failed", "make")
    assert "said earlier; the script went on" in [one.message for one in found.related]


def test_words_like_the_runtimes_own_are_survived_too() -> None:
    """A program of the script may be refused by a registry, and the script go on."""
    text = (
        f"{START}+ skopeo inspect x\nlevel=fatal 401 Unauthorized\n+ make\nmake: *** [all] Error 1\n{POST}2\n"
    )
    found = only(text)
    assert (found.message.name, found.last_command) == ("make-failed", "make")


def test_leaving_is_no_command_of_its_own() -> None:
    found = only(
        f"{START}+ dnf install -y x\nError: Unable to find a match: x\n+ echo failed\n+ exit 1\n{POST}1\n"
    )
    assert (found.message.name, found.last_command) == ("dnf-package-unknown", "dnf install -y x")


def test_a_trace_is_not_what_happened() -> None:
    found = only(f"{START}+ echo 'No space left on device'\n+ false\n{POST}1\n")
    assert found.message.name == "post-failed"


@pytest.mark.parametrize("left", ["+ ", "+ :", "++ gcc -c a.c", "12:00:01 + make -j"])
@pytest.mark.parametrize("words", ["FATAL:   ", "\x1b[31mFATAL:   \x1b[0m", "\x1b[31mFATAL:  \x1b[0m "])
def test_a_killed_command_leaves_its_trace_in_the_last_line(left: str, words: str) -> None:
    """Seen with Apptainer 1.4.5 and a limit on CPU time: the shell is killed before it ends the line."""
    end = f"{words}While performing build: while running engine: while running %post section: signal: killed"
    text = f"{START}+ true\n{left}{end}\n"
    assert only(text).message.name == "post-status-137"
    assert told(text) == "while running %post section: signal: killed"


@pytest.mark.parametrize("said", ["'FATAL:   While performing build'", "FATAL: While performing build"])
def test_the_runtimes_words_in_a_trace_are_not_its_own(said: str) -> None:
    assert not diagnose(f"{START}+ echo {said}\n{COMPLETE}")


def test_of_equal_causes_the_last_is_the_one() -> None:
    found = only(f"{START}a: not found\n/.post.script: b: not found\n{POST}127\n")
    assert found.meaning.startswith("the image has no command b ")


def test_the_batch_system_has_the_last_word() -> None:
    text = (
        f"{START}+ make -j\n{POST}137\n"
        "slurmstepd: error: Detected 1 oom_kill event in StepId=1.batch. Some of the step tasks have been OOM Killed.\n"
    )
    found = only(text)
    assert found.message.name == "job-out-of-memory"
    assert found.confidence == "high"
    assert "the runtime gave up here" in [one.message for one in found.related]
    assert examine(Log(Source("", text.encode()))).context.scheduler == "slurm"


def test_a_job_ended_in_the_middle() -> None:
    text = f"{START}+ sleep 9999\nslurmstepd: error: *** JOB 7 ON n1 CANCELLED AT 2026-01-01T10:00:00 DUE TO TIME LIMIT ***\n"
    assert only(text).message.name == "job-time-limit"


def test_two_builds_of_one_job() -> None:
    failed = f"{START}+ false\n{POST}1\n"
    complete = f"{START}+ nosuch\n/.post.script: line 1: nosuch: not found\n+ true\n{COMPLETE}"
    assert [one.message.name for one in diagnose(failed + complete)] == ["post-failed"]
    assert [one.message.name for one in diagnose(complete + failed)] == ["post-failed"]
    assert [one.message.name for one in diagnose(failed + failed)] == ["post-failed", "post-failed"]
    assert diagnose(complete + complete) == ()


def test_files_that_cannot_be_read_are_failures_of_their_own() -> None:
    text = (
        "FATAL:   Unable to build from a.def: while parsing definition: a.def: invalid section(s) specified: pots\n"
        "FATAL:   Unable to build from b.def: while parsing definition: b.def: no stages found in definition file\n"
        f"{START}{COMPLETE}"
    )
    assert [one.message.name for one in diagnose(text)] == ["unknown-section", "no-stages"]


def test_the_inner_and_the_outer_end_are_one() -> None:
    inner = "FATAL:   container creation failed: mount hook function failure: mount /v->/v error: while mounting /v: mount source /v doesn't exist\n"
    for start in (START, ""):
        found = only(f"{start}{inner}{POST}255\n")
        assert found.message.name == "bind-source-missing"
        assert found.status == 255


def test_what_follows_a_complete_build_is_not_its_failure() -> None:
    assert diagnose(f"{START}{COMPLETE}cp: cannot stat 'x': No such file or directory\n") == ()
    found = only(f"{START}{COMPLETE}FATAL:   Failed to sign container: keyring is empty\n")
    assert found.message.name == "no-signing-key"


def test_without_an_end_there_is_doubt() -> None:
    found = only("E: Unable to locate package x\n")
    assert (found.message.name, found.confidence) == ("apt-package-unknown", "medium")


def test_an_image_that_is_not_there_comes_of_the_failure() -> None:
    found = only(EXAMPLE.read_bytes())
    assert found.message.name == "killed-command"
    assert found.last_command == "make -j"
    assert [one.message for one in found.related][-1] == "what came of it"


@pytest.mark.parametrize(
    "words",
    ["No space left on device", "ERROR: x", "ERROR: No matching distribution found for y", "panic: z"],
)
def test_words_of_programs_before_a_success(words) -> None:
    assert diagnose(f"{START}+ a || true\n{words}\n+ b\n{COMPLETE}") == ()


def test_a_log_without_any_build() -> None:
    assert diagnose("hello\nworld\n") == ()
    assert diagnose("=" * 100_000) == ()


# -- what is put into words


def test_names_from_the_log_are_quoted_in_lines_to_copy() -> None:
    text = "FATAL:   Unable to create build: failed to create build parent dir: stat /x/$(touch pwned) y: no such file or directory\n"
    found = only(text)
    assert found.message.name == "tmpdir-missing"
    assert found.commands == ("mkdir -p '/x/$(touch pwned) y'",)


def test_names_do_not_get_out_of_their_quotes() -> None:
    """A shell reads every line to copy as one command with the log's own words for arguments, whatever they are."""
    hostile = "/t/';touch${IFS}pwned;'"
    text = (
        f"$ apptainer build '{hostile}.sif' \"{hostile}.def\"\nopen {hostile}/build-temp-1/x\n"
        f"FATAL:   Unable to create build: failed to create build parent dir: stat /FOLDER IMAGE.sif FILE.def {{folder}} {hostile}: "
        "no such file or directory\n"
    )
    (command,) = only(text).commands
    assert shlex.split(command) == ["mkdir", "-p", f"/FOLDER IMAGE.sif FILE.def {{folder}} {hostile}"]
    full = f"{START}+ x\nwrite {hostile}/build-temp-1/a: no space left on device\n{POST}1\n"
    assert shlex.split(only(full).commands[0])[:2] == ["df", "-h"]


def test_braces_of_the_log_are_left_alone() -> None:
    found = only(
        "FATAL:   Unable to build from {0}.def: while parsing definition: x: invalid section(s) specified: {names} {\n"
    )
    assert found.meaning.endswith(": {names} {")
    assert only(
        f"$ apptainer build {{a}}.sif {{b}}.def\n{START}+ x\nc++: fatal error: Killed signal terminated program cc\n{POST}1\n"
    )


def test_the_lines_to_copy_are_for_the_runtime_of_the_log() -> None:
    text = (
        "singularity-ce version 4.1.0\n$ singularity build --fakeroot my.sif my.def\n"
        "FATAL:   While performing build: while creating squashfs: create command failed: signal: killed: \n"
    )
    found = only(text)
    assert found.commands[0] == 'singularity build --mksquashfs-args "-mem 1G -processors 2" my.sif my.def'
    context = examine(Log(Source("", text.encode()))).context
    assert context.runtime == "singularity-ce 4.1.0"
    assert context.call == "singularity build --fakeroot my.sif my.def"


def test_the_temporary_folder_is_put_in() -> None:
    text = (
        "FATAL:   While performing build: packer failed to pack: while unpacking local image: root filesystem extraction "
        "failed: failed to copy content in staging file: write /work tmp/build-temp-1/archive-2: no space left on device\n"
    )
    assert only(text.replace("/work tmp", "/work")).commands[0] == "df -h /work"


def test_a_long_group_is_cut() -> None:
    found = only("FATAL:   " + "x" * 5000 + "\n")
    assert found.message.name == "unknown-failure"
    assert len(found.meaning) < 300


# -- what other versions say

VERSIONS = {
    "Apptainer 1.1 with the host's fakeroot": (
        "fakeroot-command-foreign",
        (
            "INFO:    User not listed in /etc/subuid, trying root-mapped namespace\n"
            "INFO:    The %post section will be run under fakeroot\nINFO:    Starting build...\n"
            "2022/10/14 13:43:25  info unpack layer: sha256:89f7571df241\nINFO:    Running post scriptlet\n"
            "/.singularity.d/libs/fakeroot: eval: line 140: /.singularity.d/libs/faked: not found\n"
            "fakeroot: error while starting the `faked' daemon.\nsh: you need to specify whom to kill\n"
            "FATAL:   While performing build: while running engine: exit status 1\n"
        ),
    ),
    "Apptainer 1.3, an account in %post": (
        "accounts-in-post",
        (
            "INFO:    Starting build...\nINFO:    Running post scriptlet\n+ apt-get -y install openssh-client\n"
            "groupadd: failure while writing changes to /etc/group\n"
            "dpkg: error processing package openssh-client (--configure):\n"
            "E: Sub-process /usr/bin/dpkg returned an error code (1)\n"
            "FATAL:   While performing build: while running engine: exit status 100\n"
        ),
    ),
    "Apptainer 1.1 on an old kernel": (
        "post-signal",
        (
            "INFO:    Starting build...\nINFO:    Running post scriptlet\n"
            "FATAL:   While performing build: while running engine: signal: bad system call\n"
        ),
    ),
    "Singularity 3.2": (
        "post-failed",
        (
            "INFO:    Starting build...\nINFO:    Running post scriptlet\n+ false\nFATAL:   post proc: exit status 1\n"
            "FATAL:   While performing build: while running engine: exit status 255\n"
        ),
    ),
    "Singularity 3.3": (
        "file-missing-in-post",
        (
            "Starting build...\n+ apt-get update -qq\n/bin/sh: 56: apt-get: not found\n+ cd /opt\n"
            "/bin/sh: 82: cd: can't cd to /opt\nFATAL:   failed to execute %post proc: exit status 2\n"
            "FATAL:   While performing build: while running engine: exit status 255\n"
        ),
    ),
    "Singularity 3.5 --debug": (
        "unpack-failed",
        (
            "INFO    [U=1000,P=23130]   Full()                        Starting build...\n"
            "DEBUG   [U=1000,P=23130]   Init()                        Check for image format sif\n"
            "DEBUG   [U=1000,P=23130]   x()                           failed to open: no space left on device\n"
            "ERROR   [U=1000,P=23130]   Pack()                        unpackSIF Failed: root filesystem extraction failed: "
            "extract command failed: exit status 1\n"
            "FATAL   [U=1000,P=23130]   run()                         While performing build: packer failed to pack: root "
            "filesystem extraction failed: extract command failed: exit status 1\n"
        ),
    ),
    "Singularity 3.5 --debug, unknown words": (
        "unknown-failure",
        (
            "INFO    [U=0,P=92243]      Full()                        Starting build...\n"
            "FATAL   [U=0,P=92243]      runScriptSection()            while creating script x: failed to create script\n"
            "DEBUG   [U=0,P=92235]      Master()                      Child exited with exit status 255\n"
        ),
    ),
    "Singularity 3.7": (
        "squashfs-no-space",
        (
            "INFO:    Starting build...\nINFO:    Creating SIF file...\nFATAL:   While performing build: while creating "
            "squashfs: create command failed: exit status 1: Write failed because No space left on device\n"
            "FATAL ERROR: Failed to write to output filesystem\n"
        ),
    ),
    "Singularity 2": (
        "image-format-unknown",
        "ERROR  : Unknown image format/type: tracker.sif\nABORT  : Retval = 255\n",
    ),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_what_other_versions_say(version) -> None:
    name, text = VERSIONS[version]
    assert only(text).message.name == name


def test_debugging_does_not_hide_that_a_build_was_complete() -> None:
    text = (
        "INFO    [U=1000,P=1]       Full()                        Starting build...\n"
        "DEBUG   [U=1000,P=1]       x()                           error: no such host\n"
        "INFO    [U=1000,P=1]       build()                       Build complete: a.sif\n"
    )
    assert diagnose(text) == ()


def test_lines_made_to_be_hard_are_read() -> None:
    """Long lines of words that patterns begin with: a pattern that tried every pair of places would not come to an end."""
    words = (
        "a",
        "/",
        "cp: a ",
        "chown ",
        "FATAL: ",
        "apptainer -a ",
        "build-temp-1/",
        "'",
        "sudo: ",
        "INFO ",
        "x:1:2: ",
    )
    for word in words:
        ends = " is not empty and is not an Apptainer sandbo; is not a valid bind optio; parameter not se; No such file or director"
        text = f"{word * (200_000 // len(word))}{ends}\n" * 5
        assert examine(Log(Source("", text.encode()))) is not None


def test_an_image_that_was_not_encrypted_is_not_complete() -> None:
    """Apptainer 1.4.5, measured: status 0, and no image."""
    missing = (
        "ERROR:   Missing encryption info, please add `--passphrase` or `--pem-path` or corresponding environment "
        "variable\nINFO:    Build complete: e.sif\n"
    )
    assert only(missing).message.name == "encryption-without-key"
    assert only(START + COMPLETE + missing + START + COMPLETE).message.name == "encryption-without-key"
