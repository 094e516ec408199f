"""A definition file as the runtime understands it: stages, header fields, sections, and what is wrong with them.

Nodes are compared by identity and know their parents.  Their spans are places in the file, their texts are what the
runtime reads there, with the build variables put in.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from sifcheck.base.source import Source, Span, shown
from sifcheck.definition.lines import BLANKS, Line, argument_lines, file_lines, label_lines, plain_file_lines
from sifcheck.runtime.versions import APP_SECTIONS, SECTIONS, USUAL_READER, Runtime

if TYPE_CHECKING:
    from sifcheck.definition.syntax import SyntaxNode
    from sifcheck.definition.variables import ReplacedText, Use
    from sifcheck.image.reference import Reference
    from sifcheck.runtime.call import RuntimeCall
    from sifcheck.shell import Command, Script

SCRIPT_SECTIONS = frozenset(
    "pre setup post environment runscript startscript test appinstall appenv apprun appstart apptest".split()
)
"""The sections whose body is a shell script."""

BUILD_SECTIONS = ("post", "appinstall")
"""The sections that run in the image while it is built."""

RUN_SECTIONS = ("runscript", "startscript", "test", "apprun", "appstart", "apptest")
"""The sections that run in the finished image."""

_SHELLS = frozenset(("sh", "bash", "dash", "ash", "ksh", "mksh", "busybox"))

ERREXIT_SECTIONS = frozenset(("pre", "setup", "post", "appinstall"))
"""The sections that are run by `sh -ex`: a failing command ends the build."""

_NAMES = frozenset(SECTIONS)
_APP_NAMES = frozenset(APP_SECTIONS)
_INDEX = attrgetter("index")


class Problem:
    """Something that keeps the file, or a part of it, from being read as it was meant.

    `kind` is one of: junk-line, unknown-key, folded-into-blank, lost-key, unknown-section, app-without-name,
    empty-app-name, first-section-empty, no-stages, no-header, no-bootstrap, too-long, lone-quote, undefined-variable,
    unused-default, broken-value.
    `at` is the node it belongs to (HeaderField, Section, Stage or Definition), `text` what it is about.
    """

    __slots__ = ("at", "kind", "span", "text")

    def __init__(self, kind: str, span: Span, at: object, text: str = "") -> None:
        self.kind = kind
        self.span = span
        self.at = at
        self.text = text

    def __repr__(self) -> str:
        return f"Problem({self.kind!r}, {self.span}, {self.text!r})"


class Definition:
    """One definition file.

    `stages` are those that the runtime builds, `dropped` what stands before the first `Bootstrap:` and holds nothing
    that counts.  `uses` are all build variables in the text; `tree` is the syntax tree of the text as it stands; `runtime`
    is the one as which the file is read: what the others read otherwise is among the features that READING names.
    `call` is the call of the runtime that builds it, where a batch script with one is checked along; `asked_arguments` are
    those of the build arguments that were given for this file alone, so that one that it does not use is a slip.
    """

    __slots__ = (
        "_placed",
        "_starts",
        "asked_arguments",
        "build_arguments",
        "call",
        "dropped",
        "problems",
        "runtime",
        "source",
        "stages",
        "tree",
        "uses",
    )

    def __init__(
        self,
        source: Source,
        tree: SyntaxNode,
        build_arguments: dict[str, str],
        runtime: Runtime = USUAL_READER,
    ) -> None:
        self.source = source
        self.tree = tree
        self.build_arguments = build_arguments
        self.runtime = runtime
        self.stages: tuple[Stage, ...] = ()
        self.dropped: tuple[Stage, ...] = ()
        self.problems: list[Problem] = []
        self.uses: list[Use] = []
        self.call: RuntimeCall | None = None
        self.asked_arguments: frozenset[str] = frozenset()
        self._placed: list[Section] | None = None
        self._starts: list[int] = []

    @property
    def span(self) -> Span:
        """An empty span at the start: where a finding about the whole file stands."""
        return Span(0, 0)

    def sections(self, *names: str) -> Iterator[Section]:
        """The sections of all stages, in the order of the file; only those of the given names, if any are given."""
        for stage in self.stages:
            for section in stage.sections:
                if not names or section.name in names:
                    yield section

    def section_at(self, offset: int) -> Section | None:
        """The section that a place of the file lies in, its name line included; None in a header and past the end."""
        if self._placed is None:
            stages = (*self.dropped, *self.stages)
            self._placed = sorted(
                (section for stage in stages for section in stage.sections),
                key=lambda section: section.span.start,
            )
            self._starts = [section.span.start for section in self._placed]
        number = bisect_right(self._starts, offset) - 1
        if number < 0 or offset >= self._placed[number].span.end:
            return None
        return self._placed[number]

    def stage_at(self, offset: int) -> Stage | None:
        """The stage that a place of the file lies in, dropped ones included."""
        for stage in (*self.dropped, *self.stages):
            if stage.span.start <= offset < stage.span.end:
                return stage
        return None

    def problems_of(self, *kinds: str) -> Iterator[Problem]:
        """The problems of the given kinds."""
        return (problem for problem in self.problems if problem.kind in kinds)


class Stage:
    """One stage: a header and the sections below it.  Only the last stage of a file becomes the image."""

    __slots__ = (
        "_base",
        "_build_scripts",
        "_build_text",
        "_by_key",
        "_by_name",
        "definition",
        "fields",
        "index",
        "lost",
        "pairs",
        "sections",
        "span",
        "text",
    )

    def __init__(self, definition: Definition, index: int, text: ReplacedText, span: Span) -> None:
        self.definition = definition
        self.index = index
        self.text = text
        self.span = span
        self.pairs: dict[str, Argument] = {}
        self._build_scripts: tuple[Script, ...] | None = None
        self._build_text: str | None = None
        self.hold((), (), ())

    def hold(
        self, fields: Sequence[HeaderField], lost: Sequence[HeaderField], sections: Sequence[Section]
    ) -> None:
        """Take what the reader found in the stage: the fields that count, those that are lost, the sections."""
        self._base: tuple[Reference | None] | None = None  # not looked for yet
        self.fields: tuple[HeaderField, ...] = tuple(fields)
        self.lost: tuple[HeaderField, ...] = tuple(lost)
        self.sections: tuple[Section, ...] = tuple(sections)
        # Of several fields of one key the last counts.
        self._by_key = {field.key: field for field in fields}
        self._by_name: dict[str, list[Section]] = {}
        known: Section | None = None
        for number, section in enumerate(sections):
            section.index, section.known_above = number, known
            known = section if section.known else known
            self._by_name.setdefault(section.name, []).append(section)

    @property
    def build_scripts(self) -> tuple[Script, ...]:
        """The scripts that run in the image while it is built, in order: %post, then the app installs (in one shell)."""
        if self._build_scripts is None:
            found = (section for name in BUILD_SECTIONS for section in self.named(name))
            self._build_scripts = tuple(section.script for section in found if section.body)
        return self._build_scripts

    @property
    def build_text(self) -> str:
        """The text of those scripts without comments, to look for a word anywhere."""
        if self._build_text is None:
            self._build_text = "\n".join(script.section.code for script in self.build_scripts)
        return self._build_text

    def code_before(self, command: Command) -> str:
        """The text that runs before a command while the stage is built, comments as spaces."""
        parts = []
        for script in self.build_scripts:
            code = script.section.code
            if script is command.script:
                parts.append(code[: command.statement_span.start - script.section.body_span.start])
                break
            parts.append(code)
        return "\n".join(parts)

    def unknown_before(self, command: Command) -> bool:
        """Whether something that may do anything runs before a command."""
        from sifcheck.shell.effects import first_unknown

        for script in self.build_scripts:
            if script is command.script:
                return first_unknown(script) < command.start
            if first_unknown(script) < len(script.text):
                return True
        return False

    @property
    def is_last(self) -> bool:
        """Whether this stage becomes the image; earlier ones are thrown away once files were copied from them."""
        return self.definition.stages[-1] is self

    def field(self, key: str) -> HeaderField | None:
        """The header field of that lower-case key that counts: of several the last."""
        return self._by_key.get(key)

    def value(self, key: str) -> str:
        """The value of a header field, "" where it is missing."""
        field = self.field(key)
        return field.value if field is not None else ""

    @property
    def agent(self) -> str:
        """The bootstrap agent, as written: its value is case-sensitive."""
        return self.value("bootstrap")

    @property
    def name(self) -> str | None:
        """What `Stage:` says, None where it is missing."""
        field = self.field("stage")
        return field.value if field is not None else None

    @property
    def base(self) -> Reference | None:
        """The image reference that `From:` of docker, library, oras or shub names, together with Registry and Namespace."""
        if self._base is None:
            self._base = (reference_of(self),)
        return self._base[0]

    def named(self, *names: str) -> list[Section]:
        """The stage's sections of the given names, in the order of the file."""
        by_name = self._by_name
        found = [section for name in dict.fromkeys(names) if name in by_name for section in by_name[name]]
        if len(names) > 1 and len(found) > 1:
            found.sort(key=_INDEX)
        return found

    @property
    def place(self) -> Span:
        """Where a finding about what the header lacks stands: at `Bootstrap:`, else at its first field or section."""
        field = self.field("bootstrap") or (self.fields[0] if self.fields else None)
        if field is not None:
            return field.span
        return self.sections[0].line_span if self.sections else Span(self.span.start, self.span.start)


