"""What an author of rules tests with: check a text with one rule or with all, and prove a rule's own examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from textwrap import dedent
from typing import Any

from sifcheck.base.findings import SEVERITIES, Edit, Finding
from sifcheck.base.source import Source, Span
from sifcheck.lint.check import Checker, make_checker
from sifcheck.lint.fixes import apply_edits as edited
from sifcheck.lint.internal import INTERNAL_RULES
from sifcheck.lint.known_rules import RuleRegistry
from sifcheck.lint.rule import EXAMPLE_SETTINGS, BrokenRule, Example, Rule, RuleError
from sifcheck.lint.rule_form import check_form
from sifcheck.lint.run import RuleContext
from sifcheck.lint.selection import select
from sifcheck.runtime.versions import Target, parse_target

DEFAULT_BASE = "rockylinux:9.4"


def registry_of(rules: Iterable[object]) -> RuleRegistry:
    """A registry of the given rules and sifcheck's own; AssertionError, saying why, for a rule that cannot be taken."""
    registry = RuleRegistry()
    registry.register(rules, "", own=True)
    assert not registry.problems, "\n".join(problem.why for problem in registry.problems)
    return registry


def check_host(host: Any, *rules: Rule, text: str = "", **settings: Any) -> list[Finding]:
    """The findings of the given rules (of all profiles) on a machine.

    `host` is a snapshot, or a mapping that is laid over a healthy one, as `{"limits": {"processes": {"soft": 20}}}`.
    `text` is the definition file that is about to be built, and `plan` among the settings the facts of its plan, as for
    `check_plan`; without both nothing is.  `settings` are those of `check_text`.  Raises ValueError for a mapping that
    names nothing of a snapshot, or makes no plan.
    """
    checker = _checker(rules, {**({"plan": {}} if text else {}), **settings, "host": host}, text=text)
    return checker.runner.check_host(checker.runner.context.host)


def check_image(image: Any, *rules: Rule, **settings: Any) -> list[Finding]:
    """The findings of the given rules (of all profiles) on an image.

    `image` is an Image, or a mapping that is laid over a healthy one, as `{"architecture": "aarch64"}` (see
    sifcheck.testing.image_overlay).  `settings` are those of `check_text`.  Raises ValueError for a mapping that names
    nothing of an image.
    """
    if isinstance(image, Mapping):
        from sifcheck.testing.healthy_image import healthy_image
        from sifcheck.testing.image_overlay import lay

        image = lay(healthy_image(), image)
    return _checker(rules, settings).check_image(image)


def check_plan(plan: Any, *rules: Rule, text: str = "", **settings: Any) -> list[Finding]:
    """The findings of the given rules (of all profiles) on the plan of a build.

    `plan` is a Plan, or a mapping of what is built, as `{"unpacked": 9 << 30, "output": "/worktmp/a.sif"}` (see
    sifcheck.testing.plan_facts).  It is for the machine of `host`, without one for that of `site` as its file has it,
    without either for a healthy one.  `text` is the definition file.  `settings` are those of `check_text`.  Raises
    ValueError for a mapping that makes no plan.
    """
    host = _host(settings.pop("host", None))
    given = {**settings, **({"host": host} if host is not None else {}), "plan": plan}
    checker = _checker(rules, given, text=text)
    return checker.check_plan(checker.runner.context.plan)


def check_text(text: str | bytes, *rules: Rule, path: str = "", **settings: Any) -> list[Finding]:
    """The findings of the given rules (of all profiles) in a definition file, or in a batch script if the rules are about
    these only.

    `settings` are `target` (as for --target), `arch`, `args` (a dict of build arguments), `options` (a dict: code to
    an instance of the rule's options), `site`, `host`, `folder`, `registry`.  A site is the name of one (`"fugaku"`,
    `"fugaku:login"`), or the text of a site file, which needs no name; as for `check`, it says what the target and the
    architecture are where nothing else does.  Raises TypeError for another one, and ValueError for a target or a site
    that cannot be read.  `host`, `folder` and `registry` may be mappings: a machine laid over a healthy one, what lies where
    the build starts, as `{"data.txt": "file", "src": {"holds": [".git"]}}` (see sifcheck.testing.folder_facts), and what
    registries say, as `{"rockylinux:9.4": {"architectures": ["x86_64"]}}` (see sifcheck.testing.registry_facts).
    """
    for name in settings:
        if name not in EXAMPLE_SETTINGS:
            raise TypeError(f"check_text() does not know {name!r}; it knows {', '.join(EXAMPLE_SETTINGS)}")
    data = text.encode() if isinstance(text, str) else text
    checker = _checker(rules, settings)
    if rules and all(rule.about_jobs for rule in rules):
        return checker._replace(kind="job").check_definition(Source(path or "job.sh", data))
    return checker.check_definition(Source(path or "example.def", data))


