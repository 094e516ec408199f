"""Reads findings back from each format, as its consumers do; nothing here is taken from the code under test."""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree as ET

from junitparser import JUnitXml
from markdown_it import MarkdownIt


class Place(NamedTuple):
    """What a report says of a finding.  `path` is the subject or the tool's name where no file is meant."""

    code: str
    path: str
    line: int | None
    column: int | None


def read_json(text: str) -> list[Place]:
    return [_json_place(found) for found in json.loads(text)["findings"]]


def read_json_lines(text: str) -> list[Place]:
    return [_json_place(json.loads(line)) for line in text.split("\n")[:-1]]


def _json_place(found: dict[str, Any]) -> Place:
    location = found["location"]
    path = location["path"] if location["path"] is not None else location.get("subject", "sifcheck")
    return Place(found["code"], path, location["start"]["line"], location["start"]["column"])


def read_concise(text: str) -> list[Place]:
    lines = [re.fullmatch(r"(.*?)(?::(\d+):(\d+))?: ([A-Z]+\d+) \S+: \w+: .*", line) for line in _lines(text)]
    return [_matched(found, 4) for found in lines]


def read_gcc(text: str) -> list[Place]:
    form = r"(.*?)(?::(\d+):(\d+))?: (?:error|warning|note): .* \[([A-Z]+\d+)\]"
    return [_matched(re.fullmatch(form, line), 4) for line in _lines(text)]


def _matched(found: re.Match[str] | None, code: int) -> Place:
    assert found is not None
    return Place(
        found[code], found[1], int(found[2]) if found[2] else None, int(found[3]) if found[3] else None
    )


def _lines(text: str) -> list[str]:
    assert text == "" or text.endswith("\n")
    return text.split("\n")[:-1]


def read_grouped(text: str) -> list[Place]:
    places, heading = [], ""
    for line in _lines(text)[:-1]:
        row = re.fullmatch(r"  +(?:(\d+):(\d+))?  (?:error|warning|info) +([A-Z]+\d+) \S+: .*", line)
        if row is None:
            heading = line or heading
        else:
            at = (int(row[1]), int(row[2])) if row[1] else (None, None)
            places.append(Place(row[3], heading, *at))
    return places


def read_github(text: str) -> list[Place]:
    """As the runner reads a line: the command, its properties, and after the second `::` the message."""
    places = []
    for line in _lines(text):
        command = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        assert command is not None
        pairs = dict(pair.split("=", 1) for pair in command[2].split(","))
        given = {key: _percent(value) for key, value in pairs.items()}
        at = (int(given["line"]), int(given["col"])) if "file" in given else (None, None)
        places.append(Place(given["title"].split(" ")[0], given.get("file", ""), *at))
    return places


def _percent(text: str) -> str:
    for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, character)
    return text


def read_azure(text: str) -> list[Place]:
    """As the agent reads a line: from `##vso[` to the first `]`, its properties parted by `;`."""
    places = []
    for line in _lines(text):
        head, end, _ = line.partition("]")
        assert end
        assert head.startswith("##vso[task.logissue ")
        pairs = [pair.split("=", 1) for pair in head.removeprefix("##vso[task.logissue ").split(";") if pair]
        given = {key: _azure(value) for key, value in pairs}
        assert given["type"] in ("error", "warning")
        line_, column = given.get("linenumber"), given.get("columnnumber")
        at = (int(line_) if line_ else None, int(column) if column else None)
        places.append(Place(given["code"], given.get("sourcepath", ""), *at))
    return places


