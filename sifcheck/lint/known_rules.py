"""The rules that are known: taken from plugins one by one, each code and name once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from types import ModuleType

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.lint.internal import INTERNAL_RULES
from sifcheck.lint.rule import OWN_PREFIXES, BrokenRule, Rule, RuleError

_THIRD_PARTY = pattern(r"[A-Z]{3,8}")


def begins(word: str, code: str) -> bool:
    """Whether a word is the beginning of a code: all of its letters, and some of its digits or none."""
    return word[:1].isupper() and code.startswith(word) and not code[len(word.rstrip("0123456789"))].isalpha()


class PluginProblem(NamedTuple):
    """A plugin, or a rule of one, that was left out, and why; it becomes the finding SIF901."""

    plugin: str
    why: str


class RuleRegistry:
    """All rules by code, by name, and by the codes they had formerly."""

    def __init__(self) -> None:
        self.rules: dict[str, Rule] = {}
        self.names: dict[str, Rule] = {}
        self.former: dict[str, Rule] = {}
        self.problems: list[PluginProblem] = []
        self._deferred: list[tuple[str, str, str, bool]] = []
        self._none: set[str] = {""}
        for rule in INTERNAL_RULES:
            self._add(rule, "sifcheck", own=True)

    def register(self, module: ModuleType | Iterable[object], plugin: str, *, own: bool = False) -> None:
        """Take every rule of a module (or of an iterable of rules).  What cannot be taken is a problem, never raised.

        `own` is true for the packs of sifcheck's own distribution, which may use its prefixes.  An empty `plugin` leaves
        it open where the rules come from.
        """
        members = list(vars(module).values()) if isinstance(module, ModuleType) else list(module)
        for member in members:
            if isinstance(member, Rule):
                # A rule that is only imported from another module of the pack is met there.
                if self.rules.get(member.code) is not member:
                    self._check_and_add(member, plugin, own)
            elif isinstance(member, BrokenRule):
                self._refuse(plugin, str(member.error))
            elif not isinstance(module, ModuleType):
                self._refuse(plugin, f"{member!r} is no rule: is `@rule` missing above it?")

    def defer(self, module: str, plugin: str, *, about: str = "host", own: bool = False) -> None:
        """Take the rules of a module, by its name, once they are asked for: a check of definition files has no use for
        rules about machines or batch scripts.
        """
        self._deferred.append((about, module, plugin, own))

    def complete(self, about: str | None = None) -> None:
        """Take the rules that were deferred, all or those about one thing.

        What cannot be imported is a problem, never raised.
        """
        from importlib import import_module

        wanted = [entry for entry in self._deferred if about in (None, entry[0])]
        self._deferred = [entry for entry in self._deferred if entry not in wanted]
        for _, module, plugin, own in wanted:
            try:
                self.register(import_module(module), plugin, own=own)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin raises must not end the run
                self._refuse(plugin, f"{module}: {type(error).__name__}: {' '.join(str(error).split())}")

    def _refuse(self, plugin: str, why: str) -> None:
        problem = PluginProblem(plugin, why)
        if problem not in self.problems:
            self.problems.append(problem)

    def _check_and_add(self, rule: Rule, plugin: str, own: bool) -> None:
        try:
            if not own:
                from sifcheck.lint.rule_form import check_form

                check_form(rule)
        except RuleError as error:
            self._refuse(plugin, str(error))
        else:
            self._add(rule, plugin, own)

    def _add(self, rule: Rule, plugin: str, own: bool) -> None:
        place = f"{rule.file}:{rule.line}"
        for code in (rule.code, *rule.formerly):
            prefix = code.rstrip("0123456789")
            if not own and (prefix in OWN_PREFIXES or not _THIRD_PARTY.fullmatch(prefix)):
                why = f"{place}: {code}: a pack of rules uses a prefix of its own, three to eight capitals"
                self._refuse(plugin, why)
                return
        claims = [
            (known, code) for code in (rule.code, *rule.formerly) for known in (self.rules, self.former)
        ]
        for taken, what in (*claims, (self.names, rule.name)):
            if what in taken:
                known = taken[what]
                place_of_first = f"{known.file}:{known.line}"
                first = f"{known.plugin} ({place_of_first})" if known.plugin else place_of_first
                self._refuse(
                    plugin, f"{place}: {what} is taken by {first}; {rule.code} {rule.name} was left out"
                )
                return
        # A registry that was made to try rules out says nothing about where they come from.
        rule.plugin = plugin or rule.plugin
        self.rules[rule.code] = rule
        self.names[rule.name] = rule
        for code in rule.formerly:
            self.former[code] = rule

    def find(self, word: str) -> Rule | None:
        """The rule with that code or name, or the one that a retired code was redirected to."""
        known = self.rules.get(word) or self.names.get(word) or self.former.get(word)
        if known is None and self._deferred and word not in self._none:
            self._none.add(word)
            # The beginning of codes that are known, or all, names no rule that is still to be taken.
            if word not in ("ALL", "all") and not any(begins(word, code) for code in self.rules):
                self.complete()
                return self.find(word)
        return known

    def find_message(self, word: str) -> tuple[Rule, str] | None:
        """The rule and the key of the message that a word as `CODE.key` or `name.key` means; None for all else."""
        start, dot, key = word.partition(".")
        rule = self.find(start) if dot else None
        return (rule, key) if rule is not None and key in rule.keys else None

    def messages_like(self, word: str) -> list[str]:
        """What can stand for a word as `CODE.key` whose key is unknown: every message of that rule, else the code."""
        start, dot, _ = word.partition(".")
        rule = self.find(start) if dot else None
        return [] if rule is None else [f"{start}.{key}" for key in rule.keys] or [start]

    def matching(self, word: str) -> list[Rule]:
        """The rules that a word of `--select` means: a code, a name, a message, a tag, or the beginning of codes."""
        if word in ("ALL", "all"):
            self.complete()
            return list(self.rules.values())
        rule = self.find(word)
        if rule is None and (message := self.find_message(word)) is not None:
            rule = message[0]
        if rule is not None:
            return [rule]
        if word[:1].isupper():
            return [rule for code, rule in self.rules.items() if begins(word, code)]
        return [rule for rule in self.rules.values() if word in rule.tags]

    def tagged(self, *tags: str) -> list[Rule]:
        """The rules taken so far that have one of some tags, in the order of their codes."""
        return [rule for rule in self if not rule.tags.isdisjoint(tags)]

    def codes(self, word: str) -> set[str]:
        """The codes that a word means, as `CODE.key` for one message; of ShellCheck's the word itself."""
        message = self.find_message(word)
        if message is not None:
            return {f"{message[0].code}.{message[1]}"}
        return {word} if self.is_shellcheck(word) else {rule.code for rule in self.matching(word)}

    def is_shellcheck(self, word: str) -> bool:
        """Whether a word means findings of ShellCheck, whose codes are not listed here."""
        return re.fullmatch(r"SC[0-9]{0,4}", word) is not None

    def __iter__(self) -> Iterator[Rule]:
        """The rules that were taken so far, in the order of their codes."""
        return iter(sorted(self.rules.values(), key=lambda rule: rule.code))
