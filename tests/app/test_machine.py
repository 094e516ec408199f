"""The machine of a build whose environment is changed, without a second look at it."""

from __future__ import annotations

import os

import pytest

from sifcheck.app.machine import snapshot_here, with_remedies
from sifcheck.base.findings import SetVariable, UnsetVariable
from sifcheck.host.snapshot import Host


def seen(host: Host) -> tuple[object, ...]:
    """What of a machine hangs on the environment."""
    places = [(place.purpose, place.path, place.origin, place.mode) for place in host.storage]
    return places, host.binds, host.environment


@pytest.mark.parametrize(
    ("name", "value"),
    [("APPTAINER_BIND", None), ("APPTAINER_TMPDIR", "/var/tmp"), ("APPTAINER_TMPDIR", "/tmp")],
)
def test_what_a_remedy_changes_is_as_a_second_look_finds_it(
    name: str, value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APPTAINER_BIND", "/nowhere")
    monkeypatch.setenv("TMPDIR", "/usr")
    before = snapshot_here(None, writing=False)
    changed = {key: text for key, text in os.environ.items() if key != name}
    changed |= {name: value} if value is not None else {}
    after = with_remedies(
        before, [UnsetVariable(name, "why") if value is None else SetVariable(name, value, "why")], changed
    )
    assert seen(after) == seen(snapshot_here(None, writing=False, environment=changed))
    assert seen(after) != seen(before)
