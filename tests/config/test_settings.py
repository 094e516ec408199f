"""The layers of settings: where values come from, which one holds, what a site locks, what is told."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import pytest

from sifcheck.base.typed_toml import key_of
from sifcheck.config.layers import Configuration
from sifcheck.config.settings import (
    OPTIONS,
    Origin,
    Settings,
    SettingsError,
    SettingsProblem,
    add_flags,
    default_settings,
    shown_settings,
    variable_of,
)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


class Place:
    """A home, a site and a project in a temporary folder, and the settings that hold there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.project = root / "project"
        self.project.mkdir()
        self.site = root / "etc/sifcheck.toml"
        self.environment = {"HOME": str(root / "home")}

    def file(self, text: str, name: str = "sifcheck.toml") -> Path:
        return write(self.project / name, text)

    def site_file(self, text: str) -> Path:
        return write(self.site, text)

    def user_file(self, text: str) -> Path:
        return write(self.root / "home/.config/sifcheck/sifcheck.toml", text)

    def configuration(self, flags: dict[str, Any] | None = None, **more: Any) -> Configuration:
        more = {"environment": self.environment, "site_file": str(self.site), **more}
        return Configuration(flags, **more)

    def settings(self, flags: dict[str, Any] | None = None, **more: Any) -> Settings:
        return self.configuration(flags, **more).for_file("x.def")

    def problems(self, flags: dict[str, Any] | None = None, **more: Any) -> list[str]:
        with pytest.raises(SettingsError) as caught:
            self.settings(flags, **more)
        assert str(caught.value) == "\n".join(map(str, caught.value.problems))
        return [str(problem).replace(f"{self.root}/", "") for problem in caught.value.problems]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place(tmp_path)
    monkeypatch.chdir(made.project)
    return made


class TestTable:
    def test_every_field_is_an_option_with_a_meaning(self) -> None:
        assert set(Settings._fields) - set(OPTIONS) == {"origins", "files"}
        for name, option in OPTIONS.items():
            assert option.help, name
            assert option.default in option.values or not option.values or isinstance(option.default, dict), (
                name
            )
            assert not (option.pattern and not option.form), name
            assert option.adds <= isinstance(option.default, tuple), name

    def test_flags_and_variables_are_each_there_once(self) -> None:
        flags = [option.flag for option in OPTIONS.values() if option.flag]
        assert len(flags) == len(set(flags))
        assert variable_of("min_confidence") == "SIFCHECK_MIN_CONFIDENCE"
        assert variable_of("rules") == ""
        assert key_of("min_confidence") == "min-confidence"

    def test_nothing_configured(self, place: Place) -> None:
        settings = place.settings()
        assert settings == default_settings()
        assert settings.origin("profile") == Origin("default")
        assert settings.files == ()

    def test_parser(self, place: Place) -> None:
        parser = argparse.ArgumentParser()
        add_flags(parser)
        assert set(vars(parser.parse_args([])).values()) == {None}
        words = "--select DEF1,DEF2 --select JOB -j 3 -q --build-arg A=1,2 --build-arg B= "
        words += "--severity DEF401=error --output json:a,b.json --profile strict "
        words += "--fail-level never --no-shellcheck"
        settings = place.settings(vars(parser.parse_args(words.split())))
        assert settings.select == ("DEF1", "DEF2", "JOB")
        assert (settings.jobs, settings.quiet, settings.no_shellcheck, settings.online) == (
            3,
            True,
            True,
            False,
        )
        assert settings.build_args == {"A": "1,2", "B": ""}
        assert settings.severity == {"DEF401": "error"}
        assert settings.outputs == ("json:a,b.json",)
        assert (settings.profile, settings.fail_level) == ("strict", "never")
        assert settings.origin("profile") == Origin("flag", "--profile", 0, settings.origin("profile").rank)
        assert parser.format_help()


