"""ShellCheck's findings: at their places in the definition file, without those that make no sense there."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sifcheck.base.findings import Finding
from sifcheck.base.one_cause import told_once
from sifcheck.base.source import Source
from sifcheck.lint.check import Checker, make_checker
from sifcheck.lint.known_rules import RuleRegistry
from sifcheck.lint.plugins import load
from sifcheck.lint.run import RuleContext
from sifcheck.lint.selection import select
from sifcheck.lint.shellchecking import ShellChecking
from sifcheck.lint.superseding import without_superseded
from sifcheck.shell.shellcheck import find_shellcheck, known_shell

HEADER = "Bootstrap: docker\nFrom: rockylinux:9.4\n"

needs_shellcheck = pytest.mark.skipif(find_shellcheck() is None, reason="no ShellCheck is installed")


@pytest.fixture(scope="module")
def registry() -> RuleRegistry:
    return load().registry


@pytest.fixture(scope="module")
def using(registry: RuleRegistry) -> Checker:
    return checking(registry)


def checking(registry: RuleRegistry, *words: str, **options: object) -> Checker:
    selection = select(registry, select=words or ("SC",), **options)  # type: ignore[arg-type]
    return make_checker(registry, selection, RuleContext(), shellcheck=ShellChecking(1))


def found(using: Checker, text: str | bytes, ignored: frozenset[str] = frozenset()) -> list[Finding]:
    content = text if isinstance(text, bytes) else (HEADER + text).encode()
    return [f for f in using.check_definition(Source("a.def", content), ignored) if f.code != "SIF003"]


def codes(using: Checker, text: str | bytes) -> list[str]:
    return [finding.code for finding in found(using, text)]


@needs_shellcheck
@pytest.mark.parametrize(
    "before",
    [
        "",
        "true\t",
        "\t\t",
        "echo \u65e5\u672c\u8a9e; ",
        "echo {{ VARIABLE }}; ",
        "echo {{ V }} \u00e9\U0001f600; ",
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_place_is_that_in_the_file(using: Checker, before: str, ending: str) -> None:
    text = f"{HEADER}%arguments\n    VARIABLE=1\n    V=2\n%post\n\n  {before}rm -r $1\n%test\n  true\n"
    content = text.replace("\n", ending).encode()
    (one,) = found(using, content)
    assert one.code == "SC2086"
    assert content[one.span.start : one.span.end] == b"$1"
    assert one.section == "post"
    assert one.source is not None
    assert one.source.position(one.span.start)[:2] == (8, 3 + len(before) + len("rm -r "))
    assert one.fix is not None
    assert not one.fix.safe
    assert [content[edit.start : edit.end] for edit in one.fix.edits] in ([b"", b""], [b"$1"])


@needs_shellcheck
def test_bytes_that_are_no_utf8_do_not_move_the_place(using: Checker) -> None:
    content = f"{HEADER}%post\n    touch '".encode() + b"\x83\x65\x83\xff' $1; rm $1\n"
    assert [content[f.span.start : f.span.end] for f in found(using, content)] == [b"$1", b"$1"]


@needs_shellcheck
@pytest.mark.parametrize(
    ("section", "text", "expected"),
    [
        ("%post", "cd /x\n    rm y", []),  # sh -e ends there
        ("%post -c /bin/bash", "cd /x\n    rm y", ["SC2164"]),
        ("%runscript", "cd /x\n    rm y", ["SC2164"]),
        ("%environment", "cd /x; export X=$(date); Y=1", []),
        ("%post", "echo -e a; [[ $HOME == b* ]]; source /x", []),  # whether sh is bash is not known
        ("%runscript", '   #!/bin/bash\n    a=(1 2); echo "${a[@]}"', []),
        ("%runscript", "\n#!/usr/bin/python3\nprint($1)", []),
        ("%help", "rm $1", []),
        ("%post -c /usr/bin/python3", "rm $1", []),
        ("%post", "echo '$PATH' >> /x; sed -i '$ia' /x", []),
        ("%post", "echo $(ls)", []),
        ("%runscript", 'echo "run with $@"; echo $@', []),
        ("%runscript", 'bash -c "a $@"', ["SC2145"]),
        ("%post", "pip install a[b]", []),
        ("%post", "curl -sL https://example.org/{$HOME} -o '#1'", []),
        ("%post", "wget https://example.org/{$HOME}", ["SC1083", "SC1083"]),
        ("%post", 'if [ "{{ A }}" = on ]; then true; fi; case {{ A }} in on) true;; esac', []),
        ("%post", 'if [ "a" = on ]; then true; fi', ["SC2050"]),
        ("%post", "echo $(( {{ A }} + 1 ))", []),
        ("%post", "a && \\\n    # b \\\n    c", []),
        ("%post", "a \\\n    # b \\\n    c", ["SC1143"]),
        ("%post", 'export X=$SINGULARITY_ROOTFS; echo "$HOME"', []),
    ],
)
def test_what_makes_no_sense_in_a_section_is_left_out(
    using: Checker, section: str, text: str, expected: list[str]
) -> None:
    body = f"%arguments\n    A=on\n{section}\n    {text}\n"
    assert [code for code in codes(using, body) if code != "SC2086"] == expected


@needs_shellcheck
@pytest.mark.parametrize(
    ("section", "text", "expected"),
    [
        ("%post", "export PATH=/opt/bin:$PATH; readonly A=$B; export C=$(ls)", ["SC2155", "SC2034"]),
        ("%post", "export $A", ["SC2163"]),
        ("%post", "echo $A $B", []),
        ("%post", "printf '%s\\n' $A", ["SC2086"]),
        ("%post", "echo x >> $SINGULARITY_ENVIRONMENT; cp x /y 2> /a/$B", []),
        ("%post -c /bin/bash", "cp x /y > $B", ["SC2086"]),
        ("%post", "cp x > /y $B", ["SC2086"]),
        ("%runscript", "srun bash -c 'echo $HOME'; singularity exec x.sif sh -c 'cd $HOME'", []),
        ("%runscript", "foo 'cd $HOME'", ["SC2016"]),
    ],
)
def test_what_a_shell_does_not_split_and_what_is_for_another_one_is_left_out(
    using: Checker, section: str, text: str, expected: list[str]
) -> None:
    assert sorted(codes(using, f"{section}\n    {text}\n")) == sorted(expected)


@needs_shellcheck
@pytest.mark.parametrize(
    ("section", "text", "expected"),
    [
        # ShellCheck gives up at `fi\\`, which dash and bash read.
        ("%post", "if true; then\n    a; fi\\\n&& b", []),
        ("%post", "if [ -f x]; then\n    a; fi", ["SC1020"]),
        ("%post", "apt remove -y $(cat list); dnf install $(cat list)", []),
        ("%post", "foo $(cat list)", ["SC2046"]),
        ("%post -c /bin/bash", "cd a || exit\n    x\n    cd ..", []),
        ("%post", "ls | grep a; cp *.py /x; find . | xargs rm", []),
        ("%runscript", "cp *.py /x", ["SC2035"]),
        ("%post", "J=$(nproc); V=1.2; make -j $J foo-$V; rm -rf $V/bin", []),
        ("%post", "t=$(mktemp); cp x $t; d=`date +%F`; cp x $d; p=$(pwd); cp x $p", []),
        ("%runscript", "p=$(pwd); cp x $p", ["SC2086"]),
        ("%post", "J=$(date); cp x $J", ["SC2086"]),
        ("%post", "cp x $J; J=$(nproc)", ["SC2086"]),
        ("%post", "if a; then J=$(nproc); fi; cp x $J", ["SC2086"]),
        ("%post", "J=$(nproc); J=$(ls); cp x $J", ["SC2086"]),
        ("%post -c /bin/bash", "echo 'send \"x\\r\"'", []),
        ("%post", "echo 'send \"x\\r\"'", ["SC2028"]),
        ("%post -c /bin/bash", "echo 'a\\nb'", ["SC2028"]),
        ("%post", "export V=$*", []),
        ("%runscript", "foo $*", ["SC2048", "SC2086"]),
        ("%post", "export V=$(ls | cut -c1); export W=$(cut x)", ["SC2155"]),
        ("%post", "A= pip3 freeze; export B= C=1", []),
        ("%post", "cd /x && ln -s /y/z", []),
        ("%post", "ln -s /y/z", ["SC2226"]),
    ],
)
def test_what_the_script_itself_shows_to_be_harmless_is_left_out(
    using: Checker, section: str, text: str, expected: list[str]
) -> None:
    assert sorted(codes(using, f"{section}\n    {text}\n")) == sorted(expected)


@needs_shellcheck
@pytest.mark.parametrize("line", ["#!/bin\t/bash", "\n# a comment\n#!/bin/bash", "#!/bin/bash"])
def test_a_shebang_that_does_not_count_does_not_choose_the_dialect(using: Checker, line: str) -> None:
    said = found(using, f"%post\n{line}\n    O=\"-D A='x y'\"\n    cmake $O\n")
    assert ["Use an array" in one.message for one in said if one.code == "SC2089"] == [False]


@needs_shellcheck
def test_codes_of_one_cause_are_told_together(using: Checker) -> None:
    told = told_once(found(using, "%runscript\n    cp $A /x\n    rm $(ls) *\n"))
    assert [[single.code for single in one.singles()] for one in told] == [["SC2086", "SC2046", "SC2035"]]


@needs_shellcheck
@pytest.mark.parametrize(
    ("substitution", "told"),
    [
        ("$(nproc)", False),
        ("`nproc --all`", False),
        ("$(uname -r)", False),
        ("$(uname -a)", True),
        ("$(id -u)", False),
        ("$(id)", True),
        ("$(date +%F)", False),
        ("$(date)", True),
        ("$(which gcc)", False),
        ("$(which gcc g++)", True),
        ("$(command -v gcc 2>/dev/null)", False),
        ("$(git rev-parse --short HEAD)", False),
        ("$(dpkg --print-architecture)", False),
        ("$(pkg-config --libs x)", False),
        ("$(python3 -c 'print(1)')", False),
        ("$(nproc; ls)", True),
        ("$(nproc | tee x)", True),
        ("$(cat list)", True),
        ("`cat list`", True),
    ],
)
def test_words_that_cannot_be_split_need_no_quotes(using: Checker, substitution: str, told: bool) -> None:
    assert ("SC2046" in codes(using, f"%post\n    make -j{substitution}\n")) == told


@needs_shellcheck
def test_severities_follow_the_section(using: Checker) -> None:
    text = "%post\n    X=1\n    export Y=$(ls)\n    foo $(cat x)\n%test\n    cd /x\n%post -c /bin/bash\n    cd /x\n"
    levels = {(f.code, f.section, f.severity) for f in found(using, text)}
    assert ("SC2034", "post", "info") in levels
    assert ("SC2155", "post", "info") in levels
    assert ("SC2046", "post", "info") in levels
    assert ("SC2164", "test", "info") in levels
    told = found(using, "%post -c /bin/bash\n    cd /x\n    rm y\n")
    assert [(f.code, f.severity, f.confidence) for f in told] == [("SC2164", "warning", "medium")]


@needs_shellcheck
def test_a_script_that_cannot_be_read_is_told_in_its_section(using: Checker) -> None:
    text = "%post\n    if true; then\n    echo\n\n%environment\n    export X=1\n"
    said = found(using, text)
    assert "SC1073" in {f.code for f in said}
    assert not {"SC1009", "SC1072"} & {f.code for f in said}
    end = (HEADER + text).index("%environment")
    assert all(f.span.start < end and f.span.end <= end for f in said)


@needs_shellcheck
def test_selection_severity_ignores_and_suppressions(registry: RuleRegistry, using: Checker) -> None:
    text = "%post\n    rm -r $1\n    foo $(cat x)\n"
    assert codes(using, text) == ["SC2086", "SC2046"]
    assert codes(checking(registry, "SC2086"), text) == ["SC2086"]
    assert codes(checking(registry, "SC", ignore=["SC2086"]), text) == ["SC2046"]
    assert codes(checking(registry, "DEF1", extend_select=["SC2046"]), text) == ["SC2046"]
    assert {f.severity for f in found(checking(registry, "SC", severities={"SC": "error"}), text)} == {
        "error"
    }
    assert [f.code for f in found(using, text, frozenset(("SC2086",)))] == ["SC2046"]
    assert found(using, text, frozenset(("SC",))) == []
    hushed = text.replace("$1\n", "$1  # sifcheck: ignore[SC2086] why\n")
    assert codes(using, hushed) == ["SC2046"]


@needs_shellcheck
def test_a_suppression_of_shellcheck_that_hides_nothing_is_told(registry: RuleRegistry) -> None:
    text = "%post\n    true  # sifcheck: ignore[SC2086] why\n"
    assert codes(checking(registry, "SC", "SIF"), text) == ["SIF101"]
    # Nothing can be said of a code that was not listened to.
    assert codes(checking(registry, "SC1", "SIF"), text) == []
    assert codes(make_checker(registry, select(registry), RuleContext()), HEADER + text) == []


@needs_shellcheck
def test_what_a_rule_of_ours_tells_is_told_once(registry: RuleRegistry) -> None:
    text = "%runscript\n    python $*\n"
    assert codes(checking(registry, "ALL"), text).count("DEF701") == 1
    assert not [code for code in codes(checking(registry, "ALL"), text) if code.startswith("SC")]
    alone = found(checking(registry, "SC"), text)
    assert [finding.code for finding in alone] == ["SC2048", "SC2086"]
    assert without_superseded(alone, alone) == alone


@needs_shellcheck
def test_the_users_own_settings_of_shellcheck_do_not_count(
    registry: RuleRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".shellcheckrc").write_text("disable=all\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELLCHECK_OPTS", "--exclude=SC2086")
    assert codes(checking(registry), "%post\n    rm -r $1\n") == ["SC2086"]


@needs_shellcheck
def test_no_file_that_a_script_names_is_opened(using: Checker, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "waits")  # reading it would never end
    text = f"%post\n    # shellcheck source={tmp_path}/waits\n    . {tmp_path}/waits\n    rm -r $1\n"
    assert codes(using, text) == ["SC2086"]


@needs_shellcheck
def test_every_case_of_the_parser_can_be_handed_over(case_files: list[Path], using: Checker) -> None:
    assert using.shellcheck is not None
    definitions = [using.read(Source(path.name, path.read_bytes())) for path in case_files]
    said = using.shellcheck.ask(definitions).by_file()
    assert using.shellcheck.failure is None
    for definition in definitions:
        for finding in said.get(id(definition.source), ()):
            assert 0 <= finding.span.start <= finding.span.end <= len(definition.source.data)


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on PATH that is all there is to find a ShellCheck in."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return iter((tmp_path / "bin",))


def install(folder: Path, says: str, version: str = "version: 0.10.0") -> None:
    path = folder / "shellcheck"
    path.write_text(f'#!/bin/sh\n[ "$1" != --version ] || {{ printf "{version}"; exit; }}\n{says}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_without_shellcheck_the_rest_goes_on(registry: RuleRegistry, alone: Iterator[Path]) -> None:
    assert find_shellcheck() is None
    assert codes(checking(registry), "%post\n    rm -r $1\n") == []


@pytest.mark.parametrize(
    "version", ["version: 0.7.1", "version: .", "", "\\\\377\\\\376", "version: 0.9.0.x"]
)
def test_only_a_version_that_is_known_is_asked(alone: Iterator[Path], version: str) -> None:
    install(next(alone), "exit 3", version)
    assert (find_shellcheck() is not None) == ("0.9" in version)


def test_a_relative_folder_of_path_is_passed_over(
    alone: Iterator[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = next(alone)
    install(folder, "true")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", ".:")
    assert find_shellcheck() is None


@pytest.mark.parametrize(
    "says",
    [
        "echo boom >&2; exit 4",
        "echo '[1]'",
        "echo no json",
        "echo '{}'",
        'echo \'{"comments": [{"file": "77.sh"}]}\'',
        "kill -9 $$",
        "true",
        "exec sleep 1000",
    ],
)
def test_a_shellcheck_that_fails_is_told_and_the_rest_goes_on(
    registry: RuleRegistry, alone: Iterator[Path], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sifcheck.shell.shellcheck._PATIENCE", 0)
    install(next(alone), says)
    using = checking(registry, "ALL")
    assert "DEF701" in codes(using, "%runscript\n    python $*\n")
    assert using.shellcheck is not None
    assert using.shellcheck.failure
    # It is not asked again.
    assert "DEF701" in codes(using, "%runscript\n    python $*\n")


@pytest.mark.parametrize(
    ("program", "shell"),
    [
        ("/bin/sh", "sh"),
        ("/bin/bash -e", "bash"),
        ("/usr/bin/env bash", "bash"),
        ("/usr/bin/env -S A=1 bash -x", "bash"),
        ("/bin/busybox ash", "dash"),
        ("/bin/ksh93", "ksh"),
        ("/bin/zsh", None),
        ("/usr/bin/python3", None),
        ("", None),
        ("/usr/bin/env", None),
        ("busybox", None),
    ],
)
def test_the_shells_that_are_known(program: str, shell: str | None) -> None:
    assert known_shell(program) == shell


@needs_shellcheck
def test_a_script_that_a_percent_line_cuts_is_left_to_the_rule_about_it(using: Checker) -> None:
    text = "%post\n    cat > /etc/x <<'END'\n%wheel ALL\nEND\n"
    assert codes(using, text) == []
    never_closed = text.replace("%wheel ALL\nEND\n", "    wheel ALL\n")
    assert any(code.startswith("SC1") for code in codes(using, never_closed))
