"""The collected files, definition files and batch scripts, and what all rules say about them."""

from __future__ import annotations

import os
import tarfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from sifcheck.app.context import Context
from sifcheck.base.findings import Finding
from sifcheck.base.source import Source
from sifcheck.config.layers import Configuration
from sifcheck.lint.check import Checker
from sifcheck.lint.plugins import load

SCRIPTS = "wild-scripts/scripts.tar.xz"


def collected(kind: str) -> list[Source]:
    """The files of one kind, in order; none where they are not on this machine.

    Definition files are in `$SIFCHECK_CORPUS/definitions`, batch scripts in `$SIFCHECK_SCRIPTS`, a folder or an archive;
    without it in the archive that lies beside the definition files.
    """
    corpus = os.environ.get("SIFCHECK_CORPUS", "")
    if kind == "definitions":
        return _in_folder(Path(corpus, "definitions"), kind) if corpus else []
    beside = str(Path(corpus).resolve().parent / SCRIPTS) if corpus else ""
    place = Path(os.environ.get("SIFCHECK_SCRIPTS") or beside)
    return _in_archive(place, kind) if place.is_file() else _in_folder(place, kind) if place.name else []


def _in_folder(folder: Path, kind: str) -> list[Source]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [Source(f"{kind}/{path.relative_to(folder)}", path.read_bytes()) for path in files]


def _in_archive(archive: Path, kind: str) -> list[Source]:
    with tarfile.open(archive) as opened:
        found = [(member.name, opened.extractfile(member)) for member in opened if member.isfile()]
        return [
            Source(f"{kind}/{name}", file.read()) for name, file in sorted(found, key=lambda f: f[0]) if file
        ]


class Said(NamedTuple):
    """What the rules said about the files, and the CPU seconds that each rule took."""

    checker: Checker
    findings: list[Finding]
    spent: dict[str, float]


def all_said(kind: str, sources: Iterable[Source], profile: str, *, shellcheck: bool = False) -> Said:
    """Check all files with all rules of a profile, without a site and a machine."""
    flags = {"profile": profile, "no_shellcheck": None if shellcheck else True}
    configuration = Configuration(flags, isolated=True)
    loaded = load()
    spent: dict[str, float] = defaultdict(float)
    for rule in loaded.registry:
        if rule.function is not None:
            rule.function = _timed(rule.code, rule.function, spent)
    context = Context(configuration, plugins=loaded)
    checker = context.checker(configuration.for_folder(), "job" if kind == "scripts" else "definition")
    sources = list(sources)
    files = [checker.read(source) for source in sources]
    answers = checker.shellcheck.ask(files).by_file() if checker.shellcheck is not None else {}
    findings = [
        finding
        for source, file in zip(sources, files, strict=True)
        for finding in checker.check(file, frozenset(), answers.get(id(source), ()))
    ]
    return Said(checker, findings, spent)


def _timed(code: str, function: Callable[..., Any], spent: dict[str, float]) -> Callable[..., Any]:
    def run(*nodes: Any, **outside: Any) -> Any:
        start = time.thread_time()
        try:
            found = function(*nodes, **outside)
            # What a rule yields, it finds out while it is asked for it.
            return found if found is None or isinstance(found, tuple) else list(found)
        finally:
            spent[code] += time.thread_time() - start

    return run