def _azure(text: str) -> str:
    for escape, character in (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%")):
        text = text.replace(escape, character)
    return text


def read_checkstyle(text: str) -> list[Place]:
    root = ET.fromstring(text.encode())
    return [
        Place(
            error.attrib["source"].removeprefix("sifcheck."),
            file.attrib["name"],
            int(error.attrib["line"]),
            int(error.attrib["column"]),
        )
        for file in root
        for error in file
    ]


def read_junit(text: str) -> list[Place]:
    places = []
    for suite in JUnitXml.fromstring(text.encode()):
        for case in suite:
            if case.name == "no findings":
                continue
            named = re.fullmatch(r"([A-Z]+\d+) .*?(?: at (\d+):(\d+))?", case.name)
            assert named is not None
            at = (int(named[2]), int(named[3])) if named[2] else (None, None)
            places.append(Place(named[1], case.classname, *at))
    return places


def read_gitlab(text: str) -> list[Place]:
    return [
        Place(issue["check_name"], issue["location"]["path"], begin["line"], begin["column"])
        for issue in json.loads(text)
        for begin in [issue["location"]["positions"]["begin"]]
    ]


def read_rdjson(text: str) -> list[Place]:
    places = []
    for found in json.loads(text)["diagnostics"]:
        location = found.get("location", {"path": ""})
        start = location.get("range", {}).get("start", {})
        places.append(Place(found["code"]["value"], location["path"], start.get("line"), start.get("column")))
    return places


def read_sonarqube(text: str) -> list[Place]:
    places = []
    for issue in json.loads(text)["issues"]:
        location = issue["primaryLocation"]
        at = location.get("textRange", {})
        places.append(
            Place(issue["ruleId"], location["filePath"], at.get("startLine"), at.get("startColumn"))
        )
    return places


def read_sarif(text: str) -> list[Place]:
    places = []
    (run,) = json.loads(text)["runs"]
    for result in run["results"]:
        (location,) = result["locations"]
        if "physicalLocation" not in location:
            places.append(Place(result["ruleId"], location["logicalLocations"][0]["name"], None, None))
            continue
        region = location["physicalLocation"]["region"]
        path = path_of_uri(location["physicalLocation"]["artifactLocation"]["uri"])
        places.append(Place(result["ruleId"], path, region["startLine"], region["startColumn"]))
    return places


def path_of_uri(uri: str) -> str:
    assert re.fullmatch(r"(file:///)?([A-Za-z0-9_.~/-]|%[0-9A-F]{2})*", uri), uri
    return os.fsdecode(unquote_to_bytes(uri.removeprefix("file://")))


def read_markdown(text: str) -> list[Place]:
    places = []
    for cells in table_rows(text):
        _, place, rule, _ = cells
        at = re.fullmatch(r"(.*?)(?::(\d+):(\d+))?", place)
        assert at is not None
        numbers = (int(at[2]), int(at[3])) if at[2] else (None, None)
        places.append(Place(rule.split(" ")[0], at[1], *numbers))
    return places


def table_rows(text: str) -> list[list[str]]:
    """The cells of the one table of a page, as shown; there is nothing else in them but text, code and line breaks."""
    rows: list[list[str]] = []
    inside = False
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(text):
        inside = (inside or token.type == "tbody_open") and token.type != "tbody_close"
        if inside and token.type == "tr_open":
            rows.append([])
        elif inside and token.type == "inline":
            children = token.children or []
            kinds = {child.type for child in children} - {"text", "text_special", "html_inline"}
            assert not kinds, kinds
            tags = {child.content for child in children if child.type == "html_inline"}
            assert tags <= {"<code>", "</code>", "<br>"}, tags
            shown = [
                "\n" if c.content == "<br>" else "" if c.type == "html_inline" else c.content
                for c in children
            ]
            rows[-1].append("".join(shown))
    return rows


def read_html(text: str) -> list[Place]:
    places = []
    for part in re.findall(r"(?s)<details[^>]*>(.*?)</details>", text):
        path = html.unescape(re.findall(r"(?s)<summary><code>(.*?)</code>", part)[0])
        for item in re.findall(r"(?s)<li>(.*?)</li>", part):
            row = re.match(r'(?:line (\d+), column (\d+): )?<b class="\w+">([A-Z]+\d+) ', item)
            assert row is not None
            at = (int(row[1]), int(row[2])) if row[1] else (None, None)
            places.append(Place(row[3], path, *at))
    return places


READERS: dict[str, Callable[[str], list[Place]]] = {
    "concise": read_concise,
    "grouped": read_grouped,
    "json": read_json,
    "json-lines": read_json_lines,
    "sarif": read_sarif,
    "github": read_github,
    "gitlab": read_gitlab,
    "azure": read_azure,
    "junit": read_junit,
    "checkstyle": read_checkstyle,
    "gcc": read_gcc,
    "rdjson": read_rdjson,
    "sonarqube": read_sonarqube,
    "markdown": read_markdown,
    "html": read_html,
}