class HeaderField:
    """One `Key: value` of a header.

    `key` is lower-case and `written` as it stands; `value` has comment and outer blanks cut and continued lines
    joined.  `folded` is the number of continued lines.  `known`: some version knows the key.
    """

    __slots__ = (
        "comment_span",
        "folded",
        "key",
        "key_span",
        "known",
        "span",
        "stage",
        "value",
        "value_span",
        "written",
    )

    def __init__(
        self,
        stage: Stage,
        written: str,
        value: str,
        span: Span,
        key_span: Span,
        value_span: Span,
        comment_span: Span | None,
    ) -> None:
        self.stage = stage
        self.written = written
        self.key = written.replace("\u0130", "i").lower()
        self.value = value
        self.span = span
        self.key_span = key_span
        self.value_span = value_span
        self.comment_span = comment_span
        self.folded = 0
        self.known = True

    @property
    def feature(self) -> str:
        """What the table of features calls the key: `otherurl` stands for all with a number."""
        return f"key {'otherurl' if self.key.startswith('otherurl') else self.key}"

    @property
    def emptied_by(self) -> Use | None:
        """The build variable whose empty default leaves nothing of the value; None for one that is there, or was never."""
        definition, start, end = self.stage.definition, self.key_span.end, self.line_span.end
        if self.value:
            return None
        inside = (use for use in definition.uses if start <= use.span.start < end)
        return next(
            (use for use in inside if use.value == "" and use.name not in definition.build_arguments), None
        )

    @property
    def line_span(self) -> Span:
        """The whole line that it stands on, its line end included."""
        source = self.stage.definition.source
        return source.line_span(source.line_of(self.span.start))

    @property
    def has_unknown(self) -> bool:
        """Whether the value hangs on a build variable that nothing defines."""
        return "{{" in self.value


