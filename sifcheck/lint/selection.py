"""Which rules are run and which findings are shown: selection, profile, confidence, severities."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sifcheck.base.findings import CONFIDENCES, PROFILES, Confidence, Finding, Profile, Severity
from sifcheck.base.startup import NamedTuple
from sifcheck.lint.internal import NOT_IGNORABLE
from sifcheck.lint.known_rules import RuleRegistry, begins
from sifcheck.lint.rule import Rule

Reported = Callable[[list[Finding]], list[Finding]]
"""Takes all findings of a file as it lies there, gives those to report; asked once a file."""


def report_all(findings: list[Finding]) -> list[Finding]:
    """Report everything: neither a baseline nor a revision was named."""
    return findings


class Selection(NamedTuple):
    """The outcome of the options: rules to run, and what is shown of what they find.

    `named` holds the codes, and messages as `CODE.key`, that were selected by themselves: they are shown whatever their
    profile.  `messages` tells of each code of which a message was named whether it is taken, by key, and "" for the rest.
    """

    active: frozenset[str]
    named: frozenset[str]
    profile: Profile
    min_confidence: Confidence
    severities: Mapping[str, Severity]
    selected: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    messages: Mapping[str, Mapping[str, bool]] = {}

    def runs(self, rule: Rule) -> bool:
        """Whether a rule need be run: one of the strict profile finds nothing that a wider one shows."""
        if rule.code not in self.active:
            return False
        if rule.profile != "strict" or self.profile == "strict" or rule.code in self.named:
            return True
        return any(f"{rule.code}.{key}" in self.named for key in self.messages.get(rule.code, ()))

    def takes(self, code: str) -> bool:
        """Whether findings of ShellCheck with this code are wanted; the more exact word wins here too."""
        taken = max((_shared(word, code) for word in self.selected or ("ALL",)), default=0)
        return taken > max((_shared(word, code) for word in self.dropped), default=0)

    @property
    def takes_any_shellcheck(self) -> bool:
        """Whether ShellCheck need be asked at all."""
        wanted = not self.selected or any(
            word in ("ALL", "all", "S") or word.startswith("SC") for word in self.selected
        )
        return wanted and "SC" not in self.dropped

    def severity_of(self, finding: Finding) -> Severity | None:
        """The severity that the options give to a finding, None where they leave it."""
        code = finding.code
        if finding.key and finding.word in self.severities:
            return self.severities[finding.word]
        if not code.startswith("SC") or not code[2:].isdigit() or not self.severities:
            return self.severities.get(code)
        words = [word for word in self.severities if word.startswith("SC") and code.startswith(word)]
        return self.severities[max(words, key=len)] if words else None

    def shows(self, finding: Finding) -> bool:
        """Whether a finding of an active rule is shown."""
        if finding.code in NOT_IGNORABLE:
            return True
        taken = self.messages.get(finding.code)
        if taken is not None and not taken.get(finding.key, taken[""]):
            return False
        if CONFIDENCES.index(finding.confidence) < CONFIDENCES.index(self.min_confidence):
            return False
        if finding.is_in(self.named) or finding.code in self.selected:
            return True
        return PROFILES.index(finding.profile) <= PROFILES.index(self.profile)


def select(
    registry: RuleRegistry,
    *,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    extend_select: Iterable[str] = (),
    profile: Profile = "standard",
    min_confidence: Confidence = "low",
    severities: Mapping[str, Severity] | None = None,
) -> Selection:
    """Work out the selection.  The more exact word wins: `--select DEF4` and one rule of it to ignore leaves out that rule.

    Most exact is one message of a rule, as `CODE.key`.  Of words that are equally exact --ignore wins over --select, and
    --extend-select by a rule's code or name over both.  Rules in preview are run where they are named.  Rules about
    sifcheck's own matters stay on unless they are ignored one by one; SIF900 and SIF901 stay on always.
    """
    chosen, dropped, added = list(select), list(ignore), list(extend_select)
    active: set[str] = set()
    named: set[str] = set()
    messages: dict[str, dict[str, bool]] = {}
    for words, is_taken in ((chosen, True), (dropped, False), (added, True)):
        for rule, key in filter(None, map(registry.find_message, words)):
            messages.setdefault(rule.code, {})[key] = is_taken
    for rule in registry:
        taken = max(_exactness(registry, rule, word) for word in [*(chosen or ["ALL"]), *added])
        left = max((_exactness(registry, rule, word) for word in dropped), default=0)
        internal = rule.code.startswith("SIF")
        if internal and not taken:
            taken = 1
        if internal and left < _EXACT:
            left = 0
        extended = left == _EXACT and any(registry.find(word) is rule for word in added)
        whole = rule.code in NOT_IGNORABLE or taken > left or extended
        if whole and rule.preview and taken < _EXACT:
            whole = False
        if whole and taken >= _EXACT:
            named.add(rule.code)
        by_key = messages.get(rule.code, {})
        named.update(f"{rule.code}.{key}" for key, is_taken in by_key.items() if is_taken)
        if whole or any(by_key.values()):
            active.add(rule.code)
        if by_key:
            by_key[""] = whole
    return Selection(
        frozenset(active),
        frozenset(named),
        profile,
        min_confidence,
        _severities(registry, severities or {}),
        (*(chosen or ["ALL"]), *added),
        tuple(dropped),
        messages,
    )


def _severities(registry: RuleRegistry, given: Mapping[str, Severity]) -> dict[str, Severity]:
    """The severity of each code that the options give one; of several the more exact word's, of equal ones the later."""
    found: dict[str, Severity] = {}
    for word, level in sorted(given.items(), key=lambda entry: _length(registry, entry[0])):
        found.update(dict.fromkeys(registry.codes(word), level))
    return found


_EXACT = 100


def _shared(word: str, code: str) -> int:
    """How exactly a word of the options means a code that no rule of ours has."""
    return 1 if word in ("ALL", "all") else 2 + len(word) if word and code.startswith(word) else 0


def _exactness(registry: RuleRegistry, rule: Rule, word: str) -> int:
    """How exactly a word of the options means a rule: 0 not at all, 100 by its code or name."""
    if registry.find(word) is rule:
        return _EXACT
    if word in ("ALL", "all"):
        return 1
    if word in rule.tags:
        return 2
    return 2 + len(word) if begins(word, rule.code) else 0


def _length(registry: RuleRegistry, word: str) -> int:
    """How exactly a word means the rules it means: a message most, then a code or name, the longer beginning, a tag, all."""
    if registry.find_message(word) is not None:
        return _EXACT + 1
    if registry.find(word) is not None:
        return _EXACT
    return 0 if word in ("ALL", "all") else len(word) if word[:1].isupper() else 1
