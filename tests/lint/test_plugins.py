"""Plugins: how installed ones are found, and that one that fails is named while the others are loaded."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from textwrap import dedent

import pytest
from lint.made_up import good_rule, rule_file

from sifcheck.lint.plugins import (
    GROUP,
    Loaded,
    Plugin,
    hookimpl,
    installed_plugins,
    load,
    load_rule_file,
    say,
)


@pytest.fixture(autouse=True)
def clean_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Modules that a test makes up are forgotten after it."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith(("pack_", "sifcheck_rule_file_")):
            del sys.modules[name]


def distribution(folder: Path, name: str, entries: str | None, version: str = "1.0") -> Path:
    """A made-up installed distribution: its dist-info with these entry points."""
    made = folder / f"{name}-{version}.dist-info"
    made.mkdir(parents=True)
    (made / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    if entries is not None:
        (made / "entry_points.txt").write_text(dedent(entries))
    return made


def pack(folder: Path, name: str, *parts: str) -> Plugin:
    """A made-up module of a pack in a folder of the path, and the plugin that it is."""
    path = rule_file(folder, "from sifcheck.api import hookimpl", *parts, name=f"{name}.py")
    sys.path.insert(0, str(folder))
    return Plugin(name.removeprefix("pack_"), path.stem, f"dist_{name}", "1.0")


OFFERS_ITSELF = """
@hookimpl
def register_rules(register):
    import sys
    register(sys.modules[__name__])
"""


def loaded_codes(loaded: Loaded) -> list[str]:
    return [rule.code for rule in loaded.registry if not rule.code.startswith("SIF")]


# -- the scan


def test_entry_points_are_read(tmp_path: Path) -> None:
    distribution(
        tmp_path,
        "our_rules",
        """
        [console_scripts]
        ours = our_rules.cli:main

        [sifcheck]
        # a comment = not.one
        ours = our_rules
        sites=our_sites.fugaku

        [other]
        sifcheck = wrong
        """,
        "2.1.dev0",
    )
    assert installed_plugins([str(tmp_path)]) == [
        Plugin("ours", "our_rules", "our_rules", "2.1.dev0"),
        Plugin("sites", "our_sites.fugaku", "our_rules", "2.1.dev0"),
    ]


def test_what_is_no_plugin_is_passed_over(tmp_path: Path) -> None:
    distribution(tmp_path, "plain", None)
    distribution(tmp_path, "scripts", "[console_scripts]\nx = sifcheck:main\n")
    distribution(tmp_path, "latin", "[sifcheck]\nx = y\n")
    (tmp_path / "latin-1.0.dist-info/entry_points.txt").write_bytes(b"[sifcheck]\nx = \xff\n")
    (tmp_path / "our_rules.egg-info").mkdir()
    (tmp_path / "file.dist-info").write_text("no folder")
    assert (
        installed_plugins([str(tmp_path), str(tmp_path / "missing"), str(tmp_path / "file.dist-info")]) == []
    )


def test_of_a_distribution_that_is_there_twice_the_first_on_the_path_counts(tmp_path: Path) -> None:
    distribution(tmp_path / "venv", "our_rules", "[sifcheck]\nours = new\n", "2.0")
    distribution(tmp_path / "system", "our_rules", "[sifcheck]\nours = old\nmore = older\n", "1.0")
    distribution(tmp_path / "system", "theirs", "[sifcheck]\ntheirs = theirs\n")
    found = installed_plugins([str(tmp_path / "venv"), str(tmp_path / "system"), str(tmp_path / "venv")])
    assert [(plugin.name, plugin.module) for plugin in found] == [("ours", "new"), ("theirs", "theirs")]


def test_one_without_plugins_hides_an_older_one_with_some(tmp_path: Path) -> None:
    distribution(tmp_path / "venv", "our_rules", None, "2.0")
    distribution(tmp_path / "system", "Our_Rules", "[sifcheck]\nours = old\n", "1.0")
    assert installed_plugins([str(tmp_path / "venv"), str(tmp_path / "system")]) == []


def test_what_a_checkout_holds_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m` puts the current folder on the path, which may be anybody's."""
    distribution(tmp_path, "evil", "[sifcheck]\nevil = evil\n")
    monkeypatch.chdir(tmp_path)
    for here in ("", ".", str(tmp_path)):
        monkeypatch.setattr(sys, "path", [here])
        assert installed_plugins() == []
    monkeypatch.chdir("/")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert [plugin.name for plugin in installed_plugins()] == ["evil"]


