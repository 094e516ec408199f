"""The manual page sifcheck(1), from the parsers of the verbs and the table of settings."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from importlib import import_module
from textwrap import wrap

from sifcheck import __version__
from sifcheck.cli import VERBS
from sifcheck.cli.parser import CommandParser
from sifcheck.config.settings import OPTIONS, variable_of

FILES = {
    "sifcheck.toml, pyproject.toml": "The configuration, in the folder of a file or above; of the second [tool.sifcheck].",
    "/etc/sifcheck.toml": "The configuration of a site, below all others; $SIFCHECK_SITE_CONFIG names another one.",
}


def manual() -> str:
    """The page, in the language of man(7)."""
    lines = [
        f'.TH SIFCHECK 1 "" "sifcheck {__version__}" "User Commands"',
        ".SH NAME",
        "sifcheck \\- check Singularity and Apptainer images before they are built",
        ".SH SYNOPSIS",
        ".B sifcheck",
        "\\fIVERB\\fR [\\fIOPTIONS\\fR]",
        ".br",
        ".B sifcheck",
        "\\fB\\-\\-help\\fR | \\fB\\-\\-version\\fR",
        ".SH DESCRIPTION",
        *_text(
            "sifcheck finds out before a build whether it will work: it reads definition files, batch scripts, images "
            "and this machine, and tells what is wrong, where, why, and how to fix it."
        ),
        ".PP",
        *_text("The verbs, each with a section below:"),
    ]
    for verb, about in VERBS.items():
        lines += [".TP", f".B {_shown(verb)}", *_text(about)]
    for verb in VERBS:
        module = import_module(f"sifcheck.cli.{verb.replace('-', '_')}")
        lines += _section(verb, module.make_parser())
    lines += [".SH ENVIRONMENT", *_text("Each stands for an option, which goes before it.")]
    for name, option in OPTIONS.items():
        variable = variable_of(name)
        if variable:
            lines += [".TP", f".B {_shown(variable)}", *_text(option.help)]
    lines.append(".SH FILES")
    for name, about in FILES.items():
        lines += [".TP", f".I {_shown(name)}", *_text(about)]
    lines += [".SH SEE ALSO", ".BR apptainer (1),", ".BR singularity (1)"]
    return "\n".join(lines) + "\n"


def _section(verb: str, parser: CommandParser) -> Iterator[str]:
    yield f".SH {_shown(f'sifcheck {verb}').upper()}"
    yield _usage(parser)
    yield ".PP"
    yield from _text(parser.description or "")
    for group in parser._action_groups:
        actions = [one for one in group._group_actions if one.help is not argparse.SUPPRESS]
        if not actions:
            continue
        if group.title not in ("options", "positional arguments"):
            yield f".SS {_shown((group.title or '').capitalize())}"
        for action in actions:
            yield ".TP"
            yield _option(action)
            yield from _text(
                parser._get_formatter()._expand_help(action) if action.help else _choices(action)
            )
    yield from _below(parser)


def _usage(parser: CommandParser) -> str:
    if parser.usage:
        return f".B {_shown(parser.usage)}"
    words = [parser.prog, "[OPTIONS]"]
    for action in parser._get_positional_actions():
        name = _value(action)
        words.append(
            {"*": f"[{name} ...]", "?": f"[{name}]", "+": f"{name} [{name} ...]"}.get(str(action.nargs), name)
        )
    return f".B {_shown(' '.join(words))}"


def _option(action: argparse.Action) -> str:
    value = _value(action) if action.nargs != 0 else ""
    if not action.option_strings:
        return f".I {_shown(value)}"
    names = ", ".join(f"\\fB{_shown(name)}\\fR" for name in action.option_strings)
    return f"{names} \\fI{_shown(value)}\\fR" if value else names


def _value(action: argparse.Action) -> str:
    if isinstance(action.metavar, tuple):
        return " ".join(action.metavar)
    if action.metavar is None and action.choices is not None:
        return "|".join(map(str, action.choices))
    return action.metavar or (action.dest.upper() if action.option_strings else action.dest)


def _choices(action: argparse.Action) -> str:
    return f"one of {', '.join(map(str, action.choices))}" if action.choices else ""


def _below(parser: CommandParser) -> Iterator[str]:
    """The text below the options: its examples as they are to be typed, the rest as paragraphs."""
    for paragraph in (parser.epilog or "").strip().split("\n\n"):
        if not paragraph.startswith("examples:\n"):
            yield ".PP"
            yield from _text(" ".join(paragraph.split()))
            continue
        yield ".SS Examples"
        for command, about in parser.examples():
            if about:
                yield from _text(f"{about[0].upper()}{about[1:]}:")
            yield from (".RS 4", ".EX", _shown(command), ".EE", ".RE")


def _text(words: str) -> Iterator[str]:
    for line in wrap(words, 72, break_long_words=False, break_on_hyphens=False):
        yield _shown(line)


def _shown(words: str) -> str:
    """Words that mean nothing but themselves in man(7)."""
    words = (
        words.replace("\\", "\\e")
        .replace("-", "\\-")
        .replace("~", "\\(ti")
        .replace("^", "\\(ha")
        .replace("`", "\\(ga")
    )
    words = words.replace("'", "\\(aq")
    return f"\\&{words}" if words.startswith(".") else words
