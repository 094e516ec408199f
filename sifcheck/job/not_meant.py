"""Comments that look like directives and are none: how to submit the script, lines switched off, a script pasted below.

A directive that is not read is a defect only where its author believes that it is.  Source: 1,359 public batch scripts, in
which each such line was read by hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sifcheck.base.startup import pattern
from sifcheck.job.scheduler_options import TABLES

if TYPE_CHECKING:
    from sifcheck.job.model import DirectiveLine, JobScript

__all__ = ["meant_lines"]

_SAID_OFF = pattern(
    r"\b(?:not|unused|uncomment\w*|unneeded|disabled?|optional\w*|if|alternative\w*|commented|ignored?|off|old|instead|inactive)\b",
    2,
)  # 2: re.I
_SCRIPT_NAME = pattern(r"[\w./${}~-]+\.(?:sh|bash|sbatch|slurm|slr|job|pbs|qsub|pjm|sub|batch)\b")
_SECOND_SCRIPT = pattern(r"^#![ \t]*/[^\n]*sh\b", 8)  # 8: re.M
# They name nodes, other jobs or people: a job without them runs as well, and they are switched on and off.
_NOW_AND_THEN = frozenset(
    "--array --begin --constraint --dependency --exclude --exclusive --hold --mail-type --mail-user --nice --nodelist "
    "--requeue --reservation --signal --test-only --wait -m -M -a -h -W".split()
)
_SAME = {
    "--workdir": "--chdir",
    "--gpus-per-node": "--gpus",
    "--gpus-per-task": "--gpus",
    "--tasks-per-node": "--ntasks",
}


def meant_lines(job: JobScript, lines: Iterable[DirectiveLine]) -> tuple[DirectiveLine, ...]:
    """The lines that were meant as directives, those included that no scheduler reads; their options are known."""
    kept = [line for line in lines if line.state in ("read", "after-conflict") or not _is_usage(line)]
    return tuple(_without_pasted(job, _without_switched_off(job, kept)))


def _is_usage(line: DirectiveLine) -> bool:
    """Whether a comment says how the script is submitted: `# sbatch --array=1-9 job.sh`."""
    if line.state != "misspelt":
        return False
    text = line.text
    word = text[: line.sentinel.end - line.span.start].lstrip("# \t")
    return (word == "sbatch" and text[1:2] in (" ", "\t")) or _names_a_script(line)


def _names_a_script(line: DirectiveLine) -> bool:
    """Whether a word that is neither an option nor the value of one names a script."""
    values = {word for one in line.directives for word in (one.value or "").split()}
    words = line.options_text.partition(" #")[0].split()
    return any(
        _SCRIPT_NAME.fullmatch(word) is not None and not word.startswith("-") and word not in values
        for word in words
    )


def _without_switched_off(job: JobScript, lines: list[DirectiveLine]) -> list[DirectiveLine]:
    """The lines without those behind `# ` that their author has taken out."""
    read = {key for line in lines if line.state == "read" for key in _keys(line)}
    blanked = [line for line in lines if line.state == "misspelt" and _is_blanked(line)]
    if not read or not blanked:
        return lines
    times = Counter(key for line in blanked for key in _keys(line))
    off: set[int] = set()
    heading, above = "", -1
    for line in blanked:
        heading = heading if line.number == above + 1 else _heading(job, line)
        above = line.number
        keys = _keys(line)
        other = any(key in read or times[key] > 1 for key in keys)
        seldom = bool(keys) and all(key[0] in _NOW_AND_THEN for key in keys)
        if other or seldom or _SAID_OFF.search(heading):
            off.add(line.number)
    return [line for line in lines if line.number not in off]


def _is_blanked(line: DirectiveLine) -> bool:
    """Whether only a blank makes a comment of a line: the word itself is the scheduler's."""
    sign = line.text[: line.sentinel.end - line.span.start]
    return sign[1:2] in (" ", "\t") and sign.replace(" ", "").replace("\t", "").isupper()


def _keys(line: DirectiveLine) -> set[tuple[str, str]]:
    """What the options of a line settle; of a list of resources each by its name."""
    found = set()
    for one in line.directives:
        if one.option in TABLES[line.scheduler].lists:
            found |= {(one.option, part.name) for part in one.resources}
        else:
            found.add((_SAME.get(one.option, one.option), ""))
    return found


def _heading(job: JobScript, line: DirectiveLine) -> str:
    """The comment right above a line; "" for none."""
    source = job.source
    if line.number < 2:
        return ""
    span = source.line_span(line.number - 1)
    text = source.slice(span).strip()
    is_comment = text.startswith("#") and not text.startswith(("#!", "#SBATCH", "#PBS", "#PJM"))
    return text if is_comment else ""


def _without_pasted(job: JobScript, lines: list[DirectiveLine]) -> list[DirectiveLine]:
    """The lines without those of a second script below, and without a choice that was put below on purpose."""
    late = [line for line in lines if line.state == "late"]
    if not late:
        return lines
    second = _SECOND_SCRIPT.search(job.source.text, job.stop)
    if second is not None:
        late = [line for line in late if line.span.start < second.start()]
        lines = [line for line in lines if line.state != "late" or line.span.start < second.start()]
    values: dict[tuple[str, str], set[str]] = {}
    for line in late:
        for one in line.directives:
            if one.option not in TABLES[line.scheduler].lists:
                values.setdefault((line.scheduler, one.option), set()).add(one.value or "")
    is_choice = any(len(given) > 1 for given in values.values())
    return [line for line in lines if line.state != "late"] if is_choice else lines
