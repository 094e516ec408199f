"""The command line: one file per verb, and only the verb that was asked for is imported."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from sifcheck.app.outcome import (
    EXIT_CLEAN,
    EXIT_FAILED,
    EXIT_FINDINGS,
    EXIT_UNREADABLE,
    EXIT_WRONG_USE,
    UnreadableSnapshotError,
    UsageError,
    let_go,
)

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

VERBS = {
    "check": "look at definition files and tell what is wrong with them",
    "doctor": "look at this machine, or a saved one, and tell what would make a build fail",
    "plan": "what a build will need in each place, and whether it fits on this machine or at a site",
    "build": "check what is to be built and this machine, then build with the real singularity or apptainer",
    "clean-tmp": "what dead builds left in the temporary folders; with --yes it is removed",
    "pin": "write the digest that a tag stands for today into the definition files",
    "diagnose": "read the log of a failed build: which line tells why, and what to do",
    "explain": "what is known where a line of a definition file runs: folder, variables, files",
    "job": "write a batch script that builds an image at a site",
    "rule": "a rule's page; list, write and test rules",
    "plugins": "the plugins that are loaded, and what each brings",
    "sites": "the clusters that are known, and what is known of each",
    "server": "the language server: findings, fixes and explanations in an editor, over standard input and output",
    "completions": "print the completion of the command line for bash, zsh or fish",
}
"""The verbs and what each does; `sifcheck VERB` lives in sifcheck/cli/VERB.py (a dash is an underscore there)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code: 0 clean, 1 findings, 2 unreadable input, 3 wrong use, 4 our fault."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if sys.stderr is None:  # closed: print would take standard output in its place
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    if sys.stdout is None:
        print(
            "sifcheck: standard output is closed; >/dev/null is for who wants to see nothing", file=sys.stderr
        )
        return EXIT_WRONG_USE
    collecting = gc.isenabled()
    # What is made lives until the end anyway: looking for garbage in it took a third of the CPU of a large check.
    gc.disable()
    try:
        code = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has seen enough, as in `sifcheck check | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_CLEAN
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if isinstance(error, OSError) and _lost_output(error):
            print(f"sifcheck: standard output cannot be written: {error.strerror}", file=sys.stderr)
            return EXIT_WRONG_USE
        if os.environ.get("SIFCHECK_DEBUG"):
            raise
        place = _innermost(error)
        print(f"sifcheck itself failed: {type(error).__name__}: {_shown(error)} ({place})", file=sys.stderr)
        print("please report this line; SIFCHECK_DEBUG=1 shows the whole trace", file=sys.stderr)
        return EXIT_FAILED
    finally:
        if collecting:
            gc.enable()
    return code


def _lost_output(error: OSError) -> bool:
    """Whether standard output takes nothing any more, as on a full disk; what waits for it is then thrown away."""
    # What was opened by a name carries the name.
    if error.filename is not None or error.errno not in _FULL:
        return False
    # Python would try once more at its end, and complain.
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True


def run_and_leave() -> None:
    """The command `sifcheck`: run the command line and end the process with its exit code.

    Where all went as it should, the process is left without taking everything apart that was made, which takes Python
    20 ms of 130 for one small file.
    """
    code = main()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            let_go(stream)  # with a terminal that was closed; Python itself would end with 120
        except AttributeError:
            pass  # it was closed from the beginning
    if code not in (EXIT_CLEAN, EXIT_FINDINGS, EXIT_UNREADABLE):
        raise SystemExit(code)
    os._exit(code)


def _run(words: list[str]) -> int:
    from importlib import import_module

    try:
        if words and words[0] in VERBS:
            run: int = import_module(f"sifcheck.cli.{words[0].replace('-', '_')}").run(words[1:])
            return run
        from sifcheck.cli.parser import main_parser

        return main_parser(words, VERBS)
    except UsageError as error:
        print(f"sifcheck: {_shown(error)}", file=sys.stderr)
        return EXIT_WRONG_USE
    except UnreadableSnapshotError as error:
        from sifcheck.app.outcome import tell

        tell(str(error))
        return EXIT_UNREADABLE
    except Exception as error:
        # Imported where something was raised: not every verb needs the settings.
        from sifcheck.config.settings import SettingsError

        if not isinstance(error, SettingsError):
            raise
        print(f"sifcheck: {_shown(error)}", file=sys.stderr)
        return EXIT_WRONG_USE
    except SystemExit as leaving:  # argparse's own way out of --help
        return leaving.code if isinstance(leaving.code, int) else EXIT_WRONG_USE


def _shown(error: Exception) -> str:
    """An error's text; what a file or a folder could have put into it does not steer the terminal."""
    from sifcheck.base.text import escape

    return "\n".join(map(escape, str(error).split("\n")))


def _innermost(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return (
        f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"
        if trace is not None
        else "?"
    )
