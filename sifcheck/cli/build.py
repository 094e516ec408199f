"""`sifcheck build`: look at what is to be built and where, then hand over to the real runtime and watch over it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from sifcheck.app.build import BuildOptions, Preflight, examine, preflight_text, written_arguments
from sifcheck.app.context import HERE, Context, configuration_of
from sifcheck.app.outcome import UsageError, print_text, tell
from sifcheck.app.plan import keep_in_mind
from sifcheck.app.sources import Sources
from sifcheck.app.told import is_wrong_order, told_by
from sifcheck.base.text import error_text, quote_line
from sifcheck.cli.parser import CommandParser
from sifcheck.config.settings import add_flags
from sifcheck.host.exports import export_line
from sifcheck.launch.command import BuildCommand, read_command
from sifcheck.launch.handover import (
    Done,
    Handover,
    carry_out,
    find_runtime,
    prepare,
    replace_process,
    shell_lines,
    sign,
)
from sifcheck.launch.output import OutputFault, can_be_renamed, faults, is_free
from sifcheck.launch.watching import Keep
from sifcheck.report.color import Paint, painter, use_color

EXIT_REFUSED = 125
EXIT_NO_RUNTIME = 127

_EPILOG = """own options stand before the first argument of the runtime; from there on all are handed over as they are

examples:
  sifcheck build --fakeroot out.sif example.def
  sifcheck build --ignore DEF104 out.sif example.def
  sifcheck build --dry-run --sandbox folder docker://quay.io/rockylinux/rockylinux:9

exit codes: 125 nothing was built, since it would fail, 127 there is no runtime, 3 wrong use or configuration, otherwise
what the runtime returned
"""


def make_parser() -> CommandParser:
    """The parser of the verb's own arguments."""
    parser = CommandParser(
        prog="sifcheck build",
        usage="sifcheck build [OPTIONS] [--] ARGUMENTS OF THE RUNTIME'S build ...",
        description="Check what is to be built and this machine, then build with the real singularity or apptainer.",
        epilog=_EPILOG,
    )
    parser.add_argument("--force-build", action="store_true", help="build in spite of errors")
    add_flags(parser, ["ignore", "site", "site_files"])
    parser.add_argument("--no-plan", action="store_true", help="do not work out whether it will fit")
    parser.add_argument("--offline", action="store_true", help="ask no registry how large the base is")
    parser.add_argument(
        "--no-remedies", action="store_true", help="leave the environment of the build as it is"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print the commands that would be run, and run none"
    )
    parser.add_argument(
        "--exec",
        action="store_true",
        help="become the runtime: the image is not kept apart until it is whole, nothing is watched",
    )
    parser.add_argument("--sign", action="store_true", help="let the runtime sign the image when it is built")
    parser.add_argument("--runtime", metavar="PATH", help="the apptainer or singularity to build with")
    parser.add_argument(
        "--diagnose",
        action="store_true",
        help="keep the output in a terminal too, and tell why a build failed",
    )
    add_flags(parser, ["color", "quiet"])
    parser.add_configuration()
    return parser


def run(words: Sequence[str]) -> int:
    """The verb; gives the exit code."""
    parser = make_parser()
    own, handed_over = split_words(parser, words)
    given = parser.parse_args(own)
    if not handed_over:
        raise UsageError(
            "say what is to be built: `sifcheck build IMAGE FILE`, after it `sifcheck build --help`"
        )
    program = find_runtime(os.environ.get("PATH", os.defpath), given.runtime)
    if program is None:
        where = (
            f"{given.runtime} cannot be started"
            if given.runtime
            else "no apptainer or singularity is on PATH"
        )
        tell(f"{where}: load its module, or name it with --runtime PATH")
        return EXIT_NO_RUNTIME
    command = read_command(handed_over, program, os.environ)
    if command.image is None:
        # Help, or a slip: the runtime says better what it takes.
        return _start(given, prepare(program, command, [], os.environ, rename=False))
    if given.sign and (given.exec or not command.makes_sif):
        raise UsageError(
            "--sign: only a SIF file can be signed, and not with --exec, which leaves nobody here to do it"
        )
    return _build(given, command, program)


