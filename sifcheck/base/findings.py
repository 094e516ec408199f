"""What a check finds: severity, confidence, place, words, how to fix it, and what else it makes needless to tell."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Literal

from sifcheck.base.source import Source, Span
from sifcheck.base.startup import NamedTuple

Severity = Literal["error", "warning", "info"]
"""error: the build or every run will fail; warning: the image will be wrong, irreproducible or unsafe; info: size, style."""

Confidence = Literal["high", "medium", "low"]
"""How sure it is that a finding is right."""

Profile = Literal["minimal", "standard", "strict"]
"""Who wants to hear it.  minimal: what makes a build or a run fail; each profile contains the one before."""

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")
CONFIDENCES: tuple[Confidence, ...] = ("low", "medium", "high")
PROFILES: tuple[Profile, ...] = ("minimal", "standard", "strict")


class Edit(NamedTuple):
    """Replace the bytes from `start` to `end` (exclusive) by `text` (UTF-8 when written); both equal: insert."""

    start: int
    end: int
    text: str


def touch(one: Edit, other: Edit) -> bool:
    """Whether two edits overlap, or one inserts where the other begins, ends or inserts."""
    if one.start == one.end or other.start == other.end:
        return other.start <= one.start <= other.end or one.start <= other.start <= one.end
    return one.start < other.end and other.start < one.end


ELSEWHERE = "; likewise at the other places"
"""How the title of a fix ends that is made at several places, where the words are those of the first."""


class Fix(NamedTuple):
    """How to fix what was found.  `safe`: nothing but what was flagged can change its meaning."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool


class Related(NamedTuple):
    """Another place that has to do with a finding, with words of its own.  `source` None: the finding's file."""

    message: str
    span: Span
    source: Source | None = None


class SetVariable(NamedTuple):
    """An environment variable that a build is to be given, and why."""

    name: str
    value: str
    why: str


class UnsetVariable(NamedTuple):
    """An environment variable that a build is to do without, and why."""

    name: str
    why: str


class AddOption(NamedTuple):
    """An option of the runtime's `build` with which nothing is wrong any more, and why; `value` "" is left to the person.

    `safe`: the image is the same with it, so `sifcheck build` adds it by itself.
    """

    name: str
    value: str = ""
    why: str = ""
    safe: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The option as words of a command line."""
        return (self.name, self.value) if self.value else (self.name,)


Remedy = SetVariable | UnsetVariable | AddOption
"""What a build can be started with so that a finding is none any more."""


class Finding(NamedTuple):
    """One thing found.  `subject` is "host" or "plan" where no file is meant; `source` is then None.

    `key` names the message among several of the rule, "" for the only or the unnamed one; `tags` are the rule's.
    `secret`: the text of `span` must not be shown, by this finding or any other.  `supersedes` are the codes of what need
    not be told beside it (`SC1*`: all that begin so), on its line or anywhere in the stretch `within` where one is given.
    `joins` and `gathers` are those of what is told with it, in the same section and in the same file.  `part`
    is where its section begins in the file; `each`: it is never told as a repeat of another one.

    A report tells a cause once: `repeats` are the findings that say the same of other places of the section, `joined`
    those of other rules that have the same cause (see base/one_cause.py).
    """

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    profile: Profile
    message: str
    help: str
    source: Source | None
    span: Span
    section: str | None = None
    subject: str | None = None
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    path: str | None = None
    fingerprint: str = ""
    url: str | None = None
    secret: bool = False
    key: str = ""
    tags: frozenset[str] = frozenset()
    remedies: tuple[Remedy, ...] = ()
    supersedes: tuple[str, ...] = ()
    within: Span | None = None
    joins: tuple[str, ...] = ()
    gathers: tuple[str, ...] = ()
    part: int = 0
    each: bool = False
    repeats: tuple[Finding, ...] = ()
    joined: tuple[Finding, ...] = ()

    @property
    def single(self) -> Finding:
        """The finding without those that are told with it."""
        return self._replace(repeats=(), joined=()) if self.repeats or self.joined else self

    def singles(self) -> Iterator[Finding]:
        """The finding itself and all that are told with it, each by itself."""
        yield self.single
        for other in (*self.repeats, *self.joined):
            yield from other.singles()

    @property
    def word(self) -> str:
        """What a selection calls just this: `CODE.key`, or the code where the message has no key."""
        return f"{self.code}.{self.key}" if self.key else self.code

    def is_in(self, words: Container[str]) -> bool:
        """Whether the code, or this message of it, is among the words of a selection."""
        return self.code in words or (bool(self.key) and self.word in words)


class Skipped(NamedTuple):
    """A rule that was not run, and why."""

    code: str
    why: str


class RuleFacts(NamedTuple):
    """What a rule says about itself, for formats that carry it: `severity` is the one it has by default.

    `summary` is one sentence, `help` may be empty, `documentation` is the whole text of its page.
    """

    name: str
    severity: Severity
    summary: str
    help: str
    documentation: str


class LeftOut(NamedTuple):
    """How many findings are not reported: they are in the `baseline`, or stand on `unchanged` lines.

    `stale` counts the entries of the baseline that nothing was found for any more.
    """

    baseline: int = 0
    stale: int = 0
    unchanged: int = 0


class EarlierRun(NamedTuple):
    """What an earlier run found, to compare with: how many findings there were by rule and by file."""

    codes: Mapping[str, int]
    paths: Mapping[str, int]


class Results(NamedTuple):
    """All that a report is made from: the findings in the order of the files, what was skipped, how many files.

    `rules` tells about the rules of the findings by code, as far as anything is known; `left_out` is None where neither
    a baseline nor a revision was named; `earlier` is what to compare with, None where nothing is.
    `passed` are the checks of a machine that looked and found nothing, each as its code and name.
    """

    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...] = ()
    files: int = 0
    rules: Mapping[str, RuleFacts] = {}
    left_out: LeftOut | None = None
    earlier: EarlierRun | None = None
    passed: tuple[str, ...] = ()
