"""Checks the words for rules in the configuration against the rules there are and against a site's bans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sifcheck.base.startup import pattern
from sifcheck.base.text import did_you_mean
from sifcheck.base.typed_toml import key_of, quoted
from sifcheck.config.rule_options import origin_of
from sifcheck.config.settings import DEFAULT, Origin, Settings, SettingsProblem
from sifcheck.lint.known_rules import begins

KnownRule = tuple[str, str, Iterable[str], Iterable[str]]
"""Code, name, tags of a rule, and the keys of its messages."""

_ALL = ("ALL", "all")
_SHELLCHECK = pattern(r"SC[0-9]{0,4}")


class _Rules:
    """The rules there are, by all the words that mean them."""

    def __init__(self, known: Iterable[KnownRule], retired: Mapping[str, str]) -> None:
        self.exact: dict[str, str] = {}
        self.tags: dict[str, set[str]] = {}
        self.keys: dict[str, tuple[str, ...]] = {}
        for code, name, tags, keys in known:
            self.exact[code] = self.exact[name] = code
            self.keys[code] = tuple(keys)
            for tag in tags:
                self.tags.setdefault(tag, set()).add(code)
        self.codes = set(self.exact.values())
        self.exact = {**retired, **self.exact}

    def message(self, word: str) -> tuple[str, str]:
        """Code and key that a code, a name, or one of them with `.key` behind it means; ("", "") for other words."""
        start, dot, key = word.partition(".")
        code = self.exact.get(start, "")
        return (code, key) if code and (not dot or key in self.keys[code]) else ("", "")

    def meant(self, word: str) -> set[str]:
        """The codes that a word means; those of ShellCheck are not listed anywhere."""
        if word in _ALL:
            return self.codes
        code, _ = self.message(word)
        if code:
            return {code}
        return {code for code in self.codes if begins(word, code)} or self.tags.get(word, set())

    def exactness(self, word: str) -> int:
        """How exactly a word says what it means, as the selection weighs it: the more exact one holds."""
        code, key = self.message(word)
        return 100 + bool(key) if code else 0 if word in _ALL else len(word) if word[:1].isupper() else 1

    def knows(self, word: str) -> bool:
        return bool(word) and (_SHELLCHECK.fullmatch(word) is not None or bool(self.meant(word)))

    def shared(self, word: str, other: str) -> str:
        """A code that both words mean, empty if there is none."""
        for shorter, longer in ((word, other), (other, word)):
            # ShellCheck's codes are many; SC208 takes in SC2086.
            if _SHELLCHECK.fullmatch(longer) and (longer.startswith(shorter) or shorter in _ALL):
                return longer
        keys = {key for _, key in map(self.message, (word, other)) if key}
        # Two messages of one rule have nothing to do with each other.
        return "" if len(keys) > 1 else min(self.meant(word) & self.meant(other), default="")

    def suggestion(self, word: str) -> str:
        start, dot, _ = word.partition(".")
        if dot and (code := self.exact.get(start)) is not None:
            return did_you_mean(word, [f"{start}.{key}" for key in self.keys[code]] or [start])
        words = [*self.exact, *self.tags]
        if word[:1].isupper():
            # Of codes that are equally near the first by number is as good a guess as any.
            words = sorted(self.codes)
        return did_you_mean(word, words)


def check_codes(
    settings: Settings, known: Iterable[KnownRule], retired: Mapping[str, str] | None = None
) -> list[SettingsProblem]:
    """All that is wrong with the words for rules; `retired` leads from former codes to today's.

    Besides unknown words these are: an ignore list that takes in a rule of `no-ignores`; and a locked
    `severity.CODE` or `rules.CODE` that a higher layer overrides under another word for the same rule.
    """
    rules = _Rules(known, retired or {})
    problems = [*_unknown(settings, rules), *_forbidden(settings, rules)]
    for entry in settings.locked:
        head, _, rest = entry.partition(".")
        lock = origin_of(settings, f"locked.{entry}")
        if head == "severity" and rest:
            problems += _severity_evaded(settings, rules, rest, lock)
        elif head == "rules" and rest:
            problems += _options_evaded(settings, rules, rest, lock)
    return list(dict.fromkeys(problems))


def _words(settings: Settings) -> Iterator[tuple[str, str, Origin]]:
    """Every word that may mean several rules: what it stands in, the word, where it comes from."""
    for name in ("select", "extend_select", "ignore", "host_ignore", "no_ignores"):
        for word in getattr(settings, name):
            yield key_of(name), word, settings.origin(f"{name}.{word}")
    for glob, words in settings.per_file_ignores.items():
        for word in words:
            yield "per-file-ignores", word, origin_of(settings, f"per_file_ignores.{glob}")
    for word in settings.severity:
        yield "severity", word, settings.origin(f"severity.{word}")


def _unknown(settings: Settings, rules: _Rules) -> Iterator[SettingsProblem]:
    for where, word, origin in _words(settings):
        if not rules.knows(word):
            # An option's name says already where the word stands.
            place = "" if str(origin) == f"--{where}" else f"{where}: "
            yield SettingsProblem(f"{place}unknown rule {quoted(word)}{rules.suggestion(word)}", origin)
    for word in settings.rules:
        if word not in rules.exact:
            words = f"rules: unknown rule {quoted(word)}{rules.suggestion(word)}"
            yield SettingsProblem(words, origin_of(settings, f"rules.{word}"))


def _forbidden(settings: Settings, rules: _Rules) -> Iterator[SettingsProblem]:
    """Ignore lists of another layer that take in what may not be ignored."""
    for forbidden in settings.no_ignores:
        law = settings.origin(f"no_ignores.{forbidden}")
        for where, word, origin in _words(settings):
            if where in ("ignore", "host-ignore", "per-file-ignores") and origin.rank != law.rank:
                code = rules.shared(word, forbidden)
                if code:
                    takes_in = f"takes in {code}" if code != word else "is a rule"
                    yield SettingsProblem(f"{where}: {word} {takes_in} that {law} forbids to ignore", origin)


def _severity_evaded(
    settings: Settings, rules: _Rules, locked: str, lock: Origin
) -> Iterator[SettingsProblem]:
    level = settings.severity.get(locked)
    for word, other in settings.severity.items():
        origin = settings.origin(f"severity.{word}")
        if word != locked and origin.rank > lock.rank and other != level:
            # A less exact word changes nothing for the locked one.
            code = rules.shared(word, locked) if rules.exactness(word) >= rules.exactness(locked) else ""
            if code:
                yield SettingsProblem(f"severity.{word}: the severity of {code} is locked by {lock}", origin)


def _options_evaded(
    settings: Settings, rules: _Rules, locked: str, lock: Origin
) -> Iterator[SettingsProblem]:
    word, _, option = locked.partition(".")
    table: dict[str, Any] = settings.rules.get(word, {})
    for other, others in settings.rules.items():
        if other == word or rules.exact.get(other, other) != rules.exact.get(word, word):
            continue
        for key, value in others.items():
            origin = origin_of(settings, f"rules.{other}.{key}")
            if origin.rank > lock.rank and option in ("", key) and table.get(key, DEFAULT) != value:
                words = f"rules.{other}.{key}: this option of {rules.exact[word]} is locked by {lock}"
                yield SettingsProblem(words, origin)
