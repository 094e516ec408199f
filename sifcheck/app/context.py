"""The one context of a call: settings, plugins, site, machine, registries, sources, folder and checkers.

Each is made when it is first asked for, once, and handed down; `check`, `doctor`, `plan`, `build`, `job new` and the
language server are functions of it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sifcheck.app.checkers import checker_of, ignored_in
from sifcheck.app.outcome import tell
from sifcheck.app.sources import Sources
from sifcheck.config.layers import Configuration
from sifcheck.config.settings import Settings, SettingsError
from sifcheck.lint.check import Checker, Kind
from sifcheck.lint.plugins import Loaded, load
from sifcheck.runtime.versions import remarks

if TYPE_CHECKING:
    import argparse

    from sifcheck.app.images import ImageCheckers
    from sifcheck.app.registries import RegistryReader
    from sifcheck.host.snapshot import Host
    from sifcheck.lint.shellchecking import ShellChecking
    from sifcheck.plan.model import Plan
    from sifcheck.site.model import Site
    from sifcheck.workspace.folder import FolderReader


class Context:
    """All that one call stands on.

    `assumed` are values of settings that hold where no configuration says anything else.  `whole`: the rules about
    machines, images and the like are loaded at once, not when the first of their kind is looked at.
    """

    def __init__(
        self,
        configuration: Configuration,
        assumed: Mapping[str, Any] | None = None,
        *,
        whole: bool = False,
        plugins: Loaded | None = None,
        sources: Sources | None = None,
    ) -> None:
        self.configuration = configuration
        self.sources = sources or Sources()
        self.submit = ""
        """The command line that submits the batch scripts, as far as somebody told it."""
        self.registries: RegistryReader | None = None
        """What asks registries; None where none is asked."""
        self.judges_machine = False
        """Whether it is a machine that is looked at, as `doctor` does it: its signs then tell a site's kind of node."""
        self.judges_call = False
        """Whether the words of a build are judged too: then its build arguments are told there."""
        self.shellcheck: ShellChecking | None = None
        self._assumed = dict(assumed or {})
        self._whole = whole
        self._plugins = plugins
        self._looked_for_shellcheck = False
        self._told: set[str] = set()
        self._settings: dict[int, tuple[Settings, Settings]] = {}
        self._checkers: dict[tuple[int, Kind], tuple[Settings, Checker]] = {}
        self._image_checkers: dict[int, tuple[Settings, ImageCheckers]] = {}
        self._sites: dict[tuple[str, tuple[str, ...], str], Site | None] = {}
        self._site_files: dict[str, Site] = {}
        self._hosts: dict[str, Host | None] = {}
        self._saved: Host | None = None
        self._folders: FolderReader | None = None

    # -- settings and plugins

    @property
    def settings(self) -> Settings:
        """The settings of the call, which are those of the current folder.  Raises SettingsError."""
        return self.settings_for("")

    def settings_for(self, path: str) -> Settings:
        """The settings for a file.  Raises SettingsError."""
        said = self.configuration.for_file(path)
        if not self._assumed:
            return said
        if id(said) not in self._settings:
            unsaid = {
                name: value for name, value in self._assumed.items() if said.origin(name).layer == "default"
            }
            self._settings[id(said)] = said, said._replace(**unsaid)
        return self._settings[id(said)][1]

    def assume(self, **values: Any) -> None:
        """Take more values for settings that no configuration sets."""
        self._assumed.update(values)
        self._settings.clear()

    @property
    def plugins(self) -> Loaded:
        """What the plugins gave."""
        if self._plugins is None:
            self._plugins = load(rule_files=self.settings.rule_files, whole=self._whole)
        return self._plugins

    # -- site and machine

    def site(self, settings: Settings) -> Site | None:
        """The site of some settings; raises SettingsError for one that is not there."""
        if settings.site == "none":
            return None
        asked = (settings.site, settings.site_files, settings.host)
        if asked not in self._sites:
            from sifcheck.app.machine import chosen_site, known_sites
            from sifcheck.config.settings import SettingsProblem
            from sifcheck.site.reader import SiteError

            try:
                offered = known_sites(settings, self.plugins)
                judged = self.judges_machine or self._saved is not None or settings.host != "none"
                saved = self._saved_host(settings)
                self._sites[asked] = chosen_site(settings.site, offered, self.read_site, saved, judged=judged)
            except SiteError as error:
                origin = settings.origin("site")
                raise SettingsError(
                    SettingsProblem(str(problem), origin) for problem in error.problems
                ) from None
        return self._sites[asked]

    def read_site(self, path: str) -> Site:
        """The site of a file, which is read once.  Raises SiteError."""
        if path not in self._site_files:
            from sifcheck.site.reader import read_site

            self._site_files[path] = read_site(path)
        return self._site_files[path]

    def host(self, settings: Settings) -> Host | None:
        """The machine of some settings, looked at once; raises UnreadableSnapshotError for a file that holds none."""
        if settings.host == "none":
            return None
        if settings.host not in self._hosts:
            from sifcheck.app.machine import chosen_host

            site = self.site(settings) if settings.host == "auto" else None
            self._hosts[settings.host] = chosen_host(settings.host, site)
        return self._hosts[settings.host]

    def use_saved(self, host: Host) -> None:
        """Take a snapshot of another machine, whose signs tell the site."""
        self._saved = host

    def use_host(self, host: Host) -> None:
        """Take a snapshot that was made already as this machine."""
        self._hosts["auto"] = host

    def _saved_host(self, settings: Settings) -> Host | None:
        """The saved machine that is judged; None where it is this one, or none."""
        if self._saved is not None or ":" in settings.site or settings.host in ("none", "auto"):
            return self._saved
        return self.host(settings)

    @property
    def folders(self) -> FolderReader:
        """What tells where a build that starts here would find."""
        if self._folders is None:
            from sifcheck.workspace.folder import FolderReader

            self._folders = FolderReader(contents=self.sources.known)
        return self._folders

    # -- checkers

    def checker(self, settings: Settings, kind: Kind = "definition") -> Checker:
        """The checker for some settings and one kind of file.

        The rules about batch scripts are taken with the first one, and those about machines with the first machine: some
        of them look at files too.
        """
        key = (id(settings), kind)
        if key not in self._checkers:
            if settings.host != "none":
                self.plugins.registry.complete("host")
            if kind == "job":
                self.plugins.registry.complete("job")
            checker = checker_of(
                settings,
                self.plugins,
                self.site(settings),
                self.host(settings),
                # Of a machine elsewhere nobody can tell what lies there.
                self.folders if settings.host == "auto" else None,
                registries=self.registries,
            )._replace(kind=kind, submit=self.submit)
            self._tell_of_target(settings, checker)
            self._checkers[key] = settings, self._with_shellcheck(checker, settings)
        return self._checkers[key][1]

    def machine_checker(self, settings: Settings, host: Host | None, plan: Plan | None = None) -> Checker:
        """The checker of the rules about a machine, and about the plan of a build, which may be for none.

        With `plan` the rules about the machine judge it for that build.
        """
        left_out = settings._replace(ignore=(*settings.ignore, *settings.host_ignore))
        return checker_of(left_out, self.plugins, self.site(settings), host, plan=plan)

    def image_checkers(self, settings: Settings) -> ImageCheckers:
        """The checkers of images, and of the definition files in them: these were built, no machine has a say any more."""
        if id(settings) not in self._image_checkers:
            from sifcheck.app.images import ImageCheckers

            self.plugins.registry.complete("image")
            own = checker_of(settings, self.plugins, self.site(settings), self.host(settings))
            inner = checker_of(settings, self.plugins, self.site(settings))._replace(build_arguments={})
            checkers = ImageCheckers(own, self._with_shellcheck(inner, settings))
            self._image_checkers[id(settings)] = settings, checkers
        return self._image_checkers[id(settings)][1]

    def ignored(self, settings: Settings, path: str) -> frozenset[str]:
        """The codes that the settings leave out in one file (`per-file-ignores`)."""
        return ignored_in(settings, path, self.plugins)

    def _tell_of_target(self, settings: Settings, checker: Checker) -> None:
        """Say once how a target is judged that this call named: what a configuration names has been said before."""
        if settings.quiet or settings.origin("target").layer not in ("flag", "environment"):
            return
        for words in remarks(checker.runner.context.target):
            if words not in self._told:
                self._told.add(words)
                tell(words)

    def _with_shellcheck(self, checker: Checker, settings: Settings) -> Checker:
        if settings.no_shellcheck or not checker.selection.takes_any_shellcheck:
            return checker
        if self.shellcheck is None and not self._looked_for_shellcheck:
            from sifcheck.lint.shellchecking import ShellChecking

            self._looked_for_shellcheck = True
            found = ShellChecking(settings.jobs)
            if found.program is not None:
                self.shellcheck = found
            elif not settings.quiet:
                why = "none is installed (extra `shellcheck`, or a shellcheck >= 0.9 on PATH)"
                print(f"sifcheck: ShellCheck was left out: {why}", file=sys.stderr)
        return checker._replace(shellcheck=self.shellcheck)


def configuration_of(
    given: argparse.Namespace, flags: Mapping[str, Any] | None = None, patience: float | None = None
) -> Configuration:
    """The configuration that the arguments of a verb make; see `Configuration`."""
    return Configuration(
        vars(given) if flags is None else flags,
        config=given.config,
        isolated=given.isolated,
        patience=patience,
    )


HERE: Mapping[str, Any] = {"site": "auto"}
"""What is assumed where this machine is looked at: where nobody named a site, its signs tell it."""
