"""Reads the log of a failed build: which line tells of the cause, what it means, what to do, and what came of it."""

from __future__ import annotations

import re

from sifcheck.base.findings import Confidence, Related
from sifcheck.base.source import Source, Span
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.diagnose.circumstances import (
    Circumstances,
    commands_for,
    script_of,
    shows_a_run,
    with_context,
)
from sifcheck.diagnose.log import NOISE, Log, LogLine, pieces, places, words_of
from sifcheck.diagnose.message import WHERE, Message, Phase, is_fall_back, present, recognise

_STARTS = pattern(r"(?:INFO\b.*)?Starting build\.\.\.")
# The runtime says that it is complete all the same, and has written nothing (measured).
_NEVER_COMPLETE = ("encryption-without-key",)
_COMPLETE = pattern(r"INFO\b.{0,80}? Build complete|Singularity container built: ")
# With --debug the level stands before [U=user,P=process] and the name of a function.
_FATAL = pattern(r"(?:^|\s)(?:FATAL(?: *:| +\[U=)|panic: )")
_OUTER = pattern(r"While performing build|post proc: |while running engine")
_TRACE = pattern(r"\++ (\S.*)")
# Commands that a script runs after one that has failed, to say so or to leave.
_LEAVING = pattern(r"(?:(?:exit|return|echo|printf|cat|tail|false)\b|:(?:\s|$))")
_STATUS = pattern(r"exit status (\d{1,5})\b")

# What the runtime says as it goes on to another phase.
_PHASES: tuple[tuple[str, Phase], ...] = (
    ("Running post scriptlet", "post"),
    ("Running setup scriptlet", "setup"),
    ("Running pre scriptlet", "setup"),
    ("Running testscript", "test"),
    ("Creating SIF file", "squashfs"),
    ("Fetching OCI image", "fetch"),
    ("Extracting ", "unpack"),
    ("Copying ", "files"),
)

_SURVIVED = 6  # so much less a line tells of the end when the script went on after it
_FAR = 3  # and so much less when very many lines stand between it and the end
_MANY = 400
_MOST_RELATED = 6
_LONGEST_GROUP = 160


class Diagnosis(NamedTuple):
    """One failure: what is known of it, and the stretch of the log that tells it.

    `related` are other lines of it: where the build ended, the script's last command, what looks like a cause and is not.
    `last_command` is the script's, "" without one; `status` the exit code in the runtime's last words, -1 without one.
    """

    message: Message
    span: Span
    phase: Phase
    confidence: Confidence
    meaning: str
    remedy: str
    commands: tuple[str, ...]
    related: tuple[Related, ...]
    last_command: str
    status: int


class LogFindings(NamedTuple):
    """All that a log tells: the failures, the most telling first, and the circumstances."""

    diagnoses: tuple[Diagnosis, ...]
    context: Circumstances


class _Seen(NamedTuple):
    """A line that an entry fits: the number of its piece, and how many commands the script had begun by then."""

    message: Message
    found: re.Match[str]
    piece: LogLine
    number: int
    commands: int
    phase: Phase | None


class _LoggedRun:
    """One call of the runtime, as far as the log shows where it begins and ends."""

    __slots__ = (
        "after",
        "closed",
        "closed_at",
        "command",
        "commands",
        "complete",
        "phase",
        "quotes",
        "running",
        "seen",
        "started",
    )

    def __init__(self, after: bool = False) -> None:
        self.seen: list[_Seen] = []
        self.command: LogLine | None = None
        self.commands = 0
        self.phase: Phase | None = None
        self.started = self.complete = self.closed = self.quotes = self.running = False
        self.closed_at = 0
        self.after = after  # a build was complete before it

    @property
    def failed(self) -> bool:
        return not self.complete and any(seen.message.kind in ("end", "batch") for seen in self.seen)

    @property
    def suspect(self) -> bool:
        """Whether nothing says how it ended, and something in it looks like a cause."""
        return not self.complete and any(
            seen.message.kind == "cause" and (not self.after or script_of(seen.piece.text) == "run")
            for seen in self.seen
        )


def diagnose(text: str | bytes) -> tuple[Diagnosis, ...]:
    """The failures that a log tells of, the most telling first; none for the log of a build that succeeded."""
    content = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return examine(Log(Source("", content))).diagnoses


def examine(log: Log) -> LogFindings:
    """Read a log: the failures in it, the most telling first, and the circumstances."""
    runs, context = _scan(log.source)
    ended = any(run.failed or run.complete for run in runs)
    told = [run for run in runs if run.failed or (run.suspect and (run.started or run.after or not ended))]
    diagnoses: list[Diagnosis] = []
    for one in [_judged(run, log.source, context) for run in told]:
        if one.message.name == "image-missing" and diagnoses:
            # That there is no image is what came of the failure before it.
            more = Related("what came of it", one.span)
            diagnoses[-1] = diagnoses[-1]._replace(related=(*diagnoses[-1].related, more))
        else:
            diagnoses.append(one)
    return LogFindings(tuple(diagnoses), context)


