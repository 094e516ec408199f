"""What a rule is: the decorators that make one, and the checks of what it says about itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Required, TypedDict, TypeVar, Unpack

from sifcheck.base.findings import Confidence, Profile, Severity
from sifcheck.base.startup import NamedTuple
from sifcheck.lint.draft import Draft
from sifcheck.runtime.versions import FAMILY_NAMES

NODES = (
    "Definition",
    "Stage",
    "HeaderField",
    "Section",
    "FileCopy",
    "Script",
    "Command",
    "Assignment",
    "JobScript",
    "Directive",
    "RuntimeCall",
    "Image",
    "Host",
    "Plan",
)
"""What a rule can look at: the annotation of its first parameter, which may be several of them (`Host | RuntimeCall`)."""

IN_FILES = frozenset(NODES) - {"Image", "Host", "Plan"}
"""Those that stand in a definition file or a batch script."""

OUTSIDE = ("target", "site", "host", "registry", "folder", "plan", "options")
"""What a rule can ask for besides, by the name of a parameter."""

EXAMPLE_SETTINGS = (
    "target",
    "arch",
    "args",
    "options",
    "site",
    "host",
    "folder",
    "registry",
    "image",
    "plan",
)
"""How an example can be checked; see sifcheck.testing.check_text."""

FixKind = Literal["safe", "unsafe", "none"]

# The letters that sifcheck's own packs use; a third party's pack has a prefix of its own.
OWN_PREFIXES = ("SIF", "DEF", "ENV", "JOB", "IMG", "BLD", "FUG", "SC")


class RuleError(Exception):
    """A rule that does not keep the form of one; the text says what is wrong and where."""


class BrokenRule:
    """What `@rule` leaves in place of a rule that does not keep the form; it is named when its module is registered."""

    __slots__ = ("error",)

    def __init__(self, error: RuleError) -> None:
        self.error = error


class Example(NamedTuple):
    """A text that a rule flags or does not flag, and how it is checked.

    `text` may mark the expected places by a line of carets below them.  `base` is the image that an example starting
    with a section is put on, `settings` are some of EXAMPLE_SETTINGS.
    """

    flagged: bool
    text: str
    base: str | None
    fixed: str | None
    settings: Mapping[str, Any]


class Rule:
    """One rule: what it says about itself, its examples, and the function that looks at a node."""

    __slots__ = (
        "code",
        "confidence",
        "deprecated",
        "documentation",
        "each",
        "examples",
        "file",
        "fix",
        "formerly",
        "function",
        "gathers",
        "help",
        "joins",
        "line",
        "message",
        "name",
        "node",
        "nodes",
        "options",
        "parameters",
        "plugin",
        "preview",
        "profile",
        "runtimes",
        "sections",
        "severity",
        "since",
        "supersedes",
        "tags",
    )

    def __init__(self, **values: Any) -> None:
        self.code: str = values["code"]
        self.name: str = values["name"]
        self.severity: Severity = values["severity"]
        self.confidence: Confidence = values.get("confidence", "high")
        self.profile: Profile = values.get("profile", "standard")
        self.fix: FixKind = values.get("fix", "none")
        self.message: Mapping[str, str] = values["message"]
        self.help: Mapping[str, str] = values["help"]
        self.runtimes: str | None = values.get("runtimes")
        self.sections: frozenset[str] | None = values.get("sections")
        self.tags: frozenset[str] = values.get("tags", frozenset())
        self.supersedes: tuple[str, ...] = values.get("supersedes", ())
        self.joins: tuple[str, ...] = values.get("joins", ())
        self.gathers: tuple[str, ...] = values.get("gathers", ())
        self.each: bool = values.get("each", False)
        self.since: str = values.get("since", "0.1.0")
        self.preview: bool = values.get("preview", False)
        self.deprecated: str | None = values.get("deprecated")
        self.formerly: tuple[str, ...] = values.get("formerly", ())
        self.function: Callable[..., Iterable[Draft]] | None = values.get("function")
        self.nodes: tuple[str, ...] = values.get("nodes", ())
        self.node: str = self.nodes[0] if self.nodes else ""
        self.parameters: tuple[tuple[str, bool], ...] = values.get("parameters", ())
        self.options: Any = values.get("options")
        self.examples: tuple[Example, ...] = values.get("examples", ())
        self.documentation: str = values.get("documentation", "")
        self.file: str = values.get("file", "")
        self.line: int = values.get("line", 0)
        self.plugin: str = values.get("plugin", "")

    def __repr__(self) -> str:
        return f"<Rule {self.code} {self.name}>"

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys by which one of its messages can be selected; none where it has one message only."""
        return tuple(key for key in self.message if key) if len(self.message) > 1 else ()

    @property
    def in_files(self) -> bool:
        """Whether it looks at something that stands in a definition file or a batch script."""
        return not IN_FILES.isdisjoint(self.nodes)

    @property
    def about_jobs(self) -> bool:
        """Whether of all files it looks at batch scripts alone."""
        of_files = IN_FILES.intersection(self.nodes)
        alone = bool(of_files) and of_files <= {"JobScript", "Directive"}
        return alone or self.sections == frozenset(("job",))

    def judges_text(self, example: Example) -> bool:
        """Whether an example's text is what it looks at: of a rule about machines too, that is a text without a plan."""
        return self.in_files and (
            IN_FILES.issuperset(self.nodes) or bool(example.text.strip() and "plan" not in example.settings)
        )


Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def bad(
    text: str, *, base: str | None = None, fixed: str | None = None, **settings: Any
) -> Callable[[Decorated], Decorated]:
    """An example that the rule flags.  A line of carets below a line marks the span it is expected at.

    `fixed` is the exact text after the fix; without it the fix only has to leave the example clean.  `settings` are
    those of EXAMPLE_SETTINGS.
    """
    return _example(Example(True, text, base, fixed, settings))


