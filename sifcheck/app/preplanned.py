"""The plan of a build that is about to start: its findings among what is told, and what the build made, remembered."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sifcheck.app.planned import ask_for, plan_of, read_source
from sifcheck.base.findings import Finding
from sifcheck.base.startup import NamedTuple
from sifcheck.host.snapshot import Host
from sifcheck.launch.command import BuildCommand
from sifcheck.plan.planning import Asked

if TYPE_CHECKING:
    from sifcheck.app.session import Session
    from sifcheck.config.settings import Settings
    from sifcheck.plan.model import Plan
    from sifcheck.plan.remembered import Key

__all__ = ["Planned", "keep_in_mind", "plan_before"]


class Planned(NamedTuple):
    """The plan, what the rules find in it, and what an earlier build of the same file is known by (None: by nothing)."""

    plan: Plan
    findings: tuple[Finding, ...]
    key: Key | None = None


def plan_before(
    command: BuildCommand,
    session: Session,
    settings: Settings,
    host: Host,
    options: Sequence[str],
    *,
    offline: bool,
    signs: bool = False,
) -> Planned | None:
    """The plan of a build on this machine; `options` are put before those of the command.

    `signs`: the image is signed when it is built.  None for a source that cannot be read: the runtime says better why.
    """
    assert command.source is not None
    held = options.index("--mksquashfs-args") + 1 if "--mksquashfs-args" in options else 0
    asked = Asked(
        command.source,
        command.image or "",
        sandbox=command.has("--sandbox"),
        no_cache=command.has("--disable-cache"),
        temporary=command.value("--tmpdir"),
        squashfs_arguments=command.value("--mksquashfs-args") or (options[held] if held else None),
        here=True,
        fakeroot=command.has("--fakeroot"),
        signs=signs,
        keeps_groups=command.has("--no-setgroups"),
    )
    source = read_source(command.source, settings.build_args, asked)
    if source.fault:
        return None
    session.loaded.registry.complete("plan")
    checker = session.checker_of_machine(settings, host)
    target = checker.program.context.target.architecture
    source = source._replace(asked=source.asked._replace(architecture=target))
    plain = command.has("--no-https") or command.has("--nohttps")
    registry = None if offline else ask_for(source.asked, plain=plain, reader=session.registries)
    plan = plan_of(source, host, session.site(settings), registry, settings.build_args)
    key = _key(source.data, plan, settings.build_args, target)
    return Planned(plan, tuple(checker.check_plan(plan)), key)


def _key(data: bytes, plan: Plan, arguments: Mapping[str, str], target: str | None) -> Key | None:
    if not data:
        return None
    from sifcheck.plan.remembered import key_of

    return key_of(plan.source, data, arguments, target or "")


def keep_in_mind(planned: Planned | None, image: str) -> None:
    """Remember the sizes of an image that was built, for the next plan.  Never raises, says nothing."""
    if planned is None or planned.key is None or not os.path.isfile(image):
        return
    from sifcheck.plan.remembered import remember, state_file
    from sifcheck.plan.sources import of_path

    made = of_path(image)
    if made.kept is None:
        return
    base = planned.plan.bases[-1].kept
    size = os.path.getsize(image)
    remember(state_file(os.environ), planned.key, made.kept.likely, size, base.likely if base else 0)