def _scan(source: Source) -> tuple[list[_LoggedRun], Circumstances]:
    runs = [_LoggedRun()]
    among = present(NOISE.sub("", source.text))
    known: dict[str, tuple[Message, re.Match[str]] | None] = {}
    context = Circumstances()
    for index, piece in enumerate(pieces(source)):
        text = piece.text
        if text.startswith("+") and (trace := _TRACE.match(text)) is not None:
            context = with_context(context, text)
            _note_command(runs[-1], piece, trace[1])
            continue
        context = with_context(context, text)
        if _note_progress(runs, text):
            continue
        _note_running(runs, text)
        if text not in known:
            if len(known) > 10_000:
                known.clear()
            known[text] = recognise(text, among)
        found = known[text]
        fatal = _FATAL.search(text) is not None
        if found is not None and not (is_fall_back(found[0]) and not fatal and _is_foreign(text)):
            _note_message(runs, found, piece, index, fatal)
    return runs, context


def _is_foreign(text: str) -> bool:
    """Whether a line is not the runtime's own: other programs write `ERROR:` with one space."""
    return not text.startswith(("ERROR  :", "ERROR:   ", "ERROR   [U=", "panic: "))


def _is_own(text: str) -> bool:
    return _FATAL.search(text) is not None or not _is_foreign(text)


def _note_command(run: _LoggedRun, piece: LogLine, command: str) -> None:
    if run.closed:
        return
    if not _LEAVING.match(command):
        run.commands += 1
        run.command = piece
    elif run.command is None:
        run.command = piece


def _note_progress(runs: list[_LoggedRun], text: str) -> bool:
    """Note that a run starts, goes on to another phase, or is complete; whether the line says nothing else."""
    run = runs[-1]
    if _STARTS.match(text):
        if run.started or run.closed or run.failed:
            runs.append(run := _LoggedRun(run.complete or run.after))
        # What the job's own script has run by then is not the definition file's.
        run.started, run.running, run.command, run.commands = True, False, None, 0
    elif _COMPLETE.search(text):
        if run.closed:
            runs.append(run := _LoggedRun(run.complete or run.after))
        run.closed = True
        run.complete = all(seen.message.name not in _NEVER_COMPLETE for seen in run.seen)
    elif text.startswith("INFO"):
        for words, phase in _PHASES:
            if words in text:
                run.phase = phase
        return False
    else:
        return False
    return True


def _note_running(runs: list[_LoggedRun], text: str) -> None:
    """Note that an image is run: what is said then is no build's."""
    run = runs[-1]
    if (not run.started or run.complete) and not run.running and shows_a_run(text):
        if run.complete:
            runs.append(run := _LoggedRun(after=True))
        run.running = True


def _note_message(
    runs: list[_LoggedRun], found: tuple[Message, re.Match[str]], piece: LogLine, index: int, fatal: bool
) -> None:
    run = runs[-1]
    if (
        found[0].phase == "fetch"
        and found[0].kind == "end"
        and run.phase in WHERE
        and not _is_own(piece.text)
    ):
        return  # a program of the script fetches something itself
    outer = _OUTER.search(piece.text) is not None
    # What the runtime adds to its own last words, and the words of another one that it quotes.
    lines = index - run.closed_at
    follows = run.closed and not run.complete and (lines <= 5 if outer else run.quotes and lines <= 20)
    if run.closed and (run.complete or (fatal and not follows)):
        runs.append(run := _LoggedRun(run.complete or run.after))
    if outer and run.running:
        # It is a build after all, whose beginning the log does not hold.
        run.running = False
        run.seen = [seen._replace(phase=None) if seen.phase == "run" else seen for seen in run.seen]
    if outer and run.phase is None and "while running engine" in piece.text:
        run.phase = "post"
        run.seen = [seen._replace(phase=seen.phase or "post") for seen in run.seen]
    phase = script_of(piece.text) or run.phase or ("run" if run.running else None)
    run.seen.append(_Seen(*found, piece, index, run.commands, phase))
    if fatal and (outer or not run.started):
        run.closed, run.closed_at, run.quotes = True, index, "command failed: " in piece.text


def _judged(run: _LoggedRun, source: Source, context: Circumstances) -> Diagnosis:
    ends = [seen for seen in reversed(run.seen) if seen.message.kind == "end"]
    end = next((seen for seen in ends if _FATAL.search(seen.piece.text)), ends[0] if ends else None)
    chosen = _most_telling(run, end)
    message = chosen.message
    phase = _phase(chosen)
    groups = {name: _short(value) for name, value in chosen.found.groupdict().items()}
    groups["where"] = WHERE.get(phase, "%post")
    words = message.run if phase == "run" and message.run is not None else message
    in_script = phase in WHERE and phase != "run" and run.command is not None
    command = _TRACE.match(run.command.text) if in_script and run.command is not None else None
    return Diagnosis(
        message,
        _span(source, chosen),
        phase,
        _confidence(run, chosen, end),
        _filled(words.meaning, groups),
        _filled(words.remedy, groups),
        commands_for(words.commands, groups, context),
        _related(run, source, chosen, end, in_script),
        words_of(command[1]) if command is not None else "",
        _status(run),
    )


