"""What is declared is used: a setting, a hook or a site fact that nothing reads is told."""

from __future__ import annotations

import ast

import pytest
from architecture import used

from sifcheck.config.settings import OPTIONS
from sifcheck.lint.plugins import Hooks


def modules(text: str, path: str = "sifcheck/lint/plugins.py") -> dict[str, ast.Module]:
    return {path: ast.parse(text)}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x = settings.profile", False),
        ("x = self.settings.profile", False),
        ("x = getattr(settings, 'profile')", False),
        ("x = finding.profile", True),
        ("settings.profile = x", True),
    ],
)
def test_a_setting_is_read(text: str, fault: bool) -> None:
    assert bool(list(used.setting_faults(used.reads_of(modules(text)), ["profile"]))) == fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("registers = {'register_probes': f}\nx = loaded.probes", ""),
        ("registers = {'register_probes': f}", "nothing reads what the hook register_probes offers"),
        ("x = loaded.probes", "nothing calls the hook register_probes"),
    ],
)
def test_a_hook_is_called_and_its_yield_read(text: str, fault: str) -> None:
    found = modules(text)
    assert [one.what for one in used.hook_faults(found, used.reads_of(found), ["register_probes"])] == (
        [fault] if fault else []
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x = site.tmp.default_env", False),
        ("tmp = site.tmp\nx = tmp.default_env", False),
        ("x = getattr(site.tmp, name)", False),
        ("x = other.default_env", True),
        ("x = 'default_env'", True),
    ],
)
def test_a_site_fact_is_read(text: str, fault: bool) -> None:
    reads = used.reads_of(modules(text, "rules/pack/x.py"))
    assert bool(list(used.fact_faults(reads, {"Tmp": ["default_env"]}))) == fault


def test_all_that_is_declared_is_walked() -> None:
    """A model that is written another way would leave these checks with nothing to look at."""
    tables = used.fact_tables()
    assert len(tables) > 15
    assert sum(map(len, tables.values())) > 80
    assert "memory_bytes" in tables["NodeFacts"]
    assert set(used.INFORM) <= {f"{table}.{fact}" for table, facts in tables.items() for fact in facts}
    assert set(used.READ_BY_KEY) <= set(OPTIONS)
    assert len(OPTIONS) > 25
    assert {name for name in vars(Hooks) if name.startswith("register_")} >= {
        "register_rules",
        "register_sites",
    }
