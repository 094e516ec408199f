"""What lies where the build starts: the sources of %files and %appfiles, looked up before the build does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.api import FileCopy, Findings, Target, bad, finding, good, rule
from sifcheck_rules._build_host import may_make_source
from sifcheck_rules._copies import has_glob, is_copied
from sifcheck_rules._misread import misread_source, misread_words

if TYPE_CHECKING:
    from sifcheck.api import Folder

_NOT_THERE = "`{source}` is not there: the build looks for {tried}"


@rule(
    "DEF301",
    severity="error",
    message={
        "": _NOT_THERE,
        "beside": _NOT_THERE,
        "pattern": "nothing matches `{source}`: the build looks for {tried}",
        "alternative": "`{source}` stands for `{missing}` too, which is not there",
        "dangling": "`{source}` is a link that leads nowhere: {tried}",
        "inside": "`{source}` holds a link that leads nowhere, at which the copying ends: {inside}",
    },
    help={
        "": "sources are looked for in the folder where the build is started, here {start}",
        "beside": "the build must start in {beside}, where the file lies",
        "dangling": "name the file itself, or mend the link",
        "inside": "take the link away, or copy what is needed by name",
    },
)
@bad(
    """
    %files
        solver.tar.gz /opt/
        ^^^^^^^^^^^^^
        scripts/*.py /opt/scripts/
        ^^^^^^^^^^^^
        /srv/licence.dat /opt/
        ^^^^^^^^^^^^^^^^
    """,
    folder={"scripts/run.sh": "file", "solver.tar.gz": {"beside": "recipes"}},
)
@bad(
    """
    %files
        current /opt/solver
        ^^^^^^^
        src /opt/src
        ^^^
        {a,b}.txt /opt/
        ^^^^^^^^^
    """,
    folder={"current": "dangling", "src": {"dangling": ["lib/libold.so"]}, "a.txt": "file"},
)
@bad(
    """
    %appfiles solver
        solver.py bin/solver.py
        ^^^^^^^^^
    """,
    folder={},
)
@good(
    """
    %files
        solver.tar.gz /opt/
        scripts/*.sh /opt/scripts/
        ./src /opt/src
        $DATA/input.txt /opt/input.txt
        {{ data }}/input.txt /opt/input.txt
    """,
    folder={"solver.tar.gz": "file", "scripts/run.sh": "file", "src/main.c": "file"},
)
@good(
    """
    %setup
        tar czf source.tar.gz src
    %files
        source.tar.gz /opt/
    """,
    folder={},
)
@good(
    """
    %pre
        make package
    %files
        dist/solver.whl /opt/
    """,
    folder={},
)
def files_source_missing(copy: FileCopy, folder: Folder, target: Target) -> Findings:
    """What the line copies is not on the machine that builds.

    The files are copied after the base was fetched and unpacked, so that the build ends late: `cp: cannot stat`.  A
    relative path counts from the folder in which the build is started, not from that of the definition file; a pattern that
    matches nothing is looked for as a name; a link that leads nowhere ends the copying as well, in a folder that is copied
    too.  Nothing is said where %pre or %setup, which run first, may make the file.  Source: Apptainer 1.4.5, measured; the
    code of SingularityCE 4.5.
    """
    source = copy.source
    entry = folder.entry(copy)
    if source is None or entry is None or not entry.is_known or not is_copied(copy, target):
        return
    if copy.section.name == "files" and (misread_words(copy) or misread_source(copy, target)):
        return
    lost = next((match for match in entry.found if match.kind == "dangling"), None)
    inside = next(
        (f"{match.path}/{match.contents.dangling[0]}" for match in entry.found
         if match.contents is not None and match.contents.dangling),
        None,
    )  # fmt: skip
    if not (entry.missing or lost or inside) or may_make_source(copy):
        return
    if not entry.missing:
        if lost is not None:
            yield finding(source, "dangling", source=source.text, tried=lost.path)
        else:
            yield finding(source, "inside", source=source.text, inside=inside)
        return
    key = "pattern" if has_glob(source.text) else ""
    if entry.missing != (source.text,):
        key = "alternative"
    elif entry.beside is not None:
        key = "beside"
    yield finding(
        source,
        key,
        source=source.text,
        tried=entry.tried,
        missing=entry.missing[0],
        start=folder.start,
        beside=entry.beside,
    )