class TestLayers:
    def test_the_higher_one_holds(self, place: Place) -> None:
        def value() -> tuple[str, str]:
            settings = place.settings()
            return settings.profile, settings.origin("profile").layer

        place.site_file('profile = "minimal"')
        assert value() == ("minimal", "site")
        place.environment["SIFCHECK_SITE_CONFIG"] = str(
            write(place.root / "module.toml", 'profile = "strict"')
        )
        assert value() == ("strict", "site")
        place.user_file('profile = "minimal"')
        assert value() == ("minimal", "user")
        place.file('profile = "standard"')
        assert value() == ("standard", "project")
        place.environment["SIFCHECK_PROFILE"] = "strict"
        assert value() == ("strict", "environment")
        settings = place.settings({"profile": "minimal"})
        assert (settings.profile, str(settings.origin("profile"))) == ("minimal", "--profile")
        assert settings.files == (
            str(place.site),
            str(place.root / "module.toml"),
            str(place.root / "home/.config/sifcheck/sifcheck.toml"),
            "sifcheck.toml",
        )

    def test_tables_go_entry_by_entry_in_the_order_of_the_layers(self, place: Place) -> None:
        place.site_file(
            '[severity]\nDEF4 = "info"\nDEF101 = "info"\n[rules.DEF201]\nallowed = ["a"]\nstrict = true\n'
        )
        place.file('[severity]\nDEF4 = "error"\n[rules.DEF201]\nallowed = ["b"]\n')
        settings = place.settings({"severity": ["DEF401=warning"]})
        assert list(settings.severity.items()) == [
            ("DEF101", "info"),
            ("DEF4", "error"),
            ("DEF401", "warning"),
        ]
        assert settings.rules == {"DEF201": {"allowed": ["b"], "strict": True}}
        assert settings.origin("severity.DEF101").layer == "site"
        assert (settings.origin("severity.DEF4").layer, settings.origin("severity.DEF4").line) == (
            "project",
            2,
        )
        assert settings.origin("rules.DEF201.allowed").line == 4
        assert settings.origin("rules.DEF201.strict").layer == "site"

    def test_lists(self, place: Place) -> None:
        place.site_file('ignore = ["A", "B"]\nexclude = ["old"]\nno-ignores = ["X"]')
        place.file('ignore = ["C", "A"]\nexclude = ["new"]\nno-ignores = ["Y"]')
        settings = place.settings({"ignore": ["D"]})
        assert settings.ignore == ("B", "C", "A", "D")
        assert settings.exclude == ("new",)
        assert settings.no_ignores == ("X", "Y")
        assert [settings.origin(f"ignore.{word}").layer for word in "BCAD"] == [
            "site",
            "project",
            "project",
            "flag",
        ]

    def test_select_starts_anew(self, place: Place) -> None:
        place.file('ignore = ["DEF201"]\nextend-select = ["DEF9"]\nselect = ["DEF1"]')
        settings = place.settings()
        assert (settings.select, settings.ignore, settings.extend_select) == (
            ("DEF1",),
            ("DEF201",),
            ("DEF9",),
        )
        settings = place.settings({"select": ["DEF2"], "ignore": ["DEF202"]})
        assert (settings.select, settings.ignore, settings.extend_select) == (("DEF2",), ("DEF202",), ())
        assert settings.origin("ignore").layer == "flag"
        assert settings.origin("ignore.DEF201").layer == "flag"

    def test_the_opposite_of_what_a_lower_layer_says(self, place: Place) -> None:
        place.file('ignore = ["DEF201", "DEF4"]\nextend-select = ["DEF9"]')
        settings = place.settings({"extend_select": ["DEF201"], "ignore": ["DEF9"]})
        assert (settings.ignore, settings.extend_select) == (("DEF4", "DEF9"), ("DEF201",))
        # Both in one layer: that is for the selection to weigh.
        settings = place.settings({"extend_select": ["JOB"], "ignore": ["JOB"]})
        assert ("JOB" in settings.ignore, "JOB" in settings.extend_select) == (True, True)

    def test_an_empty_list_replaces(self, place: Place) -> None:
        place.file('select = ["DEF1"]')
        assert place.settings({"select": [""]}).select == ()

    def test_paths_are_from_the_folder_of_their_file(self, place: Place) -> None:
        text = 'host = "h.json"\nbaseline = "b.json"\nexclude = ["a/*.def", "name"]\n'
        text += '[per-file-ignores]\n"x/*.def" = ["A"]\n'
        place.file(text)
        write(place.project / "sub/x.def", "")
        os.chdir(place.project / "sub")
        settings = place.settings()
        project = str(place.project)
        assert (settings.host, settings.baseline) == (f"{project}/h.json", f"{project}/b.json")
        assert settings.exclude == (f"{project}/a/*.def", "name")
        assert settings.per_file_ignores == {f"{project}/x/*.def": ("A",)}
        flags = place.settings({"exclude": ["c/d,e"], "baseline": "f.json", "host": "auto"})
        assert flags.exclude == (f"{project}/sub/c/d", "e")
        assert (flags.baseline, flags.host) == ("f.json", "auto")
        place.file('host = "none"\n')
        assert place.settings().host == "none"
        place.user_file('outputs = ["json:o.json"]\nrule-files = ["~/r.py", "/r.py", "s.py"]')
        home = f"{place.root}/home/.config/sifcheck"
        assert place.settings().outputs == (f"json:{home}/o.json",)
        assert place.settings().rule_files[1:] == ("/r.py", f"{home}/s.py")
        assert place.settings().rule_files[0] == os.path.expanduser("~/r.py")

    def test_a_folder_of_braces(self, place: Place) -> None:
        folder = place.project / "a[b]*"
        write(folder / "sifcheck.toml", 'exclude = ["x/y"]')
        (exclude,) = place.configuration().for_folder(str(folder)).exclude
        assert exclude == f"{place.project}/a[[]b][*]/x/y"


