"""What the runtimes say of a definition file that they cannot read, and of a command line."""

from __future__ import annotations

from sifcheck.base.startup import pattern
from sifcheck.diagnose.message import READ, Message

MESSAGES = (
    Message(
        "unknown-section",
        pattern(r"invalid section\(s\) specified: ?(?P<names>.*)"),
        "definition",
        "the definition file has a section that no runtime knows: {names}",
        (
            "a line that begins with % begins a section: mend its name, or put a blank before a % that "
            "belongs to a text"
        ),
        (
            (
                "FATAL:   Unable to build from a.def: while parsing definition: a.def: invalid section(s) "
                "specified: pots"
            ),
        ),
        rules=("DEF101",),
        words=("invalid section(s) specified:",),
    ),
    Message(
        "header-key-unknown",
        pattern(r"invalid header keyword found: (?P<key>.*)"),
        "definition",
        "the header has a key that no runtime knows: {key}",
        "mend its spelling; text that is no `Key: value` line belongs below the first section",
        (
            (
                "FATAL:   Unable to build from a.def: while parsing definition: a.def: failed to parse deffile "
                "header: invalid header keyword found: formm"
            ),
        ),
        rules=("DEF202",),
        words=("invalid header keyword found: ",),
    ),
    Message(
        "header-key-without-value",
        pattern(r"header key (?P<key>.*?) had no val"),
        "definition",
        "a line of the header has no colon, or a # stands before it: {key}",
        "write it as `Key: value`",
        (
            (
                "FATAL:   Unable to build from a.def: while parsing definition: a.def: failed to parse deffile "
                "header: header key From had no val"
            ),
        ),
        rules=("DEF202",),
        words=("header key ",),
    ),
    Message(
        "line-too-long",
        pattern(r"bufio\.Scanner: token too long"),
        "definition",
        (
            "a section of the definition file is larger than the runtime's reader takes (64 KiB), or the "
            "file is no text"
        ),
        "move long texts into files of their own and bring them in with %files",
        (
            (
                "FATAL:   Unable to build from a.def: while parsing definition: a.def: bufio.Scanner: token too "
                "long"
            ),
        ),
        rules=("DEF105",),
        words=("bufio.Scanner: token too long",),
    ),
    Message(
        "no-stages",
        pattern(r"no stages found in definition file|[Ee]mpty definition file"),
        "definition",
        "the definition file holds neither a header nor a section",
        "look whether the right file was given, and whether it was saved",
        (
            (
                "FATAL:   Unable to build from a.def: while parsing definition: a.def: no stages found in "
                "definition file"
            ),
            "FATAL:   Unable to build from a.def: Empty definition file",
        ),
        rules=("DEF106",),
        words=(
            "mpty definition file",
            "no stages found in definition file",
        ),
    ),
    Message(
        "app-section-unnamed",
        pattern(r"could not be split into section name and app name|no BuildApp record for app"),
        "definition",
        "a section of an app does not say which app it belongs to",
        "write the app's name behind it, as in `%apprun NAME`, with one blank between them",
        (
            (
                "FATAL:   Unable to build from a.def: while parsing definition: a.def: app section apprun: could "
                "not be split into section name and app name"
            ),
            "FATAL:   Unable to create apps: no BuildApp record for app ",
        ),
        rules=("DEF703",),
        words=(
            "could not be split into section name and app name",
            "no BuildApp record for app",
        ),
    ),
    Message(
        "section-without-body",
        pattern(r"section (?P<section>.*): could not be split into section name and body"),
        "definition",
        "the section {section} has no text, and no header stands above it",
        "put `Bootstrap:` and `From:` above the first section",
        (
            (
                "FATAL:   Unable to build from a.def: while parsing definition: a.def: section %post: could not "
                "be split into section name and body"
            ),
        ),
        rules=("DEF206",),
        words=(": could not be split into section name and body",),
    ),
    Message(
        "build-variable-undefined",
        pattern(r"build var (?P<name>\S+) is not defined"),
        "definition",
        "nothing gives the build variable {name} a value",
        (
            "add `{name}=VALUE` to %arguments, or give it on the command line; braces of another program's "
            "templates count too"
        ),
        (
            (
                "FATAL:   Unable to build from a.def: build var WHAT is not defined through either --build-arg "
                "(--build-arg-file) or 'arguments' section"
            ),
        ),
        commands=("apptainer build --build-arg {name}=VALUE IMAGE.sif FILE.def",),
        rules=("DEF104",),
        words=(" is not defined",),
    ),
    Message(
        "build-argument-unused",
        pattern(r"unused build args: (?P<names>.*?)(?:\. Use option|$)"),
        "definition",
        (
            "--build-arg gives {names}, which the definition file does not use (a name in a comment does not "
            "count)"
        ),
        "mend the spelling of the name in one of the two places",
        (
            (
                "FATAL:   unused build args: V. Use option --warn-unused-build-args to show a warning instead of "
                "a fatal message"
            ),
        ),
        rules=("BLD306",),
        flavours=("apptainer",),
        words=("unused build args: ",),
    ),
    Message(
        "build-argument-malformed",
        pattern(
            r'While processing the definition file: (?:(?P<word>".*") is not a key=value pair|missing key '
            r"portion in .*|error while opening file .*)"
        ),
        "call",
        "a build argument of the command line is no NAME=VALUE, or its file cannot be opened",
        "give each as `--build-arg NAME=VALUE`; a comma in a value parts it in two: use --build-arg-file",
        ('FATAL:   While processing the definition file: "V" is not a key=value pair',),
        rules=("BLD306",),
        words=("While processing the definition file: ",),
    ),
    Message(
        "stage-without-header",
        pattern(r"multiple stages detected, all must have headers"),
        "definition",
        "a stage of the definition file has no header; the words come even if there is only one stage",
        "put `Bootstrap:` and `From:` above the sections of each stage",
        ("FATAL:   Unable to create build: multiple stages detected, all must have headers",),
        rules=("DEF206",),
        words=("multiple stages detected, all must have headers",),
    ),
    Message(
        "no-bootstrap",
        pattern(r"no bootstrap specification found"),
        "definition",
        "the header has no `Bootstrap:` line",
        "begin the file with one, as `Bootstrap: docker` above `From: IMAGE:TAG`",
        ("FATAL:   Unable to create build: unable to get conveyorpacker: no bootstrap specification found",),
        rules=("DEF206",),
        words=("no bootstrap specification found",),
    ),
    Message(
        "unknown-bootstrap",
        pattern(r'invalid build source "?(?P<agent>.*?)"?$'),
        "definition",
        (
            "the runtime knows no bootstrap agent {agent}; its name is taken as it stands, capitals and "
            "quotes too"
        ),
        (
            "write one of docker, localimage, library, oras, shub, oci, oci-archive, docker-archive, "
            "docker-daemon, yum, debootstrap, arch, busybox, zypper, scratch"
        ),
        ("FATAL:   Unable to create build: unable to get conveyorpacker: invalid build source Docker",),
        rules=("DEF204",),
        words=("invalid build source ",),
    ),
    Message(
        "empty-bootstrap",
        pattern(r"conveyor failed to get: unsupported transport"),
        "definition",
        "`Bootstrap:` has no value, or the name of a way to fetch images that this version has not",
        "write the agent behind it, as in `Bootstrap: docker`",
        ("FATAL:   While performing build: conveyor failed to get: unsupported transport",),
        rules=("DEF206", "DEF204"),
        words=("conveyor failed to get: unsupported transport",),
    ),
    Message(
        "post-shell-missing",
        pattern(r"bad (?P<section>\S+) section '-c' parameter"),
        "definition",
        "`%{section} -c` names no shell behind the -c",
        "write `%{section} -c /bin/bash`, or nothing behind the name",
        (
            (
                "FATAL:   While performing build: while running engine: while processing section %post "
                "arguments: bad post section '-c' parameter: missing arguments"
            ),
        ),
        rules=("DEF102",),
        words=(" section '-c' parameter",),
    ),
    Message(
        "header-crash",
        pattern(r"panic: assignment to entry in nil map"),
        "definition",
        (
            "the runtime crashed reading the header: a continued or empty line in it loses what stands "
            "before a key"
        ),
        "write each key of the header on one line, without a backslash at its end",
        ("panic: assignment to entry in nil map",),
        rules=("DEF211", "DEF202"),
        words=("panic: assignment to entry in nil map",),
    ),
    Message(
        "files-crash",
        pattern(r"panic: runtime error: index out of range \[0\] with length 0"),
        "definition",
        (
            "the runtime crashed reading the definition file, as it does on a line of %files that holds "
            "nothing but a quote"
        ),
        "take that line out; in a very old version it is a file without any stage",
        ("panic: runtime error: index out of range [0] with length 0",),
        rules=("DEF305", "DEF106"),
        words=("panic: runtime error: index out of range [0] with length 0",),
    ),
    Message(
        "definition-missing",
        pattern(r"Unable to build from (?P<path>.+?): unable to open file"),
        "call",
        "the definition file {path} cannot be opened",
        (
            "a path is looked up from the folder in which the command runs; in a job that is where it was "
            "submitted"
        ),
        (
            (
                "FATAL:   Unable to build from /mnt/nope.def: unable to open file /mnt/nope.def: open "
                "/mnt/nope.def: no such file or directory"
            ),
        ),
        commands=("ls -l {path}",),
        words=(": unable to open file",),
    ),
    Message(
        "definition-unreadable",
        pattern(r"Unable to build from (?P<path>.+?): (?P<words>.*)"),
        "definition",
        "the definition file {path} cannot be read: {words}",
        "let sifcheck look at it",
        ("FATAL:   Unable to build from a.def: something that no version said so far",),
        commands=("sifcheck check {path}",),
        weight=2,
        source=READ,
        words=("Unable to build from ",),
    ),
    Message(
        "unknown-runtime-command",
        pattern(r'unknown command "(?P<word>[^"]*)" for "(?P<program>apptainer|singularity)"'),
        "call",
        "{program} has no command {word}",
        (
            "mend its spelling; options of the runtime itself stand before the command, those of the command "
            "behind it"
        ),
        ('Error for command "apptainer": unknown command "biuld" for "apptainer"',),
        rules=("JOB103",),
        words=('unknown command "',),
    ),
    Message(
        "unknown-runtime-flag",
        pattern(r"unknown (?:shorthand )?flag: (?P<flag>.*)"),
        "call",
        "this version of the runtime has no option {flag}",
        "mend its spelling, or look into the help of the version that the job loads",
        ('Error for command "build": unknown flag: --fakerot',),
        commands=("apptainer --version", "apptainer build --help"),
        rules=("BLD305",),
        words=("unknown ",),
    ),
    Message(
        "wrong-number-of-words",
        pattern(r"accepts (?P<wanted>.+?) arg\(s\), received (?P<given>\d+)"),
        "call",
        (
            "the command takes {wanted} words behind its options, and {given} were given: a name is missing, "
            "or one holds a blank"
        ),
        "give first the image to be made, then what it is made from",
        ('Error for command "build": accepts 2 arg(s), received 1',),
        commands=("apptainer build IMAGE.sif FILE.def",),
        rules=("BLD303",),
        words=(" arg(s), received ",),
    ),
    Message(
        "runtime-missing",
        pattern(r"(?P<program>apptainer|singularity): (?:command )?not found"),
        "call",
        "there is no {program} here: its module is not loaded, or it is not installed on this kind of node",
        "load the site's module, also inside the job script, or use the other of the two names",
        ("bash: line 4: singularity: command not found", "/var/spool/job1/script: 3: apptainer: not found"),
        commands=("module avail apptainer singularity", "sifcheck doctor"),
        rules=("ENV106",),
        words=("not found",),
    ),
)
