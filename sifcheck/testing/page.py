"""A rule's page: what it is about, why, what is wrong and right, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import dedent

from sifcheck.lint.rule import Example, Rule
from sifcheck.lint.rule_facts import explanation, first_sentence


def rule_page(rule: Rule, standing: str = "") -> str:
    """The page of a rule, made of the rule itself, so that it cannot fall behind it.

    `standing` is what is known besides of how often it speaks and how often it is right.
    """
    parts = [f"# {rule.code} {rule.name}", first_sentence(rule), _facts(rule), standing]
    if rule.deprecated:
        parts.append(f"**Deprecated.** {rule.deprecated}")
    parts.extend(explanation(rule))
    parts.append(_messages(rule))
    for flagged, title in ((True, "## Wrong"), (False, "## Right")):
        examples = [example for example in rule.examples if example.flagged is flagged]
        if examples:
            parts.append(title)
            parts.extend(_example(rule, example) for example in examples)
    if rule.options is not None:
        parts.append(_options(rule))
    parts.append(_silence(rule))
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(rule: Rule) -> str:
    fix = {"safe": "yes, with `--fix`", "unsafe": "yes, with `--fix --unsafe-fixes`", "none": "no"}[rule.fix]
    rows = [
        ("severity", rule.severity),
        ("confidence", rule.confidence),
        ("profile", rule.profile),
        ("can be fixed", fix),
        ("since", rule.since),
    ]
    if rule.runtimes:
        rows.append(("runtimes", rule.runtimes))
    needed = [name for name, required in rule.parameters if required and name not in ("target", "options")]
    if needed:
        rows.append(("needs", ", ".join(needed)))
    if rule.tags:
        rows.append(("tags", ", ".join(sorted(rule.tags))))
    if rule.formerly:
        rows.append(("formerly", ", ".join(rule.formerly)))
    return "| | |\n|---|---|\n" + "\n".join(f"| {name} | {value} |" for name, value in rows)


def _messages(rule: Rule) -> str:
    lines = ["## What it says", ""]
    if rule.keys:
        example = f"`--ignore {rule.code}.{rule.keys[0]}`"
        lines += [f"Each message with a name can be selected, ignored and weighed by itself: {example}.", ""]
    for key, message in rule.message.items():
        words = rule.help.get(key, rule.help.get("", ""))
        name = f"`{key}`: " if key in rule.keys else ""
        lines.append(f"- {name}{_filled(message)}")
        if words:
            lines.append(f"  *{_filled(words)}*")
    return "\n".join(lines)


def _filled(template: str) -> str:
    """A template with its names as words in capitals, and doubled braces as single ones."""
    from string import Formatter

    return "".join(
        literal + (name.partition(".")[0].upper() if name is not None else "")
        for literal, name, _, _ in Formatter().parse(template)
    )


def _example(rule: Rule, example: Example) -> str:
    if rule.judges_text(example):
        return _text_of_example(rule, example)
    if rule.node == "Host":
        return f"{_build_of_example(example)}{_facts_of_example(example, 'host', '# a healthy machine')}"
    if rule.node == "Image":
        return _facts_of_example(example, "image", "# a healthy image")
    if rule.node == "Plan":
        return _plan_of_example(example)
    return _text_of_example(rule, example)


def _text_of_example(rule: Rule, example: Example) -> str:
    """A file, or a part of one, and what the fix changes in it."""
    note = _note(example.settings)
    text = dedent(example.text).strip("\n")
    if len(text) > 1_500:
        text = text[:1_500].rsplit("\n", 1)[0] + "\n..."
    fence = "````" if "```" in text else "```"
    shown = f"{note}{fence}\n{_visible(text)}\n{fence}"
    difference = (
        _difference(rule, example)
        if example.flagged and rule.fix != "none" and len(example.text) < 1_500
        else ""
    )
    return f"{shown}\n\n{difference}" if difference else shown


def _build_of_example(example: Example) -> str:
    """The build for which an example judges a machine: its definition file, and what is planned; "" without one."""
    text = dedent(example.text).strip("\n")
    plan = example.settings.get("plan")
    if not text and plan is None:
        return ""
    what = f"this definition file:\n\n```\n{_visible(text)}\n```" if text else "another image, as it is:"
    facts = "\n".join(_stated(plan or {}, "plan"))
    block = f"```toml\n{_visible(facts)}\n```\n\n" if facts else ""
    return f"For a build from {what}\n\n{block}"


def _facts_of_example(example: Example, about: str, healthy: str) -> str:
    """What an example says of a machine or an image, a fact a line; all else is as of a healthy one."""
    note = _note({name: value for name, value in example.settings.items() if name not in (about, "plan")})
    lines = list(_stated(example.settings.get(about, {}), ""))
    shown = "\n".join(lines) if lines else healthy
    return f"{note}```toml\n{_visible(shown)}\n```"


def _plan_of_example(example: Example) -> str:
    """What an example says of a build and of the machine for it, and its definition file if it has one."""
    settings = dict(example.settings)
    facts = {"plan": settings.pop("plan", {}), "host": settings.pop("host", {})}
    lines = [line for about, given in facts.items() for line in _stated(given, about)]
    text = dedent(example.text).strip("\n")
    shown = f"```\n{_visible(text)}\n```\n\n" if text else ""
    stated = "\n".join(lines) or "# a build of 2 GB"
    return f"{_note(settings)}{shown}```toml\n{_visible(stated)}\n```"


def _note(settings: Mapping[str, object]) -> str:
    """How an example is checked, above its text; what is written in several lines, as a site, in a block of its own."""
    long = {name: value for name, value in settings.items() if isinstance(value, str) and "\n" in value}
    words = [f"{name} {_setting(value)}" for name, value in settings.items() if name not in long]
    words += [f"this {name}" for name in long]
    blocks = [f"```toml\n{_visible(dedent(text).strip())}\n```\n\n" for text in long.values()]
    return f"With {', '.join(words)}:\n\n{''.join(blocks)}" if words else ""


def _stated(value: object, path: str) -> Iterator[str]:
    from sifcheck.base.typed_toml import toml_text

    if isinstance(value, Mapping):
        for name, inner in value.items():
            key = str(name) if str(name).replace("_", "").isalnum() else toml_text(str(name))
            yield from _stated(inner, f"{path}.{key}" if path else key)
    elif value is None:
        yield f"# {path}: there is none"
    else:
        plain = value if isinstance(value, (bool, int, float, str, list, tuple)) else str(value)
        yield f"{path} = {toml_text(plain)}"


def _setting(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"`{name}={_in_braces(inner)}`" for name, inner in value.items()) or "`{}`"
    return str(value)


def _in_braces(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_in_braces(inner)}" for name, inner in value.items()) + "}"
    return str(value)


def _visible(text: str) -> str:
    """Text whose line ends and odd characters can be seen on a page."""
    out = []
    for character in text:
        if character == "\t":
            out.append("<TAB>")
        elif character == "\r":
            out.append("<CR>")
        elif character == "\n" or character.isprintable():
            out.append(character)
        else:
            out.append(f"<U+{ord(character):04X}>")
    return "".join(out)


def _difference(rule: Rule, example: Example) -> str:
    """What the fix changes in an example, as a diff; "" where it changes nothing."""
    from sifcheck.base.text import diff
    from sifcheck.testing import apply_edits, example_text, findings_of

    before, _ = example_text(example)
    try:
        found = [finding.fix for finding in findings_of(rule, example) if finding.fix is not None]
        after = apply_edits(before, found[0].edits) if found else before
    except AssertionError:
        # The rule does not do what it says.  Its page shows what it says; its test tells the rest.
        return ""
    if after == before:
        return ""
    lines = diff(_visible(before).splitlines(), _visible(after).splitlines(), around=1)[2:]
    return "```diff\n" + "\n".join(line for line in lines if not line.startswith("@@")) + "\n```"


def _options(rule: Rule) -> str:
    from sifcheck.base.typed_toml import toml_text, wanted
    from sifcheck.config.rule_options import option_fields

    about = " ".join((rule.options.__doc__ or "").split())
    lines = ["## Options", "", f"{about}  They stand under `[rules.{rule.code}]` in the configuration.", ""]
    for name, kind in option_fields(rule.options).items():
        words = f"one of {', '.join(map(toml_text, kind.choices))}" if kind.choices else wanted(kind)
        default = toml_text(rule.options._field_defaults[name])
        lines.append(f"- `{name.replace('_', '-')}`: {words}, default `{default}`")
    return "\n".join(lines)


def _silence(rule: Rule) -> str:
    from sifcheck.lint.internal import NOT_IGNORABLE

    if rule.code in NOT_IGNORABLE:
        return ""
    if rule.code.startswith("SIF") and rule.code != "SIF003":
        ways = [f"Everywhere: `--ignore {rule.code}`, or `ignore` in the configuration"]
    else:
        ways = list(_ways_to_silence(rule))
    return "\n\n".join(["## Leaving it out", *ways])


def _ways_to_silence(rule: Rule) -> Iterator[str]:
    if rule.in_files or not rule.nodes:
        yield f"For one line, in a comment at its end or above it: `# sifcheck: ignore[{rule.code}] reason`"
    if "Image" in rule.nodes:
        yield f'In the configuration: `per-file-ignores = {{"*.sif" = ["{rule.code}"]}}`'
    if {"Host", "Plan"} & set(rule.nodes):
        about = "Of a machine, in" if rule.in_files else "In"
        yield f'{about} the configuration: `host-ignore = ["{rule.code}"]`'