def good(text: str, *, base: str | None = None, **settings: Any) -> Callable[[Decorated], Decorated]:
    """An example that the rule does not flag."""
    return _example(Example(False, text, base, None, settings))


def _example(example: Example) -> Callable[[Decorated], Decorated]:
    def add(function: Decorated) -> Decorated:
        above: object = function
        if isinstance(above, BrokenRule):
            return function
        if isinstance(above, Rule):
            words = f"{above.file}:{above.line}: {above.code}: its examples stand below `@rule`, not above it"
            return BrokenRule(RuleError(words))  # type: ignore[return-value]
        # Decorators are applied from below; the page shows the examples in the order in which they are written.
        function.__dict__.setdefault("examples", []).insert(0, example)
        return function

    return add


class Statement(TypedDict, total=False):
    """What a rule says about itself beside its code; see docs/writing-rules.md."""

    severity: Required[Severity]
    message: Required[str | dict[str, str]]
    help: str | dict[str, str]
    confidence: Confidence
    profile: Profile
    fix: FixKind
    sections: str | None
    runtimes: str | None
    tags: str
    since: str
    preview: bool
    deprecated: str | None
    formerly: str
    supersedes: tuple[str, ...]
    joins: tuple[str, ...]
    gathers: tuple[str, ...]
    each: bool


def rule(code: str, **stated: Unpack[Statement]) -> Callable[[Callable[..., Iterable[Draft]]], Rule]:
    """Make a rule of the function below; see docs/writing-rules.md.

    What does not keep the form of a rule becomes a BrokenRule, which names file and line when it is registered: one
    rule with a mistake in it takes none of the others away.
    """

    def make(function: Callable[..., Iterable[Draft]]) -> Rule:
        place = _place(function)
        try:
            return _make(function, code, dict(stated), place)
        except RuleError as error:
            return BrokenRule(error)  # type: ignore[return-value]
        except Exception as error:  # noqa: BLE001 - a list where text is wanted, and all else that only its author can mean
            return BrokenRule(RuleError(f"{place}: {code}: {type(error).__name__}: {error}"))  # type: ignore[return-value]

    written: object = code
    return make if isinstance(written, str) else _without_code(written)


def _without_code(given: Any) -> Any:
    """What `@rule` without parentheses makes of its function, and `@rule(401)` of every function."""
    if callable(given):
        return BrokenRule(RuleError(f'{_place(given)}: write `@rule("CODE", severity=..., message=...)`'))
    return lambda function: BrokenRule(
        RuleError(f"{_place(function)}: {given!r} is no code; write it as text")
    )


def _place(function: Callable[..., Any]) -> str:
    made = getattr(function, "__code__", None)
    return f"{made.co_filename}:{made.co_firstlineno}" if made is not None else repr(function)


