"""Suppressions: what a comment hides, and what is said about one that hides nothing or not what it says."""

from __future__ import annotations

from typing import Any

import pytest
from lint.made_up import HEADER, after_fix, codes, flagged, flags, made, registry, whole

from sifcheck.api import Command, Definition, FileCopy, Findings, HeaderField, Rule, Section, Target, finding
from sifcheck.base.findings import Finding
from sifcheck.base.source import Source
from sifcheck.definition import read_definition
from sifcheck.lint.check import make_checker
from sifcheck.lint.run import RuleContext
from sifcheck.lint.selection import select
from sifcheck.lint.suppression import read_suppressions
from sifcheck.runtime.versions import parse_target


def at_field(field: HeaderField) -> Findings:
    """A base image of one name."""
    if field.key == "from" and "bad" in field.value:
        yield finding(field.value_span)


def at_copy(copy: FileCopy) -> Findings:
    """A copy of one file."""
    if copy.source is not None and copy.source.text == "bad":
        yield finding(copy)


def at_section(section: Section) -> Findings:
    """A section of one name."""
    if section.name == "startscript":
        yield finding(section.name_span)


def at_file(definition: Definition) -> Findings:
    """The whole file."""
    if "WHOLE" in definition.source.text:
        yield finding(definition)


def at_text(command: Command) -> Findings:
    """A word of one here-document."""
    for heredoc in command.script.heredocs:
        if heredoc.command is command and "secret" in heredoc.text:
            start = heredoc.span.start + heredoc.text.index("secret")
            yield finding(type(heredoc.span)(start, start + 6))


RULES = (
    flags("OUR001", "telnet"),
    flags("OUR002", "ftp", formerly="OUR102"),
    flags("OUR003", "rsh", profile="strict"),
    made("OUR004", at_field),
    made("OUR005", at_copy),
    made("OUR006", at_section),
    made("OUR007", at_file),
    made("OUR008", at_text),
)


def check(text: str | bytes, *rules: Rule, **options: Any) -> list[Finding]:
    """The findings that are shown for a text, by the rules above unless others are given."""
    content = text if isinstance(text, bytes) else whole(text).encode()
    known = registry(*(rules or RULES))
    names = ("require_reason", "no_ignores", "today")
    ours: dict[str, Any] = {name: options.pop(name) for name in names if name in options}
    ours.setdefault("today", "2026-11-24")
    context = RuleContext(target=options.pop("target", Target()))
    return make_checker(known, select(known, **options), context, **ours).check_definition(
        Source("x.def", content)
    )


# -- what is hidden

