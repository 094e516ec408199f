"""One longer script as it might stand in %post, with every command at its place."""

from __future__ import annotations

from sifcheck.base.source import Span
from sifcheck.shell import parse_script

TEXT = r"""
    # Everything the solver needs
    set -eu
    export DEBIAN_FRONTEND=noninteractive TZ=Etc/UTC
    VERSION=2.4.1
    PREFIX=/opt/solver-$VERSION

    apt-get update && apt-get install -y --no-install-recommends \
        build-essential ca-certificates \
        gfortran "libopenblas-dev" wget
    rm -rf /var/lib/apt/lists/*

    fetch() {
        url=$1; shift
        wget -q "$url" -O - | tar -xzf - -C /usr/src "$@" || exit 1
    }
    fetch "https://example.org/solver-${VERSION}.tar.gz" --strip-components=1

    cd /usr/src/solver-$VERSION
    if [ "$(uname -m)" = aarch64 ]; then
        FLAGS="-O3 -mcpu=a64fx"
    elif grep -q avx2 /proc/cpuinfo && ! test -e /etc/no-avx; then
        FLAGS='-O3 -mavx2'
    else
        FLAGS=-O2
    fi
    for part in core tools "$EXTRA"; do
        ( cd $part && CFLAGS="$FLAGS" ./configure --prefix=$PREFIX && make -j$(nproc) install ) > /tmp/$part.log 2>&1
    done
    case $VERSION in
        1.*|2.0) ln -s solver $PREFIX/bin/solve ;;
        *) echo "no link" >&2 ;;
    esac

    cat > /etc/profile.d/solver.sh <<EOF
export PATH=$PREFIX/bin:\$PATH
# built $(date -u +%F) by `whoami`
EOF
    python3 - <<'PY' || true
import sys
print("$not a variable", file=sys.stderr)
PY
    sudo -E env LC_ALL=C ldconfig
    while read -r name; do test -n "$name" || continue; done < /etc/solver.list
    rm -rf /usr/src/solver-$VERSION /tmp/*.log &
    wait
"""

COMMANDS = [
    "set -eu",
    "export DEBIAN_FRONTEND=noninteractive TZ=Etc/UTC",
    "apt-get update",
    (
        "apt-get install -y --no-install-recommends \\\n        build-essential ca-certificates \\\n"
        '        gfortran "libopenblas-dev" wget'
    ),
    "rm -rf /var/lib/apt/lists/*",
    "shift",
    'wget -q "$url" -O -',
    'tar -xzf - -C /usr/src "$@"',
    "exit 1",
    'fetch "https://example.org/solver-${VERSION}.tar.gz" --strip-components=1',
    "cd /usr/src/solver-$VERSION",
    '[ "$(uname -m)" = aarch64 ]',
    "uname -m",
    "grep -q avx2 /proc/cpuinfo",
    "test -e /etc/no-avx",
    "cd $part",
    "./configure --prefix=$PREFIX",
    "make -j$(nproc) install",
    "nproc",
    "ln -s solver $PREFIX/bin/solve",
    'echo "no link"',
    "cat",
    "date -u +%F",
    "whoami",
    "python3 -",
    "true",
    "sudo -E env LC_ALL=C ldconfig",
    "read -r name",
    'test -n "$name"',
    "continue",
    "rm -rf /usr/src/solver-$VERSION /tmp/*.log",
    "wait",
]

script = parse_script(TEXT, place=Span)


def at(span: Span) -> str:
    return TEXT[span.start : span.end]


def test_every_command_and_its_place() -> None:
    assert [at(command.span) for command in script.commands()] == COMMANDS
    assert script.problems == ()
    assert script.open_at_end is None
    starts = [TEXT.index(COMMANDS[2]), TEXT.index(COMMANDS[9]), TEXT.index(COMMANDS[-1])]
    assert [script.commands()[index].span.start for index in (2, 9, -1)] == starts


def test_programs_and_arguments() -> None:
    install = script.commands("apt-get")[1]
    assert [word.value for word in install.operands()] == [
        "install", "build-essential", "ca-certificates", "gfortran", "libopenblas-dev", "wget",
    ]  # fmt: skip
    assert install.option("-y", "--yes") is install.words[2]
    assert [command.name for command in script.commands("ldconfig")] == ["sudo"]
    make = script.commands("make")[0]
    jobs = make.option_value("-j")
    assert jobs is not None
    assert (jobs.text, jobs.value) == ("$(nproc)", None)
    configure = script.commands("configure")[0]
    prefix = configure.option_value("--prefix")
    assert prefix is not None
    assert prefix.variables == ("PREFIX",)
    assert at(configure.statement_span) == 'CFLAGS="$FLAGS" ./configure --prefix=$PREFIX'