def _make(function: Callable[..., Iterable[Draft]], code: str, stated: dict[str, Any], place: str) -> Rule:
    for name in stated:
        if name not in Statement.__annotations__:
            raise RuleError(
                f"{place}: {code}: a rule does not state {name!r}{near(name, Statement.__annotations__)}"
            )
    for name in ("severity", "message"):
        if name not in stated:
            raise RuleError(f"{place}: {code}: a rule states its {name}")
    nodes, parameters, options = _signature(function, f"{place}: {code}")
    texts = {name: stated.pop(name, "") for name in ("message", "help")}
    lists = {name: (stated.pop(name, None) or "").split() for name in ("sections", "tags", "formerly")}
    return Rule(
        **stated,
        code=code,
        name=function.__name__.replace("_", "-"),
        message={"": texts["message"]} if isinstance(texts["message"], str) else texts["message"],
        help={"": texts["help"]} if isinstance(texts["help"], str) else texts["help"],
        sections=frozenset(lists["sections"]) or None,
        tags=frozenset(lists["tags"]),
        formerly=tuple(lists["formerly"]),
        function=function,
        nodes=nodes,
        parameters=parameters,
        options=options,
        examples=tuple(function.__dict__.get("examples", ())),
        documentation=function.__doc__ or "",
        file=function.__code__.co_filename,
        line=function.__code__.co_firstlineno,
    )


def read_runtimes(words: str) -> list[tuple[str, str, tuple[int, ...]]]:
    """The parts of `runtimes="apptainer>=1.1 singularity-ce<4.0"`: family, comparison, version.

    A runtime is meant if one of the parts means it.  Raises RuleError for what has not that form.
    """
    parts = []
    for word in words.split():
        match = re.fullmatch(r"([a-z-]+)(?:(>=|<)([0-9]+(?:\.[0-9]+)*))?", word)
        if match is None:
            raise RuleError(f"runtimes={words!r}: write it as apptainer>=1.1")
        if match[1] not in FAMILY_NAMES:
            raise RuleError(f"runtimes={words!r}: {match[1]!r}{near(match[1], FAMILY_NAMES)}")
        version = tuple(int(part) for part in match[3].split(".")) if match[3] else ()
        parts.append((match[1], match[2] or ">=", version))
    if not parts:
        raise RuleError(f"runtimes={words!r} names no runtime")
    return parts


def _signature(
    function: Callable[..., Any], at: str
) -> tuple[tuple[str, ...], tuple[tuple[str, bool], ...], Any]:
    """What a rule's function looks at, and what it asks for besides (name, required), from its parameters."""
    made = function.__code__
    names = made.co_varnames[: made.co_argcount + made.co_kwonlyargcount]
    if not made.co_argcount or made.co_flags & 0x0C:  # *words or **words
        raise RuleError(
            f"{at}: {function.__name__} names each of its parameters; the first says what it looks at"
        )
    nodes = _nodes(function.__annotations__.get(names[0], ""))
    for node in nodes:
        if node not in NODES:
            looks = f"looks at {node!r}" if node else f"does not say what {names[0]!r} is"
            raise RuleError(f"{at}: {function.__name__} {looks}{near(node, NODES)}")
    positional = names[: made.co_argcount]
    defaults: dict[str, Any] = dict(function.__kwdefaults__ or {})
    defaults.update(zip(reversed(positional), reversed(function.__defaults__ or ()), strict=False))
    parameters = []
    for name in names[1:]:
        if name not in OUTSIDE:
            raise RuleError(f"{at}: {function.__name__} asks for {name!r}{near(name, OUTSIDE)}")
        if defaults.get(name) is not None:
            raise RuleError(f"{at}: the only default of {name!r} is None: the rule can do without it")
        parameters.append((name, name not in defaults))
    return nodes, tuple(parameters), _options_class(function, at) if "options" in names else None


def _nodes(annotation: Any) -> tuple[str, ...]:
    """The names of what an annotation allows: one, or several with `|` between them."""
    if isinstance(annotation, str):
        words = annotation.strip("'\"").split("|")
    else:
        # Of `Host | RuntimeCall` as a type these are its members; a class has none.
        members = getattr(annotation, "__args__", None) or (annotation,)
        words = [getattr(one, "__name__", str(one)) for one in members]
    return tuple(dict.fromkeys(word.strip().strip("'\"").rpartition(".")[2] for word in words))


def _options_class(function: Callable[..., Any], at: str) -> Any:
    """The NamedTuple that `options` is annotated with."""
    annotation = function.__annotations__.get("options")
    if isinstance(annotation, str):
        annotation = function.__globals__.get(annotation.strip("'\""))
    if annotation is None:
        raise RuleError(f"{at}: `options` is annotated with a NamedTuple that stands above the rule")
    return annotation


def near(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word, for the author of a rule: the nearest known one, else all."""
    from sifcheck.base.text import did_you_mean

    words = list(known)
    return did_you_mean(word, words, 0.5, most=len(words))