HIDDEN = {
    "end of the line": "%post\n    telnet a  # sifcheck: ignore[OUR001] known\n",
    "line above": "%post\n    # sifcheck: ignore[OUR001] known\n    telnet a\n",
    "by name": "%post\n    telnet a  # sifcheck: ignore[no-telnet] known\n",
    "without a reason": "%post\n    telnet a  # sifcheck: ignore[OUR001]\n",
    "without blanks": "%post\n    telnet a  #sifcheck:ignore[OUR001]known\n",
    "with blanks": "%post\n    telnet a  #  sifcheck:  ignore[ OUR001\t, OUR009 ,] known\n",
    "TAB before it": "%post\n\ttelnet a\t# sifcheck: ignore[OUR001] known\n",
    "several comments above": "%post\n    # sifcheck: ignore[OUR001] known\n    # and more\n\t#\n    telnet a\n",
    "two above": "%post\n    # sifcheck: ignore[OUR001] known\n    # sifcheck: ignore[OUR002] known\n    telnet a; ftp b\n",
    "several codes": "%post\n    # sifcheck: ignore[OUR001, no-ftp] known\n    telnet a; ftp b\n",
    "behind another comment": "%post\n    telnet a  # here: # sifcheck: ignore[OUR001] known\n",
    "behind another comment above": "%post\n    # here: # sifcheck: ignore[OUR001] known\n    telnet a\n",
    "two in one comment": "%post\n    telnet a; ftp b # sifcheck: ignore[OUR001] x # sifcheck: ignore[OUR002] y\n",
    "section": "%post\n    telnet a\n    # sifcheck: ignore-section[OUR001] known\n    if true; then\n        telnet b\n    fi\n",
    "header": "Bootstrap: docker\nFrom: bad:1 # sifcheck: ignore[OUR004] known\n",
    "above in the header": "Bootstrap: docker\n# sifcheck: ignore[OUR004] known\nFrom: bad:1\n",
    "header as a section": "Bootstrap: docker\n# sifcheck: ignore-section[OUR004] known\n# more\nFrom: bad:1\n%post\n",
    "a list of files": "%files\n    # sifcheck: ignore[OUR005] known\n    bad /a\n",
    "end of a line of files": "%files\n    bad /a # sifcheck: ignore[OUR005] known\n",
    "above a section": "%post\n    true\n    # sifcheck: ignore[OUR006] known\n%startscript\n    true\n",
    "first line of a file": "# sifcheck: ignore-file[OUR001] known\nBootstrap: docker\nFrom: a:1\n%post\n    telnet a\n",
    "file, anywhere": "%post\n    telnet a\n%test\n    telnet b\n    # sifcheck: ignore-file[OUR001] known\n",
    "file, for the file": "%post\n    true # sifcheck: ignore-file[OUR007] known WHOLE\n",
    "above a continued line": "%post\n    # sifcheck: ignore[OUR001] known\n    make \\\n        -j 4 && \\\n    telnet a\n",
    "behind a continued line": "%post\n    telnet a && \\\n        make \\\n        -j 4 # sifcheck: ignore[OUR001] known\n",
    "above a substitution": '%post\n    # sifcheck: ignore[OUR001] known\n    make \\\n        "$(telnet a)" \\\n        all\n',
    "above an assignment": "%post\n    # sifcheck: ignore[OUR001] known\n    A=1 B=$(\n        telnet a\n    )\n",
    "above a text of several lines": "%post\n    # sifcheck: ignore[OUR001] known\n    make 'a\n    b' && telnet a\n",
    "above a here-document": "%post\n    # sifcheck: ignore[OUR008] known\n    cat <<EOF\n    a\n    secret\nEOF\n",
    "behind its first line": "%post\n    cat <<EOF # sifcheck: ignore[OUR008] known\n    a\n    secret\nEOF\n",
    "inside of a block": "%post\n    if true; then\n        # sifcheck: ignore[OUR001] known\n        telnet a\n    fi\n",
    "until a day to come": "%post\n    telnet a  # sifcheck: ignore[OUR001] known until=2026-11-25\n",
    "until today": "%post\n    telnet a  # sifcheck: ignore[OUR001] until=2026-11-24 known\n",
    "an app": "%appinstall x\n    # sifcheck: ignore-section[OUR001] known\n    telnet a\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_what_is_hidden(name: str, ending: str) -> None:
    text = whole(HIDDEN[name])
    with_others = [item.code for item in check(text.replace("\n", ending).encode())]
    # OUR009 is no rule; it only shows that an unknown word takes nothing from the others.
    assert with_others == (["SIF102"] if "OUR009" in text else [])


@pytest.mark.parametrize("name", HIDDEN)
def test_the_same_without_the_comment_is_reported(name: str) -> None:
    """The texts above do hold what is hidden in them."""
    text = whole(HIDDEN[name]).replace("sifcheck:", "other:")
    assert check(text.encode())


SHOWN = {
    "another code": ("%post\n    telnet a  # sifcheck: ignore[OUR002] x\n", ["OUR001", "SIF101"]),
    "another line": ("%post\n    true  # sifcheck: ignore[OUR001] x\n    telnet a\n", ["SIF101", "OUR001"]),
    "a line between": ("%post\n    # sifcheck: ignore[OUR001] x\n    true\n    telnet a\n", ["SIF101", "OUR001"]),
    "an empty line between": ("%post\n    # sifcheck: ignore[OUR001] x\n\n    telnet a\n", ["SIF101", "OUR001"]),
    "the line below": ("%post\n    telnet a\n    # sifcheck: ignore[OUR001] x\n", ["OUR001", "SIF101"]),
    "another section": (
        "%post\n    # sifcheck: ignore-section[OUR001] x\n    telnet a\n%test\n    telnet b\n",
        ["OUR001"],
    ),
    "a section is not the header": (
        "Bootstrap: docker\nFrom: bad:1\n%post\n    # sifcheck: ignore-section[OUR004] x\n    true\n",
        ["OUR004", "SIF101"],
    ),
    "a block is not one statement": (
        "%post\n    # sifcheck: ignore[OUR001] x\n    if true; then\n        telnet a\n    fi\n",
        ["SIF101", "OUR001"],
    ),
    "a group is not one statement": (
        "%post\n    # sifcheck: ignore[OUR001] x\n    true || {\n        telnet a\n    }\n",
        ["SIF101", "OUR001"],
    ),
    "in a string": ("%post\n    telnet '# sifcheck: ignore[OUR001] x'\n", ["OUR001"]),
    "in a here-document": ("%post\n    cat <<EOF\n# sifcheck: ignore-file[OUR001] x\nEOF\n    telnet a\n", ["OUR001"]),
    "part of a word": ("%post\n    telnet a#sifcheck: ignore[OUR001]\n", ["OUR001"]),
    "for the whole file by a line": ("%post\n    # sifcheck: ignore[OUR007] x\n    echo WHOLE\n", ["OUR007", "SIF101"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_not_hidden(name: str) -> None:
    text, expected = SHOWN[name]
    assert codes(check(text)) == expected


@pytest.mark.parametrize("word", ["SC2086", "SC"])
def test_findings_of_shellcheck_are_hidden_by_their_code_or_all_of_them(word: str) -> None:
    known = registry(*RULES)
    source = Source("x.def", whole(f"%post\n    echo $A  # sifcheck: ignore[{word}] x\n").encode())
    definition = read_definition(source)
    where = definition.stages[0].sections[0].script.commands("echo")[0].span
    findings = [
        Finding(code, "shellcheck", "info", "medium", "standard", "x", "", source, where)
        for code in ("SC2086", "SC2048", "SCI001")
    ]
    from sifcheck.lint.suppression import SuppressionPolicy, apply_suppressions

    kept = apply_suppressions(findings, source, definition, known, {"SC"}, SuppressionPolicy("2026-11-24"))
    assert codes(kept) == (["SC2048", "SCI001"] if word == "SC2086" else ["SCI001"])


# -- what is said about them


def one(text: str, **options: Any) -> Finding:
    (found,) = check(text, **options)
    return found


def test_unused() -> None:
    found = one("%post\n    # sifcheck: ignore[OUR001] known\n    true\n")
    assert (found.code, found.severity) == ("SIF101", "warning")
    assert "OUR001" in found.message
    assert flagged([found]) == ["# sifcheck: ignore[OUR001] known"]
    assert found.fix is not None
    assert found.fix.safe
    assert after_fix(found) == whole("%post\n    true\n")


UNUSED = {
    "end of a line": ("    true  # sifcheck: ignore[OUR001] x\n", "    true\n"),
    "last line without its end": ("    true  # sifcheck: ignore[OUR001] x", "    true"),
    "behind a comment": ("    true  # why # sifcheck: ignore[OUR001] x\n", "    true  # why\n"),
    "behind a comment above": ("    # why # sifcheck: ignore[OUR001] x\n    true\n", "    # why\n    true\n"),
    "one of two": ("    telnet a # sifcheck: ignore[OUR001, OUR002] x\n", "    telnet a # sifcheck: ignore[OUR001] x\n"),
    "the first of three": (
        "    telnet a; ftp b # sifcheck: ignore[OUR004 ,OUR001,OUR002] x\n",
        "    telnet a; ftp b # sifcheck: ignore[OUR001, OUR002] x\n",
    ),
    "two of two": ("    true # sifcheck: ignore[OUR001, OUR002] x\n", "    true\n"),
    "beside an unknown one": ("    true # sifcheck: ignore[OUR001, OUR777] x\n", "    true # sifcheck: ignore[OUR777] x\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNUSED)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_what_is_unused_is_taken_out_and_no_more(name: str, ending: str) -> None:
    before, after = (whole("%post\n" + body).replace("\n", ending) for body in UNUSED[name])
    (found,) = (item for item in check(before.encode()) if item.code == "SIF101")
    assert after_fix(found) == after
    assert "SIF101" not in codes(check(after.encode()))


def test_the_other_rules_of_a_comment_are_not_called_unused() -> None:
    found = one("%post\n    telnet a # sifcheck: ignore[OUR001, OUR002] x\n")
    assert "OUR002" in found.message
    assert "OUR001" not in found.message


@pytest.mark.parametrize(
    "options",
    [{"ignore": ["OUR001"]}, {"select": ["OUR002"]}, {"ignore": ["OUR"]}, {"ignore": ["SIF101"]}],
    ids=str,
)
def test_a_rule_that_is_not_run_says_nothing_about_its_suppressions(options: dict[str, Any]) -> None:
    assert check("%post\n    # sifcheck: ignore[OUR001] x\n    true\n", **options) == []


def test_a_rule_of_another_profile_does_not_call_its_suppressions_unused() -> None:
    text = "%post\n    rsh a  # sifcheck: ignore[OUR003] x\n"
    assert check(text, profile="minimal") == []
    assert check(text, profile="strict") == []
    assert check(text.replace("rsh", "true"), profile="minimal") == []
    assert check(text.replace("rsh", "true")) == []
    assert codes(check(text.replace("rsh", "true"), profile="strict")) == ["SIF101"]
    assert codes(check(text.replace("rsh", "true"), extend_select=["OUR003"])) == ["SIF101"]


def test_per_file_ignores_do_not_make_suppressions_unused() -> None:
    known = registry(*RULES)
    ours = make_checker(known, select(known), RuleContext())
    source = Source("x.def", whole("%post\n    telnet a  # sifcheck: ignore[OUR001] x\n").encode())
    assert ours.check_definition(source, frozenset(("OUR001",))) == []


def test_what_hangs_on_a_target_or_a_machine_is_not_called_unused() -> None:
    def asks(command: Command, target: Target) -> Findings:
        """Asks for the target."""
        if command.program == "telnet" and target.having("build arguments") != target.runtimes:
            yield finding(command)

    def may_have(command: Command, host: Any = None) -> Findings:
        """May have a machine."""
        if host is not None:
            yield finding(command)

    other = made("OUR001", lambda_for("telnet"), runtimes="singularity-ce")
    text = "%post\n    telnet a  # sifcheck: ignore[{}] x\n"
    named = parse_target("apptainer-1.4")
    assert check(text.format("OUR001"), other, target=named) == []
    assert check(text.format("OUR001"), other, target=parse_target("singularity-ce-4.1")) == []
    assert check(text.format("OUR002"), made("OUR002", asks), target=named) == []
    assert check(text.format("OUR003"), made("OUR003", may_have)) == []
    assert codes(check(text.format("OUR002"), made("OUR002", asks))) == ["SIF101"]


def lambda_for(program: str) -> Any:
    def look(command: Command) -> Findings:
        """Look."""
        if command.program == program:
            yield finding(command)

    return look


def test_a_rule_that_failed_does_not_call_its_suppressions_unused() -> None:
    def fails(command: Command) -> Findings:
        """Fails."""
        raise RuntimeError("oh")

    found = check("%post\n    true  # sifcheck: ignore[OUR001] x\n", made("OUR001", fails))
    assert codes(found) == ["SIF900"]


@pytest.mark.parametrize("code", ["SIF900", "SIF901"])
def test_a_failure_of_sifcheck_is_never_hidden(code: str) -> None:
    def fails(command: Command) -> Findings:
        """Fails."""
        raise RuntimeError("oh")

    for scope in ("ignore", "ignore-section", "ignore-file"):
        found = check(f"%post\n    # sifcheck: {scope}[{code}] x\n    true\n", made("OUR001", fails))
        assert "SIF900" in codes(found)


def test_a_script_that_cannot_be_read_can_be_hidden() -> None:
    assert check("%post\n    # sifcheck: ignore[SIF003] x\n    if true; then )\n    fi\n") == []


UNKNOWN = {
    "OUR010": "did you mean",
    "no-telnets": "did you mean no-telnet?",
    "our001": "did you mean OUR001?",
    "No-Telnet": "did you mean no-telnet?",
    "OUR": "a comment names its rules one by one",
    "sifcheck": "a comment names its rules one by one",
    "SC20": None,
    "packages": None,
    "\u3042\u3044": None,
}


@pytest.mark.parametrize("word", UNKNOWN)
def test_unknown_words(word: str) -> None:
    found = [
        item
        for item in check(f"%post\n    telnet a  # sifcheck: ignore[{word}] x\n")
        if item.code != "OUR001"
    ]
    assert codes(found) == ["SIF102"]
    assert found[0].severity == "warning"
    assert word in found[0].message
    assert flagged(found) == [word]
    hint = UNKNOWN[word]
    assert (hint or "") in found[0].message
    assert (";" in found[0].message) == (hint is not None)
    assert found[0].fix is None


def test_a_retired_code_is_hidden_and_leads_to_its_successor() -> None:
    text = "%post\n    ftp a  # sifcheck: ignore[ OUR102 ] x\n"
    found = one(text)
    assert found.code == "SIF102"
    assert "it is OUR002 now" in found.message
    assert after_fix(found) == whole(text.replace("OUR102", "OUR002"))
    assert check(after_fix(found)) == []


MALFORMED = {
    "ignore OUR001 known": ("the codes stand in brackets", "ignore[OUR001] known"),
    "ignore OUR001, OUR002 known": ("the codes stand in brackets", "ignore[OUR001, OUR002] known"),
    "ignore-file OUR001": ("the codes stand in brackets", "ignore-file[OUR001]"),
    "ignore [OUR001] known": ("no blank stands before the bracket", "ignore[OUR001] known"),
    "ignore[OUR001 known": ("the bracket is not closed", None),
    "ignore[] known": ("the brackets are empty", None),
    "ignore[ , ] known": ("the brackets are empty", None),
    "ignore": ("it is no `ignore[...]`", None),
    "ignore all": ("it is no `ignore[...]`", None),
    "ignore-line[OUR001]": ("it is no `ignore[...]`", None),
    "disable=OUR001": ("it is no `ignore[...]`", None),
    "": ("it is no `ignore[...]`", None),
    "ignore[OUR001] until=2027-02-30": ("'2027-02-30' is no date", None),
    "ignore[OUR001] until=soon": ("'soon' is no date", None),
    "ignore[OUR001] until=2027-3-1": ("'2027-3-1' is no date", None),
    "ignore[OUR001] until=20270301": ("'20270301' is no date", None),
    "ignore[OUR001] until=": ("'' is no date", None),
}


@pytest.mark.parametrize("comment", MALFORMED)
def test_malformed_comments_hide_nothing(comment: str) -> None:
    why, right = MALFORMED[comment]
    text = f"%post\n    telnet a  # sifcheck: {comment}\n"
    first, found = check(text)
    assert first.code == "OUR001"
    assert found.code == "SIF103"
    assert found.severity == "warning"
    assert why in found.message
    assert flagged([found]) == [f"# sifcheck: {comment}".rstrip()]
    if right is None:
        assert found.fix is None
    else:
        assert found.fix is not None
        assert found.fix.safe
        assert after_fix(found) == whole(text.replace(comment, right))
        assert "OUR001" not in codes(check(after_fix(found)))


def test_expired_ones() -> None:
    text = "%post\n    telnet a  # sifcheck: ignore[OUR001, no-ftp] until=2026-11-23 until it is replaced\n"
    first, found = check(text)
    assert first.code == "OUR001"
    assert (found.code, found.severity) == ("SIF104", "warning")
    assert "OUR001, no-ftp ended on 2026-11-23" in found.message
    assert found.fix is not None
    assert not found.fix.safe
    assert after_fix(found) == whole("%post\n    telnet a\n")
    assert check(text, today="2026-11-23", ignore=["OUR002"]) == []


def test_reasons() -> None:
    text = "%post\n    telnet a  # sifcheck: ignore[OUR001]{}\n"
    for reason in ("", " ", " -", " until=2030-01-01", ": until=2030-01-01 ."):
        assert check(text.format(reason)) == []
        found = one(text.format(reason), require_reason=True)
        assert (found.code, found.severity) == ("SIF105", "info")
        assert "gives no reason" in found.message
    for reason in (" the server knows no other", " until=2030-01-01 soon", ": soon"):
        assert check(text.format(reason), require_reason=True) == []


def test_rules_that_may_not_be_ignored() -> None:
    text = "%post\n    telnet a; ftp b  # sifcheck: ignore[OUR001, OUR002] x\n"
    first, found = check(text, no_ignores=frozenset(("OUR001",)))
    assert first.code == "OUR001"
    assert (found.code, found.severity) == ("SIF105", "warning")
    assert "OUR001 may not be ignored here" in found.message
    assert codes(check(text, no_ignores=frozenset(("OUR009",)))) == []
    for scope in ("ignore-section", "ignore-file"):
        scoped = f"%post\n    # sifcheck: {scope}[OUR001] x\n    telnet a\n"
        assert codes(check(scoped, no_ignores=frozenset(("OUR001",)))) == ["SIF105", "OUR001"]


def test_every_rule_about_suppressions_can_be_ignored_by_the_configuration() -> None:
    texts = {
        "SIF101": "%post\n    # sifcheck: ignore[OUR001] x\n    true\n",
        "SIF102": "%post\n    # sifcheck: ignore[OUR010] x\n    true\n",
        "SIF103": "%post\n    # sifcheck: ignore\n    true\n",
        "SIF104": "%post\n    # sifcheck: ignore[OUR001] until=2020-01-01 x\n    true\n",
    }
    for code, text in texts.items():
        assert codes(check(text)) == [code]
        assert check(text, ignore=[code]) == []


# -- reading


def test_reading() -> None:
    text = whole("%post\n    # sifcheck: ignore-section[OUR001, nothing] - known: until=2027-03-31\n")
    (read,) = read_suppressions(Source("x.def", text.encode()), registry(*RULES))
    assert read.scope == "ignore-section"
    assert [(word.text, word.code) for word in read.words] == [("OUR001", "OUR001"), ("nothing", None)]
    assert [text[word.span.start : word.span.end] for word in read.words] == ["OUR001", "nothing"]
    assert (read.reason, read.until, read.fault, read.own_line) == ("known", "2027-03-31", None, True)


@pytest.mark.parametrize(
    "text", ["# sifcheck\n", "# see sifcheck: it finds it\n", "sifcheck: ignore[X]\n", "#sifcheck ignore[X]"]
)
def test_what_only_mentions_sifcheck_is_none(text: str) -> None:
    assert read_suppressions(Source("x.def", text.encode()), registry()) == []


def test_bytes_that_are_no_text_are_taken_as_they_are() -> None:
    content = HEADER.encode() + b"%post\n    telnet a  # sifcheck: ignore[OUR001] \x83\x41\xff\n"
    assert check(content) == []
    content = HEADER.encode() + b"%post\n    telnet a  # sifcheck: ignore[\xff\x83] x\n"
    assert codes(check(content)) == ["OUR001", "SIF102"]
