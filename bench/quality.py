"""`make quality`: what each rule says over the collected definition files, what it costs, and excerpts to read.

It measures and never judges; whether a finding is right is for a person to say, who reads the excerpts.
The sample is drawn by a seed (SIFCHECK_SAMPLE_SEED), so that two people read the same.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sifcheck.app.context import Context
from sifcheck.base.findings import Finding, Results
from sifcheck.base.source import Source
from sifcheck.config.layers import Configuration
from sifcheck.lint.check import Checker
from sifcheck.lint.plugins import load
from sifcheck.report import render

EXCERPTS = 5


def main() -> int:
    """Print the report; 2 where there are no files to look at."""
    corpus = os.environ.get("SIFCHECK_CORPUS", "")
    paths = sorted(Path(corpus, "definitions").glob("*")) if corpus else []
    if not paths:
        print(
            "the collected definition files are not there (SIFCHECK_CORPUS): nothing to report on",
            file=sys.stderr,
        )
        return 2
    seed = os.environ.get("SIFCHECK_SAMPLE_SEED", "1")
    profile = os.environ.get("SIFCHECK_PROFILE", "strict")
    checker, spent = _checker(profile)
    findings = _findings(checker, paths)
    _print_table(checker, findings, spent, len(paths))
    _print_excerpts(findings, seed)
    return 0


def _checker(profile: str) -> tuple[Checker, dict[str, float]]:
    """A checker of all rules, and the CPU seconds that each of them will have spent in it."""
    flags = {
        "profile": profile,
        "no_shellcheck": None if "SIFCHECK_QUALITY_SHELLCHECK" in os.environ else True,
    }
    configuration = Configuration(flags, isolated=True)
    loaded = load()
    spent: dict[str, float] = defaultdict(float)
    for rule in loaded.registry:
        if rule.function is not None:
            rule.function = _timed(rule.code, rule.function, spent)
    return Context(configuration, plugins=loaded).checker(configuration.for_folder()), spent


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


def _findings(checker: Checker, paths: Iterable[Path]) -> list[Finding]:
    sources = [Source(path.name, path.read_bytes()) for path in paths]
    definitions = [checker.read(source) for source in sources]
    answers = checker.shellcheck.ask(definitions).by_file() if checker.shellcheck is not None else {}
    return [
        finding
        for source, definition in zip(sources, definitions, strict=True)
        for finding in checker.check(definition, frozenset(), answers.get(id(source), ()))
    ]


def _print_table(checker: Checker, findings: list[Finding], spent: dict[str, float], files: int) -> None:
    counts = Counter(finding.code for finding in findings)
    named = {code: {f.source.path for f in findings if f.code == code and f.source} for code in counts}
    print(
        f"{files} files, {len(findings)} findings, {sum(spent.values()) * 1e3 / files:.2f} ms of CPU a file in the rules\n"
    )
    print(f"{'code':8} {'name':32} {'findings':>8} {'files':>6} {'share':>7} {'us/file':>8}  severities")
    for code in sorted({*counts, *(rule.code for rule in checker.registry)}):
        rule = checker.registry.find(code)
        severities = Counter(finding.severity for finding in findings if finding.code == code)
        said = ", ".join(f"{number} {severity}" for severity, number in severities.most_common())
        share = len(named.get(code, ())) / files
        cost = spent[code] * 1e6 / files
        name = rule.name if rule is not None else ""
        print(
            f"{code:8} {name:32} {counts[code]:8} {len(named.get(code, ())):6} {share:7.1%} {cost:8.1f}  {said}"
        )


def _print_excerpts(findings: list[Finding], seed: str) -> None:
    by_code: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_code[finding.code].append(finding)
    for code, found in sorted(by_code.items()):
        chosen = random.Random(f"{seed} {code}").sample(found, min(EXCERPTS, len(found)))
        print(f"\n{'=' * 100}\n{code}: {len(chosen)} of {len(found)}\n")
        text = render(Results(tuple(chosen), (), len(chosen)), "full", width=120)
        print(text.rpartition("\n\n")[0])


if __name__ == "__main__":
    raise SystemExit(main())