class Section:
    """One section: its name line and its body.

    `written` is the name as it stands behind the percent signs, `name` as the runtime compares it (lower-case);
    `app` is the app's name for app sections; `words` what follows the name on its line behind one blank, "" where
    nothing does; `body` the text below with one character a byte.  `known`: some version knows the section, and
    `known_above` is the nearest such one above it in the same stage.
    """

    __slots__ = (
        "_copies",
        "_labels",
        "_script",
        "app",
        "body",
        "body_span",
        "index",
        "known",
        "known_above",
        "line",
        "line_span",
        "name",
        "name_span",
        "span",
        "stage",
        "start",
        "text_end",
        "text_start",
        "words",
        "words_span",
        "written",
    )

    def __init__(self, stage: Stage, line: str, line_span: Span) -> None:
        self.stage = stage
        self.index = 0
        self.known_above: Section | None = None
        self.line = line
        self.line_span = line_span
        bare = line.lstrip("%")
        self.written, _, self.words = bare.partition(" ")
        self.name = lower(self.written)
        self.app: str | None = None
        self.known = self.name in _NAMES
        if self.name in _APP_NAMES:
            self.app = self.words.split(" ")[0]
            self.known = self.written == self.name
        self.name_span = self.words_span = self.span = self.body_span = line_span
        self.body = ""
        # Where the section, and its body, stand in the text of the stage.
        self.start = self.text_start = self.text_end = 0
        self._copies: tuple[FileCopy, ...] | None = None
        self._labels: tuple[Label, ...] | None = None
        self._script: Script | None = None

    def __repr__(self) -> str:
        return f"<Section %{self.written} at {self.line_span.start}>"

    @property
    def is_script(self) -> bool:
        """Whether the body is a shell script."""
        return self.known and self.name in SCRIPT_SECTIONS

    @property
    def option_words(self) -> list[str]:
        """The words behind the section's name, a comment cut off; as the runtime splits them: at white space, no quotes."""
        return self.words.partition("#")[0].split()

    @property
    def shell(self) -> str:
        """The program that runs the body: /bin/sh, what `-c` names, or the body's `#!` line, options included.

        `#!` counts in %runscript, %startscript and %test only, and only where it is the first text of the body.
        """
        words = self.option_words
        if self.name in ERREXIT_SECTIONS:
            return " ".join(words[1:]) if words[:1] == ["-c"] and len(words) > 1 else "/bin/sh"
        if self.name in ("runscript", "startscript") or (
            self.name == "test" and self.stage.definition.runtime.has("test shebang")
        ):
            first = self.body.lstrip(BLANKS)
            if first.startswith("#!") and self.body.split("\n", 1)[0].strip(BLANKS).startswith("#!"):
                return shown(first[2:].split("\n", 1)[0].strip(BLANKS))
        return "/bin/sh"

    @property
    def errexit(self) -> bool:
        """Whether a failing command ends the section: it is run by `sh -ex` and no `-c` or `+e` takes that away."""
        words = self.option_words
        if self.name not in ERREXIT_SECTIONS or "+e" in words:
            return False
        return "-c" not in words or any(
            word.startswith("-") and "e" in word for word in words[words.index("-c") + 2 :]
        )

    @property
    def is_shell(self) -> bool:
        """Whether a shell of Bourne's family runs the section: others read its text by rules of their own."""
        words = [word.rpartition("/")[2] for word in self.shell.split()]
        program = words[0] if words else ""
        if program == "env":
            program = next((word for word in words[1:] if not word.startswith("-")), "")
        return program in _SHELLS

    @property
    def deciding(self) -> Section:
        """The section whose words count for this one: the last of its name, and %post's for an app's install."""
        name = "post" if self.name == "appinstall" else self.name
        same = self.stage.named(name) if name in ("pre", "setup", "post") else []
        return same[-1] if same else self

    @property
    def has_errexit(self) -> bool:
        """Whether a failing command ends the section from its first line on."""
        return self.deciding.errexit or "errexit" in self.deciding.option_words

    @property
    def code(self) -> str:
        """The body as it stands in the file, its comments as spaces of equal length."""
        start, end = self.body_span
        text, parts, at = self.stage.definition.source.text, [], start
        for comment in self.script.comments:
            parts += [text[at : comment.start], " " * (comment.end - comment.start)]
            at = comment.end
        parts.append(text[at:end])
        return "".join(parts)

    @property
    def script(self) -> Script:
        """The body as shell commands; meant for sections that are scripts, of others it is the empty script."""
        if self._script is None:
            from sifcheck.shell import parse_script

            body = self.body if self.is_script else ""
            base, text = self.text_start, self.stage.text
            unknown = [(start - base, end - base) for start, end in text.unknown(base, self.text_end)]
            self._script = parse_script(body, section=self, place=text.place_from(base), unknown=unknown)
        return self._script

    @property
    def open_before(self) -> str | None:
        """What the script above still has open where this section begins: "here-document", "quote", "continuation".

        The line was then meant as text of that script, but every line that starts with `%` begins a section.  Only a
        here-document that is closed further down counts: one that is never closed is a slip of another kind.
        """
        if self.index == 0:
            return None
        return _open_after(self.stage.sections[self.index - 1], self.start, self.stage.text.text, self.start)

    @property
    def is_cut(self) -> bool:
        """Whether the section below takes away the end of this one's script: see `open_before`."""
        below = self.stage.sections[self.index + 1 : self.index + 2]
        return bool(below) and self.script.open_at_end is not None and below[0].open_before is not None

    @property
    def copies(self) -> tuple[FileCopy, ...]:
        """The lines of %files and %appfiles."""
        if self._copies is None:
            self._copies = tuple(FileCopy(self, line) for line in self._copy_lines())
        return self._copies

    def _copy_lines(self) -> Iterable[Line]:
        if self.name == "appfiles":
            return file_lines(self.body, self._masked, app=True)
        if self.name != "files":
            return ()
        if self.stage.definition.runtime.has("files quotes"):
            return file_lines(self.body, self._masked)
        return plain_file_lines(self._masked)

    @property
    def labels(self) -> tuple[Label, ...]:
        """The lines of %labels and %applabels."""
        if self._labels is None:
            lines = label_lines(self.body, self._masked) if self.name in ("labels", "applabels") else ()
            self._labels = tuple(Label(self, line) for line in lines)
        return self._labels

    @property
    def arguments(self) -> list[Argument]:
        """The lines of %arguments."""
        lines = argument_lines(self._masked) if self.name == "arguments" else ()
        return [Argument(self, line) for line in lines]

    @property
    def _masked(self) -> str:
        return self.stage.text.masked[self.text_start : self.text_end]

    def place(self, start: int, end: int) -> Span:
        """Where in the file a stretch of the body stands."""
        return self.stage.text.place(self.text_start + start, self.text_start + end)

    @property
    def from_stage(self) -> str | None:
        """The stage that a %files section copies from, None for a copy from the host.

        Two words behind the name mean the stage called by the second, whatever white space stands round them (Apptainer;
        measured).
        """
        if self.name != "files" or not self.words:
            return None
        runtime = self.stage.definition.runtime
        comments = runtime.has("comment behind files")
        parts = shown(self.words.partition("#")[0] if comments else self.words).split()
        if len(parts) != 2 or (parts[0] == "stage" and runtime.has("files stage NAME copies from host")):
            return None
        return parts[1]


