"""Scripts of a definition file that their shell cannot read to the end."""

from __future__ import annotations

from sifcheck.api import Findings, Script, bad, good, refusal_of, rule
from sifcheck_rules._refused import HELP, MESSAGES, open_heredoc, refused


@rule("DEF518", severity="error", profile="minimal", message=MESSAGES, help=HELP)
@bad("""
    %post
        if [ -f /etc/x ]; then
        ^^
            make install
    """)
@bad("""
    %runscript
        echo "the model
             ^
        exec solver $*
    """)
@bad("""
    %post
        cat > /etc/x.conf <<EOF
                          ^^^^^
            a = 1
            EOF
        make install
    """)
@good("""
    %post
        if [ -f /etc/x ]; then
            make install
        fi
    """)
@good(
    """
    %post -c /bin/bash
        set -e
        packages=(gcc make)
        apt-get install -y "${packages[@]}"
    """,
    base="debian:12",
)
def script_syntax_error(script: Script) -> Findings:
    """The shell cannot read the script: something is never closed, or stands where nothing of its kind can.

    A shell reads a script statement by statement and ends with an error where it cannot read on: the build fails, or every
    run of the script does.  It is told only where the shell is sure to refuse: of the base image's /bin/sh (dash, busybox's
    ash or bash), of `%post -c` or of the `#!` line of a run script; where that is not known, what all three refuse.  What
    stands behind an `exit` is never read.  The bodies of sections of one name are joined, as the runtimes do.

    A here-document without its last line is no error for a shell: it takes all the rest for the text, silently.

    Source: `dash -n` 0.5.12, `bash -n` 5.2 and `busybox ash -n` 1.35, asked about 3,848 public scripts and 2,000 changed
    ones.
    """
    section = script.section
    if section.name in ("environment", "appenv"):
        return
    refusal = refusal_of(section)
    if refusal is not None:
        program = section.deciding.shell.split()[0].rpartition("/")[2] if section.deciding.shell else "sh"
        shell = {"env": refusal.dialect}.get(program, program)
        yield refused(refusal, section.stage.definition.source, script, shell)
        return
    if section.is_shell and not section.is_cut:
        yield from filter(None, (open_heredoc(script),))
