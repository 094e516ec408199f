"""The format `html`: one page that loads nothing, shows all findings, and in which no text acts."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from report.samples import any_results

from sifcheck.base.findings import EarlierRun, Results
from sifcheck.base.text import escape
from sifcheck.cli import main
from sifcheck.report import render

ODD = "Bootstrap: docker\nFrom: x<script>alert(1)</script>\n%post\n    echo '</pre><img src=x onerror=alert(2)>'\n"


class Page(HTMLParser):
    """What a browser makes of the page: its elements, and the text in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(found: Results) -> str:
    return render(found, "html")


@given(any_results())
def test_every_finding_is_on_the_page_and_nothing_in_it_acts(found: Results) -> None:
    text = page(found)
    made = Page(text)
    shown = "".join(made.text)
    assert len(made.named("li")) == len(found.findings)
    for finding in found.findings:
        assert escape(finding.message) in shown
    # One script, one style, no link, image or handler, whatever the files hold.
    assert len(made.named("script")) == len(made.named("style")) == 1
    allowed = {
        "class",
        "data-value",
        "data-text",
        "type",
        "placeholder",
        "aria-label",
        "role",
        "lang",
        "charset",
    }
    allowed |= {"http-equiv", "content", "name", "viewbox", "x", "y", "width", "height", "rx"}
    assert {name for _, attributes in made.elements for name in attributes} <= allowed
    assert not re.search(
        r"\b(?:src|href|url)\s*[=(]", re.sub(r"(?s)<li>.*?</li>|data-text=\"[^\"]*\"", "", text)
    )


def test_only_its_own_script_and_style_may_run() -> None:
    text = page(Results((), (), 3))
    for tag in ("script", "style"):
        (content,) = re.findall(rf"(?s)<{tag}>(.*?)</{tag}>", text)
        assert f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}" in text
    assert "default-src 'none'" in text


def test_what_a_file_holds_is_shown_and_not_obeyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a<b>.def").write_text(ODD, encoding="utf-8")
    main(["check", "--isolated", "--no-shellcheck", "--profile", "strict", "--output-format", "html", "."])
    text = capsys.readouterr().out
    made = Page(text)
    assert not made.named("img")
    assert len(made.named("script")) == 1
    assert "<script>alert(1)</script>" in "".join(made.text)
    assert "a<b>.def" in "".join(made.text)


def test_changes_since_an_earlier_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["check", "--isolated", "--no-shellcheck"]
    Path("a.def").write_text(
        "Bootstrap: docker\nFrom: rockylinux\n%runscript\n    python $*\n", encoding="utf-8"
    )
    main([*words, "--output-format", "json", "--output", "json:earlier.json", "."])
    Path("a.def").write_text("Bootstrap: docker\nFrom: rockylinux\n", encoding="utf-8")
    Path("b.def").write_text("Bootstrap: docker\nFrom: debian\n", encoding="utf-8")
    capsys.readouterr()
    main([*words, "--output-format", "html", "--earlier", "earlier.json", "."])
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", capsys.readouterr().out)
    changes = {
        re.sub(r"<[^>]+>", " ", row).split()[0]: re.findall(r'data-value="(-?\d+)"', row)[-1]
        for row in rows
        if "<td" in row
    }
    assert changes["DEF201"] == "1"
    assert changes["DEF701"] == "-1"
    assert changes["a.def"] == "-1"
    assert changes["b.def"] == "1"


@pytest.mark.parametrize(
    "text", [None, "", "[]", '{"version": 2, "findings": []}', '{"version": 1, "findings": [3]}']
)
def test_what_is_no_earlier_report(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.def").write_text("Bootstrap: docker\nFrom: debian:12\n", encoding="utf-8")
    if text is not None:
        Path("earlier.json").write_text(text, encoding="utf-8")
    assert main(["check", "--isolated", "--no-shellcheck", "--earlier", "earlier.json", "a.def"]) == 3
    assert "--earlier: earlier.json" in capsys.readouterr().err


def test_an_earlier_run_alone_makes_a_column() -> None:
    text = render(Results((), (), 0, earlier=EarlierRun({"DEF201": 2}, {"gone.def": 2})), "html")
    assert "gone.def" in text
    assert 'data-value="-2">-2<' in text
    assert json.dumps("change")[1:-1] in text
