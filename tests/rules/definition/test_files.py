"""DEF302 to DEF305, DEF307, DEF308: what examples cannot show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sifcheck.base.findings import Finding, Fix
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.definition import files, stages

HEAD = "Bootstrap: docker\nFrom: debian:12.5\n"


def fix_of(finding: Finding) -> Fix:
    assert finding.fix is not None
    return finding.fix


BUILD = "Bootstrap: docker\nFrom: golang:1.22\nStage: build\n\n"


def listed(line: str, **settings: Any) -> list[Finding]:
    """What is found on one line of %files."""
    return check_text(f"{HEAD}%files\n    {line}\n", files.files_line_misread, **settings)


def after_fix(text: str, finding: Finding) -> str:
    assert finding.fix is not None
    return apply_edits(text, fix_of(finding).edits)


def fixed_line(line: str) -> str:
    text = f"{HEAD}%files\n    {line}\n"
    (finding,) = check_text(text, files.files_line_misread)
    return after_fix(text, finding).split("%files\n")[1].rstrip("\n")


# -- the words of a line


@pytest.mark.parametrize(
    "line",
    [
        "a.txt /opt/a.txt",
        "a.txt",
        "a.txt\t/opt/a.txt",
        '"my file" "/opt/my file"',
        "x#y.txt /opt/x",
        "a.txt /opt/a.txt # read at start",
        "d/. /opt/d/",
        "*.txt /opt/",
        "*.txt /usr/local/bin",
        "app-*.tar.gz /app.tar.gz",
        '"a.txt /opt/x',
        "{{ a }}/*.txt {{ b }}",
        "{{ a }} # note",
    ],
)
def test_a_line_that_is_read_as_meant(line: str) -> None:
    found = listed(line)
    assert [f.message for f in found if "comment" not in f.message] == []


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("'a.txt' /opt/a.txt", "error"),
        ("a.txt '/opt/a.txt'", "error"),
        ("it's.txt /opt/x", "error"),
        ("my\\ file /opt/x", "error"),
        ("C:\\data\\x.txt /opt/x", "error"),
        ("my file.txt /opt/x", "error"),
        ("a.txt /opt/my file.txt", "error"),
        ("a.txt /opt/a.txt /opt/b.txt", "warning"),
        ("a.txt \\", "error"),
        ("a.txt /opt/a.txt \\", "warning"),
        ('d/"one.txt" /opt/one', "error"),
        ('d/"one.txt"', "error"),
        ("-f /opt/x", "error"),
        ("https://example.org/a /opt/a", "error"),
        ("a.txt:/opt/a.txt", "error"),
        ("$(ls *.txt | head -1) /opt/x", "error"),
        ("$(echo${IFS}a) /opt/x", "warning"),
        ("`pwd`/a.txt /opt/x", "warning"),
        ("a.txt #note", "warning"),
        ("a.txt => /opt/a", "warning"),
        ("$X/a.txt /opt/x", "warning"),
        ("~/a.txt /opt/x", "warning"),
        ("{a,b}.txt /opt/", "warning"),
        ("a.txt /opt/${V}/", "warning"),
        ("a.txt ~/a.txt", "warning"),
        ("src/* /opt/app", "warning"),
        ('"" /opt/x', "warning"),
    ],
)
def test_a_line_that_is_misread(line: str, severity: str) -> None:
    found = listed(line)
    assert [(f.severity, f.profile) for f in found] == [(severity, "standard")], [f.message for f in found]


@pytest.mark.parametrize("line", ["a(1).txt /opt/x", "a;b /opt/x", "a&b /opt/x", '"it\'s.txt" /opt/x'])
def test_shell_syntax_in_a_source_is_apptainers_matter(line: str) -> None:
    assert [f.severity for f in listed(line, target="apptainer-1.4")] == ["error"]
    assert [f.severity for f in listed(line)] == ["info"]
    assert "Apptainer" in listed(line)[0].message
    assert listed(line, target="singularity-ce-4.1") == []


def test_braces_are_fine_where_all_runtimes_expand_them() -> None:
    assert listed("{a,b}.txt /opt/", target="apptainer-1.4") == []
    assert len(listed("{a,b}.txt /opt/", target="singularity-ce-4.1")) == 1


def test_a_lone_quote_is_the_one_that_the_front_end_refuses() -> None:
    for line in ('"', "'", ' "  '):
        found = listed(line)
        if line.strip() == "'":
            assert all(f.profile == "standard" for f in found)
        else:
            assert [(f.severity, f.profile) for f in found] == [("error", "minimal")]


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("'my file' '/opt/my file'", '    "my file" "/opt/my file"'),
        ("'a.txt' /opt/a.txt", "    a.txt /opt/a.txt"),
        ("my\\ file /opt/x", '    "my file" /opt/x'),
        ('d/"one two.txt" /opt/one', '    "d/one two.txt" /opt/one'),
        ("a.txt # why", "    # why\n    a.txt"),
        ("a.txt -> /opt/a", "    a.txt /opt/a"),
        ("my file.txt /opt/x", '    "my file.txt" /opt/x'),
        ("a.txt b.txt /opt/", "    a.txt /opt/\n    b.txt /opt/"),
        ("a.txt:/opt/a.txt", "    a.txt /opt/a.txt"),
        ("-x.txt /opt/x", "    ./-x.txt /opt/x"),
        ("src/* /opt/app", "    src/* /opt/app/"),
        ('"my src/*" "/opt/my app"', '    "my src/*" "/opt/my app/"'),
        ("a.txt /opt/a.txt \\", "    a.txt /opt/a.txt"),
    ],
)
def test_the_line_as_it_should_be(line: str, right: str) -> None:
    assert fixed_line(line) == right


def test_what_cannot_be_told_gets_no_fix() -> None:
    for line in ("'$HOME/a b' /opt/x", "C:\\data\\x.txt /opt/x", "it's.txt /opt/x", "a.txt /opt/my file.txt"):
        (finding,) = listed(line)
        assert finding.fix is None, line


def test_a_continued_line_is_joined() -> None:
    text = f"{HEAD}%files\n    a.txt \\\n        /opt/a.txt\n"
    finding = check_text(text, files.files_line_misread)[0]
    assert after_fix(text, finding) == f"{HEAD}%files\n    a.txt /opt/a.txt\n"
    assert not fix_of(finding).safe


def test_line_ends_and_all_else_stay_with_crlf() -> None:
    text = f"{HEAD}%files\n    a.txt # why\n    b.txt /b\n".replace("\n", "\r\n")
    (finding,) = check_text(text, files.files_line_misread)
    right = f"{HEAD}%files\n    # why\n    a.txt\n    b.txt /b\n".replace("\n", "\r\n")
    assert after_fix(text, finding) == right


def test_a_destination_that_is_made_a_folder_before() -> None:
    for before in ("%setup\n    mkdir -p ${SINGULARITY_ROOTFS}/opt/app\n", "%files\n    a.txt /opt/app/\n"):
        text = f"{HEAD}{before}%files\n    src/* /opt/app\n"
        assert check_text(text, files.files_line_misread) == []


def test_appfiles_have_rules_of_their_own() -> None:
    text = f"{HEAD}%appfiles tool\n    'a' # b\n    ~/x y\n"
    assert check_text(text, files.files_line_misread, files.files_into_host_mount) == []


# -- where files go


def into(line: str, post: str = "", more: str = "") -> list[Finding]:
    return check_text(f"{HEAD}%files\n    {line}\n{more}%post\n    {post}\n", files.files_into_host_mount)


@pytest.mark.parametrize(
    "line",
    [
        "a /tmp/a",
        "a tmp/a",
        "a /opt/../tmp/a",
        "a /var/tmp/",
        "a /dev/shm/a",
        "a /proc/a",
        "a /sys/a",
        "/tmp/a",
        "a /tmp",
    ],
)
def test_a_folder_that_the_host_covers(line: str) -> None:
    assert [f.severity for f in into(line, "true")] == ["warning"]


@pytest.mark.parametrize(
    "line", ["a /opt/tmp/a", "a /tmpx", "a /home2/a", "a /rooted", "{{ x }}", "a {{ x }}/tmp", "a /etc/dev"]
)
def test_folders_of_the_image(line: str) -> None:
    assert into(line, "true") == []


@pytest.mark.parametrize(
    "post",
    [
        "sh /tmp/a",
        "cat < /tmp/a",
        "cd /tmp && ./a",
        "cd /tmp\n    tar xf a",
        "cp -r /tmp/a /opt",
        "cat /tmp/a/b.txt",
        "/tmp/a --install",
    ],
)
def test_what_post_uses_is_not_there(post: str) -> None:
    (finding,) = into("a /tmp/a", post)
    assert finding.severity == "error"
    assert finding.related[0].message == "used here"


@pytest.mark.parametrize(
    "post",
    [
        "rm -rf /tmp/a",
        "cat /tmp/a || true",
        "if [ -f /tmp/a ]; then echo; fi",
        "mkdir -p /tmp/a && cd /tmp/a && make",
        "wget -O /tmp/a https://example.org/a && sh /tmp/a",
        "cp /opt/a /tmp/a\n    sh /tmp/a",
        "cat /tmp/ab",
        "cat a",
    ],
)
def test_uses_that_do_not_fail_for_it(post: str) -> None:
    assert [f.severity for f in into("a /tmp/a", post)] == ["warning"]


def test_a_glob_into_a_covered_folder() -> None:
    assert [f.severity for f in into("src/*.sh /tmp/", "sh /tmp/one.sh")] == ["error"]
    assert [f.severity for f in into("src/*.sh /tmp/", "sh /tmp/one.py")] == ["warning"]


def test_the_same_path_of_the_host_holds_the_file() -> None:
    assert [f.severity for f in into("/tmp/a /tmp/a", "sh /tmp/a")] == ["warning"]
    assert [f.severity for f in into("a /tmp/a", "sh /tmp/a", "%setup\n    cp a /tmp\n")] == ["warning"]


def test_the_fix_moves_file_and_uses() -> None:
    text = f'{HEAD}%files\n    a.sh /tmp/a.sh\n%post\n    sh /tmp/a.sh "$X"\n    cat "/tmp/a.sh"\n'
    (finding,) = check_text(text, files.files_into_host_mount)
    assert after_fix(text, finding) == text.replace("/tmp/a.sh", "/opt/a.sh")
    assert not fix_of(finding).safe


def test_homes() -> None:
    assert [f.severity for f in into("a /home/jane/a")] == ["warning"]
    assert [f.severity for f in into("~/a")] == ["warning"]
    assert [f.severity for f in into("a /root/a", "true")] == ["warning"]
    assert into("a /root/a", "sh /root/a") == []
    assert into("a /root/", "mv /root/* /opt/") == []
    assert into("a /root/a", "sh /root/a", "%runscript\n    cat /root/a\n") != []


def test_a_home_in_a_stage_that_is_thrown_away() -> None:
    text = f"{BUILD}%files\n    a /root/a\n    b /home/x/b\n\n{HEAD}%files from build\n    /root/a /opt/a\n"
    assert check_text(text, files.files_into_host_mount) == []


# -- what is copied


def test_the_folder_of_the_build() -> None:
    def found(text: str) -> int:
        return len(check_text(text, files.copies_whole_folder))

    assert found(f"{HEAD}%files\n    ./ /opt/app\n") == 1
    assert found(f"{HEAD}%appfiles tool\n    .\n") == 1
    assert found(f"{BUILD}{HEAD}%files from build\n    . /opt/app\n") == 0


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("/lib64/libc.so.6", True),
        ("/usr/lib64", True),
        ("/usr/lib/aarch64-linux-gnu/libnuma.so.1", True),
        ("/opt/FJSVxtclanga/tcsds-1.2.38/lib64", True),
        ("/opt/cray/pe", True),
        ("lib/ld-linux-x86-64.so.2", True),
        ("libcuda.so.535.54", True),
        ("/usr/lib/python3/dist-packages/x", False),
        ("lib64/mine.so", False),
        ("/opt/crayon", False),
        ("libcudart.so.12", False),
    ],
)
def test_libraries_of_the_host(source: str, wrong: bool) -> None:
    found = check_text(f"{HEAD}%files\n    {source} /opt/\n", files.host_library_copied)
    assert bool(found) is wrong


# -- stages


def stage_findings(text: str, **settings: Any) -> list[tuple[str, str]]:
    found = check_text(text, stages.undefined_stage, stages.files_section_ignored, **settings)
    return [(f.code, f.severity) for f in found]


def copying(words: str, first: str = BUILD) -> str:
    return f"{first}{HEAD}%files{words}\n    /a /b\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (" from build", []),
        (" FROM build", []),
        (" from Build", [("DEF302", "error")]),
        (" from biuld", [("DEF302", "error")]),
        (" from other", [("DEF302", "error")]),
        (" from 0", [("DEF302", "error")]),
        (" build", [("DEF303", "warning")]),
        (" from build x", [("DEF303", "warning")]),
        (" from  build", []),
        (" from build # c", []),
        (" from build#c", []),
        (" from\tbuild \t", []),
        (" from Build # build", [("DEF302", "error")]),
        (" from {{ x }}", []),
    ],
)
def test_the_words_behind_files(words: str, expected: list[tuple[str, str]]) -> None:
    assert stage_findings(copying(words)) == expected


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (" from Build", "%files from build"),
        (" build", "%files from build"),
        (" from build x", "%files from build"),
        (" build # c", "%files from build\n    # c"),
        ("  ", "%files"),
        ("  # c", "%files # c"),
    ],
)
def test_the_line_is_put_right(words: str, line: str) -> None:
    text = copying(words)
    (finding,) = [
        f
        for f in check_text(text, stages.undefined_stage, stages.files_section_ignored)
        if f.severity != "info"
    ]
    assert after_fix(text, finding) == f"{BUILD}{HEAD}{line}\n    /a /b\n"
    assert fix_of(finding).safe


def test_words_whose_meaning_is_open_get_no_fix() -> None:
    for words in (" foo", " from", " from other x"):
        found = list(check_text(copying(words), stages.files_section_ignored))
        assert [f.fix for f in found] == [None], words


def test_newer_singularity_copies_such_lists_from_the_host() -> None:
    assert stage_findings(f"{HEAD}%files foo\n    /a /b\n", target="singularity-ce-4.1") == [
        ("DEF303", "info")
    ]
    assert stage_findings(f"{HEAD}%files  \n    /a /b\n", target="singularity-ce-4.1") == []
    assert stage_findings(f"{HEAD}%files foo\n    /a /b\n", target="singularity-ce-3.9") == [
        ("DEF303", "warning")
    ]
    assert stage_findings(f"{HEAD}%files foo\n    /a /b\n", target="apptainer-1.4,singularity-ce-4.1") == [
        ("DEF303", "warning")
    ]


def test_a_stage_by_the_word_stage() -> None:
    text = copying(" stage build")
    assert stage_findings(text) == []
    assert ("DEF303", "info") in stage_findings(text, target="singularity-ce-4.1")
    assert stage_findings(text, target="singularity-ce-3.9") == []


def test_before_a_comment_could_stand_behind_files() -> None:
    assert stage_findings(copying(" # build"), target="singularity-3.6") == []
    assert stage_findings(copying(" # c"), target="singularity-3.6") == [("DEF302", "error")]


def test_an_empty_list_is_not_missed() -> None:
    assert stage_findings(f"{HEAD}%files foo\n") == []


def test_stage_names() -> None:
    blank = BUILD.replace("build", "my build")
    assert stage_findings(copying(" from my build", blank)) == [("DEF302", "error"), ("DEF303", "warning")]
    assert stage_findings(f"{BUILD}{BUILD}{HEAD}%files from build\n /a /b\n") == [("DEF302", "warning")]
    assert stage_findings(f"{BUILD}{HEAD}%post\n  true\n") == [("DEF302", "info")]
    assert stage_findings(f"{HEAD}Stage: only\n%post\n  true\n") == []
    assert stage_findings(f"{BUILD}{HEAD}Stage: me\n%files from me\n /a /b\n%files from build\n /a /c\n") == [
        ("DEF302", "warning")
    ]


def test_a_stage_of_unknown_name_may_be_the_one() -> None:
    first = BUILD.replace("Stage: build", "Stage: {{ name }}")
    assert stage_findings(copying(" from build", first)) == []


def test_a_build_variable_in_a_name_is_put_in() -> None:
    text = f"{BUILD}{HEAD}%arguments\n    s=Build\n%files from {{{{ s }}}}\n    /a /b\n"
    (finding,) = check_text(text, stages.undefined_stage)
    assert "called `build`" in finding.message
    assert finding.fix is None


# -- the real runtime's verdict


def test_small_cases_with_the_real_verdict(case_folder: Path) -> None:
    def codes(name: str) -> set[tuple[str, str]]:
        text = (case_folder / "files" / name).read_bytes()
        rules = (files.files_line_misread, stages.undefined_stage, stages.files_section_ignored)
        return {(f.code, f.severity) for f in check_text(text, *rules, target="apptainer-1.4")}

    assert codes("F14_squoted.def") == {("DEF305", "error")}
    assert codes("F24_apostrophe_quoted.def") == {("DEF305", "error")}
    assert codes("F36_cmd_subst.def") == {("DEF305", "warning")}
    assert codes("F12_hash_in_name.def") == set()
    assert codes("F22_unclosed_dquote.def") == set()
    assert codes("F52_section_trailing2.def") == {("DEF303", "warning")}
    assert codes("F51_section_trailing1.def") == set()
    assert codes("F59_from_undefined.def") == {("DEF302", "error")}
    assert codes("G26_three.def") == set()
