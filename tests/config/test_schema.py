"""The JSON schema says of a configuration the same as the parser."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sifcheck.base.toml_file import TomlFile
from sifcheck.base.typed_toml import key_of
from sifcheck.config.files import file_layer, option_kinds
from sifcheck.config.rule_options import read_options
from sifcheck.config.schema import options_schema, settings_schema
from sifcheck.config.settings import OPTIONS, SetBy, SettingsProblem

from .test_rule_options import RULES, Options


def parser_takes(table: dict[str, Any], set_by: SetBy = "site") -> bool:
    problems: list[SettingsProblem] = []
    file_layer(TomlFile("/x/sifcheck.toml", table, {}), "site", set_by, problems)
    return not problems


def schema_takes(table: dict[str, Any], set_by: SetBy = "site", rules: Any = None) -> bool:
    return Draft202012Validator(settings_schema(rules, set_by)).is_valid(table)


def test_it_is_a_schema() -> None:
    rules: Any
    for rules in (None, [], RULES):
        schema = settings_schema(rules)
        Draft202012Validator.check_schema(schema)
        assert json.loads(json.dumps(schema)) == schema
    assert set(settings_schema()["properties"]) == {key_of(name) for name in OPTIONS}


def test_every_default_is_valid_and_every_option_described() -> None:
    for key, schema in settings_schema(RULES)["properties"].items():
        assert schema["description"], key
        assert Draft202012Validator(schema).is_valid(schema["default"]), key


EXAMPLES = """
select = ["DEF1"]
select = []
select = "DEF1"
select = ["DEF1", 2]
selct = []
extend_select = []
ignore = [["a"]]
per-file-ignores = { "a/*.def" = ["DEF1"] }
per-file-ignores = { "a/*.def" = "DEF1" }
per-file-ignores = ["a"]
require-reason = true
require-reason = "true"
require-reason = 1
profile = "strict"
profile = "Strict"
profile = ""
min-confidence = "medium"
severity = { DEF1 = "error" }
severity = { DEF1 = "off" }
severity = {}
severity = "error"
fail-level = "never"
fail-level = "none"
site = "auto"
site = "fugaku:compute"
site = "fugaku:prepost"
site = "two words"
site = ""
host = "auto"
target = "apptainer-1.4"
arch = "aarch64"
arch = ""
arch = "arm65"
build-args = { A = "1" }
build-args = { A = 1 }
online = false
output-format = "json"
output-format = "JSON"
output-format = "json:x"
outputs = ["json:a.json"]
outputs = ["json:"]
outputs = ["a.json"]
jobs = 0
jobs = 4
jobs = -1
jobs = 1.5
jobs = true
jobs = 1979-05-27
color = "always"
color = "blue"
rule-files = ["a.py"]
site-files = ["a.toml"]
rules = { DEF201 = { allowed = ["a"] } }
rules = { DEF201 = 1 }
rules = []
extend = "a.toml"
extend = ["a.toml"]
locked = ["select", "severity.DEF901", "rules.DEF201.allowed", "per-file-ignores.a/b"]
locked = ["severity."]
locked = ["select.x"]
locked = ["locked"]
locked = ["nothing"]
locked = ["min_confidence"]
"min-confidence" = "low"
"" = 1
""".strip().splitlines()


@pytest.mark.parametrize("text", EXAMPLES)
@pytest.mark.parametrize("set_by", get_args(SetBy))
def test_the_same_as_the_parser(text: str, set_by: SetBy) -> None:
    table = tomllib.loads(text)
    assert schema_takes(table, set_by) == parser_takes(table, set_by)


def test_the_examples_are_of_both_sorts() -> None:
    taken = [parser_takes(tomllib.loads(text)) for text in EXAMPLES]
    assert taken.count(True) > 25
    assert taken.count(False) > 25
    named = {
        text.partition(" = ")[0].strip('"') for text, right in zip(EXAMPLES, taken, strict=True) if right
    }
    assert {key_of(name) for name in option_kinds()} - named == {
        "extend-select", "host-ignore", "no-ignores", "exclude", "ignore", "baseline", "no-shellcheck",
        "no-cache", "quiet", "statistics", "every",
    }  # fmt: skip


VALUES = st.recursive(
    st.sampled_from(["", "a", "DEF1", "error", "strict", "auto", "json:a", 0, 1, -1, True, False, 0.5]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "DEF1"]), inner, max_size=2)
    ),
    max_leaves=4,
)
KEYS = st.sampled_from([*(key_of(name) for name in OPTIONS), "other", "min_confidence"])


@given(st.dictionaries(KEYS, VALUES, max_size=3), st.sampled_from(get_args(SetBy)))
def test_the_same_as_the_parser_for_any_table(table: dict[str, Any], set_by: SetBy) -> None:
    assert schema_takes(table, set_by) == parser_takes(table, set_by)


def test_the_options_of_rules() -> None:
    schema = settings_schema(RULES)["properties"]["rules"]
    assert set(schema["properties"]) == {"DEF201", "moving-base", "DEF299"}
    assert schema["properties"]["DEF201"]["description"] == "What a base image may be."
    assert schema_takes({"rules": {"moving-base": {"allowed": ["a"]}}}, rules=RULES)
    assert not schema_takes({"rules": {"DEF101": {"allowed": ["a"]}}}, rules=RULES)
    assert not schema_takes({"rules": {"DEF201": {"alowed": ["a"]}}}, rules=RULES)


OPTION_KEYS = st.sampled_from([*(key_of(name) for name in Options._fields), "max_size", "other"])


@given(st.dictionaries(OPTION_KEYS, VALUES | st.sampled_from(["warn", "refuse"]), max_size=3))
def test_the_options_of_rules_are_read_as_the_schema_says(table: dict[str, Any]) -> None:
    from sifcheck.config.settings import SettingsError

    try:
        read_options(Options, table)
        taken = True
    except SettingsError:
        taken = False
    assert Draft202012Validator(options_schema(Options)).is_valid(table) == taken


def test_a_whole_file(tmp_path: Path) -> None:
    text = 'profile = "strict"\n[severity]\nDEF401 = "error"\n[rules.DEF201]\nallowed = ["a"]\n'
    assert schema_takes(tomllib.loads(text), "anyone", RULES)
    assert parser_takes(tomllib.loads(text), "anyone")