class FileWord:
    """One word of a %files line: `text` as the runtime uses it, `written` as it stands."""

    __slots__ = ("span", "text", "written")

    def __init__(self, section: Section, start: int, end: int) -> None:
        written = section.body[start:end]
        # VT is trimmed though it separates no words; double quotes are taken off, single ones are not (of %appfiles none).
        quotes = section.name != "appfiles" and section.stage.definition.runtime.has("files quotes")
        bare = written.strip(BLANKS).strip('"') if quotes else written
        self.text = shown(bare)
        self.written = shown(written)
        self.span = section.place(start, end)

    @property
    def has_unknown(self) -> bool:
        """Whether it hangs on a build variable that nothing defines."""
        return "{{" in self.text


class FileCopy:
    """One line of %files or %appfiles: the first word is the source, the second the destination, the rest is ignored."""

    __slots__ = ("line", "line_span", "section", "span", "words")

    def __init__(self, section: Section, line: Line) -> None:
        body, stop = section.body, section.body.find("\n", line.end)
        self.section = section
        self.line = shown(body[line.start : line.end])
        self.span = section.place(line.start, line.end)
        # With its line end, for deleting it.
        self.line_span = section.place(
            body.rfind("\n", 0, line.start) + 1, len(body) if stop < 0 else stop + 1
        )
        self.words = tuple(FileWord(section, start, end) for start, end in line.words)

    @property
    def source(self) -> FileWord | None:
        """What is copied; None for a line that holds no word."""
        return self.words[0] if self.words else None

    @property
    def destination(self) -> FileWord | None:
        """Where it goes, None where the line does not say: then it goes to the source's own path."""
        return self.words[1] if len(self.words) > 1 else None

    @property
    def target_path(self) -> str:
        """The path inside the image that is written to, without build variables that nothing defines ("" then)."""
        word = self.destination or self.source
        return "" if word is None or word.has_unknown else word.text


