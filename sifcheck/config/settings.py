"""The settings of a check: every option, declared once, with its type, default, meaning and ways to set it.

From this table come the parser of the configuration files, the SIFCHECK_* variables, the flags of the
command line, the JSON schema and the documentation.  Where the values come from and how they are laid over
each other: layers.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from sifcheck.base.findings import CONFIDENCES, PROFILES, SEVERITIES, Confidence, Profile, Severity
from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import escape
from sifcheck.base.typed_toml import key_of, toml_text

if TYPE_CHECKING:
    from argparse import ArgumentParser, _ArgumentGroup

FailLevel = Literal["error", "warning", "info", "never"]
Color = Literal["auto", "always", "never"]

SetBy = Literal["anyone", "user", "site"]
"""Who may set an option.

anyone: also a file that merely lies in a checkout; user: a variable, a flag, a file that the user named or
keeps as their own, or the site; site: the site's files alone.
"""

SET_BY: tuple[SetBy, ...] = ("anyone", "user", "site")

# As the kernel and as Go call them; the SIF format's own list, and `uname -m` of the same machines.
ARCHITECTURES = tuple(
    "x86_64 amd64 aarch64 arm64 i386 i686 386 arm armv6l armv7l ppc64 ppc64le s390x riscv64 loong64 "
    "loongarch64 mips mipsle mips64 mips64le".split()
)


class SettingOption(NamedTuple):
    """What there is to say about one option, besides its name and type, which are those of the field in
    Settings.

    `values`, `pattern` and `minimum` narrow the type; `form` says in words what the pattern asks for.  `adds`
    is whether a higher layer adds to the list of the lower one instead of replacing it.  `paths` is what the
    texts are relative to the folder of the file they stand in: nothing, a file, a glob, the keys as globs, or
    an `output` (FORMAT:FILE).  `separator` parts the texts of a list in a variable, and in a flag if
    `flag_splits`.
    """

    default: Any
    help: str
    flag: str = ""
    metavar: str = ""
    values: tuple[str, ...] = ()
    pattern: str = ""
    form: str = ""
    minimum: int | None = None
    variable: bool = True
    set_by: SetBy = "anyone"
    adds: bool = False
    paths: Literal["", "file", "glob", "keys", "output"] = ""
    separator: str = ","
    flag_splits: bool = True


def _option(default: Any, help: str, **more: Any) -> Any:
    """A field of Settings; Any, so that the type of the field is that of its value."""
    return SettingOption(default, help, **more)


class Settings(NamedTuple):
    """All options of `check` as they hold for a file, and where each value comes from.

    Make one with `layers.Configuration` or `default_settings()`.  `origins` has an entry for each option that
    was set, and one for each entry of a table or of a list that adds up: `severity.CODE`, `ignore.CODE`,
    `rules.CODE.allowed`; what is not in it is the default.  `files` are the configuration files that were
    used.
    """

    select: tuple[str, ...] = _option(
        (),
        "look for these rules only: codes, beginnings of codes, names or tags",
        flag="--select",
        metavar="RULES",
    )
    extend_select: tuple[str, ...] = _option(
        (), "look for these rules as well", flag="--extend-select", metavar="RULES", adds=True
    )
    ignore: tuple[str, ...] = _option(
        (), "leave these rules out", flag="--ignore", metavar="RULES", adds=True
    )
    per_file_ignores: dict[str, tuple[str, ...]] = _option(
        {}, "rules to leave out in the files that a glob matches", variable=False, paths="keys"
    )
    host_ignore: tuple[str, ...] = _option((), "rules about this machine to leave out", adds=True)
    no_ignores: tuple[str, ...] = _option(
        (), "rules that no suppression, ignore list or baseline may silence", adds=True
    )
    require_reason: bool = _option(False, "a suppression must say why")
    exclude: tuple[str, ...] = _option(
        (),
        "files and folders to leave out when a folder is walked, as globs",
        flag="--exclude",
        metavar="GLOBS",
        paths="glob",
    )
    profile: Profile = _option("standard", "how much to hear", flag="--profile", values=PROFILES)
    min_confidence: Confidence = _option(
        "low", "leave out findings that are less sure than this", flag="--min-confidence", values=CONFIDENCES
    )
    severity: dict[str, Severity] = _option(
        {}, "another severity for a rule", flag="--severity", metavar="CODE=LEVEL", values=SEVERITIES
    )
    fail_level: FailLevel = _option(
        "warning", "the severity from which on a finding makes the exit code 1", flag="--fail-level",
        values=("error", "warning", "info", "never"),
    )  # fmt: skip
    site: str = _option(
        "none", "the cluster the files are for: auto, none, or a site's name, maybe with :login, :compute or :prepost",
        flag="--site", metavar="SITE",
        pattern=r"^(auto|none|[A-Za-z0-9][A-Za-z0-9_.-]*(:(login|compute|prepost))?)$",
        form="auto, none or NAME, with :login, :compute or :prepost after the name",
    )  # fmt: skip
    host: str = _option(
        "none", "the machine the build will start on: auto, none, or the file of a saved snapshot",
        flag="--host", metavar="HOST", paths="file",
    )  # fmt: skip
    target: str = _option(
        "",
        "the runtimes the files are for, as apptainer-1.4,singularity-ce-4.1",
        flag="--target",
        metavar="RUNTIMES",
    )
    arch: str = _option(
        "",
        "the architecture the image will run on",
        flag="--arch",
        metavar="ARCH",
        values=("", *ARCHITECTURES),
    )
    build_args: dict[str, str] = _option(
        {},
        "the value of a build variable",
        flag="--build-arg",
        metavar="NAME=VALUE",
        variable=False,
        flag_splits=False,
    )
    online: bool = _option(False, "ask registries over the network", flag="--online", set_by="user")
    output_format: str = _option(
        "full", "the form of the report", flag="--output-format", metavar="FORMAT",
        pattern=r"^[a-z][a-z0-9-]*$", form="the name of a format, in small letters",
    )  # fmt: skip
    outputs: tuple[str, ...] = _option(
        (), "write a report to a file besides", flag="--output", metavar="FORMAT:FILE",
        pattern=r"^[a-z][a-z0-9-]*:.", form="FORMAT:FILE", set_by="user", paths="output", flag_splits=False,
    )  # fmt: skip
    baseline: str = _option(
        "",
        "the file of findings that are known and not reported again",
        flag="--baseline",
        metavar="FILE",
        paths="file",
    )
    no_shellcheck: bool = _option(False, "do not ask ShellCheck", flag="--no-shellcheck")
    no_cache: bool = _option(False, "neither read nor write the cache", flag="--no-cache")
    jobs: int = _option(
        0, "how many processes ShellCheck gets; 0: one a core", flag="--jobs", metavar="N", minimum=0
    )
    color: Color = _option(
        "auto", "colours in the report", flag="--color", values=("auto", "always", "never")
    )
    quiet: bool = _option(False, "print findings only", flag="--quiet")
    statistics: bool = _option(False, "count the findings of each rule", flag="--statistics")
    every: bool = _option(
        False, "a finding for each place, also where several say the same of one section", flag="--every"
    )
    rule_files: tuple[str, ...] = _option(
        (), "files of own rules to load", flag="--rule-file", metavar="FILE",
        set_by="user", adds=True, paths="file", separator=":", flag_splits=False,
    )  # fmt: skip
    site_files: tuple[str, ...] = _option(
        (), "files about clusters, NAME.toml, to know besides those of the plugins", flag="--site-file", metavar="FILE",
        set_by="user", adds=True, paths="file", separator=":", flag_splits=False,
    )  # fmt: skip
    rules: dict[str, dict[str, Any]] = _option(
        {}, "the options of a rule, under its code or name", variable=False
    )
    extend: str = _option("", "a configuration file that this one builds on", variable=False, paths="file")
    locked: tuple[str, ...] = _option(
        (), "options of the site, or entries of a table as severity.DEF901, that nobody may override",
        variable=False, set_by="site", adds=True,
    )  # fmt: skip

    origins: Mapping[str, Origin] = {}
    files: tuple[str, ...] = ()

    @property
    def names_rules(self) -> bool:
        """Whether any option names a rule, so that there is something to check against the rules there are."""
        lists = (self.select, self.extend_select, self.ignore, self.host_ignore, self.no_ignores)
        return any((*lists, self.per_file_ignores, self.severity, self.rules, self.locked))

    def origin(self, path: str) -> Origin:
        """Where the value of an option, or of an entry of it, comes from."""
        return self.origins.get(path) or self.origins.get(path.partition(".")[0]) or DEFAULT


class Origin(NamedTuple):
    """Where a value comes from: the layer, and in it the file, variable or flag; `line` 0 is unknown.

    `rank` tells which of two origins lies higher; 0 is the default.
    """

    layer: Literal["default", "site", "user", "project", "environment", "flag"]
    where: str = ""
    line: int = 0
    rank: int = 0

    def __str__(self) -> str:
        if self.layer == "default":
            return "default"
        return f"{self.where}:{self.line}" if self.line else self.where


DEFAULT = Origin("default")


class SettingsProblem(NamedTuple):
    """One thing that is wrong with the configuration, in words for the user, and where it stands."""

    message: str
    origin: Origin

    def __str__(self) -> str:
        place = "" if self.origin.layer == "default" else f"{self.origin}: "
        return escape(f"{place}{self.message}")


class SettingsError(Exception):
    """A configuration that cannot be used; `problems` are all that were found, not the first only."""

    def __init__(self, problems: Iterable[SettingsProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


OPTIONS: dict[str, SettingOption] = {
    name: option for name, option in Settings._field_defaults.items() if isinstance(option, SettingOption)
}
"""Every option by the name of its field."""


def default_settings() -> Settings:
    """The settings where nothing is configured."""
    return Settings(**{name: option.default for name, option in OPTIONS.items()})


def variable_of(name: str) -> str:
    """The environment variable that sets an option, empty if there is none."""
    return f"SIFCHECK_{name.upper()}" if OPTIONS[name].variable else ""


SHORT_FLAGS = {"jobs": "-j", "quiet": "-q"}


def add_flags(parser: ArgumentParser | _ArgumentGroup, only: Collection[str] | None = None) -> None:
    """Give a parser the flags of all options, or of some; what is not given stays None, as `Configuration` wants it.

    The values stay text: they are read, and what is wrong with them is reported, by the same code as the
    variables'.
    """
    for name, option in OPTIONS.items():
        if not option.flag or (only is not None and name not in only):
            continue
        flags = [option.flag] if name not in SHORT_FLAGS else [SHORT_FLAGS[name], option.flag]
        text = option.help.replace("%", "%%")
        if isinstance(option.default, bool):
            parser.add_argument(*flags, dest=name, action="store_true", default=None, help=text)
            continue
        metavar = option.metavar or "|".join(option.values)
        action = "append" if isinstance(option.default, (tuple, dict)) else "store"
        parser.add_argument(*flags, dest=name, action=action, default=None, metavar=metavar, help=text)


def shown_settings(settings: Settings) -> list[tuple[str, str, str]]:
    """All options for `--show-settings`: the key, the value as TOML, and where it comes from."""
    rows = []
    for name, option in OPTIONS.items():
        value = getattr(settings, name)
        key = key_of(name)
        if isinstance(option.default, dict) and value:
            for word, entry in value.items():
                path = f"{name}.{word}"
                if isinstance(entry, dict):
                    for option_name, setting in entry.items():
                        origin = settings.origin(f"{path}.{option_name}")
                        rows.append((f"{key}.{word}.{option_name}", toml_text(setting), str(origin)))
                else:
                    rows.append((f"{key}.{word}", toml_text(entry), str(settings.origin(path))))
        else:
            rows.append((key, toml_text(value), str(settings.origin(name))))
    return [(escape(key), value, escape(origin)) for key, value, origin in rows]