def _phase(chosen: _Seen) -> Phase:
    """Where the line belongs: a program may say it anywhere, and the runtime some of it in a build and in a run."""
    message = chosen.message
    anywhere = message.kind == "cause" or is_fall_back(message)
    in_run = chosen.phase == "run" and message.phase in ("post", "machine")
    return chosen.phase if (anywhere or in_run) and chosen.phase is not None else message.phase


def _status(run: _LoggedRun) -> int:
    """The exit code in the runtime's last words, -1 without one."""
    ends = (_STATUS.search(seen.piece.text) for seen in reversed(run.seen) if seen.message.kind == "end")
    return next((int(found[1]) for found in ends if found is not None), -1)


def _filled(template: str, groups: dict[str, str]) -> str:
    """A sentence with the words of the log in it, and without the gaps that a group leaves that is not there."""
    return " ".join(template.format_map(groups).replace("()", "").split())


def _short(value: str | None) -> str:
    words = words_of(value or "").strip()
    return words if len(words) <= _LONGEST_GROUP else f"{words[:_LONGEST_GROUP]}..."


def _most_telling(run: _LoggedRun, end: _Seen | None) -> _Seen:
    """The line that tells most of the cause: of equal causes the last, of equal words of the runtime the first."""

    def rank(seen: _Seen) -> tuple[int, int]:
        late = seen.number if seen.message.kind == "cause" else -seen.number
        return _weight(run, seen, end), late

    chosen = max((seen for seen in run.seen if seen.message.kind != "note"), key=rank)
    before = [seen for seen in run.seen if seen.message.name in chosen.message.because]
    return next((seen for seen in reversed(before) if seen.number < chosen.number), chosen)


def _weight(run: _LoggedRun, seen: _Seen, end: _Seen | None) -> int:
    """How much a line tells of the cause, by its entry and its place."""
    weight = seen.message.weight
    if _survived(run, seen):
        return weight - _SURVIVED
    far = seen.message.kind == "cause" and end is not None and end.number - seen.number > _MANY
    return weight - _FAR if far else weight


def _survived(run: _LoggedRun, seen: _Seen) -> bool:
    """Whether the script began another command after the line: it runs with -e, so that one had not failed."""
    return seen.message.kind != "batch" and seen.commands < run.commands


def _confidence(run: _LoggedRun, chosen: _Seen, end: _Seen | None) -> Confidence:
    if chosen.message.kind == "batch":
        return "high"
    if any(chosen.message.name in seen.message.because for seen in run.seen):
        return "medium"
    if _survived(run, chosen) or chosen.message.weight <= 2:
        return "low"
    if chosen.message.kind == "cause" and (
        end is None or run.commands == 0 or end.number - chosen.number > _MANY
    ):
        return "medium"
    return "high"


def _span(source: Source, seen: _Seen) -> Span:
    """Where the telling part of a line stands in the file."""
    return _stretch(source, seen.piece, *seen.found.span())


def _stretch(source: Source, piece: LogLine, first: int, last: int) -> Span:
    there = places(source.text[piece.start : piece.end])
    first, last = min(first, len(there) - 1), min(last, len(there) - 1)
    end = there[last - 1] + 1 if last > first else there[last]
    return Span(piece.start + there[first], piece.start + end)


def _related(
    run: _LoggedRun, source: Source, chosen: _Seen, end: _Seen | None, in_script: bool
) -> tuple[Related, ...]:
    """Other lines of the run: the last command, where it ended, and what else was said, each kind of line once."""
    related: list[Related] = []
    if in_script and run.command is not None:
        related.append(Related("the last command of the script", _whole(source, run.command)))
    if end is not None and end.piece != chosen.piece:
        related.append(Related("the runtime gave up here", _span(source, end)))
    told = {chosen.message.name, *([end.message.name] if end is not None else [])}
    for seen in run.seen:
        if seen.message.name in told or len(related) >= _MOST_RELATED:
            continue
        told.add(seen.message.name)
        related.append(Related(_label(run, seen, chosen), _span(source, seen)))
    return tuple(related)


def _label(run: _LoggedRun, seen: _Seen, chosen: _Seen) -> str:
    if seen.message.kind == "note":
        return words_of(seen.message.meaning.partition(";")[0].partition(":")[0][:60])
    if _survived(run, seen):
        return "said earlier; the script went on"
    return "what came of it" if seen.number > chosen.number else "said before it"


def _whole(source: Source, piece: LogLine) -> Span:
    return _stretch(source, piece, 0, len(piece.text))
