"""How packages get into images."""

from __future__ import annotations

from sifcheck.api import Command, Findings, Span, bad, finding, good, insert_after, rule

MIRROR = "https://pypi.example.org/simple"


@rule(
    "OUR002",
    severity="error",
    fix="safe",
    message="{program} asks a server that the build nodes cannot reach",
    help="add `--index-url {mirror}`",
    sections="post appinstall",
)
@bad(
    """
    %post
        pip install numpy
        ^^^^^^^^^^^
    """,
    fixed="""
    %post
        pip install --index-url https://pypi.example.org/simple numpy
    """,
)
@bad("""
    %post
        python3 -m venv /opt/env
        /opt/env/bin/pip3 install numpy && \\
        ^^^^^^^^^^^^^^^^^^^^^^^^^
            /opt/env/bin/pip3 check
    """)
@good("""
    %post
        pip install --index-url https://pypi.example.org/simple numpy
    """)
@good("""
    %post
        pip install --no-index /opt/wheels/*.whl
    """)
@good("""
    %post
        pip install numpy || true
    """)
@good("""
    %runscript
        pip install --user "$@"
    """)
def pip_without_mirror(command: Command) -> Findings:
    """Packages are fetched from the internet, which build nodes do not see.

    The build hangs for some minutes and fails.  Source: our centre's network plan.
    """
    if command.program not in ("pip", "pip3") or command.handled:
        return
    subcommand = next(iter(command.operands()), None)
    if subcommand is None or subcommand.value != "install":
        return
    if command.option("-i", "--index-url", "--no-index", "-f", "--find-links") is None:
        fix = insert_after(subcommand, f" --index-url {MIRROR}")
        at = Span(command.span.start, subcommand.span.end)
        yield finding(at, program=command.program, mirror=MIRROR, fix=fix)
