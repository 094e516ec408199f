"""Whether a rule keeps the form of one: asked of the rules of others when they are registered, and of ours by a test."""

from __future__ import annotations

from collections.abc import Iterator
from opcode import opmap
from types import CodeType

from sifcheck.base.findings import CONFIDENCES, PROFILES, SEVERITIES
from sifcheck.base.startup import pattern
from sifcheck.definition.model import SCRIPT_SECTIONS
from sifcheck.lint.draft import finding
from sifcheck.lint.rule import EXAMPLE_SETTINGS, Rule, RuleError, near, read_runtimes

__all__ = ["check_form"]

# The nodes that stand in a script, so that `sections=` can narrow a rule about them.
_IN_SCRIPTS = ("Script", "Command", "Assignment", "RuntimeCall")

_CODE = pattern(r"[A-Z]{2,8}[0-9]{3}")
_OTHER_CODE = pattern(r"[A-Z]{2,8}[0-9]{3,4}(?:\.[a-z0-9-]+)?")
_NAME = pattern(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_TEMPLATE = pattern(r"(?:[^{}]|\{\{|\}\}|\{[a-z_]\w*(?:\.\w+|\[\w+\])*(?:![rsa])?(?::[^{}]*)?\})*")
_UNPACKS = opmap["CALL_FUNCTION_EX"]
_FIELD = pattern(r"\{(\w+)")


def check_form(made: Rule) -> None:
    """Raise RuleError if what a rule says about itself does not keep the form.

    Asked when a rule of somebody else's is registered.  sifcheck's own keep the form (a test asks it of each), and asking
    again at each start would take 4 ms.
    """
    place = f"{made.file}:{made.line}"
    try:
        _check_form(made, place)
    except RuleError:
        raise
    except Exception as error:  # a list where text is wanted, and all else that only its author can mean
        raise RuleError(f"{place}: {made.code}: {type(error).__name__}: {error}") from error


def _check_form(made: Rule, place: str) -> None:
    at = f"{place}: {made.code}"
    if not _CODE.fullmatch(made.code):
        raise RuleError(f"{place}: {made.code!r} is no code: it takes two to eight capitals and three digits")
    if not _NAME.fullmatch(made.name):
        raise RuleError(f"{at}: {made.name!r} is no name for a rule; it is made of the function's name")
    for what, value, known in (
        ("severity", made.severity, SEVERITIES),
        ("confidence", made.confidence, CONFIDENCES),
        ("profile", made.profile, PROFILES),
        ("fix", made.fix, ("safe", "unsafe", "none")),
    ):
        if value not in known:
            raise RuleError(f"{at}: {what}={value!r}{near(str(value), known)}")
    for word in made.tags:
        if not _NAME.fullmatch(word):
            raise RuleError(f"{at}: {word!r} is no tag: it takes small letters")
    for word in made.formerly:
        if not _CODE.fullmatch(word):
            raise RuleError(f"{at}: formerly={word!r} is no code")
    for what, codes in (("supersedes", made.supersedes), ("joins", made.joins), ("gathers", made.gathers)):
        for word in codes:
            if not _OTHER_CODE.fullmatch(word) or (what == "supersedes" and "." in word):
                raise RuleError(f"{at}: {what}={codes!r}: {word!r} is no code")
    if not made.documentation.strip():
        raise RuleError(f"{at}: a rule says in its docstring what it is about, and why")
    if made.runtimes is not None:
        try:
            read_runtimes(made.runtimes)
        except RuleError as error:
            raise RuleError(f"{at}: {error}") from None
    _check_sections(made, at)
    _check_texts(made, at)
    _check_options(made, at)
    for example in made.examples:
        for name in example.settings:
            if name not in EXAMPLE_SETTINGS:
                raise RuleError(f"{at}: an example sets {name!r}{near(name, EXAMPLE_SETTINGS)}")


def _check_sections(made: Rule, at: str) -> None:
    if made.sections is None:
        return
    if not any(node in _IN_SCRIPTS for node in made.nodes):
        raise RuleError(
            f"{at}: sections= is for rules that look at {', '.join(_IN_SCRIPTS)}, not at a {made.node}"
        )
    for name in sorted(made.sections):
        if name != "job" and name not in SCRIPT_SECTIONS:
            raise RuleError(f"{at}: sections={name!r}{near(name, ('job', *sorted(SCRIPT_SECTIONS)))}")


def _check_texts(made: Rule, at: str) -> None:
    """The messages and the help: none empty, each a template that `finding()` can fill."""
    if not made.message or not all(made.message.values()):
        raise RuleError(f"{at}: an empty message")
    for key in made.message:
        if key and not _NAME.fullmatch(key):
            raise RuleError(
                f"{at}: {key!r} is no key of a message: it takes small letters, digits and dashes"
            )
    for key in made.help:
        if key and key not in made.message:
            raise RuleError(f"{at}: help for {key!r}, which is no message{near(key, made.message)}")
    for text in (*made.message.values(), *made.help.values()):
        if "{" not in text and "}" not in text:
            continue
        if not _TEMPLATE.fullmatch(text):
            raise RuleError(f"{at}: {text!r} is no template: write {{name}}, and {{{{ for a brace")
        for name in _FIELD.findall(text.replace("{{", "").replace("}}", "")):
            if name in (finding.__kwdefaults__ or {}):
                raise RuleError(f"{at}: {{{name}}} has another meaning in finding(); choose another name")
            given = _given_names(made)
            if given is not None and name not in given:
                known = sorted(given.difference(finding.__kwdefaults__ or ()))
                raise RuleError(
                    f"{at}: {{{name}}} in {text!r} has no value{near(name, known) if known else ''}"
                )


def _given_names(made: Rule) -> set[str] | None:
    """All names that the rule's function can give values for; None where that is not to be seen.

    What it calls of its pack may make the findings, and what stands in a mapping (`**values`) is known when it runs.
    """
    function = made.function
    if function is None or "finding" not in function.__code__.co_names:
        return None
    names: set[str] = set()
    for code in _codes_of(function.__code__):
        called = (function.__globals__.get(name) for name in code.co_names)
        elsewhere = any(callable(one) and not str(one.__module__).startswith("sifcheck.") for one in called)
        if _UNPACKS in code.co_code[::2] or code.co_freevars or elsewhere:
            return None
        words = (word for const in code.co_consts if isinstance(const, tuple) for word in const)
        names.update(word for word in words if isinstance(word, str))
    return names


def _codes_of(code: CodeType) -> Iterator[CodeType]:
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from _codes_of(const)


def _check_options(made: Rule, at: str) -> None:
    if made.options is None:
        return
    from sifcheck.config.rule_options import option_fields

    try:
        option_fields(made.options)
    except TypeError as error:
        raise RuleError(f"{at}: options: {error}") from error
    # A NamedTuple without a docstring has one that Python made.
    words, name = made.options.__doc__, made.options.__name__
    if not words or words.startswith(f"{name}("):
        raise RuleError(f"{at}: options: the docstring of {name} says what there is to set")
