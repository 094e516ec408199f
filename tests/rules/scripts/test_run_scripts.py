"""DEF7: arguments, interpreters, apps, and the small files with a known result."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sifcheck.base.findings import Finding
from sifcheck.lint.rule import Rule
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.scripts import environment, run_scripts

HEAD = "Bootstrap: docker\nFrom: debian:12\n"


def check(rule: Rule, body: str, section: str = "runscript") -> list[Finding]:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return check_text(f"{HEAD}%{section}\n{lines}", rule)


@pytest.mark.parametrize(
    "words",
    [
        "solver $*",
        "exec $@",
        "$@",
        'solver "$*"',
        "solver ${@}",
        "solver ${*:2}",
        "solver a$@",
        "x=$(basename $@)",
        "f() { solver $@; }",
        "cd /opt && solver $*",
        "solver -verbose $*",
        "set -- $*",
        "cat $*",
    ],
)
@pytest.mark.parametrize("section", ["runscript", "startscript", "apprun a", "appstart a"])
def test_arguments_that_fall_apart(words: str, section: str) -> None:
    assert check(run_scripts.unquoted_arguments, words, section)


@pytest.mark.parametrize(
    "words",
    [
        'solver "$@"',
        'solver "${@:2}"',
        'solver $1 $# ${1+"$@"}',
        'solver --all="$*" "x $*"',
        "echo $*",
        "printf '%s' $@",
        "logger $*",
        '[ -n "$*" ]',
        "[[ $* == *-h* ]]",
        'all="$*"',
        "all=$*",
        "list=($@)",
        "local all=$*",
        'export ALL="$*"',
        "eval $*",
        'sh -c "$*"',
        "su user -c '$*'",
        'case "$*" in -h) ls;; esac',
        "cat <<E\n$*\nE",
        "solver <<< $*",
        "solver '$*' \\$*",
        "# solver $*",
    ],
)
def test_arguments_that_are_fine(words: str) -> None:
    assert not check(run_scripts.unquoted_arguments, words)


def test_only_run_scripts_hand_on_arguments() -> None:
    for section in ("post", "test", "environment", "apptest a"):
        assert not check(run_scripts.unquoted_arguments, "solver $*", section)
    assert not check(run_scripts.unquoted_arguments, "#!/usr/bin/env -S csh -f\nsolver $*")


def test_fix_runs_with_blanks_in_arguments() -> None:
    text = f'{HEAD}%runscript\n    printf "%s;" $*\n    count $* "$*" ${{@:2}}\n'
    found = check_text(text, run_scripts.unquoted_arguments)
    after = apply_edits(text, [edit for finding in found if finding.fix for edit in finding.fix.edits])
    body = after.partition("%runscript\n")[2]
    assert body == '    printf "%s;" $*\n    count "$@" "$@" "${@:2}"\n'
    script = 'count() { echo "$#"; }\n' + body.splitlines()[1]
    given = ["bash", "-c", script, "x", "a b", "c"]
    assert subprocess.run(given, capture_output=True, text=True).stdout == "5\n"


@pytest.mark.parametrize(
    ("line", "body", "fixed"),
    [
        ("%runscript -c /bin/bash # why", "    ls\n", "%runscript # why\n    #!/bin/bash\n    ls\n"),
        ("%startscript exec server", "\n", None),
        ("%startscript exec server", "    ls\n", "%startscript\n    exec server\n    ls\n"),
        ("%runscript exec a", "    #!/bin/bash\n    ls\n", ""),
        ("%runscript -e -u", "    ls\n", ""),
        ("%test -ex", "    ls\n", None),
        ("%test -c", "    ls\n", ""),
        ("%runscript # -c /bin/bash", "    ls\n", None),
        ("%post -c /bin/bash", "    ls\n", None),
    ],
)
def test_words_behind_the_name(line: str, body: str, fixed: str | None) -> None:
    """`fixed` None: nothing is found; "": found without a fix."""
    text = f"{HEAD}{line}\n{body}"
    found = check_text(text, run_scripts.runscript_interpreter_lost)
    if fixed is None:
        assert not found
        return
    [finding] = found
    assert finding.severity == "error"
    if fixed:
        assert finding.fix is not None
        assert apply_edits(text, finding.fix.edits) == HEAD + fixed
    else:
        assert finding.fix is None


@pytest.mark.parametrize(
    ("section", "body", "severity"),
    [
        ("runscript", "\n    #!/bin/bash\n    ls\n", "warning"),
        ("runscript", "    # by hand\n    #!/usr/bin/env python\n    print()\n", "error"),
        ("test", "\n    #!/bin/sh -e\n    ls\n", "warning"),
        ("runscript", "\n    #!/bin/sh\n    ls\n", None),
        ("runscript", "    #!/bin/bash\n    ls\n", None),
        ("runscript", "    ls\n    #!/bin/bash\n", None),
        ("runscript", "    #!/bin/bash\n    #!/bin/zsh\n", None),
        ("apprun a", "    #!/usr/bin/perl\n    print;\n", "error"),
        ("apptest a", "    #!/bin/sh\n    ls\n", None),
        ("post", "\n    #!/bin/bash\n    ls\n", None),
    ],
)
def test_interpreter_that_nothing_looks_at(section: str, body: str, severity: str | None) -> None:
    found = check_text(f"{HEAD}%{section}\n{body}", run_scripts.runscript_interpreter_lost)
    assert [finding.severity for finding in found] == ([severity] if severity else [])


def test_no_app_at_all_is_told_once() -> None:
    # `%apprun` and `%apprun ` are DEF102's.
    assert not check_text(f"{HEAD}%apprun\n    ls\n", run_scripts.app_section_syntax)
    assert not check_text(f"{HEAD}%apprun \n    ls\n", run_scripts.app_section_syntax)
    [found] = check_text(f"{HEAD}%apprun   \n    ls\n", run_scripts.app_section_syntax)
    assert found.fix is None


@pytest.mark.parametrize(
    ("body", "flagged"),
    [
        ('cd /opt\nexec solver "$@"', True),
        ("cd sub && solver $@", True),
        ('cd /opt\necho "$@"', False),
        ('cd $HOME\nsolver "$@"', False),
        ('cd ~/x\nsolver "$@"', False),
        ('cd\nsolver "$@"', False),
        ('cd /opt\nls\ncd -\nsolver "$@"', False),
        ('if [ -d /x ]; then cd /x; fi\nsolver "$@"', False),
        ('(cd /opt)\nsolver "$@"', False),
        ('go() { cd /opt; }\nsolver "$@"', False),
        ('solver "$@"\ncd /opt', False),
        ('cd /opt\nsolver "$1"', False),
    ],
)
def test_folder_left_before_the_program(body: str, flagged: bool) -> None:
    assert bool(check(run_scripts.working_directory_changed, body)) is flagged


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("solver", "gets none of the arguments of `run` and"),
        ("exec solver", "gets none of the arguments"),
        ("solver $1", "is not started with `exec`"),
        ('cd /opt && solver "$@"', "is not started with `exec`"),
        ("solver | tee log", None),
        ("solver &", None),
        ("if true; then solver; fi", None),
        ("bash -i", None),
        ("bash -c solver", "gets none"),
        (". /opt/env", None),
        ('eval "$@"', None),
        ("solver <<E\nx\nE", None),
    ],
)
def test_script_that_stands_for_its_program(body: str, message: str | None) -> None:
    found = check(run_scripts.opaque_runscript, body)
    assert bool(found) is bool(message)
    assert not found or (message in found[0].message and found[0].profile == "strict")  # type: ignore[operator]


def test_empty_scripts() -> None:
    rule = run_scripts.empty_runscript
    assert check_text(f"{HEAD}%runscript\n\n", rule)
    assert not check_text(f"{HEAD}%runscript\n", rule)
    assert not check_text(f"{HEAD}%runscript exec x\n\n", rule)
    assert not check_text(f"{HEAD}%runscript\n\n{HEAD}%post\n    ls\n", rule)


CASES = {
    "D64_runscript_c.def": ["DEF702"],
    "D65_runscript_args_shebang.def": ["DEF702"],
    "D66_runscript_inline_text.def": ["DEF702"],
    "D76_test_c.def": ["DEF702"],
    "R17_run_c_bash.def": ["DEF702"],
    "D62_runscript_shebang_after_blank.def": ["DEF702"],
    "D63_runscript_shebang_after_comment.def": ["DEF702"],
    "R15_run_shebang_blank.def": ["DEF702"],
    "H30_run_shebang.def": ["DEF702"],
    "D60_runscript_shebang.def": [],
    "D61_runscript_shebang_indented.def": [],
    "D67_runscript_inline_only.def": [],
    "D70_startscript.def": [],
    "D68_runscript_empty.def": [],
    "D69_runscript_blank.def": ["DEF704"],
    "H01_several.def": [],
    "H04_no_name_comment.def": ["DEF703"],
    "H07_two_blanks.def": ["DEF703"],
    "H09_extra_words.def": [],
    "H13_name_trailing_comment.def": [],
    "H22_files_quotes.def": ["DEF703"],
    "H23_files_comment.def": ["DEF703"],
    "H24_files_glob.def": ["DEF703"],
    "H26_files_tab.def": ["DEF703"],
    "H27_files_from.def": ["DEF703"],
    "R22_app_dash_env.def": ["DEF703"],
    "R02_env_unclosed.def": ["DEF603"],
    "R03_env_exit.def": ["DEF603"],
    "R04_env_set_e.def": ["DEF603"],
    "R09_env_setu.def": ["DEF603"],
    "R05_env_fail_no_set_e.def": [],
    "R08_env_function.def": ["DEF602"],
    "D82_environment_crlf.def": [],
}


@pytest.mark.parametrize("name", CASES)
def test_cases_with_a_known_result(name: str, case_folder: Path) -> None:
    rules = (
        run_scripts.runscript_interpreter_lost,
        run_scripts.empty_runscript,
        run_scripts.app_section_syntax,
        environment.broken_environment,
        environment.shell_state_in_environment,
    )
    found = check_text((case_folder / "files" / name).read_bytes(), *rules)
    assert sorted({finding.code for finding in found}) == CASES[name]
