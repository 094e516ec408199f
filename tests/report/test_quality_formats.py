"""The formats gitlab, rdjson and sonarqube: against schemas written from the documentation of each."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator
from report.samples import FILE, any_results, finding, results, span_of
from report.schemas import FROM_1, TEXT, a_list, an_object

from sifcheck.base.findings import Edit, Fix, Related, Results, RuleFacts
from sifcheck.base.source import Source, Span
from sifcheck.report import render

HOST = finding("ENV101", "group", source=None, subject="host", span=Span(0, 0), severity="error")
FROM_0 = {"type": "integer", "minimum": 0}

_GITLAB_PLACE = an_object({"line": FROM_1, "column": FROM_1})
_RD_POSITION = an_object({"line": FROM_1}, column=FROM_1)
_RD_RANGE = an_object({"start": _RD_POSITION}, end=_RD_POSITION)
_RD_LOCATION = an_object({"path": TEXT}, range=_RD_RANGE)
_SONAR_RANGE = an_object({"startLine": FROM_1}, endLine=FROM_1, startColumn=FROM_0, endColumn=FROM_0)
_SONAR_LOCATION = an_object({"message": {**TEXT, "minLength": 1}, "filePath": TEXT}, textRange=_SONAR_RANGE)
_SONAR_RELATED = an_object({"filePath": TEXT}, message=TEXT, textRange=_SONAR_RANGE)
_SONAR_IMPACT = an_object(
    {
        "softwareQuality": {"enum": ["SECURITY", "RELIABILITY", "MAINTAINABILITY"]},
        "severity": {"enum": ["BLOCKER", "HIGH", "MEDIUM", "LOW", "INFO"]},
    }
)

SCHEMAS = {
    "gitlab": a_list(
        an_object(
            {
                "description": TEXT,
                "check_name": TEXT,
                "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": an_object(
                    {
                        "path": {"type": "string", "not": {"pattern": r"^\./"}},
                        "positions": an_object({"begin": _GITLAB_PLACE, "end": _GITLAB_PLACE}),
                    }
                ),
            }
        )
    ),
    "rdjson": an_object(
        {
            "source": an_object({"name": {"const": "sifcheck"}}),
            "diagnostics": a_list(
                an_object(
                    {
                        "message": TEXT,
                        "severity": {"enum": ["ERROR", "WARNING", "INFO"]},
                        "code": an_object({"value": TEXT}, url=TEXT),
                    },
                    location=_RD_LOCATION,
                    related_locations=a_list(an_object({"message": TEXT, "location": _RD_LOCATION})),
                    suggestions=a_list(an_object({"range": _RD_RANGE, "text": TEXT}), maxItems=1),
                )
            ),
        }
    ),
    "sonarqube": an_object(
        {
            "rules": a_list(
                an_object(
                    {
                        "id": TEXT,
                        "name": TEXT,
                        "description": TEXT,
                        "engineId": {"const": "sifcheck"},
                        "cleanCodeAttribute": {"enum": ["CONVENTIONAL", "LOGICAL"]},
                        "impacts": a_list(_SONAR_IMPACT, minItems=1),
                    }
                )
            ),
            "issues": a_list(
                an_object(
                    {"ruleId": TEXT, "primaryLocation": _SONAR_LOCATION},
                    secondaryLocations=a_list(_SONAR_RELATED),
                )
            ),
        }
    ),
}


def document(form: str, *found: Any) -> Any:
    read = json.loads(render(results(*found), form))
    Draft202012Validator(SCHEMAS[form]).validate(read)
    return read


@pytest.mark.parametrize("form", SCHEMAS)
@given(any_results())
def test_any_results_keep_to_the_schema(form: str, found: Results) -> None:
    read = json.loads(render(found, form).encode())
    Draft202012Validator(SCHEMAS[form]).validate(read)
    if form == "gitlab":
        assert len({issue["fingerprint"] for issue in read}) == len(found.findings)
    if form == "sonarqube":
        codes = [rule["id"] for rule in read["rules"]]
        assert len(codes) == len(set(codes))
        assert {issue["ruleId"] for issue in read["issues"]} == set(codes)
        for issue in read["issues"]:
            for place in (issue["primaryLocation"], *issue.get("secondaryLocations", ())):
                at = place.get("textRange", {})
                if "endLine" in at:
                    assert (at["startLine"], at["startColumn"]) < (at["endLine"], at["endColumn"])


def test_gitlab() -> None:
    (issue,) = document("gitlab", finding(help="name 9.4", fingerprint="0f3a"))
    assert len(issue.pop("fingerprint")) == 32
    assert issue == {
        "description": "the tag moves: name 9.4",
        "check_name": "DEF201",
        "severity": "major",
        "location": {
            "path": "example.def",
            "positions": {"begin": {"line": 2, "column": 18}, "end": {"line": 2, "column": 24}},
        },
    }


def test_gitlab_tells_findings_apart_and_knows_them_again() -> None:
    other = Source("b.def", FILE.data)
    found = [finding(fingerprint="0f"), finding(fingerprint="0f", source=other), finding(fingerprint="0f")]
    marks = [issue["fingerprint"] for issue in document("gitlab", *found)]
    assert len(set(marks)) == 3
    moved = Source("example.def", b"\n\n" + FILE.data)
    again = document("gitlab", finding(fingerprint="0f", source=moved, span=span_of("latest", moved)))
    assert again[0]["fingerprint"] == marks[0]
    assert again[0]["location"]["positions"]["begin"]["line"] == 4


def test_rdjson_counts_bytes_and_suggests_what_one_edit_mends() -> None:
    source = Source("a.def", "# 語 x\n".encode())
    place = span_of("x", source)
    one = Fix("y", (Edit(place.start, place.end, "y"),), True)
    two = one._replace(edits=(*one.edits, Edit(0, 0, "z")))
    first, second, host = document(
        "rdjson",
        finding(source=source, span=place, fix=one, related=(Related("here", Span(0, 1)),)),
        finding(source=source, span=place, fix=two),
        HOST,
    )["diagnostics"]
    at = {"start": {"line": 1, "column": 7}, "end": {"line": 1, "column": 8}}
    assert first["location"] == {"path": "a.def", "range": at}
    assert first["suggestions"] == [{"range": at, "text": "y"}]
    assert first["related_locations"][0]["location"]["range"]["start"] == {"line": 1, "column": 1}
    assert "suggestions" not in second
    assert "location" not in host


def test_sonarqube_counts_utf16_from_0_and_leaves_out_what_it_refuses() -> None:
    source = Source("./a.def", "# 😀 x\n".encode())
    issues = document(
        "sonarqube",
        finding(source=source, span=span_of("x", source)),
        finding(source=source, span=Span(2, 2)),
        finding(source=source, span=Span(0, 0)),
        HOST,
    )["issues"]
    places = [issue["primaryLocation"] for issue in issues]
    assert places[0]["textRange"] == {"startLine": 1, "endLine": 1, "startColumn": 5, "endColumn": 6}
    assert places[1]["textRange"] == {"startLine": 1}
    assert "textRange" not in places[2]
    assert [place["filePath"] for place in places] == ["a.def", "a.def", "a.def", "host"]


def test_sonarqube_tells_what_a_rule_is_about() -> None:
    facts = RuleFacts("moving-base", "info", "It moves.", "", "It moves.\n\nToday here, tomorrow there.")
    found = results(finding(), finding("SC2086", "quote"))._replace(rules={"DEF201": facts})
    known, other = json.loads(render(found, "sonarqube"))["rules"]
    assert known["description"] == facts.documentation
    assert known["impacts"] == [{"softwareQuality": "MAINTAINABILITY", "severity": "LOW"}]
    assert other["impacts"] == [{"softwareQuality": "RELIABILITY", "severity": "MEDIUM"}]
