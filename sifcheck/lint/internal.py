"""The rules about sifcheck's own matters: input it cannot read, suppressions, faults of rules and plugins.

They have pages like all others; the engine itself yields their findings.
"""

from __future__ import annotations

from sifcheck.base.findings import Severity
from sifcheck.lint.rule import Example, Rule

NOT_IGNORABLE = frozenset(("SIF900", "SIF901"))


def _internal(
    code: str,
    name: str,
    severity: Severity,
    message: str,
    help: str,
    documentation: str,
    *,
    fix: str = "none",
    profile: str = "minimal",
    examples: tuple[Example, ...] = (),
) -> Rule:
    return Rule(
        code=code,
        name=name,
        severity=severity,
        message={"": message},
        help={"": help},
        documentation=documentation,
        fix=fix,
        profile=profile,
        tags=frozenset(("sifcheck",)),
        examples=examples,
        file=__file__,
    )


def _bad(text: str, **settings: object) -> Example:
    return Example(True, text, "rockylinux:9.4", None, settings)


def _good(text: str) -> Example:
    return Example(False, text, "rockylinux:9.4", None, {})


INTERNAL_RULES = (
    _internal(
        "SIF001",
        "unreadable-input",
        "error",
        "{path} cannot be read: {why}",
        "the other files were checked; the exit code is 2",
        """A file that was named could not be read.

    It does not exist, may not be opened, or is no file.  Everything else that was named is still reported, and the
    exit code is 2 so that a gate in CI does not take "nothing looked at" for "nothing found".
    """,
    ),
    _internal(
        "SIF002",
        "unknown-kind",
        "warning",
        "{path} is neither a definition file, a batch script nor an image{guess}",
        "name a definition file NAME.def or Singularity.NAME, or begin it with `Bootstrap:`",
        """A file that was named is of no kind that sifcheck checks.

    A definition file is told by its name (`*.def`, `Singularity*`, `Apptainer*`) or by beginning with `Bootstrap:`, a
    batch script by its directives or a call of the runtime, an image by its first bytes.  Files met in a folder are
    passed over silently.
    """,
    ),
    _internal(
        "SIF003",
        "unparsed-script",
        "info",
        "the shell script in {section} cannot be read here: {why}",
        "what stands before and after was checked; rules about this place were not",
        """A part of a script could not be followed.

    Rules on commands saw only what could be read.  What the shell that runs the script is sure to refuse has a rule of
    its own; this is what is left: a place that only some shells take where nobody can say which one reads it, blocks
    nested deeper than is followed, or text behind an `exit` that no shell ever reads.
    """,
        profile="standard",
        examples=(
            _bad("""
                %runscript
                    exec solver $*
                    if the solver is missing
                """),
            _good("""
                %runscript
                    # if the solver is missing
                    exec solver $*
                """),
        ),
    ),
    _internal(
        "SIF101",
        "unused-suppression",
        "warning",
        "nothing to ignore here for {codes}",
        "remove it",
        """A comment ignores a rule that found nothing there.

    Left in place it would hide the next, real finding.  Only rules that were run count: a suppression of a rule that
    the selection, the profile or a missing snapshot left out is not called unused.
    """,
        fix="safe",
        profile="standard",
        examples=(
            _bad("""
                %runscript
                    # sifcheck: ignore[DEF701] words are meant to split here
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                    exec python "$@"
                """),
            _good("""
                %runscript
                    # sifcheck: ignore[DEF701] words are meant to split here
                    exec python $*
                """),
        ),
    ),
    _internal(
        "SIF102",
        "unknown-code",
        "warning",
        "no rule is called {code}{hint}",
        "`sifcheck rule --all` lists the rules",
        """A suppression names a code or name that no loaded rule has.

    It suppresses nothing.  A code that was retired names its successor.
    """,
        fix="safe",
        examples=(
            _bad("""
                %runscript
                    # sifcheck: ignore[DEF799] not a rule
                                       ^^^^^^
                    exec python "$@"
                """),
            _good("""
                %runscript
                    # sifcheck: ignore[unquoted-arguments] by name
                    exec python $*
                """),
        ),
    ),
    _internal(
        "SIF103",
        "malformed-suppression",
        "warning",
        "this comment ignores nothing: {why}",
        "write `# sifcheck: ignore[CODE] reason`, ignore-section[...] or ignore-file[...]; an end date as until=2027-03-31",
        """A comment starts like a suppression and is none.

    The form is `# sifcheck: ignore[CODE, CODE] reason`, at the end of a line or on the line above it;
    `ignore-section[...]` holds for the section it stands in, `ignore-file[...]` for the file.
    """,
        fix="safe",
        examples=(
            _bad("""
                %runscript
                    # sifcheck: ignore DEF701 words are meant to split here
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                    exec python $*
                """),
            _bad("""
                %runscript
                    exec python $*  # sifcheck: ignore[DEF701 words are meant to split here
                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                """),
            _good("""
                %runscript
                    exec python $*  # sifcheck: ignore[DEF701] words are meant to split here
                """),
        ),
    ),
    _internal(
        "SIF104",
        "expired-suppression",
        "warning",
        "this suppression of {codes} ended on {until}",
        "renew it or fix the cause",
        """A suppression has an end date, and that day is over.

    What it hid is reported again.  The fix takes the comment away, which changes no finding but forgets the reason: so it
    is made only where unsafe ones are asked for.
    """,
        fix="unsafe",
        examples=(
            _bad("""
                %runscript
                    # sifcheck: ignore[DEF701] until=2020-01-31 until the wrapper is replaced
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                    exec python $*
                """),
            _good("""
                %runscript
                    # sifcheck: ignore[DEF701] until=9999-12-31 until the wrapper is replaced
                    exec python $*
                """),
        ),
    ),
    _internal(
        "SIF105",
        "suppression-without-reason",
        "info",
        "{why}",
        "say why behind the bracket",
        """A suppression gives no reason where the configuration asks for one, or ignores a rule that may not be ignored.

    `require-reason` asks for reasons; a site's `no-ignores` lists the rules that no comment may hide: those are
    reported all the same.
    """,
        profile="strict",
    ),
    _internal(
        "SIF900",
        "rule-crashed",
        "warning",
        "the rule {code} failed on {node}: {error}",
        "please report it with this line; the other rules went on",
        """A rule raised an exception.

    That is a mistake in the rule, not in the file.  It is named with the place it was looking at; all other rules were
    run.
    """,
    ),
    _internal(
        "SIF901",
        "plugin-not-loaded",
        "warning",
        "{plugin} could not be loaded: {why}",
        "fix or uninstall the plugin; the other rules were run",
        """A plugin, one of its rules or a site file could not be taken.

    It cannot be imported, breaks the form of a rule, or uses a code that another pack has.  Everything else was loaded.
    """,
    ),
)