class Label:
    """One line of %labels: split at its first SPACE, whatever else it holds."""

    __slots__ = ("key", "key_span", "section", "span", "value", "value_span")

    def __init__(self, section: Section, line: Line) -> None:
        key, value = line.words
        self.section = section
        self.key = shown(section.body[slice(*key)].strip(BLANKS))
        self.value = shown(section.body[slice(*value)])
        self.span = section.place(line.start, line.end)
        self.key_span = section.place(*key)
        self.value_span = section.place(*value)


class Argument:
    """One line of %arguments.

    `value` is None for a line that the runtime skips: without `=`, without a name, and in some versions with an empty value
    or a second `=`.  `is_empty`: it has a name and a `=`, and nothing behind that.
    """

    __slots__ = ("is_empty", "name", "section", "span", "value")

    def __init__(self, section: Section, line: Line) -> None:
        body = section.body
        self.section = section
        self.name = body[slice(*line.words[0])] if line.words else ""
        value = body[slice(*line.words[1])] if line.words else None
        runtime = section.stage.definition.runtime
        if (value == "" and not runtime.has("empty build arguments")) or (
            value is not None and "=" in value and not runtime.has("build arguments with equals signs")
        ):
            value = None
        self.value = value
        self.is_empty = bool(line.words) and line.words[1][0] == line.words[1][1]
        self.span = section.place(line.start, line.end)


