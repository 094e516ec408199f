"""The format `json`: the document, its schema, and that they belong together."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from report.samples import FILE, any_results, finding, is_unsafe, results, span_of

import sifcheck.report
from sifcheck.base.findings import Edit, Fix, LeftOut, Related, Results, Skipped
from sifcheck.base.source import Source, Span
from sifcheck.report import render

SCHEMA = json.loads(
    Path(sifcheck.report.__file__).with_name("findings.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)

CODES = st.sampled_from(["DEF201", "SC2086", "SITEWIDE900"])


def document(found: Results) -> Any:
    read = json.loads(render(found, "json"))
    VALIDATOR.validate(read)
    return read


def test_the_whole_document() -> None:
    found = Results(
        (
            finding(
                help="name a version",
                section="header",
                fingerprint="0f3a",
                related=(Related("the arguments", span_of("$*")),),
                fix=Fix("write 9.4", (Edit(35, 41, "9.4"),), True),
            ),
        ),
        (Skipped("ENV101", "no host was named"),),
        1,
    )
    assert document(found) == {
        "version": 1,
        "findings": [
            {
                "code": "DEF201",
                "name": "moving-base",
                "key": None,
                "severity": "warning",
                "confidence": "high",
                "message": "the tag moves",
                "help": "name a version",
                "url": None,
                "fingerprint": "0f3a",
                "location": {
                    "path": "example.def",
                    "start": {"line": 2, "column": 18, "offset": 35},
                    "end": {"line": 2, "column": 24, "offset": 41},
                    "section": "header",
                },
                "occurrences": 1,
                "related": [
                    {
                        "code": None,
                        "message": "the arguments",
                        "location": {
                            "path": "example.def",
                            "start": {"line": 14, "column": 17, "offset": FILE.data.index(b"$*")},
                            "end": {"line": 14, "column": 19, "offset": FILE.data.index(b"$*") + 2},
                            "section": None,
                        },
                    }
                ],
                "fix": {
                    "safe": True,
                    "title": "write 9.4",
                    "edits": [{"start": 35, "end": 41, "text": "9.4"}],
                },
            }
        ],
        "skipped": [{"code": "ENV101", "why": "no host was named"}],
        "summary": {"files": 1, "error": 0, "warning": 1, "info": 0},
    }


def test_what_was_left_out_is_counted_where_something_was_compared_with() -> None:
    read = document(results()._replace(left_out=LeftOut(12, 1, 3)))
    assert read["left_out"] == {"baseline": 12, "stale": 1, "unchanged": 3}
    assert list(read) == ["version", "findings", "skipped", "summary", "left_out"]


def test_the_key_of_a_message_among_several() -> None:
    (named,) = document(results(finding()._replace(key="glued")))["findings"]
    assert named["key"] == "glued"


def test_the_keys_stand_in_the_documented_order() -> None:
    read = document(results(finding()))
    assert list(read) == ["version", "findings", "skipped", "summary"]
    assert list(read["findings"][0]) == [
        "code", "name", "key", "severity", "confidence", "message", "help", "url", "fingerprint",
        "location", "occurrences", "related", "fix",
    ]  # fmt: skip


def test_columns_are_characters_and_offsets_bytes() -> None:
    source = Source("a.def", "# 日本\nFrom: 語 x\n".encode())
    location = document(results(finding(source=source, span=span_of("x", source))))["findings"][0]["location"]
    assert location["start"] == {"line": 2, "column": 9, "offset": 19}
    assert location["end"] == {"line": 2, "column": 10, "offset": 20}


@pytest.mark.parametrize("subject", ["host", "plan"])
def test_a_finding_about_no_file(subject: str) -> None:
    found = finding(source=None, subject=subject, span=Span(0, 0))
    assert document(results(found))["findings"][0]["location"] == {
        "path": None,
        "start": {"line": 1, "column": 1, "offset": 0},
        "end": {"line": 1, "column": 1, "offset": 0},
        "section": None,
        "subject": subject,
    }


def test_a_finding_about_a_file_without_text() -> None:
    location = document(results(finding(source=None, path="image.sif")))["findings"][0]["location"]
    assert location["path"] == "image.sif"
    assert location["start"] == {"line": 1, "column": 1, "offset": 0}
    assert "subject" not in location


def test_a_finding_about_the_host_has_no_path_whatever_else_it_carries() -> None:
    location = document(results(finding(subject="host", path="a.def")))["findings"][0]["location"]
    assert (location["path"], location["subject"]) == (None, "host")


def test_an_end_never_stands_before_its_start() -> None:
    location = document(results(finding(span=Span(35, 20))))["findings"][0]["location"]
    assert location["end"] == location["start"] == {"line": 2, "column": 18, "offset": 35}


def test_what_cannot_be_seen_is_escaped() -> None:
    message = "日本 \x1b \x7f \x85 \u202e \u200b \u2028 \U000e0041"
    text = render(results(finding(message=message)), "json")
    assert r'"日本 \u001b \u007f \u0085 \u202e \u200b \u2028 \udb40\udc41"' in text
    assert json.loads(text)["findings"][0]["message"] == message


def test_a_byte_of_a_path_that_is_no_text_becomes_the_replacement_character() -> None:
    assert (
        document(results(finding(path="caf\udce9.def")))["findings"][0]["location"]["path"] == "caf\ufffd.def"
    )


@given(any_results(CODES))
def test_any_results_make_a_valid_document(found: Results) -> None:
    text = render(found, "json")
    assert text == render(found, "json", color=True, width=20, statistics=True)
    assert {character for character in text if character != "\n" and is_unsafe(character)} == set()
    read = json.loads(text.encode("utf-8"))
    VALIDATOR.validate(read)
    for made, given_finding in zip(read["findings"], found.findings, strict=True):
        assert made["message"] == "".join(
            "\ufffd" if "\ud800" <= c <= "\udfff" else c for c in given_finding.message
        )


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for value in schema.values():
            yield from objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects(value)


def test_the_schema_is_one_and_strict() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    found = list(objects(SCHEMA))
    assert len(found) == 10
    for one in found:
        assert one["additionalProperties"] is False
        assert set(one["required"]) <= set(one["properties"])


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every object in a document."""
    if isinstance(value, dict):
        yield path
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*path, index))