class TestSearch:
    def test_the_nearest_by_file(self, place: Place) -> None:
        place.file("jobs = 1")
        write(place.project / "a/b/sifcheck.toml", "jobs = 2")
        write(place.project / "a/pyproject.toml", "[tool.black]\nline-length = 99\n# not of sifcheck\n")
        configuration = place.configuration()
        assert configuration.for_file("x.def").jobs == 1
        assert configuration.for_file("a/x.def").jobs == 1
        assert configuration.for_file("a/b/x.def").jobs == 2
        assert configuration.for_file("a/b/c/d/x.def").jobs == 2
        assert configuration.for_folder("a/b") is configuration.for_file(str(place.project / "a/b/y.def"))
        assert configuration.for_folder() is configuration.for_folder("a")

    def test_pyproject(self, place: Place) -> None:
        place.file(
            '[project]\nname = "sifcheck-user"\n\n[tool.sifcheck]\njobs = 2\nseverity.DEF401 = "info"\n',
            "pyproject.toml",
        )
        settings = place.settings()
        assert (settings.jobs, settings.severity) == (2, {"DEF401": "info"})
        assert str(settings.origin("jobs")) == "pyproject.toml:5"
        assert str(settings.origin("severity.DEF401")) == "pyproject.toml:6"
        place.file("jobs = 3")
        assert place.settings().jobs == 3

    def test_config_replaces_the_search_and_the_users_own_file(self, place: Place) -> None:
        place.user_file("jobs = 1\nquiet = true")
        place.file("jobs = 2\nstatistics = true")
        place.site_file("no-cache = true")
        named = write(place.root / "ci.toml", 'jobs = 3\nrule-files = ["r.py"]\n')
        settings = place.settings(config=str(named))
        assert (settings.jobs, settings.quiet, settings.statistics, settings.no_cache) == (
            3,
            False,
            False,
            True,
        )
        assert settings.rule_files == (f"{place.root}/r.py",)
        assert place.problems(config="nope.toml") == ["--config: the file 'nope.toml' is not there"]
        place.file("[tool.other]\n", "pyproject.toml")
        assert place.problems(config="pyproject.toml") == [
            "--config: the file 'pyproject.toml' has no table tool.sifcheck"
        ]
        assert place.problems(config=str(place.root)) == [
            ": it is no plain file".replace(":", f"{place.root}:", 1)
        ]

    def test_isolated(self, place: Place) -> None:
        place.site_file("jobs = 1")
        place.user_file("quiet = true")
        place.file("slect = 1")
        place.environment["SIFCHECK_PROFILE"] = "nonsense"
        settings = place.settings({"statistics": True}, isolated=True)
        assert settings.files == (str(place.site),)
        assert settings._replace(origins={}, files=()) == default_settings()._replace(statistics=True)

    def test_users_file(self, place: Place) -> None:
        place.environment["XDG_CONFIG_HOME"] = str(place.root / "xdg")
        write(place.root / "xdg/sifcheck/sifcheck.toml", "jobs = 4")
        assert place.settings().jobs == 4
        place.environment["XDG_CONFIG_HOME"] = "relative"
        place.user_file("jobs = 5")
        assert place.settings().jobs == 5
        place.environment.clear()
        assert place.settings().jobs == 0

    def test_a_site_file_that_was_named_must_be_there(self, place: Place) -> None:
        place.environment["SIFCHECK_SITE_CONFIG"] = "nowhere.toml"
        assert place.problems() == ["SIFCHECK_SITE_CONFIG: the file 'nowhere.toml' is not there"]

    def test_a_removed_current_folder(self, place: Place) -> None:
        gone = place.root / "gone"
        gone.mkdir()
        os.chdir(gone)
        gone.rmdir()
        assert place.settings().jobs == 0