def split_words(parser: CommandParser, words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our own options, and what is handed over: from the first word on that is no option of ours, without a `--`."""
    at = 0
    while at < len(words):
        if words[at] == "--":
            return list(words[:at]), list(words[at + 1 :])
        values = parser.values_behind(words[at])
        if values is None:
            break
        at += 1 + values
    return list(words[:at]), list(words[at:])


def _build(given: argparse.Namespace, command: BuildCommand, program: str) -> int:
    asks = _is_terminal(0) and not given.dry_run
    paint = painter(use_color(given.color or "auto", sys.stderr.isatty(), os.environ))
    if not given.force_build and (silent := _silent_faults(command)):
        print_text(_told_faults(silent, paint), sys.stderr)
        return EXIT_REFUSED
    wrong = [*_source_faults(command), *faults(command, asks=_is_terminal(0))]
    context = _context(given, command)
    options = BuildOptions(not given.no_plan, not given.no_remedies, given.offline, given.sign)
    preflight = examine(context, command, program, options, wrong)
    wrong = list(preflight.wrong)
    if is_wrong_order(preflight.errors):
        # Of words in the wrong order nothing else is worth saying: the image is taken for the file, and the file for it.
        wrong = []
    print_text(preflight_text(preflight, paint, errors_only=bool(preflight.settings.quiet)), sys.stderr)
    print_text(_told_faults(wrong, paint), sys.stderr)
    if (wrong or preflight.errors) and not given.force_build:
        print_text(_refusal(preflight, wrong), sys.stderr)
        return EXIT_REFUSED
    # Of an old image that may not go the runtime itself is to say so, where we were told to go on.
    rename = not given.exec and (asks or is_free(command)) and can_be_renamed(command.image or "")
    handover = prepare(
        program, command, preflight.changes, os.environ, options=preflight.options, rename=rename
    )
    if not given.dry_run:
        for option in preflight.added:
            tell(f"{quote_line(option.words)}  # {option.why}")
        for change in handover.changes:
            tell(export_line(change))
        if asks and handover.renames and not is_free(command) and not _may_replace(handover.image):
            tell(f"{handover.image} was left as it is")
            return EXIT_REFUSED
    return _start(given, handover, preflight)


def _context(given: argparse.Namespace, command: BuildCommand) -> Context:
    """The context of a build: this machine, and what the command says of build arguments."""
    sources = Sources()
    arguments = [*written_arguments(command, sources), *command.build_arguments]
    flags = {**vars(given), "host": "auto", "no_shellcheck": True, "build_args": arguments}
    return Context(configuration_of(given, flags, patience=2.0), HERE, whole=True, sources=sources)


def _silent_faults(command: BuildCommand) -> list[OutputFault]:
    """What the build would hang on: nothing else may be looked at there, for it would hang likewise."""
    from sifcheck.base.asking import silent_among

    named = [None if command.source_is_address else command.source, command.image]
    return [
        OutputFault(f"{path} did not answer within 2 s: the build would hang there", "take another place")
        for path in silent_among(path for path in named if path)
    ]


def _source_faults(command: BuildCommand) -> list[OutputFault]:
    source = command.source
    if source is None or command.source_is_address or os.path.lexists(source):
        return []
    return [
        OutputFault(f"{source} is not there", "name a definition file, an image, a sandbox or an address")
    ]


def _told_faults(wrong: Sequence[OutputFault], paint: Paint) -> str:
    from sifcheck.base.text import escape

    lines = [paint("the command", "strong")] if wrong else []
    for fault in wrong:
        lines.append(f"  {paint('error  ', 'error')}  {escape(fault.message)}")
        lines.append(f"      {paint('help:', 'help')} {escape(fault.help)}")
    return "".join(f"{line}\n" for line in lines)


def _refusal(preflight: Preflight, wrong: Sequence[OutputFault]) -> str:
    codes = " ".join(f"--ignore {code}" for code in dict.fromkeys(error.code for error in preflight.errors))
    count = len(preflight.errors) + len(wrong)
    ways = [f"`sifcheck build {codes} ...` if it is known to be harmless"] if codes and not wrong else []
    ways.append("`sifcheck build --force-build ...` to try all the same")
    return (
        f"sifcheck: nothing was built, for {count} error{'s' * (count != 1)}: fix what is wrong, or "
        f"{', or '.join(ways)}\n"
    )


def _may_replace(image: str) -> bool:
    from sifcheck.base.text import escape

    question = f"{escape(image)} is there already. Replace it when the new one is whole? [y/N] "
    print_text(question, sys.stderr)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


# -- the runtime


def _start(
    given: argparse.Namespace,
    handover: Handover,
    preflight: Preflight | None = None,
) -> int:
    if given.dry_run:
        signed = given.sign and bool(handover.image)
        print_text("".join(f"{line}\n" for line in shell_lines(handover, signed=signed)), sys.stdout)
        return 0
    try:
        if given.exec:
            replace_process(handover)
        done = carry_out(handover, _keep(given))
    except OSError as error:
        tell(f"{handover.program} cannot be started: {error_text(error)}")
        return EXIT_NO_RUNTIME
    if done.ended.status == 0:
        if preflight is not None and not done.lost:
            keep_in_mind(preflight.planned, handover.image)
        quiet = bool(preflight and preflight.settings.quiet)
        return _after_success(handover, done, quiet=quiet) or (_sign(handover) if given.sign else 0)
    _after_failure(handover, done, preflight)
    return done.ended.status


def _keep(given: argparse.Namespace) -> Keep:
    """Where the error output is a terminal it stays the runtime's, with its colours, unless it is to be read after."""
    if _is_terminal(2):
        return "terminal" if given.diagnose else "nothing"
    try:
        os.fstat(2)
    except OSError:
        return "nothing"
    return "pipe"


def _is_terminal(number: int) -> bool:
    try:
        return os.isatty(number)
    except OSError:
        return False


def _after_success(handover: Handover, done: Done, *, quiet: bool) -> int:
    if done.trouble:
        tell(done.trouble)
        return EXIT_REFUSED if done.lost else 0
    if handover.renames and not quiet:
        tell(f"{handover.image} is whole and in its place")
    return 0


def _sign(handover: Handover) -> int:
    """Have the image signed; the exit status is then that of signing."""
    if not os.path.isfile(handover.image):
        return 0  # a build on another machine: what it has said is that there is no image
    status = sign(handover).status
    if status != 0:
        tell(f"{handover.image} was built, and not signed")
    return status


def _after_failure(handover: Handover, done: Done, preflight: Preflight | None) -> None:
    import signal

    old = handover.renames and os.path.lexists(handover.image)
    kept = f"; {handover.image} is what it was" if old else ""
    if done.ended.asked:
        tell(f"the build was stopped by {signal.Signals(done.ended.asked).name}{kept}")
        return
    if preflight is not None:
        reading = "" if done.ended.output is not None else "; `sifcheck build --diagnose` tells why"
        tell(f"the build failed with status {done.ended.status}{kept}{reading}")
    if done.ended.output and preflight is not None:
        _diagnose(done.ended.output, preflight)


def _diagnose(output: bytes, preflight: Preflight) -> None:
    """Say what the last words of the runtime mean."""
    from sifcheck.base.source import Source
    from sifcheck.cli.diagnose import render
    from sifcheck.diagnose.diagnosis import examine
    from sifcheck.diagnose.log import Log

    log = Log(Source("the end of its output", output))
    reading = examine(log)
    if reading.diagnoses:
        paint = painter(use_color(preflight.settings.color, sys.stderr.isatty(), os.environ))
        warnings = [] if preflight.settings.quiet else preflight.warnings
        told = told_by([*preflight.errors, *warnings], "told before this build by:")
        print_text(render(log, reading, told, paint, 120), sys.stderr)