def test_the_schema_refuses_every_key_too_many_or_missing() -> None:
    good = document(
        Results(
            (finding(related=(Related("x", Span(0, 1)),), fix=Fix("t", (Edit(0, 1, ""),), False)),),
            (Skipped("ENV101", "no host"),),
            1,
        )
    )
    tried = 0
    for path in paths(good):
        more = copy.deepcopy(good)
        inner = at(more, path)
        inner["surprise"] = 1
        assert not VALIDATOR.is_valid(more), path
        for key in list(at(good, path)):
            less = copy.deepcopy(good)
            del at(less, path)[key]
            assert not VALIDATOR.is_valid(less), (path, key)
            tried += 1
    assert tried > 30


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 2),
        (("findings", 0, "severity"), "fatal"),
        (("findings", 0, "confidence"), "certain"),
        (("findings", 0, "code"), "def201"),
        (("findings", 0, "location", "start", "line"), 0),
        (("findings", 0, "location", "start", "column"), 1.5),
        (("findings", 0, "location", "end", "offset"), -1),
        (("findings", 0, "location", "subject"), "host"),
        (("findings", 0, "location", "path"), 1),
        (("summary", "files"), -1),
    ],
)
def test_the_schema_refuses_wrong_values(path: tuple[Any, ...], value: object) -> None:
    wrong = document(results(finding()))
    at(wrong, path[:-1])[path[-1]] = value
    assert not VALIDATOR.is_valid(wrong)


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document