def test_flags() -> None:
    def where(program: str) -> tuple[object, ...]:
        command = script.commands(program)[0]
        return (
            command.function,
            command.subshell,
            command.substitution,
            command.loop,
            command.branch,
            command.condition,
        )

    assert where("wget") == ("fetch", False, False, False, False, False)
    assert where("uname") == (None, False, True, False, False, True)
    assert where("grep") == where("[") == (None, False, False, False, False, True)
    assert where("make") == (None, True, False, True, False, False)
    assert where("nproc") == (None, True, True, True, False, False)
    assert where("ln") == (None, False, False, False, True, False)
    assert where("date") == where("whoami") == (None, False, True, False, False, False)
    assert where("read") == (None, False, False, True, False, True)
    assert [command.program for command in script.commands() if command.last] == ["wait"]
    assert [command.program for command in script.commands() if command.background] == ["rm"]
    assert [command.program for command in script.commands() if command.handled] == [
        "wget", "tar", "[", "uname", "grep", "test", "python3", "read", "test",
    ]  # fmt: skip
    tar = script.commands("tar")[0]
    assert (tar.piped_from, tar.or_else) == (script.commands("wget")[0], script.commands("exit")[0])


def test_assignments_and_exports() -> None:
    assert [(one.name, one.exported, one.prefix) for one in script.assignments] == [
        ("DEBIAN_FRONTEND", True, False),
        ("TZ", True, False),
        ("VERSION", False, False),
        ("PREFIX", False, False),
        ("url", False, False),
        ("FLAGS", False, False),
        ("FLAGS", False, False),
        ("FLAGS", False, False),
        ("CFLAGS", False, True),
    ]
    assert [one.value.value for one in script.assignments if one.name == "FLAGS" and one.value] == [
        "-O3 -mcpu=a64fx", "-O3 -mavx2", "-O2",
    ]  # fmt: skip
    assert [export.name for export in script.exports()] == ["DEBIAN_FRONTEND", "TZ"]
    assert [assignment.name for assignment in script.commands("ldconfig")[0].prefix] == ["LC_ALL"]


def test_redirections_and_here_documents() -> None:
    assert [at(one.span) for one in script.redirections] == [
        "> /tmp/$part.log", "2>&1", ">&2", "> /etc/profile.d/solver.sh", "<<EOF", "<<'PY'", "< /etc/solver.list",
    ]  # fmt: skip
    profile, python = script.heredocs
    assert profile.text == "export PATH=$PREFIX/bin:\\$PATH\n# built $(date -u +%F) by `whoami`\n"
    assert [part.name for part in profile.variables] == ["PREFIX"]
    assert (python.quoted, python.variables) == (True, ())
    cat = script.commands("cat")[0]
    assert at(cat.line_span) == "    cat > /etc/profile.d/solver.sh <<EOF\n" + profile.text + "EOF\n"
    assert cat.fills_lines


def test_lists() -> None:
    assert [at(one.span).split("\n")[0] for one in script.lists] == [
        "apt-get update && apt-get install -y --no-install-recommends \\",
        'wget -q "$url" -O - | tar -xzf - -C /usr/src "$@" || exit 1',
        "grep -q avx2 /proc/cpuinfo && ! test -e /etc/no-avx",
        'cd $part && CFLAGS="$FLAGS" ./configure --prefix=$PREFIX && make -j$(nproc) install',
        "python3 - <<'PY' || true",
        'test -n "$name" || continue',
    ]
    assert [one.top_level for one in script.lists] == [True, False, False, False, True, False]


def test_functions_and_loops() -> None:
    assert {name: at(span)[:9] for name, span in script.functions.items()} == {"fetch": "fetch() {"}
    (loop,) = script.loops
    assert loop.words is not None
    assert (loop.name, [word.text for word in loop.words]) == ("part", ["core", "tools", '"$EXTRA"'])
    assert [at(span) for span in script.comments] == ["# Everything the solver needs"]
