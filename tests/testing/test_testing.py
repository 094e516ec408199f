"""What authors of rules test with: it proves a rule that is right, and fails one that is not."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from sifcheck.api import (
    Command,
    Draft,
    Edit,
    Findings,
    HeaderField,
    Rule,
    Section,
    Target,
    bad,
    delete,
    finding,
    good,
    insert_after,
    replace,
    rule,
)
from sifcheck.lint.rule import Example
from sifcheck.testing import apply_edits, check_text, example_text, findings_of, prove, registry_of

GOOD = good("""
    %post
        true
    """)


def telnet(*examples: Any, find: Any = None, **stated: Any) -> Rule:
    """A rule about telnet with the given examples; `find` is what it yields for a command."""

    def no_telnet(command: Command) -> Any:
        """Telnet is run."""
        if find is not None:
            return find(command)
        return [finding(command.name_span)] if command.program == "telnet" else []

    no_telnet.__annotations__["command"] = "Command"
    for example in reversed(examples):
        example(no_telnet)
    made = rule("OUR001", **{"severity": "warning", "message": "telnet is run", **stated})(no_telnet)
    assert isinstance(made, Rule)
    return made


def test_a_right_rule_is_proved() -> None:
    prove(telnet(bad("%post\n    telnet a\n    ^^^^^^\n"), GOOD))


# -- what prove() fails


def fixes(make: Any) -> Any:
    def find(command: Command) -> list[Draft]:
        return [finding(command, fix=make(command))] if command.program == "telnet" else []

    return find


def crashing(command: Command) -> Findings:
    raise LookupError("nothing")


def noticing_nothing(command: Command) -> Findings:
    return ()


def noticing_all(command: Command) -> list[Draft]:
    return [finding(command)]


TELNET = "%post\n    telnet a\n"

FAILING: dict[str, tuple[Rule, str]] = {
    "no bad example": (telnet(GOOD), "OUR001 has no bad example"),
    "no good example": (telnet(bad(TELNET)), "OUR001 has no good example"),
    "no examples": (telnet(), "has no bad example"),
    "a bad one that is not found": (telnet(bad(TELNET), GOOD, find=noticing_nothing), "found nothing"),
    "a good one that is found": (telnet(bad(TELNET), GOOD, find=noticing_all), "flagged a good example"),
    "at another column": (telnet(bad(f"{TELNET}     ^^^^^^\n"), GOOD), "expected at [(5, 6, 12)], found at [(5, 5, 11)]"),
    "of another width": (telnet(bad(f"{TELNET}    ^^^^^^^\n"), GOOD), "expected at [(5, 5, 12)]"),
    "in another line": (telnet(bad("%post\n^^^^^\n    telnet a\n"), GOOD), "expected at [(4, 1, 6)]"),
    "one too many": (telnet(bad(f"{TELNET}    ^^^^^^\n    telnet b\n"), GOOD), "found at [(5, 5, 11), (6, 5, 11)]"),
    "one too few": (telnet(bad(f"{TELNET}    ^^^^^^\n    true\n    ^^^^\n"), GOOD), "found at [(5, 5, 11)]"),
    "a crash in a bad one": (telnet(bad(TELNET), GOOD, find=crashing), "LookupError: nothing"),
    "a target that is none": (telnet(bad(TELNET, target="aptainer-1.4"), GOOD), "unknown target 'aptainer'"),
    "a fix that fixes nothing": (
        telnet(bad(TELNET), GOOD, fix="safe", find=fixes(lambda command: insert_after(command, "true"))),
        "does not come to an end",
    ),
    "a fix that leaves it": (
        telnet(
            bad("%post\n    telnet a; telnet b\n"), GOOD, fix="safe",
            find=lambda command: [finding(command, fix=replace(command, "telnet"))] if len(command.words) > 1 else (
                [finding(command)] if command.program == "telnet" else []
            ),
        ),
        "still found after the fix",
    ),
    "a fix of another text": (
        telnet(bad(TELNET, fixed="%post\n    curl a\n"), GOOD, fix="safe", find=fixes(lambda command: replace(command, "wget a"))),
        "the fix gives:",
    ),
    "no fix where one is shown": (telnet(bad(TELNET, fixed="%post\n    curl a\n"), GOOD), "the fix gives:"),
    "a fix that is not stated": (
        telnet(bad(TELNET), GOOD, find=fixes(lambda command: replace(command, "curl a"))),
        "has a fix, and the rule does not say fix=",
    ),
    "a fix that is not shown": (telnet(bad(TELNET), GOOD, fix="unsafe"), "no bad example shows one"),
    "edits that overlap": (
        telnet(
            bad(TELNET), GOOD, fix="safe",
            find=fixes(lambda command: [replace(command, "curl"), replace(command.words[0], "wget")]),
        ),
        "overlaps another edit",
    ),
    "an edit outside of the text": (
        telnet(bad(TELNET), GOOD, fix="safe", find=fixes(lambda command: Edit(0, 9_999, ""))),
        "outside of the text",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILING)
def test_what_is_not_right_is_not_proved(name: str) -> None:
    wrong, words = FAILING[name]
    with pytest.raises(AssertionError) as failure:
        prove(wrong)
    assert "OUR001" in str(failure.value)
    assert words in str(failure.value)


def test_which_example_failed_is_said() -> None:
    with pytest.raises(AssertionError, match=r"OUR001, example 3 \(good\):\n(.*\n)*%post\n    telnet b\n"):
        prove(telnet(bad(TELNET), GOOD, good("%post\n    telnet b\n")))


def test_a_broken_rule_is_not_proved() -> None:
    broken = rule("OUR001", severity="eror", message="x")(lambda section: ())  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match=r"test_testing\.py:\d+: OUR001: "):
        prove(broken)


def test_what_is_no_rule_is_not_proved() -> None:
    with pytest.raises(AssertionError, match="is no rule"):
        prove(noticing_all)  # type: ignore[arg-type]


# -- what it proves


def test_fixes_are_applied_one_after_the_other() -> None:
    prove(
        telnet(
            bad("%post\n    telnet a\n    telnet b\n", fixed="%post\n    curl a\n    curl b\n"),
            GOOD,
            fix="safe",
            find=fixes(lambda command: replace(command.words[0], "curl")),
        )
    )


def test_what_has_no_fix_may_stay() -> None:
    def find(command: Command) -> list[Draft]:
        if command.program != "telnet":
            return []
        return [finding(command, fix=delete(command) if len(command.words) > 1 else None)]

    prove(
        telnet(
            bad("%post\n    telnet a\n    telnet\n", fixed="%post\n    telnet\n"), GOOD, fix="safe", find=find
        )
    )


def test_examples_are_checked_under_their_settings() -> None:
    seen: list[Any] = []

    class Wishes(NamedTuple):
        """Wishes."""

        word: str = "none"

    def settings(field: HeaderField, target: Target, options: Wishes, host: Any = None) -> Findings:
        """Asks for everything."""
        seen.append((target.architecture, target.named, options.word, host, field.value))
        if field.key == "from":
            yield finding(field)

    settings.__annotations__["options"] = Wishes
    text = "Bootstrap: docker\nFrom: a:{{ V }}\n"
    wished = {"OUR001": Wishes("one")}
    for example in (
        good("# nothing\n"),
        bad(text, target="apptainer-1.4", arch="aarch64", args={"V": "2"}, options=wished, host="a machine"),
    ):
        example(settings)
    made = rule("OUR001", severity="info", message="x")(settings)
    prove(made)
    assert seen[-1] == ("aarch64", True, "one", "a machine", "a:2")


# -- the parts


def test_a_text_of_an_example() -> None:
    text, marks = example_text(
        Example(
            True, "\n    %post\n        telnet a; telnet b\n        ^^^^^^    ^^^^^^\n    ", None, None, {}
        )
    )
    assert text == "Bootstrap: docker\nFrom: rockylinux:9.4\n\n%post\n    telnet a; telnet b\n"
    assert marks == [(5, 5, 11), (5, 15, 21)]


def test_a_text_of_an_example_with_a_header_of_its_own() -> None:
    text, marks = example_text(Example(True, "Bootstrap: docker\nFrom: a\n      ^\n", "debian:12", None, {}))
    assert text == "Bootstrap: docker\nFrom: a\n"
    assert marks == [(2, 7, 8)]


def test_the_base_of_an_example() -> None:
    assert "From: debian:12\n" in example_text(Example(False, "%post\n", "debian:12", None, {}))[0]


def test_carets_count_characters() -> None:
    prove(telnet(bad("%post\n    true '\u3042'; telnet a\n" + " " * 14 + "^^^^^^\n"), GOOD))


def test_a_place_of_several_lines_is_marked_on_its_first() -> None:
    def whole(section: Section) -> Findings:
        """Whole."""
        if section.name == "test":
            yield finding(section)

    bad("%test\n^^^^^\n    true\n")(whole)
    good("%post\n")(whole)
    prove(rule("OUR001", severity="info", message="x")(whole))


def test_checking_a_text() -> None:
    found = check_text(
        b"Bootstrap: docker\nFrom: a:1\n%post\n    telnet \xff\n", telnet(), path="x/Singularity"
    )
    assert [(one.code, one.source.path if one.source else "") for one in found] == [
        ("OUR001", "x/Singularity")
    ]
    with pytest.raises(TypeError, match="'tagret'"):
        check_text("", telnet(), tagret="apptainer-1.4")
    with pytest.raises(ValueError, match="aptainer"):
        check_text("", telnet(), target="aptainer-1.4")


def test_findings_of_all_profiles_and_previews_are_seen() -> None:
    assert check_text(TELNET_FILE, telnet(profile="strict", preview=True, confidence="low"))


TELNET_FILE = "Bootstrap: docker\nFrom: a:1\n%post\n    telnet a\n"


def test_findings_of_a_text_with_an_examples_settings() -> None:
    made = telnet(bad(TELNET), GOOD)
    assert len(findings_of(made, made.examples[0])) == 1
    assert findings_of(made, made.examples[0], "%post\n    true\n") == []


def test_applying_edits() -> None:
    assert apply_edits("\u3042bc", [Edit(3, 4, "B"), Edit(5, 5, "!"), Edit(0, 0, "> ")]) == "> \u3042Bc!"
    assert apply_edits("abc", [Edit(1, 1, "x"), Edit(1, 1, "y")]) in ("axybc", "ayxbc")
    for wrong in ([Edit(0, 2, ""), Edit(1, 3, "")], [Edit(2, 1, "")], [Edit(-1, -1, "")], [Edit(0, 4, "")]):
        with pytest.raises(AssertionError):
            apply_edits("abc", wrong)


def test_a_registry_of_rules_that_do_not_fit() -> None:
    with pytest.raises(AssertionError, match="OUR001 is taken"):
        registry_of([telnet(), telnet()])
    assert registry_of([telnet()]).find("OUR001") is not None
