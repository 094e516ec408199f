"""Which rules are run and which findings are shown: selection, profile, confidence, severities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sifcheck.base.findings import CONFIDENCES, PROFILES, Confidence, Finding, Profile, Severity
from sifcheck.base.startup import NamedTuple
from sifcheck.lint.internal import NOT_IGNORABLE
from sifcheck.lint.known_rules import Registry, begins
from sifcheck.lint.rule import Rule


class Selection(NamedTuple):
    """The outcome of the options: rules to run, and what is shown of what they find.

    `named` holds the codes that were selected by their own code or name: they are shown whatever their profile.
    """

    active: frozenset[str]
    named: frozenset[str]
    profile: Profile
    min_confidence: Confidence
    severities: Mapping[str, Severity]
    selected: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()

    def runs(self, rule: Rule) -> bool:
        """Whether a rule need be run: one of the strict profile finds nothing that a wider one shows."""
        if rule.code not in self.active:
            return False
        return rule.profile != "strict" or self.profile == "strict" or rule.code in self.named

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

    def severity_of(self, code: str) -> Severity | None:
        """The severity that the options give to a code, None where they leave it."""
        if not code.startswith("SC") or not code[2:].isdigit() or not self.severities:
            return self.severities.get(code)
        words = [word for word in self.severities if word.startswith("SC") and code.startswith(word)]
        return self.severities[max(words, key=len)] if words else None

    def shows(self, finding: Finding) -> bool:
        """Whether a finding of an active rule is shown."""
        if finding.code in NOT_IGNORABLE:
            return True
        if CONFIDENCES.index(finding.confidence) < CONFIDENCES.index(self.min_confidence):
            return False
        if finding.code in self.named or finding.code in self.selected:
            return True
        return PROFILES.index(finding.profile) <= PROFILES.index(self.profile)


def select(
    registry: Registry,
    *,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    extend_select: Iterable[str] = (),
    profile: Profile = "standard",
    min_confidence: Confidence = "low",
    severities: Mapping[str, Severity] | None = None,
) -> Selection:
    """Work out the selection.  The more exact word wins: one rule may be left out of a group.

    Of words that are equally exact --ignore wins over --select, and --extend-select by a rule's code or name over both.
    Rules in preview are run where they are named.  Rules about sifcheck's own matters stay on unless they are ignored
    one by one; SIF900 and SIF901 stay on always.
    """
    chosen, dropped, added = list(select), list(ignore), list(extend_select)
    active: set[str] = set()
    named: set[str] = set()
    for rule in registry:
        taken = max(_exactness(registry, rule, word) for word in [*(chosen or ["ALL"]), *added])
        left = max((_exactness(registry, rule, word) for word in dropped), default=0)
        internal = rule.code.startswith("SIF")
        if internal and not taken:
            taken = 1
        if internal and left < _EXACT:
            left = 0
        extended = left == _EXACT and any(registry.find(word) is rule for word in added)
        if rule.code in NOT_IGNORABLE or taken > left or extended:
            if rule.preview and taken < _EXACT:
                continue
            active.add(rule.code)
            if taken >= _EXACT:
                named.add(rule.code)
    levels = _severities(registry, severities or {})
    words = (*(chosen or ["ALL"]), *added)
    return Selection(
        frozenset(active), frozenset(named), profile, min_confidence, levels, words, tuple(dropped)
    )


def _severities(registry: Registry, given: Mapping[str, Severity]) -> dict[str, Severity]:
    """The severity of each code that the options give one; of several the more exact word's, of equal ones the later."""
    found: dict[str, Severity] = {}
    for word, level in sorted(given.items(), key=lambda entry: _length(registry, entry[0])):
        for rule in registry.matching(word):
            found[rule.code] = level
        if registry.is_shellcheck(word):
            found[word] = level
    return found


_EXACT = 100


def _shared(word: str, code: str) -> int:
    """How exactly a word of the options means a code that no rule of ours has."""
    return 1 if word in ("ALL", "all") else 2 + len(word) if word and code.startswith(word) else 0


def _exactness(registry: Registry, rule: Rule, word: str) -> int:
    """How exactly a word of the options means a rule: 0 not at all, 100 by its code or name."""
    if registry.find(word) is rule:
        return _EXACT
    if word in ("ALL", "all"):
        return 1
    if word in rule.tags:
        return 2
    return 2 + len(word) if begins(word, rule.code) else 0


def _length(registry: Registry, word: str) -> int:
    """How exactly a word means the rules it means: a code or name most, then the longer beginning, a tag, all."""
    if registry.find(word) is not None:
        return _EXACT
    return 0 if word in ("ALL", "all") else len(word) if word[:1].isupper() else 1
