"""Options of rules: a NamedTuple says what there is, tables in the configuration set it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest

from sifcheck.config.layers import Configuration
from sifcheck.config.rule_options import option_fields, read_options, rule_options
from sifcheck.config.settings import SettingsError


class Options(NamedTuple):
    """What a base image may be."""

    allowed: list[str] = []  # noqa: RUF012
    registries: tuple[str, ...] = ("docker.io",)
    strict: bool = False
    max_size: int = 10
    share: float = 0.5
    mode: Literal["warn", "refuse"] = "warn"
    mirrors: dict[str, str] = {}  # noqa: RUF012
    name: str = ""


class Rule(NamedTuple):
    code: str
    name: str
    formerly: tuple[str, ...] = ()
    options: Any = None


RULES: Any = [Rule("DEF201", "moving-base", ("DEF299",), Options), Rule("DEF101", "unknown-section")]


def from_file(folder: Path, text: str, site: str = "") -> dict[str, Any]:
    (folder / "p").mkdir(exist_ok=True)
    (folder / "p/sifcheck.toml").write_text(text)
    (folder / "site.toml").write_text(site)
    configuration = Configuration(environment={}, site_file=str(folder / "site.toml"))
    return rule_options(configuration.for_file(f"{folder}/p/x.def"), RULES)  # type: ignore[arg-type]


def test_values() -> None:
    table = {
        "allowed": ["a"], "registries": [], "strict": True, "max-size": 3, "share": 1, "mode": "refuse",
        "mirrors": {"a": "b"},
    }  # fmt: skip
    read = read_options(Options, table)
    assert read == Options(["a"], (), True, 3, 1.0, "refuse", {"a": "b"}, "")
    assert isinstance(read, Options)
    assert read_options(Options, {}) == Options()


def test_all_problems_are_told() -> None:
    with pytest.raises(SettingsError) as caught:
        read_options(
            Options,
            {"alowed": [], "max_size": 1, "strict": 1, "mode": "warm", "allowed": ["a", 2]},
            "rules.DEF201",
        )
    assert [str(problem) for problem in caught.value.problems] == [
        "rules.DEF201: unknown option 'alowed'; did you mean 'allowed'?",
        "rules.DEF201: unknown option 'max_size'; did you mean 'max-size'?",
        "rules.DEF201.strict: true or false is wanted, not the number 1",
        "rules.DEF201.mode: 'warm' is not known; did you mean 'warn'?",
        "rules.DEF201.allowed: text is wanted, not the number 2",
    ]


def test_places(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        from_file(
            tmp_path,
            "[rules.DEF201]\n\nstrict = 1\nalow = 2\n[rules.DEF101]\nx = 1\n[rules.moving-base]\nmode = ''\n",
        )
    assert [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems] == [
        "p/sifcheck.toml:3: rules.DEF201.strict: true or false is wanted, not the number 1",
        "p/sifcheck.toml:4: rules.DEF201: unknown option 'alow'; did you mean 'allowed'?",
        "p/sifcheck.toml:8: rules.moving-base.mode: '' is not known; it is one of warn, refuse",
        "p/sifcheck.toml:5: rules.DEF101: this rule has no options",
    ]


def test_only_the_rules_that_are_set(tmp_path: Path) -> None:
    assert from_file(tmp_path, "") == {}
    assert from_file(tmp_path, "[rules.DEF201]\n") == {"DEF201": Options()}
    assert from_file(tmp_path, "[rules.moving-base]\nstrict = true\n") == {"DEF201": Options(strict=True)}
    # A word that means no rule is for check_codes to tell.
    assert from_file(tmp_path, "[rules.nothing]\nstrict = true\n") == {}


def test_one_rule_under_several_words(tmp_path: Path) -> None:
    """Whatever word is used, the higher layer's value holds."""
    for low, high in (
        ("DEF201", "moving-base"),
        ("moving-base", "DEF201"),
        ("DEF299", "DEF201"),
        ("DEF201", "DEF299"),
    ):
        read = from_file(
            tmp_path, f"[rules.{high}]\nmax-size = 2\n", f'[rules.{low}]\nmax-size = 1\nname = "low"\n'
        )
        assert read == {"DEF201": Options(max_size=2, name="low")}


class Required(NamedTuple):
    """Says nothing where nothing is set."""

    limit: int


class Odd(NamedTuple):
    """Of a type that TOML has not."""

    limit: set[str] = set()  # noqa: RUF012


class Nowhere(NamedTuple):
    """Of a type that is not there."""

    limit: Missing = 1  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (Required, "Required.limit has no default"),
        (Odd, "Odd.limit: set: an option is bool"),
        (Nowhere, "Nowhere: name 'Missing' is not defined"),
        (dict, "'dict' is no NamedTuple"),
        (3, "3 is no NamedTuple"),
    ],
)
def test_classes_that_are_no_options(options: Any, words: str) -> None:
    with pytest.raises(TypeError) as caught:
        option_fields(options)
    assert words in str(caught.value)


def test_a_class_of_a_file_that_is_no_module() -> None:
    """A rule file loaded by its path is not among the modules that annotations are looked up in."""
    space: dict[str, Any] = {"__name__": "loaded_by_path"}
    text = (
        "from __future__ import annotations\nfrom typing import Literal, NamedTuple\n"
        "class Own(NamedTuple):\n    mode: Literal['a', 'b'] = 'a'\n    words: list[str] = []\n"
    )
    exec(text, space)
    assert read_options(space["Own"], {"mode": "b"}).mode == "b"