def example_text(example: Example) -> tuple[str, list[tuple[int, int, int]]]:
    """An example as a whole definition file, and the places its carets mark: line from 1, first and last column.

    An example that starts with `%` stands below a header; lines of carets are taken out.  An example of a rule about
    batch scripts is a whole one.
    """
    lines: list[str] = []
    marks: list[tuple[int, int, int]] = []
    for line in dedent(example.text).lstrip("\n").split("\n"):
        if line.strip() and not line.strip(" ^") and lines:
            at = 0
            while (start := line.find("^", at)) >= 0:
                at = start
                while at < len(line) and line[at] == "^":
                    at += 1
                marks.append((len(lines), start + 1, at + 1))
        else:
            lines.append(line)
    text = "\n".join(lines).rstrip(" ")
    if text.startswith("%"):
        text = f"Bootstrap: docker\nFrom: {example.base or DEFAULT_BASE}\n\n{text}"
        marks = [(line + 3, start, end) for line, start, end in marks]
    return text, marks


def prove(rule: Rule) -> None:
    """Prove a rule's examples: the bad ones are found where the carets stand and mended by the fix, the good ones are not.

    There is at least one of each, and what the rule says of its fixes is so.  AssertionError says which example failed
    and how.
    """
    broken: object = rule
    assert not isinstance(broken, BrokenRule), str(broken.error)
    assert isinstance(broken, Rule), f"{broken!r} is no rule: is `@rule` missing above it?"
    try:
        check_form(rule)
    except RuleError as error:
        raise AssertionError(str(error)) from error
    for flagged, word in ((True, "bad"), (False, "good")):
        assert any(example.flagged is flagged for example in rule.examples), (
            f"{rule.code} has no {word} example"
        )
    fixes = False
    for number, example in enumerate(rule.examples, 1):
        where = f"{rule.code}, example {number} ({'bad' if example.flagged else 'good'}):\n{example_text(example)[0]}\n"
        found = findings_of(rule, example)
        if not example.flagged:
            assert not found, f"{where}flagged a good example: {[finding.message for finding in found]}"
            continue
        assert found, f"{where}found nothing"
        _prove_places(example, found, where)
        _prove_fix(rule, example, found, where)
        fixes = fixes or any(finding.fix is not None for finding in found)
    assert fixes or rule.fix == "none" or rule.function is None, (
        f"{rule.code} says that it has a fix, and no bad example shows one"
    )


def findings_of(rule: Rule, example: Example, text: str | None = None) -> list[Finding]:
    """What the rule finds in its example, or in another text under the example's settings."""
    checked = example_text(example)[0] if text is None else text
    try:
        found = _checked(rule, example, checked)
    except ValueError as error:
        raise AssertionError(f"{rule.code}: {error}") from error
    crashes = [finding.message for finding in found if finding.code == "SIF900" and rule.code != "SIF900"]
    assert not crashes, f"{rule.code}: {crashes[0]}"
    return [finding for finding in found if finding.code == rule.code]


def _checked(rule: Rule, example: Example, text: str) -> list[Finding]:
    if rule.judges_text(example):
        return check_text(text, rule, **example.settings)
    if rule.node == "Host":
        settings = dict(example.settings)
        return check_host(settings.pop("host", {}), rule, text=text, **settings)
    if rule.node == "Image":
        settings = dict(example.settings)
        return check_image(settings.pop("image", {}), rule, **settings)
    if rule.node == "Plan":
        settings = dict(example.settings)
        return check_plan(settings.pop("plan", {}), rule, text=text, **settings)
    # The engine itself yields the findings of these; what they are about needs rules that find something.
    checker = _checker(all_rules(), example.settings, internal=True)
    return checker.check_definition(Source("example.def", text.encode()))


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """A text with edits put in; their offsets are bytes of its UTF-8 form.

    AssertionError for edits that overlap or stand outside of the text.
    """
    data, ordered, end = text.encode(), sorted(edits), 0
    for edit in ordered:
        inside = end <= edit.start <= edit.end <= len(data)
        assert inside, f"{edit} overlaps another edit, or is outside of the text"
        end = edit.end
    return edited(data, ordered).decode()


def all_rules() -> list[Rule]:
    """All rules of the installed plugins."""
    from sifcheck.lint.plugins import load

    return [rule for rule in load().registry if rule.function is not None]


def _prove_places(example: Example, found: list[Finding], where: str) -> None:
    marks = example_text(example)[1]
    if not marks:
        return
    places = sorted(_mark(finding) for finding in found)
    assert places == sorted(marks), f"{where}expected at {sorted(marks)}, found at {places}"