def test_the_scan_finds_what_importlib_finds() -> None:
    found = {(plugin.name, plugin.module) for plugin in installed_plugins()}
    assert found == {(entry.name, entry.value) for entry in entry_points(group=GROUP)}


@pytest.mark.parametrize(
    ("name", "own"), [("sifcheck", True), ("sifcheck_fugaku", False), ("our_rules", False)]
)
def test_own(name: str, own: bool) -> None:
    assert Plugin("x", "x", name, "1.0").own is own


# -- loading


def test_rules_of_a_plugin(tmp_path: Path) -> None:
    plugin = pack(tmp_path, "pack_one", OFFERS_ITSELF, good_rule("OUR001", "telnet"))
    loaded = load([plugin])
    assert loaded_codes(loaded) == ["OUR001"]
    assert loaded.registry.problems == []
    assert loaded.plugins == (plugin,)
    (rule,) = (rule for rule in loaded.registry if rule.code == "OUR001")
    assert rule.plugin == "one"


RAISES = {
    "at import": ('raise RuntimeError("no\\nlicence")', ["RuntimeError: no licence", "pack_raises.py:"]),
    "by leaving": ("import sys\nsys.exit(3)", ["SystemExit: 3", "pack_raises.py:"]),
    "for want of a module": ("import not_there_at_all", ["ModuleNotFoundError", "not_there_at_all", "pack_raises.py:"]),
    "for its syntax": ("def broken(:\n    pass", ["SyntaxError", "pack_raises.py:"]),
    "in a hook": ("@hookimpl\ndef register_rules(register):\n    return 1 / 0", ["ZeroDivisionError", "pack_raises.py:"]),
    "for a hook's parameter": ("@hookimpl\ndef register_rules(registre):\n    pass", ["registre"]),
    "for a hook's name": ("@hookimpl\ndef register_rule(register):\n    pass", ["register_rule"]),
    "for want of a hook": ("def register_rules(register):\n    pass", ["offers nothing", "@hookimpl"]),
    "for what it offers": ("@hookimpl\ndef register_rules(register):\n    register(3)", ["TypeError"]),
}  # fmt: skip


@pytest.mark.parametrize("raises", RAISES)
def test_a_plugin_that_fails_is_named_and_the_others_are_loaded(raises: str, tmp_path: Path) -> None:
    text, words = RAISES[raises]
    plugins = [
        pack(tmp_path, "pack_one", OFFERS_ITSELF, good_rule("OUR001", "telnet")),
        pack(tmp_path, "pack_raises", text),
        pack(tmp_path, "pack_two", OFFERS_ITSELF, good_rule("THEIR001", "ftp")),
    ]
    loaded = load(plugins)
    assert loaded_codes(loaded) == ["OUR001", "THEIR001"]
    (problem,) = loaded.registry.problems
    assert problem.plugin == "raises"
    for word in words:
        assert word in problem.why
    assert "\n" not in problem.why
    # The place is the author's, not one of ours.
    assert "plugins.py" not in problem.why


def test_a_module_that_is_not_there() -> None:
    loaded = load([Plugin("gone", "pack_that_is_gone", "gone", "1.0")])
    (problem,) = loaded.registry.problems
    assert "ModuleNotFoundError" in problem.why


def test_what_a_plugin_gave_before_it_failed_stays(tmp_path: Path) -> None:
    late = "@hookimpl\ndef register_formats(register):\n    raise OSError('late')"
    loaded = load([pack(tmp_path, "pack_late", OFFERS_ITSELF, good_rule("OUR001", "telnet"), late)])
    assert loaded_codes(loaded) == ["OUR001"]
    assert "OSError: late" in loaded.registry.problems[0].why


