"""`sifcheck job new`: write a correct build job for a site."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sifcheck.app.context import Context, configuration_of
from sifcheck.app.kinds import SIZE_LIMIT
from sifcheck.app.outcome import EXIT_UNREADABLE, UsageError, print_text, tell
from sifcheck.base.text import error_text
from sifcheck.cli.parser import CommandParser
from sifcheck.config.settings import add_flags
from sifcheck.job.write.arguments import arguments_in, unused_in
from sifcheck.job.write.directives import JobRequest, NewJobError
from sifcheck.job.write.script import NewJob, write_job
from sifcheck.site.reader import SiteError

if TYPE_CHECKING:
    from sifcheck.base.source import Source
    from sifcheck.site.model import Site

_EPILOG = """what is marked CHANGE in the script is yours to fill in; SIZE is as 500M, 2GiB, 2GB

examples:
  sifcheck job new --site fugaku --group hp000000 example.def
  sifcheck job new --site slurm --elapse 2:00:00 --memory 16G -o build.sh example.def
  sifcheck job new --site fugaku --size 40G --image-dir /vol0004/data/hp000000 example.def
  sifcheck job new --site fugaku example.def | sifcheck check --site fugaku -

exit codes: 0 written, 2 the definition file could not be read or is none, 3 wrong use, or no such job can be written for
the site
"""


def make_parser() -> CommandParser:
    """The parser of the verb's arguments."""
    parser = CommandParser(
        prog="sifcheck job",
        description="Write a batch script that builds an image at a site.",
        epilog=_EPILOG,
        usage="sifcheck job new --site NAME[:ROLE] [OPTIONS] DEFINITION",
    )
    parser.add_argument("action", choices=("new",), help="what to do: write a new script")
    parser.add_argument(
        "definition", metavar="DEFINITION", help="the definition file that the job builds from"
    )
    parser.add_argument("--site", metavar="NAME[:ROLE]", help="the cluster, and the kind of node to build on")
    add_flags(parser, ["site_files"])
    parser.add_argument(
        "--node-type", choices=("login", "compute"), help="the kind of node, as NAME:ROLE says it"
    )
    image = parser.add_argument_group("the build")
    image.add_argument(
        "--output", metavar="IMAGE.sif", help="the image's name (default: the definition file's)"
    )
    image.add_argument(
        "--image-dir", metavar="DIR", help="where the image is to lie (default: where it is submitted)"
    )
    image.add_argument("--build-arg", metavar="K=V", action="append", default=[], help="a build variable")
    image.add_argument(
        "--size", metavar="SIZE", help="the room that its temporary files will take (default: as planned)"
    )
    asked = parser.add_argument_group("the job")
    asked.add_argument("--group", metavar="NAME", help="the group or project that is charged")
    asked.add_argument("--queue", metavar="NAME", help="the queue, partition or resource group")
    asked.add_argument("--elapse", metavar="H:MM:SS", help="how long it may run")
    asked.add_argument("--memory", metavar="SIZE", help="the memory that it asks for")
    asked.add_argument(
        "--volume",
        metavar="NAME",
        action="append",
        default=[],
        help="a volume that it needs besides its files' own",
    )
    parser.add_argument("-o", "--to", metavar="FILE", help="write there, not to standard output")
    parser.add_argument("--force", action="store_true", help="replace a file that is there")
    parser.add_configuration()
    return parser


def run(words: Sequence[str]) -> int:
    """The verb; gives the exit code."""
    given = make_parser().parse(words)
    context = _context(given)
    site = _site(given, context)
    for one in given.build_arg:
        _refuse_odd("--build-arg", one)
    try:
        arguments = {name: value for one in given.build_arg for name, value in arguments_in(one).items()}
        text = _definition(given.definition, arguments, site, context)
        if text is None:
            return EXIT_UNREADABLE
        script = write_job(site, _asked(given, text, site, arguments, context))
    except NewJobError as error:
        raise UsageError(str(error)) from None
    if given.memory is not None:
        _tell_of_memory(script, site, context)
    if given.to is None:
        print_text(script, sys.stdout)
    else:
        _write(given.to, script, force=given.force)
    return 0


def _context(given: argparse.Namespace) -> Context:
    flags = {"site": given.site or None, "site_files": given.site_files}
    return Context(configuration_of(given, flags))


def _site(given: argparse.Namespace, context: Context) -> Site:
    """The site that the user or the configuration names, or whose node this is."""
    from sifcheck.app.machine import chosen_site, known_sites
    from sifcheck.site.lookup import with_role

    try:
        settings = context.settings
        spec = "auto" if settings.site == "none" else settings.site
        site = chosen_site(spec, known_sites(settings, context.plugins), context.read_site)
        if site is None:
            raise UsageError("name the site with --site; `sifcheck sites` lists them")
        if given.node_type is None or given.node_type == site.role:
            # A job is submitted on a login node and runs on a compute node.
            return with_role(site, "compute") if spec == "auto" and "compute" in site.roles else site
        if ":" in spec:
            raise UsageError(f"--site says {spec}, and --node-type {given.node_type}")
        return with_role(site, given.node_type)
    except SiteError as error:
        raise UsageError(str(error)) from None