def open_before_stage(stage: Stage) -> str | None:
    """What the last script of the stage above still has open where this stage begins; see Section.open_before."""
    above = stage.definition.stages[stage.index - 1] if stage.index else None
    if above is None or not above.sections:
        return None
    file_text = stage.definition.source.text
    end = above.span.end if above.text.text is file_text else len(above.text.text)
    return _open_after(above.sections[-1], end, file_text, stage.span.start)


def _open_after(last: Section, end: int, below: str, start: int) -> str | None:
    """What the script that reaches down to `last` has open at `end` in its stage's text; `below` goes on from `start`.

    Sections that nobody knows, between the script and that place, are lines of it that happen to start with `%`.
    """
    known = last if last.known else last.known_above
    if known is None or not known.is_script:
        return None
    if known is last:
        script = known.script
    else:
        from sifcheck.shell import parse_script

        script = parse_script(known.stage.text.text[known.text_start : end], place=Span)
    opened: str | None = script.open_at_end
    if opened == "here-document":
        ends = {heredoc.delimiter for heredoc in script.heredocs if not heredoc.closed}
        closed = any(line.strip("\t\r") in ends for line in below[start:].split("\n"))
        return opened if closed else None
    return opened if opened != "block" else None


def lower(latin: str) -> str:
    """Lower-case as the runtimes compare names: bytes that are no UTF-8 become U+FFFD."""
    return latin.lower() if latin.isascii() else shown(latin).replace("\u0130", "i").lower()


def reference_of(stage: Stage) -> Reference | None:
    """The image that a stage starts from; None where its agent names none in a registry or `From:` is missing or empty."""
    # Asked by few: a check of a small file does without.
    from sifcheck.image.reference import REGISTRY_AGENTS, parse_reference

    field = stage.field("from")
    if stage.agent not in REGISTRY_AGENTS or field is None or not field.value:
        return None
    base = parse_reference(field.value, field.value_span)
    # Registry: and Namespace: are put in front for docker alone (oras: measured; library and shub: read).
    keys = ("registry", "namespace") if stage.agent == "docker" else ()
    prefix = [stage.value(key) for key in keys if stage.value(key)]
    if not prefix:
        return base
    whole = parse_reference("/".join([*prefix, field.value]), field.value_span)
    return whole._replace(written=field.value)