def test_a_plugin_with_one_broken_rule(tmp_path: Path) -> None:
    broken = '@rule("OUR002", severity="eror", message="x")\ndef broken(script: Script):\n    "About."'
    good = [good_rule("OUR001", "telnet"), good_rule("OUR003", "ftp")]
    loaded = load([pack(tmp_path, "pack_one", OFFERS_ITSELF, good[0], broken, good[1])])
    assert loaded_codes(loaded) == ["OUR001", "OUR003"]
    (problem,) = loaded.registry.problems
    assert f"{tmp_path / 'pack_one.py'}:" in problem.why
    assert "did you mean 'error'?" in problem.why


def test_sifchecks_own_packs_come_first(tmp_path: Path) -> None:
    """Whatever the order of the path: the code is ours, and the later one is left out."""
    own = pack(tmp_path, "pack_own", OFFERS_ITSELF, good_rule("OUR001", "telnet"))._replace(
        distribution="sifcheck"
    )
    theirs = pack(tmp_path, "pack_theirs", OFFERS_ITSELF, good_rule("OUR001", "ftp"))
    loaded = load([theirs, own])
    rule = loaded.registry.find("OUR001")
    assert rule is not None
    assert rule.plugin == "own"
    (problem,) = loaded.registry.problems
    assert problem.plugin == "theirs"
    assert "OUR001 is taken by own" in problem.why


def test_two_plugins_of_one_name(tmp_path: Path) -> None:
    first = pack(tmp_path, "pack_one", OFFERS_ITSELF, good_rule("OUR001", "telnet"))
    second = pack(tmp_path, "pack_two", OFFERS_ITSELF, good_rule("THEIR001", "ftp"))._replace(name="one")
    loaded = load([first, second])
    assert loaded_codes(loaded) == ["OUR001"]
    (problem,) = loaded.registry.problems
    assert problem.plugin == "one"
    assert "another plugin of that name comes with dist_pack_one" in problem.why


def test_an_entry_point_can_name_something_in_a_module(tmp_path: Path) -> None:
    text = """
    class Inner:
        class Hooks:
            @staticmethod
            @hookimpl
            def register_sites(register):
                register("/opt/site.toml")
    """
    plugin = pack(tmp_path, "pack_one", text)
    for place in ("pack_one:Inner.Hooks", "pack_one : Inner.Hooks [extra]"):
        loaded = load([plugin._replace(module=place)])
        assert loaded.registry.problems == []
        assert loaded.sites == (("one", "/opt/site.toml"),)


def test_every_hook_is_called(tmp_path: Path) -> None:
    text = """
    from pathlib import Path

    def form(results, *, color, width):
        return "nothing"

    def look():
        return {}

    @hookimpl
    def register_formats(register):
        register("nothing", form)

    @hookimpl
    def register_probes(register):
        register("clock", look)

    @hookimpl
    def register_sites(register):
        register(Path("/opt/site.toml"))
    """
    loaded = load([pack(tmp_path, "pack_one", OFFERS_ITSELF, good_rule("OUR001", "telnet"), text)])
    assert loaded.registry.problems == []
    assert loaded_codes(loaded) == ["OUR001"]
    assert loaded.formats["nothing"](None, color=False, width=80) == "nothing"
    assert loaded.probes["clock"]() == {}
    assert loaded.sites == (("one", "/opt/site.toml"),)


def test_a_format_that_two_plugins_bring(tmp_path: Path) -> None:
    text = '@hookimpl\ndef register_formats(register):\n    register("ours", {value})'
    first, second = (pack(tmp_path, f"pack_{n}", text.format(value=n)) for n in (1, 2))
    loaded = load([first, second])
    assert loaded.formats == {"ours": 1}
    (problem,) = loaded.registry.problems
    assert problem.plugin == "2"
    assert "format 'ours' is taken" in problem.why


