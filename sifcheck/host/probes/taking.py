"""The snapshot of this machine, taken: every look at it in a child process, all at once, within a time limit."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from sifcheck.base.asking import Question, ask
from sifcheck.base.facts import Unknown, known
from sifcheck.base.startup import NamedTuple
from sifcheck.host.precedence import (
    SetPath,
    binds_asked_for,
    cache_place,
    environment_of_builds,
    own_home,
    proxies_of,
    temporary_place,
)
from sifcheck.host.probes.identity import look_at_identity, unanswered_identity
from sifcheck.host.probes.keys import KeyFiles, look_at_keys, unanswered_keys
from sifcheck.host.probes.leftovers import look_for_leftovers
from sifcheck.host.probes.machine import look_at_platform
from sifcheck.host.probes.memory import (
    look_at_limits,
    look_at_memory,
    look_at_processors,
    read_controls,
    resource_limits,
)
from sifcheck.host.probes.namespaces import (
    Attempts,
    HomeMounts,
    KernelSettings,
    look_at_kernel,
    mount_home,
    namespaces_of,
    try_namespaces,
)
from sifcheck.host.probes.programs import PROGRAMS
from sifcheck.host.probes.remotes import Remotes, may_have_library
from sifcheck.host.probes.runtimes import Tools, look_at_tools
from sifcheck.host.probes.scheduler import look_at_scheduler
from sifcheck.host.probes.storage import look_at_storage, unanswered_storage
from sifcheck.host.snapshot import (
    VERSION,
    Bind,
    Host,
    Identity,
    Installation,
    Keys,
    Leftover,
    Limits,
    Memory,
    Network,
    Platform,
    Processors,
    Program,
    Scheduler,
    Storage,
)

__all__ = ["SnapshotRequest", "take_snapshot"]

MOST_PATHS = 40


class SnapshotRequest(NamedTuple):
    """What to look at besides what every build uses: `output` is the folder of the image to be built.

    `scratch` are the site's candidates for the temporary folder; `temporary` is what --tmpdir says.  `writing`: whether to
    make folders (and take them away) where a build would, without which nothing is rehearsed.
    """

    output: str | None = None
    scratch: tuple[str, ...] = ()
    temporary: str | None = None
    writing: bool = True


USUAL = SnapshotRequest()


class _StorageUse(NamedTuple):
    purpose: str
    path: str
    origin: str


class _Resources(NamedTuple):
    resources: Memory
    processors: Processors
    limits: Limits


def take_snapshot(
    wanted: SnapshotRequest = USUAL, environment: Mapping[str, str] | None = None, timeout: float = 2.0
) -> Host:
    """The machine as this process sees it now.

    Takes at most half of `timeout` for who the user is and then `timeout` (seconds) for all the rest; what has not
    answered by then is Unknown.  Never raises, never waits for a file system that does not answer.  It
    forks: to be called before anything starts a thread, such as a progress display.
    """
    surroundings = dict(os.environ if environment is None else environment)
    asked = ask({"identity": Question(Identity, look_at_identity)}, timeout / 2)["identity"]
    identity: Identity = unanswered_identity(asked) if isinstance(asked, Unknown) else asked
    uses = _uses(wanted, surroundings, known(identity.home))
    binds = {family: binds_asked_for(surroundings, family) for family in ("apptainer", "singularity")}
    questions = _questions(surroundings, identity)
    paths = list(dict.fromkeys(use.path for each in uses.values() for use in each))[:MOST_PATHS]
    for path in paths:
        questions[f"storage {path}"] = _storage_question(path, identity, wanted.writing)
    for path in dict.fromkeys(
        use.path for each in uses.values() for use in each if use.purpose in _MAY_HOLD_LEFTOVERS
    ):
        questions[f"leftovers {path}"] = _leftovers_question(path, identity)
    for source in list(dict.fromkeys(source for pairs in binds.values() for _, source, _ in pairs))[
        :MOST_PATHS
    ]:
        questions[f"bind {source}"] = _existence_question(source)
    if environment is not None:
        questions = {name: _in_environment(surroundings, question) for name, question in questions.items()}
    return _assemble(ask(questions, timeout), identity, uses, binds, surroundings)


def _in_environment(environment: Mapping[str, str], question: Question) -> Question:
    def look() -> Any:
        os.environ.clear()
        os.environ.update(environment)
        return question.look()

    return Question(question.kind, look)


_MAY_HOLD_LEFTOVERS = frozenset(("tmpdir", "tmp", "vartmp", "scratch"))


def _uses(
    wanted: SnapshotRequest, environment: Mapping[str, str], home: str | None
) -> dict[str, list[_StorageUse]]:
    """The folders to look at, for either family of runtimes, since which one there is turns out only while looking."""
    common = [
        _StorageUse("tmp", "/tmp", "/tmp"),  # noqa: S108 - the places a build uses
        _StorageUse("vartmp", "/var/tmp", "/var/tmp"),  # noqa: S108
        _StorageUse("cwd", _current_folder(), "current folder"),
    ]
    if home:
        common.append(_StorageUse("home", home, "password entry"))
    if wanted.output:
        common.append(_StorageUse("output", wanted.output, "output"))
    common += [_StorageUse("scratch", path, "site") for path in wanted.scratch]
    local = look_at_scheduler(environment, lambda _: False).node_local
    common += [
        _StorageUse("scratch", one.value, one.name)
        for one in local
        if one.value and one.value not in wanted.scratch
    ]
    uses = {}
    for family in ("apptainer", "singularity"):
        temporary = temporary_place(environment, family, wanted.temporary)
        cache: SetPath | None = cache_place(environment, family, own_home(environment, family, home))
        own = [_StorageUse("tmpdir", *temporary)] + ([_StorageUse("cache", *cache)] if cache else [])
        uses[family] = own + common
    return uses


def _current_folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return "."


def _questions(environment: Mapping[str, str], identity: Identity) -> dict[str, Question]:
    home = known(identity.home)
    questions = {
        "tools": Question(Tools, lambda: look_at_tools(environment)),
        "platform": Question(Platform, lambda: look_at_platform(environment)),
        "kernel": Question(KernelSettings, look_at_kernel),
        "attempts": Question(Attempts, lambda: try_namespaces(identity)),
        "home mount": Question(HomeMounts, lambda: mount_home(identity)),
        "room": Question(_Resources, _look_at_room),
        "scheduler": Question(Scheduler, lambda: look_at_scheduler(environment, os.path.exists)),
    }
    if home:
        for family in ("apptainer", "singularity"):
            own = own_home(environment, family, home) or home
            questions[f"keys {family}"] = _keys_question(environment, family, own)
    return questions


def _look_at_room() -> _Resources:
    controls = read_controls()
    return _Resources(look_at_memory(controls), look_at_processors(controls), look_at_limits(controls))


def _keys_question(environment: Mapping[str, str], family: str, home: str) -> Question:
    return Question(KeyFiles, lambda: look_at_keys(environment, family, home))


def _storage_question(path: str, identity: Identity, writing: bool) -> Question:
    return Question(Storage, lambda: look_at_storage(path, identity, try_it=writing))


def _leftovers_question(path: str, identity: Identity) -> Question:
    return Question(tuple[Leftover, ...], lambda: look_for_leftovers(path, identity))


def _existence_question(path: str) -> Question:
    return Question(bool, lambda: os.path.exists(path))


def _assemble(
    answers: dict[str, Any],
    identity: Identity,
    uses: dict[str, list[_StorageUse]],
    binds: dict[str, tuple[tuple[str, str, str], ...]],
    environment: Mapping[str, str],
) -> Host:
    tools = answers["tools"]
    runtimes: tuple[Installation, ...] | Unknown = tools if isinstance(tools, Unknown) else tools.runtimes
    family = _family(runtimes)
    room = answers["room"]
    if isinstance(room, Unknown):
        # A limit may be why nothing could be asked.
        room = _Resources(_all_unknown(Memory, room), _all_unknown(Processors, room), resource_limits(room))
    platform = answers["platform"]
    scheduler = answers["scheduler"]
    return Host(
        version=VERSION,
        taken=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        identity=identity,
        platform=_least_platform(platform) if isinstance(platform, Unknown) else platform,
        processors=room.processors,
        runtimes=runtimes,
        programs=_unknown_programs(tools) if isinstance(tools, Unknown) else tools.programs,
        namespaces=namespaces_of(answers["kernel"], answers["attempts"], answers["home mount"]),
        storage=tuple(_storage(use, answers) for use in uses[family]),
        leftovers=_leftovers(answers),
        memory=room.resources,
        limits=room.limits,
        scheduler=look_at_scheduler(environment, lambda _: False)
        if isinstance(scheduler, Unknown)
        else scheduler,
        network=Network(
            proxies=proxies_of(environment),
            registries=Unknown("not asked: no --online"),
            remote_serves_images=may_have_library(_remotes(_key_files(answers, family)), _remotes(tools)),
        ),
        keys=_keys(answers, family, known(identity.home), environment),
        environment=environment_of_builds(environment),
        binds=tuple(_bind(bind, answers) for bind in binds[family]),
    )


def _family(runtimes: tuple[Installation, ...] | Unknown) -> str:
    """The first runtime's way with variables; where none is known Apptainer's, which reads the names of both."""
    first = None if isinstance(runtimes, Unknown) else next(iter(runtimes), None)
    if first is None or isinstance(first.family, Unknown):
        return "singularity" if first and "apptainer" not in first.real_path else "apptainer"
    return "apptainer" if first.family == "apptainer" else "singularity"


def _all_unknown(kind: Any, why: Unknown) -> Any:
    return kind(*[why] * len(kind._fields))


def _least_platform(why: Unknown) -> Platform:
    names = os.uname()
    return Platform(
        architecture=names.machine,
        kernel=names.release,
        distribution=why,
        distribution_version=why,
        libc=why,
        host_name=names.nodename,
        role="unknown",
        signs=(),
        container=why,
        page_size=os.sysconf("SC_PAGE_SIZE"),
    )


def _unknown_programs(why: Unknown) -> tuple[Program, ...]:
    return tuple(Program(name, why, why, why, why, why) for name in PROGRAMS)


def _storage(use: _StorageUse, answers: Mapping[str, Any]) -> Storage:
    answer = answers.get(f"storage {use.path}", Unknown("not looked at: too many paths"))
    storage: Storage = unanswered_storage(use.path, answer) if isinstance(answer, Unknown) else answer
    return storage._replace(purpose=use.purpose, path=use.path, origin=use.origin)


def _leftovers(answers: Mapping[str, Any]) -> tuple[Leftover, ...] | Unknown:
    """Those of all temporary folders that could be looked into; Unknown where none could."""
    found: dict[str, Leftover] = {}
    problems = []
    looked = 0
    for name, answer in answers.items():
        if name.startswith("leftovers "):
            if isinstance(answer, Unknown):
                problems.append(answer)
            else:
                looked += 1
                found.update((leftover.path, leftover) for leftover in answer)
    return problems[0] if problems and not looked else tuple(found.values())


def _bind(bind: tuple[str, str, str], answers: Mapping[str, Any]) -> Bind:
    exists = answers.get(f"bind {bind[1]}", Unknown("not looked at: too many binds"))
    return Bind(*bind, exists=exists)


def _keys(answers: Mapping[str, Any], family: str, home: str | None, environment: Mapping[str, str]) -> Keys:
    files = _key_files(answers, family)
    if isinstance(files, Unknown):
        files = unanswered_keys(environment, family, own_home(environment, family, home) or "", files)
    return Keys(files.keyrings, files.credentials, terminal=_has_terminal())


def _key_files(answers: Mapping[str, Any], family: str) -> KeyFiles | Unknown:
    files: KeyFiles | Unknown = answers.get(f"keys {family}", Unknown("the account has no home"))
    return files


def _remotes(answer: Tools | KeyFiles | Unknown) -> Remotes | Unknown | None:
    return answer if isinstance(answer, Unknown) else answer.remotes


def _has_terminal() -> bool:
    try:
        return sys.stdin is not None and os.isatty(sys.stdin.fileno())
    except (OSError, ValueError):
        return False
