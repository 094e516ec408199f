"""What tells the versions of the runtimes apart in a definition file: the one table, which code asks by name.

A row says from which version on a family has a feature, and until which, as "1.2.." or "1.2..1.3" (no longer in 1.3); ".."
is every version of it that is known here, "" none.  SingularityPRO has what the version has that it is built from.
"""

from __future__ import annotations

from collections.abc import Iterable

from sifcheck.base.startup import NamedTuple

_CHANGES = "change logs of Apptainer and SingularityCE"
_PARSER = "the parsers of Apptainer 1.0-1.5, SingularityCE 3.8-4.5 and Singularity 3.2-3.8, read"
_ARGUMENTS = "the readers of build arguments of Apptainer 1.2-1.5 and SingularityCE 4.0-4.5, read"
_COPIES = "the copying of files of Apptainer 1.0-1.5, SingularityCE 3.8-4.5 and Singularity 3.2-3.8, read"
_MEASURED = "Apptainer 1.4.5, measured"
_BOTH = f"{_ARGUMENTS}; {_MEASURED}"


class Feature(NamedTuple):
    """A row of the table: a name, what it is, the versions that have it by family, and where that is known from."""

    name: str
    about: str
    apptainer: str
    ce: str
    singularity: str
    source: str


_ROWS: tuple[Feature, ...] = (
    Feature(
        "header continuation",
        "a header value that ends in a backslash goes on in the next line",
        "..",
        "..",
        "3.4..",
        _PARSER,
    ),
    Feature(
        "build arguments",
        "`{{ NAME }}` is replaced by what `--build-arg` or %arguments gives",
        "1.2..",
        "4.0..",
        "",
        _ARGUMENTS,
    ),
    Feature(
        "comments not substituted",
        "`{{ NAME }}` behind a `#` on its line stays as it is",
        "1.3..",
        "",
        "",
        _BOTH,
    ),
    Feature(
        "empty build arguments",
        "`NAME=` under %arguments gives an empty value; elsewhere the line is skipped",
        "1.2.4..",
        "",
        "",
        _BOTH,
    ),
    Feature(
        "empty --build-arg",
        "`--build-arg NAME=` gives an empty value; elsewhere it ends the build (Apptainer 1.2.0 to 1.2.3: it is skipped)",
        "1.2.4..",
        "",
        "",
        _BOTH,
    ),
    Feature(
        "build arguments with equals signs",
        "`NAME=a=b` under %arguments gives the value `a=b`; elsewhere the line is skipped",
        "1.3..",
        "4.0..",
        "",
        _BOTH,
    ),
    Feature(
        "nested build arguments",
        "`{{ NAME }}` in the value of another build argument is replaced",
        "1.3.5..",
        "",
        "",
        _BOTH,
    ),
    Feature(
        "build arguments put into JSON",
        "values are put into a JSON form of the file, which quotes and backslashes break; nothing is read again",
        "1.2..1.3",
        "",
        "",
        _ARGUMENTS,
    ),
    Feature(
        "unused defaults refused",
        "a variable under %arguments that no `{{ NAME }}` uses ends the build",
        "1.2..1.3",
        "",
        "",
        _ARGUMENTS,
    ),
    Feature(
        "unused --build-arg refused",
        "`--build-arg` with a name that nothing uses ends the build; elsewhere it is a warning",
        "1.2..",
        "",
        "",
        _BOTH,
    ),
    Feature(
        "files quotes",
        "double quotes hold a name of %files together, any white space parts names; elsewhere the first space does",
        "..",
        "..",
        "3.7..",
        _PARSER,
    ),
    Feature(
        "comment behind files",
        "a `#` behind `%files` begins a comment",
        "..",
        "..",
        "3.7..",
        _COPIES,
    ),
    Feature(
        "stray files words copy",
        "a list below `%files` and other words than two is copied from the host; elsewhere it is skipped",
        "",
        "3.10..",
        "",
        _COPIES,
    ),
    Feature(
        "files stage NAME copies from host",
        "`%files stage NAME` copies from the host; elsewhere any two words name a stage",
        "",
        "3.10..",
        "",
        _COPIES,
    ),
    Feature(
        "files by glob only",
        "sources of %files are patterns and nothing else; elsewhere a shell expands them",
        "1.6..",
        "3.9..",
        "",
        _COPIES,
    ),
    Feature(
        "tag with digest",
        "`From: NAME:TAG@DIGEST` is accepted",
        "1.4..",
        "4.1..",
        "",
        _CHANGES,
    ),
    Feature(
        "oci digest",
        "`From:` of the agent oci takes `FOLDER@DIGEST`; elsewhere `FOLDER:TAG`",
        "1.4..",
        "4.1..",
        "",
        _CHANGES,
    ),
    Feature(
        "default library",
        "`Bootstrap: library` finds its images without a `Library:`",
        "",
        "..",
        "..",
        _MEASURED,
    ),
    Feature(
        "zypper without mirror",
        "`Bootstrap: zypper` without `MirrorURL:` takes the repositories of the machine",
        "1.1.7..",
        "",
        "",
        _CHANGES,
    ),
    Feature(
        "apptainer variables",
        "scripts know `APPTAINER_ROOTFS`, `APPTAINER_ENVIRONMENT` and `APPTAINER_LABELS`",
        "..",
        "",
        "",
        _CHANGES,
    ),
    Feature(
        "test shebang",
        "a `#!` line in %test names what runs it",
        "1.1..",
        "3.11..",
        "",
        _CHANGES,
    ),
)