def _definition(path: str, arguments: Mapping[str, str], site: Site, context: Context) -> str | None:
    """What the definition file holds, one character a byte; None, and said why, where it is none or cannot be read.

    Raises NewJobError for a build argument that it does not use, where that stops the build.
    """
    source = _source(path, context)
    if isinstance(source, str):
        tell(source)
        return None
    definition = context.sources.definition(source, arguments)
    if not any(stage.agent for stage in definition.stages):
        tell(f"{path} is no definition file: no `Bootstrap:` can be read in it")
        return None
    for words in unused_in(definition, arguments):
        # SingularityCE warns, and builds.
        if isinstance(site.runtime.family, str) and site.runtime.family != "apptainer":
            tell(f"--build-arg: {words}")
        else:
            raise NewJobError(f"--build-arg: {words}")
    return source.text


def _source(path: str, context: Context) -> Source | str:
    """The definition file, or a sentence why it is not to be had."""
    from sifcheck.plan.planning import definition_of_address

    if not os.path.lexists(path) and definition_of_address(path) is not None:
        return f"{path} is an address: name a definition file that starts from it"
    if os.path.isdir(os.path.join(path, ".singularity.d")):
        return _NOTHING_TO_DEFINE.format(path)
    try:
        source = context.sources.unless_image(path)
    except (OSError, ValueError) as error:
        return f"{path} cannot be read: {error_text(error)}"
    if source is None:
        return _NOTHING_TO_DEFINE.format(path)
    return source if len(source.data) <= SIZE_LIMIT else f"{path} is too large for a definition file"


_NOTHING_TO_DEFINE = (
    "{0} is an image, and a job is written for a definition file: to convert an image is one line, "
    "`sifcheck build OTHER.sif {0}`"
)


def _asked(
    given: argparse.Namespace, text: str, site: Site, arguments: Mapping[str, str], context: Context
) -> NewJob:
    name = given.output or f"{_stem(given.definition)}.sif"
    folder = given.image_dir or ""
    if "/" in name:
        if folder:
            raise UsageError("--output holds a folder: name it with --image-dir")
        folder, _, name = name.rpartition("/")
        folder = folder or "/"
    for what, value in (("--output", name), ("--image-dir", folder), ("DEFINITION", given.definition)):
        _refuse_odd(what, value)
    wish = JobRequest(
        name=name.removesuffix(".sif"),
        group=given.group or "",
        queue=given.queue or "",
        elapse=given.elapse or "",
        memory=_size("--memory", given.memory),
        volumes=tuple(given.volume),
    )
    return NewJob(
        definition=given.definition,
        text=text,
        image=name,
        folder=folder,
        build_arguments=tuple(given.build_arg),
        size=_size("--size", given.size)
        if given.size is not None
        else _planned_size(given, site, arguments, context),
        paths=(os.path.abspath(given.definition), os.getcwd()),
        wish=wish,
    )


def _stem(path: str) -> str:
    """The image's name by that of the definition file: `app` of app.def and of Singularity.app."""
    name = os.path.basename(path)
    for begin in ("Singularity.", "Apptainer."):
        if name.startswith(begin):
            return name.removeprefix(begin) or "image"
    stem = name.rpartition(".")[0] or name
    return "image" if stem in ("Singularity", "Apptainer") else stem


def _refuse_odd(what: str, value: str) -> None:
    """Refuse what no line of a script can hold: line ends and other signs that are not to be seen."""
    if not value.isprintable():
        raise UsageError(f"{what}: {value!r} has a sign in it that no script should hold")


def _planned_size(
    given: argparse.Namespace, site: Site, arguments: Mapping[str, str], context: Context
) -> int | None:
    """What the plan says that temporary files take at most; None where a part of them is not known."""
    from sifcheck.app.plan import plan_of, read_source
    from sifcheck.plan.planning import BuildRequest

    if not os.path.isfile(given.definition):
        return None  # a pipe is read once
    source = read_source(context.sources, BuildRequest(given.definition), arguments, context.folders)
    if source.fault or source.asked.definition is None:
        return None
    need = plan_of(source, None, site, None, arguments).need("temporary")
    return need.size.high if need.complete else None


def _tell_of_memory(script: str, site: Site, context: Context) -> None:
    """Say where the memory that was asked for is less than the build is expected to need, as `check` would."""
    from sifcheck.app.checkers import checker_of
    from sifcheck.app.job_plans import JobConditions, plans_findings
    from sifcheck.base.source import Source
    from sifcheck.job import read_job

    settings = context.settings
    context.plugins.registry.complete("plan")
    job = read_job(Source(os.path.join(os.getcwd(), "job.sh"), script.encode()))
    conditions = JobConditions(context.sources, settings.build_args, site, None, here=True)
    for finding in plans_findings(job, checker_of(settings, context.plugins, site), conditions):
        tell(f"{finding.code}: {finding.message}; {finding.help}")


def _size(what: str, text: str | None) -> int | None:
    from sifcheck.app.plan import read_size

    if text is None:
        return None
    size = read_size(text)
    if not size:
        raise UsageError(f"{what}: {text!r} is no size; write 500M, 2GiB or 2GB")
    return size


def _write(path: str, script: str, *, force: bool) -> None:
    """Write the script whole; a file that is there is replaced only if that was asked for."""
    from sifcheck.base.writing import write_whole

    if os.path.lexists(path) and not force:
        raise UsageError(f"{path} is there already; --force replaces it")
    try:
        write_whole(path, script.encode(), 0o644)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error_text(error)}") from None