def _mark(finding: Finding) -> tuple[int, int, int]:
    """A finding's place as carets show it: on its first line only."""
    assert finding.source is not None
    start = finding.source.position(finding.span.start)
    end = finding.source.position(finding.span.end)
    if end.line != start.line:
        width = len(finding.source.line(start.line))
        return start.line, start.column, width + 1
    return start.line, start.column, max(end.column, start.column + 1)


def _prove_fix(rule: Rule, example: Example, found: list[Finding], where: str) -> None:
    text = example_text(example)[0]
    mended = text
    if rule.fix == "none":
        assert not any(finding.fix for finding in found), f"{where}has a fix, and the rule does not say fix="
    for _ in range(20):
        fixes = [finding.fix for finding in findings_of(rule, example, mended) if finding.fix is not None]
        if not fixes:
            break
        try:
            mended = apply_edits(mended, fixes[0].edits)
        except AssertionError as error:
            raise AssertionError(f"{where}{error}") from None
    else:
        raise AssertionError(f"{where}the fix does not come to an end:\n{mended}")
    if mended != text:
        # A fix may leave something milder behind: the archive's packages are there, and still without updates.
        mildest = min(SEVERITIES.index(finding.severity) for finding in found if finding.fix is not None)
        left = [
            left for left in findings_of(rule, example, mended) if SEVERITIES.index(left.severity) >= mildest
        ]
        hopeless = [finding for finding in found if finding.fix is None]
        assert len(left) <= len(hopeless), f"{where}still found after the fix:\n{mended}"
    if example.fixed is not None:
        expected, _ = example_text(example._replace(text=example.fixed))
        assert mended == expected, f"{where}the fix gives:\n{mended}\nand not:\n{expected}"


def _site(given: Any) -> Any:
    """The site that an example names, or writes out as the text of a site file."""
    if not isinstance(given, str):
        return given
    from sifcheck.site.lookup import find_site, load_sites
    from sifcheck.site.reader import SiteError, parse_site

    try:
        if "\n" in given or "=" in given:
            return parse_site(dedent(given), "the example's site", name="example")
        from sifcheck.lint.plugins import load

        return find_site(given, load_sites(load().sites))
    except SiteError as error:
        raise ValueError(str(error)) from None


def _host(given: Any) -> Any:
    """The machine of an example: what it says of it laid over a healthy one."""
    if not isinstance(given, Mapping):
        return given
    from sifcheck.testing.healthy_host import healthy_host
    from sifcheck.testing.host_overlay import lay

    return lay(healthy_host(), given)


def _folder(given: Any) -> dict[str, Any]:
    """What lies where the build of an example starts, as fields of a RuleContext; made of facts for each file."""
    if not isinstance(given, Mapping):
        return {"folder": given}
    from functools import partial

    from sifcheck.testing.folder_facts import check_facts, facts_of

    check_facts(given)
    return {"read_folder": partial(facts_of, given)}


def _registry(given: Any, architecture: str | None) -> Any:
    """What registries say of the bases of an example."""
    if not isinstance(given, Mapping):
        return given
    from sifcheck.testing.registry_facts import registry_from

    return registry_from(given, architecture)


def _plan(given: Any, text: str, context: RuleContext, arguments: Mapping[str, str] | None) -> Any:
    """The plan of an example: of a few facts, for the machine or the site that is there."""
    if not isinstance(given, Mapping):
        return given
    from sifcheck.testing.plan_facts import plan_from

    target, host, site = context.target.architecture, context.host, context.site
    return plan_from(given, text, host=host, site=site, architecture=target, arguments=arguments)


def _checker(
    rules: Iterable[Rule], settings: Mapping[str, Any], *, internal: bool = False, text: str = ""
) -> Checker:
    registry = registry_of([rule for rule in rules if rule not in INTERNAL_RULES])
    target = parse_target(settings["target"]) if "target" in settings else Target()
    site = _site(settings.get("site"))
    if "arch" in settings:
        target = target._replace(architecture=settings["arch"])
    if site is not None:
        from sifcheck.site.target import site_target

        target = site_target(site, target, target.architecture)
    context = RuleContext(
        target=target,
        site=site,
        host=_host(settings.get("host")),
        registry=_registry(settings.get("registry"), target.architecture),
        options=settings.get("options", {}),
        **_folder(settings.get("folder")),
    )
    context = context._replace(plan=_plan(settings.get("plan"), text, context, settings.get("args")))
    chosen = [rule.code for rule in registry if not rule.code.startswith("SIF")]
    ignored = [] if internal else [rule.code for rule in INTERNAL_RULES]
    selection = select(registry, profile="strict", extend_select=chosen, ignore=ignored)
    return make_checker(registry, selection, context, build_arguments=settings.get("args"))


__all__ = [
    "Span",
    "apply_edits",
    "check_host",
    "check_image",
    "check_plan",
    "check_text",
    "example_text",
    "findings_of",
    "prove",
    "registry_of",
]