# Rows that several names have in common: what they are, the names, and the rest of the row.
_SHARED: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("section", "arguments appstart", "1.2..", "4.0..", "", _PARSER),
    (
        "key",
        "bootstrap from includecmd mirrorurl updateurl osversion include library registry namespace stage",
        "..",
        "..",
        "..",
        _PARSER,
    ),
    (
        "key",
        "product user regcode productpgp registerurl modules otherurl",
        "..",
        "..",
        "3.4..",
        _PARSER,
    ),
    ("key", "fingerprints", "..", "..", "3.7..", _PARSER),
    ("key", "confurl", "1.1..", "", "", _PARSER),
    ("key", "setopt", "1.2..", "3.11.1..", "", _PARSER),
    ("key", "target frontend filename buildargs", "1.5..", "", "", _PARSER),
    ("agent", "docker docker-daemon docker-archive oci oci-archive", "..", "..", "..", _PARSER),
    ("agent", "library shub localimage", "..", "..", "..", _PARSER),
    ("agent", "busybox debootstrap yum arch zypper scratch", "..", "..", "..", _PARSER),
    ("agent", "oras", "..", "..", "3.3..", _CHANGES),
    ("agent", "dnf", "1.4..", "4.3..", "", _CHANGES),
    ("agent", "buildkit dockerfile", "1.5..", "", "", _CHANGES),
)
_KINDS = {"section": "the section `%{}`", "key": "the header key `{}:`", "agent": "the bootstrap agent `{}`"}


def _shared() -> Iterable[Feature]:
    """The rows of sections, header keys and agents, each named by its kind and its name."""
    for kind, names, apptainer, ce, singularity, source in _SHARED:
        for name in names.split():
            about = _KINDS[kind].format(name)
            yield Feature(f"{kind} {name}", about, apptainer, ce, singularity, source)


FEATURES: dict[str, Feature] = {row.name: row for row in (*_ROWS, *_shared())}
"""The table, by the names of its rows."""

LINES: dict[str, tuple[str, ...]] = {
    "apptainer": tuple("1.0 1.1 1.2 1.3 1.4 1.5".split()),
    "singularity-ce": tuple("3.8 3.9 3.10 3.11 4.0 4.1 4.2 4.3 4.4 4.5".split()),
    "singularity-pro": tuple("3.5 3.7 3.8 3.9 3.11 4.1 4.3".split()),
    "singularity": tuple("3.2 3.3 3.4 3.5 3.6 3.7 3.8".split()),
}
"""The lines of releases of each family that can be a target.  Singularity 3.0 and 3.1 have another grammar (no stages)."""
