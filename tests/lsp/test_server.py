"""The server as an editor sees it, over standard input and output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pygls", reason="the language server needs pygls (extra `lsp`)")

from lsprotocol import types

from sifcheck.shell.shellcheck import find_shellcheck

if TYPE_CHECKING:
    from lsp.editor import Editor

ROOT = Path(__file__).resolve().parents[2]
FLAWED = sorted((ROOT / "examples").glob("*.def"))

ASTRAL = """Bootstrap: docker
From: rockylinux:9.4

%post
    # 日本語 𝄞
    echo '𝄞日本' && dnf install -y gcc; echo 𝄞
%runscript
    exec '日𝄞' python $*
"""

Opened = Callable[..., str]


def check_json(folder: Path, name: str, text: str, *words: str) -> list[dict[str, Any]]:
    """What the command line finds in the same text."""
    command = [
        sys.executable,
        "-m",
        "sifcheck",
        "check",
        "--isolated",
        "--every",
        "--output-format",
        "json",
        *words,
    ]
    done = subprocess.run(
        [*command, "--stdin-filename", str(folder / name), "-"],
        input=text.encode(),
        capture_output=True,
        cwd=folder,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)["findings"]


def same(
    editor: Editor, text: str, diagnostics: list[types.Diagnostic], findings: list[dict[str, Any]]
) -> None:
    """The diagnostics say what the findings say, at the same places."""
    severities = {"error": 1, "warning": 2, "info": 3}
    data = text.encode()
    expected = [
        (
            f["code"],
            severities[f["severity"]],
            editor.position(text, len(data[: f["location"]["start"]["offset"]].decode())),
            editor.position(text, len(data[: f["location"]["end"]["offset"]].decode())),
            f["message"],
            [r["message"] for r in f["related"]],
        )
        for f in findings
    ]
    assert [
        (
            d.code,
            d.severity,
            d.range.start,
            d.range.end,
            d.message.removesuffix(f"\n{f['help']}"),
            [r.message for r in d.related_information or ()],
        )
        for d, f in zip(diagnostics, findings, strict=True)
    ] == expected


@pytest.mark.parametrize("path", FLAWED, ids=lambda path: path.name)
def test_diagnostics_are_those_of_check(editor: Editor, opened: Opened, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    uri = opened(text, path.name)
    same(editor, text, editor.diagnostics(uri), check_json(editor.folder, path.name, text, "--no-shellcheck"))


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_places_in_text_of_several_bytes_a_character(editor: Editor, opened: Opened, ending: str) -> None:
    text = ASTRAL.replace("\n", ending)
    uri = opened(text)
    found = editor.diagnostics(uri)
    same(editor, text, found, check_json(editor.folder, "a.def", text, "--no-shellcheck"))
    (cache,) = [d for d in found if d.code == "DEF401"]
    # Two units for the clef, one for each of the others.
    assert cache.range.start == types.Position(5, 4 + len("echo '") + 4 + len("' && "))


@pytest.mark.parametrize("encoding", list(types.PositionEncodingKind))
def test_the_units_are_the_clients(
    editors: Callable[..., Editor], encoding: types.PositionEncodingKind
) -> None:
    editor = editors("--isolated", "--no-shellcheck", encodings=[encoding])
    assert editor.encoding == encoding
    editor.open(editor.uri("a.def"), ASTRAL)
    same(
        editor,
        ASTRAL,
        editor.diagnostics(editor.uri("a.def")),
        check_json(editor.folder, "a.def", ASTRAL, "--no-shellcheck"),
    )
    editor.type(editor.uri("a.def"), ASTRAL.index("日𝄞'"), ASTRAL.index("日𝄞'") + 2, "𝄞𝄞𝄞")
    text = editor.texts[editor.uri("a.def")]
    same(
        editor,
        text,
        editor.diagnostics(editor.uri("a.def")),
        check_json(editor.folder, "a.def", text, "--no-shellcheck"),
    )


def test_diagnostics_follow_what_is_typed(editor: Editor, opened: Opened) -> None:
    uri = opened("Bootstrap: docker\nFrom: rockylinux:9.4\n\n%post\n    true\n")
    assert not [d for d in editor.diagnostics(uri) if d.severity == types.DiagnosticSeverity.Error]
    end = len(editor.texts[uri])
    for number, character in enumerate("%psot\n"):
        editor.type(uri, end + number, end + number, character)
    assert "DEF101" in [d.code for d in editor.diagnostics(uri)]
    start = editor.texts[uri].index("psot")
    editor.type(uri, start, start + 4, "test")
    assert "DEF101" not in [d.code for d in editor.diagnostics(uri)]


def test_what_is_no_definition_file_gets_nothing(editor: Editor, opened: Opened) -> None:
    for name, text in (
        ("notes.txt", "%psot\nBootstrapping is fun\n"),
        ("data.json", "{}"),
        ("README.md", "# Bootstrap\n"),
    ):
        uri = opened(text, name, "plaintext")
        assert editor.diagnostics(uri) == []
        assert editor.completion(uri, 0) == []
        assert editor.symbols(uri) == []
        assert editor.hover(uri, 0) == ""
        assert editor.actions(uri, types.Range(types.Position(0, 0), types.Position(1, 0))) == []


def test_a_name_a_first_line_or_the_language_makes_a_definition_file(editor: Editor, opened: Opened) -> None:
    text = "Bootstrap: docker\nFrom: rockylinux\n\n%post\n    true\n"
    for name, content, language in (
        ("Singularity.dev", text, "plaintext"),
        ("recipe", text, "plaintext"),
        ("empty-name", "%psot\n", "apptainer-definition"),
    ):
        assert editor.diagnostics(opened(content, name, language)), name


def test_a_batch_script_is_checked_as_one(editor: Editor, opened: Opened) -> None:
    uri = opened("#!/bin/bash\n#SBATCH -n 1\nsingularity biuld a.sif a.def\n", "job.sh", "shellscript")
    assert "JOB103" in [d.code for d in editor.diagnostics(uri)]
    assert editor.symbols(uri) == []


def test_a_document_that_was_never_saved(editor: Editor) -> None:
    editor.open("untitled:Untitled-1", "Bootstrap: docker\nFrom: rockylinux\n")
    assert "DEF201" in [d.code for d in editor.diagnostics("untitled:Untitled-1")]


def test_a_closed_document_shows_nothing(editor: Editor, opened: Opened) -> None:
    uri = opened("Bootstrap: docker\nFrom: rockylinux\n")
    assert editor.diagnostics(uri)
    editor.close(uri)
    editor.until(
        lambda: [p for p in editor.published if p.uri == uri and p.version is None and not p.diagnostics]
    )


@pytest.mark.parametrize("resolves", [True, False])
def test_fixing_all_is_what_fix_does(editors: Callable[..., Editor], tmp_path: Path, resolves: bool) -> None:
    editor = editors("--isolated", "--no-shellcheck", resolves=resolves)
    fixed = 0
    for path in FLAWED:
        content = path.read_bytes().replace(b"\n", b"\r\n" if path.name.startswith("g") else b"\n")
        (tmp_path / path.name).write_bytes(content)
        uri = editor.uri(path.name)
        editor.open(uri, content.decode())
        editor.diagnostics(uri)
        everything = types.Range(types.Position(0, 0), types.Position(0, 0))
        actions = editor.actions(uri, everything, ["source.fixAll"])
        command = ["check", "--isolated", "--no-shellcheck", "--fix", "--fail-level", "never", path.name]
        subprocess.run(
            [sys.executable, "-m", "sifcheck", *command], cwd=tmp_path, capture_output=True, check=True
        )
        after = (tmp_path / path.name).read_bytes().decode()
        if after == content.decode():
            assert not actions or not _edits(editor.resolve(actions[0]) if resolves else actions[0])
            continue
        (action,) = actions
        assert (action.edit is None) is resolves
        if resolves:
            action = editor.resolve(action)
        assert editor.applied(uri, _edits(action)) == after
        fixed += 1
    assert fixed >= 2


def _edits(action: types.CodeAction) -> list[types.TextEdit]:
    assert action.edit is not None
    (change,) = action.edit.document_changes or ()
    assert isinstance(change, types.TextDocumentEdit)
    return [edit for edit in change.edits if isinstance(edit, types.TextEdit)]


def test_an_action_of_an_older_text_does_nothing(editor: Editor, opened: Opened) -> None:
    uri = opened(ASTRAL)
    editor.diagnostics(uri)
    nowhere = types.Range(types.Position(0, 0), types.Position(0, 0))
    (action,) = editor.actions(uri, nowhere, ["source"])
    editor.type(uri, 0, 0, "# a\n")
    assert editor.resolve(action).edit is None


def test_a_fix_mends_what_it_is_offered_for(editor: Editor, opened: Opened) -> None:
    uri = opened(ASTRAL)
    (finding,) = [d for d in editor.diagnostics(uri) if d.code == "DEF701"]
    fix, *others = editor.actions(uri, finding.range, ["quickfix"])
    assert fix.is_preferred
    assert fix.kind == types.CodeActionKind.QuickFix
    assert [d.code for d in fix.diagnostics or ()] == ["DEF701"]
    editor.replace(uri, editor.applied(uri, _edits(fix)))
    assert "DEF701" not in [d.code for d in editor.diagnostics(uri)]
    assert not any(action.is_preferred for action in others)


def test_an_unsafe_fix_says_so(editor: Editor, opened: Opened) -> None:
    uri = opened("Bootstrap: docker\nFrom: rockylinux:9.4\n\n%post -c /bin/bash\n    false\n    true\n")
    unsafe = [d for d in editor.diagnostics(uri) if (d.data or {}).get("fix") == "unsafe"]
    assert unsafe
    fixes = [a for a in editor.actions(uri, unsafe[0].range) if a.title.startswith(f"{unsafe[0].code}: ")]
    assert fixes
    assert all("unsafe" in fix.title and not fix.is_preferred for fix in fixes)


@pytest.mark.parametrize("scope", ["line", "section", "file"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_comment_hides_what_it_is_offered_for(
    editor: Editor, opened: Opened, scope: str, ending: str
) -> None:
    text = ASTRAL.replace("\n", ending)
    uri = opened(text)
    (finding,) = [d for d in editor.diagnostics(uri) if d.code == "DEF701"]
    before = [d.code for d in editor.diagnostics(uri)]
    (action,) = [a for a in editor.actions(uri, finding.range) if a.title == f"Ignore DEF701 in this {scope}"]
    editor.replace(uri, editor.applied(uri, _edits(action)))
    before.remove("DEF701")
    assert [d.code for d in editor.diagnostics(uri)] == before
    assert "TODO: say why" in editor.texts[uri]
    assert editor.texts[uri].count(ending) == editor.texts[uri].count("\n")


def test_a_comment_does_not_take_the_interpreter_away(editor: Editor, opened: Opened) -> None:
    uri = opened("Bootstrap: docker\nFrom: rockylinux:9.4\n%runscript\n#!/bin/bash\n    exec python $*\n")
    (finding,) = [d for d in editor.diagnostics(uri) if d.code == "DEF701"]
    (action,) = [a for a in editor.actions(uri, finding.range) if a.title.endswith("in this section")]
    assert "%runscript\n#!/bin/bash\n    # sifcheck" in editor.applied(uri, _edits(action))


def test_hover_shows_the_rule_and_what_words_mean(editor: Editor, opened: Opened) -> None:
    uri = opened(ASTRAL)
    editor.diagnostics(uri)
    rule = editor.hover(uri, ASTRAL.index("$*"))
    assert rule.startswith("**DEF701 unquoted-arguments** (warning)")
    assert "Source:" in rule
    assert "inside of it" in editor.hover(uri, ASTRAL.index("%post") + 1)
    assert "The base:" in editor.hover(uri, ASTRAL.index("From"))
    assert "image of a registry" in editor.hover(uri, ASTRAL.index("docker"))
    assert editor.hover(uri, ASTRAL.index("echo '") + 1) == ""


@pytest.mark.parametrize(
    ("text", "expected", "after"),
    [
        ("Bootstrap: docker\nFrom: a:1\n\n%po|", "%post", "%post"),
        ("Bootstrap: docker\nFrom: a:1\n\n%post\n    true\n%|", "%apprun", "%apprun "),
        ("Bootstrap: docker\nFr|", "From", "From: "),
        ("|", "Bootstrap", "Bootstrap: "),
        ("Bootstrap:|", "docker", "Bootstrap: docker"),
        ("bootstrap: loc|\nFrom: a\n", "localimage", "bootstrap: localimage"),
        (
            "Bootstrap: docker\nFrom: a:1\n%post\n    true # sifcheck: ig|",
            "ignore[]",
            "    true # sifcheck: ignore[",
        ),
        (
            "Bootstrap: docker\nFrom: a:1\n%post\n    日本𝄞 # sifcheck: ignore[DEF401, DE|",
            "DEF504",
            "    日本𝄞 # sifcheck: ignore[DEF401, DEF504",
        ),
        (
            "Bootstrap: docker\nFrom: a:1\nStage: build\n%post\n    true\nBootstrap: docker\n%files from |\n    /a\n",
            "build",
            "%files from build",
        ),
    ],
)
def test_completion(editor: Editor, opened: Opened, text: str, expected: str, after: str) -> None:
    at = text.index("|")
    uri = opened(text.replace("|", ""))
    (item,) = [item for item in editor.completion(uri, at) if item.label == expected]
    assert isinstance(item.text_edit, types.TextEdit)
    changed = editor.applied(uri, [item.text_edit])
    line = changed.split("\n")[text[:at].count("\n")]
    assert line == after


@pytest.mark.parametrize(
    "text",
    [
        "Bootstrap: docker\nFrom: a:1\n%post\n    ec|",
        "Bootstrap: docker\nFrom: a:1\n%post\n    true\n|",
        "Bootstrap: docker\nFrom: |",
        "Bootstrap: docker\nFrom: a:1\n%post\n    # ignore[|",
    ],
)
def test_nothing_is_proposed_where_nobody_knows(editor: Editor, opened: Opened, text: str) -> None:
    assert editor.completion(opened(text.replace("|", "")), text.index("|")) == []


def test_keys_that_are_there_are_not_proposed_again(editor: Editor, opened: Opened) -> None:
    text = "Bootstrap: docker\nFrom: a:1\n\n%post\n    true\n"
    labels = [item.label for item in editor.completion(opened(text), text.index("\n%post"))]
    assert "Registry" in labels
    assert "From" not in labels


def test_symbols_are_stages_sections_and_apps(editor: Editor, opened: Opened) -> None:
    text = (
        "Bootstrap: docker\nFrom: a:1\nStage: 日本\n%post -c /bin/bash\n    true\n"
        "Bootstrap: scratch\n%appinstall tool\n    true\n%files from 日本\n    /a\n%apprun tool\n    true\n"
    )
    uri = opened(text)
    stages = editor.symbols(uri)
    outline = [
        (s.name, s.detail, [(c.name, c.detail, [a.name for a in c.children or ()]) for c in s.children or ()])
        for s in stages
    ]
    assert outline == [
        ("日本", "docker a:1", [("%post", "-c /bin/bash", [])]),
        ("stage 2", "scratch", [("tool", "app", ["%appinstall", "%apprun"]), ("%files", "from 日本", [])]),
    ]

    def inside(symbol: types.DocumentSymbol) -> None:
        low, high = symbol.range.start, symbol.range.end
        assert low <= symbol.selection_range.start
        assert symbol.selection_range.end <= high
        for child in symbol.children or ():
            assert low <= child.range.start
            assert child.range.end <= high
            inside(child)

    for stage in stages:
        inside(stage)


def test_shellcheck_is_heard_later_and_follows_the_text(editors: Callable[..., Editor]) -> None:
    if find_shellcheck() is None:
        pytest.skip("ShellCheck is not installed (extra `shellcheck`)")
    editor = editors("--isolated")
    uri = editor.uri("a.def")
    text = "Bootstrap: docker\nFrom: rockylinux:9.4\n\n%post\n    x=$(ls)\n    cat $x\n"
    editor.open(uri, text)
    heard = editor.diagnostics(uri, lambda found: any(d.source == "shellcheck" for d in found))
    same(editor, text, heard, check_json(editor.folder, "a.def", text))
    editor.type(uri, text.index("    x="), text.index("    x="), "    true\n")
    moved = editor.diagnostics(uri)
    assert [d.range.start.line for d in moved if d.source == "shellcheck"] == [
        d.range.start.line + 1 for d in heard if d.source == "shellcheck"
    ]
    editor.save(uri)
    now = editor.texts[uri]
    findings = check_json(editor.folder, "a.def", now)
    again = editor.diagnostics(uri, lambda found: len(found) == len(findings))
    same(editor, now, again, findings)


def test_settings_of_the_files_folder_hold_and_are_read_again(
    editors: Callable[..., Editor], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    editor = editors("--no-shellcheck", environment=environment)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "sifcheck.toml").write_text('ignore = ["DEF201"]\n', encoding="utf-8")
    text = "Bootstrap: docker\nFrom: rockylinux\n\n%post\n    true\n"
    one, two = editor.uri("one/a.def"), editor.uri("two/a.def")
    editor.open(one, text)
    editor.open(two, text)
    assert "DEF201" not in [d.code for d in editor.diagnostics(one)]
    assert "DEF201" in [d.code for d in editor.diagnostics(two)]
    (tmp_path / "two" / "sifcheck.toml").write_text('ignore = ["DEF2"]\n', encoding="utf-8")
    editor.save(two)
    editor.diagnostics(two, lambda found: "DEF201" not in [d.code for d in found])
    (tmp_path / "two" / "sifcheck.toml").write_text('exclude = ["a.def"]\n', encoding="utf-8")
    editor.files_changed(editor.uri("two/sifcheck.toml"))
    assert editor.diagnostics(two, lambda found: not found) == []


def test_what_a_configuration_builds_on_is_watched_too(
    editors: Callable[..., Editor], tmp_path: Path
) -> None:
    (tmp_path / "base.toml").write_text('ignore = ["DEF201"]\n', encoding="utf-8")
    (tmp_path / "sifcheck.toml").write_text('extend = "base.toml"\n', encoding="utf-8")
    editor = editors("--no-shellcheck")
    uri = editor.uri("a.def")
    editor.open(uri, "Bootstrap: docker\nFrom: rockylinux\n")
    assert "DEF201" not in [d.code for d in editor.diagnostics(uri)]
    (tmp_path / "base.toml").write_text("", encoding="utf-8")
    editor.save(uri)
    editor.diagnostics(uri, lambda found: "DEF201" in [d.code for d in found])


def test_what_a_baseline_knows_is_not_shown(editors: Callable[..., Editor], tmp_path: Path) -> None:
    text = "Bootstrap: docker\nFrom: rockylinux:9.4\n\n%runscript\n    python $*\n"
    (tmp_path / "a.def").write_text(text, encoding="utf-8")
    command = ["check", "--no-shellcheck", "--write-baseline", "known.json", "a.def"]
    subprocess.run(
        [sys.executable, "-m", "sifcheck", *command], cwd=tmp_path, capture_output=True, check=True
    )
    (tmp_path / "sifcheck.toml").write_text('baseline = "known.json"\n', encoding="utf-8")
    editor = editors("--no-shellcheck")
    uri = editor.uri("a.def")
    editor.open(uri, text)
    assert editor.diagnostics(uri) == []
    nowhere = types.Range(types.Position(0, 0), types.Position(0, 0))
    assert editor.actions(uri, nowhere, ["source"]) == []
    for _ in range(2):
        editor.type(uri, len(editor.texts[uri]), len(editor.texts[uri]), "    perl $*\n")
    assert [d.range.start.line for d in editor.diagnostics(uri) if d.code == "DEF701"] == [5, 6]


def test_passwords_are_not_repeated(editor: Editor, opened: Opened) -> None:
    secret = "ghp_" + "a1B2c3D4e5F6" * 3
    text = f"Bootstrap: docker\nFrom: a:1\n\n%post\n    git clone https://x:{secret}@host.example/a.git\n"
    uri = opened(text)
    found = editor.diagnostics(uri)
    assert "DEF901" in [d.code for d in found]
    assert secret not in repr(found)
    same(editor, text, found, check_json(editor.folder, "a.def", text, "--no-shellcheck"))


def test_a_wrong_configuration_is_told_once_and_ends_nothing(
    editors: Callable[..., Editor], tmp_path: Path
) -> None:
    editor = editors("--no-shellcheck")
    (tmp_path / "sifcheck.toml").write_text("profil = 1\n", encoding="utf-8")
    uri = editor.uri("a.def")
    editor.open(uri, "Bootstrap: docker\nFrom: rockylinux\n")
    assert editor.diagnostics(uri) == []
    editor.type(uri, 0, 0, "# a\n")
    assert editor.diagnostics(uri) == []
    assert len(editor.messages) == 1
    assert "profile" in editor.messages[0]
    (tmp_path / "sifcheck.toml").write_text("", encoding="utf-8")
    editor.save(uri)
    editor.diagnostics(uri, lambda found: "DEF201" in [d.code for d in found])


def test_the_editor_is_asked_to_watch_the_configuration(editors: Callable[..., Editor]) -> None:
    editor = editors("--isolated", "--no-shellcheck", watches=True)
    (options,) = editor.until(lambda: editor.globs)
    watchers = options["watchers"] if isinstance(options, dict) else options.watchers
    assert watchers


def test_what_is_not_understood_ends_nothing(editors: Callable[..., Editor]) -> None:
    editor = editors("--isolated", "--no-shellcheck")
    uri = editor.uri("a.def")
    editor.open(uri, "Bootstrap: docker\nFrom: rockylinux\n")
    before = len(editor.diagnostics(uri))
    this = {"uri": uri}
    for method, params in (
        ("textDocument/didChange", {"textDocument": this, "contentChanges": 7}),
        ("textDocument/didSave", {}),
        ("no/such", {}),
    ):
        editor.send(method, params)
    place = {"line": -1, "character": 1}
    editor.send("textDocument/hover", {"textDocument": this, "position": place}, id="never")
    with pytest.raises(Exception, match="Method Not Found"):
        editor.ask("no/such", {})
    for uri_of_nothing in ("file:///nowhere.def", "nonsense", ""):
        editor.save(uri_of_nothing)
        editor.close(uri_of_nothing)
    action = types.CodeAction("x", data=["nonsense"])
    assert editor.resolve(action) == action
    editor.type(uri, 0, 0, "# a\n")
    assert len(editor.diagnostics(uri)) == before


def test_what_goes_wrong_inside_is_written_down_and_ends_nothing(editors: Callable[..., Editor]) -> None:
    editor = editors(
        program="import sys\n"
        "from sifcheck.lsp.rulebook import Rulebook\n"
        "from sifcheck.lsp.server import serve\n"
        "class Failing(Rulebook):\n"
        "    def for_file(self, path, kind):\n"
        "        if path.endswith('bad.def'):\n"
        "            raise RuntimeError('secret')\n"
        "        return super().for_file(path, kind)\n"
        "sys.exit(serve(Failing({}, None, True), sys.stdin.buffer, sys.stdout.buffer))\n"
    )
    bad, good = editor.uri("bad.def"), editor.uri("good.def")
    editor.open(bad, "Bootstrap: docker\nFrom: rockylinux\n")
    (words,) = editor.until(lambda: list(editor.logged))
    assert words.startswith("sifcheck itself failed: RuntimeError (")
    assert "secret" not in words
    with pytest.raises(Exception, match=r"RuntimeError|secret|Internal"):
        editor.hover(bad, 0)
    editor.open(good, "Bootstrap: docker\nFrom: rockylinux\n")
    assert editor.diagnostics(good)


def test_nothing_but_the_protocol_goes_to_standard_output(tmp_path: Path) -> None:
    """A local rule that prints does not get into the protocol, and one that crashes is a finding."""
    rules = tmp_path / "rules.py"
    rules.write_text(
        "from sifcheck.api import Definition, Findings, bad, finding, good, rule\n\n\n"
        '@rule("XYZ101", severity="info", message="m", help="h")\n'
        '@bad("Bootstrap: docker")\n@good("Bootstrap: x")\n'
        "def prints_and_crashes(definition: Definition) -> Findings:\n"
        '    """It prints.\n\n    Why.\n    """\n'
        '    print("Content-Length: 0")\n    raise RuntimeError("no")\n    yield finding(definition)\n',
        encoding="utf-8",
    )
    from lsp.editor import Editor

    home = tmp_path / "home"
    (home / "sifcheck").mkdir(parents=True)
    (home / "sifcheck" / "sifcheck.toml").write_text(f'rule-files = ["{rules}"]\n', encoding="utf-8")
    editor = Editor(tmp_path, "--no-shellcheck", environment={**os.environ, "XDG_CONFIG_HOME": str(home)})
    uri = editor.uri("a.def")
    editor.open(uri, "Bootstrap: docker\nFrom: rockylinux:9.4\n")
    assert "SIF900" in [d.code for d in editor.diagnostics(uri)]
    assert editor.leave() == 0


def run_server(*words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "sifcheck", "server", *words]
    return subprocess.run(command, input=given, capture_output=True, check=False)


def test_an_editor_that_is_gone_without_goodbye() -> None:
    done = run_server()
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"Traceback" not in done.stderr


def test_nonsense_is_no_end() -> None:
    done = run_server(given=b"Content-Length: 3\r\n\r\n{x}Content-Length: 2\r\n\r\n{}nonsense\r\n")
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


def test_without_pygls_it_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['pygls'] = None; from sifcheck.cli import main; sys.exit(main(['server']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "pip install 'sifcheck[lsp]'" in done.stderr
    assert done.stdout == ""


def test_wrong_use_is_told() -> None:
    assert run_server("--nonsense").returncode == 3
    assert run_server("--help").returncode == 0
