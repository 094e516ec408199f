"""How the runtimes of a target read one definition file where they do not read it alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sifcheck.definition.model import Definition
from sifcheck.definition.reader import READING, read_definition, reading_of
from sifcheck.runtime.versions import Runtime, Target


def other_readings(definition: Definition, target: Target) -> Iterator[tuple[Target, Definition]]:
    """The file as the runtimes read it that do not read it as it was read, each with the runtimes that read it so."""
    if len(target.runtimes) < 2:
        return
    groups: dict[tuple[bool, ...], list[Runtime]] = {}
    for runtime in target.runtimes:
        groups.setdefault(reading_of(runtime), []).append(runtime)
    for runtimes in groups.values():
        if not reads_alike(definition, runtimes[0]):
            again = read_definition(definition.source, definition.build_arguments, runtimes[0])
            again.call, again.asked_arguments = definition.call, definition.asked_arguments
            yield target._replace(runtimes=tuple(runtimes)), again


def reads_alike(definition: Definition, runtime: Runtime) -> bool:
    """Whether a runtime reads a file just as it was read: it differs in nothing that the file holds."""
    own, other = reading_of(definition.runtime), reading_of(runtime)
    if own == other:
        return True
    differing = [name for name, one, two in zip(READING, own, other, strict=True) if one != two]
    return not any(_matters(name, definition) for name in differing)


def _matters(feature: str, definition: Definition) -> bool:
    """Whether a file holds something that is read otherwise with a feature than without it."""
    if feature in _OF_ARGUMENTS and "{{" not in definition.source.text:
        return False
    asked = _SIGNS.get(feature)
    return asked is None or asked(definition)


def _files_words(definition: Definition) -> bool:
    """Whether a comment or the word `stage` stands behind a `%files`."""
    return any("#" in section.words or "stage" in section.words for section in definition.sections("files"))


def _goes_on(definition: Definition) -> bool:
    """Whether a header line ends in a backslash, so that it goes on for some."""
    stages = (*definition.dropped, *definition.stages)
    if any(problem.kind in ("folded-into-blank", "lost-key") for problem in definition.problems):
        return True
    return any(field.folded or field.value.endswith("\\") for stage in stages for field in stage.fields)


def _has_quotes(definition: Definition) -> bool:
    return any('"' in section.body or "'" in section.body for section in definition.sections("files"))


def _has_empty_default(definition: Definition) -> bool:
    return any(pair.is_empty for section in definition.sections("arguments") for pair in section.arguments)


def _has_nested_value(definition: Definition) -> bool:
    text, sections = definition.source.text, definition.sections("arguments")
    given = any("{{" in value for value in definition.build_arguments.values())
    return given or any("{{" in text[slice(*section.body_span)] for section in sections)


def _has_hidden_use(definition: Definition) -> bool:
    hides = definition.runtime.has("comments not substituted")
    return not hides or any(use.hidden for use in definition.uses)


_OF_ARGUMENTS = frozenset(
    (
        "build arguments",
        "comments not substituted",
        "empty build arguments",
        "nested build arguments",
        "build arguments with equals signs",
    )
)
# What a file must hold for a feature to matter; without an entry it always may.
_SIGNS: dict[str, Callable[[Definition], bool]] = {
    "header continuation": _goes_on,
    "files quotes": _has_quotes,
    "comment behind files": _files_words,
    "files stage NAME copies from host": _files_words,
    "comments not substituted": _has_hidden_use,
    "empty build arguments": _has_empty_default,
    "nested build arguments": _has_nested_value,
}