def test_the_general_pack_is_a_plugin_like_any_other() -> None:
    loaded = load()
    assert loaded.registry.problems == []
    assert any(plugin.module == "sifcheck_rules" and plugin.own for plugin in loaded.plugins)
    assert {"general", "sifcheck"} <= {rule.plugin for rule in loaded.registry}
    # The Fugaku pack brings a site file.
    brings = {rule.plugin for rule in loaded.registry} | {name for name, _ in loaded.sites}
    assert brings == {plugin.name for plugin in loaded.plugins} | {"sifcheck"}


# -- rule files


def test_a_rule_file(tmp_path: Path) -> None:
    path = str(rule_file(tmp_path, good_rule("OUR001", "telnet")))
    loaded = load([], [path])
    assert loaded_codes(loaded) == ["OUR001"]
    rule = loaded.registry.find("OUR001")
    assert rule is not None
    assert (rule.plugin, rule.file) == (path, path)


def test_a_rule_file_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    load_rule_file(str(rule_file(tmp_path, good_rule("OUR001", "telnet"))))
    assert [entry.name for entry in tmp_path.iterdir()] == ["ours.py"]


def test_a_rule_file_is_read_afresh(tmp_path: Path) -> None:
    """Also within the second in which it was changed, to a text of the same length."""
    for program in ("rsh", "rcp", "ftp"):
        path = str(rule_file(tmp_path, good_rule("OUR001", program)))
        rule = load([], [path]).registry.find("OUR001")
        assert rule is not None
        assert rule.name == f"no-{program}"


def test_a_rule_file_that_is_named_twice_is_loaded_once(tmp_path: Path) -> None:
    path = rule_file(tmp_path, good_rule("OUR001", "telnet"))
    link = tmp_path / "link.py"
    link.symlink_to(path)
    assert load([], [str(path), str(path), str(link)]).registry.problems == []


def test_two_rule_files_of_one_name(tmp_path: Path) -> None:
    """Each finds the types of its own options."""
    parts = 'class Wishes(NamedTuple):\n    "Wishes."\n    level: Level = "{0}"', "Level = Literal['{0}']"
    paths = []
    for folder, code in (("a", "OURA"), ("b", "OURB")):
        (tmp_path / folder).mkdir()
        rule = f'@rule("{code}001", severity="info", message="x")\n'
        rule += f'def {code.lower()}(script: Script, options: Wishes):\n    "A."'
        imports = "from typing import Literal"
        paths.append(
            str(rule_file(tmp_path / folder, imports, parts[1].format(code), parts[0].format(code), rule))
        )
    loaded = load([], paths)
    assert loaded.registry.problems == []
    assert loaded_codes(loaded) == ["OURA001", "OURB001"]
    from sifcheck.config.rule_options import option_fields

    for code in ("OURA", "OURB"):
        found = loaded.registry.find(f"{code}001")
        assert found is not None
        assert option_fields(found.options)["level"].choices == (code,)


def test_rule_files_that_cannot_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "syntax.py").write_text("def broken(:\n")
    (tmp_path / "binary.py").write_bytes(b"\x00\xff")
    (tmp_path / "leaves.py").write_text("raise SystemExit('bye')\n")
    good = rule_file(tmp_path, good_rule("OUR001", "telnet"))
    names = ["syntax.py", "binary.py", "leaves.py", "missing.py", "."]
    loaded = load([], [str(tmp_path / name) for name in names] + [str(good)])
    assert loaded_codes(loaded) == ["OUR001"]
    assert [problem.plugin for problem in loaded.registry.problems] == [
        str(tmp_path / name) for name in names
    ]
    syntax, *_, missing, _ = loaded.registry.problems
    assert syntax.why.startswith("SyntaxError: ")
    assert f"({tmp_path / 'syntax.py'}:1)" in syntax.why
    assert "FileNotFoundError" in missing.why


def test_say_is_one_line() -> None:
    try:
        raise ValueError("one\n  two")
    except ValueError as error:
        said = say(error)
    assert said.startswith("ValueError: one two (")
    assert f"{__file__}:" in said


def test_hookimpl_is_what_the_api_gives() -> None:
    from sifcheck import api

    assert api.hookimpl is hookimpl