class TestLocks:
    def test_an_attempt_is_told(self, place: Place) -> None:
        place.site_file('profile = "strict"\n'
                        'locked = ["profile", "severity.DEF901", "rules.DEF201.allowed", "online"]\n'
                        '[severity]\nDEF901 = "error"\n[rules.DEF201]\nallowed = ["9"]\n')  # fmt: skip
        place.file(
            'profile = "minimal"\n[severity]\nDEF901 = "info"\nDEF101 = "info"\n'
            "[rules.DEF201]\nallowed = []\nother = 1\n"
        )
        place.environment["SIFCHECK_ONLINE"] = "yes"
        assert place.problems({"profile": "standard", "severity": ["DEF901=warning"]}) == [
            "sifcheck.toml:1: profile is locked by etc/sifcheck.toml:2 and cannot be set here",
            "sifcheck.toml:3: severity.DEF901 is locked by etc/sifcheck.toml:2 and cannot be set here",
            "sifcheck.toml:6: rules.DEF201.allowed is locked by etc/sifcheck.toml:2 and cannot be set here",
            "SIFCHECK_ONLINE: online is locked by etc/sifcheck.toml:2 and cannot be set here",
            "--profile: profile is locked by etc/sifcheck.toml:2 and cannot be set here",
            "--severity: severity.DEF901 is locked by etc/sifcheck.toml:2 and cannot be set here",
        ]

    def test_the_same_value_is_no_attempt(self, place: Place) -> None:
        place.site_file(
            'profile = "strict"\nignore = ["A"]\nseverity.X = "info"\n'
            'locked = ["profile", "severity", "ignore"]\n'
        )
        place.file('profile = "strict"\nignore = ["A"]\nseverity.X = "info"')
        settings = place.settings()
        assert (settings.profile, settings.ignore, settings.severity) == ("strict", ("A",), {"X": "info"})
        assert settings.origin("profile").layer == "site"
        place.file('severity.Y = "info"\nignore = ["B"]')
        assert len(place.problems()) == 2

    def test_an_etc_lock_binds_the_other_site_file(self, place: Place) -> None:
        place.site_file('locked = ["jobs"]')
        module = write(place.root / "module.toml", "jobs = 3\nlocked = ['quiet']")
        place.environment["SIFCHECK_SITE_CONFIG"] = str(module)
        assert place.problems() == [
            "module.toml:1: jobs is locked by etc/sifcheck.toml:1 and cannot be set here"
        ]
        module.write_text("locked = ['quiet']")
        assert place.problems({"quiet": True}) == [
            "--quiet: quiet is locked by module.toml:1 and cannot be set here"
        ]

    def test_locked_lists_outlive_a_new_selection_and_its_opposite(self, place: Place) -> None:
        place.site_file('extend-select = ["DEF9"]\nlocked = ["extend-select"]')
        assert place.settings({"select": ["DEF1"]}).extend_select == ("DEF9",)
        assert place.problems({"ignore": ["DEF9"]}) == [
            "--ignore: extend-select is locked by etc/sifcheck.toml:2 and cannot be set here"
        ]
        assert place.problems({"extend_select": ["DEF8"]}) == [
            "--extend-select: extend-select is locked by etc/sifcheck.toml:2 and cannot be set here"
        ]

    def test_isolated_keeps_what_is_locked(self, place: Place) -> None:
        place.site_file(
            'jobs = 1\nprofile = "strict"\nno-ignores = ["DEF901"]\n'
            'locked = ["profile", "severity.A", "rules.R.a"]\n'
            '[severity]\nA = "error"\nB = "error"\n[rules.R]\na = 1\nb = 2\n[rules.S]\na = 1\n'
        )
        settings = place.settings(isolated=True)
        assert (settings.jobs, settings.profile, settings.no_ignores) == (0, "strict", ("DEF901",))
        assert (settings.severity, settings.rules) == ({"A": "error"}, {"R": {"a": 1}})
        assert len(place.problems({"profile": "minimal"}, isolated=True)) == 1

    def test_unknown_locks(self, place: Place) -> None:
        place.site_file(
            'locked = ["profil", "profile.x", "severity.", "extend", "min_confidence", "severity.DEF1"]'
        )
        assert place.problems() == [
            "etc/sifcheck.toml:1: locked: unknown option 'profil'; did you mean 'profile'?",
            "etc/sifcheck.toml:1: locked: 'profile.x': profile is no table; lock it as a whole",
            "etc/sifcheck.toml:1: locked: 'severity.': severity needs a word after the dot",
            "etc/sifcheck.toml:1: locked: unknown option 'extend'; did you mean 'extend-select'?",
            "etc/sifcheck.toml:1: locked: unknown option 'min_confidence'; did you mean 'min-confidence'?",
        ]


