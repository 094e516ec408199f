"""The settings and rules for each open document, read anew when a configuration file has changed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sifcheck.app.comparing import Comparing, start_comparing
from sifcheck.app.context import Context
from sifcheck.app.outcome import UnreadableSnapshotError, UsageError
from sifcheck.config.files import FILE_NAME, PROJECT_FILE
from sifcheck.config.globs import matches
from sifcheck.config.layers import SITE_FILE, SITE_VARIABLE, Configuration
from sifcheck.config.settings import Settings, SettingsError
from sifcheck.lint.check import Checker, Kind
from sifcheck.lint.known_rules import RuleRegistry
from sifcheck.lint.plugins import Loaded, load
from sifcheck.lint.selection import Reported, report_all
from sifcheck.lsp.checking import HowToCheck

if TYPE_CHECKING:
    from sifcheck.base.findings import Finding
    from sifcheck.lint.baseline import Baseline


class WrongSettingsError(Exception):
    """The configuration cannot be used; the text is for the user."""


class Rulebook:
    """The settings and rules for each file, read anew when a configuration file has changed."""

    def __init__(self, flags: dict[str, Any], config: str | None, isolated: bool) -> None:
        self._flags = flags
        self._config = config
        self._isolated = isolated
        self._loaded: Loaded | None = None
        self._rule_files: tuple[str, ...] = ()
        self._stamps: dict[str, tuple[int, int] | None] = {}
        self.forget()

    @property
    def registry(self) -> RuleRegistry:
        """The rules."""
        return self._context.plugins.registry

    def forget(self) -> None:
        """Read every configuration file anew when it is needed next."""
        self._stamps = {file: _stamp(file) for file in self._files_above(os.path.join(_here(), FILE_NAME))}
        self._day = time.strftime("%Y-%m-%d")
        self._configuration = Configuration(self._flags, config=self._config, isolated=self._isolated)
        try:
            rule_files = self._configuration.for_folder().rule_files
        except SettingsError:
            # It is told when a file is to be checked.
            rule_files = ()
        if self._loaded is None or rule_files != self._rule_files:
            self._rule_files = rule_files
            self._loaded = load(rule_files=rule_files, whole=False)
        self._context = Context(self._configuration, plugins=self._loaded)
        self._baselines: dict[str, Baseline] = {}

    def has_changed(self) -> bool:
        """Whether a configuration file that was looked at is another one now, or another day has begun."""
        changed = any(_stamp(path) != stamp for path, stamp in self._stamps.items())
        if changed or self._day != time.strftime("%Y-%m-%d"):
            self.forget()
            return True
        return False

    def for_file(self, path: str, kind: Kind) -> HowToCheck | None:
        """How to check a file, None for one that the settings leave out.  Raises WrongSettingsError."""
        place = path or os.path.join(_here(), "unsaved.def")
        self._watch(self._files_above(place))
        try:
            settings = self._context.settings_for(place)
            # A file may build on another with `extend`.
            self._watch((*settings.files, *settings.site_files, *filter(None, [settings.baseline])))
            if path and _is_excluded(path, settings):
                return None
            checker = self._context.checker(settings, kind)
            return HowToCheck(
                checker, self._context.ignored(settings, place), self._keep(settings.baseline, checker)
            )
        except (SettingsError, UsageError, UnreadableSnapshotError) as error:
            raise WrongSettingsError(str(error)) from None

    def _watch(self, files: Iterable[str]) -> None:
        """Remember how files are now."""
        for file in files:
            if file not in self._stamps:
                self._stamps[file] = _stamp(file)

    def _keep(self, path: str, checker: Checker) -> Reported:
        """What says which findings are new; every check begins with all entries of the baseline.  Raises UsageError."""
        if not path:
            return report_all
        if path not in self._baselines:
            read = start_comparing(path, None, ()).baseline
            assert read is not None
            self._baselines[path] = read
        known = self._baselines[path]
        from sifcheck.lint.baseline import Baseline

        def keep(findings: list[Finding]) -> list[Finding]:
            return Comparing(Baseline(known.folder, known.entries)).keep(checker)(findings)

        return keep

    def _files_above(self, place: str) -> Iterator[str]:
        """Every file that may have a say about a file, whether it is there or not."""
        if self._isolated:
            return
        yield SITE_FILE
        named = os.environ.get(SITE_VARIABLE)
        if named:
            yield named
        if self._config is not None:
            yield self._config
            return
        home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.environ.get("HOME", ""), ".config")
        yield os.path.join(home, "sifcheck", FILE_NAME)
        folder = os.path.dirname(place)
        while True:
            yield os.path.join(folder, FILE_NAME)
            yield os.path.join(folder, PROJECT_FILE)
            above = os.path.dirname(folder)
            if above == folder:
                return
            folder = above


def _stamp(path: str) -> tuple[int, int] | None:
    """What tells one state of a file from another; None where there is none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size


def _is_excluded(path: str, settings: Settings) -> bool:
    """Whether a walk through the folders would pass over a file."""
    parts = [part for part in path.split("/") if part]
    return any(matches(settings.exclude, path, part) for part in parts)


def _here() -> str:
    try:
        return os.getcwd()
    except OSError:
        return "/"