class TestProblems:
    def test_all_are_told_with_their_places(self, place: Place) -> None:
        place.site_file("sites = 1")
        place.file('slect = ["DEF1"]\n\njobs = -1\n[severity]\nDEF401 = "eror"\n')
        place.environment |= {"SIFCHECK_QUIET": "maybe", "SIFCHECK_PROFIL": "strict"}
        assert place.problems({"jobs": "many", "severity": ["DEF1"], "site": "a b"}) == [
            "etc/sifcheck.toml:1: unknown option 'sites'; did you mean 'site'?",
            "SIFCHECK_PROFIL: unknown variable; did you mean SIFCHECK_PROFILE?",
            "SIFCHECK_QUIET: true or false is wanted, not the text 'maybe'",
            "--jobs: a whole number is wanted, not the text 'many'",
            "--severity: 'DEF1' has not the form NAME=VALUE",
            "--site: 'a b' has not the form auto, none or NAME, with :login, :compute or :prepost after the name",
            "sifcheck.toml:1: unknown option 'slect'; did you mean 'select'?",
            "sifcheck.toml:3: jobs: -1 is too small: 0 or more is wanted",
            "sifcheck.toml:5: severity.DEF401: 'eror' is not known; did you mean 'error'?",
        ]

    def test_variables_that_are_nobodys_mistake(self, place: Place) -> None:
        for name in ("ROOT", "HOME", "DIR", "VERSION", "CORPUS", "RANDOM_FILES", "RANDOM_SEED", "MODULE"):
            place.environment[f"SIFCHECK_{name}"] = "/opt/sifcheck"
        place.environment["SIFCHECK_JOBS"] = ""
        assert place.settings() == default_settings()

    @pytest.mark.parametrize(
        ("variable", "text", "field", "value"),
        [
            ("QUIET", "1", "quiet", True),
            ("QUIET", "No", "quiet", False),
            ("SELECT", "DEF1, DEF2,", "select", ("DEF1", "DEF2")),
            ("SEVERITY", "DEF1=info,JOB=error", "severity", {"DEF1": "info", "JOB": "error"}),
            ("JOBS", " 12 ", "jobs", 12),
            ("RULE_FILES", "/a:/b", "rule_files", ("/a", "/b")),
            ("SITE", "fugaku:login", "site", "fugaku:login"),
            ("ARCH", "aarch64", "arch", "aarch64"),
            ("TARGET", "apptainer-1.4,singularity-ce-4.1", "target", "apptainer-1.4,singularity-ce-4.1"),
            ("ONLINE", "true", "online", True),
        ],
    )
    def test_variables(self, place: Place, variable: str, text: str, field: str, value: object) -> None:
        place.environment[f"SIFCHECK_{variable}"] = text
        settings = place.settings()
        assert getattr(settings, field) == value
        assert str(settings.origin(field)) == f"SIFCHECK_{variable}"

    @pytest.mark.parametrize(
        "key", ["rule-files = ['r.py']", "online = true", "outputs = ['json:x']", "locked = ['jobs']"]
    )
    def test_what_a_checkout_may_not_say(self, place: Place, key: str) -> None:
        place.file(key)
        (problem,) = place.problems()
        assert problem.startswith(f"sifcheck.toml:1: {key.partition(' ')[0]}: ")
        place.file(f"[tool.sifcheck]\n{key}", "pyproject.toml")
        (place.project / "sifcheck.toml").unlink()
        assert len(place.problems()) == 1
        (place.project / "pyproject.toml").unlink()
        place.site_file(key)
        assert place.settings()

    def test_a_file_that_a_checkouts_file_builds_on_has_no_more_say(self, place: Place) -> None:
        write(place.root / "other.toml", 'rule-files = ["r.py"]')
        place.file('extend = "../other.toml"')
        assert len(place.problems()) == 1
        place.user_file(f"extend = '{place.root}/other.toml'")
        place.file("")
        assert place.settings().rule_files == (f"{place.root}/r.py",)

    def test_no_control_character_gets_out(self, place: Place) -> None:
        place.file(
            '"\\u001b[31mselect" = 1\n[severity]\n"\\u202eDEF" = "\\u0007"\n'
            '[rules."a\\u001bb"]\nx = "\\u009b"\n'
        )
        with pytest.raises(SettingsError) as caught:
            place.settings()
        assert str(caught.value).replace("\n", "").isprintable()
        place.file('[rules."a\\u001bb"]\nx = "\\u009b\\ud7ff"\n')
        text = "".join(part for row in shown_settings(place.settings()) for part in row)
        assert text.isprintable()

    def test_a_problem_without_a_place(self) -> None:
        assert str(SettingsProblem("wrong\x1b", Origin("default"))) == "wrong\\x1b"


def test_shown_settings(place: Place) -> None:
    place.file(
        'profile = "strict"\nignore = ["A"]\n[severity]\n"DEF401" = "info"\n'
        '[rules.DEF201]\nallowed = ["a\\"b"]\n'
    )
    rows = {key: (value, origin) for key, value, origin in shown_settings(place.settings({"jobs": "2"}))}
    assert rows["profile"] == ('"strict"', "sifcheck.toml:1")
    assert rows["ignore"] == ('["A"]', "sifcheck.toml:2")
    assert rows["severity.DEF401"] == ('"info"', "sifcheck.toml:4")
    assert rows["rules.DEF201.allowed"] == ('["a\\"b"]', "sifcheck.toml:6")
    assert rows["jobs"] == ("2", "--jobs")
    assert rows["select"] == ("[]", "default")
    assert rows["build-args"] == ("{}", "default")
